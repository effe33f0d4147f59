/* in_imap_private.h - what the in_imap_*.c that speak libetpan share. */
#ifndef IN_IN_IMAP_PRIVATE_H
#define IN_IN_IMAP_PRIVATE_H

#include "in/in_imap_session.h"

#define COMMAND_OCTETS (8 * 1024 * 1024)

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

/* Modified UTF-7 (RFC 3501 5.1.3); free with g_free. */
char *in_imap_folder_name(const char *folder, GError **error);

#endif
