/* tickets.c - rows of tickets and what hangs on them. Read by policy/facts and
 * the command line, written by policy/effects. */
#include "store/tickets.h"

#include <string.h>

#include "ground/error.h"
#include "store/parties.h"
#include "store/rawmail.h"
#include "store/history.h"
#include "store/promises.h"
#include "store/rows.h"

/* --- tickets ------------------------------------------------------------- */

Ticket *
ticket_new(void)
{
	Ticket *ticket = g_new0(Ticket, 1);

	ticket->state = g_strdup("new");
	ticket->mailbox = g_strdup("");
	ticket->queue = g_strdup("");
	ticket->subject = g_strdup("");
	ticket->language = g_strdup("");
	return ticket;
}

Ticket *
ticket_copy(const Ticket *from)
{
	Ticket *ticket = g_memdup2(from, sizeof *from);

	ticket->state = g_strdup(from->state);
	ticket->mailbox = g_strdup(from->mailbox);
	ticket->queue = g_strdup(from->queue);
	ticket->subject = g_strdup(from->subject);
	ticket->language = g_strdup(from->language);
	return ticket;
}

void
ticket_free(Ticket *ticket)
{
	if (ticket == NULL)
		return;
	g_free(ticket->state);
	g_free(ticket->mailbox);
	g_free(ticket->queue);
	g_free(ticket->subject);
	g_free(ticket->language);
	g_free(ticket);
}

static void
free_ticket(gpointer data)
{
	ticket_free(data);
}

gpointer
ticket_read(StoreRows *rows)
{
	Ticket *ticket = g_new0(Ticket, 1);

	ticket->id = store_int(rows, 0);
	ticket->number = store_int(rows, 1);
	ticket->state = rows_text(rows, 2);
	ticket->mailbox = rows_text(rows, 3);
	ticket->queue = rows_text(rows, 4);
	ticket->subject = rows_text(rows, 5);
	ticket->requester = store_int(rows, 6);
	ticket->language = rows_text(rows, 7);
	ticket->agent = store_int(rows, 8);
	ticket->opened = store_int(rows, 9);
	ticket->updated = store_int(rows, 10);
	ticket->promised = store_int(rows, 11);
	ticket->answered = store_int(rows, 12);
	ticket->resolved = store_int(rows, 13);
	ticket->follows = store_int(rows, 14);
	ticket->reply_to = store_int(rows, 15);
	ticket->merged_into = store_int(rows, 16);
	return ticket;
}

Ticket *
ticket_by_id(StoreTxn *txn, gint64 id, GError **error)
{
	return rows_one(store_query(txn, STMT_TICKET_BY_ID, error, id),
	    ticket_read, error);
}

Ticket *
ticket_by_number(StoreTxn *txn, gint64 number, GError **error)
{
	return rows_one(store_query(txn, STMT_TICKET_BY_NUMBER, error, number),
	    ticket_read, error);
}

GPtrArray *
ticket_list(StoreTxn *txn, const char *state, const char *queue, gint64 after,
    gint64 most, GError **error)
{
	return rows_collect(store_query(txn, STMT_TICKET_LIST, error, state,
				queue, after, most),
	    ticket_read, free_ticket, error);
}

gboolean
ticket_next_number(StoreTxn *txn, gint64 *number, GError **error)
{
	gint64 last = 1000; /* the first ticket is 1001 */

	if (!store_run_int(
		txn, STMT_COUNTER_GET, &last, NULL, error, "ticket"))
		return FALSE;
	*number = last + 1;
	return TRUE;
}

gboolean
ticket_insert(StoreTxn *txn, const Ticket *ticket, GError **error)
{
	return store_run(txn, STMT_COUNTER_SET, NULL, error, "ticket",
		   ticket->number) &&
	    store_run(txn, STMT_TICKET_INSERT, NULL, error, ticket->id,
		ticket->number, ticket->state, ticket->mailbox, ticket->queue,
		ticket->subject, ticket->requester, ticket->language,
		ticket->opened, ticket->updated, ticket->promised,
		ticket->follows, ticket->reply_to,
		ticket->resolved, ticket->agent);
}

