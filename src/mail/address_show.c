/* address_show.c - domain names as people read them, where that is safe. The
 * command line and pages show addresses so; nothing else uses the form. */
#include "mail/address.h"

#include <string.h>
#include <unicode/uidna.h>
#include <unicode/uspoof.h>

#include "ground/text.h"

#define DOMAIN_MOST 256

/* Latin with Cyrillic, and the like: "highly restrictive" of UTS #39. */
static gboolean
is_one_script(const char *domain)
{
	UErrorCode status = U_ZERO_ERROR;
	USpoofChecker *checker = uspoof_open(&status);
	int32_t found;

	if (U_FAILURE(status))
		return FALSE;
	uspoof_setChecks(checker, USPOOF_RESTRICTION_LEVEL | USPOOF_INVISIBLE,
	    &status);
	uspoof_setRestrictionLevel(checker, USPOOF_HIGHLY_RESTRICTIVE);
	found = uspoof_checkUTF8(checker, domain, -1, NULL, &status);
	uspoof_close(checker);
	return U_SUCCESS(status) && found == 0;
}

/* Every label by itself: "name.tld" may be in two scripts. */
static gboolean
is_readable(const char *domain)
{
	g_auto(GStrv) labels = g_strsplit(domain, ".", -1);

	for (guint i = 0; labels[i] != NULL; i++)
		if (!is_one_script(labels[i]))
			return FALSE;
	return TRUE;
}

/* NULL if it cannot be shown otherwise. */
static char *
domain_unicode(const char *ascii)
{
	UErrorCode status = U_ZERO_ERROR;
	UIDNAInfo info = UIDNA_INFO_INITIALIZER;
	UIDNA *idna = uidna_openUTS46(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
					  UIDNA_NONTRANSITIONAL_TO_UNICODE |
					  UIDNA_NONTRANSITIONAL_TO_ASCII,
	    &status);
	char name[DOMAIN_MOST], back[DOMAIN_MOST];
	int32_t n;

	if (U_FAILURE(status))
		return NULL;
	n = uidna_nameToUnicodeUTF8(idna, ascii, -1, name, sizeof(name), &info,
	    &status);
	if (U_SUCCESS(status) && info.errors == 0 && n < DOMAIN_MOST) {
		name[n] = '\0';
		n = uidna_nameToASCII_UTF8(idna, name, -1, back, sizeof(back),
		    &info, &status);
	}
	uidna_close(idna);
	if (U_FAILURE(status) || info.errors != 0 || n >= DOMAIN_MOST)
		return NULL;
	back[n] = '\0';
	return strcmp(back, ascii) == 0 && is_readable(name) ? g_strdup(name)
							     : NULL;
}

char *
address_show(const char *addr_spec)
{
	const char *domain = address_domain(addr_spec);
	g_autofree char *name = NULL;

	if (strstr(domain, "xn--") == NULL || !text_is_ascii(domain))
		return g_strdup(addr_spec);
	name = domain_unicode(domain);
	if (name == NULL)
		return g_strdup(addr_spec);
	return g_strdup_printf("%.*s%s", (int)(domain - addr_spec), addr_spec,
	    name);
}
