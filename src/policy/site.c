/* site.c - option tables of the site and the typed view of a configuration.
 * Built by options.c at every start and reload; read by policy, daemon, cli. */
#include "policy/site.h"

#include <string.h>

#include "ground/config.h"
#include "ground/error.h"
#include "mail/address.h"
#include "mail/words.h"
#include "mail/nameserver.h"
#include "policy/board.h"
#include "policy/calendar.h"
#include "policy/lang.h"
#include "policy/route.h"

enum {
	FIRST_RESPONSE = 3600, /* as in the table */
	RESOLUTION = 8 * 3600,
	STRANGERS = 60,
};

#define ASSIGN_RULES "none|round-robin|least-open|last-agent|language"

#define SECRETS(section)                                                     \
	{ section, "password-file", CONFIG_PATH, NULL, NULL, FALSE,          \
	    "file whose first line is the password" },                       \
	    { section, "password-command", CONFIG_TEXT, NULL, NULL, FALSE,   \
		"program whose first line of output is the password" },      \
	{                                                                    \
		section, "password", CONFIG_TEXT, NULL, NULL, FALSE,         \
		    "the password itself; a file or command is safer"        \
	}

const ConfigOption site_options[] = {
	{ "gateway", "state-dir", CONFIG_PATH, "/var/lib/javob", NULL, FALSE,
	    "spool, quarantine, store and key" },
	{ "gateway", "store", CONFIG_TEXT, "sqlite", NULL, FALSE,
	    "where rows are kept: sqlite" },
	{ "gateway", "user", CONFIG_NAME, NULL, NULL, FALSE,
	    "system user that javobd becomes when root starts it" },
	{ "gateway", "default-language", CONFIG_NAME, "en", NULL, FALSE,
	    "language of letters when nothing better is known" },
	{ "gateway", "language-fallback", CONFIG_LIST, NULL, NULL, FALSE,
	    "FROM:TO, the letter's language where there is none in FROM" },
	{ "gateway", "authserv-id", CONFIG_TEXT, NULL, NULL, FALSE,
	    "whose Authentication-Results count; none: nobody is proven" },
	{ "gateway", "dkim", CONFIG_BOOL, "no", NULL, FALSE,
	    "verify DKIM signatures of what authserv-id does not prove" },
	{ "gateway", "resolver", CONFIG_LIST, NULL, NULL, FALSE,
	    "name servers for dkim, such as 127.0.0.1:53; none: the "
	    "system's" },
	{ "gateway", "templates", CONFIG_PATH, NULL, NULL, FALSE,
	    "directory of the site's own letters" },
	{ "gateway", "html", CONFIG_BOOL, "yes", NULL, FALSE,
	    "letters have an HTML body beside their text" },
	{ "gateway", "words", CONFIG_PATH, NULL, NULL, FALSE,
	    "directory of further word tables" },
	{ "gateway", "ca-file", CONFIG_PATH, NULL, NULL, FALSE,
	    "trusted certificates (PEM); none: the system's" },
	{ "gateway", "max-size", CONFIG_SIZE, "50M", "64K..200M", FALSE,
	    "largest mail that is taken" },
	{ "gateway", "key-age", CONFIG_SPAN, "365d", "1d..3650d", FALSE,
	    "a key that another one has followed is honoured for so long" },
	{ "gateway", "ack-max-age", CONFIG_SPAN, "3d", "1h..365d", FALSE,
	    "older mail gets no acknowledgement" },
	{ "gateway", "reopen-within", CONFIG_SPAN, "30d", "1h..3650d", FALSE,
	    "an answer to a closed ticket opens it again for so long" },
	{ "gateway", "promise-share", CONFIG_INT, "80", "50..95", FALSE,
	    "of a hundred promises learned from history, so many are kept" },
	{ "gateway", "log-level", CONFIG_CHOICE, "info", "error|info|debug",
	    FALSE, "how much is logged" },

	{ "mailbox", "", CONFIG_NAME, "support", NULL, TRUE,
	    "a support address and where its mail comes from" },
	{ "mailbox", "address", CONFIG_ADDRESS, NULL, NULL, TRUE,
	    "the support address" },
	{ "mailbox", "name", CONFIG_TEXT, NULL, NULL, FALSE,
	    "display name and signature of letters" },
	{ "mailbox", "aliases", CONFIG_LIST, NULL, NULL, FALSE,
	    "further addresses that reach this mailbox" },
	{ "mailbox", "form-senders", CONFIG_LIST, NULL, NULL, FALSE,
	    "addresses of forms and lists that write for others" },
	{ "mailbox", "lists", CONFIG_LIST, NULL, NULL, FALSE,
	    "addresses of our own mailing lists that customers write to" },
	{ "mailbox", "queue", CONFIG_NAME, "general", NULL, FALSE,
	    "queue of its tickets" },
	{ "mailbox", "also-notify", CONFIG_BOOL, "yes", NULL, FALSE,
	    "agents of its queue hear of mail to another mailbox and to it" },
	{ "mailbox", "agent-name", CONFIG_CHOICE, "name",
	    "name|first-name|team", FALSE,
	    "how agents sign their answers" },
	{ "mailbox", "language", CONFIG_NAME, NULL, NULL, FALSE,
	    "language of its letters; none: default-language" },
	{ "mailbox", "plus-addressing", CONFIG_BOOL, "yes", NULL, FALSE,
	    "address+anything@domain reaches the mailbox too" },
	{ "mailbox", "imap", CONFIG_TEXT, NULL, NULL, FALSE,
	    "imaps://user@host/INBOX to watch" },
	{ "mailbox", "imap-tls", CONFIG_CHOICE, "starttls", "starttls|none",
	    FALSE, "what imap:// does; none only on loopback" },
	{ "mailbox", "imap-after", CONFIG_CHOICE, "nothing",
	    "nothing|seen|keyword|move", FALSE,
	    "what happens in the mailbox to a mail that was taken" },
	{ "mailbox", "imap-keyword", CONFIG_NAME, "Javob", NULL, FALSE,
	    "keyword that imap-after = keyword sets" },
	{ "mailbox", "imap-move-to", CONFIG_TEXT, "Processed", NULL, FALSE,
	    "folder of imap-after = move" },
	{ "mailbox", "imap-idle", CONFIG_SPAN, "9m", "10s..28m", FALSE,
	    "IDLE is renewed after this" },
	{ "mailbox", "imap-sweep", CONFIG_SPAN, "2m", "5s..1h", FALSE,
	    "new mail is looked for at least this often" },
	SECRETS("mailbox"),

	{ "queue", "", CONFIG_NAME, "general", NULL, TRUE,
	    "who answers, and by when" },
	{ "queue", "agents", CONFIG_LIST, NULL, NULL, FALSE,
	    "addresses of those who answer" },
	{ "queue", "assign", CONFIG_CHOICE, "none", ASSIGN_RULES, FALSE,
	    "who is given a new ticket" },
	{ "queue", "pass-on", CONFIG_SPAN, NULL, "1m..30d", FALSE,
	    "what nobody has, or who is away, goes on after this" },
	{ "queue", "calendar", CONFIG_NAME, NULL, NULL, FALSE,
	    "working hours; none: day and night" },
	{ "queue", "first-response", CONFIG_SPAN, "1h", "1m..365d", FALSE,
	    "working time until a person answers" },
	{ "queue", "resolution", CONFIG_SPAN, "8h", "1m..365d", FALSE,
	    "working time until the matter is settled" },
	{ "queue", "promise", CONFIG_CHOICE, "learned", "learned|configured",
	    FALSE, "from the desk's own history, or always resolution" },

	{ "queue", "notify-strangers", CONFIG_INT, "60", "1..100000", FALSE,
	    "an agent hears of so many new tickets of unproven senders an "
	    "hour; of the others in one letter" },

	{ "calendar", "", CONFIG_NAME, "office", NULL, TRUE,
	    "working hours" },
	{ "calendar", "timezone", CONFIG_TEXT, "UTC", NULL, FALSE,
	    "time zone, such as Asia/Tashkent" },
	{ "calendar", "hours", CONFIG_TEXT, "Mon-Fri 09:00-18:00", NULL,
	    FALSE, "working hours: Mon-Fri 09:00-18:00; Sat 10:00-14:00" },
	{ "calendar", "holidays", CONFIG_LIST, NULL, NULL, FALSE,
	    "days (2026-03-21, or 03-21 each year) or files of such days" },

	{ "rule", "", CONFIG_NAME, "returns", NULL, TRUE,
	    "which queue a new ticket goes to; the first rule that fits" },
	{ "rule", "match-to", CONFIG_LIST, NULL, NULL, FALSE,
	    "addresses of ours that the mail came to" },
	{ "rule", "match-from", CONFIG_LIST, NULL, NULL, FALSE,
	    "addresses of its author" },
	{ "rule", "match-domain", CONFIG_LIST, NULL, NULL, FALSE,
	    "domains of its author; .example.org: with all below" },
	{ "rule", "match-subject", CONFIG_LIST, NULL, NULL, FALSE,
	    "words in its subject" },
	{ "rule", "match-body", CONFIG_LIST, NULL, NULL, FALSE,
	    "words in its new text" },
	{ "rule", "match-language", CONFIG_LIST, NULL, NULL, FALSE,
	    "language of the ticket; uz is uz-Latn too" },
	{ "rule", "match-header", CONFIG_LIST, NULL, NULL, FALSE,
	    "a field that it has, or field: words in it" },
	{ "rule", "queue", CONFIG_NAME, "general", NULL, FALSE,
	    "the queue" },

	{ "smtp", "server", CONFIG_TEXT, "smtp://127.0.0.1:25", NULL, FALSE,
	    "where letters go: smtp:// or smtps://user@host:port" },
	{ "smtp", "tls", CONFIG_CHOICE, "none", "starttls|none", FALSE,
	    "what smtp:// does; starttls is required, not tried" },
	{ "smtp", "connections", CONFIG_INT, "2", "1..32", FALSE,
	    "connections at the same time" },
	{ "smtp", "give-up-after", CONFIG_SPAN, "3d", "1h..30d", FALSE,
	    "a letter that still waits then has failed" },
	SECRETS("smtp"),

	{ "lmtp", "listen", CONFIG_TEXT, NULL, NULL, FALSE,
	    "unix socket path or host:port; none: no LMTP" },
	{ "lmtp", "max-connections", CONFIG_INT, "100", "1..10000", FALSE,
	    "connections at the same time" },
	{ "lmtp", "idle", CONFIG_SPAN, "5m", "5s..1h", FALSE,
	    "a silent connection is closed after this" },
	{ "http", "listen", CONFIG_TEXT, NULL, NULL, FALSE,
	    "host:port of web pages; kept for a later version" },
	{ NULL, NULL, CONFIG_TEXT, NULL, NULL, FALSE, NULL },
};

