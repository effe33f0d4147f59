/* token_keys.c - the key file: read, made, changed.
 *
 * The keys of ground/token. `javob init` makes the file, `javob key rotate`
 * changes it, the daemon's roles notice that by themselves. After a crash
 * there is a whole file or the one before. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground/error.h"
#include "ground/token_private.h"

#define FILE_MOST 65536
#define HEAD                                                                   \
	"# javob: keys of reply addresses. Keep secret, keep a copy.\n"        \
	"# EPOCH KEY DATE; the last one signs. javob key rotate adds one.\n"

void
token_keys_free(TokenKeys *keys)
{
	if (keys == NULL)
		return;
	if (keys->keys->len > 0)
		explicit_bzero(keys->keys->data,
		    keys->keys->len * sizeof(TokenKey));
	g_array_unref(keys->keys);
	g_free(keys->path);
	g_free(keys);
}

/* --- reading --------------------------------------------------------------- */

/* "2026-11-27" in UTC. */
static gboolean
read_day(const char *text, gint64 *when)
{
	g_autofree char *full = g_strdup_printf("%sT00:00:00Z", text);
	g_autoptr(GDateTime) time =
	    strlen(text) == 10 ? g_date_time_new_from_iso8601(full, NULL)
			       : NULL;

	if (time == NULL)
		return FALSE;
	*when = g_date_time_to_unix(time);
	return TRUE;
}

static gboolean
read_key(TokenKey *key, const char *base64)
{
	g_autofree guchar *secret = NULL;
	g_autofree char *again = NULL;
	gboolean ok;
	gsize n;

	secret = g_base64_decode(base64, &n);
	/* GLib's decoder passes over what it does not know. */
	again = g_base64_encode(secret, n);
	ok = n == TOKEN_KEY_SIZE && strcmp(again, base64) == 0;
	if (ok)
		memcpy(key->secret, secret, TOKEN_KEY_SIZE);
	explicit_bzero(secret, n);
	explicit_bzero(again, strlen(again));
	return ok;
}

/* Cuts the next word out of *at; NULL when there is none. */
static char *
take_word(char **at)
{
	char *word = *at + strspn(*at, " \t\r");
	char *end = word + strcspn(word, " \t\r");

	if (*word == '\0')
		return NULL;
	*at = *end == '\0' ? end : end + 1;
	*end = '\0';
	return word;
}

/* "EPOCH BASE64 [DATE]", comments and empty lines; nothing else may stand
 * there. */
static gboolean
add_line(TokenKeys *keys, char *line, guint number, GError **error)
{
	char *at = line, *word = take_word(&at), *secret, *day;
	TokenKey key = { 0 };

	if (word == NULL || *word == '#')
		return TRUE;
	secret = take_word(&at);
	if (secret == NULL)
		return error_config(error,
		    "%s:%u: a key line is: EPOCH BASE64 DATE", keys->path,
		    number);
	if (!g_ascii_string_to_signed(word, 10, 0, G_MAXINT64, &key.epoch,
		NULL))
		return error_config(error, "%s:%u: epoch \"%s\" is no number",
		    keys->path, number, word);
	if (token_key_of(keys, key.epoch) != NULL)
		return error_config(error,
		    "%s:%u: epoch %s stands here for the second time",
		    keys->path, number, word);
	if (!read_key(&key, secret))
		return error_config(error,
		    "%s:%u: the key is not %d octets in base64", keys->path,
		    number, TOKEN_KEY_SIZE);
	day = take_word(&at);
	if ((day != NULL && !read_day(day, &key.made)) ||
	    take_word(&at) != NULL) {
		explicit_bzero(&key, sizeof(key));
		return error_config(error,
		    "%s:%u: behind the key only the day may stand on which it "
		    "was made, such as 2026-11-27",
		    keys->path, number);
	}
	g_array_append_val(keys->keys, key);
	explicit_bzero(&key, sizeof(key));
	return TRUE;
}

static gboolean
check_file(int fd, const char *path, struct stat *st, GError **error)
{
	if (fd < 0 || fstat(fd, st) < 0)
		return error_config(error, "key file %s: %s", path,
		    g_strerror(errno));
	if (!S_ISREG(st->st_mode) || st->st_size > FILE_MOST)
		return error_config(error, "key file %s: no key file", path);
	if ((st->st_mode & S_IROTH) != 0)
		return error_config(error,
		    "key file %s can be read by everybody: chmod 600 %s", path,
		    path);
	return TRUE;
}

