/* test-rawmail.c - what is packed comes back octet by octet. */
#include "store/rawmail.h"

#include <string.h>

/* Octets like a mail's: lines that repeat themselves. */
static GBytes *
make_mail(gsize size)
{
	GString *text = g_string_sized_new(size + 80);

	for (guint i = 0; text->len < size; i++)
		g_string_append_printf(text,
		    "> line %u of a letter about order %u\r\n", i, i / 7);
	g_string_truncate(text, size);
	return g_string_free_to_bytes(text);
}

/* Octets that nothing can compress. */
static GBytes *
make_noise(gsize size)
{
	guint8 *octets = g_malloc(MAX(size, 1));
	guint32 state = 2463534242u;

	for (gsize i = 0; i < size; i++) {
		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
		octets[i] = (guint8)state;
	}
	return g_bytes_new_take(octets, size);
}

static const struct {
	const char *title;
	GBytes *(*make)(gsize size);
	gsize size;
	gint64 codec;
} cases[] = {
	{ "no octets at all", make_noise, 0, 0 },
	{ "one octet", make_noise, 1, 0 },
	{ "a mail too short to gain", make_noise, 30, 0 },
	{ "a small mail", make_mail, 3000, 1 },
	{ "the largest small mail", make_mail, 40 * 1024 - 1, 1 },
	{ "the smallest large mail", make_mail, 40 * 1024, 1 },
	{ "a large mail", make_mail, 5 * 1024 * 1024, 1 },
	{ "octets that do not compress", make_noise, 100000, 0 },
	{ "many octets that do not compress", make_noise, 3000000, 0 },
};

static void
test_round_trip(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(GBytes) octets = cases[i].make(cases[i].size);
	gint64 size = (gint64)cases[i].size, codec = -1;
	g_autoptr(GBytes) packed = raw_pack(octets, &codec);
	g_autoptr(GBytes) again = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(codec, ==, cases[i].codec);
	g_assert_cmpuint(g_bytes_get_size(packed), <=, cases[i].size);
	again = raw_unpack(packed, codec, size, &error);
	g_assert_no_error(error);
	g_assert_true(g_bytes_equal(again, octets));
}

static void
assert_damaged(GBytes *packed, gint64 codec, gint64 size)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(raw_unpack(packed, codec, size, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_TEMPORARY);
}

static void
test_wrong_row(void)
{
	g_autoptr(GBytes) octets = make_mail(3000);
	gint64 codec = -1;
	g_autoptr(GBytes) packed = raw_pack(octets, &codec);

	assert_damaged(packed, codec, 2999);
	assert_damaged(packed, codec, 3001);
	assert_damaged(packed, codec, -1);
	assert_damaged(packed, codec, G_MAXINT64);
	assert_damaged(packed, 2, 3000);
	assert_damaged(packed, 0, 3000);
	assert_damaged(octets, 1, 3000);
}

static void
test_every_octet_counts(void)
{
	g_autoptr(GBytes) octets = make_mail(500);
	gint64 codec = -1;
	g_autoptr(GBytes) packed = raw_pack(octets, &codec);
	gsize size;
	const guint8 *data = g_bytes_get_data(packed, &size);

	for (gsize i = 0; i < size; i++) {
		guint8 *copy = g_memdup2(data, size);
		g_autoptr(GBytes) flipped = NULL;
		g_autoptr(GBytes) cut = g_bytes_new(data, i);
		g_autoptr(GBytes) got = NULL;

		copy[i] ^= 0x10;
		flipped = g_bytes_new_take(copy, size);
		got = raw_unpack(flipped, 1, 500, NULL);
		/* zstd has bits that mean nothing; the mail must not differ. */
		g_assert_true(got == NULL || g_bytes_equal(got, octets));
		assert_damaged(cut, 1, 500);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat(
		    "/rawmail/comes back as it was: ", cases[i].title, NULL);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i),
		    test_round_trip);
	}
	g_test_add_func("/rawmail/a row that contradicts itself is an error",
	    test_wrong_row);
	g_test_add_func("/rawmail/no flipped or missing octet goes unnoticed",
	    test_every_octet_counts);
	return g_test_run();
}
