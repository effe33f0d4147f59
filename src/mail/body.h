/* body.h - the tree of parts as readable text and attachments. */
#ifndef MAIL_BODY_H
#define MAIL_BODY_H

#include "mail/digest.h"
#include "mail/message.h"
#include "mail/octets.h"

typedef struct _GMimeObject GMimeObject; /* GMime stays out of our headers */

#define BODY_TEXT_MOST (1024 * 1024)

/* Fills in body_text, attachments, dsn (if there is a delivery report) and
 * defects of message. content takes a digest of each decoded leaf. octets:
 * what root was parsed from. returned: gets the header of the mail that is
 * within, if one is. */
void body_read(GMimeObject *root, const Octets *octets, guint flags,
    Message *message, Digest *content, GString *returned);

#endif