/* --- servers and secrets ------------------------------------------------- */

void
endpoint_free(Endpoint *endpoint)
{
	if (endpoint == NULL)
		return;
	g_free(endpoint->host);
	g_free(endpoint->user);
	g_free(endpoint->path);
	g_free(endpoint);
}

/* People write the whole address as the user: all "@" of the authority but
 * the last belong to him. */
static char *
escape_user(const char *url)
{
	const char *start = strstr(url, "://"), *end, *last = NULL;
	GString *out;

	if (start == NULL)
		return g_strdup(url);
	start += 3;
	end = strchr(start, '/');
	if (end == NULL)
		end = url + strlen(url);
	for (const char *p = start; p < end; p++)
		if (*p == '@')
			last = p;
	out = g_string_new_len(url, start - url);
	for (const char *p = start; *p != '\0'; p++) {
		if (*p == '@' && p < end && p != last)
			g_string_append(out, "%40");
		else
			g_string_append_c(out, *p);
	}
	return g_string_free(out, FALSE);
}

Endpoint *
endpoint_parse(const char *url, const char *scheme, GError **error)
{
	g_autofree char *escaped = escape_user(url);
	g_autofree char *found = NULL, *user = NULL, *host = NULL, *path = NULL;
	gboolean mail = g_str_equal(scheme, "imap");
	Endpoint *endpoint;
	gboolean tls;
	int port = -1;

	if (!g_uri_split(escaped, G_URI_FLAGS_NONE, &found, &user, &host, &port,
		&path, NULL, NULL, NULL) ||
	    found == NULL || host == NULL || *host == '\0' ||
	    !g_str_has_prefix(found, scheme) ||
	    (strcmp(found + strlen(scheme), "") != 0 &&
		strcmp(found + strlen(scheme), "s") != 0)) {
		error_config(error,
		    "\"%s\" is no server; write %ss://user@host or %s://host",
		    url, scheme, scheme);
		return NULL;
	}
	tls = found[strlen(scheme)] == 's';
	if (port <= 0)
		port = mail ? (tls ? 993 : 143) : (tls ? 465 : 587);
	endpoint = g_new0(Endpoint, 1);
	endpoint->host = g_steal_pointer(&host);
	endpoint->port = (guint16)port;
	endpoint->implicit_tls = tls;
	endpoint->user = user != NULL ? g_steal_pointer(&user) : g_strdup("");
	endpoint->path = g_strdup(
	    path != NULL && *path == '/' ? path + 1 : "");
	return endpoint;
}