gboolean
ticket_update(StoreTxn *txn, const Ticket *ticket, GError **error)
{
	gint64 late;

	return store_run(txn, STMT_TICKET_UPDATE, NULL, error, ticket->id,
		   ticket->state, ticket->queue, ticket->agent, ticket->updated,
		   ticket->promised, ticket->answered, ticket->resolved,
		   ticket->merged_into, ticket->requester,
		   ticket->language) &&
	    history_follow(txn, ticket, &late, error) &&
	    promise_put_off(txn, ticket->id, late, error);
}

gboolean
ticket_followed_by(StoreTxn *txn, gint64 ticket, gint64 address, gint64 *found,
    GError **error)
{
	*found = 0;
	return store_run_int(txn, STMT_TICKET_FOLLOWED_BY, found, NULL, error,
	    ticket, address);
}

static gpointer
read_text(StoreRows *rows)
{
	return rows_text(rows, 0);
}

gboolean
ticket_queue_add(StoreTxn *txn, gint64 ticket, const char *queue,
    GError **error)
{
	return store_run(
	    txn, STMT_TICKET_QUEUE_ADD, NULL, error, ticket, queue);
}

GPtrArray *
ticket_queues(StoreTxn *txn, gint64 ticket, GError **error)
{
	return rows_collect(
	    store_query(txn, STMT_TICKET_QUEUE_LIST, error, ticket), read_text,
	    g_free, error);
}

/* --- participants -------------------------------------------------------- */

gboolean
participant_add(StoreTxn *txn, gint64 ticket, gint64 address, const char *role,
    gint64 now, GError **error)
{
	return store_run(txn, STMT_PARTICIPANT_ADD, NULL, error, ticket,
	    address, role, now);
}

gboolean
participant_set_role(StoreTxn *txn, gint64 ticket, gint64 address,
    const char *role, GError **error)
{
	return store_run(txn, STMT_PARTICIPANT_SET_ROLE, NULL, error, ticket,
	    address, role);
}

static gpointer
read_participant(StoreRows *rows)
{
	AddressRow *row = address_row_read(rows);

	g_free(row->role);
	row->role = rows_text(rows, ADDRESS_COLUMNS);
	return row;
}

static void
free_address(gpointer data)
{
	address_row_free(data);
}

GPtrArray *
participant_list(StoreTxn *txn, gint64 ticket, GError **error)
{
	return rows_collect(
	    store_query(txn, STMT_PARTICIPANT_LIST, error, ticket),
	    read_participant, free_address, error);
}

char *
participant_role(StoreTxn *txn, gint64 ticket, gint64 address, GError **error)
{
	g_autoptr(GError) reason = NULL;
	char *role = rows_one(store_query(txn, STMT_PARTICIPANT_ROLE, &reason,
				  ticket, address),
	    read_text, &reason);

	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return NULL;
	}
	return role != NULL ? role : g_strdup("");
}

/* --- messages ------------------------------------------------------------ */

void
message_row_free(MessageRow *row)
{
	if (row == NULL)
		return;
	g_free(row->direction);
	g_free(row->visibility);
	g_free(row->kind);
	g_free(row->from_name);
	g_free(row->from_address);
	g_free(row->to_addresses);
	g_free(row->message_id);
	g_free(row->subject);
	g_free(row->new_text);
	g_free(row->body_text);
	g_free(row->reason);
	g_free(row);
}

static void
free_message_row(gpointer data)
{
	message_row_free(data);
}

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

