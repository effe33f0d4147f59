/* template.h - letters: found, checked when loaded, rendered.
 *
 * A letter is a file templates/LANGUAGE/NAME.txt: comment lines "# review: ..",
 * "Subject: ..", an empty line, the text. The English ones are built in, so
 * that a broken or missing file never holds up a letter. */
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

/* Language that would be used: the tag itself, its shorter forms, "en". */
const char *templates_language(const Templates *templates, Letter letter,
    const char *language);

/* Renders subject (one clean line) and text (wrapped at 76, LF). *subject and
 * *text: free with g_free. Falls back to the built-in letter if the site's one
 * fails; FALSE only if that fails too. */
gboolean templates_render(const Templates *templates, Letter letter,
    const char *language, const MustacheData *data, char **subject, char **text,
    GError **error);

/* Placeholder names that are allowed in a letter; NULL-terminated. */
const char *const *letter_placeholders(Letter letter);

#endif
