/* test-message.c - given this mail, expect that understanding of it. */
#include "mail/message.h"

#include <string.h>

#define FROM "From: Ann <ann@shop.example>\r\n"
#define MIXED                                                                  \
	FROM "MIME-Version: 1.0\r\n"                                           \
	     "Content-Type: multipart/mixed; boundary=b\r\n\r\n"

static Message *
parse(const char *mail)
{
	g_autoptr(GBytes) bytes = g_bytes_new_static(mail, strlen(mail));

	return message_parse(bytes, MESSAGE_WITH_ATTACHMENTS);
}

static const struct Header {
	const char *title, *mail;
	const char *address, *name, *subject;
} headers[] = {
	{ "/message/a plain header", FROM "Subject: hello\r\n\r\ntext",
	    "ann@shop.example", "Ann", "hello" },
	{ "/message/a domain is in lower case", "From: Ann@SHOP.Example\n\nx",
	    "Ann@shop.example", "", "" },
	{ "/message/an IDN is shown as A-label", "From: a@пример.рф\n\nx",
	    "a@xn--e1afmkfd.xn--p1ai", "", "" },
	{ "/message/encoded-words are decoded",
	    "From: =?utf-8?B?0JjQstCw0L0=?= <i@x.uz>\n"
	    "Subject: =?utf-8?Q?=D0=A1=D0=B0?=\n =?UTF-8?q?=D0=BB=D0=BE=D0=BC?= "
	    "x\n\n",
	    "i@x.uz", "Иван", "Салом x" },
	{ "/message/a character cut between two words is whole",
	    FROM "Subject: =?UTF-8?B?0KHQsNC70L7Q?= =?UTF-8?B?vA==?=\n\n",
	    "ann@shop.example", "Ann", "Салом" },
	{ "/message/encoded-words in quotes and without spaces",
	    "From: \"=?koi8-r?B?6dfBzg==?=\" <i@x>\n"
	    "Subject: re:=?utf-8?Q?a_b?=c\n\n",
	    "i@x", "Иван", "re:a bc" },
	{ "/message/raw windows-1251 in a header",
	    "From: \xc8\xe2\xe0\xed <i@x.uz>\nSubject: \xcf\xf0\xe8\xe2\xe5\xf2\n"
	    "\n",
	    "i@x.uz", "Иван", "Привет" },
	{ "/message/a line end in an encoded-word makes no line",
	    FROM "Subject: =?utf-8?Q?hi=0D=0ABcc:_evil@x=00z?=\n\n",
	    "ann@shop.example", "Ann", "hi Bcc: evil@x\xef\xbf\xbdz" },
	{ "/message/a name with a comma", "From: Doe, Ann <a@x.uz>\n\n",
	    "a@x.uz", "Doe, Ann", "" },
	{ "/message/a bracket that is not closed", "From: foo <foo@bar.com\n\n",
	    "foo@bar.com", "foo", "" },
	{ "/message/a name without an address before one with",
	    "From: some name, some name2@example.com\n\n", "name2@example.com",
	    "some name, some", "" },
	{ "/message/a comment is a name", "From: a@x.uz (Ann \"A\" Doe)\n\n",
	    "a@x.uz", "Ann \"A\" Doe", "" },
	{ "/message/an open comment is text", "From: John (Doe <a@x.uz>\n\n",
	    "a@x.uz", "John (Doe", "" },
	{ "/message/a group's first member", "From: team: a@x.uz, b@x.uz;\n\n",
	    "a@x.uz", "", "" },
	{ "/message/a route is left out", "From: <@a,@b:c@d.uz>\n\n", "c@d.uz",
	    "", "" },
	{ "/message/an address in the name is no address",
	    "From: \"boss@bank.example\" <evil@x>\n\n", "evil@x",
	    "boss@bank.example", "" },
	{ "/message/a quoted local part", "From: \"ann smith\"@x.uz\n\n",
	    "\"ann smith\"@x.uz", "", "" },
	{ "/message/a local user", "From: root\n\n", "root", "", "" },
	{ "/message/only the first From counts", "From: a@x\nFrom: b@y\n\n",
	    "a@x", "", "" },
	{ "/message/an empty From is nobody", "From: \nSubject: x\n\n", NULL,
	    NULL, "x" },
	{ "/message/an mbox line in front", "From a@x Mon Jan 1\n" FROM "\n",
	    "ann@shop.example", "Ann", "" },
	{ "/message/empty lines in front", "\r\n\r\n" FROM "\r\n",
	    "ann@shop.example", "Ann", "" },
	{ "/message/NUL in a header", FROM "Subject: a", "ann@shop.example",
	    "Ann", "a" },
	{ "/message/no octets", "", NULL, NULL, "" },
};

