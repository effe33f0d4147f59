/* test-route.c - which rule a mail fits, and what no rule can be. */
#include "policy/route.h"

#include "house.h"

#define RULES                                                                  \
	"[rule to]\nmatch-to = sales@shop.example\nqueue = sales\n"            \
	"[rule from]\nmatch-from = Ann@Customer.example\nqueue = sales\n"      \
	"[rule domain]\nmatch-domain = exact.example, .below.example\n"        \
	"queue = sales\n"                                                      \
	"[rule subject]\nmatch-subject = order number, Rücksendung\n"         \
	"queue = sales\n"                                                      \
	"[rule body]\nmatch-body = money back\nqueue = sales\n"                \
	"[rule language]\nmatch-language = uz\nqueue = sales\n"                \
	"[rule header]\nmatch-header = X-Form, X-Priority: 1\nqueue = sales\n" \
	"[rule both]\nmatch-subject = both\nmatch-body = both\n"               \
	"queue = sales\n"                                                      \
	"[rule again]\nmatch-subject = order number, again\nqueue = general\n"

typedef struct Case {
	const char *title;
	const char *from, *subject, *text, *cc, *header, *value, *language;
	const char *rule; /* NULL: none */
} Case;

static const Case cases[] = {
	{ .title = "a mail that fits none", .rule = NULL },
	{ .title = "an address of ours, in any form that reaches it",
	    .cc = "help@shop.example",
	    .rule = "help" },
	{ .title = "another address of ours",
	    .cc = "Sales@shop.example",
	    .rule = "to" },
	{ .title = "the author, whatever the case",
	    .from = "ann@CUSTOMER.example",
	    .rule = "from" },
	{ .title = "his domain", .from = "x@exact.example", .rule = "domain" },
	{ .title = "not one below it", .from = "x@a.exact.example" },
	{ .title = "with a dot, one below it",
	    .from = "x@a.below.example",
	    .rule = "domain" },
	{ .title = "with a dot, itself",
	    .from = "x@below.example",
	    .rule = "domain" },
	{ .title = "not one that ends alike", .from = "x@notbelow.example" },
	{ .title = "words in the subject, with other signs between",
	    .subject = "My ORDER, number 12",
	    .rule = "subject" },
	{ .title = "words of other letters",
	    .subject = "RÜCKSENDUNG",
	    .rule = "subject" },
	{ .title = "not a part of a word", .subject = "border numbers" },
	{ .title = "words in the text, over a line end",
	    .text = "I want my money\nback.",
	    .rule = "body" },
	{ .title = "the language, in any script",
	    .language = "uz-Cyrl",
	    .rule = "language" },
	{ .title = "not another language", .language = "uzs" },
	{ .title = "a field that is there",
	    .header = "X-Form",
	    .value = "whatever",
	    .rule = "header" },
	{ .title = "words in a field",
	    .header = "x-priority",
	    .value = "1 (Highest)",
	    .rule = "header" },
	{ .title = "not other words", .header = "X-Priority", .value = "3" },
	{ .title = "all that a rule names",
	    .subject = "both",
	    .text = "both",
	    .rule = "both" },
	{ .title = "not a half of it", .subject = "both" },
	{ .title = "the first of two that fit",
	    .subject = "order number",
	    .rule = "subject" },
	{ .title = "the second, where the first does not",
	    .subject = "order again",
	    .rule = "again" },
};

static void
set_up(House *house, gconstpointer data G_GNUC_UNUSED)
{
	house_build(house,
	    HOUSE_CONFIG RULES "[rule help]\nmatch-to = help@shop.example\n");
}

static void
test_case(House *house, gconstpointer data)
{
	const Case *c = data;
	g_autoptr(Message) message =
	    house_mail("1@x", c->from != NULL ? c->from : "x@y.example",
		c->text != NULL ? c->text : "Hello");
	const RouteRule *rule;

	if (c->subject != NULL)
		house_text(&message->subject, c->subject);
	if (c->cc != NULL)
		g_ptr_array_add(message->cc, address_new(c->cc, ""));
	if (c->header != NULL)
		house_field(message, c->header, c->value);
	rule = route_choose(house->site, message, message->from->pdata[0],
	    site_mailbox(house->site, "support"),
	    c->language != NULL ? c->language : "en");
	g_assert_cmpstr(rule != NULL ? route_name(rule) : NULL, ==, c->rule);
}

static const struct {
	const char *title, *section, *says;
} broken[] = {
	{ "a rule that fits every mail", "[rule x]\nqueue = sales\n",
	    "every mail" },
	{ "a queue that is not there",
	    "[rule x]\nmatch-subject = a\nqueue = none\n", "[queue none]" },
	{ "an address that is none", "[rule x]\nmatch-from = ann\n",
	    "name@domain" },
	{ "a domain that is an address",
	    "[rule x]\nmatch-domain = a@b.example\n", "example.org" },
	{ "words that are none", "[rule x]\nmatch-subject = !!!\n", "words" },
	{ "a field name with spaces", "[rule x]\nmatch-header = a b: c\n",
	    "Field-Name" },
};

static void
test_broken(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *text =
	    g_strconcat(HOUSE_CONFIG, broken[i].section, NULL);
	g_autofree char *dir = g_dir_make_tmp("javob-route-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "javob.conf", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	site = options_load(path, &error);
	house_remove(dir);
	g_assert_null(site);
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, broken[i].says));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/route/fits: %s", cases[i].title);

		g_test_add(path, House, &cases[i], set_up, test_case,
		    house_tear_down);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
		g_autofree char *path =
		    g_strdup_printf("/route/refused: %s", broken[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_broken);
	}
	return g_test_run();
}
