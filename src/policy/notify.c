/* notify.c - what agents hear of a ticket: last step of policy/pipeline.
 *
 * One letter an agent of the queue, from the support address, with a reply
 * address keyed to (ticket, agent): what he answers goes to the customer. */
#include "policy/notify.h"

#include <string.h>

#include "ground/text.h"
#include "mail/quote.h"
#include "policy/audience.h"
#include "policy/calendar.h"
#include "policy/flood.h"
#include "policy/letter.h"
#include "policy/locale.h"

enum { WORDS_MOST = 16 << 10 };

static char *
describe(const char *name, const char *address)
{
	g_autofree char *clean = text_clean_line(name, 60);

	return *clean != '\0' ? g_strdup_printf("%s <%s>", clean, address)
			      : g_strdup(address);
}

static char *
customer_of(const Facts *facts, gboolean of_mail)
{
	if (of_mail && facts->forwarded != NULL)
		return describe(
		    facts->forwarded->name, facts->forwarded->written);
	if (of_mail && facts->author != NULL)
		return describe(facts->author->name, facts->author->address);
	if (facts->requester != NULL)
		return describe(
		    facts->requester->name, facts->requester->address);
	return g_strdup("unknown sender");
}

static void
set_attachments(MustacheData *data, const Message *message)
{
	for (guint i = 0; message != NULL && i < message->attachments->len &&
	     i < 50; i++) {
		const Attachment *attachment = message->attachments->pdata[i];
		MustacheData *item = mustache_data_new();
		g_autofree char *size = g_format_size(
		    (guint64)attachment->size);

		mustache_set(item, "name",
		    *attachment->name != '\0' ? attachment->name
					      : "(no name)");
		mustache_set(item, "type", attachment->type);
		mustache_set(item, "size", size);
		mustache_append(data, "attachments", item);
	}
}

/* What an agent must know before he answers: another ticket that it may belong
 * to, and whom his answer goes to if that is not who wrote. */
static void
set_relations(MustacheData *data, const Facts *facts, const Effects *effects)
{
	char number[32];

	if (effects->linked != 0) {
		g_snprintf(number, sizeof number, "%" G_GINT64_FORMAT,
		    effects->linked);
		mustache_set(data,
		    effects->ticket->follows != 0 ? "follows" : "linked",
		    number);
	}
	if (effects->opens || effects->participants->len == 0)
		return;
	mustache_set_flag(data, "new_participant", TRUE);
	if (facts_correspondent(facts) != NULL)
		mustache_set(
		    data, "requester", facts_correspondent(facts)->written);
}

/* Whom an answer reaches besides, or instead of, the sender. */
static void
set_recipients(MustacheData *data, const Facts *facts, const Effects *effects)
{
	const AddressRow *to = effects->opens ? facts->reply_to
					      : facts->correspondent;
	const GPtrArray *rows = effects->opens ? facts->copied
					       : facts->participants;
	g_autoptr(GString) cc = g_string_new(NULL);

	if (to != NULL)
		mustache_set(data, "reply_to", to->written);
	for (guint i = 0; rows != NULL && i < rows->len; i++) {
		const AddressRow *row = rows->pdata[i];

		if ((!effects->opens && !g_str_equal(row->role, "cc")) ||
		    (to != NULL && to->id == row->id))
			continue;
		g_string_append_printf(
		    cc, "%s%s", cc->len > 0 ? ", " : "", row->written);
	}
	if (cc->len > 0)
		mustache_set(data, "cc", cc->str);
}

static char *
queues_of(const Facts *facts, const Effects *effects)
{
	GString *out = g_string_new(effects->ticket->queue);

	for (guint i = 0; facts->also != NULL && i < facts->also->len; i++)
		g_string_append_printf(
		    out, ", %s", (const char *)facts->also->pdata[i]);
	return g_string_free(out, FALSE);
}

/* Enough to know what it is about; all of it is in the mail that told of it,
 * or in the ticket. */
static void
set_words(MustacheData *data, const char *text)
{
	g_autofree char *cut = g_strndup(text, WORDS_MOST);

	if (strlen(text) > WORDS_MOST)
		*g_utf8_find_prev_char(cut, cut + WORDS_MOST) = '\0';
	mustache_set(data, "words", cut);
}