static void
test_header(gconstpointer data)
{
	const struct Header *c = data;
	g_autoptr(Message) m = parse(c->mail);
	const Address *author = message_author(m);

	g_assert_cmpstr(m->subject, ==, c->subject);
	if (c->address == NULL) {
		g_assert_null(author);
		return;
	}
	g_assert_nonnull(author);
	g_assert_cmpstr(author->address, ==, c->address);
	g_assert_cmpstr(author->name, ==, c->name);
}

static const struct Text {
	const char *title, *mail, *want;
} texts[] = {
	{ "/message/plain text", FROM "\r\none\r\ntwo\r\n", "one\ntwo\n" },
	{ "/message/quoted-printable and its charset",
	    FROM "Content-Type: text/plain; charset=koi8-r\r\n"
		 "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		 "=F0=D2=C9=D7=C5=D4=\r\n!\r\n",
	    "Привет!\n" },
	{ "/message/base64 without padding",
	    FROM "Content-Transfer-Encoding: BASE64\r\n\r\naGVsbG8",
	    "hello\n" },
	{ "/message/plain text wins over HTML",
	    FROM "Content-Type: multipart/alternative; boundary=\"b\"\r\n\r\n"
		 "--b\r\n\r\nplain\r\n--b\r\nContent-Type: text/html\r\n\r\n"
		 "<p>html\r\n--b--\r\n",
	    "plain\n" },
	{ "/message/HTML wins over plain text that says nothing",
	    FROM "Content-Type: multipart/alternative; boundary=b\r\n\r\n"
		 "--b\r\n\r\nYour mail program does not support HTML.\r\n"
		 "--b\r\nContent-Type: text/html\r\n\r\n<p>html\r\n--b--\r\n",
	    "html\n" },
	{ "/message/HTML that stands alone",
	    FROM "Content-Type: text/html; charset=utf-8\r\n\r\n"
		 "<p>one<p>tw\xd0\xbe",
	    "one\n\ntwо\n" },
	{ "/message/HTML that says its charset itself",
	    FROM "Content-Type: text/html\r\n\r\n<html><meta "
		 "charset=\"koi8-r\">\xf4\xe5\xf3\xf4",
	    "ТЕСТ\n" },
	{ "/message/text parts one after the other",
	    MIXED "--b\r\n\r\none\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
		  "two\r\n--b--\r\n",
	    "one\n\ntwo\n" },
	{ "/message/an attached text is no text",
	    MIXED "--b\r\n\r\none\r\n--b\r\nContent-Disposition: attachment\r\n"
		  "\r\ntwo\r\n--b--\r\n",
	    "one\n" },
	{ "/message/the last part is not closed",
	    MIXED "--b\r\n\r\none\r\n--b\r\n\r\ntwo", "one\n\ntwo\n" },
	{ "/message/a multipart without a boundary is shown as it is",
	    FROM "Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\nhello\r\n",
	    "--x\n\nhello\n" },
	{ "/message/flowed lines are joined",
	    FROM "Content-Type: text/plain; format=flowed\r\n\r\n"
		 "one \r\ntwo\r\n> quoted \r\n> line\r\n-- \r\nAnn\r\n",
	    "one two\n> quoted line\n-- \nAnn\n" },
	{ "/message/DelSp drops the space",
	    FROM "Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n"
		 "lo \r\nng\r\n",
	    "long\n" },
	{ "/message/UTF-7 is refused",
	    FROM "Content-Type: text/plain; charset=utf-7\r\n\r\n+ADw-b+AD4-",
	    "+ADw-b+AD4-\n" },
	{ "/message/a forwarded mail is not this mail's text",
	    MIXED
	    "--b\r\n\r\nsee\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
	    "From: b@y\r\n\r\ninner\r\n--b--\r\n",
	    "see\n" },
	{ "/message/controls are taken out", FROM "\r\na\x1b[31mb\x07\r\n",
	    "a[31mb\n" },
	{ "/message/a body begins without the empty line",
	    FROM "Hello, here is my question\r\nsecond line\r\n",
	    "Hello, here is my question\nsecond line\n" },
};

