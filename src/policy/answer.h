/* answer.h - what of an agent's mail goes to the customer: his own new words,
 * as text and perhaps as HTML, and his files. */
#ifndef POLICY_ANSWER_H
#define POLICY_ANSWER_H

#include "mail/message.h"
#include "policy/facts.h"

typedef struct Answer {
	char *text; /* without signature; "" when there is none */
	char *html; /* the same, clean; NULL: only text */
	GPtrArray *attachments; /* of Attachment, copies */
	gboolean greets; /* he has greeted the customer himself */
	gboolean closes; /* and closed the letter */
	char *name;      /* by which the customer knows him; "" : the desk's */
	gboolean is_doubtful; /* pictures that may be quoted ones */
} Answer;

/* text: message->new_text behind the commands, as orders_read leaves it. */
Answer *answer_new(const Facts *facts, const char *text, const char *language);
void answer_free(Answer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Answer, answer_free)

gboolean answer_is_empty(const Answer *answer);

/* The first thing in it that is not for customers, in words for the agent;
 * NULL: nothing was found. */
const char *answer_doubt(const Answer *answer, const Facts *facts);

#endif
