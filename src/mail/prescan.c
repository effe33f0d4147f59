/* prescan.c - walks over the octets as a MIME parser would, with a stack of
 * boundaries, and notes what has to be left out. message.c gives the result to
 * GMime, whose memory and recursion are bounded that way.
 *
 * What is beyond a limit goes: a field is shortened or dropped, a part that is
 * too deep becomes text/plain, parts after the last allowed one are left out.
 * address fields are looked at by prescan_field.c. */
#include "mail/prescan.h"

#include <string.h>

#include "mail/param.h"
#include "mail/prescan_field.h"

#define FORGET_STEP (4 * 1024 * 1024)

typedef enum Defect {
	DEFECT_HEADER,
	DEFECT_FIELD,
	DEFECT_FIELDS,
	DEFECT_NESTED,
	DEFECT_DEPTH,
	DEFECT_PARTS,
	DEFECT_MESSAGES,
	DEFECT_BOUNDARY,
	DEFECT_CONTENT_TYPE,
	DEFECT_JUNK,
	DEFECTS
} Defect;

static const char *const defect_texts[DEFECTS] = {
	[DEFECT_HEADER] = "header longer than 1 MiB",
	[DEFECT_FIELD] = "header field longer than 64 KiB",
	[DEFECT_FIELDS] = "more than 1000 header fields",
	[DEFECT_NESTED] = "address field nested too deeply or too long",
	[DEFECT_DEPTH] = "parts nested more than 50 deep",
	[DEFECT_PARTS] = "more than 1000 parts",
	[DEFECT_MESSAGES] = "messages nested more than 10 deep",
	[DEFECT_BOUNDARY] = "boundary longer than 256 octets or missing",
	[DEFECT_CONTENT_TYPE] = "odd or repeated Content-Type",
	[DEFECT_JUNK] = "line in the header that is no field",
};

typedef enum Kind { KIND_LEAF, KIND_MULTIPART, KIND_MESSAGE } Kind;

/* An open multipart, or a message within the message (boundary NULL). */
typedef struct Frame {
	char *boundary;
	gsize length;
	gboolean digest;
	gsize start; /* of a message */
} Frame;

/* One header while it is read. */
typedef struct Block {
	gsize start;
	guint fields;
	gboolean has_type;
	gboolean dropping; /* beyond a limit: the rest of the fields goes */
	Kind kind;
} Block;

typedef struct Scan {
	const Octets *octets;
	const char *data;
	gsize size;
	gsize at;
	gsize forgotten;
	GByteArray *out; /* NULL until something is cut */
	gsize copied;    /* data up to here is in out */
	Frame frames[PRESCAN_DEPTH_MOST + 1];
	guint depth;
	guint messages;
	guint parts;
	guint fields;
	gboolean told[DEFECTS];
	GPtrArray *defects;
	GArray *ranges; /* of PrescanRange, or NULL */
	GArray *leaves; /* the same */
	gboolean in_leaf;
	gsize leaf; /* where the body of that one begins */
} Scan;

static void
tell(Scan *s, Defect defect)
{
	if (s->told[defect])
		return;
	s->told[defect] = TRUE;
	g_ptr_array_add(s->defects, g_strdup(defect_texts[defect]));
}

/* Copies what is left before to, giving back the pages behind it: a large
 * mail must not be in memory twice. */
static void
copy(Scan *s, gsize to)
{
	while (s->copied < to) {
		gsize n = MIN(to - s->copied, FORGET_STEP);

		g_byte_array_append(s->out, (const guint8 *)s->data + s->copied,
		    (guint)n);
		if (n == FORGET_STEP)
			octets_forget(s->octets, s->copied, s->copied + n);
		s->copied += n;
	}
}

/* Leaves [from, to) out of the copy and puts text there instead. Calls come in
 * order of their places. */
static void
cut(Scan *s, gsize from, gsize to, const char *text)
{
	g_assert(from >= s->copied && to >= from);
	if (s->out == NULL)
		s->out = g_byte_array_sized_new(
		    (guint)MIN(s->size + 4096, G_MAXUINT32 / 2));
	copy(s, from);
	g_byte_array_append(s->out, (const guint8 *)text, (guint)strlen(text));
	s->copied = to;
}

static void
forget(Scan *s)
{
	if (s->at - s->forgotten < FORGET_STEP)
		return;
	octets_forget(s->octets, s->forgotten, s->at);
	s->forgotten = s->at;
}

