/* test-author.c - whose matter a mail is, by its header and by what it
 * forwards. */
#include "mail/author.h"

#include <string.h>

static Message *
parse(const char *mail)
{
	g_autoptr(GBytes) bytes = g_bytes_new_static(mail, strlen(mail));

	return message_parse(bytes, 0);
}

/* The site: our address, a form's, a list's. */
static gboolean
is_form(const char *address, gpointer data)
{
	static const char *const forms[] = { "support@shop.example",
		"forms@host.example", "team@groups.example" };

	(void)data;
	for (guint i = 0; i < G_N_ELEMENTS(forms); i++)
		if (address_equal(address, forms[i]))
			return TRUE;
	return FALSE;
}

static const struct Requester {
	const char *title, *header;
	const char *address, *name, *field; /* NULL: nobody */
} requesters[] = {
	{ "/author/a person is the author",
	    "From: Ann <ann@x.uz>\r\nReply-To: other@x.uz\r\n", "ann@x.uz",
	    "Ann", "From" },
	{ "/author/a contact form names the customer in Reply-To",
	    "From: support@shop.example\r\nTo: support@shop.example\r\n"
	    "Reply-To: Ann <ann@x.uz>\r\n",
	    "ann@x.uz", "Ann", "Reply-To" },
	{ "/author/a form of the site's provider does too",
	    "From: Website <forms@host.example>\r\nReply-To: ann@x.uz\r\n",
	    "ann@x.uz", "", "Reply-To" },
	{ "/author/a group has rewritten From",
	    "From: 'Ann Smith' via Team <team@groups.example>\r\n"
	    "Reply-To: team@groups.example\r\n"
	    "X-Original-From: Ann Smith <ann@x.uz>\r\n",
	    "ann@x.uz", "Ann Smith", "X-Original-From" },
	{ "/author/the name before via is the person's",
	    "From: 'Ann Smith' via Team <team@groups.example>\r\n"
	    "X-Original-Sender: ann@x.uz\r\n",
	    "ann@x.uz", "Ann Smith", "X-Original-Sender" },
	{ "/author/our own address is nobody",
	    "From: support@shop.example\r\nReply-To: SUPPORT@shop.example\r\n",
	    NULL, NULL, NULL },
	{ "/author/no From is nobody, whatever else is said",
	    "Reply-To: ann@x.uz\r\n", NULL, NULL, NULL },
	{ "/author/an empty From is nobody", "From: \r\n", NULL, NULL, NULL },
	{ "/author/a From that is no address is nobody",
	    "From: root\r\nSubject: x\r\n", NULL, NULL, NULL },
	{ "/author/the first From counts",
	    "From: ann@x.uz\r\nFrom: bob@x.uz\r\n", "ann@x.uz", "", "From" },
	{ "/author/of two authors the first who is a person",
	    "From: support@shop.example, Ann <ann@x.uz>\r\n", "ann@x.uz", "Ann",
	    "From" },
	{ "/author/a comma in a name is no second author",
	    "From: some name, some name2@example.com\r\n", "name2@example.com",
	    "some name, some", "From" },
	{ "/author/a group's member is the author",
	    "From: sales: Ann <ann@x.uz>;\r\n", "ann@x.uz", "Ann", "From" },
	{ "/author/a domain in Cyrillic is compared as DNS knows it",
	    "From: Аня <anna@почта.рф>\r\n", "anna@xn--80a1acny.xn--p1ai",
	    "Аня", "From" },
	{ "/author/a local part in UTF-8 is one",
	    "From: =?utf-8?q?A?= <анна@x.uz>\r\n", "анна@x.uz", "A", "From" },
	{ "/author/nothing is written to a Reply-To that is no address",
	    "From: forms@host.example\r\nReply-To: <ann@x.uz\nBcc: b@y>\r\n"
	    "X-Original-From: ann\r\n",
	    "ann@x.uz", "", "Reply-To" },
};

