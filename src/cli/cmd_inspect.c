/* cmd_inspect.c - javob inspect: what the gateway understands of a mail, one
 * JSON object a line. Touches nothing, needs no configuration. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "ground/error.h"
#include "mail/parser.h"
#include "policy/lang.h"

#define WORKERS_MOST   4
#define FILES_FOR_MORE 16 /* so many make a second worker worth while */
#define OUTPUT_BUFFER  (64 * 1024)

/* {"address":..,"name":..}: the address as a person reads it. */
static char *
address_json(const Address *address)
{
	g_autofree char *shown = address_show(address->address);
	Json json;

	json_begin(&json);
	json_text(&json, "address", shown);
	json_text(&json, "name", address->name);
	return json_end(&json);
}

static void
add_one(Json *json, const char *key, const GPtrArray *addresses)
{
	g_autofree char *raw =
	    addresses->len > 0 ? address_json(addresses->pdata[0]) : NULL;

	json_raw(json, key, raw != NULL ? raw : "null");
}

static void
add_all(Json *json, const char *key, const GPtrArray *addresses)
{
	g_autoptr(GString) raw = g_string_new("[");

	for (guint i = 0; i < addresses->len; i++) {
		g_autofree char *one = address_json(addresses->pdata[i]);

		g_string_append_printf(raw, "%s%s", i > 0 ? "," : "", one);
	}
	g_string_append_c(raw, ']');
	json_raw(json, key, raw->str);
}

static void
add_attachments(Json *json, const GPtrArray *attachments)
{
	g_autoptr(GString) raw = g_string_new("[");

	for (guint i = 0; i < attachments->len; i++) {
		const Attachment *attachment = attachments->pdata[i];
		g_autofree char *text = NULL;
		Json one;

		json_begin(&one);
		json_text(&one, "name", attachment->name);
		json_text(&one, "type", attachment->type);
		json_int(&one, "size", attachment->size);
		json_bool(&one, "inline", attachment->is_inline);
		json_text(&one, "sha256", attachment->sha256);
		text = json_end(&one);
		g_string_append_printf(raw, "%s%s", i > 0 ? "," : "", text);
	}
	g_string_append_c(raw, ']');
	json_raw(json, "attachments", raw->str);
}

static void
add_bounce(Json *json, const Dsn *dsn)
{
	g_autofree char *text = NULL;
	Json one;

	if (dsn == NULL) {
		json_raw(json, "bounce", "null");
		return;
	}
	json_begin(&one);
	json_list(&one, "recipients", dsn->recipients);
	json_text(&one, "status", *dsn->status != '\0' ? dsn->status : NULL);
	json_text(&one, "action", *dsn->action != '\0' ? dsn->action : NULL);
	json_text(&one, "original_message_id",
	    *dsn->original_message_id != '\0' ? dsn->original_message_id
					      : NULL);
	text = json_end(&one);
	json_raw(json, "bounce", text);
}

static void
add_language(Json *json, const Message *message)
{
	g_autoptr(LangChoice) choice = lang_choose(message->new_text,
	    message->subject, message, message_author(message), NULL, NULL);
	g_autofree char *confidence = NULL;
	char digits[G_ASCII_DTOSTR_BUF_SIZE];
	Json one;

	if (choice->confidence == 0) {
		json_raw(json, "language", "null");
		return;
	}
	json_begin(&one);
	json_text(&one, "tag", choice->tag);
	json_raw(&one, "confidence",
	    g_ascii_formatd(digits, sizeof digits, "%.2f", choice->confidence));
	confidence = json_end(&one);
	json_raw(json, "language", confidence);
}

static void
print_message(const Message *message, const char *path)
{
	g_autofree char *text = NULL;
	Json json;

	json_begin(&json);
	json_int(&json, "version", 1);
	if (path != NULL)
		json_text(&json, "file", path);
	json_text(&json, "message_id",
	    message->message_id_made ? NULL : message->message_id);
	json_text(&json, "in_reply_to",
	    message->in_reply_to->len > 0 ? message->in_reply_to->pdata[0]
					  : NULL);
	json_list(&json, "references", message->references);
	json_time(&json, "date", message->date);
	json_text(&json, "subject", message->subject);
	add_one(&json, "from", message->from);
	add_one(&json, "reply_to", message->reply_to);
	add_one(&json, "sender", message->sender);
	add_all(&json, "to", message->to);
	add_all(&json, "cc", message->cc);
	json_text(&json, "kind", message_kind_name(message->kind));
	json_list(&json, "kind_reasons", message->kind_reasons);
	json_bool(&json, "may_answer", message->may_answer);
	add_language(&json, message);
	json_text(&json, "body_text", message->body_text);
	json_text(&json, "new_text", message->new_text);
	json_int(&json, "quoted_lines", message->quoted_lines);
	add_attachments(&json, message->attachments);
	json_bool(&json, "signed", (message->protection & MESSAGE_SIGNED) != 0);
	json_bool(&json, "encrypted",
	    (message->protection & MESSAGE_ENCRYPTED) != 0);
	add_bounce(&json, message->dsn);
	json_list(&json, "defects", message->defects);
	text = json_end(&json);
	puts(text);
}

static GBytes *
read_all(int fd)
{
	GByteArray *octets = g_byte_array_new();
	guint8 buffer[65536];
	gssize n;

	while ((n = read(fd, buffer, sizeof buffer)) > 0)
		g_byte_array_append(octets, buffer, (guint)n);
	return g_byte_array_free_to_bytes(octets);
}

