/* test-authres.c - who is proven by Authentication-Results (THREATS.md 3). */
#include "mail/authres.h"

#include <string.h>

#include "mail/address.h"

#define ID "mx.support.example"

/* header: lines "Name: body"; the From field stands last. */
typedef struct Case {
	const char *title;
	const char *header;
	const char *from;
	AuthVerdict want;
} Case;

#define AR       "Authentication-Results: " ID
#define RECEIVED "\nReceived: from mta.x by " ID
#define LAST_HOP                                                               \
	"Received: from " ID " by imap.x with LMTP id 1.2 (envelope-from"      \
	" <a@b>) for <s@x>; Fri, 27 Nov 2026 06:00:00 +0000\n"
#define ANN "ann@buyer.example"

static const Case cases[] = {
	{ "dmarc=pass for the author's domain proves him",
	    AR "; dmarc=pass header.from=buyer.example" RECEIVED, ANN,
	    AUTH_PASS },
	{ "case of method, result and domain does not matter",
	    AR "; DMARC=Pass HEADER.From=Buyer.EXAMPLE", ANN, AUTH_PASS },
	{ "dmarc=pass for another domain proves nothing",
	    AR "; dmarc=pass header.from=other.example", ANN, AUTH_NONE },
	{ "dmarc=pass for no domain proves nothing", AR "; dmarc=pass", ANN,
	    AUTH_NONE },
	{ "an aligned dkim pass proves him",
	    AR "; dkim=pass header.d=buyer.example", ANN, AUTH_PASS },
	{ "an aligned dkim identity proves him",
	    AR "; dkim=pass header.i=@mail.buyer.example", ANN, AUTH_PASS },
	{ "a dkim pass of a sender service proves nothing",
	    AR "; dkim=pass header.d=sender.example", ANN, AUTH_NONE },
	{ "one of several dkim signatures is enough",
	    AR "; dkim=fail header.d=a.example; dkim=pass header.d=x.example;"
	       " dkim=pass header.d=buyer.example",
	    ANN, AUTH_PASS },
	{ "a result's properties are not another result's",
	    AR "; dkim=fail header.d=buyer.example; dkim=pass", ANN,
	    AUTH_NONE },
	{ "an aligned spf pass proves him",
	    AR "; spf=pass smtp.mailfrom=bounce@mail.buyer.example", ANN,
	    AUTH_PASS },
	{ "an spf pass of HELO proves nothing",
	    AR "; spf=pass smtp.helo=buyer.example", ANN, AUTH_NONE },
	{ "domains below a registry's suffix are strangers",
	    AR "; dkim=pass header.d=co.uk", "ann@buyer.co.uk", AUTH_NONE },
	{ "and so in com.uz", AR "; dkim=pass header.d=com.uz",
	    "ann@buyer.com.uz", AUTH_NONE },
	{ "a top-level domain aligns with nothing",
	    AR "; dkim=pass header.d=example", ANN, AUTH_NONE },
	{ "the end of a name is not a domain above it",
	    AR "; dkim=pass header.d=yer.example", ANN, AUTH_NONE },
	{ "dmarc=fail is a failure",
	    AR "; dmarc=fail header.from=buyer.example; dkim=pass"
	       " header.d=buyer.example",
	    ANN, AUTH_FAIL },
	{ "a second dmarc result does not heal the first",
	    AR "; dmarc=fail; dmarc=pass header.from=buyer.example", ANN,
	    AUTH_FAIL },
	{ "dev-07: a forged field below the real one is not heard",
	    AR "; dmarc=fail header.from=buyer.example\n" AR
	       "; dmarc=pass header.from=buyer.example" RECEIVED,
	    ANN, AUTH_FAIL },
	{ "a forged field below one that says nothing is not heard",
	    AR "; spf=none smtp.mailfrom=buyer.example\n" AR
	       "; dmarc=pass header.from=buyer.example" RECEIVED,
	    ANN, AUTH_NONE },
	{ "a failure in a second field of ours is heard",
	    AR "; dkim=pass header.d=buyer.example\n" AR
	       "; dmarc=fail header.from=buyer.example" RECEIVED,
	    ANN, AUTH_FAIL },
	{ "a field below the first Received is not heard",
	    "Received: from mta.x\n" AR
	    "; dmarc=pass header.from=buyer.example",
	    ANN, AUTH_NONE },
	{ "the hop with LMTP into the mailbox is no border",
	    LAST_HOP AR "; dmarc=pass header.from=buyer.example" RECEIVED, ANN,
	    AUTH_PASS },
	{ "nor are two of them",
	    "Received: by a.x with LMTPS (TLS) id 1; Fri, 27 Nov 2026\n" LAST_HOP
		AR "; dmarc=pass header.from=buyer.example" RECEIVED,
	    ANN, AUTH_PASS },
	{ "but what stands below the border's own field is not heard",
	    LAST_HOP "Received: from mta.x by " ID " with ESMTP\n" AR
		     "; dmarc=pass header.from=buyer.example",
	    ANN, AUTH_NONE },
	{ "a HELO that says LMTP makes no hop with LMTP",
	    "Received: from a by b with LMTP (mta.x [192.0.2.1]) by " ID
	    " with ESMTP; x\n" AR "; dmarc=pass header.from=buyer.example",
	    ANN, AUTH_NONE },
	{ "nor where the border says no protocol",
	    "Received: from a by b with LMTP (mta.x [192.0.2.1]) by " ID
	    "; x\n" AR "; dmarc=pass header.from=buyer.example",
	    ANN, AUTH_NONE },
	{ "nor does a comment",
	    "Received: from a (with LMTP) by " ID "; x\n" AR
	    "; dmarc=pass header.from=buyer.example",
	    ANN, AUTH_NONE },
	{ "nor a recipient",
	    "Received: from a by " ID " for <\"> with LMTP <\"@x>; x\n" AR
	    "; dmarc=pass header.from=buyer.example",
	    ANN, AUTH_NONE },
	{ "nor a queue id",
	    "Received: from a by " ID " with ESMTP id LMTP; x\n" AR
	    "; dmarc=pass header.from=buyer.example",
	    ANN, AUTH_NONE },
	{ "a hop with LMTP below our field ends it",
	    AR "; dkim=none\n" LAST_HOP AR
	       "; dmarc=pass header.from=buyer.example",
	    ANN, AUTH_NONE },
	{ "another server's field is not heard",
	    "Authentication-Results: mx.evil.example; dmarc=pass"
	    " header.from=buyer.example" RECEIVED,
	    ANN, AUTH_NONE },
	{ "our name must be whole",
	    "Authentication-Results: " ID ".evil.example; dmarc=pass"
	    " header.from=buyer.example",
	    ANN, AUTH_NONE },
	{ "our name may be quoted",
	    "Authentication-Results: \"" ID "\"; dmarc=pass"
	    " header.from=buyer.example",
	    ANN, AUTH_PASS },
	{ "our name in a comment is not ours",
	    "Authentication-Results: (" ID ";) evil.example; dmarc=pass"
	    " header.from=buyer.example",
	    ANN, AUTH_NONE },
	{ "a field of another filter above ours is passed over",
	    "Authentication-Results: filter.example; dkim=none\n" AR
	    "; dmarc=pass header.from=buyer.example" RECEIVED,
	    ANN, AUTH_PASS },
	{ "comments, nested, may stand everywhere",
	    "Authentication-Results: (a (b) \\) c) " ID " (d) 1 (e) ; (f) dmarc"
	    " (g) / (h) 1 (i) = (j) pass (dmarc=fail; k) header.from"
	    " (l) = (m) buyer.example (n)",
	    ANN, AUTH_PASS },
	{ "a pass in a comment is no pass",
	    AR "; spf=none (; dmarc=pass header.from=buyer.example)", ANN,
	    AUTH_NONE },
	{ "a pass in a quoted reason is no pass",
	    AR "; spf=none reason=\"x; dmarc=pass header.from=buyer.example\"",
	    ANN, AUTH_NONE },
	{ "a quoted string may hold quotes",
	    AR "; spf=none reason=\"\\\"; dmarc=pass"
	       " header.from=buyer.example\"",
	    ANN, AUTH_NONE },
	{ "a comment without end breaks the field",
	    AR "; dmarc=pass header.from=buyer.example (", ANN, AUTH_NONE },
	{ "a string without end breaks the field",
	    AR "; dmarc=pass header.from=buyer.example reason=\"", ANN,
	    AUTH_NONE },
	{ "nonsense breaks the field",
	    AR "; dmarc=pass header.from=buyer.example; ;; =", ANN, AUTH_NONE },
	{ "a failure is heard before the field breaks",
	    AR "; dmarc=fail (p=none) header.from=buyer.example; =", ANN,
	    AUTH_FAIL },
	{ "none is nothing", AR "; none", ANN, AUTH_NONE },
	{ "an empty field is nothing", AR, ANN, AUTH_NONE },
	{ "no field is nothing", "X-A: b", ANN, AUTH_NONE },
	{ "dmarc=temperror is nothing",
	    AR "; dmarc=temperror header.from="
	       "buyer.example",
	    ANN, AUTH_NONE },
	{ "a signature in base64 does not disturb",
	    AR "; dkim=pass header.b=Ab+/c= header.d=buyer.example", ANN,
	    AUTH_PASS },
	{ "Microsoft's words without a kind do not disturb",
	    AR "; spf=pass (sender IP is 192.0.2.1)"
	       " smtp.mailfrom=buyer.example; dmarc=pass action=none"
	       " header.from=buyer.example;compauth=pass reason=100",
	    ANN, AUTH_PASS },
	{ "an international domain is compared as A-label",
	    AR "; dmarc=pass header.from=xn--80a1acny.xn--p1ai", "аня@почта.рф",
	    AUTH_PASS },
};