/* All of fd; free with wipe. */
static char *
read_secret(int fd, const char *path, struct stat *st, GError **error)
{
	g_autofree char *octets = NULL;
	gsize have = 0;
	ssize_t n;

	if (!check_file(fd, path, st, error))
		return NULL;
	octets = g_malloc0(FILE_MOST + 1);
	while ((n = read(fd, octets + have, FILE_MOST - have)) > 0)
		have += (gsize)n;
	if (n < 0) {
		error_config(error, "key file %s: %s", path, g_strerror(errno));
		return NULL;
	}
	return g_steal_pointer(&octets);
}

static void
wipe(char *text)
{
	if (text != NULL)
		explicit_bzero(text, FILE_MOST + 1);
	g_free(text);
}

static gboolean
read_lines(TokenKeys *keys, const char *text, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	gboolean ok = TRUE;

	for (guint i = 0; lines[i] != NULL; i++) {
		gsize length = strlen(lines[i]);

		ok = ok && add_line(keys, lines[i], i + 1, error);
		explicit_bzero(lines[i], length);
	}
	if (ok && keys->keys->len == 0)
		return error_config(error, "key file %s: no key in it",
		    keys->path);
	return ok;
}

static TokenKeys *
load(int fd, const char *path, GError **error)
{
	g_autoptr(TokenKeys) keys = g_new0(TokenKeys, 1);
	gboolean ok;
	char *text;

	keys->keys = g_array_new(FALSE, TRUE, sizeof(TokenKey));
	keys->path = g_strdup(path);
	text = read_secret(fd, path, &keys->stat, error);
	ok = text != NULL && read_lines(keys, text, error);
	wipe(text);
	return ok ? g_steal_pointer(&keys) : NULL;
}

TokenKeys *
token_keys_load(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	TokenKeys *keys = load(fd, path, error);

	if (fd >= 0)
		close(fd);
	return keys;
}

/* --- age ------------------------------------------------------------------- */

/* How long the i-th key is honoured. */
static gint64
until(const TokenKeys *keys, guint i, gint64 age)
{
	const TokenKey *next;

	if (i + 1 >= keys->keys->len)
		return G_MAXINT64;
	next = &g_array_index(keys->keys, TokenKey, i + 1);
	return next->made != 0 ? next->made + age : G_MAXINT64;
}

void
token_keys_retire(TokenKeys *keys, gint64 now, gint64 age)
{
	guint i = 0;

	/* From the oldest: each looks at the one that followed it. */
	while (i < keys->keys->len) {
		TokenKey *key = &g_array_index(keys->keys, TokenKey, i);

		if (until(keys, i, age) >= now) {
			i++;
			continue;
		}
		explicit_bzero(key, sizeof(*key));
		g_array_remove_index(keys->keys, i);
	}
}

static gboolean
is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

gboolean
token_keys_refresh(TokenKeys *keys, gint64 now, gint64 age, GError **error)
{
	g_autoptr(TokenKeys) fresh = NULL;
	GArray *old;
	struct stat st;

	if (stat(keys->path, &st) != 0)
		memset(&st, 0, sizeof st);
	if (is_same_file(&st, &keys->stat)) {
		token_keys_retire(keys, now, age);
		return TRUE;
	}
	/* One attempt, and one complaint, for each state of the file. */
	keys->stat = st;
	fresh = token_keys_load(keys->path, error);
	if (fresh == NULL)
		return FALSE;
	token_keys_retire(fresh, now, age);
	/* Whoever borrows keys goes on with the new ones. */
	keys->stat = fresh->stat;
	old = keys->keys;
	keys->keys = fresh->keys;
	fresh->keys = old;
	return TRUE;
}

GArray *
token_keys_facts(const TokenKeys *keys, gint64 age)
{
	GArray *facts = g_array_new(FALSE, FALSE, sizeof(TokenKeyFact));

	for (guint i = 0; i < keys->keys->len; i++) {
		const TokenKey *key = &g_array_index(keys->keys, TokenKey, i);
		TokenKeyFact fact = { key->epoch, key->made,
			until(keys, i, age) };

		g_array_append_val(facts, fact);
	}
	return facts;
}

