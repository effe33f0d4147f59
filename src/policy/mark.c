/* mark.c - reads a mark: text -> tokens -> phrases -> one number or none.
 * Called by `javob survey read`; what the words are, policy/mark_words knows.
 */
#include "policy/mark.h"

#include <string.h>

#include "ground/text.h"
#include "policy/mark_words.h"

enum {
	DIGITS_MOST = 3, /* longer numbers are no marks of any scale */
	TOKENS_MOST = 2000,
	STAR = 0x2b50,
};

typedef enum TokenType {
	T_NUMBER,
	T_WORD,
	T_STARS,  /* number: how many are full */
	T_SLASH,
	T_COLON,
	T_SOFT,   /* a comma, a bracket, a dash: a phrase ends */
	T_HARD,   /* a full stop, a line end: a sentence ends */
	T_ASKING, /* "?" */
	T_OTHER,  /* "#", "%": nothing that stands beside a mark */
} TokenType;

typedef struct Token {
	TokenType type;
	int number;    /* -1: a number that is no mark of any scale */
	guint classes; /* MarkWord */
	gboolean glued; /* nothing between it and the token before */
	gsize start, end;
} Token;

typedef struct Reader {
	const char *text;
	const MarkWords *words;
	MarkKind kind;
	GArray *tokens; /* of Token */
} Reader;

/* What a phrase says. */
typedef enum Saying {
	SAYS_NOTHING, /* text */
	SAYS_MARK,
	SAYS_TAKEN, /* "not 5": the next one is meant */
	SAYS_VOID,  /* a number that cannot be one: no mark at all */
} Saying;

typedef struct Phrase {
	Saying saying;
	int mark;
	gboolean named; /* "rating" and the like stands in it */
	gboolean hard;  /* a sentence begins here */
	gboolean first;
	gsize start, end; /* octets of the text */
} Phrase;

/* --- tokens ----------------------------------------------------------------- */

static int
digit_of(gunichar c)
{
	return g_unichar_isdigit(c) ? g_unichar_digit_value(c) : -1;
}

static gboolean
is_full_star(gunichar c)
{
	return c == 0x2605 || c == STAR || c == 0x1f31f || c == 0x272f;
}

static gboolean
is_star(gunichar c)
{
	return is_full_star(c) || c == 0x2606 || c == 0x2729;
}

/* Selectors, keycaps, joiners, tones of skin: parts of a sign. */
static gboolean
is_trimming(gunichar c)
{
	return c == 0xfe0f || c == 0xfe0e || c == 0x20e3 || c == 0x200d ||
	       c == 0x200c || c == 0x200e || c == 0x200f || c == 0xad ||
	       (c >= 0x1f3fb && c <= 0x1f3ff);
}

static gboolean
is_apostrophe(gunichar c)
{
	return c == '\'' || c == '`' || c == 0x2018 || c == 0x2019 ||
	       c == 0x2bb || c == 0x2bc || c == 0xb4 || c == 0x201b;
}

static gboolean
is_word(gunichar c)
{
	return g_unichar_isalpha(c) || g_unichar_ismark(c) ||
	       is_apostrophe(c) || c == 0x200c || c == 0x200d;
}

static void
put(Reader *reader, Token *token, const char *start, const char *end)
{
	const GArray *tokens = reader->tokens;

	token->start = (gsize)(start - reader->text);
	token->end = (gsize)(end - reader->text);
	token->glued = tokens->len > 0 &&
		       g_array_index(tokens, Token, tokens->len - 1).end ==
			   token->start;
	g_array_append_val(reader->tokens, *token);
}

