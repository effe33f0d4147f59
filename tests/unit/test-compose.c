/* test-compose.c - what goes out is well formed or does not go (T3, AC-14,
 * THREATS.md 4). */
#include "mail/compose.h"

#include <gmime/gmime.h>
#include <string.h>

#include "mail/message.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeStream, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeParser, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeMessage, g_object_unref)

typedef struct Letter {
	Compose c;
	Address *from, *to, *reply_to;
	GPtrArray *tos, *references, *attachments, *extra;
} Letter;

static Letter *
letter_new(void)
{
	Letter *l = g_new0(Letter, 1);

	l->from = address_new("support@shop.example", "Shop support");
	l->to = address_new("ann@buyer.example", "");
	l->reply_to = address_new("support+tok@shop.example", "");
	l->tos = g_ptr_array_new_with_free_func((GDestroyNotify)address_free);
	l->references = g_ptr_array_new_with_free_func(g_free);
	l->attachments = g_ptr_array_new();
	l->extra = g_ptr_array_new();
	g_ptr_array_add(l->tos, l->to);
	l->c.class = COMPOSE_AUTO_REPLIED;
	l->c.from = l->from;
	l->c.to = l->tos;
	l->c.subject = "Your request [#4711]";
	l->c.message_id = "m.1@shop.example";
	l->c.date = 1795760943;
	l->c.text = "Hello,\n\nwe got it.\n";
	return l;
}

static void
letter_free(Letter *l)
{
	address_free(l->from);
	address_free(l->reply_to);
	g_ptr_array_unref(l->tos);
	g_ptr_array_unref(l->references);
	g_ptr_array_unref(l->attachments);
	g_ptr_array_unref(l->extra);
	g_free(l);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Letter, letter_free)

/* Octets as text; lint and line lengths are looked at on the way. */
static char *
compose(const Letter *l)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) octets = compose_message(&l->c, &error);
	gsize size;
	const char *data;

	g_assert_no_error(error);
	g_assert_nonnull(octets);
	g_assert_true(compose_lint(octets, &error));
	data = g_bytes_get_data(octets, &size);
	return g_strndup(data, size);
}

static GMimeMessage *
read_back(const char *text)
{
	g_autoptr(GMimeStream) stream = NULL;
	g_autoptr(GMimeParser) parser = NULL;

	stream = g_mime_stream_mem_new_with_buffer(text, strlen(text));
	parser = g_mime_parser_new_with_stream(stream);
	return g_mime_parser_construct_message(parser, NULL);
}

/* Longest line of the header. */
static gsize
widest(const char *text)
{
	gsize most = 0;

	for (const char *p = text; *p != '\r'; p = strchr(p, '\n') + 1)
		most = MAX(most, strcspn(p, "\r"));
	return most;
}

static void
test_plain(void)
{
	g_autoptr(Letter) l = letter_new();
	g_autofree char *text = NULL;

	l->c.reply_to = l->reply_to;
	l->c.in_reply_to = "x@buyer.example";
	g_ptr_array_add(l->references, g_strdup("w@buyer.example"));
	g_ptr_array_add(l->references, g_strdup("x@buyer.example"));
	l->c.references = l->references;
	l->c.loop = "abc";
	l->c.language = "uz-Cyrl";
	g_ptr_array_add(l->extra, (char *)"X-Javob-Kind");
	g_ptr_array_add(l->extra, (char *)"ack");
	l->c.extra = l->extra;
	text = compose(l);
	g_assert_cmpstr(text, ==,
	    "From: Shop support <support@shop.example>\r\n"
	    "To: ann@buyer.example\r\n"
	    "Reply-To: support+tok@shop.example\r\n"
	    "Subject: Your request [#4711]\r\n"
	    "Date: Fri, 27 Nov 2026 06:29:03 +0000\r\n"
	    "Message-ID: <m.1@shop.example>\r\n"
	    "In-Reply-To: <x@buyer.example>\r\n"
	    "References: <w@buyer.example> <x@buyer.example>\r\n"
	    "Auto-Submitted: auto-replied\r\n"
	    "X-Auto-Response-Suppress: All\r\n"
	    "X-Loop: abc\r\n"
	    "Content-Language: uz-Cyrl\r\n"
	    "X-Javob-Kind: ack\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n"
	    "\r\n"
	    "Hello,\r\n\r\nwe got it.\r\n");
}

