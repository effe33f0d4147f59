/* cleanhtml_private.h - what writer and reader of clean HTML share. */
#ifndef MAIL_CLEANHTML_PRIVATE_H
#define MAIL_CLEANHTML_PRIVATE_H

#include "mail/cleanhtml.h"

enum { CLEANHTML_DEPTH = 100, CLEANHTML_ATTRIBUTES = 4 };

typedef enum CleanTag {
	CLEAN_VOID = 1 << 0, /* has no end */
	CLEAN_LINK = 1 << 1, /* href */
	CLEAN_CELL = 1 << 2, /* colspan, rowspan */
	CLEAN_LIST = 1 << 3, /* start */
	CLEAN_PICTURE = 1 << 4, /* src, alt, width, height; src it must have */
	CLEAN_BLOCK = 1 << 5,     /* dir */
	CLEAN_PARAGRAPH = 1 << 6, /* style, of that one value */
} CleanTag;

/* Of Outlook's paragraphs, which are lines with empty ones between. */
#define CLEANHTML_STYLE "margin:0"

/* Flags of an element that is allowed, else -1. */
int cleanhtml_tag(const char *name);

/* May an element with those flags have that attribute with that value? */
gboolean cleanhtml_may_have(int flags, const char *name, const char *value);

/* Appends text with its "&", "<", ">" and quotation marks escaped, without
 * characters that may not be sent. */
void cleanhtml_escape(GString *out, const char *text, gsize length);

#endif
