/* uu.h - files that stand in the text of a mail, between "begin" and "end"
 * (uuencode of POSIX). */
#ifndef MAIL_UU_H
#define MAIL_UU_H

#include <glib.h>

typedef struct UuFile {
	gsize start, end;   /* its lines in the text */
	char *name;         /* as written */
	GByteArray *octets; /* decoded */
} UuFile;

/* The next file of text at or after from. FALSE: there is none. Only what
 * decodes from "begin" to "end" is a file: a sentence that begins with "begin"
 * is none. Call uu_clear. */
gboolean uu_find(UuFile *file, const char *text, gsize size, gsize from);
void uu_clear(UuFile *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(UuFile, uu_clear)

#endif