static char *
first_line(char *text)
{
	char *end = strpbrk(text, "\r\n");

	if (end != NULL)
		*end = '\0';
	return text;
}

char *
site_password(const ConfigSection *section, GError **error)
{
	const char *file = config_text(section, "password-file");
	const char *command = config_text(section, "password-command");
	g_autoptr(GError) reason = NULL;
	g_autofree char *text = NULL;
	int status;

	if (*file != '\0') {
		if (g_file_get_contents(file, &text, NULL, &reason))
			return first_line(g_steal_pointer(&text));
		error_config(error, "password-file: %s", reason->message);
		return NULL;
	}
	if (*command == '\0')
		return g_strdup(config_text(section, "password"));
	if (!g_spawn_command_line_sync(command, &text, NULL, &status, &reason) ||
	    !g_spawn_check_wait_status(status, &reason)) {
		error_temporary(error, "password-command: %s", reason->message);
		return NULL;
	}
	return first_line(g_steal_pointer(&text));
}

/* --- building ------------------------------------------------------------ */

static void
mailbox_free(void *data)
{
	Mailbox *mailbox = data;

	g_free(mailbox->name);
	g_free(mailbox->address);
	g_free(mailbox->display_name);
	g_ptr_array_unref(mailbox->aliases);
	g_ptr_array_unref(mailbox->forms);
	g_ptr_array_unref(mailbox->lists);
	g_free(mailbox->queue);
	g_free(mailbox->language);
	g_free(mailbox);
}

