/* test-dkim.c - signatures, canonical forms and key records. */
#include "mail/dkim.h"

#include "dkim.h"
#include "mail/canon.h"
#include "mail/dmarc.h"
#include "mail/prove.h"
#include "mail/taglist.h"

#define NOW G_GINT64_CONSTANT(1795694400)

static SignKey ed25519, rsa;

/* --- canonical forms -------------------------------------------------------- */

static char *
field_in(CanonForm form, const char *field)
{
	GString *out = g_string_new(NULL);

	canon_field(form, field, strlen(field), out);
	return g_string_free(out, FALSE);
}

static void
test_fields(void)
{
	static const struct {
		const char *raw, *simple, *relaxed;
	} cases[] = {
		/* RFC 6376 section 3.4.5 */
		{ "A: X\r\n", "A: X", "a:X" },
		{ "B : Y\t\r\n\tZ  \r\n", "B : Y\t\r\n\tZ  ", "b:Y Z" },
		/* as a pipe hands it over */
		{ "B : Y\t\n\tZ  \n", "B : Y\t\r\n\tZ  ", "b:Y Z" },
		{ "Subject:", "Subject:", "subject:" },
		{ "Subject:  \t \r\n \t\r\n", "Subject:  \t \r\n \t",
		    "subject:" },
		{ "X:a  b\t\tc", "X:a  b\t\tc", "x:a b c" },
		{ "X: \xd0\x91 \xff", "X: \xd0\x91 \xff", "x:\xd0\x91 \xff" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *simple = field_in(CANON_SIMPLE, cases[i].raw);
		g_autofree char *relaxed =
		    field_in(CANON_RELAXED, cases[i].raw);

		g_assert_cmpstr(simple, ==, cases[i].simple);
		g_assert_cmpstr(relaxed, ==, cases[i].relaxed);
	}
}

static void
check_body(CanonForm form, const char *raw, const char *want)
{
	g_autoptr(GBytes) bytes = g_bytes_new_static(raw, strlen(raw));
	g_auto(Octets) octets = { .fd = -1 };
	g_autoptr(Digest) digest = digest_new();
	g_autofree char *got = NULL, *hash = NULL;

	octets_of_bytes(&octets, bytes);
	g_assert_cmpint(canon_body(form, &octets, 0, digest), ==,
	    (gint64)strlen(want));
	got = digest_end(digest);
	hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, want, -1);
	g_assert_cmpstr(got, ==, hash);
}

static void
test_bodies(void)
{
	static const struct {
		const char *raw, *simple, *relaxed;
	} cases[] = {
		/* RFC 6376 section 3.4.5 */
		{ " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n",
		    " C\r\nD E\r\n" },
		{ " C \nD \t E\n\n\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n" },
		{ "", "\r\n", "" },
		{ "\r\n\r\n", "\r\n", "" },
		{ " \t\r\n\r\n", " \t\r\n", "" },
		{ "no end", "no end\r\n", "no end\r\n" },
		{ "a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n",
		    "a\r\n\r\n\r\nb\r\n" },
		{ "a\rb \r\n", "a\rb \r\n", "a\rb\r\n" },
		{ "\ta  b\r\n", "\ta  b\r\n", " a b\r\n" },
	};
	g_autofree char *large = g_strnfill(200000, 'x');
	g_autofree char *want = g_strconcat(large, "\r\n", NULL);

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		check_body(CANON_SIMPLE, cases[i].raw, cases[i].simple);
		check_body(CANON_RELAXED, cases[i].raw, cases[i].relaxed);
	}
	check_body(CANON_SIMPLE, large, want);
	check_body(CANON_RELAXED, large, want);
}

/* --- one mail --------------------------------------------------------------- */

/* Verdict on a mail under one key record; *why is kept when it is not NULL. */
static gboolean
is_proven(const char *text, gsize size, const char *record, char **why)
{
	g_autoptr(GBytes) bytes = g_bytes_new_static(text, size);
	g_auto(Octets) octets = { .fd = -1 };
	g_autoptr(GPtrArray) signatures = NULL;
	guint others;

	octets_of_bytes(&octets, bytes);
	g_clear_pointer(why, g_free);
	signatures = dkim_read(&octets, "shop.example", NOW, &others, why);
	if (signatures == NULL)
		return FALSE;
	if (signatures->len == 0)
		*why = g_strdup("no signature");
	for (guint i = 0; i < signatures->len; i++) {
		const DkimSignature *one = signatures->pdata[i];

		g_clear_pointer(why, g_free);
		*why = g_strdup(one->fault);
		if (one->fault == NULL && dkim_verify(one, record, why))
			return TRUE;
	}
	return FALSE;
}

