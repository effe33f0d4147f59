/* verb.c - see verb.h. Called by policy/relay for mails, by policy/order and
 * the command line for what can be done. */
#include "policy/verb.h"

#include <string.h>

#include "ground/text.h"
#include "mail/words.h"

enum { WORD_MOST = 40, LINE_MOST = 2000, ORDERS_MOST = 50, NEAR = 2 };

#define BOTH VERB_SHELL

const Verb verb_table[] = {
	{ "reply", "[TEXT]", VERB_TEXT, VERB_MAIL | VERB_SHELL,
	    "the text goes to the customer, as without any command" },
	{ "note", "[TEXT]", VERB_TEXT, VERB_MAIL | VERB_SHELL,
	    "the text stays inside; colleagues read it" },
	{ "no-cc", "", VERB_NOTHING, VERB_MAIL,
	    "this answer goes to the customer alone" },
	{ "macro", "NAME [PARAMETER=VALUE] | NAME?", VERB_WORDS,
	    VERB_MAIL,
	    "put a prepared answer above the text; with ? only show it" },
	{ "close", "", VERB_NOTHING, BOTH, "close the ticket" },
	{ "open", "", VERB_NOTHING, BOTH, "open it again" },
	{ "wait", "[WHEN]", VERB_MAYBE, BOTH,
	    "the customer's answer is due; open again at that time" },
	{ "spam", "", VERB_NOTHING, BOTH, "set it aside as spam" },
	{ "take", "", VERB_NOTHING, BOTH, "it is mine" },
	{ "release", "", VERB_NOTHING, BOTH, "it is nobody's" },
	{ "assign", "ADDRESS", VERB_AGENT, BOTH, "it is that agent's" },
	{ "queue", "NAME", VERB_QUEUE, BOTH, "move it into that queue" },
	{ "priority", "low | normal | high | urgent", VERB_WORDS, BOTH,
	    "how urgent it is" },
	{ "tag", "WORD ... | -WORD", VERB_WORDS, BOTH,
	    "put words on it, or take one away" },
	{ "promise", "WHEN", VERB_WHEN, BOTH,
	    "by when the matter will be settled" },
	{ "delay", "REASON", VERB_WORDS, BOTH,
	    "what the customer reads if it takes longer than promised" },
	{ "language", "TAG", VERB_WORDS, BOTH | VERB_EARLY,
	    "the customer's language" },
	{ "name", "NAME", VERB_WORDS, BOTH | VERB_EARLY,
	    "the customer's name" },
	{ "cc", "add ADDRESS | remove ADDRESS", VERB_WORDS, BOTH | VERB_EARLY,
	    "who has answers in copy" },
	{ "merge", "NUMBER", VERB_TICKET, BOTH,
	    "make it a part of that ticket" },
	{ "split", "[MESSAGE]", VERB_MESSAGE, BOTH,
	    "make one mail of the customer a ticket of its own" },
	{ "link", "NUMBER", VERB_TICKET, BOTH,
	    "show it as related to that ticket" },
	{ "remind", "WHEN", VERB_WHEN, BOTH, "write to me about it then" },
	{ "for", "ADDRESS", VERB_WORDS, VERB_MAIL,
	    "in a mail to the desk: open a ticket in that customer's name" },
	{ "undo", "", VERB_NOTHING, BOTH,
	    "take the last of these deeds back" },
	{ "history", "", VERB_NOTHING, BOTH | VERB_READS,
	    "all that has happened to it" },
	{ "summary", "", VERB_NOTHING, BOTH | VERB_READS, "how it stands" },
	{ "away", "WHEN | off", VERB_WORDS, VERB_READS,
	    "I am out of office until then" },
	{ "macros", "", VERB_NOTHING, BOTH | VERB_READS,
	    "prepared answers for this queue and language" },
	{ "help", "", VERB_NOTHING, VERB_READS, "these commands" },
	{ NULL, NULL, VERB_NOTHING, 0, NULL },
};

