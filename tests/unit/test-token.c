/* Tokens: what one of our keys made is known again, all else looks alike. */
#include "ground/token.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 32 octets 'A' and 32 octets 'B'. */
#define KEY_A "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
#define KEY_B "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="

static char *
write_keys(const char *text)
{
	char *path;
	int fd = g_file_open_tmp("javob-keys-XXXXXX", &path, NULL);

	g_assert_cmpint(fd, >=, 0);
	close(fd);
	g_assert_true(g_file_set_contents_full(path, text, -1,
	    G_FILE_SET_CONTENTS_NONE, 0600, NULL));
	g_assert_cmpint(chmod(path, 0600), ==, 0);
	return path;
}

static TokenKeys *
keys_of(const char *text)
{
	g_autofree char *path = write_keys(text);
	g_autoptr(GError) error = NULL;
	TokenKeys *keys = token_keys_load(path, &error);

	unlink(path);
	g_assert_no_error(error);
	g_assert_nonnull(keys);
	return keys;
}

static const struct {
	TokenKind kind;
	gint64 ticket, party;
	gsize length;
} cases[] = {
	{ TOKEN_CUSTOMER, 1, 1, 32 },
	{ TOKEN_AGENT, 4711, 12, 34 },
	{ TOKEN_NOTE, 4711, 12, 34 },
	{ TOKEN_BOUNCE, 300, 70000, 37 },
	{ TOKEN_MESSAGE, 2000000, 2000000, 39 },
	{ TOKEN_LOOP, 0, 0, 32 },
	{ TOKEN_CUSTOMER, 127, 128, 34 },
	{ TOKEN_CUSTOMER, G_MAXINT64, G_MAXINT64, 58 },
};

static void
round_trip(void)
{
	g_autoptr(TokenKeys) keys = keys_of("1 " KEY_A "\n");

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = token_make(keys, cases[i].kind,
		    cases[i].ticket, cases[i].party);
		g_autofree char *again = token_make(keys, cases[i].kind,
		    cases[i].ticket, cases[i].party);
		g_autofree char *upper = g_ascii_strup(text, -1);
		g_autofree char *longer = g_strconcat(text, "@shop", NULL);
		Token t = { 0 };

		g_assert_cmpstr(text, ==, again);
		g_assert_cmpuint(strlen(text), ==, cases[i].length);
		g_assert_cmpuint(
		    strspn(text, "abcdefghijklmnopqrstuvwxyz234567"), ==,
		    strlen(text));
		g_assert_true(token_verify(keys, text, -1, &t));
		g_assert_cmpint(t.kind, ==, cases[i].kind);
		g_assert_cmpint(t.ticket, ==, cases[i].ticket);
		g_assert_cmpint(t.party, ==, cases[i].party);
		g_assert_true(token_verify(keys, upper, -1, &t));
		g_assert_false(token_verify(keys, longer, -1, &t));
		g_assert_true(
		    token_verify(keys, longer, (gssize)strlen(text), &t));
	}
}

/* The same key, epoch and facts make the same token for ever: mails that are
 * years old must still be known. Worked out with Python's hmac module. */
static void
known_answer(void)
{
	g_autoptr(TokenKeys) keys = keys_of("7 " KEY_A "\n");
	g_autofree char *text = token_make(keys, TOKEN_CUSTOMER, 4711, 300);

	g_assert_cmpstr(text, ==, "mmd6ojfmaimcmb4cbghxmlqgfcmsd63talvq");
}

static void
every_change(void)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	g_autoptr(TokenKeys) keys = keys_of("1 " KEY_A "\n");

	for (gsize c = 0; c < G_N_ELEMENTS(cases); c++) {
		g_autofree char *text = token_make(keys, cases[c].kind,
		    cases[c].ticket, cases[c].party);
		gsize n = strlen(text);
		Token t = { TOKEN_LOOP, 77, 88 };

		for (gsize i = 0; i < n; i++) {
			char was = text[i];

			for (gsize j = 0; j < 32; j++) {
				if (letters[j] == was)
					continue;
				text[i] = letters[j];
				g_assert_false(
				    token_verify(keys, text, -1, &t));
			}
			text[i] = was;
			g_assert_false(token_verify(keys, text, (gssize)i, &t));
		}
		g_assert_true(token_verify(keys, text, -1, &t));
		for (gsize j = 0; j < 32; j++) {
			g_autofree char *more =
			    g_strdup_printf("%s%c", text, letters[j]);

			t.ticket = 77;
			g_assert_false(token_verify(keys, more, -1, &t));
			g_assert_cmpint(t.ticket, ==, 77);
		}
	}
}

