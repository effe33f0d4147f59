/* test-thread.c - which ticket a mail joins, and who is proven for it.
 *
 * A ticket of ann's stands; another mail comes with one proof or another,
 * from one sender or another. At the end thousands of spoilt tokens. */
#include "policy/thread.h"

#include "house.h"

#define ANN  "ann@customer.example"
#define BOB  "bob@customer.example"
#define OLGA "olga@shop.example"
#define PETR "petr@shop.example"

typedef enum By {
	BY_NOTHING,
	BY_CUSTOMER, /* keyed address for ann */
	BY_AGENT,    /* keyed address for olga */
	BY_NOTE,
	BY_BOUNCE,
	BY_OWN_ID,   /* Message-ID of a letter to ann */
	BY_AGENT_ID, /* Message-ID of a notification to olga */
	BY_KNOWN_ID, /* ann's own Message-ID */
	BY_MENTION,  /* its own id, in References of a mail of ann's */
	BY_RELAY,    /* an id that a relay told, with a domain of its own */
	BY_QUOTE,    /* the keyed line of a letter to ann */
	BY_QUOTE_AS_ADDRESS,
	BY_SUBJECT,
	BY_LOOP,    /* X-Loop's token as an address */
	BY_MESSAGE, /* a Message-ID's token as an address */
	BY_GONE,    /* a token of a ticket that is not there */
} By;

typedef struct Case {
	const char *title;
	By by;
	const char *from;
	const char *auth; /* NULL: nothing is said */
	gboolean joins, verified, inside;
	gboolean added; /* the sender becomes a participant */
} Case;