/* What kills the parser is still shown, by a byte scan. */
static Message *
scan_after(const GError *reason, int fd)
{
	g_autoptr(GBytes) octets = NULL;
	Message *message;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return message_scan(NULL);
	octets = read_all(fd);
	message = message_scan(octets);
	g_ptr_array_add(message->defects,
	    g_strdup_printf("the parser died: %s", reason->message));
	return message;
}

/* A file that a worker has been asked about. */
typedef struct Asked {
	const char *path;
	int fd;
} Asked;

/* Several workers, each with a mail or two to read while this process prints:
 * number n is read by worker n % size. */
typedef struct Pool {
	Parser *parsers[WORKERS_MOST];
	guint size;
	Asked asked[WORKERS_MOST * PARSER_AHEAD];
	guint first, end; /* numbers of the files that were asked about */
} Pool;

static Parser *
pool_parser(const Pool *pool, guint number)
{
	return pool->parsers[number % pool->size];
}

/* FALSE with error CONFIG if the word tables are broken. */
static gboolean
pool_init(Pool *pool, guint size, GError **error)
{
	for (pool->size = 0; pool->size < size; pool->size++) {
		pool->parsers[pool->size] = cmd_parser(error);
		if (pool->parsers[pool->size] == NULL)
			return FALSE;
	}
	return TRUE;
}

static Asked *
pool_asked(Pool *pool, guint number)
{
	return &pool->asked[number % (pool->size * PARSER_AHEAD)];
}

/* Prints the oldest one. */
static gboolean
pool_finish(Pool *pool, GError **error)
{
	guint number = pool->first++;
	Asked *asked = pool_asked(pool, number);
	g_autoptr(GError) reason = NULL;
	g_autoptr(Message) message =
	    parser_finish(pool_parser(pool, number), &reason);

	if (message == NULL &&
	    g_error_matches(reason, JAVOB_ERROR, JAVOB_ERROR_PERMANENT))
		message = scan_after(reason, asked->fd);
	close(asked->fd);
	if (message == NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	print_message(message, asked->path);
	return TRUE;
}

static gboolean
pool_begin(Pool *pool, const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return error_permanent(error, "%s: %s", path,
		    g_strerror(errno));
	if (!parser_begin(pool_parser(pool, pool->end), fd, 0, 0, error)) {
		close(fd);
		return FALSE;
	}
	*pool_asked(pool, pool->end++) = (Asked){ path, fd };
	return TRUE;
}

static void
pool_clear(Pool *pool)
{
	for (guint i = 0; i < WORKERS_MOST; i++)
		g_clear_pointer(&pool->parsers[i], parser_free);
}

static gboolean
inspect_input(Parser *parser, GError **error)
{
	g_autoptr(GBytes) octets = read_all(STDIN_FILENO);
	g_autoptr(GError) reason = NULL;
	g_autoptr(Message) message =
	    parser_parse_bytes(parser, octets, 0, &reason);

	if (message == NULL &&
	    g_error_matches(reason, JAVOB_ERROR, JAVOB_ERROR_PERMANENT)) {
		message = message_scan(octets);
		g_ptr_array_add(message->defects,
		    g_strdup_printf("the parser died: %s", reason->message));
	}
	if (message == NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	print_message(message, NULL);
	return TRUE;
}

/* Prints what waits, until at most most files do. FALSE if one failed. */
static gboolean
pool_drain(Pool *pool, guint most)
{
	gboolean good = TRUE;

	while (pool->end - pool->first > most) {
		g_autoptr(GError) error = NULL;

		if (!pool_finish(pool, &error)) {
			cmd_fail(error);
			good = FALSE;
		}
	}
	return good;
}

static gboolean
inspect_one(Pool *pool, const char *path)
{
	g_autoptr(GError) error = NULL;
	gboolean good = TRUE;

	if (g_str_equal(path, "-")) {
		good = pool_drain(pool, 0);
		if (!inspect_input(pool_parser(pool, pool->end), &error))
			good = FALSE;
	} else {
		good = pool_drain(pool, pool->size * PARSER_AHEAD - 1);
		if (!pool_begin(pool, path, &error))
			good = FALSE;
	}
	if (error != NULL)
		cmd_fail(error);
	return good;
}

static int
run(const char *config G_GNUC_UNUSED, int argc, char **argv)
{
	g_autoptr(GError) fault = NULL;
	Pool pool = { .size = 0 };
	guint size = 1;
	gboolean good = TRUE;

	if (cmd_unknown(argc, argv) != NULL)
		return cmd_usage(&cmd_inspect, NULL);
	if (argc > FILES_FOR_MORE) {
		setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
		size = CLAMP(g_get_num_processors(), 1, WORKERS_MOST);
	}
	if (!pool_init(&pool, size, &fault))
		return cmd_fail(fault);
	if (argc == 1)
		good = inspect_one(&pool, "-");
	for (int i = 1; i < argc; i++)
		good = inspect_one(&pool, argv[i]) && good;
	good = pool_drain(&pool, 0) && good;
	pool_clear(&pool);
	return good ? 0 : 1;
}

const Command cmd_inspect = { "inspect", "[FILE ...]",
	"what is understood of a mail, as JSON", run };
