/* template.c - letters: found, checked when loaded, rendered.
 *
 * Everything that can be wrong with a letter is said at load. What policy/
 * sends goes through templates_render, which never fails for a reason that
 * lies in a site's file: the built-in letter stands in. */
#include "policy/template.h"

#include <string.h>

#include "ground/error.h"
#include "ground/log.h"
#include "ground/text.h"

#define FILE_MOST     (64 * 1024)
#define SUBJECT_MOST  200 /* characters */
#define WIDTH         76
#define NAMES_MOST    34
#define REQUIRED_MOST 3

/* Lists end with NULL. Placeholders of texts/README, and without what the
 * letter would be useless. ack-plain goes to a sender who is not proven: no
 * name in its list may hold a word of his. */
static const struct {
	const char *name;
	const char *placeholders[NAMES_MOST];
	const char *required[REQUIRED_MOST];
} letters[LETTER_COUNT] = {
	[LETTER_ACK] = { "ack",
	    { "ticket", "subject", "greeting", "promise_at", "next_update_at",
		"time_zone", "share", "share_of", "outside_hours", "opens_at", "hours", "has_faq",
		"faq", "title", "url", "close_hint", "brand" },
	    { "ticket" } },
	[LETTER_ACK_PLAIN] = { "ack-plain",
	    { "ticket", "promise_at", "next_update_at", "time_zone", "brand" },
	    { "ticket" } },
	[LETTER_REPLY] = { "reply",
	    { "ticket", "subject", "greeting", "text", "agent_name", "brand" },
	    { "text" } },
	[LETTER_NOTIFY] = { "notify",
	    { "ticket", "subject", "state", "customer", "mailbox", "queue",
		"opened_at", "promise_at", "time_zone", "verified",
		"unverified", "new", "text", "attachments", "name", "type",
		"size", "quoted_lines", "note", "words", "linked", "follows",
		"forwarded_by",
		"new_participant",
		"requester", "reply_to", "cc", "marker", "brand" },
	    { "marker", "text" } },
	[LETTER_HELD] = { "held",
	    { "ticket", "subject", "reason", "text", "what_to_do" },
	    { "reason", "text" } },
	[LETTER_DONE] = { "done",
	    { "ticket", "subject", "done", "line", "marker" },
	    { "marker", "done" } },
	[LETTER_NOTE] = { "note",
	    { "ticket", "subject", "state", "customer", "author", "text",
		"marker" },
	    { "marker", "text" } },
	[LETTER_ACK_FOLLOWUP] = { "ack-followup",
	    { "ticket", "old_ticket", "subject", "greeting", "promise_at",
		"next_update_at", "time_zone", "brand" },
	    { "ticket", "old_ticket" } },
	[LETTER_DELAY] = { "delay",
	    { "ticket", "subject", "greeting", "old_promise_at", "promise_at",
		"time_zone", "delay_reason", "brand" },
	    { "ticket", "promise_at" } },
	[LETTER_UPDATE] = { "update",
	    { "ticket", "subject", "greeting", "next_update_at", "time_zone",
		"progress", "brand" },
	    { "ticket", "next_update_at" } },
	[LETTER_SOLVED_THANKS] = { "solved-thanks",
	    { "ticket", "subject", "greeting", "brand" }, { "ticket" } },
	[LETTER_BOARD] = { "board",
	    { "ticket", "subject", "queue", "customer", "agent", "opened_at",
		"promise_at", "time_zone", "messages", "who", "at", "text",
		"cut", "left_out", "reply_as", "marker" },
	    { "ticket", "messages", "marker" } },
};

static const struct {
	const char *name, *text;
} builtin[] = {
#include "policy/letters.inc"
};

typedef struct Form {
	char *language; /* as the folder is spelled */
	Mustache *subject;
	Mustache *text;
} Form;

struct Templates {
	GHashTable *forms[LETTER_COUNT]; /* tag in small letters -> Form */
	Form *builtin[LETTER_COUNT];
};

static void
form_free(Form *form)
{
	if (form == NULL)
		return;
	g_free(form->language);
	mustache_free(form->subject);
	mustache_free(form->text);
	g_free(form);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Form, form_free)

const char *
letter_name(Letter letter)
{
	g_return_val_if_fail(letter < LETTER_COUNT, "");
	return letters[letter].name;
}

