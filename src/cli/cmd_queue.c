/* cmd_queue.c - javob queue: letters that wait, and why. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "daemon/role.h"
#include "ground/clock.h"
#include "ground/wake.h"
#include "store/outbox.h"
#include "store/store.h"
#include "store/tickets.h"

static void
print_json(const OutboxLine *line)
{
	g_autofree char *text = NULL;
	Json json;

	json_begin(&json);
	json_int(&json, "version", 1);
	json_int(&json, "id", line->id);
	json_int(&json, "ticket", line->ticket);
	json_text(&json, "letter", line->letter);
	json_text(&json, "state", line->state);
	json_text(&json, "sender", line->reverse_path);
	json_text(&json, "to", line->to);
	json_text(&json, "subject", line->subject);
	json_text(&json, "message_id", line->message_id);
	json_time(&json, "created", line->created);
	json_time(&json, "due", line->due);
	json_int(&json, "attempts", line->attempts);
	json_int(&json, "uncertain", line->uncertain);
	json_text(&json, "reply", *line->reply != '\0' ? line->reply : NULL);
	text = json_end(&json);
	puts(text);
}

static void
print_line(const OutboxLine *line)
{
	g_autofree char *due = cmd_when(line->due);

	printf("%6" G_GINT64_FORMAT "  #%-6" G_GINT64_FORMAT
	       " %-10s %-8s %s  due %s%s%s\n",
	    line->id, line->ticket, line->letter, line->state, line->to, due,
	    *line->reply != '\0' ? "  " : "", line->reply);
}

static int
list(const char *config, int argc, char **argv)
{
	gboolean json = cmd_flag(&argc, argv, "--json");
	gboolean all = cmd_flag(&argc, argv, "--all");
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	g_autoptr(Store) store = NULL;
	g_autoptr(StoreTxn) txn = NULL;
	g_autoptr(GPtrArray) lines = NULL;

	if (argc > 1)
		return cmd_usage(&cmd_queue, NULL);
	store = cmd_store(config, &site, &error);
	txn = store != NULL ? store_begin_read(store, &error) : NULL;
	lines = txn != NULL ? outbox_list(txn, all, &error) : NULL;
	if (lines == NULL)
		return cmd_fail(error);
	for (guint i = 0; i < lines->len; i++) {
		if (json)
			print_json(lines->pdata[i]);
		else
			print_line(lines->pdata[i]);
	}
	if (!json && lines->len == 0)
		puts(all ? "no letters" : "nothing waits");
	return 0;
}

static int
flush(const char *config, int argc, char **argv G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	g_autoptr(Store) store = NULL;
	g_autoptr(StoreTxn) txn = NULL;
	g_autofree char *dir = NULL;
	gint64 changed;

	if (argc > 1)
		return cmd_usage(&cmd_queue, NULL);
	store = cmd_store(config, &site, &error);
	txn = store != NULL ? store_begin(store, &error) : NULL;
	if (txn == NULL || !outbox_flush(txn, clock_now(), &changed, &error) ||
	    !store_commit(g_steal_pointer(&txn), &error))
		return cmd_fail(error);
	dir = role_run_dir(site);
	wake_send(dir, "send");
	printf("%" G_GINT64_FORMAT " letters are due now\n", changed);
	return 0;
}

/* The letter as its receiver reads it, decoded. */
static int
show(const char *config, int argc, char **argv)
{
	const char *letter = cmd_value(&argc, argv, "--letter");
	gboolean raw = cmd_flag(&argc, argv, "--raw");
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	g_autoptr(Store) store = NULL;
	g_autoptr(StoreTxn) txn = NULL;
	g_autoptr(GPtrArray) lines = NULL;
	gint64 id = 0;
	guint shown = 0;

	if (argc > 2 || (argc == 2 && !cmd_number(argv[1], &id)) ||
	    (argc < 2 && letter == NULL))
		return cmd_usage(&cmd_queue, "show needs a number");
	store = cmd_store(config, &site, &error);
	txn = store != NULL ? store_begin_read(store, &error) : NULL;
	lines = txn != NULL ? outbox_list(txn, TRUE, &error) : NULL;
	if (lines == NULL)
		return cmd_fail(error);
	for (guint i = 0; i < lines->len; i++) {
		const OutboxLine *line = lines->pdata[i];
		g_autoptr(MessageRow) row = NULL;
		g_autoptr(GBytes) octets = NULL;

		if ((id != 0 && line->id != id) ||
		    (letter != NULL && !g_str_equal(line->letter, letter)))
			continue;
		row = message_by_id(txn, line->message, &error);
		if (row == NULL)
			return cmd_fail(error);
		shown++;
		if (raw) {
			octets = message_octets(txn, row->raw, &error);
			if (octets == NULL)
				return cmd_fail(error);
			fwrite(g_bytes_get_data(octets, NULL), 1,
			    g_bytes_get_size(octets), stdout);
			continue;
		}
		printf("From: %s <%s>\nTo: %s\nSubject: %s\n\n%s%s",
		    row->from_name, row->from_address, row->to_addresses,
		    row->subject, row->body_text,
		    g_str_has_suffix(row->body_text, "\n") ? "" : "\n");
	}
	if (shown > 0)
		return 0;
	fputs("javob queue: there is no such letter; see javob queue list "
	      "--all\n",
	    stderr);
	return 1;
}