gboolean
message_add(StoreTxn *txn, const MessageRow *row, GBytes *octets, gint64 *id,
    GError **error)
{
	gint64 codec, raw;
	g_autoptr(GBytes) packed = raw_pack(octets, &codec);

	if (!store_run_int(txn, STMT_RAW_INSERT, &raw, NULL, error,
		(gint64)g_bytes_get_size(octets), codec, packed))
		return FALSE;
	return store_run_int(txn, STMT_MESSAGE_INSERT, id, NULL, error,
		   row->ticket, raw, row->direction, row->visibility, row->kind,
		   row->address, or_empty(row->from_name),
		   or_empty(row->from_address), or_empty(row->to_addresses),
		   or_empty(row->message_id), or_empty(row->subject),
		   row->received, (gint64)(row->authenticated ? 1 : 0),
		   or_empty(row->new_text), or_empty(row->body_text),
		   or_empty(row->reason)) &&
	    store_run(txn, STMT_UNINDEXED_ADD, NULL, error, *id);
}

static gpointer
read_message(StoreRows *rows)
{
	MessageRow *row = g_new0(MessageRow, 1);

	row->id = store_int(rows, 0);
	row->ticket = store_int(rows, 1);
	row->raw = store_int(rows, 2);
	row->direction = rows_text(rows, 3);
	row->visibility = rows_text(rows, 4);
	row->kind = rows_text(rows, 5);
	row->address = store_int(rows, 6);
	row->from_name = rows_text(rows, 7);
	row->from_address = rows_text(rows, 8);
	row->to_addresses = rows_text(rows, 9);
	row->message_id = rows_text(rows, 10);
	row->subject = rows_text(rows, 11);
	row->received = store_int(rows, 12);
	row->authenticated = store_int(rows, 13) == 1;
	row->new_text = rows_text(rows, 14);
	row->body_text = rows_text(rows, 15);
	row->reason = rows_text(rows, 16);
	return row;
}

GPtrArray *
message_list(StoreTxn *txn, gint64 ticket, GError **error)
{
	return rows_collect(store_query(txn, STMT_MESSAGE_LIST, error, ticket),
	    read_message, free_message_row, error);
}

MessageRow *
message_by_id(StoreTxn *txn, gint64 id, GError **error)
{
	return rows_one(store_query(txn, STMT_MESSAGE_BY_ID, error, id),
	    read_message, error);
}

GBytes *
message_octets(StoreTxn *txn, gint64 raw, GError **error)
{
	g_autoptr(StoreRows) rows = store_query(txn, STMT_RAW_GET, error, raw);
	g_autoptr(GError) reason = NULL;
	g_autoptr(GBytes) packed = NULL;

	if (rows == NULL)
		return NULL;
	if (!store_next(rows, &reason)) {
		if (reason != NULL)
			g_propagate_error(error, g_steal_pointer(&reason));
		else
			error_permanent(error, "raw mail %" G_GINT64_FORMAT
					       " is not in the store", raw);
		return NULL;
	}
	packed = store_bytes(rows, 2);
	return raw_unpack(packed, store_int(rows, 1), store_int(rows, 0), error);
}

GPtrArray *
message_thread_ids(StoreTxn *txn, gint64 ticket, char **last_in, GError **error)
{
	g_autoptr(StoreRows) rows = store_query(
	    txn, STMT_MESSAGE_THREAD_IDS, error, ticket);
	g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *last = g_strdup("");
	g_autoptr(GError) reason = NULL;

	if (rows == NULL)
		return NULL;
	while (store_next(rows, &reason)) {
		g_ptr_array_add(ids, rows_text(rows, 0));
		if (!g_str_equal(store_text(rows, 1), "in"))
			continue;
		g_free(last);
		last = rows_text(rows, 0);
	}
	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return NULL;
	}
	*last_in = g_steal_pointer(&last);
	return g_steal_pointer(&ids);
}

GPtrArray *
message_texts(StoreTxn *txn, gint64 ticket, GError **error)
{
	return rows_collect(store_query(txn, STMT_MESSAGE_TEXTS, error, ticket),
	    read_text, g_free, error);
}

