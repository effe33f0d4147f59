/* test-search.c - what agents find. The rows are put in by SQL. */
#include "store/search.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

static const struct {
	const char *title;
	const char *text;
	const char *want;
} words[] = {
	{ "signs are gaps", "Order #4711: where?  (AND) \"NEAR\"",
	    "order 4711 where and near" },
	{ "an address is its words", "<Ann.B@shop.example>",
	    "ann b shop example" },
	{ "nothing but signs has no words", " -- * \" ' : ^ ", "" },
	{ "an Uzbek apostrophe is no gap", "O\xca\xbbzbekiston g'oya",
	    "ozbekiston goya" },
	{ "quotes around a word are gaps", "'late' \xe2\x80\x98now\xe2\x80\x99",
	    "late now" },
};

static void
test_words(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *got = search_words(words[i].text, G_MAXUINT);

	g_assert_cmpstr(got, ==, words[i].want);
}

static void
test_long_word(void)
{
	g_autofree char *text = g_strnfill(5000, 'a');
	g_autofree char *got = search_words(text, G_MAXUINT);

	g_assert_cmpuint(strlen(got), ==, 64);
}

typedef struct Place {
	char *dir;
	sqlite3 *sql;
	Store *store;
} Place;

/* Ticket, sender, subject, text; message ids count from 1. */
static const struct {
	int ticket;
	const char *address;
	const char *subject;
	const char *text;
} messages[] = {
	{ 1, "ann@shop.example", "Order 4711", "Where is my parcel?" },
	{ 2, "bob@other.example", "Buyurtmam kelmadi",
	    "O\xca\xbbzbekiston bo'ylab buyurtmalarimni kutyapman" },
	{ 3, "ivan@mail.example",
	    "\xd0\x97\xd0\xb0\xd0\xba\xd0\xb0\xd0\xb7", /* Zakaz */
	    "\xd0\x93\xd0\xb4\xd0\xb5 \xd0\xbc\xd0\xbe\xd0\xb8 "
	    "\xd0\xb7\xd0\xb0\xd0\xba\xd0\xb0\xd0\xb7\xd1\x8b?" },
	{ 4, "can@deniz.example", "\xc5\x9eik\xc3\xa2yet",
	    "\xc4\xb0stanbul \xc4\xb1stakoz" }, /* Istanbul istakoz */
	{ 1, "ann@shop.example", "Re: Order 4711", "The parcel came. AND?" },
	{ 5, "eve@evil.example", "' OR 1=1 --", "\"* NEAR(words) : ^" },
};

static void
insert_message(sqlite3 *sql, int ticket, const char *address,
    const char *subject, const char *text)
{
	char *insert = sqlite3_mprintf(
	    "INSERT INTO message (ticket, raw, direction, visibility, kind, "
	    "from_name, from_address, to_addresses, message_id, subject, "
	    "received, authenticated, new_text, body_text, reason) VALUES "
	    "(%d, 1, 'in', 'public', 'human', '', %Q, '', '', %Q, 1, 0, '', "
	    "%Q, ''); INSERT INTO unindexed SELECT max(id) FROM message;",
	    ticket, address, subject, text);

	g_assert_cmpint(sqlite3_exec(sql, insert, NULL, NULL, NULL), ==,
	    SQLITE_OK);
	sqlite3_free(insert);
}

static void
set_up(Place *place, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *db = NULL;

	(void)data;
	place->dir = g_dir_make_tmp("javob-search-XXXXXX", &error);
	db = g_build_filename(place->dir, "javob.db", NULL);
	store_create(place->dir, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpint(sqlite3_open(db, &place->sql), ==, SQLITE_OK);
	for (gsize i = 0; i < G_N_ELEMENTS(messages); i++)
		insert_message(place->sql, messages[i].ticket,
		    messages[i].address, messages[i].subject, messages[i].text);
	place->store = store_open(place->dir, NULL, &error);
	g_assert_no_error(error);
}

static void
tear_down(Place *place, gconstpointer data)
{
	static const char *const names[] = { "javob.db", "javob.db-wal",
		"javob.db-shm", "store.lock" };

	(void)data;
	store_close(place->store);
	sqlite3_close(place->sql);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *file =
		    g_build_filename(place->dir, names[i], NULL);

		g_unlink(file);
	}
	g_assert_cmpint(g_rmdir(place->dir), ==, 0);
	g_free(place->dir);
}

static guint
index_some(Store *store, guint most)
{
	g_autoptr(GError) error = NULL;
	guint done = G_MAXUINT;

	store_index_pending(store, most, &done, &error);
	g_assert_no_error(error);
	return done;
}

