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
#include "policy/form.h"
#include "policy/language.h"
#include "policy/locale.h"

#define FILE_MOST     (64 * 1024)
#define WIDTH         76
#define NAMES_MOST    34
#define REQUIRED_MOST 3
#define FRAME         "frame.html"

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
	    { "ticket", "subject", "greeting", "text", "closed", "agent_name",
		"brand" },
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
	[LETTER_DIGEST] = { "digest",
	    { "count", "tickets", "ticket", "subject", "customer",
		"state", "agent", "promise_at", "time_zone", "words", "answer",
		"brand" },
	    { "tickets" } },
};

/* {language, name, text}; the frame's language is "templates". */
static const struct {
	const char *language, *name, *text;
} builtin[] = {
#include "policy/letters.inc"
};

/* The letters of one language. */
typedef struct Folder {
	char *language; /* as the folder is spelled */
	Form *forms[LETTER_COUNT];
	GHashTable *partials; /* name to Mustache */
} Folder;

struct Templates {
	GHashTable *site;    /* tag in small letters to Folder */
	GHashTable *builtin; /* the same */
	Mustache *frame;
	char *otherwise; /* language for what has no letter */
};

static void
folder_free(gpointer data)
{
	Folder *folder = data;

	for (guint i = 0; i < LETTER_COUNT; i++)
		form_free(folder->forms[i]);
	g_hash_table_unref(folder->partials);
	g_free(folder->language);
	g_free(folder);
}

static void
free_mustache(gpointer data)
{
	mustache_free(data);
}

static Folder *
folder_get(GHashTable *folders, const char *language)
{
	char *tag = g_ascii_strdown(language, -1);
	Folder *folder = g_hash_table_lookup(folders, tag);

	if (folder == NULL) {
		folder = g_new0(Folder, 1);
		folder->language = g_strdup(language);
		folder->partials = g_hash_table_new_full(
		    g_str_hash, g_str_equal, g_free, free_mustache);
		g_hash_table_insert(folders, g_steal_pointer(&tag), folder);
	}
	g_free(tag);
	return folder;
}

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

Letter
letter_of_name(const char *name)
{
	guint i = 0;

	while (i < LETTER_COUNT && strcmp(letters[i].name, name) != 0)
		i++;
	return (Letter)i;
}

/* "lines_few" is "lines" in its plural class (letter_set_count). */
static gboolean
is_known(const char *const *known, const char *name)
{
	static const char *const classes[] = { "zero", "one", "two", "few",
		"many", "other", NULL };
	const char *last = strrchr(name, '_');
	g_autofree char *stem = NULL;

	if (g_strv_contains(known, name))
		return TRUE;
	if (last == NULL || !g_strv_contains(classes, last + 1))
		return FALSE;
	stem = g_strndup(name, (gsize)(last - name));
	return g_strv_contains(known, stem);
}

static gboolean
check_known(const Mustache *part, Letter letter, GError **error)
{
	const char *const *known = letter_placeholders(letter);
	g_autoptr(GPtrArray) names = mustache_names(part);

	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		g_autofree char *list = NULL;

		if (is_known(known, name))
			continue;
		list = g_strjoinv(", ", (char **)known);
		return error_config(error,
		    "line %u: placeholder \"%s\" is "
		    "not known in %s; it has %s",
		    mustache_line(part, name), name, letter_name(letter), list);
	}
	return TRUE;
}

/* Whether part, or a partial of it, holds the name; seen: of names. */
static gboolean
holds(const Mustache *part, GHashTable *partials, const char *name,
    GHashTable *seen)
{
	g_autoptr(GPtrArray) names = mustache_partials(part);

	if (mustache_line(part, name) != 0)
		return TRUE;
	for (guint i = 0; i < names->len; i++) {
		const Mustache *partial =
		    g_hash_table_lookup(partials, names->pdata[i]);

		if (partial != NULL &&
		    g_hash_table_add(seen, (gpointer)partial) &&
		    holds(partial, partials, name, seen))
			return TRUE;
	}
	return FALSE;
}

