/* test-letter.c - from a template to a letter that can be sent. */
#include "policy/letter.h"

#include "house.h"

static const struct {
	const char *subject, *want;
} subjects[] = {
	{ "Parcel", "Parcel" },
	{ "Re: Parcel", "Parcel" },
	{ "RE: re: Fwd: Parcel", "Parcel" },
	{ "Re[2]: Parcel", "Parcel" },
	{ "Re : Parcel", "Parcel" },
	{ "[#1042] Parcel", "Parcel" },
	{ "Re: [#1042] Re: Parcel", "Parcel" },
	{ "[#1042x] Parcel", "[#1042x] Parcel" },
	{ "Regarding: Parcel", "Regarding: Parcel" },
	{ "Re", "Re" },
	{ "Re[", "Re[" },
	{ "[#", "[#" },
	{ "", "" },
	{ "Re: ", "" },
	{ "a\r\nBcc: b", "a Bcc: b" },
};

static void
test_subject(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *got = letter_subject(subjects[i].subject);

	g_assert_cmpstr(got, ==, subjects[i].want);
}

static void
test_long_subject(void)
{
	g_autofree char *text = g_strnfill(1000, 'a');
	g_autofree char *got = letter_subject(text);

	g_assert_cmpint(g_utf8_strlen(got, -1), <=, 121);
}

/* The newest letter of that name, as octets. */
static char *
octets_of(House *house, const char *letter)
{
	StoreTxn *txn = house_write(house);
	g_autoptr(GPtrArray) rows =
	    outbox_lease(txn, HOUSE_NOW + 9999, HOUSE_NOW + 99999, 1000, NULL);
	char *text = g_strdup("");

	store_rollback(txn);
	for (guint i = 0; i < rows->len; i++) {
		const OutboxRow *row = rows->pdata[i];

		if (!g_str_equal(row->letter, letter))
			continue;
		g_free(text);
		text = g_strdup_printf("<%s> %.*s", row->reverse_path,
		    (int)g_bytes_get_size(row->octets),
		    (const char *)g_bytes_get_data(row->octets, NULL));
	}
	return text;
}

/* What an attacker would like to have sent to somebody else. */
static Message *
attack(const char *from)
{
	Message *message = house_mail("words-of-his@x", from, "Buy at evil");
	Address *author = message->from->pdata[0];

	house_text(&message->subject, "Buy at http://evil.example");
	house_text(&author->name, "Evil Name");
	g_ptr_array_add(message->references, g_strdup("evil-words@x"));
	return message;
}

static void
test_ack_plain(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *text = NULL;

	house_take(house, attack("victim@customer.example"), NULL);
	g_assert_cmpuint(house_letters(house, "ack-plain", NULL), ==, 1);
	text = octets_of(house, "ack-plain");
	g_assert_nonnull(strstr(text, "\r\nTo: victim@customer.example\r\n"));
	g_assert_nonnull(strstr(text, "Auto-Submitted: auto-replied"));
	g_assert_nonnull(strstr(text, "X-Auto-Response-Suppress: All"));
	g_assert_nonnull(strstr(text, "X-Loop: "));
	g_assert_nonnull(strstr(text, "\r\nReply-To: "));
	g_assert_nonnull(strstr(text, "1001"));
	g_assert_true(g_str_has_prefix(text, "<support+"));
	g_assert_null(strstr(text, "evil"));
	g_assert_null(strstr(text, "Evil"));
}

static void
test_ack_proven(House *house, gconstpointer data G_GNUC_UNUSED)
{
	Message *message = attack("ann@customer.example");
	g_autofree char *text = NULL;

	house_prove(message, "pass");
	house_take(house, message, NULL);
	g_assert_cmpuint(house_letters(house, "ack", NULL), ==, 1);
	text = octets_of(house, "ack");
	g_assert_nonnull(strstr(text, "In-Reply-To: <words-of-his@x>"));
	g_assert_nonnull(strstr(text, "evil-words@x"));
	g_assert_null(strstr(text, "Buy at evil"));
}

