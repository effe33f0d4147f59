/* transfer.h - octets out of a Content-Transfer-Encoding (RFC 2045 section 6).
 *
 * Anything is taken: what cannot be decoded is left out of base64, and stays as
 * it is in quoted-printable. */
#ifndef MAIL_TRANSFER_H
#define MAIL_TRANSFER_H

#include <glib.h>

typedef enum Transfer {
	TRANSFER_PLAIN, /* 7bit, 8bit, binary, and what nobody knows */
	TRANSFER_BASE64,
	TRANSFER_QUOTED,
	TRANSFER_UU,
} Transfer;

typedef struct TransferDecoder TransferDecoder;

/* raw: body of the field, or NULL. */
Transfer transfer_of(const char *raw);

/* For encodings other than TRANSFER_PLAIN. */
TransferDecoder *transfer_decoder_new(Transfer transfer);
void transfer_decoder_free(TransferDecoder *decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TransferDecoder, transfer_decoder_free)

/* Octets that n encoded ones may need, and those of the piece before. */
gsize transfer_room(const TransferDecoder *decoder, gsize n);

/* Decodes the next n octets into out; returns how many came out. */
gsize transfer_step(TransferDecoder *decoder, const char *in, gsize n,
    gboolean last, char *out);

#endif
