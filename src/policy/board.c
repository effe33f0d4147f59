/* board.c - see board.h. Read by site.c; asked by daemon/board.
 *
 * The states of a ticket on a board: our row says where we last put it
 * (folder, flag), the ticket says where it belongs, the account shows where it
 * is. Where the account differs from the row, an agent has spoken, unless the
 * row says that a change of ours was under way. */
#include "policy/board.h"

#include <string.h>

#include "mail/address.h"

const ConfigOption board_options[] = {
	{ "board", "", CONFIG_NAME, "desk", NULL, TRUE,
	    "an IMAP account that shows the tickets as they stand" },
	{ "board", "imap", CONFIG_TEXT, NULL, NULL, TRUE,
	    "imaps://user@host/FOLDER; the folders are made below FOLDER" },
	{ "board", "imap-tls", CONFIG_CHOICE, "starttls", "starttls|none",
	    FALSE, "what imap:// does; none only on loopback" },
	{ "board", "imap-sweep", CONFIG_SPAN, "1m", "1s..5m", FALSE,
	    "all of it is looked at at least this often" },
	{ "board", "folders", CONFIG_LIST, "New, Open, Waiting, Closed", NULL,
	    FALSE, "names of the four folders" },
	{ "board", "per-queue", CONFIG_BOOL, "no", NULL, FALSE,
	    "each queue has its own four folders" },
	{ "board", "queues", CONFIG_LIST, NULL, NULL, FALSE,
	    "queues whose tickets are shown; none: all" },
	{ "board", "agent", CONFIG_ADDRESS, NULL, NULL, FALSE,
	    "whose a ticket becomes that is flagged; none: the user, if he "
	    "is an agent" },
	{ "board", "keep-closed", CONFIG_SPAN, "14d", "1m..365d", FALSE,
	    "closed tickets are shown so long" },
	{ "board", "password-file", CONFIG_PATH, NULL, NULL, FALSE,
	    "file whose first line is the password" },
	{ "board", "password-command", CONFIG_TEXT, NULL, NULL, FALSE,
	    "program whose first line of output is the password" },
	{ "board", "password", CONFIG_TEXT, NULL, NULL, FALSE,
	    "the password itself; a file or command is safer" },
	{ NULL, NULL, CONFIG_TEXT, NULL, NULL, FALSE, NULL },
};

/* What an agent says by moving a ticket to a column; NULL: nothing. */
static const char *const verbs[BOARD_COLUMNS] = { NULL, "open", "wait",
	"close" };

/* --- configuration -------------------------------------------------------- */

static void
board_free(gpointer data)
{
	Board *board = data;

	g_free(board->name);
	endpoint_free(board->endpoint);
	for (guint i = 0; i < BOARD_COLUMNS; i++)
		g_free(board->columns[i]);
	g_ptr_array_unref(board->queues);
	g_free(board->agent);
	g_free(board);
}

static void
read_columns(Board *board, const Site *site, GPtrArray *errors)
{
	const char *const *words = config_list(board->section, "folders");

	for (guint i = 0; i < BOARD_COLUMNS; i++) {
		const char *word = words != NULL && words[i] != NULL ? words[i]
								     : "";

		for (guint j = 0; j < i; j++)
			if (g_str_equal(word, board->columns[j]))
				word = "";
		board->columns[i] = g_strdup(word);
		if (*word != '\0' && strpbrk(word, "/%*\"\\") == NULL &&
		    (i + 1 < BOARD_COLUMNS || words[i + 1] == NULL))
			continue;
		config_error(site->config, errors, board->section, "folders",
		    "four different names are wanted, without / %% * \" \\, "
		    "for what is new, open, waiting, closed");
		break;
	}
}

static void
read_queues(Board *board, const Site *site, GPtrArray *errors)
{
	const char *const *words = config_list(board->section, "queues");

	for (guint i = 0; words != NULL && words[i] != NULL; i++) {
		if (site_queue(site, words[i]) == NULL)
			config_error(site->config, errors, board->section,
			    "queues",
			    "queue \"%s\" is not there; add [queue %s]",
			    words[i], words[i]);
		g_ptr_array_add(board->queues, g_strdup(words[i]));
	}
}

static void
read_agent(Board *board, const Site *site)
{
	const char *named = config_text(board->section, "agent");

	board->agent =
	    address_fold(*named != '\0' ? named : board->endpoint->user);
	/* One who is named may be an agent of the store (policy/roster). */
	if (*named == '\0' && !site_is_agent(site, board->agent))
		*board->agent = '\0';
}

