/* roster.c - see roster.h. Read by policy/facts for each mail; `javob agent`
 * and commands in agents' mail set what is in it. */
#include "policy/roster.h"

#include <string.h>

#include "ground/clock.h"
#include "ground/error.h"
#include "ground/span.h"
#include "ground/text.h"
#include "mail/address.h"
#include "policy/calendar.h"

enum { NAME_MOST = 100, DAY = 86400, SHORTEST_DIGEST = 60 };

/* --- the list -------------------------------------------------------------- */

static Agent *
find(const GPtrArray *roster, const char *folded)
{
	for (guint i = 0; roster != NULL && i < roster->len; i++) {
		Agent *agent = roster->pdata[i];

		if (g_str_equal(agent->address, folded))
			return agent;
	}
	return NULL;
}

const Agent *
roster_find(const GPtrArray *roster, const char *address)
{
	g_autofree char *folded = address_fold(address);

	return find(roster, folded);
}

static void
free_agent(gpointer data)
{
	agent_free(data);
}

static void
add_queue(GPtrArray *roster, const Queue *queue)
{
	for (guint i = 0; i < queue->agents->len; i++) {
		const char *address = queue->agents->pdata[i];
		Agent *agent = find(roster, address);

		if (agent == NULL) {
			agent = agent_new(address);
			g_ptr_array_add(roster, agent);
		}
		if (!agent_in_queue(agent, queue->name))
			g_ptr_array_add(agent->queues, g_strdup(queue->name));
	}
}

static int
by_address(gconstpointer a, gconstpointer b)
{
	const Agent *const *one = a, *const *other = b;

	return strcmp((*one)->address, (*other)->address);
}

GPtrArray *
roster_read(StoreTxn *txn, const Site *site, GError **error)
{
	GPtrArray *roster = agent_list(txn, error);

	if (roster == NULL)
		return NULL;
	g_ptr_array_set_free_func(roster, free_agent);
	for (guint i = 0; i < site->queues->len; i++)
		add_queue(roster, site->queues->pdata[i]);
	g_ptr_array_sort(roster, by_address);
	return roster;
}

gboolean
agent_may_answer(const Agent *agent)
{
	return !g_str_equal(agent->role, "observer");
}

gboolean
agent_is_supervisor(const Agent *agent)
{
	return g_str_equal(agent->role, "supervisor");
}

const Calendar *
agent_calendar(const Agent *agent, const Site *site)
{
	const Queue *queue = NULL;

	if (*agent->calendar != '\0')
		return site_calendar(site, agent->calendar);
	for (guint i = 0; queue == NULL && i < agent->queues->len; i++)
		queue = site_queue(site, agent->queues->pdata[i]);
	return queue != NULL && *queue->calendar != '\0'
		   ? site_calendar(site, queue->calendar)
		   : NULL;
}

const char *
agent_zone(const Agent *agent, const Site *site)
{
	const Calendar *calendar = agent_calendar(agent, site);

	if (*agent->zone != '\0')
		return agent->zone;
	return calendar != NULL ? calendar_timezone(calendar) : "UTC";
}

/* --- times as they are written ----------------------------------------------- */

/* "9:30" to seconds of the day; *end behind it. */
static gboolean
clock_time(const char *text, int *seconds, const char **end)
{
	const char *p = text;
	int hour = 0, minute = 0;

	if (!g_ascii_isdigit(*p))
		return FALSE;
	for (guint n = 0; n < 2 && g_ascii_isdigit(*p); n++)
		hour = hour * 10 + (*p++ - '0');
	if (*p++ != ':' || !g_ascii_isdigit(p[0]) || !g_ascii_isdigit(p[1]))
		return FALSE;
	minute = (p[0] - '0') * 10 + (p[1] - '0');
	*end = p + 2;
	*seconds = hour * 3600 + minute * 60;
	return hour < 24 && minute < 60;
}

gboolean
agent_quiet_parse(const char *text, int *start, int *end)
{
	const char *p;

	if (!clock_time(text, start, &p))
		return FALSE;
	p += strspn(p, " ");
	if (*p++ != '-')
		return FALSE;
	p += strspn(p, " ");
	return clock_time(p, end, &p) && *p == '\0' && *start != *end;
}

gboolean
agent_digest_parse(const char *text, gint64 *every, GArray **times)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(int));
	const char *p = text;

	*every = 0;
	*times = NULL;
	if (span_parse(text, every))
		return *every >= SHORTEST_DIGEST && *every <= 7 * (gint64)DAY;
	for (; *p != '\0'; p += strspn(p, ", ")) {
		int seconds;

		if (!clock_time(p, &seconds, &p))
			return FALSE;
		g_array_append_val(found, seconds);
	}
	if (found->len == 0)
		return FALSE;
	*times = g_steal_pointer(&found);
	return TRUE;
}

/* --- what can be set --------------------------------------------------------- */

