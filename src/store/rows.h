/* rows.h - from running statements to plain structs. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "store/store.h"

/* Makes a struct of the row that the statement stands on. */
typedef gpointer (*RowRead)(StoreRows *rows);

/* All rows; NULL with error. rows may be NULL (then error is set already);
 * it is freed. */
GPtrArray *rows_collect(StoreRows *rows, RowRead read, GDestroyNotify row_free,
    GError **error);
/* The first row, or NULL without error when there is none. Frees rows. */
gpointer rows_one(StoreRows *rows, RowRead read, GError **error);
/* A text column as a copy, "" for NULL. */
char *rows_text(StoreRows *rows, int column);

#endif
