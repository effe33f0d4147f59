/* board.c - the role that keeps the boards: a thread for each, and one for
 * each folder of it that idles (RFC 2177), since IDLE tells of one folder only.
 *
 * A board's own thread does the work, round after round (board_round.c); it is
 * roused by those that idle, by whoever has committed something (ground/wake),
 * and by the time of a sweep. Connections come back with back-off and jitter. */
#include "daemon/board.h"

#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/role.h"
#include "ground/clock.h"
#include "ground/config.h"
#include "ground/error.h"
#include "ground/log.h"
#include "ground/stream.h"
#include "ground/wake.h"
#include "mail/message.h"
#include "policy/board_page.h"

enum {
	STATUS_SECONDS = 5,
	BACKOFF_FIRST_MS = 1000,
	BACKOFF_MOST_MS = 60 * 1000,
	DENIED_MS = 30 * 1000, /* many providers lock out */
	IDLERS_MOST = 8,       /* providers limit connections */
	IDLE_MS = 9 * 60 * 1000,
	ROUNDS_MOST = 20,      /* without a pause */
};

typedef struct Boards {
	const Site *site;
	StreamTrust *trust;
	char *run_dir;
	int stop_fd;
	GMutex turn; /* policy is at work in one thread at a time */
} Boards;

/* One board. */
typedef struct Watch {
	Boards *boards;
	const Board *board;
	char *password;
	ImapSettings settings;
	int news_fd; /* eventfd: something has changed */
	GPtrArray *folders; /* of char *, below the root */
	GThread *thread;
	/* What `health` shows. */
	volatile gint connected;
	gint64 last_round, failing_since;
	char problem[256];
} Watch;

static gboolean
stopped(const Boards *boards)
{
	struct pollfd fd = { boards->stop_fd, POLLIN, 0 };

	return poll(&fd, 1, 0) > 0;
}

static void
rouse(int news_fd)
{
	guint64 one = 1;

	if (write(news_fd, &one, sizeof one) < 0)
		return; /* it is roused already */
}

/* Until news (if watched), stop, or the time is over. */
static void
rest(const Boards *boards, int news_fd, int ms)
{
	struct pollfd fds[2] = { { boards->stop_fd, POLLIN, 0 },
		{ news_fd, POLLIN, 0 } };
	guint64 count;

	if (poll(fds, news_fd >= 0 ? 2 : 1, ms) > 0 && news_fd >= 0 &&
	    fds[1].revents != 0 && read(news_fd, &count, sizeof count) < 0)
		return;
}

/* --- those that idle ------------------------------------------------------- */

typedef struct Idler {
	Watch *watch;
	ImapSettings settings; /* the watch's, with a folder of its own */
	char *folder;
	GThread *thread;
} Idler;

/* FALSE: the server has no IDLE, or takes it no more. */
static gboolean
idle_on(Idler *idler, ImapSession *session)
{
	g_autoptr(GError) error = NULL;
	gboolean unwilling = FALSE;

	while (!stopped(idler->watch->boards) &&
	    in_imap_session_idle(session, IDLE_MS, &unwilling, &error))
		rouse(idler->watch->news_fd);
	return !unwilling;
}

/* What goes wrong here the board's own connection tells: it has the same
 * server. */
static gpointer
idler_run(gpointer data)
{
	Idler *idler = data;
	const Boards *boards = idler->watch->boards;
	gboolean willing = TRUE;
	int ms = BACKOFF_FIRST_MS;

	while (willing && !stopped(boards)) {
		g_autoptr(GError) error = NULL;
		gboolean denied;
		g_autoptr(ImapSession) session = in_imap_session_open(
		    &idler->settings, boards->stop_fd, &denied, &error);

		if (session != NULL) {
			ms = BACKOFF_FIRST_MS;
			willing = in_imap_session_has_idle(session);
			rouse(idler->watch->news_fd);
		}
		if (session != NULL && willing)
			willing = idle_on(idler, session);
		g_clear_pointer(&session, in_imap_session_free);
		rest(boards, -1, g_random_int_range(ms / 2, ms + 1));
		ms = MIN(ms * 2, BACKOFF_MOST_MS);
	}
	return NULL;
}

