/* test-address.c - addresses: what may be mailed, compared and answered. */
#include "mail/address.h"

#include <string.h>

typedef struct Case {
	const char *title;
	const char *address;
	gboolean valid;
	gboolean may_mail;
} Case;

static const Case validity[] = {
	{ "a plain address may be mailed", "ann@shop.example", TRUE, TRUE },
	{ "a detail may be mailed", "ann+x=y@shop.example", TRUE, TRUE },
	{ "two dots in a row exist in the world", "a..b@docomo.example", TRUE,
	    TRUE },
	{ "an apostrophe is part of names", "o'neil@shop.example", TRUE, TRUE },
	{ "a quoted local part is valid", "\"a.b\"@shop.example", TRUE, TRUE },
	{ "a UTF-8 local part is valid but not mailed", "аня@shop.example",
	    TRUE, FALSE },
	{ "an A-label may be mailed", "a@xn--e1afmkfd.example", TRUE, TRUE },
	{ "localhost gets no automatic mail", "root@localhost", TRUE, FALSE },
	{ "nor does what ends in localhost", "a@x.LocalHost", TRUE, FALSE },
	{ "an IP number without brackets is a literal", "a@192.0.2.1", TRUE,
	    FALSE },
	{ "an IP literal is no domain", "a@[192.0.2.1]", FALSE, FALSE },
	{ "nothing is no address", "", FALSE, FALSE },
	{ "a domain is needed", "ann", FALSE, FALSE },
	{ "a domain must not be empty", "ann@", FALSE, FALSE },
	{ "a local part must not be empty", "@shop.example", FALSE, FALSE },
	{ "a local part that looks like an option is refused", "-f@x.example",
	    FALSE, FALSE },
	{ "a space ends an SMTP command's word", "a b@x.example", FALSE,
	    FALSE },
	{ "angle brackets end a path", "a>@x.example", FALSE, FALSE },
	{ "angle brackets begin a path", "a<b@x.example", FALSE, FALSE },
	{ "CR is refused", "a\r@x.example", FALSE, FALSE },
	{ "LF is refused", "a@x.example\nRCPT", FALSE, FALSE },
	{ "a control is refused", "a\x01@x.example", FALSE, FALSE },
	{ "DEL is refused", "a\x7f@x.example", FALSE, FALSE },
	{ "a bidi override is refused", "a\u202e@x.example", FALSE, FALSE },
	{ "a no-break space is refused", "a\u00a0b@x.example", FALSE, FALSE },
	{ "broken UTF-8 is refused", "a\xff@x.example", FALSE, FALSE },
	{ "an empty label is refused", "a@x..example", FALSE, FALSE },
	{ "a last dot is refused", "a@x.example.", FALSE, FALSE },
	{ "a label must not begin with a dash", "a@-x.example", FALSE, FALSE },
	{ "two at signs are refused", "a@b@x.example", FALSE, FALSE },
	{ "a list is no address", "a,b@x.example", FALSE, FALSE },
	{ "a group is no address", "g:a@x.example", FALSE, FALSE },
};

static void
test_valid(gconstpointer data)
{
	const Case *c = data;

	g_assert_cmpint(address_is_valid(c->address), ==, c->valid);
	g_assert_cmpint(address_may_mail(c->address), ==, c->may_mail);
}

static void
test_length(void)
{
	g_autofree char *long_local = g_strnfill(300, 'a');
	g_autofree char *long_one = g_strconcat(long_local, "@x.example", NULL);
	g_autofree char *fits = NULL;

	long_local[242] = '\0';
	fits = g_strconcat(long_local, "@x.example.x", NULL);
	g_assert_cmpuint(strlen(fits), ==, 254);
	g_assert_true(address_is_valid(fits));
	g_assert_false(address_is_valid(long_one));
	g_assert_false(address_is_valid(NULL));
}

static void
test_new(void)
{
	g_autoptr(Address) plain =
	    address_new("Ann@SHOP.Example", " Ann\r\nB ");
	g_autoptr(Address) idn = address_new("a@ПОЧТА.рф", NULL);
	g_autoptr(Address) none = address_new(NULL, NULL);

	g_assert_cmpstr(plain->address, ==, "Ann@shop.example");
	g_assert_cmpstr(plain->name, ==, "Ann B");
	g_assert_cmpstr(idn->address, ==, "a@xn--80a1acny.xn--p1ai");
	g_assert_cmpstr(idn->name, ==, "");
	g_assert_cmpstr(none->address, ==, "");
}

