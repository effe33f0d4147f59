/* token_private.h - what token.c and token_keys.c share. */
#ifndef GROUND_TOKEN_PRIVATE_H
#define GROUND_TOKEN_PRIVATE_H

#include <sys/stat.h>

#include "ground/token.h"

enum { TOKEN_KEY_SIZE = 32 };

typedef struct TokenKey {
	gint64 epoch;
	gint64 made; /* 0: the file does not say */
	guint8 secret[TOKEN_KEY_SIZE];
} TokenKey;

struct TokenKeys {
	GArray *keys; /* of TokenKey, in the order of the file */
	char *path;
	struct stat stat; /* of the file that was read */
};

const TokenKey *token_key_of(const TokenKeys *keys, gint64 epoch);
void token_random_octets(guint8 *to, gsize n);

#endif
