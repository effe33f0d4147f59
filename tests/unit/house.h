/* house.h - a whole site in a temporary directory for unit tests: its
 * configuration, key, store and letters, and mails built by hand. */
#ifndef TESTS_UNIT_HOUSE_H
#define TESTS_UNIT_HOUSE_H

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "mail/header.h"
#include "options.h"
#include "policy/pipeline.h"
#include "store/outbox.h"
#include "store/spool.h"
#include "store/store.h"

/* Thursday, 26 November 2026, 12:00 UTC. */
#define HOUSE_NOW G_GINT64_CONSTANT(1795694400)

#define HOUSE_CONFIG                                                           \
	"[gateway]\nstate-dir = .\nauthserv-id = mx.shop.example\n"            \
	"[mailbox support]\naddress = support@shop.example\n"                  \
	"aliases = help@shop.example\nname = Shop Support\n"                   \
	"[mailbox sales]\naddress = sales@shop.example\nqueue = sales\n"       \
	"plus-addressing = no\n"                                               \
	"[queue general]\nagents = olga@shop.example, petr@shop.example\n"     \
	"[queue sales]\nagents = sara@shop.example\n"

typedef struct House {
	char *dir, *config;
	Site *site;
	TokenKeys *keys;
	Templates *templates;
	Store *store;
	Desk desk;
} House;

static inline void
house_remove(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		house_remove(file);
	}
	if (dir != NULL)
		g_dir_close(dir);
	g_remove(path);
}

static inline void
house_build(House *house, const char *config)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *key = NULL;

	message_init();
	house->dir = g_dir_make_tmp("javob-house-XXXXXX", &error);
	g_assert_no_error(error);
	house->config = g_build_filename(house->dir, "javob.conf", NULL);
	g_file_set_contents(house->config, config, -1, &error);
	g_assert_no_error(error);
	house->site = options_load(house->config, &error);
	g_assert_no_error(error);
	key = g_build_filename(house->dir, "key", NULL);
	token_keys_create(key, HOUSE_NOW, &error);
	g_assert_no_error(error);
	house->keys = token_keys_load(key, &error);
	g_assert_no_error(error);
	store_create(house->dir, NULL, &error);
	g_assert_no_error(error);
	house->store = store_open(house->dir, NULL, &error);
	g_assert_no_error(error);
	house->templates = templates_load("", faults);
	g_assert_cmpuint(faults->len, ==, 0);
	house->desk.site = house->site;
	house->desk.templates = house->templates;
	house->desk.keys = house->keys;
}

/* As fixture functions of g_test_add. */
static inline void
house_set_up(House *house, gconstpointer data)
{
	(void)data;
	house_build(house, HOUSE_CONFIG);
}

static inline void
house_tear_down(House *house, gconstpointer data)
{
	(void)data;
	store_close(house->store);
	templates_free(house->templates);
	token_keys_free(house->keys);
	site_free(house->site);
	house_remove(house->dir);
	g_free(house->config);
	g_free(house->dir);
}

/* A house with its spool; fixture functions too. */
typedef struct Shop {
	House house;
	Spool *spool;
} Shop;

static inline void
shop_build(Shop *shop, const char *config)
{
	g_autoptr(GError) error = NULL;

	house_build(&shop->house, config);
	shop->spool = spool_open(shop->house.dir, TRUE, &error);
	g_assert_no_error(error);
}

static inline void
shop_set_up(Shop *shop, gconstpointer data)
{
	(void)data;
	shop_build(shop, HOUSE_CONFIG);
}

static inline void
shop_tear_down(Shop *shop, gconstpointer data)
{
	spool_free(shop->spool);
	house_tear_down(&shop->house, data);
}

/* --- mails ----------------------------------------------------------------- */

static inline void
house_text(char **at, const char *text)
{
	g_free(*at);
	*at = g_strdup(text);
}

static inline void
house_field(Message *message, const char *name, const char *body)
{
	HeaderField field = { g_strdup(name), g_strdup(body) };

	g_array_append_val(message->fields, field);
}

/* A person's mail from that address to support; all else can be changed. */
static inline Message *
house_mail(const char *id, const char *from, const char *text)
{
	Message *message = message_new();
	g_autofree char *hash =
	    g_compute_checksum_for_string(G_CHECKSUM_SHA256, id, -1);

	house_text(&message->message_id, id);
	house_text(&message->content_hash, hash);
	house_text(&message->subject, "Where is my parcel?");
	house_text(&message->body_text, text);
	house_text(&message->new_text, text);
	if (from != NULL) {
		house_field(message, "From", from);
		g_ptr_array_add(message->from, address_new(from, ""));
		message->from_fields = 1;
	}
	g_ptr_array_add(message->to, address_new("support@shop.example", ""));
	message->may_answer = TRUE;
	return message;
}

