/* test-seen.c - what has been taken never acts twice. */
#include "store/seen.h"

#include "house.h"

static void
test_key(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 ticket = house_take(house,
	    house_mail("1@x", "ann@x.example", "Hello"), NULL);
	g_autoptr(Message) message = house_mail("1@x", "ann@x.example", "");
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	gint64 got = -1;

	g_assert_true(
	    seen_find(txn, "1@x", message->content_hash, &got, &error));
	g_assert_cmpint(got, ==, ticket);
	g_assert_true(seen_find(txn, "1@x", "other", &got, &error));
	g_assert_cmpint(got, ==, 0);
	g_assert_true(
	    seen_find(txn, "2@x", message->content_hash, &got, &error));
	g_assert_cmpint(got, ==, 0);
	g_assert_no_error(error);
	g_assert_false(
	    seen_add(txn, "1@x", message->content_hash, ticket, 1, 10, &error));
	g_assert_nonnull(error);
}

static void
test_uids(House *house, gconstpointer data G_GNUC_UNUSED)
{
	static const guint32 uids[] = { 1, 2, 5, 5, G_MAXUINT32 };
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	g_autoptr(GHashTable) got = g_hash_table_new(NULL, NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(uids); i++)
		g_assert_true(seen_uid_add(txn, "support", 7, uids[i], &error));
	g_assert_true(seen_uid_add(txn, "support", 8, 3, &error));
	g_assert_true(seen_uid_add(txn, "sales", 7, 4, &error));
	g_assert_true(seen_uids(txn, "support", 7, 1, got, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(g_hash_table_size(got), ==, 3);
	g_assert_true(g_hash_table_contains(got, GUINT_TO_POINTER(2)));
	g_assert_true(g_hash_table_contains(got, GUINT_TO_POINTER(5)));
	g_assert_true(
	    g_hash_table_contains(got, GUINT_TO_POINTER(G_MAXUINT32)));
}

static void
test_state(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	guint32 uidvalidity = 9, floor = 9;
	gint64 since = 9;

	g_assert_true(seen_state_get(txn, "support", &uidvalidity, &floor,
	    &since, &error));
	g_assert_cmpuint(uidvalidity, ==, 0);
	g_assert_cmpuint(floor, ==, 0);
	g_assert_cmpint(since, ==, 0);
	g_assert_true(seen_state_set(txn, "support", 7, 100, 5, &error));
	g_assert_true(
	    seen_state_set(txn, "support", G_MAXUINT32, 200, 6, &error));
	g_assert_true(seen_state_get(txn, "support", &uidvalidity, &floor,
	    &since, &error));
	g_assert_cmpuint(uidvalidity, ==, G_MAXUINT32);
	g_assert_cmpuint(floor, ==, 200);
	g_assert_cmpint(since, ==, 6);
	g_assert_no_error(error);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/seen/a mail is its Message-ID and content, once", House,
	    NULL, house_set_up, test_key, house_tear_down);
	g_test_add("/seen/UIDs belong to a mailbox and its UIDVALIDITY", House,
	    NULL, house_set_up, test_uids, house_tear_down);
	g_test_add("/seen/a mailbox stands where it was left", House, NULL,
	    house_set_up, test_state, house_tear_down);
	return g_test_run();
}
