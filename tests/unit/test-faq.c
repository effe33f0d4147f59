/* test-faq.c - entries, words, and which answers are shown to whom. */
#include "policy/faq.h"

#include <string.h>

#include "house.h"
#include "policy/faq_words.h"

static const struct {
	const char *title, *octets, *problem; /* NULL: none */
} entries[] = {
	{ "whole", "---\ntitle: A\nlanguages: uz, uz_cyrl\nurl: https://x/y\n"
		   "words: a, b\n---\nText\n", NULL },
	{ "CRLF", "---\r\ntitle: A\r\nlanguages: en\r\nurl: https://x/y\r\n"
		  "---\r\nText\r\n", NULL },
	{ "no head", "Text\n", "first line" },
	{ "head without end", "---\ntitle: A\n", "second line" },
	{ "no url", "---\ntitle: A\nlanguages: en\n---\n", "needed" },
	{ "another scheme", "---\ntitle: A\nlanguages: en\n"
			    "url: javascript:alert(1)\n---\n", "needed" },
	{ "no language", "---\ntitle: A\nlanguages: no tag!\n"
			 "url: https://x/\n---\n", "language tags" },
	{ "unknown field", "---\ntitel: A\n---\n", "no field" },
	{ "no field", "---\ntitle\n---\n", "name: value" },
	{ "empty", "", "first line" },
};

static const struct {
	const char *language, *one, *other;
} same[] = {
	{ "uz", "buyurtmalarimni", "buyurtma" },
	{ "uz", "toʻlovni", "TO'LOV" },
	{ "az", "şifrəmi", "sifre" },
	{ "tr", "SİPARİŞLERİM", "sipariş" },
	{ "tr", "kargom", "KARGO" },
	{ "kk", "құпиясөзімді", "купиясоз" },
	{ "kk", "тапсырысымды", "тапсырыс" },
	{ "ru", "заказами", "заказ" },
	{ "ru", "счёта", "счет" },
	{ "en", "deliveries", "delivery" },
};

static void
test_entries(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(entries); i++) {
		g_autoptr(GError) error = NULL;
		FaqRow *row = faq_parse("k", entries[i].octets,
		    strlen(entries[i].octets), &error);

		if (entries[i].problem == NULL) {
			g_assert_no_error(error);
			g_assert_cmpstr(row->title, ==, "A");
		} else {
			g_test_message("%s", error->message);
			g_assert_null(row);
			g_assert_nonnull(
			    strstr(error->message, entries[i].problem));
		}
		faq_row_free(row);
	}
}

static void
test_words(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(same); i++) {
		g_autoptr(GPtrArray) one =
		    faq_stems(same[i].one, same[i].language);
		g_autoptr(GPtrArray) other =
		    faq_stems(same[i].other, same[i].language);

		g_assert_cmpuint(one->len, ==, 1);
		g_assert_cmpuint(other->len, ==, 1);
		g_assert_cmpstr(one->pdata[0], ==, other->pdata[0]);
	}
}

/* --- the questions ------------------------------------------------------- */

static void
free_row(gpointer data)
{
	faq_row_free(data);
}

static GStrv
read_file(const char *name)
{
	g_autofree char *path =
	    g_build_filename(SRCDIR, "tests/faq", name, NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	g_file_get_contents(path, &text, NULL, &error);
	g_assert_no_error(error);
	return g_strsplit(g_strchomp(text), "\n", -1);
}

static GPtrArray *
read_rows(void)
{
	g_auto(GStrv) lines = read_file("entries.txt");
	GPtrArray *rows = g_ptr_array_new_with_free_func(free_row);

	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) part = g_strsplit(lines[i], "|", 5);
		g_autofree char *octets = g_strdup_printf(
		    "---\ntitle: %s\nlanguages: %s\nurl: https://x/%s\n"
		    "words: %s\n---\n%s\n",
		    part[2], part[0], part[1], part[3], part[4]);
		g_autoptr(GError) error = NULL;
		FaqRow *row =
		    faq_parse(part[1], octets, strlen(octets), &error);

		g_assert_no_error(error);
		row->id = i;
		g_ptr_array_add(rows, row);
	}
	return rows;
}

typedef struct Half {
	guint asked, answered, shown, right;
} Half;

static void
ask(const GPtrArray *rows, char **part, Half *half)
{
	g_autoptr(GPtrArray) hits =
	    faq_choose(rows, part[2], part[0], "", FALSE);
	gboolean found = FALSE;

	for (guint i = 0; i < hits->len; i++) {
		const FaqHit *hit = hits->pdata[i];
		gboolean right = g_str_equal(hit->url + 10, part[1]);

		half->shown++;
		half->right += right;
		found |= right;
		if (!right)
			g_test_message("%s: wrong %s for %s: %s (%.2f)",
			    part[0], hit->url + 10, part[1], part[2],
			    hit->score);
	}
	half->asked++;
	half->answered += found;
	if (!found && !g_str_equal(part[1], "-"))
		g_test_message("%s: no %s: %s", part[0], part[1], part[2]);
}

