/* wire.c - a Message as one GVariant, written by the worker and read by the
 * process that holds the store. The reader trusts nothing: a mail may have
 * taken the worker over.
 *
 * wire_pack and wire_unpack name the members in the same order; a change of
 * WIRE_TYPE raises WIRE_VERSION, so that two versions never misread each other
 * while a new program is installed.
 *
 * octets: the variant, the octets of the attachments one after the other, the
 * variant's size as 8 octets of this machine. GVariant would look at each octet
 * of an array by itself to know that it is an octet. */
#include "mail/wire.h"

#include <string.h>

#include "ground/error.h"
#include "mail/body.h"
#include "mail/header.h"

#define WIRE_VERSION 2
#define ADDRESSES    "a(ss)"
#define ATTACHMENTS  "a(sssbxst)"
#define DSN          "m(asssss)"
#define WIRE_TYPE                                                              \
	"(usbasasxs" ADDRESSES "u" ADDRESSES ADDRESSES ADDRESSES ADDRESSES     \
	"a(ss)ssu" ATTACHMENTS "uasb" DSN "assx)"

/* Limits of what a Message may hold. Sizes are octets. */
#define LIST_MOST        1000
#define ATTACHMENTS_MOST 2000
#define LINE_MOST        (1024 * 1024)
#define TEXT_MOST        (2 * BODY_TEXT_MOST)

typedef enum Member {
	MEMBER_VERSION,
	MEMBER_ID,
	MEMBER_ID_MADE,
	MEMBER_IN_REPLY_TO,
	MEMBER_REFERENCES,
	MEMBER_DATE,
	MEMBER_SUBJECT,
	MEMBER_FROM,
	MEMBER_FROM_FIELDS,
	MEMBER_SENDER,
	MEMBER_REPLY_TO,
	MEMBER_TO,
	MEMBER_CC,
	MEMBER_FIELDS,
	MEMBER_BODY_TEXT,
	MEMBER_NEW_TEXT,
	MEMBER_QUOTED_LINES,
	MEMBER_ATTACHMENTS,
	MEMBER_KIND,
	MEMBER_KIND_REASONS,
	MEMBER_MAY_ANSWER,
	MEMBER_DSN,
	MEMBER_DEFECTS,
	MEMBER_CONTENT_HASH,
	MEMBER_SIZE,
} Member;

static GVariant *
pack_strings(const GPtrArray *strings)
{
	return g_variant_new_strv((const char *const *)strings->pdata,
	    strings->len);
}

static GVariant *
pack_pair(const char *a, const char *b)
{
	GVariant *pair[2] = { g_variant_new_string(a),
		g_variant_new_string(b) };

	return g_variant_new_tuple(pair, 2);
}

static GVariant *
pack_addresses(const GPtrArray *addresses)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE(ADDRESSES));
	for (guint i = 0; i < addresses->len; i++) {
		const Address *address = addresses->pdata[i];

		g_variant_builder_add_value(&builder,
		    pack_pair(address->address, address->name));
	}
	return g_variant_builder_end(&builder);
}

static GVariant *
pack_fields(const GArray *fields)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a(ss)"));
	for (guint i = 0; i < fields->len; i++) {
		const HeaderField *field =
		    &g_array_index(fields, HeaderField, i);

		g_variant_builder_add_value(&builder,
		    pack_pair(field->name, field->body));
	}
	return g_variant_builder_end(&builder);
}

static guint64
octets_size(const Attachment *attachment)
{
	return attachment->octets != NULL
		   ? g_bytes_get_size(attachment->octets)
		   : 0;
}

static GVariant *
pack_attachments(const GPtrArray *attachments)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE(ATTACHMENTS));
	for (guint i = 0; i < attachments->len; i++) {
		const Attachment *a = attachments->pdata[i];

		g_variant_builder_add(&builder, "(sssbxst)", a->name, a->type,
		    a->content_id, a->is_inline, a->size, a->sha256,
		    octets_size(a));
	}
	return g_variant_builder_end(&builder);
}

static GVariant *
pack_dsn(const Dsn *dsn)
{
	if (dsn == NULL)
		return g_variant_new_maybe(G_VARIANT_TYPE("(asssss)"), NULL);
	return g_variant_new_maybe(NULL,
	    g_variant_new("(@asssss)", pack_strings(dsn->recipients),
		dsn->status, dsn->action, dsn->diagnostic,
		dsn->original_message_id));
}