static const Case cases[] = {
	{ "a mail that answers nothing opens a ticket", BY_NOTHING, ANN, NULL,
	    FALSE, FALSE, FALSE, TRUE },
	{ "ann's keyed address joins", BY_CUSTOMER, ANN, NULL, TRUE, TRUE,
	    FALSE, FALSE },
	{ "a colleague at ann's keyed address joins as a new participant",
	    BY_CUSTOMER, BOB, NULL, TRUE, TRUE, FALSE, TRUE },
	{ "a forger at ann's keyed address joins unproven and is not added",
	    BY_CUSTOMER, BOB, "fail", TRUE, FALSE, FALSE, FALSE },
	{ "nobody at ann's keyed address joins unproven", BY_CUSTOMER, NULL,
	    NULL, TRUE, FALSE, FALSE, FALSE },
	{ "an agent at ann's keyed address is no new participant", BY_CUSTOMER,
	    OLGA, "pass", TRUE, TRUE, FALSE, FALSE },
	{ "an agent's keyed address is inside", BY_AGENT, OLGA, "pass", TRUE,
	    FALSE, TRUE, FALSE },
	{ "an agent's keyed address is inside whoever writes to it", BY_AGENT,
	    BOB, NULL, TRUE, FALSE, TRUE, FALSE },
	{ "a note address is inside", BY_NOTE, OLGA, "pass", TRUE, FALSE, TRUE,
	    FALSE },
	{ "a bounce address joins and proves nobody", BY_BOUNCE, BOB, "pass",
	    TRUE, FALSE, FALSE, FALSE },
	{ "an answer to our letter joins", BY_OWN_ID, ANN, NULL, TRUE, TRUE,
	    FALSE, FALSE },
	{ "an agent's answer to his notification is inside", BY_AGENT_ID, OLGA,
	    "pass", TRUE, FALSE, TRUE, FALSE },
	{ "another agent's answer to it is not", BY_AGENT_ID, PETR, "pass",
	    TRUE, TRUE, FALSE, FALSE },
	{ "a stranger's answer to it is not", BY_AGENT_ID, BOB, NULL, TRUE,
	    TRUE, FALSE, TRUE },
	{ "ann proven, by a known id, joins", BY_KNOWN_ID, ANN, "pass", TRUE,
	    TRUE, FALSE, FALSE },
	{ "ann not proven, by a known id, joins unproven", BY_KNOWN_ID, ANN,
	    NULL, TRUE, FALSE, FALSE, FALSE },
	{ "ann forged, by a known id, does not join", BY_KNOWN_ID, ANN, "fail",
	    FALSE, FALSE, FALSE, TRUE },
	{ "bob proven, by a known id, does not join", BY_KNOWN_ID, BOB, "pass",
	    FALSE, TRUE, FALSE, TRUE },
	{ "ann proven, by an id that her mail mentioned, joins", BY_MENTION,
	    ANN, "pass", TRUE, TRUE, FALSE, FALSE },
	{ "ann not proven, by an id that her mail mentioned, joins unproven",
	    BY_MENTION, ANN, NULL, TRUE, FALSE, FALSE, FALSE },
	{ "bob proven, by an id that ann's mail mentioned, does not join",
	    BY_MENTION, BOB, "pass", FALSE, TRUE, FALSE, TRUE },
	{ "ann proven, by the relay's id, joins", BY_RELAY, ANN, "pass", TRUE,
	    TRUE, FALSE, FALSE },
	{ "ann not proven, by the relay's id, joins unproven", BY_RELAY, ANN,
	    NULL, TRUE, FALSE, FALSE, FALSE },
	{ "ann forged, by the relay's id, does not join", BY_RELAY, ANN,
	    "fail", FALSE, FALSE, FALSE, TRUE },
	{ "bob proven, by the relay's id, does not join", BY_RELAY, BOB,
	    "pass", FALSE, TRUE, FALSE, TRUE },
	{ "ann not proven, by the line at the foot of our letter, joins",
	    BY_QUOTE, ANN, NULL, TRUE, TRUE, FALSE, FALSE },
	{ "a colleague with that line joins as a new participant", BY_QUOTE,
	    BOB, NULL, TRUE, TRUE, FALSE, TRUE },
	{ "a forger with that line joins unproven and is not added", BY_QUOTE,
	    BOB, "fail", TRUE, FALSE, FALSE, FALSE },
	{ "the key of that line makes no address", BY_QUOTE_AS_ADDRESS, ANN,
	    NULL, FALSE, FALSE, FALSE, TRUE },
	{ "ann proven, by the number, joins", BY_SUBJECT, ANN, "pass", TRUE,
	    TRUE, FALSE, FALSE },
	{ "ann not proven, by the number, does not join", BY_SUBJECT, ANN, NULL,
	    FALSE, FALSE, FALSE, TRUE },
	{ "bob proven, by the number, does not join", BY_SUBJECT, BOB, "pass",
	    FALSE, TRUE, FALSE, TRUE },
	{ "X-Loop's token makes no address", BY_LOOP, ANN, NULL, FALSE, FALSE,
	    FALSE, TRUE },
	{ "a Message-ID's token makes no address", BY_MESSAGE, ANN, NULL, FALSE,
	    FALSE, FALSE, TRUE },
	{ "a token of a ticket that is gone joins nothing", BY_GONE, ANN, NULL,
	    FALSE, FALSE, FALSE, TRUE },
};

static char *
address_by(const House *house, By by, gint64 ticket, gint64 ann, gint64 olga)
{
	switch (by) {
	case BY_CUSTOMER:
		return house_keyed(house, TOKEN_CUSTOMER, ticket, ann);
	case BY_AGENT:
		return house_keyed(house, TOKEN_AGENT, ticket, olga);
	case BY_NOTE:
		return house_keyed(house, TOKEN_NOTE, ticket, olga);
	case BY_BOUNCE:
		return house_keyed(house, TOKEN_BOUNCE, ticket, ann);
	case BY_LOOP:
		return house_keyed(house, TOKEN_LOOP, 0, 0);
	case BY_QUOTE_AS_ADDRESS:
		return house_keyed(house, TOKEN_QUOTE, ticket, ann);
	case BY_MESSAGE:
		return house_keyed(house, TOKEN_MESSAGE, ticket, ann);
	case BY_GONE:
		return house_keyed(house, TOKEN_CUSTOMER, ticket + 99, ann);
	default:
		return NULL;
	}
}

static Effects *
decide_at(House *house, Message *message, const char *to, gint64 now)
{
	g_autoptr(Envelope) envelope = house_envelope(to);
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	g_autoptr(Facts) facts = NULL;

	envelope->received = now;
	facts = facts_read(
	    txn, &house->desk, message, envelope, NULL, now, &error);
	g_assert_no_error(error);
	return pipeline_decide(facts, &house->desk, now);
}

static Effects *
decide(House *house, Message *message, const char *to)
{
	return decide_at(house, message, to, HOUSE_NOW + 60);
}

