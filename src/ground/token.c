/* token.c - keyed proofs in reply addresses and Message-IDs.
 *
 * A token is the base32 of: kind (one octet), epoch, ticket and party (each
 * the shortest LEB128), then the first 16 octets of the HMAC over all that.
 * policy/ makes them for what goes out; thread and relay verify what comes
 * back. One token has one lower-case form: what could be written in two ways
 * is refused, else a seen token could be told from itself. */
#include "ground/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground/error.h"

#define KEY_SIZE     32
#define MAC_SIZE     16
#define VARINT_MOST  9 /* 63 bits */
#define PAYLOAD_MOST (1 + 3 * VARINT_MOST)
#define OCTETS_MOST  (PAYLOAD_MOST + MAC_SIZE)
#define FILE_MOST    65536

typedef struct Key {
	gint64 epoch;
	guint8 secret[KEY_SIZE];
} Key;

struct TokenKeys {
	GArray *keys; /* of Key, in the order of the file */
};

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

/* Base32 of RFC 4648 section 6, lower case, no padding. */
static char *
base32_encode(const guint8 *octets, gsize n)
{
	GString *out = g_string_sized_new(n * 8 / 5 + 2);
	guint32 bits = 0;
	guint have = 0;

	for (gsize i = 0; i < n; i++) {
		bits = bits << 8 | octets[i];
		for (have += 8; have >= 5; have -= 5)
			g_string_append_c(out,
			    alphabet[bits >> (have - 5) & 31]);
	}
	if (have > 0)
		g_string_append_c(out, alphabet[bits << (5 - have) & 31]);
	return g_string_free(out, FALSE);
}

/* -1 for foreign characters, too much, or left-over bits that are not 0. */
static gssize
base32_decode(const char *text, gsize n, guint8 *octets, gsize most)
{
	guint32 bits = 0;
	guint have = 0;
	gsize count = 0;

	for (gsize i = 0; i < n; i++) {
		char c = g_ascii_tolower(text[i]);
		const char *at = c == '\0' ? NULL : strchr(alphabet, c);

		if (at == NULL)
			return -1;
		bits = bits << 5 | (guint32)(at - alphabet);
		have += 5;
		if (have >= 8) {
			if (count == most)
				return -1;
			have -= 8;
			octets[count++] = (guint8)(bits >> have);
		}
	}
	/* 5 or more bits left over: a letter that says nothing. */
	if (have >= 5 || (bits & ((1u << have) - 1)) != 0)
		return -1;
	return (gssize)count;
}

static gsize
varint_put(guint8 *to, gint64 value)
{
	guint64 left = (guint64)value;
	gsize n = 0;

	for (; left >= 0x80; left >>= 7)
		to[n++] = (guint8)(left | 0x80);
	to[n++] = (guint8)left;
	return n;
}

/* FALSE if it is cut off, over 63 bits, or longer than need be. */
static gboolean
varint_take(const guint8 **p, const guint8 *end, gint64 *value)
{
	guint64 sum = 0;

	for (guint i = 0; i < VARINT_MOST && *p < end; i++) {
		guint8 octet = *(*p)++;

		sum |= (guint64)(octet & 0x7f) << (7 * i);
		if ((octet & 0x80) == 0) {
			*value = (gint64)sum;
			return octet != 0 || i == 0;
		}
	}
	return FALSE;
}

static void
mac_of(const Key *key, const guint8 *payload, gsize n, guint8 *mac)
{
	GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA256, key->secret, KEY_SIZE);
	guint8 digest[32];
	gsize size = sizeof(digest);

	g_hmac_update(hmac, payload, (gssize)n);
	g_hmac_get_digest(hmac, digest, &size);
	g_hmac_unref(hmac);
	memcpy(mac, digest, MAC_SIZE);
}

/* Takes as long for the first octet wrong as for the last. */
static gboolean
is_same(const guint8 *a, const guint8 *b, gsize n)
{
	volatile guint8 differs = 0;

	for (gsize i = 0; i < n; i++)
		differs |= a[i] ^ b[i];
	return differs == 0;
}

