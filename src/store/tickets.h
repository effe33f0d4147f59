/* tickets.h - rows of tickets, their messages, events, participants, timers. */
#ifndef STORE_TICKETS_H
#define STORE_TICKETS_H

#include "store/store.h"

typedef struct Ticket {
	gint64 id;
	gint64 number; /* shown to people */
	char *state;   /* new open waiting resolved closed spam */
	char *mailbox;
	char *queue;
	char *subject;
	gint64 requester; /* address row; 0 unknown */
	char *language;
	gint64 agent; /* address row; 0 nobody */
	gint64 opened, updated;
	gint64 promised, answered, resolved; /* 0: not */
	gint64 follows;  /* ticket that it was opened by an answer to; 0 */
	gint64 reply_to; /* address row where the requester reads mail; 0 */
	gint64 merged_into; /* row whose mail this one's is; 0 none */
} Ticket;

Ticket *ticket_new(void);
Ticket *ticket_copy(const Ticket *ticket);
void ticket_free(Ticket *ticket);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ticket, ticket_free)

/* Reads a row whose first columns are those of TICKET_BY_ID. */
gpointer ticket_read(StoreRows *rows);

/* NULL without error when there is none. */
Ticket *ticket_by_id(StoreTxn *txn, gint64 id, GError **error);
Ticket *ticket_by_number(StoreTxn *txn, gint64 number, GError **error);
/* state, queue NULL: all; of Ticket, in order of number, after that id. */
GPtrArray *ticket_list(StoreTxn *txn, const char *state, const char *queue,
    gint64 after, gint64 most, GError **error);

/* The number that ticket_insert must be given next in this transaction. */
gboolean ticket_next_number(StoreTxn *txn, gint64 *number, GError **error);
/* Row with id = number; takes the number from the counter. */
gboolean ticket_insert(StoreTxn *txn, const Ticket *ticket, GError **error);
/* state, queue, agent, updated, promised, answered, resolved, merged_into,
 * requester; its life (store/history.h) follows, and what was promised moves
 * by the time that the customer was waited for. */
gboolean ticket_update(StoreTxn *txn, const Ticket *ticket, GError **error);

/* The newest ticket that was opened by an answer of address to this one, and
 * that he takes part in; *found 0: none. */
gboolean ticket_followed_by(StoreTxn *txn, gint64 ticket, gint64 address,
    gint64 *found, GError **error);

/* Further queues of a ticket; of char *. */
gboolean ticket_queue_add(StoreTxn *txn, gint64 ticket, const char *queue,
    GError **error);
GPtrArray *ticket_queues(StoreTxn *txn, gint64 ticket, GError **error);

gboolean participant_add(StoreTxn *txn, gint64 ticket, gint64 address,
    const char *role, gint64 now, GError **error);
gboolean participant_set_role(StoreTxn *txn, gint64 ticket, gint64 address,
    const char *role, GError **error);
/* of AddressRow with role. */
GPtrArray *participant_list(StoreTxn *txn, gint64 ticket, GError **error);
/* Role ("" when he is none); free with g_free. NULL with error. */
char *participant_role(StoreTxn *txn, gint64 ticket, gint64 address,
    GError **error);

/* One message of a ticket; text NULL counts as "". */
typedef struct MessageRow {
	gint64 id, ticket, raw;
	char *direction;  /* in, out */
	char *visibility; /* public, internal */
	char *kind;
	gint64 address; /* 0: nobody known */
	char *from_name, *from_address, *to_addresses;
	char *message_id, *subject;
	gint64 received;
	gboolean authenticated;
	char *new_text, *body_text, *reason;
} MessageRow;
void message_row_free(MessageRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MessageRow, message_row_free)

/* Stores the octets (compressed) and the row; gives its id. */
gboolean message_add(StoreTxn *txn, const MessageRow *row, GBytes *octets,
    gint64 *id, GError **error);
GPtrArray *message_list(StoreTxn *txn, gint64 ticket, GError **error);
MessageRow *message_by_id(StoreTxn *txn, gint64 id, GError **error);
/* Octets as they came; NULL with error. */
GBytes *message_octets(StoreTxn *txn, gint64 raw, GError **error);
/* Message-IDs of the public thread, oldest first; *last_in: newest of the
 * customer's, free with g_free ("" when there is none). */
GPtrArray *message_thread_ids(StoreTxn *txn, gint64 ticket, char **last_in,
    GError **error);
