/* What SQLite allows a store: how many mails a second, durably.
 *
 *   sqlite_ingest DB BATCH <list of files
 *
 * All mail is read and parsed first; only the store is timed. A mail is a
 * ticket (found by References, else new), a message row, its raw octets, a row
 * of full text and an outbox row; BATCH mails in one transaction; WAL,
 * synchronous=FULL. Prints mails/s, milliseconds of a transaction, CPU. */
#include <gmime/gmime.h>
#include <sqlite3.h>

#include "bench.h"

enum { REFERENCES = 4 };

typedef struct Mail {
	char *id, *from, *subject, *text;
	char *references[REFERENCES];
	int reference_count;
} Mail;

enum { FIND, TICKET, TOUCH, MESSAGE, RAW, TEXT, OUTBOX, STATEMENTS };

static const char tables[] =
    "PRAGMA page_size=4096; PRAGMA journal_mode=WAL;"
    "PRAGMA cache_size=-65536; PRAGMA synchronous=FULL;"
    "CREATE TABLE ticket(id INTEGER PRIMARY KEY, subject TEXT, customer TEXT,"
    " status INTEGER DEFAULT 0, opened INTEGER, updated INTEGER, due INTEGER);"
    "CREATE INDEX ticket_due ON ticket(status, due);"
    "CREATE INDEX ticket_customer ON ticket(customer);"
    "CREATE TABLE message(id INTEGER PRIMARY KEY, ticket INTEGER,"
    " message_id TEXT UNIQUE, at INTEGER, text TEXT);"
    "CREATE INDEX message_ticket ON message(ticket);"
    "CREATE TABLE raw(message INTEGER PRIMARY KEY, data BLOB);"
    "CREATE TABLE outbox(id INTEGER PRIMARY KEY, ticket INTEGER, rcpt TEXT,"
    " state INTEGER DEFAULT 0, at INTEGER);"
    "CREATE INDEX outbox_state ON outbox(state, at);"
    "CREATE VIRTUAL TABLE fts USING fts5(subject, text, content='');";

static const char *const sql[STATEMENTS] = {
	[FIND] = "SELECT ticket FROM message WHERE message_id=?",
	[TICKET] = "INSERT INTO ticket(subject,customer,opened,updated,due)"
		   " VALUES(?1,?2,?3,?3,?3+86400)",
	[TOUCH] = "UPDATE ticket SET updated=? WHERE id=?",
	[MESSAGE] = "INSERT INTO message(ticket,message_id,at,text)"
		    " VALUES(?,?,?,?)",
	[RAW] = "INSERT INTO raw(message,data) VALUES(?,?)",
	[TEXT] = "INSERT INTO fts(rowid,subject,text) VALUES(?,?,?)",
	[OUTBOX] = "INSERT INTO outbox(ticket,rcpt,at) VALUES(?,?,?)",
};

static sqlite3 *db;
static sqlite3_stmt *statements[STATEMENTS];

static void
must(int rc)
{
	if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
		return;
	fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db));
	exit(1);
}

static void
run(const char *text)
{
	must(sqlite3_exec(db, text, NULL, NULL, NULL));
}

/* --- mail ---------------------------------------------------------------- */

static GMimeObject *
find_text(GMimeObject *part)
{
	GMimeMultipart *whole;

	if (!GMIME_IS_MULTIPART(part))
		return GMIME_IS_TEXT_PART(part) ? part : NULL;
	whole = GMIME_MULTIPART(part);
	for (int i = 0; i < g_mime_multipart_get_count(whole); i++) {
		GMimeObject *hit =
		    find_text(g_mime_multipart_get_part(whole, i));

		if (hit != NULL)
			return hit;
	}
	return NULL;
}

static char *
copy(const char *text)
{
	return g_strdup(text != NULL ? text : "");
}

static void
load_references(Mail *mail, const char *body)
{
	GMimeReferences *list;

	if (body == NULL)
		return;
	list = g_mime_references_parse(NULL, body);
	for (int i = 0; i < g_mime_references_length(list) && i < REFERENCES;
	     i++)
		mail->references[mail->reference_count++] =
		    g_strdup(g_mime_references_get_message_id(list, i));
	g_mime_references_free(list);
}