static void
test_class(void)
{
	static const char *const want[] = { NULL,
		"\r\nAuto-Submitted: auto-replied\r\n",
		"\r\nAuto-Submitted: auto-generated\r\n" };

	for (int class = COMPOSE_PERSON; class <= COMPOSE_AUTO_GENERATED;
	     class ++) {
		g_autoptr(Letter) l = letter_new();
		g_autofree char *text = NULL;

		l->c.class = class;
		text = compose(l);
		if (want[class] == NULL)
			g_assert_null(strstr(text, "Auto-"));
		else
			g_assert_nonnull(strstr(text, want[class]));
	}
}

/* Subjects that come back as they were, folded at 76. */
static void
test_subjects(void)
{
	static const char *const subjects[] = {
		"",
		"Short",
		"Заказ № 5",
		"Ҳурматли мижоз, сўровингиз қабул "
		"қилинди ва навбатга қўйилди [#1]",
		"Sifarişiniz qəbul edildi, təşəkkür edirik və tezliklə cavab "
		"verəcəyik [#4711]",
		"a=?utf-8?q?b?= looks encoded",
		"=?UTF-8?B?eA==?=",
		"An ASCII subject that is so long that it has to be folded in "
		"two places at the very least, since 76 columns are few",
		"Averyveryveryveryveryveryveryveryveryveryveryveryveryveryver"
		"yveryveryveryverylongword in a subject",
		"日本語の件名はとても長いので折り返さなければなりませんし文字の"
		"途中で切れてはいけません",
		"x {{6*111}} %s %n ${y}",
		"\"quoted\", (commented) <x>",
		"\U0001f600\U0001f600\U0001f600\U0001f600\U0001f600\U0001f600"
		"\U0001f600\U0001f600\U0001f600\U0001f600\U0001f600\U0001f600",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(subjects); i++) {
		g_autoptr(Letter) l = letter_new();
		g_autoptr(GMimeMessage) back = NULL;
		g_autofree char *text = NULL;
		const char *got;

		l->c.subject = subjects[i];
		text = compose(l);
		g_assert_cmpuint(widest(text), <=, 76);
		back = read_back(text);
		got = g_mime_message_get_subject(back);
		g_assert_cmpstr(got != NULL ? got : "", ==, subjects[i]);
	}
}

static void
test_names(void)
{
	static const char *const names[] = { "Ann", "O'Neil, Ann",
		"a \"b\" \\ c", "Аня Ким", "Ann (Shop)", "ann@evil.example",
		"=?utf-8?q?x?=",
		"Ҳурматли мижозларга хизмат кўрсатиш бўлими, "
		"Тошкент шаҳри",
		"J. R. Public", "<b@evil.example>" };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(Letter) l = letter_new();
		g_autoptr(GMimeMessage) back = NULL;
		g_autoptr(Address) second =
		    address_new("b@x.example", names[i]);
		g_autofree char *text = NULL;
		g_autoptr(GPtrArray) cc = g_ptr_array_new();
		InternetAddressList *list;
		InternetAddress *one;

		g_ptr_array_add(cc, second);
		g_ptr_array_add(cc, l->to);
		l->c.cc = cc;
		text = compose(l);
		back = read_back(text);
		list = g_mime_message_get_cc(back);
		g_assert_cmpint(internet_address_list_length(list), ==, 2);
		one = internet_address_list_get_address(list, 0);
		g_assert_cmpstr(internet_address_get_name(one), ==, names[i]);
		g_assert_cmpstr(internet_address_mailbox_get_addr(
				    INTERNET_ADDRESS_MAILBOX(one)),
		    ==, "b@x.example");
	}
}

