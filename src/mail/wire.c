/* wire.c - a Message as octets, written by the worker and read by the process
 * that holds the store (parser.c). The reader trusts nothing: a mail may have
 * taken the worker over.
 *
 * Both directions go through the same functions, so that they cannot differ
 * about the order of the members; a change of it raises WIRE_VERSION, so that
 * two versions never misread each other while a new program is installed.
 *
 * number = 8 octets of this machine; text = number of octets, octets; list =
 * number of members, members. */
#include "mail/wire.h"

#include <string.h>

#include "ground/error.h"
#include "ground/text.h"
#include "mail/body.h"
#include "mail/cleanhtml.h"
#include "mail/dsn.h"
#include "mail/header.h"

#define WIRE_VERSION 0x6a763034 /* "jv04" */

/* Limits of what a Message may hold. Sizes are octets. */
#define LIST_MOST        1000
#define ATTACHMENTS_MOST 2000
#define LINE_MOST        (1024 * 1024)
#define TEXT_MOST        (2 * BODY_TEXT_MOST)

/* Eight octets at a time: one in each, its highest bit in each. */
#define ONES  G_GUINT64_CONSTANT(0x0101010101010101)
#define HIGHS G_GUINT64_CONSTANT(0x8080808080808080)

typedef struct Wire {
	GByteArray *out;    /* NULL when reading */
	GBytes *in;         /* NULL when writing */
	const guint8 *data; /* of in */
	gsize at, size;
	gboolean is_bad; /* reading: it breaks a rule; nothing more is read */
} Wire;

/* The next size octets, or NULL. */
static const guint8 *
take(Wire *w, guint64 size)
{
	if (w->is_bad || w->data == NULL || size > w->size - w->at) {
		w->is_bad = TRUE;
		return NULL;
	}
	w->at += size;
	return w->data + w->at - size;
}

/* Reading leaves number as it is when there is none, or more than most. */
static void
wire_number(Wire *w, gint64 *number, gint64 least, gint64 most)
{
	const guint8 *octets;
	gint64 value;

	if (w->out != NULL) {
		g_byte_array_append(w->out, (const guint8 *)number,
		    sizeof(*number));
		return;
	}
	octets = take(w, sizeof(value));
	if (octets == NULL)
		return;
	memcpy(&value, octets, sizeof(value));
	if (value < least || value > most)
		w->is_bad = TRUE;
	else
		*number = value;
}

static void
wire_uint(Wire *w, guint *number, guint most)
{
	gint64 value = *number;

	wire_number(w, &value, 0, most);
	*number = (guint)value;
}

static void
wire_flag(Wire *w, gboolean *flag)
{
	gint64 value = *flag ? 1 : 0;

	wire_number(w, &value, 0, 1);
	*flag = value != 0;
}

/* For each octet of x that is c, its highest bit. */
static guint64
octets_that_are(guint64 x, guchar c)
{
	x ^= ONES * c;
	return ~(((x & ~HIGHS) + ~HIGHS) | x) & HIGHS;
}

/* No octet of x is a control but, in text, LF or TAB. */
static gboolean
is_clean_word(guint64 x, gboolean lines)
{
	guint64 delete = octets_that_are(x, 0x7f);
	guint64 control = ~(((x & ~HIGHS) + ONES * 0x60) | x) & HIGHS;

	if (control != 0 && lines)
		control &=
		    ~(octets_that_are(x, '\n') | octets_that_are(x, '\t'));
	return (control | delete) == 0;
}

/* Valid UTF-8 without controls but, in text, LF and TAB. */
static gboolean
is_clean(const guint8 *text, gsize size, gboolean lines)
{
	guint64 x = ONES * ' ';
	gsize i = 0;

	for (; size - i >= 8; i += 8) {
		memcpy(&x, text + i, 8);
		if (!is_clean_word(x, lines))
			return FALSE;
	}
	x = ONES * ' ';
	for (; i < size; i++)
		x = x << 8 | text[i];
	return is_clean_word(x, lines) &&
	       text_is_utf8((const char *)text, size);
}

