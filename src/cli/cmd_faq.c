/* cmd_faq.c - javob faq: the answers that acknowledgements point to. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "ground/error.h"
#include "policy/faq.h"
#include "policy/lang.h"
#include "store/store.h"

static char *
key_of(const char *path)
{
	char *key = g_path_get_basename(path);
	char *dot = strrchr(key, '.');

	if (dot != NULL && dot != key)
		*dot = '\0';
	return key;
}

static gboolean
import_one(StoreTxn *txn, const Site *site, const char *path, GError **error)
{
	g_autofree char *octets = NULL, *key = key_of(path);
	g_autoptr(GError) reason = NULL;
	FaqRow *row;
	gsize length;
	gboolean good;

	if (!g_file_get_contents(path, &octets, &length, &reason))
		return error_permanent(error, "%s", reason->message);
	row = faq_parse(key, octets, length, error);
	if (row == NULL)
		return FALSE;
	good = *row->mailbox == '\0' ||
	    site_mailbox(site, row->mailbox) != NULL ||
	    error_permanent(
		error, "%s: there is no mailbox %s", path, row->mailbox);
	good = good && faq_put(txn, row, error);
	if (good)
		printf("%s: %s\n", row->key, row->title);
	faq_row_free(row);
	return good;
}

/* All files or none. */
static gboolean
import(StoreTxn *txn, const Site *site, int argc, char **argv, GError **error)
{
	for (int i = 2; i < argc; i++)
		if (!import_one(txn, site, argv[i], error))
			return FALSE;
	return TRUE;
}

static void
print_row(const FaqRow *row, gboolean as_json)
{
	g_autofree char *text = NULL;
	Json json;

	if (!as_json) {
		printf("%s [%s]%s%s: %s\n    %s\n    shown %" G_GINT64_FORMAT
		       ", helped %" G_GINT64_FORMAT "\n",
		    row->key, row->languages, *row->mailbox != '\0' ? " " : "",
		    row->mailbox, row->title, row->url, row->shown,
		    row->helped);
		return;
	}
	json_begin(&json);
	json_int(&json, "version", 1);
	json_text(&json, "key", row->key);
	json_text(
	    &json, "mailbox", *row->mailbox != '\0' ? row->mailbox : NULL);
	json_text(&json, "languages", row->languages);
	json_text(&json, "title", row->title);
	json_text(&json, "url", row->url);
	json_text(&json, "words", row->words);
	json_int(&json, "shown", row->shown);
	json_int(&json, "helped", row->helped);
	text = json_end(&json);
	puts(text);
}

static gboolean
list(StoreTxn *txn, gboolean as_json, GError **error)
{
	g_autoptr(GPtrArray) rows = faq_all(txn, error);

	for (guint i = 0; rows != NULL && i < rows->len; i++)
		print_row(rows->pdata[i], as_json);
	return rows != NULL;
}

static void
print_hit(const FaqHit *hit, gboolean as_json)
{
	g_autofree char *text = NULL;
	char digits[G_ASCII_DTOSTR_BUF_SIZE];
	Json json;

	g_ascii_formatd(digits, sizeof digits, "%.2f", hit->score);
	if (!as_json) {
		printf("%s  %s\n      %s\n", digits, hit->title, hit->url);
		return;
	}
	json_begin(&json);
	json_int(&json, "version", 1);
	json_text(&json, "title", hit->title);
	json_text(&json, "url", hit->url);
	json_raw(&json, "score", digits);
	text = json_end(&json);
	puts(text);
}

typedef struct Search {
	const char *language, *mailbox;
	gboolean all, as_json;
} Search;

static gboolean
search(StoreTxn *txn, const Search *how, int argc, char **argv, GError **error)
{
	g_autoptr(GPtrArray) rows = faq_all(txn, error);
	g_autoptr(GPtrArray) hits = NULL;
	g_autoptr(LangChoice) choice = NULL;
	g_autofree char *text = NULL;

	if (rows == NULL)
		return FALSE;
	argv[argc] = NULL;
	text = g_strjoinv(" ", argv + 2);
	choice = lang_choose(text, "", NULL, NULL, NULL, NULL);
	hits = faq_choose(rows, text,
	    how->language != NULL ? how->language : choice->tag,
	    how->mailbox != NULL ? how->mailbox : "", how->all);
	for (guint i = 0; i < hits->len; i++)
		print_hit(hits->pdata[i], how->as_json);
	return TRUE;
}

static gboolean
remove_all(StoreTxn *txn, int argc, char **argv, GError **error)
{
	for (int i = 2; i < argc; i++) {
		gint64 removed = 0;

		if (!faq_remove(txn, argv[i], &removed, error))
			return FALSE;
		if (removed == 0)
			return error_permanent(
			    error, "there is no entry %s", argv[i]);
	}
	return TRUE;
}

static int
run(const char *config, int argc, char **argv)
{
	Search how = { .language = cmd_value(&argc, argv, "--lang"),
		.mailbox = cmd_value(&argc, argv, "--mailbox"),
		.all = cmd_flag(&argc, argv, "--all"),
		.as_json = cmd_flag(&argc, argv, "--json") };
	const char *what = argc > 1 ? argv[1] : "";
	gboolean listing = g_str_equal(what, "list") && argc == 2;
	Site *site = NULL;
	Store *store = NULL;
	g_autoptr(GError) error = NULL;
	gboolean good = FALSE;

	if (cmd_unknown(argc, argv) != NULL ||
	    (!listing && (argc < 3 || (!g_str_equal(what, "import") &&
					  !g_str_equal(what, "search") &&
					  !g_str_equal(what, "remove")))))
		return cmd_usage(&cmd_faq, NULL);
	store = cmd_store(config, &site, &error);
	if (store != NULL) {
		g_autoptr(StoreTxn) txn = store_begin(store, &error);

		if (txn != NULL && listing)
			good = list(txn, how.as_json, &error);
		else if (txn != NULL && g_str_equal(what, "search"))
			good = search(txn, &how, argc, argv, &error);
		else if (txn != NULL && g_str_equal(what, "import"))
			good = import(txn, site, argc, argv, &error);
		else if (txn != NULL)
			good = remove_all(txn, argc, argv, &error);
		good = good && store_commit(g_steal_pointer(&txn), &error);
	}
	store_close(store);
	site_free(site);
	return good ? 0 : cmd_fail(error);
}

const Command cmd_faq = { "faq",
	"import FILE ... | list | search [--lang TAG] [--mailbox NAME] [--all] "
	"WORDS | remove KEY ...",
	"the answers that acknowledgements point to", run };
