/* test-autosub.c - machine or person, by a mail's own header (AC-01, AC-02,
 * T1, T2, T13). */
#include "mail/autosub.h"

#include <string.h>

#include "ground/text.h"
#include "mail/address.h"

typedef struct Case {
	const char *title;
	const char *header; /* lines "Name: body" */
	MessageKind kind;
	gboolean may_answer;
} Case;

#define PERSON  MESSAGE_HUMAN, TRUE
#define MACHINE MESSAGE_AUTO_REPLY, FALSE
#define LIST    MESSAGE_LIST, FALSE

static const Case cases[] = {
	{ "a mail without any sign is a person's", "Subject: Help", PERSON },
	{ "T1 Auto-Submitted: no is a person's", "Auto-Submitted: no", PERSON },
	{ "T1 No", "Auto-Submitted: No", PERSON },
	{ "T1 no with a comment", "Auto-Submitted: no (human)", PERSON },
	{ "T1 a comment before no", "Auto-Submitted: (x (y)) no", PERSON },
	{ "T1 no with a parameter", "Auto-Submitted: no; x=y", PERSON },
	{ "T1 no with space around", "Auto-Submitted:   no \t ", PERSON },
	{ "T1 auto-replied", "Auto-Submitted: auto-replied", MACHINE },
	{ "T1 AUTO-Generated", "Auto-Submitted: AUTO-Generated", MACHINE },
	{ "T1 auto-notified with parameter",
	    "Auto-Submitted: auto-notified; owner-email=\"a@b\"", MACHINE },
	{ "T1 an unknown keyword is no no", "Auto-Submitted: nobody", MACHINE },
	{ "T1 one of two fields is enough",
	    "Auto-Submitted: no\nAuto-Submitted: auto-replied", MACHINE },
	{ "T2 suppress All", "X-Auto-Response-Suppress: All", MACHINE },
	{ "T2 suppress ALL", "X-Auto-Response-Suppress: ALL", MACHINE },
	{ "T2 suppress OOF", "X-Auto-Response-Suppress: oof", MACHINE },
	{ "T2 suppress AutoReply", "X-Auto-Response-Suppress: AUTOREPLY",
	    MACHINE },
	{ "T2 suppress a list",
	    "X-Auto-Response-Suppress: DR, RN, OOF, "
	    "AutoReply",
	    MACHINE },
	{ "T2 suppressing receipts only is a person's",
	    "X-Auto-Response-Suppress: DR, RN, NRN, NDR", PERSON },
	{ "T2 suppressing nothing is a person's",
	    "X-Auto-Response-Suppress: None", PERSON },
	{ "bulk", "Precedence: bulk", LIST },
	{ "junk in capitals", "PRECEDENCE: JUNK", LIST },
	{ "T13 a list's precedence", "Precedence: list", LIST },
	{ "precedence of a responder", "Precedence: auto_reply", MACHINE },
	{ "another precedence says nothing", "Precedence: first-class",
	    PERSON },
	{ "T13 List-Id", "List-Id: <club.lists.example>", LIST },
	{ "List-Unsubscribe", "List-Unsubscribe: <mailto:x@y>", LIST },
	{ "any List- field", "list-whatever: x", LIST },
	{ "a field whose name only begins like it", "Listing: x", PERSON },
	{ "X-Autoreply", "X-Autoreply: yes", MACHINE },
	{ "X-Autoreply: no is a person's", "X-Autoreply: no", PERSON },
	{ "X-Autorespond", "X-Autorespond: x", MACHINE },
	{ "X-RT-Loop-Prevention", "X-RT-Loop-Prevention: desk", MACHINE },
	{ "X-Loop: yes", "X-Loop: yes", MACHINE },
	{ "AC-01 any other X-Loop withholds the answer only", "X-Loop: a@b",
	    MESSAGE_HUMAN, FALSE },
	{ "Delivered-To: an autoresponder", "Delivered-To: Autoresponder",
	    MACHINE },
	{ "Delivered-To: a person", "Delivered-To: ann@b", PERSON },
	{ "X-Apple-Action: vacation", "X-Apple-Action: VACATION", MACHINE },
	{ "Exchange's inbox rules", "X-MS-Exchange-Inbox-Rules-Loop: a@b",
	    MACHINE },
	{ "X-Failed-Recipients", "X-Failed-Recipients: a@b", MESSAGE_BOUNCE,
	    FALSE },
	{ "a null return path", "Return-Path: <>", MACHINE },
	{ "a return path of somebody", "Return-Path: <ann@b>", PERSON },
	{ "a delivery report",
	    "Content-Type: multipart/report; report-type=delivery-status",
	    MESSAGE_BOUNCE, FALSE },
	{ "a read receipt",
	    "Content-Type: multipart/report; "
	    "report-type=\"disposition-notification\"",
	    MESSAGE_REPORT, FALSE },
	{ "a complaint",
	    "Content-Type: Multipart/Report; report-type=feedback-report",
	    MESSAGE_REPORT, FALSE },
	{ "a DMARC report by its subject",
	    "Subject: Report domain: a.example Submitter: b Report-ID: 1",
	    MESSAGE_REPORT, FALSE },
	{ "AC-23 spam by flag", "X-Spam-Flag: YES", MESSAGE_SPAM, FALSE },
	{ "AC-23 spam by status", "X-Spam-Status: Yes, score=9", MESSAGE_SPAM,
	    FALSE },
	{ "a list's spam is spam", "X-Spam-Flag: YES\nList-Id: x", MESSAGE_SPAM,
	    FALSE },
	{ "no spam", "X-Spam-Flag: NO\nX-Spam-Status: No, score=0", PERSON },
	{ "Exchange's out of office",
	    "Auto-Submitted: auto-generated\n"
	    "X-Auto-Response-Suppress: All\n"
	    "Subject: Automatic reply: Help",
	    MACHINE },
	{ "Gmail's vacation wins over its bulk",
	    "Precedence: bulk\nAuto-Submitted: auto-replied\n"
	    "X-Autoreply: yes",
	    MACHINE },
	{ "AC-02 a Russian subject alone",
	    "Subject: Автоматический ответ: Re: "
	    "заказ",
	    MACHINE },
	{ "AC-02 a Turkish one", "Subject: Otomatik Yanıt: Sipariş", MACHINE },
	{ "AC-02 an Uzbek one", "Subject: Avtomatik javob: buyurtma", MACHINE },
	{ "AC-02 one in Uzbek Cyrillic", "Subject: Автоматик жавоб: буюртма",
	    MACHINE },
	{ "AC-02 an Azerbaijani one", "Subject: Avtomatik cavab: sifariş",
	    MACHINE },
	{ "AC-02 a Kazakh one", "Subject: Автоматты жауап: сұрау", MACHINE },
	{ "AC-02 a German one", "Subject: Abwesenheitsnotiz: Bestellung",
	    MACHINE },
	{ "a person writes about it",
	    "Subject: Out of office message is sent "
	    "twice",
	    PERSON },
	{ "a person answers it", "Subject: Re: Automatic reply: Help", PERSON },
	{ "a weak subject alone is a person's", "Subject: В отпуске", PERSON },
	{ "a weak subject in an answer is not",
	    "Subject: В отпуске\nReferences: x", MACHINE },
	{ "a person's mail that a rule forwarded gets no answer",
	    "Auto-Submitted: auto-forwarded", MESSAGE_HUMAN, FALSE },
	{ "the subject of HCL Notes in an answer",
	    "Subject: Ann Lee is out of the office.\nReferences: x", MACHINE },
	{ "the same subject of a person's own mail",
	    "Subject: Ann Lee is out of the office.", PERSON },
	{ "a field that says nothing alone", "X-osTicket: 1", PERSON },
	{ "a newsletter's field that people's forms carry too",
	    "X-SG-EID: x\nFeedback-ID: 1:2", PERSON },
	{ "a robot's name", "From: no-reply@shop.example", MESSAGE_HUMAN,
	    FALSE },
	{ "the mail daemon", "From: MAILER-DAEMON@x.example", MESSAGE_BOUNCE,
	    FALSE },
	{ "an author without address", "From: Mail <>", MESSAGE_BOUNCE, FALSE },
	{ "an answer would go to a robot", "Reply-To: bounce-7@x.example",
	    MESSAGE_HUMAN, FALSE },
	{ "dev-15: a person about automatic replies",
	    "Subject: Out of office message is sent twice\n"
	    "Auto-Submitted: no\nX-Auto-Response-Suppress: DR, RN\n"
	    "From: customer9@customer.example",
	    PERSON },
};

