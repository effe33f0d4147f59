/* test-quote.c - the writer's own words and what stands around them (AC-17).
 *
 * In each case "@" lines stand for our marker line. */
#include "mail/quote.h"

#include <string.h>
#include <time.h>

#include "ground/text.h"
#include "mail/attribution.h"
#include "mail/message.h"

typedef struct Case {
	const char *title;
	const char *body;
	const char *want; /* NULL: the whole body */
	guint lines;
} Case;

#define QUOTE "> Your order is late.\n> Sorry.\n"

static const Case cases[] = {
	{ "a mail without quotation stays", "It is broken.\n\nAnn\n",
	    "It is broken.\n\nAnn", 0 },
	{ "blank lines around are no words", "\n\n It is broken.\n\n\n",
	    " It is broken.", 0 },
	{ "an empty mail stays empty", "", NULL, 0 },
	{ "an answer above a quotation",
	    "Thanks.\n\nOn Mon, 22 Nov 2026 at "
	    "10:05, Desk <d@x.example> "
	    "wrote:\n" QUOTE,
	    "Thanks.", 3 },
	{ "Gmail wraps its attribution",
	    "Thanks.\n\nOn Mon, Nov 22, 2026 at "
	    "10:05 AM Desk\n<d@x.example> "
	    "wrote:\n\n" QUOTE,
	    "Thanks.", 4 },
	{ "Gmail wraps inside the address",
	    "Thanks.\nOn Mon, Nov 22, 2026 at "
	    "10:05 AM Desk <\nd@x.example> "
	    "wrote:\n" QUOTE,
	    "Thanks.", 4 },
	{ "a wrap may leave the bracket alone",
	    "Thanks.\nOn Mon, Nov 22, 2026 "
	    "10:05 Desk <d@x.example\n>:\n"
	    "\n" QUOTE,
	    "Thanks.", 4 },
	{ "dev-12: a quotation without attribution",
	    "ANSWER-FOR-CUSTOMER\n\n> INTERNAL-WORD-3\n", "ANSWER-FOR-CUSTOMER",
	    1 },
	{ "Thunderbird in Russian",
	    "Спасибо.\n\n22.11.2026 10:05, Desk "
	    "пишет:\n" QUOTE,
	    "Спасибо.", 3 },
	{ "Mail.ru",
	    "Спасибо.\n\n>Понедельник, 22 ноября 2026, 10:05 +05:00 "
	    "от Desk <d@x.example>:\n>\n" QUOTE,
	    "Спасибо.", 4 },
	{ "Yandex has labels above, and no quote marks",
	    "Спасибо.\n\n----------------\nКому: a@x.example;\nТема: "
	    "Заказ;\n22.11.2026, 10:05, \"Desk\" <d@x.example>:\n\nВаш "
	    "заказ\n",
	    "Спасибо.", 5 },
	{ "Uzbek", "Rahmat.\n\nDesk <d@x.example> yozdi:\n" QUOTE, "Rahmat.",
	    3 },
	{ "Uzbek Cyrillic",
	    "Раҳмат.\n\n2026-йил 22-ноябрь куни Desk "
	    "<d@x.example> ёзди:\n" QUOTE,
	    "Раҳмат.", 3 },
	{ "Azerbaijani",
	    "Sağ olun.\n\n22 noy 2026 tarixində Desk "
	    "<d@x.example> yazdı:\n" QUOTE,
	    "Sağ olun.", 3 },
	{ "Kazakh", "Рақмет.\n\n22.11.2026 10:05, Desk жазды:\n" QUOTE,
	    "Рақмет.", 3 },
	{ "Turkish",
	    "Teşekkürler.\n\nDesk <d@x.example>, 22 Kas 2026 Pzt, "
	    "10:05 tarihinde şunu yazdı:\n" QUOTE,
	    "Teşekkürler.", 3 },
	{ "Ukrainian",
	    "Дякую.\n\nпн, 22 лист. 2026 р. о 10:05 Desk "
	    "<d@x.example> пише:\n" QUOTE,
	    "Дякую.", 3 },
	{ "German", "Danke.\n\nAm 22.11.2026 um 10:05 schrieb Desk:\n" QUOTE,
	    "Danke.", 3 },
	{ "French, with a space before the colon",
	    "Merci.\n\nLe lun. 22 nov. 2026 à 10:05, Desk <d@x.example> a "
	    "écrit\u00a0:\n" QUOTE,
	    "Merci.", 3 },
	{ "Spanish",
	    "Gracias.\n\nEl lun, 22 nov 2026 a las 10:05, Desk "
	    "(<d@x.example>) escribió:\n" QUOTE,
	    "Gracias.", 3 },
	{ "a sure attribution above a text without marks",
	    "Thanks.\n\nOn Nov 22, 2026 at 10:05 AM, Desk <d@x.example> "
	    "wrote:\n\nYour order is late.\n",
	    "Thanks.", 2 },
	{ "Outlook's block",
	    "Thanks.\n\nFrom: Desk <d@x.example>\nSent: "
	    "Monday\nTo: Ann\nSubject: Order\n\nIt is late.\n",
	    "Thanks.", 5 },
	{ "Outlook's block with a rule above",
	    "Thanks.\n________________________________\nFrom: Desk\nSent: "
	    "Monday\nTo: Ann\nSubject: Order\n\nIt is late.\n",
	    "Thanks.", 6 },
	{ "Outlook's block in Russian, bold",
	    "Спасибо.\n\n*От:* Desk\n*Отправлено:* сегодня\n*Кому:* "
	    "Аня\n*Тема:* Заказ\n\nОн опаздывает.\n",
	    "Спасибо.", 5 },
	{ "Outlook's block in Turkish",
	    "Teşekkürler.\n\nKimden: Desk\nGönderildi: bugün\nKime: "
	    "Ann\nKonu: Sipariş\n\nGecikti.\n",
	    "Teşekkürler.", 5 },
	{ "a separator line",
	    "Thanks.\n-----Original Message-----\nIt is "
	    "late.\n",
	    "Thanks.", 2 },
	{ "a separator line in Russian",
	    "Спасибо.\n-------- Исходное сообщение --------\nОпаздывает.\n",
	    "Спасибо.", 2 },
	{ "a traveller's words are no header block",
	    "Please book:\nFrom: Tashkent\nTo: Samarkand\nDate: 5 May\n",
	    "Please book:\nFrom: Tashkent\nTo: Samarkand\nDate: 5 May", 0 },
	{ "AC-13 a forward is kept",
	    "See below.\n\n-------- Forwarded Message "
	    "--------\nFrom: Bob <b@x.example>\nDate: "
	    "today\nTo: Ann\nSubject: x\n\n> old\nIt "
	    "is late.\n",
	    "See below.\n\n-------- Forwarded Message --------\nFrom: Bob "
	    "<b@x.example>\nDate: today\nTo: Ann\nSubject: x\n\n> old\nIt is "
	    "late.",
	    0 },
	{ "an answer below a quotation",
	    "Desk <d@x.example> wrote:\n" QUOTE "\nThanks.\n", "Thanks.", 3 },
	{ "answers between quotations stay whole",
	    "Hi,\nDesk wrote:\n> Red?\nYes.\n> Big?\nNo.\n",
	    "Hi,\nDesk wrote:\n> Red?\nYes.\n> Big?\nNo.", 0 },
	{ "what is quoted below the last word goes",
	    "Desk wrote:\n> Red?\nYes.\n> Big?\n> Sorry.\n", "Yes.", 4 },
	{ "a writer's own quotation above his words stays",
	    "> As the manual says.\n\nThat is wrong.\n",
	    "> As the manual says.\n\nThat is wrong.", 0 },
	{ "only history: all is shown",
	    "On Mon, 22 Nov 2026, Desk "
	    "<d@x.example> wrote:\n" QUOTE,
	    NULL, 0 },
	{ "only quoted words: all is shown", "> Red please.\n", NULL, 0 },
	{ "a signature goes", "Thanks.\n\n-- \nAnn\nShop\n", "Thanks.", 3 },
	{ "a signature whose space got lost goes", "Thanks.\n\n--\nAnn\n",
	    "Thanks.", 2 },
	{ "a signature below the quotation goes with it",
	    "Thanks.\n\nDesk wrote:\n" QUOTE "\n-- \nAnn\n", "Thanks.", 5 },
	{ "a signature above the quotation goes with it",
	    "Thanks.\n-- \nAnn\n\nDesk wrote:\n" QUOTE, "Thanks.", 5 },
	{ "a telephone's line goes", "Thanks.\n\nSent from my iPhone\n",
	    "Thanks.", 1 },
	{ "a telephone's line in Russian goes",
	    "Спасибо.\n\nОтправлено с iPhone\n", "Спасибо.", 1 },
	{ "a program's link goes",
	    "Thanks.\n\nGet Outlook for iOS<https://aka.ms/x>\n", "Thanks.",
	    1 },
	{ "a sentence that begins like one stays",
	    "Hi.\nSent from my desk, which is easier to write at.\n",
	    "Hi.\nSent from my desk, which is easier to write at.", 0 },
	{ "a telephone's line alone stays", "Sent from my iPhone\n",
	    "Sent from my iPhone", 0 },
	{ "a colon above own words is no attribution",
	    "My friend wrote:\nIt is broken.\n",
	    "My friend wrote:\nIt is broken.", 0 },
	{ "a list of rules stays", "One\n---\nTwo\n", "One\n---\nTwo", 0 },
	{ "our marker", "Thanks.\n\n" QUOTE_MARKER "\nInternal.\n", "Thanks.",
	    2 },
	{ "our marker, quoted",
	    "Thanks.\n\nDesk wrote:\n> Hello\n> " QUOTE_MARKER
	    "\n> Internal.\n",
	    "Thanks.", 4 },
	{ "our marker, wrapped anew",
	    "Thanks.\n\nOn Monday Desk wrote:\n> ##- "
	    "Please write your answer\n> above this "
	    "line -##\nInternal.\n",
	    "Thanks.", 4 },
	{ "our marker in the middle of reflowed text",
	    "Thanks.\nDesk wrote:\nHello ##- Please  write your\nanswer above "
	    "this\nline -## Internal.\nMore.\n",
	    "Thanks.", 5 },
	{ "our marker below an attribution without marks",
	    "Thanks.\n\nDesk schrieb:\n\n" QUOTE_MARKER "\nInternal.\n",
	    "Thanks.", 3 },
	{ "our marker below Outlook's block",
	    "Thanks.\n\nFrom: Desk\nSent: today\nTo: Bob\nSubject: x\n\n" QUOTE_MARKER
	    "\nInternal.\n",
	    "Thanks.", 6 },
	{ "CRs are no words", "Thanks.\n\n> old\n\n\n", "Thanks.", 1 },
	{ "an attribution on the line of the last words",
	    "Hi, thanks On Wed, Nov 4, 2026 at 3:59 PM, Desk <d@x.example> "
	    "wrote:\n" QUOTE,
	    "Hi, thanks", 3 },
	{ "a person's \"on that day he wrote\" is no attribution",
	    "Hello,\n\nOn 22.11.2026 at 10:05 your driver wrote:\n\nI am "
	    "late. He never came.\n",
	    "Hello,\n\nOn 22.11.2026 at 10:05 your driver wrote:\n\nI am "
	    "late. He never came.",
	    0 },
	{ "a person's own writing to an address is none",
	    "I wrote to <sales@x.example> on 12.11.2026 and got nothing.\n"
	    "What now?\n",
	    "I wrote to <sales@x.example> on 12.11.2026 and got nothing.\n"
	    "What now?",
	    0 },
	{ "an address that something shall be sent to is none",
	    "Please send the bill of 12.11.2026 to (d@x.example):\n\nAnn "
	    "Ltd\n",
	    "Please send the bill of 12.11.2026 to (d@x.example):\n\nAnn Ltd",
	    0 },
	{ "an address of numbers and an address of mail are none",
	    "The log says\nhost mx [192.0.2.22] error from MAIL "
	    "FROM:<d@x.example>:\nWhat is that?\n",
	    "The log says\nhost mx [192.0.2.22] error from MAIL "
	    "FROM:<d@x.example>:\nWhat is that?",
	    0 },
	{ "a quotation between greeting and answer goes",
	    "Hello,\n\nOn 22/11/2026 10:05, Desk wrote:\n" QUOTE "\nIt came.\n",
	    "Hello,\n\nIt came.", 3 },
	{ "an answer right below a quoted question keeps it",
	    "Hello,\n\nDesk wrote:\n> Red?\nYes.\n",
	    "Hello,\n\nDesk wrote:\n> Red?\nYes.", 0 },
	{ "the end of a quoted line that was broken off goes with it",
	    "Thanks.\n\nOn 22/11/2026 10:05, Desk wrote:\n"
	    "> Your order is late because the lorry has a flat tyre and "
	    "stands near\nsamarkand now.\n> Sorry.\n",
	    "Thanks.", 4 },
	{ "a short answer between quoted lines stays",
	    "Desk wrote:\n> Shall we bring the order to the same address as "
	    "the last time?\nyes please\n> Sorry.\n",
	    "yes please", 3 },
	{ "a header's date makes a block of two fields",
	    "Thanks.\n\nDate: Sun, 22 Nov 2026 10:05:00 +0500\nTo: "
	    "a@x.example\n\nIt is late.\n",
	    "Thanks.", 3 },
	{ "a legal footer goes",
	    "Thanks.\n\nThis email and any attachments are confidential.\n",
	    "Thanks.", 1 },
	{ "a legal footer below a signature goes with it",
	    "Thanks.\n-- \nAnn\n\nDisclaimer: this is not an offer.\n",
	    "Thanks.", 3 },
	{ "words below a footer keep it",
	    "Thanks.\n\nDisclaimer: no offer.\n\nBut it is broken!\n",
	    "Thanks.\n\nDisclaimer: no offer.\n\nBut it is broken!", 0 },
	{ "a mailing list's footer goes",
	    "Thanks.\n_______________________________________________\n"
	    "buyers mailing list\nbuyers@x.example\n",
	    "Thanks.", 3 },
	{ "a name below a closing stays", "Thanks.\n\nRegards,\nAnn\n",
	    "Thanks.\n\nRegards,\nAnn", 0 },
	{ "another desk's marker",
	    "Thanks.\n\n##- Please type your reply above this line -##\n\n"
	    "Your request was updated.\n",
	    "Thanks.", 2 },
	{ "another desk's marker in any language",
	    "Ďakujem.\n\n##- Napíšte odpoveď nad tento riadok -##\nX\n",
	    "Ďakujem.", 2 },
	{ "an answer below another desk's marker stays",
	    "-- Please reply above this line --\n\nThanks.\n",
	    "-- Please reply above this line --\n\nThanks.", 0 },
	{ "words after the marker only: all is shown",
	    QUOTE_MARKER "\nThanks.\n", NULL, 0 },
};

