/* flood.c - see flood.h. Called by policy/notify for each letter, and by
 * daemon/tick when the timer is due.
 *
 * What an agent wants of a flood: to hear at once that there is one, to have
 * his other mail meanwhile, and to miss nothing. A person who is proven, or who
 * answers a letter of ours, never waits. */
#include "policy/flood.h"

#include "ground/text.h"
#include "policy/notify.h"

enum {
	STRANGERS = 60,     /* an hour, where there is no queue */
	LINES_MOST = 200,   /* in the common letter */
	SUBJECT_MOST = 100, /* characters of each */
};

static const char notice[] =
    "New requests of senders who are not proven are coming in great numbers. "
    "You will hear of further ones together, in one letter within the hour; "
    "javob ticket list shows them now. Known customers' mail reaches you as "
    "always.";

gboolean
flood_waits(const Facts *facts, guint i, const char **note, Effects *effects)
{
	const AddressRow *agent = facts->agents->pdata[i];
	gint64 most = facts->queue != NULL ? facts->queue->notify_strangers
					   : STRANGERS;
	const ToldCounts *counts;
	ToldEffect told = { agent->id, FALSE, FALSE };

	*note = NULL;
	if (!effects->opens || facts->home.told == NULL ||
	    i >= facts->home.told->len)
		return FALSE;
	counts = &g_array_index(facts->home.told, ToldCounts, i);
	told.waits = counts->told >= most;
	told.first = told.waits && counts->waits == 0;
	g_array_append_val(effects->told, told);
	if (told.first)
		*note = notice;
	return told.waits;
}

static char *
lines_of(const GPtrArray *rows)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < rows->len && i < LINES_MOST; i++) {
		const ToldRow *row = rows->pdata[i];
		g_autofree char *subject =
		    text_clean_line(row->subject, SUBJECT_MOST);

		g_string_append_printf(out, "#%" G_GINT64_FORMAT " %s: %s\n",
		    row->number, *row->from != '\0' ? row->from : "unknown",
		    subject);
	}
	if (rows->len > LINES_MOST)
		g_string_append_printf(out,
		    "and %u more; javob ticket list shows them\n",
		    rows->len - LINES_MOST);
	return g_string_free(out, FALSE);
}

gboolean
flood_tell(StoreTxn *txn, const Facts *facts, const Desk *desk, gint64 agent,
    gint64 now, Effects *effects, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(AddressRow) row = party_by_id(txn, agent, &reason);
	g_autoptr(GPtrArray) rows =
	    reason == NULL ? told_take(txn, agent, &reason) : NULL;
	g_autofree char *note = NULL, *lines = NULL, *cause = NULL;

	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	if (row == NULL || rows->len == 0)
		return TRUE;
	lines = lines_of(rows);
	note = g_strdup_printf(
	    "%u new requests of senders who are not proven came while there "
	    "were too many for a letter each. An answer to this mail goes to "
	    "the customer of this ticket only.",
	    rows->len);
	cause = g_strdup_printf("flood-over:%" G_GINT64_FORMAT
				":%" G_GINT64_FORMAT,
	    effects->ticket->id, now);
	notify_ticket(
	    facts, desk, now, row, cause, note, lines, effects);
	return TRUE;
}
