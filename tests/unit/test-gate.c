/* test-gate.c - who is answered automatically: a person, once. Facts are built
 * by hand; one thing is wrong at a time. */
#include "policy/gate.h"

#include "house.h"

typedef struct Scene {
	House *house;
	Message *message;
	Envelope *envelope;
	AddressRow *sender;
	Facts facts;
} Scene;

typedef struct Case {
	const char *title;
	void (*change)(Scene *scene);
	const char *why; /* NULL: it is answered */
	gboolean machine;
} Case;

static void
nothing(Scene *scene)
{
	(void)scene;
}

static void
proven(Scene *scene)
{
	scene->facts.auth = AUTH_PASS;
}

static void
no_author(Scene *scene)
{
	scene->facts.author = NULL;
	scene->facts.sender = NULL;
}

static void
header_says_no(Scene *scene)
{
	scene->message->may_answer = FALSE;
	scene->message->kind = MESSAGE_AUTO_REPLY;
}

static void
list(Scene *scene)
{
	scene->message->may_answer = FALSE;
	scene->message->kind = MESSAGE_LIST;
}

static void
null_path(Scene *scene)
{
	house_text(&scene->envelope->reverse_path, "");
}

static void
null_return_path(Scene *scene)
{
	g_clear_pointer(&scene->envelope->reverse_path, g_free);
	house_field(scene->message, "Return-Path", " <>");
}

static void
forged_return_path(Scene *scene)
{
	house_field(scene->message, "Return-Path", "<>");
}

static void
reply_to_ours(Scene *scene)
{
	g_ptr_array_add(scene->message->reply_to,
	    address_new("Help+x@shop.example", ""));
}

static void
sender_ours(Scene *scene)
{
	g_ptr_array_add(scene->message->sender,
	    address_new("support@shop.example", ""));
}

static void
answers_ours(Scene *scene)
{
	scene->facts.answers_ours = TRUE;
}

static void
dmarc_fail(Scene *scene)
{
	scene->facts.auth = AUTH_FAIL;
}

static void
two_from_fields(Scene *scene)
{
	scene->message->from_fields = 2;
}

static void
two_authors(Scene *scene)
{
	g_ptr_array_add(scene->message->from,
	    address_new("bob@customer.example", ""));
}

static void
set_author(Scene *scene, const char *address)
{
	Address *author = scene->message->from->pdata[0];

	house_text(&author->address, address);
}

static void
robot(Scene *scene)
{
	set_author(scene, "No-Reply@customer.example");
}

static void
localhost(Scene *scene)
{
	set_author(scene, "ann@localhost");
}

static void
bcc_only(Scene *scene)
{
	g_ptr_array_set_size(scene->message->to, 0);
	g_ptr_array_add(scene->message->to,
	    address_new("bob@customer.example", ""));
}

static void
cc_alias(Scene *scene)
{
	bcc_only(scene);
	g_ptr_array_add(scene->message->cc,
	    address_new("help@shop.example", ""));
}

static void
resent_to(Scene *scene)
{
	bcc_only(scene);
	house_field(scene->message, "Resent-To",
	    "Us <support@shop.example>, x@y.z");
}

static void
old_in_mailbox(Scene *scene)
{
	scene->envelope->internal_date = HOUSE_NOW - 3 * 86400 - 1;
}

static void
young_in_mailbox(Scene *scene)
{
	scene->envelope->internal_date = HOUSE_NOW - 3 * 86400;
}

static void
old_in_spool(Scene *scene)
{
	scene->envelope->received = HOUSE_NOW - 4 * 86400;
}

static void
undeliverable(Scene *scene)
{
	scene->sender->undeliverable = HOUSE_NOW - 59 * 86400;
}

static void
undeliverable_but_proven(Scene *scene)
{
	undeliverable(scene);
	scene->facts.auth = AUTH_PASS;
}

static void
undeliverable_long_ago(Scene *scene)
{
	scene->sender->undeliverable = HOUSE_NOW - 60 * 86400;
}

static void
fourth_this_hour(Scene *scene)
{
	scene->facts.automatic.address_hour = 3;
}

static void
third_this_hour(Scene *scene)
{
	scene->facts.automatic.address_hour = 2;
	scene->facts.automatic.address_day = 9;
	scene->facts.automatic.unproven_domain_hour = 29;
	scene->facts.automatic.unproven_hour = 59;
}

static void
eleventh_today(Scene *scene)
{
	scene->facts.automatic.address_day = 10;
}

static void
same_subject(Scene *scene)
{
	scene->facts.automatic.same_subject_day = 1;
}

static void
busy_domain(Scene *scene)
{
	scene->facts.automatic.unproven_domain_hour = 30;
}

static void
busy_world(Scene *scene)
{
	scene->facts.automatic.unproven_hour = 60;
}

static void
busy_but_proven(Scene *scene)
{
	busy_domain(scene);
	busy_world(scene);
	scene->facts.auth = AUTH_PASS;
}

static void
own_copy(Scene *scene)
{
	scene->facts.is_own_copy = TRUE;
}

static void
add_loop(Scene *scene, TokenKind kind)
{
	g_autofree char *token = token_make(scene->house->keys, kind, 0, 0);
	g_autofree char *body = g_strdup_printf(" %s ", token);

	house_field(scene->message, "X-Loop", "somebody else's");
	house_field(scene->message, "X-Loop", body);
}

static void
our_loop(Scene *scene)
{
	add_loop(scene, TOKEN_LOOP);
}

