/* fuzz-dsn.c - any text as a delivery report, by form and in prose: what comes
 * out is addresses, a status code and one line. The same text is searched for a
 * forward. */
#include <stdint.h>
#include <string.h>

#include "ground/text.h"
#include "mail/author.h"
#include "mail/dsn.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	message_init();
	return 0;
}

static void
check(const Dsn *dsn)
{
	g_autofree char *same = dsn_status_in(dsn->status);

	for (guint i = 0; i < dsn->recipients->len; i++) {
		const char *one = dsn->recipients->pdata[i];

		g_assert_true(g_utf8_validate(one, -1, NULL));
		g_assert_cmpuint(strlen(one), >, 0);
		g_assert_null(strpbrk(one, "\r\n"));
	}
	g_assert_cmpstr(same, ==, dsn->status);
	g_assert_null(strpbrk(dsn->diagnostic, "\r\n"));
	g_assert_null(strpbrk(dsn->original_message_id, " <>\r\n"));
}

static void
set(char **to, const char *value)
{
	g_free(*to);
	*to = g_strdup(value);
}

static void
guess(const char *body)
{
	g_autoptr(Message) message = message_new();
	g_autoptr(Dsn) dsn = NULL;

	g_ptr_array_add(message->from, address_new("MAILER-DAEMON@mx.uz", ""));
	set(&message->body_text, body);
	dsn = dsn_guess(message, "");
	g_assert_nonnull(dsn);
	g_assert_cmpuint(strlen(dsn->status), >, 0);
	check(dsn);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size)
{
	g_autofree char *valid = text_valid((const char *)octets, (gssize)size);
	g_autofree char *body = text_clean_body(valid);
	g_autoptr(Dsn) dsn = dsn_new();
	g_autoptr(Forward) forward = author_forwarded_text(body);

	dsn_read_status(dsn, valid);
	dsn_read_returned(dsn, valid);
	check(dsn);
	guess(body);
	if (forward != NULL)
		g_assert_true(g_utf8_validate(forward->text, -1, NULL));
	return 0;
}