static void
assert_found(Store *store, const char *asked, guint most, const char *want)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) tickets = store_search(store, asked, most, &error);
	g_autoptr(GString) got = g_string_new(NULL);

	g_assert_no_error(error);
	for (guint i = 0; i < tickets->len; i++)
		g_string_append_printf(got, "%s%" G_GINT64_FORMAT,
		    i > 0 ? " " : "", *(gint64 *)tickets->pdata[i]);
	if (strcmp(got->str, want) != 0)
		g_error("%s: found \"%s\", not \"%s\"", asked, got->str, want);
}

static const struct {
	const char *asked;
	const char *want; /* tickets, newest message first */
} questions[] = {
	{ "parcel", "1" },
	{ "PARCEL order", "1" },
	{ "parcel kelmadi", "" },
	{ "ann@shop.example", "1" },
	{ "example", "5 1 4 3 2" },
	{ "ozbekiston", "2" },
	{ "O'zbekiston", "2" },
	{ "O\xca\xbbzbekiston", "2" },
	{ "buyurtma", "2" },
	{ "\xd0\xb7\xd0\xb0\xd0\xba\xd0\xb0\xd0\xb7", "3" },
	{ "\xd0\x97\xd0\x90\xd0\x9a\xd0\x90\xd0\x97\xd0\xab", "3" },
	{ "sikayet", "4" },
	{ "istakoz", "4" },
	{ "\xc4\xb0STANBUL", "4" },
	{ "and", "1" },
	{ "near", "5" },
	{ "4711", "1" },
	{ "' OR 1=1", "5" },
	{ "\"", "" },
	{ "words:parcel", "" },
	{ "parcel* -came ^(", "1" },
	{ "", "" },
	{ "notthere", "" },
};

static void
test_questions(Place *place, gconstpointer data)
{
	(void)data;
	g_assert_cmpuint(index_some(place->store, 100), ==,
	    G_N_ELEMENTS(messages));
	for (gsize i = 0; i < G_N_ELEMENTS(questions); i++)
		assert_found(place->store, questions[i].asked, 10,
		    questions[i].want);
	assert_found(place->store, "example", 2, "5 1");
	assert_found(place->store, "example", 0, "");
}

static void
test_in_steps(Place *place, gconstpointer data)
{
	(void)data;
	assert_found(place->store, "parcel", 10, "");
	g_assert_cmpuint(index_some(place->store, 1), ==, 1);
	assert_found(place->store, "parcel", 10, "1");
	assert_found(place->store, "example", 10, "1");
	g_assert_cmpuint(index_some(place->store, 100), ==,
	    G_N_ELEMENTS(messages) - 1);
	g_assert_cmpuint(index_some(place->store, 100), ==, 0);
	assert_found(place->store, "example", 10, "5 1 4 3 2");
}

static void
test_reset(Place *place, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	index_some(place->store, 3);
	store_index_reset(place->store, &error);
	g_assert_no_error(error);
	assert_found(place->store, "parcel", 10, "");
	g_assert_cmpuint(index_some(place->store, 100), ==,
	    G_N_ELEMENTS(messages));
	assert_found(place->store, "example", 10, "5 1 4 3 2");
}

static void
test_backup(Place *place, gconstpointer data)
{
	g_autofree char *db = g_build_filename(place->dir, "javob.db", NULL);
	g_autofree char *copy = g_build_filename(place->dir, "copy", NULL);
	g_autoptr(GError) error = NULL;

	(void)data;
	index_some(place->store, 100);
	store_backup(place->store, copy, &error);
	g_assert_no_error(error);
	g_clear_pointer(&place->store, store_close);
	g_clear_pointer(&place->sql, sqlite3_close);
	g_assert_cmpint(g_rename(copy, db), ==, 0);
	place->store = store_open(place->dir, NULL, &error);
	g_assert_no_error(error);
	assert_found(place->store, "istakoz", 10, "4");
}

static void
test_huge_text(Place *place, gconstpointer data)
{
	GString *text = g_string_new("first ");

	(void)data;
	while (text->len < 600 * 1024)
		g_string_append(text, "\xc5\x9f\xc5\x9f ");
	g_string_append(text, "last");
	insert_message(place->sql, 6, "x@y.example", "huge", text->str);
	g_string_free(text, TRUE);
	index_some(place->store, 100);
	assert_found(place->store, "first", 10, "6");
	assert_found(place->store, "last", 10, "");
}

static const struct {
	const char *title;
	void (*test)(Place *place, gconstpointer data);
} tests[] = {
	{ "/search/words find tickets in every script, and no sign is special",
	    test_questions },
	{ "/search/messages are found once they are indexed", test_in_steps },
	{ "/search/the index can be made again", test_reset },
	{ "/search/a backup brings the index along", test_backup },
	{ "/search/a huge text is indexed at its beginning", test_huge_text },
};

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		g_autofree char *path =
		    g_strconcat("/search/words: ", words[i].title, NULL);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_words);
	}
	g_test_add_func("/search/words: a word without end is cut",
	    test_long_word);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].title, Place, NULL, set_up, tests[i].test,
		    tear_down);
	return g_test_run();
}
