/* count.c - counts the table of src/policy/langid from lines of text, then
 * teaches it where counts alone go wrong.
 *
 *   count LANGUAGES LINES TABLE
 *
 * LANGUAGES: as contrib/langid/languages. LINES: "TAG TAB line". The n-grams are
 * those of policy/langid_grams, so that counting and detecting agree. Built and
 * run by contrib/langid/build. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/langid_grams.h"
#include "policy/langid_table.h"

/* Added to each count: what a language has not shown it may still have. */
#define SMOOTHING 0.1
#define ALIGN	  16

/* Teaching: pieces of one to PIECE_MOST words of each line, in mixed order, as
 * logistic regression; the weights begin as the counts have them. */
#define ROUNDS	   3
#define RATE	   0.08
#define PIECES	   2
#define PIECE_MOST 8
#define NATS_SHARE 5.0 /* as OVERCONFIDENCE in policy/langid */

static const guint bits_of[LANGID_TABLES] = { 16, 16, 15, 14 };

typedef struct Language {
	char tag[16], prior[8];
	LangidScript script;
	guint column; /* in the table of its script */
	guint32 *counts;
	guint64 sum;
	guint lines;
} Language;

typedef struct Line {
	const Language *language;
	char *text;
} Line;

static Language languages[LANGID_TABLES * LANGID_WIDEST];
static guint n_languages;
static guint columns[LANGID_TABLES];
static float *weights[LANGID_TABLES]; /* rows of LANGID_WIDEST nats */
static Line *lines;
static gsize n_lines;

static FILE *
open_or_end(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);

	if (file == NULL) {
		perror(path);
		exit(1);
	}
	return file;
}

static void
read_languages(const char *path)
{
	FILE *file = open_or_end(path, "r");
	char line[512], group[8];

	while (fgets(line, sizeof line, file) != NULL) {
		Language *l = &languages[n_languages];

		if (*line == '#' || sscanf(line, "%7s %15s %7s", group, l->tag,
					l->prior) != 3)
			continue;
		l->script = 0;
		while (strcmp(langid_script_name(l->script), group) != 0)
			l->script++;
		l->column = columns[l->script]++;
		l->counts = g_new0(guint32, (gsize)1 << bits_of[l->script]);
		n_languages++;
	}
	fclose(file);
}

static Language *
find_language(const char *tag)
{
	for (guint i = 0; i < n_languages; i++)
		if (strcmp(languages[i].tag, tag) == 0)
			return &languages[i];
	return NULL;
}

static void
read_lines(const char *path)
{
	FILE *file = open_or_end(path, "r");
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Line));
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, file) > 0) {
		char *tab = strchr(line, '\t');
		Line one;

		*tab = '\0';
		one.language = find_language(line);
		if (one.language == NULL)
			continue;
		one.text = g_strdup(tab + 1);
		g_array_append_val(all, one);
	}
	free(line);
	fclose(file);
	n_lines = all->len;
	lines = (Line *)(gpointer)g_array_free(g_steal_pointer(&all), FALSE);
}

/* --- counting ------------------------------------------------------------ */

static void
count_gram(guint32 place, gpointer data)
{
	Language *l = data;

	l->counts[place]++;
	l->sum++;
}

static void
count_lines(void)
{
	g_auto(LangidLetters) letters = { 0 };

	for (gsize i = 0; i < n_lines; i++) {
		Language *l = find_language(lines[i].language->tag);

		l->lines++;
		langid_letters_read(&letters, lines[i].text, G_MAXINT);
		langid_grams(&letters, l->script, bits_of[l->script],
		    count_gram, l);
	}
}

/* Log-probabilities against the mean of the row. */
static void
weigh(void)
{
	for (LangidScript s = 0; s < LANGID_TABLES; s++) {
		gsize rows = (gsize)1 << bits_of[s];

		weights[s] = g_new0(float, rows * LANGID_WIDEST);
		for (gsize row = 0; row < rows; row++) {
			float *w = weights[s] + row * LANGID_WIDEST;
			double mean = 0;

			for (guint i = 0; i < n_languages; i++) {
				const Language *l = &languages[i];

				if (l->script != s)
					continue;
				w[l->column] = (float)log(
				    (l->counts[row] + SMOOTHING) /
				    ((double)l->sum +
					SMOOTHING * (double)rows));
				mean += w[l->column];
			}
			for (guint i = 0; i < columns[s]; i++)
				w[i] -= (float)(mean / columns[s]);
		}
	}
}

/* --- teaching ------------------------------------------------------------ */

static guint32
next_random(guint64 *state)
{
	*state = *state * G_GUINT64_CONSTANT(6364136223846793005) +
	    G_GUINT64_CONSTANT(1442695040888963407);
	return (guint32)(*state >> 33);
}

static void
mix_lines(guint64 *state)
{
	for (gsize i = n_lines; i > 1; i--) {
		gsize k = next_random(state) % i;
		Line swap = lines[i - 1];

		lines[i - 1] = lines[k];
		lines[k] = swap;
	}
}