static Board *
board_read(const Site *site, const ConfigSection *section, GPtrArray *errors)
{
	const char *url = config_text(section, "imap");
	g_autoptr(GError) error = NULL;
	g_autoptr(Endpoint) endpoint = NULL;
	Board *board;

	if (*url == '\0')
		return NULL; /* said by the table: it is required */
	endpoint = endpoint_parse(url, "imap", &error);
	if (endpoint == NULL || *endpoint->user == '\0') {
		config_error(site->config, errors, section, "imap", "%s",
		    error != NULL ? error->message
				  : "no user is named; write "
				    "imaps://user@host/FOLDER");
		return NULL;
	}
	board = g_new0(Board, 1);
	board->name = g_strdup(config_section_name(section));
	board->section = section;
	board->endpoint = g_steal_pointer(&endpoint);
	board->per_queue = config_bool(section, "per-queue");
	board->keep = config_number(section, "keep-closed");
	board->queues = g_ptr_array_new_with_free_func(g_free);
	read_columns(board, site, errors);
	read_queues(board, site, errors);
	read_agent(board, site);
	return board;
}

GPtrArray *
board_list(const Site *site, GPtrArray *errors)
{
	g_autoptr(GPtrArray) rows = config_sections(site->config, "board");
	GPtrArray *boards = g_ptr_array_new_with_free_func(board_free);

	for (guint i = 0; i < rows->len; i++) {
		const char *name = config_section_name(rows->pdata[i]);
		Board *board = name != NULL && *name != '\0'
				   ? board_read(site, rows->pdata[i], errors)
				   : NULL;

		if (board != NULL)
			g_ptr_array_add(boards, board);
	}
	return boards;
}

/* --- where a ticket belongs ----------------------------------------------- */

static gboolean
shows_queue(const Board *board, const char *queue)
{
	return board->queues->len == 0 ||
	       g_ptr_array_find_with_equal_func(board->queues, queue,
		   g_str_equal, NULL);
}

static char *
folder_of(const Board *board, const char *queue, BoardColumn column)
{
	return board->per_queue
		   ? g_strconcat(queue, "/", board->columns[column], NULL)
		   : g_strdup(board->columns[column]);
}

GPtrArray *
board_folders(const Board *board, const Site *site)
{
	GPtrArray *folders = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < site->queues->len; i++) {
		const Queue *queue = site->queues->pdata[i];

		for (guint c = 0; shows_queue(board, queue->name) &&
				  c < BOARD_COLUMNS && (board->per_queue ||
				      folders->len < BOARD_COLUMNS);
		     c++)
			g_ptr_array_add(folders,
			    folder_of(board, queue->name, (BoardColumn)c));
	}
	return folders;
}

guint
board_version(const char *version)
{
	return g_str_hash(version);
}

void
board_wish(const Board *board, const BoardTicket *ticket, gint64 agent,
    BoardWish *wish)
{
	BoardColumn column = BOARD_CLOSED;

	*wish = (BoardWish){ 0 };
	if (ticket == NULL || !shows_queue(board, ticket->queue))
		return;
	if (g_str_equal(ticket->state, "new"))
		column = BOARD_NEW;
	else if (g_str_equal(ticket->state, "open"))
		column = BOARD_OPEN;
	else if (g_str_equal(ticket->state, "waiting"))
		column = BOARD_WAITING;
	wish->wanted = TRUE;
	wish->folder = folder_of(board, ticket->queue, column);
	wish->flagged = ticket->agent != 0 &&
			(*board->agent == '\0' || ticket->agent == agent);
	wish->version = g_strdup(ticket->version);
}

void
board_wish_clear(BoardWish *wish)
{
	g_clear_pointer(&wish->folder, g_free);
	g_clear_pointer(&wish->version, g_free);
}

/* --- what is to be done --------------------------------------------------- */

/* Of several in one folder the newest. */
static BoardFound *
best_in(BoardFound *found, guint count, const char *folder)
{
	BoardFound *best = NULL;

	for (guint i = 0; i < count; i++)
		if (!found[i].deleted &&
		    (folder == NULL || g_str_equal(found[i].folder, folder)) &&
		    (best == NULL || found[i].uid > best->uid))
			best = &found[i];
	return best;
}

static gboolean
is_settled(const BoardItem *item)
{
	return item != NULL && *item->going == '\0';
}

/* Programs without MOVE copy first and delete then: while both are there, it
 * may be either. Where nobody's change is under way the one that we put there
 * counts, else the one that is where it belongs. */
static BoardFound *
choose(const BoardItem *item, const BoardWish *wish, BoardFound *found,
    guint count)
{
	BoardFound *best = NULL;

	if (is_settled(item))
		best = best_in(found, count, item->folder);
	if (best == NULL)
		best = best_in(found, count, wish->folder);
	return best != NULL ? best : best_in(found, count, NULL);
}

static guint
alive(const BoardFound *found, guint count)
{
	guint n = 0;

	for (guint i = 0; i < count; i++)
		n += !found[i].deleted;
	return n;
}

