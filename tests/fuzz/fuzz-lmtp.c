/* fuzz-lmtp.c - an LMTP client that says anything, in pieces of any size.
 *
 * Input: one octet that sets the size of the pieces, then what is said. The
 * same octets cut otherwise must give the same replies and mails, and no
 * mail may hold its own end. */
#include <stdint.h>
#include <string.h>

#include "in/lmtp_session.h"

#define LIMIT 100000
#define BODY  (48 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size);

static const char *
route(const char *forward_path, void *data)
{
	(void)data;
	g_assert_true(g_utf8_validate(forward_path, -1, NULL));
	g_assert_null(strpbrk(forward_path, "\r\n"));
	if (*forward_path == 'n')
		return NULL;
	return *forward_path == 's' ? "sales" : "support";
}

static const LmtpSettings settings = {
	.hostname = "gw.example",
	.max_size = LIMIT,
	.max_recipients = 50,
	.route = route,
};

static void
take_body(LmtpSession *session, GString *mails)
{
	const GByteArray *body = lmtp_session_body(session);

	g_assert_cmpuint(body->len, <=, BODY);
	g_string_append_len(mails, (const char *)body->data, (gssize)body->len);
	lmtp_session_stored(session);
}

static void
take_mail(LmtpSession *session, GString *mails)
{
	GPtrArray *parts = lmtp_session_parts(session);

	take_body(session, mails);
	g_assert_cmpuint(parts->len, >, 0);
	g_assert_cmpint(lmtp_session_size(session), >=, 0);
	for (guint i = 0; i < parts->len; i++) {
		LmtpPart *part = parts->pdata[i];

		g_assert_cmpuint(part->forward_paths->len, >, 0);
		g_string_append_printf(mails, "<%s %s %u>",
		    lmtp_session_reverse_path(session), part->mailbox,
		    part->forward_paths->len);
		if (strcmp(part->mailbox, "sales") == 0)
			part->failure = "451 4.3.0";
	}
	lmtp_session_answer(session);
}

static void
take_replies(LmtpSession *session, GString *replies)
{
	GString *text = lmtp_session_replies(session);

	g_assert_cmpuint(text->len, <, 16384);
	if (text->len > 0)
		g_assert_true(g_str_has_suffix(text->str, "\r\n"));
	g_string_append_len(replies, text->str, (gssize)text->len);
	g_string_truncate(text, 0);
}

static void
talk(const char *octets, size_t size, size_t step, GString *replies,
    GString *mails)
{
	g_autoptr(LmtpSession) session = lmtp_session_new(&settings);
	LmtpWant want = LMTP_READ;

	for (size_t at = 0; at < size && want != LMTP_CLOSE;) {
		size_t piece = MIN(step, size - at);
		/* Of its own, so that one octet too far is seen. */
		g_autofree char *copy = g_memdup2(octets + at, piece);
		gsize used = 0;

		want = lmtp_session_feed(session, copy, piece, &used);
		g_assert_cmpuint(used, <=, piece);
		if (want == LMTP_READ)
			g_assert_cmpuint(used, ==, piece);
		if (want == LMTP_STORE)
			take_body(session, mails);
		if (want == LMTP_FINISH)
			take_mail(session, mails);
		take_replies(session, replies);
		at += used;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size)
{
	g_autoptr(GString) replies = g_string_new(NULL);
	g_autoptr(GString) mails = g_string_new(NULL);
	g_autoptr(GString) replies_cut = g_string_new(NULL);
	g_autoptr(GString) mails_cut = g_string_new(NULL);
	const char *text = (const char *)octets + 1;

	if (size < 2)
		return 0;
	talk(text, size - 1, size - 1, replies, mails);
	talk(text, size - 1, octets[0] + 1u, replies_cut, mails_cut);
	g_assert_true(g_string_equal(replies, replies_cut));
	g_assert_true(g_string_equal(mails, mails_cut));
	return 0;
}