static void
keep_place(guint32 place, gpointer data)
{
	g_array_append_val((GArray *)data, place);
}

/* Some words of letters, as if they were all. */
static LangidLetters
piece_of(const LangidLetters *letters, guint64 *state)
{
	guint wanted = 1 + next_random(state) % PIECE_MOST;
	gsize begin = next_random(state) % letters->n, end;
	LangidLetters piece = *letters;

	while (begin > 0 && letters->letters[begin] != 0)
		begin--;
	for (end = begin + 1; end < letters->n; end++)
		if (letters->letters[end] == 0 &&
		    letters->letters[end - 1] != 0 && --wanted == 0)
			break;
	piece.letters = letters->letters + begin;
	piece.scripts = letters->scripts + begin;
	piece.n = MIN(end + 1, letters->n) - begin;
	return piece;
}

static void
teach_piece(const Language *l, const GArray *places, float rate)
{
	guint n = columns[l->script];
	float score[LANGID_WIDEST] = { 0 }, step[LANGID_WIDEST], best, sum = 0;

	for (guint i = 0; i < places->len; i++) {
		const float *w = weights[l->script] +
		    (gsize)g_array_index(places, guint32, i) * LANGID_WIDEST;

		for (guint k = 0; k < LANGID_WIDEST; k++)
			score[k] += w[k];
	}
	best = score[0];
	for (guint k = 1; k < n; k++)
		best = MAX(best, score[k]);
	for (guint k = 0; k < n; k++)
		sum += score[k] = expf((score[k] - best) / (float)NATS_SHARE);
	for (guint k = 0; k < LANGID_WIDEST; k++)
		step[k] = k < n ? rate * ((k == l->column) - score[k] / sum)
				: 0;
	if (step[l->column] < 0.01f * rate)
		return;
	for (guint i = 0; i < places->len; i++) {
		float *w = weights[l->script] +
		    (gsize)g_array_index(places, guint32, i) * LANGID_WIDEST;

		for (guint k = 0; k < LANGID_WIDEST; k++)
			w[k] += step[k];
	}
}

static void
teach(void)
{
	g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(guint32));
	g_auto(LangidLetters) letters = { 0 };
	guint64 state = 1;
	guint most = 0;

	for (guint i = 0; i < n_languages; i++)
		most = MAX(most, languages[i].lines);
	for (guint round = 0; round < ROUNDS; round++) {
		mix_lines(&state);
		for (gsize i = 0; i < n_lines; i++) {
			const Language *l = lines[i].language;
			/* Languages with few lines are heard the more. */
			double share = sqrt((double)most / l->lines);
			double left = 1 - (double)i / (double)n_lines;

			langid_letters_read(&letters, lines[i].text, G_MAXINT);
			for (guint k = 0; k < PIECES; k++) {
				LangidLetters piece =
				    piece_of(&letters, &state);

				g_array_set_size(places, 0);
				langid_grams(&piece, l->script,
				    bits_of[l->script], keep_place, places);
				teach_piece(l, places,
				    (float)(RATE * share *
					(left + ROUNDS - 1 - round) / ROUNDS));
			}
		}
	}
}

/* --- the table ----------------------------------------------------------- */

static guint
width_of(LangidScript script)
{
	guint n = columns[script];

	return n <= 4 ? 4 : (n + ALIGN - 1) / ALIGN * ALIGN;
}

static void
write_rows(FILE *out, LangidScript script)
{
	gsize rows = (gsize)1 << bits_of[script];

	for (gsize row = 0; row < rows; row++) {
		const float *w = weights[script] + row * LANGID_WIDEST;
		gint8 octets[LANGID_WIDEST] = { 0 };

		for (guint i = 0; i < columns[script]; i++)
			octets[i] = (gint8)CLAMP(
			    lroundf(w[i] * LANGID_STEPS), -127, 127);
		fwrite(octets, 1, width_of(script), out);
	}
}

static void
write_table(const char *path)
{
	FILE *out = open_or_end(path, "w");
	g_autoptr(GString) head = g_string_new("javob-langid 1\n");
	char octets[LANGID_HEAD] = { 0 };

	for (LangidScript s = 0; s < LANGID_TABLES; s++) {
		g_string_append_printf(head, "%s %u %u", langid_script_name(s),
		    bits_of[s], width_of(s));
		for (guint i = 0; i < n_languages; i++)
			if (languages[i].script == s)
				g_string_append_printf(head, " %s:%s",
				    languages[i].tag, languages[i].prior);
		g_string_append_c(head, '\n');
	}
	g_assert(head->len < sizeof octets);
	memcpy(octets, head->str, head->len);
	fwrite(octets, 1, sizeof octets, out);
	for (LangidScript s = 0; s < LANGID_TABLES; s++)
		write_rows(out, s);
	if (fclose(out) != 0) {
		perror(path);
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	setlocale(LC_ALL, "C");
	read_languages(argv[1]);
	read_lines(argv[2]);
	count_lines();
	weigh();
	teach();
	write_table(argv[3]);
	return 0;
}
