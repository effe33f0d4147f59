/* Tests of in/in_imap.c against a scripted server. */
#include "in/in_imap.h"

#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ground/clock.h"
#include "ground/error.h"
#include "ground/log.h"
#include "ground/stream.h"
#include "peer.h"

#define PATIENCE_MS 20000

static char *certificates;
static StreamTrust *trust;

/* A mailbox, its watcher, and a store that is only memory. */
typedef struct Desk {
	Peer *peer;
	char *dir;
	Spool *spool;
	ImapSettings settings;
	ImapMemory memory;
	ImapStatus status;
	int stop_fd;
	GThread *thread;
	gint arrived;
	GMutex mutex;
	guint32 uidvalidity, floor;
	gint64 since;
	GHashTable *committed;
	gint broken; /* the store answers with errors */
	gint saves;
} Desk;

static gboolean
memory_load(void *data, ImapPlace *place, GError **error)
{
	Desk *desk = data;

	if (g_atomic_int_get(&desk->broken))
		return error_temporary(error, "store is away");
	g_mutex_lock(&desk->mutex);
	place->uidvalidity = desk->uidvalidity;
	place->floor = desk->floor;
	place->since = desk->since;
	g_mutex_unlock(&desk->mutex);
	return TRUE;
}

static gboolean
memory_save(void *data, const ImapPlace *place, GError **error)
{
	Desk *desk = data;

	(void)error;
	g_mutex_lock(&desk->mutex);
	desk->uidvalidity = place->uidvalidity;
	desk->floor = place->floor;
	desk->since = place->since;
	g_mutex_unlock(&desk->mutex);
	g_atomic_int_inc(&desk->saves);
	return TRUE;
}

static gboolean
memory_seen(void *data, guint32 uidvalidity, guint32 floor, GHashTable *uids,
    GError **error)
{
	Desk *desk = data;
	GHashTableIter iter;
	gpointer uid;

	(void)error;
	g_mutex_lock(&desk->mutex);
	g_hash_table_iter_init(&iter, desk->committed);
	while (g_hash_table_iter_next(&iter, &uid, NULL))
		if (GPOINTER_TO_UINT(uid) > floor &&
		    uidvalidity == desk->uidvalidity)
			g_hash_table_add(uids, uid);
	g_mutex_unlock(&desk->mutex);
	return TRUE;
}

static void
arrived(void *data)
{
	Desk *desk = data;

	g_atomic_int_inc(&desk->arrived);
}

static void
commit(Desk *desk, guint32 uid)
{
	g_mutex_lock(&desk->mutex);
	g_hash_table_add(desk->committed, GUINT_TO_POINTER(uid));
	g_mutex_unlock(&desk->mutex);
}

static Desk *
desk_new(const char *words)
{
	Desk *desk = g_new0(Desk, 1);
	g_autoptr(GError) error = NULL;

	desk->peer = peer_start("fake-imap.py", words);
	desk->dir = g_dir_make_tmp("javob-imap-XXXXXX", NULL);
	desk->spool = spool_open(desk->dir, TRUE, &error);
	g_assert_no_error(error);
	desk->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	desk->committed = g_hash_table_new(NULL, NULL);
	g_mutex_init(&desk->mutex);
	desk->memory =
	    (ImapMemory){ memory_load, memory_save, memory_seen, desk };
	desk->settings = (ImapSettings){
		.mailbox = "support",
		.address = "support@shop.example",
		.host = "localhost",
		.port = desk->peer->port,
		.allow_plain = TRUE,
		.user = "u",
		.password = "p",
		.folder = "INBOX",
		.keyword = "$Ticket",
		.move_to = "Done",
		.max_size = 1000000,
		.idle_seconds = 60,
		.sweep_seconds = 60,
		.command_ms = 1000,
		.backoff_ms = 100,
		.trust = trust,
		.memory = &desk->memory,
		.arrived = arrived,
		.data = desk,
	};
	return desk;
}

/* As if the mailbox had been watched before, up to floor. */
static Desk *
desk_known(const char *words, guint32 floor)
{
	Desk *desk = desk_new(words);

	desk->uidvalidity = 7;
	desk->floor = floor;
	return desk;
}

