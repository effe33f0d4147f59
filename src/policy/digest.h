/* digest.h - one letter about several tickets, for an agent who does not want
 * one each (policy/audience). */
#ifndef POLICY_DIGEST_H
#define POLICY_DIGEST_H

#include "policy/effects.h"

typedef struct DigestItem {
	Facts *facts; /* of the ticket */
	char *words;  /* the customer's last ones */
} DigestItem;
void digest_item_free(DigestItem *item);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DigestItem, digest_item_free)

/* items: of DigestItem, at least one; effects->ticket is the first one's. Adds
 * the letter to effects, unless agent (address row) answers none of them any
 * more. cause makes it unique. */
void digest_letter(const GPtrArray *items, gint64 agent, const char *cause,
    const Desk *desk, gint64 now, Effects *effects);

#endif