/* What ann's client quotes of our letter, wrapped anew. */
static void
quote_letter(House *house, Message *message, gint64 ticket, gint64 party)
{
	g_autofree char *token =
	    token_make(house->keys, TOKEN_QUOTE, ticket, party);
	g_autofree char *text = g_strdup_printf(
	    "More\n\n> Kind regards,\n> Shop\n>\n> Ref:\n> %s\n", token);

	house_text(&message->body_text, text);
}

static void
add_proof(House *house, Message *message, By by, gint64 ticket, gint64 ann,
    gint64 olga)
{
	if (by == BY_OWN_ID || by == BY_AGENT_ID)
		g_ptr_array_add(message->in_reply_to,
		    house_own_id(
			house, ticket, by == BY_OWN_ID ? ann : olga));
	if (by == BY_KNOWN_ID)
		g_ptr_array_add(message->references, g_strdup("first@x"));
	if (by == BY_MENTION)
		house_text(&message->message_id, "zeroth@x");
	if (by == BY_RELAY)
		g_ptr_array_add(message->in_reply_to,
		    g_strdup("0102018f-77aa@eu-west-1.relay.example"));
	if (by == BY_QUOTE)
		quote_letter(house, message, ticket, ann);
	if (by == BY_SUBJECT)
		house_text(&message->subject, "Re: [#1001] Parcel");
}

/* ann's ticket; her mail answers one that has not come yet. */
static gint64
first_ticket(House *house)
{
	Message *message = house_mail("first@x", ANN, "Hello");
	StoreTxn *txn;
	gint64 number;

	g_ptr_array_add(message->references, g_strdup("zeroth@x"));
	number = house_take(house, message, NULL);
	txn = house_write(house);
	g_assert_true(
	    msgid_add_relayed(txn, "0102018f-77aa", number, NULL));
	house_commit(txn);
	return number;
}

static void
test_case(House *house, gconstpointer data)
{
	const Case *c = data;
	gint64 number = first_ticket(house);
	g_autoptr(Ticket) ticket = house_ticket(house, number);
	gint64 ann = house_party(house, ANN), olga = house_party(house, OLGA);
	g_autofree char *to = address_by(house, c->by, ticket->id, ann, olga);
	g_autoptr(Message) message = house_mail("next@y", c->from, "More");
	g_autoptr(Effects) effects = NULL;

	add_proof(house, message, c->by, ticket->id, ann, olga);
	if (c->auth != NULL)
		house_prove(message, c->auth);
	effects = decide(house, message, to);
	g_assert_cmpint(effects->opens, ==, !c->joins);
	g_assert_cmpint(effects->ticket->number, ==, c->joins ? 1001 : 1002);
	g_assert_cmpint(effects->verified, ==, c->verified);
	g_assert_cmpint(effects->is_inside, ==, c->inside);
	g_assert_cmpuint(effects->participants->len, ==, c->added ? 1 : 0);
}

/* Candidates that were not good enough are shown to agents. */
static void
test_linked(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(Message) message = house_mail("next@y", BOB, "More");
	g_autoptr(Effects) effects = NULL;

	house_take(house, house_mail("first@x", ANN, "Hello"), NULL);
	house_text(&message->subject, "[#1001] let me in");
	effects = decide(house, message, NULL);
	g_assert_true(effects->opens);
	g_assert_cmpint(effects->linked, ==, 1001);
}

/* AC-09: a colleague answers the first mail, then ann writes again. */
static void
test_colleague(House *house, gconstpointer data G_GNUC_UNUSED)
{
	Message *bob = house_mail("bob@y", BOB, "Me too");
	g_autoptr(Message) ann = house_mail("second@x", ANN, "And?");
	g_autoptr(Effects) effects = NULL;

	house_take(house, house_mail("first@x", ANN, "Hello"), NULL);
	g_ptr_array_add(bob->references, g_strdup("first@x"));
	g_assert_cmpint(house_take(house, bob, NULL), ==, 1002);
	g_ptr_array_add(ann->references, g_strdup("first@x"));
	effects = decide(house, ann, NULL);
	g_assert_false(effects->opens);
	g_assert_cmpint(effects->ticket->number, ==, 1001);
}

