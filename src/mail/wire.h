/* wire.h - Message to octets and back: what the sandboxed worker says. */
#ifndef MAIL_WIRE_H
#define MAIL_WIRE_H

#include "mail/message.h"

/* The same Message gives the same octets. */
GBytes *wire_pack(const Message *message);

/* Checks form, version, UTF-8 and the limits of message.h, since the
 * sender may have been taken over by the mail. NULL with error PERMANENT. */
Message *wire_unpack(GBytes *octets, GError **error);

#endif