static void
nonsense(void)
{
	static const char *const texts[] = {
		"", "a", "aa", "0189", "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm", "+",
		"ж",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	};
	g_autoptr(TokenKeys) keys = keys_of("1 " KEY_A "\n");
	g_autofree char *good = token_make(keys, TOKEN_AGENT, 1, 1);
	Token t;

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		g_assert_false(token_verify(keys, texts[i], -1, &t));
	g_assert_false(token_verify(keys, NULL, -1, &t));
	good[5] = '\0';
	g_assert_false(token_verify(keys, good, 32, &t));
}

/* Base32 of octets whose MAC is right, so that only the form is wrong. */
static char *
forge(const guint8 *payload, gsize n)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA256,
	    (const guchar *)"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 32);
	guint8 all[64], digest[32];
	gsize size = sizeof(digest), bits;
	GString *out = g_string_new(NULL);

	g_hmac_update(hmac, payload, (gssize)n);
	g_hmac_get_digest(hmac, digest, &size);
	g_hmac_unref(hmac);
	memset(all, 0, sizeof(all));
	memcpy(all, payload, n);
	memcpy(all + n, digest, 16);
	bits = (n + 16) * 8;
	for (gsize at = 0; at < bits; at += 5) {
		guint pair = (guint)all[at / 8] << 8 | all[at / 8 + 1];

		g_string_append_c(out, letters[pair >> (11 - at % 8) & 31]);
	}
	return g_string_free(out, FALSE);
}

static void
one_form(void)
{
	static const struct {
		const char *title;
		gboolean ok;
		gsize n;
		guint8 payload[16];
	} rows[] = {
		{ "shortest", TRUE, 4, { 'c', 1, 5, 9 } },
		{ "long epoch", FALSE, 5, { 'c', 0x81, 0, 5, 9 } },
		{ "long ticket", FALSE, 5, { 'c', 1, 0x85, 0, 9 } },
		{ "long party", FALSE, 5, { 'c', 1, 5, 0x89, 0 } },
		{ "cut off", FALSE, 4, { 'c', 1, 5, 0x89 } },
		{ "too much", FALSE, 5, { 'c', 1, 5, 9, 0 } },
		{ "too little", FALSE, 3, { 'c', 1, 5 } },
		{ "unknown kind", FALSE, 4, { 'z', 1, 5, 9 } },
		{ "kind 0", FALSE, 4, { 0, 1, 5, 9 } },
		{ "unknown epoch", FALSE, 4, { 'c', 2, 5, 9 } },
		{ "over 63 bits", FALSE, 13,
		    { 'c', 1, 5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 1 } },
		{ "just 63 bits", TRUE, 12,
		    { 'c', 1, 5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0x7f } },
	};
	g_autoptr(TokenKeys) keys = keys_of("1 " KEY_A "\n");

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = forge(rows[i].payload, rows[i].n);
		Token t;

		g_test_message("%s: %s", rows[i].title, text);
		g_assert_cmpint(token_verify(keys, text, -1, &t), ==,
		    rows[i].ok);
	}
}

static void
rotation(void)
{
	g_autoptr(TokenKeys) old = keys_of("1 " KEY_A "\n");
	g_autoptr(TokenKeys) both =
	    keys_of("# two keys\n\n1 " KEY_A "\n2\t" KEY_B "\r\n");
	g_autoptr(TokenKeys) young = keys_of("2 " KEY_B);
	g_autoptr(TokenKeys) other = keys_of("1 " KEY_B);
	g_autofree char *first = token_make(old, TOKEN_AGENT, 1, 2);
	g_autofree char *second = token_make(both, TOKEN_AGENT, 1, 2);
	Token t;

	g_assert_cmpstr(first, !=, second);
	g_assert_true(token_verify(both, first, -1, &t));
	g_assert_true(token_verify(both, second, -1, &t));
	g_assert_true(token_verify(young, second, -1, &t));
	g_assert_false(token_verify(young, first, -1, &t));
	g_assert_false(token_verify(old, second, -1, &t));
	g_assert_false(token_verify(other, first, -1, &t));
}