static void
start_idlers(Watch *watch, const ImapBoard *imap, GPtrArray *idlers)
{
	const char *root = watch->board->endpoint->path;

	for (guint i = idlers->len;
	     i < watch->folders->len && i < IDLERS_MOST; i++) {
		const char *folder = watch->folders->pdata[i];
		g_autofree char *path = *root != '\0'
		    ? g_strconcat(root, "/", folder, NULL)
		    : g_strdup(folder);
		Idler *idler = g_new0(Idler, 1);

		idler->watch = watch;
		idler->folder = in_imap_board_name(imap, path);
		idler->settings = watch->settings;
		idler->settings.folder = idler->folder;
		idler->thread = g_thread_new("idle", idler_run, idler);
		g_ptr_array_add(idlers, idler);
	}
}

static void
end_idler(gpointer data)
{
	Idler *idler = data;

	g_thread_join(idler->thread);
	g_free(idler->folder);
	g_free(idler);
}

/* --- one board ------------------------------------------------------------- */

/* Said once, not at each attempt. */
static void
note_problem(Watch *watch, const char *problem)
{
	if (watch->failing_since == 0)
		watch->failing_since = clock_now();
	if (strncmp(watch->problem, problem, sizeof watch->problem - 1) == 0)
		return;
	g_strlcpy(watch->problem, problem, sizeof watch->problem);
	log_error("board=%s event=board-problem host=%s problem=\"%s\"",
	    watch->board->name, watch->settings.host, problem);
}

static void
note_well(Watch *watch)
{
	watch->last_round = clock_now();
	if (watch->failing_since != 0)
		log_info("board=%s event=board-well-again failing=%"
			 G_GINT64_FORMAT "s",
		    watch->board->name,
		    watch->last_round - watch->failing_since);
	watch->failing_since = 0;
	watch->problem[0] = '\0';
}

static ImapBoard *
connect_board(Watch *watch, gboolean *denied, GError **error)
{
	const char *root = watch->board->endpoint->path;
	ImapSession *session = in_imap_session_open(
	    &watch->settings, watch->boards->stop_fd, denied, error);
	g_autoptr(ImapBoard) imap = session != NULL
	    ? in_imap_board_new(session, BOARD_FIELD, error)
	    : NULL;

	if (imap == NULL)
		return NULL;
	for (guint i = 0; i < watch->folders->len; i++) {
		g_autofree char *path = *root != '\0'
		    ? g_strconcat(root, "/", watch->folders->pdata[i], NULL)
		    : g_strdup(watch->folders->pdata[i]);

		if (!in_imap_board_make(imap, path, error))
			return NULL;
	}
	return g_steal_pointer(&imap);
}

/* One connection's life. FALSE with error: it is over. */
static gboolean
attend(Watch *watch, RoleDesk *mind, GPtrArray *idlers, int *backoff_ms,
    GError **error)
{
	Boards *boards = watch->boards;
	int sweep_ms = 1000 * (int)config_number(
	    watch->board->section, "imap-sweep");
	gboolean denied = FALSE;
	g_autoptr(ImapBoard) imap = connect_board(watch, &denied, error);
	g_autoptr(GHashTable) doubts = g_hash_table_new_full(
	    g_int64_hash, g_int64_equal, g_free, g_free);
	BoardRound round = { watch->board, &mind->desk, mind->store, imap,
		&boards->turn, watch->folders, doubts };

	if (imap == NULL) {
		if (denied)
			*backoff_ms = MAX(*backoff_ms, DENIED_MS);
		return FALSE;
	}
	g_atomic_int_set(&watch->connected, 1);
	log_info("board=%s event=board-connected host=%s", watch->board->name,
	    watch->settings.host);
	start_idlers(watch, imap, idlers);
	for (int rounds = 0; !stopped(boards); rounds++) {
		gboolean again;
		int soon_ms;

		role_refresh_keys(boards->site, mind->keys);
		if (!board_round(&round, &again, &soon_ms, error))
			return FALSE;
		*backoff_ms = BACKOFF_FIRST_MS;
		note_well(watch);
		if (again && rounds < ROUNDS_MOST)
			continue;
		rounds = 0;
		rest(boards, watch->news_fd,
		    again ? 100 : soon_ms != 0 ? soon_ms : sweep_ms);
	}
	return TRUE;
}

static gboolean
need_password(Watch *watch, GError **error)
{
	if (watch->password == NULL)
		watch->password = site_password(watch->board->section, error);
	watch->settings.password = watch->password;
	return watch->password != NULL;
}