static void
test_requester(gconstpointer data)
{
	const struct Requester *c = data;
	g_autofree char *mail = g_strconcat(c->header, "\r\ntext\r\n", NULL);
	g_autoptr(Message) message = parse(mail);
	const char *field = "unset";
	g_autoptr(Address) got =
	    author_requester(message, is_form, NULL, &field);

	g_assert_cmpstr(field, ==, c->field);
	g_assert_true((got == NULL) == (c->address == NULL));
	if (got == NULL)
		return;
	g_assert_cmpstr(got->address, ==, c->address);
	g_assert_cmpstr(got->name, ==, c->name);
}

static const struct Inline {
	const char *title, *text;
	const char *address, *name, *subject, *words; /* NULL: no forward */
} inlines[] = {
	{ "/author/Gmail",
	    "please take this\n\n---------- Forwarded message ---------\n"
	    "From: Ann Smith <ann@x.uz>\nDate: Mon, Jan 5, 2026 at 10:00 AM\n"
	    "Subject: Broken lamp\nTo: <bob@shop.example>\n\n\nIt broke.\n",
	    "ann@x.uz", "Ann Smith", "Broken lamp", "It broke.\n" },
	{ "/author/Gmail in Russian",
	    "---------- Forwarded message ---------\n"
	    "От: Анна <ann@x.uz>\nDate: пн, 5 янв. 2026 г. в 10:00\n"
	    "Subject: Лампа\nTo: <bob@shop.example>\n\nСломалась.\n",
	    "ann@x.uz", "Анна", "Лампа", "Сломалась.\n" },
	{ "/author/Outlook in English",
	    "See below.\n\nFrom: Ann Smith <ann@x.uz>\n"
	    "Sent: Monday, January 5, 2026 10:00 AM\nTo: Bob <bob@shop.example>\n"
	    "Subject: Broken lamp\n\nIt broke.\n",
	    "ann@x.uz", "Ann Smith", "Broken lamp", "It broke.\n" },
	{ "/author/Outlook in Russian, with mailto",
	    "-----Original Message-----\nFrom: Анна [mailto:ann@x.uz]\n"
	    "Sent: 5 января 2026 г. 10:00\nTo: Боб\nSubject: Лампа\n\n"
	    "Сломалась.\n",
	    "ann@x.uz", "Анна", "Лампа", "Сломалась.\n" },
	{ "/author/Outlook with Russian labels",
	    "________________________________\nОт: Анна <ann@x.uz>\n"
	    "Отправлено: 5 января 2026 г. 10:00\nКому: Боб <bob@shop.example>\n"
	    "Тема: Лампа\n\nСломалась.\n",
	    "ann@x.uz", "Анна", "Лампа", "Сломалась.\n" },
	{ "/author/Outlook in Turkish",
	    "Kimden: Ayşe <ayse@x.tr>\n"
	    "Gönderildi: 5 Ocak 2026 Pazartesi 10:00\n"
	    "Kime: Bob <bob@shop.example>\nKonu: Lamba\n\nBozuldu.\n",
	    "ayse@x.tr", "Ayşe", "Lamba", "Bozuldu.\n" },
	{ "/author/Apple Mail quotes what it forwards",
	    "fyi\n\n> Begin forwarded message:\n> \n"
	    "> From: Ann Smith <ann@x.uz>\n> Subject: Broken lamp\n"
	    "> Date: 5 January 2026 at 10:00:00 GMT+5\n"
	    "> To: bob@shop.example\n> \n> It broke.\n",
	    "ann@x.uz", "Ann Smith", "Broken lamp", "It broke.\n" },
	{ "/author/Apple Mail in Russian",
	    "Начало переадресованного сообщения:\n\n"
	    "От: Анна <ann@x.uz>\nТема: Лампа\n"
	    "Дата: 5 января 2026 г., 10:00:00\nКому: bob@shop.example\n\n"
	    "Сломалась.\n",
	    "ann@x.uz", "Анна", "Лампа", "Сломалась.\n" },
	{ "/author/Yandex",
	    "-------- Пересылаемое сообщение --------\n"
	    "05.01.2026, 10:00, \"Анна\" <ann@x.uz>:\n\nСломалась.\n",
	    "ann@x.uz", "Анна", "", "Сломалась.\n" },
	{ "/author/Mail.ru",
	    "-------- Пересылаемое сообщение --------\n"
	    "От кого: Анна <ann@x.uz>\nКому: bob@shop.example\n"
	    "Дата: Понедельник, 5 января 2026, 10:00 +03:00\nТема: Лампа\n\n"
	    "Сломалась.\n",
	    "ann@x.uz", "Анна", "Лампа", "Сломалась.\n" },
	{ "/author/Thunderbird in Uzbek",
	    "-------- Uzatilgan xabar --------\nMavzu: Chiroq\n"
	    "Sana: Mon, 5 Jan 2026 10:00:00 +0500\n"
	    "Kimdan: Anna <ann@x.uz>\nKimga: bob@shop.example\n\nBuzildi.\n",
	    "ann@x.uz", "Anna", "Chiroq", "Buzildi.\n" },
	{ "/author/of a forward of a forward the first block counts",
	    "---------- Forwarded message ---------\n"
	    "From: Ann <ann@x.uz>\nDate: Mon, Jan 5, 2026\nSubject: One\n"
	    "To: bob@shop.example\n\nlook\n\n"
	    "---------- Forwarded message ---------\n"
	    "From: Carl <carl@x.uz>\nDate: Sun, Jan 4, 2026\nSubject: Two\n"
	    "To: ann@x.uz\n\ntext\n",
	    "ann@x.uz", "Ann", "One", NULL },
	{ "/author/a forward that names no address names nobody",
	    "From: Ann Smith\nSent: Monday, January 5, 2026 10:00 AM\n"
	    "To: Bob\nSubject: Broken lamp\n\nIt broke.\n",
	    "", "", "Broken lamp", "It broke.\n" },
	{ "/author/a sentence with a colon is no forward",
	    "From: here to there.\nTo: nobody.\n", NULL, NULL, NULL, NULL },
	{ "/author/an ordinary mail is no forward", "Hello,\nit broke.\n", NULL,
	    NULL, NULL, NULL },
	{ "/author/nothing is no forward", "", NULL, NULL, NULL, NULL },
};