static const struct {
	const char *title, *text, *says;
} broken[] = {
	{ "an empty file", "", "no key" },
	{ "comments only", "# nothing\n", "no key" },
	{ "a line without a key", "1\n", ":1:" },
	{ "an epoch that is no number", "x " KEY_A "\n", ":1:" },
	{ "a negative epoch", "-1 " KEY_A "\n", ":1:" },
	{ "one epoch twice", "1 " KEY_A "\n1 " KEY_B "\n", ":2:" },
	{ "a short key", "1 " KEY_A "\n2 QUFB\n", ":2:" },
	{ "a key with a foreign character", "1 *" KEY_A "\n", ":1:" },
	{ "a key with something behind", "1 " KEY_A " x\n", ":1:" },
	{ "a day that is none", "1 " KEY_A " 2026-02-30\n", ":1:" },
	{ "something behind the day", "1 " KEY_A " 2026-02-20 x\n", ":1:" },
};

static void
broken_file(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *path = write_keys(broken[i].text);
	g_autoptr(GError) error = NULL;

	g_assert_null(token_keys_load(path, &error));
	unlink(path);
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, broken[i].says));
	g_assert_nonnull(strstr(error->message, path));
	g_assert_null(strstr(error->message, "QUFB"));
}

static void
readable_by_all(void)
{
	g_autofree char *path = write_keys("1 " KEY_A "\n");
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(chmod(path, 0604), ==, 0);
	g_assert_null(token_keys_load(path, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, "chmod 600"));
	unlink(path);
}