static MustacheData *
data_of(const Facts *facts, const Desk *desk, const Effects *effects,
    const char *language, const char *note, const char *text)
{
	const Message *message = facts->message;
	MustacheData *data = letter_data(facts, effects);
	g_autofree char *customer = customer_of(facts, note == NULL);
	g_autofree char *queues = queues_of(facts, effects);

	mustache_set(data, "marker", QUOTE_MARKER);
	mustache_set(data, "state", effects->ticket->state);
	mustache_set(data, "customer", customer);
	mustache_set(data, "mailbox", facts->mailbox->name);
	mustache_set(data, "queue", queues);
	letter_set_instant(
	    data, facts, language, "opened_at", effects->ticket->opened);
	letter_set_instant(
	    data, facts, language, "promise_at", effects->ticket->promised);
	mustache_set_flag(data, "new", effects->opens);
	set_relations(data, facts, effects);
	set_recipients(data, facts, effects);
	if (facts->forwarded != NULL && facts->author != NULL)
		mustache_set(data, "forwarded_by", facts->author->address);
	if (note != NULL)
		mustache_set(data, "note", note);
	if (text != NULL)
		set_words(data, text);
	if (message == NULL)
		return data;
	/* Where nobody can be proven, saying so of each new mail is noise. */
	if (site_can_prove(desk->site) || !effects->opens) {
		mustache_set_flag(data, "verified", effects->verified);
		mustache_set_flag(data, "unverified", !effects->verified);
	}
	if (note != NULL)
		return data;
	/* What a colleague forwards is a quotation, and all that there is. */
	letter_set_text(data,
	    facts->forwarded != NULL ? message->body_text : message->new_text);
	if (message->quoted_lines > 0 && facts->forwarded == NULL)
		letter_set_count(
		    data, language, "quoted_lines", message->quoted_lines);
	set_attachments(data, message);
	return data;
}

static gboolean
have_octets(const GPtrArray *attachments)
{
	for (guint i = 0; i < attachments->len; i++) {
		const Attachment *attachment = attachments->pdata[i];

		if (attachment->octets == NULL)
			return FALSE;
	}
	return attachments->len > 0;
}

/* due: not before; 0: at once. */
static void
tell(const Facts *facts, const Desk *desk, gint64 now, const AddressRow *agent,
    const char *cause, const char *note, const char *text, gint64 due,
    Effects *effects)
{
	const char *language =
	    letter_agent_language(facts, desk, LETTER_NOTIFY, agent);
	g_autoptr(MustacheData) data = data_of(
	    facts, desk, effects, language, note, text);
	/* All notifications of a ticket to one agent hang under one made-up
	 * root, so that his client shows one thread. */
	g_autofree char *root = letter_root_id(
	    facts, desk, effects->ticket->id, agent->id);
	g_autofree char *who = NULL;
	LetterPlan plan = { 0 };

	if (note == NULL && facts->author != NULL) {
		g_autofree char *name = text_clean_line(
		    facts->author->name, 60);

		who = g_strdup_printf("%s (%s)",
		    *name != '\0' ? name : facts->author->address,
		    facts->mailbox->display_name);
	}
	plan.letter = LETTER_NOTIFY;
	plan.cause = cause;
	plan.to = agent;
	plan.from_name = who;
	plan.class = COMPOSE_AUTO_GENERATED;
	plan.reply_kind = TOKEN_AGENT;
	plan.inside = TRUE;
	plan.in_reply_to = root;
	plan.language = language;
	plan.data = data;
	plan.due = due;
	if (note == NULL && facts->message != NULL &&
	    have_octets(facts->message->attachments))
		plan.attachments = facts->message->attachments;
	letter_add(facts, desk, now, &plan, effects);
}

void
notify_ticket(const Facts *facts, const Desk *desk, gint64 now,
    const AddressRow *agent, const char *cause, const char *note,
    const char *text, Effects *effects)
{
	g_autofree char *each = g_strdup_printf(
	    "note:%s:%" G_GINT64_FORMAT, cause, agent->id);

	tell(facts, desk, now, agent, each, note, text, 0, effects);
}

void
notify_note(const Facts *facts, const Desk *desk, gint64 now,
    const char *cause, const char *note, Effects *effects)
{
	for (guint i = 0; i < facts->agents->len; i++) {
		const AddressRow *agent = facts->agents->pdata[i];
		g_autofree char *each = g_strdup_printf(
		    "note:%s:%" G_GINT64_FORMAT, cause, agent->id);

		tell(facts, desk, now, agent, each, note, NULL, 0, effects);
	}
}