static void
test_cut(gconstpointer data)
{
	const Case *c = data;
	g_autofree char *got = NULL;
	guint lines = 99;

	quote_cut(c->body, &got, &lines);
	g_assert_cmpstr(got, ==, c->want != NULL ? c->want : c->body);
	g_assert_cmpuint(lines, ==, c->lines);
}

static void
test_marker(void)
{
	g_assert_true(quote_has_marker(QUOTE_MARKER));
	g_assert_true(quote_has_marker("x\n> > ##- Please write your\n> > "
				       "answer above this line -##\n"));
	g_assert_true(quote_has_marker("*##- PLEASE write\u00a0your answer "
				       "above this line -##*"));
	g_assert_false(quote_has_marker("Please write your answer above this "
					"line"));
	g_assert_false(quote_has_marker("##- Please write"));
	g_assert_false(quote_has_marker(""));
	g_assert_false(quote_has_marker(NULL));
}

/* The rows as they stand in the source: built in, the examples are left out. */
static void
test_examples(void)
{
	g_autofree char *path = g_build_filename(SRCDIR, "src", "mail", "words",
	    "attribution.tsv", NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	guint rows = 0;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) column = g_strsplit(lines[i], "\t", -1);
		g_autofree char *folded = NULL;
		gboolean address;
		guint64 work = 0;

		if (*lines[i] == '\0' || *lines[i] == '#')
			continue;
		g_assert_cmpuint(g_strv_length(column), ==, 7);
		folded = text_fold(column[4]);
		if (!attribution_may_end(folded, strlen(folded)) ||
		    attribution_match(folded, strlen(folded), &address,
			&work) == ATTRIBUTION_NO)
			g_error("%s:%u: the example is no match: %s", path,
			    i + 1, column[4]);
		rows++;
	}
	g_assert_cmpuint(rows, >, 500);
}

