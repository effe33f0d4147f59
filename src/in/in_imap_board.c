/* in_imap_board.c - see in_imap_board.h. Called by daemon/board.
 *
 * A message is known by a field of its header, never by its UID: whatever
 * becomes of UIDs and UIDVALIDITY, the same message is found again. The fields
 * are read once; a folder whose state (UIDNEXT, EXISTS, HIGHESTMODSEQ) is as it
 * was is not read at all. */
#include "in/in_imap_board.h"
#include "in/in_imap_private.h"

#include <string.h>

#include <libetpan/libetpan.h>

#include "ground/error.h"
#include "ground/stream.h"

#define LIST_OCTETS (64 * 1024 * 1024)
#define KEY_MOST    200

/* How a folder looked when it was listed. */
typedef struct Listing {
	guint32 uidvalidity, uidnext, exists;
	guint64 modseq; /* 0: the server has none, so it is always read */
	GArray *cards;  /* of ImapCard */
} Listing;

struct ImapBoard {
	ImapSession *session;
	char *field;
	char delimiter;
	gboolean condstore;
	char *selected; /* folder, or NULL */
	GHashTable *listings;
};

static void
card_clear(gpointer data)
{
	ImapCard *card = data;

	g_free(card->key);
}

static GArray *
cards_new(void)
{
	GArray *cards = g_array_new(FALSE, TRUE, sizeof(ImapCard));

	g_array_set_clear_func(cards, card_clear);
	return cards;
}

static void
listing_free(gpointer data)
{
	Listing *listing = data;

	g_array_unref(listing->cards);
	g_free(listing);
}

/* --- names ----------------------------------------------------------------- */

static gboolean
ask_delimiter(ImapBoard *board, GError **error)
{
	clist *answer = NULL;
	int result;

	in_imap_budget(board->session);
	result = mailimap_list(board->session->imap, "", "", &answer);
	if (result == MAILIMAP_NO_ERROR && answer != NULL) {
		clistiter *cur = clist_begin(answer);
		const struct mailimap_mailbox_list *list =
		    cur != NULL ? clist_content(cur) : NULL;

		if (list != NULL && list->mb_delimiter != '\0')
			board->delimiter = list->mb_delimiter;
		mailimap_list_result_free(answer);
	}
	return in_imap_check(board->session, result, "LIST", error);
}

char *
in_imap_board_name(const ImapBoard *board, const char *folder)
{
	return g_strdelimit(g_strdup(folder), "/", board->delimiter);
}

static char *
wire_name(const ImapBoard *board, const char *folder, GError **error)
{
	g_autofree char *name = in_imap_board_name(board, folder);

	return in_imap_folder_name(name, error);
}

ImapBoard *
in_imap_board_new(ImapSession *session, const char *field, GError **error)
{
	g_autoptr(ImapBoard) board = g_new0(ImapBoard, 1);

	board->session = session;
	board->field = g_strdup(field);
	board->delimiter = '/';
	board->condstore = in_imap_has(session, "CONDSTORE");
	board->listings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	    listing_free);
	return ask_delimiter(board, error) ? g_steal_pointer(&board) : NULL;
}

void
in_imap_board_free(ImapBoard *board)
{
	if (board == NULL)
		return;
	in_imap_session_free(board->session);
	g_hash_table_unref(board->listings);
	g_free(board->selected);
	g_free(board->field);
	g_free(board);
}

gboolean
in_imap_board_broken(const ImapBoard *board)
{
	return in_imap_session_broken(board->session);
}

gboolean
in_imap_board_expunges(const ImapBoard *board)
{
	return in_imap_has(board->session, "UIDPLUS");
}

/* --- folders --------------------------------------------------------------- */

