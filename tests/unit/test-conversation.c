/* test-conversation.c - long conversations, and many at once: what is together
 * stays together, here and in the customer's own mail program. */
#include "house.h"
#include "policy/letter.h"

#define ANN  "ann@customer.example"
#define OLGA "olga@shop.example"

/* --- a mail program that shows threads (JWZ) -------------------------------- */

/* The algorithm of Jamie Zawinski, as far as the threads go and not their
 * order: a container for each Message-ID, whose parent is the id before it in
 * References; never one that has a parent, and never in a circle. What a mail
 * says of itself goes before what others say; one that says nothing stays where
 * they have put it, as if it had come in the order of dates. */
typedef struct Program {
	GHashTable *known; /* Message-ID -> index in parents, plus 1 */
	GArray *parents;   /* of gint; -1: none */
	GArray *mails;     /* of gint: containers that hold a mail */
} Program;

static Program *
program_new(void)
{
	Program *program = g_new0(Program, 1);

	program->known =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	program->parents = g_array_new(FALSE, FALSE, sizeof(gint));
	program->mails = g_array_new(FALSE, FALSE, sizeof(gint));
	return program;
}

static void
program_free(Program *program)
{
	g_hash_table_unref(program->known);
	g_array_unref(program->parents);
	g_array_unref(program->mails);
	g_free(program);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Program, program_free)

static gint
container(Program *program, const char *msgid)
{
	gint none = -1;
	guint at = GPOINTER_TO_UINT(g_hash_table_lookup(program->known, msgid));

	if (at != 0)
		return (gint)at - 1;
	g_array_append_val(program->parents, none);
	g_hash_table_insert(program->known, g_strdup(msgid),
	    GUINT_TO_POINTER(program->parents->len));
	return (gint)program->parents->len - 1;
}

static gint
root_of(const Program *program, gint at)
{
	gint parent;

	while ((parent = g_array_index(program->parents, gint, at)) >= 0)
		at = parent;
	return at;
}

static void
set_parent(Program *program, gint child, gint parent)
{
	if (parent >= 0 && root_of(program, parent) != child)
		g_array_index(program->parents, gint, child) = parent;
}

static void
program_add(Program *program, const Message *message)
{
	gint own = container(program, message->message_id), last = -1;

	for (guint i = 0; i < message->references->len; i++) {
		gint next = container(program, message->references->pdata[i]);

		if (g_array_index(program->parents, gint, next) < 0 &&
		    next != own)
			set_parent(program, next, last);
		last = next;
	}
	if (last < 0 && message->in_reply_to->len > 0)
		last = container(program, message->in_reply_to->pdata[0]);
	if (last >= 0) {
		g_array_index(program->parents, gint, own) = -1;
		set_parent(program, own, last);
	}
	g_array_append_val(program->mails, own);
}

static guint
program_threads(const Program *program)
{
	g_autoptr(GHashTable) roots = g_hash_table_new(NULL, NULL);

	for (guint i = 0; i < program->mails->len; i++)
		g_hash_table_add(roots,
		    GINT_TO_POINTER(root_of(program,
			g_array_index(program->mails, gint, i))));
	return g_hash_table_size(roots);
}

/* It must be able to say that there are two. */
static void
test_program(void)
{
	g_autoptr(Program) program = program_new();
	g_autoptr(Message) one = house_mail("1@x", ANN, "");
	g_autoptr(Message) two = house_mail("2@x", ANN, "");
	g_autoptr(Message) three = house_mail("3@x", ANN, "");

	program_add(program, one);
	program_add(program, two);
	g_assert_cmpuint(program_threads(program), ==, 2);
	g_ptr_array_add(three->references, g_strdup("1@x"));
	g_ptr_array_add(three->references, g_strdup("2@x"));
	program_add(program, three);
	g_assert_cmpuint(program_threads(program), ==, 1);
}