static void
queue_free(void *data)
{
	Queue *queue = data;

	g_free(queue->name);
	g_ptr_array_unref(queue->agents);
	g_free(queue->calendar);
	g_free(queue);
}

static void
calendar_free_row(void *data)
{
	calendar_free(data);
}

/* Folded addresses of a list option; what is none is a fault. */
static GPtrArray *
addresses_of(const Config *config, const ConfigSection *section,
    const char *name, GPtrArray *errors)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	const char *const *words = config_list(section, name);

	for (guint i = 0; words != NULL && words[i] != NULL; i++) {
		if (!address_is_valid(words[i]))
			config_error(config, errors, section, name,
			    "\"%s\" is no address; write name@domain", words[i]);
		else
			g_ptr_array_add(out, address_fold(words[i]));
	}
	return out;
}

static char *
text_or(const ConfigSection *section, const char *name, const char *fallback)
{
	const char *text = config_text(section, name);

	return g_strdup(*text != '\0' ? text : fallback);
}

static gboolean
is_named(const ConfigSection *section)
{
	const char *name = config_section_name(section);

	return name != NULL && *name != '\0';
}

/* Each option alone first, so that all faults are said at once. */
static gboolean
calendar_parts_well(const Config *config, const ConfigSection *section,
    const char *dir, GPtrArray *errors)
{
	static const char *const names[] = { "timezone", "hours", "holidays" };
	guint before = errors->len;

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Calendar) calendar = calendar_new(
		    config_section_name(section),
		    i == 0 ? config_text(section, names[0]) : "UTC",
		    i == 1 ? config_text(section, names[1]) : "24/7",
		    i == 2 ? config_list(section, names[2]) : NULL, dir,
		    &error);

		if (calendar == NULL)
			config_error(config, errors, section, names[i], "%s",
			    error->message);
	}
	return errors->len == before;
}

