/* langid.c - adds up what the n-grams weigh. policy/lang asks it for each mail,
 * `javob detect-language` for each line.
 *
 * The table stands in src/policy/langid.table, octet by octet as it is in
 * memory: a head of text, then for each script a row for each bucket, a signed
 * octet for each language: its log-probability against the mean, in
 * LANGID_STEPS of a nat. */
#include "policy/langid.h"

#include <math.h>
#include <string.h>

#include "mail/quote.h"
#include "policy/langid_grams.h"
#include "policy/langid_table.h"

/* Octets that are read of a text: more says nothing new. */
#define TEXT_MOST 1200

/* Latin letters among those of another script are mostly names of products,
 * messages of programs and signatures. */
#define LATIN_WEIGHT 0.2
#define HAN_WEIGHT   3.0 /* a letter is a word */
#define KANA_SHARE   0.1 /* of Japanese, at least */

/* Letters of one word depend on each other, so that nats say too much: this
 * divides them, found on lines kept aside (contrib/langid/README). */
#define OVERCONFIDENCE 5.0
#define CANNOT_TELL    0.25 /* less confident: "und" */
#define LETTERS_LEAST  2

static const struct {
	LangidScript script;
	const char *tag;
} alone[] = {
	{ LANGID_HANI, "zh" },
	{ LANGID_KANA, "ja" },
	{ LANGID_HANG, "ko" },
	{ LANGID_GREK, "el" },
	{ LANGID_ARMN, "hy" },
	{ LANGID_GEOR, "ka" },
	{ LANGID_HEBR, "he" },
	{ LANGID_THAI, "th" },
	{ LANGID_BENG, "bn" },
	{ LANGID_TAML, "ta" },
	{ LANGID_ETHI, "am" },
	{ LANGID_KHMR, "km" },
	{ LANGID_LAOO, "lo" },
	{ LANGID_MYMR, "my" },
};

typedef struct Sum {
	const gint8 *rows;
	guint width;
	gint32 total[LANGID_WIDEST];
} Sum;

/* Sixteen languages at once; rows are filled up to so many. */
typedef gint8 Row __attribute__((vector_size(16)));
typedef gint32 Totals __attribute__((vector_size(64)));

static void
add_row(guint32 place, gpointer data)
{
	Sum *sum = data;
	const gint8 *row = sum->rows + (gsize)place * sum->width;

	for (guint i = 0; i < sum->width; i += 16) {
		Row some;
		Totals totals;

		memcpy(&some, row + i, sizeof some);
		memcpy(&totals, sum->total + i, sizeof totals);
		totals += __builtin_convertvector(some, Totals);
		memcpy(sum->total + i, &totals, sizeof totals);
	}
}

static LangidScript
main_script(const LangidLetters *letters)
{
	LangidScript best = LANGID_NONE;
	double most = 0;

	for (LangidScript i = 0; i < LANGID_SCRIPTS; i++) {
		double weight = letters->count[i] *
		    (i == LANGID_LATN ? LATIN_WEIGHT
			: i == LANGID_HANI ? HAN_WEIGHT
					   : 1.0);

		if (weight > most) {
			most = weight;
			best = i;
		}
	}
	if (best == LANGID_HANI &&
	    letters->count[LANGID_KANA] >
		KANA_SHARE * letters->count[LANGID_HANI])
		return LANGID_KANA;
	return best;
}

static gboolean
is_language(const char *tag, const char *language, gsize length)
{
	return g_ascii_strncasecmp(tag, language, length) == 0 &&
	       (tag[length] == '\0' || tag[length] == '-');
}

/* tag as the table has it: itself, without its last subtags, or the language
 * in another script: who speaks Uzbek may write it in either. */
static int
find_tag(const LangidTable *table, const char *tag)
{
	for (gsize length = strlen(tag); length > 0;) {
		for (guint i = 0; i < table->n; i++)
			if (strlen(table->tags[i]) == length &&
			    is_language(table->tags[i], tag, length))
				return (int)i;
		while (length > 0 && tag[length - 1] != '-')
			length--;
		if (length > 0)
			length--;
	}
	for (guint i = 0; i < table->n; i++)
		if (is_language(table->tags[i], tag, strcspn(tag, "-")))
			return (int)i;
	return -1;
}