static void
assert_not_proven(const char *text, const char *record, const char *want)
{
	g_autofree char *why = NULL;

	g_assert_false(is_proven(text, strlen(text), record, &why));
	if (strstr(why, want) == NULL)
		g_error("\"%s\" is not \"%s\" of:\n%s", why, want, text);
}

static void
assert_proven(const char *text, const char *record)
{
	g_autofree char *why = NULL;

	if (!is_proven(text, strlen(text), record, &why))
		g_error("not proven (%s):\n%s", why, text);
}

/* The mail of RFC 8463, appendix A.3, with its two keys. */
static void
test_rfc_8463(void)
{
	static const char mail[] =
	    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
	    " d=football.example.com; i=@football.example.com;\r\n"
	    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
	    " subject : date : message-id : from : subject : date;\r\n"
	    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
	    " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
	    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
	    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
	    " d=football.example.com; i=@football.example.com;\r\n"
	    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
	    " date : message-id : from : subject : date;\r\n"
	    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
	    " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"
	    " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"
	    " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8="
	    "\r\n"
	    "From: Joe SixPack <joe@football.example.com>\r\n"
	    "To: Suzie Q <suzie@shopping.example.net>\r\n"
	    "Subject: Is dinner ready?\r\n"
	    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
	    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
	    "\r\n"
	    "Hi.\r\n"
	    "\r\n"
	    "We lost the game.  Are you hungry yet?\r\n"
	    "\r\n"
	    "Joe.\r\n";
	static const char *const keys[] = {
		"v=DKIM1; k=ed25519; "
		"p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
		"v=DKIM1; k=rsa; "
		"p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6"
		"NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3Fu"
		"tACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZy"
		"VYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB",
	};
	g_autoptr(GBytes) bytes = g_bytes_new_static(mail, strlen(mail));
	g_auto(Octets) octets = { .fd = -1 };
	g_autoptr(GPtrArray) signatures = NULL;
	g_autofree char *why = NULL;
	guint others;

	octets_of_bytes(&octets, bytes);
	signatures =
	    dkim_read(&octets, "football.example.com", NOW, &others, &why);
	g_assert_nonnull(signatures);
	g_assert_cmpuint(signatures->len, ==, 2);
	for (guint i = 0; i < 2; i++) {
		const DkimSignature *one = signatures->pdata[i];

		g_assert_cmpstr(one->fault, ==, NULL);
		g_assert_true(dkim_verify(one, keys[i], &why));
		g_assert_false(dkim_verify(one, keys[1 - i], &why));
		g_clear_pointer(&why, g_free);
	}
}

static void
test_good(void)
{
	g_autofree char *one = sign_mail(&ed25519, "shop.example", "s1");
	g_autofree char *two = sign_mail(&rsa, "shop.example", "s1");
	g_auto(GStrv) lines = g_strsplit(one, "\r\n", -1);
	g_autofree char *unix_ends = g_strjoinv("\n", lines);
	g_autofree char *mbox =
	    g_strconcat("From ann@shop.example Thu Nov 26 12:00:00 2026\n",
		unix_ends, NULL);
	g_autofree char *traced = g_strconcat(
	    "Received: by mx\r\n\tfor x\r\nX-Spam: no\r\n", one, NULL);
	g_autofree char *longer = g_strconcat(one, "\r\n\r\n", NULL);

	assert_proven(one, ed25519.record);
	assert_proven(two, rsa.record);
	assert_proven(unix_ends, ed25519.record);
	assert_proven(mbox, ed25519.record);
	assert_proven(traced, ed25519.record);
	assert_proven(longer, ed25519.record);
}