static Message *
make(const char *header, const char *from_body)
{
	Message *message = message_new();
	g_auto(GStrv) lines = g_strsplit(header, "\n", -1);
	HeaderField last = { g_strdup("From"), g_strdup(from_body) };

	for (gsize i = 0; lines[i] != NULL; i++) {
		char *colon = strstr(lines[i], ": ");
		HeaderField field = { g_strndup(lines[i], colon - lines[i]),
			g_strdup(colon + 2) };

		g_array_append_val(message->fields, field);
	}
	g_array_append_val(message->fields, last);
	message->from_fields = 1;
	return message;
}

static void
test_judge(gconstpointer data)
{
	const Case *c = data;
	g_autoptr(Message) message = make(c->header, c->from);
	g_autofree char *reason = NULL;

	g_ptr_array_add(message->from, address_new(c->from, ""));
	g_assert_cmpint(authres_judge(message, ID, &reason), ==, c->want);
	g_assert_nonnull(reason);
	g_assert_null(strchr(reason, '\n'));
}

static void
test_not_configured(void)
{
	g_autoptr(Message) message =
	    make(AR "; dmarc=pass header.from=buyer.example", ANN);
	g_autofree char *reason = NULL;

	g_ptr_array_add(message->from, address_new(ANN, ""));
	g_assert_cmpint(authres_judge(message, "", &reason), ==, AUTH_NONE);
	g_assert_cmpint(authres_judge(message, NULL, NULL), ==, AUTH_NONE);
	g_assert_cmpint(authres_judge(message, ID, NULL), ==, AUTH_PASS);
}

