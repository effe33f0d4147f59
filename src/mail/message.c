/* message.c - octets to Message: the order in which the parts of this layer
 * work on a mail. The worker (parser.c) calls message_parse; wire.c carries the
 * result to everybody else.
 *
 *	octets -> prescan -> GMime (parts) and header (fields)
 *	       -> addrlist, msgid -> body -> quote -> dsn -> autosub
 */
#include "mail/message.h"

#include <gmime/gmime.h>
#include <string.h>

#include "ground/text.h"
#include "mail/addrlist.h"
#include "mail/autosub.h"
#include "mail/body.h"
#include "mail/charset.h"
#include "mail/digest.h"
#include "mail/dsn.h"
#include "mail/header.h"
#include "mail/html.h"
#include "mail/msgid.h"
#include "mail/octets.h"
#include "mail/prescan.h"
#include "mail/quote.h"

#define REFERENCES_MOST 1000
#define ID_MOST         998
#define WITHIN_MOST     50           /* mails within that are read */
#define FORWARD_MOST    (256 * 1024) /* octets of a forward's text */
#define COPIED_MOST     (256 * 1024)
#define YEAR            (366 * G_GINT64_CONSTANT(86400))

void
message_init(void)
{
	g_mime_init();
	digest_free(digest_new());
	charset_init();
	html_init();
	quote_init();
	autosub_init();
}

static Message *parse(const Octets *raw, guint flags);

static void
assign(char **to, char *value)
{
	g_free(*to);
	*to = value;
}

static void
read_addresses(const Message *message, const char *name, GPtrArray *addresses)
{
	const char *body = message_field(message, name);

	if (body != NULL)
		addrlist_parse(body, addresses);
}

static void
read_ids(const Message *message, const char *name, GPtrArray *ids)
{
	const char *cursor;

	for (guint n = 0;
	     (cursor = message_field_nth(message, name, n)) != NULL; n++) {
		char *id;

		while (ids->len < REFERENCES_MOST &&
		       (id = msgid_next(&cursor)) != NULL)
			g_ptr_array_add(ids, id);
	}
}

/* Some programs forget the brackets or write words: then the body as it is,
 * so that two mails of one program stay different. */
static void
read_message_id(Message *message)
{
	const char *body = message_field(message, "Message-ID");
	const char *cursor = body;
	char *id;

	if (body == NULL)
		return;
	id = msgid_next(&cursor);
	if (id == NULL) {
		id = text_clean_line(body, ID_MOST);
		g_strdelimit(id, "<> ", '_');
	}
	assign(&message->message_id, id);
}

/* A Date before mail was invented, or far ahead, is no date. */
static gint64
read_date(const Message *message)
{
	const char *body = message_field(message, "Date");
	GDateTime *date;
	gint64 seconds;

	if (body == NULL || strlen(body) > 200)
		return 0;
	date = g_mime_utils_header_decode_date(body);
	if (date == NULL)
		return 0;
	seconds = g_date_time_to_unix(date);
	g_date_time_unref(date);
	return seconds > 10 * YEAR && seconds < 130 * YEAR ? seconds : 0;
}

static guint
count_fields(const Message *message, const char *name)
{
	guint n = 0;

	while (message_field_nth(message, name, n) != NULL)
		n++;
	return n;
}

static void
read_header(Message *message)
{
	const char *subject = message_field(message, "Subject");

	read_message_id(message);
	read_ids(message, "In-Reply-To", message->in_reply_to);
	read_ids(message, "References", message->references);
	message->date = read_date(message);
	if (subject != NULL)
		assign(&message->subject, header_line(subject, 0));
	message->from_fields = count_fields(message, "From");
	read_addresses(message, "From", message->from);
	read_addresses(message, "Sender", message->sender);
	read_addresses(message, "Reply-To", message->reply_to);
	read_addresses(message, "To", message->to);
	read_addresses(message, "Cc", message->cc);
}

static void
tell_repeated(Message *message)
{
	static const char *const once[] = { "From", "Subject", "Date",
		"Message-ID" };

	for (guint i = 0; i < G_N_ELEMENTS(once); i++) {
		if (message_field_nth(message, once[i], 1) != NULL)
			g_ptr_array_add(message->defects,
			    g_strdup_printf("more than one %s", once[i]));
	}
	if (message->from->len == 0)
		g_ptr_array_add(message->defects, g_strdup("no author"));
}