/* *modseq 0: not told. *refused: NO, so it is not there or not for us. */
static gboolean
enter(ImapBoard *board, const char *folder, guint64 *modseq, gboolean *refused,
    GError **error)
{
	ImapSession *session = board->session;
	g_autofree char *name = wire_name(board, folder, error);
	g_autofree char *what = g_strdup_printf("folder %s: SELECT", folder);
	int result;

	*modseq = 0;
	*refused = FALSE;
	g_clear_pointer(&board->selected, g_free);
	if (name == NULL)
		return FALSE;
	in_imap_budget(session);
	result = board->condstore
		     ? mailimap_select_condstore(session->imap, name, modseq)
		     : mailimap_select(session->imap, name);
	if (!in_imap_check(session, result, what, error)) {
		*refused = !session->broken;
		return FALSE;
	}
	board->selected = g_strdup(folder);
	return TRUE;
}

/* For a change: no need to select a folder twice. */
static gboolean
be_in(ImapBoard *board, const char *folder, GError **error)
{
	gboolean refused;
	guint64 modseq;

	return (board->selected != NULL &&
		   g_str_equal(board->selected, folder)) ||
	       enter(board, folder, &modseq, &refused, error);
}

gboolean
in_imap_board_make(ImapBoard *board, const char *folder, GError **error)
{
	ImapSession *session = board->session;
	g_autoptr(GError) reason = NULL;
	g_autofree char *name = wire_name(board, folder, error);
	g_autofree char *what = g_strdup_printf("folder %s: CREATE", folder);
	gboolean refused;
	guint64 modseq;

	if (name == NULL)
		return FALSE;
	if (enter(board, folder, &modseq, &refused, &reason))
		return TRUE;
	if (!refused) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	in_imap_budget(session);
	if (!in_imap_check(session, mailimap_create(session->imap, name), what,
		error))
		return FALSE;
	/* So that mail programs show it; that it is there is enough. */
	in_imap_budget(session);
	return in_imap_check(session, mailimap_subscribe(session->imap, name),
		   "SUBSCRIBE", &reason) ||
	       !session->broken ||
	       error_temporary(error, "%s: %s", what, reason->message);
}

/* --- reading --------------------------------------------------------------- */

static void
read_flags(const struct mailimap_msg_att_dynamic *flags, ImapCard *card)
{
	for (clistiter *cur = flags->att_list != NULL
				  ? clist_begin(flags->att_list)
				  : NULL;
	     cur != NULL; cur = clist_next(cur)) {
		const struct mailimap_flag_fetch *one = clist_content(cur);

		if (one->fl_type != MAILIMAP_FLAG_FETCH_OTHER ||
		    one->fl_flag == NULL)
			continue;
		card->flagged |= one->fl_flag->fl_type == MAILIMAP_FLAG_FLAGGED;
		card->deleted |= one->fl_flag->fl_type == MAILIMAP_FLAG_DELETED;
		card->seen |= one->fl_flag->fl_type == MAILIMAP_FLAG_SEEN;
	}
}

/* "Field: body", perhaps folded, and an empty line. */
static char *
read_key(const struct mailimap_msg_att_body_section *section)
{
	g_autofree char *text = NULL;
	const char *colon;

	if (section->sec_body_part == NULL || section->sec_length > KEY_MOST * 4)
		return NULL;
	text = g_strndup(section->sec_body_part, section->sec_length);
	colon = strchr(text, ':');
	if (colon == NULL)
		return NULL;
	g_strstrip(memmove(text, colon + 1, strlen(colon)));
	return strlen(text) <= KEY_MOST ? g_steal_pointer(&text) : NULL;
}

static void
read_card(const struct mailimap_msg_att *from, ImapCard *card)
{
	*card = (ImapCard){ 0 };
	for (clistiter *cur = clist_begin(from->att_list); cur != NULL;
	     cur = clist_next(cur)) {
		const struct mailimap_msg_att_item *att = clist_content(cur);
		const struct mailimap_msg_att_static *fact;

		if (att->att_type == MAILIMAP_MSG_ATT_ITEM_DYNAMIC)
			read_flags(att->att_data.att_dyn, card);
		if (att->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC)
			continue;
		fact = att->att_data.att_static;
		if (fact->att_type == MAILIMAP_MSG_ATT_UID)
			card->uid = fact->att_data.att_uid;
		if (fact->att_type == MAILIMAP_MSG_ATT_BODY_SECTION &&
		    card->key == NULL)
			card->key = read_key(fact->att_data.att_body_section);
	}
}

