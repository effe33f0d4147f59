/* authres.c - reads Authentication-Results (RFC 8601) of our own border.
 *
 *   authserv-id [version] ( ";" "none" / 1*( ";" resinfo ) )
 *   resinfo  = method ["/" version] "=" result ["reason" "=" value] *propspec
 *   propspec = ptype "." property "=" pvalue
 *
 * with comments (nested) and folding between any two words. Anybody can write
 * such a field, so a pass comes only from the topmost one with our
 * authserv-id, above the border's Received field: a second one may be a forgery
 * that the border did not take out. A dmarc=fail is believed wherever it
 * stands above that line, since nobody forges one for his own good. (Sites
 * whose filters write one field a method have the DMARC filter last, hence on
 * top.) The policy layer asks this before it believes a From field. */
#include "mail/authres.h"

#include <string.h>

#include "mail/address.h"

/* Two-label suffixes under which strangers register; below them a relation
 * of domains says nothing. The Public Suffix List is not among our packages:
 * what is missing here is only as strict as a site's neighbours are. Sorted. */
static const char *const suffixes[] = {
	"ac.uk",
	"biz.tr",
	"co.at",
	"co.id",
	"co.il",
	"co.in",
	"co.jp",
	"co.ke",
	"co.kr",
	"co.nz",
	"co.th",
	"co.uk",
	"co.uz",
	"co.za",
	"com.ar",
	"com.au",
	"com.az",
	"com.br",
	"com.cn",
	"com.co",
	"com.ge",
	"com.hk",
	"com.kg",
	"com.kz",
	"com.mx",
	"com.my",
	"com.pl",
	"com.ru",
	"com.sg",
	"com.tj",
	"com.tm",
	"com.tr",
	"com.tw",
	"com.ua",
	"com.uz",
	"com.vn",
	"edu.az",
	"edu.kz",
	"edu.tr",
	"edu.uz",
	"gen.tr",
	"gov.az",
	"gov.kz",
	"gov.tr",
	"gov.uk",
	"gov.uz",
	"in.ua",
	"info.az",
	"info.tr",
	"kiev.ua",
	"kyiv.ua",
	"ltd.uk",
	"me.uk",
	"mil.tr",
	"msk.ru",
	"name.tr",
	"net.au",
	"net.az",
	"net.br",
	"net.kg",
	"net.kz",
	"net.pl",
	"net.ru",
	"net.tr",
	"net.ua",
	"net.uk",
	"net.uz",
	"or.jp",
	"org.au",
	"org.az",
	"org.kg",
	"org.kz",
	"org.pl",
	"org.ru",
	"org.tr",
	"org.ua",
	"org.uk",
	"org.uz",
	"plc.uk",
	"pp.az",
	"pp.ru",
	"pp.ua",
	"spb.ru",
	"web.tr",
};

typedef struct Verdict {
	const char *domain; /* of the author */
	gboolean fail;      /* dmarc=fail */
	gboolean dmarc;     /* dmarc=pass for the domain */
	gboolean dkim;      /* a dkim pass, aligned */
	gboolean spf;
} Verdict;

AuthFinding *
auth_finding_new(AuthVerdict verdict, const char *reason)
{
	AuthFinding *finding = g_new(AuthFinding, 1);

	finding->verdict = verdict;
	finding->reason = g_strdup(reason);
	return finding;
}

void
auth_finding_free(AuthFinding *finding)
{
	if (finding == NULL)
		return;
	g_free(finding->reason);
	g_free(finding);
}

/* Comments and white space; FALSE if a comment has no end. */
static gboolean
skip_cfws(const char **p)
{
	guint depth = 0;

	for (;; (*p)++) {
		char c = **p;

		if (c == '\0')
			return depth == 0;
		if (c == '(')
			depth++;
		else if (depth == 0 && !g_ascii_isspace(c))
			return TRUE;
		else if (c == ')' && depth > 0)
			depth--;
		else if (c == '\\' && depth > 0 && (*p)[1] != '\0')
			(*p)++;
	}
}