/* The smallest change anywhere breaks it. */
static void
test_mutations(void)
{
	g_autofree char *crlf = sign_mail(&ed25519, "shop.example", "s1");
	g_auto(GStrv) lines = g_strsplit(crlf, "\r\n", -1);
	g_autofree char *good = g_strjoinv("\n", lines);
	g_autofree char *why = NULL;
	gsize size = strlen(good);

	for (gsize i = 0; i < size; i++)
		for (guint bit = 0; bit < 8; bit++) {
			g_autofree char *bad = g_strdup(good);

			bad[i] = (char)(bad[i] ^ (1 << bit));
			if (is_proven(bad, size, ed25519.record, &why))
				g_error("octet %" G_GSIZE_FORMAT " of:\n%s", i,
				    bad);
		}
	/* The last line end may be missing. */
	for (gsize i = 0; i + 1 < size; i++)
		g_assert_false(is_proven(good, i, ed25519.record, &why));
	for (gsize i = 0; i < size; i++) {
		g_autoptr(GString) bad = g_string_new(good);

		g_string_insert_c(bad, (gssize)i, 'x');
		g_assert_false(
		    is_proven(bad->str, bad->len, ed25519.record, &why));
	}
}

/* --- what a signature must be ----------------------------------------------- */

/* A mail in relaxed/relaxed with those tags; all of it written out. */
static char *
mail_with(const char *tags, const char *more_fields)
{
	g_autofree char *hash = sign_body("Hello\r\n");
	g_autofree char *field = g_strdup_printf("%s; bh=%s; b=", tags, hash);
	g_autofree char *text = g_strdup_printf(
	    "from:Ann <ann@shop.example>\r\nsubject:Hi there\r\n"
	    "dkim-signature:%s",
	    field);
	g_autofree char *b = sign_header(&ed25519, text);

	return g_strdup_printf("%sDKIM-Signature: %s%s\r\n"
			       "From:  Ann  <ann@shop.example>\r\n"
			       "SUBJECT: Hi\r\n\tthere\r\n\r\nHello \r\n",
	    more_fields, field, b);
}

#define TAGS "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=shop.example; s=s1"
#define H    "; h=from:subject"