static void
add_calendars(Site *site, GPtrArray *errors)
{
	g_autoptr(GPtrArray) rows = config_sections(site->config, "calendar");
	g_autofree char *dir = g_path_get_dirname(config_path(site->config));

	for (guint i = 0; i < rows->len; i++) {
		const ConfigSection *section = rows->pdata[i];
		g_autoptr(GError) error = NULL;
		Calendar *calendar;

		if (!is_named(section) ||
		    !calendar_parts_well(site->config, section, dir, errors))
			continue;
		calendar = calendar_new(config_section_name(section),
		    config_text(section, "timezone"),
		    config_text(section, "hours"),
		    config_list(section, "holidays"), dir, &error);
		if (calendar == NULL)
			config_error(site->config, errors, section, NULL, "%s",
			    error->message);
		else
			g_ptr_array_add(site->calendars, calendar);
	}
}

/* A site that names no queue has one all the same, with nobody in it yet. */
static void
add_default_queue(Site *site)
{
	Queue *queue;

	if (site->queues->len > 0)
		return;
	queue = g_new0(Queue, 1);
	queue->name = g_strdup("general");
	queue->agents = g_ptr_array_new_with_free_func(g_free);
	queue->calendar = g_strdup("");
	queue->first_response = FIRST_RESPONSE;
	queue->resolution = RESOLUTION;
	queue->notify_strangers = STRANGERS;
	queue->learns = TRUE;
	g_ptr_array_add(site->queues, queue);
}

/* One of ASSIGN_RULES. */
static AssignRule
assign_of(const char *word)
{
	g_auto(GStrv) words = g_strsplit(ASSIGN_RULES, "|", -1);

	for (guint i = 0; words[i] != NULL; i++)
		if (g_str_equal(words[i], word))
			return (AssignRule)i;
	return ASSIGN_NONE;
}

static void
add_queues(Site *site, GPtrArray *errors)
{
	g_autoptr(GPtrArray) rows = config_sections(site->config, "queue");

	for (guint i = 0; i < rows->len; i++) {
		const ConfigSection *section = rows->pdata[i];
		Queue *queue;

		if (!is_named(section))
			continue;
		queue = g_new0(Queue, 1);
		queue->name = g_strdup(config_section_name(section));
		queue->agents = addresses_of(
		    site->config, section, "agents", errors);
		queue->assign = assign_of(config_text(section, "assign"));
		queue->pass_on = config_is_set(section, "pass-on")
		    ? config_number(section, "pass-on")
		    : 0;
		queue->calendar = text_or(section, "calendar", "");
		queue->first_response = config_number(section, "first-response");
		queue->resolution = config_number(section, "resolution");
		queue->notify_strangers =
		    config_number(section, "notify-strangers");
		queue->learns = g_str_equal(
		    config_text(section, "promise"), "learned");
		g_ptr_array_add(site->queues, queue);
		if (*queue->calendar != '\0' &&
		    site_calendar(site, queue->calendar) == NULL)
			config_error(site->config, errors, section, "calendar",
			    "calendar \"%s\" is not there; add [calendar %s]",
			    queue->calendar, queue->calendar);
	}
}

