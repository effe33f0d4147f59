/* test-tnef.c - what Outlook hides in a winmail.dat: body, files, and nothing
 * that is too much. */
#include "mail/tnef.h"

#include <string.h>

#include "mail/message.h"
#include "mail/rtf.h"
#include "mail/uu.h"

static void
put_number(GByteArray *to, guint32 number, guint octets)
{
	for (guint i = 0; i < octets; i++) {
		guint8 c = (guint8)(number >> (8 * i));

		g_byte_array_append(to, &c, 1);
	}
}

static void
put_attribute(GByteArray *to, guint8 level, guint32 id, const void *data,
    gsize size)
{
	guint32 sum = 0;

	put_number(to, level, 1);
	put_number(to, id, 4);
	put_number(to, (guint32)size, 4);
	if (size > 0)
		g_byte_array_append(to, data, (guint)size);
	for (gsize i = 0; i < size; i++)
		sum += ((const guint8 *)data)[i];
	put_number(to, sum & 0xffff, 2);
}

static GByteArray *
stream_new(void)
{
	GByteArray *stream = g_byte_array_new();

	put_number(stream, 0x223e9f78, 4);
	put_number(stream, 1, 2);
	put_attribute(stream, 1, 0x00089006, "\0\0\1\0", 4);
	put_attribute(stream, 1, 0x00069007, "\xe3\4\0\0\0\0\0\0", 8);
	return stream;
}

static void
put_file(GByteArray *stream, const char *title, const char *octets)
{
	static const guint8 rend[14] = { 1 };

	put_attribute(stream, 2, 0x00069002, rend, sizeof(rend));
	put_attribute(stream, 2, 0x00018010, title, strlen(title) + 1);
	put_attribute(stream, 2, 0x0006800f, octets, strlen(octets));
}

/* One property with one value, padded to four octets. */
static void
put_property(GByteArray *stream, guint8 level, guint32 attribute, guint32 tag,
    const void *value, gsize size)
{
	g_autoptr(GByteArray) list = g_byte_array_new();

	put_number(list, 1, 4);
	put_number(list, tag, 4);
	put_number(list, 1, 4);
	put_number(list, (guint32)size, 4);
	g_byte_array_append(list, value, (guint)size);
	put_number(list, 0, (4 - size % 4) % 4);
	put_attribute(stream, level, attribute, list->data, list->len);
}

static void
test_members(void)
{
	g_autoptr(GByteArray) stream = stream_new();
	g_autoptr(Tnef) tnef = NULL;
	const TnefMember *first, *second;

	put_attribute(stream, 1, 0x0002800c, "\xcf\xf0\xe8\xe2\xe5\xf2\r\n", 9);
	put_file(stream, "REPORT~1.TXT", "one");
	put_property(stream, 2, 0x00069005, 0x3707001e,
	    "\xee\xf2\xf7\xb8\xf2.txt", 10);
	put_file(stream, "b.txt", "two");
	tnef = tnef_read(stream->data, stream->len);
	g_assert_nonnull(tnef);
	g_assert_cmpstr(tnef->text, ==, "Привет\r\n");
	g_assert_cmpuint(tnef->members->len, ==, 2);
	first = tnef->members->pdata[0];
	second = tnef->members->pdata[1];
	g_assert_cmpstr(first->name, ==, "отчёт.txt");
	g_assert_cmpmem(g_bytes_get_data(first->octets, NULL),
	    g_bytes_get_size(first->octets), "one", 3);
	g_assert_cmpstr(second->name, ==, "b.txt");
}

/* The body of most is compressed RTF only. Runs of eight literals each after
 * an octet of flags are LZFu too. */
static void
put_lzfu(GByteArray *value, const char *rtf)
{
	gsize size = strlen(rtf), runs = (size + 7) / 8;

	put_number(value, (guint32)(size + runs + 12), 4);
	put_number(value, (guint32)size, 4);
	put_number(value, 0x75465a4c, 4);
	put_number(value, 0, 4);
	for (gsize at = 0; at < size; at += 8) {
		put_number(value, 0, 1);
		g_byte_array_append(value, (const guint8 *)rtf + at,
		    (guint)MIN(size - at, 8));
	}
}

static void
put_mela(GByteArray *value, const char *rtf)
{
	put_number(value, (guint32)strlen(rtf) + 12, 4);
	put_number(value, (guint32)strlen(rtf), 4);
	put_number(value, 0x414c454d, 4);
	put_number(value, 0, 4);
	g_byte_array_append(value, (const guint8 *)rtf, (guint)strlen(rtf));
}

