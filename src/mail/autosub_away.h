/* autosub_away.h - words of automatic answers, by the table
 * words/outofoffice.tsv. For the autosub files. */
#ifndef MAIL_AUTOSUB_AWAY_H
#define MAIL_AUTOSUB_AWAY_H

#include <glib.h>

typedef enum AwayWeight { AWAY_NO, AWAY_WEAK, AWAY_STRONG } AwayWeight;

/* subject: folded, its beginning. */
AwayWeight autosub_away_subject(const char *subject);
/* The subject ends as one does: "Ann Lee is out of the office". */
AwayWeight autosub_away_suffix(const char *subject);
/* word (folded, length octets) is "re", "fwd" or their kin. */
gboolean autosub_is_reply_prefix(const char *word, gsize length);

/* Phrases in the beginning of text, which is the writer's own; those that he
 * puts in quotes are not counted. */
void autosub_away_body(const char *text, guint *strong, guint *weak);

#endif