/* Why agents do not hear of it; NULL: they do. */
static const char *
silence(const Facts *facts, const Effects *effects)
{
	MessageKind kind = facts->message->kind;

	if (effects->is_inside)
		return "it is an agent's own mail";
	if (effects->frozen)
		return "the ticket gets too many mails this hour";
	/* A person's answer may come by a list, or look like spam. */
	if (!effects->opens)
		return effects->is_machine && kind != MESSAGE_LIST &&
			       kind != MESSAGE_SPAM
			   ? "automatic mail on a ticket is kept without a word"
			   : NULL;
	if (kind == MESSAGE_SPAM)
		return "it is spam";
	if (kind == MESSAGE_BOUNCE || kind == MESSAGE_REPORT)
		return "it is a report about no letter of ours";
	return facts->is_own_copy ? "it is a copy of a letter of ours" : NULL;
}

/* An answering machine at an agent's address that writes to us instead of to
 * the keyed address opens a ticket each time, and its colleagues would hear of
 * each: machines there would answer that. */
static gboolean
is_agents_machine(const Facts *facts, const Effects *effects)
{
	return facts->from_agent && effects->opens &&
	    facts->alike > 0;
}

/* FALSE: he does not hear of it. anyway: whatever he has set. */
static gboolean
tell_of_mail(const Facts *facts, const Desk *desk, gint64 now,
    const AddressRow *agent, gboolean anyway, Effects *effects)
{
	gint64 when;
	g_autofree char *cause = NULL;
	Audience audience = audience_of(
	    anyway ? NULL : roster_find(facts->roster, agent->address),
	    desk->site, agent->id, effects->ticket->agent, now, &when);

	if (audience == AUDIENCE_NONE) {
		effects_reason(effects, "notify", "%s does not want to hear",
		    agent->address);
		return FALSE;
	}
	if (audience == AUDIENCE_DIGEST) {
		effects_timer(effects, NOTIFY_DIGEST, agent->id, when);
		effects_reason(
		    effects, "notify", "%s: in a digest", agent->address);
		return TRUE;
	}
	cause = g_strdup_printf("notify:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT
				":%s",
	    effects->ticket->id, agent->id, facts->message->content_hash);
	tell(facts, desk, now, agent, cause, NULL, NULL,
	    audience == AUDIENCE_LATER ? when : 0, effects);
	return TRUE;
}

/* Too many strangers' tickets this hour: TRUE if that agent, the n-th, hears of
 * it with others. */
static gboolean
tell_of_flood(const Facts *facts, const Desk *desk, gint64 now, guint n,
    Effects *effects)
{
	const AddressRow *agent = facts->agents->pdata[n];
	const char *note = NULL;
	g_autofree char *cause = NULL;

	if (!flood_waits(facts, n, &note, effects))
		return FALSE;
	effects_reason(effects, "notify",
	    "%s hears of it with others: too many strangers' tickets this "
	    "hour (notify-strangers)",
	    agent->address);
	if (note == NULL)
		return TRUE;
	cause = g_strdup_printf(
	    "flood:%" G_GINT64_FORMAT, effects->ticket->id);
	notify_ticket(
	    facts, desk, now, agent, cause, note, NULL, effects);
	return TRUE;
}

/* How many hear of it, the one who wrote counted too. */
static guint
tell_all(const Facts *facts, const Desk *desk, gint64 now, gboolean anyway,
    Effects *effects)
{
	guint told = 0;

	for (guint i = 0; i < facts->agents->len; i++) {
		const AddressRow *agent = facts->agents->pdata[i];

		/* Who forwards hears whom his answer would go to. */
		if (facts->sender != NULL && facts->sender->id == agent->id &&
		    facts->forwarded == NULL) {
			effects_reason(effects, "notify",
			    "%s wrote it himself", agent->address);
			told++;
		} else if ((!anyway && tell_of_flood(
					   facts, desk, now, i, effects)) ||
		    tell_of_mail(facts, desk, now, agent, anyway, effects)) {
			told++;
		}
	}
	return told;
}

void
notify_step(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects)
{
	const char *why = silence(facts, effects);
	guint before = effects->letters->len;

	if (is_agents_machine(facts, effects)) {
		effects_reason(effects, "notify",
		    "an agent's mail that says what another one of his said "
		    "today: it looks like an automatic answer, and nobody is "
		    "told");
		return;
	}
	if (why != NULL) {
		effects_reason(effects, "notify", "nobody is told: %s", why);
		return;
	}
	if (facts->agents->len == 0)
		effects_reason(effects, "notify", "the queue has no agents");
	/* A ticket that nobody wants to hear of is heard of by all. */
	if (tell_all(facts, desk, now, FALSE, effects) == 0)
		tell_all(facts, desk, now, TRUE, effects);
	/* Counted, so that the next ones with these words are known. */
	if (facts->from_agent && effects->opens &&
	    effects->letters->len > before)
		effects->automatic = TRUE;
}