static GBytes *
join(GVariant *variant, const GPtrArray *attachments)
{
	guint64 size = g_variant_get_size(variant);
	GByteArray *all = g_byte_array_new();

	g_byte_array_append(all, g_variant_get_data(variant), (guint)size);
	for (guint i = 0; i < attachments->len; i++) {
		const Attachment *a = attachments->pdata[i];

		if (octets_size(a) > 0)
			g_byte_array_append(all,
			    g_bytes_get_data(a->octets, NULL),
			    (guint)octets_size(a));
	}
	g_byte_array_append(all, (const guint8 *)&size, sizeof(size));
	return g_byte_array_free_to_bytes(all);
}

GBytes *
wire_pack(const Message *m)
{
	GVariant *members[] = {
		[MEMBER_VERSION] = g_variant_new_uint32(WIRE_VERSION),
		[MEMBER_ID] = g_variant_new_string(m->message_id),
		[MEMBER_ID_MADE] = g_variant_new_boolean(m->message_id_made),
		[MEMBER_IN_REPLY_TO] = pack_strings(m->in_reply_to),
		[MEMBER_REFERENCES] = pack_strings(m->references),
		[MEMBER_DATE] = g_variant_new_int64(m->date),
		[MEMBER_SUBJECT] = g_variant_new_string(m->subject),
		[MEMBER_FROM] = pack_addresses(m->from),
		[MEMBER_FROM_FIELDS] = g_variant_new_uint32(m->from_fields),
		[MEMBER_SENDER] = pack_addresses(m->sender),
		[MEMBER_REPLY_TO] = pack_addresses(m->reply_to),
		[MEMBER_TO] = pack_addresses(m->to),
		[MEMBER_CC] = pack_addresses(m->cc),
		[MEMBER_FIELDS] = pack_fields(m->fields),
		[MEMBER_BODY_TEXT] = g_variant_new_string(m->body_text),
		[MEMBER_NEW_TEXT] = g_variant_new_string(m->new_text),
		[MEMBER_QUOTED_LINES] = g_variant_new_uint32(m->quoted_lines),
		[MEMBER_ATTACHMENTS] = pack_attachments(m->attachments),
		[MEMBER_KIND] = g_variant_new_uint32(m->kind),
		[MEMBER_KIND_REASONS] = pack_strings(m->kind_reasons),
		[MEMBER_MAY_ANSWER] = g_variant_new_boolean(m->may_answer),
		[MEMBER_DSN] = pack_dsn(m->dsn),
		[MEMBER_DEFECTS] = pack_strings(m->defects),
		[MEMBER_CONTENT_HASH] = g_variant_new_string(m->content_hash),
		[MEMBER_SIZE] = g_variant_new_int64(m->size),
	};
	g_autoptr(GVariant) wire = g_variant_ref_sink(
	    g_variant_new_tuple(members, G_N_ELEMENTS(members)));

	return join(wire, m->attachments);
}

/* No control but, in text, LF and TAB. */
static gboolean
is_clean(const char *text, gboolean lines)
{
	for (; *text != '\0'; text++) {
		guchar c = (guchar)*text;

		if (c == 0x7f ||
		    (c < ' ' && !(lines && (c == '\n' || c == '\t'))))
			return FALSE;
	}
	return TRUE;
}

/* The string member of a tuple, if it may stand in a Message. */
static gboolean
take_string(GVariant *tuple, guint member, gsize most, gboolean lines,
    char **to)
{
	g_autoptr(GVariant) value = g_variant_get_child_value(tuple, member);
	gsize length;
	const char *text = g_variant_get_string(value, &length);

	if (length > most || !is_clean(text, lines))
		return FALSE;
	g_free(*to);
	*to = g_strndup(text, length);
	return TRUE;
}

static gboolean
take_line(GVariant *tuple, guint member, char **to)
{
	return take_string(tuple, member, LINE_MOST, FALSE, to);
}

static guint32
get_number(GVariant *tuple, guint member)
{
	guint32 number;

	g_variant_get_child(tuple, member, "u", &number);
	return number;
}

static gint64
get_size(GVariant *tuple, guint member)
{
	gint64 number;

	g_variant_get_child(tuple, member, "x", &number);
	return number;
}

