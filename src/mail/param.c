/* param.c - MIME parameters in all the forms that mail programs write:
 *
 *	filename="a b.txt"              as it should be
 *	filename=a b.txt                unquoted with spaces
 *	filename*=UTF-8''a%20b.txt      RFC 2231
 *	filename*1=b.txt; filename*0=a  continuations, in any order
 *	filename="=?utf-8?B?...?="      forbidden by RFC 2047, common
 *
 * Raw 8-bit values are decoded by evidence. prescan.c takes the boundary from
 * here, part.c charset and names. */
#include "mail/param.h"

#include <string.h>

#include "mail/charset.h"
#include "mail/header.h"

#define PARAM_MOST 100

/* One "name=value" as written. */
typedef struct RawParam {
	char *name;
	GString *value;
	guint section;     /* number after "*", 0 */
	gboolean extended; /* name ended in "*" */
	gboolean sectioned;
} RawParam;

static void
raw_param_clear(gpointer data)
{
	RawParam *raw = data;

	g_free(raw->name);
	g_string_free(raw->value, TRUE);
}

static void
param_clear(gpointer data)
{
	Param *param = data;

	g_free(param->name);
	g_free(param->value);
}

static gboolean
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Moves past white space and comments (RFC 5322 CFWS); an unclosed comment
 * takes the rest. */
static const char *
skip_cfws(const char *p, const char *end)
{
	guint depth = 0;

	for (; p < end; p++) {
		if (depth > 0 && *p == '\\' && p + 1 < end)
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && depth > 0)
			depth--;
		else if (depth == 0 && !is_space(*p))
			break;
	}
	return p;
}

static const char *
read_quoted(const char *p, const char *end, GString *out)
{
	for (p++; p < end && *p != '"'; p++) {
		/* Windows paths come unescaped: only quotes and backslashes
		 * are taken as escaped. */
		if (*p == '\\' && p + 1 < end && (p[1] == '"' || p[1] == '\\'))
			p++;
		if (*p != '\r' && *p != '\n')
			g_string_append_c(out, *p);
	}
	return p < end ? p + 1 : end;
}

/* An unquoted value goes to the ";": "name=a b.txt" is a common mistake. */
static const char *
read_plain(const char *p, const char *end, GString *out)
{
	while (p < end && *p != ';') {
		if (*p != '\r' && *p != '\n')
			g_string_append_c(out, *p);
		p++;
	}
	g_strchomp(out->str);
	g_string_set_size(out, strlen(out->str));
	return p;
}

/* "filename*1*" to name, section and extended. */
static void
raw_param_name(RawParam *raw, const char *text, gsize length)
{
	g_autofree char *name = g_ascii_strdown(text, (gssize)length);
	char *star;

	g_strstrip(name);
	length = strlen(name);
	if (length > 0 && name[length - 1] == '*') {
		raw->extended = TRUE;
		name[length - 1] = '\0';
	}
	star = strchr(name, '*');
	if (star != NULL) {
		*star = '\0';
		raw->sectioned = TRUE;
		raw->section = (guint)g_ascii_strtoull(star + 1, NULL, 10);
	}
	raw->name = g_steal_pointer(&name);
}

static const char *
raw_param_read(const char *p, const char *end, GArray *raws)
{
	const char *start = p;
	RawParam raw = { 0 };

	while (p < end && *p != '=' && *p != ';')
		p++;
	if (p == end || *p == ';')
		return p;
	raw_param_name(&raw, start, (gsize)(p - start));
	raw.value = g_string_new(NULL);
	p = skip_cfws(p + 1, end);
	if (p < end && *p == '"')
		p = read_quoted(p, end, raw.value);
	else
		p = read_plain(p, end, raw.value);
	while (p < end && *p != ';')
		p++;
	g_array_append_val(raws, raw);
	return p;
}

static void
unpercent(GString *text)
{
	gsize w = 0;

	for (gsize r = 0; r < text->len; r++) {
		int high, low;

		if (text->str[r] == '%' && r + 2 < text->len &&
		    (high = g_ascii_xdigit_value(text->str[r + 1])) >= 0 &&
		    (low = g_ascii_xdigit_value(text->str[r + 2])) >= 0) {
			text->str[w++] = (char)(high << 4 | low);
			r += 2;
		} else {
			text->str[w++] = text->str[r];
		}
	}
	g_string_set_size(text, w);
}

