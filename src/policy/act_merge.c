/* act_merge.c - merge and split (act.h). Messages move, with what their ids
 * join; the numbers, tokens and events of a merged ticket stay with it, and
 * policy/facts follows it to where its messages are. */
#include "policy/act_private.h"

#include "ground/error.h"
#include "policy/letter.h"
#include "policy/ticket.h"
#include "store/links.h"

static void
add_id(GString *list, gint64 id)
{
	g_string_append_printf(list, "%s%" NUMBER, list->len > 0 ? "," : "",
	    id);
}

/* Moves all messages; ids: which ones. */
static gboolean
move_messages(StoreTxn *txn, gint64 from, gint64 into, GString *ids,
    GError **error)
{
	g_autoptr(GPtrArray) rows = message_list(txn, from, error);

	if (rows == NULL)
		return FALSE;
	for (guint i = 0; i < rows->len; i++) {
		const MessageRow *row = rows->pdata[i];

		if (!message_move(txn, row->id, from, into, FALSE, NULL, error))
			return FALSE;
		add_id(ids, row->id);
	}
	return TRUE;
}

/* Who wrote to us about the one is no addressee of the other's answers before
 * an agent answers him there. */
static const char *
role_there(const char *role)
{
	return g_str_equal(role, "requester") || g_str_equal(role, "reply")
		   ? "new"
		   : role;
}

/* Who could write into the one can write into the other; ids: who is new. */
static gboolean
move_people(ActScene *scene, gint64 from, gint64 into, GString *ids,
    GError **error)
{
	g_autoptr(GPtrArray) rows = participant_list(scene->txn, from, error);

	if (rows == NULL)
		return FALSE;
	for (guint i = 0; i < rows->len; i++) {
		const AddressRow *row = rows->pdata[i];
		g_autofree char *role =
		    participant_role(scene->txn, into, row->id, error);

		if (role == NULL)
			return FALSE;
		if (*role != '\0')
			continue;
		if (!participant_add(scene->txn, into, row->id,
			role_there(row->role), scene->now, error))
			return FALSE;
		add_id(ids, row->id);
	}
	return TRUE;
}

static gboolean
awaits_answer(const Ticket *ticket)
{
	return g_str_equal(ticket->state, "new") ||
	       g_str_equal(ticket->state, "open");
}

/* The earlier promise stands: the customer has both in writing. */
static gint64
earlier(gint64 a, gint64 b)
{
	if (a == 0 || b == 0)
		return MAX(a, b);
	return MIN(a, b);
}

static gboolean
note_joined(ActScene *scene, const Ticket *from, const Ticket *into,
    gboolean may_undo, GError **error)
{
	g_autofree char *detail = g_strdup_printf(
	    "ticket %" NUMBER " is part of this one", from->number);
	g_autofree char *change =
	    may_undo ? g_strdup_printf("see=%" NUMBER, from->number)
		     : g_strdup("");

	return event_add_change(scene->txn, into->id, scene->now, "merged",
	    scene->act->actor, detail, change, error);
}

gboolean
act_join(ActScene *scene, Ticket *from, Ticket *into, gboolean may_undo,
    GError **error)
{
	g_autoptr(GString) messages = g_string_new(NULL);
	g_autoptr(GString) people = g_string_new(NULL);
	g_autofree char *state = g_strdup(from->state);
	g_autofree char *into_state = g_strdup(into->state);
	g_autofree char *change = NULL, *detail = NULL;
	gint64 resolved = from->resolved, into_resolved = into->resolved;
	gint64 promised = into->promised;

	if (!move_messages(scene->txn, from->id, into->id, messages, error) ||
	    !move_people(scene, from->id, into->id, people, error))
		return FALSE;
	if (awaits_answer(from))
		ticket_move(into, TICKET_CUSTOMER, scene->now);
	ticket_move(from, TICKET_MERGE, scene->now);
	from->merged_into = into->id;
	into->promised = earlier(into->promised, from->promised);
	from->updated = into->updated = scene->now;
	change = g_strdup_printf("into=%" NUMBER "&state=%s&resolved=%" NUMBER
				 "&messages=%s&people=%s&into-state=%s"
				 "&into-resolved=%" NUMBER "&into-now=%s"
				 "&promised=%" NUMBER "&promised-now=%" NUMBER,
	    into->id, state, resolved, messages->str, people->str, into_state,
	    into_resolved, into->state, promised, into->promised);
	detail = g_strdup_printf("into ticket %" NUMBER, into->number);
	return ticket_update(scene->txn, into, error) &&
	       ticket_update(scene->txn, from, error) &&
	       event_add_change(scene->txn, from->id, scene->now, "merged",
		   scene->act->actor, detail, change, error) &&
	       note_joined(scene, from, into, may_undo, error);
}

