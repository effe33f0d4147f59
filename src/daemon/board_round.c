/* board_round.c - see board.h. Called by board.c, the role.
 *
 * Look, think, obey, change, write down. A change of ours is first noted
 * in the row (going), then made, then noted as made: who dies in between
 * finds by the rows what may be his own doing, and never takes it for an
 * agent's. An agent's word and the row that says that it was heard are one
 * commit. */
#include "daemon/board.h"

#include "ground/clock.h"
#include "ground/error.h"
#include "ground/log.h"
#include "policy/act.h"
#include "policy/board_page.h"
#include "store/parties.h"
#include "store/tickets.h"

enum {
	PATIENCE_MS = 3000, /* a mail program copies, then deletes */
	BATCH = 100,        /* tickets between two notes in the store */
};

/* One ticket, or a message with the key of one that is gone. */
typedef struct Entry {
	gint64 id;
	const BoardItem *item;     /* or NULL */
	const BoardTicket *ticket; /* or NULL */
	GArray *found;             /* of BoardFound */
	BoardWish wish;
	BoardPlan plan;
	GBytes *page; /* to be added */
	gboolean news;
} Entry;

/* All that is known of the board at the time of a round. */
typedef struct View {
	GPtrArray *items, *tickets;
	gint64 agent;        /* address row of board->agent, or 0 */
	GPtrArray *folders;  /* of char *: of the board, and where rows say */
	GHashTable *entries; /* ticket id to Entry */
	GPtrArray *order;    /* the entries */
} View;

static void
entry_free(gpointer data)
{
	Entry *entry = data;

	g_array_unref(entry->found);
	board_wish_clear(&entry->wish);
	g_free(entry->plan.queue);
	g_clear_pointer(&entry->page, g_bytes_unref);
	g_free(entry);
}

