/* letter.h - from a template and its values to a letter that can be sent. */
#ifndef POLICY_LETTER_H
#define POLICY_LETTER_H

#include "mail/compose.h"
#include "policy/effects.h"

typedef struct LetterPlan {
	Letter letter;
	const char *cause;      /* uniqueness key */
	const AddressRow *to;
	const GPtrArray *cc;    /* of AddressRow; NULL: nobody */
	const char *to_name;    /* display name; NULL or "": none */
	const char *from_name;  /* NULL: the mailbox's name */
	ComposeClass class;
	TokenKind reply_kind;   /* of the keyed reply address */
	gboolean inside;        /* to an agent: stays internal */
	const char *in_reply_to;
	const GPtrArray *references; /* of char *, behind the root; NULL: none */
	const char *language;
	const MustacheData *data;
	const GPtrArray *attachments; /* of Attachment with octets; NULL */
	gint64 due;    /* not before; 0: at once */
	gboolean apart; /* about several tickets: no key of one, no thread */
} LetterPlan;

/* Renders, composes and adds to effects->letters. What cannot be composed is
 * an event of the ticket, never a reason to lose the mail; FALSE then.
 * effects->ticket must be set. */
gboolean letter_add(const Facts *facts, const Desk *desk, gint64 now,
    const LetterPlan *plan, Effects *effects);

/* Values that every letter has: ticket, subject, brand. */
MustacheData *letter_data(const Facts *facts, const Effects *effects);

/* Sets name to when as people write it in the queue's zone, and time_zone. */
void letter_set_instant(MustacheData *data, const Facts *facts,
    const char *language, const char *name, gint64 when);

/* The same, as "tomorrow, ..." where that is so. */
void letter_set_next(MustacheData *data, const Facts *facts,
    const char *language, const char *name, gint64 when, gint64 now);

/* Sets name to a number as the language writes it, and the flag name_one,
 * name_few ... of its plural class, for sections. */
void letter_set_count(MustacheData *data, const char *language,
    const char *name, gint64 count);

/* The author's name: what a person at the desk has set goes before what his
 * mail says. */
const char *letter_name_of(const Facts *facts);

/* Language of a letter to an agent: his own, else the site's. */
const char *letter_agent_language(const Facts *facts, const Desk *desk,
    Letter letter, const AddressRow *agent);

/* A mail's text, cut where a letter would grow too long to be rendered. */
void letter_set_text(MustacheData *data, const char *text);
/* An agent's answer to a customer, whole. html: the same, clean
 * (mail/cleanhtml.h); NULL: made of the text, web addresses are links. */
void letter_set_answer(MustacheData *data, const char *text, const char *html);

/* The msg-id that heads the References of all letters of a ticket to one
 * person. It is keyed like a Message-ID of ours and proves an answer where a
 * relay gave the letter itself another one (AC-09). Free with g_free. */
char *letter_root_id(const Facts *facts, const Desk *desk, gint64 ticket,
    gint64 party);

/* The address by which that agent answers the customer of facts->ticket; NULL
 * when the mailbox has none such. Free with g_free. */
char *letter_answer_address(const Facts *facts, const Desk *desk,
    gint64 agent);

/* The subject as a letter may carry it: no reply prefixes, no tag of ours. */
char *letter_subject(const char *subject);

#endif
