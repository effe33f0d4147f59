/* ingest.h - from spool files to rows: what the ingest role and
 * `javob process` do. */
#ifndef DAEMON_INGEST_H
#define DAEMON_INGEST_H

#include "policy/facts.h"
#include "policy/site.h"

typedef struct Ingest Ingest;

/* Opens store, key, templates and spool. NULL with error TEMPORARY or CONFIG.
 * site must outlive it. */
Ingest *ingest_new(const Site *site, GError **error);
void ingest_free(Ingest *ingest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ingest, ingest_free)

/* Takes the oldest waiting mails through parser and pipeline, all in one
 * commit, then removes their files. *done: how many; 0 when none waits. On
 * error everything is still in the spool. */
gboolean ingest_round(Ingest *ingest, guint *done, GError **error);

/* Idle work: checkpoint, full-text index. */
void ingest_idle(Ingest *ingest);

Store *ingest_store(Ingest *ingest);
const Desk *ingest_desk(Ingest *ingest);

#endif
