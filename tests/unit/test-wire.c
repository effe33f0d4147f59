/* test-wire.c - a Message survives the way from the worker; nonsense does not
 * come through. */
#include "mail/wire.h"

#include <string.h>

#include "mail/header.h"

static Message *
sample(void)
{
	static const char mail[] =
	    "From: Ann <ann@shop.example>\r\nTo: a@x, B <b@y>\r\nCc: c@z\r\n"
	    "Reply-To: r@x\r\nSubject: s\r\nMessage-ID: <id@x>\r\n"
	    "References: <a@b> <c@d>\r\nDate: Thu, 01 Jan 2026 12:00:00 +0500\r\n"
	    "Content-Type: multipart/report; report-type=delivery-status;\r\n"
	    " boundary=b\r\n\r\n--b\r\n\r\ntext\r\n> old\r\n--b\r\n"
	    "Content-Type: message/delivery-status\r\n\r\n"
	    "Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; u@x.uz\r\n"
	    "Action: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n"
	    "Content-Type: image/png; name=x.png\r\n\r\npng\r\n--b--\r\n";
	g_autoptr(GBytes) bytes = g_bytes_new_static(mail, strlen(mail));

	return message_parse(bytes, MESSAGE_WITH_ATTACHMENTS);
}

static void
same_strings(const GPtrArray *a, const GPtrArray *b)
{
	g_assert_cmpuint(a->len, ==, b->len);
	for (guint i = 0; i < a->len; i++)
		g_assert_cmpstr(a->pdata[i], ==, b->pdata[i]);
}

static void
same_addresses(const GPtrArray *a, const GPtrArray *b)
{
	g_assert_cmpuint(a->len, ==, b->len);
	for (guint i = 0; i < a->len; i++) {
		const Address *x = a->pdata[i], *y = b->pdata[i];

		g_assert_cmpstr(x->address, ==, y->address);
		g_assert_cmpstr(x->name, ==, y->name);
	}
}

static void
same_attachments(const GPtrArray *a, const GPtrArray *b)
{
	g_assert_cmpuint(a->len, ==, b->len);
	for (guint i = 0; i < a->len; i++) {
		const Attachment *x = a->pdata[i], *y = b->pdata[i];

		g_assert_cmpstr(x->name, ==, y->name);
		g_assert_cmpstr(x->type, ==, y->type);
		g_assert_cmpstr(x->sha256, ==, y->sha256);
		g_assert_cmpint(x->size, ==, y->size);
		g_assert_cmpint(x->is_inline, ==, y->is_inline);
		g_assert_true(g_bytes_equal(x->octets, y->octets));
	}
}

static void
same(const Message *a, const Message *b)
{
	g_assert_cmpstr(a->message_id, ==, b->message_id);
	g_assert_cmpint(a->message_id_made, ==, b->message_id_made);
	same_strings(a->in_reply_to, b->in_reply_to);
	same_strings(a->references, b->references);
	g_assert_cmpint(a->date, ==, b->date);
	g_assert_cmpstr(a->subject, ==, b->subject);
	same_addresses(a->from, b->from);
	g_assert_cmpuint(a->from_fields, ==, b->from_fields);
	same_addresses(a->sender, b->sender);
	same_addresses(a->reply_to, b->reply_to);
	same_addresses(a->to, b->to);
	same_addresses(a->cc, b->cc);
	g_assert_cmpuint(a->fields->len, ==, b->fields->len);
	g_assert_cmpstr(message_field(a, "Date"), ==, message_field(b, "Date"));
	g_assert_cmpstr(a->body_text, ==, b->body_text);
	g_assert_cmpstr(a->new_text, ==, b->new_text);
	g_assert_cmpuint(a->quoted_lines, ==, b->quoted_lines);
	same_attachments(a->attachments, b->attachments);
	g_assert_cmpint(a->kind, ==, b->kind);
	same_strings(a->kind_reasons, b->kind_reasons);
	g_assert_cmpint(a->may_answer, ==, b->may_answer);
	g_assert_true((a->dsn == NULL) == (b->dsn == NULL));
	if (a->dsn != NULL) {
		same_strings(a->dsn->recipients, b->dsn->recipients);
		g_assert_cmpstr(a->dsn->status, ==, b->dsn->status);
		g_assert_cmpstr(a->dsn->action, ==, b->dsn->action);
	}
	g_assert_true((a->forward == NULL) == (b->forward == NULL));
	if (a->forward != NULL) {
		g_assert_cmpstr(a->forward->author->address, ==,
		    b->forward->author->address);
		g_assert_cmpstr(a->forward->subject, ==, b->forward->subject);
		g_assert_cmpstr(a->forward->text, ==, b->forward->text);
	}
	g_assert_cmpuint(a->protection, ==, b->protection);
	same_strings(a->defects, b->defects);
	g_assert_cmpstr(a->content_hash, ==, b->content_hash);
	g_assert_cmpint(a->size, ==, b->size);
}

