/* test-template.c - letters: what is loaded, refused, and written. */
#include "policy/template.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail/compose.h"
#include "mail/message.h"
#include "policy/locale.h"

#define HEAD "# review: none\nSubject: [#{{ticket}}] x\n\n"

static MustacheData *
ack_data(void)
{
	MustacheData *data = mustache_data_new();

	mustache_set(data, "ticket", "J-1042");
	mustache_set(data, "subject", "Order 5512");
	mustache_set(data, "greeting", "Hello Olim,");
	mustache_set(data, "promise_at", "Monday, 23 November 2026, 15:00");
	mustache_set(data, "time_zone", "Tashkent time");
	mustache_set(data, "close_hint", "CLOSE");
	mustache_set(data, "hours", "Monday-Friday 09:00-18:00");
	mustache_set(data, "brand", "Shop support");
	return data;
}

static MustacheData *
notify_data(void)
{
	MustacheData *data = mustache_data_new();

	mustache_set(data, "ticket", "J-1042");
	mustache_set(data, "subject", "Order 5512");
	mustache_set(data, "state", "new");
	mustache_set(data, "customer", "Olim Karimov <olim@client.example>");
	mustache_set(data, "mailbox", "support");
	mustache_set(data, "queue", "general");
	mustache_set(data, "opened_at", "Monday, 23 November 2026, 10:02");
	mustache_set(data, "text", "Where is my order?\n\nOlim");
	mustache_set(data, "marker", "== Please write above this line ==");
	mustache_set_flag(data, "new", TRUE);
	mustache_set_flag(data, "verified", TRUE);
	return data;
}

static char *
render(Letter letter, const MustacheData *data, char **subject)
{
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Templates) templates = templates_load(NULL, errors);
	g_autoptr(GError) error = NULL;
	char *text = NULL;

	g_assert_cmpuint(errors->len, ==, 0);
	templates_render(
	    templates, letter, "en", data, subject, &text, NULL, &error);
	g_assert_no_error(error);
	return text;
}

static void
has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		g_error("\"%s\" is not in:\n%s", part, text);
}

static void
has_not(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		g_error("\"%s\" is in:\n%s", part, text);
}

/* Nothing of the machinery shows, and no gap where a block was left out. */
static void
looks_finished(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	has_not(text, "{{");
	has_not(text, "\n\n\n");
	has_not(text, "()");
	for (guint i = 0; lines[i] != NULL; i++)
		g_assert_cmpint(g_utf8_strlen(lines[i], -1), <=, 76);
}

static void
test_ack(void)
{
	g_autoptr(MustacheData) data = ack_data();
	g_autofree char *subject = NULL;
	g_autofree char *text = render(LETTER_ACK, data, &subject);

	g_assert_cmpstr(subject, ==,
	    "[#J-1042] We have your request: Order 5512");
	g_assert_cmpstr(text, ==,
	    "Hello Olim,\n"
	    "\n"
	    "Thank you for writing to us. Your request is with us under "
	    "number J-1042.\n"
	    "\n"
	    "Subject: Order 5512\n"
	    "Solution expected by: Monday, 23 November 2026, 15:00 "
	    "(Tashkent time)\n"
	    "\n"
	    "What happens next:\n"
	    "1. A specialist will look into your request.\n"
	    "2. By then we will write with the solution or with what we have "
	    "found.\n"
	    "3. If we need longer, we will tell you before that time.\n"
	    "\n"
	    "To add something, simply reply to this mail. If the matter is "
	    "already\n"
	    "settled, reply with the word \"CLOSE\".\n"
	    "\n"
	    "Working hours: Monday-Friday 09:00-18:00\n"
	    "\n"
	    "If you need anything else, we are glad to help.\n"
	    "\n"
	    "Kind regards,\n"
	    "Shop support\n");
}

static void
test_ack_blocks(void)
{
	g_autoptr(MustacheData) data = ack_data();
	MustacheData *entry = mustache_data_new();
	g_autofree char *subject = NULL;
	g_autofree char *text = NULL;
	const char *url = "https://shop.example/a-very-long-path/that-goes-on/"
			  "beyond-the-width/of-a-line/how-to-send-it-back";

	mustache_set(data, "promise_at", NULL);
	mustache_set(data, "next_update_at", "Tuesday, 24 November 2026");
	mustache_set_flag(data, "outside_hours", TRUE);
	mustache_set(data, "opens_at", "Monday, 09:00");
	mustache_set_flag(data, "has_faq", TRUE);
	mustache_set(entry, "title", "How to send it back");
	mustache_set(entry, "url", url);
	mustache_append(data, "faq", entry);
	text = render(LETTER_ACK, data, &subject);
	has(text, "\nNext news from us by: Tuesday");
	has_not(text, "Solution expected");
	has(text, "\n\nYour mail reached us outside working hours.\n"
		  "We open again: Monday,");
	has(text, "\n- How to send it back\n  https://");
	has(text, url);
}

