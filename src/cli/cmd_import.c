/* cmd_import.c - javob import: mail of former times, without a letter.
 *
 * Past the spool and into the store, since nobody waits for an answer: what
 * was taken before, by whatever way, is known and left alone, so an import
 * that was cut off is simply started again. */
#include <stdio.h>
#include <string.h>

#include "cli/desk.h"
#include "cli/history_csv.h"
#include "cli/mailfiles.h"
#include "ground/clock.h"
#include "ground/error.h"
#include "mail/parser.h"
#include "policy/pipeline.h"
#include "store/copy.h"
#include "store/store.h"

enum { BATCH = 32 }; /* mails in one commit */

/* One mail of a batch, and what became of it. */
typedef struct OldMail {
	char *name;
	Envelope *envelope;
	Message *message;
	GBytes *octets;
	char *fate;
} OldMail;

static void
old_mail_free(gpointer data)
{
	OldMail *mail = data;

	g_free(mail->name);
	envelope_free(mail->envelope);
	message_free(mail->message);
	g_bytes_unref(mail->octets);
	g_free(mail->fate);
	g_free(mail);
}

typedef struct Import {
	CmdDesk desk;
	Parser *parser;
	const char *mailbox;
	gboolean verbose;
	GPtrArray *batch; /* of OldMail */
	guint opened, joined, known;
} Import;

/* --- one batch --------------------------------------------------------------- */

static gboolean
take(Import *import, StoreTxn *txn, OldMail *mail, GError **error)
{
	gint64 when = mail->envelope->received;
	g_autoptr(Facts) facts = facts_read(txn, &import->desk.desk,
	    mail->message, mail->envelope, NULL, when, error);
	g_autoptr(Effects) effects = NULL;

	if (facts == NULL)
		return FALSE;
	effects = pipeline_decide(facts, &import->desk.desk, when);
	g_free(mail->fate);
	if (effects->ticket == NULL) {
		import->known++;
		mail->fate = g_strdup("taken before");
	} else if (effects->opens) {
		import->opened++;
		mail->fate = g_strdup_printf("new ticket %" G_GINT64_FORMAT,
		    effects->ticket->number);
	} else {
		import->joined++;
		mail->fate = g_strdup_printf("joins ticket %" G_GINT64_FORMAT,
		    effects->ticket->number);
	}
	return effects_write(txn, facts, effects, mail->octets, when, error);
}

/* What the store will not have as it is, it has by a byte scan. */
static gboolean
take_somehow(Import *import, StoreTxn *txn, OldMail *mail, GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (!store_savepoint(txn, error))
		return FALSE;
	if (take(import, txn, mail, &reason))
		return store_release(txn, error);
	if (!g_error_matches(reason, JAVOB_ERROR, JAVOB_ERROR_PERMANENT)) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	message_free(mail->message);
	mail->message = message_scan(mail->octets);
	return store_undo(txn, error) && store_savepoint(txn, error) &&
	       take(import, txn, mail, error) && store_release(txn, error);
}

static void
print(const OldMail *mail)
{
	g_autofree char *when = cmd_when(mail->envelope->received);
	const Address *author = message_author(mail->message);

	printf("%s: %s  %s  %s  %s\n", mail->fate, when,
	    author != NULL ? author->address : "-", mail->message->subject,
	    mail->name);
}

static gboolean
flush(Import *import, GError **error)
{
	g_autoptr(StoreTxn) txn = NULL;

	if (import->batch->len == 0)
		return TRUE;
	txn = store_begin(import->desk.store, error);
	if (txn == NULL)
		return FALSE;
	for (guint i = 0; i < import->batch->len; i++)
		if (!take_somehow(import, txn, import->batch->pdata[i], error))
			return FALSE;
	if (!store_commit(g_steal_pointer(&txn), error))
		return FALSE;
	for (guint i = 0; import->verbose && i < import->batch->len; i++)
		print(import->batch->pdata[i]);
	g_ptr_array_set_size(import->batch, 0);
	store_tidy(import->desk.store, FALSE);
	return TRUE;
}

/* --- each mail --------------------------------------------------------------- */

/* When it was written, if that can be. */
static gint64
received(const Message *message, gint64 file_time)
{
	gint64 now = clock_now();

	if (message->date > 0 && message->date <= now)
		return message->date;
	return file_time > 0 && file_time <= now ? file_time : now;
}