/* Two tickets of ann's: what proves by itself goes before what only a proven
 * sender may name, and the weaker one does not veto. */
static void
test_strongest(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 one = house_take(house, house_mail("1@x", ANN, "Hello"), NULL);
	gint64 two = house_take(house, house_mail("2@x", ANN, "Hello"), NULL);
	g_autoptr(Message) message = house_mail("3@x", ANN, "More");
	g_autoptr(Effects) effects = NULL, proven = NULL;

	house_text(&message->subject, "Re: [#1001] Parcel");
	g_ptr_array_add(message->references, g_strdup("1@x"));
	quote_letter(house, message, two, house_party(house, ANN));
	effects = decide(house, message, NULL);
	g_assert_cmpint(effects->ticket->number, ==, two);
	g_assert_true(effects->verified);
	g_assert_true(house_reasons_have(effects, "names ticket 1001 by"));
	/* Proven, the earlier one in the order decides. */
	house_prove(message, "pass");
	proven = decide(house, message, NULL);
	g_assert_cmpint(proven->ticket->number, ==, one);
	g_assert_cmpstr(proven->why, ==, "a known Message-ID");
}

/* The relay changed the id of our letter: its copy, and the report that it
 * did not arrive, tell the new one. */
static void
test_learned(House *house, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const ids[] = { "copy-1@relay", "sent-2@relay" };
	gint64 number =
	    house_take(house, house_mail("first@x", ANN, "Hello"), NULL);
	gint64 ann = house_party(house, ANN);
	g_autofree char *to = house_keyed(house, TOKEN_BOUNCE, number, ann);
	Message *copy = house_mail(ids[0], "support@shop.example", "Hello Ann");
	Message *report = house_mail("r@x", "mailer-daemon@y.example", "Sorry");

	g_ptr_array_add(copy->references, house_own_id(house, number, ann));
	g_assert_cmpint(house_take(house, copy, NULL), ==, number);
	report->kind = MESSAGE_BOUNCE;
	report->may_answer = FALSE;
	report->dsn = dsn_new();
	house_text(&report->dsn->original_message_id, ids[1]);
	g_assert_cmpint(house_take(house, report, to), ==, number);
	for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
		g_autoptr(Message) answer = house_mail("a@x", ANN, "More");
		g_autoptr(Effects) effects = NULL;
		g_autofree char *left = g_strndup(ids[i], 6);

		g_ptr_array_add(answer->in_reply_to,
		    g_strdup_printf("%s@elsewhere.example", left));
		house_prove(answer, "pass");
		effects = decide(house, answer, NULL);
		g_assert_false(effects->opens);
		g_assert_true(effects->verified);
	}
}

/* Order of arrival is not order of writing. */
static void
test_mention(House *house, gconstpointer data G_GNUC_UNUSED)
{
	Message *later = house_mail("2@x", ANN, "And another thing");
	Message *first = house_mail("1@x", ANN, "Hello");

	g_ptr_array_add(later->in_reply_to, g_strdup("1@x"));
	house_prove(later, "pass");
	house_prove(first, "pass");
	g_assert_cmpint(house_take(house, later, NULL), ==, 1001);
	g_assert_cmpint(house_take(house, first, NULL), ==, 1001);
	g_assert_cmpuint(house_letters(house, "ack", ANN), ==, 1);
}

static void
test_closed(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number =
	    house_take(house, house_mail("first@x", ANN, "Hello"), NULL);
	gint64 ann = house_party(house, ANN);
	g_autofree char *to = house_keyed(house, TOKEN_CUSTOMER, number, ann);
	g_autoptr(Message) soon = house_mail("soon@x", ANN, "Again");
	g_autoptr(Message) late = house_mail("late@x", ANN, "Again");
	g_autoptr(Effects) joins = NULL;
	g_autoptr(Effects) opens = NULL;
	gint64 month = 30 * 86400;

	house_take(house, house_mail("close@x", ANN, "CLOSE"), to);
	joins = decide_at(house, soon, to, HOUSE_NOW + month);
	opens = decide_at(house, late, to, HOUSE_NOW + month + 1);
	g_assert_cmpstr(joins->ticket->state, ==, "open");
	g_assert_true(opens->opens);
	g_assert_cmpint(opens->linked, ==, number);
}