/* THREATS 4: nothing that he wrote, whatever the caller put in. */
static void
test_plain(void)
{
	g_autoptr(MustacheData) data = ack_data();
	const char *const *names = letter_placeholders(LETTER_ACK_PLAIN);
	g_autofree char *subject = NULL;
	g_autofree char *text = render(LETTER_ACK_PLAIN, data, &subject);

	g_assert_cmpstr(subject, ==, "[#J-1042] We have received your mail");
	has_not(text, "Olim");
	has_not(text, "Order");
	has(text, "Hello,\n");
	g_assert_false(g_strv_contains(names, "subject"));
	g_assert_false(g_strv_contains(names, "greeting"));
	looks_finished(text);
}

static void
test_reply(void)
{
	g_autoptr(MustacheData) data = ack_data();
	g_autofree char *subject = NULL;
	g_autofree char *text = NULL;

	mustache_set(data, "text", "It was sent {{ticket}} & <today>.");
	mustache_set(data, "agent_name", "Malika");
	mustache_set(data, "greeting", "");
	text = render(LETTER_REPLY, data, &subject);
	g_assert_cmpstr(subject, ==, "Re: [#J-1042] Order 5512");
	g_assert_cmpstr(text, ==,
	    "It was sent {{ticket}} & <today>.\n\n"
	    "Kind regards,\nMalika\nShop support\n");
}

static void
test_notify(void)
{
	g_autoptr(MustacheData) data = notify_data();
	g_autofree char *subject = NULL;
	g_autofree char *text = render(LETTER_NOTIFY, data, &subject);

	g_assert_cmpstr(subject, ==, "[#J-1042] Order 5512");
	g_assert_cmpstr(text, ==,
	    "== Please write above this line ==\n"
	    "\n"
	    "New request from Olim Karimov <olim@client.example>\n"
	    "\n"
	    "Where is my order?\n"
	    "\n"
	    "Olim\n"
	    "\n"
	    "----\n"
	    "Ticket: J-1042, new\n"
	    "Queue: general, mailbox support\n"
	    "Opened: Monday, 23 November 2026, 10:02\n"
	    "Sender: verified\n"
	    "Reply to this mail to answer the customer.\n");
}

static void
test_notify_blocks(void)
{
	g_autoptr(MustacheData) data = notify_data();
	MustacheData *file = mustache_data_new();
	g_autofree char *subject = NULL;
	g_autofree char *text = NULL;

	mustache_set_flag(data, "new", FALSE);
	mustache_set_flag(data, "verified", FALSE);
	mustache_set_flag(data, "unverified", TRUE);
	mustache_set(data, "text", "");
	mustache_set(data, "quoted_lines", "14");
	mustache_set(file, "name", "a.pdf");
	mustache_set(file, "type", "application/pdf");
	mustache_set(file, "size", "12 KB");
	mustache_append(data, "attachments", file);
	text = render(LETTER_NOTIFY, data, &subject);
	has(text, "line ==\n\nOlim Karimov <olim@client.example> writes again\n"
		  "Sender not verified: ");
	has(text, "\n\n(This mail has no text.)\n\n"
		  "(Lines of quoted text left out: 14)\n\n"
		  "Attached: a.pdf (application/pdf, 12 KB)\n----\n");
	has_not(text, "Sender: verified");
	looks_finished(text);
}

/* What happened to a ticket is told without the words of any mail. */
static void
test_notify_note(void)
{
	g_autoptr(MustacheData) data = notify_data();
	g_autofree char *subject = NULL;
	g_autofree char *text = NULL;

	mustache_set(data, "note", "our mail to him was not delivered");
	text = render(LETTER_NOTIFY, data, &subject);
	has(text, "line ==\n\n"
		  "Please note: our mail to him was not delivered\n"
		  "Customer: Olim Karimov <olim@client.example>\n");
	has_not(text, "New request");
	has_not(text, "Where is my order?");
	has_not(text, "(This mail has no text.)");
	looks_finished(text);
}

