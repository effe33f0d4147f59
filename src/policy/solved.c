/* solved.c - closing words, and the letter that thanks for them: step of
 * policy/pipeline after ticket, which closes.
 *
 * The letter is one of each ticket, ever: whatever answers it, there is no
 * second one. */
#include "policy/solved.h"

#include <string.h>

#include "ground/text.h"
#include "mail/words.h"
#include "policy/letter.h"
#include "policy/locale.h"

enum { LONGEST = 200 }; /* octets of a text that can be nothing but that */

static char *
words_of(const char *text)
{
	g_autofree char *alike = text_alike(text);

	return text_words(alike, NULL);
}

typedef struct Table {
	GHashTable *closing;   /* of char *: words run together */
	GPtrArray *courtesies; /* of char *: " if you please " */
} Table;

/* Spaces do not count either: people join and part compounds. */
static char *
essence_of(const Table *table, const char *text)
{
	g_autofree char *words = words_of(text);
	GString *out = g_string_new(words);

	for (guint i = 0; i < table->courtesies->len; i++)
		g_string_replace(out, table->courtesies->pdata[i], " ", 0);
	g_string_replace(out, " ", "", 0);
	return g_string_free(out, FALSE);
}

static void
add_courtesy(const char *const *column, gpointer data)
{
	Table *table = data;

	if (g_str_equal(column[1], "please"))
		g_ptr_array_add(table->courtesies, words_of(column[2]));
}

static void
add_closing(const char *const *column, gpointer data)
{
	Table *table = data;

	if (!g_str_equal(column[1], "please"))
		g_hash_table_add(table->closing, essence_of(table, column[2]));
}

static const Table *
table_get(void)
{
	static Table *table;

	if (g_once_init_enter(&table)) {
		Table *made = g_new0(Table, 1);

		made->courtesies = g_ptr_array_new();
		made->closing = g_hash_table_new_full(
		    g_str_hash, g_str_equal, g_free, NULL);
		words_each(WORDS_CLOSING, add_courtesy, made);
		words_each(WORDS_CLOSING, add_closing, made);
		g_once_init_leave(&table, made);
	}
	return table;
}

static gboolean
asks(const char *text)
{
	return strchr(text, '?') != NULL || strstr(text, "\u061f") != NULL ||
	       strstr(text, "\uff1f") != NULL;
}

gboolean
solved_says(const char *new_text, const char *language)
{
	const Table *table = table_get();
	g_autofree char *essence = NULL, *word = NULL;

	if (strlen(new_text) > LONGEST || asks(new_text))
		return FALSE;
	essence = essence_of(table, new_text);
	word = essence_of(table, locale_close_word(language));
	return *essence != '\0' &&
	       (g_hash_table_contains(table->closing, essence) ||
		   g_str_equal(essence, word));
}

/* A name and words of the ticket only to somebody who is proven. */
static MustacheData *
data_of(const Facts *facts, const Effects *effects, const char *language,
    LetterPlan *plan, char **name)
{
	gboolean proven = facts->auth == AUTH_PASS;
	MustacheData *data = letter_data(facts, effects);
	g_autofree char *greeting = NULL;

	*name =
	    locale_greeting_name(language, proven ? letter_name_of(facts) : "");
	greeting = locale_greeting_in(
	    language, *name, proven ? facts->sender->tone : "");
	mustache_set(data, "greeting", greeting);
	if (!proven)
		mustache_set(data, "subject", "");
	plan->to_name = *name;
	plan->language = language;
	plan->data = data;
	return data;
}

char *
solved_cause(gint64 ticket)
{
	return g_strdup_printf("solved-thanks:%" G_GINT64_FORMAT, ticket);
}

void
solved_step(const Facts *facts, const Desk *desk, gint64 now, Effects *effects)
{
	g_autoptr(MustacheData) data = NULL;
	g_autoptr(GPtrArray) references = NULL;
	g_autofree char *cause = NULL, *name = NULL;
	LetterPlan plan = { 0 };
	const char *why;

	if (!effects->solved)
		return;
	why = facts->thanked ? "he was thanked before"
			     : effects->thanks_refused;
	if (why != NULL) {
		effects_reason(effects, "solved", "not thanked: %s", why);
		return;
	}
	cause = solved_cause(effects->ticket->id);
	plan.letter = LETTER_SOLVED_THANKS;
	plan.cause = cause;
	plan.to = facts->sender;
	plan.class = COMPOSE_AUTO_REPLIED;
	plan.reply_kind = TOKEN_CUSTOMER;
	plan.in_reply_to =
	    facts->message->message_id_made ? NULL : facts->message->message_id;
	references = g_ptr_array_new();
	for (guint i = 0; i < facts->thread_ids->len; i++)
		g_ptr_array_add(references, facts->thread_ids->pdata[i]);
	if (plan.in_reply_to != NULL)
		g_ptr_array_add(references, (char *)plan.in_reply_to);
	plan.references = references;
	data = data_of(facts, effects,
	    lang_letter(desk->site, desk->templates, plan.letter,
		effects->ticket->language, facts->mailbox),
	    &plan, &name);
	if (!letter_add(facts, desk, now, &plan, effects))
		return;
	effects->automatic = TRUE;
	effects_event(effects, "thanked", "javob", "%s",
	    letter_name(plan.letter));
}
