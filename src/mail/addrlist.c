/* addrlist.c - reads address fields piece by piece. A piece ends at a comma, a
 * semicolon or the end; within it quoted strings, comments, angle brackets and
 * encoded-words are known. GMime's parser recurses and drops what is broken, so
 * this one is our own. Called by message.c and dsn.c. */
#include "mail/addrlist.h"

#include <string.h>
#include <unicode/uidna.h>

#include "ground/text.h"
#include "mail/header.h"

#define ADDRESSES_MOST 1000
#define NAME_MOST      300
#define SPEC_MOST      1000

typedef struct Reader {
	const char *p;
	GString *phrase;  /* of the piece: text without quotes, for the name */
	GString *bare;    /* of the piece: unquoted text, for an addr-spec */
	GString *comment; /* of the piece */
	GString *before;  /* earlier pieces that were no address */
	gboolean found;   /* the piece had an address in angle brackets */
	/* A quote or parenthesis that is never closed is text. Once the
	 * closing one was missed it is not looked for again: linear. */
	gboolean no_quote, no_paren;
	GPtrArray *addresses;
} Reader;

static gboolean
is_space(char c)
{
	return c == ' ' || c == '\t';
}

static char *
domain_ascii(const char *domain)
{
	UErrorCode status = U_ZERO_ERROR;
	UIDNAInfo info = UIDNA_INFO_INITIALIZER;
	UIDNA *idna;
	char ascii[256];
	int32_t n;

	if (text_is_ascii(domain))
		return g_ascii_strdown(domain, -1);
	idna = uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_ASCII, &status);
	n = uidna_nameToASCII_UTF8(idna, domain, -1, ascii, sizeof(ascii),
	    &info, &status);
	uidna_close(idna);
	if (U_FAILURE(status) || info.errors != 0 || n <= 0 ||
	    n >= (int32_t)sizeof(ascii))
		return g_utf8_strdown(domain, -1);
	return g_ascii_strdown(ascii, n);
}

/* "<@a,@b:c@d>" (a route, RFC 5322 obs-angle-addr) is c@d. */
static const char *
after_route(const char *text)
{
	const char *colon;

	if (*text != '@')
		return text;
	colon = strchr(text, ':');
	return colon != NULL ? colon + 1 : text;
}

static void
append_spec_text(GString *out, const char *text)
{
	gboolean quoted = FALSE;

	for (; *text != '\0'; text++) {
		if (*text == '"')
			quoted = !quoted;
		if (quoted ||
		    (!is_space(*text) && *text != '<' && *text != '>'))
			g_string_append_c(out, *text);
	}
}

/* White space around "@" and "." is obsolete syntax; elsewhere the last word
 * is the address ("<Ann a@x>"). */
static char *
last_word(const char *text)
{
	const char *at = strrchr(text, '@'), *start;

	if (at == NULL || strchr(text, '"') != NULL)
		return g_strdup(text);
	start = at;
	while (start > text && is_space(start[-1]))
		start--;
	while (start > text && !is_space(start[-1]))
		start--;
	return g_strdup(start);
}

char *
addrlist_spec(const char *text)
{
	g_autoptr(GString) spec = g_string_new(NULL);
	g_autofree char *word = last_word(after_route(text));
	g_autofree char *domain = NULL;
	char *at;

	append_spec_text(spec, word);
	/* 'a@x' and a@x. come from address books and sentences. */
	if (spec->len > 1 && spec->str[0] == '\'' &&
	    spec->str[spec->len - 1] == '\'') {
		g_string_truncate(spec, spec->len - 1);
		g_string_erase(spec, 0, 1);
	}
	while (spec->len > 0 && strchr(".,;", spec->str[spec->len - 1]) != NULL)
		g_string_truncate(spec, spec->len - 1);
	at = strrchr(spec->str, '@');
	if (at == NULL)
		return g_strdup(spec->str);
	domain = domain_ascii(at + 1);
	g_string_truncate(spec, (gsize)(at + 1 - spec->str));
	g_string_append(spec, domain);
	return g_strdup(spec->str);
}

static void
piece_clear(Reader *r)
{
	g_string_truncate(r->phrase, 0);
	g_string_truncate(r->bare, 0);
	g_string_truncate(r->comment, 0);
	r->found = FALSE;
}

static void
strip_quotes(char *name)
{
	gsize n = strlen(name);

	if (n > 1 && (name[0] == '\'' || name[0] == '"') &&
	    name[n - 1] == name[0]) {
		memmove(name, name + 1, n - 2);
		name[n - 2] = '\0';
	}
	g_strstrip(name);
}

static void
add_address(Reader *r, const char *spec, const char *phrase)
{
	g_autofree char *clean = NULL, *name = NULL;
	g_autoptr(GString) whole = g_string_new(r->before->str);

	g_string_truncate(r->before, 0);
	if (r->addresses->len >= ADDRESSES_MOST || strlen(spec) > SPEC_MOST)
		return;
	clean = addrlist_spec(spec);
	if (clean[0] == '\0')
		return;
	if (phrase[0] != '\0' && whole->len > 0)
		g_string_append(whole, ", ");
	g_string_append(whole, phrase);
	if (whole->len == 0)
		g_string_append(whole, r->comment->str);
	name = header_line(whole->str, NAME_MOST);
	strip_quotes(name);
	g_ptr_array_add(r->addresses, address_new(clean, name));
}