static void
hash_header(const Message *message, Digest *content)
{
	static const char *const names[] = { "From", "To", "Cc", "Subject",
		"Date" };

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *body = message_field(message, names[i]);

		digest_add(content, names[i], strlen(names[i]));
		digest_add(content, ":", 1);
		if (body != NULL)
			digest_add(content, body, strlen(body));
		digest_add(content, "\n", 1);
	}
}

/* GMime reads a large mail from its file, so that only a window of it is in
 * memory, and others where they are. array lives as long. */
static GMimeStream *
stream_of(const Octets *octets, GByteArray *array)
{
	gsize size;
	gconstpointer data = g_bytes_get_data(octets->bytes, &size);
	GMimeStream *stream;

	if (octets_is_large(octets)) {
		stream = g_mime_stream_fs_new_with_bounds(octets->fd,
		    octets->offset, octets->offset + (gint64)size);
		g_mime_stream_fs_set_owner(GMIME_STREAM_FS(stream), FALSE);
		return stream;
	}
	array->data = (guint8 *)data;
	array->len = (guint)MIN(size, G_MAXUINT);
	stream = g_mime_stream_mem_new_with_byte_array(array);
	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	return stream;
}

/* As a part, since GMime would read each address of a message, and header.c has
 * done so. prescan has left nothing but fields above the body, which is all that
 * GMime could see in a different way. */
static GMimeObject *
construct(const Octets *octets)
{
	GByteArray array = { 0 };
	GMimeStream *stream = stream_of(octets, &array);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeObject *root;

	g_mime_parser_set_persist_stream(parser, TRUE);
	root = g_mime_parser_construct_part(parser, NULL);
	g_object_unref(parser);
	g_object_unref(stream);
	return root;
}

/* lean: what GMime is given first, or NULL. */
static void
read_parts(Message *message, BodySource *source, GBytes *lean, guint flags,
    Digest *content, BodyInside *inside)
{
	Octets octets = { .bytes = lean, .fd = -1 };
	GMimeObject *root = construct(lean != NULL ? &octets : source->octets);

	if (root == NULL || !body_number(root, source, inside)) {
		g_clear_object(&root);
		source->leaves = NULL;
		root = construct(source->octets);
		if (root != NULL)
			body_number(root, source, inside);
	}
	if (root != NULL) {
		body_read(root, source, flags, message, content, inside);
		g_object_unref(root);
	} else if (g_bytes_get_size(source->octets->bytes) > 0) {
		g_ptr_array_add(message->defects,
		    g_strdup("parts could not be read"));
	}
}

/* GMime makes an object of each field and looks at each line. What prescan has
 * found already need not be there: fields that do not describe the content, and
 * the bodies of leaves, but for the last one if it has no end. NULL if too much
 * would be left for a copy, or if the header has two ends. */
static GBytes *
make_lean(const Octets *octets, gsize body, const GArray *leaves)
{
	gsize size, at = body, left;
	const char *data = g_bytes_get_data(octets->bytes, &size);
	GByteArray *out;

	left = size;
	for (guint i = 0; i < leaves->len; i++) {
		const PrescanRange *leaf =
		    &g_array_index(leaves, PrescanRange, i);

		if (leaf->start < at || leaf->end < leaf->start)
			return NULL;
		at = leaf->end;
		left -= leaf->end < size ? leaf->end - leaf->start : 0;
	}
	if (body >= size || left > COPIED_MOST)
		return NULL;
	out = header_describing(data, body);
	at = body;
	for (guint i = 0; i < leaves->len; i++) {
		const PrescanRange *leaf =
		    &g_array_index(leaves, PrescanRange, i);

		if (leaf->end == size)
			break;
		g_byte_array_append(out, (const guint8 *)data + at,
		    (guint)(leaf->start - at));
		at = leaf->end;
	}
	g_byte_array_append(out, (const guint8 *)data + at, (guint)(size - at));
	return g_byte_array_free_to_bytes(out);
}

static gboolean
is_report(const Message *message)
{
	const char *type = message_field(message, "Content-Type");

	return message->dsn != NULL ||
	       (type != NULL && text_starts(type, "multipart/report"));
}

static Message *
parse_within(const Octets *raw, const PrescanRange *range)
{
	g_autoptr(GBytes) bytes = g_bytes_new_from_bytes(raw->bytes,
	    range->start, range->end - range->start);
	Octets octets = { .bytes = bytes, .fd = raw->fd };

	octets.offset = raw->offset + (gint64)range->start;
	return parse(&octets, MESSAGE_WITHOUT_TNEF | MESSAGE_WITHIN);
}