/* AC-11: mails that answer a ticket which is done, soon after. */
static const struct {
	const char *title, *subject, *body;
	gboolean apart;
} matters[] = {
	{ "the same subject", "Re: Where is my parcel?", "Again", FALSE },
	{ "its subject behind other words", "AW: [EXT] parcel gone", "Again",
	    FALSE },
	{ "no subject", "", "Again", FALSE },
	{ "a subject that says nothing", "Re: ??", "Again", FALSE },
	{ "its number", "[#1001] Order of cups", "Again", FALSE },
	{ "another subject, quoting it", "Order of cups",
	    "Again\n> My parcel number is 4711 and it is not here", FALSE },
	{ "another subject, quoting another mail", "Order of cups",
	    "Again\n> This is the newsletter of the shop", TRUE },
	{ "another subject", "Order of cups", "Forty cups", TRUE },
	{ "another subject in other letters", "Заказ на понедельник",
	    "Сорок чашек", TRUE },
};

static void
test_matter(House *house, gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *to = NULL;
	g_autoptr(Message) message = house_mail("next@x", ANN, "Again");
	g_autoptr(Effects) open = NULL, done = NULL;

	house_take(house,
	    house_mail("first@x", ANN,
		"My parcel number is 4711 and it is not here"),
	    NULL);
	to = house_keyed(house, TOKEN_CUSTOMER, 1001, house_party(house, ANN));
	house_text(&message->subject, matters[i].subject);
	house_text(&message->body_text, matters[i].body);
	/* T7: as long as it is open no subject counts. */
	open = decide(house, message, to);
	g_assert_false(open->opens);
	house_take(house, house_mail("close@x", ANN, "Solved"), to);
	done = decide(house, message, to);
	g_assert_cmpint(done->opens, ==, matters[i].apart);
	g_assert_cmpint(
	    done->ticket->follows, ==, matters[i].apart ? 1001 : 0);
}

/* The follow-up takes what is still written to the old ticket, from those who
 * take part in it; others who have the old key get their own. */
static void
test_successor(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 year = 366 * 86400, late = HOUSE_NOW + year;
	g_autofree char *to = NULL, *bobs = NULL;
	Message *bob = house_mail("bob@y", BOB, "And me?");

	house_take(house, house_mail("first@x", ANN, "Hello"), NULL);
	to = house_keyed(house, TOKEN_CUSTOMER, 1001, house_party(house, ANN));
	house_take(house, house_mail("close@x", ANN, "Solved"), to);
	g_assert_cmpint(house_take_at(house, house_mail("2@x", ANN, "Again"),
			    to, late),
	    ==, 1002);
	g_assert_cmpint(house_take_at(house, house_mail("3@x", ANN, "And"), to,
			    late + 60),
	    ==, 1002);
	g_assert_cmpint(house_take_at(house, bob, to, late + 120), ==, 1003);
	g_assert_cmpuint(house_letters(house, "ack-followup", ANN), ==, 1);
	g_assert_cmpuint(house_letters(house, "ack-followup", NULL), ==, 1);
	/* And once more, a year later: from the newest. */
	bobs = house_keyed(
	    house, TOKEN_CUSTOMER, 1002, house_party(house, ANN));
	house_take_at(
	    house, house_mail("4@x", ANN, "Solved"), bobs, late + 180);
	g_assert_cmpint(house_take_at(house, house_mail("5@x", ANN, "Again"),
			    to, late + year),
	    ==, 1004);
	g_assert_cmpint(house_take_at(house, house_mail("6@x", ANN, "Again"),
			    to, late + year + 60),
	    ==, 1004);
}

/* Our reply comes back through the mailbox: it names older ids of ours. */
static void
test_own_copy(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number =
	    house_take(house, house_mail("first@x", ANN, "Hello"), NULL);
	gint64 ann = house_party(house, ANN);
	g_autofree char *id = house_own_id(house, number, ann);
	g_autoptr(Message) message =
	    house_mail(id, "support@shop.example", "Our answer");
	g_autoptr(Effects) effects = NULL;

	g_ptr_array_add(message->references, house_own_id(house, number, ann));
	effects = decide(house, message, NULL);
	g_assert_false(effects->opens);
	g_assert_true(effects->is_machine);
	g_assert_cmpuint(effects->participants->len, ==, 0);
	g_assert_cmpuint(effects->letters->len, ==, 0);
	g_assert_cmpstr(effects->ticket->state, ==, "new");
}

