/* test-dsn.c - which mails are delivery reports, about whom, and why. */
#include "mail/dsn.h"

#include <string.h>

#define DAEMON_MAIL(subject)                                                   \
	"From: Mail Delivery System <MAILER-DAEMON@mx.example>\r\n"            \
	"Subject: " subject "\r\n\r\n"

static Message *
parse(const char *mail)
{
	g_autoptr(GBytes) bytes = g_bytes_new_static(mail, strlen(mail));

	return message_parse(bytes, 0);
}

static const struct Status {
	const char *title, *text;
	const char *recipients, *status, *action;
} statuses[] = {
	{ "/dsn/one recipient failed",
	    "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@x.uz\n"
	    "Action: failed\nStatus: 5.1.1\n"
	    "Diagnostic-Code: smtp; 550 5.1.1 no such\n user\n",
	    "a@x.uz", "5.1.1", "failed" },
	{ "/dsn/two recipients failed",
	    "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@x.uz\n"
	    "Action: failed\nStatus: 5.1.1\n\nFinal-Recipient: rfc822;<b@X.uz>\n"
	    "Action: failed\nStatus: 5.2.2\n",
	    "a@x.uz b@x.uz", "5.1.1", "failed" },
	{ "/dsn/what failed matters more than what arrived",
	    "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@x.uz\n"
	    "Action: relayed\nStatus: 2.0.0\n\nFinal-Recipient: rfc822; b@x.uz\n"
	    "Action: failed\nStatus: 5.2.2\n\nFinal-Recipient: rfc822; c@x.uz\n"
	    "Action: delivered\nStatus: 2.0.0\n",
	    "b@x.uz", "5.2.2", "failed" },
	{ "/dsn/the address that we wrote to counts",
	    "Reporting-MTA: dns; mx\n\nOriginal-Recipient: rfc822; a@x.uz\n"
	    "Final-Recipient: rfc822; inner@host\nAction: failed\n"
	    "Status: 5.1.1\n",
	    "a@x.uz", "5.1.1", "failed" },
	{ "/dsn/the diagnostic says more than 5.0.0",
	    "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@x.uz\n"
	    "Action: failed\nStatus: 5.0.0\n"
	    "Diagnostic-Code: smtp; 550 #5.1.0 Address rejected\n",
	    "a@x.uz", "5.1.0", "failed" },
	{ "/dsn/a delay",
	    "Reporting-MTA: dns; mx\n\n"
	    "Final-Recipient: rfc822; a@x.uz\nAction: Delayed\n"
	    "Status: 4.4.1 (no answer)\n",
	    "a@x.uz", "4.4.1", "delayed" },
	{ "/dsn/an address in UTF-8 is decoded (RFC 6533)",
	    "Reporting-MTA: dns; mx\n\nFinal-Recipient: utf-8; "
	    "j\\x{F6}rg@x.uz\nAction: failed\nStatus: 5.1.1\n",
	    "jörg@x.uz", "5.1.1", "failed" },
	{ "/dsn/what looks like an encoded-word is what the server was told",
	    "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; "
	    "=?utf-8?Q?a?=@x.uz\nAction: failed\nStatus: 5.1.1\n",
	    "=?utf-8?Q?a?=@x.uz", "5.1.1", "failed" },
	{ "/dsn/the code that says most counts",
	    "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@x.uz\n"
	    "Action: failed\nStatus: 5.0.0 (permanent failure)\n"
	    "Diagnostic-Code: smtp; 5.1.0 - Unknown 550-'5.7.1 denied'\n",
	    "a@x.uz", "5.7.1", "failed" },
	{ "/dsn/no recipient at all", "Reporting-MTA: dns; mx\n", "", "", "" },
	{ "/dsn/nothing", "", "", "", "" },
};

static void
check(const Dsn *dsn, const char *recipients, const char *status,
    const char *action)
{
	g_autoptr(GString) got = g_string_new(NULL);

	for (guint i = 0; i < dsn->recipients->len; i++)
		g_string_append_printf(got, "%s%s", i > 0 ? " " : "",
		    (const char *)dsn->recipients->pdata[i]);
	g_assert_cmpstr(got->str, ==, recipients);
	g_assert_cmpstr(dsn->status, ==, status);
	g_assert_cmpstr(dsn->action, ==, action);
}

static void
test_status(gconstpointer data)
{
	const struct Status *c = data;
	Dsn *dsn = dsn_new();

	dsn_read_status(dsn, c->text);
	check(dsn, c->recipients, c->status, c->action);
	dsn_free(dsn);
}