/* Splits "charset'language'" off the first extended section. */
static char *
take_charset(GString *value)
{
	char *first = strchr(value->str, '\'');
	char *second = first != NULL ? strchr(first + 1, '\'') : NULL;
	char *charset;

	if (second == NULL)
		return NULL;
	charset = g_strndup(value->str, (gsize)(first - value->str));
	g_string_erase(value, 0, second + 1 - value->str);
	return charset;
}

static gint
by_section(gconstpointer a, gconstpointer b)
{
	const RawParam *x = *(RawParam *const *)a, *y = *(RawParam *const *)b;

	return x->section < y->section ? -1 : x->section > y->section;
}

/* Joins all sections of one name. */
static char *
join_sections(GArray *raws, const char *name)
{
	g_autoptr(GPtrArray) pieces = g_ptr_array_new();
	g_autoptr(GString) octets = g_string_new(NULL);
	g_autofree char *charset = NULL, *valid = NULL;

	for (guint i = 0; i < raws->len; i++) {
		RawParam *raw = &g_array_index(raws, RawParam, i);

		if (strcmp(raw->name, name) == 0 &&
		    (raw->extended || raw->sectioned))
			g_ptr_array_add(pieces, raw);
	}
	g_ptr_array_sort(pieces, by_section);
	for (guint i = 0; i < pieces->len; i++) {
		RawParam *raw = pieces->pdata[i];

		if (raw->extended) {
			if (i == 0)
				charset = take_charset(raw->value);
			unpercent(raw->value);
		}
		g_string_append_len(octets, raw->value->str,
		    (gssize)raw->value->len);
	}
	valid = charset_decode(octets->str, octets->len, charset, NULL);
	/* Outlook and others put encoded-words even into continuations. */
	if (charset == NULL && strstr(valid, "=?") != NULL)
		return header_decode(valid);
	return g_steal_pointer(&valid);
}

static char *
plain_value(const RawParam *raw)
{
	g_autofree char *valid =
	    charset_decode(raw->value->str, raw->value->len, NULL, NULL);

	if (strstr(valid, "=?") == NULL)
		return g_steal_pointer(&valid);
	return header_decode(valid);
}

static void
params_collect(Params *params, GArray *raws)
{
	/* RFC 2231 forms win over the plain form beside them, since the plain
	 * one is there for old readers. */
	for (int extended = 1; extended >= 0; extended--) {
		for (guint i = 0; i < raws->len; i++) {
			RawParam *raw = &g_array_index(raws, RawParam, i);
			Param param;

			if ((raw->extended || raw->sectioned) != extended ||
			    params_get(params, raw->name) != NULL)
				continue;
			param.name = g_strdup(raw->name);
			param.value = extended ? join_sections(raws, raw->name)
					       : plain_value(raw);
			g_array_append_val(params->list, param);
		}
	}
}

void
params_parse(Params *params, const char *body, gssize length)
{
	const char *end = body + (length < 0 ? strlen(body) : (gsize)length);
	g_autoptr(GArray) raws = g_array_new(FALSE, FALSE, sizeof(RawParam));
	const char *p = skip_cfws(body, end), *start = p;

	g_array_set_clear_func(raws, raw_param_clear);
	params->list = g_array_new(FALSE, FALSE, sizeof(Param));
	g_array_set_clear_func(params->list, param_clear);
	while (p < end && *p != ';' && *p != '(' && !is_space(*p))
		p++;
	params->value = g_ascii_strdown(start, p - start);
	while (p < end && *p != ';')
		p++;
	while (p < end && raws->len < PARAM_MOST) {
		p = skip_cfws(p + 1, end);
		p = raw_param_read(p, end, raws);
	}
	params_collect(params, raws);
}

void
params_clear(Params *params)
{
	g_clear_pointer(&params->value, g_free);
	g_clear_pointer(&params->list, g_array_unref);
}

const char *
params_get(const Params *params, const char *name)
{
	for (guint i = 0; i < params->list->len; i++) {
		const Param *param = &g_array_index(params->list, Param, i);

		if (strcmp(param->name, name) == 0)
			return param->value;
	}
	return NULL;
}
