/* test-lmtp-session.c - what an LMTP client says, what it hears, and which
 * mail comes out. No socket, no disk: every dialogue is fed whole and octet
 * by octet, and must go the same way. */
#include "in/lmtp_session.h"

#include <stdio.h>
#include <string.h>

#define LIMIT 1000
#define HELLO "LHLO mx.example\r\n"
#define MAIL  "MAIL FROM:<ann@x.example>\r\n"
#define RCPT  "RCPT TO:<support@shop.example>\r\n"
#define BEGIN HELLO MAIL RCPT "DATA\r\n"
#define END   "\r\n.\r\n"

/* One digit and enhanced code of each reply line, after the greeting and
 * what LHLO and MAIL, RCPT, DATA of BEGIN get. */
#define BEGUN "220 250 250/2.1.0 250/2.1.5 354 "

typedef struct Row {
	const char *title;
	const char *input;
	const char *replies;
	const char *mails; /* "mailbox(reverse|forward,forward)=octets;" */
} Row;

static const Row dialogues[] = {
	{ "a mail is taken", BEGIN "Subject: x\r\n\r\ny" END "QUIT\r\n",
	    BEGUN "250/2.0.0 221/2.0.0 ",
	    "support(ann@x.example|support@shop.example)="
	    "Subject: x\r\n\r\ny\r\n;" },
	{ "commands may be in any case",
	    "lhlo x\r\nmail from:<>\r\nRcpt To: <support@s>\r\ndata\r\n.\r\n",
	    "220 250 250/2.1.0 250/2.1.5 354 250/2.0.0 ",
	    "support(|support@s)=;" },
	{ "an empty mail ends at once", BEGIN ".\r\n", BEGUN "250/2.0.0 ",
	    "support(ann@x.example|support@shop.example)=;" },
	{ "two mails in one connection",
	    BEGIN "1" END MAIL RCPT "DATA\r\n2" END,
	    BEGUN "250/2.0.0 250/2.1.0 250/2.1.5 354 250/2.0.0 ",
	    "support(ann@x.example|support@shop.example)=1\r\n;"
	    "support(ann@x.example|support@shop.example)=2\r\n;" },
	{ "one mailbox gets one mail, each recipient a reply",
	    HELLO MAIL "RCPT TO:<support@a>\r\nRCPT TO:<sales@a>\r\n"
		       "RCPT TO:<nobody@a>\r\nRCPT TO:<support+7@a>\r\n"
		       "DATA\r\nhi" END,
	    "220 250 250/2.1.0 250/2.1.5 250/2.1.5 550/5.1.1 250/2.1.5 354 "
	    "250/2.0.0 250/2.0.0 250/2.0.0 ",
	    "support(ann@x.example|support@a,support+7@a)=hi\r\n;"
	    "sales(ann@x.example|sales@a)=hi\r\n;" },
	{ "a failure is told to its own recipients, in their order",
	    HELLO MAIL "RCPT TO:<support@a>\r\nRCPT TO:<full@a>\r\n"
		       "RCPT TO:<support@b>\r\nDATA\r\nhi" END,
	    "220 250 250/2.1.0 250/2.1.5 250/2.1.5 250/2.1.5 354 "
	    "250/2.0.0 451/4.3.0 250/2.0.0 ",
	    "support(ann@x.example|support@a,support@b)=hi\r\n;" },
	{ "a quoted local part may hold anything",
	    HELLO MAIL "RCPT TO:<\"support > \\\" x\"@a>\r\nDATA\r\n.\r\n",
	    "220 250 250/2.1.0 250/2.1.5 354 250/2.0.0 ",
	    "support(ann@x.example|\"support > \\\" x\"@a)=;" },
	{ "a source route is left out",
	    HELLO "MAIL FROM:<@r.example,@s:ann@x>\r\n"
		  "RCPT TO:<@r:support@a>\r\nDATA\r\n.\r\n",
	    "220 250 250/2.1.0 250/2.1.5 354 250/2.0.0 ",
	    "support(ann@x|support@a)=;" },
	{ "an internationalised address is kept",
	    HELLO "MAIL FROM:<анна@пример.рф> SMTPUTF8\r\n" RCPT
		  "DATA\r\n.\r\n",
	    "220 250 250/2.1.0 250/2.1.5 354 250/2.0.0 ",
	    "support(анна@пример.рф|support@shop.example)=;" },
	{ "octets that are no UTF-8 are no address",
	    HELLO "MAIL FROM:<\xff@x>\r\n", "220 250 501/5.1.7 ", "" },
	{ "parameters that we offer, and the harmless ones",
	    HELLO "MAIL FROM:<a@x> size=999 BODY=8bitmime SMTPUTF8 RET=HDRS "
		  "ENVID=1 AUTH=<>\r\n"
		  "RCPT TO:<support@a> NOTIFY=NEVER ORCPT=rfc822;a@b\r\n",
	    "220 250 250/2.1.0 250/2.1.5 ", "" },
	{ "parameters that we do not know",
	    HELLO "MAIL FROM:<a@x> FOO\r\n" MAIL
		  "RCPT TO:<support@a> FOO=1\r\nMAIL FROM:<a>x\r\n",
	    "220 250 555/5.5.4 250/2.1.0 555/5.5.4 503/5.5.1 ", "" },
	{ "parameters with wrong values",
	    HELLO "MAIL FROM:<a@x> SIZE=x\r\nMAIL FROM:<a@x> SIZE\r\n"
		  "MAIL FROM:<a@x> BODY=BINARYMIME\r\n"
		  "MAIL FROM:<a@x> SIZE=99999999999999999999\r\n",
	    "220 250 501/5.5.4 501/5.5.4 501/5.5.4 501/5.5.4 ", "" },
	{ "a mail announced too big is refused at MAIL",
	    HELLO "MAIL FROM:<a@x> SIZE=1001\r\nMAIL FROM:<a@x> SIZE=1000\r\n",
	    "220 250 552/5.3.4 250/2.1.0 ", "" },
	{ "paths that are none",
	    HELLO "MAIL FROM:a@x\r\nMAIL FROM:<a@x\r\nMAIL FROM:<a b@x>\r\n"
		  "MAIL FROM:<a<b@x>\r\nMAIL FROM:<\"a@x>\r\n"
		  "MAIL FROM:<@r>\r\nMAIL TO:<a@x>\r\nMAIL\r\n",
	    "220 250 501/5.1.7 501/5.1.7 501/5.1.7 501/5.1.7 501/5.1.7 "
	    "501/5.1.7 501/5.1.7 501/5.1.7 ",
	    "" },
	{ "no recipient without an address",
	    HELLO MAIL "RCPT TO:<>\r\nRCPT TO:\r\n",
	    "220 250 250/2.1.0 550/5.1.1 501/5.1.3 ", "" },
	{ "the order of commands",
	    MAIL "DATA\r\n" HELLO RCPT "DATA\r\n" MAIL MAIL "DATA\r\n"
		 "DATA now\r\n",
	    "220 503/5.5.1 503/5.5.1 250 503/5.5.1 503/5.5.1 250/2.1.0 "
	    "503/5.5.1 503/5.5.1 501/5.5.4 ",
	    "" },
	{ "RSET forgets the mail", HELLO MAIL RCPT "RSET\r\nDATA\r\n" MAIL,
	    "220 250 250/2.1.0 250/2.1.5 250/2.0.0 503/5.5.1 250/2.1.0 ", "" },
	{ "LHLO forgets the mail too", HELLO MAIL RCPT HELLO "DATA\r\n",
	    "220 250 250/2.1.0 250/2.1.5 250 503/5.5.1 ", "" },
	{ "this is not SMTP", "HELO x\r\nEHLO x\r\n",
	    "220 500/5.5.1 500/5.5.1 ", "" },
	{ "what is not offered",
	    "STARTTLS\r\nAUTH PLAIN x\r\nBDAT 5 LAST\r\nEXPN x\r\nHELP\r\n"
	    "FOO\r\n\r\nLHLO\r\n",
	    "220 502/5.5.1 502/5.5.1 502/5.5.1 502/5.5.1 502/5.5.1 500/5.5.1 "
	    "500/5.5.1 501/5.5.4 ",
	    "" },
	{ "what is harmless", "NOOP\r\nNOOP x\r\nVRFY ann\r\n",
	    "220 250/2.0.0 250/2.0.0 252/2.5.1 ", "" },
	{ "a command line without CR is none", "NOOP\nNO\rOP\r\nNOOP\r\n",
	    "220 500/5.5.2 500/5.5.2 250/2.0.0 ", "" },
	{ "twenty errors end the session",
	    "X\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\n"
	    "X\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nNOOP\r\n",
	    "220 500/5.5.1 500/5.5.1 500/5.5.1 500/5.5.1 500/5.5.1 500/5.5.1 "
	    "500/5.5.1 500/5.5.1 500/5.5.1 500/5.5.1 500/5.5.1 500/5.5.1 "
	    "500/5.5.1 500/5.5.1 500/5.5.1 500/5.5.1 500/5.5.1 500/5.5.1 "
	    "500/5.5.1 500/5.5.1 421/4.7.0 ",
	    "" },
};