/* Octets of text, at most most, without half a character. */
static gssize
text_cut(const char *text, gsize most)
{
	gsize n = strlen(text);

	if (n <= most)
		return (gssize)n;
	while (most > 0 && ((guchar)text[most] & 0xc0) == 0x80)
		most--;
	return (gssize)most;
}

static void
add_forward(Message *message, const Message *within)
{
	const Address *author = message_author(within);
	Forward *forward = forward_new();

	if (author != NULL)
		forward->author = address_new(author->address, author->name);
	assign(&forward->subject, g_strdup(within->subject));
	assign(&forward->text,
	    g_strndup(within->body_text,
		(gsize)text_cut(within->body_text, FORWARD_MOST)));
	message->forward = forward;
}

/* Who wrote the mail that is forwarded, and its words where this one has none
 * of its own (a digest, or a forward without a word). A report returns a mail:
 * that is no forward. */
static void
read_within(Message *message, const BodySource *source)
{
	gboolean silent = message->body_text[0] == '\0';
	g_autoptr(GString) text = g_string_new(NULL);

	if (is_report(message))
		return;
	for (guint i = 0; i < source->messages->len && i < WITHIN_MOST &&
			  (silent || i == 0) && text->len < BODY_TEXT_MOST / 2;
	     i++) {
		g_autoptr(Message) within = parse_within(source->raw,
		    &g_array_index(source->messages, PrescanRange, i));

		if (i == 0)
			add_forward(message, within);
		if (text->len > 0)
			g_string_append_c(text, '\n');
		g_string_append_len(text, within->body_text,
		    text_cut(within->body_text, BODY_TEXT_MOST / 2));
	}
	if (silent)
		assign(&message->body_text,
		    g_string_free(g_steal_pointer(&text), FALSE));
}

/* returned: header of a mail within this one, "" if there is none. */
static void
judge(Message *message, const char *returned)
{
	g_autofree char *new_text = NULL;

	quote_cut(message->body_text, &new_text, &message->quoted_lines);
	assign(&message->new_text, g_steal_pointer(&new_text));
	if (message->dsn != NULL) {
		dsn_read_returned(message->dsn, returned);
		dsn_complete(message->dsn, message);
	} else {
		message->dsn = dsn_guess(message, returned);
	}
	autosub_judge(message);
	if (message->kind != MESSAGE_BOUNCE)
		g_clear_pointer(&message->dsn, dsn_free);
}

static Message *
parse(const Octets *raw, guint flags)
{
	Message *message = message_new();
	g_autoptr(GArray) messages =
	    g_array_new(FALSE, FALSE, sizeof(PrescanRange));
	g_autoptr(GArray) leaves =
	    g_array_new(FALSE, FALSE, sizeof(PrescanRange));
	g_autoptr(GBytes) cut =
	    prescan(raw, message->defects, messages, leaves);
	g_autoptr(GBytes) lean = NULL;
	g_autoptr(Digest) content = digest_new();
	g_autoptr(GString) returned = g_string_new(NULL);
	BodyInside inside = { .returned = returned };
	Octets octets = { .bytes = cut, .fd = -1 };
	BodySource source = { &octets, raw, messages, NULL };
	gsize size, body;
	const char *data = g_bytes_get_data(cut, &size);

	message->size = (gint64)g_bytes_get_size(raw->bytes);
	body = header_read(data, size, message->fields);
	read_header(message);
	tell_repeated(message);
	hash_header(message, content);
	if (cut == raw->bytes) {
		octets = *raw;
		lean = make_lean(raw, body, leaves);
		source.leaves = lean != NULL ? leaves : NULL;
	}
	read_parts(message, &source, lean, flags, content, &inside);
	assign(&message->content_hash, digest_end(content));
	message_make_id(message);
	if ((flags & MESSAGE_WITHIN) != 0)
		return message;
	if (inside.is_known)
		read_within(message, &source);
	judge(message, returned->str);
	return message;
}

Message *
message_parse(GBytes *bytes, guint flags)
{
	g_auto(Octets) octets = { .fd = -1 };

	octets_of_bytes(&octets, bytes);
	return parse(&octets, flags);
}

Message *
message_parse_file(int fd, gint64 offset, guint flags, GError **error)
{
	g_auto(Octets) octets = { .fd = -1 };

	if (!octets_open(&octets, fd, offset, error))
		return NULL;
	return parse(&octets, flags);
}
