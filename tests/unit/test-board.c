/* test-board.c - what a board does about what it finds, and what its message
 * shows. */
#include "policy/board.h"

#include "house.h"
#include "mail/compose.h"
#include "policy/board_page.h"
#include "store/boards.h"

#define BOARD                                                                  \
	HOUSE_CONFIG "[board desk]\nimap = imaps://desk@mail.shop.example/Desk\n"  \
		     "agent = olga@shop.example\npassword = x\n"               \
		     "[board queues]\nimap = imaps://sara@mail.shop.example\n" \
		     "per-queue = yes\npassword = x\n"                         \
		     "folders = Neu, Offen, Wartet, Zu\n"

/* Messages as "Folder", "Folder!" flagged, "Folder-" deleted, "~Folder" that
 * shows what was before; the UID is the place in the list. What is done: verb claim queue= late add move flag record
 * drop unsure; then the extra ones by UID. */
static const struct {
	const char *title;
	const char *row; /* as a message; "A>B": going to B; NULL: none */
	const char *wish; /* as a message; "": not wanted */
	const char *found;
	const char *plan;
	gboolean patient;
	gboolean old; /* its message shows what was before */
} plans[] = {
	{ "a new ticket is added", NULL, "New", "", "add", FALSE, FALSE },
	{ "nothing has changed", "Open", "Open", "Open", "", FALSE, FALSE },
	{ "the ticket has moved on", "New", "Open", "New", "move", FALSE,
	    FALSE },
	{ "an agent closes it", "Open", "Open", "Closed", "close", FALSE,
	    FALSE },
	{ "an agent lets it wait", "New", "New", "Waiting", "wait", FALSE,
	    FALSE },
	{ "an agent opens it again", "Closed", "Closed", "Open", "open", FALSE,
	    FALSE },
	{ "moved to New it says nothing", "Open", "Open", "New", "late", FALSE,
	    FALSE },
	{ "moved where it belongs by now", "New", "Open", "Open", "record",
	    FALSE, FALSE },
	{ "his word comes too late", "Waiting", "Open", "Closed", "late", FALSE,
	    FALSE },
	{ "he takes it", "Open", "Open", "Open!", "take", FALSE, FALSE },
	{ "he lets it go", "Open!", "Open!", "Open", "release", FALSE, FALSE },
	{ "he takes it and closes it", "Open", "Open", "Closed!", "close take",
	    FALSE, FALSE },
	{ "it was assigned elsewhere", "Open", "Open!", "Open", "flag", FALSE,
	    FALSE },
	{ "both have given it to him", "Open", "Open!", "Open!", "record",
	    FALSE, FALSE },
	{ "moved and assigned by us", "New", "Open!", "New", "move flag", FALSE,
	    FALSE },
	{ "there are new words", "Open", "Open", "Open", "add 1", FALSE, TRUE },
	{ "new words wait for his word", "Open", "Open", "Closed", "close",
	    FALSE, TRUE },
	{ "in the middle of a move it is nowhere", "Open", "Open", "", "unsure",
	    FALSE, FALSE },
	{ "somebody has deleted it", "Open", "Open", "", "add", TRUE, FALSE },
	{ "or is about to", "Open", "Open", "Open-", "unsure", FALSE, FALSE },
	{ "or has marked it only", "Open", "Open", "Open-", "add 1", TRUE,
	    FALSE },
	{ "copied, not yet removed", "Open", "Open", "Open Closed", "unsure",
	    FALSE, FALSE },
	{ "copied and marked: moved", "Open", "Open", "Open- Closed",
	    "close 1", FALSE, FALSE },
	{ "a copy that stays is none", "Open", "Open", "Open Closed", "2",
	    TRUE, FALSE },
	{ "he moved it just when it was made anew", "Open", "Open",
	    "Open ~Closed", "close 2", FALSE, FALSE },
	{ "or flagged it", "Open", "Open", "~Open! Open", "take 1", FALSE,
	    FALSE },
	{ "and was heard then", "Open", "Closed", "Open ~Closed", "move 2",
	    FALSE, FALSE },
	{ "or came too late", "Waiting", "Open", "Waiting ~Closed", "late 2",
	    FALSE, FALSE },
	{ "a crash before our move", "New>Open", "Open", "New", "move", FALSE,
	    FALSE },
	{ "a crash after our move", "New>Open", "Open", "Open", "record", FALSE,
	    FALSE },
	{ "and the ticket has moved on since", "New>Open", "Waiting", "Open",
	    "move", FALSE, FALSE },
	{ "and even back", "Open>Waiting", "Open", "Waiting", "move", FALSE,
	    FALSE },
	{ "a crash between copy and removal", "New>Open", "Open", "New Open",
	    "record 1", FALSE, FALSE },
	{ "a crash before our flag", "Open>Open", "Open!", "Open", "flag",
	    FALSE, FALSE },
	{ "a crash while it was added: nothing is there", "Open>Open", "Open",
	    "", "add", FALSE, FALSE },
	{ "the old one is", "Open>Open", "Open", "~Open", "add 1", FALSE,
	    FALSE },
	{ "both are", "Open>Open", "Open", "~Open Open", "record 1", FALSE,
	    FALSE },
	{ "the old one, moved by an agent", "Open>Open", "Open", "~Waiting",
	    "wait", FALSE, FALSE },
	{ "both, and the old one moved", "Open>Open", "Open", "~Waiting Open",
	    "wait 1", FALSE, FALSE },
	{ "both, and the new one moved", "Open>Open", "Open", "~Open Closed",
	    "close 2", FALSE, FALSE },
	{ "moved by an agent while we moved it", "New>Open", "Open", "Closed",
	    "close", FALSE, FALSE },
	{ "but the ticket has moved on", "New>Open", "Waiting", "Closed",
	    "late", FALSE, FALSE },
	{ "the store has lost its rows", NULL, "Open", "Closed", "move", FALSE,
	    FALSE },
	{ "a ticket that is spam, merged or erased goes", "Open", "",
	    "Open Closed-", "1 2", FALSE, FALSE },
	{ "and then its row", "Open", "", "", "drop", FALSE, FALSE },
	{ "and what nobody knows", NULL, "", "Open", "1", FALSE, FALSE },
};

