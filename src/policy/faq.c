/* faq.c - see faq.h. policy/facts asks for each mail of a customer, `javob faq`
 * for people. */
#include "policy/faq.h"

#include <math.h>
#include <string.h>

#include "ground/error.h"
#include "ground/text.h"
#include "policy/faq_words.h"
#include "policy/lang.h"

#define TITLE_WEIGHT 1.0 /* a stem of title or words */
#define BODY_WEIGHT  0.4

/* Measured on the first half of tests/faq/questions.tsv. */
#define THRESHOLD 1.6
#define BESIDE	  0.8 /* of the best score: shown, too */

enum { TITLE_MOST = 120, URL_MOST = 500, BODY_MOST = 65536 };

void
faq_hit_free(FaqHit *hit)
{
	if (hit == NULL)
		return;
	g_free(hit->title);
	g_free(hit->url);
	g_free(hit);
}

static void
free_hit(gpointer data)
{
	faq_hit_free(data);
}

/* --- entries ------------------------------------------------------------- */

static char *
join_stems(const char *text, const char *language)
{
	g_autoptr(GPtrArray) stems = faq_stems(text, language);

	g_ptr_array_add(stems, NULL);
	return g_strjoinv(" ", (char **)stems->pdata);
}

static void
read_stems(FaqRow *row)
{
	g_auto(GStrv) tags = g_strsplit(row->languages, " ", 2);
	g_autofree char *head = g_strconcat(row->title, " ", row->words, NULL);
	g_autofree char *first = join_stems(head, tags[0]);
	g_autofree char *body = join_stems(row->body, tags[0]);

	row->stems = g_strconcat(first, " : ", body, NULL);
}

/* "uz, uz-Cyrl" as we write tags, a space between; NULL if one is none. */
static char *
read_languages(const char *text)
{
	g_auto(GStrv) tags = g_strsplit_set(text, ", ", -1);
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; tags[i] != NULL; i++) {
		g_autofree char *tag = NULL;

		if (*tags[i] == '\0')
			continue;
		tag = lang_tag(tags[i]);
		if (tag == NULL)
			return NULL;
		g_string_append_printf(
		    out, "%s%s", out->len > 0 ? " " : "", tag);
	}
	return out->len > 0 ? g_string_free(g_steal_pointer(&out), FALSE)
			    : NULL;
}

static gboolean
read_field(FaqRow *row, char *line, GError **error)
{
	char *colon = strchr(line, ':');
	const char *value;
	char **at = NULL;

	if (colon == NULL)
		return error_permanent(
		    error, "%s: \"%s\" is no \"name: value\"", row->key, line);
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	if (g_str_equal(line, "title"))
		at = &row->title;
	else if (g_str_equal(line, "languages"))
		at = &row->languages;
	else if (g_str_equal(line, "url"))
		at = &row->url;
	else if (g_str_equal(line, "words"))
		at = &row->words;
	else if (g_str_equal(line, "mailbox"))
		at = &row->mailbox;
	else
		return error_permanent(
		    error, "%s: the head has no field \"%s\"", row->key, line);
	g_free(*at);
	*at = at == &row->languages
	    ? read_languages(value)
	    : text_clean_line(value, at == &row->title ? TITLE_MOST : URL_MOST);
	if (*at == NULL)
		return error_permanent(error,
		    "%s: \"%s\" are no language tags: write them like uz, ru",
		    row->key, value);
	return TRUE;
}

static gboolean
is_link(const char *url)
{
	return (g_str_has_prefix(url, "https://") ||
		   g_str_has_prefix(url, "http://")) &&
	       strpbrk(url, " \"<>") == NULL;
}

