/* rows.c - from running statements to plain structs; for the modules of
 * store/ that hold one noun each. */
#include "store/rows.h"

GPtrArray *
rows_collect(StoreRows *running, RowRead read, GDestroyNotify row_free,
    GError **error)
{
	g_autoptr(StoreRows) rows = running;
	g_autoptr(GError) reason = NULL;
	g_autoptr(GPtrArray) out = NULL;

	if (rows == NULL)
		return NULL;
	out = g_ptr_array_new_with_free_func(row_free);
	while (store_next(rows, &reason))
		g_ptr_array_add(out, read(rows));
	if (reason == NULL)
		return g_steal_pointer(&out);
	g_propagate_error(error, g_steal_pointer(&reason));
	return NULL;
}

gpointer
rows_one(StoreRows *running, RowRead read, GError **error)
{
	g_autoptr(StoreRows) rows = running;

	if (rows == NULL || !store_next(rows, error))
		return NULL;
	return read(rows);
}

char *
rows_text(StoreRows *rows, int column)
{
	const char *text = store_text(rows, column);

	return g_strdup(text != NULL ? text : "");
}
