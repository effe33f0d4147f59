/* autosub_fields.h - header fields that tell machine mail, by the table
 * words/autoheaders.tsv. */
#ifndef MAIL_AUTOSUB_FIELDS_H
#define MAIL_AUTOSUB_FIELDS_H

#include "mail/message.h"

typedef enum FieldWeight {
	FIELD_NOTHING,
	FIELD_WEAK,   /* of an automatic answer; counts with words of one */
	FIELD_STRONG, /* the answer is withheld */
} FieldWeight;

/* What a row says of a field that it matches. */
typedef struct FieldSign {
	FieldWeight weight;
	MessageKind kind;   /* MESSAGE_HUMAN: the kind stays */
	gboolean by_list;   /* mailing lists put it there, whoever wrote */
	const char *reason; /* lives as long as the process */
} FieldSign;

/* found: called for each row that field matches. */
typedef void (*FieldFound)(Message *message, const FieldSign *sign);

void autosub_field(Message *message, const HeaderField *field,
    FieldFound found);

/* Body without comments, in lower case, trimmed: "no (by hand)" is "no". */
char *autosub_plain_body(const char *body);

/* Its first word, up to a space, ";" or ",", is word. */
gboolean autosub_is_keyword(const char *body, const char *word);

#endif