/* The border says that the author is who he says. */
static inline void
house_prove(Message *message, const char *result)
{
	const Address *author = message->from->pdata[0];
	g_autofree char *body =
	    g_strdup_printf("mx.shop.example; dmarc=%s header.from=%s", result,
		address_domain(author->address));

	house_field(message, "Authentication-Results", body);
}

static inline Envelope *
house_envelope(const char *to)
{
	Envelope *envelope = envelope_new("support", "lmtp", HOUSE_NOW);

	envelope->reverse_path = g_strdup("envelope@customer.example");
	if (to != NULL)
		g_ptr_array_add(envelope->forward_paths, g_strdup(to));
	return envelope;
}

/* support+TOKEN@shop.example */
static inline char *
house_keyed(const House *house, TokenKind kind, gint64 ticket, gint64 party)
{
	g_autofree char *token = token_make(house->keys, kind, ticket, party);

	return address_with_detail("support@shop.example", token);
}

/* A Message-ID as our letters have it. */
static inline char *
house_own_id(const House *house, gint64 ticket, gint64 party)
{
	g_autofree char *token =
	    token_make(house->keys, TOKEN_MESSAGE, ticket, party);

	return g_strdup_printf("%s.x@shop.example", token);
}

/* Takes one mail through the whole pipeline; the ticket's number. Frees
 * message. to: envelope recipient, NULL for none. */
static inline gint64
house_take_at(House *house, Message *message, const char *to, gint64 now)
{
	g_autoptr(Envelope) envelope = house_envelope(to);
	g_autoptr(GBytes) octets = g_bytes_new_static("x", 1);
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreTxn) txn = store_begin(house->store, &error);
	gint64 ticket = 0;

	g_assert_no_error(error);
	envelope->received = now;
	pipeline_run(txn, &house->desk, message, envelope, NULL, octets, now,
	    &ticket, &error);
	g_assert_no_error(error);
	store_commit(g_steal_pointer(&txn), &error);
	g_assert_no_error(error);
	message_free(message);
	return ticket;
}

static inline gint64
house_take(House *house, Message *message, const char *to)
{
	return house_take_at(house, message, to, HOUSE_NOW);
}

/* --- what became of it ----------------------------------------------------- */

static inline StoreTxn *
house_read(House *house)
{
	g_autoptr(GError) error = NULL;
	StoreTxn *txn = store_begin_read(house->store, &error);

	g_assert_no_error(error);
	return txn;
}

static inline StoreTxn *
house_write(House *house)
{
	g_autoptr(GError) error = NULL;
	StoreTxn *txn = store_begin(house->store, &error);

	g_assert_no_error(error);
	return txn;
}

static inline void
house_commit(StoreTxn *txn)
{
	g_autoptr(GError) error = NULL;

	store_commit(txn, &error);
	g_assert_no_error(error);
}

static inline Ticket *
house_ticket(House *house, gint64 number)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(GError) error = NULL;
	Ticket *ticket = ticket_by_number(txn, number, &error);

	g_assert_no_error(error);
	g_assert_nonnull(ticket);
	return ticket;
}

/* Row id of an address, 0 when it has none. */
static inline gint64
house_party(House *house, const char *address)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(GError) error = NULL;
	g_autoptr(AddressRow) row = party_by_address(txn, address, &error);

	g_assert_no_error(error);
	return row != NULL ? row->id : 0;
}

/* How many letters of that name went to that address (NULL: anybody). */
static inline guint
house_letters(House *house, const char *letter, const char *to)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) lines = outbox_list(txn, TRUE, &error);
	guint n = 0;

	g_assert_no_error(error);
	for (guint i = 0; i < lines->len; i++) {
		const OutboxLine *line = lines->pdata[i];

		n += g_str_equal(line->letter, letter) &&
		     (to == NULL || g_str_equal(line->to, to));
	}
	return n;
}

/* Text of the newest letter of that name; "" when there is none. */
static inline char *
house_letter_text(House *house, const char *letter)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) lines = outbox_list(txn, TRUE, &error);
	char *text = g_strdup("");

	g_assert_no_error(error);
	for (guint i = 0; i < lines->len; i++) {
		const OutboxLine *line = lines->pdata[i];
		g_autoptr(MessageRow) row = NULL;

		if (!g_str_equal(line->letter, letter))
			continue;
		row = message_by_id(txn, line->message, &error);
		g_assert_no_error(error);
		house_text(&text, row->body_text);
	}
	return text;
}

static inline gboolean
house_reasons_have(const Effects *effects, const char *words)
{
	for (guint i = 0; i < effects->reasons->len; i++)
		if (strstr(effects->reasons->pdata[i], words) != NULL)
			return TRUE;
	return FALSE;
}

static inline gboolean
house_has_event(const Effects *effects, const char *event)
{
	for (guint i = 0; i < effects->events->len; i++) {
		const EventEffect *row = effects->events->pdata[i];

		if (g_str_equal(row->event, event))
			return TRUE;
	}
	return FALSE;
}

#endif
