/* author.c - the requester by header, and the first author of a forward.
 * policy/ asks before it opens a ticket; the tables of quoted header blocks are
 * those of quote.c. */
#include "mail/author.h"

#include <string.h>

#include "ground/text.h"
#include "mail/addrlist.h"
#include "mail/quote_find.h"
#include "mail/quoteline.h"
#include "mail/quotewords.h"

#define NAME_MOST    300
#define LOOK_LINES   6  /* from a separator to its block */
#define BLOCK_LINES  16 /* of a header block, blank ones too */
#define FORWARD_MOST (256 * 1024)

/* Who else may have written it, best first. */
static const char *const others[] = { "Reply-To", "X-Original-From",
	"X-Original-Sender", "X-Google-Original-From" };

static GPtrArray *
addresses_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)address_free);
}

/* "Ann Smith via Support" and "'Ann Smith' via Support" (Google Groups, DMARC
 * rewriting of mailing lists): the person's name. */
static char *
without_via(const char *name)
{
	const char *via = strstr(name, " via ");
	g_autofree char *cut = via != NULL && via > name
				   ? g_strndup(name, (gsize)(via - name))
				   : g_strdup(name);
	gsize n = strlen(cut);

	if (n > 2 && strchr("'\"", cut[0]) != NULL && cut[n - 1] == cut[0])
		return g_strndup(cut + 1, n - 2);
	return g_steal_pointer(&cut);
}

/* The first of addresses that is a person's, or NULL. */
static const Address *
pick(const GPtrArray *addresses, AuthorIsForm is_form, gpointer data)
{
	for (guint i = 0; i < addresses->len; i++) {
		const Address *one = addresses->pdata[i];

		if (address_is_valid(one->address) &&
		    !is_form(one->address, data))
			return one;
	}
	return NULL;
}

static void
tell(const char **field, const char *name)
{
	if (field != NULL)
		*field = name;
}

Address *
author_requester(const Message *message, AuthorIsForm is_form, gpointer data,
    const char **field)
{
	const Address *from = message_author(message);
	const Address *found = pick(message->from, is_form, data);

	tell(field, NULL);
	if (found != NULL) {
		tell(field, "From");
		return address_new(found->address, found->name);
	}
	/* Without any From nobody has said that another field may speak. */
	for (guint i = 0; from != NULL && i < G_N_ELEMENTS(others); i++) {
		const char *body = message_field(message, others[i]);
		g_autoptr(GPtrArray) list = addresses_new();
		g_autofree char *name = NULL;

		if (body == NULL)
			continue;
		addrlist_parse(body, list);
		found = pick(list, is_form, data);
		if (found == NULL)
			continue;
		tell(field, others[i]);
		name = found->name[0] != '\0' ? g_strdup(found->name)
		       : strstr(from->name, " via ") != NULL
			   ? without_via(from->name)
			   : g_strdup("");
		return address_new(found->address, name);
	}
	return NULL;
}

/* Text of the line behind its label, without stars (bold in plain text). */
static char *
line_value(const char *text, const QuoteLine *line)
{
	g_autofree char *raw =
	    g_strndup(text + line->start, line->end - line->start);
	const char *colon = strchr(raw, ':');
	const char *wide = strstr(raw, "\uff1a");
	const char *value = raw;

	if (wide != NULL && (colon == NULL || wide < colon))
		value = wide + strlen("\uff1a");
	else if (colon != NULL)
		value = colon + 1;
	value += strspn(value, " \t*");
	return text_clean_line(value, NAME_MOST * 2);
}

/* Length of the addr-spec that ends or begins around the "@" at mark. */
static gsize
spec_around(const char *text, const char *mark, const char **start)
{
	static const char stops[] = " \t<>[]()\"',;:|";
	const char *p = mark;

	while (p > text && strchr(stops, p[-1]) == NULL)
		p--;
	*start = p;
	return (gsize)(mark - p) + strcspn(mark, stops);
}

/* "Ann <ann@x>", "Ann [mailto:ann@x]", "ann@x <mailto:ann@x>", "Ann (ann@x)",
 * "Ann". */
static Address *
author_of(const char *value)
{
	const char *mark = strchr(value, '@'), *start;
	g_autofree char *raw = NULL, *spec = NULL, *name = NULL, *clean = NULL;
	gsize n;

	if (mark == NULL)
		return NULL;
	n = spec_around(value, mark, &start);
	raw = g_strndup(start, n);
	spec = addrlist_spec(raw);
	if (!address_is_valid(spec))
		return NULL;
	name = g_strndup(value, (gsize)(start - value));
	if (g_str_has_suffix(name, "mailto:"))
		name[strlen(name) - strlen("mailto:")] = '\0';
	g_strdelimit(name, "<>[]()\"*", ' ');
	clean = text_clean_line(g_strstrip(name), NAME_MOST);
	g_strstrip(clean);
	return address_new(spec, clean);
}

static const QuoteLine *
line_at(const GArray *lines, guint i)
{
	return &g_array_index(lines, QuoteLine, i);
}

/* From line i on, as written. */
static char *
text_from(const char *text, const GArray *lines, guint i)
{
	const char *start;
	gsize n;

	while (i < lines->len && (line_at(lines, i)->looks & LOOK_BLANK) != 0)
		i++;
	if (i >= lines->len)
		return g_strdup("");
	start = text + line_at(lines, i)->start;
	n = strlen(start);
	if (n > FORWARD_MOST) {
		n = FORWARD_MOST;
		while (n > 0 && ((guchar)start[n] & 0xc0) == 0x80)
			n--;
	}
	return g_strndup(start, n);
}

