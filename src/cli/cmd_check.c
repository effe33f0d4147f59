/* cmd_check.c - javob check: what is right, or what is wrong and how to mend
 * it. Offline: nothing but this machine's files is asked. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "ground/config.h"
#include "ground/error.h"
#include "ground/token.h"
#include "mail/address.h"
#include "mail/message.h"
#include "mail/nameserver.h"
#include "options.h"
#include "policy/board.h"
#include "policy/calendar.h"
#include "policy/roster.h"
#include "policy/template.h"
#include "store/spool.h"
#include "store/store.h"

enum {
	LOCAL_MOST = 64,
	KEY_MOST = 45, /* of ticket and address numbers of nine digits */
};

typedef struct Report {
	guint wrong, warnings;
} Report;

static void
right(const char *what, const char *detail)
{
	printf("ok     %-14s %s\n", what, detail);
}

static void
wrong(Report *report, const char *what, const char *detail)
{
	g_auto(GStrv) lines = g_strsplit(detail, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++, report->wrong++)
		printf("WRONG  %-14s %s\n", what, lines[i]);
}

static void
warn(Report *report, const char *what, const char *detail)
{
	printf("note   %-14s %s\n", what, detail);
	report->warnings++;
}

static void
check_key(Report *report, const Site *site)
{
	g_autofree char *path = g_build_filename(site->state_dir, "key", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(TokenKeys) keys = token_keys_load(path, &error);
	struct stat st;

	if (keys == NULL)
		wrong(report, "key", error->message);
	else if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
		warn(report, "key", "others may read it: chmod 600");
	else
		right("key", path);
}

static void
check_spool(Report *report, const Site *site)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Spool) spool = spool_open(site->state_dir, FALSE, &error);
	g_autoptr(GPtrArray) aside = NULL;
	g_autofree char *text = NULL;
	gint64 oldest;

	if (spool != NULL)
		aside = spool_quarantined(spool, &error);
	if (aside == NULL) {
		wrong(report, "spool", error->message);
		return;
	}
	text = g_strdup_printf("%u mails wait", spool_count(spool, &oldest));
	right("spool", text);
	g_free(text);
	text = g_strdup_printf("%u mails are set aside; see javob quarantine "
			       "list",
	    aside->len);
	if (aside->len > 0)
		warn(report, "quarantine", text);
}

static void
check_store(Report *report, const Site *site)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = store_open(
	    site->state_dir, site->store_url, &error);
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);

	if (store == NULL || !store_verify(store, faults, &error)) {
		wrong(report, "store", error->message);
		return;
	}
	for (guint i = 0; i < faults->len; i++)
		wrong(report, "store", faults->pdata[i]);
	if (faults->len == 0)
		right("store", "sound");
}

static void
check_templates(Report *report, const Site *site)
{
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Templates) templates = templates_load(
	    site->templates_dir, faults);

	for (guint i = 0; i < faults->len; i++)
		wrong(report, "letters", faults->pdata[i]);
	if (templates != NULL && faults->len == 0)
		right("letters",
		    *site->templates_dir != '\0' ? site->templates_dir
						 : "built in");
}

static void
check_secret(Report *report, const ConfigSection *section, const char *what)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *secret = NULL;

	if (config_is_set(section, "password"))
		warn(report, what,
		    "the password stands in the configuration; "
		    "password-file or password-command is safer");
	secret = site_password(section, &error);
	if (secret == NULL)
		wrong(report, what, error->message);
}

/* roster NULL: the store does not say. */
static gboolean
has_agents(const GPtrArray *roster, const Queue *queue)
{
	for (guint i = 0; roster != NULL && i < roster->len; i++)
		if (agent_in_queue(roster->pdata[i], queue->name))
			return TRUE;
	return roster == NULL && queue->agents->len > 0;
}

static GPtrArray *
read_roster(const Site *site)
{
	g_autoptr(Store) store =
	    store_open(site->state_dir, site->store_url, NULL);
	g_autoptr(StoreTxn) txn =
	    store != NULL ? store_begin_read(store, NULL) : NULL;

	return txn != NULL ? roster_read(txn, site, NULL) : NULL;
}