static void
test_held(void)
{
	g_autoptr(MustacheData) data = mustache_data_new();
	g_autofree char *subject = NULL;
	g_autofree char *text = NULL;

	mustache_set(data, "ticket", "J-1042");
	mustache_set(data, "subject", "Order 5512");
	mustache_set(data, "reason", "the command /colse is not known.");
	mustache_set(data, "what_to_do", "send it again with /close.");
	mustache_set(data, "text", "/colse\nIt is sent.");
	text = render(LETTER_HELD, data, &subject);
	g_assert_cmpstr(subject, ==, "[#J-1042] Not sent: Order 5512");
	has(text, "Reason: the command /colse is not known.\n");
	has(text, "What to do: send it again with /close.\n");
	g_assert_true(g_str_has_suffix(text, "\n\n/colse\nIt is sent.\n"));
	looks_finished(text);
}

static void
test_subject(void)
{
	g_autoptr(MustacheData) data = ack_data();
	g_autofree char *subject = NULL;
	g_autofree char *text = NULL;
	g_autofree char *plain = NULL;

	mustache_set(data, "subject",
	    "hi\r\nBcc: all@victim.example\xe2\x80\xae\xe2\x80\xa8x");
	text = render(LETTER_ACK, data, &subject);
	g_assert_null(strpbrk(subject, "\r\n"));
	g_assert_null(strstr(subject, "\xe2\x80\xae"));
	g_assert_null(strstr(text, "\r"));
	g_assert_null(strstr(text, "\xe2\x80\xae"));
	g_free(text);
	g_clear_pointer(&subject, g_free);
	plain = g_strnfill(5000, 'x');
	mustache_set(data, "subject", plain);
	text = render(LETTER_ACK, data, &subject);
	g_assert_cmpint(g_utf8_strlen(subject, -1), <=, 200);
}

/* A folder with one letter in it, loaded. */
typedef struct Folder {
	char *dir;
	GPtrArray *errors;
} Folder;

static Templates *
load_one(Folder *folder, const char *language, const char *file,
    const char *text, gssize length)
{
	g_autofree char *sub = NULL;
	g_autofree char *path = NULL;
	Templates *templates;

	folder->dir = g_dir_make_tmp("javob-template-XXXXXX", NULL);
	folder->errors = g_ptr_array_new_with_free_func(g_free);
	sub = g_build_filename(folder->dir, language, NULL);
	path = g_build_filename(sub, file, NULL);
	g_assert_cmpint(g_mkdir(sub, 0700), ==, 0);
	g_assert_true(g_file_set_contents(path, text, length, NULL));
	templates = templates_load(folder->dir, folder->errors);
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_assert_cmpint(g_rmdir(sub), ==, 0);
	g_assert_cmpint(g_rmdir(folder->dir), ==, 0);
	return templates;
}

static void
folder_clear(Folder *folder)
{
	g_free(folder->dir);
	g_ptr_array_unref(folder->errors);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Folder, folder_clear)

static char *
page_of(const Templates *templates, Letter letter, const char *language,
    const MustacheData *data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *subject = NULL, *text = NULL, *body = NULL;

	g_assert_true(templates_render(templates, letter, language, data,
	    &subject, &text, &body, &error));
	g_assert_no_error(error);
	return templates_frame(templates, language, subject, body, "Ref: abc");
}

static void
test_html(void)
{
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Templates) templates = templates_load(NULL, errors);
	g_autoptr(MustacheData) data = ack_data();
	g_autofree char *page = NULL;

	mustache_set(data, "subject", "<script>a</script>{{brand}}");
	page = page_of(templates, LETTER_ACK, "en", data);
	has(page, "<html lang=\"en\" dir=\"ltr\">");
	has(page, "<p style=\"margin:0 0 16px\"><bdi>Hello Olim,</bdi></p>\n");
	has(page, "Solution expected by: <strong><bdi>Monday, 23 November");
	has(page, "&lt;script&gt;a&lt;/script&gt;{{brand}}");
	has(page, "<br>\n2. By then");
	has(page, "\nRef: abc\n");
	has_not(page, "<script");
	has_not(page, "https://");
	has_not(page, "\n\n\n");
}

static void
test_right_to_left(void)
{
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Templates) templates = templates_load(NULL, errors);
	g_autofree char *page =
	    templates_frame(templates, "ar", "x", "<p>y</p>", NULL);

	has(page, "<html lang=\"ar\" dir=\"rtl\">");
	has(page, "align=\"right\" dir=\"rtl\"");
	has(page, "<p>y</p>");
	has_not(page, "dir=\"ltr\"");
}