static const struct Guess {
	const char *title, *mail;
	const char *recipients, *status, *action; /* NULL: no report */
} guesses[] = {
	{ "/dsn/Exim names the recipients in a field",
	    "From: Mailer-Daemon@mx.example\r\nX-Failed-Recipients: a@x.uz,\r\n"
	    " b@x.uz\r\nSubject: Mail delivery failed: returning message to "
	    "sender\r\n\r\nThis message was created automatically by mail "
	    "delivery software.\r\n\r\n  a@x.uz\r\n    host mx [192.0.2.1]: "
	    "550 5.1.1 unknown\r\n",
	    "a@x.uz b@x.uz", "5.1.1", "failed" },
	{ "/dsn/qmail",
	    "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\n"
	    "Subject: failure notice\r\n\r\nHi. This is the "
	    "qmail-send program at mx.example.\r\n\r\n<a@x.uz>:\r\n"
	    "192.0.2.1 does not like recipient.\r\n"
	    "Remote host said: 550 no such user\r\n\r\n--- Below "
	    "this line is a copy of the message.\r\n\r\n"
	    "Message-ID: <orig@y>\r\nTo: <other@x.uz>\r\n",
	    "a@x.uz", "5.1.1", "failed" },
	{ "/dsn/a delay warning",
	    "From: MAILER-DAEMON@mx.example\r\nSubject: Warning: message delayed "
	    "24 hours\r\n\r\nThis message was created automatically.\r\n"
	    "message delayed\r\n\r\n  a@x.uz\r\n    Delay reason: 451 4.7.1 "
	    "try later\r\n",
	    "a@x.uz", "4.7.1", "delayed" },
	{ "/dsn/Exchange 5.5 names recipients with a date",
	    "From: postmaster@x.example\r\nSubject: Undeliverable: hi\r\n\r\n"
	    "Your message\r\n\r\n  To: us@y\r\n\r\ndid not reach the following "
	    "recipient(s):\r\n\r\na@x.uz on Thu, 29 Apr 2007 16:51:51\r\n"
	    "    The recipient name is not recognized\r\n"
	    "b@x.uz on Thu, 29 Apr 2007 16:51:51\r\n",
	    "a@x.uz b@x.uz", "5.1.1", "failed" },
	{ "/dsn/a provider that says Unknown Recipient",
	    DAEMON_MAIL("Mail delivery failed") "To: a@x.uz\r\n"
	    "Unknown Recipient\r\n",
	    "a@x.uz", "5.1.1", "failed" },
	{ "/dsn/a full mailbox in Polish, from Exchange",
	    DAEMON_MAIL("Niedostarczalne: oferta") "Odbiorca: <a@x.uz>\r\n"
	    "Skrzynka pocztowa adresata jest pełna.\r\n",
	    "a@x.uz", "5.2.2", "failed" },
	{ "/dsn/the returned mail below a divider is not asked",
	    DAEMON_MAIL("Mail delivery failed") "Recipient: <a@x.uz>\r\n"
	    "unknown local-part \"a\" in domain \"x.uz\"\r\n\r\n"
	    "--- Oryginalne nagłówki wiadomości:\r\n"
	    "Recipient: <b@x.uz>\r\nmailbox is full\r\n",
	    "a@x.uz", "5.1.1", "failed" },
	{ "/dsn/sendmail's transcript names recipients behind a code",
	    DAEMON_MAIL(
		"Returned mail: User unknown") "   ----- Transcript of session follows -----\r\n"
					       ">>> RCPT To:<a@x.uz>\r\n<<< 550 <a@x.uz>... User unknown\r\n"
					       "550 <a@x.uz>... User unknown\r\n\r\n"
					       "   ----- Unsent message follows -----\r\nTo: c@x.uz\r\n",
	    "a@x.uz", "5.1.1", "failed" },
	{ "/dsn/fields of a report that lost its parts are read",
	    DAEMON_MAIL(
		"Returned mail: see transcript for details") "sorry\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
							     "Final-Recipient: RFC822; <a@x.uz>\r\nAction: failed\r\n"
							     "Status: 5.5.0\r\n",
	    "a@x.uz", "5.5.0", "failed" },
	{ "/dsn/a full mailbox",
	    DAEMON_MAIL(
		"failure notice") "<a@x.uz>:\r\nUser's mailbox is full\r\n",
	    "a@x.uz", "5.2.2", "failed" },
	{ "/dsn/a domain that is not there",
	    DAEMON_MAIL(
		"Mail delivery failed") "  a@x.uz:\r\n    unrouteable mail domain \"x.uz\"\r\n",
	    "a@x.uz", "5.1.2", "failed" },
	{ "/dsn/Gmail in Russian",
	    DAEMON_MAIL(
		"Delivery Status Notification (Failure)") "** Адрес не найден **\r\n\r\nВаше письмо не доставлено по адресу "
							  "a@x.uz.\r\n",
	    "a@x.uz", "5.1.1", "failed" },
	{ "/dsn/a mobile operator answers as post_master",
	    "From: post_master@vtext.example\r\nSubject: Re:hi\r\n\r\n"
	    "Error: Invalid user address\r\n\r\nError message below:\r\n"
	    "550 - Requested action not taken: no such user here\r\n\r\n"
	    "  RCPT TO: a@x.uz\r\n",
	    "a@x.uz", "5.1.1", "failed" },
	{ "/dsn/a code that is not yet final is a delay",
	    DAEMON_MAIL(
		"Mail Delivery Status Notification (Delay)") "THIS IS A WARNING MESSAGE ONLY.\r\n[Status: Error, Address: "
							     "<a@x.uz>, ResponseCode 421, , Host not reachable.]\r\n",
	    "a@x.uz", "4.4.7", "delayed" },
	{ "/dsn/an absence that quotes a report is none",
	    "Return-Path: <>\r\nFrom: ann@x.uz\r\nSubject: Away\r\n\r\n"
	    "I am away.\r\n\r\n> The parcel couldn't be delivered.\r\n"
	    "> order 550 is late\r\n",
	    NULL, NULL, NULL },
	{ "/dsn/a person's mail about a parcel is none",
	    "From: ann@x.uz\r\nSubject: Delivery failure\r\n\r\n"
	    "My parcel could not be delivered.\r\nann@x.uz\r\n",
	    NULL, NULL, NULL },
	{ "/dsn/a person who quotes a report writes none",
	    "From: ann@x.uz\r\nSubject: Undeliverable\r\n\r\nI got \"Mail "
	    "delivery failed\" from you, why?\r\n<a@x.uz>:\r\n550 5.1.1\r\n",
	    NULL, NULL, NULL },
	{ "/dsn/a daemon's mail about something else is none",
	    "From: postmaster@mx.example\r\nSubject: Maintenance\r\n\r\n"
	    "The server is down tonight.\r\n",
	    NULL, NULL, NULL },
};