/* What stands between DATA and the last CR LF . CR LF, and what is kept of
 * it: SMTP smuggling (CVE-2023-51764 and its kin) must find no second end. */
static const struct {
	const char *title, *sent, *kept;
} bodies[] = {
	{ "a dot alone after LF is text", "a\n.\nb", "a\n.\nb\r\n" },
	{ "LF . CR LF is text", "a\n.\r\nMAIL FROM:<>",
	    "a\n.\r\nMAIL FROM:<>"
	    "\r\n" },
	{ "CR LF . LF is a line without its dot", "a\r\n.\nb", "a\r\n\nb\r\n" },
	{ "CR . CR is text", "a\r.\rb", "a\r.\rb\r\n" },
	{ "CR . CR LF is text", "a\r.\r\nb", "a\r.\r\nb\r\n" },
	{ "CR LF . CR is a line without its dot", "a\r\n.\rb", "a\r\n\rb\r\n" },
	{ "CR LF . CR CR LF is no end", "a\r\n.\r\r\nb", "a\r\n\r\r\nb\r\n" },
	{ "CR CR LF . CR LF would be an end; without the LF it is none",
	    "a\r\r.\r\nb", "a\r\r.\r\nb\r\n" },
	{ "LF LF . LF LF is text", "a\n\n.\n\nb", "a\n\n.\n\nb\r\n" },
	{ "a doubled dot is one dot", "..\r\n...\r\n.x", ".\r\n..\r\nx\r\n" },
	{ "dots inside lines stay", "a.b\r\n .\r\n", "a.b\r\n .\r\n\r\n" },
	{ "a doubled dot after a bare LF stays", "a\n..b", "a\n..b\r\n" },
	{ "CRs in a row", "\r\r\r\n\r", "\r\r\r\n\r\r\n" },
};

