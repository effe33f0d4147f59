/* lang.h - in which language, and which script, a customer is answered.
 *
 * His own words decide, together with what else is known: what he wrote before
 * or an agent has said of him, what his program, his address and his name say,
 * and the mailbox. Each of these is worth some nats; words of a sentence are
 * worth more than all of them, but for an agent's, which stands. */
#ifndef POLICY_LANG_H
#define POLICY_LANG_H

#include "mail/message.h"
#include "policy/site.h"
#include "policy/template.h"
#include "store/parties.h"

typedef struct LangChoice {
	char *tag;         /* BCP 47; never "" */
	gboolean heard;    /* told by his words, and sure: worth remembering */
	double confidence; /* 0 when no words told it */
	char *why;         /* for `explain` */
} LangChoice;

LangChoice *lang_choice_new(const char *tag, const char *why);
void lang_choice_free(LangChoice *choice);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LangChoice, lang_choice_free)

/* text: the customer's own words; subject counts when they are too few.
 * author, sender: NULL when not known. mailbox: NULL when there is none.
 * fields: the mail whose header gives hints; NULL none. */
LangChoice *lang_choose(const char *text, const char *subject,
    const Message *fields, const Address *author, const AddressRow *sender,
    const Mailbox *mailbox);

/* A tag as we write it (BCP 47, RFC 5646 section 4.5): case, "_", old codes, a
 * script that goes without saying left out: "uz-Latn" is "uz", "UZ_cyrl" is
 * "uz-Cyrl". NULL if it is no tag; free with g_free. */
char *lang_tag(const char *tag);

/* TRUE if a text in language is one that wanted asks for: "uz" is uz-Latn and
 * uz-Cyrl, "uz-Latn" is uz, "kk" is kk-Latn too. */
gboolean lang_fits(const char *language, const char *wanted);

/* The language that a letter is written in for somebody who speaks language:
 * that one, what its shorter tags name, what the site says of it (option
 * fallback), the mailbox's, the default. Borrowed. */
const char *lang_letter(const Site *site, const Templates *templates,
    Letter letter, const char *language, const Mailbox *mailbox);

#endif