static void
view_clear(View *view)
{
	g_clear_pointer(&view->items, g_ptr_array_unref);
	g_clear_pointer(&view->tickets, g_ptr_array_unref);
	g_clear_pointer(&view->folders, g_ptr_array_unref);
	g_clear_pointer(&view->entries, g_hash_table_unref);
	g_clear_pointer(&view->order, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(View, view_clear)

/* --- looking --------------------------------------------------------------- */

static Entry *
entry_of(View *view, gint64 id)
{
	Entry *entry = g_hash_table_lookup(view->entries, &id);

	if (entry != NULL)
		return entry;
	entry = g_new0(Entry, 1);
	entry->id = id;
	entry->found = g_array_new(FALSE, FALSE, sizeof(BoardFound));
	g_hash_table_insert(view->entries, &entry->id, entry);
	g_ptr_array_add(view->order, entry);
	return entry;
}

static gboolean
read_agent(BoardRound *round, StoreTxn *txn, View *view, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(AddressRow) row = *round->board->agent != '\0'
	    ? party_by_address(txn, round->board->agent, &reason)
	    : NULL;

	view->agent = row != NULL ? row->id : 0;
	if (reason == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

static gboolean
read_rows(BoardRound *round, View *view, GError **error)
{
	g_autoptr(StoreTxn) txn = store_begin_read(round->store, error);

	if (txn == NULL || !read_agent(round, txn, view, error))
		return FALSE;
	view->items = board_items(txn, round->board->name, error);
	if (view->items == NULL)
		return FALSE;
	view->tickets = board_tickets(
	    txn, clock_now() - round->board->keep, error);
	return view->tickets != NULL;
}

/* A folder that is ours no more (the configuration has changed) is looked into
 * as long as rows name it. */
static void
enter_rows(const BoardRound *round, View *view)
{
	view->folders = g_ptr_array_new();
	for (guint i = 0; i < round->folders->len; i++)
		g_ptr_array_add(view->folders, round->folders->pdata[i]);
	for (guint i = 0; i < view->items->len; i++) {
		const BoardItem *item = view->items->pdata[i];

		entry_of(view, item->ticket)->item = item;
		if (*item->folder != '\0' &&
		    !g_ptr_array_find_with_equal_func(view->folders,
			item->folder, g_str_equal, NULL))
			g_ptr_array_add(view->folders, item->folder);
	}
	for (guint i = 0; i < view->tickets->len; i++) {
		const BoardTicket *ticket = view->tickets->pdata[i];

		entry_of(view, ticket->id)->ticket = ticket;
	}
}

static char *
path_of(const BoardRound *round, const char *folder)
{
	const char *root = round->board->endpoint->path;

	return *root != '\0' ? g_strconcat(root, "/", folder, NULL)
			     : g_strdup(folder);
}

static gboolean
look_into(BoardRound *round, View *view, const char *folder, GError **error)
{
	g_autofree char *path = path_of(round, folder);
	g_autoptr(GError) reason = NULL;
	const GArray *cards;
	gboolean missing;

	cards = in_imap_board_list(round->imap, path, &missing, &reason);
	if (cards == NULL && missing) {
		if (!g_ptr_array_find(round->folders, folder, NULL))
			return TRUE; /* of a configuration of old, and gone */
		g_clear_error(&reason);
		if (in_imap_board_make(round->imap, path, &reason))
			cards = in_imap_board_list(
			    round->imap, path, &missing, &reason);
	}
	if (cards == NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	for (guint i = 0; i < cards->len; i++) {
		const ImapCard *card = &g_array_index(cards, ImapCard, i);
		BoardFound found = { folder, card->uid, card->flagged,
			card->deleted, card->seen, 0, FALSE };
		gint64 id = board_key_ticket(round->board, round->desk->keys,
		    card->key, &found.version);

		/* What cannot be removed altogether is gone all the same. */
		if (id != 0 &&
		    (!card->deleted || in_imap_board_expunges(round->imap)))
			g_array_append_val(entry_of(view, id)->found, found);
	}
	return TRUE;
}

/* --- thinking -------------------------------------------------------------- */

/* Long enough unsure, so that nobody can be in the middle of a move. */
static gboolean
is_patient(const BoardRound *round, gint64 id)
{
	gint64 *since = g_hash_table_lookup(round->doubts, &id);

	return since != NULL && clock_monotonic_ms() - *since >= PATIENCE_MS;
}

static void
note_doubt(BoardRound *round, gint64 id, gboolean unsure)
{
	gint64 *key, *since;

	if (!unsure) {
		g_hash_table_remove(round->doubts, &id);
		return;
	}
	if (g_hash_table_contains(round->doubts, &id))
		return;
	key = g_new(gint64, 1);
	since = g_new(gint64, 1);
	*key = id;
	*since = clock_monotonic_ms();
	g_hash_table_insert(round->doubts, key, since);
}

static gboolean
is_no_entry(gpointer id, gpointer since G_GNUC_UNUSED, gpointer view)
{
	return !g_hash_table_contains(((const View *)view)->entries, id);
}

static void
think(BoardRound *round, View *view)
{
	g_hash_table_foreach_remove(round->doubts, is_no_entry, view);
	for (guint i = 0; i < view->order->len; i++) {
		Entry *entry = view->order->pdata[i];

		board_wish(round->board, entry->ticket, view->agent,
		    &entry->wish);
		board_plan(round->board, entry->item, &entry->wish,
		    (BoardFound *)(gpointer)entry->found->data,
		    entry->found->len, is_patient(round, entry->id),
		    &entry->plan);
		note_doubt(round, entry->id, entry->plan.unsure);
	}
}

/* --- obeying --------------------------------------------------------------- */

static gboolean
has_word(const Entry *entry)
{
	const BoardPlan *plan = &entry->plan;

	return plan->verb != NULL || plan->queue != NULL ||
	    plan->claim != NULL || plan->late;
}

/* The row from now on: what was found is known. A message by which he has
 * spoken and that is not the one to be kept goes. */
static gboolean
hear(BoardRound *round, StoreTxn *txn, const Entry *entry, GError **error)
{
	BoardItem item = *entry->item;

	if (entry->plan.heard != entry->plan.keep)
		return TRUE;
	item.folder = (char *)entry->plan.keep->folder;
	item.going = (char *)"";
	item.flagged = entry->plan.keep->flagged;
	return board_item_set(txn, round->board->name, &item, error);
}

/* The ticket may have changed since we looked; then his word is late. */
static gboolean
is_fresh(StoreTxn *txn, const Entry *entry, Ticket **now, GError **error)
{
	g_autoptr(GError) reason = NULL;

	*now = ticket_by_id(txn, entry->id, &reason);
	if (reason != NULL)
		g_propagate_error(error, g_steal_pointer(&reason));
	return *now != NULL && entry->ticket != NULL &&
	    g_str_equal((*now)->state, entry->ticket->state) &&
	    g_str_equal((*now)->queue, entry->ticket->queue) &&
	    (*now)->agent == entry->ticket->agent;
}

static gboolean
say(BoardRound *round, StoreTxn *txn, const Ticket *ticket, const char *verb,
    const char *word, GError **error)
{
	const Board *board = round->board;
	Act act = { 0 };
	g_autofree char *said = NULL;

	act.verb = verb;
	act.number = ticket->number;
	act.word = word != NULL ? word : "";
	act.actor = board->endpoint->user;
	act.agent = *board->agent != '\0' ? board->agent : NULL;
	said = act_run(txn, round->desk, &act, clock_now(), error);
	if (said != NULL)
		log_info("board=%s ticket=%" G_GINT64_FORMAT
			 " event=board-%s actor=%s",
		    board->name, ticket->number, verb, act.actor);
	return said != NULL;
}

/* All of it, or nothing. */
static gboolean
say_all(BoardRound *round, StoreTxn *txn, const Entry *entry,
    const Ticket *ticket, GError **error)
{
	const BoardPlan *plan = &entry->plan;

	return (plan->queue == NULL ||
		   say(round, txn, ticket, "move", plan->queue, error)) &&
	    (plan->verb == NULL ||
		say(round, txn, ticket, plan->verb, NULL, error)) &&
	    (plan->claim == NULL ||
		say(round, txn, ticket, plan->claim, NULL, error));
}

/* Heard, and not done: his client shows it back in its place. */
static gboolean
refuse(BoardRound *round, const Entry *entry, const char *why, GError **error)
{
	g_autoptr(StoreTxn) txn = store_begin(round->store, error);
	g_autofree char *detail = g_strdup_printf("put into %s: %s",
	    entry->plan.heard->folder, why);

	log_info("board=%s ticket=%" G_GINT64_FORMAT
		 " event=board-refused folder=\"%s\" reason=\"%s\"",
	    round->board->name, entry->id, entry->plan.heard->folder, why);
	return txn != NULL && hear(round, txn, entry, error) &&
	    event_add(txn, entry->id, clock_now(), "board-refused",
		round->board->endpoint->user, detail, error) &&
	    store_commit(g_steal_pointer(&txn), error);
}

static gboolean
obey(BoardRound *round, const Entry *entry, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(StoreTxn) txn = store_begin(round->store, error);
	g_autoptr(Ticket) now = NULL;
	gboolean fresh;

	if (txn == NULL)
		return FALSE;
	fresh = is_fresh(txn, entry, &now, &reason);
	if (reason == NULL && (entry->plan.late || !fresh)) {
		store_rollback(g_steal_pointer(&txn));
		return refuse(round, entry,
		    entry->plan.late && fresh &&
			    g_str_equal(entry->wish.folder, entry->item->folder)
			? "this says nothing"
			: "the ticket had changed before",
		    error);
	}
	if (reason == NULL && say_all(round, txn, entry, now, &reason) &&
	    hear(round, txn, entry, &reason) &&
	    store_commit(g_steal_pointer(&txn), &reason))
		return TRUE;
	g_clear_pointer(&txn, store_rollback);
	if (g_error_matches(reason, JAVOB_ERROR, JAVOB_ERROR_PERMANENT))
		return refuse(round, entry, reason->message, error);
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

/* --- changing -------------------------------------------------------------- */

static gboolean
has_extra(const Entry *entry)
{
	for (guint i = 0; i < entry->found->len; i++)
		if (g_array_index(entry->found, BoardFound, i).extra)
			return TRUE;
	return FALSE;
}

static gboolean
is_change(const Entry *entry)
{
	const BoardPlan *plan = &entry->plan;

	return has_extra(entry) || plan->add || plan->move || plan->flag || plan->record ||
	    plan->drop;
}

/* What cannot be shown (it went meanwhile) is left to the next round. */
static gboolean
make_pages(BoardRound *round, GPtrArray *batch, GError **error)
{
	g_autoptr(StoreTxn) txn = store_begin_read(round->store, error);

	for (guint i = 0; txn != NULL && i < batch->len; i++) {
		Entry *entry = batch->pdata[i];
		g_autoptr(GError) reason = NULL;

		if (!entry->plan.add)
			continue;
		entry->page = board_page(txn, round->desk, round->board,
		    entry->id, entry->wish.version, clock_now(), &entry->news,
		    &reason);
		if (entry->page != NULL)
			continue;
		if (!g_error_matches(
			reason, JAVOB_ERROR, JAVOB_ERROR_PERMANENT)) {
			g_propagate_error(error, g_steal_pointer(&reason));
			return FALSE;
		}
		log_error("board=%s ticket=%" G_GINT64_FORMAT
			  " event=board-page-failed problem=\"%s\"",
		    round->board->name, entry->id, reason->message);
		g_ptr_array_remove_index(batch, i--);
	}
	return txn != NULL;
}

/* Before: what is under way. After: that it is done. */
static gboolean
write_down(BoardRound *round, const GPtrArray *batch, gboolean done,
    GError **error)
{
	g_autoptr(StoreTxn) txn = store_begin(round->store, error);

	for (guint i = 0; txn != NULL && i < batch->len; i++) {
		const Entry *entry = batch->pdata[i];
		const BoardPlan *plan = &entry->plan;
		BoardItem item = { .ticket = entry->id };
		gboolean gone = !entry->wish.wanted;

		if ((gone && !plan->drop) || has_word(entry))
			continue; /* until it is found no more; hear() did */
		if (plan->record && !done)
			continue;
		item.folder = done || entry->item == NULL
		    ? entry->wish.folder
		    : entry->item->folder;
		item.going = done ? (char *)"" : entry->wish.folder;
		item.flagged = entry->wish.flagged;
		item.version = done || entry->item == NULL
		    ? entry->wish.version
		    : entry->item->version;
		if (gone ? !board_item_drop(txn, round->board->name, entry->id,
			       error)
			 : !board_item_set(
			       txn, round->board->name, &item, error))
			return FALSE;
	}
	return txn != NULL && store_commit(g_steal_pointer(&txn), error);
}

/* UIDs by folder and what is done to them: few commands for many tickets. */
typedef struct Job {
	const char *from, *to; /* to NULL: not a move */
	gboolean flag, on;     /* neither: removed */
	GArray *uids;
} Job;

static void
job_free(gpointer data)
{
	Job *job = data;

	g_array_unref(job->uids);
	g_free(job);
}

static void
job_add(GPtrArray *jobs, const Job *like, guint32 uid)
{
	Job *job = NULL;

	for (guint i = 0; i < jobs->len; i++) {
		job = jobs->pdata[i];
		if (g_str_equal(job->from, like->from) &&
		    g_strcmp0(job->to, like->to) == 0 &&
		    job->flag == like->flag && job->on == like->on)
			break;
		job = NULL;
	}
	if (job == NULL) {
		job = g_memdup2(like, sizeof *like);
		job->uids = g_array_new(FALSE, FALSE, sizeof uid);
		g_ptr_array_add(jobs, job);
	}
	g_array_append_val(job->uids, uid);
}

static gboolean
run_jobs(BoardRound *round, const GPtrArray *jobs, GError **error)
{
	for (guint i = 0; i < jobs->len; i++) {
		const Job *job = jobs->pdata[i];
		g_autofree char *from = path_of(round, job->from);
		g_autofree char *to = job->to != NULL ? path_of(round, job->to)
						      : NULL;
		gboolean good;

		if (job->to != NULL)
			good = in_imap_board_move(
			    round->imap, from, job->uids, to, error);
		else if (job->flag)
			good = in_imap_board_flag(
			    round->imap, from, job->uids, job->on, error);
		else
			good = in_imap_board_remove(
			    round->imap, from, job->uids, error);
		if (!good)
			return FALSE;
	}
	return TRUE;
}

static gboolean
add_page(BoardRound *round, const Entry *entry, GError **error)
{
	g_autofree char *path = path_of(round, entry->wish.folder);
	const BoardFound *kept = entry->plan.keep;
	gboolean seen = kept != NULL ? kept->seen && !entry->news
				     : !entry->news;

	return in_imap_board_add(round->imap, path, entry->page,
	    entry->wish.flagged, seen, error);
}

/* Whether an agent has touched the old message while the new one was made: then
 * it stays until he was heard. fresh: what has been listed since, by folder. */
static gboolean
is_untouched(BoardRound *round, GHashTable *fresh, const BoardFound *one,
    gboolean *untouched, GError **error)
{
	const GArray *cards = g_hash_table_lookup(fresh, one->folder);

	if (cards == NULL) {
		g_autofree char *path = path_of(round, one->folder);
		gboolean missing;

		cards = in_imap_board_list(round->imap, path, &missing, error);
		if (cards == NULL)
			return FALSE;
		g_hash_table_insert(
		    fresh, (gpointer)one->folder, (gpointer)cards);
	}
	*untouched = FALSE;
	for (guint i = 0; i < cards->len; i++) {
		const ImapCard *card = &g_array_index(cards, ImapCard, i);

		if (card->uid == one->uid)
			*untouched = card->flagged == one->flagged &&
			    card->deleted == one->deleted;
	}
	return TRUE;
}

static gboolean
plan_removals(BoardRound *round, GHashTable *fresh, const Entry *entry,
    GPtrArray *jobs, GError **error)
{
	for (guint i = 0; i < entry->found->len; i++) {
		const BoardFound *one = &g_array_index(
		    entry->found, BoardFound, i);
		Job removal = { .from = one->folder };
		gboolean go = TRUE;

		if (!one->extra)
			continue;
		if (one == entry->plan.keep &&
		    !is_untouched(round, fresh, one, &go, error))
			return FALSE;
		if (go)
			job_add(jobs, &removal, one->uid);
	}
	return TRUE;
}

static void
plan_changes(const Entry *entry, GPtrArray *flags, GPtrArray *moves)
{
	const BoardPlan *plan = &entry->plan;
	Job flag = { .flag = TRUE, .on = entry->wish.flagged };
	Job move = { .to = entry->wish.folder };

	if (plan->flag) {
		flag.from = plan->keep->folder;
		job_add(flags, &flag, plan->keep->uid);
	}
	if (plan->move) {
		move.from = plan->keep->folder;
		job_add(moves, &move, plan->keep->uid);
	}
}

/* New messages first, then the old ones go: a ticket may be there twice for a
 * moment, but never not at all. Flags are set before moves, as long as the UIDs
 * are known. */
static gboolean
change(BoardRound *round, const GPtrArray *batch, GError **error)
{
	g_autoptr(GPtrArray) flags = g_ptr_array_new_with_free_func(job_free);
	g_autoptr(GPtrArray) moves = g_ptr_array_new_with_free_func(job_free);
	g_autoptr(GHashTable) fresh = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < batch->len; i++) {
		const Entry *entry = batch->pdata[i];

		if (entry->plan.add && !add_page(round, entry, error))
			return FALSE;
	}
	for (guint i = 0; i < batch->len; i++) {
		const Entry *entry = batch->pdata[i];

		if (!plan_removals(round, fresh, entry, moves, error))
			return FALSE;
		plan_changes(entry, flags, moves);
	}
	return run_jobs(round, flags, error) && run_jobs(round, moves, error);
}

/* --- a round --------------------------------------------------------------- */

static gboolean
change_some(BoardRound *round, GPtrArray *batch, GError **error)
{
	gboolean noted;

	g_mutex_lock(round->turn);
	noted = make_pages(round, batch, error) &&
	    write_down(round, batch, FALSE, error);
	g_mutex_unlock(round->turn);
	return noted && change(round, batch, error) &&
	    write_down(round, batch, TRUE, error);
}

static gboolean
change_all(BoardRound *round, const View *view, gboolean *any, GError **error)
{
	guint next = 0;

	while (next < view->order->len) {
		g_autoptr(GPtrArray) batch = g_ptr_array_new();

		for (; next < view->order->len && batch->len < BATCH; next++)
			if (is_change(view->order->pdata[next]))
				g_ptr_array_add(
				    batch, view->order->pdata[next]);
		if (batch->len == 0)
			break;
		*any = TRUE;
		if (!change_some(round, batch, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
obey_all(BoardRound *round, const View *view, gboolean *any, GError **error)
{
	gboolean good = TRUE;

	for (guint i = 0; good && i < view->order->len; i++) {
		const Entry *entry = view->order->pdata[i];

		if (!has_word(entry))
			continue;
		*any = TRUE;
		g_mutex_lock(round->turn);
		good = obey(round, entry, error);
		g_mutex_unlock(round->turn);
	}
	return good;
}

gboolean
board_round(BoardRound *round, gboolean *again, int *soon_ms, GError **error)
{
	g_auto(View) view = { 0 };

	*again = FALSE;
	view.entries = g_hash_table_new(g_int64_hash, g_int64_equal);
	view.order = g_ptr_array_new_with_free_func(entry_free);
	if (!read_rows(round, &view, error))
		return FALSE;
	enter_rows(round, &view);
	for (guint i = 0; i < view.folders->len; i++)
		if (!look_into(round, &view, view.folders->pdata[i], error))
			return FALSE;
	think(round, &view);
	if (!obey_all(round, &view, again, error) ||
	    !change_all(round, &view, again, error))
		return FALSE;
	*soon_ms = g_hash_table_size(round->doubts) > 0 ? PATIENCE_MS / 2 : 0;
	return TRUE;
}