/* The line end before a delimiter belongs to that (RFC 2046 5.1.1). */
static gsize
before_line_end(const Scan *s, gsize at, gsize start)
{
	if (at < s->size && at > start && s->data[at - 1] == '\n') {
		at--;
		if (at > start && s->data[at - 1] == '\r')
			at--;
	}
	return at;
}

/* s->at: the delimiter that ends it, or the end of all. */
static void
frame_pop(Scan *s)
{
	Frame *frame = &s->frames[--s->depth];

	if (frame->boundary == NULL && --s->messages == 0 &&
	    s->ranges != NULL) {
		PrescanRange range = { MIN(frame->start, s->at), 0 };

		range.end = before_line_end(s, s->at, range.start);
		g_array_append_val(s->ranges, range);
	}
	g_clear_pointer(&frame->boundary, g_free);
}

/* Rest of a boundary line is white space. */
static gboolean
only_space(const char *text, gsize length)
{
	while (length > 0 && (*text == ' ' || *text == '\t' || *text == '\r')) {
		text++;
		length--;
	}
	return length == 0;
}

typedef enum Delimiter {
	DELIMITER_NONE,
	DELIMITER_OPEN,
	DELIMITER_CLOSE
} Delimiter;

/* Is the line a delimiter of an open multipart? Frames above it are closed. */
static Delimiter
delimiter(Scan *s, const char *line, gsize length)
{
	if (length < 3 || line[0] != '-' || line[1] != '-')
		return DELIMITER_NONE;
	line += 2;
	length -= 2;
	for (guint i = s->depth; i-- > 0;) {
		const Frame *frame = &s->frames[i];
		gsize n = frame->length;
		Delimiter found = DELIMITER_NONE;

		if (frame->boundary == NULL || length < n ||
		    memcmp(line, frame->boundary, n) != 0)
			continue;
		if (only_space(line + n, length - n))
			found = DELIMITER_OPEN;
		else if (length >= n + 2 && memcmp(line + n, "--", 2) == 0)
			found = DELIMITER_CLOSE;
		if (found == DELIMITER_NONE)
			continue;
		while (s->depth > i + 1)
			frame_pop(s);
		return found;
	}
	return DELIMITER_NONE;
}

/* End of the field that starts at s->at: its line and the folded ones. */
static gsize
field_end(const Scan *s)
{
	gsize at = s->at, taken;

	do {
		octets_line(s->data + at, s->size - at, &taken);
		at += taken;
	} while (at < s->size && (s->data[at] == ' ' || s->data[at] == '\t'));
	return at;
}

/* What the part will be by its type, limits considered; *replacement is set
 * if the field must not be left as it is. */
static Kind
type_kind(Scan *s, const Params *params, char **replacement)
{
	const char *boundary;

	if (g_str_has_prefix(params->value, "message/")) {
		if (!prescan_is_message_type(params->value))
			return KIND_LEAF;
		if (s->messages < PRESCAN_MESSAGES_MOST &&
		    s->depth < PRESCAN_DEPTH_MOST)
			return KIND_MESSAGE;
		tell(s, DEFECT_MESSAGES);
		*replacement = g_strdup("text/plain");
		return KIND_LEAF;
	}
	if (!g_str_has_prefix(params->value, "multipart/"))
		return KIND_LEAF;
	boundary = params_get(params, "boundary");
	if (s->depth >= PRESCAN_DEPTH_MOST) {
		tell(s, DEFECT_DEPTH);
	} else if (boundary == NULL || boundary[0] == '\0' ||
		   strlen(boundary) > PRESCAN_BOUNDARY_MOST) {
		tell(s, DEFECT_BOUNDARY);
	} else {
		return KIND_MULTIPART;
	}
	*replacement = g_strdup("text/plain");
	return KIND_LEAF;
}

static void
frame_push(Scan *s, const char *boundary, const char *type)
{
	Frame *frame = &s->frames[s->depth++];

	frame->boundary = g_strdup(boundary);
	frame->length = boundary != NULL ? strlen(boundary) : 0;
	frame->digest = g_strcmp0(type, "multipart/digest") == 0;
	frame->start = G_MAXSIZE; /* note_start knows better */
	if (boundary == NULL)
		s->messages++;
}

/* GMime and we must see the same boundary: a field that could be read in two
 * ways is written anew. */