/* RFC 5321 4.5.3.1.1: servers may refuse local parts over 64 octets. */
static void
check_length(Report *report, const Mailbox *mailbox, const char *what)
{
	gsize length = strlen(mailbox->address) -
	    strlen(address_domain(mailbox->address)) - 1;

	if (mailbox->plus && length > LOCAL_MOST - KEY_MOST - 1)
		warn(report, what,
		    "its address is too long for keyed reply addresses (more "
		    "than 18 characters before the @): answers are known by "
		    "their Message-ID alone; a shorter address, with this one "
		    "among aliases, is safer");
}

static void
check_mailboxes(Report *report, const Site *site)
{
	g_autoptr(GPtrArray) roster = read_roster(site);

	for (guint i = 0; i < site->mailboxes->len; i++) {
		const Mailbox *mailbox = site->mailboxes->pdata[i];
		const Queue *queue = site_queue(site, mailbox->queue);
		g_autofree char *what = g_strdup_printf(
		    "mailbox %s", mailbox->name);

		right(what, mailbox->address);
		if (*config_text(mailbox->section, "imap") != '\0')
			check_secret(report, mailbox->section, what);
		check_length(report, mailbox, what);
		if (queue != NULL && !has_agents(roster, queue))
			warn(report, what,
			    "its queue has no agents: nobody hears of its "
			    "tickets");
	}
	check_secret(
	    report, config_section(site->config, "smtp", NULL), "smtp");
}

static void
check_boards(Report *report, const Site *site)
{
	for (guint i = 0; i < site->boards->len; i++) {
		const Board *board = site->boards->pdata[i];
		g_autofree char *what = g_strdup_printf(
		    "board %s", board->name);
		g_autofree char *text = g_strdup_printf("%s at %s%s%s",
		    board->endpoint->user, board->endpoint->host,
		    *board->agent != '\0' ? ", where flags are for "
					  : ", where flags are for nobody",
		    board->agent);

		right(what, text);
		check_secret(report, board->section, what);
	}
}

static void
check_calendars(const Site *site)
{
	for (guint i = 0; i < site->calendars->len; i++) {
		const Calendar *calendar = site->calendars->pdata[i];
		g_autofree char *what = g_strdup_printf(
		    "calendar %s", calendar_name(calendar));
		g_autofree char *text = g_strdup_printf("%s (%s)",
		    calendar_hours(calendar), calendar_timezone(calendar));

		right(what, text);
	}
}

/* Who proves senders: the border, we, both, nobody. */
static void
check_proof(Report *report, const Site *site)
{
	g_autofree char *servers = *site->resolver != '\0'
	    ? g_strdup(site->resolver)
	    : nameserver_system();
	g_autofree char *text = g_strdup_printf(
	    "verified here%s; DNS is asked at %s",
	    *site->authserv_id != '\0' ? " where authserv-id proves nothing"
					: "",
	    servers);

	if (!site_can_prove(site))
		warn(report, "authserv-id",
		    "not set, and dkim is no: no sender is proven, customers "
		    "get the plain acknowledgement; set it to what your mail "
		    "server writes in Authentication-Results, or set "
		    "dkim = yes");
	if (*site->authserv_id != '\0')
		right("authserv-id", site->authserv_id);
	if (site->dkim)
		right("dkim", text);
}

static int
run(const char *config, int argc, char **argv G_GNUC_UNUSED)
{
	const char *path = options_path(config);
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	Report report = { 0 };

	if (argc > 1)
		return cmd_usage(&cmd_check, NULL);
	message_init();
	site = options_load(path, &error);
	if (site == NULL) {
		wrong(&report, "configuration", error->message);
		return 78;
	}
	right("configuration", path);
	check_proof(&report, site);
	check_mailboxes(&report, site);
	check_boards(&report, site);
	check_calendars(site);
	check_templates(&report, site);
	check_key(&report, site);
	check_spool(&report, site);
	check_store(&report, site);
	return report.wrong > 0 ? 1 : 0;
}

const Command cmd_check = { "check", "",
	"configuration, letters, key, spool and store: right or how to mend",
	run };