static void
test_text(gconstpointer data)
{
	const struct Text *c = data;
	g_autoptr(Message) m = parse(c->mail);

	g_assert_cmpstr(m->body_text, ==, c->want);
}

static const struct Name {
	const char *title, *field, *want;
} names[] = {
	{ "/message/a plain file name", "filename=\"a b.txt\"", "a b.txt" },
	{ "/message/an unquoted file name", "filename=a b.txt", "a b.txt" },
	{ "/message/RFC 2231 with a charset",
	    "filename*=windows-1251'ru'%EE%F2%F7%E5%F2.pdf", "отчет.pdf" },
	{ "/message/RFC 2231 in pieces out of order",
	    "filename*1=b.txt; filename*0=\"a \"", "a b.txt" },
	{ "/message/RFC 2231 with a character cut between pieces",
	    "filename*0*=utf-8''%D0; filename*1*=%90.txt", "А.txt" },
	{ "/message/RFC 2231 beats the plain name",
	    "filename=\"_.txt\"; filename*=utf-8''%D0%90.txt", "А.txt" },
	{ "/message/RFC 2047 where it does not belong",
	    "filename=\"=?utf-8?B?0L7RgtGH0LXRgi5wZGY=?=\"", "отчет.pdf" },
	{ "/message/a raw 8-bit name", "filename=\"\xee\xf2\xf7\xe5\xf2.pdf\"",
	    "отчет.pdf" },
	{ "/message/a path is left out", "filename=\"../../etc/passwd\"",
	    "passwd" },
	{ "/message/a Windows path is left out",
	    "filename=\"C:\\Users\\ann\\a.doc\"", "a.doc" },
	{ "/message/a hidden file is not hidden", "filename=\"..bashrc\"",
	    "bashrc" },
	{ "/message/a name of dots is no name", "filename=\"..\"", "" },
	{ "/message/controls and overrides go",
	    "filename*=utf-8''a%0D%0A%00%E2%80%AEcod.exe",
	    "a \xef\xbf\xbd"
	    "cod.exe" },
};

static void
test_name(gconstpointer data)
{
	const struct Name *c = data;
	g_autofree char *mail = g_strdup_printf(MIXED
	    "--b\r\nContent-Disposition: attachment; %s\r\n\r\nx\r\n"
	    "--b--\r\n",
	    c->field);
	g_autoptr(Message) m = parse(mail);
	const Attachment *a;

	g_assert_cmpuint(m->attachments->len, ==, 1);
	a = m->attachments->pdata[0];
	g_assert_cmpstr(a->name, ==, c->want);
}