/* "5", "10"; with "4.5", "14:30", "4-5", "05", "+998" it is no mark. */
static const char *
take_number(Reader *reader, const char *at)
{
	Token token = { .type = T_NUMBER };
	gboolean odd = at > reader->text && (at[-1] == '+' || at[-1] == '-');
	const char *p = at;
	guint digits = 0;

	for (;;) {
		gunichar c = g_utf8_get_char(p);
		const char *next;

		if (digit_of(c) >= 0) {
			if (digits > 0 && token.number == 0)
				odd = TRUE;
			if (digits++ < DIGITS_MOST)
				token.number =
				    token.number * 10 + digit_of(c);
			p = g_utf8_next_char(p);
			continue;
		}
		if (c == '\0' || strchr(".,:-+", (int)(c < 128 ? c : 1)) == NULL)
			break;
		next = p + 1;
		if (c == '+' && digit_of(g_utf8_get_char(next)) < 0)
			break;
		if (digit_of(g_utf8_get_char(next)) < 0)
			break;
		odd = TRUE;
		p = next;
	}
	if (odd || digits > DIGITS_MOST)
		token.number = -1;
	put(reader, &token, at, p);
	return p;
}

static const char *
take_word(Reader *reader, const char *at)
{
	Token token = { .type = T_WORD };
	g_autofree char *raw = NULL, *word = NULL;
	const char *p = at;

	while (*p != '\0' && is_word(g_utf8_get_char(p)))
		p = g_utf8_next_char(p);
	raw = g_strndup(at, (gsize)(p - at));
	word = text_alike(raw);
	if (*word != '\0') {
		token.classes = mark_word(reader->words, word, &token.number);
		put(reader, &token, at, p);
	}
	return p;
}

/* "★★★☆☆" */
static const char *
take_stars(Reader *reader, const char *at)
{
	Token token = { .type = T_STARS };
	const char *p = at;

	for (; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (is_full_star(c))
			token.number++;
		else if (!is_star(c) && c != 0xfe0f)
			break;
	}
	put(reader, &token, at, p);
	return p;
}

/* A line of nothing but asterisks. */
static const char *
take_asterisks(Reader *reader, const char *at)
{
	Token token = { .type = T_STARS };
	const char *p = at + strspn(at, "*");
	const char *after = p + strspn(p, " \t");
	gboolean alone =
	    (at == reader->text || at[-1] == '\n') &&
	    (*after == '\0' || *after == '\n');

	if (alone) {
		token.number = (int)MIN(p - at, 99);
		put(reader, &token, at, p);
	}
	return p;
}

static TokenType
type_of(gunichar c)
{
	switch (c) {
	case '\n':
	case '.':
	case '!':
	case 0x2026: /* ... */
	case 0x3002:
	case 0x6d4: /* Arabic full stop */
		return T_HARD;
	case '?':
	case 0x61f:
		return T_ASKING;
	case ':':
	case '=':
		return T_COLON;
	case '/':
		return T_SLASH;
	case ',':
	case ';':
	case '(':
	case ')':
	case '|':
	case 0x60c:  /* Arabic comma */
	case 0x61b:  /* Arabic semicolon */
	case 0x2013: /* dashes */
	case 0x2014:
		return T_SOFT;
	default:
		return T_OTHER;
	}
}

static gboolean
means_nothing(gunichar c)
{
	return g_unichar_isspace(c) || is_trimming(c) || c == '*' ||
	       c == '_' || c == '"' || c == '\'' || c == 0xab || c == 0xbb ||
	       c == '>' || c == 0x201c || c == 0x201d || c == 0x201e ||
	       c == '[' || c == ']' || c == '<' ||
	       (g_unichar_type(c) == G_UNICODE_OTHER_SYMBOL && c != 0x2116 &&
		   c != 0xb0);
}

/* "+" and "-" behind a mark soften it; "-" between words joins or parts. */
static const char *
take_hyphen(Reader *reader, const char *at)
{
	Token token = { .type = T_SOFT };
	gboolean open = at == reader->text || g_ascii_isspace(at[-1]);
	gboolean ends = at[1] == '\0' || g_ascii_isspace(at[1]) ||
			strchr(".,;!?)", at[1]) != NULL;

	if (*at == '+' && !ends)
		token.type = T_OTHER;
	else if (*at == '+' || !open || !ends)
		return at + 1;
	put(reader, &token, at, at + 1);
	return at + 1;
}

