/* proof.h - which tickets a mail names, and how far each proof of it carries
 * (THREATS.md 3).
 *
 * In order: a keyed recipient address; our signed Message-ID among those that
 * it answers, or in a delivery report; an id that a ticket has seen, or that a
 * mail of it mentioned; an id that the relay gave a letter of ours; the keyed
 * line at the foot of a letter, in the quoted text; the number in the
 * subject. */
#ifndef POLICY_PROOF_H
#define POLICY_PROOF_H

#include "policy/facts.h"

/* What stands before the token at the foot of a customer's letter. */
#define PROOF_LABEL "Ref: "
/* What a note address has before its token, so that people can tell it from a
 * reply address. */
#define PROOF_NOTE  "note-"

typedef enum ProofReach {
	REACH_NOTHING,    /* the ticket is linked for agents, at most */
	REACH_UNVERIFIED, /* joins, changes nothing */
	REACH_JOINS,
} ProofReach;

/* A ticket that the mail names. */
struct Claim {
	Proof proof;
	gint64 ticket;
	gint64 party;        /* whom the token was made for; 0 */
	gboolean takes_part; /* the sender, in that ticket */
};

/* Collects facts->claims in the order above, and sets address_token, id_token,
 * is_own_copy, answers_ours and subject_number. Message, envelope, author,
 * auth and sender must be set. */
gboolean proof_collect(Facts *facts, StoreTxn *txn, const Desk *desk,
    GError **error);

/* How far a claim carries for this sender. */
ProofReach proof_reach(const Facts *facts, const Claim *claim);

/* The claim that decides, the n-th best (0, 1, ...): the first of those that
 * reach furthest; NULL when there are no more. Borrowed. */
const Claim *proof_best(const Facts *facts, guint n);

/* "the number in the subject" */
const char *proof_name(Proof proof);

#endif