static void
token_of_another_kind(Scene *scene)
{
	add_loop(scene, TOKEN_CUSTOMER);
}

static void
own_copy_with_new_id(Scene *scene)
{
	set_author(scene, "support@shop.example");
	scene->facts.answers_ours = TRUE;
}

static void
form_mail(Scene *scene)
{
	set_author(scene, "support@shop.example");
}

#define OWN "From, Sender or Reply-To is an address of ours"

static const Case cases[] = {
	{ "a person is answered", nothing, NULL, FALSE },
	{ "a proven person is answered", proven, NULL, FALSE },
	{ "nobody cannot be answered", no_author, "no sender", FALSE },
	{ "an automatic answer is not answered", header_says_no,
	    "its own header", TRUE },
	{ "a list is not answered", list, "its own header", TRUE },
	{ "the null reverse-path is not answered", null_path,
	    "the envelope sender is <>", TRUE },
	{ "a null Return-Path counts where there is no envelope",
	    null_return_path, "the envelope sender is <>", TRUE },
	{ "a null Return-Path does not count where there is one",
	    forged_return_path, NULL, FALSE },
	{ "Reply-To is ours", reply_to_ours, OWN, FALSE },
	{ "Sender is ours", sender_ours, OWN, FALSE },
	{ "an answer to a mail of ours is not answered", answers_ours,
	    "it answers a mail of ours", FALSE },
	{ "DMARC failed", dmarc_fail, "DMARC failed", FALSE },
	{ "two From fields", two_from_fields, "more than one author", FALSE },
	{ "two authors", two_authors, "more than one author", FALSE },
	{ "a robot's address", robot, "nobody reads mail", FALSE },
	{ "an address at localhost", localhost, "nobody reads mail", FALSE },
	{ "we are only in Bcc", bcc_only, "stands in To or Cc", FALSE },
	{ "an alias in Cc is enough", cc_alias, NULL, FALSE },
	{ "Resent-To is enough", resent_to, NULL, FALSE },
	{ "a mail that lay long in its mailbox", old_in_mailbox, "too old",
	    FALSE },
	{ "a mail that did not lie that long", young_in_mailbox, NULL, FALSE },
	{ "a mail that lay long in the spool", old_in_spool, "too old", FALSE },
	{ "letters to the address came back", undeliverable, "came back",
	    FALSE },
	{ "they came back, but he is proven", undeliverable_but_proven, NULL,
	    FALSE },
	{ "they came back long ago", undeliverable_long_ago, NULL, FALSE },
	{ "the fourth this hour", fourth_this_hour, "three automatic", FALSE },
	{ "the last below every limit", third_this_hour, NULL, FALSE },
	{ "the eleventh today", eleventh_today, "ten automatic", FALSE },
	{ "the same subject today", same_subject, "same subject", FALSE },
	{ "too many of the domain", busy_domain, "of this domain", FALSE },
	{ "too many of all", busy_world, "limit for unproven senders", FALSE },
	{ "a proven sender is not counted with them", busy_but_proven, NULL,
	    FALSE },
	{ "a copy of our own", own_copy, "it is a mail of our own", TRUE },
	{ "our keyed X-Loop", our_loop, "it is a mail of our own", TRUE },
	{ "another token in X-Loop is nothing", token_of_another_kind, NULL,
	    FALSE },
	{ "a copy of our own whose Message-ID was changed",
	    own_copy_with_new_id, "it is a mail of our own", TRUE },
	{ "a form writes from our address", form_mail, OWN, FALSE },
};

static void
test_case(House *house, gconstpointer data)
{
	const Case *c = data;
	Scene scene = { .house = house };
	g_autoptr(Effects) effects = effects_new();

	scene.message = house_mail("1@x", "ann@customer.example", "Hello");
	scene.envelope = house_envelope(NULL);
	scene.sender = g_new0(AddressRow, 1);
	scene.facts.message = scene.message;
	scene.facts.envelope = scene.envelope;
	scene.facts.author = scene.message->from->pdata[0];
	scene.facts.sender = scene.sender;
	c->change(&scene);
	gate_step(&scene.facts, &house->desk, HOUSE_NOW, effects);
	g_assert_cmpint(effects->may_answer, ==, c->why == NULL);
	g_assert_cmpint(effects->is_machine, ==, c->machine);
	if (c->why != NULL)
		g_assert_true(house_reasons_have(effects, c->why));
	address_row_free(scene.sender);
	message_free(scene.message);
	envelope_free(scene.envelope);
}

static void
test_deliverable(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(Message) message =
	    house_mail("1@x", "ann@customer.example", "Hello");
	g_autoptr(Envelope) envelope = house_envelope(NULL);
	AddressRow sender = { .id = 1, .undeliverable = 5 };
	Facts facts = { .message = message,
		.envelope = envelope,
		.sender = &sender,
		.author = message->from->pdata[0] };
	g_autoptr(Effects) not = effects_new();
	g_autoptr(Effects) yes = effects_new();

	gate_step(&facts, &house->desk, HOUSE_NOW, not );
	g_assert_false(not ->deliverable);
	facts.auth = AUTH_PASS;
	gate_step(&facts, &house->desk, HOUSE_NOW, yes);
	g_assert_true(yes->deliverable);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/gate/%s", cases[i].title);

		g_test_add(path, House, &cases[i], house_set_up, test_case,
		    house_tear_down);
	}
	g_test_add("/gate/proven mail takes the mark of bounces away", House,
	    NULL, house_set_up, test_deliverable, house_tear_down);
	return g_test_run();
}