static void
tokenise(Reader *reader)
{
	const char *p = reader->text;

	while (*p != '\0' && reader->tokens->len < TOKENS_MOST) {
		gunichar c = g_utf8_get_char(p);
		const char *next = g_utf8_next_char(p);
		Token token = { .type = type_of(c) };

		if (digit_of(c) >= 0) {
			p = take_number(reader, p);
		} else if (c == 0x1f51f) { /* a keycap of its own */
			token.type = T_NUMBER;
			token.number = 10;
			put(reader, &token, p, next);
			p = next;
		} else if (is_star(c)) {
			p = take_stars(reader, p);
		} else if (g_unichar_isalpha(c)) {
			p = take_word(reader, p);
		} else if (c == '*') {
			p = take_asterisks(reader, p);
		} else if (c == '-' || c == '+') {
			p = take_hyphen(reader, p);
		} else {
			if (token.type != T_OTHER || !means_nothing(c))
				if (c == '\n' || !g_unichar_isspace(c))
					put(reader, &token, p, next);
			p = next;
		}
	}
}

/* --- a phrase --------------------------------------------------------------- */

/* A phrase as it is walked through, tokens at ... end. */
typedef struct Walk {
	const Reader *reader;
	guint at, end;
	gboolean taken; /* "not" stands before */
	guint numbers;  /* how many of them there are */
	int marks[4];   /* not taken back; -1 is a void one */
	guint count;
	gboolean any_taken, named;
} Walk;

static const Token *
token_at(const Walk *walk, guint i)
{
	return i < walk->end ? &g_array_index(walk->reader->tokens, Token, i)
			     : NULL;
}

static gboolean
has(const Token *token, guint classes)
{
	return token != NULL && token->type == T_WORD &&
	       (token->classes & classes) != 0;
}

static gboolean
is_number(const Token *token)
{
	return token != NULL &&
	       (token->type == T_NUMBER || has(token, MARK_NUMBER));
}

static int
top_of(MarkKind kind)
{
	return kind == MARK_CSAT ? 5 : 10;
}

static int
in_range(MarkKind kind, int number)
{
	int least = kind == MARK_CSAT ? 1 : 0;

	return number >= least && number <= top_of(kind) ? number : MARK_NONE;
}

/* All of another scale is all of ours. */
static int
of_scale(MarkKind kind, int number, int scale)
{
	static const int scales[] = { 5, 10, 20, 100 };

	if (scale == top_of(kind))
		return in_range(kind, number);
	for (gsize i = 0; i < G_N_ELEMENTS(scales); i++)
		if (number == scale && scale == scales[i])
			return top_of(kind);
	return MARK_NONE;
}

static void
found(Walk *walk, int mark)
{
	if (walk->taken) {
		walk->taken = FALSE;
		walk->any_taken = TRUE;
	} else if (walk->count < G_N_ELEMENTS(walk->marks)) {
		walk->marks[walk->count++] = mark;
	}
}

static guint
skip(const Walk *walk, guint at, guint classes)
{
	while (has(token_at(walk, at), classes) &&
	       !is_number(token_at(walk, at)))
		at++;
	return at;
}

/* "4/5", "4 points out of 5", "beshdan 4", "5-тен 4". *scale: 0 if it is no
 * fraction. Returns the token behind it. */
static guint
fraction(const Walk *walk, int *number, int *scale)
{
	const Token *first = token_at(walk, walk->at), *second;
	guint i = walk->at + 1, of;

	*number = first->number;
	*scale = 0;
	second = token_at(walk, i);
	if (second != NULL && second->type == T_SLASH &&
	    is_number(token_at(walk, i + 1))) {
		*scale = token_at(walk, i + 1)->number;
		return i + 2;
	}
	if (has(first, MARK_FROM) || has(second, MARK_FROM)) {
		i = skip(walk, has(first, MARK_FROM) ? i : i + 1,
		    MARK_FROM | MARK_FILL | MARK_UNIT);
		if (is_number(token_at(walk, i))) {
			*scale = first->number;
			*number = token_at(walk, i)->number;
			return i + 1;
		}
		return walk->at + 1;
	}
	of = skip(walk, i, MARK_UNIT);
	i = skip(walk, of, MARK_OF);
	if (i > of && is_number(token_at(walk, i))) {
		*scale = token_at(walk, i)->number;
		return i + 1;
	}
	return walk->at + 1;
}