typedef struct Word {
	char *folder;
	gboolean flagged, deleted, stale;
	char *going;
} Word;

static Word
read_word(const char *text)
{
	const char *to = strchr(text, '>');
	Word word = { 0 };

	word.stale = *text == '~';
	word.folder = to != NULL ? g_strndup(text, (gsize)(to - text))
				 : g_strdup(text + word.stale);
	word.going = g_strdup(to != NULL ? to + 1 : "");
	word.flagged = g_str_has_suffix(text, "!");
	word.deleted = g_str_has_suffix(text, "-");
	if (word.flagged || word.deleted)
		word.folder[strlen(word.folder) - 1] = '\0';
	return word;
}

static void
say(GString *out, gboolean when, const char *text)
{
	if (when)
		g_string_append_printf(out, "%s%s", out->len > 0 ? " " : "",
		    text);
}

static char *
in_words(const BoardPlan *plan, const BoardFound *found, guint count)
{
	GString *out = g_string_new(NULL);

	say(out, plan->queue != NULL, plan->queue);
	say(out, plan->verb != NULL, plan->verb);
	say(out, plan->claim != NULL, plan->claim);
	say(out, plan->late, "late");
	say(out, plan->unsure, "unsure");
	say(out, plan->add, "add");
	say(out, plan->move, "move");
	say(out, plan->flag, "flag");
	say(out, plan->record, "record");
	say(out, plan->drop, "drop");
	for (guint i = 0; i < count; i++) {
		g_autofree char *uid = g_strdup_printf("%u", found[i].uid);

		say(out, found[i].extra, uid);
	}
	return g_string_free(out, FALSE);
}