static Message *
make(const char *header)
{
	Message *message = message_new();
	g_auto(GStrv) lines = g_strsplit(header, "\n", -1);

	for (gsize i = 0; lines[i] != NULL; i++) {
		const char *colon = strchr(lines[i], ':');
		const char *body = colon + 1 + strspn(colon + 1, " ");
		HeaderField field = { g_strndup(lines[i], colon - lines[i]),
			g_strdup(colon + 1) };

		if (g_str_has_prefix(lines[i], "Subject:")) {
			g_free(message->subject);
			message->subject = g_strdup(body);
		}
		if (g_str_has_prefix(lines[i], "From:"))
			g_ptr_array_add(message->from, address_new(body, ""));
		if (g_str_has_prefix(lines[i], "Reply-To:"))
			g_ptr_array_add(message->reply_to,
			    address_new(body, ""));
		if (g_str_has_prefix(lines[i], "References:"))
			g_ptr_array_add(message->references, g_strdup(body));
		g_array_append_val(message->fields, field);
	}
	return message;
}

static void
test_judge(gconstpointer data)
{
	const Case *c = data;
	g_autoptr(Message) message = make(c->header);

	autosub_judge(message);
	g_assert_cmpint(message->kind, ==, c->kind);
	g_assert_cmpint(message->may_answer, ==, c->may_answer);
	g_assert_cmpint(message->kind_reasons->len == 0, ==, c->may_answer);
}

