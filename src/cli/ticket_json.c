/* ticket_json.c - see ticket_json.h. Used by cmd_ticket and cmd_customer; the
 * version goes up when a field changes its meaning or goes. */
#include "cli/ticket_json.h"

#include "store/labels.h"
#include "store/links.h"
#include "store/parties.h"

static char *
party_json(StoreTxn *txn, gint64 id)
{
	g_autoptr(AddressRow) row = id != 0 ? party_by_id(txn, id, NULL) : NULL;
	Json json;

	if (row == NULL)
		return g_strdup("null");
	json_begin(&json);
	json_text(&json, "address", row->written);
	json_text(&json, "name", row->name);
	return json_end(&json);
}

static void
add_numbers(Json *json, const char *key, const GArray *numbers)
{
	g_autoptr(GString) text = g_string_new("[");

	for (guint i = 0; i < numbers->len; i++)
		g_string_append_printf(text, "%s%" G_GINT64_FORMAT,
		    i > 0 ? "," : "", g_array_index(numbers, gint64, i));
	g_string_append_c(text, ']');
	json_raw(json, key, text->str);
}

/* Tickets that are part of it, that it is part of, that are related to it. */
static gboolean
add_relations(Json *json, StoreTxn *txn, const Ticket *ticket, GError **error)
{
	g_autoptr(GArray) links = link_list(txn, ticket->id, error);
	g_autoptr(GArray) merged =
	    links != NULL ? merged_list(txn, ticket->id, error) : NULL;
	g_autoptr(Ticket) into = NULL;

	if (merged == NULL)
		return FALSE;
	if (ticket->merged_into == 0)
		json_text(json, "merged_into", NULL);
	else {
		into = ticket_by_id(txn, ticket->merged_into, error);
		if (into == NULL)
			return FALSE;
		json_int(json, "merged_into", into->number);
	}
	add_numbers(json, "merged", merged);
	add_numbers(json, "linked", links);
	return TRUE;
}

static gboolean
add_labels(Json *json, StoreTxn *txn, const Ticket *ticket, GError **error)
{
	g_autoptr(GPtrArray) priority =
	    label_list(txn, ticket->id, "priority", error);
	g_autoptr(GPtrArray) tags =
	    priority != NULL ? label_list(txn, ticket->id, "tag", error) : NULL;

	if (tags == NULL)
		return FALSE;
	json_text(json, "priority",
	    priority->len > 0 ? priority->pdata[0] : "normal");
	json_list(json, "tags", tags);
	return TRUE;
}

gboolean
ticket_json_add(Json *json, StoreTxn *txn, const Ticket *ticket, GError **error)
{
	g_autofree char *requester = party_json(txn, ticket->requester);
	g_autoptr(AddressRow) agent =
	    ticket->agent != 0 ? party_by_id(txn, ticket->agent, NULL) : NULL;
	g_autoptr(GPtrArray) participants =
	    participant_list(txn, ticket->id, error);
	g_autoptr(GPtrArray) addresses = g_ptr_array_new();

	if (participants == NULL)
		return FALSE;
	for (guint i = 0; i < participants->len; i++) {
		AddressRow *row = participants->pdata[i];

		g_ptr_array_add(addresses, row->written);
	}
	json_int(json, "version", 1);
	json_int(json, "number", ticket->number);
	json_text(json, "state", ticket->state);
	json_text(json, "mailbox", ticket->mailbox);
	json_text(json, "queue", ticket->queue);
	json_text(json, "subject", ticket->subject);
	json_raw(json, "requester", requester);
	json_text(json, "language", ticket->language);
	json_text(json, "agent", agent != NULL ? agent->written : NULL);
	json_time(json, "opened", ticket->opened);
	json_time(json, "updated", ticket->updated);
	json_time(json, "promised", ticket->promised);
	json_time(json, "answered", ticket->answered);
	json_time(json, "resolved", ticket->resolved);
	json_list(json, "participants", addresses);
	return add_labels(json, txn, ticket, error) &&
	       add_relations(json, txn, ticket, error);
}

char *
ticket_json_message(const MessageRow *row, GBytes *raw)
{
	g_auto(GStrv) to = g_strsplit(row->to_addresses, ", ", -1);
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	g_autofree char *base64 = NULL;
	Json json;

	for (guint i = 0; to[i] != NULL; i++)
		g_ptr_array_add(list, to[i]);
	json_begin(&json);
	json_int(&json, "id", row->id);
	json_text(&json, "direction", row->direction);
	json_text(&json, "visibility", row->visibility);
	json_text(&json, "kind", row->kind);
	json_text(&json, "from", row->from_address);
	json_list(&json, "to", list);
	json_text(&json, "message_id", row->message_id);
	json_text(&json, "subject", row->subject);
	json_time(&json, "received", row->received);
	json_text(&json, "text", row->body_text);
	json_text(&json, "new_text", row->new_text);
	json_bool(&json, "authenticated", row->authenticated);
	json_text(&json, "joined_by", row->reason);
	if (raw != NULL) {
		gsize size;
		const void *octets = g_bytes_get_data(raw, &size);

		base64 = g_base64_encode(octets, size);
		json_text(&json, "raw_base64", base64);
	}
	return json_end(&json);
}

char *
ticket_json_event(const EventRow *row)
{
	Json json;

	json_begin(&json);
	json_int(&json, "id", row->id);
	json_time(&json, "at", row->at);
	json_text(&json, "event", row->event);
	json_text(&json, "actor", row->actor);
	json_text(&json, "detail", row->detail);
	json_text(&json, "change", *row->change != '\0' ? row->change : NULL);
	return json_end(&json);
}

void
json_array(Json *json, const char *key, const GPtrArray *objects)
{
	g_autoptr(GString) text = g_string_new("[");

	for (guint i = 0; i < objects->len; i++)
		g_string_append_printf(text, "%s%s", i > 0 ? "," : "",
		    (const char *)objects->pdata[i]);
	g_string_append_c(text, ']');
	json_raw(json, key, text->str);
}