static void
content_type(Scan *s, Block *block, gsize from, gsize colon, gsize to)
{
	const char *body = s->data + colon + 1;
	gsize length = MIN(to - colon - 1, PRESCAN_FIELD_MOST);
	g_autofree char *replacement = NULL, *field = NULL;
	g_auto(Params) params = { 0 };
	Kind kind;

	if (block->has_type) {
		tell(s, DEFECT_CONTENT_TYPE);
		cut(s, from, to, "");
		return;
	}
	block->has_type = TRUE;
	params_parse(&params, body, (gssize)length);
	kind = type_kind(s, &params, &replacement);
	if (kind == KIND_MULTIPART) {
		if (!prescan_is_plain_type(body, length))
			replacement = prescan_multipart_type(&params);
		frame_push(s, params_get(&params, "boundary"), params.value);
	} else if (kind == KIND_MESSAGE) {
		frame_push(s, NULL, NULL);
	} else if (replacement == NULL &&
		   prescan_hides_multipart(&params, body, length)) {
		tell(s, DEFECT_CONTENT_TYPE);
		replacement = g_strdup("text/plain");
	}
	block->kind = kind;
	if (replacement != NULL) {
		field = g_strdup_printf("Content-Type: %s\n", replacement);
		cut(s, from, to, field);
	} else if (to - from > PRESCAN_FIELD_MOST) {
		tell(s, DEFECT_FIELD);
		cut(s, from + PRESCAN_FIELD_MOST, to, "\n");
	}
}

static void
address_field(Scan *s, gsize colon, gsize to)
{
	gsize start = colon + 1, end = MIN(to, s->at + PRESCAN_FIELD_MOST);
	g_autoptr(GArray) marks =
	    prescan_field_marks(s->data + start, end > start ? end - start : 0);

	for (guint i = 0; i < marks->len; i++) {
		gsize at = start + g_array_index(marks, gsize, i);

		tell(s, DEFECT_NESTED);
		cut(s, at, at + 1, " ");
	}
}

/* A field within the limits of its header; may shorten it. */
static void
field(Scan *s, Block *block, gsize colon, gsize to)
{
	gsize from = s->at;

	if (prescan_is_content_type(s->data + from, colon - from)) {
		content_type(s, block, from, colon, to);
		return;
	}
	if (prescan_is_address_field(s->data + from, colon - from))
		address_field(s, colon, to);
	if (to - from > PRESCAN_FIELD_MOST) {
		tell(s, DEFECT_FIELD);
		cut(s, from + PRESCAN_FIELD_MOST, to, "\n");
	}
}

/* TRUE if the header may take this field. */
static gboolean
within_limits(Scan *s, Block *block, gsize to)
{
	if (block->dropping)
		return FALSE;
	if (to - block->start > PRESCAN_HEADER_MOST &&
	    s->at - block->start > PRESCAN_FIELD_MOST) {
		tell(s, DEFECT_HEADER);
		block->dropping = TRUE;
		return FALSE;
	}
	if (block->fields >= PRESCAN_FIELDS_MOST ||
	    s->fields >= PRESCAN_ALL_FIELDS) {
		tell(s, DEFECT_FIELDS);
		block->dropping = TRUE;
		return FALSE;
	}
	block->fields++;
	s->fields++;
	return TRUE;
}

/* A line that is no field: junk if a known field follows or if it is an mbox
 * line, else the body begins here without the empty line. */
static gboolean
junk_line(Scan *s, const Block *block, gsize taken)
{
	const char *line = s->data + s->at;
	gsize next = s->at + taken, length = 0, rest;

	if (block->fields == 0 && prescan_is_mbox_line(line, taken))
		return TRUE;
	if (next < s->size)
		length = octets_line(s->data + next, s->size - next, &rest);
	return prescan_is_known_field(s->data + next, length);
}

static void
header_end(Scan *s, Block *block)
{
	gboolean digest = s->depth > 0 && s->frames[s->depth - 1].digest;

	/* In a digest a part without a type is a message. */
	if (block->has_type || !digest)
		return;
	if (s->messages >= PRESCAN_MESSAGES_MOST ||
	    s->depth >= PRESCAN_DEPTH_MOST) {
		tell(s, DEFECT_MESSAGES);
		cut(s, s->at, s->at, "Content-Type: text/plain\n");
		return;
	}
	block->kind = KIND_MESSAGE;
	frame_push(s, NULL, NULL);
}

/* A message within begins here. */
static void
note_start(Scan *s, Kind kind)
{
	if (kind == KIND_MESSAGE)
		s->frames[s->depth - 1].start = s->at;
}

