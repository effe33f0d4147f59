/* Base64 and quoted-printable, whole and piece by piece, good and bad. */
#include <gmime/gmime.h>
#include <string.h>

#include "mail/transfer.h"

static const struct {
	const char *title;
	Transfer transfer;
	const char *in, *want;
} cases[] = {
	{ "a pad of one", TRANSFER_BASE64, "Q2F0cw==", "Cats" },
	{ "a pad of two", TRANSFER_BASE64, "Q2F0c3M=", "Catss" },
	{ "no pad where one belongs", TRANSFER_BASE64, "Q2F0cw", "Cats" },
	{ "lines", TRANSFER_BASE64, "Q2F0\r\nQ2F0\r\n", "CatCat" },
	{ "lines that end inside a group", TRANSFER_BASE64, "Q2F0Q\n2F0",
	    "CatCat" },
	{ "a pad in each line", TRANSFER_BASE64, "Q2E=\nQ2E=\n", "CaCa" },
	{ "what is no letter is left out", TRANSFER_BASE64, "Q*2\x81-F0!",
	    "Cat" },
	{ "one letter says nothing", TRANSFER_BASE64, "Q2F0Q", "Cat" },
	{ "all values", TRANSFER_BASE64, "+/+/", "\xfb\xff\xbf" },
	{ "nothing", TRANSFER_BASE64, "", "" },
	{ "hexadecimal digits", TRANSFER_QUOTED, "=43a=74 =c3=BC", "Cat \xc3"
								   "\xbc" },
	{ "a soft line break", TRANSFER_QUOTED, "Ca=\r\nt=\ns", "Cats" },
	{ "a hard line break", TRANSFER_QUOTED, "Ca\r\nts\n", "Ca\r\nts\n" },
	{ "an equals sign that means itself", TRANSFER_QUOTED, "a=b c=",
	    "a=b c" },
	{ "escapes that break", TRANSFER_QUOTED, "=4x=x4==41", "=4x=x4==41" },
	{ "white space before a line's end", TRANSFER_QUOTED, "a= \nb",
	    "a= \nb" },
};

/* Decodes in pieces of step octets. */
static GByteArray *
decode(Transfer transfer, const char *in, gsize size, gsize step)
{
	g_autoptr(TransferDecoder) decoder = transfer_decoder_new(transfer);
	GByteArray *out = g_byte_array_new();

	for (gsize at = 0; at < size; at += step) {
		gsize n = MIN(step, size - at);
		g_autofree char *room = g_malloc(transfer_room(decoder, n));

		n = transfer_step(decoder, in + at, n, at + n == size, room);
		g_byte_array_append(out, (guint8 *)room, (guint)n);
	}
	return out;
}

static void
check(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	gsize size = strlen(cases[i].in);

	for (gsize step = 1; step <= size + 1; step++) {
		g_autoptr(GByteArray) out =
		    decode(cases[i].transfer, cases[i].in, size, step);

		g_assert_cmpmem(out->data, out->len, cases[i].want,
		    strlen(cases[i].want));
	}
}

/* Of the octets that matter, in any order. */
static void
as_gmime(void)
{
	static const char letters[] = "===\r\n\n4aFx \t-Q2";
	g_autoptr(GRand) dice = g_rand_new_with_seed(4);

	for (guint round = 0; round < 20000; round++) {
		gsize size = (gsize)g_rand_int_range(dice, 0, 40);
		gsize step = (gsize)g_rand_int_range(dice, 1, 12);
		char in[40], want[256];
		g_autoptr(GByteArray) out = NULL;
		GMimeEncoding state;
		gsize n;

		for (gsize i = 0; i < size; i++)
			in[i] = letters[g_rand_int_range(dice, 0,
			    sizeof(letters) - 1)];
		g_mime_encoding_init_decode(&state,
		    GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
		n = g_mime_encoding_step(&state, in, size, want);
		out = decode(TRANSFER_QUOTED, in, size, step);
		g_assert_cmpmem(out->data, out->len, want, n);
	}
}

static void
names(void)
{
	static const struct {
		const char *raw;
		Transfer want;
	} fields[] = {
		{ "base64", TRANSFER_BASE64 },
		{ "\r\n \"BASE64\"", TRANSFER_BASE64 },
		{ " Quoted-Printable\r\n", TRANSFER_QUOTED },
		{ "x-uuencode", TRANSFER_UU },
		{ "8bit", TRANSFER_PLAIN },
		{ "fax", TRANSFER_PLAIN },
		{ NULL, TRANSFER_PLAIN },
	};

	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		g_assert_cmpint(transfer_of(fields[i].raw), ==,
		    fields[i].want);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_mime_init();
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strconcat("/transfer/", cases[i].title, NULL);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), check);
	}
	g_test_add_func("/transfer/broken quoted-printable is read as by GMime",
	    as_gmime);
	g_test_add_func("/transfer/names in any dress", names);
	return g_test_run();
}
