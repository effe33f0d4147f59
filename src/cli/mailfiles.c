/* mailfiles.c - see mailfiles.h. Used by cmd_import. An mbox is cut at lines
 * "From SENDER TIME" behind an empty line; one level of ">From " is taken off
 * (mboxrd). */
#include "cli/mailfiles.h"

#include <string.h>
#include <sys/stat.h>

#include "ground/error.h"

static GBytes *
map(const char *path, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, &reason);

	if (file != NULL)
		return g_mapped_file_get_bytes(file);
	error_permanent(error, "%s", reason->message);
	return NULL;
}

/* --- mbox ------------------------------------------------------------------ */

static const char *
line_end(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (gsize)(end - at));

	return newline != NULL ? newline + 1 : end;
}

/* "From ann@x Mon Nov 23 10:00:00 2026"; "From now on" is text. */
static gboolean
is_separator(const char *at, const char *end)
{
	const char *line = line_end(at, end);

	if (line - at < 5 || memcmp(at, "From ", 5) != 0)
		return FALSE;
	for (const char *p = at + 5; p + 5 <= line; p++)
		if (g_ascii_isdigit(p[0]) && g_ascii_isdigit(p[1]) &&
		    p[2] == ':' && g_ascii_isdigit(p[3]) &&
		    g_ascii_isdigit(p[4]))
			return TRUE;
	return FALSE;
}

static gboolean
is_empty(const char *at, const char *end)
{
	return end - at == 1 || (end - at == 2 && at[0] == '\r');
}

static gboolean
is_quoted_from(const char *at, const char *end)
{
	while (at < end && *at == '>')
		at++;
	return end - at >= 5 && memcmp(at, "From ", 5) == 0;
}

static GBytes *
unquote(const char *at, const char *end)
{
	GString *out = g_string_sized_new((gsize)(end - at));

	while (at < end) {
		const char *next = line_end(at, end);

		if (*at == '>' && is_quoted_from(at, next))
			at++;
		g_string_append_len(out, at, next - at);
		at = next;
	}
	return g_string_free_to_bytes(out);
}

/* One mail; the empty line before the next separator is not part of it. */
static gboolean
give(const char *path, guint number, const char *at, const char *end,
    gint64 when, MailfilesEach each, gpointer data, GError **error)
{
	g_autofree char *name = g_strdup_printf("%s:%u", path, number);
	g_autoptr(GBytes) octets = NULL;

	if (end - at >= 2 && end[-1] == '\n' && end[-2] == '\n')
		end--;
	else if (end - at >= 4 && memcmp(end - 4, "\r\n\r\n", 4) == 0)
		end -= 2;
	octets = unquote(at, end);
	return each(name, octets, when, data, error);
}

static gboolean
each_of_mbox(const char *path, GBytes *whole, gint64 when, MailfilesEach each,
    gpointer data, GError **error)
{
	gsize size;
	const char *start = g_bytes_get_data(whole, &size);
	const char *end = start + size;
	const char *mail = line_end(start, end), *at = mail;
	gboolean gap = FALSE;
	guint number = 1;

	while (at < end) {
		const char *next = line_end(at, end);

		if (gap && is_separator(at, end)) {
			if (!give(path, number++, mail, at, when, each, data,
				error))
				return FALSE;
			mail = next;
		}
		gap = is_empty(at, next);
		at = next;
	}
	return give(path, number, mail, end, when, each, data, error);
}

/* --- files and directories --------------------------------------------------- */

static gboolean
each_of_file(const char *path, MailfilesEach each, gpointer data,
    GError **error)
{
	g_autoptr(GBytes) octets = map(path, error);
	struct stat st = { 0 };
	gsize size;
	const char *text;

	if (octets == NULL)
		return FALSE;
	stat(path, &st);
	text = g_bytes_get_data(octets, &size);
	if (size == 0)
		return TRUE;
	if (is_separator(text, text + size))
		return each_of_mbox(path, octets, (gint64)st.st_mtime, each,
		    data, error);
	return each(path, octets, (gint64)st.st_mtime, data, error);
}

static gboolean
list(const char *path, GPtrArray *files, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(GDir) dir = g_dir_open(path, 0, &reason);
	const char *name;

	if (dir == NULL)
		return error_permanent(error, "%s", reason->message);
	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		if (name[0] != '.' && g_file_test(file, G_FILE_TEST_IS_REGULAR))
			g_ptr_array_add(files, g_steal_pointer(&file));
	}
	return TRUE;
}

/* By their own names, whichever of cur and new they are in. */
static int
by_name(gconstpointer a, gconstpointer b)
{
	const char *const *one = a, *const *two = b;

	return strcmp(strrchr(*one, '/'), strrchr(*two, '/'));
}

static gboolean
each_of_directory(const char *path, MailfilesEach each, gpointer data,
    GError **error)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *cur = g_build_filename(path, "cur", NULL);
	g_autofree char *new = g_build_filename(path, "new", NULL);

	if (g_file_test(cur, G_FILE_TEST_IS_DIR)) {
		if (!list(cur, files, error) ||
		    (g_file_test(new, G_FILE_TEST_IS_DIR) &&
			!list(new, files, error)))
			return FALSE;
	} else if (!list(path, files, error))
		return FALSE;
	g_ptr_array_sort(files, by_name);
	for (guint i = 0; i < files->len; i++)
		if (!each_of_file(files->pdata[i], each, data, error))
			return FALSE;
	return TRUE;
}

gboolean
mailfiles_each(const char *path, MailfilesEach each, gpointer data,
    GError **error)
{
	return g_file_test(path, G_FILE_TEST_IS_DIR)
		   ? each_of_directory(path, each, data, error)
		   : each_of_file(path, each, data, error);
}
