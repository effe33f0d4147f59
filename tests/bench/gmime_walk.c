/* How fast GMime alone reads mail: parse, find the first text/plain part (else
 * text/html), decode it to UTF-8, read References.
 *
 *   gmime_walk <list of files
 *
 * Prints mails/s and CPU microseconds a mail; reading the files counts. */
#include <gmime/gmime.h>

#include "bench.h"

static GMimeObject *
find_text(GMimeObject *part, const char *subtype)
{
	GMimeContentType *type;

	if (GMIME_IS_MULTIPART(part)) {
		int n = g_mime_multipart_get_count(GMIME_MULTIPART(part));

		for (int i = 0; i < n; i++) {
			GMimeObject *hit = find_text(
			    g_mime_multipart_get_part(GMIME_MULTIPART(part), i),
			    subtype);

			if (hit != NULL)
				return hit;
		}
		return NULL;
	}
	type = g_mime_object_get_content_type(part);
	return GMIME_IS_TEXT_PART(part) &&
		       g_mime_content_type_is_type(type, "text", subtype)
		   ? part
		   : NULL;
}

static size_t
read_text(GMimeMessage *message)
{
	GMimeObject *top = g_mime_message_get_mime_part(message);
	GMimeObject *part = top != NULL ? find_text(top, "plain") : NULL;
	g_autofree char *text = NULL;

	if (part == NULL && top != NULL)
		part = find_text(top, "html");
	if (part != NULL)
		text = g_mime_text_part_get_text(GMIME_TEXT_PART(part));
	return text != NULL ? strlen(text) : 0;
}

static int
count_references(GMimeMessage *message)
{
	const char *body =
	    g_mime_object_get_header(GMIME_OBJECT(message), "References");
	GMimeReferences *list;
	int n;

	if (body == NULL)
		return 0;
	list = g_mime_references_parse(NULL, body);
	n = g_mime_references_length(list);
	g_mime_references_free(list);
	return n;
}

/* Octets of text; what else was found is thrown away. */
static size_t
walk(const char *path)
{
	GMimeStream *stream = g_mime_stream_fs_open(path, O_RDONLY, 0, NULL);
	GMimeParser *parser;
	GMimeMessage *message;
	size_t size = 0;

	if (stream == NULL)
		die(path);
	parser = g_mime_parser_new_with_stream(stream);
	message = g_mime_parser_construct_message(parser, NULL);
	if (message != NULL) {
		size = read_text(message);
		count_references(message);
		g_object_unref(message);
	}
	g_object_unref(parser);
	g_object_unref(stream);
	return size;
}

int
main(void)
{
	size_t count, with_text = 0;
	File *files = list_files(&count, 0);
	double wall, cpu;

	g_mime_init();
	wall = seconds(CLOCK_MONOTONIC);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	for (size_t i = 0; i < count; i++)
		with_text += walk(files[i].path) > 0;
	wall = seconds(CLOCK_MONOTONIC) - wall;
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("rate %.1f cpu %.1f text %zu\n", (double)count / wall,
	    cpu / (double)count * 1e6, with_text);
	return 0;
}