static gpointer
watch_run(gpointer data)
{
	Watch *watch = data;
	g_autoptr(GPtrArray) idlers = g_ptr_array_new_with_free_func(end_idler);
	int backoff_ms = BACKOFF_FIRST_MS;
	RoleDesk mind = { 0 };

	while (!stopped(watch->boards)) {
		g_autoptr(GError) error = NULL;

		if (need_password(watch, &error) &&
		    role_desk_open(&mind, watch->boards->site, &error))
			attend(watch, &mind, idlers, &backoff_ms, &error);
		g_atomic_int_set(&watch->connected, 0);
		if (stopped(watch->boards))
			break;
		if (error != NULL)
			note_problem(watch, error->message);
		rest(watch->boards, -1,
		    g_random_int_range(backoff_ms / 2, backoff_ms + 1));
		backoff_ms = MIN(backoff_ms * 2, BACKOFF_MOST_MS);
	}
	g_clear_pointer(&idlers, g_ptr_array_unref);
	role_desk_clear(&mind);
	return NULL;
}

/* --- the role -------------------------------------------------------------- */

static void
fill(Watch *watch)
{
	const Board *board = watch->board;
	ImapSettings *settings = &watch->settings;

	settings->mailbox = board->name;
	role_imap_account(settings, board->endpoint, board->section);
	settings->folder = "INBOX"; /* is always there */
	settings->trust = watch->boards->trust;
}

static GPtrArray *
start_watches(Boards *boards)
{
	GPtrArray *watches = g_ptr_array_new();

	for (guint i = 0; i < boards->site->boards->len; i++) {
		Watch *watch = g_new0(Watch, 1);

		watch->boards = boards;
		watch->board = boards->site->boards->pdata[i];
		watch->news_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		watch->folders = board_folders(watch->board, boards->site);
		fill(watch);
		watch->thread = g_thread_new("board", watch_run, watch);
		g_ptr_array_add(watches, watch);
	}
	return watches;
}

static void
end_watches(GPtrArray *watches)
{
	for (guint i = 0; i < watches->len; i++) {
		Watch *watch = watches->pdata[i];

		g_thread_join(watch->thread);
		close(watch->news_fd);
		g_ptr_array_unref(watch->folders);
		g_free(watch->password);
		g_free(watch);
	}
	g_ptr_array_unref(watches);
}

static void
write_status(const Boards *boards, const GPtrArray *watches)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < watches->len; i++) {
		const Watch *watch = watches->pdata[i];

		role_status_add(text, watch->board->name,
		    g_atomic_int_get(&watch->connected), watch->last_round,
		    watch->failing_since, watch->problem);
	}
	role_status_write(boards->run_dir, "board.status", text);
}

/* Until it is time to stop: whoever wakes this role has committed something. */
static void
serve(const Boards *boards, const GPtrArray *watches, int wake)
{
	gint64 due = 0;

	while (!stopped(boards)) {
		struct pollfd fds[2] = { { boards->stop_fd, POLLIN, 0 },
			{ wake, POLLIN, 0 } };
		gint64 left = due - clock_monotonic_ms();

		if (left <= 0) {
			write_status(boards, watches);
			left = STATUS_SECONDS * 1000;
			due = clock_monotonic_ms() + left;
		}
		if (poll(fds, 2, (int)left) <= 0 || fds[1].revents == 0)
			continue;
		wake_wait(wake, 0);
		for (guint i = 0; i < watches->len; i++)
			rouse(((const Watch *)watches->pdata[i])->news_fd);
	}
}

gboolean
board_wanted(const Site *site)
{
	return site->boards->len > 0;
}

int
board_run(const RoleContext *context)
{
	const ConfigSection *gateway = config_section(
	    context->site->config, "gateway", NULL);
	g_autofree char *run = role_run_dir(context->site);
	g_autoptr(GError) error = NULL;
	int wake = wake_open(run, "board", &error);
	Boards boards = { .site = context->site, .run_dir = run,
		.stop_fd = context->stop_fd };
	GPtrArray *watches;

	message_init();
	g_mutex_init(&boards.turn);
	if (wake >= 0)
		boards.trust = stream_trust_new(
		    config_text(gateway, "ca-file"), &error);
	if (boards.trust == NULL) {
		log_error("event=failed problem=\"%s\"", error->message);
		return 1;
	}
	watches = start_watches(&boards);
	serve(&boards, watches, wake);
	end_watches(watches);
	stream_trust_free(boards.trust);
	g_mutex_clear(&boards.turn);
	close(wake);
	return 0;
}
