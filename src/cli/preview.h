/* preview.h - letters with made-up values, as people will receive them. */
#ifndef CLI_PREVIEW_H
#define CLI_PREVIEW_H

#include "policy/site.h"
#include "policy/template.h"

typedef struct Preview {
	const Templates *templates;
	const char *language;
	const char *customer; /* display name; "" unknown */
	const char *subject;
	const char *brand;
	const char *timezone, *hours;
	gboolean outside;     /* the mail came outside working hours */
	gboolean faq;         /* answers are proposed */
	gboolean undated;     /* no time can be promised */
	gint64 now;
} Preview;

typedef struct Previewed {
	char *subject, *text;
	char *page;    /* HTML, whole */
	GBytes *octets; /* the mail */
} Previewed;

/* FALSE with error. Clear what was made with preview_clear. */
gboolean preview_make(const Preview *preview, Letter letter, Previewed *made,
    GError **error);
void preview_clear(Previewed *made);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Previewed, preview_clear)

#endif
