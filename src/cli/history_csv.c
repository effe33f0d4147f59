/* history_csv.c - see history_csv.h; a part of `javob import`. */
#include "cli/history_csv.h"

#include <string.h>

#include "ground/clock.h"
#include "ground/error.h"
#include "store/history.h"

enum { OPENED, RESOLVED, QUEUE, MAILBOX, COLUMNS };

static const char *const names[COLUMNS] = { "opened", "resolved", "queue",
	"mailbox" };

/* The next field of a record (RFC 4180); FALSE at its end. */
static gboolean
take_field(const char **at, GString *field, gboolean *more)
{
	gboolean quotes = **at == '"';

	g_string_truncate(field, 0);
	if (!*more)
		return FALSE;
	if (quotes)
		(*at)++;
	for (; **at != '\0'; (*at)++) {
		if (quotes && **at == '"') {
			if ((*at)[1] != '"') {
				quotes = FALSE;
				continue;
			}
			(*at)++;
		} else if (!quotes && **at == ',') {
			break;
		}
		g_string_append_c(field, **at);
	}
	*more = **at == ',';
	if (*more)
		(*at)++;
	return TRUE;
}

static GPtrArray *
fields_of(const char *line)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) field = g_string_new(NULL);
	gboolean more = TRUE;

	while (take_field(&line, field, &more))
		g_ptr_array_add(out, g_strstrip(g_strdup(field->str)));
	return out;
}

static gboolean
read_head(const char *path, const char *line, int *columns, GError **error)
{
	g_autoptr(GPtrArray) fields = fields_of(line);

	for (int i = 0; i < COLUMNS; i++) {
		columns[i] = -1;
		for (guint n = 0; n < fields->len; n++)
			if (g_ascii_strcasecmp(fields->pdata[n], names[i]) == 0)
				columns[i] = (int)n;
	}
	if (columns[OPENED] >= 0 && columns[QUEUE] >= 0)
		return TRUE;
	return error_permanent(error,
	    "%s:1: the first line must name the columns: opened, resolved and "
	    "queue",
	    path);
}

static const char *
value(const GPtrArray *fields, const int *columns, int column)
{
	return columns[column] >= 0 && (guint)columns[column] < fields->len
	    ? fields->pdata[columns[column]]
	    : "";
}

static gboolean
add_line(StoreTxn *txn, const GPtrArray *fields, const int *columns,
    gint64 now, gboolean *added, const char **fault, GError **error)
{
	const char *queue = value(fields, columns, QUEUE);
	const char *resolved = value(fields, columns, RESOLVED);
	g_autofree char *key = history_key(
	    queue, value(fields, columns, MAILBOX));
	gint64 opened, ended = 0;

	*fault = NULL;
	if (!clock_parse(value(fields, columns, OPENED), &opened))
		*fault = "opened is no time";
	else if (*resolved != '\0' && !clock_parse(resolved, &ended))
		*fault = "resolved is no time";
	else if (*queue == '\0')
		*fault = "there is no queue";
	else if (opened > now || ended > now)
		*fault = "a time is still to come";
	else if (ended != 0 && ended < opened)
		*fault = "it was resolved before it was opened";
	return *fault == NULL &&
	    history_import(txn, queue, key, opened, ended, added, error);
}

gboolean
history_csv(StoreTxn *txn, const char *path, gint64 now,
    HistoryCounts *counts, GError **error)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	g_autoptr(GError) reason = NULL;
	int columns[COLUMNS];
	gsize length;

	if (!g_file_get_contents(path, &text, &length, &reason))
		return error_permanent(error, "%s", reason->message);
	if (!g_utf8_validate(text, (gssize)length, NULL))
		return error_permanent(error, "%s: not UTF-8", path);
	lines = g_strsplit(text, "\n", -1);
	if (!read_head(path, g_strchomp(lines[0]), columns, error))
		return FALSE;
	for (guint i = 1; lines[i] != NULL; i++) {
		g_autoptr(GPtrArray) fields = fields_of(g_strchomp(lines[i]));
		const char *fault;
		gboolean added;

		if (*lines[i] == '\0')
			continue;
		if (!add_line(txn, fields, columns, now, &added, &fault, error))
			return fault == NULL
			    ? FALSE
			    : error_permanent(error, "%s:%u: %s", path, i + 1,
				  fault);
		counts->added += added;
		counts->known += !added;
	}
	return TRUE;
}