gboolean
message_counts(StoreTxn *txn, gint64 ticket, gint64 since,
    MessageCounts *counts, GError **error)
{
	g_autoptr(StoreRows) rows =
	    store_query(txn, STMT_MESSAGE_COUNTS, error, ticket, since);

	if (rows == NULL || !store_next(rows, error))
		return FALSE;
	counts->all = store_int(rows, 0);
	counts->machines = store_int(rows, 1);
	return TRUE;
}

GPtrArray *
message_answers(StoreTxn *txn, gint64 ticket, gint64 address, gint64 since,
    GError **error)
{
	return rows_collect(store_query(txn, STMT_MESSAGE_ANSWERS, error,
				ticket, address, since),
	    read_text, g_free, error);
}

gboolean
message_told_of(StoreTxn *txn, gint64 ticket, const char *message_id,
    gint64 *address, GError **error)
{
	*address = 0;
	return store_run_int(txn, STMT_MESSAGE_TOLD_OF, address, NULL, error,
	    ticket, message_id);
}

gboolean
message_is_note(StoreTxn *txn, gint64 ticket, const char *message_id,
    gboolean *note, GError **error)
{
	gint64 n = 0;

	if (!store_run_int(txn, STMT_MESSAGE_IS_NOTE, &n, NULL, error, ticket,
		message_id))
		return FALSE;
	*note = n > 0;
	return TRUE;
}

gboolean
message_told_by(StoreTxn *txn, gint64 ticket, const char *message_id,
    gint64 *message, GError **error)
{
	*message = 0;
	return store_run_int(txn, STMT_MESSAGE_TOLD_BY, message, NULL, error,
	    ticket, message_id);
}

GPtrArray *
message_notes(StoreTxn *txn, gint64 ticket, GError **error)
{
	return rows_collect(store_query(txn, STMT_MESSAGE_NOTES, error, ticket),
	    read_text, g_free, error);
}

/* --- msg-ids, events, timers --------------------------------------------- */

gboolean
msgid_add(StoreTxn *txn, const char *msgid, gint64 ticket, const char *role,
    GError **error)
{
	return store_run(txn, STMT_MSGID_ADD, NULL, error, msgid, ticket, role);
}

