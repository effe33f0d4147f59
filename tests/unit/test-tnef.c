/* test-tnef.c - what Outlook hides in a winmail.dat: body, files, and nothing
 * that is too much. */
#include "mail/tnef.h"

#include <string.h>

#include "mail/message.h"
#include "mail/rtf.h"
#include "mail/uu.h"
#include "winmail.h"

static void
put_file(GByteArray *stream, const char *title, const char *octets)
{
	static const guint8 rend[14] = { 1 };

	winmail_attribute(stream, 2, 0x00069002, rend, sizeof(rend));
	winmail_attribute(stream, 2, 0x00018010, title, strlen(title) + 1);
	winmail_attribute(stream, 2, 0x0006800f, octets, strlen(octets));
}

/* A list of one property. */
static void
put_property(GByteArray *stream, guint8 level, guint32 attribute, guint32 tag,
    const void *value, gsize size)
{
	WinmailList list = winmail_list();

	winmail_binary(&list, tag, value, size);
	winmail_put_list(stream, level, attribute, &list);
}

static void
test_members(void)
{
	g_autoptr(GByteArray) stream = winmail_new(1251);
	g_autoptr(Tnef) tnef = NULL;
	const TnefMember *first, *second;

	winmail_attribute(stream, 1, 0x0002800c, "\xcf\xf0\xe8\xe2\xe5\xf2\r\n", 9);
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

static void
test_rtf_body(void)
{
	static GByteArray *(*const ways[])(const char *) = { winmail_lzfu,
		winmail_mela };

	for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
		g_autoptr(GByteArray) stream = winmail_new(1251);
		g_autoptr(GByteArray) value =
		    ways[i]("{\\rtf1\\ansi hello\\par world}  ");
		g_autoptr(Tnef) tnef = NULL;

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
	g_autoptr(GByteArray) stream = winmail_new(1251);
	g_autoptr(GByteArray) many = winmail_new(1251);
	g_autoptr(GByteArray) list = winmail_new(1251);
	g_autoptr(GByteArray) rtf = winmail_new(1251);
	g_autoptr(Tnef) tnef = NULL;

	winmail_number(stream, 2, 1);
	winmail_number(stream, 0x0006800f, 4);
	winmail_number(stream, 0x7fffffff, 4);
	g_assert_null(tnef_read(stream->data, stream->len));
	for (guint i = 0; i < 6000; i++)
		winmail_attribute(many, 2, 0x00069002, "", 0);
	g_assert_null(tnef_read(many->data, many->len));
	winmail_attribute(list, 1, 0x00069003, "\xff\xff\xff\x7f\0\0\0\0", 8);
	g_assert_null(tnef_read(list->data, list->len));
	put_property(rtf, 1, 0x00069003, 0x10090102,
	    "\x10\0\0\0\xff\xff\xff\x7fLZFu\0\0\0\0xxxx", 20);
	tnef = tnef_read(rtf->data, rtf->len);
	if (tnef != NULL)
		g_assert_cmpstr(tnef->text, ==, "");
	g_assert_null(tnef_read((const guint8 *)"", 0));
}

/* Any octet changed: an answer or none, never a crash. */
static void
test_damage(void)
{
	g_autoptr(GByteArray) stream = winmail_new(1251);

	put_file(stream, "a.txt", "one");
	put_property(stream, 2, 0x00069005, 0x3707001e, "long.txt", 9);
	for (guint i = 0; i < stream->len * 8; i++) {
		g_autofree guint8 *copy = g_memdup2(stream->data, stream->len);
		g_autoptr(Tnef) tnef = NULL;

		copy[i / 8] ^= (guint8)(1 << i % 8);
		winmail_mend(copy, stream->len);
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
	g_autoptr(GByteArray) stream = winmail_new(1251);
	g_autoptr(GByteArray) broken = winmail_new(1251);
	g_autoptr(Message) silent = NULL, spoken = NULL, bad = NULL;
	const Attachment *file;

	winmail_attribute(stream, 1, 0x0002800c, "inside", 7);
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
	winmail_number(broken, 0, 3);
	bad = mail_of(broken, "outside");
	g_assert_cmpuint(bad->attachments->len, ==, 1);
	g_assert_cmpstr(bad->defects->pdata[0], ==,
	    "winmail.dat could not be read");
}

/* The three bodies that Outlook sends, each with the same files. */
static const struct {
	const char *title, *plain, *rtf, *html, *want;
} bodies[] = {
	{ "plain text", "Guten Tag,\r\nanbei die Pl\xe4ne.\r\n", NULL, NULL,
	    "Guten Tag,\nanbei die Pläne.\n" },
	{ "compressed RTF", NULL,
	    "{\\rtf1\\ansi\\ansicpg1252\\fromtext \\deff0{\\fonttbl{\\f0\\fswiss "
	    "Arial;}{\\f1\\fmodern Courier New;}}{\\colortbl\\red0\\green0"
	    "\\blue0;}\\uc1\\pard\\plain\\deftab360 \\f0\\fs20 Guten Tag,\\par "
	    "anbei die Pl\\'e4ne, die Pl\\'e4ne und die Rechnung.\\par }",
	    NULL, "Guten Tag,\nanbei die Pläne, die Pläne und die Rechnung.\n" },
	{ "HTML", NULL, NULL,
	    "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; "
	    "charset=utf-8\"></head><body><p>Guten Tag,</p><p>anbei die "
	    "Pläne.</p></body></html>",
	    "Guten Tag,\n\nanbei die Pläne.\n" },
};

static GByteArray *
outlook(gsize i)
{
	GByteArray *stream = winmail_new(1252);
	WinmailList list = winmail_list();

	winmail_head(stream, "Pl\xe4ne");
	if (bodies[i].plain != NULL)
		winmail_attribute(stream, 1, 0x0002800c, bodies[i].plain,
		    strlen(bodies[i].plain) + 1);
	winmail_long(&list, 0x0e1f000b, 1);
	winmail_long(&list, 0x3fde0003, 65001);
	winmail_time(&list, 0x00390040, G_GUINT64_CONSTANT(0x1dc5f00d1234abcd));
	winmail_unicode(&list, 0x0070001f, "Pläne");
	winmail_named(&list, 0x8001, "x-probe", 1);
	winmail_binary(&list, 0x300b0102, "0123456789abcdef", 16);
	if (bodies[i].rtf != NULL) {
		g_autoptr(GByteArray) packed = winmail_lzfu(bodies[i].rtf);

		g_assert_cmpuint(packed->len, <, strlen(bodies[i].rtf));
		winmail_binary(&list, 0x10090102, packed->data, packed->len);
	}
	if (bodies[i].html != NULL)
		winmail_binary(&list, 0x10130102, bodies[i].html,
		    strlen(bodies[i].html));
	winmail_put_list(stream, 1, WINMAIL_PROPERTIES, &list);
	winmail_file(stream, "GRUNDR~1.PDF",
	    "Grundriss und Ansichten, erster und zweiter Stock, "
	    "vom 27. November 2026 (geändert).pdf",
	    "application/pdf", NULL, "%PDF-1.7", 8);
	winmail_file(stream, "_____~1.XLS", "Счёт за ноябрь № 17.xlsx",
	    "application/vnd.ms-excel", NULL, "PK\3\4", 4);
	winmail_file(stream, "IMAGE001.PNG", "image001.png", "image/png",
	    "image001.png@01DC5F00", "\x89PNG", 4);
	return stream;
}

static void
test_outlook(gconstpointer data)
{
	static const struct {
		const char *name, *type;
		gint64 size;
	} want[] = {
		{ "winmail.dat", "application/ms-tnef", -1 },
		{ "Grundriss und Ansichten, erster und zweiter Stock, vom 27. "
		  "November 2026 (geändert).pdf",
		    "application/pdf", 8 },
		{ "Счёт за ноябрь № 17.xlsx", "application/vnd.ms-excel", 4 },
		{ "image001.png", "image/png", 4 },
	};
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(GByteArray) stream = outlook(i);
	g_autoptr(Message) message = mail_of(stream, "");

	g_assert_cmpuint(message->defects->len, ==, 0);
	g_assert_cmpstr(message->body_text, ==, bodies[i].want);
	g_assert_cmpuint(message->attachments->len, ==, G_N_ELEMENTS(want));
	for (guint k = 0; k < G_N_ELEMENTS(want); k++) {
		const Attachment *file = message->attachments->pdata[k];

		g_assert_cmpstr(file->name, ==, want[k].name);
		g_assert_cmpstr(file->type, ==, want[k].type);
		if (want[k].size >= 0)
			g_assert_cmpint(file->size, ==, want[k].size);
	}
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
	for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
		g_autofree char *path = g_strdup_printf(
		    "/tnef/Outlook's file with %s", bodies[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_outlook);
	}
	g_test_add_func("/tnef/RTF becomes text", test_rtf);
	g_test_add_func("/tnef/RTF of any depth is borne", test_rtf_deep);
	g_test_add_func("/tnef/files between begin and end are found", test_uu);
	return g_test_run();
}
