/* envelope.h - how one mail came: envelope and source (RFC 5321 2.3.1). */
#ifndef MAIL_ENVELOPE_H
#define MAIL_ENVELOPE_H

#include "javob.h"

struct Envelope {
	char *mailbox;        /* configured mailbox it came by */
	char *door;           /* "pipe", "lmtp", "imap", "import" */
	char *reverse_path;   /* "" for <>; NULL when not known (IMAP) */
	GPtrArray *forward_paths; /* of char *, as given; may be empty */
	gint64 received;      /* when the door took it, seconds UTC */
	gint64 internal_date; /* INTERNALDATE of IMAP, else 0 */
	guint32 uidvalidity;  /* IMAP only, else 0 */
	guint32 uid;
	/* Not written: of a mail that was set aside and is tried anew, what its
	 * minimal ticket knows it by; NULL else. */
	char *scanned_id, *scanned_hash;
};

Envelope *envelope_new(const char *mailbox, const char *door, gint64 received);
void envelope_free(Envelope *envelope);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Envelope, envelope_free)

/* Lines "name=value", empty line at the end; values are escaped. Free with
 * g_free. */
char *envelope_format(const Envelope *envelope);

/* Reads what envelope_format wrote at the start of octets. *length gets the
 * number of octets it took. NULL with error PERMANENT if it is none. */
Envelope *envelope_parse(const char *octets, gsize size, gsize *length,
    GError **error);

#endif