static const char *
route(const char *forward_path, void *data)
{
	(void)data;
	if (g_str_has_prefix(forward_path, "sales"))
		return "sales";
	if (g_str_has_prefix(forward_path, "full"))
		return "full";
	if (strstr(forward_path, "support") != NULL)
		return "support";
	return NULL;
}

static const LmtpSettings settings = {
	.hostname = "gw.example",
	.max_size = LIMIT,
	.max_connections = 10,
	.max_recipients = 5,
	.writers = 1,
	.route = route,
};

typedef struct Talk {
	LmtpSession *session;
	GString *replies; /* "250/2.0.0 " each */
	GString *mails;
	GString *body;
	gboolean closed;
} Talk;

static void
take_replies(Talk *talk)
{
	GString *text = lmtp_session_replies(talk->session);
	g_auto(GStrv) lines = g_strsplit(text->str, "\r\n", -1);

	for (char **line = lines; *line != NULL && **line != '\0'; line++) {
		const char *rest = *line + 4;
		gsize length = strcspn(rest, " ");

		g_assert_cmpuint(strlen(*line), >, 5);
		if ((*line)[3] == '-')
			continue;
		g_string_append_len(talk->replies, *line, 3);
		if (g_ascii_isdigit(rest[0]) && rest[1] == '.')
			g_string_append_printf(talk->replies, "/%.*s",
			    (int)length, rest);
		g_string_append_c(talk->replies, ' ');
	}
	g_string_truncate(text, 0);
}

static void
take_body(Talk *talk)
{
	const GByteArray *body = lmtp_session_body(talk->session);

	g_string_append_len(talk->body, (const char *)body->data,
	    (gssize)body->len);
	lmtp_session_stored(talk->session);
}