static gboolean
add(const char *name, GBytes *octets, gint64 when, gpointer data,
    GError **error)
{
	Import *import = data;
	g_autoptr(GError) reason = NULL;
	OldMail *mail = g_new0(OldMail, 1);

	g_ptr_array_add(import->batch, mail);
	mail->name = g_strdup(name);
	mail->octets = g_bytes_ref(octets);
	mail->message = parser_parse_bytes(import->parser, octets, 0, &reason);
	if (mail->message == NULL &&
	    g_error_matches(reason, JAVOB_ERROR, JAVOB_ERROR_TEMPORARY)) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	if (mail->message == NULL)
		mail->message = message_scan(octets);
	mail->envelope = envelope_new(import->mailbox, "import",
	    received(mail->message, when));
	return import->batch->len < BATCH || flush(import, error);
}

static gboolean
add_all(Import *import, int argc, char **argv, GError **error)
{
	for (int i = 1; i < argc; i++)
		if (!mailfiles_each(argv[i], add, import, error))
			return FALSE;
	return flush(import, error);
}

/* --- the command --------------------------------------------------------------- */

/* A dry run is a real one, on a copy. */
static gboolean
use_copy(Import *import, char **dir, GError **error)
{
	*dir =
	    copy_make(import->desk.store, import->desk.site->state_dir, error);
	if (*dir == NULL)
		return FALSE;
	store_close(import->desk.store);
	import->desk.store =
	    store_open(*dir, import->desk.site->store_url, error);
	return import->desk.store != NULL;
}

static gboolean
import_all(Import *import, const char *config, gboolean dry, int argc,
    char **argv, char **copy, GError **error)
{
	if (!cmd_desk_open(&import->desk, config, error))
		return FALSE;
	if (site_mailbox(import->desk.site, import->mailbox) == NULL)
		return error_permanent(error,
		    "there is no [mailbox %s] in the configuration",
		    import->mailbox);
	/* As the daemon reads it. */
	parser_set_words(import->parser, import->desk.site->words_dir);
	if (dry && !use_copy(import, copy, error))
		return FALSE;
	return add_all(import, argc, argv, error);
}

static int
import_history(const char *config, const char *path, gboolean dry)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	g_autoptr(Store) store = cmd_store(config, &site, &error);
	g_autoptr(StoreTxn) txn = store != NULL
	    ? store_begin(store, &error)
	    : NULL;
	HistoryCounts counts = { 0 };

	if (txn == NULL ||
	    !history_csv(txn, path, clock_now(), &counts, &error) ||
	    (!dry && !store_commit(g_steal_pointer(&txn), &error)))
		return cmd_fail(error);
	printf("lines: %u; new: %u; there before: %u%s\n",
	    counts.added + counts.known, counts.added, counts.known,
	    dry ? "; a dry run: nothing was changed" : "");
	return 0;
}

static int
run(const char *config, int argc, char **argv)
{
	const char *history = cmd_value(&argc, argv, "--history");
	gboolean dry = cmd_flag(&argc, argv, "--dry-run");
	g_autofree char *copy = NULL;
	g_autoptr(GError) error = NULL;
	Import import = { 0 };
	gboolean done;

	import.verbose = cmd_flag(&argc, argv, "--verbose") || dry;
	import.mailbox = cmd_value(&argc, argv, "--mailbox");
	if (history != NULL && argc == 1 && import.mailbox == NULL)
		return import_history(config, history, dry);
	if (history != NULL || import.mailbox == NULL || argc < 2 ||
	    cmd_unknown(argc, argv) != NULL)
		return cmd_usage(&cmd_import,
		    "a mailbox and something to import is needed");
	import.batch = g_ptr_array_new_with_free_func(old_mail_free);
	import.parser = parser_new();
	done = import_all(&import, config, dry, argc, argv, &copy, &error);
	if (done)
		printf("mails: %u; new tickets: %u; joined one: %u; taken "
		       "before: %u%s\n",
		    import.opened + import.joined + import.known, import.opened,
		    import.joined, import.known,
		    dry ? "; a dry run: nothing was changed" : "");
	cmd_desk_close(&import.desk);
	if (copy != NULL)
		copy_remove(copy);
	parser_free(import.parser);
	g_ptr_array_unref(import.batch);
	return done ? 0 : cmd_fail(error);
}

const Command cmd_import = { "import",
	"--mailbox NAME [--dry-run] [--verbose] MAILDIR|MBOX|FILE ... | "
	"--history CSV [--dry-run]",
	"take old mail without a letter to anybody", run };
