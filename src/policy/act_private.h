/* act_private.h - what the files of act share; nobody else includes it.
 * act.c: the table and the small deeds; act_mark.c, act_tell.c: see below;
 * act_merge.c: merge and split; act_undo.c: undo. */
#ifndef POLICY_ACT_PRIVATE_H
#define POLICY_ACT_PRIVATE_H

#include "policy/act.h"
#include "policy/effects.h"

#define NUMBER G_GINT64_FORMAT

typedef struct ActScene {
	StoreTxn *txn;
	const Desk *desk;
	const Act *act;
	gint64 now;
	Facts *facts;     /* of the ticket */
	Effects *effects; /* its ticket is a copy, to be changed */
	Message *message; /* the text of a note or an answer; NULL */
	Envelope *envelope;
	GBytes *octets;
} ActScene;

/* A ticket that nothing was merged away from; NULL with error. */
Ticket *act_ticket(StoreTxn *txn, gint64 number, GError **error);

/* Tells the agents of the queue of facts, or only that one, unless it was he
 * who did it. effects->ticket must have its final form. */
void act_tell(const ActScene *scene, const Facts *facts, const AddressRow *only,
    const char *note, const char *text, Effects *effects);

/* The agent that does it; NULL: nobody whom the roster knows. */
const Agent *act_agent(const ActScene *scene);
/* act->word as a time: in that agent's language and zone. */
gboolean act_when(const ActScene *scene, const char *text, gint64 *when,
    GError **error);

/* act_mark.c: what is noted on a ticket; act_tell.c: what is only told. */
char *act_priority(ActScene *scene, GError **error);
char *act_tag(ActScene *scene, GError **error);
char *act_promise(ActScene *scene, GError **error);
char *act_language(ActScene *scene, GError **error);
char *act_name(ActScene *scene, GError **error);
char *act_cc(ActScene *scene, GError **error);
char *act_wait(ActScene *scene, GError **error);
char *act_remind(ActScene *scene, GError **error);
char *act_away(ActScene *scene, GError **error);
char *act_history(ActScene *scene, GError **error);
char *act_summary(ActScene *scene, GError **error);
char *act_macros(ActScene *scene, GError **error);
char *act_help(ActScene *scene, GError **error);

/* Their undoing: change is what the event noted. */
gboolean act_undo_label(ActScene *scene, GHashTable *change, GError **error);
gboolean act_undo_language(ActScene *scene, GHashTable *change, GError **error);
gboolean act_undo_cc(ActScene *scene, GHashTable *change, GError **error);


char *act_merge(ActScene *scene, GError **error);
char *act_split(ActScene *scene, GError **error);
char *act_undo(ActScene *scene, GError **error);

/* All of `from` becomes part of `into`; both are written. may_undo: who asks
 * for undo on `into` is told that it goes by `from`. */
gboolean act_join(ActScene *scene, Ticket *from, Ticket *into,
    gboolean may_undo, GError **error);
/* What act_join noted in `change` is taken back. */
gboolean act_part(ActScene *scene, Ticket *from, GHashTable *change,
    GError **error);

/* An event on the other ticket, whose own event about `ticket` is undone. */
gboolean act_settle(ActScene *scene, gint64 other, const Ticket *ticket,
    const char *event, const char *detail, GError **error);

#endif