/* --- words ----------------------------------------------------------------- */

typedef struct Word {
	char *language, *verb, *word; /* word as written */
} Word;

static GHashTable *by_word; /* folded -> Word, borrowed */
static GPtrArray *all_words;

static void
add_word(const char *const *column, gpointer data G_GNUC_UNUSED)
{
	Word *word = g_new0(Word, 1);
	char *folded = text_fold(column[2]);

	word->language = g_strdup(column[0]);
	word->verb = g_strdup(column[1]);
	word->word = g_strdup(column[2]);
	g_ptr_array_add(all_words, word);
	if (g_hash_table_contains(by_word, folded))
		g_free(folded);
	else
		g_hash_table_insert(by_word, folded, word);
}

/* Read once, then only looked at: words_each gives the same rows for good. */
static void
read_words(void)
{
	static gsize done;

	if (!g_once_init_enter(&done))
		return;
	by_word = g_hash_table_new(g_str_hash, g_str_equal);
	all_words = g_ptr_array_new();
	words_each(WORDS_VERBS, add_word, NULL);
	g_once_init_leave(&done, 1);
}

static const Verb *
by_name(const char *name)
{
	for (const Verb *verb = verb_table; verb->name != NULL; verb++)
		if (g_str_equal(verb->name, name))
			return verb;
	return NULL;
}

const Verb *
verb_find(const char *word)
{
	g_autofree char *folded = text_fold(word);
	const Word *row;

	read_words();
	row = g_hash_table_lookup(by_word, folded);
	return row != NULL ? by_name(row->verb) : NULL;
}

gboolean
verb_is_word(const char *word, const char *meaning)
{
	g_autofree char *folded = text_fold(word);
	const Word *row;

	read_words();
	row = g_hash_table_lookup(by_word, folded);
	return row != NULL && *row->verb == '+' &&
	       g_str_equal(row->verb + 1, meaning);
}

const char *
verb_word(const Verb *verb, const char *language)
{
	read_words();
	for (guint i = 0; i < all_words->len; i++) {
		const Word *row = all_words->pdata[i];
		gsize n = strlen(row->language);

		if (g_str_equal(row->verb, verb->name) &&
		    g_ascii_strncasecmp(row->language, language, n) == 0 &&
		    (language[n] == '\0' ||
			(language[n] == '-' &&
			    !(g_str_equal(row->language, "uz") &&
				g_str_has_prefix(language, "uz-Cyrl")))))
			return row->word;
	}
	return verb->name;
}