/* A letter's own HTML, its partial, and the same language built in. */
static void
test_own_html(void)
{
	g_auto(Folder) folder = { 0 };
	g_autoptr(Templates) templates = load_one(&folder, "en", "reply.txt",
	    HEAD "{{{text}}}\n<html>\n<div>{{{text}}}</div>\n"
		 "<a href=\"{{subject}}\">{{subject}}</a>\n", -1);
	g_autoptr(MustacheData) data = ack_data();
	g_autofree char *page = NULL;

	g_assert_cmpuint(folder.errors->len, ==, 0);
	mustache_set(data, "subject", "\"><b>");
	mustache_set_markup(data, "text", "a\nb", "<p>a<br>b</p>");
	page = page_of(templates, LETTER_REPLY, "en", data);
	has(page, "<div><p>a<br>b</p></div>\n"
		  "<a href=\"&quot;&gt;&lt;b&gt;\">&quot;&gt;&lt;b&gt;</a>");
}

static const struct {
	const char *title, *file, *text, *want;
} faults[] = {
	{ "without a review line", "ack.txt", "Subject: {{ticket}}\n\nx",
	    "ack.txt: line 1: " },
	{ "without a Subject", "ack.txt", "# review: none\n\n{{ticket}}",
	    "ack.txt: line 2: " },
	{ "with two", "ack.txt",
	    "# review: none\nSubject: a\nSubject: b\n\n{{ticket}}",
	    "ack.txt: line 3: " },
	{ "with a field that is none", "ack.txt",
	    "# review: none\nBcc: all\nSubject: b\n\n{{ticket}}",
	    "ack.txt: line 2: " },
	{ "empty", "ack.txt", "", "ack.txt: line 1: " },
	{ "without a text", "ack.txt", "# review: none\nSubject: x\n",
	    "must hold {{ticket}}" },
	{ "without the number", "ack.txt", HEAD "x", "must hold {{ticket}}" },
	{ "without the answer", "reply.txt", HEAD "x", "must hold {{text}}" },
	{ "with an unknown placeholder", "ack.txt",
	    HEAD "{{ticket}}\n{{tikcet}}", "line 5: placeholder \"tikcet\"" },
	{ "with one of another letter", "ack-plain.txt",
	    HEAD "{{ticket}}\n\n{{subject}}",
	    "line 6: placeholder \"subject\"" },
	{ "with an unknown one in the Subject", "ack.txt",
	    "# review: none\n# x\nSubject: {{password}}\n\n{{ticket}}",
	    "line 3: placeholder \"password\"" },
	{ "with a section left open", "ack.txt", HEAD "{{#ticket}}x",
	    "ack.txt: line 4: " },
	{ "with a partial", "ack.txt", HEAD "{{ticket}}\n {{>../../x}}",
	    "ack.txt: line 5, column 2: a name is " },
	{ "with a partial that is not there", "ack.txt",
	    HEAD "{{ticket}}\n{{> greetings}}",
	    "line 5: there is no partial greetings.txt" },
	{ "with an unknown placeholder in its HTML", "ack.txt",
	    HEAD "{{ticket}}\n<html>\n<p>{{ticket}}\n{{x}}</p>",
	    "line 7: placeholder \"x\"" },
	{ "whose HTML lacks the number", "ack.txt",
	    HEAD "{{ticket}}\n<html>\n<p>x</p>", "must hold {{ticket}}" },
	{ "whose HTML fetches a picture", "ack.txt",
	    HEAD "{{ticket}}\n<html>\n{{ticket}}\n<IMG SRC=\"https://x/\">",
	    "line 7: \"<img\" may not" },
	{ "whose HTML has a background", "ack.txt",
	    HEAD "{{ticket}}\n<html>\n{{ticket}}<p style=\"x:URL(a)\">",
	    "line 6: \"url(\" may not" },
	{ "whose HTML is not closed", "ack.txt",
	    HEAD "{{ticket}}\n<html>\n{{#ticket}}", "line 6: " },
	{ "in another encoding", "ack.txt", HEAD "{{ticket}} \xe4",
	    "ack.txt: line 4, column 12: " },
};