static void
wire_string(Wire *w, char **text, gsize most, gboolean lines)
{
	gint64 size = w->out != NULL ? (gint64)strlen(*text) : 0;
	const guint8 *octets;

	wire_number(w, &size, 0, (gint64)most);
	if (w->out != NULL) {
		g_byte_array_append(w->out, (const guint8 *)*text, (guint)size);
		return;
	}
	octets = take(w, (guint64)size);
	if (octets == NULL)
		return;
	if (!is_clean(octets, (gsize)size, lines)) {
		w->is_bad = TRUE;
		return;
	}
	g_free(*text);
	*text = g_strndup((const char *)octets, (gsize)size);
}

static void
wire_line(Wire *w, char **text)
{
	wire_string(w, text, LINE_MOST, FALSE);
}

static void
wire_text(Wire *w, char **text)
{
	wire_string(w, text, TEXT_MOST, TRUE);
}

/* How many members; 0 if reading went wrong. */
static guint
wire_count(Wire *w, guint count, guint most)
{
	wire_uint(w, &count, most);
	return w->is_bad ? 0 : count;
}

static void
wire_strings(Wire *w, GPtrArray *strings)
{
	guint n = wire_count(w, strings->len, LIST_MOST);

	for (guint i = 0; i < n && !w->is_bad; i++) {
		if (w->out == NULL)
			g_ptr_array_add(strings, g_strdup(""));
		wire_line(w, (char **)&strings->pdata[i]);
	}
}

static void
wire_address(Wire *w, Address *address)
{
	wire_line(w, &address->address);
	wire_line(w, &address->name);
}

static void
wire_addresses(Wire *w, GPtrArray *addresses)
{
	guint n = wire_count(w, addresses->len, LIST_MOST);

	for (guint i = 0; i < n && !w->is_bad; i++) {
		if (w->out == NULL)
			g_ptr_array_add(addresses, address_new("", ""));
		wire_address(w, addresses->pdata[i]);
	}
}

static void
wire_fields(Wire *w, GArray *fields)
{
	guint n = wire_count(w, fields->len, LIST_MOST);

	for (guint i = 0; i < n && !w->is_bad; i++) {
		HeaderField *field;

		if (w->out == NULL) {
			HeaderField empty = { g_strdup(""), g_strdup("") };

			g_array_append_val(fields, empty);
		}
		field = &g_array_index(fields, HeaderField, i);
		wire_line(w, &field->name);
		wire_line(w, &field->body);
	}
}

static void
wire_digest(Wire *w, char **digest)
{
	wire_line(w, digest);
	if (w->out == NULL && (strlen(*digest) != 64 ||
				  strspn(*digest, "0123456789abcdef") != 64))
		w->is_bad = TRUE;
}

/* All of them or none, as they were asked for. */
static void
wire_octets(Wire *w, Attachment *a)
{
	gboolean there = a->octets != NULL;
	gsize size;
	gconstpointer data;

	wire_flag(w, &there);
	if (!there || w->is_bad)
		return;
	if (w->out != NULL) {
		data = g_bytes_get_data(a->octets, &size);
		g_byte_array_append(w->out, data, (guint)size);
		return;
	}
	if (take(w, (guint64)a->size) != NULL)
		a->octets = g_bytes_new_from_bytes(w->in,
		    w->at - (gsize)a->size, (gsize)a->size);
}

static gboolean
is_safe_name(const char *name)
{
	return strpbrk(name, "/\\") == NULL && name[0] != '.';
}

static void
wire_attachment(Wire *w, Attachment *a)
{
	wire_line(w, &a->name);
	wire_line(w, &a->type);
	wire_line(w, &a->content_id);
	wire_flag(w, &a->is_inline);
	wire_number(w, &a->size, 0, G_MAXINT64);
	wire_digest(w, &a->sha256);
	wire_octets(w, a);
	if (w->out == NULL && !is_safe_name(a->name))
		w->is_bad = TRUE;
}

static Attachment *
attachment_empty(void)
{
	Attachment *a = g_new0(Attachment, 1);

	a->name = g_strdup("");
	a->type = g_strdup("");
	a->content_id = g_strdup("");
	a->sha256 = g_strdup("");
	return a;
}

static void
wire_attachments(Wire *w, GPtrArray *attachments)
{
	guint n = wire_count(w, attachments->len, ATTACHMENTS_MOST);

	for (guint i = 0; i < n && !w->is_bad; i++) {
		if (w->out == NULL)
			g_ptr_array_add(attachments, attachment_empty());
		wire_attachment(w, attachments->pdata[i]);
	}
}

