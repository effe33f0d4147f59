/* route.h - rules of the site that choose the queue of a new ticket: one
 * [rule NAME] section each, in the order of the file, first match wins. */
#ifndef POLICY_ROUTE_H
#define POLICY_ROUTE_H

#include "mail/message.h"
#include "policy/site.h"

/* The rules of site->config; every fault is added to errors, and such a rule
 * is left out. site->queues must be there. Free with g_ptr_array_unref. */
GPtrArray *route_rules(const Site *site, GPtrArray *errors);

/* The first rule that fits a mail; NULL when none does. author: who counts as
 * its sender, or NULL. language: of the ticket to be opened. */
const RouteRule *route_choose(const Site *site, const Message *message,
    const Address *author, const Mailbox *mailbox, const char *language);

const char *route_name(const RouteRule *rule);
const char *route_queue(const RouteRule *rule);

#endif