/* Texts of the public thread, newest first, at most 50; of char *. */
GPtrArray *message_texts(StoreTxn *txn, gint64 ticket, GError **error);
/* How many mails have come to the ticket since then, and how many of them were
 * machines'. */
typedef struct MessageCounts {
	gint64 all, machines;
} MessageCounts;
gboolean message_counts(StoreTxn *txn, gint64 ticket, gint64 since,
    MessageCounts *counts, GError **error);
/* What agents' mail of that address said on the ticket since then, newest first,
 * at most 20; of char *. */
GPtrArray *message_answers(StoreTxn *txn, gint64 ticket, gint64 address,
    gint64 since, GError **error);
/* Who wrote the mail that a notification of the ticket tells of, by the
 * notification's Message-ID; *address 0: nobody. */
gboolean message_told_of(StoreTxn *txn, gint64 ticket, const char *message_id,
    gint64 *address, GError **error);
/* The mail that it tells of; *message 0: none. */
gboolean message_told_by(StoreTxn *txn, gint64 ticket, const char *message_id,
    gint64 *message, GError **error);
/* TRUE if that letter told an agent of a note. */
gboolean message_is_note(StoreTxn *txn, gint64 ticket, const char *message_id,
    gboolean *note, GError **error);
/* Texts of internal notes, newest first, at most 100; of char *. */
GPtrArray *message_notes(StoreTxn *txn, gint64 ticket, GError **error);

gboolean msgid_add(StoreTxn *txn, const char *msgid, gint64 ticket,
    const char *role, GError **error);
typedef struct MsgidFound {
	gint64 ticket; /* 0: no ticket knows the id */
	gboolean mine; /* the address takes part in it */
	gboolean own;  /* we made the id */
} MsgidFound;

/* The ticket that knows the id: one that address (0: nobody) takes part in
 * before that which made it before the newest, since anybody may mention any
 * id. */
gboolean msgid_find(StoreTxn *txn, const char *msgid, gint64 address,
    MsgidFound *found, GError **error);

/* The same among ids that relays gave our letters, whatever domain stands
 * behind: some relays tell the id without it, or change it. */
gboolean msgid_find_relayed(StoreTxn *txn, const char *msgid, gint64 address,
    MsgidFound *found, GError **error);
gboolean msgid_add_relayed(StoreTxn *txn, const char *msgid, gint64 ticket,
    GError **error);

/* The same among ids that have been mentioned and not been seen. */
gboolean msgid_find_mentioned(StoreTxn *txn, const char *msgid, gint64 address,
    MsgidFound *found, GError **error);

typedef struct EventRow {
	gint64 id, at;
	char *event, *actor, *detail;
	char *change; /* what was before, for undo; "" when nothing can be */
} EventRow;
void event_row_free(EventRow *row);
/* ticket 0: about the site. */
gboolean event_add(StoreTxn *txn, gint64 ticket, gint64 at, const char *event,
    const char *actor, const char *detail, GError **error);
gboolean event_add_change(StoreTxn *txn, gint64 ticket, gint64 at,
    const char *event, const char *actor, const char *detail,
    const char *change, GError **error);
/* ticket 0: those about the site. */
GPtrArray *event_list(StoreTxn *txn, gint64 ticket, GError **error);

/* Detail of the newest event of that name since then; NULL without error:
 * none. Free with g_free. */
char *event_newest(StoreTxn *txn, gint64 ticket, const char *event,
    gint64 since, GError **error);

typedef struct TimerRow {
	gint64 id, ticket, number, due;
	char *kind;
} TimerRow;
void timer_row_free(TimerRow *row);
gboolean timer_add(StoreTxn *txn, gint64 ticket, const char *kind,
    gint64 number, gint64 due, GError **error);
/* The one of that number is no more. */
gboolean timer_drop(StoreTxn *txn, gint64 ticket, const char *kind,
    gint64 number, GError **error);
GPtrArray *timer_due(StoreTxn *txn, gint64 now, gint64 most, GError **error);
/* It fires again, at that instant. */
gboolean timer_move(StoreTxn *txn, gint64 id, gint64 due, GError **error);
/* How many of a kind were due before that instant. */
gboolean timer_late(StoreTxn *txn, const char *kind, gint64 before,
    gint64 *count, GError **error);
/* All of a kind with that number, whenever they are due. */
GPtrArray *timer_of(StoreTxn *txn, const char *kind, gint64 number,
    GError **error);
gboolean timer_done(StoreTxn *txn, gint64 id, GError **error);

#endif