static void
test_both(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number =
	    house_take(house, house_mail("first@x", ANN, "Hello"), NULL);
	gint64 olga = house_party(house, OLGA);
	g_autofree char *reply = house_keyed(house, TOKEN_AGENT, number, olga);
	g_autofree char *note = house_keyed(house, TOKEN_NOTE, number, olga);
	g_autoptr(Message) message = house_mail("next@y", OLGA, "Inside only");
	g_autoptr(Effects) effects = NULL;
	const LetterEffect *letter;

	house_prove(message, "pass");
	g_ptr_array_add(message->cc, address_new(note, ""));
	effects = decide(house, message, reply);
	g_assert_cmpstr(effects->kind, ==, "note");
	g_assert_cmpstr(effects->visibility, ==, "internal");
	/* Only his colleague hears of it. */
	g_assert_cmpuint(effects->letters->len, ==, 1);
	letter = effects->letters->pdata[0];
	g_assert_cmpstr(letter->letter, ==, "note");
	g_assert_cmpstr(letter->to, ==, "petr@shop.example");
}

/* --- spoilt tokens ---------------------------------------------------------- */

enum { ROUNDS = 10000 };

static char
other_letter(char old)
{
	char c;

	do
		c = "abcdefghijklmnopqrstuvwxyz234567"[g_test_rand_int_range(0,
		    32)];
	while (c == old);
	return c;
}

/* One of: random letters, one letter changed, cut, grown, two halves of two
 * good tokens. */
static char *
spoil(const char *good, const char *other)
{
	gsize length = strlen(good);
	gsize at = (gsize)g_test_rand_int_range(0, (gint32)length);
	GString *out = g_string_new(good);

	switch (g_test_rand_int_range(0, 5)) {
	case 0:
		for (gsize i = 0; i < length; i++)
			out->str[i] = other_letter('\0');
		break;
	case 1:
		out->str[at] = other_letter(out->str[at]);
		break;
	case 2:
		g_string_truncate(out, at);
		break;
	case 3:
		g_string_append_c(out, other_letter('\0'));
		break;
	default:
		at = MAX(at, 1);
		g_string_truncate(out, at);
		g_string_append(out, other + MIN(at, strlen(other)));
	}
	return g_string_free(out, FALSE);
}

/* Where a key may stand: in an address, in a Message-ID that is answered, in
 * the text. NULL: nowhere. */
static Effects *
decide_with(House *house, TokenKind kind, const char *token)
{
	g_autoptr(Message) message = house_mail("n@y", ANN, "More");
	g_autofree char *to = NULL, *text = NULL;

	if (token == NULL)
		return decide(house, message, NULL);
	if (kind == TOKEN_MESSAGE)
		g_ptr_array_add(message->in_reply_to,
		    g_strdup_printf("%s.x@shop.example", token));
	else if (kind == TOKEN_QUOTE) {
		text = g_strdup_printf("More\n> Ref: %s\n", token);
		house_text(&message->body_text, text);
	} else
		to = address_with_detail("support@shop.example", token);
	return decide(house, message, to);
}

/* What a stranger can see: who is written to, and what. */
static char *
outside(const Effects *effects)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < effects->letters->len; i++) {
		const LetterEffect *letter = effects->letters->pdata[i];

		if (g_str_equal(letter->visibility, "public"))
			g_string_append_printf(out, "%s %s %s %s",
			    letter->letter, letter->to, letter->subject,
			    letter->text);
	}
	return g_string_free(out, FALSE);
}

/* In every place: a spoilt key joins nothing, and what goes out is what would
 * have gone out without it. */
