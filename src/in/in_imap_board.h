/* in_imap_board.h - an IMAP account whose folders are kept by us: listed,
 * filled, moved, flagged, emptied (RFC 3501, 4315, 6851, 7162).
 *
 * Folder names are UTF-8 with "/" between the levels, whatever the server has
 * there. Blocking; each call has a deadline and a limit of octets. After a
 * failure ask in_imap_session_broken. */
#ifndef IN_IN_IMAP_BOARD_H
#define IN_IN_IMAP_BOARD_H

#include "in/in_imap_session.h"

typedef struct ImapBoard ImapBoard;

/* One message in a folder. */
typedef struct ImapCard {
	guint32 uid;
	gboolean flagged, deleted, seen;
	char *key; /* body of the key field; NULL: it has none */
} ImapCard;

/* Over a session that is logged in; it is the board's from then on. field: of
 * the header, that holds a message's key. NULL with error. */
ImapBoard *in_imap_board_new(ImapSession *session, const char *field,
    GError **error);
void in_imap_board_free(ImapBoard *board);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImapBoard, in_imap_board_free)

gboolean in_imap_board_broken(const ImapBoard *board);

/* TRUE if messages can be removed one by one (UIDPLUS). */
gboolean in_imap_board_expunges(const ImapBoard *board);

/* The folder as the server spells it; free with g_free. */
char *in_imap_board_name(const ImapBoard *board, const char *folder);

/* Makes and subscribes the folder if it is not there. */
gboolean in_imap_board_make(ImapBoard *board, const char *folder,
    GError **error);

/* All messages of a folder, of ImapCard, ascending; belongs to the board,
 * valid until the folder is listed again. What is known to be as it was is not
 * asked for again. *missing: the server does not let us in; NULL then too. */
const GArray *in_imap_board_list(ImapBoard *board, const char *folder,
    gboolean *missing, GError **error);

/* uids: of guint32, of that folder. */
gboolean in_imap_board_move(ImapBoard *board, const char *folder,
    GArray *uids, const char *to, GError **error);
gboolean in_imap_board_flag(ImapBoard *board, const char *folder, GArray *uids,
    gboolean on, GError **error);
gboolean in_imap_board_remove(ImapBoard *board, const char *folder,
    GArray *uids, GError **error);

gboolean in_imap_board_add(ImapBoard *board, const char *folder,
    GBytes *octets, gboolean flagged, gboolean seen, GError **error);

#endif