static void
take_mail(Talk *talk)
{
	GPtrArray *parts = lmtp_session_parts(talk->session);

	take_body(talk);
	for (guint i = 0; i < parts->len; i++) {
		LmtpPart *part = parts->pdata[i];

		if (strcmp(part->mailbox, "full") == 0)
			part->failure = "451 4.3.0";
		if (part->failure != NULL)
			continue;
		g_string_append_printf(talk->mails, "%s(%s|", part->mailbox,
		    lmtp_session_reverse_path(talk->session));
		for (guint k = 0; k < part->forward_paths->len; k++)
			g_string_append_printf(talk->mails, "%s%s",
			    k == 0 ? "" : ",",
			    (char *)part->forward_paths->pdata[k]);
		g_string_append(talk->mails, ")=");
		g_string_append_len(talk->mails, talk->body->str,
		    (gssize)talk->body->len);
		g_string_append_c(talk->mails, ';');
	}
	g_string_truncate(talk->body, 0);
	lmtp_session_answer(talk->session);
}

static void
say(Talk *talk, const char *octets, gsize size)
{
	while (size > 0 && !talk->closed) {
		gsize used = 0;
		LmtpWant want =
		    lmtp_session_feed(talk->session, octets, size, &used);

		g_assert_cmpuint(used, <=, size);
		octets += used;
		size -= used;
		if (want == LMTP_READ)
			g_assert_cmpuint(size, ==, 0);
		if (want == LMTP_STORE)
			take_body(talk);
		if (want == LMTP_FINISH)
			take_mail(talk);
		talk->closed = want == LMTP_CLOSE;
		take_replies(talk);
	}
}

static void
talk_begin(Talk *talk)
{
	talk->session = lmtp_session_new(&settings);
	talk->replies = g_string_new(NULL);
	talk->mails = g_string_new(NULL);
	talk->body = g_string_new(NULL);
	talk->closed = FALSE;
	take_replies(talk);
}

static void
talk_end(Talk *talk)
{
	lmtp_session_free(talk->session);
	g_string_free(talk->replies, TRUE);
	g_string_free(talk->mails, TRUE);
	g_string_free(talk->body, TRUE);
}

static void
check_talk(const char *octets, gsize size, gsize step, const char *replies,
    const char *mails)
{
	Talk talk;

	talk_begin(&talk);
	for (gsize at = 0; at < size; at += step)
		say(&talk, octets + at, MIN(step, size - at));
	g_assert_cmpstr(talk.replies->str, ==, replies);
	g_assert_cmpstr(talk.mails->str, ==, mails);
	talk_end(&talk);
}

static void
test_dialogue(gconstpointer data)
{
	const Row *row = data;

	for (gsize step = 1; step < 8; step++)
		check_talk(row->input, strlen(row->input), step, row->replies,
		    row->mails);
	check_talk(row->input, strlen(row->input), strlen(row->input),
	    row->replies, row->mails);
}

static void
test_body(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *input = g_strconcat(BEGIN, bodies[i].sent, END, NULL);
	g_autofree char *mail = g_strdup_printf(
	    "support(ann@x.example|support@shop.example)=%s;", bodies[i].kept);

	for (gsize step = 1; step < 8; step++)
		check_talk(input, strlen(input), step, BEGUN "250/2.0.0 ",
		    mail);
	check_talk(input, strlen(input), strlen(input), BEGUN "250/2.0.0 ",
	    mail);
}

static void
test_too_big(void)
{
	g_autofree char *fits = g_strnfill(LIMIT - 2, 'x');
	g_autofree char *more = g_strnfill(LIMIT - 1, 'x');
	g_autofree char *much = g_strnfill(100 * LIMIT, 'x');
	const char *text[] = { fits, more, much };

	for (gsize i = 0; i < G_N_ELEMENTS(text); i++) {
		g_autofree char *input =
		    g_strconcat(BEGIN, text[i], END "NOOP\r\n", NULL);
		g_autofree char *kept = g_strdup_printf(
		    "support(ann@x.example|support@shop.example)=%s\r\n;",
		    fits);

		check_talk(input, strlen(input), 700,
		    i == 0 ? BEGUN "250/2.0.0 250/2.0.0 "
			   : BEGUN "552/5.3.4 250/2.0.0 ",
		    i == 0 ? kept : "");
	}
}

