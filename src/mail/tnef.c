/* tnef.c - body and files of a winmail.dat. libytnef parses; what it would not
 * bear is found before: it trusts counts and lengths more than it should, and
 * its memory grows with them. body.c calls this in the sandbox.
 *
 * stream = signature (4), key (2), then attributes: level (1), id (4),
 * length (4), octets, checksum (2); all little-endian. */
#include "mail/tnef.h"

#include <stdio.h>
#include <string.h>

#include <ytnef.h>

#include "ground/text.h"
#include "mail/charset.h"
#include "mail/html.h"
#include "mail/rtf.h"

#define SIGNATURE       0x223e9f78u
#define ATTRIBUTES_MOST 5000
#define MEMBERS_MOST    200
#define TEXT_MOST       (1024 * 1024)
#define RTF_MOST        (8 * 1024 * 1024) /* decompressed */
#define PROPERTIES      0x9003            /* attMAPIProps */
#define ATTACHED        0x9005            /* attAttachment: properties too */

static guint32
number(const guint8 *p)
{
	return (guint32)p[0] | (guint32)p[1] << 8 | (guint32)p[2] << 16 |
	       (guint32)p[3] << 24;
}

/* The sum of the octets stands behind them. */
static gboolean
sum_is_right(const guint8 *octets, gsize length)
{
	guint32 sum = 0;

	for (gsize i = 0; i < length; i++)
		sum += octets[i];
	return (sum & 0xffff) ==
	       ((guint32)octets[length] | (guint32)octets[length + 1] << 8);
}

/* Lengths lead from one attribute to the next, up to the end; there are not too
 * many; a list of properties is not longer than its octets. */
static gboolean
is_sound(const guint8 *octets, gsize size)
{
	gsize at = 6;
	guint attributes = 0;

	if (size < at || size > TNEF_MOST || number(octets) != SIGNATURE)
		return FALSE;
	while (at < size) {
		guint32 id, length;

		if (size - at < 11 || ++attributes > ATTRIBUTES_MOST)
			return FALSE;
		id = number(octets + at + 1) & 0xffff;
		length = number(octets + at + 5);
		if (length > size - at - 11 ||
		    !sum_is_right(octets + at + 9, length))
			return FALSE;
		if ((id == PROPERTIES || id == ATTACHED) &&
		    (length < 4 || number(octets + at + 9) > length / 8))
			return FALSE;
		at += 11 + length;
	}
	return attributes > 0;
}

/* A property by number, of one of the types; NULL if it is not there. */
static const variableLength *
property(MAPIProps *properties, guint32 id, const guint32 *types, guint n,
    guint32 *type)
{
	for (guint i = 0; i < n; i++) {
		variableLength *found =
		    MAPIFindProperty(properties, PROP_TAG(types[i], id));

		if (found != MAPI_UNDEFINED && found->data != NULL &&
		    found->size > 0) {
			*type = types[i];
			return found;
		}
	}
	return NULL;
}

/* Text in the code page that the stream names; libytnef has made UTF-8 of what
 * was UTF-16. Ends at the first NUL. */
static char *
decode(const variableLength *value, const char *charset)
{
	const char *octets = (const char *)value->data;
	gsize size = strnlen(octets, (gsize)value->size);

	return charset_decode(octets, size, charset, NULL);
}

static char *
text_property(MAPIProps *properties, guint32 id, const char *charset)
{
	static const guint32 types[] = { PT_UNICODE, PT_STRING8 };
	guint32 type = 0;
	const variableLength *value =
	    property(properties, id, types, G_N_ELEMENTS(types), &type);

	if (value == NULL)
		return g_strdup("");
	return decode(value, type == PT_UNICODE ? "utf-8" : charset);
}

static char *
html_body(MAPIProps *properties, const char *charset)
{
	static const guint32 types[] = { PT_BINARY, PT_UNICODE, PT_STRING8 };
	guint32 type = 0;
	const variableLength *value = property(properties, PR_BODY_HTML, types,
	    G_N_ELEMENTS(types), &type);
	g_autofree char *own = NULL, *html = NULL;

	if (value == NULL)
		return g_strdup("");
	own = html_charset((const char *)value->data, (gsize)value->size);
	html = decode(value, type == PT_UNICODE ? "utf-8"
			     : own != NULL      ? own
						: charset);
	return html_to_text(html, strlen(html), TEXT_MOST, NULL);
}

#define RTF_HEAD  16
#define RTF_PLAIN 0x414c454du /* "MELA": not compressed */

/* [MS-OXRTFCP]: octets 4 to 7 are the size after decompression, which the
 * library allocates as it is told; of what is not compressed it makes nothing.
 */