static void
put(char **at, char *text)
{
	g_free(*at);
	*at = text;
}

static gboolean
is_tag(const char *text)
{
	return strlen(text) <= 35 && g_ascii_isalpha(*text) &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz0123456789-") ==
		   strlen(text);
}

static gboolean
set_line(char **at, const char *value, GError **error)
{
	if (!g_utf8_validate(value, -1, NULL))
		return error_permanent(error, "that is no UTF-8");
	put(at, text_clean_line(value, NAME_MOST));
	return TRUE;
}

static gboolean
set_name(Agent *agent, const Site *site G_GNUC_UNUSED, const char *value,
    GError **error)
{
	return set_line(&agent->name, value, error);
}

static gboolean
set_team(Agent *agent, const Site *site G_GNUC_UNUSED, const char *value,
    GError **error)
{
	return set_line(&agent->team, value, error);
}

static gboolean
set_away_note(Agent *agent, const Site *site G_GNUC_UNUSED, const char *value,
    GError **error)
{
	return set_line(&agent->away_note, value, error);
}

static gboolean
set_choice(char **at, const char *value, const char *choices, GError **error)
{
	g_auto(GStrv) words = g_strsplit(choices, ", ", -1);

	if (!g_strv_contains((const char *const *)words, value))
		return error_permanent(error, "\"%s\" is none of: %s", value,
		    choices);
	put(at, g_strdup(value));
	return TRUE;
}

static gboolean
set_role(Agent *agent, const Site *site G_GNUC_UNUSED, const char *value,
    GError **error)
{
	return set_choice(&agent->role, value, "agent, supervisor, observer",
	    error);
}

static gboolean
set_notify(Agent *agent, const Site *site G_GNUC_UNUSED, const char *value,
    GError **error)
{
	return set_choice(&agent->notify, value,
	    "all, mine, unassigned, digest, none", error);
}

/* Words between commas or spaces. */
static GPtrArray *
list_of(const char *value)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) words = g_strsplit_set(value, ", ", -1);

	for (guint i = 0; words[i] != NULL; i++)
		if (*words[i] != '\0')
			g_ptr_array_add(out, g_strdup(words[i]));
	return out;
}

static gboolean
set_queues(Agent *agent, const Site *site, const char *value, GError **error)
{
	g_autoptr(GPtrArray) list = list_of(value);

	for (guint i = 0; i < list->len; i++)
		if (site_queue(site, list->pdata[i]) == NULL)
			return error_permanent(error,
			    "there is no [queue %s] in the configuration",
			    (const char *)list->pdata[i]);
	g_ptr_array_unref(agent->queues);
	agent->queues = g_steal_pointer(&list);
	return TRUE;
}

static gboolean
no_tag(const char *value, GError **error)
{
	return error_permanent(error,
	    "%s is no language tag: write one like en or uz-Latn", value);
}

static gboolean
set_language(Agent *agent, const Site *site G_GNUC_UNUSED, const char *value,
    GError **error)
{
	if (*value != '\0' && !is_tag(value))
		return no_tag(value, error);
	put(&agent->language, g_strdup(value));
	return TRUE;
}

static gboolean
set_languages(Agent *agent, const Site *site G_GNUC_UNUSED, const char *value,
    GError **error)
{
	g_autoptr(GPtrArray) list = list_of(value);

	for (guint i = 0; i < list->len; i++)
		if (!is_tag(list->pdata[i]))
			return no_tag(list->pdata[i], error);
	g_ptr_array_unref(agent->languages);
	agent->languages = g_steal_pointer(&list);
	return TRUE;
}

static gboolean
set_zone(Agent *agent, const Site *site G_GNUC_UNUSED, const char *value,
    GError **error)
{
	g_autoptr(GTimeZone) zone =
	    *value != '\0' ? g_time_zone_new_identifier(value) : NULL;

	if (*value != '\0' && zone == NULL)
		return error_permanent(error,
		    "\"%s\" is no time zone; write one like Asia/Tashkent",
		    value);
	put(&agent->zone, g_strdup(value));
	return TRUE;
}

static gboolean
set_digest(Agent *agent, const Site *site G_GNUC_UNUSED, const char *value,
    GError **error)
{
	g_autoptr(GArray) times = NULL;
	gint64 every;

	if (!agent_digest_parse(value, &every, &times))
		return error_permanent(error,
		    "\"%s\": write 30m for every half hour, or hours: 09:00, "
		    "14:00",
		    value);
	put(&agent->digest, g_strdup(value));
	return TRUE;
}

static gboolean
set_quiet(Agent *agent, const Site *site G_GNUC_UNUSED, const char *value,
    GError **error)
{
	int start, end;

	if (*value != '\0' && !agent_quiet_parse(value, &start, &end))
		return error_permanent(error,
		    "\"%s\" are no hours; write 22:00-07:00", value);
	put(&agent->quiet, g_strdup(value));
	return TRUE;
}