static int
by_uid(gconstpointer a, gconstpointer b)
{
	const ImapCard *left = a, *right = b;

	return left->uid < right->uid ? -1 : left->uid > right->uid;
}

/* Of a message whose flags somebody changes meanwhile the server tells twice;
 * the later one holds. */
static void
join_twins(GArray *cards)
{
	for (guint i = cards->len; i > 1; i--) {
		ImapCard *one = &g_array_index(cards, ImapCard, i - 2);
		ImapCard *next = &g_array_index(cards, ImapCard, i - 1);

		if (one->uid != next->uid)
			continue;
		if (next->key == NULL)
			next->key = g_steal_pointer(&one->key);
		g_array_remove_index(cards, i - 2);
	}
}

/* UID FETCH of a set; takes set and type. */
static GArray *
fetch(ImapBoard *board, struct mailimap_set *set,
    struct mailimap_fetch_type *type, GError **error)
{
	ImapSession *session = board->session;
	g_autoptr(GArray) cards = cards_new();
	clist *answer = NULL;
	int result;

	stream_budget(session->stream, 2 * in_imap_command_ms(session),
	    LIST_OCTETS);
	result = mailimap_uid_fetch(session->imap, set, type, &answer);
	mailimap_fetch_type_free(type);
	mailimap_set_free(set);
	if (!in_imap_check(session, result, "board: UID FETCH", error))
		return NULL;
	for (clistiter *cur = answer != NULL ? clist_begin(answer) : NULL;
	     cur != NULL; cur = clist_next(cur)) {
		ImapCard card;

		read_card(clist_content(cur), &card);
		if (card.uid != 0)
			g_array_append_val(cards, card);
		else
			g_free(card.key);
	}
	if (answer != NULL)
		mailimap_fetch_list_free(answer);
	g_array_sort(cards, by_uid); /* keeps the order of equals */
	join_twins(cards);
	return g_steal_pointer(&cards);
}

static struct mailimap_fetch_type *
wanted(struct mailimap_fetch_att *what)
{
	struct mailimap_fetch_type *type =
	    mailimap_fetch_type_new_fetch_att_list_empty();

	mailimap_fetch_type_new_fetch_att_list_add(type,
	    mailimap_fetch_att_new_uid());
	mailimap_fetch_type_new_fetch_att_list_add(type, what);
	return type;
}

static struct mailimap_fetch_type *
field_wanted(const ImapBoard *board)
{
	clist *names = clist_new();

	clist_append(names, strdup(board->field));
	return wanted(mailimap_fetch_att_new_body_peek_section(
	    mailimap_section_new_header_fields(
		mailimap_header_list_new(names))));
}