static gboolean
read_quoted(const char **p, GString *out)
{
	for ((*p)++; **p != '\0'; (*p)++) {
		if (**p == '"') {
			(*p)++;
			return TRUE;
		}
		if (**p == '\\' && (*p)[1] != '\0')
			(*p)++;
		g_string_append_c(out, **p);
	}
	return FALSE;
}

/* A word up to white space or one of stop; or a quoted string; lower case if
 * it is a keyword. NULL if there is none or it has no end. */
static char *
read_word(const char **p, const char *stop, gboolean keyword)
{
	g_autoptr(GString) out = g_string_new(NULL);
	gboolean quoted;

	if (!skip_cfws(p))
		return NULL;
	quoted = **p == '"' && !keyword;
	if (quoted && !read_quoted(p, out))
		return NULL;
	/* A quoted local part goes on with its domain. */
	while (**p != '\0' && !g_ascii_isspace(**p) &&
	       strchr(stop, **p) == NULL && (!quoted || out->len > 0)) {
		if (quoted && **p != '@' && strchr(out->str, '@') == NULL)
			return NULL;
		g_string_append_c(out, keyword ? g_ascii_tolower(**p) : **p);
		(*p)++;
	}
	if (out->len == 0 && !quoted)
		return NULL;
	return g_strndup(out->str, out->len);
}

/* Part after the last "@" of a value, in the form of address_new. */
static char *
value_domain(const char *value)
{
	const char *at = strrchr(value, '@');
	g_autofree char *probe =
	    g_strdup_printf("x@%s", at != NULL ? at + 1 : value);
	g_autofree char *folded = address_fold(probe);

	return g_strdup(folded + 2);
}

static int
compare_suffix(const void *a, const void *b)
{
	return strcmp(a, *(const char *const *)b);
}

static gboolean
is_public(const char *domain)
{
	return strchr(domain, '.') == NULL ||
	       bsearch(domain, suffixes, G_N_ELEMENTS(suffixes),
		   sizeof(suffixes[0]), compare_suffix) != NULL;
}

const char *
authres_organisation(const char *domain)
{
	const char *dot = strchr(domain, '.');

	while (dot != NULL && !is_public(dot + 1)) {
		domain = dot + 1;
		dot = strchr(domain, '.');
	}
	return domain;
}

gboolean
authres_is_aligned(const char *a, const char *b)
{
	const char *longer = strlen(a) > strlen(b) ? a : b;
	const char *shorter = longer == a ? b : a;
	gsize rest = strlen(longer) - strlen(shorter);

	if (*shorter == '\0' || is_public(shorter))
		return FALSE;
	if (rest == 0)
		return strcmp(a, b) == 0;
	return longer[rest - 1] == '.' && strcmp(longer + rest, shorter) == 0;
}

/* What one property adds to a result that passed. */
static void
count_property(Verdict *verdict, const char *method, const char *name,
    const char *value)
{
	g_autofree char *domain = value_domain(value);

	if (strcmp(method, "dmarc") == 0 && strcmp(name, "header.from") == 0)
		verdict->dmarc |= strcmp(domain, verdict->domain) == 0;
	else if (strcmp(method, "dkim") == 0 &&
		 (strcmp(name, "header.d") == 0 ||
		     strcmp(name, "header.i") == 0))
		verdict->dkim |= authres_is_aligned(domain, verdict->domain);
	else if (strcmp(method, "spf") == 0 &&
		 strcmp(name, "smtp.mailfrom") == 0)
		verdict->spf |= authres_is_aligned(domain, verdict->domain);
}

/* reasonspec and propspecs up to ";" or the end. Microsoft writes words
 * without a ptype ("action=none"): they say nothing. */
