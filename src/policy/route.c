/* route.c - the queue of a new ticket by rules. Built with the site, asked by
 * policy/facts; the name of the rule is told by `explain`.
 *
 * All that a rule names must fit; of a list, one entry must. Words are looked
 * for as whole words, one behind the other, whatever their case. */
#include "policy/route.h"

#include <string.h>

#include "ground/text.h"
#include "mail/address.h"
#include "policy/lang.h"

enum { BODY_MOST = 64 << 10 }; /* octets that words are looked for in */

struct RouteRule {
	char *name;
	char *queue;
	const ConfigSection *section;
	GPtrArray *to; /* of char *, folded addresses */
	GPtrArray *from;
	GPtrArray *domains; /* of char *, small letters */
	GPtrArray *subject; /* of char *: " folded words " */
	GPtrArray *body;
	GPtrArray *languages;
	GPtrArray *headers; /* of char *: "name", " folded words " in turn */
};

static void
rule_free(gpointer data)
{
	RouteRule *rule = data;
	GPtrArray *lists[] = { rule->to, rule->from, rule->domains,
		rule->subject, rule->body, rule->languages, rule->headers };

	for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
		g_ptr_array_unref(lists[i]);
	g_free(rule->name);
	g_free(rule->queue);
	g_free(rule);
}

/* --- building --------------------------------------------------------------- */

/* " where is my parcel ": folded, one space around each word. */
static char *
words_of(const char *text, gsize most)
{
	g_autofree char *cut = g_strndup(text, most);
	g_autofree char *valid = text_valid(cut, -1);
	g_autofree char *folded = text_fold(valid);
	GString *out = g_string_new(" ");

	for (const char *p = folded; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (g_unichar_isalnum(c) || g_unichar_ismark(c) || c == '\'')
			g_string_append_unichar(out, c);
		else if (out->str[out->len - 1] != ' ')
			g_string_append_c(out, ' ');
	}
	if (out->str[out->len - 1] != ' ')
		g_string_append_c(out, ' ');
	return g_string_free(out, FALSE);
}

/* How one entry of a list option is kept; FALSE: it is none. */
typedef gboolean (*KeepEntry)(GPtrArray *list, const char *entry);

static gboolean
keep_address(GPtrArray *list, const char *entry)
{
	if (!address_is_valid(entry))
		return FALSE;
	g_ptr_array_add(list, address_fold(entry));
	return TRUE;
}

/* "example.org" is that domain, ".example.org" all below it too. */
static gboolean
keep_domain(GPtrArray *list, const char *entry)
{
	if (strchr(entry, '@') != NULL || strchr(entry, '.') == NULL)
		return FALSE;
	g_ptr_array_add(list, g_utf8_strdown(entry, -1));
	return TRUE;
}

static gboolean
keep_words(GPtrArray *list, const char *entry)
{
	char *words = words_of(entry, strlen(entry));

	g_ptr_array_add(list, words);
	return strlen(words) > 1;
}

static gboolean
keep_language(GPtrArray *list, const char *entry)
{
	g_autofree char *tag = lang_tag(entry);

	g_ptr_array_add(
	    list, g_strdelimit(g_ascii_strdown(entry, -1), "_", '-'));
	return tag != NULL;
}

static gboolean
keep_header(GPtrArray *list, const char *entry)
{
	gsize length = strcspn(entry, ":");

	g_ptr_array_add(list, g_strstrip(g_strndup(entry, length)));
	g_ptr_array_add(list, entry[length] == ':'
				  ? words_of(entry + length + 1, strlen(entry))
				  : g_strdup(" "));
	return length > 0 && strchr(list->pdata[list->len - 2], ' ') == NULL;
}

static GPtrArray *
read_list(const Site *site, const ConfigSection *section, const char *name,
    KeepEntry keep, const char *right, GPtrArray *errors)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	const char *const *entries = config_list(section, name);

	for (guint i = 0; entries != NULL && entries[i] != NULL; i++)
		if (!keep(out, entries[i]))
			config_error(site->config, errors, section, name,
			    "\"%s\" cannot be matched; write %s", entries[i],
			    right);
	return out;
}

static RouteRule *
rule_new(const Site *site, const ConfigSection *section, GPtrArray *errors)
{
	RouteRule *rule = g_new0(RouteRule, 1);

	rule->section = section;
	rule->name = g_strdup(config_section_name(section));
	rule->queue = g_strdup(config_text(section, "queue"));
	rule->to = read_list(site, section, "match-to", keep_address,
	    "name@domain", errors);
	rule->from = read_list(site, section, "match-from", keep_address,
	    "name@domain", errors);
	rule->domains = read_list(site, section, "match-domain", keep_domain,
	    "example.org or .example.org", errors);
	rule->subject = read_list(site, section, "match-subject", keep_words,
	    "words", errors);
	rule->body =
	    read_list(site, section, "match-body", keep_words, "words", errors);
	rule->languages = read_list(site, section, "match-language",
	    keep_language, "a tag such as uz or uz-Latn", errors);
	rule->headers = read_list(site, section, "match-header", keep_header,
	    "Field-Name or Field-Name: words", errors);
	return rule;
}

static gboolean
is_empty(const RouteRule *rule)
{
	return rule->to->len + rule->from->len + rule->domains->len +
		   rule->subject->len + rule->body->len + rule->languages->len +
		   rule->headers->len ==
	       0;
}