char *
act_merge(ActScene *scene, GError **error)
{
	Ticket *ticket = scene->effects->ticket;
	g_autoptr(Ticket) into =
	    act_ticket(scene->txn, scene->act->other, error);

	if (into == NULL)
		return NULL;
	if (into->id == ticket->id) {
		error_permanent(error, "that is the same ticket");
		return NULL;
	}
	if (g_str_equal(into->state, "spam")) {
		error_permanent(error,
		    "ticket %" NUMBER " is spam: reopen it first",
		    into->number);
		return NULL;
	}
	if (!act_join(scene, ticket, into, TRUE, error))
		return NULL;
	return g_strdup_printf("ticket %" NUMBER " is part of ticket %" NUMBER,
	    ticket->number, into->number);
}

/* --- taking it back -------------------------------------------------------- */

static gint64
number_of(GHashTable *change, const char *key)
{
	const char *text = g_hash_table_lookup(change, key);

	return text != NULL ? g_ascii_strtoll(text, NULL, 10) : 0;
}

static char **
list_of(GHashTable *change, const char *key)
{
	const char *text = g_hash_table_lookup(change, key);

	return g_strsplit(text != NULL ? text : "", ",", -1);
}

static gboolean
bring_back(ActScene *scene, gint64 from, gint64 into, GHashTable *change,
    GError **error)
{
	g_auto(GStrv) messages = list_of(change, "messages");
	g_auto(GStrv) people = list_of(change, "people");

	for (guint i = 0; messages[i] != NULL && *messages[i] != '\0'; i++)
		if (!message_move(scene->txn,
			g_ascii_strtoll(messages[i], NULL, 10), into, from,
			TRUE, NULL, error))
			return FALSE;
	for (guint i = 0; people[i] != NULL && *people[i] != '\0'; i++)
		if (!participant_remove(scene->txn, into,
			g_ascii_strtoll(people[i], NULL, 10), error))
			return FALSE;
	return TRUE;
}

gboolean
act_part(ActScene *scene, Ticket *from, GHashTable *change, GError **error)
{
	const char *state = g_hash_table_lookup(change, "state");
	const char *old = g_hash_table_lookup(change, "into-state");
	const char *now = g_hash_table_lookup(change, "into-now");
	g_autoptr(Ticket) into =
	    ticket_by_id(scene->txn, number_of(change, "into"), error);
	g_autofree char *detail = NULL;

	if (into == NULL)
		return error != NULL && *error != NULL
			   ? FALSE
			   : error_permanent(error, "the other ticket is gone");
	if (into->merged_into != 0)
		return error_permanent(error,
		    "ticket %" NUMBER " is itself part of another one by now: "
		    "undo that first",
		    into->number);
	if (state == NULL || old == NULL || now == NULL)
		return error_permanent(error, "the event log is damaged");
	if (!bring_back(scene, from->id, into->id, change, error))
		return FALSE;
	if (g_str_equal(into->state, now) && !g_str_equal(old, now))
		ticket_put_back(into, old, number_of(change, "into-resolved"),
		    scene->now);
	if (into->promised == number_of(change, "promised-now"))
		into->promised = number_of(change, "promised");
	into->updated = scene->now;
	from->merged_into = 0;
	ticket_put_back(from, state, number_of(change, "resolved"), scene->now);
	detail = g_strdup_printf("ticket %" NUMBER " is on its own again",
	    from->number);
	return ticket_update(scene->txn, into, error) &&
	       act_settle(scene, into->id, from, "parted", detail, error);
}

/* --- split ----------------------------------------------------------------- */

/* The message to split off: a customer's, and not his only one. */
static gboolean
which_message(const ActScene *scene, gint64 *id, GError **error)
{
	const GPtrArray *answers = scene->act->answers;

	*id = scene->act->other;
	for (guint i = 0; answers != NULL && i < answers->len && *id == 0; i++)
		if (!message_told_by(scene->txn, scene->effects->ticket->id,
			answers->pdata[i], id, error))
			return FALSE;
	return *id != 0 ||
	       error_permanent(error,
		   "which message? /history lists their numbers");
}

