/* langid.h - the language and the script of a customer's own words.
 *
 * Naive Bayes over the n-grams of policy/langid_grams, a table for each script
 * that several languages share. How the table was counted: contrib/langid. */
#ifndef POLICY_LANGID_H
#define POLICY_LANGID_H

#include "javob.h"

/* What else speaks for a language, so many nats strong. The words win unless
 * they are few. */
typedef struct LangidHint {
	const char *tag; /* BCP 47; a tag that is not known counts nothing */
	double nats;
} LangidHint;

typedef struct LangidAnswer {
	const char *tag;    /* BCP 47, "und" when it cannot be told. Static. */
	const char *second; /* the next best; "" when there is none. Static. */
	double confidence;  /* 0..1: how often such an answer is right */
	double margin;      /* nats to the second */
	guint letters;      /* of the script that decided */
} LangidAnswer;

/* text: valid UTF-8, NFC, without quotation and signature. */
void langid_detect(const char *text, const LangidHint *hints, guint n_hints,
    LangidAnswer *answer);

/* The same for what a mail is made of: quotation, signature and footer are cut
 * first, lines that still begin with ">" are left out. */
void langid_detect_body(const char *body, LangidAnswer *answer);

/* All tags that it knows, in no order; NULL-terminated, static. */
const char *const *langid_tags(void);

#endif
