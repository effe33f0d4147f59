/* address.c - addresses as plain facts: compared, stored, put into commands.
 *
 * Reading address lists out of header fields is message.c's work; here is
 * what may be done with one addr-spec. libetpan puts an address into an SMTP
 * command as it is, so address_is_valid is a border: what passes it holds
 * nothing that could end the command. */
#include "mail/address.h"

#include <string.h>

#include "ground/text.h"

#define ADDRESS_MAX 254 /* RFC 5321 4.5.3.1.3 less the brackets */

/* Local parts without their -, _ and dots that no person reads. */
static const struct {
	const char *word;
	gboolean whole; /* else at the beginning or the end */
} robots[] = {
	{ "autoreply", FALSE },
	{ "autoresponder", FALSE },
	{ "daemon", TRUE },
	{ "donotanswer", FALSE },
	{ "donotreply", FALSE },
	{ "dontreply", FALSE },
	{ "listproc", TRUE },
	{ "listserv", TRUE },
	{ "mailerdaemon", FALSE },
	{ "majordomo", TRUE },
	{ "nobody", TRUE },
	{ "noreply", FALSE },
	{ "noresponse", FALSE },
	{ "postmaster", TRUE },
	{ "root", TRUE },
};

/* Case folding that never turns another letter into an ASCII one: the Kelvin
 * sign and the long s are no "k" and "s", else look-alike addresses would be
 * equal to real ones. */
static void
append_folded(GString *out, const char *from, gsize length)
{
	const char *end = from + length;

	while (from < end) {
		gunichar c = g_utf8_get_char_validated(from, end - from);
		gunichar low;

		if (c == (gunichar)-1 || c == (gunichar)-2) {
			g_string_append_c(out, *from++);
			continue;
		}
		low = g_unichar_tolower(c);
		g_string_append_unichar(out, c >= 0x80 && low < 0x80 ? c : low);
		from = g_utf8_next_char(from);
	}
}

/* Domain in lower case, as A-labels where that can be done. */
static void
append_domain(GString *out, const char *domain)
{
	g_autofree char *ascii = NULL;

	if (strlen(domain) <= ADDRESS_MAX && !text_is_ascii(domain) &&
	    g_utf8_validate(domain, -1, NULL))
		ascii = g_hostname_to_ascii(domain);
	append_folded(out, ascii != NULL ? ascii : domain,
	    strlen(ascii != NULL ? ascii : domain));
}

static gsize
local_length(const char *addr_spec)
{
	const char *at = strrchr(addr_spec, '@');

	return at != NULL ? (gsize)(at - addr_spec) : strlen(addr_spec);
}

Address *
address_new(const char *addr_spec, const char *name)
{
	Address *address = g_new0(Address, 1);
	GString *out = g_string_new(NULL);

	if (addr_spec == NULL)
		addr_spec = "";
	g_string_append_len(out, addr_spec, local_length(addr_spec));
	if (strrchr(addr_spec, '@') != NULL) {
		g_string_append_c(out, '@');
		append_domain(out, address_domain(addr_spec));
	}
	address->address = g_string_free(out, FALSE);
	address->name = text_clean_line(name != NULL ? name : "", 0);
	return address;
}

void
address_free(Address *address)
{
	if (address == NULL)
		return;
	g_free(address->address);
	g_free(address->name);
	g_free(address);
}

/* dot-atom, generous about where dots stand, since such addresses exist; or a
 * quoted string. No space and no control was seen before. */
static gboolean
local_is_valid(const char *local, gsize length)
{
	if (length == 0 || local[0] == '-')
		return FALSE;
	if (local[0] == '"') {
		if (length < 3 || local[length - 1] != '"')
			return FALSE;
		for (gsize i = 1; i < length - 1; i++)
			if (local[i] == '"' || local[i] == '\\')
				return FALSE;
		return TRUE;
	}
	for (gsize i = 0; i < length; i++)
		if (strchr("()[]:;@\\,\"", local[i]) != NULL)
			return FALSE;
	return TRUE;
}

static gboolean
domain_is_valid(const char *domain)
{
	const char *label = domain;

	for (const char *p = domain;; p++) {
		if (*p == '.' || *p == '\0') {
			if (p == label || p - label > 63 || label[0] == '-' ||
			    p[-1] == '-')
				return FALSE;
			if (*p == '\0')
				return TRUE;
			label = p + 1;
		} else if (!g_ascii_isalnum(*p) && *p != '-' && *p != '_' &&
			   (guchar)*p < 0x80) {
			return FALSE;
		}
	}
}

