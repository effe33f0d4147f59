/* fuzz-message.c - any octets are a mail, and its Message survives the wire. */
#include "mail/message.h"
#include "mail/wire.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	message_init();
	return 0;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
	g_autoptr(GBytes) bytes = g_bytes_new(data, size);
	g_autoptr(Message) message =
	    message_parse(bytes, MESSAGE_WITH_ATTACHMENTS);
	g_autoptr(Message) scanned = message_scan(bytes);
	g_autoptr(GBytes) octets = wire_pack(message);
	g_autoptr(GBytes) other = wire_pack(scanned);
	g_autoptr(Message) back = wire_unpack(octets, NULL);
	g_autoptr(Message) again = wire_unpack(other, NULL);

	g_assert(back != NULL && again != NULL);
	return 0;
}
