/* test-parser.c - the worker answers, dies alone, and is replaced. This program
 * is its own worker: main() calls parser_worker_main first. */
#include "mail/parser.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static GBytes *
mail(const char *text)
{
	return g_bytes_new_static(text, strlen(text));
}

static void
test_parse(void)
{
	g_autoptr(Parser) parser = parser_new();
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < 100; i++) {
		g_autofree char *text =
		    g_strdup_printf("From: a@x.uz\nSubject: %u\n\nbody\n", i);
		g_autoptr(GBytes) bytes = mail(text);
		g_autoptr(Message) m =
		    parser_parse_bytes(parser, bytes, 0, &error);
		g_autofree char *want = g_strdup_printf("%u", i);

		g_assert_no_error(error);
		g_assert_cmpstr(m->subject, ==, want);
		g_assert_cmpstr(m->body_text, ==, "body\n");
	}
}

/* The spool file has an envelope in front. */
static void
test_offset(void)
{
	g_autoptr(Parser) parser = parser_new();
	g_autoptr(GError) error = NULL;
	FILE *file = tmpfile();
	gint64 offset;

	for (guint size = 1; size < 2000000; size *= 100) {
		g_autoptr(Message) m = NULL;

		rewind(file);
		g_assert_cmpint(ftruncate(fileno(file), 0), ==, 0);
		fputs("envelope=x\n\n", file);
		offset = ftell(file);
		fputs("From: a@x.uz\n\n", file);
		for (guint i = 0; i < size; i++)
			fputc('x', file);
		fflush(file);
		m = parser_parse(parser, fileno(file), offset, 0, &error);
		g_assert_no_error(error);
		g_assert_cmpstr(message_author(m)->address, ==, "a@x.uz");
		g_assert_cmpint(m->size, ==, size + 14);
		g_assert_cmpuint(strlen(m->body_text), >=, MIN(size, 1000000));
	}
	fclose(file);
}

static void
test_attachments(void)
{
	g_autoptr(Parser) parser = parser_new();
	g_autoptr(GString) text = g_string_new("From: a@x\nContent-Type: "
					       "application/pdf\n\n");
	g_autoptr(GBytes) bytes = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Message) with = NULL, without = NULL;
	const Attachment *a;

	for (guint i = 0; i < 1000000; i++)
		g_string_append(text, "0123456789");
	bytes = g_bytes_new(text->str, text->len);
	with =
	    parser_parse_bytes(parser, bytes, MESSAGE_WITH_ATTACHMENTS, &error);
	g_assert_no_error(error);
	a = with->attachments->pdata[0];
	g_assert_cmpint(a->size, ==, 10000000);
	g_assert_cmpuint(g_bytes_get_size(a->octets), ==, 10000000);
	without = parser_parse_bytes(parser, bytes, 0, &error);
	g_assert_no_error(error);
	a = without->attachments->pdata[0];
	g_assert_cmpint(a->size, ==, 10000000);
	g_assert_null(a->octets);
}

/* Every child of this process. */
static pid_t
child(void)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/children",
	    (int)getpid(), (int)getpid());
	g_autofree char *pids = NULL;

	if (!g_file_get_contents(path, &pids, NULL, NULL) || pids[0] == '\0')
		return 0;
	return (pid_t)g_ascii_strtoll(pids, NULL, 10);
}

/* Dead when this returns, but not waited for: that is the parser's. */
static void
kill_child(pid_t pid)
{
	siginfo_t info;

	g_assert_cmpint(pid, >, 0);
	g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
	g_assert_cmpint(
	    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), ==, 0);
}

static void
test_death(void)
{
	g_autoptr(Parser) parser = parser_new();
	g_autoptr(GBytes) bytes = mail("From: a@x\n\nx");
	g_autoptr(GError) error = NULL;
	pid_t first;

	for (guint i = 0; i < 3; i++) {
		g_autoptr(Message) m =
		    parser_parse_bytes(parser, bytes, 0, &error);

		/* A death between two mails is nobody's fault. */
		g_assert_no_error(error);
		g_assert_nonnull(m);
		first = child();
		if (first == 0) {
			g_test_skip("no list of children in /proc");
			return;
		}
		kill_child(first);
	}
}

static void
test_name(void)
{
	g_autoptr(Parser) parser = parser_new();
	g_autoptr(GBytes) bytes = mail("From: a@x\n\nx");
	g_autoptr(Message) m = parser_parse_bytes(parser, bytes, 0, NULL);
	g_autofree char *path = g_strdup_printf("/proc/%d/comm", child());
	g_autofree char *name = NULL;

	g_assert_nonnull(m);
	if (!g_file_get_contents(path, &name, NULL, NULL)) {
		g_test_skip("no list of children in /proc");
		return;
	}
	g_assert_cmpstr(name, ==, "javob-parse\n");
}