#define DATES                                                                  \
	"1.1.2026, 10:05, 1 от 1, on 1.1.2026 10:05 schrieb 1, le 1.1.2026 " \
	"à 10:05, 1.1.2026 10:05 "

/* 64 KiB of what could make it look twice. The bound is generous: the suite
 * also runs under valgrind and sanitizers; 5 ms is what a plain build takes. */
/* What one or the other rule would have to look at again and again. */
static const char *const pieces[] = { "a:\n", ":\n", ">\n", "\n", "--\n",
	"From: a@b\n", "On 2026, a <a@b> wrote:\n", "-", " ", "wrote ", "##-",
	"##- Please write your answer above this lin\n", "слово ", "\u0301",
	"----- a b c d e -----\n", "1.1.2026 ", "Sent from my a\n", "> a\nb\n",
	"\u200e", "@<", "То: x\n", DATES DATES DATES "a@b.cd:\n",
	DATES DATES DATES "wrote:\n",
	"On " DATES DATES "on ann, 1 <a@b.cd> wrote:\n> a\n",
	"Le 1 " DATES DATES "a écrit :\n> a\n",
	"On 1.1.2026 at 10:05 and then and then and more\n",
	"This message and any attachments are confidential\n\n", "[](", "\n\n\n-- ",
	"--\nand so on and on and on\n", "Original Message\n",
	"Original Message\n\n", "--- a ---\nFrom: a\nTo: b\nSubject: c\n",
	"From: a\nSent: 10:05\n", "Sent with [a](b) [a](b) [a](b)\n",
	"____________\n", "recipient: a@b.cd\n", "550 5.1.1 <a@b.cd>\n",
	"mailbox ", "user unknown host unknown ", "original message\n",
	"out of office ", "I am ", "=?utf-8?q?", "http://a/\n> " };