static void
test_spoilt(House *house, gconstpointer data G_GNUC_UNUSED)
{
	static const TokenKind kinds[] = { TOKEN_CUSTOMER, TOKEN_AGENT,
		TOKEN_NOTE, TOKEN_BOUNCE, TOKEN_MESSAGE, TOKEN_QUOTE };
	gint64 one = house_take(house, house_mail("1@x", BOB, "Hello"), NULL);
	gint64 two = house_take(house, house_mail("2@x", BOB, "Hello"), NULL);
	gint64 bob = house_party(house, BOB);
	g_autoptr(Effects) plain = decide_with(house, TOKEN_CUSTOMER, NULL);
	g_autofree char *want = outside(plain);
	guint spoilt = 0;

	g_assert_nonnull(strstr(want, ANN));
	for (guint i = 0; spoilt < ROUNDS; i++) {
		TokenKind kind = kinds[i % G_N_ELEMENTS(kinds)];
		g_autofree char *good = token_make(house->keys, kind, one, bob);
		g_autofree char *other =
		    token_make(house->keys, kind, two, bob);
		g_autofree char *bad = spoil(good, other);
		g_autoptr(Effects) effects = NULL;
		g_autofree char *got = NULL;

		if (g_str_equal(bad, good) || g_str_equal(bad, other))
			continue;
		spoilt++;
		effects = decide_with(house, kind, bad);
		got = outside(effects);
		g_assert_true(effects->opens);
		g_assert_false(effects->is_inside);
		g_assert_cmpint(effects->linked, ==, 0);
		g_assert_cmpstr(got, ==, want);
	}
}

/* Keys of another site, and of a key whose time is over. */
static void
test_aged(House *house, gconstpointer data G_GNUC_UNUSED)
{
	static const TokenKind kinds[] = { TOKEN_CUSTOMER, TOKEN_AGENT,
		TOKEN_NOTE, TOKEN_BOUNCE, TOKEN_MESSAGE, TOKEN_QUOTE };
	g_autofree char *path = g_build_filename(house->dir, "key", NULL);
	gint64 one = house_take(house, house_mail("1@x", BOB, "Hello"), NULL);
	gint64 bob = house_party(house, BOB), day = 86400;
	g_autoptr(Effects) plain = decide_with(house, TOKEN_CUSTOMER, NULL);
	g_autofree char *want = outside(plain);
	char *tokens[G_N_ELEMENTS(kinds)];
	guint dropped;

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		tokens[i] = token_make(house->keys, kinds[i], one, bob);
	g_assert_true(
	    token_keys_rotate(path, HOUSE_NOW, 30 * day, &dropped, NULL));
	g_assert_true(token_keys_refresh(
	    house->keys, HOUSE_NOW + 28 * day, 30 * day, NULL));
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autoptr(Effects) effects =
		    decide_with(house, kinds[i], tokens[i]);

		g_assert_false(effects->opens);
	}
	g_assert_true(token_keys_refresh(
	    house->keys, HOUSE_NOW + 31 * day, 30 * day, NULL));
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autoptr(Effects) effects =
		    decide_with(house, kinds[i], tokens[i]);
		g_autofree char *got = outside(effects);

		g_assert_true(effects->opens);
		g_assert_cmpint(effects->linked, ==, 0);
		g_assert_cmpstr(got, ==, want);
		g_free(tokens[i]);
	}
}

static const struct {
	const char *path;
	void (*run)(House *house, gconstpointer data);
} tests[] = {
	{ "a ticket that could not be joined is linked", test_linked },
	{ "a colleague's mail does not take ann's thread away",
	    test_colleague },
	{ "the strongest proof decides", test_strongest },
	{ "a relay's id is learned from copies and reports", test_learned },
	{ "a mail that came before the one it answers is joined by it",
	    test_mention },
	{ "a closed ticket opens again for thirty days", test_closed },
	{ "AC-11: a follow-up takes what is written to the old ticket",
	    test_successor },
	{ "a copy of our own reply changes nothing", test_own_copy },
	{ "reply and note address at once mean note", test_both },
	{ "AC-10: ten thousand random, cut, changed or mixed keys join nothing "
	  "and look alike from outside",
	    test_spoilt },
	{ "AC-10: a key whose time is over joins nothing", test_aged },
};

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/thread/%s", cases[i].title);

		g_test_add(path, House, &cases[i], house_set_up, test_case,
		    house_tear_down);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(matters); i++) {
		g_autofree char *path = g_strdup_printf(
		    "/thread/answer to a closed ticket with %s",
		    matters[i].title);

		g_test_add(path, House, GSIZE_TO_POINTER(i), house_set_up,
		    test_matter, house_tear_down);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path =
		    g_strdup_printf("/thread/%s", tests[i].path);

		g_test_add(path, House, NULL, house_set_up, tests[i].run,
		    house_tear_down);
	}
	return g_test_run();
}