static void
check_imap(Site *site, const ConfigSection *section, GPtrArray *errors)
{
	const char *url = config_text(section, "imap");
	g_autoptr(GError) error = NULL;
	g_autoptr(Endpoint) endpoint = NULL;

	if (*url == '\0')
		return;
	endpoint = endpoint_parse(url, "imap", &error);
	if (endpoint == NULL)
		config_error(site->config, errors, section, "imap", "%s",
		    error->message);
	else if (*endpoint->user == '\0')
		config_error(site->config, errors, section, "imap",
		    "\"%s\" names no user; write imaps://user@host/INBOX", url);
}

static void
check_queue(Site *site, const ConfigSection *section, GPtrArray *errors)
{
	const char *queue = config_text(section, "queue");

	if (site_queue(site, queue) == NULL)
		config_error(site->config, errors, section, "queue",
		    "queue \"%s\" is not there; add [queue %s]", queue,
		    queue);
}

/* As we write tags; what is none is an error, and otherwise counts. */
static char *
language_of(const Config *config, const ConfigSection *section,
    const char *name, const char *otherwise, GPtrArray *errors)
{
	const char *text = config_text(section, name);
	char *tag;

	if (text == NULL || *text == '\0')
		return g_strdup(otherwise);
	tag = lang_tag(text);
	if (tag != NULL)
		return tag;
	config_error(config, errors, section, name,
	    "%s is no language tag: write one like en or uz-Cyrl", text);
	return g_strdup(otherwise);
}

static AgentName
agent_name_of(const char *choice)
{
	if (g_str_equal(choice, "team"))
		return AGENT_NAME_TEAM;
	return g_str_equal(choice, "first-name") ? AGENT_NAME_FIRST
						 : AGENT_NAME_FULL;
}

static void
add_mailboxes(Site *site, GPtrArray *errors)
{
	g_autoptr(GPtrArray) rows = config_sections(site->config, "mailbox");

	for (guint i = 0; i < rows->len; i++) {
		const ConfigSection *section = rows->pdata[i];
		const char *address = config_text(section, "address");
		Mailbox *mailbox;

		if (!is_named(section))
			continue;
		check_queue(site, section, errors);
		check_imap(site, section, errors);
		if (*address == '\0')
			continue;
		mailbox = g_new0(Mailbox, 1);
		mailbox->section = section;
		mailbox->name = g_strdup(config_section_name(section));
		mailbox->address = address_fold(address);
		mailbox->display_name = text_or(section, "name", mailbox->name);
		mailbox->aliases = addresses_of(
		    site->config, section, "aliases", errors);
		mailbox->forms = addresses_of(
		    site->config, section, "form-senders", errors);
		mailbox->lists =
		    addresses_of(site->config, section, "lists", errors);
		mailbox->queue = text_or(section, "queue", "general");
		mailbox->language = language_of(site->config, section,
		    "language", site->default_language, errors);
		mailbox->plus = config_bool(section, "plus-addressing");
		mailbox->also_notify = config_bool(section, "also-notify");
		mailbox->agent_name =
		    agent_name_of(config_text(section, "agent-name"));
		if (site_mailbox_by_address(site, mailbox->address) != NULL)
			config_error(site->config, errors, section, "address",
			    "%s is the address of another mailbox too",
			    address);
		g_ptr_array_add(site->mailboxes, mailbox);
	}
}

static void
check_smtp(Site *site, GPtrArray *errors)
{
	const ConfigSection *section = config_section(site->config, "smtp", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Endpoint) endpoint = endpoint_parse(
	    config_text(section, "server"), "smtp", &error);

	if (endpoint == NULL)
		config_error(site->config, errors, section, "server", "%s",
		    error->message);
}

static GPtrArray *
fallback_of(const Config *config, const ConfigSection *section,
    GPtrArray *errors)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	const char *const *pairs = config_list(section, "language-fallback");

	for (guint i = 0; pairs != NULL && pairs[i] != NULL; i++) {
		g_auto(GStrv) sides = g_strsplit(pairs[i], ":", 2);
		g_autofree char *from = lang_tag(sides[0]);
		g_autofree char *to =
		    sides[1] != NULL ? lang_tag(sides[1]) : NULL;

		if (from != NULL && to != NULL)
			g_ptr_array_add(out, g_strconcat(from, ":", to, NULL));
		else
			config_error(config, errors, section,
			    "language-fallback",
			    "\"%s\" is no pair: write one like ky:ru",
			    pairs[i]);
	}
	return out;
}

