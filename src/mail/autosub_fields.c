/* autosub_fields.c - the rows of words/autoheaders.tsv as rules. autosub.c
 * shows it each field of a mail. Values that speak for a person
 * ("Auto-Submitted: no") are matched as carefully as those that do not. */
#include "mail/autosub_fields.h"

#include <string.h>

#include "ground/text.h"
#include "mail/words.h"

typedef enum Match {
	MATCH_PRESENT, /* the field is there and neither "no" nor "false" */
	MATCH_KEYWORD, /* its first word is this */
	MATCH_NOT,     /* its first word is none of these, bars between */
	MATCH_VALUE,   /* this is all of it */
	MATCH_TOKEN,   /* its list of words holds this */
	MATCH_PREFIX,  /* its body begins so */
	MATCH_HOLDS,   /* this is somewhere in it */
	MATCH_PARAM,   /* a parameter "name=this" */
} Match;

static const struct {
	const char *name;
	Match match;
	const char *verb; /* of the reason */
} matches[] = {
	{ "keyword=", MATCH_KEYWORD, "is" },
	{ "not=", MATCH_NOT, "is not" },
	{ "value=", MATCH_VALUE, "is" },
	{ "token=", MATCH_TOKEN, "holds" },
	{ "prefix=", MATCH_PREFIX, "begins with" },
	{ "contains=", MATCH_HOLDS, "holds" },
	{ "type=", MATCH_KEYWORD, "is" },
	{ "param ", MATCH_PARAM, "has" },
};

static const struct {
	const char *meaning;
	MessageKind kind;
} meanings[] = {
	{ "auto-reply", MESSAGE_AUTO_REPLY },
	{ "auto", MESSAGE_AUTO_REPLY },
	{ "list", MESSAGE_LIST },
	{ "bulk", MESSAGE_LIST },
	{ "bounce", MESSAGE_BOUNCE },
	{ "report", MESSAGE_REPORT },
	{ "spam", MESSAGE_SPAM },
	{ "own", MESSAGE_HUMAN },
};

typedef struct Rule {
	Match match;
	char *value; /* lower case; NULL for MATCH_PRESENT */
	FieldSign sign;
} Rule;

typedef struct Family {
	char *prefix; /* of the field's name */
	Rule *rule;
} Family;

typedef struct Rules {
	GHashTable *by_name; /* lower case -> GPtrArray of Rule */
	GArray *families;
} Rules;

static void
add_rule(Rules *rules, const char *name, Rule *rule)
{
	g_autofree char *key = g_ascii_strdown(name, -1);
	gsize length = strlen(key);
	GPtrArray *list;

	if (length > 0 && key[length - 1] == '*') {
		Family family = { g_strndup(key, length - 1), rule };

		g_array_append_val(rules->families, family);
		return;
	}
	list = g_hash_table_lookup(rules->by_name, key);
	if (list == NULL) {
		list = g_ptr_array_new();
		g_hash_table_insert(rules->by_name, g_strdup(key), list);
	}
	g_ptr_array_add(list, rule);
}

/* List programs write "Precedence: bulk", too; newsletters say more. */
static gboolean
is_list_precedence(const char *name, const char *value)
{
	return g_ascii_strcasecmp(name, "Precedence") == 0 &&
	       (strcmp(value, "bulk") == 0 || strcmp(value, "list") == 0);
}

/* "token=all,oof" makes two rules. */
static void
add_rules(Rules *rules, const char *name, const char *condition, Rule base)
{
	for (gsize i = 0; i < G_N_ELEMENTS(matches); i++) {
		g_auto(GStrv) values = NULL;

		if (!g_str_has_prefix(condition, matches[i].name))
			continue;
		values =
		    g_strsplit(condition + strlen(matches[i].name), ",", -1);
		for (guint k = 0; values[k] != NULL; k++) {
			Rule *rule = g_memdup2(&base, sizeof(base));

			rule->match = matches[i].match;
			rule->value = g_ascii_strdown(values[k], -1);
			rule->sign.reason =
			    g_strdup_printf("%s %s %.*s", name, matches[i].verb,
				(int)strcspn(values[k], "|"), values[k]);
			rule->sign.by_list |= is_list_precedence(name,
			    rule->value);
			add_rule(rules, name, rule);
		}
		return;
	}
	if (strcmp(condition, "present") == 0) {
		Rule *rule = g_memdup2(&base, sizeof(base));

		rule->match = MATCH_PRESENT;
		rule->sign.reason = g_strdup_printf("it has %s", name);
		add_rule(rules, name, rule);
	}
}

