/* cmd_template.c - javob template: letters listed, looked over, shown. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/preview.h"
#include "ground/clock.h"
#include "ground/error.h"
#include "options.h"
#include "policy/calendar.h"
#include "policy/lint.h"

typedef struct Work {
	Site *site; /* NULL: there is no configuration, letters are built in */
	Templates *templates;
	GPtrArray *faults; /* of loading */
	gboolean json;
	const char *language, *name; /* only these; NULL: all */
	guint found; /* faults of lint */
	const char *dir;
	GError **error;
} Work;

static void
work_clear(Work *work)
{
	g_clear_pointer(&work->templates, templates_free);
	g_clear_pointer(&work->site, site_free);
	g_clear_pointer(&work->faults, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

/* The built-in letters can be looked at before there is a configuration. */
static gboolean
work_open(Work *work, const char *config, GError **error)
{
	const char *path = options_path(config);

	work->faults = g_ptr_array_new_with_free_func(g_free);
	if (config != NULL || g_file_test(path, G_FILE_TEST_EXISTS)) {
		work->site = options_load(path, error);
		if (work->site == NULL)
			return FALSE;
	}
	work->templates = templates_load(
	    work->site == NULL ? "" : work->site->templates_dir, work->faults);
	if (work->site != NULL)
		templates_otherwise(
		    work->templates, work->site->default_language);
	return TRUE;
}

static gboolean
is_wanted(const Work *work, const LetterFact *fact)
{
	return (work->language == NULL ||
		   g_ascii_strcasecmp(work->language, fact->language) == 0) &&
	       (work->name == NULL ||
		   strcmp(work->name, letter_name(fact->letter)) == 0);
}

/* --- list ------------------------------------------------------------------ */

static void
list_one(const LetterFact *fact, gpointer data)
{
	const Work *work = data;
	g_autofree char *text = NULL;
	Json out;

	if (!is_wanted(work, fact))
		return;
	if (!work->json) {
		printf("%-8s %-14s %-9s %s\n", fact->language,
		    letter_name(fact->letter), fact->own ? "site" : "built in",
		    fact->review);
		return;
	}
	json_begin(&out);
	json_int(&out, "version", 1);
	json_text(&out, "language", fact->language);
	json_text(&out, "letter", letter_name(fact->letter));
	json_bool(&out, "own", fact->own);
	json_text(&out, "review", fact->review);
	text = json_end(&out);
	puts(text);
}

/* --- lint ------------------------------------------------------------------ */

static void
keep_source(const LetterFact *fact, gpointer data)
{
	GHashTable *sources = data;

	g_hash_table_insert(sources,
	    g_strconcat(fact->language, "/", letter_name(fact->letter), NULL),
	    (gpointer)fact->source);
}

typedef struct Linting {
	Work *work;
	GHashTable *sources; /* "en/ack" to its file */
} Linting;

static const char *
source_of(const Linting *linting, const char *language, Letter letter)
{
	g_autofree char *key =
	    g_strconcat(language, "/", letter_name(letter), NULL);

	return g_hash_table_lookup(linting->sources, key);
}

static void
tell_faults(Work *work, const LetterFact *fact, const GPtrArray *faults)
{
	for (guint i = 0; i < faults->len; i++)
		printf("%s/%s.txt: %s\n", fact->language,
		    letter_name(fact->letter), (char *)faults->pdata[i]);
	work->found += faults->len;
}

static void
lint_one(const LetterFact *fact, gpointer data)
{
	const Linting *linting = data;
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	const char *acks[] = {
		source_of(linting, fact->language, LETTER_ACK),
		source_of(linting, fact->language, LETTER_ACK_PLAIN),
		source_of(linting, fact->language, LETTER_ACK_FOLLOWUP),
	};

	if (!is_wanted(linting->work, fact))
		return;
	lint_letter(fact->language, letter_name(fact->letter), fact->source,
	    source_of(linting, "en", fact->letter), faults);
	if (fact->letter == LETTER_ACK)
		lint_together(acks, G_N_ELEMENTS(acks), faults);
	tell_faults(linting->work, fact, faults);
}

static int
lint(Work *work)
{
	g_autoptr(GHashTable) sources =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Linting linting = { work, sources };

	for (guint i = 0; i < work->faults->len; i++)
		printf("%s\n", (char *)work->faults->pdata[i]);
	templates_each(work->templates, keep_source, sources);
	templates_each(work->templates, lint_one, &linting);
	return work->faults->len + work->found > 0 ? 1 : 0;
}

/* --- preview --------------------------------------------------------------- */

static Preview
preview_of(const Work *work, int *argc, char **argv)
{
	const char *customer = cmd_value(argc, argv, "--customer");
	const char *subject = cmd_value(argc, argv, "--subject");
	Preview p = { 0 };

	p.templates = work->templates;
	p.language = work->language != NULL ? work->language
	    : work->site != NULL	    ? work->site->default_language
					    : "en";
	p.customer = customer == NULL ? "" : customer;
	p.subject = subject == NULL ? "Order 5512" : subject;
	p.brand = "Shop support";
	p.timezone = "Asia/Tashkent";
	p.hours = "Mon-Fri 09:00-18:00; Sat 10:00-14:00";
	p.outside = cmd_flag(argc, argv, "--outside");
	p.faq = cmd_flag(argc, argv, "--faq");
	p.undated = cmd_flag(argc, argv, "--undated");
	p.now = clock_now();
	if (work->site != NULL && work->site->mailboxes->len > 0) {
		const Mailbox *mailbox = work->site->mailboxes->pdata[0];

		p.brand = mailbox->display_name;
	}
	if (work->site != NULL && work->site->calendars->len > 0) {
		const Calendar *calendar = work->site->calendars->pdata[0];

		p.timezone = calendar_timezone(calendar);
		p.hours = calendar_hours(calendar);
	}
	return p;
}

static int
preview_one(const Preview *p, Letter letter, gboolean html, gboolean mail)
{
	g_auto(Previewed) made = { 0 };
	g_autoptr(GError) error = NULL;
	gsize size;
	const char *octets;

	if (!preview_make(p, letter, &made, &error))
		return cmd_fail(error);
	octets = g_bytes_get_data(made.octets, &size);
	if (mail)
		fwrite(octets, 1, size, stdout);
	else if (html)
		fputs(made.page, stdout);
	else
		printf("Subject: %s\n\n%s", made.subject, made.text);
	return 0;
}

static void
page_one(const LetterFact *fact, gpointer data)
{
	Preview p = *(const Preview *)data;
	g_auto(Previewed) made = { 0 };
	g_autofree char *page = NULL, *text = NULL, *subject = NULL;

	p.language = fact->language;
	if (!preview_make(&p, fact->letter, &made, NULL) || made.page == NULL)
		return;
	page = g_markup_escape_text(made.page, -1);
	text = g_markup_escape_text(made.text, -1);
	subject = g_markup_escape_text(made.subject, -1);
	printf("<h2>%s/%s</h2>\n<p><bdi>%s</bdi></p>\n<div>"
	       "<iframe sandbox srcdoc=\"%s\"></iframe>"
	       "<pre dir=\"auto\">%s</pre></div>\n",
	    fact->language, letter_name(fact->letter), subject, page, text);
}

/* All letters in all languages, HTML beside text, for those who review. */
static int
preview_all(Preview *p)
{
	puts("<!DOCTYPE html>\n<html lang=\"en\"><head>"
	     "<meta charset=\"utf-8\"><title>Letters</title><style>"
	     "body{font-family:sans-serif}div{display:flex;flex-wrap:wrap;"
	     "gap:16px}iframe{width:420px;height:640px;border:1px solid #aaa}"
	     "pre{max-width:640px;white-space:pre-wrap}</style></head><body>");
	templates_each(p->templates, page_one, p);
	puts("</body></html>");
	return 0;
}

static int
preview(Work *work, int argc, char **argv)
{
	Preview p = preview_of(work, &argc, argv);
	gboolean html = cmd_flag(&argc, argv, "--html");
	gboolean mail = cmd_flag(&argc, argv, "--mail");
	gboolean all = cmd_flag(&argc, argv, "--all");
	Letter letter = argc == 3 ? letter_of_name(argv[2]) : LETTER_COUNT;
	g_autoptr(GError) error = NULL;

	if (cmd_unknown(argc, argv) != NULL || (all ? argc != 2 : argc != 3))
		return cmd_usage(&cmd_template, NULL);
	if (all)
		return preview_all(&p);
	if (letter == LETTER_COUNT) {
		error_config(&error, "template: there is no letter %s; see "
				     "javob template list", argv[2]);
		cmd_fail(error);
		return 1;
	}
	return preview_one(&p, letter, html, mail);
}

/* --- new ------------------------------------------------------------------- */

/* Never over a file that is there. */
static gboolean
write_new(const char *path, const char *text, GError **error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	gsize length = strlen(text);
	gboolean done = fd >= 0 && write(fd, text, length) == (gssize)length;

	if (fd >= 0)
		done = close(fd) == 0 && done;
	return done || error_permanent(error, "%s: %s", path,
			   g_strerror(errno));
}

/* The English letter, to be translated in place. */
static void
write_one(const LetterFact *fact, gpointer data)
{
	Work *work = data;
	g_autofree char *file =
	    g_strconcat(letter_name(fact->letter), ".txt", NULL);
	g_autofree char *path = g_build_filename(work->dir, file, NULL);
	const char *rest = strchr(fact->source, '\n');
	g_autofree char *text = g_strdup_printf(
	    "# review: none\n# translate: this is the English letter%s",
	    rest == NULL ? "\n" : rest);

	if (strcmp(fact->language, "en") == 0 && *work->error == NULL &&
	    write_new(path, text, work->error))
		printf("wrote %s\n", path);
}

static int
start(Work *work, const char *tag)
{
	g_autofree char *dir = NULL;
	g_autoptr(GError) error = NULL;

	if (work->site == NULL || *work->site->templates_dir == '\0') {
		error_permanent(&error, "template new: \"templates\" of "
		    "[gateway] must name the directory of the site's letters");
		return cmd_fail(error);
	}
	if (!g_ascii_isalpha(*tag) || strspn(tag, "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != strlen(tag))
		return cmd_usage(&cmd_template, "LANG is a tag such as kaa");
	dir = g_build_filename(work->site->templates_dir, tag, NULL);
	if (g_mkdir_with_parents(dir, 0755) != 0) {
		error_permanent(&error, "%s: %s", dir, g_strerror(errno));
		return cmd_fail(error);
	}
	work->dir = dir;
	work->error = &error;
	templates_each(work->templates, write_one, work);
	return error == NULL ? 0 : cmd_fail(error);
}

static int
run(const char *config, int argc, char **argv)
{
	g_auto(Work) work = { 0 };
	g_autoptr(GError) error = NULL;
	const char *verb;

	if (cmd_wants_help(&cmd_template, argc, argv))
		return 0;
	work.json = cmd_flag(&argc, argv, "--json");
	work.language = cmd_value(&argc, argv, "--lang");
	verb = argc > 1 ? argv[1] : "";
	if (!work_open(&work, config, &error))
		return cmd_fail(error);
	if (g_str_equal(verb, "preview"))
		return preview(&work, argc, argv);
	if (g_str_equal(verb, "new") && argc == 3)
		return start(&work, argv[2]);
	if (argc > 3 || cmd_unknown(argc, argv) != NULL)
		return cmd_usage(&cmd_template, NULL);
	work.name = argc == 3 ? argv[2] : NULL;
	if (g_str_equal(verb, "lint"))
		return lint(&work);
	if (!g_str_equal(verb, "list"))
		return cmd_usage(&cmd_template, NULL);
	templates_each(work.templates, list_one, &work);
	return 0;
}

const Command cmd_template = { "template",
	"list [LETTER] [--lang TAG] [--json] | lint [LETTER] [--lang TAG] | "
	"preview LETTER [--lang TAG] [--customer NAME] [--subject TEXT] "
	"[--outside] [--faq] [--undated] [--html | --mail] | preview --all | "
	"new LANG",
	"letters: what there is, what is wrong, how they look", run };