static void
test_both_ways(void)
{
	g_autoptr(Message) a = sample(), b = NULL;
	g_autoptr(GBytes) octets = wire_pack(a);
	g_autoptr(GError) error = NULL;

	b = wire_unpack(octets, &error);
	g_assert_no_error(error);
	g_assert_nonnull(b->dsn);
	same(a, b);
}

static void
test_forward(void)
{
	static const char mail[] =
	    "From: a@x\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n"
	    "--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: B <b@x.uz>\r\n"
	    "Subject: in\r\n\r\ntext\r\n--b--\r\n";
	g_autoptr(GBytes) bytes = g_bytes_new_static(mail, strlen(mail));
	g_autoptr(Message) a = message_parse(bytes, MESSAGE_WITH_ATTACHMENTS),
			   b = NULL;
	g_autoptr(GBytes) octets = wire_pack(a);

	b = wire_unpack(octets, NULL);
	g_assert_nonnull(b);
	g_assert_nonnull(b->forward);
	g_assert_cmpuint(b->protection, ==, MESSAGE_SIGNED);
	same(a, b);
}

static void
test_empty(void)
{
	g_autoptr(Message) a = message_new(), b = NULL;
	g_autoptr(GBytes) octets = NULL;

	g_free(a->content_hash);
	a->content_hash = g_strnfill(64, '0');
	octets = wire_pack(a);
	b = wire_unpack(octets, NULL);
	g_assert_nonnull(b);
	same(a, b);
}

/* Any single octet changed or cut gives an error or a Message, never a crash;
 * what comes through is text. */
static void
test_damage(void)
{
	g_autoptr(Message) a = sample();
	g_autoptr(GBytes) octets = wire_pack(a);
	gsize size;
	const char *data = g_bytes_get_data(octets, &size);

	for (gsize i = 0; i < size * 2; i++) {
		g_autofree char *copy = g_memdup2(data, size);
		g_autoptr(GBytes) damaged = NULL;
		g_autoptr(Message) m = NULL;

		if (i < size)
			copy[i] ^= (char)g_test_rand_int_range(1, 256);
		damaged = g_bytes_new(copy, i < size ? size : i - size);
		m = wire_unpack(damaged, NULL);
		if (m != NULL)
			g_assert_true(g_utf8_validate(m->body_text, -1, NULL));
	}
}

static void
refuses(const Message *m)
{
	g_autoptr(GBytes) octets = wire_pack(m);
	g_autoptr(GError) error = NULL;

	g_assert_null(wire_unpack(octets, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
}

static void
test_limits(void)
{
	g_autoptr(Message) a = sample(), b = sample(), c = sample(),
			   d = sample(), e = sample();

	for (guint i = 0; i < 1001; i++)
		g_ptr_array_add(a->references, g_strdup("x@y"));
	refuses(a);
	g_free(b->subject);
	b->subject = g_strdup("a\nBcc: evil@x");
	refuses(b);
	g_free(c->body_text);
	c->body_text = g_strnfill(3 << 20, 'x');
	refuses(c);
	g_free(((Attachment *)d->attachments->pdata[1])->name);
	((Attachment *)d->attachments->pdata[1])->name = g_strdup("../x");
	refuses(d);
	e->kind = (MessageKind)77;
	refuses(e);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	message_init();
	g_test_add_func("/wire/a message comes back as it was", test_both_ways);
	g_test_add_func("/wire/a forward comes back", test_forward);
	g_test_add_func("/wire/an empty message comes back", test_empty);
	g_test_add_func("/wire/damaged octets are harmless", test_damage);
	g_test_add_func("/wire/what breaks a limit is refused", test_limits);
	return g_test_run();
}