/* An article that is a word for one too ("un 4"), or a number. */
static gboolean
take_figure(Walk *walk)
{
	const Token *token = token_at(walk, walk->at);
	int number, scale;
	guint next;

	if (token->type == T_WORD && walk->numbers > 1 &&
	    (token->classes & MARK_FILL) != 0) {
		walk->at++;
		return TRUE;
	}
	next = fraction(walk, &number, &scale);
	if (number < 0 || (scale == 0 && has(token, MARK_FROM)))
		return FALSE;
	found(walk, scale == 0 ? in_range(walk->reader->kind, number)
			       : of_scale(walk->reader->kind, number, scale));
	walk->at = next;
	/* "10/10 would recommend": on the asked scale only. */
	if (scale == top_of(walk->reader->kind) &&
	    has(token_at(walk, next), MARK_GO))
		walk->end = next;
	return TRUE;
}

static void
take_back(Walk *walk)
{
	if (walk->count > 0) {
		walk->count--;
		walk->any_taken = TRUE;
	}
}

static gboolean
take_stars_of(Walk *walk, const Token *token)
{
	int mark = walk->reader->kind == MARK_CSAT
		       ? in_range(MARK_CSAT, token->number)
		       : of_scale(MARK_NPS, token->number, 5);

	walk->at++;
	if (walk->numbers > 0 && token->number == 1)
		return TRUE; /* "4 ★" */
	found(walk, mark);
	return TRUE;
}

/* What stands inside a phrase has not ended it (ends_phrase). */
static gboolean
joins(const Token *token)
{
	return token->type == T_COLON || token->type == T_SOFT ||
	       token->type == T_HARD;
}

/* One step; FALSE: something that does not stand beside a mark. */
static gboolean
step(Walk *walk)
{
	const Token *token = token_at(walk, walk->at);
	gboolean before = has(token, MARK_NOT) &&
			  is_number(token_at(
			      walk, skip(walk, walk->at + 1, MARK_FILL)));

	if (token->type == T_STARS)
		return take_stars_of(walk, token);
	if (before) {
		walk->taken = TRUE;
		walk->at++;
		return TRUE;
	}
	if (is_number(token))
		return take_figure(walk);
	if (has(token, MARK_TAKEN))
		take_back(walk);
	else if (has(token, MARK_NAME))
		walk->named = TRUE;
	else if (!joins(token) && !has(token, MARK_FILL | MARK_UNIT))
		return FALSE;
	walk->at++;
	return TRUE;
}

/* Two different ones contradict each other. */
static Saying
saying_of(const Walk *walk, int *mark)
{
	if (walk->count == 0)
		return walk->any_taken ? SAYS_TAKEN : SAYS_NOTHING;
	for (guint i = 0; i < walk->count; i++)
		if (walk->marks[i] == MARK_NONE ||
		    walk->marks[i] != walk->marks[0])
			return SAYS_VOID;
	*mark = walk->marks[0];
	return SAYS_MARK;
}

static void
read_phrase(const Reader *reader, guint from, guint to, Phrase *phrase)
{
	Walk walk = { .reader = reader, .at = from, .end = to };

	for (guint i = from; i < to; i++)
		walk.numbers += is_number(token_at(&walk, i)) ? 1 : 0;
	while (walk.at < walk.end)
		if (!step(&walk))
			return;
	phrase->saying = saying_of(&walk, &phrase->mark);
	phrase->named = walk.named;
	if (walk.end < to)
		phrase->end = token_at(&walk, walk.end - 1)->end;
}

/* --- the text --------------------------------------------------------------- */

static gboolean
is_dash(const Reader *reader, const Token *token)
{
	return g_str_has_prefix(reader->text + token->start, "\u2013") ||
	       g_str_has_prefix(reader->text + token->start, "\u2014") ||
	       reader->text[token->start] == '-';
}

/* "Rating:" and the next line are one phrase; so are "rating - 5" and "No. 5".
 */