typedef struct FromCase {
	const char *title;
	const char *body; /* of the From field */
	const char *name, *second;
	guint fields;
	AuthVerdict want;
} FromCase;

static const FromCase froms[] = {
	{ "a plain name is fine", "Ann B <" ANN ">", "Ann B", NULL, 1,
	    AUTH_PASS },
	{ "a quoted name with a comma is fine", "\"B, Ann\" <" ANN ">",
	    "B, Ann", NULL, 1, AUTH_PASS },
	{ "a comment is fine", ANN " (Ann; and, you: see @)", "Ann", NULL, 1,
	    AUTH_PASS },
	{ "his own address as name is fine", "\"" ANN "\" <" ANN ">", ANN, NULL,
	    1, AUTH_PASS },
	{ "another address as name is not", "\"boss@staff.example\" <" ANN ">",
	    "boss@staff.example", NULL, 1, AUTH_NONE },
	{ "two addresses are not", ANN ", bob@x.example", "", "bob@x.example",
	    1, AUTH_NONE },
	{ "two addresses of which one got lost are not", ANN ", bob@x.example",
	    "", NULL, 1, AUTH_NONE },
	{ "two fields are not", "<" ANN ">", "", NULL, 2, AUTH_NONE },
	{ "a group is not", "G: " ANN ";", "", NULL, 1, AUTH_NONE },
	{ "two brackets are not", "<bob@x.example> <" ANN ">", "", NULL, 1,
	    AUTH_NONE },
	{ "an encoded address is not", "=?utf-8?q?ann=40buyer.example?=", "",
	    NULL, 1, AUTH_NONE },
	{ "an open comment is not", "(x <" ANN ">", "", NULL, 1, AUTH_NONE },
	{ "an open string is not", "\"x <" ANN ">", "", NULL, 1, AUTH_NONE },
};

static void
test_from(gconstpointer data)
{
	const FromCase *c = data;
	g_autoptr(Message) message =
	    make(AR "; dmarc=pass header.from=buyer.example", c->body);

	message->from_fields = c->fields;
	g_ptr_array_add(message->from, address_new(ANN, c->name));
	if (c->second != NULL)
		g_ptr_array_add(message->from, address_new(c->second, ""));
	g_assert_cmpint(authres_judge(message, ID, NULL), ==, c->want);
}

static void
test_no_author(void)
{
	g_autoptr(Message) message =
	    make(AR "; dmarc=pass header.from=buyer.example", "");
	g_autoptr(Message) failed = make(AR "; dmarc=fail", "");

	g_assert_cmpint(authres_judge(message, ID, NULL), ==, AUTH_NONE);
	g_assert_cmpint(authres_judge(failed, ID, NULL), ==, AUTH_FAIL);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/authres/%s", cases[i].title);

		g_test_add_data_func(path, &cases[i], test_judge);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(froms); i++) {
		g_autofree char *path =
		    g_strdup_printf("/authres/From: %s", froms[i].title);

		g_test_add_data_func(path, &froms[i], test_from);
	}
	g_test_add_func("/authres/nothing configured, nobody is proven",
	    test_not_configured);
	g_test_add_func("/authres/no author, nobody is proven", test_no_author);
	return g_test_run();
}
