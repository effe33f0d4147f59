/* customer.c - see customer.h. Called by the command line. */
#include "policy/customer.h"

#include <string.h>
#include <unistd.h>

#include "ground/error.h"
#include "ground/text.h"
#include "mail/address.h"
#include "mail/message.h"
#include "policy/lang.h"
#include "policy/roster.h"
#include "store/copy.h"
#include "store/erasure.h"

enum { SCAN_MOST = 256 << 10, TMP_LIFE = 3600, DAY = 86400, NAME_MOST = 100 };

void
customer_free(Customer *customer)
{
	if (customer == NULL)
		return;
	profile_free(customer->profile);
	g_clear_pointer(&customer->addresses, g_ptr_array_unref);
	g_free(customer);
}

/* NULL without error when nobody is behind it. */
static Customer *
look_up(StoreTxn *txn, const char *address, GError **error)
{
	g_autofree char *folded = address_fold(address);
	g_autoptr(AddressRow) row = party_by_address(txn, folded, error);
	g_autoptr(Customer) customer = NULL;

	if (row == NULL)
		return NULL;
	customer = g_new0(Customer, 1);
	customer->profile = profile_by_id(txn, row->party, error);
	if (customer->profile != NULL)
		customer->addresses = profile_addresses(txn, row->party, error);
	return customer->addresses != NULL ? g_steal_pointer(&customer) : NULL;
}

static gboolean
unknown(const char *address, GError **error)
{
	return error_permanent(error, "nothing is known of anybody at %s",
	    address);
}

Customer *
customer_find(StoreTxn *txn, const char *address, GError **error)
{
	g_autoptr(GError) reason = NULL;
	Customer *customer = look_up(txn, address, &reason);

	if (reason != NULL)
		g_propagate_error(error, g_steal_pointer(&reason));
	else if (customer == NULL)
		unknown(address, error);
	return customer;
}

/* --- what is known --------------------------------------------------------- */

static gboolean
is_tag(const char *language)
{
	g_autofree char *tag = lang_tag(language);

	return *language == '\0' || (tag != NULL && strlen(tag) <= 35);
}

static gboolean
check_words(const CustomerWords *words, GError **error)
{
	if (words->language != NULL && !is_tag(words->language))
		return error_permanent(error,
		    "%s is no language tag: write one like en or uz-Latn",
		    words->language);
	if (words->tone != NULL && *words->tone != '\0' &&
	    !g_str_equal(words->tone, "formal") &&
	    !g_str_equal(words->tone, "informal"))
		return error_permanent(error,
		    "the register is formal or informal, not %s", words->tone);
	if (words->name != NULL && !g_utf8_validate(words->name, -1, NULL))
		return error_permanent(error, "the name is no UTF-8");
	return TRUE;
}

static void
put(char **at, const char *text)
{
	g_free(*at);
	*at = g_strdup(text);
}

/* As we write tags; what an agent says stands, whatever the customer writes
 * in. */
static void
set_language(Profile *profile, const char *language)
{
	g_autofree char *tag =
	    *language != '\0' ? lang_tag(language) : g_strdup("");

	put(&profile->language, tag != NULL ? tag : "");
	profile->told = *profile->language != '\0';
}

gboolean
customer_set(StoreTxn *txn, const Customer *customer,
    const CustomerWords *words, GError **error)
{
	Profile *profile = customer->profile;

	if (!check_words(words, error))
		return FALSE;
	if (words->name != NULL) {
		g_free(profile->name);
		profile->name = text_clean_line(words->name, NAME_MOST);
		profile->named = *profile->name != '\0';
	}
	if (words->language != NULL)
		set_language(profile, words->language);
	if (words->tone != NULL)
		put(&profile->tone, words->tone);
	for (guint i = 0; words->deliverable && i < customer->addresses->len;
	     i++) {
		const AddressRow *row = customer->addresses->pdata[i];

		if (!party_set_undeliverable(txn, row->id, 0, error))
			return FALSE;
	}
	return profile_update(txn, profile, error);
}

/* Agents and our own mailboxes are no customers. */
static gboolean
check_customer(StoreTxn *txn, const Site *site, const Customer *customer,
    GError **error)
{
	g_autoptr(GPtrArray) roster = roster_read(txn, site, error);

	if (roster == NULL)
		return FALSE;
	for (guint i = 0; i < customer->addresses->len; i++) {
		const AddressRow *row = customer->addresses->pdata[i];

		if (roster_has(roster, row->address))
			return error_permanent(error,
			    "%s is an agent: take him out of every [queue], "
			    "and javob agent remove him, first",
			    row->written);
		if (site_is_own(site, row->address))
			return error_permanent(error,
			    "%s is an address of this desk", row->written);
	}
	return TRUE;
}

char *
customer_merge(StoreTxn *txn, const Site *site, const char *from,
    const char *into, const char *actor, gint64 now, GError **error)
{
	g_autoptr(Customer) one = customer_find(txn, from, error);
	g_autoptr(Customer) other =
	    one != NULL ? customer_find(txn, into, error) : NULL;
	g_autofree char *detail = NULL;

	if (other == NULL || !check_customer(txn, site, one, error) ||
	    !check_customer(txn, site, other, error))
		return NULL;
	if (one->profile->id == other->profile->id) {
		error_permanent(error, "%s and %s are one customer already",
		    from, into);
		return NULL;
	}
	/* Row ids only: the event outlives an erasure. */
	detail = g_strdup_printf("profile %" G_GINT64_FORMAT
				 " is part of profile %" G_GINT64_FORMAT,
	    one->profile->id, other->profile->id);
	if (!profile_merge(txn, one->profile, other->profile, error) ||
	    !event_add(txn, 0, now, "customers-merged", actor, detail, error))
		return NULL;
	return g_strdup_printf("%s and %s are one customer, with %u addresses",
	    from, into, one->addresses->len + other->addresses->len);
}