/* --- two hundred mails ------------------------------------------------------ */

typedef struct Talk {
	House *house;
	GPtrArray *mails; /* of Message: as the customer's program has them */
	guint letters;    /* of ours, seen so far */
} Talk;

static void
free_mail(gpointer data)
{
	message_free(data);
}

static Message *
as_seen(const char *id, const GPtrArray *in_reply_to,
    const GPtrArray *references)
{
	Message *message = house_mail(id, ANN, "");

	for (guint i = 0; i < in_reply_to->len; i++)
		g_ptr_array_add(message->in_reply_to,
		    g_strdup(in_reply_to->pdata[i]));
	for (guint i = 0; i < references->len; i++)
		g_ptr_array_add(message->references,
		    g_strdup(references->pdata[i]));
	return message;
}

static void
check_letter(const Message *letter, const char *octets)
{
	const char *field = strstr(octets, "\r\nReferences:");
	gsize length = 0;

	g_assert_nonnull(field);
	do
		length += strcspn(field + 2 + length, "\n") + 1;
	while (field[2 + length] == ' ');
	g_assert_cmpuint(length, <=, 2000);
	g_assert_cmpuint(letter->in_reply_to->len, ==, 1);
	/* For programs that read References alone. */
	g_assert_cmpstr(letter->in_reply_to->pdata[0], ==,
	    letter->references->pdata[letter->references->len - 1]);
	g_assert_null(strstr(octets, "\r\nThread-Index:"));
	g_assert_null(strstr(octets, "\r\nThread-Topic:"));
}

/* What has been written to ann since the last look. */
static void
receive(Talk *talk)
{
	g_autoptr(StoreTxn) txn = house_read(talk->house);
	g_autoptr(GPtrArray) rows = message_list(txn, 1001, NULL);
	guint n = 0;

	for (guint i = 0; i < rows->len; i++) {
		const MessageRow *row = rows->pdata[i];
		g_autoptr(GBytes) octets = NULL;
		g_autofree char *text = NULL;
		Message *letter;

		if (!g_str_equal(row->direction, "out") ||
		    !g_str_equal(row->visibility, "public") ||
		    n++ < talk->letters)
			continue;
		octets = message_octets(txn, row->raw, NULL);
		text = g_strndup(g_bytes_get_data(octets, NULL),
		    g_bytes_get_size(octets));
		letter = message_parse(octets, 0);
		check_letter(letter, text);
		g_ptr_array_add(talk->mails, letter);
		talk->letters++;
	}
}

/* Ann's program answers the newest letter; how well it says so differs:
 * References grow without end, or only In-Reply-To, or neither (QQ Mail). */
static void
customer_writes(Talk *talk, guint n)
{
	const Message *last = talk->mails->pdata[talk->mails->len - 1];
	g_autofree char *id = g_strdup_printf("%u@customer.example", n);
	Message *message = house_mail(id, ANN, "More");
	g_autofree char *to = house_keyed(talk->house, TOKEN_CUSTOMER, 1001,
	    house_party(talk->house, ANN));

	house_prove(message, "pass");
	house_text(&message->subject, last->subject);
	if (n % 7 != 6)
		g_ptr_array_add(message->in_reply_to,
		    g_strdup(last->message_id));
	for (guint i = 0; n % 7 < 5 && i < last->references->len; i++)
		g_ptr_array_add(message->references,
		    g_strdup(last->references->pdata[i]));
	if (n % 7 < 5)
		g_ptr_array_add(message->references,
		    g_strdup(last->message_id));
	g_ptr_array_add(talk->mails,
	    as_seen(id, message->in_reply_to, message->references));
	g_assert_cmpint(
	    house_take_at(talk->house, message, to, HOUSE_NOW + n * 60), ==,
	    1001);
}

