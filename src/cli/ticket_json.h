/* ticket_json.h - tickets, messages and events as JSON objects. */
#ifndef CLI_TICKET_JSON_H
#define CLI_TICKET_JSON_H

#include "cli/cmd.h"

/* The fields of one line of `ticket list --json`. */
gboolean ticket_json_add(Json *json, StoreTxn *txn, const Ticket *ticket,
    GError **error);

/* One object; free with g_free. raw: the octets, which are added as base64;
 * NULL: none. */
char *ticket_json_message(const MessageRow *row, GBytes *raw);
char *ticket_json_event(const EventRow *row);

/* An array under key; of strings that are JSON already. */
void json_array(Json *json, const char *key, const GPtrArray *objects);

#endif
