/* search.h - full text of messages, for agents and for "related tickets".
 *
 * The door's commit only notes a message in `unindexed`; the words are taken
 * out of it later, in a transaction of their own. */
#ifndef STORE_SEARCH_H
#define STORE_SEARCH_H

#include "store/store.h"

/* Indexes the oldest messages that wait, at most `most` of them. done: how
 * many; may be NULL. Any role may call it at any time between transactions. */
gboolean store_index_pending(Store *store, guint most, guint *done,
    GError **error);

/* Empties the index and lets every message wait again. */
gboolean store_index_reset(Store *store, GError **error);

/* Tickets of which one message (subject, sender or text) has all the words
 * or longer ones that begin so; the newest message first. words: what a person
 * typed, in any script; nothing in it is special. At most `most` tickets, as
 * gint64 *; free with g_ptr_array_unref. No words: none. */
GPtrArray *store_search(Store *store, const char *words, guint most,
    GError **error);

/* The words of a text as the index holds them: folded, with single spaces
 * between; free with g_free. */
char *search_words(const char *text, guint most);

#endif