static gpointer
watch(gpointer data)
{
	Desk *desk = data;

	in_imap_watch(&desk->settings, desk->spool, desk->stop_fd,
	    &desk->status);
	return NULL;
}

static void
desk_start(Desk *desk)
{
	desk->thread = g_thread_new("watch", watch, desk);
}

static void
desk_stop(Desk *desk)
{
	guint64 one = 1;
	gint64 start = clock_monotonic_ms();

	if (desk->thread == NULL)
		return;
	g_assert_cmpint(write(desk->stop_fd, &one, sizeof one), ==, sizeof one);
	g_thread_join(g_steal_pointer(&desk->thread));
	g_assert_cmpint(clock_monotonic_ms() - start, <, 4000);
	g_assert_cmpint(read(desk->stop_fd, &one, sizeof one), ==, sizeof one);
}

static void
desk_free(Desk *desk)
{
	desk_stop(desk);
	peer_stop(desk->peer);
	spool_free(desk->spool);
	peer_remove(desk->dir);
	g_free(desk->dir);
	close(desk->stop_fd);
	g_hash_table_unref(desk->committed);
	g_mutex_clear(&desk->mutex);
	g_free(desk);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Desk, desk_free)

/* UIDs in the spool, "4 5", in order of arrival. */
static char *
spooled(Desk *desk)
{
	g_autoptr(GPtrArray) names = spool_list(desk->spool, 1000, NULL);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < names->len; i++) {
		g_autoptr(Envelope) envelope = NULL;
		gint64 offset, size;
		int fd;

		fd = spool_read(desk->spool, g_ptr_array_index(names, i),
		    &envelope, &offset, &size, NULL);
		g_assert_cmpint(fd, >=, 0);
		close(fd);
		g_string_append_printf(text, "%s%u", i > 0 ? " " : "",
		    envelope->uid);
	}
	return g_strdup(text->str);
}

static gboolean
until(gboolean (*good)(Desk *, const void *), Desk *desk, const void *data)
{
	gint64 end = clock_monotonic_ms() + PATIENCE_MS;

	while (!good(desk, data)) {
		if (clock_monotonic_ms() > end)
			return FALSE;
		g_usleep(2000);
	}
	return TRUE;
}

static gboolean
has_spooled(Desk *desk, const void *want)
{
	g_autofree char *text = spooled(desk);

	return strcmp(text, want) == 0;
}

static gboolean
has_state(Desk *desk, const void *want)
{
	g_autofree char *text = peer_ask(desk->peer, "state");

	return strcmp(text, want) == 0;
}

static gboolean
has_problem(Desk *desk, const void *want)
{
	return strstr(desk->status.problem, want) != NULL;
}

static gboolean
has_connected(Desk *desk, const void *want)
{
	(void)want;
	return g_atomic_int_get(&desk->status.connected) &&
	       desk->status.last_sweep != 0;
}

static gboolean
has_taken(Desk *desk, const void *want)
{
	return desk->status.taken == GPOINTER_TO_UINT(want);
}

static gboolean
is_well(Desk *desk, const void *want)
{
	(void)want;
	return desk->status.failing_since == 0 && *desk->status.problem == '\0';
}

static gboolean
has_floor(Desk *desk, const void *want)
{
	guint32 floor;

	g_mutex_lock(&desk->mutex);
	floor = desk->floor;
	g_mutex_unlock(&desk->mutex);
	return floor == GPOINTER_TO_UINT(want);
}

static gboolean
has_uidvalidity(Desk *desk, const void *want)
{
	guint32 uidvalidity;

	g_mutex_lock(&desk->mutex);
	uidvalidity = desk->uidvalidity;
	g_mutex_unlock(&desk->mutex);
	return uidvalidity == GPOINTER_TO_UINT(want);
}

#define WANT(what, desk, want)                                                 \
	do {                                                                   \
		if (!until(what, desk, want)) {                                \
			g_autofree char *in_ = spooled(desk);                  \
			g_autofree char *at_ =                                 \
			    peer_ask((desk)->peer, "state");                   \
			g_error("%s: spool \"%s\", mailbox \"%s\", problem "   \
				"\"%s\", floor %u",                            \
			    #what, in_, at_, (desk)->status.problem,           \
			    (desk)->floor);                                    \
		}                                                              \
	} while (0)