static gboolean
is_kind(guint8 octet)
{
	return octet != 0 && strchr("canbmx", octet) != NULL;
}

static const Key *
key_of(const TokenKeys *keys, gint64 epoch)
{
	for (guint i = 0; i < keys->keys->len; i++) {
		const Key *key = &g_array_index(keys->keys, Key, i);

		if (key->epoch == epoch)
			return key;
	}
	return NULL;
}

char *
token_make(const TokenKeys *keys, TokenKind kind, gint64 ticket, gint64 party)
{
	const Key *key;
	guint8 octets[OCTETS_MOST];
	gsize n = 0;

	g_return_val_if_fail(keys != NULL && is_kind((guint8)kind), NULL);
	g_return_val_if_fail(ticket >= 0 && party >= 0, NULL);
	key = &g_array_index(keys->keys, Key, keys->keys->len - 1);
	octets[n++] = (guint8)kind;
	n += varint_put(octets + n, key->epoch);
	n += varint_put(octets + n, ticket);
	n += varint_put(octets + n, party);
	mac_of(key, octets, n, octets + n);
	return base32_encode(octets, n + MAC_SIZE);
}

gboolean
token_verify(const TokenKeys *keys, const char *text, gssize length,
    Token *token)
{
	guint8 octets[OCTETS_MOST], mac[MAC_SIZE];
	const guint8 *p = octets + 1, *end;
	gint64 epoch, ticket, party;
	const Key *key;
	gssize n;

	if (text == NULL)
		return FALSE;
	n = base32_decode(text, length < 0 ? strlen(text) : (gsize)length,
	    octets, sizeof(octets));
	if (n < 1 + 3 + MAC_SIZE || !is_kind(octets[0]))
		return FALSE;
	end = octets + n - MAC_SIZE;
	if (!varint_take(&p, end, &epoch) || !varint_take(&p, end, &ticket) ||
	    !varint_take(&p, end, &party) || p != end)
		return FALSE;
	key = key_of(keys, epoch);
	if (key == NULL)
		return FALSE;
	mac_of(key, octets, (gsize)(end - octets), mac);
	if (!is_same(mac, end, MAC_SIZE))
		return FALSE;
	token->kind = (TokenKind)octets[0];
	token->ticket = ticket;
	token->party = party;
	return TRUE;
}

static void
random_octets(guint8 *to, gsize n)
{
	while (n > 0) {
		ssize_t got = getrandom(to, n, 0);

		if (got < 0 && errno != EINTR)
			g_error("getrandom: %s", g_strerror(errno));
		if (got > 0) {
			to += got;
			n -= (gsize)got;
		}
	}
}

char *
token_random(void)
{
	guint8 octets[16];

	random_octets(octets, sizeof(octets));
	return base32_encode(octets, sizeof(octets));
}

void
token_keys_free(TokenKeys *keys)
{
	if (keys == NULL)
		return;
	if (keys->keys->len > 0)
		explicit_bzero(keys->keys->data, keys->keys->len * sizeof(Key));
	g_array_unref(keys->keys);
	g_free(keys);
}

/* "EPOCH BASE64", comments and empty lines; nothing else may stand there. */
static gboolean
add_line(TokenKeys *keys, char *line, const char *path, guint number,
    GError **error)
{
	g_autofree guchar *secret = NULL;
	g_autofree char *again = NULL;
	Key key;
	gsize n;
	char *space;

	g_strstrip(line);
	if (*line == '\0' || *line == '#')
		return TRUE;
	space = strpbrk(line, " \t");
	if (space == NULL)
		return error_config(error, "%s:%u: a key line is: EPOCH BASE64",
		    path, number);
	*space++ = '\0';
	if (!g_ascii_string_to_signed(line, 10, 0, G_MAXINT64, &key.epoch,
		NULL))
		return error_config(error, "%s:%u: epoch \"%s\" is no number",
		    path, number, line);
	if (key_of(keys, key.epoch) != NULL)
		return error_config(error,
		    "%s:%u: epoch %s stands here for the second time", path,
		    number, line);
	g_strchug(space);
	secret = g_base64_decode(space, &n);
	/* GLib's decoder passes over what it does not know. */
	again = g_base64_encode(secret, n);
	if (n != KEY_SIZE || strcmp(again, space) != 0)
		return error_config(error,
		    "%s:%u: the key is not %d octets in base64", path, number,
		    KEY_SIZE);
	memcpy(key.secret, secret, KEY_SIZE);
	g_array_append_val(keys->keys, key);
	explicit_bzero(&key, sizeof(key));
	explicit_bzero(secret, n);
	explicit_bzero(again, strlen(again));
	return TRUE;
}

