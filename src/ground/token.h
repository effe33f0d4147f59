/* token.h - keyed proofs: reply addresses, our Message-IDs, bounce addresses.
 *
 * HMAC-SHA-256 cut to 128 bits over (kind, epoch, ticket, party), written in
 * lower-case base32 (RFC 4648, no padding) so that it survives mail programs
 * which change the case of a local part: 32 to 40 characters. */
#ifndef GROUND_TOKEN_H
#define GROUND_TOKEN_H

#include "javob.h"

typedef struct TokenKeys TokenKeys;

typedef enum TokenKind {
	TOKEN_CUSTOMER = 'c', /* reply address given to a customer */
	TOKEN_AGENT = 'a',    /* reply address given to an agent: goes out */
	TOKEN_NOTE = 'n',     /* note address given to an agent: stays inside */
	TOKEN_BOUNCE = 'b',   /* envelope sender of a mail of ours */
	TOKEN_MESSAGE = 'm',  /* inside a Message-ID of ours */
	TOKEN_LOOP = 'x',     /* value of our X-Loop field; ticket, party 0 */
	TOKEN_QUOTE = 'q',    /* at the foot of a customer's letter */
	TOKEN_BOARD = 'd',    /* on a message of a board; party: which one */
} TokenKind;

typedef struct Token {
	TokenKind kind;
	gint64 ticket; /* row id, not the number shown to people */
	gint64 party;  /* address row id of whom it was made for */
} Token;

/* Reads the key file: one "EPOCH BASE64 DATE" line a key, DATE the day on
 * which it was made, or nothing. The last one signs, all verify. Mode 0600
 * wanted. */
TokenKeys *token_keys_load(const char *path, GError **error);
void token_keys_free(TokenKeys *keys);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TokenKeys, token_keys_free)

/* A key that another one has followed is honoured for age seconds from the
 * day of that one; then it is forgotten here, and its tokens look like
 * nonsense. Where the day is not known it is honoured for ever. */
void token_keys_retire(TokenKeys *keys, gint64 now, gint64 age);

/* The same, after reading the file again if it is another one than was read.
 * FALSE with error: it cannot be read, and the keys are as they were; told once
 * for each state of the file. */
gboolean token_keys_refresh(TokenKeys *keys, gint64 now, gint64 age,
    GError **error);

/* Writes a new key file with 256 random bits, mode 0600, synced; never
 * overwrites. */
gboolean token_keys_create(const char *path, gint64 now, GError **error);

/* Adds a key, which signs from now on, and leaves out those that are no longer
 * honoured; the file is replaced as a whole. *dropped: how many were. */
gboolean token_keys_rotate(const char *path, gint64 now, gint64 age,
    guint *dropped, GError **error);

/* What may be told of a key. */
typedef struct TokenKeyFact {
	gint64 epoch;
	gint64 made;  /* 0: the file does not say */
	gint64 until; /* honoured so long; G_MAXINT64: no end is known */
} TokenKeyFact;
/* In the order of the file, the last one signs. Free with g_array_unref. */
GArray *token_keys_facts(const TokenKeys *keys, gint64 age);

/* Free with g_free. */
char *token_make(const TokenKeys *keys, TokenKind kind, gint64 ticket,
    gint64 party);

/* TRUE and *token filled for a token that one of the keys made, whatever the
 * case of its letters. Compares in constant time; a wrong key, a cut or
 * changed token and nonsense all look alike. length -1: up to NUL. */
gboolean token_verify(const TokenKeys *keys, const char *text, gssize length,
    Token *token);

/* 128 random bits as 26 base32 characters; free with g_free. */
char *token_random(void);

#endif