static void
test_first_sight(void)
{
	g_autoptr(Desk) desk = desk_new("mails=3");
	g_autoptr(GPtrArray) names = NULL;
	g_autoptr(Envelope) envelope = NULL;
	g_autofree char *log = NULL;
	gint64 offset, size, start;
	char octets[256] = "";
	int fd;

	desk_start(desk);
	WANT(has_connected, desk, NULL);
	g_assert_cmpuint(desk->uidvalidity, ==, 7);
	g_assert_cmpuint(desk->floor, ==, 3);
	start = clock_monotonic_ms();
	peer_tell(desk->peer, "set date 27-Nov-2036 11:00:00 +0500");
	peer_tell(desk->peer, "deliver");
	WANT(has_spooled, desk, "4");
	g_test_message("from EXISTS to spool: %d ms",
	    (int)(clock_monotonic_ms() - start));
	names = spool_list(desk->spool, 10, NULL);
	fd = spool_read(desk->spool, g_ptr_array_index(names, 0), &envelope,
	    &offset, &size, NULL);
	g_assert_cmpstr(envelope->mailbox, ==, "support");
	g_assert_cmpstr(envelope->door, ==, "imap");
	g_assert_cmpuint(envelope->uidvalidity, ==, 7);
	g_assert_cmpint(envelope->internal_date, ==, 2111378400);
	g_assert_null(envelope->reverse_path);
	g_assert_cmpuint(envelope->forward_paths->len, ==, 1);
	g_assert_cmpstr(g_ptr_array_index(envelope->forward_paths, 0), ==,
	    "support@shop.example");
	g_assert_cmpint(size, <, (gint64)sizeof octets);
	g_assert_cmpint(pread(fd, octets, (size_t)size, offset), ==, size);
	close(fd);
	g_assert_true(g_str_has_prefix(octets, "From: ann@shop.example\r\n"));
	g_assert_true(g_str_has_suffix(octets, "\r\n\r\nHello\r\n"));
	WANT(has_taken, desk, GUINT_TO_POINTER(1));
	desk_stop(desk);
	g_assert_cmpint(g_atomic_int_get(&desk->arrived), ==, 1);
	log = peer_ask(desk->peer, "log");
	g_assert_null(strstr(log, "ENVELOPE"));
	g_assert_null(strstr(log, "STRUCTURE"));
	g_assert_nonnull(strstr(log, "BODY.PEEK[]"));
	g_assert_null(strstr(log, "STORE"));
}

static void
test_first_sight_no_uidnext(void)
{
	g_autoptr(Desk) desk = desk_new("mails=3;uid=40;nouidnext=1");

	desk_start(desk);
	WANT(has_connected, desk, NULL);
	g_assert_cmpuint(desk->floor, ==, 42);
	peer_tell(desk->peer, "deliver");
	WANT(has_spooled, desk, "43");
}

typedef struct AfterCase {
	const char *title;
	const char *words;
	ImapAfter after;
	const char *want; /* state of the mailbox */
} AfterCase;

static const AfterCase after_cases[] = {
	{ "/in-imap/after/nothing leaves the mailbox as it is", "",
	    IMAP_AFTER_NOTHING, "1: 2:" },
	{ "/in-imap/after/mail is marked as seen", "", IMAP_AFTER_SEEN,
	    "1:\\Seen 2:\\Seen" },
	{ "/in-imap/after/mail gets a keyword", "", IMAP_AFTER_KEYWORD,
	    "1:$Ticket 2:$Ticket" },
	{ "/in-imap/after/a keyword that is listed is permitted",
	    "perm=\\Seen $Ticket", IMAP_AFTER_KEYWORD, "1:$Ticket 2:$Ticket" },
	{ "/in-imap/after/a keyword that is not permitted is not set",
	    "perm=\\Seen", IMAP_AFTER_KEYWORD, "1: 2:" },
	{ "/in-imap/after/mail is moved", "", IMAP_AFTER_MOVE, "Done=2" },
	{ "/in-imap/after/the folder is made if it is missing", "nocreate=1",
	    IMAP_AFTER_MOVE, "Done=2" },
	{ "/in-imap/after/without MOVE: copy, then expunge only these",
	    "caps=IDLE,UIDPLUS", IMAP_AFTER_MOVE, "Done=2" },
	{ "/in-imap/after/without MOVE and UIDPLUS nothing is removed",
	    "caps=IDLE", IMAP_AFTER_MOVE, "1: 2:" },
	{ "/in-imap/after/a read-only mailbox is left alone", "readonly=1",
	    IMAP_AFTER_SEEN, "1: 2:" },
	{ "/in-imap/after/a refused STORE is tried again", "store*1=NO busy",
	    IMAP_AFTER_SEEN, "1:\\Seen 2:\\Seen" },
	{ "/in-imap/after/a cut at MOVE is tried again", "move*1=cut",
	    IMAP_AFTER_MOVE, "Done=2" },
};