FaqRow *
faq_parse(const char *key, const char *octets, gsize length, GError **error)
{
	g_autofree char *text = text_valid(octets, (gssize)length);
	g_autofree char *clean = text_clean_body(text);
	g_auto(GStrv) lines = g_strsplit(clean, "\n", -1);
	FaqRow *row = g_new0(FaqRow, 1);
	guint i = 1;

	row->key = g_strdup(key);
	row->mailbox = g_strdup("");
	row->words = g_strdup("");
	if (lines[0] == NULL || !g_str_equal(lines[0], "---")) {
		error_permanent(error, "%s: the first line is not ---", key);
		goto failed;
	}
	for (; lines[i] != NULL && !g_str_equal(lines[i], "---"); i++)
		if (*lines[i] != '\0' && !read_field(row, lines[i], error))
			goto failed;
	if (lines[i] == NULL) {
		error_permanent(error, "%s: no second line of ---", key);
		goto failed;
	}
	if (row->title == NULL || *row->title == '\0' ||
	    row->languages == NULL || row->url == NULL || !is_link(row->url)) {
		error_permanent(error,
		    "%s: title, languages and url (https://...) are needed",
		    key);
		goto failed;
	}
	row->body = g_strjoinv("\n", lines + i + 1);
	if (strlen(row->body) > BODY_MOST) {
		error_permanent(error, "%s: longer than 64 K", key);
		goto failed;
	}
	read_stems(row);
	return row;
failed:
	faq_row_free(row);
	return NULL;
}

/* --- choosing ------------------------------------------------------------ */

static gboolean
is_for(const FaqRow *row, const char *language, const char *mailbox)
{
	g_auto(GStrv) tags = g_strsplit(row->languages, " ", -1);

	if (*row->mailbox != '\0' && *mailbox != '\0' &&
	    !g_str_equal(row->mailbox, mailbox))
		return FALSE;
	for (guint i = 0; tags[i] != NULL; i++)
		if (lang_fits(language, tags[i]))
			return TRUE;
	return FALSE;
}

/* What an entry is worth to each stem of the question, and how many entries
 * have the stem. */
static void
weigh(const FaqRow *row, GPtrArray *asked, double *weight, guint *having)
{
	g_auto(GStrv) stems = g_strsplit(row->stems, " ", -1);
	double value = TITLE_WEIGHT;

	for (guint i = 0; stems[i] != NULL; i++) {
		guint at;

		if (g_str_equal(stems[i], ":"))
			value = BODY_WEIGHT;
		else if (g_ptr_array_find_with_equal_func(asked, stems[i],
			     g_str_equal, &at))
			weight[at] = MAX(weight[at], value);
	}
	for (guint k = 0; k < asked->len; k++)
		having[k] += weight[k] > 0;
}

static int
by_score(gconstpointer a, gconstpointer b)
{
	const FaqHit *x = *(FaqHit *const *)a, *y = *(FaqHit *const *)b;

	return x->score > y->score ? -1 : x->score < y->score;
}

static void
cut_list(GPtrArray *hits, gboolean all)
{
	guint keep = 0;

	while (keep < hits->len && keep < FAQ_MOST) {
		const FaqHit *best = hits->pdata[0];
		const FaqHit *hit = hits->pdata[keep];

		if (!all && (hit->score < THRESHOLD ||
				hit->score < BESIDE * best->score))
			break;
		keep++;
	}
	g_ptr_array_set_size(hits, (int)keep);
}

GPtrArray *
faq_choose(const GPtrArray *rows, const char *text, const char *language,
    const char *mailbox, gboolean all)
{
	GPtrArray *hits = g_ptr_array_new_with_free_func(free_hit);
	g_autoptr(GPtrArray) asked = NULL;
	g_autoptr(GPtrArray) fit = g_ptr_array_new();
	g_autofree guint *having = NULL;
	g_autofree double *weights = NULL;

	for (guint i = 0; i < rows->len; i++)
		if (is_for(rows->pdata[i], language, mailbox))
			g_ptr_array_add(fit, rows->pdata[i]);
	if (fit->len == 0)
		return hits;
	asked = faq_stems(text, language);
	having = g_new0(guint, asked->len + 1);
	weights = g_new0(double, (gsize)fit->len * asked->len + 1);
	for (guint i = 0; i < fit->len; i++)
		weigh(fit->pdata[i], asked, weights + (gsize)i * asked->len,
		    having);
	for (guint i = 0; i < fit->len; i++) {
		const FaqRow *row = fit->pdata[i];
		FaqHit *hit = g_new0(FaqHit, 1);

		for (guint k = 0; k < asked->len; k++)
			if (having[k] > 0)
				hit->score +=
				    weights[(gsize)i * asked->len + k] *
				    log(1 + (double)fit->len / having[k]);
		hit->id = row->id;
		hit->title = g_strdup(row->title);
		hit->url = g_strdup(row->url);
		if (hit->score > 0)
			g_ptr_array_add(hits, hit);
		else
			faq_hit_free(hit);
	}
	g_ptr_array_sort(hits, by_score);
	cut_list(hits, all);
	return hits;
}