static void
test_tags(void)
{
	static const struct {
		const char *tags, *want; /* NULL: proven */
	} cases[] = {
		{ TAGS H, NULL },
		{ TAGS "; q=dns/txt" H, NULL },
		{ TAGS "; i=ann@shop.example" H, NULL },
		{ TAGS "; i=@sub.shop.example" H, NULL },
		{ TAGS "; t=1795694000; x=1795694401" H, NULL },
		{ TAGS "; l=7" H, NULL },
		{ TAGS "; z=From:x|To:y; unknown=1" H, NULL },
		{ TAGS "; h=from:from:subject:cc:subject", NULL },
		{ TAGS "; h=From : Subject", NULL },
		{ TAGS "; q=http" H, "not in DNS" },
		{ TAGS "; i=ann@other.example" H, "another domain" },
		{ TAGS "; i=@notshop.example" H, "another domain" },
		{ TAGS "; i=ann" H, "no address" },
		{ TAGS "; x=1795694399" H, "expired" },
		{ TAGS "; t=5; x=5" H, "times" },
		{ TAGS "; x=soon" H, "times" },
		{ TAGS "; l=5" H, "whole body" },
		{ TAGS "; l=8" H, "whole body" },
		{ TAGS "; l=0" H, "whole body" },
		{ TAGS "; h=from", "Subject" },
		{ TAGS "; h=subject", "From" },
		{ TAGS, "From" },
		{ "v=2; a=ed25519-sha256; c=relaxed/relaxed; d=shop.example; "
		  "s=s1" H,
		    "version" },
		{ "a=ed25519-sha256; c=relaxed/relaxed; d=shop.example; "
		  "s=s1" H,
		    "version" },
		{ "v=1; a=rsa-sha1; c=relaxed/relaxed; d=shop.example; "
		  "s=s1" H,
		    "SHA-1" },
		{ "v=1; a=none; c=relaxed/relaxed; d=shop.example; s=s1" H,
		    "algorithm" },
		{ "v=1; a=ed25519-sha256; c=relaxed/easy; d=shop.example; "
		  "s=s1" H,
		    "canonical" },
		{ "v=1; a=ed25519-sha256; c=relaxed/relaxed/relaxed; "
		  "d=shop.example; s=s1" H,
		    "canonical" },
		{ "v=1; a=ed25519-sha256; c=relaxed; d=shop.example; s=s1" H,
		    "body was changed" },
		{ "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=shop.example; "
		  "s=a b" H,
		    "selector" },
		{ "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=shop.example" H,
		    "selector" },
		{ "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=other.example; "
		  "s=s1" H,
		    "no signature" },
		{ "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example; s=s1" H,
		    "no signature" },
		{ "v=1; a=ed25519-sha256; c=relaxed/relaxed; s=s1" H,
		    "no signature" },
		{ TAGS "; d=shop.example" H, "no signature" },
		{ TAGS "; nonsense" H, "no signature" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *mail = mail_with(cases[i].tags, "");

		if (cases[i].want == NULL)
			assert_proven(mail, ed25519.record);
		else
			assert_not_proven(mail, ed25519.record, cases[i].want);
	}
}

static void
test_headers(void)
{
	static const struct {
		const char *fields, *want;
	} cases[] = {
		{ "X-Any: thing\r\nReceived: x\r\n", NULL },
		{ "From: Eve <eve@evil.example>\r\n", "one From" },
		{ "from : Eve <eve@evil.example>\r\n", "one From" },
		{ "Subject: Your account\r\n", "Subject" },
		{ "Reply-To: eve@evil.example\r\n", "Reply-To" },
		{ "no field\r\n", "no field" },
		{ " folded\r\n", "folded" },
		{ "X: a\rFrom: eve@evil.example\r\n", "bare CR" },
		{ ": nothing\r\n", "no field" },
		{ "\r\n", "one From" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *mail = mail_with(TAGS H, cases[i].fields);

		if (cases[i].want == NULL)
			assert_proven(mail, ed25519.record);
		else
			assert_not_proven(mail, ed25519.record, cases[i].want);
	}
}

static void
test_many(void)
{
	g_autofree char *good = mail_with(TAGS H, "");
	g_autoptr(GString) junk = g_string_new(NULL);
	g_autofree char *text = NULL;

	for (guint i = 0; i < DKIM_SIGNATURES_MOST - 1; i++)
		g_string_append(junk, "DKIM-Signature: d=shop.example\r\n");
	text = g_strconcat(junk->str, good, NULL);
	assert_proven(text, ed25519.record);
	g_free(text);
	g_string_append(junk, "DKIM-Signature: d=shop.example\r\n");
	text = g_strconcat(junk->str, good, NULL);
	assert_not_proven(text, ed25519.record, "version");
	/* Those of others do not count. */
	g_string_set_size(junk, 0);
	for (guint i = 0; i < 30; i++)
		g_string_append(junk, "DKIM-Signature: d=list.example\r\n");
	g_free(text);
	text = g_strconcat(junk->str, good, NULL);
	assert_proven(text, ed25519.record);
}

/* --- keys ------------------------------------------------------------------- */

static void
test_records(void)
{
	static const struct {
		const char *format, *want;
	} cases[] = {
		{ "v=DKIM1; k=ed25519; p=%s", NULL },
		{ "k=ed25519; p=%s", NULL },
		{ "v=DKIM1; k=ed25519; h=sha1:sha256; s=email:x; n=a; p=%s",
		    NULL },
		{ "v=DKIM1; k=ed25519; s=*; t=s; p=%s;", NULL },
		{ "v=DKIM2; k=ed25519; p=%s", "version" },
		{ "k=ed25519; v=DKIM1; p=%s", "version" },
		{ "v=DKIM1; p=%s", "another kind" },
		{ "v=DKIM1; k=rsa; p=%s", "another kind" },
		{ "v=DKIM1; k=ed25519; h=sha1; p=%s", "SHA-256" },
		{ "v=DKIM1; k=ed25519; s=tlsrpt; p=%s", "not for mail" },
		{ "v=DKIM1; k=ed25519; t=y:s; p=%s", "tests" },
		{ "v=DKIM1; k=ed25519; q=%s", "missing" },
		{ "v=DKIM1; k=ed25519; p=", "revoked" },
		{ "v=DKIM1; k=ed25519; p=AAAA", "cannot be used" },
		{ "v=DKIM1; k=ed25519; p=%s=", "cannot be used" },
		{ "v=DKIM1; k=ed25519; p=!%s", "cannot be used" },
		{ "some text %s", "cannot be read" },
		{ "", "another kind" },
	};
	g_autofree char *mail = mail_with(TAGS H, "");
	const char *key = strstr(ed25519.record, "p=") + 2;

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(GStrv) parts = g_strsplit(cases[i].format, "%s", 2);
		g_autofree char *record = g_strjoinv(key, parts);

		if (cases[i].want == NULL)
			assert_proven(mail, record);
		else
			assert_not_proven(mail, record, cases[i].want);
	}
}

static void
test_foreign_keys(void)
{
	g_autofree char *below = mail_with(TAGS "; i=@a.shop.example" H, "");
	g_autofree char *strict = g_strconcat(ed25519.record, "; t=s", NULL);
	g_autofree char *mail = sign_mail(&rsa, "shop.example", "s1");
	SignKey other, small;
	g_autofree char *weak = NULL;

	assert_proven(below, ed25519.record);
	assert_not_proven(below, strict, "t=s");
	sign_key_make(&other, 0);
	assert_not_proven(below, other.record, "does not fit");
	sign_key_clear(&other);
	sign_key_make(&small, 512);
	weak = sign_mail(&small, "shop.example", "s1");
	assert_not_proven(weak, small.record, "cannot be used");
	assert_not_proven(mail, small.record, "cannot be used");
	sign_key_clear(&small);
}

/* --- tags, policy, verdict -------------------------------------------------- */

static void
test_taglists(void)
{
	static const struct {
		const char *text, *value; /* of "a"; NULL: no list */
	} cases[] = {
		{ "a=1", "1" },
		{ " a = 1 2 ; b=", "1 2" },
		{ "b=;\r\n\ta=x=y;", "x=y" },
		{ "a=;b=2", "" },
		{ "a=1;;  ;b=2", "1" },
		{ "a=1;a=2", NULL },
		{ "a=1;b", NULL },
		{ "a=1;=2", NULL },
		{ "a=1;2b=3", NULL },
		{ "a=\001", NULL },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(TagList) list =
		    taglist_parse(cases[i].text, strlen(cases[i].text));

		if (cases[i].value == NULL)
			g_assert_null(list);
		else
			g_assert_cmpstr(taglist_get(list, "a"), ==,
			    cases[i].value);
	}
	g_assert_null(taglist_parse("a=\0b", 4));
}

static void
test_dmarc(void)
{
	static const struct {
		const char *texts[3];
		gboolean found, strict;
	} cases[] = {
		{ { "v=DMARC1; p=reject", NULL }, TRUE, FALSE },
		{ { "v=DMARC1; p=none; adkim=s", NULL }, TRUE, TRUE },
		{ { "spf", "v=DMARC1;adkim=r", NULL }, TRUE, FALSE },
		{ { "p=none; v=DMARC1; adkim=s", NULL }, FALSE, FALSE },
		{ { "v=DMARC1; adkim=s", "v=DMARC1", NULL }, FALSE, FALSE },
		{ { NULL }, FALSE, FALSE },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) texts = g_ptr_array_new();
		gboolean strict = FALSE;

		for (guint n = 0; cases[i].texts[n] != NULL; n++)
			g_ptr_array_add(texts, (char *)cases[i].texts[n]);
		g_assert_cmpint(dmarc_read(texts, &strict), ==, cases[i].found);
		g_assert_cmpint(strict, ==, cases[i].strict);
	}
}