static void
test_attachment(void)
{
	g_autoptr(Message) m = parse(MIXED
	    "--b\r\n\r\none\r\n--b\r\n"
	    "Content-Type: Image/PNG; name=x.png\r\n"
	    "Content-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n"
	    "\r\naGVs\r\nbG8=\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
	    "From: b@y\r\n\r\ninner\r\n--b--\r\n");
	const Attachment *a, *inner;
	gsize size;

	g_assert_cmpuint(m->attachments->len, ==, 2);
	a = m->attachments->pdata[0];
	g_assert_cmpstr(a->type, ==, "image/png");
	g_assert_cmpstr(a->name, ==, "x.png");
	g_assert_cmpstr(a->content_id, ==, "logo@x");
	g_assert_true(a->is_inline);
	g_assert_cmpint(a->size, ==, 5);
	g_assert_cmpstr(a->sha256, ==,
	    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
	g_assert_cmpmem(g_bytes_get_data(a->octets, &size), 5, "hello", 5);
	inner = m->attachments->pdata[1];
	g_assert_cmpstr(inner->type, ==, "message/rfc822");
	g_assert_cmpstr(inner->name, ==, "forwarded message");
}

static void
test_ids(void)
{
	g_autoptr(Message) m = parse(FROM "Message-ID: <id@x>\r\n"
					  "In-Reply-To: Your mail <a@x>\r\n"
					  "References: <a@b> junk <c@d>,\r\n"
					  "\t<e@f>\r\n\r\n");
	g_autoptr(Message) none = parse(FROM "\r\nx");
	g_autoptr(Message) again = parse(FROM "Received: y\r\n\r\nx");

	g_assert_cmpstr(m->message_id, ==, "id@x");
	g_assert_false(m->message_id_made);
	g_assert_cmpuint(m->references->len, ==, 3);
	g_assert_cmpstr(m->references->pdata[2], ==, "e@f");
	g_assert_cmpstr(m->in_reply_to->pdata[0], ==, "a@x");
	g_assert_true(none->message_id_made);
	g_assert_cmpstr(none->message_id, ==, again->message_id);
}

static void
test_hash(void)
{
	g_autoptr(Message) a =
	    parse("Received: one\n" FROM "X-Spam-Score: 1\n\ntext\n");
	g_autoptr(Message) b = parse(FROM "Delivered-To: x@y\n\ntext\n");
	g_autoptr(Message) c = parse(FROM "\nother text\n");
	g_autoptr(Message) d = parse(FROM "Subject: s\n\ntext\n");

	g_assert_cmpstr(a->content_hash, ==, b->content_hash);
	g_assert_cmpstr(a->content_hash, !=, c->content_hash);
	g_assert_cmpstr(a->content_hash, !=, d->content_hash);
}

static void
test_date(void)
{
	static const struct {
		const char *field;
		gint64 want;
	} dates[] = {
		{ "Thu, 01 Jan 2026 12:00:00 +0500", 1767250800 },
		{ "1 Jan 2026 07:00 GMT", 1767250800 },
		{ "Thu, 01 Jan 1970 00:00:01 +0000", 0 },
		{ "yesterday", 0 },
		{ "", 0 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(dates); i++) {
		g_autofree char *mail =
		    g_strdup_printf(FROM "Date: %s\r\n\r\n", dates[i].field);
		g_autoptr(Message) m = parse(mail);

		g_assert_cmpint(m->date, ==, dates[i].want);
	}
}

static void
test_fields(void)
{
	g_autoptr(Message) m = parse(FROM "X-A: one\r\n two\r\n"
					  "Subject: =?utf-8?Q?a?=\r\n"
					  "x-a: \xd0\x90\r\n\r\n");

	g_assert_cmpuint(m->fields->len, ==, 4);
	g_assert_cmpstr(message_field(m, "x-A"), ==, "one two");
	g_assert_cmpstr(message_field_nth(m, "X-A", 1), ==, "А");
	g_assert_null(message_field_nth(m, "X-A", 2));
	g_assert_cmpstr(message_field(m, "Subject"), ==, "=?utf-8?Q?a?=");
	g_assert_cmpuint(m->from_fields, ==, 1);
}

static void
test_scan(void)
{
	static const char mail[] = "Received: x\r\nFROM: Ann <ann@shop.example>"
				   "\r\nSubject: hel\x01lo\r\n"
				   "Message-Id: <id@x>\r\n\r\nFrom: no@x\r\n";
	g_autoptr(GBytes) bytes = g_bytes_new_static(mail, strlen(mail));
	g_autoptr(Message) m = message_scan(bytes);
	g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
	g_autoptr(Message) none = message_scan(nothing);

	g_assert_cmpstr(message_author(m)->address, ==, "ann@shop.example");
	g_assert_cmpstr(m->message_id, ==, "id@x");
	g_assert_true(g_str_has_prefix(m->subject, "hel"));
	g_assert_null(message_author(none));
	g_assert_true(none->message_id_made);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	message_init();
	for (guint i = 0; i < G_N_ELEMENTS(headers); i++)
		g_test_add_data_func(headers[i].title, &headers[i],
		    test_header);
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
		g_test_add_data_func(texts[i].title, &texts[i], test_text);
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		g_test_add_data_func(names[i].title, &names[i], test_name);
	g_test_add_func("/message/attachments are known by their octets",
	    test_attachment);
	g_test_add_func("/message/identifiers are found in any text", test_ids);
	g_test_add_func("/message/trace fields do not change the hash",
	    test_hash);
	g_test_add_func("/message/dates of any shape", test_date);
	g_test_add_func("/message/all fields are kept in order", test_fields);
	g_test_add_func("/message/a byte scan finds the author", test_scan);
	return g_test_run();
}