static void
test_rtf_body(void)
{
	static void (*const ways[])(GByteArray *, const char *) = { put_lzfu,
		put_mela };

	for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
		g_autoptr(GByteArray) stream = stream_new();
		g_autoptr(GByteArray) value = g_byte_array_new();
		g_autoptr(Tnef) tnef = NULL;

		ways[i](value, "{\\rtf1\\ansi hello\\par world}  ");
		put_property(stream, 1, 0x00069003, 0x10090102, value->data,
		    value->len);
		tnef = tnef_read(stream->data, stream->len);
		g_assert_nonnull(tnef);
		g_strstrip(tnef->text);
		g_assert_cmpstr(tnef->text, ==, "hello\nworld");
	}
}

/* A size that would take all memory is believed by nobody. */
static void
test_bombs(void)
{
	g_autoptr(GByteArray) stream = stream_new();
	g_autoptr(GByteArray) many = stream_new();
	g_autoptr(GByteArray) list = stream_new();
	g_autoptr(GByteArray) rtf = stream_new();
	g_autoptr(Tnef) tnef = NULL;

	put_number(stream, 2, 1);
	put_number(stream, 0x0006800f, 4);
	put_number(stream, 0x7fffffff, 4);
	g_assert_null(tnef_read(stream->data, stream->len));
	for (guint i = 0; i < 6000; i++)
		put_attribute(many, 2, 0x00069002, "", 0);
	g_assert_null(tnef_read(many->data, many->len));
	put_attribute(list, 1, 0x00069003, "\xff\xff\xff\x7f\0\0\0\0", 8);
	g_assert_null(tnef_read(list->data, list->len));
	put_property(rtf, 1, 0x00069003, 0x10090102,
	    "\x10\0\0\0\xff\xff\xff\x7fLZFu\0\0\0\0xxxx", 20);
	tnef = tnef_read(rtf->data, rtf->len);
	if (tnef != NULL)
		g_assert_cmpstr(tnef->text, ==, "");
	g_assert_null(tnef_read((const guint8 *)"", 0));
}

/* Makes the sums right again. */
static void
mend(guint8 *octets, gsize size)
{
	gsize at = 6;

	while (size - at >= 11) {
		gsize length =
		    (gsize)octets[at + 5] | (gsize)octets[at + 6] << 8 |
		    (gsize)octets[at + 7] << 16 | (gsize)octets[at + 8] << 24;
		guint32 sum = 0;

		if (length > size - at - 11)
			return;
		at += 9;
		for (gsize i = 0; i < length; i++)
			sum += octets[at + i];
		at += length + 2;
		octets[at - 2] = (guint8)sum;
		octets[at - 1] = (guint8)(sum >> 8);
	}
}

/* Any octet changed: an answer or none, never a crash. */
static void
test_damage(void)
{
	g_autoptr(GByteArray) stream = stream_new();

	put_file(stream, "a.txt", "one");
	put_property(stream, 2, 0x00069005, 0x3707001e, "long.txt", 9);
	for (guint i = 0; i < stream->len * 8; i++) {
		g_autofree guint8 *copy = g_memdup2(stream->data, stream->len);
		g_autoptr(Tnef) tnef = NULL;

		copy[i / 8] ^= (guint8)(1 << i % 8);
		mend(copy, stream->len);
		tnef = tnef_read(copy, stream->len);
	}
	for (guint i = 0; i < stream->len; i++)
		tnef_free(tnef_read(stream->data, i));
}

static Message *
mail_of(const GByteArray *stream, const char *text)
{
	g_autofree char *base64 = g_base64_encode(stream->data, stream->len);
	g_autofree char *mail = g_strdup_printf(
	    "From: a@x.uz\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
	    "--b\r\n\r\n%s\r\n--b\r\nContent-Type: application/ms-tnef\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n",
	    text, base64);
	g_autoptr(GBytes) bytes = g_bytes_new(mail, strlen(mail));

	return message_parse(bytes, 0);
}

