/* facts_private.h - what facts.c and facts_people.c share. All give FALSE or
 * NULL with error from the store. */
#ifndef POLICY_FACTS_PRIVATE_H
#define POLICY_FACTS_PRIVATE_H

#include "policy/facts.h"

const Mailbox *facts_mailbox(const Desk *desk, const char *name);

/* Before all others: message may be another one afterwards. */
void facts_look_through(Facts *facts, const Desk *desk);
/* Sets author, named and named_by. */
void facts_read_author(Facts *facts, const Desk *desk);
/* Sets mailbox, lang, rule and home (but home.agents). author and sender must
 * be set. */
void facts_read_home(Facts *facts, const Desk *desk,
    const char *envelope_mailbox);
/* Sets faq and faq_shown; ticket and lang must be set. */
gboolean facts_read_faq(Facts *facts, StoreTxn *txn, GError **error);
/* Sets reply_to; sender and auth must be set. */
gboolean facts_read_reply_to(Facts *facts, StoreTxn *txn, const Desk *desk,
    gint64 now, GError **error);
/* Set copied and answered; ticket and reach must be set. */
gboolean facts_read_copied(Facts *facts, StoreTxn *txn, const Desk *desk,
    gint64 now, GError **error);
/* Sets watchers and colleagues; ticket and roster must be set. */
gboolean facts_read_watchers(Facts *facts, StoreTxn *txn, gint64 now,
    GError **error);
gboolean facts_read_answered(Facts *facts, StoreTxn *txn, GError **error);
/* Sets forwarded; ticket must be set. */
gboolean facts_read_forwarded(Facts *facts, StoreTxn *txn, const Desk *desk,
    gint64 now, GError **error);
/* Agents of queue (NULL: nobody) and of the queues named by also, each once;
 * of AddressRow. roster must be set. */
GPtrArray *facts_agents_of(const Facts *facts, StoreTxn *txn, const Desk *desk,
    const Queue *queue, const GPtrArray *also, gint64 now, GError **error);

#endif