static void
judge(const char *name, const Half *half)
{
	double precision = 100.0 * half->right / half->shown;
	double share = 100.0 * half->answered / half->asked;

	g_test_message("%s half: %.1f %% of %u shown are right, %.1f %% of %u "
		       "questions answered",
	    name, precision, half->shown, share, half->asked);
	g_assert_cmpfloat(precision, >=, 85);
	g_assert_cmpfloat(share, >=, 50);
}

static void
test_questions(void)
{
	g_autoptr(GPtrArray) rows = read_rows();
	g_auto(GStrv) lines = read_file("questions.tsv");
	Half halves[2] = { 0 };

	g_assert_cmpuint(rows->len, ==, 60);
	g_assert_cmpuint(g_strv_length(lines), >=, 200);
	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) part = g_strsplit(lines[i], "\t", 3);

		ask(rows, part, &halves[i % 2]);
	}
	judge("first", &halves[0]);
	judge("other", &halves[1]);
}

static void
test_for_whom(void)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(free_row);
	const char *octets = "---\ntitle: Parcel delivery\nlanguages: en\n"
			     "url: https://x/\nmailbox: sales\n---\n";
	const char *text = "When is my parcel delivered?";
	g_autoptr(GPtrArray) sales = NULL, support = NULL, french = NULL;

	for (guint i = 0; i < 9; i++)
		g_ptr_array_add(
		    rows, faq_parse("k", octets, strlen(octets), NULL));
	sales = faq_choose(rows, text, "en", "sales", TRUE);
	support = faq_choose(rows, text, "en", "support", TRUE);
	french = faq_choose(rows, text, "fr", "sales", TRUE);
	g_assert_cmpuint(sales->len, ==, FAQ_MOST);
	g_assert_cmpuint(support->len, ==, 0);
	g_assert_cmpuint(french->len, ==, 0);
}

/* --- tickets ------------------------------------------------------------- */

#define ANN "ann@customer.example"

static gint64
helped(House *house)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(GPtrArray) rows = faq_all(txn, NULL);
	const FaqRow *row = rows->pdata[0];

	g_assert_cmpint(row->shown, ==, 1);
	return row->helped;
}

static void
put_entry(House *house)
{
	const char *octets =
	    "---\ntitle: When will my parcel be delivered\nlanguages: en\n"
	    "url: https://help.shop.example/parcel\nwords: courier\n---\n";
	FaqRow *row = faq_parse("parcel", octets, strlen(octets), NULL);
	g_autoptr(StoreTxn) txn = house_write(house);

	for (guint i = 0; i < 9; i++) {
		g_autofree char *key = g_strdup_printf("other-%u", i);
		FaqRow *other = faq_parse(key,
		    "---\ntitle: Opening hours\nlanguages: en\n"
		    "url: https://x/\n---\n", strlen("---\ntitle: Opening hours\n"
			"languages: en\nurl: https://x/\n---\n"), NULL);

		g_assert_nonnull(other);
		g_assert_true(faq_put(txn, other, NULL));
		faq_row_free(other);
	}
	g_free(row->key);
	row->key = g_strdup("a-parcel");
	g_assert_true(faq_put(txn, row, NULL));
	faq_row_free(row);
	house_commit(g_steal_pointer(&txn));
}

static Message *
proven(const char *id, const char *text)
{
	Message *message = house_mail(id, ANN, text);

	house_prove(message, "pass");
	return message;
}

/* The letter points to it; his closing word counts for it. */
static void
test_shown(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *text = NULL, *key = NULL;
	g_autoptr(Ticket) ticket = NULL;

	put_entry(house);
	house_take(house, proven("1@x", "When will the courier deliver my "
					"parcel? I have been waiting."), NULL);
	text = house_letter_text(house, "ack");
	g_assert_nonnull(strstr(text, "https://help.shop.example/parcel"));
	g_assert_null(strstr(text, "https://x/"));
	g_assert_cmpint(helped(house), ==, 0);
	key = house_keyed(house, TOKEN_CUSTOMER, 1001, house_party(house, ANN));
	house_take(house, proven("2@x", "Solved"), key);
	ticket = house_ticket(house, 1001);
	g_assert_cmpstr(ticket->state, ==, "closed");
	g_assert_cmpint(helped(house), ==, 1);
}

/* Nobody who is not proven reads anything but the fixed text. */
static void
test_unproven(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *text = NULL;

	put_entry(house);
	house_take(house, house_mail("1@x", ANN, "When will the courier "
						 "deliver my parcel?"), NULL);
	text = house_letter_text(house, "ack-plain");
	g_assert_null(strstr(text, "https://help.shop.example/parcel"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/faq/entries and what is wrong with them",
	    test_entries);
	g_test_add_func("/faq/endings, keyboards and capitals", test_words);
	g_test_add_func("/faq/for its language and mailbox, three at most",
	    test_for_whom);
	g_test_add_func("/faq/204 questions", test_questions);
	g_test_add("/faq/in the letter, and what it was good for", House, NULL,
	    house_set_up, test_shown, house_tear_down);
	g_test_add("/faq/not to somebody who is not proven", House, NULL,
	    house_set_up, test_unproven, house_tear_down);
	return g_test_run();
}