static void
test_mail(void)
{
	g_autoptr(GByteArray) stream = stream_new();
	g_autoptr(GByteArray) broken = stream_new();
	g_autoptr(Message) silent = NULL, spoken = NULL, bad = NULL;
	const Attachment *file;

	put_attribute(stream, 1, 0x0002800c, "inside", 7);
	put_file(stream, "../evil.txt", "one");
	silent = mail_of(stream, "");
	g_assert_cmpstr(silent->body_text, ==, "inside\n");
	g_assert_cmpuint(silent->attachments->len, ==, 2);
	file = silent->attachments->pdata[0];
	g_assert_cmpstr(file->name, ==, "winmail.dat");
	file = silent->attachments->pdata[1];
	g_assert_cmpstr(file->name, ==, "evil.txt");
	g_assert_cmpint(file->size, ==, 3);
	spoken = mail_of(stream, "outside");
	g_assert_cmpstr(spoken->body_text, ==, "outside\n");
	put_number(broken, 0, 3);
	bad = mail_of(broken, "outside");
	g_assert_cmpuint(bad->attachments->len, ==, 1);
	g_assert_cmpstr(bad->defects->pdata[0], ==,
	    "winmail.dat could not be read");
}

static void
test_rtf(void)
{
	static const struct {
		const char *rtf, *text;
	} cases[] = {
		{ "{\\rtf1 a\\par b\\tab c}", "a\nb\tc" },
		{ "{\\rtf1{\\fonttbl{\\f0 Arial;}}{\\*\\generator x;}text}",
		    "text" },
		{ "{\\rtf1\\ansicpg1251 \\'cf\\'f0\\'e8}", "При" },
		{ "{\\rtf1\\uc1\\u1055 ?\\u1088?\\u-10179 ?\\u-8704 ?}",
		    "Пр\U0001f600" },
		{ "{\\rtf1 \\{braces\\} \\\\}", "{braces} \\" },
		{ "{\\rtf1\\fromhtml1{\\*\\htmltag <p>}one\\htmlrtf\\par"
		  "\\htmlrtf0 two}",
		    "onetwo" },
		{ "{{{{", "" },
		{ "}}}} x", " x" },
		{ "\\'", "" },
		{ "", "" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text =
		    rtf_to_text(cases[i].rtf, strlen(cases[i].rtf), 1000);

		g_assert_cmpstr(text, ==, cases[i].text);
	}
}

static void
test_rtf_deep(void)
{
	g_autoptr(GString) deep = g_string_new("{\\rtf1 ");
	g_autofree char *text = NULL;

	for (guint i = 0; i < 100000; i++)
		g_string_append(deep, "{a");
	text = rtf_to_text(deep->str, deep->len, 1000000);
	g_assert_cmpuint(strlen(text), ==, 100000);
}

static void
test_uu(void)
{
	static const struct {
		const char *text, *name, *octets; /* NULL: no file */
	} cases[] = {
		{ "hello\nbegin 644 cat.txt\n#0V%T\n`\nend\nbye\n", "cat.txt",
		    "Cat" },
		{ "begin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\n", "cat.txt",
		    "Cat" },
		{ "begin 0644 a b.txt\n#0V%T\nend", "a b.txt", "Cat" },
		{ "begin 644 x\n \nend\n", "x", "" },
		{ "begin 644 bad\nthis is a sentence.\nend\n", NULL, NULL },
		{ "begin 644 open\n#0V%T\n", NULL, NULL },
		{ "We begin 644 cat.txt\n#0V%T\n`\nend\n", NULL, NULL },
		{ "begin with this\nend\n", NULL, NULL },
		{ "", NULL, NULL },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(UuFile) file = { 0 };
		gboolean found =
		    uu_find(&file, cases[i].text, strlen(cases[i].text), 0);

		g_assert_cmpint(found, ==, cases[i].name != NULL);
		if (!found)
			continue;
		g_assert_cmpstr(file.name, ==, cases[i].name);
		g_assert_cmpmem(file.octets->data, file.octets->len,
		    cases[i].octets, strlen(cases[i].octets));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	message_init();
	g_test_add_func("/tnef/body and files are read, in their code page",
	    test_members);
	g_test_add_func("/tnef/a body in RTF is text", test_rtf_body);
	g_test_add_func("/tnef/sizes that lie are not believed", test_bombs);
	g_test_add_func("/tnef/damaged octets are harmless", test_damage);
	g_test_add_func("/tnef/a mail shows what is inside", test_mail);
	g_test_add_func("/tnef/RTF becomes text", test_rtf);
	g_test_add_func("/tnef/RTF of any depth is borne", test_rtf_deep);
	g_test_add_func("/tnef/files between begin and end are found", test_uu);
	return g_test_run();
}
