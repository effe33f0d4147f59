/* boards.c - see boards.h. Written by daemon/board, which alone knows what
 * stands in the IMAP account. */
#include "store/boards.h"

#include "store/rows.h"

BoardItem *
board_item_new(gint64 ticket)
{
	BoardItem *item = g_new0(BoardItem, 1);

	item->ticket = ticket;
	item->folder = g_strdup("");
	item->going = g_strdup("");
	item->version = g_strdup("");
	return item;
}

void
board_item_free(BoardItem *item)
{
	if (item == NULL)
		return;
	g_free(item->folder);
	g_free(item->going);
	g_free(item->version);
	g_free(item);
}

static void
free_item(gpointer data)
{
	board_item_free(data);
}

static gpointer
read_item(StoreRows *rows)
{
	BoardItem *item = g_new0(BoardItem, 1);

	item->ticket = store_int(rows, 0);
	item->folder = rows_text(rows, 1);
	item->flagged = store_int(rows, 2) == 1;
	item->going = rows_text(rows, 3);
	item->version = rows_text(rows, 4);
	return item;
}

GPtrArray *
board_items(StoreTxn *txn, const char *board, GError **error)
{
	return rows_collect(
	    store_query(txn, STMT_BOARD_ITEM_LIST, error, board), read_item,
	    free_item, error);
}

gboolean
board_item_set(StoreTxn *txn, const char *board, const BoardItem *item,
    GError **error)
{
	return store_run(txn, STMT_BOARD_ITEM_SET, NULL, error, board,
	    item->ticket, item->folder, (gint64)(item->flagged ? 1 : 0),
	    item->going, item->version);
}

gboolean
board_item_drop(StoreTxn *txn, const char *board, gint64 ticket, GError **error)
{
	return store_run(
	    txn, STMT_BOARD_ITEM_DROP, NULL, error, board, ticket);
}

void
board_ticket_free(BoardTicket *ticket)
{
	if (ticket == NULL)
		return;
	g_free(ticket->state);
	g_free(ticket->queue);
	g_free(ticket->version);
	g_free(ticket);
}

static void
free_ticket(gpointer data)
{
	board_ticket_free(data);
}

/* Not the state: the folder shows that, and a move should cost no new
 * message. */
static gpointer
read_ticket(StoreRows *rows)
{
	BoardTicket *ticket = g_new0(BoardTicket, 1);
	g_autofree char *words = NULL;

	ticket->id = store_int(rows, 0);
	ticket->state = rows_text(rows, 1);
	ticket->queue = rows_text(rows, 2);
	ticket->agent = store_int(rows, 3);
	words = g_strdup_printf("%s\n%s\n%s", ticket->queue,
	    store_text(rows, 5), store_text(rows, 8));
	ticket->version = g_strdup_printf("%" G_GINT64_FORMAT
	    ".%" G_GINT64_FORMAT ".%" G_GINT64_FORMAT ".%" G_GINT64_FORMAT
	    ".%08x", store_int(rows, 6), store_int(rows, 7), ticket->agent,
	    store_int(rows, 4), g_str_hash(words));
	return ticket;
}

GPtrArray *
board_tickets(StoreTxn *txn, gint64 since, GError **error)
{
	return rows_collect(
	    store_query(txn, STMT_BOARD_TICKET_LIST, error, since),
	    read_ticket, free_ticket, error);
}
