/* boards.h - what a board (an IMAP account that shows the desk) was last given
 * to show, and the tickets that it may show. */
#ifndef STORE_BOARDS_H
#define STORE_BOARDS_H

#include "store/store.h"

/* One ticket on one board, as we last put it. */
typedef struct BoardItem {
	gint64 ticket;
	char *folder;     /* below the board's root, "/" between levels */
	char *going;      /* where a change of ours, that is under way, leads:
			   * until it is done it may be in either; "": none is,
			   * so whatever is found otherwise somebody else did */
	gboolean flagged;
	char *version;    /* of what its message shows */
} BoardItem;
BoardItem *board_item_new(gint64 ticket);
void board_item_free(BoardItem *item);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BoardItem, board_item_free)

/* What decides where a ticket stands on a board. */
typedef struct BoardTicket {
	gint64 id;
	char *state;
	char *queue;
	gint64 agent;  /* address row; 0 nobody */
	char *version; /* changes with everything that its message shows */
} BoardTicket;
void board_ticket_free(BoardTicket *ticket);

/* of BoardItem. */
GPtrArray *board_items(StoreTxn *txn, const char *board, GError **error);
gboolean board_item_set(StoreTxn *txn, const char *board,
    const BoardItem *item, GError **error);
gboolean board_item_drop(StoreTxn *txn, const char *board, gint64 ticket,
    GError **error);

/* of BoardTicket: those at work, and those that were done after since. Not
 * those that became part of another one, nor spam. */
GPtrArray *board_tickets(StoreTxn *txn, gint64 since, GError **error);

#endif