static char *
plan_of(const Board *board, const char *row, const char *want,
    const char *lies, gboolean patient, gboolean old)
{
	g_auto(GStrv) words = g_strsplit_set(lies, " ", -1);
	g_autoptr(BoardItem) item = NULL;
	BoardFound found[4] = { 0 };
	BoardWish wish = { 0 };
	BoardPlan plan;
	guint count = 0;
	char *said;

	if (row != NULL) {
		Word word = read_word(row);

		item = board_item_new(7);
		g_free(item->folder);
		item->folder = word.folder;
		item->flagged = word.flagged;
		g_free(item->going);
		item->going = word.going;
		g_free(item->version);
		item->version = g_strdup(old ? "1" : "2");
	}
	if (*want != '\0') {
		Word word = read_word(want);

		g_free(word.going);
		wish = (BoardWish){ TRUE, word.folder, word.flagged,
			g_strdup("2") };
	}
	for (; words[count] != NULL && *words[count] != '\0'; count++) {
		Word word = read_word(words[count]);

		g_free(word.going);
		found[count] = (BoardFound){ word.folder, count + 1,
			word.flagged, word.deleted, FALSE,
			board_version(word.stale || old ? "1" : "2"), FALSE };
	}
	board_plan(board, item, &wish, found, count, patient, &plan);
	said = in_words(&plan, found, count);
	for (guint i = 0; i < count; i++)
		g_free((char *)found[i].folder);
	g_free(plan.queue);
	board_wish_clear(&wish);
	return said;
}

static void
test_plan(House *house, gconstpointer data)
{
	const Board *board = house->site->boards->pdata[0];

	(void)data;
	for (guint i = 0; i < G_N_ELEMENTS(plans); i++) {
		g_autofree char *got =
		    plan_of(board, plans[i].row, plans[i].wish, plans[i].found,
			plans[i].patient, plans[i].old);

		g_test_message("%s", plans[i].title);
		g_assert_cmpstr(got, ==, plans[i].plan);
	}
}

/* --- queues of their own ---------------------------------------------------- */

static void
test_queues(House *house, gconstpointer data)
{
	const Board *board = house->site->boards->pdata[1];
	g_autoptr(GPtrArray) folders = board_folders(board, house->site);
	static const struct {
		const char *from, *to, *plan;
	} rows[] = {
		{ "general/Offen", "general/Zu", "close" },
		{ "general/Offen", "sales/Offen", "sales" },
		{ "general/Neu", "sales/Wartet", "sales wait" },
	};

	(void)data;
	g_assert_cmpuint(folders->len, ==, 8);
	g_assert_cmpstr(folders->pdata[0], ==, "general/Neu");
	g_assert_cmpstr(folders->pdata[7], ==, "sales/Zu");
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = plan_of(board, rows[i].from,
		    rows[i].from, rows[i].to, FALSE, FALSE);

		g_assert_cmpstr(got, ==, rows[i].plan);
	}
}

/* Without an agent whose account it is a flag is nobody's word. */
static void
test_nobody(House *house, gconstpointer data)
{
	g_autofree char *got =
	    plan_of(house->site->boards->pdata[1], "general/Offen",
		"general/Offen", "general/Offen!", FALSE, FALSE);

	(void)data;
	g_assert_cmpstr(got, ==, "flag");
}

/* --- the message ------------------------------------------------------------ */

static void
test_page(House *house, gconstpointer data)
{
	const Board *board = house->site->boards->pdata[0];
	g_autoptr(GError) error = NULL;
	Message *mail = house_mail("q1@customer.example",
	    "ann@customer.example", "Parcel 7 has not come.");
	g_autoptr(StoreTxn) txn = NULL;
	g_autoptr(GBytes) octets = NULL;
	g_autofree char *text = NULL, *key = NULL;
	gboolean news;
	guint version;
	gint64 ticket = house_take(house, mail, NULL);

	(void)data;
	txn = store_begin_read(house->store, &error);
	octets = board_page(txn, &house->desk, board, ticket, "1.2", HOUSE_NOW,
	    &news, &error);
	g_assert_no_error(error);
	g_assert_true(compose_lint(octets, &error));
	g_assert_true(news);
	text = g_strndup(g_bytes_get_data(octets, NULL),
	    g_bytes_get_size(octets));
	g_assert_nonnull(strstr(text, "Subject: [#1001] Where is my parcel?"));
	g_assert_nonnull(strstr(text, "Parcel 7 has not come."));
	g_assert_nonnull(strstr(text, "ann@customer.example"));
	g_assert_null(strstr(text, "We have received")); /* its ack */
	key = board_key(board, house->keys, ticket, "1.2");
	g_assert_nonnull(strstr(text, key));
	g_assert_cmpint(board_key_ticket(board, house->keys, key, &version), ==,
	    ticket);
	g_assert_cmpuint(version, ==, board_version("1.2"));
	g_assert_cmpint(board_key_ticket(house->site->boards->pdata[1],
			    house->keys, key, &version),
	    ==, 0);
	g_assert_cmpint(board_key_ticket(board, house->keys, "forged", &version),
	    ==, 0);
}

