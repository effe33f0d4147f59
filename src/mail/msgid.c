/* msgid.c - a forgiving scan of Message-ID, In-Reply-To and References.
 *
 *   msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS]
 *
 * Real fields hold more: Exchange and iOS put commas between identifiers,
 * Outlook folds inside them, relays cut brackets off, and old programs write
 * whole phrases ("Your message of Monday <a@b>"). GMime's reader stops at the
 * first broken one, which would lose the thread. Called by message.c; policy
 * compares what comes out with the identifiers it knows. */
#include "mail/msgid.h"

#include <string.h>

static gboolean
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static gboolean
is_separator(char c)
{
	return is_space(c) || c == ',' || c == ';';
}

/* The octets from..to without white space; NULL if that is no identifier. An
 * identifier without "@" is borne only if it is one word. */
static char *
take(const char *from, const char *to)
{
	GString *id = g_string_new(NULL);
	gboolean at = FALSE;
	gboolean gap = FALSE;

	while (from < to && is_space(*from))
		from++;
	while (to > from && is_space(to[-1]))
		to--;
	for (const char *p = from; p < to; p++) {
		if (is_space(*p)) {
			gap = TRUE;
			continue;
		}
		at |= *p == '@';
		g_string_append_c(id, *p);
	}
	if (id->len == 0 || id->len > MSGID_MAX || (gap && !at) ||
	    strcmp(id->str, "@") == 0) {
		g_string_free(id, TRUE);
		return NULL;
	}
	return g_string_free(id, FALSE);
}

/* Reads after a "<" up to ">", the next "<" or the end. */
static char *
take_bracketed(const char **cursor)
{
	const char *from = *cursor;
	gsize length = strcspn(from, "<>");
	gboolean closed = from[length] == '>';
	gsize word;

	*cursor = from + length + (closed ? 1 : 0);
	if (closed)
		return take(from, from + length);
	/* No end: what stands up to the first space or comma is all that can
	 * be meant, and it needs its "@". */
	word = strcspn(from, " \t\r\n,;<");
	if (memchr(from, '@', word) == NULL)
		return NULL;
	return take(from, from + word);
}

/* A word that may be an identifier whose brackets were lost. */
static gboolean
is_bare(const char *word, gsize length)
{
	const char *at = memchr(word, '@', length);

	if (at == NULL || at == word || at + 1 == word + length)
		return FALSE;
	for (gsize i = 0; i < length; i++)
		if (strchr("()\"[]:\\", word[i]) != NULL)
			return FALSE;
	return TRUE;
}

/* In "Message from ann@shop.example of Monday" the address is no identifier:
 * two tickets would join because both name it. So nothing but further
 * identifiers may follow a bare one. */
static gboolean
is_followed_well(const char *p)
{
	while (is_space(*p))
		p++;
	if (*p == '\0' || *p == ',' || *p == ';' || *p == '<')
		return TRUE;
	return is_bare(p, strcspn(p, " \t\r\n,;<>"));
}

char *
msgid_next(const char **cursor)
{
	gboolean phrase = FALSE;
	char *id;

	g_return_val_if_fail(cursor != NULL && *cursor != NULL, NULL);
	while (**cursor != '\0') {
		const char *word = *cursor;
		gsize length;

		if (*word == '<') {
			*cursor = word + 1;
			id = take_bracketed(cursor);
			if (id != NULL)
				return id;
			phrase = FALSE;
			continue;
		}
		if (is_separator(*word) || *word == '>') {
			phrase = phrase && is_space(*word);
			*cursor = word + 1;
			continue;
		}
		length = strcspn(word, " \t\r\n,;<>");
		*cursor = word + length;
		if (is_bare(word, length) && !phrase &&
		    (**cursor == '>' || is_followed_well(*cursor))) {
			if (**cursor == '>')
				(*cursor)++;
			id = take(word, word + length);
			if (id != NULL)
				return id;
		}
		phrase = TRUE;
	}
	return NULL;
}

gboolean
msgid_is_valid(const char *msgid)
{
	const char *at;
	gsize length;

	if (msgid == NULL)
		return FALSE;
	length = strlen(msgid);
	at = strrchr(msgid, '@');
	if (length > MSGID_MAX || at == NULL || at == msgid || at[1] == '\0')
		return FALSE;
	for (gsize i = 0; i < length; i++)
		if (msgid[i] <= ' ' || msgid[i] > '~' || msgid[i] == '<' ||
		    msgid[i] == '>')
			return FALSE;
	return TRUE;
}

/* --- replies of relays ----------------------------------------------------- */

/* Queue ids are shorter: they never come back as a Message-ID. */
enum { RELAY_ID_LEAST = 16, RELAY_WORD_LEAST = 20 };

/* A long random left part; not an address of somebody, which a reply may
 * name too. */
static gboolean
is_relay_id(const char *word, gsize least)
{
	gsize left = strcspn(word, "@");
	guint digits = 0;

	for (gsize i = 0; i < left; i++) {
		if (!g_ascii_isalnum(word[i]) &&
		    strchr("._-+=", word[i]) == NULL)
			return FALSE;
		digits += g_ascii_isdigit(word[i]) ? 1 : 0;
	}
	return left >= least && digits >= 4;
}

static gboolean
announces(const char *word)
{
	static const char *const words[] = { "ok", "ok:", "as", "id" };

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		if (g_ascii_strcasecmp(words[i], word) == 0)
			return TRUE;
	return FALSE;
}

char *
msgid_of_reply(const char *reply)
{
	g_auto(GStrv) words = g_strsplit(reply, " ", 32);
	const char *before = "";

	for (guint i = 0; words[i] != NULL; i++) {
		char *word = words[i];
		gsize length = strlen(word);
		gboolean last = words[i + 1] == NULL;

		while (length > 0 && strchr(">,;.", word[length - 1]) != NULL)
			word[--length] = '\0';
		word += strspn(word, "<");
		if (strchr(word, '@') != NULL
			? msgid_is_valid(word) &&
			    is_relay_id(word, RELAY_ID_LEAST)
			: last && announces(before) &&
			    is_relay_id(word, RELAY_WORD_LEAST))
			return g_strdup(word);
		if (length > 0)
			before = word;
	}
	return NULL;
}