/* Text with an "@" that stands free: "Ann a@x", "a@x". */
static void
add_bare(Reader *r)
{
	const char *at = strrchr(r->bare->str, '@');
	const char *start = at, *end, *text = r->bare->str;
	g_autofree char *name = NULL, *spec = NULL;

	while (start > text && is_space(start[-1]))
		start--;
	if (start > text && start[-1] == '"') {
		start--;
		while (start > text && start[-1] != '"')
			start--;
	}
	while (start > text && !is_space(start[-1]))
		start--;
	end = at + 1;
	while (is_space(*end))
		end++;
	while (*end != '\0' && !is_space(*end))
		end++;
	name = g_strndup(text, (gsize)(start - text));
	spec = g_strndup(start, (gsize)(end - start));
	add_address(r, spec, g_strstrip(name));
}

static void
piece_end(Reader *r)
{
	g_autofree char *phrase = g_strstrip(g_strdup(r->phrase->str));

	if (!r->found && strchr(r->bare->str, '@') != NULL) {
		add_bare(r);
	} else if (!r->found && phrase[0] != '\0' &&
		   r->before->len < NAME_MOST * 4) {
		if (r->before->len > 0)
			g_string_append(r->before, ", ");
		g_string_append(r->before, phrase);
	}
	piece_clear(r);
}

/* Position of the quote that closes the one at p, or NULL. */
static const char *
quote_end(const char *p)
{
	for (p++; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '"')
			return p;
	}
	return NULL;
}

static gboolean
read_quoted(Reader *r)
{
	const char *end = r->no_quote ? NULL : quote_end(r->p);

	if (end == NULL) {
		r->no_quote = TRUE;
		return FALSE;
	}
	/* "ann smith"@x: a quoted local part. */
	if (end[1] == '@')
		g_string_append_len(r->bare, r->p, end + 1 - r->p);
	for (const char *q = r->p + 1; q < end; q++) {
		if (*q == '\\' && q + 1 < end)
			q++;
		g_string_append_c(r->phrase, *q);
	}
	r->p = end + 1;
	return TRUE;
}

static const char *
paren_end(const char *p)
{
	gsize depth = 0;

	for (; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p;
	}
	return NULL;
}

static gboolean
read_comment(Reader *r)
{
	const char *end = r->no_paren ? NULL : paren_end(r->p);

	if (end == NULL) {
		r->no_paren = TRUE;
		return FALSE;
	}
	g_string_truncate(r->comment, 0);
	g_string_append_len(r->comment, r->p + 1, end - r->p - 1);
	r->p = end + 1;
	return TRUE;
}

static void
read_angle(Reader *r)
{
	const char *start = r->p + 1, *end;
	g_autofree char *spec = NULL, *phrase = NULL;

	while (*start == '<')
		start++;
	end = start + strcspn(start, "<>");
	if (*end != '>') /* "Ann <a@x, Bob <b@y>" */
		end = start + strcspn(start, ",;<");
	spec = g_strndup(start, (gsize)(end - start));
	phrase = g_strstrip(g_strdup(r->phrase->str));
	add_address(r, spec, phrase);
	g_string_truncate(r->phrase, 0);
	g_string_truncate(r->bare, 0);
	r->found = TRUE;
	r->p = *end == '>' ? end + 1 : end;
}

static void
read_text(Reader *r)
{
	gsize n = r->p[0] == '=' ? header_word(r->p) : 0;

	if (n > 0) {
		g_string_append_len(r->phrase, r->p, (gssize)n);
		r->p += n;
		return;
	}
	g_string_append_c(r->phrase, *r->p);
	g_string_append_c(r->bare, *r->p);
	r->p++;
}

/* A group's name ("undisclosed-recipients:") is no address; a domain literal
 * may hold colons. */
static void
read_colon(Reader *r)
{
	if (strchr(r->bare->str, '@') != NULL) {
		read_text(r);
		return;
	}
	piece_clear(r);
	r->p++;
}

static void
read_some(Reader *r)
{
	switch (*r->p) {
	case '"':
		if (!read_quoted(r))
			r->p++;
		break;
	case '(':
		if (!read_comment(r))
			read_text(r);
		break;
	case '<':
		read_angle(r);
		break;
	case ':':
		read_colon(r);
		break;
	case ',':
	case ';':
		piece_end(r);
		r->p++;
		break;
	default:
		read_text(r);
	}
}

void
addrlist_parse(const char *body, GPtrArray *addresses)
{
	Reader r = { .p = body, .addresses = addresses };
	guint had = addresses->len;

	r.phrase = g_string_new(NULL);
	r.bare = g_string_new(NULL);
	r.comment = g_string_new(NULL);
	r.before = g_string_new(NULL);
	while (*r.p != '\0')
		read_some(&r);
	piece_end(&r);
	/* "From: root" and "From: MAILER-DAEMON". */
	if (addresses->len == had && r.before->len > 0 &&
	    strpbrk(r.before->str, " \t,?") == NULL)
		g_ptr_array_add(addresses, address_new(r.before->str, ""));
	g_string_free(r.phrase, TRUE);
	g_string_free(r.bare, TRUE);
	g_string_free(r.comment, TRUE);
	g_string_free(r.before, TRUE);
}