static void
missing(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(token_keys_load("/nonexistent/key", &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
	g_clear_error(&error);
	g_assert_false(token_keys_create("/nonexistent/key", 0, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
	g_clear_error(&error);
	g_assert_null(token_keys_load("/dev/null", &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
}

static void
create(void)
{
	g_autofree char *dir = g_dir_make_tmp("javob-token-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "key", NULL);
	g_autofree char *other = g_build_filename(dir, "key2", NULL);
	g_autofree char *before = NULL, *after = NULL, *text = NULL;
	g_autoptr(TokenKeys) keys = NULL, others = NULL;
	g_autoptr(GError) error = NULL;
	struct stat st;
	Token t;

	g_assert_true(token_keys_create(path, 0, NULL));
	g_assert_true(token_keys_create(other, 0, NULL));
	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0600);
	keys = token_keys_load(path, NULL);
	others = token_keys_load(other, NULL);
	g_assert_nonnull(keys);
	text = token_make(keys, TOKEN_NOTE, 3, 4);
	g_assert_true(token_verify(keys, text, -1, &t));
	g_assert_false(token_verify(others, text, -1, &t));

	g_assert_true(g_file_get_contents(path, &before, NULL, NULL));
	g_assert_false(token_keys_create(path, 0, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
	g_assert_true(g_file_get_contents(path, &after, NULL, NULL));
	g_assert_cmpstr(before, ==, after);
	unlink(path);
	unlink(other);
	g_assert_cmpint(rmdir(dir), ==, 0); /* nothing else was left there */
}

/* 1 January 2026 and 1 March 2026, UTC. */
#define JANUARY G_GINT64_CONSTANT(1767225600)
#define MARCH   G_GINT64_CONSTANT(1772323200)
#define DAY     G_GINT64_CONSTANT(86400)

/* Key 1 was followed by key 2 on 1 March. */
static void
age(void)
{
	static const char *const text =
	    "1 " KEY_A " 2026-01-01\n2 " KEY_B " 2026-03-01\n";
	g_autoptr(TokenKeys) old = keys_of("1 " KEY_A "\n");
	g_autoptr(TokenKeys) keys = keys_of(text);
	g_autofree char *first = token_make(old, TOKEN_AGENT, 1, 2);
	g_autofree char *second = token_make(keys, TOKEN_AGENT, 1, 2);
	g_autoptr(GArray) facts = token_keys_facts(keys, 30 * DAY);
	const TokenKeyFact *fact = &g_array_index(facts, TokenKeyFact, 0);
	Token t;

	g_assert_cmpuint(facts->len, ==, 2);
	g_assert_cmpint(fact->made, ==, JANUARY);
	g_assert_cmpint(fact->until, ==, MARCH + 30 * DAY);
	token_keys_retire(keys, MARCH + 30 * DAY, 30 * DAY);
	g_assert_true(token_verify(keys, first, -1, &t));
	token_keys_retire(keys, MARCH + 30 * DAY + 1, 30 * DAY);
	g_assert_false(token_verify(keys, first, -1, &t));
	g_assert_true(token_verify(keys, second, -1, &t));
	token_keys_retire(keys, G_MAXINT64, 0);
	g_assert_true(token_verify(keys, second, -1, &t));
}

/* Nobody knows when it came, so nobody knows how long to wait. */
static void
no_day(void)
{
	g_autoptr(TokenKeys) old = keys_of("1 " KEY_A "\n");
	g_autoptr(TokenKeys) keys =
	    keys_of("1 " KEY_A " 2020-01-01\n2 " KEY_B "\n");
	g_autofree char *first = token_make(old, TOKEN_AGENT, 1, 2);
	Token t;

	token_keys_retire(keys, MARCH + 3650 * DAY, DAY);
	g_assert_true(token_verify(keys, first, -1, &t));
}

static void
rotate(void)
{
	g_autofree char *path = write_keys("# mine\n7 " KEY_A " 2026-01-01\n");
	g_autoptr(TokenKeys) keys = token_keys_load(path, NULL);
	g_autofree char *first = token_make(keys, TOKEN_AGENT, 1, 2);
	g_autofree char *second = NULL, *text = NULL;
	g_autoptr(GError) error = NULL;
	guint dropped = 9;
	struct stat st;
	Token t;

	g_assert_true(
	    token_keys_rotate(path, MARCH + 5, 30 * DAY, &dropped, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(dropped, ==, 0);
	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0600);
	/* Whoever has read the file before sees the new key. */
	g_assert_true(token_keys_refresh(keys, MARCH + 6, 30 * DAY, &error));
	second = token_make(keys, TOKEN_AGENT, 1, 2);
	g_assert_cmpstr(first, !=, second);
	g_assert_true(token_verify(keys, first, -1, &t));
	g_assert_true(token_verify(keys, second, -1, &t));
	/* The next one leaves the oldest out. */
	g_assert_true(token_keys_rotate(
	    path, MARCH + 40 * DAY, 30 * DAY, &dropped, &error));
	g_assert_cmpuint(dropped, ==, 1);
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_null(strstr(text, KEY_A));
	g_assert_nonnull(strstr(text, "\n8 "));
	g_assert_nonnull(strstr(text, "\n9 "));
	g_assert_nonnull(strstr(text, " 2026-03-01\n"));
	g_assert_true(
	    token_keys_refresh(keys, MARCH + 40 * DAY, 30 * DAY, &error));
	g_assert_false(token_verify(keys, first, -1, &t));
	g_assert_true(token_verify(keys, second, -1, &t));
	unlink(path);
}

static void
refresh_broken(void)
{
	g_autofree char *path = write_keys("1 " KEY_A "\n");
	g_autoptr(TokenKeys) keys = token_keys_load(path, NULL);
	g_autofree char *text = token_make(keys, TOKEN_AGENT, 1, 2);
	g_autoptr(GError) error = NULL;
	Token t;

	g_assert_true(g_file_set_contents_full(path, "rubbish\n", -1,
	    G_FILE_SET_CONTENTS_NONE, 0600, NULL));
	g_assert_false(token_keys_refresh(keys, MARCH, DAY, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
	g_clear_error(&error);
	g_assert_true(token_verify(keys, text, -1, &t));
	g_assert_true(token_keys_refresh(keys, MARCH, DAY, &error));
	unlink(path);
	g_assert_false(token_keys_refresh(keys, MARCH, DAY, &error));
	g_clear_error(&error);
	g_assert_true(token_keys_refresh(keys, MARCH, DAY, &error));
	g_assert_true(token_verify(keys, text, -1, &t));
}

static void
random_ones(void)
{
	g_autoptr(GHashTable) seen =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (int i = 0; i < 1000; i++) {
		char *text = token_random();

		g_assert_cmpuint(strlen(text), ==, 26);
		g_assert_true(g_hash_table_add(seen, text));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/token/a token is known again, in any case",
	    round_trip);
	g_test_add_func("/token/tokens stay the same for years", known_answer);
	g_test_add_func("/token/no changed, cut or longer token passes",
	    every_change);
	g_test_add_func("/token/nonsense does not pass", nonsense);
	g_test_add_func("/token/a token has just one form", one_form);
	g_test_add_func("/token/old keys verify, the last one signs", rotation);
	for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
		g_autofree char *path = g_strdup_printf(
		    "/token/file: %s is refused", broken[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), broken_file);
	}
	g_test_add_func("/token/file: one that all can read is refused",
	    readable_by_all);
	g_test_add_func("/token/file: a missing one is told", missing);
	g_test_add_func("/token/file: created whole, private, never twice",
	    create);
	g_test_add_func("/token/a key is honoured for its time after the next",
	    age);
	g_test_add_func("/token/a key whose successor has no day stays",
	    no_day);
	g_test_add_func("/token/file: a new key signs, the oldest is left out",
	    rotate);
	g_test_add_func("/token/file: one that broke is told once, and the "
			"keys go on",
	    refresh_broken);
	g_test_add_func("/token/random texts do not repeat", random_ones);
	return g_test_run();
}