/* --- the end ----------------------------------------------------------------- */

static gboolean
is_his(const GPtrArray *addresses, const char *address)
{
	g_autofree char *folded =
	    address != NULL && *address != '\0' ? address_fold(address) : NULL;

	for (guint i = 0; folded != NULL && i < addresses->len; i++) {
		const AddressRow *row = addresses->pdata[i];

		if (g_str_equal(row->address, folded))
			return TRUE;
	}
	return FALSE;
}

/* Whether he wrote the mail, as far as a byte scan can tell. Closes fd. */
static gboolean
wrote(const GPtrArray *addresses, int fd, const Envelope *envelope,
    gint64 offset, gint64 size)
{
	gsize most = (gsize)MIN(size, SCAN_MOST);
	g_autofree char *buffer = g_malloc(most + 1);
	gssize have = pread(fd, buffer, most, (off_t)offset);
	g_autoptr(GBytes) octets =
	    g_bytes_new(buffer, have > 0 ? (gsize)have : 0);
	g_autoptr(Message) message = message_scan(octets);
	const Address *author = message_author(message);

	close(fd);
	return is_his(addresses, envelope->reverse_path) ||
	       (author != NULL && is_his(addresses, author->address));
}

static gboolean
erase_waiting(Spool *spool, const GPtrArray *addresses, guint *files,
    GError **error)
{
	g_autoptr(GPtrArray) names = spool_list(spool, G_MAXINT, error);

	for (guint i = 0; names != NULL && i < names->len; i++) {
		g_autoptr(Envelope) envelope = NULL;
		gint64 offset, size;
		int fd = spool_read(spool, names->pdata[i], &envelope, &offset,
		    &size, NULL);

		if (fd < 0 || !wrote(addresses, fd, envelope, offset, size))
			continue;
		if (!spool_done(spool, names->pdata[i], error))
			return FALSE;
		++*files;
	}
	return names != NULL;
}

static gboolean
erase_quarantined(Spool *spool, const GPtrArray *addresses, guint *files,
    GError **error)
{
	g_autoptr(GPtrArray) entries = spool_quarantined(spool, error);

	for (guint i = 0; entries != NULL && i < entries->len; i++) {
		const QuarantineEntry *entry = entries->pdata[i];
		g_autoptr(Envelope) envelope = NULL;
		gint64 offset, size;
		int fd = spool_read_quarantined(spool, entry->name, &envelope,
		    &offset, &size, NULL);

		if (fd < 0 || !wrote(addresses, fd, envelope, offset, size))
			continue;
		if (!spool_delete(spool, entry->name, error))
			return FALSE;
		++*files;
	}
	return entries != NULL;
}

/* Rows and event, in one commit. Takes the transaction. */
static gboolean
erase_rows(const Customer *customer, StoreTxn *taken, guint files,
    const char *actor, gint64 now, char **said, GError **error)
{
	g_autoptr(StoreTxn) txn = taken;
	ErasureCounts counts = { 0 };
	gint64 profile = customer->profile != NULL ? customer->profile->id : 0;

	if (profile != 0 &&
	    !erasure_run(txn, profile, customer->addresses, &counts, error))
		return FALSE;
	*said = g_strdup_printf("addresses: %u; messages: %u; tickets: %u, and "
				"of %u a part; files of the spool: %u",
	    counts.addresses, counts.messages, counts.tickets, counts.left,
	    files);
	return event_add(txn, 0, now, "customer-erased", actor, *said, error) &&
	       store_commit(g_steal_pointer(&txn), error);
}

static void
free_address(gpointer data)
{
	address_row_free(data);
}

/* Of somebody whose mail only waits: his address and nothing else. */
static Customer *
stranger(const char *address)
{
	Customer *customer = g_new0(Customer, 1);
	AddressRow *row = g_new0(AddressRow, 1);

	row->address = address_fold(address);
	row->written = g_strdup(address);
	customer->addresses = g_ptr_array_new_with_free_func(free_address);
	g_ptr_array_add(customer->addresses, row);
	return customer;
}

static char *
erase(Store *store, Spool *spool, const Site *site, const char *address,
    const char *actor, gint64 now, GError **error)
{
	g_autoptr(StoreTxn) txn = store_begin(store, error);
	g_autoptr(Customer) customer = NULL;
	g_autoptr(GError) reason = NULL;
	g_autofree char *said = NULL;
	gboolean due = FALSE;
	guint files = 0;

	if (txn == NULL || !erasure_is_due(txn, &due, error))
		return NULL;
	customer = look_up(txn, address, &reason);
	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return NULL;
	}
	if (customer == NULL)
		customer = stranger(address);
	if (!check_customer(txn, site, customer, error) ||
	    !erase_waiting(spool, customer->addresses, &files, error) ||
	    !erase_quarantined(spool, customer->addresses, &files, error))
		return NULL;
	spool_tidy(spool, now + DAY - TMP_LIFE);
	if (customer->profile == NULL && files == 0 && !due) {
		unknown(address, error);
		return NULL;
	}
	copy_remove_all(site->state_dir);
	if (!erase_rows(customer, g_steal_pointer(&txn), files, actor, now,
		&said, error) ||
	    !erasure_end(store, error))
		return NULL;
	return g_strdup_printf("erased: %s", said);
}

char *
customer_erase(Store *store, Spool *spool, const Site *site,
    const char *address, const char *actor, gint64 now, GError **error)
{
	char *said;

	/* Nobody takes mail in while it is looked through. */
	if (!spool_lock(spool, TRUE, error))
		return NULL;
	said = erase(store, spool, site, address, actor, now, error);
	spool_unlock(spool);
	return said;
}
