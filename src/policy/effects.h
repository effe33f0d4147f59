/* effects.h - rows to write: the only output of a decision. */
#ifndef POLICY_EFFECTS_H
#define POLICY_EFFECTS_H

#include "policy/facts.h"
#include "store/promises.h"

/* One letter, final: octets as they will be sent. */
typedef struct LetterEffect {
	char *letter;       /* "ack" */
	char *cause;        /* at most one letter of each cause, ever */
	char *visibility;   /* public, internal */
	char *reverse_path; /* "" for <> */
	char *to;           /* the first forward-path */
	GPtrArray *cc;      /* of char *, the others */
	gint64 address;     /* row of to */
	gint64 due;         /* not before; 0: at once */
	char *from_name, *from_address;
	char *message_id, *subject, *text;
	GBytes *octets;
} LetterEffect;
void letter_effect_free(LetterEffect *letter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LetterEffect, letter_effect_free)

/* "to, cc, cc"; free with g_free. */
char *letter_recipients(const LetterEffect *letter);

typedef struct EventEffect {
	char *event, *actor, *detail;
	char *change; /* for undo; "" none */
} EventEffect;

typedef struct ParticipantEffect {
	gint64 address;
	char *role;
} ParticipantEffect;

/* Of a stranger's new ticket: who was told, or waits to be. */
typedef struct ToldEffect {
	gint64 agent;
	gboolean waits;
	gboolean first; /* the common letter is due in an hour */
} ToldEffect;
typedef struct TimerEffect {
	char *kind;
	gint64 number, due;
} TimerEffect;

struct Effects {
	Ticket *ticket;          /* as it will be; NULL: no ticket is touched */
	gboolean opens;          /* it is a new one */
	gint64 linked;           /* related ticket, shown to agents; 0 none */
	gboolean verified;       /* the sender is who he says, for this ticket */
	gboolean may_answer;     /* an acknowledgement may go out */
	/* Why no letter may answer an answer: that gives a new number for an
	 * old matter, or thanks for a closing word. NULL: one may. */
	const char *followup_refused, *thanks_refused;
	GArray *faq_shown;       /* of gint64, entries in the acknowledgement */
	gboolean deflected;      /* closed so, and nobody has answered: the
				  * entries shown have done it */
	gboolean solved;         /* closed by the customer's word */
	gboolean is_machine;     /* changes no state, owner or clock */
	gboolean frozen;         /* many machines write to it: kept silently */
	gboolean is_inside;      /* an agent's mail to his keyed address */
	char *visibility;        /* of the incoming message: public, internal */
	char *kind;              /* of the incoming message's row */
	char *why;               /* what joined it to its ticket */
	GPtrArray *participants; /* of ParticipantEffect */
	GPtrArray *watchers;     /* of char *, addresses of agents: from now on */
	gint64 promoted;         /* participant whose role becomes cc; 0 */
	GPtrArray *events;       /* of EventEffect */
	GPtrArray *letters;      /* of LetterEffect */
	GArray *told;            /* of ToldEffect */
	GPtrArray *timers;       /* of TimerEffect */
	char *turn;              /* agent who was given it by rule; NULL */
	GArray *undeliverable;   /* of gint64, address rows */
	const char *learned;     /* language of the sender, by his words; NULL:
				  * nothing new. Borrowed from the facts */
	gboolean deliverable;    /* the sender's mark goes away */
	gboolean lives;          /* a new ticket that promises learn from */
	PromiseRow *promise;     /* what is promised now; NULL: nothing new */
	gboolean held;           /* letters wait for somebody to release them */
	gboolean automatic;      /* counts for the limits of automatic mail */
	char *preview;           /* of a letter, for the agent; NULL */
	GPtrArray *orders;       /* of Order (policy/verb.h): the agent's, to be
				  * carried out with this; NULL: none */
	GPtrArray *reasons;      /* of char *, "gate: ...", for `explain` */
};

Effects *effects_new(void);
void effects_free(Effects *effects);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Effects, effects_free)

/* "step: text" for `explain`. */
void effects_reason(Effects *effects, const char *step, const char *format,
    ...) G_GNUC_PRINTF(3, 4);
void effects_event(Effects *effects, const char *event, const char *actor,
    const char *format, ...) G_GNUC_PRINTF(4, 5);
/* Sets what the newest event changed: see policy/act_undo. */
void effects_change(Effects *effects, const char *format, ...)
    G_GNUC_PRINTF(2, 3);
void effects_timer(Effects *effects, const char *kind, gint64 number,
    gint64 due);
void effects_participant(Effects *effects, gint64 address, const char *role);

/* Writes all rows of a mail (or, without facts->message, of another
 * happening) in txn. octets: the raw mail. */
gboolean effects_write(StoreTxn *txn, const Facts *facts,
    const Effects *effects, GBytes *octets, gint64 now, GError **error);

#endif