static void
test_equal(void)
{
	g_assert_true(address_equal("Ann@Shop.Example", "ann@shop.example"));
	g_assert_true(
	    address_equal("АНЯ@почта.рф", "аня@xn--80a1acny.xn--p1ai"));
	g_assert_false(address_equal("ann@shop.example", "ann@shop.example.x"));
	/* Look-alikes: Kelvin sign, long s, dotless i, full-width a. */
	g_assert_false(address_equal("\u212Ate@x.example", "kate@x.example"));
	g_assert_false(address_equal("\u017Fam@x.example", "sam@x.example"));
	g_assert_false(address_equal("\u0131ra@x.example", "ira@x.example"));
	g_assert_false(address_equal("\uff41@x.example", "a@x.example"));
	g_assert_cmpstr(address_domain("a@b@c.example"), ==, "c.example");
	g_assert_cmpstr(address_domain("a"), ==, "");
	g_assert_cmpstr(address_domain(NULL), ==, "");
}

static void
test_detail(void)
{
	static const struct {
		const char *address, *base, *want;
	} cases[] = {
		{ "support+tok@shop.example", "support@shop.example", "tok" },
		{ "SUPPORT+ToK@Shop.example", "support@shop.example", "ToK" },
		{ "support+a+b@shop.example", "support@shop.example", "a+b" },
		{ "help+eu+tok@shop.example", "help+eu@shop.example", "tok" },
		{ "support@shop.example", "support@shop.example", NULL },
		{ "support+@shop.example", "support@shop.example", NULL },
		{ "support+tok@evil.example", "support@shop.example", NULL },
		{ "supporter+tok@shop.example", "support@shop.example", NULL },
		{ "x", "support@shop.example", NULL },
		{ "support+tok@shop.example", "nothing", NULL },
		{ NULL, "support@shop.example", NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got =
		    address_detail(cases[i].address, cases[i].base);

		g_assert_cmpstr(got, ==, cases[i].want);
	}
}

static void
test_with_detail(void)
{
	g_autofree char *made =
	    address_with_detail("support@shop.example", "tok");
	g_autofree char *back = address_detail(made, "support@shop.example");

	g_assert_cmpstr(made, ==, "support+tok@shop.example");
	g_assert_cmpstr(back, ==, "tok");
}

static void
test_robot(void)
{
	static const char *const robots[] = { "MAILER-DAEMON@x.example",
		"mailerdaemon@x", "postmaster@x", "noreply@x", "no-reply@x",
		"No_Reply@x", "no.reply+7@x", "do-not-reply@x", "donotreply@x",
		"shop-noreply@x", "noreply42@x", "noreply-accounts@x",
		"bounce@x", "bounces+1=2@x", "owner-club@x", "club-request@x",
		"club-bounces@x", "majordomo@x", "listserv@x", "root@x" };
	static const char *const people[] = { "ann@x", "roots@x", "requests@x",
		"reply@x", "rebounce@x", "postmasters@x", "owner@x",
		"daemonic@x", "" };

	for (gsize i = 0; i < G_N_ELEMENTS(robots); i++)
		if (!address_is_robot(robots[i]))
			g_error("%s is read by a person", robots[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(people); i++)
		if (address_is_robot(people[i]))
			g_error("%s is read by nobody", people[i]);
	g_assert_false(address_is_robot(NULL));
}

static void
test_show(void)
{
	static const struct {
		const char *address, *shown;
	} cases[] = {
		{ "ann@shop.example", "ann@shop.example" },
		{ "j@xn--mchine-bua.example", "j@mächine.example" },
		{ "anna@xn--80a1acny.xn--p1ai", "anna@почта.рф" },
		/* "раураl" with Cyrillic letters beside a Latin one. */
		{ "a@xn--l-7sba6dbr.com", "a@xn--l-7sba6dbr.com" },
		{ "a@xn--0.com", "a@xn--0.com" },
		{ "xn--a", "xn--a" },
		{ "", "" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *shown = address_show(cases[i].address);

		g_assert_cmpstr(shown, ==, cases[i].shown);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(validity); i++) {
		g_autofree char *path =
		    g_strdup_printf("/address/%s", validity[i].title);

		g_test_add_data_func(path, &validity[i], test_valid);
	}
	g_test_add_func("/address/254 octets are the most", test_length);
	g_test_add_func("/address/the domain gets one form", test_new);
	g_test_add_func("/address/case is folded, look-alikes are not",
	    test_equal);
	g_test_add_func("/address/a reply address gives its token back",
	    test_detail);
	g_test_add_func("/address/a token goes into a reply address",
	    test_with_detail);
	g_test_add_func("/address/a domain is shown as people read it",
	    test_show);
	g_test_add_func("/address/robots are known by their names", test_robot);
	return g_test_run();
}