static gboolean
read_properties(const char **p, Verdict *verdict, const char *method,
    gboolean pass)
{
	for (;;) {
		g_autofree char *name = NULL;
		g_autofree char *value = NULL;

		if (!skip_cfws(p))
			return FALSE;
		if (**p == ';' || **p == '\0')
			return TRUE;
		name = read_word(p, ";=()\"", TRUE);
		if (name == NULL || !skip_cfws(p))
			return FALSE;
		if (**p != '=')
			return FALSE;
		(*p)++;
		value = read_word(p, ";()\"", FALSE);
		if (value == NULL)
			return FALSE;
		if (pass)
			count_property(verdict, method, name, value);
	}
}

static gboolean
read_result(const char **p, Verdict *verdict)
{
	g_autofree char *method = read_word(p, ";=()/\"", TRUE);
	g_autofree char *result = NULL;

	if (method == NULL || !skip_cfws(p))
		return FALSE;
	if (**p == '/') { /* version of the method */
		g_autofree char *version = NULL;

		(*p)++;
		version = read_word(p, ";=()\"", TRUE);
		if (version == NULL || !skip_cfws(p))
			return FALSE;
	}
	if (**p != '=') /* "none", or nonsense */
		return strcmp(method, "none") == 0 &&
		       (**p == '\0' || **p == ';');
	(*p)++;
	result = read_word(p, ";=()\"", TRUE);
	if (result == NULL)
		return FALSE;
	if (strcmp(method, "dmarc") == 0 && strcmp(result, "fail") == 0)
		verdict->fail = TRUE;
	return read_properties(p, verdict, method, strcmp(result, "pass") == 0);
}

/* FALSE if the field is another server's or does not keep to the grammar; a
 * broken field of ours still says dmarc=fail if that was read before. */
static gboolean
read_field(const char *body, const char *authserv_id, Verdict *verdict,
    gboolean *ours)
{
	const char *p = body;
	g_autofree char *id = read_word(&p, ";()", FALSE);

	*ours = id != NULL && strcmp(id, authserv_id) == 0;
	if (!*ours || !skip_cfws(&p))
		return FALSE;
	if (*p != ';' && *p != '\0') { /* authres-version */
		g_autofree char *version = read_word(&p, ";()=\"", TRUE);

		if (version == NULL ||
		    strspn(version, "0123456789") != strlen(version) ||
		    !skip_cfws(&p))
			return FALSE;
	}
	while (*p == ';') {
		p++;
		if (!skip_cfws(&p))
			return FALSE;
		if (*p == ';' || *p == '\0')
			continue;
		if (!read_result(&p, verdict) || !skip_cfws(&p))
			return FALSE;
	}
	return *p == '\0';
}

/* Counts what stands outside quoted strings and comments of a From body. */
static gboolean
from_is_plain(const char *body)
{
	guint at = 0, angles = 0;

	for (const char *p = body; *p != '\0'; p++) {
		if (*p == '"') {
			for (p++; *p != '"' && *p != '\0'; p++)
				if (*p == '\\' && p[1] != '\0')
					p++;
		} else if (*p == '(') {
			if (!skip_cfws(&p))
				return FALSE;
			p--;
			continue;
		} else if (*p == '@') {
			at++;
		} else if (*p == '<') {
			angles++;
		} else if (strchr(",:;", *p) != NULL) {
			return FALSE;
		}
		if (*p == '\0')
			return FALSE;
	}
	return at == 1 && angles <= 1;
}

const char *
authres_oddity(const Message *message)
{
	const Address *author = message_author(message);
	const char *body = message_field(message, "From");

	if (message->from_fields > 1)
		return "there are several From fields";
	if (author == NULL || !address_is_valid(author->address))
		return "there is no usable address in From";
	if (message->from->len != 1)
		return "there are several addresses in From";
	if (body != NULL && !from_is_plain(body))
		return "the From field is odd";
	if (strchr(author->name, '@') != NULL &&
	    !address_equal(author->name, author->address))
		return "the display name holds another address";
	return NULL;
}