static char *
rtf_body(MAPIProps *properties)
{
	static const guint32 types[] = { PT_BINARY };
	guint32 type = 0;
	const variableLength *value = property(properties, PR_RTF_COMPRESSED,
	    types, G_N_ELEMENTS(types), &type);
	variableLength copy;
	char *text;
	BYTE *rtf;
	int size = 0;

	if (value == NULL || value->size < RTF_HEAD ||
	    number(value->data + 4) > RTF_MOST)
		return g_strdup("");
	if (number(value->data + 8) == RTF_PLAIN)
		return rtf_to_text((const char *)value->data + RTF_HEAD,
		    (gsize)value->size - RTF_HEAD, TEXT_MOST);
	copy = *value;
	rtf = DecompressRTF(&copy, &size);
	if (rtf == NULL || size <= 0) {
		free(rtf);
		return g_strdup("");
	}
	text = rtf_to_text((const char *)rtf, (gsize)size, TEXT_MOST);
	free(rtf);
	return text;
}

static gboolean
says_nothing(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

/* Plain text, else HTML, else RTF. */
static char *
read_body(TNEFStruct *stream, const char *charset)
{
	char *text = NULL;

	if (stream->body.data != NULL && stream->body.size > 0)
		text = decode(&stream->body, charset);
	if (text == NULL || says_nothing(text)) {
		g_free(text);
		text = text_property(&stream->MapiProperties, PR_BODY, charset);
	}
	if (says_nothing(text)) {
		g_free(text);
		text = html_body(&stream->MapiProperties, charset);
	}
	if (says_nothing(text)) {
		g_free(text);
		text = rtf_body(&stream->MapiProperties);
	}
	return text;
}

static void
member_free(TnefMember *member)
{
	g_free(member->name);
	g_free(member->type);
	g_clear_pointer(&member->octets, g_bytes_unref);
	g_free(member);
}

static const variableLength *
member_octets(Attachment *file)
{
	static const guint32 types[] = { PT_BINARY, PT_OBJECT };
	guint32 type = 0;

	if (file->FileData.data != NULL && file->FileData.size > 0)
		return &file->FileData;
	return property(&file->MAPI, PR_ATTACH_DATA_OBJ, types,
	    G_N_ELEMENTS(types), &type);
}

static void
add_member(Tnef *tnef, Attachment *file, const char *charset)
{
	const variableLength *octets = member_octets(file);
	TnefMember *member = g_new0(TnefMember, 1);

	member->name =
	    text_property(&file->MAPI, PR_ATTACH_LONG_FILENAME, charset);
	if (member->name[0] == '\0' && file->Title.data != NULL) {
		g_free(member->name);
		member->name = decode(&file->Title, charset);
	}
	member->type = text_property(&file->MAPI, PR_ATTACH_MIME_TAG, charset);
	member->octets = g_bytes_new(octets != NULL ? octets->data : NULL,
	    octets != NULL ? (gsize)octets->size : 0);
	g_ptr_array_add(tnef->members, member);
}

/* The name of the stream's 8-bit character set. */
static char *
charset_of(const TNEFStruct *stream)
{
	if (stream->CodePage.data == NULL || stream->CodePage.size < 4)
		return NULL;
	return g_strdup_printf("windows-%u",
	    number(stream->CodePage.data) & 0xffff);
}

static Tnef *
take(TNEFStruct *stream)
{
	Tnef *tnef = g_new0(Tnef, 1);
	g_autofree char *charset = charset_of(stream);

	tnef->members =
	    g_ptr_array_new_with_free_func((GDestroyNotify)member_free);
	tnef->text = read_body(stream, charset);
	for (Attachment *file = stream->starting_attach.next;
	     file != NULL && tnef->members->len < MEMBERS_MOST;
	     file = file->next)
		add_member(tnef, file, charset);
	return tnef;
}

Tnef *
tnef_read(const guint8 *octets, gsize size)
{
	g_autofree TNEFStruct *stream = NULL;
	g_autofree guint8 *copy = NULL;
	Tnef *tnef = NULL;

	if (!is_sound(octets, size))
		return NULL;
	stream = g_new0(TNEFStruct, 1);
	copy = g_memdup2(octets, size);
	TNEFInitialize(stream);
	if (TNEFParseMemory(copy, (long)size, stream) == 0)
		tnef = take(stream);
	TNEFFree(stream);
	return tnef;
}

void
tnef_free(Tnef *tnef)
{
	if (tnef == NULL)
		return;
	g_free(tnef->text);
	g_ptr_array_unref(tnef->members);
	g_free(tnef);
}
