/* bounce.c - delivery reports about letters of ours: step of policy/pipeline.
 *
 * A permanent failure marks the address, opens the ticket again and is told to
 * the agents once; a delay is only noted. A report about a mail that we did
 * not send marks nobody. */
#include "policy/bounce.h"

#include "mail/address.h"
#include "policy/notify.h"
#include "policy/ticket.h"

static const AddressRow *
find(const GPtrArray *rows, const char *folded)
{
	for (guint i = 0; rows != NULL && i < rows->len; i++) {
		const AddressRow *row = rows->pdata[i];

		if (g_str_equal(row->address, folded))
			return row;
	}
	return NULL;
}

/* Whom the report is about, if we ever wrote to him on this ticket. */
static const AddressRow *
recipient_row(const Facts *facts, const char *address)
{
	g_autofree char *folded = address_fold(address);
	const AddressRow *row = find(facts->participants, folded);

	if (row == NULL)
		row = find(facts->agents, folded);
	if (row == NULL && facts->token_party != NULL &&
	    g_str_equal(facts->token_party->address, folded))
		row = facts->token_party;
	return row;
}

/* The action decides whether the mail is lost: "failed" with 4.4.7 means that
 * a server gave up after days (RFC 3464 2.3.3). */
static gboolean
has_failed(const Dsn *dsn)
{
	if (*dsn->action != '\0')
		return g_str_equal(dsn->action, "failed");
	return g_str_has_prefix(dsn->status, "5");
}

/* Only what will not change by itself marks the address. */
static gboolean
is_for_good(const Dsn *dsn)
{
	return !g_str_has_prefix(dsn->status, "4");
}

static void
failed(const Facts *facts, const Desk *desk, const AddressRow *row,
    gint64 now, Effects *effects)
{
	const Dsn *dsn = facts->message->dsn;
	g_autofree char *cause = g_strdup_printf(
	    "bounce:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT,
	    effects->ticket->id, row->id);
	g_autofree char *note = g_strdup_printf(
	    "Our mail to %s was not delivered: %s %s", row->address,
	    dsn->status, dsn->diagnostic);

	effects_event(effects, "bounced", "javob", "%s: %s %s", row->address,
	    dsn->status, dsn->diagnostic);
	effects_reason(effects, "bounce", "%s got nothing: %s", row->address,
	    dsn->status);
	if (find(facts->agents, row->address) != NULL)
		return;
	if (is_for_good(dsn))
		g_array_append_val(effects->undeliverable, row->id);
	ticket_move(effects->ticket, TICKET_BOUNCE, now);
	notify_note(facts, desk, now, cause, g_strchomp(note), effects);
}

void
bounce_step(const Facts *facts, const Desk *desk, gint64 now, Effects *effects)
{
	const Dsn *dsn = facts->message->dsn;

	if (dsn == NULL || effects->opens)
		return;
	for (guint i = 0; i < dsn->recipients->len && i < 50; i++) {
		const char *address = dsn->recipients->pdata[i];
		const AddressRow *row = recipient_row(facts, address);

		if (row == NULL)
			effects_reason(effects, "bounce",
			    "%s has no part in this ticket: nobody is marked",
			    address);
		else if (has_failed(dsn))
			failed(facts, desk, row, now, effects);
		else {
			effects_event(effects, "delivery-report", "javob",
			    "%s: %s %s", row->address, dsn->action,
			    dsn->status);
			effects_reason(effects, "bounce",
			    "%s: %s %s: noted only, nothing is lost yet",
			    row->address, dsn->action, dsn->status);
		}
	}
}