/* part and the partials it draws in. */
static gboolean
check_part(const Mustache *part, GHashTable *partials, Letter letter,
    GHashTable *seen, GError **error)
{
	g_autoptr(GPtrArray) names = mustache_partials(part);

	if (!check_known(part, letter, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		const Mustache *partial = g_hash_table_lookup(partials, name);

		if (partial == NULL)
			return error_config(error,
			    "line %u: there is no partial %s.txt beside it",
			    mustache_line(part, name), name);
		if (!g_hash_table_add(seen, (gpointer)partial))
			continue;
		if (!check_part(partial, partials, letter, seen, error)) {
			g_prefix_error(error, "partial %s.txt: ", name);
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean
check_form(const Form *form, GHashTable *partials, Letter letter,
    GError **error)
{
	const Mustache *parts[] = { form->subject, form->text, form->html };
	const char *const *required = letters[letter].required;

	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

		if (parts[i] != NULL &&
		    !check_part(parts[i], partials, letter, seen, error))
			return FALSE;
		for (guint k = 0; i > 0 && parts[i] != NULL &&
		     k < REQUIRED_MOST && required[k] != NULL; k++) {
			g_hash_table_remove_all(seen);
			if (!holds(parts[i], partials, required[k], seen))
				return error_config(error,
				    "the text must hold {{%s}}", required[k]);
		}
	}
	return TRUE;
}

/* Text of a file of that folder; NULL with error. */
static char *
read_file(const char *path, GError **error)
{
	g_autofree char *text = NULL;
	gsize length;

	if (!g_file_get_contents(path, &text, &length, error))
		return NULL;
	if (length > FILE_MOST || strlen(text) != length) {
		error_config(error, "longer than 64 KiB, or no text");
		return NULL;
	}
	return g_steal_pointer(&text);
}

/* A letter or partial of the folder, from text; the placeholders of letters
 * are checked when all partials are there. */
static gboolean
add_text(Folder *folder, const char *name, const char *text, GError **error)
{
	Letter letter = letter_of_name(name);
	Mustache *partial;

	if (letter < LETTER_COUNT) {
		folder->forms[letter] = form_parse(text, error);
		return folder->forms[letter] != NULL;
	}
	partial = form_parse_partial(text, error);
	if (partial != NULL)
		g_hash_table_replace(folder->partials, g_strdup(name),
		    partial);
	return partial != NULL;
}

/* Partials of the built-in folder of the same language, where the site has
 * none of that name. */
static void
borrow_partials(const Templates *templates, const Folder *folder,
    GHashTable *all)
{
	g_autofree char *tag = g_ascii_strdown(folder->language, -1);
	const Folder *own = g_hash_table_lookup(templates->builtin, tag);
	const GHashTable *sources[] = { own == NULL ? NULL : own->partials,
		folder->partials };

	for (guint i = 0; i < G_N_ELEMENTS(sources); i++) {
		GHashTableIter at;
		gpointer name, partial;

		if (sources[i] == NULL)
			continue;
		g_hash_table_iter_init(&at, (GHashTable *)sources[i]);
		while (g_hash_table_iter_next(&at, &name, &partial))
			g_hash_table_replace(all, name, partial);
	}
}

static GHashTable *
partials_of(const Templates *templates, const Folder *folder)
{
	GHashTable *all = g_hash_table_new(g_str_hash, g_str_equal);

	borrow_partials(templates, folder, all);
	return all;
}

static void
add_fault(GPtrArray *errors, const char *dir, const char *language,
    const char *name, const GError *error)
{
	g_autofree char *file = g_strconcat(name, ".txt", NULL);
	g_autofree char *path = g_build_filename(dir, language, file, NULL);

	g_ptr_array_add(errors,
	    g_strdup_printf("%s: %s", path, error->message));
}

static void
check_folder(const Templates *templates, Folder *folder, const char *dir,
    GPtrArray *errors)
{
	g_autoptr(GHashTable) partials = partials_of(templates, folder);

	for (guint i = 0; i < LETTER_COUNT; i++) {
		g_autoptr(GError) error = NULL;

		if (folder->forms[i] == NULL ||
		    check_form(folder->forms[i], partials, (Letter)i, &error))
			continue;
		add_fault(errors, dir, folder->language, letters[i].name,
		    error);
		g_clear_pointer(&folder->forms[i], form_free);
	}
}

static void
load_folder(Templates *templates, const char *dir, const char *language,
    GPtrArray *errors)
{
	g_autofree char *path = g_build_filename(dir, language, NULL);
	g_autoptr(GDir) files = g_dir_open(path, 0, NULL);
	Folder *folder = folder_get(templates->site, language);
	const char *file;

	while (files != NULL && (file = g_dir_read_name(files)) != NULL) {
		g_autofree char *name = NULL;
		g_autofree char *where = g_build_filename(path, file, NULL);
		g_autofree char *text = NULL;
		g_autoptr(GError) error = NULL;

		if (!g_str_has_suffix(file, ".txt") || *file == '.' ||
		    strcmp(file, "language.txt") == 0)
			continue;
		name = g_strndup(file, strlen(file) - strlen(".txt"));
		text = read_file(where, &error);
		if (text == NULL || !add_text(folder, name, text, &error))
			add_fault(errors, dir, language, name, error);
	}
	check_folder(templates, folder, dir, errors);
}

static gboolean
is_tag(const char *name)
{
	return g_ascii_isalpha(*name) &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")] ==
		   '\0';
}

static gboolean
check_frame(const Mustache *frame, GError **error)
{
	static const char *const known[] = { "language", "dir", "side",
		"subject", "body", "reference", NULL };
	g_autoptr(GPtrArray) names = mustache_names(frame);

	for (guint i = 0; i < names->len; i++) {
		if (!g_strv_contains(known, names->pdata[i]))
			return error_config(error,
			    "line %u: placeholder \"%s\" is not known in the "
			    "frame; it has language, dir, side, subject, body, "
			    "reference",
			    mustache_line(frame, names->pdata[i]),
			    (const char *)names->pdata[i]);
	}
	return mustache_line(frame, "body") != 0 ||
	       error_config(error, "the frame must hold {{{body}}}");
}

static void
load_frame(Templates *templates, const char *dir, GPtrArray *errors)
{
	g_autofree char *path = g_build_filename(dir, FRAME, NULL);
	g_autoptr(GError) error = NULL;
	g_autofree char *text = read_file(path, &error);
	g_autoptr(Mustache) frame = NULL;

	if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		return;
	frame = text == NULL ? NULL : mustache_parse(text, &error);
	if (frame != NULL)
		check_frame(frame, &error);
	if (error != NULL) {
		g_ptr_array_add(errors,
		    g_strdup_printf("%s: %s", path, error->message));
		return;
	}
	mustache_free(templates->frame);
	templates->frame = g_steal_pointer(&frame);
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

		if (is_tag(language) && g_file_test(path, G_FILE_TEST_IS_DIR))
			load_folder(templates, dir, language, errors);
	}
	load_frame(templates, dir, errors);
}

/* What is compiled in was checked by the tests: a fault is a bug. */
static void
load_builtin(Templates *templates)
{
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	GHashTableIter at;
	gpointer folder;

	for (guint i = 0; i < G_N_ELEMENTS(builtin); i++) {
		if (strcmp(builtin[i].name, FRAME) == 0)
			templates->frame =
			    mustache_parse(builtin[i].text, &error);
		else
			add_text(folder_get(templates->builtin,
				     builtin[i].language),
			    builtin[i].name, builtin[i].text, &error);
		if (error != NULL)
			g_error("built-in letter %s/%s: %s",
			    builtin[i].language, builtin[i].name,
			    error->message);
	}
	g_hash_table_iter_init(&at, templates->builtin);
	while (g_hash_table_iter_next(&at, NULL, &folder))
		check_folder(templates, folder, "built-in", faults);
	if (faults->len > 0)
		g_error("%s", (const char *)faults->pdata[0]);
	g_assert(templates->frame != NULL);
}

Templates *
templates_load(const char *dir, GPtrArray *errors)
{
	Templates *templates = g_new0(Templates, 1);

	templates->otherwise = g_strdup("en");
	templates->site = g_hash_table_new_full(
	    g_str_hash, g_str_equal, g_free, folder_free);
	templates->builtin = g_hash_table_new_full(
	    g_str_hash, g_str_equal, g_free, folder_free);
	load_builtin(templates);
	language_load(dir, errors);
	if (dir != NULL && *dir != '\0')
		load_dir(templates, dir, errors);
	return templates;
}

void
templates_otherwise(Templates *templates, const char *language)
{
	g_free(templates->otherwise);
	templates->otherwise = g_strdup(language);
}

void
templates_free(Templates *templates)
{
	if (templates == NULL)
		return;
	g_hash_table_unref(templates->site);
	g_hash_table_unref(templates->builtin);
	mustache_free(templates->frame);
	g_free(templates->otherwise);
	g_free(templates);
}

/* The folder with that letter in exactly this language: the site's first. */
static const Folder *
folder_of(const Templates *templates, Letter letter, const char *tag)
{
	const Folder *folder = g_hash_table_lookup(templates->site, tag);

	if (folder != NULL && folder->forms[letter] != NULL)
		return folder;
	folder = g_hash_table_lookup(templates->builtin, tag);
	return folder != NULL && folder->forms[letter] != NULL ? folder : NULL;
}

/* The language's own chain, that of the language for all others, English. */
static const Folder *
find_folder(const Templates *templates, Letter letter, const char *language)
{
	const char *const asked[] = { language, templates->otherwise, "en" };

	for (guint i = 0; i < G_N_ELEMENTS(asked); i++) {
		g_autofree char *at = g_strdup(asked[i]);

		/* Files that name each other end after as many steps. */
		for (guint k = 0; k < 8 && at != NULL; k++) {
			g_autofree char *tag = g_ascii_strdown(at, -1);
			const Folder *folder =
			    folder_of(templates, letter, tag);
			char *next;

			if (folder != NULL)
				return folder;
			next = language_next(at);
			g_free(at);
			at = next;
		}
	}
	g_assert_not_reached(); /* every letter is built in in English */
}

const char *
templates_language(const Templates *templates, Letter letter,
    const char *language)
{
	g_return_val_if_fail(letter < LETTER_COUNT, "en");
	return find_folder(templates, letter, language)->language;
}

/* The built-in letter in the same language, else in English. */
static const Folder *
stand_in(const Templates *templates, Letter letter, const Folder *folder)
{
	g_autofree char *tag = g_ascii_strdown(folder->language, -1);
	const Folder *other = g_hash_table_lookup(templates->builtin, tag);

	if (other == NULL || other->forms[letter] == NULL)
		other = g_hash_table_lookup(templates->builtin, "en");
	return other;
}

gboolean
templates_render(const Templates *templates, Letter letter,
    const char *language, const MustacheData *data, char **subject, char **text,
    char **html, GError **error)
{
	const Folder *folder, *other;
	g_autoptr(GHashTable) partials = NULL;
	g_autoptr(GError) fault = NULL;

	g_return_val_if_fail(letter < LETTER_COUNT, FALSE);
	folder = find_folder(templates, letter, language);
	partials = partials_of(templates, folder);
	other = stand_in(templates, letter, folder);
	if (folder == other)
		return form_render(folder->forms[letter], partials, data,
		    subject, text, html, error);
	if (form_render(folder->forms[letter], partials, data, subject, text,
		html, &fault))
		return TRUE;
	log_error("letter=%s language=%s event=built-in-used: %s",
	    letter_name(letter), folder->language, fault->message);
	return form_render(other->forms[letter], other->partials, data,
	    subject, text, html, error);
}

static int
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *
tags_of(const Templates *templates)
{
	g_autoptr(GHashTable) all = g_hash_table_new(g_str_hash, g_str_equal);
	GHashTable *sources[] = { templates->site, templates->builtin };
	GPtrArray *tags = g_ptr_array_new();
	GHashTableIter at;
	gpointer tag;

	for (guint i = 0; i < G_N_ELEMENTS(sources); i++) {
		g_hash_table_iter_init(&at, sources[i]);
		while (g_hash_table_iter_next(&at, &tag, NULL))
			if (g_hash_table_add(all, tag))
				g_ptr_array_add(tags, tag);
	}
	g_ptr_array_sort(tags, by_name);
	return tags;
}

void
templates_each(const Templates *templates,
    void (*each)(const LetterFact *fact, gpointer data), gpointer data)
{
	g_autoptr(GPtrArray) tags = tags_of(templates);

	for (guint i = 0; i < tags->len; i++) {
		for (guint k = 0; k < LETTER_COUNT; k++) {
			const Folder *folder =
			    folder_of(templates, (Letter)k, tags->pdata[i]);
			LetterFact fact = { 0 };

			if (folder == NULL)
				continue;
			fact.language = folder->language;
			fact.letter = (Letter)k;
			fact.own = g_hash_table_lookup(templates->site,
				       tags->pdata[i]) == folder;
			fact.review = folder->forms[k]->review;
			fact.source = folder->forms[k]->source;
			each(&fact, data);
		}
	}
}

char *
templates_frame(const Templates *templates, const char *language,
    const char *subject, const char *body, const char *reference)
{
	g_autoptr(MustacheData) data = mustache_data_new();
	gboolean right = locale_is_right_to_left(language);
	g_autoptr(GError) error = NULL;
	g_autofree char *page = NULL;

	mustache_set(data, "language", language);
	mustache_set(data, "dir", right ? "rtl" : "ltr");
	mustache_set(data, "side", right ? "right" : "left");
	mustache_set(data, "subject", subject);
	mustache_set(data, "reference", reference);
	mustache_set_markup(data, "body", body, body);
	page = mustache_render(
	    templates->frame, NULL, data, MUSTACHE_HTML, &error);
	if (page != NULL) /* white space in HTML is free */
		return text_wrap(page, WIDTH);
	log_error("letter=frame event=left-out: %s", error->message);
	return NULL;
}