/* The whole file; free after explicit_bzero. */
static char *
read_secret(const char *path, gsize *size, GError **error)
{
	g_autofree char *octets = NULL;
	struct stat st;
	ssize_t n;
	gsize have = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0) {
		error_config(error, "key file %s: %s", path, g_strerror(errno));
	} else if (!S_ISREG(st.st_mode) || st.st_size > FILE_MOST) {
		error_config(error, "key file %s: no key file", path);
	} else if ((st.st_mode & S_IROTH) != 0) {
		error_config(error,
		    "key file %s can be read by everybody: chmod 600 %s", path,
		    path);
	} else {
		octets = g_malloc0(FILE_MOST + 1);
		while ((n = read(fd, octets + have, FILE_MOST - have)) > 0)
			have += (gsize)n;
		if (n < 0) {
			error_config(error, "key file %s: %s", path,
			    g_strerror(errno));
			g_clear_pointer(&octets, g_free);
		}
	}
	if (fd >= 0)
		close(fd);
	*size = have;
	return g_steal_pointer(&octets);
}

TokenKeys *
token_keys_load(const char *path, GError **error)
{
	g_autoptr(TokenKeys) keys = g_new0(TokenKeys, 1);
	gsize size;
	char *text, *line;
	gboolean ok = TRUE;

	keys->keys = g_array_new(FALSE, TRUE, sizeof(Key));
	text = read_secret(path, &size, error);
	if (text == NULL)
		return NULL;
	line = text;
	for (guint number = 1; ok && line != NULL; number++) {
		char *next = strchr(line, '\n');

		if (next != NULL)
			*next++ = '\0';
		ok = add_line(keys, line, path, number, error);
		line = next;
	}
	explicit_bzero(text, size);
	g_free(text);
	if (ok && keys->keys->len == 0)
		ok = error_config(error, "key file %s: no key in it", path);
	return ok ? g_steal_pointer(&keys) : NULL;
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

/* Complete beside its place, then link(2), which never overwrites: after a
 * crash there is a whole key file or none. */
gboolean
token_keys_create(const char *path, GError **error)
{
	g_autofree char *temporary = g_strdup_printf("%s.XXXXXX", path);
	g_autofree char *base64 = NULL, *text = NULL;
	guint8 secret[KEY_SIZE];
	int fd = g_mkstemp_full(temporary, O_WRONLY | O_CLOEXEC, 0600);
	int saved;
	gboolean ok;

	if (fd < 0)
		return error_config(error, "key file %s: %s", path,
		    g_strerror(errno));
	random_octets(secret, sizeof(secret));
	base64 = g_base64_encode(secret, sizeof(secret));
	text = g_strdup_printf(
	    "# javob: keys of reply addresses. Keep secret, keep a copy.\n"
	    "# EPOCH KEY; to change, add a line; the last one signs.\n"
	    "1 %s\n",
	    base64);
	ok = write_synced(fd, text, strlen(text)) &&
	     link(temporary, path) == 0 && sync_folder(path);
	saved = errno;
	close(fd);
	unlink(temporary);
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(base64, strlen(base64));
	explicit_bzero(text, strlen(text));
	if (!ok)
		return error_config(error, "key file %s: %s", path,
		    g_strerror(saved));
	return TRUE;
}