/* Reads one header from s->at on; s->at is then in the body. */
static Kind
header(Scan *s)
{
	Block block = { .start = s->at, .kind = KIND_LEAF };

	while (s->at < s->size) {
		gsize taken, end;
		const char *line = s->data + s->at;
		gsize length = octets_line(line, s->size - s->at, &taken);
		gsize colon;

		if (length == 0) {
			header_end(s, &block);
			s->at += taken;
			note_start(s, block.kind);
			return block.kind;
		}
		if (line[0] == '-' && s->depth > 0 &&
		    delimiter(s, line, length) != DELIMITER_NONE)
			return KIND_LEAF; /* body() sees it again */
		colon = prescan_colon(line, length);
		if (colon == 0) {
			tell(s, DEFECT_JUNK);
			if (!junk_line(s, &block, taken)) {
				cut(s, s->at, s->at, "\n");
				header_end(s, &block);
				note_start(s, block.kind);
				return block.kind;
			}
			cut(s, s->at, s->at + taken, "");
			s->at += taken;
			continue;
		}
		end = field_end(s);
		if (within_limits(s, &block, end))
			field(s, &block, s->at + colon, end);
		else
			cut(s, s->at, end, "");
		s->at = end;
		forget(s);
	}
	note_start(s, block.kind);
	return block.kind;
}

static void
leaf_begin(Scan *s, Kind kind)
{
	s->in_leaf = kind == KIND_LEAF && s->messages == 0;
	s->leaf = s->at;
}

/* at: the delimiter that ends it, or the end of all. */
static void
leaf_end(Scan *s, gsize at)
{
	PrescanRange range = { s->leaf, before_line_end(s, at, s->leaf) };

	if (s->in_leaf && s->leaves != NULL)
		g_array_append_val(s->leaves, range);
	s->in_leaf = FALSE;
}

/* Moves to the header of the next part; FALSE at the end. */
static gboolean
body(Scan *s)
{
	if (s->depth == 0)
		return FALSE; /* nothing can follow */
	while (s->at < s->size) {
		const char *line = s->data + s->at;
		const char *end = memchr(line, '\n', s->size - s->at);
		gsize length =
		    end != NULL ? (gsize)(end - line) : s->size - s->at;
		gsize taken = end != NULL ? length + 1 : length;

		if (line[0] == '-') {
			if (length > 0 && line[length - 1] == '\r')
				length--;
			switch (delimiter(s, line, length)) {
			case DELIMITER_OPEN:
				leaf_end(s, s->at);
				if (s->parts >= PRESCAN_PARTS_MOST) {
					tell(s, DEFECT_PARTS);
					cut(s, s->at, s->size, "");
					while (s->depth > 0)
						frame_pop(s);
					return FALSE;
				}
				s->parts++;
				s->at += taken;
				return TRUE;
			case DELIMITER_CLOSE:
				leaf_end(s, s->at);
				frame_pop(s);
				if (s->depth == 0)
					return FALSE;
				break;
			case DELIMITER_NONE:
				break;
			}
		}
		s->at += taken;
		forget(s);
	}
	return FALSE;
}

/* Empty lines and a byte order mark in front of the first field are left over
 * from some spool; a header is there if a known field follows. */
static void
front(Scan *s)
{
	gsize at = 0, taken, length;

	if (s->size >= 3 && memcmp(s->data, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	while (at < s->size && (s->data[at] == '\r' || s->data[at] == '\n'))
		at++;
	if (at == 0 || at == s->size)
		return;
	length = octets_line(s->data + at, s->size - at, &taken);
	if (!prescan_is_known_field(s->data + at, length))
		return;
	cut(s, 0, at, "");
	s->at = at;
}

GBytes *
prescan(const Octets *octets, GPtrArray *defects, GArray *messages,
    GArray *leaves)
{
	g_autofree Scan *s = g_new0(Scan, 1);
	Kind kind;

	s->octets = octets;
	s->defects = defects;
	s->ranges = messages;
	s->leaves = leaves;
	s->data = g_bytes_get_data(octets->bytes, &s->size);
	front(s);
	do {
		while ((kind = header(s)) == KIND_MESSAGE)
			;
		leaf_begin(s, kind);
	} while (body(s));
	leaf_end(s, s->size);
	octets_forget(octets, s->forgotten, s->size);
	while (s->depth > 0)
		frame_pop(s);
	if (s->out == NULL)
		return g_bytes_ref(octets->bytes);
	cut(s, s->size, s->size, "");
	return g_byte_array_free_to_bytes(s->out);
}
