/* test-site.c - the configuration as policy sees it. */
#include "house.h"

#include <string.h>

#include "ground/error.h"

static const struct {
	const char *title;
	const char *url, *scheme;
	const char *host; /* NULL: refused */
	guint16 port;
	gboolean tls;
	const char *user, *path;
} endpoints[] = {
	{ "smtp on a port", "smtp://127.0.0.1:25", "smtp", "127.0.0.1", 25,
	    FALSE, "", "" },
	{ "smtps has its own port", "smtps://me@mx.example", "smtp",
	    "mx.example", 465, TRUE, "me", "" },
	{ "smtp means submission", "smtp://mx.example", "smtp", "mx.example",
	    587, FALSE, "", "" },
	{ "imaps with a folder", "imaps://me@mx.example/INBOX/Help", "imap",
	    "mx.example", 993, TRUE, "me", "INBOX/Help" },
	{ "imap has its own port", "imap://me@mx.example", "imap", "mx.example",
	    143, FALSE, "me", "" },
	{ "a user may be a whole address",
	    "imaps://help@shop.example@mx.example:1993/INBOX", "imap",
	    "mx.example", 1993, TRUE, "help@shop.example", "INBOX" },
	{ "an IPv6 host", "smtp://[::1]:2525", "smtp", "::1", 2525, FALSE, "",
	    "" },
	{ "another scheme is refused", "http://mx.example", "smtp", NULL, 0,
	    FALSE, NULL, NULL },
	{ "a scheme that only begins so is refused", "smtpx://mx.example",
	    "smtp", NULL, 0, FALSE, NULL, NULL },
	{ "no host is refused", "imaps://me@/INBOX", "imap", NULL, 0, FALSE,
	    NULL, NULL },
	{ "no URL is refused", "mx.example:25", "smtp", NULL, 0, FALSE, NULL,
	    NULL },
	{ "nothing is refused", "", "smtp", NULL, 0, FALSE, NULL, NULL },
	{ "a port out of range is refused", "smtp://mx.example:99999", "smtp",
	    NULL, 0, FALSE, NULL, NULL },
};

static void
test_endpoint(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(GError) error = NULL;
	g_autoptr(Endpoint) endpoint =
	    endpoint_parse(endpoints[i].url, endpoints[i].scheme, &error);

	if (endpoints[i].host == NULL) {
		g_assert_null(endpoint);
		g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
		return;
	}
	g_assert_no_error(error);
	g_assert_cmpstr(endpoint->host, ==, endpoints[i].host);
	g_assert_cmpuint(endpoint->port, ==, endpoints[i].port);
	g_assert_cmpint(endpoint->implicit_tls, ==, endpoints[i].tls);
	g_assert_cmpstr(endpoint->user, ==, endpoints[i].user);
	g_assert_cmpstr(endpoint->path, ==, endpoints[i].path);
}

static const struct {
	const char *title;
	const char *address;
	const char *mailbox; /* NULL: not ours */
	gboolean agent;
} addresses[] = {
	{ "its address", "support@shop.example", "support", FALSE },
	{ "its address in capitals", "Support@SHOP.example", "support", FALSE },
	{ "an alias", "help@shop.example", "support", FALSE },
	{ "with a token", "support+abc@shop.example", "support", FALSE },
	{ "an alias with a token", "help+abc@shop.example", "support", FALSE },
	{ "another mailbox", "sales@shop.example", "sales", FALSE },
	{ "a token where plus-addressing is off", "sales+abc@shop.example",
	    NULL, FALSE },
	{ "another domain", "support@shop.example.evil.example", NULL, FALSE },
	{ "a longer local part", "xsupport@shop.example", NULL, FALSE },
	{ "an agent", "olga@shop.example", NULL, TRUE },
	{ "an agent in capitals", "OLGA@Shop.Example", NULL, TRUE },
	{ "an agent of another queue", "sara@shop.example", NULL, TRUE },
	{ "a look-alike agent", "\xd0\xbelga@shop.example", NULL, FALSE },
	{ "nobody", "", NULL, FALSE },
};

static void
test_address(House *house, gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	const Mailbox *mailbox =
	    site_mailbox_by_address(house->site, addresses[i].address);

	g_assert_cmpstr(mailbox != NULL ? mailbox->name : NULL, ==,
	    addresses[i].mailbox);
	g_assert_cmpint(site_is_own(house->site, addresses[i].address), ==,
	    addresses[i].mailbox != NULL);
	g_assert_cmpint(site_is_agent(house->site, addresses[i].address), ==,
	    addresses[i].agent);
}