static void
test_fault(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);
	g_auto(Folder) folder = { 0 };
	g_autoptr(Templates) templates =
	    load_one(&folder, "qaa", faults[i].file, faults[i].text, -1);

	g_assert_cmpuint(folder.errors->len, ==, 1);
	has(folder.errors->pdata[0], faults[i].want);
	has(folder.errors->pdata[0], "/qaa/");
	for (guint letter = 0; letter < LETTER_COUNT; letter++)
		g_assert_cmpstr(
		    templates_language(templates, (Letter)letter, "qaa"), ==,
		    "en");
}

static void
test_binary(void)
{
	static const char text[] = HEAD "{{ticket}}\0x";
	g_auto(Folder) folder = { 0 };
	g_autoptr(Templates) templates =
	    load_one(&folder, "uz", "ack.txt", text, sizeof text - 1);

	g_assert_cmpuint(folder.errors->len, ==, 1);
	g_assert_nonnull(templates);
}

static void
test_chain(void)
{
	static const struct {
		const char *asked, *used;
	} chain[] = {
		{ "qaa", "qaa" },
		{ "QAA", "qaa" },
		{ "qaa-Cyrl", "qaa" },
		{ "qaa-Cyrl-UZ", "qaa" },
		{ "en", "en" },
		{ "qaab", "en" },
		{ "qab", "en" },
		{ "", "en" },
	};
	g_auto(Folder) folder = { 0 };
	g_autoptr(Templates) templates = load_one(&folder, "qaa", "ack.txt",
	    "\xef\xbb\xbf" HEAD "{{ticket}}", -1);

	g_assert_cmpuint(folder.errors->len, ==, 0);
	for (guint i = 0; i < G_N_ELEMENTS(chain); i++) {
		g_assert_cmpstr(
		    templates_language(templates, LETTER_ACK, chain[i].asked),
		    ==, chain[i].used);
		g_assert_cmpstr(
		    templates_language(templates, LETTER_REPLY, chain[i].asked),
		    ==, "en");
	}
}

/* Of the languages that are built in. */
static void
test_builtin_chain(void)
{
	static const struct {
		const char *asked, *otherwise, *used;
	} chain[] = {
		{ "uz", "en", "uz" },
		{ "uz-Latn", "en", "uz" },
		{ "uz-Cyrl", "en", "uz-Cyrl" },
		{ "az", "tr", "az" },
		{ "kaa", "uz", "uz" }, /* the site's language, not a neighbour */
		{ "tt", "ru-RU", "ru" },
		{ "en-US", "uz", "en" },
		{ "ja", "xx", "en" },
	};
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Templates) templates = templates_load(NULL, errors);

	for (guint i = 0; i < G_N_ELEMENTS(chain); i++) {
		templates_otherwise(templates, chain[i].otherwise);
		g_assert_cmpstr(
		    templates_language(templates, LETTER_ACK, chain[i].asked),
		    ==, chain[i].used);
	}
}

static void
test_crlf(void)
{
	g_auto(Folder) folder = { 0 };
	g_autoptr(Templates) templates = load_one(&folder, "en", "ack.txt",
	    "# review: A. B., 2027-01-15\r\nSubject: s {{ticket}}\r\n\r\n"
	    "t {{ticket}}\r\n",
	    -1);
	g_autoptr(MustacheData) data = ack_data();
	g_autofree char *subject = NULL;
	g_autofree char *text = NULL;

	g_assert_true(templates_render(templates, LETTER_ACK, "en", data,
	    &subject, &text, NULL, NULL));
	g_assert_cmpstr(subject, ==, "s J-1042");
	g_assert_cmpstr(text, ==, "t J-1042\n");
}

/* Twenty times what fits once is too long for the site's letter only. */
static void
test_stand_in(void)
{
	g_autoptr(GString) form = g_string_new(HEAD);
	g_auto(Folder) folder = { 0 };
	g_autoptr(Templates) templates = NULL;
	g_autoptr(MustacheData) data = ack_data();
	g_autofree char *brand = g_strnfill(60000, 'x');
	g_autofree char *subject = NULL;
	g_autofree char *text = NULL;

	for (guint i = 0; i < 20; i++)
		g_string_append(form, "{{ticket}}{{brand}}");
	templates = load_one(&folder, "en", "ack.txt", form->str, -1);
	g_assert_cmpuint(folder.errors->len, ==, 0);
	mustache_set(data, "brand", brand);
	g_assert_true(templates_render(templates, LETTER_ACK, "en", data,
	    &subject, &text, NULL, NULL));
	has(text, "Thank you for writing to us.");
}