static MessageRow *
need_message(ActScene *scene, GError **error)
{
	const Ticket *ticket = scene->effects->ticket;
	g_autoptr(GPtrArray) rows = message_list(scene->txn, ticket->id, error);
	MessageRow *found = NULL;
	guint others = 0;
	gint64 id;

	if (rows == NULL || !which_message(scene, &id, error))
		return NULL;
	for (guint i = 0; i < rows->len; i++) {
		const MessageRow *row = rows->pdata[i];

		if (!g_str_equal(row->direction, "in") ||
		    !g_str_equal(row->visibility, "public"))
			continue;
		if (row->id == id)
			found = rows->pdata[i];
		else
			others++;
	}
	if (found == NULL)
		error_permanent(error,
		    "message %" NUMBER " is no mail of a customer on this "
		    "ticket; see javob ticket show %" NUMBER,
		    id, ticket->number);
	else if (others == 0)
		error_permanent(error,
		    "it is the only mail of a customer on this ticket");
	else
		return message_by_id(scene->txn, found->id, error);
	return NULL;
}

static void
put(char **at, char *text)
{
	g_free(*at);
	*at = text;
}

static Ticket *
insert_ticket(ActScene *scene, const MessageRow *row, GError **error)
{
	const Ticket *old = scene->effects->ticket;
	g_autoptr(Ticket) ticket = ticket_new();

	if (!ticket_next_number(scene->txn, &ticket->number, error))
		return NULL;
	ticket->id = ticket->number;
	put(&ticket->mailbox, g_strdup(old->mailbox));
	put(&ticket->queue, g_strdup(old->queue));
	put(&ticket->language, g_strdup(old->language));
	put(&ticket->subject, letter_subject(row->subject));
	ticket->requester = row->address;
	ticket->opened = row->received;
	ticket->updated = scene->now;
	if (!ticket_insert(scene->txn, ticket, error))
		return NULL;
	if (row->address != 0 &&
	    !participant_add(scene->txn, ticket->id, row->address, "requester",
		scene->now, error))
		return NULL;
	return g_steal_pointer(&ticket);
}

/* The agents hear of the new ticket, each with an address of it. */
static gboolean
tell_new(ActScene *scene, const Ticket *ticket, const MessageRow *row,
    GError **error)
{
	const Ticket *old = scene->effects->ticket;
	g_autoptr(Facts) facts = facts_of_ticket(scene->txn, scene->desk,
	    ticket->id, scene->now, error);
	g_autoptr(Effects) effects = effects_new();
	g_autofree char *note = NULL;

	if (facts == NULL)
		return FALSE;
	note = g_strdup_printf("%s has split this mail off ticket %" NUMBER
			       ". It has a number of its own now, of which "
			       "the customer does not know yet.",
	    scene->act->actor, old->number);
	effects->ticket = ticket_copy(ticket);
	effects_event(effects, "opened", scene->act->actor,
	    "split off ticket %" NUMBER, old->number);
	effects_change(effects, "see=%" NUMBER, old->number);
	act_tell(scene, facts, NULL, note, row->new_text, effects);
	return effects_write(scene->txn, facts, effects, NULL, scene->now,
	    error);
}

char *
act_split(ActScene *scene, GError **error)
{
	Ticket *old = scene->effects->ticket;
	g_autoptr(MessageRow) row = need_message(scene, error);
	g_autoptr(Ticket) ticket =
	    row != NULL ? insert_ticket(scene, row, error) : NULL;

	if (ticket == NULL ||
	    !message_move(scene->txn, row->id, old->id, ticket->id, TRUE, NULL,
		error) ||
	    !link_add(scene->txn, old->id, ticket->id, error) ||
	    !tell_new(scene, ticket, row, error))
		return NULL;
	old->updated = scene->now;
	effects_event(scene->effects, "split", scene->act->actor,
	    "message %" NUMBER " is ticket %" NUMBER " now", row->id,
	    ticket->number);
	effects_change(scene->effects, "ticket=%" NUMBER, ticket->id);
	return g_strdup_printf("message %" NUMBER " is ticket %" NUMBER " now",
	    row->id, ticket->number);
}
