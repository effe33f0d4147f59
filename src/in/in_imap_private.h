/* in_imap_private.h - what the in_imap_*.c that speak libetpan share. */
#ifndef IN_IN_IMAP_PRIVATE_H
#define IN_IN_IMAP_PRIVATE_H

#include "in/in_imap_session.h"

#define COMMAND_OCTETS (8 * 1024 * 1024)

struct mailimap_flag;
struct mailimap_set;

struct ImapSession {
	const ImapSettings *settings;
	struct mailimap *imap;
	Stream *stream; /* belongs to imap's mailstream */
	gboolean broken;
	gboolean garbled;
	gboolean waiting; /* IDLE was said, "+" has not come */
	gboolean exists;  /* EXISTS came while waiting */
	gboolean told;    /* why mail is not marked or moved */
};

int in_imap_command_ms(const ImapSession *session);

/* Time and octets for an ordinary command. */
void in_imap_budget(ImapSession *session);

/* TRUE if result is success. A session is of no use after anything but a
 * clean NO or BAD: nothing resynchronises. */
gboolean in_imap_check(ImapSession *session, int result, const char *what,
    GError **error);

/* A capability. */
gboolean in_imap_has(const ImapSession *session, const char *name);

/* The selected folder's mail to another one, which is made if it is not there
 * (RFC 6851, else 4315). FALSE with error; *unable: the server has neither. */
gboolean in_imap_move(ImapSession *session, const GArray *uids,
    const char *folder, gboolean *unable, GError **error);

/* Sets a flag or takes it away. Owns flag from then on. */
gboolean in_imap_flag(ImapSession *session, const GArray *uids, gboolean on,
    struct mailimap_flag *flag, GError **error);

/* What is \Deleted of uids goes for good; nothing where there is no UIDPLUS. */
gboolean in_imap_expunge(ImapSession *session, const GArray *uids,
    GError **error);

/* A set of single UIDs, sorted: neighbours become a range. */
struct mailimap_set *in_imap_set(const GArray *uids);

/* Modified UTF-7 (RFC 3501 5.1.3); free with g_free. */
char *in_imap_folder_name(const char *folder, GError **error);

#endif
