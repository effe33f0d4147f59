/* test-body.c - parts that are kept: mails within mails, signed and encrypted
 * ones, invitations, files without names or octets. */
#include "mail/message.h"

#include <string.h>

#include "mail/part.h"

#define MIXED                                                                  \
	"From: Ann <ann@shop.example>\r\n"                                     \
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n"

#define INNER                                                                  \
	"Received: from mx \r\n\tby here\r\nFrom:  Bob <bob@x.uz>\r\n"         \
	"Subject: in\r\n\r\nline one \r\n\r\n--not a delimiter\r\n"

static Message *
parse(const char *mail)
{
	g_autoptr(GBytes) bytes = g_bytes_new_static(mail, strlen(mail));

	return message_parse(bytes, MESSAGE_WITH_ATTACHMENTS);
}

/* Octets of attachment n are exactly these. */
static void
holds(const Message *message, guint n, const char *octets)
{
	const Attachment *attachment;

	g_assert_cmpuint(message->attachments->len, >, n);
	attachment = message->attachments->pdata[n];
	g_assert_cmpmem(g_bytes_get_data(attachment->octets, NULL),
	    g_bytes_get_size(attachment->octets), octets, strlen(octets));
	g_assert_cmpint(attachment->size, ==, strlen(octets));
}

static void
test_whole(void)
{
	g_autoptr(Message) one = parse(
	    MIXED "--b\r\n\r\nhello\r\n--b\r\nContent-Type: message/rfc822\r\n"
		  "\r\n" INNER "\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
		  "From: c@x.uz\n\nsecond\r\n--b--\r\n");
	g_autoptr(Message) top =
	    parse("Content-Type: message/rfc822\r\n\r\n" INNER);
	const Attachment *attachment = one->attachments->pdata[0];

	holds(one, 0, INNER);
	holds(one, 1, "From: c@x.uz\n\nsecond");
	g_assert_cmpstr(attachment->type, ==, "message/rfc822");
	g_assert_cmpstr(attachment->name, ==, "forwarded message");
	g_assert_cmpstr(one->body_text, ==, "hello\n");
	g_assert_cmpstr(one->forward->author->address, ==, "bob@x.uz");
	holds(top, 0, INNER);
	g_assert_cmpstr(top->body_text, ==, "line one \n\n--not a delimiter\n");
}

/* A part that hides the mail from GMime, or from prescan, does no harm. */
static void
test_odd(void)
{
	g_autoptr(Message) message =
	    parse(MIXED "--b\r\nContent-Type: message/rfc822\r\n"
			"Content-Transfer-Encoding: base64\r\n\r\n"
			"RnJvbTogYUB4CgpoaQo=\r\n--b\r\n"
			"Content-Type: message/rfc822\r\n--b--\r\n");

	g_assert_cmpuint(message->attachments->len, ==, 2);
}

static void
test_digest(void)
{
	g_autoptr(Message) message = parse(
	    "From: list@x.uz\r\nContent-Type: multipart/digest; boundary=b\r\n"
	    "\r\n--b\r\n\r\nFrom: a@x\r\n\r\none\r\n--b\r\n\r\nFrom: b@x\r\n"
	    "\r\ntwo\r\n--b--\r\n");

	g_assert_cmpstr(message->body_text, ==, "one\n\ntwo\n");
	g_assert_cmpuint(message->attachments->len, ==, 2);
}

static const struct Protection {
	const char *title, *mail;
	guint want;
} protections[] = {
	{ "/body/an S/MIME signature is seen",
	    "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n"
	    "--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nx\r\n"
	    "--b--\r\n",
	    MESSAGE_SIGNED },
	{ "/body/an encrypted OpenPGP mail is seen",
	    "Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n"
	    "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
	    "--b\r\nContent-Type: application/octet-stream\r\n\r\nx\r\n--b--\r\n",
	    MESSAGE_ENCRYPTED },
	{ "/body/enveloped S/MIME is encrypted",
	    "Content-Type: application/pkcs7-mime; "
	    "smime-type=enveloped-data\r\n\r\nx\r\n",
	    MESSAGE_ENCRYPTED },
	{ "/body/opaque signed S/MIME is signed",
	    "Content-Type: application/x-pkcs7-mime;\r\n "
	    "smime-type=Signed-Data; name=smime.p7m\r\n\r\nx\r\n",
	    MESSAGE_SIGNED },
	{ "/body/an armoured message is encrypted",
	    "From: a@x\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nx\r\n"
	    "-----END PGP MESSAGE-----\r\n",
	    MESSAGE_ENCRYPTED },
	{ "/body/a clear-signed text is signed",
	    "From: a@x\r\n\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nx\r\n",
	    MESSAGE_SIGNED },
	{ "/body/a key is neither",
	    "From: a@x\r\n\r\n-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n", 0 },
	{ "/body/most mail is neither", "From: a@x\r\n\r\nhi\r\n", 0 },
};

static void
test_protection(gconstpointer data)
{
	const struct Protection *c = data;
	g_autoptr(Message) message = parse(c->mail);

	g_assert_cmpuint(message->protection, ==, c->want);
}