/* What its message shows has a version; state is not in it. */
static void
test_version(House *house, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	Message *mail = house_mail("q1@customer.example",
	    "ann@customer.example", "One.");
	Message *more = house_mail("q2@customer.example",
	    "ann@customer.example", "Two.");
	g_autoptr(GPtrArray) before = NULL, closed = NULL, after = NULL;
	g_autoptr(Ticket) ticket = NULL;
	g_autoptr(StoreTxn) txn = NULL;
	gint64 id = house_take(house, mail, NULL);

	(void)data;
	txn = store_begin(house->store, &error);
	before = board_tickets(txn, HOUSE_NOW - 60, &error);
	ticket = ticket_by_id(txn, id, &error);
	house_text(&ticket->state, "closed");
	ticket->resolved = HOUSE_NOW;
	ticket_update(txn, ticket, &error);
	closed = board_tickets(txn, HOUSE_NOW - 60, &error);
	g_assert_cmpuint(closed->len, ==, 1);
	g_assert_cmpstr(((BoardTicket *)before->pdata[0])->version, ==,
	    ((BoardTicket *)closed->pdata[0])->version);
	g_clear_pointer(&closed, g_ptr_array_unref);
	closed = board_tickets(txn, HOUSE_NOW + 60, &error);
	g_assert_cmpuint(closed->len, ==, 0); /* shown for long enough */
	g_clear_pointer(&txn, store_rollback);
	house_field(more, "In-Reply-To", "<q1@customer.example>");
	g_ptr_array_add(more->in_reply_to, g_strdup("q1@customer.example"));
	g_assert_cmpint(house_take(house, more, NULL), ==, id);
	txn = store_begin_read(house->store, &error);
	after = board_tickets(txn, HOUSE_NOW, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(((BoardTicket *)before->pdata[0])->version, !=,
	    ((BoardTicket *)after->pdata[0])->version);
}

/* --- configuration ----------------------------------------------------------- */

static void
set_up(House *house, gconstpointer data)
{
	(void)data;
	house_build(house, BOARD);
}

static void
test_config(void)
{
	static const struct {
		const char *lines, *fault;
	} rows[] = {
		{ "imap = imaps://mail.shop.example", "no user is named" },
		{ "imap = imaps://desk@mail.shop.example\nfolders = New, Open",
		    "four different names" },
		{ "imap = imaps://desk@mail.shop.example\n"
		  "folders = A, B, C, A",
		    "four different names" },
		{ "imap = imaps://desk@mail.shop.example\nqueues = sale",
		    "queue \"sale\" is not there" },
		{ "folders = A, B, C, D", "imap" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *dir = g_dir_make_tmp("javob-board-XXXXXX", NULL);
		g_autofree char *path =
		    g_build_filename(dir, "javob.conf", NULL);
		g_autofree char *text = g_strconcat(HOUSE_CONFIG,
		    "[board desk]\n", rows[i].lines, "\n", NULL);
		g_autoptr(Site) site = NULL;

		g_file_set_contents(path, text, -1, NULL);
		site = options_load(path, &error);
		g_assert_null(site);
		g_assert_nonnull(strstr(error->message, rows[i].fault));
		house_remove(dir);
	}
}

#define TEST(title, function)                                                  \
	g_test_add("/board/" title, House, NULL, set_up, function,             \
	    house_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	TEST("what is found becomes what is done", test_plan);
	TEST("each queue has its folders, and a move between them moves it",
	    test_queues);
	TEST("a flag is nobody's word where there is no agent", test_nobody);
	TEST("its message shows the conversation under a key", test_page);
	TEST("a message is made anew for new words, not for a state",
	    test_version);
	g_test_add_func("/board/what is no board is said", test_config);
	return g_test_run();
}