/* Milliseconds of this thread for a mail of so many octets that seems to come
 * from a mail server; *cut gets those for quote_cut alone. */
static double
time_of(const char *piece, gsize size, double *cut)
{
	g_autoptr(GString) mail = g_string_new("From: MAILER-DAEMON@x.example\n"
					       "Return-Path: <>\n\n");
	gsize head = mail->len;
	g_autoptr(Message) message = NULL;
	g_autoptr(GBytes) octets = NULL;
	g_autofree char *got = NULL;
	struct timespec start, middle, end;
	guint lines;

	g_string_append(mail, "x\n");
	while (mail->len < head + size)
		g_string_append(mail, piece);
	octets = g_bytes_new(mail->str, mail->len);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
	message = message_parse(octets, 0);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &middle);
	quote_cut(mail->str + head, &got, &lines);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
	*cut = (double)(end.tv_sec - middle.tv_sec) * 1e3 +
	       (double)(end.tv_nsec - middle.tv_nsec) / 1e6;
	return (double)(middle.tv_sec - start.tv_sec) * 1e3 +
	       (double)(middle.tv_nsec - start.tv_nsec) / 1e6;
}

/* 64 KiB take 10 ms or so, of which 50 are allowed; sanitizers and old machines
 * get ten times as much. */
static void
test_time(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
		double cut, all = time_of(pieces[i], 65536, &cut);

		g_test_message("piece %" G_GSIZE_FORMAT ": %.1f ms, all %.1f ms",
		    i, cut, all);
		g_assert_cmpfloat(cut, <, 500);
		g_assert_cmpfloat(all, <, 1000);
	}
}

/* Eight times as much takes eight times as long, not sixty-four. */
static void
test_linear(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
		double cut, all, cut8, all8;

		all = time_of(pieces[i], 65536, &cut);
		all8 = time_of(pieces[i], 8 * 65536, &cut8);
		g_test_message("piece %" G_GSIZE_FORMAT ": %.1f -> %.1f ms, "
			       "all %.1f -> %.1f ms",
		    i, cut, cut8, all, all8);
		g_assert_cmpfloat(cut8, <, 24 * cut + 100);
		g_assert_cmpfloat(all8, <, 24 * all + 100);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	message_init();
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/quote/%s", cases[i].title);

		g_test_add_data_func(path, &cases[i], test_cut);
	}
	g_test_add_func("/quote/the marker is seen in any form", test_marker);
	g_test_add_func("/quote/each attribution row matches its example",
	    test_examples);
	g_test_add_func("/quote/64 KiB of anything are cut in no time",
	    test_time);
	g_test_add_func("/quote/the time grows with the text", test_linear);
	return g_test_run();
}
