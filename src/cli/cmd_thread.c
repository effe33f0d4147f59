/* cmd_thread.c - javob thread: mails grouped into conversations by their
 * Message-IDs alone, as the store's msgid table would join them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "ground/error.h"
#include "ground/text.h"
#include "mail/parser.h"

/* Union-find over mails. */
static guint
root_of(GArray *parents, guint i)
{
	while (g_array_index(parents, guint, i) != i)
		i = g_array_index(parents, guint, i);
	return i;
}

/* The mail at i knows msgid: it joins whoever knew it before. */
static void
join(GArray *parents, GHashTable *known, guint i, const char *msgid)
{
	gpointer other;

	if (g_hash_table_lookup_extended(known, msgid, NULL, &other)) {
		guint a = root_of(parents, GPOINTER_TO_UINT(other));
		guint b = root_of(parents, i);

		g_array_index(parents, guint, MAX(a, b)) = MIN(a, b);
	} else
		g_hash_table_insert(
		    known, g_strdup(msgid), GUINT_TO_POINTER(i));
}

static gboolean
take(Parser *parser, const char *path, guint i, GArray *parents,
    GHashTable *known, GError **error)
{
	g_autoptr(Message) message = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return error_permanent(
		    error, "%s: %s", path, g_strerror(errno));
	message = parser_parse(parser, fd, 0, 0, error);
	close(fd);
	if (message == NULL)
		return FALSE;
	join(parents, known, i, message->message_id);
	for (guint n = 0; n < message->in_reply_to->len; n++)
		join(parents, known, i, message->in_reply_to->pdata[n]);
	for (guint n = 0; n < message->references->len; n++)
		join(parents, known, i, message->references->pdata[n]);
	return TRUE;
}

static void
print_groups(GArray *parents, char **paths)
{
	g_autoptr(GString) out = g_string_new("[");

	for (guint i = 0; i < parents->len; i++) {
		if (root_of(parents, i) != i)
			continue;
		g_string_append(out, out->len > 1 ? ",[" : "[");
		for (guint n = i; n < parents->len; n++) {
			if (root_of(parents, n) != i)
				continue;
			if (n > i)
				g_string_append_c(out, ',');
			text_json(out, paths[n]);
		}
		g_string_append_c(out, ']');
	}
	g_string_append_c(out, ']');
	puts(out->str);
}

static int
run(const char *config G_GNUC_UNUSED, int argc, char **argv)
{
	g_autoptr(GArray) parents = g_array_new(FALSE, FALSE, sizeof(guint));
	g_autoptr(GHashTable) known = g_hash_table_new_full(
	    g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(Parser) parser = NULL;
	g_autoptr(GError) error = NULL;

	if (argc < 2 || cmd_unknown(argc, argv) != NULL)
		return cmd_usage(&cmd_thread, NULL);
	parser = cmd_parser(&error);
	if (parser == NULL)
		return cmd_fail(error);
	for (guint i = 0; i < (guint)argc - 1; i++) {
		g_array_append_val(parents, i);
		if (!take(parser, argv[i + 1], i, parents, known, &error))
			return cmd_fail(error);
	}
	print_groups(parents, argv + 1);
	return 0;
}

const Command cmd_thread = { "thread", "FILE ...",
	"group mails into conversations, as JSON", run };