static void
test_bodies(void)
{
	static const struct {
		const char *text, *encoding;
	} bodies[] = {
		{ "plain\n", "7bit" },
		{ "", "7bit" },
		{ "no last line end", "7bit" },
		{ "-- \nAnn\n", "7bit" },
		{ ".\n..\nFrom x\n", "7bit" },
		{ "Sifarişiniz qəbul edildi, tezliklə sizə yazacağıq. Bu gün "
		  "ərzində cavab alacaqsınız.\n-- \nShop\n",
		    "quoted-printable" },
		{ "Ҳурматли мижоз!\n\nСўровингиз қабул қилинди.\n", "base64" },
	};
	g_autofree char *long_line = g_strnfill(5000, 'x');

	for (gsize i = 0; i <= G_N_ELEMENTS(bodies); i++) {
		g_autoptr(Letter) l = letter_new();
		g_autoptr(GMimeMessage) back = NULL;
		g_autofree char *text = NULL;
		g_autofree char *got = NULL;
		g_autofree char *want = NULL;
		gboolean last = i == G_N_ELEMENTS(bodies);

		l->c.text = last ? long_line : bodies[i].text;
		text = compose(l);
		g_assert_nonnull(strstr(text,
		    last ? "quoted-printable" : bodies[i].encoding));
		back = read_back(text);
		got = g_mime_text_part_get_text(
		    GMIME_TEXT_PART(g_mime_message_get_mime_part(back)));
		want = g_strdup(l->c.text);
		for (char *p = got, *to = got;; p++) {
			if (*p != '\r')
				*to++ = *p;
			if (*p == '\0')
				break;
		}
		g_assert_cmpstr(g_strchomp(got), ==, g_strchomp(want));
	}
}

static void
test_references(void)
{
	g_autoptr(Letter) l = letter_new();
	g_autofree char *text = NULL;
	const char *from, *end;

	g_ptr_array_add(l->references, g_strdup("broken id"));
	for (guint i = 0; i < 200; i++)
		g_ptr_array_add(l->references,
		    g_strdup_printf("message-number-%u@mail.buyer.example", i));
	l->c.references = l->references;
	text = compose(l);
	from = strstr(text, "References:");
	end = strstr(from, "Auto-Submitted:");
	g_assert_cmpint(end - from, <=, 2000);
	g_assert_cmpint(end - from, >, 1900);
	g_assert_true(g_str_has_prefix(from,
	    "References: <message-number-0@mail.buyer.example>\r\n"));
	g_assert_nonnull(strstr(text,
	    "\r\n <message-number-199@mail.buyer.example>\r\nAuto-"));
	g_assert_null(strstr(text, "broken"));
}

static void
attachment_clear(Attachment *a)
{
	g_bytes_unref(a->octets);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Attachment, attachment_clear)

static void
test_attachments(void)
{
	static const char octets[] = "\0\r\n\xff=_--x";
	static const char *const names[] = { "a.png", "отчёт за ноябрь.pdf",
		"с очень длинным именем, которое не помещается в одну строку "
		"заголовка.docx",
		"a \"b\" 100%.txt", "" };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(Letter) l = letter_new();
		g_autoptr(GMimeMessage) back = NULL;
		g_autofree char *text = NULL;
		g_auto(Attachment) a = { .name = (char *)names[i],
			.type = (char *)"image/png",
			.content_id = (char *)"p1@x",
			.octets = g_bytes_new(octets, sizeof(octets)) };
		GMimeMultipart *parts;
		GMimeObject *part;
		GMimeStream *content;
		g_autoptr(GMimeStream) got = g_mime_stream_mem_new();

		g_ptr_array_add(l->attachments, &a);
		l->c.attachments = l->attachments;
		text = compose(l);
		back = read_back(text);
		parts = GMIME_MULTIPART(g_mime_message_get_mime_part(back));
		g_assert_cmpint(g_mime_multipart_get_count(parts), ==, 2);
		part = g_mime_multipart_get_part(parts, 1);
		g_assert_cmpstr(g_mime_part_get_filename(GMIME_PART(part)), ==,
		    *names[i] != '\0' ? names[i] : NULL);
		g_assert_cmpstr(g_mime_object_get_content_id(part), ==, "p1@x");
		g_mime_data_wrapper_write_to_stream(
		    g_mime_part_get_content(GMIME_PART(part)), got);
		content = got;
		g_assert_cmpmem(
		    g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(content))
			->data,
		    g_mime_stream_length(content), octets, sizeof(octets));
	}
}