static void
judge(const LangidTable *table, const double *score, LangidAnswer *answer)
{
	guint best = 0, second = 0;
	double sum = 0;

	for (guint i = 1; i < table->n; i++)
		if (score[i] > score[best])
			best = i;
	second = best == 0 ? 1 : 0;
	for (guint i = 0; i < table->n; i++) {
		sum += exp((score[i] - score[best]) / OVERCONFIDENCE);
		if (i != best && score[i] > score[second])
			second = i;
	}
	answer->confidence = 1 / sum;
	answer->margin = score[best] - score[second];
	answer->tag = table->tags[best];
	answer->second = table->tags[second];
}

static void
by_grams(const LangidLetters *letters, LangidScript script,
    const LangidHint *hints, guint n_hints, LangidAnswer *answer)
{
	const LangidTable *table = &langid_tables()[script];
	Sum sum = { .rows = table->rows, .width = table->width };
	double score[LANGID_WIDEST] = { 0 };

	langid_grams(letters, script, table->bits, add_row, &sum);
	for (guint i = 0; i < table->n; i++)
		score[i] =
		    sum.total[i] / (double)LANGID_STEPS + table->priors[i];
	for (guint i = 0; i < n_hints; i++) {
		int found = find_tag(table, hints[i].tag);

		if (found >= 0)
			score[found] += hints[i].nats;
	}
	judge(table, score, answer);
}

static void
detect(LangidLetters *letters, const char *text, const LangidHint *hints,
    guint n_hints, LangidAnswer *answer)
{
	LangidScript script;

	*answer = (LangidAnswer){ "und", "", 0, 0, 0 };
	langid_letters_read(letters, text, TEXT_MOST);
	script = main_script(letters);
	if (script == LANGID_NONE)
		return;
	answer->letters = letters->count[script];
	if (script < LANGID_TABLES) {
		by_grams(letters, script, hints, n_hints, answer);
		if (answer->letters < LETTERS_LEAST ||
		    answer->confidence < CANNOT_TELL)
			answer->tag = "und";
		return;
	}
	answer->confidence = 1;
	for (guint i = 0; i < G_N_ELEMENTS(alone); i++)
		if (alone[i].script == script)
			answer->tag = alone[i].tag;
}

void
langid_detect(const char *text, const LangidHint *hints, guint n_hints,
    LangidAnswer *answer)
{
	g_auto(LangidLetters) letters = { 0 };

	detect(&letters, text, hints, n_hints, answer);
}

/* body without lines that begin with ">": quotations between answers. */
static char *
without_quotations(const char *body)
{
	GString *out = g_string_new(NULL);

	for (const char *p = body; *p != '\0';) {
		gsize n = strcspn(p, "\n");

		n += p[n] == '\n';
		if (p[strspn(p, " \t")] != '>')
			g_string_append_len(out, p, (gssize)n);
		p += n;
	}
	return g_string_free(out, FALSE);
}

void
langid_detect_body(const char *body, LangidAnswer *answer)
{
	g_autofree char *own = NULL, *text = NULL;
	guint lines;

	quote_cut(body, &own, &lines);
	text = without_quotations(own);
	langid_detect(text, NULL, 0, answer);
	if (answer->letters == 0)
		langid_detect(body, NULL, 0, answer);
}

const char *const *
langid_tags(void)
{
	static const char *tags[LANGID_TABLES * LANGID_WIDEST +
	    G_N_ELEMENTS(alone) + 1];
	static gsize ready;

	if (g_once_init_enter(&ready)) {
		const LangidTable *tables = langid_tables();
		guint n = 0;

		for (guint i = 0; i < LANGID_TABLES; i++)
			for (guint k = 0; k < tables[i].n; k++)
				tags[n++] = tables[i].tags[k];
		for (guint i = 0; i < G_N_ELEMENTS(alone); i++)
			tags[n++] = alone[i].tag;
		g_once_init_leave(&ready, 1);
	}
	return tags;
}