static gboolean
set_calendar(Agent *agent, const Site *site, const char *value, GError **error)
{
	if (*value != '\0' && site_calendar(site, value) == NULL)
		return error_permanent(error,
		    "there is no [calendar %s] in the configuration", value);
	put(&agent->calendar, g_strdup(value));
	return TRUE;
}

/* A day alone: until it begins, in his zone. */
static gboolean
parse_day(const Agent *agent, const Site *site, const char *value,
    gint64 *when)
{
	g_autoptr(GTimeZone) zone =
	    g_time_zone_new_identifier(agent_zone(agent, site));
	g_autofree char *instant = g_strconcat(value, "T00:00:00", NULL);
	g_autoptr(GDateTime) day = g_date_time_new_from_iso8601(instant, zone);

	if (strlen(value) != strlen("2026-12-01") || day == NULL)
		return FALSE;
	*when = g_date_time_to_unix(day);
	return TRUE;
}

static gboolean
set_away_until(Agent *agent, const Site *site, const char *value,
    GError **error)
{
	gint64 when = 0;

	if (*value != '\0' && !parse_day(agent, site, value, &when) &&
	    (strchr(value, 'T') == NULL || !clock_parse(value, &when)))
		return error_permanent(error,
		    "\"%s\" is no time; write 2026-12-01, or "
		    "2026-12-01T09:00:00+05:00, or nothing: he is here",
		    value);
	agent->away_until = when;
	return TRUE;
}

/* OpenPGP: 40 or 64 hexadecimal digits; S/MIME: 40 (SHA-1) or 64. */
static gboolean
set_key(Agent *agent, const Site *site G_GNUC_UNUSED, const char *value,
    GError **error)
{
	GString *key = g_string_new(NULL);

	for (const char *p = value; *p != '\0'; p++)
		if (*p != ' ' && *p != ':')
			g_string_append_c(key, g_ascii_toupper(*p));
	if (strspn(key->str, "0123456789ABCDEF") != key->len ||
	    (key->len != 0 && key->len != 40 && key->len != 64)) {
		g_string_free(key, TRUE);
		return error_permanent(error,
		    "\"%s\" is no fingerprint; write its 40 hexadecimal digits",
		    value);
	}
	put(&agent->key, g_string_free(key, FALSE));
	return TRUE;
}

static char *
joined(const GPtrArray *list)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++)
		g_string_append_printf(out, "%s%s", i > 0 ? ", " : "",
		    (const char *)list->pdata[i]);
	return g_string_free(out, FALSE);
}

static char *
away_of(const Agent *agent)
{
	return agent->away_until != 0 ? clock_rfc3339(agent->away_until)
				      : g_strdup("");
}

#define TEXT(member) G_STRUCT_OFFSET(Agent, member), FALSE, NULL
#define LIST(member) G_STRUCT_OFFSET(Agent, member), TRUE, NULL

static const struct {
	const char *field;
	gboolean (*set)(Agent *agent, const Site *site, const char *value,
	    GError **error);
	glong offset;
	gboolean is_list;
	char *(*get)(const Agent *agent); /* instead of the offset */
} fields[] = {
	{ "name", set_name, TEXT(name) },
	{ "team", set_team, TEXT(team) },
	{ "role", set_role, TEXT(role) },
	{ "queues", set_queues, LIST(queues) },
	{ "language", set_language, TEXT(language) },
	{ "languages", set_languages, LIST(languages) },
	{ "zone", set_zone, TEXT(zone) },
	{ "notify", set_notify, TEXT(notify) },
	{ "digest", set_digest, TEXT(digest) },
	{ "quiet-hours", set_quiet, TEXT(quiet) },
	{ "calendar", set_calendar, TEXT(calendar) },
	{ "away-until", set_away_until, 0, FALSE, away_of },
	{ "away-note", set_away_note, TEXT(away_note) },
	{ "key", set_key, TEXT(key) },
};

const char *const agent_fields[] = { "name", "team", "role", "queues",
	"language", "languages", "zone", "notify", "digest", "quiet-hours",
	"calendar", "away-until", "away-note", "key", NULL };

gboolean
agent_set(Agent *agent, const Site *site, const char *field, const char *value,
    GError **error)
{
	g_autofree char *known = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		if (g_str_equal(fields[i].field, field))
			return fields[i].set(agent, site, value, error);
	known = g_strjoinv(", ", (char **)agent_fields);
	return error_permanent(error, "%s cannot be set; there is %s", field,
	    known);
}

char *
agent_get(const Agent *agent, const char *field)
{
	for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
		if (!g_str_equal(fields[i].field, field))
			continue;
		if (fields[i].get != NULL)
			return fields[i].get(agent);
		return fields[i].is_list
			   ? joined(G_STRUCT_MEMBER(GPtrArray *, agent,
				 fields[i].offset))
			   : g_strdup(G_STRUCT_MEMBER(char *, agent,
				 fields[i].offset));
	}
	return NULL;
}