static AuthVerdict
verdict_result(const Message *message, const Verdict *verdict,
    const char *authserv_id, gboolean found, char **reason)
{
	const char *oddity = authres_oddity(message);
	const char *proof = verdict->dmarc  ? "dmarc"
			    : verdict->dkim ? "dkim"
					    : "spf";

	if (verdict->fail) {
		*reason = g_strdup_printf("%s says dmarc=fail", authserv_id);
		return AUTH_FAIL;
	}
	if (!found) {
		*reason = g_strdup_printf("no results of %s", authserv_id);
		return AUTH_NONE;
	}
	if (oddity != NULL) {
		*reason = g_strdup(oddity);
		return AUTH_NONE;
	}
	if (!verdict->dmarc && !verdict->dkim && !verdict->spf) {
		*reason = g_strdup_printf("%s proves nothing for %s",
		    authserv_id, verdict->domain);
		return AUTH_NONE;
	}
	*reason = g_strdup_printf("%s says %s=pass for %s", authserv_id, proof,
	    verdict->domain);
	return AUTH_PASS;
}

/* Moves p past "<...>", whose local part may be quoted. */
static gboolean
skip_path(const char **p)
{
	g_autoptr(GString) ignored = g_string_new(NULL);

	while (**p != '>') {
		if (**p == '\0')
			return FALSE;
		if (**p != '"')
			(*p)++;
		else if (!read_quoted(p, ignored))
			return FALSE;
	}
	(*p)++;
	return TRUE;
}

/* The hop from the border to the mailbox, which Dovecot writes above all that
 * the border wrote (RFC 3848): "from a by b with LMTP id c for <d>; date". A
 * stranger may choose the name after "from" and the path after "for", so there
 * must be only one "by" and one "with" outside comments and paths. */
static gboolean
is_last_hop(const char *body)
{
	static const char *const names[] = { "lmtp", "lmtpa", "lmtps", "lmtpsa",
		"utf8lmtp", "utf8lmtpa", "utf8lmtps", "utf8lmtpsa", NULL };
	const char *p = body;
	guint bys = 0, withs = 0;
	gboolean is_name = FALSE, lmtp = FALSE;

	while (skip_cfws(&p) && *p != '\0' && *p != ';') {
		g_autofree char *word = NULL;

		if (*p == '<') {
			if (!skip_path(&p))
				return FALSE;
			continue;
		}
		word = read_word(&p, "();<\"", TRUE);
		if (word == NULL)
			return FALSE;
		if (is_name)
			lmtp = g_strv_contains(names, word);
		is_name = g_str_equal(word, "with");
		withs += is_name;
		bys += g_str_equal(word, "by");
	}
	return bys == 1 && withs == 1 && lmtp;
}

AuthVerdict
authres_judge(const Message *message, const char *authserv_id, char **reason)
{
	g_autofree char *domain = NULL;
	g_autofree char *said = NULL;
	Verdict top = { 0 };
	gboolean found = FALSE;
	AuthVerdict result;

	g_return_val_if_fail(message != NULL, AUTH_NONE);
	if (reason == NULL)
		reason = &said;
	if (authserv_id == NULL || *authserv_id == '\0') {
		*reason = g_strdup("no authserv-id is configured");
		return AUTH_NONE;
	}
	if (message_author(message) != NULL)
		domain = value_domain(message_author(message)->address);
	top.domain = domain != NULL ? domain : "";
	for (guint i = 0; i < message->fields->len; i++) {
		const HeaderField *field =
		    &g_array_index(message->fields, HeaderField, i);
		Verdict one = { .domain = top.domain };
		gboolean ours, whole;

		if (g_ascii_strcasecmp(field->name, "Received") == 0) {
			if (found || !is_last_hop(field->body))
				break;
			continue;
		}
		if (g_ascii_strcasecmp(field->name, "Authentication-Results") !=
		    0)
			continue;
		whole = read_field(field->body, authserv_id, &one, &ours);
		if (!ours)
			continue;
		if (!found && whole)
			top = one;
		top.fail |= one.fail;
		found = TRUE;
	}
	result = verdict_result(message, &top, authserv_id, found, reason);
	return result;
}
