/* history.h - how long matters took: what promises are learned from. */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include "store/store.h"

#define HISTORY_WHOLE (-1)

/* One ticket of a sample. Ages are seconds since its opening, without the time
 * that the customer was waited for. */
typedef struct HistoryLife {
	gint64 age;   /* when it was settled, or now */
	gint64 entry; /* when the sample's window began; HISTORY_WHOLE: it
	               * was opened inside */
	gboolean settled;
} HistoryLife;

#endif