static gboolean
ends_phrase(const Reader *reader, guint i)
{
	const GArray *tokens = reader->tokens;
	const Token *token = &g_array_index(tokens, Token, i);
	const Token *before = i > 0 ? token - 1 : NULL;
	const Token *behind = i + 1 < tokens->len ? token + 1 : NULL;

	if (token->type == T_WORD)
		return (token->classes & MARK_BUT) != 0;
	if (token->type == T_HARD && before != NULL) {
		if (reader->text[token->start] == '\n')
			return before->type != T_COLON;
		return !has(before, MARK_ABBR) || behind == NULL ||
		       !is_number(behind);
	}
	if (token->type == T_SOFT && has(before, MARK_NAME) &&
	    is_number(behind) && is_dash(reader, token))
		return FALSE;
	return token->type == T_HARD || token->type == T_SOFT ||
	       token->type == T_ASKING;
}

static GArray *
phrases_of(const Reader *reader)
{
	GArray *phrases = g_array_new(FALSE, FALSE, sizeof(Phrase));
	guint from = 0, count = reader->tokens->len;
	gboolean hard = TRUE;

	for (guint i = 0; i <= count; i++) {
		const Token *token =
		    i < count ? &g_array_index(reader->tokens, Token, i)
			      : NULL;
		Phrase phrase = { .hard = hard, .first = phrases->len == 0 };

		if (token != NULL && !ends_phrase(reader, i))
			continue;
		if (i > from) {
			phrase.start =
			    g_array_index(reader->tokens, Token, from).start;
			phrase.end =
			    g_array_index(reader->tokens, Token, i - 1).end;
			if (token == NULL || token->type != T_ASKING)
				read_phrase(reader, from, i, &phrase);
			g_array_append_val(phrases, phrase);
			hard = FALSE;
		}
		hard = hard || (token != NULL && (token->type == T_HARD ||
						     token->type == T_ASKING));
		from = i + 1;
	}
	return phrases;
}

/* Whether a phrase stands where a mark stands: first, behind one taken back,
 * last as a sentence of its own; anywhere if it names the mark. */
static gboolean
counts(const GArray *phrases, guint i)
{
	const Phrase *phrase = &g_array_index(phrases, Phrase, i);

	if (phrase->first || phrase->named)
		return TRUE;
	if ((phrase - 1)->saying == SAYS_TAKEN)
		return TRUE;
	return phrase->hard && i + 1 == phrases->len;
}

static int
decide(const GArray *phrases)
{
	int mark = MARK_NONE;
	gboolean counted = FALSE;

	for (guint i = 0; i < phrases->len; i++) {
		const Phrase *phrase = &g_array_index(phrases, Phrase, i);

		if (phrase->saying == SAYS_VOID)
			return MARK_NONE;
		if (phrase->saying != SAYS_MARK)
			continue;
		if (mark != MARK_NONE && mark != phrase->mark)
			return MARK_NONE;
		mark = phrase->mark;
		counted = counted || counts(phrases, i);
	}
	return counted ? mark : MARK_NONE;
}

/* What stands between the phrases that were read. */
static char *
rest_of(const Reader *reader, const GArray *phrases)
{
	GString *note = g_string_new(NULL);
	gsize from = 0;

	for (guint i = 0; i <= phrases->len; i++) {
		const Phrase *phrase =
		    i < phrases->len ? &g_array_index(phrases, Phrase, i)
				     : NULL;

		if (phrase != NULL && phrase->saying != SAYS_MARK &&
		    phrase->saying != SAYS_TAKEN)
			continue;
		g_string_append_len(note, reader->text + from,
		    phrase != NULL ? (gssize)(phrase->start - from) : -1);
		if (phrase == NULL)
			break;
		from = phrase->end;
		from += strspn(reader->text + from, ".,;:!) \t\n+-");
	}
	return g_strstrip(g_string_free(note, FALSE));
}

int
mark_read(const char *text, MarkKind kind, const char *language, char **note)
{
	Reader reader = { .text = text, .kind = kind };
	g_autoptr(GArray) phrases = NULL;
	int mark;

	reader.words = mark_words(language);
	reader.tokens = g_array_new(FALSE, FALSE, sizeof(Token));
	tokenise(&reader);
	phrases = phrases_of(&reader);
	mark = decide(phrases);
	*note = mark == MARK_NONE ? g_strstrip(g_strdup(text))
				  : rest_of(&reader, phrases);
	g_array_unref(reader.tokens);
	return mark;
}
