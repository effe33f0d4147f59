/* faqs.h - answers that the desk has ready: rows of table faq. */
#ifndef STORE_FAQS_H
#define STORE_FAQS_H

#include "store/store.h"

typedef struct FaqRow {
	gint64 id;
	char *key;       /* name of its file, without folder and ending */
	char *mailbox;   /* "": all of them */
	char *languages; /* BCP 47 tags, a space between */
	char *title, *url, *words, *body;
	char *stems;     /* of title and words; ":"; of body (policy/faq) */
	gint64 shown;    /* in so many acknowledgements */
	gint64 helped;   /* so many of those tickets their customers closed
			  * before anybody answered */
} FaqRow;
void faq_row_free(FaqRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaqRow, faq_row_free)

/* Writes the row of row->key, new or in place of the old one, whose counts
 * stay. */
gboolean faq_put(StoreTxn *txn, const FaqRow *row, GError **error);
/* removed: how many; may be NULL. */
gboolean faq_remove(StoreTxn *txn, const char *key, gint64 *removed,
    GError **error);
/* of FaqRow, by key. */
GPtrArray *faq_all(StoreTxn *txn, GError **error);

/* The acknowledgement of ticket has shown it. */
gboolean faq_add_shown(StoreTxn *txn, gint64 ticket, gint64 faq, gint64 now,
    GError **error);
/* How many the acknowledgement of ticket has shown. */
gboolean faq_count_shown(StoreTxn *txn, gint64 ticket, gint64 *count,
    GError **error);
/* The customer has closed it without an answer: all that were shown helped. */
gboolean faq_set_helped(StoreTxn *txn, gint64 ticket, GError **error);

#endif
