/* in.h - the one thing a source does: octets, envelope and source id to the
 * spool, and only then its yes. */
#ifndef IN_IN_H
#define IN_IN_H

#include "javob.h"
#include "store/spool.h"

/* After a mail is in the spool and synced: may be called from any thread. */
typedef void (*InArrived)(void *data);

#endif