/* The list as one word each, checked; "" when none is named. */
static char *
resolver_of(const Config *config, const ConfigSection *section,
    GPtrArray *errors)
{
	const char *const *words = config_list(section, "resolver");
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	NameServer servers[NAMESERVERS_MOST];

	if (words == NULL || words[0] == NULL)
		return g_strdup("");
	text = g_strjoinv(",", (char **)words);
	if (nameserver_list(text, servers, &error) == 0) {
		config_error(config, errors, section, "resolver", "%s",
		    error->message);
		return g_strdup("");
	}
	return g_steal_pointer(&text);
}

static void
check_words(Site *site, const ConfigSection *section, GPtrArray *errors)
{
	g_autoptr(GError) error = NULL;

	if (*site->words_dir != '\0' && !words_check(site->words_dir, &error))
		config_error(site->config, errors, section, "words", "%s",
		    error->message);
}

static gboolean
has_section(const Config *config, const char *kind)
{
	g_autoptr(GPtrArray) rows = config_sections(config, kind);

	return rows->len > 0;
}

Site *
site_new(Config *config, GPtrArray *errors)
{
	const ConfigSection *gateway = config_section(config, "gateway", NULL);
	Site *site = g_new0(Site, 1);

	site->config = config;
	site->state_dir = text_or(gateway, "state-dir", "");
	site->store_url = text_or(gateway, "store", "sqlite");
	site->default_language =
	    language_of(config, gateway, "default-language", "en", errors);
	site->fallback = fallback_of(config, gateway, errors);
	site->authserv_id = text_or(gateway, "authserv-id", "");
	site->dkim = config_bool(gateway, "dkim");
	site->html = config_bool(gateway, "html");
	site->resolver = resolver_of(config, gateway, errors);
	site->templates_dir = text_or(gateway, "templates", "");
	site->words_dir = text_or(gateway, "words", "");
	check_words(site, gateway, errors);
	site->max_size = config_number(gateway, "max-size");
	site->ack_max_age = config_number(gateway, "ack-max-age");
	site->promise_share =
	    (double)config_number(gateway, "promise-share") / 100;
	site->key_age = config_number(gateway, "key-age");
	site->reopen_within = config_number(gateway, "reopen-within");
	site->calendars = g_ptr_array_new_with_free_func(calendar_free_row);
	site->queues = g_ptr_array_new_with_free_func(queue_free);
	site->mailboxes = g_ptr_array_new_with_free_func(mailbox_free);
	if (strcmp(site->store_url, "sqlite") != 0)
		config_error(config, errors, gateway, "store",
		    "\"%s\" is no store; write sqlite", site->store_url);
	add_calendars(site, errors);
	add_queues(site, errors);
	add_default_queue(site);
	add_mailboxes(site, errors);
	site->rules = route_rules(site, errors);
	site->boards = board_list(site, errors);
	if (!has_section(config, "mailbox"))
		config_error(config, errors, NULL, NULL,
		    "there is no mailbox; add [mailbox support] with an "
		    "address");
	check_smtp(site, errors);
	return site;
}

void
site_free(Site *site)
{
	if (site == NULL)
		return;
	g_ptr_array_unref(site->mailboxes);
	g_ptr_array_unref(site->queues);
	g_ptr_array_unref(site->calendars);
	g_ptr_array_unref(site->rules);
	g_ptr_array_unref(site->boards);
	g_free(site->state_dir);
	g_free(site->store_url);
	g_free(site->default_language);
	g_clear_pointer(&site->fallback, g_ptr_array_unref);
	g_free(site->authserv_id);
	g_free(site->resolver);
	g_free(site->templates_dir);
	g_free(site->words_dir);
	config_free(site->config);
	g_free(site);
}

/* --- asking -------------------------------------------------------------- */