typedef struct Change {
	const char *from[3];
	const char *to; /* NULL: released */
	const char *done;
} Change;

static gboolean
apply(StoreTxn *txn, gint64 id, const Change *how, gint64 *changed,
    GError **error)
{
	if (how->to == NULL)
		return outbox_release(txn, id, clock_now(), changed, error);
	for (guint i = 0; how->from[i] != NULL && *changed == 0; i++)
		if (!outbox_set_state(
			txn, id, how->from[i], how->to, changed, error))
			return FALSE;
	return TRUE;
}

static int
change(const char *config, int argc, char **argv, const Change *how)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	g_autoptr(Store) store = NULL;
	g_autoptr(StoreTxn) txn = NULL;
	g_autofree char *dir = NULL;
	gint64 id, changed = 0;

	if (argc != 2 || !cmd_number(argv[1], &id))
		return cmd_usage(&cmd_queue, "a letter's number is needed");
	store = cmd_store(config, &site, &error);
	txn = store != NULL ? store_begin(store, &error) : NULL;
	if (txn == NULL || !apply(txn, id, how, &changed, &error) ||
	    !store_commit(g_steal_pointer(&txn), &error))
		return cmd_fail(error);
	if (changed == 0) {
		fprintf(stderr, "javob queue: letter %s cannot be %s in its "
				"state; see javob queue list --all\n",
		    argv[1], how->done);
		return 1;
	}
	dir = role_run_dir(site);
	wake_send(dir, "send");
	printf("letter %s is %s\n", argv[1], how->done);
	return 0;
}

static int
hold(const char *config, int argc, char **argv)
{
	static const Change how = { { "queued", NULL }, "held", "held" };

	return change(config, argc, argv, &how);
}

static int
release(const char *config, int argc, char **argv)
{
	static const Change how = { { NULL }, NULL, "released" };

	return change(config, argc, argv, &how);
}

static int
discard(const char *config, int argc, char **argv)
{
	static const Change how = { { "queued", "held", NULL }, "deleted",
		"deleted" };

	return change(config, argc, argv, &how);
}

static const struct {
	const char *name;
	int (*run)(const char *config, int argc, char **argv);
} verbs[] = {
	{ "list", list },
	{ "flush", flush },
	{ "show", show },
	{ "hold", hold },
	{ "release", release },
	{ "delete", discard },
};

static int
run(const char *config, int argc, char **argv)
{
	for (guint i = 0; argc > 1 && i < G_N_ELEMENTS(verbs); i++)
		if (g_str_equal(argv[1], verbs[i].name))
			return verbs[i].run(config, argc - 1, argv + 1);
	return cmd_usage(&cmd_queue, NULL);
}

const Command cmd_queue = { "queue",
	"list [--all] [--json] | flush | show N [--raw] | "
	"show --letter NAME [--raw] | hold N | release N | delete N",
	"letters that wait to be sent, and why", run };