/* base64 is forbidden on message/rfc822 and multipart. */
static GMimeObject *
part_of(GMimeObject *multipart, int i)
{
	g_assert_true(GMIME_IS_MULTIPART(multipart));
	return g_mime_multipart_get_part(GMIME_MULTIPART(multipart), i);
}

/* CRLF becomes LF, in place; the line end that belongs to the boundary goes. */
static char *
unix_lines(char *text)
{
	char *to = text;

	for (const char *p = text; *p != '\0'; p++) {
		if (*p != '\r')
			*to++ = *p;
	}
	*to = '\0';
	if (g_str_has_suffix(text, "\n\n"))
		to[-1] = '\0';
	return text;
}

/* Text first, HTML last, both whole, whatever the script and the length of
 * their lines; attachments are beside the two. */
static void
test_html(void)
{
	static const char *const pages[] = { "<p>Hello</p>\n",
		"<p style=\"margin:0\">Привет, мир</p>\n" };
	g_autofree char *longest = g_strnfill(5000, 'x');
	g_autofree char *page = g_strdup_printf("<p>%s</p>\n", longest);
	g_auto(Attachment) a = { .name = (char *)"a.png",
		.type = (char *)"image/png",
		.octets = g_bytes_new("x", 1) };

	for (guint i = 0; i < 6; i++) {
		const char *html = i % 3 == 2 ? page : pages[i % 3];
		g_autoptr(Letter) l = letter_new();
		g_autoptr(GMimeMessage) back = NULL;
		g_autofree char *text = NULL, *plain = NULL, *got = NULL;
		GMimeObject *both;

		if (i >= 3) {
			g_ptr_array_add(l->attachments, &a);
			l->c.attachments = l->attachments;
		}
		l->c.html = html;
		text = compose(l);
		back = read_back(text);
		both = g_mime_message_get_mime_part(back);
		if (i >= 3)
			both = part_of(both, 0);
		g_assert_true(g_mime_content_type_is_type(
		    g_mime_object_get_content_type(both), "multipart",
		    "alternative"));
		plain = g_mime_text_part_get_text(
		    GMIME_TEXT_PART(part_of(both, 0)));
		got = g_mime_text_part_get_text(
		    GMIME_TEXT_PART(part_of(both, 1)));
		g_assert_cmpstr(unix_lines(plain), ==, l->c.text);
		g_assert_cmpstr(unix_lines(got), ==, html);
	}
}

static void
test_attached_mail(void)
{
	g_autoptr(Letter) l = letter_new();
	g_autofree char *text = NULL;
	g_auto(Attachment) a = { .name = (char *)"",
		.type = (char *)"message/rfc822",
		.octets = g_bytes_new_static("From: x\n\ny", 10) };

	g_ptr_array_add(l->attachments, &a);
	l->c.attachments = l->attachments;
	text = compose(l);
	g_assert_null(strstr(text, "message/rfc822"));
	g_assert_nonnull(strstr(text, "application/octet-stream"));
	g_assert_nonnull(strstr(text, "filename=\"message.eml\""));
}

typedef struct Refusal {
	const char *title;
	gsize offset; /* of a text in Compose */
	const char *value;
} Refusal;

#define SUBJECT offsetof(Compose, subject)
#define TEXT    offsetof(Compose, text)
#define ID      offsetof(Compose, message_id)
#define REPLY   offsetof(Compose, in_reply_to)