const Mailbox *
site_mailbox(const Site *site, const char *name)
{
	for (guint i = 0; i < site->mailboxes->len; i++) {
		const Mailbox *mailbox = site->mailboxes->pdata[i];

		if (g_str_equal(mailbox->name, name))
			return mailbox;
	}
	return NULL;
}

static gboolean
is_of(const char *base, const char *folded, gboolean plus)
{
	g_autofree char *detail = NULL;

	if (g_str_equal(base, folded))
		return TRUE;
	detail = plus ? address_detail(folded, base) : NULL;
	return detail != NULL;
}

const Mailbox *
site_mailbox_by_address(const Site *site, const char *address)
{
	g_autofree char *folded = address_fold(address);

	for (guint i = 0; i < site->mailboxes->len; i++) {
		const Mailbox *mailbox = site->mailboxes->pdata[i];

		if (is_of(mailbox->address, folded, mailbox->plus))
			return mailbox;
		for (guint j = 0; j < mailbox->aliases->len; j++)
			if (is_of(mailbox->aliases->pdata[j], folded,
				mailbox->plus))
				return mailbox;
	}
	return NULL;
}

const Queue *
site_queue(const Site *site, const char *name)
{
	for (guint i = 0; i < site->queues->len; i++) {
		const Queue *queue = site->queues->pdata[i];

		if (g_str_equal(queue->name, name))
			return queue;
	}
	return NULL;
}

const Calendar *
site_calendar(const Site *site, const char *name)
{
	for (guint i = 0; i < site->calendars->len; i++) {
		const Calendar *calendar = site->calendars->pdata[i];

		if (g_str_equal(calendar_name(calendar), name))
			return calendar;
	}
	return NULL;
}

gboolean
site_is_own(const Site *site, const char *address)
{
	return site_mailbox_by_address(site, address) != NULL;
}

static gboolean
has_folded(const GPtrArray *list, const char *folded)
{
	return g_ptr_array_find_with_equal_func(
	    (GPtrArray *)list, folded, g_str_equal, NULL);
}

gboolean
site_is_form(const Site *site, const char *address)
{
	g_autofree char *folded = address_fold(address);

	for (guint i = 0; i < site->mailboxes->len; i++) {
		const Mailbox *mailbox = site->mailboxes->pdata[i];

		if (has_folded(mailbox->forms, folded) ||
		    has_folded(mailbox->lists, folded))
			return TRUE;
	}
	return FALSE;
}

gboolean
site_is_list(const Site *site, const char *address)
{
	g_autofree char *folded = address_fold(address);

	for (guint i = 0; i < site->mailboxes->len; i++) {
		const Mailbox *mailbox = site->mailboxes->pdata[i];

		if (has_folded(mailbox->lists, folded))
			return TRUE;
	}
	return FALSE;
}

/* RFC 2919: the list team@lists.example is known as team.lists.example. */
static gboolean
is_list_id_of(const char *address, const char *list_id)
{
	g_autofree char *id = g_strdelimit(g_strdup(address), "@", '.');

	return g_ascii_strcasecmp(id, list_id) == 0;
}

gboolean
site_is_list_id(const Site *site, const char *list_id)
{
	for (guint i = 0; i < site->mailboxes->len; i++) {
		const Mailbox *mailbox = site->mailboxes->pdata[i];

		for (guint k = 0; k < mailbox->lists->len; k++)
			if (is_list_id_of(mailbox->lists->pdata[k], list_id))
				return TRUE;
	}
	return FALSE;
}

gboolean
site_is_agent(const Site *site, const char *address)
{
	g_autofree char *folded = address_fold(address);

	for (guint i = 0; i < site->queues->len; i++) {
		const Queue *queue = site->queues->pdata[i];

		for (guint j = 0; j < queue->agents->len; j++)
			if (g_str_equal(queue->agents->pdata[j], folded))
				return TRUE;
	}
	return FALSE;
}

gboolean
site_can_prove(const Site *site)
{
	return *site->authserv_id != '\0' || site->dkim;
}