static void
test_inline(gconstpointer data)
{
	const struct Inline *c = data;
	g_autoptr(Forward) got = author_forwarded_text(c->text);

	g_assert_true((got == NULL) == (c->address == NULL));
	if (got == NULL)
		return;
	g_assert_cmpstr(got->author != NULL ? got->author->address : "", ==,
	    c->address);
	g_assert_cmpstr(got->author != NULL ? got->author->name : "", ==,
	    c->name);
	g_assert_cmpstr(got->subject, ==, c->subject);
	if (c->words != NULL)
		g_assert_cmpstr(got->text, ==, c->words);
}

static void
test_attached(void)
{
	g_autoptr(Message) message =
	    parse("From: bob@shop.example\r\nSubject: Fwd: lamp\r\n"
		  "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
		  "please\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
		  "From: Ann <ann@x.uz>\r\nSubject: lamp\r\n\r\nIt broke.\r\n"
		  "--b--\r\n");
	g_autoptr(Forward) got = author_forwarded(message);

	g_assert_nonnull(got);
	g_assert_cmpstr(got->author->address, ==, "ann@x.uz");
	g_assert_cmpstr(got->author->name, ==, "Ann");
	g_assert_cmpstr(got->subject, ==, "lamp");
	g_assert_cmpstr(got->text, ==, "It broke.\n");
	g_assert_cmpstr(message->body_text, ==, "please\n");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	message_init();
	for (guint i = 0; i < G_N_ELEMENTS(requesters); i++)
		g_test_add_data_func(requesters[i].title, &requesters[i],
		    test_requester);
	for (guint i = 0; i < G_N_ELEMENTS(inlines); i++)
		g_test_add_data_func(inlines[i].title, &inlines[i],
		    test_inline);
	g_test_add_func("/author/a mail that is attached has an author",
	    test_attached);
	return g_test_run();
}