const char *const *
letter_placeholders(Letter letter)
{
	g_return_val_if_fail(letter < LETTER_COUNT, NULL);
	return letters[letter].placeholders;
}

/* Cuts the next line out of *at; "" at the end of the text. */
static char *
take_line(char **at)
{
	char *line = *at;
	char *end = line + strcspn(line, "\n");

	*at = *end == '\0' ? end : end + 1;
	*end = '\0';
	return line;
}

/* The head: comments of which the first says who has reviewed the letter,
 * and the Subject. Leaves *at at the text below, *line at its number. */
static gboolean
read_head(Form *form, char **at, guint *line, GError **error)
{
	for (*line = 1; **at != '\0'; (*line)++) {
		char *head = take_line(at);

		if (*line == 1 && !g_str_has_prefix(head, "# review:"))
			return error_config(error,
			    "line 1: a letter begins "
			    "with \"# review: none\", or who has read it and "
			    "when");
		if (*head == '#')
			continue;
		if (*head == '\0')
			break;
		if (!g_str_has_prefix(head, "Subject: ") ||
		    form->subject != NULL)
			return error_config(error,
			    "line %u: above the first "
			    "empty line only comments (\"# ...\") and one "
			    "\"Subject: ...\" may stand",
			    *line);
		form->subject =
		    mustache_parse_at(head + strlen("Subject: "), *line, error);
		if (form->subject == NULL)
			return FALSE;
	}
	if (form->subject == NULL)
		return error_config(error,
		    "line %u: the \"Subject: ...\" is missing", *line);
	(*line)++;
	return TRUE;
}

static gboolean
check_names(const Mustache *part, Letter letter, GError **error)
{
	const char *const *known = letter_placeholders(letter);
	g_autoptr(GPtrArray) names = mustache_names(part);

	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		g_autofree char *list = NULL;

		if (g_strv_contains(known, name))
			continue;
		list = g_strjoinv(", ", (char **)known);
		return error_config(error,
		    "line %u: placeholder \"%s\" is "
		    "not known in %s; it has %s",
		    mustache_line(part, name), name, letter_name(letter), list);
	}
	return TRUE;
}

static gboolean
check_form(const Form *form, Letter letter, GError **error)
{
	const char *const *required = letters[letter].required;

	if (!check_names(form->subject, letter, error) ||
	    !check_names(form->text, letter, error))
		return FALSE;
	for (guint i = 0; i < REQUIRED_MOST && required[i] != NULL; i++) {
		if (mustache_line(form->text, required[i]) == 0)
			return error_config(error, "the text must hold {{%s}}",
			    required[i]);
	}
	return TRUE;
}

static Form *
form_new(Letter letter, const char *language, const char *text, GError **error)
{
	g_autoptr(Form) form = g_new0(Form, 1);
	g_auto(GStrv) halves = g_strsplit(text, "\r\n", -1);
	g_autofree char *copy = g_strjoinv("\n", halves);
	char *at = copy;
	guint line;

	if (g_str_has_prefix(at, "\xef\xbb\xbf")) /* Notepad's mark */
		at += 3;
	form->language = g_strdup(language);
	if (!read_head(form, &at, &line, error))
		return NULL;
	form->text = mustache_parse_at(at, line, error);
	if (form->text == NULL || !check_form(form, letter, error))
		return NULL;
	return g_steal_pointer(&form);
}

static void
load_file(Templates *templates, const char *dir, const char *language,
    Letter letter, GPtrArray *errors)
{
	g_autofree char *name = g_strconcat(letter_name(letter), ".txt", NULL);
	g_autofree char *path = g_build_filename(dir, language, name, NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	Form *form = NULL;
	gsize length;

	if (!g_file_get_contents(path, &text, &length, &error)) {
		if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
			return; /* another language stands in */
	} else if (length > FILE_MOST || strlen(text) != length) {
		error_config(&error, "longer than 64 KiB, or no text");
	} else {
		form = form_new(letter, language, text, &error);
	}
	if (form == NULL)
		g_ptr_array_add(errors,
		    g_strdup_printf("%s: %s", path, error->message));
	else
		g_hash_table_replace(templates->forms[letter],
		    g_ascii_strdown(language, -1), form);
}

static gboolean
is_tag(const char *name)
{
	return g_ascii_isalpha(*name) &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")] ==
		   '\0';
}

static void
load_dir(Templates *templates, const char *dir, GPtrArray *errors)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) folder = g_dir_open(dir, 0, &error);
	const char *language;

	if (folder == NULL) {
		g_ptr_array_add(errors,
		    g_strdup_printf("templates: %s", error->message));
		return;
	}
	while ((language = g_dir_read_name(folder)) != NULL) {
		g_autofree char *path = g_build_filename(dir, language, NULL);

		if (!is_tag(language) || !g_file_test(path, G_FILE_TEST_IS_DIR))
			continue;
		for (guint i = 0; i < LETTER_COUNT; i++)
			load_file(templates, dir, language, (Letter)i, errors);
	}
}