static void
test_after(gconstpointer data)
{
	const AfterCase *c = data;
	g_autofree char *words = g_strdup_printf("mails=2;%s", c->words);
	g_autoptr(Desk) desk = desk_known(words, 0);

	desk->settings.after = c->after;
	desk->settings.sweep_seconds = 1;
	desk_start(desk);
	WANT(has_spooled, desk, "1 2");
	WANT(has_state, desk, c->want);
	g_usleep(50000);
	g_assert_true(has_spooled(desk, "1 2"));
	g_assert_true(has_state(desk, c->want));
}

/* What a mail does that cannot be fetched; the other two always come. */
typedef struct BodyCase {
	const char *title;
	const char *script;
	const char *want;
} BodyCase;

static const BodyCase body_cases[] = {
	{ "/in-imap/body/refused: the others come", "body/2=NO broken mail",
	    "1 3" },
	{ "/in-imap/body/refused twice: it comes in the end",
	    "body/2*2=NO later", "1 3 2" },
	{ "/in-imap/body/cut in mid-literal, once", "body/2*1=half", "1 2 3" },
	{ "/in-imap/body/cut in mid-literal, always", "body/2=half", "1 3" },
	{ "/in-imap/body/literal shorter than told", "body/2=long", "1 3" },
	{ "/in-imap/body/literal longer than told", "body/2=short", "1 3" },
	{ "/in-imap/body/silence", "body/2=stall", "1 3" },
	{ "/in-imap/body/drop by drop", "body/2=drip", "1 3" },
	{ "/in-imap/body/endless", "body/2=huge", "1 3" },
	{ "/in-imap/body/no IMAP at all", "body/2=garbage", "1 3" },
	{ "/in-imap/body/as quoted string", "body/2=quoted", "1 2 3" },
	{ "/in-imap/body/gone in the meantime", "body/2=empty", "1 3" },
	{ "/in-imap/body/of another mail", "body/2=other", "1 3" },
	{ "/in-imap/body/NIL", "body/2=nil", "1 3" },
};

static void
test_body(gconstpointer data)
{
	const BodyCase *c = data;
	g_autofree char *words = g_strdup_printf("mails=3;%s", c->script);
	g_autoptr(Desk) desk = desk_known(words, 0);

	desk->settings.command_ms = 300;
	desk->settings.sweep_seconds = 1;
	desk_start(desk);
	WANT(has_spooled, desk, c->want);
	WANT(has_connected, desk, NULL);
	desk_stop(desk);
	g_assert_true(has_spooled(desk, c->want));
}

static void
test_unlistable(void)
{
	g_autoptr(Desk) desk = desk_known("mails=5;list/3=garbage", 0);

	desk_start(desk);
	WANT(has_spooled, desk, "1 2 4 5");
	peer_tell(desk->peer, "deliver");
	WANT(has_spooled, desk, "1 2 4 5 6");
	/* It keeps the floor below itself. */
	for (guint32 uid = 1; uid <= 6; uid++)
		commit(desk, uid);
	desk_stop(desk);
	g_assert_cmpuint(desk->floor, ==, 2);
}

static void
test_restart(void)
{
	g_autoptr(Desk) desk = desk_known("mails=6", 2);

	commit(desk, 4);
	desk->settings.after = IMAP_AFTER_SEEN;
	desk_start(desk);
	WANT(has_spooled, desk, "3 5 6");
	/* 4 was taken by an earlier run that died before it said so. */
	WANT(has_state, desk, "1: 2: 3:\\Seen 4:\\Seen 5:\\Seen 6:\\Seen");
	g_assert_cmpuint(desk->status.taken, ==, 3);
	/* Merely spooled is not settled. */
	desk_stop(desk);
	g_assert_cmpuint(desk->floor, ==, 2);
	commit(desk, 3);
	commit(desk, 5);
	desk_start(desk);
	WANT(has_spooled, desk, "3 5 6 6");
	desk_stop(desk);
	g_assert_cmpuint(desk->floor, ==, 5);
}

