/* cmd_promise.c - javob promise: what customers were told, and on what
 * ground. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "ground/clock.h"
#include "ground/error.h"
#include "policy/delay.h"
#include "policy/promise.h"

#define NUMBER G_GINT64_FORMAT

enum { SOME = 200 };

typedef struct Told {
	Ticket *ticket;
	GPtrArray *promises; /* of PromiseRow */
	LifeRow *life;
} Told;

static void
told_clear(Told *told)
{
	ticket_free(told->ticket);
	g_clear_pointer(&told->promises, g_ptr_array_unref);
	life_row_free(told->life);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Told, told_clear)

static gboolean
read_told(StoreTxn *txn, gint64 number, Told *told, GError **error)
{
	g_autoptr(GError) reason = NULL;

	told->ticket = ticket_by_number(txn, number, &reason);
	if (reason == NULL && told->ticket == NULL)
		return error_permanent(error,
		    "ticket %" NUMBER " is not there; see javob ticket list",
		    number);
	if (reason == NULL)
		told->promises = promise_list(txn, told->ticket->id, &reason);
	if (reason == NULL)
		told->life = history_life(txn, told->ticket->id, &reason);
	if (reason == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

/* By the time that was named, moved by what the customer was waited for. */
static const char *
fate(const Told *told, const PromiseRow *row, gint64 now)
{
	const LifeRow *life = told->life;
	gint64 named = delay_named(row, life);
	gint64 end = life == NULL ? told->ticket->resolved : life->ended;

	if (end != 0)
		return end <= named ? "kept" : "missed";
	if (life != NULL && life->waiting != 0)
		return "waiting for the customer";
	return now <= named ? "open" : "missed";
}

static const PromiseRow *
standing(const Told *told)
{
	return told->promises->pdata[told->promises->len - 1];
}

static void
print_json(const Told *told, const PromiseRow *row, gint64 now)
{
	const PromiseGround *ground = &row->ground;
	g_autofree char *text = NULL;
	Json out;

	json_begin(&out);
	json_int(&out, "version", 1);
	json_int(&out, "ticket", told->ticket->number);
	json_int(&out, "number", row->number);
	json_bool(&out, "standing", row == standing(told));
	json_time(&out, "made", row->made);
	json_text(&out, "kind", row->kind);
	json_time(&out, "named", row->named);
	json_time(&out, "with_waiting", delay_named(row, told->life));
	json_time(&out, "agents_due", promise_agents_due(row->made, row->named));
	json_text(&out, "basis", row->basis);
	json_bool(&out, "told", row->told != 0);
	json_text(&out, "text", row->text);
	json_text(&out, "fate", fate(told, row, now));
	json_int(&out, "share", ground->share);
	json_int(&out, "level", ground->level);
	json_text(&out, "key", ground->key);
	json_int(&out, "cases", ground->own);
	text = json_end(&out);
	puts(text);
}

static void
print_line(const Told *told, const PromiseRow *row, gint64 now)
{
	g_autofree char *made = cmd_when(row->made);
	g_autofree char *named = cmd_when(delay_named(row, told->life));

	printf("%6" NUMBER "  %" NUMBER "  %s  %-6s %s  %-10s  %s%s\n",
	    told->ticket->number, row->number, made, row->kind, named,
	    row->basis, fate(told, row, now),
	    row != standing(told) ? ", replaced" : "");
}

static gboolean
list(StoreTxn *txn, gboolean json, gint64 now, GError **error)
{
	gint64 after = 0;

	for (;;) {
		g_autoptr(GArray) numbers = promise_tickets(
		    txn, after, SOME, error);

		if (numbers == NULL)
			return FALSE;
		for (guint i = 0; i < numbers->len; i++) {
			g_auto(Told) told = { 0 };
			const PromiseRow *first;

			if (!read_told(txn, g_array_index(numbers, gint64, i),
				&told, error))
				return FALSE;
			first = told.promises->pdata[0];
			after = MAX(after, first->id);
			if (json)
				print_json(&told, standing(&told), now);
			else
				print_line(&told, standing(&told), now);
		}
		if (numbers->len < SOME)
			return TRUE;
	}
}

static void
show(const Told *told, gboolean json, gint64 now)
{
	for (guint i = 0; i < told->promises->len; i++) {
		const PromiseRow *row = told->promises->pdata[i];
		gint64 due = promise_agents_due(row->made, row->named);
		g_autofree char *agents = cmd_when(due);

		if (json) {
			print_json(told, row, now);
			continue;
		}
		print_line(told, row, now);
		if (row->told != 0)
			printf("        the letter says: %s\n", row->text);
		else
			puts("        no letter says it");
		if (row == standing(told) && g_str_equal(row->kind, "date"))
			printf("        agents settle it by %s\n", agents);
	}
}

/* Figures of one sample, and the question that gives them. */
static void
explain_cases(const char *what, const char *condition, const char *before,
    gint64 cases, gint64 since, gint64 built)
{
	printf("%s: %" NUMBER " cases, settled since %" NUMBER " or open\n"
	       "  SELECT count(*) FROM life WHERE counted = 1%s\n"
	       "    AND opened <= %" NUMBER " AND (ended >= %" NUMBER
	       " OR ended IS NULL)%s;\n",
	    what, cases, since, condition, built, since, before);
}

static char *
quoted(const char *column, const char *value)
{
	g_auto(GStrv) parts = g_strsplit(value, "'", -1);
	g_autofree char *escaped = g_strjoinv("''", parts);

	return g_strdup_printf(" AND %s = '%s'", column, escaped);
}

static void
explain_row(const Told *told, const PromiseRow *row)
{
	const PromiseGround *ground = &row->ground;
	g_autofree char *made = clock_rfc3339(row->made);
	g_autofree char *named = clock_rfc3339(row->named);
	g_autofree char *of_key = quoted("key", ground->key);
	g_autofree char *of_queue = told->life != NULL
	    ? quoted("queue", told->life->queue)
	    : g_strdup("");
	/* A new ticket's own life, and later ones, were not there yet. */
	g_autofree char *before = row->number == 1
	    ? g_strdup_printf("\n    AND (ticket IS NULL OR ticket < %" NUMBER
			      ")",
		  told->ticket->id)
	    : g_strdup("");

	printf("promise %" NUMBER " of ticket %" NUMBER ", made %s: %s %s, "
	       "%s\n",
	    row->number, told->ticket->number, made,
	    g_str_equal(row->kind, "date") ? "by" : "no date, news by", named,
	    row->basis);
	if (!g_str_equal(row->basis, "learned")) {
		puts(g_str_equal(row->basis, "agent")
			? "an agent named it"
			: "the queue's configured time over its working hours");
		return;
	}
	explain_cases("like cases", of_key, before, ground->own, ground->own_since,
	    ground->built);
	explain_cases("of its queue, worth 20", of_queue, before,
	    ground->queue, ground->queue_since, ground->built);
	explain_cases("of the desk, worth 10", "", before, ground->desk,
	    ground->desk_since, ground->built);
	printf("kept: %" NUMBER " of the last %" NUMBER " promises that came "
	       "due, %" NUMBER " before they were rounded up\n",
	    ground->kept, ground->due, ground->exact);
	printf("level: .%03d, to keep %d of 100\n", (int)ground->level,
	    (int)(ground->share / 10));
	if (ground->length > 0)
		printf("at that level the curve is at an age of %" NUMBER
		       " seconds; rounded up for people, at least two hours\n",
		    ground->length);
	else
		puts("the curve does not come down to that level within 30 "
		     "days: no date");
}

static int
run(const char *config, int argc, char **argv)
{
	gboolean json = cmd_flag(&argc, argv, "--json");
	const char *verb = argc >= 2 ? argv[1] : "";
	gboolean lists = g_str_equal(verb, "list");
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	g_autoptr(Store) store = NULL;
	g_autoptr(StoreTxn) txn = NULL;
	g_auto(Told) told = { 0 };
	gint64 number = 0;

	if (cmd_unknown(argc, argv) != NULL || argc != (lists ? 2 : 3) ||
	    (!lists && !g_str_equal(verb, "show") &&
		!g_str_equal(verb, "explain")) ||
	    (!lists && !cmd_number(argv[2], &number)) ||
	    (json && g_str_equal(verb, "explain")))
		return cmd_usage(&cmd_promise, NULL);
	store = cmd_store(config, &site, &error);
	txn = store != NULL ? store_begin_read(store, &error) : NULL;
	if (txn == NULL)
		return cmd_fail(error);
	if (lists)
		return list(txn, json, clock_now(), &error) ? 0
							    : cmd_fail(error);
	if (!read_told(txn, number, &told, &error))
		return cmd_fail(error);
	if (told.promises->len == 0) {
		error_permanent(&error, "ticket %" NUMBER " was promised nothing",
		    number);
		return cmd_fail(error);
	}
	if (g_str_equal(verb, "show"))
		show(&told, json, clock_now());
	else
		for (guint i = 0; i < told.promises->len; i++)
			explain_row(&told, told.promises->pdata[i]);
	return 0;
}

const Command cmd_promise = { "promise",
	"list [--json] | show N [--json] | explain N",
	"what customers were told, and on what ground", run };