/* DNS as a table; a name without a text fails. */
typedef struct Zone {
	const char *names[2], *texts[2];
} Zone;

typedef struct LookUp {
	const Zone *zone;
	ResolverAnswer answer;
} LookUp;

static const ResolverAnswer *
look_up(gpointer data, const char *name)
{
	LookUp *state = data;
	const Zone *zone = state->zone;

	g_ptr_array_set_size(state->answer.texts, 0);
	state->answer.status = DNS_NOTHING;
	for (guint i = 0; i < G_N_ELEMENTS(zone->names); i++) {
		if (g_strcmp0(zone->names[i], name) != 0)
			continue;
		state->answer.status =
		    zone->texts[i] != NULL ? DNS_FOUND : DNS_FAILED;
		if (zone->texts[i] != NULL)
			g_ptr_array_add(state->answer.texts,
			    (char *)zone->texts[i]);
	}
	return &state->answer;
}

static void
test_verdicts(void)
{
	const char *key = ed25519.record;
	const struct {
		const char *domain; /* that signs the mail of shop.example */
		const char *author;
		Zone zone;
		AuthVerdict want;
		guint names;
	} cases[] = {
		{ "shop.example", "ann@shop.example",
		    { { "s1._domainkey.shop.example" }, { key } }, AUTH_PASS,
		    1 },
		{ "mail.shop.example", "ann@shop.example",
		    { { "s1._domainkey.mail.shop.example" }, { key } },
		    AUTH_PASS, 2 },
		{ "mail.shop.example", "ann@shop.example",
		    { { "s1._domainkey.mail.shop.example",
			  "_dmarc.shop.example" },
			{ key, "v=DMARC1; p=reject; adkim=s" } },
		    AUTH_NONE, 2 },
		/* DNS that fails must not make us less strict. */
		{ "mail.shop.example", "ann@shop.example",
		    { { "s1._domainkey.mail.shop.example",
			  "_dmarc.shop.example" },
			{ key, NULL } },
		    AUTH_NONE, 2 },
		/* A broken signature is as none, whatever the policy. */
		{ "shop.example", "ann@shop.example",
		    { { "s1._domainkey.shop.example", "_dmarc.shop.example" },
			{ "v=DKIM1; p=", "v=DMARC1; p=reject" } },
		    AUTH_NONE, 1 },
		{ "shop.example", "ann@shop.example", { { NULL }, { NULL } },
		    AUTH_NONE, 1 },
		{ "shop.example", "ann@shop.example",
		    { { "s1._domainkey.shop.example" }, { NULL } }, AUTH_NONE,
		    1 },
		/* The parser saw somebody else. */
		{ "shop.example", "eve@shop.example",
		    { { "s1._domainkey.shop.example" }, { key } }, AUTH_NONE,
		    0 },
		{ "shop.example", "ann@other.example",
		    { { "s1._domainkey.shop.example" }, { key } }, AUTH_NONE,
		    0 },
		{ "evil.example", "ann@shop.example",
		    { { "s1._domainkey.evil.example" }, { key } }, AUTH_NONE,
		    0 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *mail =
		    sign_mail(&ed25519, cases[i].domain, "s1");
		g_autoptr(GBytes) bytes =
		    g_bytes_new_static(mail, strlen(mail));
		g_autoptr(GPtrArray) names =
		    g_ptr_array_new_with_free_func(g_free);
		g_auto(Octets) octets = { .fd = -1 };
		g_autoptr(Prove) prove = NULL;
		g_autofree char *reason = NULL;
		LookUp state = { &cases[i].zone, { DNS_NOTHING, NULL } };

		state.answer.texts = g_ptr_array_new();
		octets_of_bytes(&octets, bytes);
		prove = prove_new(&octets, cases[i].author, NOW);
		prove_names(prove, names);
		g_assert_cmpuint(names->len, ==, cases[i].names);
		g_assert_cmpint(prove_judge(prove, look_up, &state, &reason),
		    ==, cases[i].want);
		g_assert_cmpstr(reason, !=, NULL);
		g_ptr_array_unref(state.answer.texts);
	}
}

int
main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	message_init();
	sign_key_make(&ed25519, 0);
	sign_key_make(&rsa, 2048);
	g_test_add_func("/canon/fields are as RFC 6376 has them", test_fields);
	g_test_add_func("/canon/bodies are as RFC 6376 has them", test_bodies);
	g_test_add_func("/taglist/a list is read or refused", test_taglists);
	g_test_add_func("/dkim/the mail of RFC 8463 is valid with both keys",
	    test_rfc_8463);
	g_test_add_func("/dkim/what relays add to a mail changes nothing",
	    test_good);
	g_test_add_func("/dkim/any changed octet breaks it", test_mutations);
	g_test_add_func("/dkim/a signature that lacks something proves nothing",
	    test_tags);
	g_test_add_func("/dkim/a header that can be read in two ways proves "
			"nothing",
	    test_headers);
	g_test_add_func("/dkim/the number of signatures is bounded", test_many);
	g_test_add_func("/dkim/key records are checked", test_records);
	g_test_add_func("/dkim/other and weak keys prove nothing",
	    test_foreign_keys);
	g_test_add_func("/dmarc/records are read", test_dmarc);
	g_test_add_func(
	    "/prove/only an aligned valid signature proves, nothing fails",
	    test_verdicts);
	status = g_test_run();
	sign_key_clear(&ed25519);
	sign_key_clear(&rsa);
	return status;
}