GPtrArray *
route_rules(const Site *site, GPtrArray *errors)
{
	g_autoptr(GPtrArray) rows = config_sections(site->config, "rule");
	GPtrArray *rules = g_ptr_array_new_with_free_func(rule_free);

	for (guint i = 0; i < rows->len; i++) {
		const ConfigSection *section = rows->pdata[i];
		guint before = errors->len;
		RouteRule *rule;

		if (config_section_name(section) == NULL ||
		    *config_section_name(section) == '\0')
			continue;
		rule = rule_new(site, section, errors);
		if (*rule->queue != '\0' &&
		    site_queue(site, rule->queue) == NULL)
			config_error(site->config, errors, section, "queue",
			    "queue \"%s\" is not there; add [queue %s]",
			    rule->queue, rule->queue);
		if (is_empty(rule) && errors->len == before)
			config_error(site->config, errors, section, NULL,
			    "rule %s would match every mail; add a match-... "
			    "option, or set the mailbox's queue",
			    rule->name);
		if (errors->len == before)
			g_ptr_array_add(rules, rule);
		else
			rule_free(rule);
	}
	return rules;
}

/* --- matching --------------------------------------------------------------- */

/* One mail, folded once for all rules. */
typedef struct Mail {
	const Site *site;
	const Message *message;
	const Mailbox *mailbox;
	char *author; /* folded; "" when there is none */
	char *subject, *body;
	const char *language;
} Mail;

static gboolean
is_recipient(const Mail *mail, const GPtrArray *list, const char *wanted)
{
	for (guint i = 0; i < list->len; i++) {
		const Address *address = list->pdata[i];
		const Mailbox *own =
		    site_mailbox_by_address(mail->site, address->address);
		g_autofree char *folded = address_fold(address->address);

		if (g_str_equal(folded, wanted) ||
		    (own != NULL && g_str_equal(own->address, wanted)))
			return TRUE;
	}
	return FALSE;
}

static gboolean
fits_to(const Mail *mail, const char *wanted)
{
	return g_str_equal(mail->mailbox->address, wanted) ||
	       is_recipient(mail, mail->message->to, wanted) ||
	       is_recipient(mail, mail->message->cc, wanted);
}

static gboolean
fits_from(const Mail *mail, const char *wanted)
{
	return g_str_equal(mail->author, wanted);
}

static gboolean
fits_domain(const Mail *mail, const char *wanted)
{
	const char *domain = address_domain(mail->author);

	return g_str_equal(domain, wanted) ||
	       (*wanted == '.' && (g_str_has_suffix(domain, wanted) ||
				      g_str_equal(domain, wanted + 1)));
}

static gboolean
fits_subject(const Mail *mail, const char *wanted)
{
	return strstr(mail->subject, wanted) != NULL;
}

static gboolean
fits_body(const Mail *mail, const char *wanted)
{
	return strstr(mail->body, wanted) != NULL;
}

static gboolean
fits_language(const Mail *mail, const char *wanted)
{
	return lang_fits(mail->language, wanted);
}

typedef gboolean (*Fits)(const Mail *mail, const char *wanted);

/* One of the list; an empty list asks for nothing. */
static gboolean
fits_list(const Mail *mail, const GPtrArray *list, Fits fits)
{
	for (guint i = 0; i < list->len; i++)
		if (fits(mail, list->pdata[i]))
			return TRUE;
	return list->len == 0;
}

static gboolean
has_header(const Message *message, const char *name, const char *words)
{
	const char *body;

	for (guint n = 0;
	     n < 16 && (body = message_field_nth(message, name, n)) != NULL;
	     n++) {
		g_autofree char *have = words_of(body, BODY_MOST);

		if (strstr(have, words) != NULL)
			return TRUE;
	}
	return FALSE;
}

static gboolean
fits_headers(const Mail *mail, const GPtrArray *headers)
{
	for (guint i = 0; i + 1 < headers->len; i += 2)
		if (has_header(mail->message, headers->pdata[i],
			headers->pdata[i + 1]))
			return TRUE;
	return headers->len == 0;
}

static gboolean
fits_rule(const Mail *mail, const RouteRule *rule)
{
	return fits_list(mail, rule->to, fits_to) &&
	       fits_list(mail, rule->from, fits_from) &&
	       fits_list(mail, rule->domains, fits_domain) &&
	       fits_list(mail, rule->languages, fits_language) &&
	       fits_list(mail, rule->subject, fits_subject) &&
	       fits_headers(mail, rule->headers) &&
	       fits_list(mail, rule->body, fits_body);
}

const RouteRule *
route_choose(const Site *site, const Message *message, const Address *author,
    const Mailbox *mailbox, const char *language)
{
	const RouteRule *found = NULL;
	Mail mail = { site, message, mailbox, NULL, NULL, NULL, language };

	if (site->rules->len == 0 || mailbox == NULL)
		return NULL;
	mail.author =
	    author != NULL ? address_fold(author->address) : g_strdup("");
	mail.subject = words_of(message->subject, BODY_MOST);
	mail.body = words_of(message->new_text, BODY_MOST);
	for (guint i = 0; found == NULL && i < site->rules->len; i++)
		if (fits_rule(&mail, site->rules->pdata[i]))
			found = site->rules->pdata[i];
	g_free(mail.author);
	g_free(mail.subject);
	g_free(mail.body);
	return found;
}

const char *
route_name(const RouteRule *rule)
{
	return rule->name;
}

const char *
route_queue(const RouteRule *rule)
{
	return rule->queue;
}