/* How many letters must be put in, taken out, changed or exchanged. */
static guint
distance(const gunichar *a, glong n, const gunichar *b, glong m)
{
	guint row[3][WORD_MOST + 1];

	for (glong j = 0; j <= m; j++)
		row[1][j] = (guint)j;
	for (glong i = 1; i <= n; i++) {
		guint *now = row[2];

		now[0] = (guint)i;
		for (glong j = 1; j <= m; j++) {
			now[j] = MIN(MIN(row[1][j], now[j - 1]) + 1,
			    row[1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = MIN(now[j], row[0][j - 2] + 1);
		}
		memcpy(row[0], row[1], sizeof row[0]);
		memcpy(row[1], now, sizeof row[1]);
	}
	return row[1][m];
}

const Verb *
verb_near(const char *word)
{
	g_autofree char *folded = text_fold(word);
	glong n = 0;
	g_autofree gunichar *letters = g_utf8_to_ucs4_fast(folded, -1, &n);
	const Word *best = NULL;
	guint least = NEAR + 1;

	read_words();
	for (guint i = 0; n <= WORD_MOST && i < all_words->len; i++) {
		const Word *row = all_words->pdata[i];
		g_autofree char *other = text_fold(row->word);
		glong m = 0;
		g_autofree gunichar *its = g_utf8_to_ucs4_fast(other, -1, &m);
		guint far;

		if (m > WORD_MOST || *row->verb == '+' ||
		    by_name(row->verb) == NULL)
			continue;
		far = distance(letters, n, its, m);
		/* Of a short word two letters are most of it. */
		if (far < least && far * 2 < (guint)MIN(n, m)) {
			least = far;
			best = row;
		}
	}
	return best != NULL ? by_name(best->verb) : NULL;
}

/* --- lines ----------------------------------------------------------------- */

/* Invisible: what Outlook and right-to-left text put before and between. */
static gboolean
is_invisible(gunichar c)
{
	return c == 0xfeff || c == 0x00ad ||
	       g_unichar_type(c) == G_UNICODE_FORMAT;
}

/* One line as it was meant: no-break spaces are spaces, smart quotes plain
 * ones, nothing invisible, no space around. */
static char *
tidy(const char *line, gsize length)
{
	GString *out = g_string_new(NULL);
	const char *end = line + length;

	for (const char *p = line; p < end; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (is_invisible(c))
			continue;
		if (g_unichar_isspace(c) || c == 0xa0 || c == 0x202f)
			c = ' ';
		else if (c == 0x201c || c == 0x201d || c == 0x201e)
			c = '"';
		else if (c == 0xff0f)
			c = '/';
		g_string_append_unichar(out, c);
	}
	return g_strstrip(g_string_free(out, FALSE));
}

static gboolean
is_letter(gunichar c)
{
	return g_unichar_isalpha(c) || g_unichar_ismark(c) || c == '-' ||
	       c == '\'' || c == 0x2019 || c == 0x2018 || c == 0x2bb ||
	       c == 0x2bc;
}

/* "/word" and nothing more, or a space behind; "/usr/bin" or "/ 2" is text.
 * The length of the word; 0: no command. */
static gsize
word_length(const char *line)
{
	const char *p = line + 1;

	if (*line != '/')
		return 0;
	while (is_letter(g_utf8_get_char(p)))
		p = g_utf8_next_char(p);
	return *p == '\0' || *p == ' ' ? (gsize)(p - line - 1) : 0;
}

static void
order_free(gpointer data)
{
	Order *order = data;

	g_free(order->argument);
	g_free(order);
}

void
orders_free(Orders *orders)
{
	if (orders == NULL)
		return;
	g_ptr_array_unref(orders->list);
	g_free(orders->fault);
	g_free(orders);
}

static char *
fault_of(const Verb *verb, const char *argument)
{
	gboolean given = *argument != '\0';
	gint64 number;

	switch (verb->need) {
	case VERB_NOTHING:
	case VERB_TEXT:
		if (given)
			return g_strdup_printf(
			    "/%s takes nothing behind it on its line, and "
			    "\"%s\" stands there",
			    verb->name, argument);
		break;
	case VERB_TICKET:
		if (!g_ascii_string_to_signed(argument + (*argument == '#'),
			10, 1, G_MAXINT64, &number, NULL))
			return g_strdup_printf(
			    "/%s needs the number of a ticket", verb->name);
		break;
	case VERB_MESSAGE:
		if (given && !g_ascii_string_to_signed(argument, 10, 1,
				 G_MAXINT64, &number, NULL))
			return g_strdup_printf(
			    "/%s needs the number of a message", verb->name);
		break;
	case VERB_QUEUE:
	case VERB_AGENT:
	case VERB_WORDS:
	case VERB_WHEN:
		if (!given)
			return g_strdup_printf("/%s needs more: /%s %s",
			    verb->name, verb->name, verb->arguments);
		break;
	case VERB_MAYBE:
		break;
	}
	return NULL;
}

static char *
unknown(const char *line, const char *word)
{
	const Verb *near = verb_near(word);
	g_autofree char *cut = text_clean_line(line, 60);

	if (near == NULL)
		return g_strdup_printf("\"%s\" is no command", cut);
	return g_strdup_printf("\"%s\" is no command; did you mean /%s", cut,
	    near->name);
}

/* FALSE: the line is no command. */
static gboolean
take_line(Orders *orders, const char *line)
{
	gsize length = word_length(line);
	g_autofree char *word = g_strndup(line + 1, length);
	g_autofree char *argument = NULL;
	const Verb *verb;
	Order *order;

	if (length == 0)
		return FALSE;
	argument = g_strstrip(g_strdup(line + 1 + length));
	verb = verb_find(word);
	if (orders->fault != NULL)
		return TRUE;
	if (verb == NULL || orders->list->len >= ORDERS_MOST) {
		orders->fault = verb == NULL ? unknown(line, word)
					     : g_strdup("these are too many "
							"commands at once");
		return TRUE;
	}
	orders->fault = fault_of(verb, argument);
	order = g_new0(Order, 1);
	order->verb = verb;
	order->argument = g_steal_pointer(&argument);
	g_ptr_array_add(orders->list, order);
	return TRUE;
}

Orders *
orders_read(const char *text)
{
	Orders *orders = g_new0(Orders, 1);
	const char *p = text;

	orders->list = g_ptr_array_new_with_free_func(order_free);
	for (;;) {
		gsize length = strcspn(p, "\n");
		g_autofree char *line =
		    length < LINE_MOST ? tidy(p, length) : NULL;

		if (line == NULL ||
		    (*line != '\0' && !take_line(orders, line)))
			break;
		if (p[length] == '\0') {
			p += length;
			break;
		}
		p += length + 1;
	}
	orders->rest = p;
	return orders;
}

guint
orders_bits(const Orders *orders)
{
	guint bits = 0;

	for (guint i = 0; i < orders->list->len; i++) {
		const Order *order = orders->list->pdata[i];

		if ((order->verb->flags & VERB_MAIL) == 0)
			bits |= ORDERS_ACT;
		else if (g_str_equal(order->verb->name, "note"))
			bits |= ORDERS_NOTE;
		else if (g_str_equal(order->verb->name, "no-cc"))
			bits |= ORDERS_NO_CC;
		else if (g_str_equal(order->verb->name, "for"))
			bits |= ORDERS_FOR;
		else if (g_str_equal(order->verb->name, "macro"))
			bits |= ORDERS_MACRO;
		else
			bits |= ORDERS_REPLY;
	}
	return bits;
}

const char *
orders_argument(const GPtrArray *list, const char *verb)
{
	for (guint i = 0; i < list->len; i++) {
		const Order *order = list->pdata[i];

		if (g_str_equal(order->verb->name, verb))
			return order->argument;
	}
	return NULL;
}

gboolean
orders_read_only(const Orders *orders)
{
	for (guint i = 0; i < orders->list->len; i++) {
		const Order *order = orders->list->pdata[i];

		if ((order->verb->flags & VERB_READS) == 0)
			return FALSE;
	}
	return orders->list->len > 0 &&
	       strspn(orders->rest, " \t\n") == strlen(orders->rest);
}

gboolean
verb_is_stray(const char *text)
{
	for (const char *p = text; *p != '\0';) {
		gsize length = strcspn(p, "\n");
		g_autofree char *line =
		    length < LINE_MOST ? tidy(p, length) : g_strdup("");
		gsize n = word_length(line);
		g_autofree char *word = g_strndup(line + (n > 0), n);
		const Verb *verb = n > 0 ? verb_find(word) : NULL;
		g_autofree char *rest =
		    verb != NULL ? g_strstrip(g_strdup(line + 1 + n)) : NULL;
		g_autofree char *fault =
		    verb != NULL ? fault_of(verb, rest) : NULL;

		if (verb != NULL && fault == NULL)
			return TRUE;
		p += p[length] == '\0' ? length : length + 1;
	}
	return FALSE;
}