static ImapCard *
find_card(const GArray *cards, guint32 uid)
{
	guint low = 0, high = cards->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;
		ImapCard *card = &g_array_index(cards, ImapCard, middle);

		if (card->uid == uid)
			return card;
		if (card->uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Keys of what has not been seen before. */
static gboolean
add_keys(ImapBoard *board, GArray *cards, const Listing *before,
    guint32 uidvalidity, GError **error)
{
	g_autoptr(GArray) unread = g_array_new(FALSE, FALSE, sizeof(guint32));
	g_autoptr(GArray) keys = NULL;

	for (guint i = 0; i < cards->len; i++) {
		ImapCard *card = &g_array_index(cards, ImapCard, i);
		const ImapCard *known =
		    before != NULL && before->uidvalidity == uidvalidity
			? find_card(before->cards, card->uid)
			: NULL;

		if (known != NULL)
			card->key = g_strdup(known->key);
		else
			g_array_append_val(unread, card->uid);
	}
	if (unread->len == 0)
		return TRUE;
	keys = fetch(board, in_imap_set(unread), field_wanted(board), error);
	for (guint i = 0; keys != NULL && i < keys->len; i++) {
		ImapCard *from = &g_array_index(keys, ImapCard, i);
		ImapCard *to = find_card(cards, from->uid);

		if (to != NULL && to->key == NULL)
			to->key = g_steal_pointer(&from->key);
	}
	return keys != NULL;
}

const GArray *
in_imap_board_list(ImapBoard *board, const char *folder, gboolean *missing,
    GError **error)
{
	const struct mailimap_selection_info *info;
	Listing *before = g_hash_table_lookup(board->listings, folder);
	Listing now = { 0 };

	if (!enter(board, folder, &now.modseq, missing, error))
		return NULL;
	info = board->session->imap->imap_selection_info;
	now.uidvalidity = info->sel_uidvalidity;
	now.uidnext = info->sel_uidnext;
	now.exists = info->sel_exists;
	if (before != NULL && now.modseq != 0 && now.uidnext != 0 &&
	    now.uidvalidity == before->uidvalidity &&
	    now.uidnext == before->uidnext && now.exists == before->exists &&
	    now.modseq == before->modseq)
		return before->cards;
	now.cards = now.exists > 0
			? fetch(board, mailimap_set_new_interval(1, 0),
			      wanted(mailimap_fetch_att_new_flags()), error)
			: cards_new();
	if (now.cards == NULL ||
	    !add_keys(board, now.cards, before, now.uidvalidity, error)) {
		g_clear_pointer(&now.cards, g_array_unref);
		return NULL;
	}
	g_hash_table_replace(board->listings, g_strdup(folder),
	    g_memdup2(&now, sizeof now));
	return now.cards;
}

/* --- changing -------------------------------------------------------------- */

static int
by_number(gconstpointer a, gconstpointer b)
{
	guint32 left = *(const guint32 *)a, right = *(const guint32 *)b;

	return left < right ? -1 : left > right;
}

gboolean
in_imap_board_move(ImapBoard *board, const char *folder, GArray *uids,
    const char *to, GError **error)
{
	g_autofree char *name = in_imap_board_name(board, to);
	gboolean unable;

	g_array_sort(uids, by_number);
	return be_in(board, folder, error) &&
	       in_imap_move(board->session, uids, name, &unable, error);
}

gboolean
in_imap_board_flag(ImapBoard *board, const char *folder, GArray *uids,
    gboolean on, GError **error)
{
	g_array_sort(uids, by_number);
	return be_in(board, folder, error) &&
	       in_imap_flag(board->session, uids, on,
		   mailimap_flag_new_flagged(), error);
}

gboolean
in_imap_board_remove(ImapBoard *board, const char *folder, GArray *uids,
    GError **error)
{
	g_array_sort(uids, by_number);
	return be_in(board, folder, error) &&
	       in_imap_flag(board->session, uids, TRUE,
		   mailimap_flag_new_deleted(), error) &&
	       in_imap_expunge(board->session, uids, error);
}

gboolean
in_imap_board_add(ImapBoard *board, const char *folder, GBytes *octets,
    gboolean flagged, gboolean seen, GError **error)
{
	ImapSession *session = board->session;
	g_autofree char *name = wire_name(board, folder, error);
	struct mailimap_flag_list *flags;
	gsize size;
	const char *data = g_bytes_get_data(octets, &size);
	int result;

	if (name == NULL)
		return FALSE;
	flags = mailimap_flag_list_new_empty();
	if (flagged)
		mailimap_flag_list_add(flags, mailimap_flag_new_flagged());
	if (seen)
		mailimap_flag_list_add(flags, mailimap_flag_new_seen());
	in_imap_budget(session);
	stream_grace(session->stream, 2000);
	result = mailimap_append(session->imap, name, flags, NULL, data, size);
	mailimap_flag_list_free(flags);
	return in_imap_check(session, result, "board: APPEND", error);
}
