/* token.c - keyed proofs in reply addresses and Message-IDs.
 *
 * A token is the base32 of: kind (one octet), epoch, ticket and party (each
 * the shortest LEB128), then the first 16 octets of the HMAC over all that.
 * policy/ makes them for what goes out; thread and relay verify what comes
 * back. One token has one lower-case form: what could be written in two ways
 * is refused, else a seen token could be told from itself. */
#include "ground/token.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "ground/token_private.h"

#define MAC_SIZE     16
#define VARINT_MOST  9 /* 63 bits */
#define PAYLOAD_MOST (1 + 3 * VARINT_MOST)
#define OCTETS_MOST  (PAYLOAD_MOST + MAC_SIZE)

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
mac_of(const TokenKey *key, const guint8 *payload, gsize n, guint8 *mac)
{
	GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA256, key->secret, TOKEN_KEY_SIZE);
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
	return octet != 0 && strchr("canbmxqd", octet) != NULL;
}

const TokenKey *
token_key_of(const TokenKeys *keys, gint64 epoch)
{
	for (guint i = 0; i < keys->keys->len; i++) {
		const TokenKey *key = &g_array_index(keys->keys, TokenKey, i);

		if (key->epoch == epoch)
			return key;
	}
	return NULL;
}

char *
token_make(const TokenKeys *keys, TokenKind kind, gint64 ticket, gint64 party)
{
	const TokenKey *key;
	guint8 octets[OCTETS_MOST];
	gsize n = 0;

	g_return_val_if_fail(keys != NULL && is_kind((guint8)kind), NULL);
	g_return_val_if_fail(ticket >= 0 && party >= 0, NULL);
	key = &g_array_index(
	    keys->keys, TokenKey, keys->keys->len - 1);
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
	const TokenKey *key;
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
	key = token_key_of(keys, epoch);
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

void
token_random_octets(guint8 *to, gsize n)
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

	token_random_octets(octets, sizeof(octets));
	return base32_encode(octets, sizeof(octets));
}
