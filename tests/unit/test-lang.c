/* test-lang.c - tags, hints, and in which language a customer is answered. */
#include "policy/lang.h"

#include "house.h"
#include "store/profiles.h"

#define ANN "ann@customer.example"

static const struct {
	const char *tag, *want; /* NULL: it is none */
} tags[] = {
	{ "uz", "uz" },
	{ "uz-Latn", "uz" },
	{ "UZ_latn", "uz" },
	{ "uz_cyrl", "uz-Cyrl" },
	{ "uz-Cyrl-uz", "uz-Cyrl-UZ" },
	{ "kk-Cyrl", "kk" },
	{ "kk-latn", "kk-Latn" },
	{ "sr-Latn", "sr-Latn" },
	{ "en-us", "en-US" },
	{ "no", "nb" },
	{ "iw", "he" },
	{ "", NULL },
	{ "u", NULL },
	{ "7up", NULL },
	{ "en--US", NULL },
	{ "no tag!", NULL },
	{ "en-toolongsubtag", NULL },
};

static const struct {
	const char *language, *wanted;
	gboolean fits;
} fits[] = {
	{ "uz", "uz", TRUE },
	{ "uz", "uz-Latn", TRUE },
	{ "uz", "uz-latn", TRUE },
	{ "uz", "uz-Cyrl", FALSE },
	{ "uz-Cyrl", "uz", TRUE },
	{ "uz-Cyrl", "uz-Latn", FALSE },
	{ "kk-Latn", "kk", TRUE },
	{ "kk-Latn", "kk-Cyrl", FALSE },
	{ "kk", "kk-Cyrl", TRUE },
	{ "en-GB", "en", TRUE },
	{ "az", "tr", FALSE },
	{ "kaa", "ka", FALSE },
};

static void
test_tags(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(tags); i++) {
		g_autofree char *tag = lang_tag(tags[i].tag);

		g_assert_cmpstr(tag, ==, tags[i].want);
	}
}

static void
test_fits(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(fits); i++)
		g_assert_cmpint(lang_fits(fits[i].language, fits[i].wanted), ==,
		    fits[i].fits);
}

/* Words that say nothing: what else speaks. */
static const struct {
	const char *title, *text, *name, *address, *field, *body, *remembered,
	    *mailbox, *want;
} hints[] = {
	{ "the mailbox, if nothing else is known", "123", "", "a@x.example",
	    NULL, NULL, "", "kk", "kk" },
	{ "a domain before the mailbox", "123", "", "a@x.uz", NULL, NULL, "",
	    "en", "uz" },
	{ "a header field before the domain", "123", "", "a@x.uz",
	    "Content-Language", "az-AZ, en", "", "en", "az-AZ" },
	{ "what programs write unasked counts little", "123", "", "a@x.uz",
	    "Content-Language", "en-US", "", "tr", "uz" },
	{ "a charset of one language", "123", "", "a@x.example", "Content-Type",
	    "text/plain; charset=\"windows-1254\"", "", "en", "tr" },
	{ "a name", "123", "Aziz Karim o'g'li", "a@x.example", NULL, NULL, "",
	    "en", "uz" },
	{ "what he wrote before, first of all", "123", "", "a@x.tr",
	    "Content-Language", "tr", "uz-Cyrl", "en", "uz-Cyrl" },
	{ "his words before all of it",
	    "Buyurtmam hali ham yetib kelmadi, qachon olib kelasizlar", "",
	    "a@x.tr", "Content-Language", "tr", "ru", "tr", "uz" },
	{ "a broken field counts nothing", "123", "", "a@x.example",
	    "Content-Language", ";;;", "", "kk", "kk" },
	{ "the script that he writes, whatever was before",
	    "Буюртмам ҳали ҳам етиб келмади", "", "a@x.uz", NULL, NULL, "uz",
	    "uz", "uz-Cyrl" },
	{ "one word, with what he wrote before", "Salam", "", "a@x.example",
	    NULL, NULL, "az", "en", "az" },
	{ "the first of two languages",
	    "Salom, shartnomani yubordim, ko'rib chiqing.\n\n"
	    "Hello, I have sent the contract, please review it.",
	    "", "a@x.example", NULL, NULL, "", "en", "uz" },
};

static void
test_hint(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(Message) message = house_mail("1@x", ANN, hints[i].text);
	Address author = { .address = (char *)hints[i].address,
		.name = (char *)hints[i].name };
	AddressRow sender = { .language = (char *)hints[i].remembered };
	Mailbox mailbox = { .language = (char *)hints[i].mailbox };
	g_autoptr(LangChoice) choice = NULL;

	if (hints[i].field != NULL)
		house_field(message, hints[i].field, hints[i].body);
	choice = lang_choose(hints[i].text, "", message, &author, &sender,
	    &mailbox);
	g_assert_cmpstr(choice->tag, ==, hints[i].want);
	g_assert_true(g_str_has_prefix(choice->why, choice->tag));
}

/* --- tickets ------------------------------------------------------------- */

static char *
language_of(House *house, gint64 ticket)
{
	g_autoptr(Ticket) row = house_ticket(house, ticket);

	return g_strdup(row->language);
}

static char *
remembered(House *house)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(AddressRow) row = party_by_address(txn, ANN, NULL);

	return g_strdup(row->language);
}