/* Words of the body decide nothing alone. */
static const struct {
	const char *title, *header, *text;
	MessageKind kind;
} bodies[] = {
	{ "one phrase is a person's", "Subject: Order\nReferences: x",
	    "I am on annual leave. Bring it on Monday.", MESSAGE_HUMAN },
	{ "two phrases in an answer are a machine's",
	    "Subject: Re: Order\nReferences: x",
	    "This is an automatic reply.\nI am out of the\noffice until May.",
	    MESSAGE_AUTO_REPLY },
	{ "two phrases in a new mail are a person's", "Subject: Order",
	    "This is an automatic reply. I am out of the office until May.",
	    MESSAGE_HUMAN },
	{ "phrases in quotes are a person's",
	    "Subject: Re: Order\nReferences: x",
	    "Your mail says \"This is an automatic reply\" and \"I am out of "
	    "the office until May\".",
	    MESSAGE_HUMAN },
	{ "who asks is a person", "Subject: Re: Order\nReferences: x",
	    "I am on annual leave. I will be out of the office. Can you wait?",
	    MESSAGE_HUMAN },
	{ "a desk's field and a phrase are a machine's",
	    "Subject: Order\nX-osTicket: 1", "This is an automatic reply.",
	    MESSAGE_AUTO_REPLY },
	{ "a hint in the subject and a phrase are a machine's",
	    "Subject: Re: [shop] Out of Office AutoReply: May",
	    "I am back in the office in May.", MESSAGE_AUTO_REPLY },
	{ "a person answers such a subject",
	    "Subject: Re: Out of Office: May\nReferences: x",
	    "I am back in the office in May.", MESSAGE_HUMAN },
};

static void
test_body(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(Message) message = make(bodies[i].header);

	g_free(message->new_text);
	message->new_text = g_strdup(bodies[i].text);
	autosub_judge(message);
	g_assert_cmpint(message->kind, ==, bodies[i].kind);
	g_assert_cmpint(message->may_answer, ==,
	    bodies[i].kind == MESSAGE_HUMAN);
}