/* In whatever order they were compiled in. */
static const char *
builtin_text(Letter letter)
{
	for (guint i = 0; i < G_N_ELEMENTS(builtin); i++)
		if (strcmp(builtin[i].name, letters[letter].name) == 0)
			return builtin[i].text;
	g_error("letter %s is not built in", letters[letter].name);
}

Templates *
templates_load(const char *dir, GPtrArray *errors)
{
	Templates *templates = g_new0(Templates, 1);

	G_STATIC_ASSERT(G_N_ELEMENTS(builtin) == LETTER_COUNT);
	for (guint i = 0; i < LETTER_COUNT; i++) {
		g_autoptr(GError) error = NULL;

		templates->builtin[i] = form_new(
		    (Letter)i, "en", builtin_text((Letter)i), &error);
		if (templates->builtin[i] == NULL)
			g_error("built-in letter %s: %s", letters[i].name,
			    error->message);
		templates->forms[i] = g_hash_table_new_full(g_str_hash,
		    g_str_equal, g_free, (GDestroyNotify)form_free);
	}
	if (dir != NULL && *dir != '\0')
		load_dir(templates, dir, errors);
	return templates;
}

void
templates_free(Templates *templates)
{
	if (templates == NULL)
		return;
	for (guint i = 0; i < LETTER_COUNT; i++) {
		g_hash_table_unref(templates->forms[i]);
		form_free(templates->builtin[i]);
	}
	g_free(templates);
}

/* uz-Cyrl-UZ, uz-Cyrl, uz, en, the built-in one. */
static const Form *
find_form(const Templates *templates, Letter letter, const char *language)
{
	GHashTable *forms = templates->forms[letter];
	g_autofree char *tag = g_ascii_strdown(language, -1);
	const Form *form;
	char *hyphen;

	while ((form = g_hash_table_lookup(forms, tag)) == NULL &&
	       (hyphen = strrchr(tag, '-')) != NULL)
		*hyphen = '\0';
	if (form == NULL)
		form = g_hash_table_lookup(forms, "en");
	return form == NULL ? templates->builtin[letter] : form;
}

const char *
templates_language(const Templates *templates, Letter letter,
    const char *language)
{
	g_return_val_if_fail(letter < LETTER_COUNT, "en");
	return find_form(templates, letter, language)->language;
}

/* The subject takes its own path: one line, whatever the values hold. */
static gboolean
render_form(const Form *form, const MustacheData *data, char **subject,
    char **text, GError **error)
{
	g_autofree char *line =
	    mustache_render(form->subject, data, MUSTACHE_TEXT, error);
	g_autofree char *body = line == NULL ? NULL
					     : mustache_render(form->text, data,
						   MUSTACHE_TEXT, error);
	g_autofree char *clean = NULL;

	if (body == NULL)
		return FALSE;
	clean = text_clean_body(body);
	*text = text_wrap(clean, WIDTH);
	*subject = text_clean_line(line, SUBJECT_MOST);
	return TRUE;
}

gboolean
templates_render(const Templates *templates, Letter letter,
    const char *language, const MustacheData *data, char **subject, char **text,
    GError **error)
{
	const Form *form;
	g_autoptr(GError) fault = NULL;

	g_return_val_if_fail(letter < LETTER_COUNT, FALSE);
	form = find_form(templates, letter, language);
	if (form != templates->builtin[letter]) {
		if (render_form(form, data, subject, text, &fault))
			return TRUE;
		log_error("letter=%s language=%s event=built-in-used: %s",
		    letter_name(letter), form->language, fault->message);
	}
	return render_form(templates->builtin[letter], data, subject, text,
	    error);
}