/* The mail would begin behind the end of its file. */
static void
test_unreadable(void)
{
	g_autoptr(Parser) parser = parser_new();
	g_autoptr(GBytes) bytes = mail("From: a@x\n\nx");
	g_autoptr(GError) error = NULL;
	g_autoptr(Message) m = NULL;

	g_assert_null(parser_parse(parser, STDIN_FILENO, 100, 0, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_TEMPORARY);
	g_clear_error(&error);
	m = parser_parse_bytes(parser, bytes, 0, &error);
	g_assert_no_error(error);
}

/* Stopped in the middle of a mail, the worker is killed; the next mail is
 * read. */
static gpointer
kill_soon(gpointer data)
{
	const int *signal_number = data;
	pid_t pid;

	while ((pid = child()) == 0)
		g_usleep(1000);
	g_usleep(30000);
	kill(pid, *signal_number);
	return NULL;
}

static void
test_killed(void)
{
	g_autoptr(Parser) parser = parser_new();
	g_autoptr(GString) text = g_string_new("From: a@x\n\n");
	g_autoptr(GBytes) large = NULL, small = mail("From: a@x\n\nx");
	g_autoptr(GError) error = NULL;
	g_autoptr(Message) first = NULL, second = NULL, third = NULL;
	int signal_number = SIGKILL;
	GThread *thread;

	for (guint i = 0; i < 4000000; i++)
		g_string_append(text, "0123456789012345678901234567890\n");
	large = g_bytes_new(text->str, text->len);
	first = parser_parse_bytes(parser, small, 0, &error);
	g_assert_no_error(error);
	thread = g_thread_new("kill", kill_soon, &signal_number);
	second = parser_parse_bytes(parser, large, 0, &error);
	g_thread_join(thread);
	if (second == NULL) {
		g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
		g_assert_nonnull(strstr(error->message, "signal 9"));
		g_clear_error(&error);
	}
	third = parser_parse_bytes(parser, small, 0, &error);
	g_assert_no_error(error);
	g_assert_nonnull(third);
}

/* Several mails are under way at once and come in order; one that kills the
 * worker takes no other with it. */
static void
test_ahead(void)
{
	g_autoptr(Parser) parser = parser_new();
	FILE *files[PARSER_AHEAD];

	for (guint round = 0; round < 3; round++) {
		for (guint i = 0; i < PARSER_AHEAD; i++) {
			g_autoptr(GError) error = NULL;

			files[i] = tmpfile();
			fprintf(files[i], "Subject: %u\n\nx\n", i);
			fflush(files[i]);
			g_assert_true(parser_begin(parser, fileno(files[i]), 0,
			    0, &error));
		}
		if (round == 1)
			kill_child(child());
		for (guint i = 0; i < PARSER_AHEAD; i++) {
			g_autoptr(GError) error = NULL;
			g_autoptr(Message) m = parser_finish(parser, &error);
			g_autofree char *want = g_strdup_printf("%u", i);

			fclose(files[i]);
			/* The one that was read at that moment is lost. */
			if (round == 1 && m == NULL) {
				g_assert_error(error, JAVOB_ERROR,
				    JAVOB_ERROR_PERMANENT);
				continue;
			}
			g_assert_no_error(error);
			g_assert_cmpstr(m->subject, ==, want);
		}
	}
}

/* After a winmail.dat that could not be read the worker ends itself, and the
 * mails behind it do not suffer. */
static void
test_retires(void)
{
	static const char *const mails[] = {
		"Content-Type: application/ms-tnef\n\nno such thing\n",
		"Subject: two\n\nx\n"
	};
	g_autoptr(Parser) parser = parser_new();
	FILE *files[G_N_ELEMENTS(mails)];
	pid_t before = 0;

	for (guint i = 0; i < G_N_ELEMENTS(mails); i++) {
		files[i] = tmpfile();
		fputs(mails[i], files[i]);
		fflush(files[i]);
		g_assert_true(
		    parser_begin(parser, fileno(files[i]), 0, 0, NULL));
		before = i == 0 ? child() : before;
	}
	for (guint i = 0; i < G_N_ELEMENTS(mails); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Message) m = parser_finish(parser, &error);

		g_assert_no_error(error);
		g_assert_nonnull(m);
		fclose(files[i]);
		g_assert_cmpstr(m->subject, ==, i == 0 ? "" : "two");
	}
	g_assert_cmpint(child(), !=, before);
}

/* What crashes the worker is read again without its winmail.dat. */
static void
test_crash(void)
{
	g_autoptr(Parser) parser = parser_new();
	g_autoptr(GBytes) bytes = mail("From: a@x\n\nx");
	g_autoptr(GError) error = NULL;
	g_autoptr(Message) first = NULL, m = NULL;
	FILE *file = tmpfile();

	first = parser_parse_bytes(parser, bytes, 0, &error);
	g_assert_no_error(error);
	fputs("From: a@x\n\nx", file);
	fflush(file);
	kill(child(), SIGSTOP);
	g_assert_true(parser_begin(parser, fileno(file), 0, 0, &error));
	kill(child(), SIGABRT);
	kill(child(), SIGCONT);
	m = parser_finish(parser, &error);
	fclose(file);
	g_assert_no_error(error);
	g_assert_cmpstr(m->body_text, ==, "x\n");
	g_assert_cmpuint(m->defects->len, >, 0);
	g_assert_cmpstr(m->defects->pdata[m->defects->len - 1], ==,
	    "the first attempt to read it failed");
}

int
main(int argc, char **argv)
{
	parser_worker_main(argc, argv);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/parser/many mails by one worker", test_parse);
	g_test_add_func("/parser/a mail begins at an offset", test_offset);
	g_test_add_func("/parser/attachments come when asked for",
	    test_attachments);
	g_test_add_func("/parser/mails are read ahead", test_ahead);
	g_test_add_func("/parser/a crash is tried once more", test_crash);
	g_test_add_func("/parser/a worker that leaks is replaced",
	    test_retires);
	g_test_add_func("/parser/a worker that died is replaced", test_death);
	g_test_add_func("/parser/a worker has a name", test_name);
	g_test_add_func("/parser/what cannot be read is tried later",
	    test_unreadable);
	g_test_add_func("/parser/death over a mail is told", test_killed);
	return g_test_run();
}