/* An Unfolded body may still hold the fold's white space. */
static void
test_folded(void)
{
	g_autoptr(Message) message = make("Auto-Submitted: x");
	HeaderField *field = &g_array_index(message->fields, HeaderField, 0);

	g_free(field->body);
	field->body = g_strdup("\r\n no\r\n (by hand)\r\n");
	autosub_judge(message);
	g_assert_true(message->may_answer);
	/* Asked again, it forgets what it said before. */
	g_free(field->body);
	field->body = g_strdup("auto-replied");
	autosub_judge(message);
	autosub_judge(message);
	g_assert_false(message->may_answer);
	g_assert_cmpuint(message->kind_reasons->len, ==, 1);
}

static void
test_received(void)
{
	g_autoptr(Message) message = make("Received: from x");

	for (guint i = 1; i < 50; i++) {
		HeaderField field = { g_strdup("received"), g_strdup("x") };

		g_array_append_val(message->fields, field);
	}
	autosub_judge(message);
	g_assert_true(message->may_answer);
	{
		HeaderField field = { g_strdup("Received"), g_strdup("x") };

		g_array_append_val(message->fields, field);
	}
	autosub_judge(message);
	g_assert_false(message->may_answer);
	g_assert_cmpint(message->kind, ==, MESSAGE_HUMAN);
}

static void
test_away(void)
{
	static const char *const away[] = { "Out of Office: x", "OUT OF OFFICE",
		"Out of office.", "Automatic reply : x",
		"Réponse automatique : x", "RÉPONSE AUTOMATIQUE : x",
		"İşyeri Dışında: x", "自动回复：x", "[自動返信]x",
		"【自動返信】", "  Автоответ: x" };
	static const char *const not_away[] = { "",
		"Out of office message is "
		"sent twice",
		"Out of office hours: 9-18", "Re: Out of Office: x", "Auto: x",
		"Automatic reply does not work", "В отпуске",
		"Автоответчик "
		"сломан" };

	for (gsize i = 0; i < G_N_ELEMENTS(away); i++)
		if (!autosub_is_away_subject(away[i]))
			g_error("no away subject: %s", away[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(not_away); i++)
		if (autosub_is_away_subject(not_away[i]))
			g_error("an away subject: %s", not_away[i]);
	g_assert_false(autosub_is_away_subject(NULL));
}

static void
test_subject_key(void)
{
	/* The 17 subjects of T7, tags and numbers are one subject. */
	static const char *const same[] = { "Printer", "Re: Printer",
		"RE: Printer", "RE:Printer", "Fwd: Printer", "FWD: Printer",
		"Ответ: Printer", "Ynt: Printer", "Cvb: Printer",
		"Yan: Printer", "Re : Printer", "[EXT] Re: Printer",
		"Re: [EXT] Printer", "[External] Printer", "AW: Printer",
		"SV: VS: Printer", "Re[2]: Printer", "Re (3): Printer",
		"Re: [#4711] Printer", "[Shop #4711] Re: Re: printer",
		"  printer 17 ", "PRINTER #5" };
	g_autofree char *other = autosub_subject_key("Request: printer");
	g_autofree char *none = autosub_subject_key(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(same); i++) {
		g_autofree char *key = autosub_subject_key(same[i]);

		g_assert_cmpstr(key, ==, "printer");
	}
	g_assert_cmpstr(other, ==, "request: printer");
	g_assert_cmpstr(none, ==, "");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/autosub/%s", cases[i].title);

		g_test_add_data_func(path, &cases[i], test_judge);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
		g_autofree char *path =
		    g_strdup_printf("/autosub/body/%s", bodies[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_body);
	}
	g_test_add_func("/autosub/T1 a folded no is a person's", test_folded);
	g_test_add_func("/autosub/more than 50 Received fields are a loop",
	    test_received);
	g_test_add_func("/autosub/out-of-office subjects are known", test_away);
	g_test_add_func("/autosub/T7 the same subject again is seen",
	    test_subject_key);
	return g_test_run();
}