#define MAILBOX "[mailbox a]\naddress = a@shop.example\n"

static const struct {
	const char *title;
	const char *config;
	const char *want; /* words of the error; NULL: none */
} faults[] = {
	{ "a mailbox is enough", MAILBOX, NULL },
	{ "no mailbox", "[gateway]\n", "there is no mailbox" },
	{ "a queue that is not there", MAILBOX "queue = nowhere\n",
	    "queue \"nowhere\" is not there" },
	{ "a calendar that is not there",
	    MAILBOX "[queue general]\ncalendar = moon\n",
	    "calendar \"moon\" is not there" },
	{ "two mailboxes with one address",
	    MAILBOX "[mailbox b]\naddress = A@shop.example\n",
	    "is the address of another mailbox too" },
	{ "an agent that is no address",
	    MAILBOX "[queue general]\nagents = olga\n", "is no address" },
	{ "an IMAP server without a user",
	    MAILBOX "imap = imaps://mx.example\n", "names no user" },
	{ "an IMAP server that is none", MAILBOX "imap = mx.example\n",
	    "is no server" },
	{ "an SMTP server that is none", MAILBOX "[smtp]\nserver = mx\n",
	    "is no server" },
	{ "a store that is none", MAILBOX "[gateway]\nstore = oracle\n",
	    "is no store" },
	{ "hours that are none",
	    MAILBOX "[calendar office]\nhours = Mon 99:00-100:00\n", "hours" },
};

static void
test_fault(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(GError) error = NULL;
	g_autofree char *dir = g_dir_make_tmp("javob-site-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "javob.conf", NULL);
	g_autoptr(Site) site = NULL;

	g_assert_true(g_file_set_contents(path, faults[i].config, -1, NULL));
	site = options_load(path, &error);
	house_remove(dir);
	if (faults[i].want == NULL) {
		g_assert_no_error(error);
		g_assert_nonnull(site);
		return;
	}
	g_assert_null(site);
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, faults[i].want));
}

static const struct {
	const char *title;
	const char *option; /* %s: path of a file that says "secret\r\nx" */
	const char *want;   /* NULL: refused */
} secrets[] = {
	{ "no password is an empty one", "", "" },
	{ "a password", "password = a b", "a b" },
	{ "first line of a file", "password-file = %s", "secret" },
	{ "first line of a program", "password-command = /bin/cat %s",
	    "secret" },
	{ "a file that is not there", "password-file = %s.not", NULL },
	{ "a program that fails", "password-command = /bin/false", NULL },
	{ "a program that is not there", "password-command = /no/such", NULL },
};

static void
test_secret(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(GError) error = NULL;
	g_autofree char *dir = g_dir_make_tmp("javob-site-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "javob.conf", NULL);
	g_autofree char *file = g_build_filename(dir, "secret", NULL);
	g_autofree char *password = NULL;
	g_autoptr(GString) text = g_string_new(MAILBOX "[smtp]\n");
	g_autoptr(Site) site = NULL;

	g_string_append(text, secrets[i].option);
	g_string_replace(text, "%s", file, 0);
	g_assert_true(g_file_set_contents(file, "secret\r\nx", -1, NULL));
	g_assert_true(g_file_set_contents(path, text->str, -1, NULL));
	site = options_load(path, &error);
	g_assert_no_error(error);
	password =
	    site_password(config_section(site->config, "smtp", NULL), &error);
	house_remove(dir);
	g_assert_cmpstr(password, ==, secrets[i].want);
	g_assert_cmpint(error != NULL, ==, secrets[i].want == NULL);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(endpoints); i++) {
		g_autofree char *path =
		    g_strdup_printf("/site/endpoint/%s", endpoints[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_endpoint);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(addresses); i++) {
		g_autofree char *path =
		    g_strdup_printf("/site/address/%s", addresses[i].title);

		g_test_add(path, House, GSIZE_TO_POINTER(i), house_set_up,
		    test_address, house_tear_down);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
		g_autofree char *path =
		    g_strdup_printf("/site/fault/%s", faults[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_fault);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(secrets); i++) {
		g_autofree char *path =
		    g_strdup_printf("/site/secret/%s", secrets[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_secret);
	}
	return g_test_run();
}