static void
load(Mail *mail, const File *file)
{
	GMimeStream *stream =
	    g_mime_stream_mem_new_with_buffer(file->octets, file->size);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
	GMimeObject *whole = GMIME_OBJECT(message), *part;

	mail->subject = copy(g_mime_message_get_subject(message));
	mail->id = copy(g_mime_message_get_message_id(message));
	mail->from = copy(g_mime_object_get_header(whole, "From"));
	load_references(mail, g_mime_object_get_header(whole, "References"));
	part = find_text(g_mime_message_get_mime_part(message));
	mail->text = part != NULL
			 ? g_mime_text_part_get_text(GMIME_TEXT_PART(part))
			 : NULL;
	if (mail->text == NULL)
		mail->text = copy(NULL);
	g_object_unref(message);
	g_object_unref(parser);
	g_object_unref(stream);
}

/* --- store --------------------------------------------------------------- */

static void
text_arg(int which, int at, const char *text)
{
	sqlite3_bind_text(statements[which], at, text, -1, SQLITE_STATIC);
}

static void
number_arg(int which, int at, sqlite3_int64 number)
{
	sqlite3_bind_int64(statements[which], at, number);
}

static void
step(int which)
{
	must(sqlite3_step(statements[which]));
	sqlite3_reset(statements[which]);
}

static sqlite3_int64
find_ticket(const Mail *mail)
{
	sqlite3_int64 ticket = 0;

	for (int i = mail->reference_count; i-- > 0 && ticket == 0;) {
		text_arg(FIND, 1, mail->references[i]);
		if (sqlite3_step(statements[FIND]) == SQLITE_ROW)
			ticket = sqlite3_column_int64(statements[FIND], 0);
		sqlite3_reset(statements[FIND]);
	}
	return ticket;
}

static sqlite3_int64
new_ticket(const Mail *mail, sqlite3_int64 now)
{
	text_arg(TICKET, 1, mail->subject);
	text_arg(TICKET, 2, mail->from);
	number_arg(TICKET, 3, now);
	step(TICKET);
	return sqlite3_last_insert_rowid(db);
}

static void
store(const Mail *mail, const File *file, sqlite3_int64 now)
{
	sqlite3_int64 ticket = find_ticket(mail), message;

	if (ticket == 0)
		ticket = new_ticket(mail, now);
	else {
		number_arg(TOUCH, 1, now);
		number_arg(TOUCH, 2, ticket);
		step(TOUCH);
	}
	number_arg(MESSAGE, 1, ticket);
	text_arg(MESSAGE, 2, mail->id);
	number_arg(MESSAGE, 3, now);
	text_arg(MESSAGE, 4, mail->text);
	step(MESSAGE);
	message = sqlite3_last_insert_rowid(db);
	number_arg(RAW, 1, message);
	sqlite3_bind_blob64(statements[RAW], 2, file->octets, file->size,
	    SQLITE_STATIC);
	step(RAW);
	number_arg(TEXT, 1, message);
	text_arg(TEXT, 2, mail->subject);
	text_arg(TEXT, 3, mail->text);
	step(TEXT);
	number_arg(OUTBOX, 1, ticket);
	text_arg(OUTBOX, 2, mail->from);
	number_arg(OUTBOX, 3, now);
	step(OUTBOX);
}

int
main(int argc, char **argv)
{
	size_t batch = argc == 3 ? (size_t)atol(argv[2]) : 0;
	size_t count, groups = 0;
	double *took, wall, cpu;
	File *files;
	Mail *mails;

	if (batch < 1)
		return 2;
	files = list_files(&count, 1);
	g_mime_init();
	mails = calloc(count, sizeof *mails);
	for (size_t i = 0; i < count; i++)
		load(&mails[i], &files[i]);
	must(sqlite3_open(argv[1], &db));
	run(tables);
	for (int i = 0; i < STATEMENTS; i++)
		must(sqlite3_prepare_v2(db, sql[i], -1, &statements[i], NULL));
	took = calloc(count / batch + 1, sizeof *took);
	wall = seconds(CLOCK_MONOTONIC);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	for (size_t i = 0; i < count;) {
		double start = seconds(CLOCK_MONOTONIC);

		run("BEGIN IMMEDIATE");
		for (size_t k = 0; k < batch && i < count; k++, i++)
			store(&mails[i], &files[i],
			    1800000000 + (sqlite3_int64)i);
		run("COMMIT");
		took[groups++] = seconds(CLOCK_MONOTONIC) - start;
	}
	wall = seconds(CLOCK_MONOTONIC) - wall;
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("rate %.1f p50 %.3f p99 %.3f cpu %.1f\n", (double)count / wall,
	    percentile(took, groups, 50) * 1e3,
	    percentile(took, groups, 99) * 1e3, cpu / (double)count * 1e6);
	return 0;
}
