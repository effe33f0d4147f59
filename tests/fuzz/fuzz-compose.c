/* fuzz-compose.c - any clean words in a letter: it can always be written, and
 * it holds the fields we put there and no others; and any octets as they are:
 * written or refused, never broken. */
#include <stdint.h>
#include <string.h>

#include "ground/text.h"
#include "mail/compose.h"
#include "mail/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size);

static void
check_fields(GBytes *octets)
{
	gsize size;
	const char *p = g_bytes_get_data(octets, &size);
	guint fields = 0;

	for (; *p != '\r'; p = strchr(p, '\n') + 1)
		fields += *p != ' ' && *p != '\t';
	g_assert_cmpuint(fields, ==, 9);
}

/* must: the words are clean, so nothing may be refused. */
static void
write_letter(const char *subject, const char *name, const char *text,
    gboolean must)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) to = g_ptr_array_new();
	g_autoptr(GPtrArray) attachments = g_ptr_array_new();
	Address address = { (char *)"a@x.example", (char *)name };
	Attachment attachment = { .name = (char *)name, .type = (char *)name };
	Compose compose = { .class = COMPOSE_AUTO_REPLIED,
		.from = &address,
		.to = to,
		.subject = subject,
		.message_id = "m@x.example",
		.text = text,
		.attachments = attachments };
	g_autoptr(GBytes) octets = NULL;

	attachment.octets = g_bytes_new_static(text, strlen(text));
	g_ptr_array_add(to, &address);
	g_ptr_array_add(attachments, &attachment);
	octets = compose_message(&compose, &error);
	if (must)
		g_assert_no_error(error);
	g_assert_true((octets == NULL) == (error != NULL));
	if (octets != NULL)
		check_fields(octets);
	g_bytes_unref(attachment.octets);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size)
{
	g_autofree char *raw = g_strndup((const char *)octets, size);
	g_autofree char *valid = text_valid((const char *)octets, size);
	g_autofree char *line = text_clean_line(valid, 0);
	g_autofree char *body = text_clean_body(valid);

	write_letter(line, line, body, TRUE);
	write_letter(raw, line, body, FALSE);
	write_letter(line, raw, body, FALSE);
	write_letter(line, line, raw, FALSE);
	return 0;
}