static const Refusal refusals[] = {
	{ "a line break in the subject", SUBJECT, "Hi\r\nBcc: b@x.example" },
	{ "a bare CR in the subject", SUBJECT, "Hi\rBcc: b@x.example" },
	{ "a NEL in the subject", SUBJECT, "Hi\xc2\x85x" },
	{ "a line separator in the subject", SUBJECT, "Hi\u2028x" },
	{ "a control in the subject", SUBJECT, "Hi\x01x" },
	{ "a bidi override in the subject", SUBJECT, "Hi\u202ex" },
	{ "an invisible letter in the subject", SUBJECT, "Hi\u200bx" },
	{ "broken UTF-8 in the subject", SUBJECT, "Hi\xffx" },
	{ "a CR in the text", TEXT, "a\r\nb" },
	{ "an escape in the text", TEXT, "a\x1b[2Jb" },
	{ "broken UTF-8 in the text", TEXT,
	    "a\xff"
	    "b" },
	{ "no text", TEXT, NULL },
	{ "no Message-ID", ID, NULL },
	{ "a Message-ID with brackets", ID, "<a@b>" },
	{ "a Message-ID with a line break", ID, "a@b>\r\nBcc: x" },
	{ "an In-Reply-To with a space", REPLY, "a b@c" },
	{ "a loop mark with a line break", offsetof(Compose, loop), "a\nb" },
	{ "a language with a line break", offsetof(Compose, language), "a\nb" },
};

static void
refuse(const Letter *l)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(compose_message(&l->c, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
}

static void
test_refusal(gconstpointer data)
{
	const Refusal *r = data;
	g_autoptr(Letter) l = letter_new();

	*(const char **)((char *)&l->c + r->offset) = r->value;
	refuse(l);
}

static void
test_refused_addresses(void)
{
	static const char *const bad[] = { "a b@x.example", "a>@x.example",
		"a@x.example\r\nBcc: b@x.example", "-f@x.example", "", "a",
		"аня@x.example", "a@[192.0.2.1]" };
	static const char *const names[] = { "a\nb", "a\u202eb", "a\xff" };

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(Letter) l = letter_new();

		g_free(l->to->address);
		l->to->address = g_strdup(bad[i]);
		refuse(l);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(Letter) l = letter_new();

		g_free(l->to->name);
		l->to->name = g_strdup(names[i]);
		refuse(l);
	}
	{
		g_autoptr(Letter) l = letter_new();

		g_ptr_array_set_size(l->tos, 0);
		refuse(l);
		l->c.to = NULL;
		refuse(l);
		l->c.from = NULL;
		refuse(l);
	}
}

static void
test_refused_parts(void)
{
	static const char *const extra[][2] = { { "Bcc", "b@x.example" },
		{ "X-Javob-A: b\r\nBcc", "x" },
		{ "X-Javob-A", "x\r\nBcc: y" } };

	for (gsize i = 0; i < G_N_ELEMENTS(extra); i++) {
		g_autoptr(Letter) l = letter_new();

		g_ptr_array_add(l->extra, (char *)extra[i][0]);
		g_ptr_array_add(l->extra, (char *)extra[i][1]);
		l->c.extra = l->extra;
		refuse(l);
	}
	{
		g_autoptr(Letter) l = letter_new();
		g_auto(Attachment) a = { .name = (char *)"a\r\nb",
			.octets = g_bytes_new_static("x", 1) };

		g_ptr_array_add(l->attachments, &a);
		l->c.attachments = l->attachments;
		refuse(l);
	}
	{
		g_autoptr(Letter) l = letter_new();

		l->c.date = G_MAXINT64;
		refuse(l);
	}
}

#define HEAD                                                                     \
	"From: a@b\r\nTo: c@d\r\nSubject: x\r\nDate: y\r\nMessage-ID: <e@f>\r\n" \
	"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"