static void
test_guess(gconstpointer data)
{
	const struct Guess *c = data;
	g_autoptr(Message) m = parse(c->mail);
	Dsn *dsn = dsn_guess(m, "");

	if (c->recipients == NULL) {
		g_assert_null(dsn);
		return;
	}
	g_assert_nonnull(dsn);
	check(dsn, c->recipients, c->status, c->action);
	dsn_free(dsn);
}

static void
test_original(void)
{
	g_autoptr(Message) m = parse(
	    "From: MAILER-DAEMON@mx\r\nContent-Type: multipart/report;\r\n"
	    " report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nsorry\r\n"
	    "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
	    "Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; u@x.uz\r\n"
	    "Action: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n"
	    "Content-Type: message/rfc822\r\n\r\nFrom: us@y\r\n"
	    "Message-Id: <ours@y>\r\n\r\ntext\r\n--b--\r\n");

	g_assert_cmpint(m->kind, ==, MESSAGE_BOUNCE);
	g_assert_nonnull(m->dsn);
	g_assert_cmpstr(m->dsn->original_message_id, ==, "ours@y");
	g_assert_cmpstr(m->body_text, ==, "sorry\n");
}

static void
test_code(void)
{
	static const struct {
		const char *text, *want;
	} codes[] = {
		{ "550 5.1.1 no", "5.1.1" },
		{ "(#5.7.606)", "5.7.606" },
		{ "host 192.5.1.1 said 4.2.2", "4.2.2" },
		{ "5.1.1.9 then 5.2.0", "5.2.0" },
		{ "version 3.1.4", "" },
		{ "x5.1.1 5.1 5.1.1234", "" },
		{ "", "" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
		g_autofree char *code = dsn_status_in(codes[i].text);

		g_assert_cmpstr(code, ==, codes[i].want);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	message_init();
	for (guint i = 0; i < G_N_ELEMENTS(statuses); i++)
		g_test_add_data_func(statuses[i].title, &statuses[i],
		    test_status);
	for (guint i = 0; i < G_N_ELEMENTS(guesses); i++)
		g_test_add_data_func(guesses[i].title, &guesses[i], test_guess);
	g_test_add_func("/dsn/the mail that came back is known", test_original);
	g_test_add_func("/dsn/a status code is found in text", test_code);
	return g_test_run();
}