/* Takes rows. */
static gboolean
read_found(StoreRows *taken, MsgidFound *found, GError **error)
{
	g_autoptr(StoreRows) rows = taken;
	g_autoptr(GError) reason = NULL;
	MsgidFound none = { 0, FALSE, FALSE };

	*found = none;
	if (rows == NULL)
		return FALSE;
	if (store_next(rows, &reason)) {
		found->ticket = store_int(rows, 0);
		found->mine = store_int(rows, 1) == 1;
		found->own = store_int(rows, 2) == 1;
	}
	if (reason == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

gboolean
msgid_find(StoreTxn *txn, const char *msgid, gint64 address, MsgidFound *found,
    GError **error)
{
	return read_found(
	    store_query(txn, STMT_MSGID_FIND, error, msgid, address), found,
	    error);
}

static char *
left_of(const char *msgid)
{
	return g_strndup(msgid, strcspn(msgid, "@"));
}

gboolean
msgid_find_relayed(StoreTxn *txn, const char *msgid, gint64 address,
    MsgidFound *found, GError **error)
{
	g_autofree char *left = left_of(msgid);

	return read_found(store_query(txn, STMT_MSGID_FIND_ROLE, error, left,
			      address, "relay"),
	    found, error);
}

gboolean
msgid_add_relayed(StoreTxn *txn, const char *msgid, gint64 ticket,
    GError **error)
{
	g_autofree char *left = left_of(msgid);

	return msgid_add(txn, left, ticket, "relay", error);
}

gboolean
msgid_find_mentioned(StoreTxn *txn, const char *msgid, gint64 address,
    MsgidFound *found, GError **error)
{
	return read_found(store_query(txn, STMT_MSGID_FIND_ROLE, error, msgid,
			      address, "mentioned"),
	    found, error);
}

void
event_row_free(EventRow *row)
{
	if (row == NULL)
		return;
	g_free(row->event);
	g_free(row->actor);
	g_free(row->detail);
	g_free(row->change);
	g_free(row);
}

static void
free_event(gpointer data)
{
	event_row_free(data);
}

gboolean
event_add(StoreTxn *txn, gint64 ticket, gint64 at, const char *event,
    const char *actor, const char *detail, GError **error)
{
	return event_add_change(
	    txn, ticket, at, event, actor, detail, "", error);
}

gboolean
event_add_change(StoreTxn *txn, gint64 ticket, gint64 at, const char *event,
    const char *actor, const char *detail, const char *change, GError **error)
{
	return store_run(txn, STMT_EVENT_ADD, NULL, error, ticket, at, event,
	    actor, detail, change);
}

static gpointer
read_event(StoreRows *rows)
{
	EventRow *row = g_new0(EventRow, 1);

	row->id = store_int(rows, 0);
	row->at = store_int(rows, 1);
	row->event = rows_text(rows, 2);
	row->actor = rows_text(rows, 3);
	row->detail = rows_text(rows, 4);
	row->change = rows_text(rows, 5);
	return row;
}

GPtrArray *
event_list(StoreTxn *txn, gint64 ticket, GError **error)
{
	StoreRows *rows = ticket != 0
	    ? store_query(txn, STMT_EVENT_LIST, error, ticket)
	    : store_query(txn, STMT_EVENT_LIST_SITE, error);

	return rows_collect(rows, read_event, free_event, error);
}

void
timer_row_free(TimerRow *row)
{
	if (row == NULL)
		return;
	g_free(row->kind);
	g_free(row);
}

static void
free_timer(gpointer data)
{
	timer_row_free(data);
}

gboolean
timer_add(StoreTxn *txn, gint64 ticket, const char *kind, gint64 number,
    gint64 due, GError **error)
{
	return store_run(
	    txn, STMT_TIMER_ADD, NULL, error, ticket, kind, number, due);
}

static gpointer
read_timer(StoreRows *rows)
{
	TimerRow *row = g_new0(TimerRow, 1);

	row->id = store_int(rows, 0);
	row->ticket = store_int(rows, 1);
	row->kind = rows_text(rows, 2);
	row->number = store_int(rows, 3);
	row->due = store_int(rows, 4);
	return row;
}

GPtrArray *
timer_due(StoreTxn *txn, gint64 now, gint64 most, GError **error)
{
	return rows_collect(store_query(txn, STMT_TIMER_DUE, error, now, most),
	    read_timer, free_timer, error);
}

GPtrArray *
timer_of(StoreTxn *txn, const char *kind, gint64 number, GError **error)
{
	return rows_collect(
	    store_query(txn, STMT_TIMER_OF, error, kind, number), read_timer,
	    free_timer, error);
}

gboolean
timer_drop(StoreTxn *txn, gint64 ticket, const char *kind, gint64 number,
    GError **error)
{
	return store_run(txn, STMT_TIMER_DROP, NULL, error, ticket, kind,
	    number);
}

gboolean
timer_done(StoreTxn *txn, gint64 id, GError **error)
{
	return store_run(txn, STMT_TIMER_DONE, NULL, error, id);
}

gboolean
timer_move(StoreTxn *txn, gint64 id, gint64 due, GError **error)
{
	return store_run(txn, STMT_TIMER_MOVE, NULL, error, id, due);
}

gboolean
timer_late(StoreTxn *txn, const char *kind, gint64 before, gint64 *count,
    GError **error)
{
	return store_run_int(
	    txn, STMT_TIMER_LATE, count, NULL, error, kind, before);
}

static gpointer
read_detail(StoreRows *rows)
{
	return rows_text(rows, 0);
}

char *
event_newest(StoreTxn *txn, gint64 ticket, const char *event, gint64 since,
    GError **error)
{
	return rows_one(store_query(txn, STMT_EVENT_NEWEST, error, ticket,
			    event, since),
	    read_detail, error);
}