/* Without plus-addressing there is no keyed address: <> and no Reply-To. */
static void
test_no_plus(House *house, gconstpointer data G_GNUC_UNUSED)
{
	Message *message = house_mail("1@x", "ann@customer.example", "Hello");
	g_autoptr(Envelope) envelope = house_envelope(NULL);
	g_autoptr(GBytes) octets = g_bytes_new_static("x", 1);
	g_autofree char *text = NULL;
	StoreTxn *txn = house_write(house);
	gint64 ticket;

	house_text(&envelope->mailbox, "sales");
	g_assert_true(pipeline_run(txn, &house->desk, message, envelope, NULL,
	    octets, HOUSE_NOW, &ticket, NULL));
	house_commit(txn);
	message_free(message);
	text = octets_of(house, "ack-plain");
	g_assert_true(g_str_has_prefix(text, "<> "));
	g_assert_nonnull(strstr(text, "sales@shop.example"));
	g_assert_null(strstr(text, "\r\nReply-To: "));
	g_assert_cmpuint(house_letters(house, "notify", "sara@shop.example"),
	    ==, 1);
}

static void
test_notify(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *text = NULL;

	house_take(house, attack("ann@customer.example"), NULL);
	g_assert_cmpuint(house_letters(house, "notify", NULL), ==, 2);
	text = octets_of(house, "notify");
	g_assert_nonnull(strstr(text, "Auto-Submitted: auto-generated"));
	g_assert_nonnull(strstr(text, "Buy at evil"));
	g_assert_nonnull(strstr(text, "\r\nReply-To: "));
}

/* A million letters of text: the agents hear of it all the same. */
static void
test_huge(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *got = NULL;

	while (text->len < 1 << 20)
		g_string_append(text,
		    "\xd1\x81\xd0\xbb\xd0\xbe\xd0\xb2\xd0\xbe ");
	house_take(house, house_mail("1@x", "ann@customer.example", text->str),
	    NULL);
	g_assert_cmpuint(house_letters(house, "notify", NULL), ==, 2);
	got = house_letter_text(house, "notify");
	g_assert_true(g_utf8_validate(got, -1, NULL));
	g_assert_nonnull(strstr(got, "cut here"));
}

/* What cannot be composed is an event, and the mail is kept. */
static void
test_failed(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(Message) message =
	    house_mail("1@x", "ann@customer.example", "Hello");
	g_autoptr(Envelope) envelope = house_envelope(NULL);
	g_autoptr(Effects) effects = effects_new();
	g_autoptr(MustacheData) values = mustache_data_new();
	AddressRow to = { .id = 7, .written = (char *)"no\r\nBcc: x@y" };
	Facts facts = { .message = message, .envelope = envelope };
	LetterPlan plan = { .letter = LETTER_ACK_PLAIN,
		.cause = "ack:1",
		.to = &to,
		.class = COMPOSE_AUTO_REPLIED,
		.reply_kind = TOKEN_CUSTOMER,
		.language = "en",
		.data = values };

	facts.mailbox = house->site->mailboxes->pdata[0];
	effects->ticket = ticket_new();
	g_assert_false(
	    letter_add(&facts, &house->desk, HOUSE_NOW, &plan, effects));
	g_assert_cmpuint(effects->letters->len, ==, 0);
	g_assert_true(house_has_event(effects, "letter-failed"));
	to.written = (char *)"ann@customer.example";
	g_assert_true(
	    letter_add(&facts, &house->desk, HOUSE_NOW, &plan, effects));
	g_assert_cmpuint(effects->letters->len, ==, 1);
}

static const struct {
	const char *path;
	void (*run)(House *house, gconstpointer data);
} tests[] = {
	{ "the ack to an unproven sender has no word of his", test_ack_plain },
	{ "the ack to a proven sender threads", test_ack_proven },
	{ "without plus-addressing no keyed address is written", test_no_plus },
	{ "a notification goes to each agent", test_notify },
	{ "a huge text is cut for the agents", test_huge },
	{ "a letter that cannot be written is an event", test_failed },
};

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(subjects); i++) {
		g_autofree char *path =
		    g_strdup_printf("/letter/subject %" G_GSIZE_FORMAT, i);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_subject);
	}
	g_test_add_func("/letter/a long subject is cut", test_long_subject);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path =
		    g_strdup_printf("/letter/%s", tests[i].path);

		g_test_add(path, House, NULL, house_set_up, tests[i].run,
		    house_tear_down);
	}
	return g_test_run();
}
