/* board.h - one round over a board: what agents did in it becomes deeds, what
 * became of tickets becomes its folders. */
#ifndef DAEMON_BOARD_H
#define DAEMON_BOARD_H

#include "in/in_imap_board.h"
#include "policy/board.h"
#include "policy/facts.h"

typedef struct BoardRound {
	const Board *board;
	const Desk *desk;
	Store *store;
	ImapBoard *imap;
	GMutex *turn;       /* held while policy and the store are at work */
	GPtrArray *folders; /* of char *: those of the board */
	GHashTable *doubts; /* ticket to when it was first unsure, ms */
} BoardRound;

/* TRUE: *again, something was done or is not sure yet, so look again (soon, if
 * *soon_ms is not 0). FALSE: the store or the connection failed; ask
 * in_imap_board_broken. */
gboolean board_round(BoardRound *round, gboolean *again, int *soon_ms,
    GError **error);

#endif