static void
test_lint(void)
{
	static const struct {
		const char *octets;
		gboolean good;
	} cases[] = {
		{ HEAD "\r\nbody\r\n", TRUE },
		{ HEAD "X-A: b\r\n c\r\n\r\n", TRUE },
		{ HEAD, FALSE },
		{ "", FALSE },
		{ HEAD "\r\nbody", FALSE },
		{ HEAD "\r\nbo\ndy\r\n", FALSE },
		{ HEAD "\r\nbo\rdy\r\n", FALSE },
		{ HEAD "\r\nb\xc3\xb6\r\n", FALSE },
		{ HEAD "Bcc: x@y\r\n\r\n", FALSE },
		{ HEAD "FROM: x@y\r\n\r\n", FALSE },
		{ HEAD "Auto-Submitted: a\r\nauto-submitted: b\r\n\r\n",
		    FALSE },
		{ HEAD "no field\r\n\r\n", FALSE },
		{ HEAD "X-A : b\r\n\r\n", FALSE },
		{ HEAD ": b\r\n\r\n", FALSE },
		{ HEAD "X-A: b\r\n \r\n\r\n", FALSE },
		{ " x\r\n" HEAD "\r\n", FALSE },
		{ "From: a@b\r\n\r\nbody\r\n", FALSE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GBytes) octets = g_bytes_new_static(cases[i].octets,
		    strlen(cases[i].octets));
		g_autoptr(GError) error = NULL;

		g_test_message("case %" G_GSIZE_FORMAT, i);
		g_assert_cmpint(compose_lint(octets, &error), ==,
		    cases[i].good);
		g_assert_cmpint(error == NULL, ==, cases[i].good);
	}
}

static void
test_long_line(void)
{
	g_autofree char *fits = g_strnfill(998, 'x');
	g_autofree char *good = g_strconcat(HEAD, "\r\n", fits, "\r\n", NULL);
	g_autofree char *bad = g_strconcat(HEAD, "\r\nx", fits, "\r\n", NULL);
	g_autoptr(GBytes) a = g_bytes_new_static(good, strlen(good));
	g_autoptr(GBytes) b = g_bytes_new_static(bad, strlen(bad));

	g_assert_true(compose_lint(a, NULL));
	g_assert_false(compose_lint(b, NULL));
}

static void
test_speed(void)
{
	g_autoptr(Letter) l = letter_new();
	gint64 start = g_get_monotonic_time();

	l->c.subject = "Сизнинг сўровингиз қабул қилинди [#4711]";
	l->c.text = "Ҳурматли мижоз!\n\nСўровингиз қабул қилинди.\n";
	for (guint i = 0; i < 1000; i++)
		g_bytes_unref(compose_message(&l->c, NULL));
	start = g_get_monotonic_time() - start;
	g_test_message("one letter takes %g us", start / 1000.0);
	g_assert_cmpint(start, <, 5000000);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	message_init();
	g_test_add_func("/compose/an acknowledgement, octet by octet",
	    test_plain);
	g_test_add_func("/compose/T3 machines are told that we are one",
	    test_class);
	g_test_add_func("/compose/every subject comes back as it was",
	    test_subjects);
	g_test_add_func("/compose/every display name comes back as it was",
	    test_names);
	g_test_add_func("/compose/every text comes back as it was",
	    test_bodies);
	g_test_add_func("/compose/AC-14 References keep first and newest",
	    test_references);
	g_test_add_func("/compose/attachments come back as they were",
	    test_attachments);
	g_test_add_func("/compose/text and HTML are two ways to read it",
	    test_html);
	g_test_add_func("/compose/an attached mail is a file",
	    test_attached_mail);
	for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *path =
		    g_strdup_printf("/compose/refused: %s", refusals[i].title);

		g_test_add_data_func(path, &refusals[i], test_refusal);
	}
	g_test_add_func("/compose/refused: addresses that break out",
	    test_refused_addresses);
	g_test_add_func("/compose/refused: fields and names that break out",
	    test_refused_parts);
	g_test_add_func("/compose/the last look sees what is wrong", test_lint);
	g_test_add_func("/compose/the last look sees a line of 999 octets",
	    test_long_line);
	g_test_add_func("/compose/an acknowledgement is made quickly",
	    test_speed);
	return g_test_run();
}