/* A name alone counts when its address stands on the next line. */
static void
take_field(Forward *forward, const char *text, const GArray *lines, guint i)
{
	const QuoteLine *line = line_at(lines, i);
	g_autofree char *value = line_value(text, line);

	if ((line->field & FIELD_FROM) != 0 && forward->author == NULL) {
		forward->author = author_of(value);
		if (forward->author == NULL && i + 1 < lines->len &&
		    line_at(lines, i + 1)->field == 0) {
			const QuoteLine *next = line_at(lines, i + 1);
			g_autofree char *more = g_strndup(text + next->start,
			    next->end - next->start);
			g_autofree char *both =
			    g_strconcat(value, " ", more, NULL);

			forward->author = author_of(both);
		}
	} else if ((line->field & FIELD_SUBJECT) != 0 &&
		   forward->subject[0] == '\0') {
		g_free(forward->subject);
		forward->subject = g_steal_pointer(&value);
	}
}

/* The block at line i and what is below it. */
static Forward *
read_block(const char *text, const GArray *lines, guint i)
{
	Forward *forward = forward_new();
	guint seen = 0, end = i;

	for (guint k = i; k < lines->len && k < i + BLOCK_LINES; k++) {
		const QuoteLine *line = line_at(lines, k);

		/* A second line of one kind is the text's, and so is what
		 * comes after a line that is none. */
		if (line->field == 0) {
			if (k > end + 2)
				break;
			continue;
		}
		if ((line->field & ~seen) == 0)
			break;
		take_field(forward, text, lines, k);
		seen |= line->field;
		end = k;
	}
	end++;
	/* A value may go on in the next line. */
	while (end < lines->len && line_at(lines, end)->field == 0 &&
	       (line_at(lines, end)->looks & LOOK_BLANK) == 0 &&
	       end + 1 < lines->len &&
	       (line_at(lines, end - 1)->field & FIELD_SUBJECT) == 0 &&
	       (line_at(lines, end)->looks & LOOK_ADDRESS) != 0)
		end++;
	g_free(forward->text);
	forward->text = text_from(text, lines, end);
	return forward;
}

/* "10.01.2026, 12:00, "Ann" <ann@x>:" below the separator (Yandex), or NULL. */
static Forward *
read_line(const char *text, const GArray *lines, guint i)
{
	const QuoteLine *line = line_at(lines, i);
	g_autofree char *raw = NULL;
	const char *name;
	Forward *forward;
	Address *author;

	if ((line->looks & LOOK_ADDRESS) == 0 ||
	    (line->looks & (LOOK_ENDING | LOOK_BRACKETED)) == 0)
		return NULL;
	raw = g_strndup(text + line->start, line->end - line->start);
	/* What is before the name is the date. */
	name = strchr(raw, '"');
	author = author_of(name != NULL ? name : raw);
	if (author == NULL)
		return NULL;
	if (name == NULL) {
		g_free(author->name);
		author->name = g_strdup("");
	}
	forward = forward_new();
	forward->author = author;
	g_free(forward->text);
	forward->text = text_from(text, lines, i + 1);
	return forward;
}

/* The block or line that belongs to the separator at i, or NULL. */
static Forward *
read_below(const char *text, const QuoteRange *range, guint i)
{
	for (guint k = i + 1; k < range->end && k <= i + LOOK_LINES; k++) {
		if ((line_at(range->lines, k)->looks & LOOK_BLANK) != 0)
			continue;
		if (quote_find_block(range, k))
			return read_block(text, range->lines, k);
		return read_line(text, range->lines, k);
	}
	return NULL;
}

/* Apple Mail and others quote what they forward. */
static char *
without_marks(const char *text)
{
	GString *out = g_string_sized_new(strlen(text));

	while (*text != '\0') {
		gsize n = strcspn(text, "\n");

		if (*text == '>') {
			text += 1 + (text[1] == ' ');
			continue;
		}
		n += text[n] == '\n';
		g_string_append_len(out, text, (gssize)n);
		text += n;
	}
	return g_string_free(out, FALSE);
}

Forward *
author_forwarded_text(const char *text)
{
	g_autofree char *plain = without_marks(text);
	g_autoptr(QuoteLines) lines = quoteline_split(plain);
	QuoteRange range = { 0 };
	Forward *forward = NULL;

	quote_range_init(&range, lines->lines);
	for (guint i = 0; i < range.end && forward == NULL; i++) {
		const QuoteLine *line = line_at(lines->lines, i);

		if ((line->looks & (LOOK_FORWARDED | LOOK_ORIGINAL)) != 0)
			forward = read_below(plain, &range, i);
		else if (line->field != 0 && quote_find_block(&range, i))
			forward = read_block(plain, lines->lines, i);
	}
	quote_range_clear(&range);
	return forward;
}

Forward *
author_forwarded(const Message *message)
{
	const Forward *attached = message->forward;
	Forward *copy;

	if (attached == NULL || attached->author == NULL)
		return author_forwarded_text(message->body_text);
	copy = forward_new();
	copy->author =
	    address_new(attached->author->address, attached->author->name);
	g_free(copy->subject);
	copy->subject = g_strdup(attached->subject);
	g_free(copy->text);
	copy->text = g_strdup(attached->text);
	return copy;
}