static void
agent_answers(Talk *talk, guint n)
{
	g_autofree char *id = g_strdup_printf("%u@shop.example", n);
	Message *message = house_mail(id, OLGA, "Yes.");
	g_autofree char *to = house_keyed(talk->house, TOKEN_AGENT, 1001,
	    house_party(talk->house, OLGA));

	house_prove(message, "pass");
	house_take_at(talk->house, message, to, HOUSE_NOW + n * 60);
}

static void
talk_long(Talk *talk, guint mails)
{
	Message *first = house_mail("0@customer.example", ANN, "Hello");

	house_prove(first, "pass");
	g_ptr_array_add(talk->mails,
	    as_seen("0@customer.example", first->in_reply_to,
		first->references));
	house_take(talk->house, first, NULL);
	receive(talk);
	for (guint n = 1; talk->mails->len < mails; n++) {
		if (n % 2 == 0)
			agent_answers(talk, n);
		else
			customer_writes(talk, n);
		receive(talk);
	}
}

static void
shuffle(GPtrArray *mails)
{
	for (guint i = mails->len; i > 1; i--) {
		guint at = (guint)g_test_rand_int_range(0, (gint32)i);
		gpointer mail = mails->pdata[i - 1];

		mails->pdata[i - 1] = mails->pdata[at];
		mails->pdata[at] = mail;
	}
}

static guint
threads_of(const GPtrArray *mails)
{
	g_autoptr(Program) program = program_new();

	for (guint i = 0; i < mails->len; i++)
		program_add(program, mails->pdata[i]);
	return program_threads(program);
}

static void
test_long(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GPtrArray) mails = g_ptr_array_new_with_free_func(free_mail);
	g_autoptr(GHashTable) subjects =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Talk talk = { house, mails, 0 };

	talk_long(&talk, 200);
	g_assert_cmpuint(mails->len, ==, 200);
	g_assert_cmpuint(talk.letters, >, 95);
	g_assert_cmpuint(threads_of(mails), ==, 1);
	/* Gmail looks at the subject too: it stays what it was. */
	for (guint i = 2; i < mails->len; i++) {
		const Message *mail = mails->pdata[i];

		if (strstr(mail->message_id, "shop.example") != NULL)
			g_hash_table_add(subjects, g_strdup(mail->subject));
	}
	g_assert_cmpuint(g_hash_table_size(subjects), ==, 1);
	for (guint i = 0; i < 20; i++) {
		shuffle(mails);
		g_assert_cmpuint(threads_of(mails), ==, 1);
	}
}

/* --- fifty conversations at once ---------------------------------------------- */

enum { TALKS = 50, TURNS = 10 };

typedef struct Turns {
	gint64 ticket; /* 0: none yet */
	guint order[TURNS];
	guint next;
} Turns;

static char *
id_of(guint talk, guint turn)
{
	return g_strdup_printf("%u.%u@d%u.example", talk, turn, talk);
}

static char *
author_of(guint talk)
{
	return g_strdup_printf("c%u@d%u.example", talk, talk);
}

/* How a talk proves where its mails belong. Two kinds may come in any order,
 * since they name ids; the others need the ticket first. */
typedef enum Habit {
	HABIT_ALL_IDS, /* References to all mails before */
	HABIT_KEY,
	HABIT_OWN_ID,
	HABIT_QUOTE,
	HABIT_NUMBER,
	HABITS,
} Habit;