static void
test_moved_is_settled(void)
{
	g_autoptr(Desk) desk = desk_known("mails=3", 0);

	commit(desk, 1);
	desk->settings.after = IMAP_AFTER_MOVE;
	desk_start(desk);
	WANT(has_spooled, desk, "2 3");
	WANT(has_state, desk, "Done=3");
	peer_tell(desk->peer, "deliver");
	WANT(has_spooled, desk, "2 3 4");
	WANT(has_state, desk, "Done=4");
	desk_stop(desk);
	g_assert_cmpuint(desk->floor, ==, 4);
}

static void
test_uidvalidity(void)
{
	g_autoptr(Desk) desk = desk_known("mails=2", 2);

	desk_start(desk);
	WANT(has_connected, desk, NULL);
	peer_tell(desk->peer, "deliver");
	WANT(has_spooled, desk, "3");
	peer_tell(desk->peer, "uidvalidity 8");
	peer_tell(desk->peer, "cut");
	WANT(has_spooled, desk, "3 1 2 3");
	g_assert_cmpuint(desk->uidvalidity, ==, 8);
	g_assert_cmpuint(desk->floor, ==, 0);
}

/* What was in the folder before the desk was set up has new UIDs too. */
static void
test_uidvalidity_old(void)
{
	g_autoptr(Desk) desk = desk_known("mails=2", 2);

	desk->since = clock_now();
	peer_tell(desk->peer, "set date 01-Feb-2020 06:00:00 +0000");
	desk_start(desk);
	WANT(has_connected, desk, NULL);
	peer_tell(desk->peer, "uidvalidity 8");
	peer_tell(desk->peer, "cut");
	WANT(has_uidvalidity, desk, GUINT_TO_POINTER(8));
	WANT(has_connected, desk, NULL);
	peer_tell(desk->peer, "deliver");
	g_usleep(G_USEC_PER_SEC);
	g_assert_true(has_spooled(desk, ""));
}

/* An IDLE that is of no use, or none. */
typedef struct IdleCase {
	const char *title;
	const char *script;
	int idle_seconds, sweep_seconds;
	gboolean deliver;
	const char *want;
} IdleCase;

static const IdleCase idle_cases[] = {
	{ "/in-imap/idle/new mail wakes it", "", 60, 60, TRUE, "1" },
	{ "/in-imap/idle/a server that never tells is swept", "idle=silent", 60,
	    1, TRUE, "1" },
	{ "/in-imap/idle/renewing it sweeps too", "idle=silent", 1, 60, TRUE,
	    "1" },
	{ "/in-imap/idle/mail told before the plus sign is not missed",
	    "idle*1=early", 60, 60, FALSE, "1" },
	{ "/in-imap/idle/without IDLE it is polled", "caps=MOVE", 60, 1, TRUE,
	    "1" },
	{ "/in-imap/idle/announced, but refused: polled", "idle=NO not here",
	    60, 1, TRUE, "1" },
	{ "/in-imap/idle/cut at the start", "idle*1=cut", 60, 60, TRUE, "1" },
	{ "/in-imap/idle/silence at the start", "idle*1=stall", 60, 60, TRUE,
	    "1" },
	{ "/in-imap/idle/silence at DONE", "done*1=stall", 1, 60, TRUE, "1" },
};

static void
test_idle(gconstpointer data)
{
	const IdleCase *c = data;
	g_autoptr(Desk) desk = desk_known(c->script, 0);

	desk->settings.idle_seconds = c->idle_seconds;
	desk->settings.sweep_seconds = c->sweep_seconds;
	desk_start(desk);
	WANT(has_connected, desk, NULL);
	if (c->deliver)
		peer_tell(desk->peer, "deliver");
	WANT(has_spooled, desk, c->want);
}

