/* test-parties.c - rows of addresses, and the limits of automatic mail. */
#include "store/parties.h"

#include "house.h"

static void
test_need(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	g_autoptr(AddressRow) first = party_need(txn, "ann@x.example",
	    "Ann@x.example", "Ann", 10, &error);
	g_autoptr(AddressRow) again = party_need(txn, "ann@x.example",
	    "ANN@x.example", "Other", 20, &error);

	g_assert_no_error(error);
	g_assert_cmpint(first->id, >, 0);
	g_assert_cmpint(again->id, ==, first->id);
	g_assert_cmpstr(again->written, ==, "Ann@x.example");
	g_assert_cmpstr(again->name, ==, "Ann");
	g_assert_cmpstr(again->language, ==, "");
	g_assert_cmpstr(again->role, ==, "");
	g_assert_cmpint(again->first_seen, ==, 10);
	g_assert_cmpint(again->undeliverable, ==, 0);
}

static void
test_none(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(GError) error = NULL;

	g_assert_null(party_by_id(txn, 4711, &error));
	g_assert_no_error(error);
	g_assert_null(party_by_address(txn, "nobody@x.example", &error));
	g_assert_no_error(error);
}

static void
test_set(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	g_autoptr(AddressRow) row =
	    party_need(txn, "ann@x.example", "ann@x.example", "", 10, &error);
	g_autoptr(AddressRow) after = NULL;

	g_assert_true(party_set_name(txn, row->id, "Ann Lee", &error));
	g_assert_true(party_set_undeliverable(txn, row->id, 77, &error));
	after = party_by_address(txn, "ann@x.example", &error);
	g_assert_cmpstr(after->name, ==, "Ann Lee");
	g_assert_cmpint(after->undeliverable, ==, 77);
	g_assert_true(party_set_undeliverable(txn, row->id, 0, &error));
	g_clear_pointer(&after, address_row_free);
	after = party_by_id(txn, row->id, &error);
	g_assert_cmpint(after->undeliverable, ==, 0);
	g_assert_no_error(error);
}

/* Letters that were sent before, seconds ago, and what is counted now. */
static const struct {
	const char *title;
	gint64 ago;
	const char *address, *domain, *subject;
	gboolean proven;
	AutomaticCounts want;
} sent[] = {
	{ "one a minute ago", 60, "ann@x.example", "x.example", "parcel", FALSE,
	    { 1, 1, 1, 1, 1 } },
	{ "one of a proven sender", 60, "ann@x.example", "x.example", "parcel",
	    TRUE, { 1, 1, 1, 0, 0 } },
	{ "one about something else", 60, "ann@x.example", "x.example", "other",
	    FALSE, { 1, 1, 0, 1, 1 } },
	{ "one two hours ago", 7200, "ann@x.example", "x.example", "parcel",
	    FALSE, { 0, 1, 1, 0, 0 } },
	{ "one yesterday", 86400, "ann@x.example", "x.example", "parcel", FALSE,
	    { 0, 0, 0, 0, 0 } },
	{ "one to a neighbour", 60, "bob@x.example", "x.example", "parcel",
	    FALSE, { 0, 0, 0, 1, 1 } },
	{ "one to a stranger", 60, "bob@y.example", "y.example", "parcel",
	    FALSE, { 0, 0, 0, 0, 1 } },
};

static void
test_counts(House *house, gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	g_autoptr(AddressRow) ann =
	    party_need(txn, "ann@x.example", "ann@x.example", "", 10, &error);
	g_autoptr(AddressRow) to =
	    party_need(txn, sent[i].address, sent[i].address, "", 10, &error);
	const AutomaticCounts *want = &sent[i].want;
	AutomaticCounts got = { 0 };
	AutomaticCause cause = { (char *)"", FALSE, FALSE };

	g_assert_true(automatic_add(txn, to->id, sent[i].domain,
	    sent[i].subject, &cause, 0, sent[i].proven, HOUSE_NOW - sent[i].ago, &error));
	g_assert_true(automatic_counts(txn, ann->id, "x.example", "parcel",
	    HOUSE_NOW, &got, &error));
	g_assert_no_error(error);
	g_assert_cmpint(got.address_hour, ==, want->address_hour);
	g_assert_cmpint(got.address_day, ==, want->address_day);
	g_assert_cmpint(got.same_subject_day, ==, want->same_subject_day);
	g_assert_cmpint(got.unproven_domain_hour, ==,
	    want->unproven_domain_hour);
	g_assert_cmpint(got.unproven_hour, ==, want->unproven_hour);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/parties/an address has one row, as first seen", House,
	    NULL, house_set_up, test_need, house_tear_down);
	g_test_add("/parties/an unknown one is no error", House, NULL,
	    house_set_up, test_none, house_tear_down);
	g_test_add("/parties/name and mark change", House, NULL, house_set_up,
	    test_set, house_tear_down);
	for (gsize i = 0; i < G_N_ELEMENTS(sent); i++) {
		g_autofree char *path =
		    g_strdup_printf("/parties/counts %s", sent[i].title);

		g_test_add(path, House, GSIZE_TO_POINTER(i), house_set_up,
		    test_counts, house_tear_down);
	}
	return g_test_run();
}