/* "billing/Open" into the queue and the column. */
static void
take_apart(const Board *board, const char *folder, const char **column,
    char **queue)
{
	const char *slash = board->per_queue ? strrchr(folder, '/') : NULL;

	*column = slash != NULL ? slash + 1 : folder;
	*queue = slash != NULL ? g_strndup(folder, (gsize)(slash - folder))
			       : g_strdup("");
}

/* He has moved it from item->folder, where it belongs. */
static void
read_move(const Board *board, const BoardItem *item, BoardPlan *plan)
{
	const char *column, *from_column;
	g_autofree char *queue = NULL, *from_queue = NULL;

	take_apart(board, plan->heard->folder, &column, &queue);
	take_apart(board, item->folder, &from_column, &from_queue);
	for (guint i = 0; i < BOARD_COLUMNS; i++)
		if (g_str_equal(column, board->columns[i]) &&
		    !g_str_equal(column, from_column))
			plan->verb = verbs[i];
	if (!g_str_equal(queue, from_queue))
		plan->queue = g_steal_pointer(&queue);
	plan->late = plan->verb == NULL && plan->queue == NULL;
}

/* TRUE if an agent has spoken by that message. */
static gboolean
listen_to(const Board *board, const BoardItem *item, const BoardWish *wish,
    BoardFound *one, BoardPlan *plan)
{
	plan->heard = one;
	if (!g_str_equal(one->folder, item->folder) &&
	    !g_str_equal(one->folder, wish->folder)) {
		if (g_str_equal(wish->folder, item->folder) ||
		    g_str_equal(wish->folder, item->going))
			read_move(board, item, plan);
		else
			plan->late = TRUE;
	}
	if (*board->agent != '\0' && is_settled(item) &&
	    one->flagged != item->flagged && one->flagged != wish->flagged)
		plan->claim = one->flagged ? "take" : "release";
	return plan->verb != NULL || plan->queue != NULL ||
	       plan->claim != NULL || plan->late;
}

/* One by which an agent has spoken, though another one is to be kept. Settled:
 * it shows what was before; it has been replaced, and had nobody touched it at
 * that moment, it would be gone. Else it is where nothing of ours leads. */
static BoardFound *
find_moved(const BoardItem *item, const BoardPlan *plan, BoardFound *found,
    guint count)
{
	for (guint i = 0; item != NULL && i < count; i++) {
		BoardFound *one = &found[i];

		if (one->deleted)
			continue;
		if (!is_settled(item) &&
		    !g_str_equal(one->folder, item->folder) &&
		    !g_str_equal(one->folder, item->going))
			return one;
		if (is_settled(item) && one != plan->keep &&
		    plan->keep->version == board_version(item->version) &&
		    one->version != plan->keep->version)
			return one;
	}
	return NULL;
}

/* Nobody has: it is made what it should be. */
static void
put_right(const BoardItem *item, const BoardWish *wish, BoardPlan *plan)
{
	const BoardFound *keep = plan->keep;

	if (keep->version != board_version(wish->version)) {
		plan->add = TRUE;
		plan->keep->extra = TRUE;
		return;
	}
	plan->move = !g_str_equal(keep->folder, wish->folder);
	plan->flag = keep->flagged != wish->flagged;
	plan->record = !plan->move && !plan->flag &&
		       (!is_settled(item) || item->flagged != keep->flagged ||
			   !g_str_equal(item->folder, keep->folder) ||
			   !g_str_equal(item->version, wish->version));
}

static void
mark_extra(const BoardPlan *plan, BoardFound *found, guint count)
{
	for (guint i = 0; i < count; i++)
		found[i].extra = &found[i] != plan->keep;
}

void
board_plan(const Board *board, const BoardItem *item, const BoardWish *wish,
    BoardFound *found, guint count, gboolean patient, BoardPlan *plan)
{
	gboolean ours = !is_settled(item);
	BoardFound *moved;

	*plan = (BoardPlan){ 0 };
	if (!wish->wanted) {
		mark_extra(plan, found, count);
		plan->drop = item != NULL && count == 0;
		return;
	}
	plan->keep = choose(item, wish, found, count);
	if (plan->keep == NULL) {
		/* In the middle of a move it is nowhere, or only \Deleted. */
		plan->add = ours || patient;
		plan->unsure = !plan->add;
		if (plan->add)
			mark_extra(plan, found, count);
		return;
	}
	moved = find_moved(item, plan, found, count);
	if (!ours && !patient && moved == NULL && alive(found, count) > 1) {
		plan->unsure = TRUE;
		return;
	}
	mark_extra(plan, found, count);
	if (moved != NULL && listen_to(board, item, wish, moved, plan))
		return;
	if (!ours && listen_to(board, item, wish, plan->keep, plan))
		return;
	put_right(item, wish, plan);
}