/* Steps that fail once; all mail comes all the same. */
static const char *const hurdles[] = {
	"greeting*1=cut",
	"greeting*1=stall",
	"greeting*1=BAD no",
	"capability*1=cut",
	"capability*1=NO no",
	"capability*1=empty",
	"capability*1=garbage",
	"login*1=cut",
	"login*1=stall",
	"select*1=cut",
	"select*1=NO away",
	"select*1=empty",
	"list*1=cut",
	"list*1=stall",
	"list*1=NO busy",
	"list*1=garbage",
	"list*1=drip",
	"body*1=cut",
	"done*1=cut",
	"done*1=NO what",
	"logout=stall",
};

static void
test_hurdle(gconstpointer data)
{
	g_autofree char *words =
	    g_strdup_printf("mails=2;%s", (const char *)data);
	g_autoptr(Desk) desk = desk_known(words, 0);

	desk->settings.command_ms = 300;
	desk->settings.sweep_seconds = 1;
	desk_start(desk);
	WANT(has_spooled, desk, "1 2");
	WANT(has_connected, desk, NULL);
	peer_tell(desk->peer, "deliver");
	WANT(has_spooled, desk, "1 2 3");
	WANT(has_taken, desk, GUINT_TO_POINTER(3));
}

static void
test_reconnect(void)
{
	g_autoptr(Desk) desk = desk_known("mails=1", 0);

	desk_start(desk);
	WANT(has_spooled, desk, "1");
	peer_tell(desk->peer, "cut");
	peer_tell(desk->peer, "deliver");
	WANT(has_spooled, desk, "1 2");
	WANT(is_well, desk, NULL);
}

static void
test_many(void)
{
	g_autoptr(Desk) desk = desk_known("mails=600", 0);

	desk->settings.after = IMAP_AFTER_MOVE;
	desk_start(desk);
	WANT(has_state, desk, "Done=600");
	g_assert_cmpuint(desk->status.taken, ==, 600);
	desk_stop(desk);
	g_assert_cmpuint(desk->floor, ==, 600);
}

static void
test_too_large(void)
{
	g_autoptr(Desk) desk = desk_known("", 0);

	desk->settings.max_size = 5000;
	desk->settings.after = IMAP_AFTER_SEEN;
	desk_start(desk);
	WANT(has_connected, desk, NULL);
	peer_tell(desk->peer, "deliver 9000");
	peer_tell(desk->peer, "deliver");
	WANT(has_state, desk, "1: 2:\\Seen");
	g_assert_true(has_spooled(desk, "2"));
	/* A size that is a lie is found out. */
	peer_tell(desk->peer, "set size -8000");
	peer_tell(desk->peer, "deliver 9000");
	peer_tell(desk->peer, "set size -");
	peer_tell(desk->peer, "deliver");
	WANT(has_state, desk, "1: 2:\\Seen 3: 4:\\Seen");
	g_assert_true(has_spooled(desk, "2 4"));
}

static void
test_big(void)
{
	g_autoptr(Desk) desk = desk_known("", 0);
	g_autoptr(GPtrArray) names = NULL;
	g_autoptr(Envelope) envelope = NULL;
	gint64 offset, size;
	int fd;

	desk->settings.max_size = 40000000;
	desk->settings.command_ms = 10000;
	desk_start(desk);
	WANT(has_connected, desk, NULL);
	peer_tell(desk->peer, "deliver 20000000");
	WANT(has_spooled, desk, "1");
	names = spool_list(desk->spool, 10, NULL);
	fd = spool_read(desk->spool, g_ptr_array_index(names, 0), &envelope,
	    &offset, &size, NULL);
	g_assert_cmpint(size, ==, 20000000 / 18 * 18 + 16);
	close(fd);
}

/* The spool cannot make a file (as when the disk is full): mail that is not
 * spooled is not marked. */
static void
test_spool_away(void)
{
	g_autoptr(Desk) desk = desk_known("", 0);
	struct rlimit was, none;

	desk->settings.after = IMAP_AFTER_SEEN;
	desk->settings.sweep_seconds = 1;
	desk_start(desk);
	WANT(has_connected, desk, NULL);
	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &was), ==, 0);
	none = was;
	none.rlim_cur = 3;
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
	peer_tell(desk->peer, "deliver");
	peer_tell(desk->peer, "deliver");
	g_assert_true(until(has_problem, desk, "spool"));
	g_assert_true(has_state(desk, "1: 2:"));
	g_assert_cmpint(desk->status.failing_since, !=, 0);
	g_assert_cmpint(g_atomic_int_get(&desk->status.connected), ==, 1);
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &was), ==, 0);
	WANT(has_state, desk, "1:\\Seen 2:\\Seen");
	g_assert_cmpuint(desk->status.taken, ==, 2);
}

