/* tnef.h - winmail.dat: what Outlook puts into one part when it thinks that
 * all the world has Outlook ([MS-OXTNEF]). Read with libytnef. */
#ifndef MAIL_TNEF_H
#define MAIL_TNEF_H

#include <glib.h>

/* Of a larger one only the existence is told: the library copies it twice. */
#define TNEF_MOST (8 * 1024 * 1024)

typedef struct TnefMember {
	char *name; /* as written, UTF-8; "" when none */
	char *type; /* "" when not said */
	GBytes *octets;
} TnefMember;

typedef struct Tnef {
	char *text;         /* the body, UTF-8; "" when there is none */
	GPtrArray *members; /* of TnefMember */
} Tnef;

/* NULL if it cannot be read. Members of members are not looked into. */
Tnef *tnef_read(const guint8 *octets, gsize size);
void tnef_free(Tnef *tnef);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tnef, tnef_free)

#endif