gboolean
address_is_valid(const char *addr_spec)
{
	gsize length;

	if (addr_spec == NULL)
		return FALSE;
	length = strlen(addr_spec);
	if (length > ADDRESS_MAX || strrchr(addr_spec, '@') == NULL ||
	    !g_utf8_validate(addr_spec, length, NULL))
		return FALSE;
	for (const char *p = addr_spec; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (c == '<' || c == '>' || c == ' ' || g_unichar_isspace(c) ||
		    !g_unichar_isprint(c))
			return FALSE;
	}
	return local_is_valid(addr_spec, local_length(addr_spec)) &&
	       domain_is_valid(address_domain(addr_spec));
}

/* Numbers as last label: an IP address without its brackets. */
static gboolean
domain_is_ours_or_literal(const char *domain)
{
	const char *dot = strrchr(domain, '.');
	const char *last = dot != NULL ? dot + 1 : domain;

	return g_ascii_strcasecmp(last, "localhost") == 0 ||
	       g_ascii_strcasecmp(last, "localdomain") == 0 ||
	       strspn(last, "0123456789") == strlen(last);
}

gboolean
address_may_mail(const char *addr_spec)
{
	return address_is_valid(addr_spec) && text_is_ascii(addr_spec) &&
	       !domain_is_ours_or_literal(address_domain(addr_spec));
}

char *
address_fold(const char *addr_spec)
{
	GString *out = g_string_new(NULL);

	if (addr_spec == NULL)
		addr_spec = "";
	append_folded(out, addr_spec, local_length(addr_spec));
	if (strrchr(addr_spec, '@') != NULL) {
		g_string_append_c(out, '@');
		append_domain(out, address_domain(addr_spec));
	}
	return g_string_free(out, FALSE);
}

gboolean
address_equal(const char *a, const char *b)
{
	g_autofree char *x = address_fold(a);
	g_autofree char *y = address_fold(b);

	return strcmp(x, y) == 0;
}

const char *
address_domain(const char *addr_spec)
{
	const char *at = addr_spec != NULL ? strrchr(addr_spec, '@') : NULL;

	return at != NULL ? at + 1 : "";
}

char *
address_detail(const char *addr_spec, const char *base)
{
	g_autofree char *mine = NULL;
	gsize local, head;

	if (addr_spec == NULL || base == NULL ||
	    strrchr(addr_spec, '@') == NULL || strrchr(base, '@') == NULL)
		return NULL;
	local = local_length(addr_spec);
	head = local_length(base);
	if (head == 0 || local <= head + 1 || addr_spec[head] != '+')
		return NULL;
	mine = g_strdup_printf("%.*s@%s", (int)head, addr_spec,
	    address_domain(addr_spec));
	if (!address_equal(mine, base))
		return NULL;
	return g_strndup(addr_spec + head + 1, local - head - 1);
}

char *
address_with_detail(const char *base, const char *detail)
{
	g_return_val_if_fail(base != NULL && detail != NULL, NULL);
	g_return_val_if_fail(strrchr(base, '@') != NULL, NULL);
	return g_strdup_printf("%.*s+%s@%s", (int)local_length(base), base,
	    detail, address_domain(base));
}

/* "No_Reply-42+x" as "noreply". */
static char *
squeeze_local(const char *addr_spec)
{
	GString *out = g_string_new(NULL);
	gsize length = local_length(addr_spec);

	for (gsize i = 0; i < length && addr_spec[i] != '+'; i++)
		if (strchr("-_.\"", addr_spec[i]) == NULL)
			g_string_append_c(out, g_ascii_tolower(addr_spec[i]));
	while (out->len > 0 && g_ascii_isdigit(out->str[out->len - 1]))
		g_string_truncate(out, out->len - 1);
	return g_string_free(out, FALSE);
}

gboolean
address_is_robot(const char *addr_spec)
{
	g_autofree char *local = NULL;
	g_autofree char *squeezed = NULL;

	if (addr_spec == NULL || *addr_spec == '\0')
		return FALSE;
	local = g_ascii_strdown(addr_spec, local_length(addr_spec));
	squeezed = squeeze_local(addr_spec);
	if (text_starts(local, "bounce") || text_starts(local, "owner-") ||
	    g_str_has_suffix(local, "-owner") ||
	    g_str_has_suffix(local, "-request") ||
	    g_str_has_suffix(local, "-bounces"))
		return TRUE;
	for (gsize i = 0; i < G_N_ELEMENTS(robots); i++) {
		if (strcmp(squeezed, robots[i].word) == 0)
			return TRUE;
		if (!robots[i].whole &&
		    (g_str_has_prefix(squeezed, robots[i].word) ||
			g_str_has_suffix(squeezed, robots[i].word)))
			return TRUE;
	}
	return FALSE;
}
