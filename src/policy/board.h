/* board.h - the shared mailbox as a board: which folder of an IMAP account
 * shows a ticket, and what it means when an agent moves or flags it there.
 *
 * Pure: daemon/board brings what it found, and does what comes out. */
#ifndef POLICY_BOARD_H
#define POLICY_BOARD_H

#include "policy/site.h"
#include "store/boards.h"

typedef enum BoardColumn {
	BOARD_NEW,
	BOARD_OPEN,
	BOARD_WAITING,
	BOARD_CLOSED,
	BOARD_COLUMNS,
} BoardColumn;

struct Board {
	char *name;
	Endpoint *endpoint;
	char *columns[BOARD_COLUMNS]; /* names of the folders */
	gboolean per_queue; /* the columns are below a folder for each queue */
	GPtrArray *queues;  /* of char *: whose tickets; empty: all */
	char *agent;        /* who works with this account, folded; "" nobody */
	gint64 keep;        /* done tickets are shown so long, seconds */
	const ConfigSection *section;
};

extern const ConfigOption board_options[];

/* The [board NAME] sections of site->config; every fault is added to errors.
 * site->queues must be there. Free with g_ptr_array_unref. */
GPtrArray *board_list(const Site *site, GPtrArray *errors);

/* All folders of the board, below its root; of char *. Free with
 * g_ptr_array_unref. */
GPtrArray *board_folders(const Board *board, const Site *site);

/* Where and how a ticket is to be shown. */
typedef struct BoardWish {
	gboolean wanted; /* FALSE: the board does not show it (any more) */
	char *folder;
	gboolean flagged;
	char *version;
} BoardWish;

/* ticket NULL: it is not wanted. agent: address row of board->agent, or 0.
 * Free the texts of wish with board_wish_clear. */
void board_wish(const Board *board, const BoardTicket *ticket, gint64 agent,
    BoardWish *wish);
void board_wish_clear(BoardWish *wish);

/* A message with the key of a ticket, as it was found. */
typedef struct BoardFound {
	const char *folder;
	guint32 uid;
	gboolean flagged;
	gboolean deleted; /* \Deleted: it is going */
	gboolean seen;
	guint version;    /* board_version of what it shows */
	gboolean extra;   /* set by board_plan: to be removed */
} BoardFound;

/* A version as messages carry it. */
guint board_version(const char *version);

/* What is to be done. An agent's word comes first: while there is one, nothing
 * else is done to the ticket but that messages go which are extra. */
typedef struct BoardPlan {
	BoardFound *keep; /* the message that stands for the ticket, or NULL */
	BoardFound *heard; /* the one by which an agent has spoken, or NULL */
	gboolean unsure;  /* as in the middle of a move: look again */
	const char *verb; /* an agent's word for policy/act; NULL: none */
	char *queue;      /* he moved it to that queue; free it; NULL: no */
	const char *claim; /* "take", "release"; NULL: none */
	gboolean late;    /* his word came after the ticket had changed, or
			   * means nothing: it is put back */
	gboolean add;     /* a new message; what was kept goes */
	gboolean move;
	gboolean flag;
	gboolean record;  /* only the row is not as things are */
	gboolean drop;    /* the row may go */
} BoardPlan;

/* item NULL: nothing is known of it. patient: it has been unsure for long
 * enough, so that nobody is in the middle of anything. */
void board_plan(const Board *board, const BoardItem *item,
    const BoardWish *wish, BoardFound *found, guint count, gboolean patient,
    BoardPlan *plan);

#endif
