/* param.h - a field body of the form "value; name=value; ..." (RFC 2045
 * section 5.1, RFC 2231), as Content-Type and Content-Disposition have. */
#ifndef MAIL_PARAM_H
#define MAIL_PARAM_H

#include <glib.h>

typedef struct Param {
	char *name;  /* lower case, without "*" and numbers */
	char *value; /* valid UTF-8 */
} Param;

typedef struct Params {
	char *value;  /* what stands before the first ";", lower case, "" */
	GArray *list; /* of Param */
} Params;

/* Reads any body, folded or not; what cannot be read is skipped. length -1: up
 * to NUL. At most 100 parameters. Call params_clear. */
void params_parse(Params *params, const char *body, gssize length);
void params_clear(Params *params);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Params, params_clear)

/* Borrowed; NULL when there is none. */
const char *params_get(const Params *params, const char *name);

#endif
