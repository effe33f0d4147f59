/* dmarc.c - DMARC records (RFC 7489 section 6.3). Called by prove.c. */
#include "mail/dmarc.h"

#include <string.h>

#include "mail/taglist.h"

char *
dmarc_name(const char *domain)
{
	return g_strconcat("_dmarc.", domain, NULL);
}

static TagList *
record_of(const char *text)
{
	g_autoptr(TagList) list = taglist_parse(text, strlen(text));

	if (list == NULL || !g_str_equal(taglist_first(list), "v") ||
	    !g_str_equal(taglist_get(list, "v"), "DMARC1"))
		return NULL;
	return g_steal_pointer(&list);
}

gboolean
dmarc_read(const GPtrArray *texts, gboolean *strict)
{
	g_autoptr(TagList) found = NULL;
	const char *mode;

	for (guint i = 0; i < texts->len; i++) {
		g_autoptr(TagList) list = record_of(texts->pdata[i]);

		if (list == NULL)
			continue;
		if (found != NULL)
			return FALSE;
		found = g_steal_pointer(&list);
	}
	if (found == NULL)
		return FALSE;
	mode = taglist_get(found, "adkim");
	*strict = mode != NULL && g_ascii_strcasecmp(mode, "s") == 0;
	return TRUE;
}