static void
test_store_away(void)
{
	g_autoptr(Desk) desk = desk_known("mails=1", 0);

	g_atomic_int_set(&desk->broken, 1);
	desk_start(desk);
	WANT(has_problem, desk, "store is away");
	g_assert_true(has_spooled(desk, ""));
	g_atomic_int_set(&desk->broken, 0);
	WANT(has_spooled, desk, "1");
}

/* The floor is saved once a minute while it runs, at most. */
static void
test_few_saves(void)
{
	g_autoptr(Desk) desk = desk_known("", 0);

	desk->settings.sweep_seconds = 1;
	desk_start(desk);
	WANT(has_connected, desk, NULL);
	for (guint32 uid = 1; uid <= 3; uid++) {
		g_autofree char *want = g_strdup_printf("%u", uid);

		peer_tell(desk->peer, "deliver");
		if (uid == 1)
			WANT(has_spooled, desk, want);
		commit(desk, uid);
	}
	WANT(has_spooled, desk, "1 2 3");
	desk_stop(desk);
	g_assert_true(has_floor(desk, GUINT_TO_POINTER(3)));
	g_assert_cmpint(g_atomic_int_get(&desk->saves), <=, 2);
}

/* What was not listed because the listing broke off is not gone. */
static void
test_broken_off(void)
{
	g_autoptr(Desk) desk = desk_known("mails=3;body/2=NO", 0);

	desk->settings.sweep_seconds = 1;
	desk->settings.command_ms = 300;
	commit(desk, 1);
	commit(desk, 3);
	desk_start(desk);
	WANT(has_connected, desk, NULL);
	peer_tell(desk->peer, "set list NO");
	WANT(has_problem, desk, "list of new mail");
	desk_stop(desk);
	g_assert_cmpuint(desk->floor, <=, 1);
}

typedef struct LoginCase {
	const char *title;
	const char *certificate; /* NULL: none */
	const char *words;
	gboolean implicit, start_tls, allow_plain;
	const char *password;
	const char *problem; /* NULL: connected */
} LoginCase;

static const LoginCase login_cases[] = {
	{ "/in-imap/login/STARTTLS", "server", "", FALSE, TRUE, FALSE, "p",
	    NULL },
	{ "/in-imap/login/imaps", "server", "implicit=1", TRUE, FALSE, FALSE,
	    "p", NULL },
	{ "/in-imap/login/AUTHENTICATE PLAIN where LOGIN is off", "server",
	    "implicit=1;before=LOGINDISABLED,AUTH=PLAIN", TRUE, FALSE, FALSE,
	    "p", NULL },
	{ "/in-imap/login/passwords only with TLS", NULL,
	    "before=LOGINDISABLED", FALSE, FALSE, TRUE, "p",
	    "the server takes passwords only with TLS" },
	{ "/in-imap/login/plain text must be allowed", NULL, "", FALSE, FALSE,
	    FALSE, "p", "passwords do not go in plain text" },
	{ "/in-imap/login/STARTTLS is not offered", NULL, "", FALSE, TRUE,
	    FALSE, "p", "STARTTLS is not offered" },
	{ "/in-imap/login/octets injected behind STARTTLS", "server",
	    "starttls=inject", FALSE, TRUE, FALSE, "p", "STARTTLS" },
	{ "/in-imap/login/PREAUTH before STARTTLS", "server", "preauth=1",
	    FALSE, TRUE, FALSE, "p", "PREAUTH where TLS is required" },
	{ "/in-imap/login/certificate of another host", "wronghost",
	    "implicit=1", TRUE, FALSE, FALSE, "p",
	    "certificate refused: name does not match host localhost" },
	{ "/in-imap/login/unknown issuer", "stranger", "implicit=1", TRUE,
	    FALSE, FALSE, "p", "certificate refused: issuer not trusted" },
	{ "/in-imap/login/wrong password", "server", "implicit=1", TRUE, FALSE,
	    FALSE, "wrong", "login refused: check user and password" },
	{ "/in-imap/login/no such folder", NULL, "select=NO no such thing",
	    FALSE, FALSE, TRUE, "p",
	    "folder INBOX: SELECT: refused: no such thing" },
};