static gboolean
get_flag(GVariant *tuple, guint member)
{
	gboolean flag;

	g_variant_get_child(tuple, member, "b", &flag);
	return flag;
}

static gboolean
take_strings(GVariant *tuple, guint member, GPtrArray *to)
{
	g_autoptr(GVariant) list = g_variant_get_child_value(tuple, member);
	gsize n = g_variant_n_children(list);

	if (n > LIST_MOST)
		return FALSE;
	for (gsize i = 0; i < n; i++) {
		char *text = NULL;

		if (!take_line(list, (guint)i, &text))
			return FALSE;
		g_ptr_array_add(to, text);
	}
	return TRUE;
}

static gboolean
take_addresses(GVariant *tuple, guint member, GPtrArray *to)
{
	g_autoptr(GVariant) list = g_variant_get_child_value(tuple, member);
	gsize n = g_variant_n_children(list);

	if (n > LIST_MOST)
		return FALSE;
	for (gsize i = 0; i < n; i++) {
		g_autoptr(GVariant) pair = g_variant_get_child_value(list, i);
		g_autofree char *spec = NULL, *name = NULL;

		if (!take_line(pair, 0, &spec) || !take_line(pair, 1, &name))
			return FALSE;
		g_ptr_array_add(to, address_new(spec, name));
	}
	return TRUE;
}

static gboolean
take_fields(GVariant *tuple, guint member, GArray *to)
{
	g_autoptr(GVariant) list = g_variant_get_child_value(tuple, member);
	gsize n = g_variant_n_children(list);

	if (n > LIST_MOST)
		return FALSE;
	for (gsize i = 0; i < n; i++) {
		g_autoptr(GVariant) pair = g_variant_get_child_value(list, i);
		HeaderField field = { 0 };
		gboolean good = take_line(pair, 0, &field.name) &&
				take_line(pair, 1, &field.body);

		g_array_append_val(to, field);
		if (!good)
			return FALSE;
	}
	return TRUE;
}