static char *
add_proof(House *house, Message *message, guint talk, guint turn, gint64 ticket)
{
	g_autofree char *author = author_of(talk);
	gint64 party = house_party(house, author);
	g_autofree char *token = NULL, *text = NULL;

	if (talk % HABITS == HABIT_ALL_IDS)
		for (guint i = 0; i < turn; i++)
			g_ptr_array_add(message->references, id_of(talk, i));
	if (ticket == 0)
		return NULL;
	switch ((Habit)(talk % HABITS)) {
	case HABIT_KEY:
		return house_keyed(house, TOKEN_CUSTOMER, ticket, party);
	case HABIT_OWN_ID:
		g_ptr_array_add(message->in_reply_to,
		    house_own_id(house, ticket, party));
		break;
	case HABIT_QUOTE:
		token = token_make(house->keys, TOKEN_QUOTE, ticket, party);
		text = g_strdup_printf("More\n> Ref: %s\n", token);
		house_text(&message->body_text, text);
		break;
	case HABIT_NUMBER:
		text = g_strdup_printf("Re: [#%" G_GINT64_FORMAT "] x", ticket);
		house_text(&message->subject, text);
		break;
	default:
		break;
	}
	return NULL;
}

/* What leads to another talk, and must not. */
static void
add_decoys(Message *message, guint talk)
{
	guint other = (talk + 1) % TALKS;
	g_autofree char *subject = NULL;

	g_ptr_array_insert(message->references, 0, id_of(other, 0));
	if (talk % HABITS == HABIT_NUMBER)
		return;
	subject = g_strdup_printf("Re: [#%u] Parcel", 1001 + other);
	house_text(&message->subject, subject);
}

static void
take_turn(House *house, Turns *turns, guint talk, gint64 now)
{
	guint turn = turns->order[turns->next++];
	g_autofree char *id = id_of(talk, turn), *author = author_of(talk);
	Message *message = house_mail(id, author, "More");
	g_autofree char *to = NULL;
	gint64 ticket;

	house_prove(message, "pass");
	to = add_proof(house, message, talk, turn, turns->ticket);
	if (g_test_rand_bit())
		add_decoys(message, talk);
	ticket = house_take_at(house, message, to, now);
	if (turns->ticket == 0)
		turns->ticket = ticket;
	g_assert_cmpint(ticket, ==, turns->ticket);
}

static void
set_order(Turns *turns, guint talk)
{
	for (guint i = 0; i < TURNS; i++)
		turns->order[i] = i;
	for (guint i = TURNS; talk % HABITS == HABIT_ALL_IDS && i > 1; i--) {
		guint at = (guint)g_test_rand_int_range(0, (gint32)i);
		guint old = turns->order[i - 1];

		turns->order[i - 1] = turns->order[at];
		turns->order[at] = old;
	}
}

static void
test_many(House *house, gconstpointer data G_GNUC_UNUSED)
{
	Turns turns[TALKS] = { 0 };
	g_autoptr(GHashTable) tickets = g_hash_table_new(NULL, NULL);
	g_autoptr(StoreTxn) txn = NULL;
	g_autoptr(GPtrArray) rows = NULL;

	for (guint i = 0; i < TALKS; i++)
		set_order(&turns[i], i);
	for (guint done = 0; done < TALKS * TURNS;) {
		guint talk = (guint)g_test_rand_int_range(0, TALKS);

		if (turns[talk].next == TURNS)
			continue;
		take_turn(house, &turns[talk], talk, HOUSE_NOW + done++);
	}
	for (guint i = 0; i < TALKS; i++)
		g_hash_table_add(tickets,
		    GINT_TO_POINTER((gint)turns[i].ticket));
	g_assert_cmpuint(g_hash_table_size(tickets), ==, TALKS);
	txn = house_read(house);
	rows = ticket_list(txn, NULL, NULL, 0, 1000, NULL);
	g_assert_cmpuint(rows->len, ==, TALKS);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/conversation/the threader tells two from one",
	    test_program);
	g_test_add("/conversation/AC-14: two hundred mails are one thread",
	    House, NULL, house_set_up, test_long, house_tear_down);
	for (guint i = 0; i < 4; i++) {
		g_autofree char *path = g_strdup_printf(
		    "/conversation/AC-09: five hundred mails of fifty talks "
		    "are fifty tickets, order %u",
		    i + 1);

		g_test_add(path, House, NULL, house_set_up, test_many,
		    house_tear_down);
	}
	return g_test_run();
}
