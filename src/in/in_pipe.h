/* in_pipe.h - one mail on a descriptor, as a mail filter gets it. */
#ifndef IN_IN_PIPE_H
#define IN_IN_PIPE_H

#include "in/in.h"

/* Reads fd to its end into the spool. A first line "From " of an mbox is left
 * out. PERMANENT: more than max_size octets. Nothing at all is TEMPORARY: that
 * is the sender's MTA failing, and his mail is innocent of it. */
gboolean in_pipe(Spool *spool, const Envelope *envelope, int fd,
    gint64 max_size, GError **error);

#endif