static gboolean
is_digest(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* From the front of what is left of rest. */
static gboolean
take_octets(GVariant *tuple, guint member, GBytes **rest, Attachment *a)
{
	g_autoptr(GVariant) value = g_variant_get_child_value(tuple, member);
	guint64 size = g_variant_get_uint64(value);
	gsize left = g_bytes_get_size(*rest);
	GBytes *all = *rest;

	if (size == 0)
		return TRUE;
	if (size > left || (gint64)size != a->size)
		return FALSE;
	a->octets = g_bytes_new_from_bytes(all, 0, size);
	*rest = g_bytes_new_from_bytes(all, size, left - size);
	g_bytes_unref(all);
	return TRUE;
}

static gboolean
take_attachment(GVariant *tuple, GBytes **rest, Attachment *a)
{
	a->is_inline = get_flag(tuple, 3);
	a->size = get_size(tuple, 4);
	return take_line(tuple, 0, &a->name) &&
	       strpbrk(a->name, "/\\") == NULL && a->name[0] != '.' &&
	       take_line(tuple, 1, &a->type) &&
	       take_line(tuple, 2, &a->content_id) && a->size >= 0 &&
	       take_line(tuple, 5, &a->sha256) && is_digest(a->sha256) &&
	       take_octets(tuple, 6, rest, a);
}

static gboolean
take_attachments(GVariant *tuple, guint member, GBytes **rest, GPtrArray *to)
{
	g_autoptr(GVariant) list = g_variant_get_child_value(tuple, member);
	gsize n = g_variant_n_children(list);

	if (n > ATTACHMENTS_MOST)
		return FALSE;
	for (gsize i = 0; i < n; i++) {
		g_autoptr(GVariant) one = g_variant_get_child_value(list, i);
		Attachment *attachment = g_new0(Attachment, 1);

		g_ptr_array_add(to, attachment);
		if (!take_attachment(one, rest, attachment))
			return FALSE;
	}
	return g_bytes_get_size(*rest) == 0;
}

static gboolean
take_dsn(GVariant *tuple, guint member, Message *m)
{
	g_autoptr(GVariant) maybe = g_variant_get_child_value(tuple, member);
	g_autoptr(GVariant) dsn = g_variant_get_maybe(maybe);

	if (dsn == NULL)
		return TRUE;
	m->dsn = dsn_new();
	return take_strings(dsn, 0, m->dsn->recipients) &&
	       take_line(dsn, 1, &m->dsn->status) &&
	       take_line(dsn, 2, &m->dsn->action) &&
	       take_line(dsn, 3, &m->dsn->diagnostic) &&
	       take_line(dsn, 4, &m->dsn->original_message_id);
}

static gboolean
take_lists(GVariant *w, GBytes **rest, Message *m)
{
	return take_strings(w, MEMBER_IN_REPLY_TO, m->in_reply_to) &&
	       take_strings(w, MEMBER_REFERENCES, m->references) &&
	       take_addresses(w, MEMBER_FROM, m->from) &&
	       take_addresses(w, MEMBER_SENDER, m->sender) &&
	       take_addresses(w, MEMBER_REPLY_TO, m->reply_to) &&
	       take_addresses(w, MEMBER_TO, m->to) &&
	       take_addresses(w, MEMBER_CC, m->cc) &&
	       take_fields(w, MEMBER_FIELDS, m->fields) &&
	       take_attachments(w, MEMBER_ATTACHMENTS, rest, m->attachments) &&
	       take_strings(w, MEMBER_KIND_REASONS, m->kind_reasons) &&
	       take_dsn(w, MEMBER_DSN, m) &&
	       take_strings(w, MEMBER_DEFECTS, m->defects);
}

static gboolean
take_texts(GVariant *w, Message *m)
{
	return take_line(w, MEMBER_ID, &m->message_id) &&
	       take_line(w, MEMBER_SUBJECT, &m->subject) &&
	       take_string(w, MEMBER_BODY_TEXT, TEXT_MOST, TRUE,
		   &m->body_text) &&
	       take_string(w, MEMBER_NEW_TEXT, TEXT_MOST, TRUE, &m->new_text) &&
	       take_line(w, MEMBER_CONTENT_HASH, &m->content_hash) &&
	       is_digest(m->content_hash);
}

static gboolean
take_numbers(GVariant *w, Message *m)
{
	guint32 kind = get_number(w, MEMBER_KIND);

	m->message_id_made = get_flag(w, MEMBER_ID_MADE);
	m->date = get_size(w, MEMBER_DATE);
	m->from_fields = get_number(w, MEMBER_FROM_FIELDS);
	m->quoted_lines = get_number(w, MEMBER_QUOTED_LINES);
	m->may_answer = get_flag(w, MEMBER_MAY_ANSWER);
	m->size = get_size(w, MEMBER_SIZE);
	m->kind = (MessageKind)kind;
	return kind <= MESSAGE_SPAM && m->size >= 0;
}

/* The variant, and what stands between it and its size. NULL: there is no
 * such size. */
static GVariant *
split(GBytes *octets, GBytes **rest)
{
	gsize whole = g_bytes_get_size(octets);
	const char *data = g_bytes_get_data(octets, NULL);
	g_autoptr(GBytes) front = NULL;
	guint64 size;

	if (whole < sizeof(size))
		return NULL;
	whole -= sizeof(size);
	memcpy(&size, data + whole, sizeof(size));
	if (size > whole)
		return NULL;
	front = g_bytes_new_from_bytes(octets, 0, size);
	*rest = g_bytes_new_from_bytes(octets, size, whole - size);
	return g_variant_ref_sink(
	    g_variant_new_from_bytes(G_VARIANT_TYPE(WIRE_TYPE), front, FALSE));
}

Message *
wire_unpack(GBytes *octets, GError **error)
{
	g_autoptr(GBytes) rest = NULL;
	g_autoptr(GVariant) w = split(octets, &rest);
	g_autoptr(Message) m = NULL;

	/* Normal form also means valid UTF-8 in every string. */
	if (w == NULL || !g_variant_is_normal_form(w)) {
		error_permanent(error, "answer of the parser is malformed");
		return NULL;
	}
	if (get_number(w, MEMBER_VERSION) != WIRE_VERSION) {
		error_permanent(error, "answer of the parser has version %u",
		    get_number(w, MEMBER_VERSION));
		return NULL;
	}
	m = message_new();
	if (!take_numbers(w, m) || !take_texts(w, m) || !take_lists(w, &rest, m)) {
		error_permanent(error, "answer of the parser breaks a limit");
		return NULL;
	}
	return g_steal_pointer(&m);
}