static void
test_login(gconstpointer data)
{
	const LoginCase *c = data;
	g_autofree char *words =
	    c->certificate == NULL
		? g_strdup(c->words)
		: peer_tls_words(certificates, c->certificate, c->words);
	g_autoptr(Desk) desk = desk_known(words, 0);

	desk->settings.implicit_tls = c->implicit;
	desk->settings.start_tls = c->start_tls;
	desk->settings.allow_plain = c->allow_plain;
	desk->settings.password = c->password;
	desk_start(desk);
	if (c->problem == NULL) {
		WANT(has_connected, desk, NULL);
		peer_tell(desk->peer, "deliver");
		WANT(has_spooled, desk, "1");
		return;
	}
	WANT(has_problem, desk, c->problem);
	g_assert_cmpint(g_atomic_int_get(&desk->status.connected), ==, 0);
	g_assert_cmpint(desk->status.failing_since, !=, 0);
}

int
main(int argc, char **argv)
{
	g_autofree char *ca = NULL;
	int result;

	g_test_init(&argc, &argv, NULL);
	log_open("test", LOG_LEVEL_ERROR, FALSE);
	certificates = peer_certificates();
	ca = g_build_filename(certificates, "ca.crt", NULL);
	trust = stream_trust_new(ca, NULL);
	g_test_add_func("/in-imap/AC-19: at first sight old mail stays where it is",
	    test_first_sight);
	g_test_add_func("/in-imap/AC-19: at first sight, without UIDNEXT",
	    test_first_sight_no_uidnext);
	g_test_add_func("/in-imap/AC-05: a restart goes on where it was",
	    test_restart);
	g_test_add_func("/in-imap/what was moved away is settled",
	    test_moved_is_settled);
	g_test_add_func("/in-imap/AC-05: a new UIDVALIDITY means all again",
	    test_uidvalidity);
	g_test_add_func("/in-imap/AC-19: mail from before first sight stays out, "
			"whatever its UID",
	    test_uidvalidity_old);
	g_test_add_func("/in-imap/a mail that spoils the list is left out",
	    test_unlistable);
	g_test_add_func("/in-imap/a lost connection comes back",
	    test_reconnect);
	g_test_add_func("/in-imap/T5, T6: a backlog of six hundred is taken", test_many);
	g_test_add_func("/in-imap/too large mail stays", test_too_large);
	g_test_add_func("/in-imap/a big mail is streamed", test_big);
	g_test_add_func("/in-imap/T4: no room in the spool: not marked",
	    test_spool_away);
	g_test_add_func("/in-imap/T4: no store: later", test_store_away);
	g_test_add_func("/in-imap/the floor is saved seldom", test_few_saves);
	g_test_add_func("/in-imap/a listing that breaks off settles nothing",
	    test_broken_off);
	for (gsize i = 0; i < G_N_ELEMENTS(after_cases); i++)
		g_test_add_data_func(after_cases[i].title, &after_cases[i],
		    test_after);
	for (gsize i = 0; i < G_N_ELEMENTS(body_cases); i++)
		g_test_add_data_func(body_cases[i].title, &body_cases[i],
		    test_body);
	for (gsize i = 0; i < G_N_ELEMENTS(idle_cases); i++)
		g_test_add_data_func(idle_cases[i].title, &idle_cases[i],
		    test_idle);
	for (gsize i = 0; i < G_N_ELEMENTS(login_cases); i++)
		g_test_add_data_func(login_cases[i].title, &login_cases[i],
		    test_login);
	for (gsize i = 0; i < G_N_ELEMENTS(hurdles); i++) {
		g_autofree char *title =
		    g_strconcat("/in-imap/hurdle/once ", hurdles[i], NULL);

		g_test_add_data_func(title, hurdles[i], test_hurdle);
	}
	result = g_test_run();
	stream_trust_free(trust);
	peer_remove(certificates);
	g_free(certificates);
	return result;
}