static void
wire_dsn(Wire *w, Dsn **dsn)
{
	gboolean there = *dsn != NULL;

	wire_flag(w, &there);
	if (!there)
		return;
	if (*dsn == NULL)
		*dsn = dsn_new();
	wire_strings(w, (*dsn)->recipients);
	wire_line(w, &(*dsn)->status);
	wire_line(w, &(*dsn)->action);
	wire_line(w, &(*dsn)->diagnostic);
	wire_line(w, &(*dsn)->original_message_id);
}

static void
wire_forward(Wire *w, Forward **forward)
{
	gboolean there = *forward != NULL, signed_by;

	wire_flag(w, &there);
	if (!there)
		return;
	if (*forward == NULL)
		*forward = forward_new();
	signed_by = (*forward)->author != NULL;
	wire_flag(w, &signed_by);
	if (signed_by && (*forward)->author == NULL)
		(*forward)->author = address_new("", "");
	if (signed_by)
		wire_address(w, (*forward)->author);
	wire_line(w, &(*forward)->subject);
	wire_text(w, &(*forward)->text);
}

/* Often nothing is quoted: the same text need not be sent twice. */
static void
wire_new_text(Wire *w, Message *m)
{
	gboolean same = strcmp(m->body_text, m->new_text) == 0;

	wire_flag(w, &same);
	if (!same) {
		wire_text(w, &m->new_text);
	} else if (w->out == NULL) {
		g_free(m->new_text);
		m->new_text = g_strdup(m->body_text);
	}
}

/* It may go on to a customer. */
static void
wire_html(Wire *w, Message *m)
{
	wire_text(w, &m->html);
	if (w->out == NULL && !w->is_bad && !cleanhtml_check(m->html))
		w->is_bad = TRUE;
}

static void
wire_message(Wire *w, Message *m)
{
	guint kind = m->kind;

	wire_line(w, &m->message_id);
	wire_flag(w, &m->message_id_made);
	wire_strings(w, m->in_reply_to);
	wire_strings(w, m->references);
	wire_number(w, &m->date, G_MININT64, G_MAXINT64);
	wire_line(w, &m->subject);
	wire_addresses(w, m->from);
	wire_uint(w, &m->from_fields, G_MAXUINT);
	wire_addresses(w, m->sender);
	wire_addresses(w, m->reply_to);
	wire_addresses(w, m->to);
	wire_addresses(w, m->cc);
	wire_fields(w, m->fields);
	wire_text(w, &m->body_text);
	wire_new_text(w, m);
	wire_uint(w, &m->quoted_lines, G_MAXUINT);
	wire_html(w, m);
	wire_attachments(w, m->attachments);
	wire_uint(w, &m->protection, MESSAGE_SIGNED | MESSAGE_ENCRYPTED);
	wire_forward(w, &m->forward);
	wire_uint(w, &kind, MESSAGE_SPAM);
	wire_strings(w, m->kind_reasons);
	wire_uint(w, &m->list_signs, G_MAXUINT);
	wire_flag(w, &m->may_answer);
	wire_dsn(w, &m->dsn);
	wire_strings(w, m->defects);
	wire_digest(w, &m->content_hash);
	wire_number(w, &m->size, 0, G_MAXINT64);
	m->kind = (MessageKind)kind;
}

GBytes *
wire_pack(const Message *message)
{
	Wire w = { .out = g_byte_array_sized_new(8192) };
	gint64 version = WIRE_VERSION;

	wire_number(&w, &version, 0, G_MAXINT64);
	/* Writing changes nothing in it. */
	wire_message(&w, (Message *)message);
	return g_byte_array_free_to_bytes(w.out);
}

Message *
wire_unpack(GBytes *octets, GError **error)
{
	Wire w = { .in = octets };
	g_autoptr(Message) m = message_new();
	gint64 version = 0;

	w.data = g_bytes_get_data(octets, &w.size);
	wire_number(&w, &version, 0, G_MAXINT64);
	if (version != WIRE_VERSION) {
		error_permanent(error, "answer of the parser is malformed, or "
				       "of another version");
		return NULL;
	}
	wire_message(&w, m);
	if (w.is_bad || w.at != w.size) {
		error_permanent(error, "answer of the parser breaks a rule");
		return NULL;
	}
	return g_steal_pointer(&m);
}