static void
tell(House *house, const char *language)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(AddressRow) row = party_by_address(txn, ANN, NULL);
	g_autoptr(Profile) profile = profile_by_id(txn, row->party, NULL);

	g_free(profile->language);
	profile->language = g_strdup(language);
	profile->told = TRUE;
	g_assert_true(profile_update(txn, profile, NULL));
	house_commit(g_steal_pointer(&txn));
}

static void
test_remembered(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *first = NULL, *known = NULL, *second = NULL;
	Message *short_one = house_mail("2@x", ANN, "4411-22");

	house_take(house, house_mail("1@x", ANN,
	    "Менің тапсырысым әлі жеткізілген жоқ, қашан келеді?"), NULL);
	first = language_of(house, 1001);
	known = remembered(house);
	g_assert_cmpstr(first, ==, "kk");
	g_assert_cmpstr(known, ==, "kk");
	house_text(&short_one->subject, "4411");
	house_take(house, short_one, NULL);
	second = language_of(house, 1002);
	g_assert_cmpstr(second, ==, "kk");
}

/* Azerbaijani without its own letters looks like Turkish: an agent says so
 * once, and it stays, also for a mail in another language. */
static void
test_told(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *stays = NULL, *changed = NULL, *known = NULL;

	house_take(house, house_mail("1@x", ANN, "salam"), NULL);
	tell(house, "az");
	house_take(house, house_mail("2@x", ANN,
	    "Bu yenilikler musteri bagliligini artirir"), NULL);
	stays = language_of(house, 1002);
	g_assert_cmpstr(stays, ==, "az");
	house_take(house, house_mail("3@x", ANN,
	    "Good morning, could you please tell me when my order will be "
	    "delivered? I have been waiting for it since last Monday and "
	    "nobody has called me so far."), NULL);
	changed = language_of(house, 1003);
	known = remembered(house);
	g_assert_cmpstr(changed, ==, "az");
	g_assert_cmpstr(known, ==, "az");
}

/* His next mail on the same ticket. */
static void
test_follows(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *key = NULL, *language = NULL, *after = NULL;

	house_take(house, house_mail("1@x", ANN, "4411-22"), NULL);
	key = house_keyed(house, TOKEN_CUSTOMER, 1001, house_party(house, ANN));
	house_take(house, house_mail("2@x", ANN,
	    "Buyurtmam hali ham yetib kelmadi, qachon olib kelasizlar?"), key);
	language = language_of(house, 1001);
	g_assert_cmpstr(language, ==, "uz");
	house_take(house, house_mail("3@x", ANN, "OK"), key);
	after = language_of(house, 1001);
	g_assert_cmpstr(after, ==, "uz");
}

/* A colleague in copy, a robot, an agent: the ticket stays the customer's. */
static void
test_others(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *key = NULL, *language = NULL;

	house_take(house, house_mail("1@x", ANN,
	    "Buyurtmam hali ham yetib kelmadi, qachon olib kelasizlar?"), NULL);
	key = house_keyed(house, TOKEN_CUSTOMER, 1001, house_party(house, ANN));
	house_take(house, house_mail("2@y", "bob@customer.example",
	    "I am her colleague and would like to know the answer as well"),
	    key);
	language = language_of(house, 1001);
	g_assert_cmpstr(language, ==, "uz");
}

#define RULES                                                                  \
	HOUSE_CONFIG "[rule uzbek]\nmatch-language = uz-Cyrl\nqueue = sales\n"

static void
test_rule(void)
{
	House house = { 0 };
	g_autoptr(Ticket) cyrillic = NULL, latin = NULL;

	house_build(&house, RULES);
	house_take(&house, house_mail("1@x", ANN,
	    "Буюртмам ҳали ҳам етиб келмади, қачон келади?"), NULL);
	house_take(&house, house_mail("2@x", ANN,
	    "Buyurtmam hali ham yetib kelmadi, qachon keladi?"), NULL);
	cyrillic = house_ticket(&house, 1001);
	latin = house_ticket(&house, 1002);
	g_assert_cmpstr(cyrillic->queue, ==, "sales");
	g_assert_cmpstr(latin->queue, ==, "general");
	house_tear_down(&house, NULL);
}

/* The built-in letters are English: what is not there is said by the site. */
static void
test_letter(House *house, gconstpointer data G_GNUC_UNUSED)
{
	const Mailbox *mailbox = house->site->mailboxes->pdata[0];

	g_assert_cmpstr(lang_letter(house->site, house->templates, LETTER_ACK,
	    "en-GB", mailbox), ==, "en");
	g_assert_cmpstr(lang_letter(house->site, house->templates, LETTER_ACK,
	    "tlh", mailbox), ==, "en");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/lang/tags as we write them", test_tags);
	g_test_add_func("/lang/what a wanted tag includes", test_fits);
	for (gsize i = 0; i < G_N_ELEMENTS(hints); i++) {
		g_autofree char *path =
		    g_strdup_printf("/lang/%s", hints[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_hint);
	}
#define HOUSE_TEST(title, test)                                                \
	g_test_add("/lang/" title, House, NULL, house_set_up, test,            \
	    house_tear_down)
	HOUSE_TEST("what he wrote is remembered", test_remembered);
	HOUSE_TEST("what an agent said stands", test_told);
	HOUSE_TEST("a ticket follows its customer", test_follows);
	HOUSE_TEST("a ticket follows nobody else", test_others);
	HOUSE_TEST("the letter's language", test_letter);
	g_test_add_func("/lang/a rule asks for the script", test_rule);
	return g_test_run();
}