static void
add_row(const char *const *column, gpointer data)
{
	Rule base = { 0 };

	for (gsize i = 0; i < G_N_ELEMENTS(meanings); i++) {
		if (strcmp(column[2], meanings[i].meaning) != 0)
			continue;
		base.sign.kind = meanings[i].kind;
		base.sign.weight = strcmp(column[3], "strong") == 0
		    ? FIELD_STRONG
		    : FIELD_WEAK;
		base.sign.by_list = strcmp(column[2], "list") == 0;
		if (strcmp(column[3], "none") != 0)
			add_rules(data, column[0], column[1], base);
		return;
	}
}

static const Rules *
rules_get(void)
{
	static Rules *rules;

	if (g_once_init_enter(&rules)) {
		Rules *made = g_new0(Rules, 1);

		made->by_name = g_hash_table_new(g_str_hash, g_str_equal);
		made->families = g_array_new(FALSE, TRUE, sizeof(Family));
		words_each(WORDS_FIELDS, add_row, made);
		g_once_init_leave(&rules, made);
	}
	return rules;
}

char *
autosub_plain_body(const char *body)
{
	GString *out = g_string_new(NULL);
	guint depth = 0;

	for (const char *p = body; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0' && depth > 0)
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && depth > 0)
			depth--;
		else if (depth == 0)
			g_string_append_c(out, g_ascii_tolower(*p));
	}
	return g_strstrip(g_string_free(out, FALSE));
}

static gsize
keyword_length(const char *body)
{
	return strcspn(body, " \t\r\n;,\"");
}

gboolean
autosub_is_keyword(const char *body, const char *word)
{
	const char *from = body + strspn(body, "\"");

	return keyword_length(from) == strlen(word) &&
	       strncmp(from, word, strlen(word)) == 0;
}

static gboolean
is_one_of(const char *body, const char *words)
{
	g_auto(GStrv) list = g_strsplit(words, "|", -1);

	for (guint i = 0; list[i] != NULL; i++)
		if (autosub_is_keyword(body, list[i]))
			return TRUE;
	return FALSE;
}

static gboolean
has_token(const char *body, const char *token)
{
	for (const char *p = body; *p != '\0';) {
		gsize length;

		p += strspn(p, " \t\r\n;,\"");
		length = keyword_length(p);
		if (length == strlen(token) && strncmp(p, token, length) == 0)
			return TRUE;
		p += length;
	}
	return FALSE;
}

/* "report-type=delivery-status", with or without quotes. */
static gboolean
has_param(const char *body, const char *param)
{
	const char *equals = strchr(param, '=');
	g_autofree char *name = NULL;
	const char *p;

	if (equals == NULL)
		return strstr(body, param) != NULL;
	name = g_strndup(param, (gsize)(equals + 1 - param));
	for (p = body; (p = strstr(p, name)) != NULL; p++) {
		const char *value = p + strlen(name);

		value += strspn(value, " \"");
		if (keyword_length(value) == strlen(equals + 1) &&
		    g_str_has_prefix(value, equals + 1))
			return TRUE;
	}
	return FALSE;
}

static gboolean
is_match(const Rule *rule, const char *body)
{
	switch (rule->match) {
	case MATCH_PRESENT:
		return !autosub_is_keyword(body, "no") &&
		       !autosub_is_keyword(body, "false");
	case MATCH_KEYWORD:
		return autosub_is_keyword(body, rule->value);
	case MATCH_NOT: /* an empty field says nothing */
		return *body != '\0' && !is_one_of(body, rule->value);
	case MATCH_VALUE:
		return strcmp(body, rule->value) == 0;
	case MATCH_TOKEN:
		return has_token(body, rule->value);
	case MATCH_PREFIX:
		return g_str_has_prefix(body, rule->value);
	case MATCH_HOLDS:
		return strstr(body, rule->value) != NULL;
	case MATCH_PARAM:
		return has_param(body, rule->value);
	}
	return FALSE;
}

void
autosub_field(Message *message, const HeaderField *field, FieldFound found)
{
	const Rules *rules = rules_get();
	g_autofree char *name = g_ascii_strdown(field->name, -1);
	const GPtrArray *list = g_hash_table_lookup(rules->by_name, name);
	g_autofree char *body = NULL;

	if (list != NULL) {
		body = autosub_plain_body(field->body);
		for (guint i = 0; i < list->len; i++) {
			const Rule *rule = list->pdata[i];

			if (is_match(rule, body))
				found(message, &rule->sign);
		}
		return;
	}
	for (guint i = 0; i < rules->families->len; i++) {
		const Family *family =
		    &g_array_index(rules->families, Family, i);

		if (!g_str_has_prefix(name, family->prefix))
			continue;
		body = body != NULL ? body : autosub_plain_body(field->body);
		if (is_match(family->rule, body))
			found(message, &family->rule->sign);
	}
}
