/* fuzz-authres.c - any text as Authentication-Results and From: nobody is
 * proven whose domain is not written there. */
#include <stdint.h>
#include <string.h>

#include "mail/address.h"
#include "mail/authres.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size);

static void
push(Message *message, const char *name, const char *body)
{
	HeaderField field = { g_strdup(name), g_strdup(body) };

	g_array_append_val(message->fields, field);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size)
{
	g_autofree char *text = g_strndup((const char *)octets, size);
	g_autofree char *body = g_strconcat("mx; ", text, NULL);
	g_autofree char *low = g_ascii_strdown(text, -1);
	g_autofree char *reason = NULL;
	g_autoptr(Message) message = message_new();
	g_autoptr(Message) author = message_new();

	push(message, "Authentication-Results", text);
	push(message, "Authentication-Results", body);
	push(message, "Received", "x");
	push(message, "From", "a@b.c");
	message->from_fields = 1;
	g_ptr_array_add(message->from, address_new("a@b.c", ""));
	if (authres_judge(message, "mx", &reason) == AUTH_PASS)
		g_assert_nonnull(strstr(low, "b.c"));
	push(author, "Authentication-Results",
	    "mx; dmarc=pass header.from=b.c");
	push(author, "From", text);
	author->from_fields = 1;
	g_ptr_array_add(author->from, address_new("a@b.c", ""));
	if (authres_judge(author, "mx", NULL) == AUTH_PASS)
		g_assert_nonnull(strchr(text, '@'));
	return 0;
}
