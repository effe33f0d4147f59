/* fuzz-wire.c - what a worker that was taken over may answer. */
#include "mail/wire.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
	g_autoptr(GBytes) bytes = g_bytes_new(data, size);
	g_autoptr(Message) message = wire_unpack(bytes, NULL);

	if (message != NULL)
		g_assert(g_utf8_validate(message->body_text, -1, NULL));
	return 0;
}
