/* macro.h - agents' templated answers, found by queue, language and register.
 *
 * A macro is a file of the site's templates, the first there is of
 *   LANGUAGE/macros/QUEUE/NAME.REGISTER.txt  LANGUAGE/macros/QUEUE/NAME.txt
 *   LANGUAGE/macros/NAME.REGISTER.txt        LANGUAGE/macros/NAME.txt
 * for the customer's language and then its shorter forms (uz-Latn, uz). Lines
 * at its head that begin with "#" are comments; the rest is Mustache. */
#ifndef POLICY_MACRO_H
#define POLICY_MACRO_H

#include "policy/mustache.h"

/* Whose letter it will be. */
typedef struct MacroScene MacroScene;
struct MacroScene {
	const char *dir;      /* of the site's templates; "": none */
	const char *queue;
	const char *language; /* BCP 47, the customer's */
	const char *tone;     /* register: formal, informal; "" not known */
	/* Values that every macro has; the agent may not set them. */
	const char *ticket, *subject, *customer, *agent, *brand;
};

/* "refund order=1042 days=5 reason=\"a b\"" to the finished text. NULL with
 * error PERMANENT: no such macro, or none in that language (and in which there
 * is one); parameters that are missing, or that it does not have. */
char *macro_render(const MacroScene *scene, const char *call, GError **error);

/* TRUE for "refund?" and "refund? order=1": the agent wants to see it first. */
gboolean macro_is_preview(const char *call);

/* "refund (order, days)": those of the queue and language, of char *, by
 * name. */
GPtrArray *macro_list(const MacroScene *scene);

#endif