/* --- writing --------------------------------------------------------------- */

static void
append_key(GString *out, const TokenKey *key)
{
	g_autofree char *base64 = g_base64_encode(key->secret, TOKEN_KEY_SIZE);

	g_string_append_printf(out, "%" G_GINT64_FORMAT " %s", key->epoch,
	    base64);
	explicit_bzero(base64, strlen(base64));
	if (key->made != 0) {
		g_autoptr(GDateTime) time =
		    g_date_time_new_from_unix_utc(key->made);
		g_autofree char *day = g_date_time_format(time, "%Y-%m-%d");

		g_string_append_printf(out, " %s", day);
	}
	g_string_append_c(out, '\n');
}

static void
append_new_key(GString *out, gint64 epoch, gint64 now)
{
	TokenKey key = { .epoch = epoch, .made = now };

	token_random_octets(key.secret, TOKEN_KEY_SIZE);
	append_key(out, &key);
	explicit_bzero(&key, sizeof(key));
}

static gboolean
write_synced(int fd, const char *text, gsize n)
{
	while (n > 0) {
		ssize_t done = write(fd, text, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return FALSE;
		text += done;
		n -= (gsize)done;
	}
	return fsync(fd) == 0;
}

static gboolean
sync_folder(const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	gboolean ok;

	if (fd < 0)
		return FALSE;
	ok = fsync(fd) == 0;
	close(fd);
	return ok;
}

/* Complete beside its place first. was: the file to be replaced, whose owner
 * the new one has too; NULL: link(2), which never overwrites. text is wiped. */
static gboolean
put_file(const char *path, GString *text, const struct stat *was,
    GError **error)
{
	g_autofree char *temporary = g_strdup_printf("%s.XXXXXX", path);
	int fd = g_mkstemp_full(temporary, O_WRONLY | O_CLOEXEC, 0600);
	gboolean ok = fd >= 0 && write_synced(fd, text->str, text->len);
	int saved;

	if (ok && was != NULL && was->st_uid != geteuid())
		ok = fchown(fd, was->st_uid, was->st_gid) == 0;
	if (ok)
		ok = (was != NULL ? rename(temporary, path)
				  : link(temporary, path)) == 0 &&
		     sync_folder(path);
	saved = errno;
	explicit_bzero(text->str, text->len);
	if (fd >= 0) {
		close(fd);
		unlink(temporary);
	}
	if (!ok)
		return error_config(error, "key file %s: %s", path,
		    g_strerror(saved));
	return TRUE;
}

gboolean
token_keys_create(const char *path, gint64 now, GError **error)
{
	g_autoptr(GString) text = g_string_sized_new(FILE_MOST);

	g_string_append(text, HEAD);
	append_new_key(text, 1, now);
	return put_file(path, text, NULL, error);
}

/* Opens the file and waits until nobody else changes it. */
static int
open_locked(const char *path)
{
	for (;;) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		struct stat there, here;

		if (fd < 0)
			return -1;
		if (flock(fd, LOCK_EX) == 0 && fstat(fd, &here) == 0 &&
		    stat(path, &there) == 0 && here.st_ino == there.st_ino)
			return fd;
		close(fd);
	}
}

static gboolean
rotate(TokenKeys *keys, gint64 now, gint64 age, guint *dropped, GError **error)
{
	g_autoptr(GString) text = g_string_sized_new(FILE_MOST);
	guint before = keys->keys->len;
	gint64 epoch = 0;

	for (guint i = 0; i < before; i++)
		epoch =
		    MAX(epoch, g_array_index(keys->keys, TokenKey, i).epoch);
	token_keys_retire(keys, now, age);
	*dropped = before - keys->keys->len;
	g_string_append(text, HEAD);
	for (guint i = 0; i < keys->keys->len; i++)
		append_key(text, &g_array_index(keys->keys, TokenKey, i));
	append_new_key(text, epoch + 1, now);
	return put_file(keys->path, text, &keys->stat, error);
}

gboolean
token_keys_rotate(const char *path, gint64 now, gint64 age, guint *dropped,
    GError **error)
{
	int fd = open_locked(path);
	g_autoptr(TokenKeys) keys = load(fd, path, error);
	gboolean ok = keys != NULL && rotate(keys, now, age, dropped, error);

	if (fd >= 0)
		close(fd);
	return ok;
}