static const struct Named {
	const char *title, *part; /* header of a part, and its body */
	const char *name, *type, *octets;
} named[] = {
	{ "/body/an invitation is called one",
	    "Content-Type: text/calendar; method=REQUEST\r\n\r\n"
	    "BEGIN:VCALENDAR",
	    "invitation.ics", "text/calendar", "BEGIN:VCALENDAR" },
	{ "/body/a signature without a name gets the usual one",
	    "Content-Type: application/pgp-signature\r\n\r\nx", "signature.asc",
	    "application/pgp-signature", "x" },
	{ "/body/a file of no octets is one",
	    "Content-Type: application/pdf; name=empty.pdf\r\n\r\n",
	    "empty.pdf", "application/pdf", "" },
	{ "/body/a name in pieces out of order",
	    "Content-Type: application/pdf\r\nContent-Disposition: attachment;"
	    "\r\n filename*1*=%D1%87%D1%91%D1%82;\r\n filename*2=.pdf;\r\n "
	    "filename*0*=UTF-8''%D0%BE%D1%82\r\n\r\nx",
	    "отчёт.pdf", "application/pdf", "x" },
	{ "/body/a zip is never looked into",
	    "Content-Type: application/zip; name=a.zip\r\n\r\nPK\3\4", "a.zip",
	    "application/zip", "PK\3\4" },
	{ "/body/no padding of base64 is borne",
	    "Content-Type: image/png; name=x\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\nQ2F0cw",
	    "x", "image/png", "Cats" },
	{ "/body/base64 of lines by themselves goes on behind a pad",
	    "Content-Type: image/png; name=x\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\nQ2E=\r\nd*HM=\r\n",
	    "x", "image/png", "Cats" },
};

static void
test_named(gconstpointer data)
{
	const struct Named *c = data;
	g_autofree char *mail =
	    g_strconcat(MIXED "--b\r\n", c->part, "\r\n--b--\r\n", NULL);
	g_autoptr(Message) message = parse(mail);
	const Attachment *attachment;

	g_assert_cmpuint(message->attachments->len, ==, 1);
	attachment = message->attachments->pdata[0];
	g_assert_cmpstr(attachment->name, ==, c->name);
	g_assert_cmpstr(attachment->type, ==, c->type);
	holds(message, 0, c->octets);
}

static void
test_twins(void)
{
	g_autoptr(Message) message = parse(
	    MIXED "--b\r\nContent-Type: image/png; name=A.png\r\n\r\none\r\n"
		  "--b\r\nContent-Type: image/png; name=a.png\r\n\r\ntwo\r\n"
		  "--b\r\n\r\nno header\r\n--b--\r\n");
	const Attachment *a = message->attachments->pdata[0];
	const Attachment *b = message->attachments->pdata[1];

	g_assert_cmpuint(message->attachments->len, ==, 2);
	g_assert_cmpstr(a->name, ==, "A.png");
	g_assert_cmpstr(b->name, ==, "a.png");
	holds(message, 0, "one");
	holds(message, 1, "two");
	g_assert_cmpstr(message->body_text, ==, "no header\n");
}

static void
test_inline_file(void)
{
	g_autoptr(Message) message = parse(
	    "From: a@x\r\n\r\nbefore\r\nbegin 644 ../cat.txt\r\n#0V%T\r\n`\r\n"
	    "end\r\nafter\r\n");
	const Attachment *attachment = message->attachments->pdata[0];

	g_assert_cmpstr(message->body_text, ==, "before\nafter\n");
	g_assert_cmpstr(attachment->name, ==, "cat.txt");
	holds(message, 0, "Cat");
}

static void
test_no_boundary(void)
{
	g_autoptr(Message) message = parse(
	    "From: a@x\r\nContent-Type: multipart/mixed; boundary=one\r\n\r\n"
	    "words\r\n--two\r\n\r\nmore\r\n--two--\r\n");

	g_assert_nonnull(strstr(message->body_text, "words"));
	g_assert_nonnull(strstr(message->body_text, "more"));
}

/* All lengths and ways to cut base64 into chunks that the decoder sees. */
static void
test_base64(void)
{
	g_autoptr(GString) octets = g_string_new(NULL);

	for (guint i = 0; i < 70000; i++)
		g_string_append_c(octets, (char)(i * 7 % 251 + 1));
	for (gsize size = 0; size < octets->len;
	     size = size < 70 ? size + 1 : size * 3) {
		g_autofree char *base64 =
		    g_base64_encode((const guchar *)octets->str, size);
		g_autoptr(GString) mail =
		    g_string_new("Content-Type: application/x; name=x\r\n"
				 "Content-Transfer-Encoding: base64\r\n\r\n");
		g_autoptr(GBytes) bytes = NULL;
		g_autoptr(Message) message = NULL;
		const Attachment *attachment;

		for (gsize i = 0; base64[i] != '\0'; i++)
			g_string_append_printf(mail, "%c%s", base64[i],
			    i % 61 == 60 ? "\r\n" : "");
		bytes = g_bytes_new(mail->str, mail->len);
		message = message_parse(bytes, MESSAGE_WITH_ATTACHMENTS);
		attachment = message->attachments->pdata[0];
		g_assert_cmpmem(g_bytes_get_data(attachment->octets, NULL),
		    g_bytes_get_size(attachment->octets), octets->str, size);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	message_init();
	g_test_add_func("/body/a mail within is kept octet for octet",
	    test_whole);
	g_test_add_func("/body/a mail within that is encoded is kept",
	    test_odd);
	g_test_add_func("/body/a digest is read", test_digest);
	for (guint i = 0; i < G_N_ELEMENTS(protections); i++)
		g_test_add_data_func(protections[i].title, &protections[i],
		    test_protection);
	for (guint i = 0; i < G_N_ELEMENTS(named); i++)
		g_test_add_data_func(named[i].title, &named[i], test_named);
	g_test_add_func("/body/two names that differ in case are two files",
	    test_twins);
	g_test_add_func("/body/a file in the text is an attachment",
	    test_inline_file);
	g_test_add_func("/body/a boundary that never comes hides nothing",
	    test_no_boundary);
	g_test_add_func("/body/base64 of any length is decoded", test_base64);
	return g_test_run();
}