/* 2,048 octets with CR LF are a line, one more is none; what follows is read
 * as the next command. */
static void
test_long_line(void)
{
	for (gsize size = 2047; size < 2051; size++) {
		g_autofree char *space = g_strnfill(size - 6, ' ');
		g_autofree char *input =
		    g_strconcat("NOOP", space, "\r\nVRFY x\r\n", NULL);
		const char *want = size <= 2048 ? "220 250/2.0.0 252/2.5.1 "
						: "220 500/5.5.2 252/2.5.1 ";

		check_talk(input, strlen(input), 1, want, "");
		check_talk(input, strlen(input), 5000, want, "");
	}
}

static void
test_nul(void)
{
	check_talk("NO\0OP\r\nNOOP\r\n", 13, 13, "220 500/5.5.2 250/2.0.0 ",
	    "");
}

static void
test_recipients(void)
{
	g_autoptr(GString) input = g_string_new(HELLO MAIL);

	for (int i = 0; i < 7; i++)
		g_string_append(input, RCPT);
	check_talk(input->str, input->len, input->len,
	    "220 250 250/2.1.0 250/2.1.5 250/2.1.5 250/2.1.5 250/2.1.5 "
	    "250/2.1.5 452/4.5.3 452/4.5.3 ",
	    "");
}

/* A body larger than the session may hold comes out in pieces, whole. */
static void
test_pieces(void)
{
	LmtpSettings big = settings;
	g_autoptr(GString) sent = g_string_new(NULL);
	Talk talk;

	big.max_size = 1 << 20;
	talk_begin(&talk);
	lmtp_session_free(talk.session);
	talk.session = lmtp_session_new(&big);
	while (sent->len < 300000)
		g_string_append_printf(sent, "%zu\r%zu\n%zu\r\n", sent->len,
		    sent->len, sent->len);
	say(&talk, BEGIN, strlen(BEGIN));
	for (gsize at = 0; at < sent->len; at += 16384) {
		say(&talk, sent->str + at, MIN(16384, sent->len - at));
		g_assert_cmpuint(lmtp_session_body(talk.session)->len, <=,
		    48 * 1024);
	}
	g_assert_true(lmtp_session_in_mail(talk.session));
	g_assert_cmpint(lmtp_session_size(talk.session), ==, sent->len);
	say(&talk, ".\r\n", 3);
	g_assert_false(lmtp_session_in_mail(talk.session));
	g_string_prepend(sent, "support(ann@x.example|support@shop.example)=");
	g_string_append_c(sent, ';');
	g_assert_cmpstr(talk.mails->str, ==, sent->str);
	talk_end(&talk);
}

/* A flood of commands must not pile up replies. */
static void
test_flood(void)
{
	LmtpSession *session = lmtp_session_new(&settings);
	g_autoptr(GString) flood = g_string_new(NULL);
	gsize used = 0;

	for (int i = 0; i < 5000; i++)
		g_string_append(flood, "NOOP\r\n");
	g_assert_cmpint(
	    lmtp_session_feed(session, flood->str, flood->len, &used), ==,
	    LMTP_SEND);
	g_assert_cmpuint(used, <, flood->len);
	g_assert_cmpuint(lmtp_session_replies(session)->len, <, 5000);
	lmtp_session_free(session);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(dialogues); i++) {
		g_autofree char *path =
		    g_strdup_printf("/lmtp/%s", dialogues[i].title);

		g_test_add_data_func(path, &dialogues[i], test_dialogue);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
		g_autofree char *path =
		    g_strdup_printf("/lmtp/data: %s", bodies[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_body);
	}
	g_test_add_func("/lmtp/a mail over the limit is refused", test_too_big);
	g_test_add_func("/lmtp/a line over 2,048 octets is none",
	    test_long_line);
	g_test_add_func("/lmtp/a NUL in a command is refused", test_nul);
	g_test_add_func("/lmtp/recipients are counted", test_recipients);
	g_test_add_func("/lmtp/a long mail comes out whole", test_pieces);
	g_test_add_func("/lmtp/a flood of commands is held back", test_flood);
	return g_test_run();
}