static void
test_no_folder(void)
{
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Templates) templates = templates_load("/nonexistent", errors);

	g_assert_cmpuint(errors->len, ==, 1);
	has(errors->pdata[0], "/nonexistent");
	g_assert_cmpstr(templates_language(templates, LETTER_ACK, "en"), ==,
	    "en");
}

static int
by_time(gconstpointer a, gconstpointer b)
{
	gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;

	return x < y ? -1 : x > y;
}

/* A whole acknowledgement in Uzbek, names, dates, HTML and octets included. */
static void
one_acknowledgement(const Templates *templates, guint i)
{
	g_autoptr(MustacheData) data = ack_data();
	g_autofree char *name = locale_greeting_name("uz", "Каримова Нилуфар");
	g_autofree char *greeting = locale_greeting("uz", name);
	g_autofree char *when =
	    locale_instant("uz", "Asia/Tashkent", 1795428000 + i);
	g_autofree char *zone = locale_zone("uz", "Asia/Tashkent", 1795428000);
	g_autofree char *hours =
	    locale_hours("uz", "Mon-Fri 09:00-18:00; Sat 10:00-14:00");
	g_autofree char *subject = NULL, *text = NULL, *body = NULL;
	g_autofree char *page = NULL;
	g_autoptr(Address) address = address_new("a@shop.example", "");
	g_autoptr(GPtrArray) to = g_ptr_array_new();
	g_autoptr(GBytes) octets = NULL;
	Compose c = { .from = address, .to = to, .message_id = "m@shop.example",
		.language = "uz" };

	mustache_set(data, "greeting", greeting);
	mustache_set(data, "promise_at", when);
	mustache_set(data, "time_zone", zone);
	mustache_set(data, "hours", hours);
	g_assert_true(templates_render(templates, LETTER_ACK, "uz", data,
	    &subject, &text, &body, NULL));
	page = templates_frame(templates, "uz", subject, body, "Ref: a");
	g_ptr_array_add(to, address);
	c.subject = subject;
	c.text = text;
	c.html = page;
	octets = compose_message(&c, NULL);
	g_assert_nonnull(octets);
}

static void
test_speed(void)
{
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Templates) templates = templates_load(NULL, errors);
	gint64 times[2000];

	message_init();
	for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
		gint64 begin = g_get_monotonic_time();

		one_acknowledgement(templates, i);
		times[i] = g_get_monotonic_time() - begin;
		if (!g_test_perf() && i == 20)
			return; /* measured with -m perf */
	}
	qsort(times, G_N_ELEMENTS(times), sizeof *times, by_time);
	g_test_minimized_result((double)times[1000],
	    "%" G_GINT64_FORMAT " us for an acknowledgement (p50), %"
	    G_GINT64_FORMAT " us (p99)", times[1000], times[1980]);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/template/the acknowledgement", test_ack);
	g_test_add_func("/template/the acknowledgement, other blocks",
	    test_ack_blocks);
	g_test_add_func("/template/an unproven sender reads none of his words",
	    test_plain);
	g_test_add_func("/template/an agent's answer is put in as it is",
	    test_reply);
	g_test_add_func("/template/the acknowledgement as HTML", test_html);
	g_test_add_func("/template/HTML from right to left",
	    test_right_to_left);
	g_test_add_func("/template/a letter with HTML of its own",
	    test_own_html);
	g_test_add_func("/template/the languages that are built in",
	    test_builtin_chain);
	g_test_add_func("/template/the notification of an agent", test_notify);
	g_test_add_func("/template/the notification, other blocks",
	    test_notify_blocks);
	g_test_add_func("/template/a note about a ticket stands alone",
	    test_notify_note);
	g_test_add_func("/template/what was held is said", test_held);
	g_test_add_func("/template/a subject is one clean line", test_subject);
	for (guint i = 0; i < G_N_ELEMENTS(faults); i++) {
		g_autofree char *path = g_strdup_printf(
		    "/template/a letter is refused %s", faults[i].title);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_fault);
	}
	g_test_add_func("/template/a letter with NUL is refused", test_binary);
	g_test_add_func("/template/a longer tag falls back to a shorter",
	    test_chain);
	g_test_add_func("/template/CR LF and a reviewer are read", test_crlf);
	g_test_add_func("/template/the built-in letter stands in",
	    test_stand_in);
	g_test_add_func("/template/a missing folder is said", test_no_folder);
	g_test_add_func("/template/speed", test_speed);
	return g_test_run();
}
