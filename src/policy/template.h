/* template.h - letters: found, checked when loaded, rendered.
 *
 * A letter is a file templates/LANGUAGE/NAME.txt (policy/form.h); any other
 * .txt beside it is a partial, {{> NAME}}. templates/frame.html is the frame
 * of all HTML. What the tree has is built in, so that a broken or missing
 * file of the site never holds up a letter. */
#ifndef POLICY_TEMPLATE_H
#define POLICY_TEMPLATE_H

#include "javob.h"
#include "policy/mustache.h"

typedef enum Letter {
	LETTER_ACK,
	LETTER_ACK_PLAIN,
	LETTER_REPLY,
	LETTER_NOTIFY,
	LETTER_HELD,
	LETTER_ACK_FOLLOWUP,
	LETTER_SOLVED_THANKS,
	LETTER_DONE,
	LETTER_NOTE,
	LETTER_DELAY,
	LETTER_UPDATE,
	LETTER_BOARD,
	LETTER_DIGEST,
	LETTER_COUNT
} Letter;

const char *letter_name(Letter letter); /* "ack-plain" */

typedef struct Templates Templates;

/* dir: the site's templates ("" or NULL: built-in only). Every fault
 * (unparsable, unknown placeholder, missing head) is added to errors with file
 * and line, and the built-in letter stands in. Never NULL. */
Templates *templates_load(const char *dir, GPtrArray *errors);
void templates_free(Templates *templates);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Templates, templates_free)

/* The language of letters that a customer's own has not; "en" at first. */
void templates_otherwise(Templates *templates, const char *language);

/* Language that would be used: the tag itself, what it falls back to
 * (language_next), the same of the language for all others, "en". The site's
 * letter goes before the one that is built in, and a language before another.
 */
const char *templates_language(const Templates *templates, Letter letter,
    const char *language);

/* Renders subject (one clean line), text (wrapped at 76, LF) and, unless html
 * is NULL, what goes into the frame. Free each with g_free. Falls back to the
 * built-in letter if the site's one fails; FALSE only if that fails too. */
gboolean templates_render(const Templates *templates, Letter letter,
    const char *language, const MustacheData *data, char **subject, char **text,
    char **html, GError **error);

/* A whole page of HTML around body; reference: a quiet line below it, NULL or
 * "": none. Free with g_free; NULL, and a log line, if the site's frame
 * cannot be rendered. */
char *templates_frame(const Templates *templates, const char *language,
    const char *subject, const char *body, const char *reference);

/* A letter as it would be used for exactly that language. */
typedef struct LetterFact {
	const char *language; /* as its folder is spelled */
	Letter letter;
	gboolean own;         /* the site's, not built in */
	const char *review;   /* "none", or who and when */
	const char *source;   /* the file, LF */
} LetterFact;

/* Each letter of each language, by language, then in the order of Letter. */
void templates_each(const Templates *templates,
    void (*each)(const LetterFact *fact, gpointer data), gpointer data);

/* The Letter of that name; LETTER_COUNT if there is none. */
Letter letter_of_name(const char *name);

/* Placeholder names that are allowed in a letter; NULL-terminated. */
const char *const *letter_placeholders(Letter letter);

#endif
