/* mustache_parse.c - the text of a template into nodes.
 *
 * A template becomes a flat array of nodes; a section knows the node that
 * ends it. mustache.c renders them. */
#include "policy/mustache_node.h"

#include <string.h>

#include "ground/error.h"

#define TEXT_MOST  (64 * 1024)
#define DEPTH_MOST 32

typedef struct Source {
	const char *text;
	const char *at;
	guint line; /* of the first octet of text */
	GArray *nodes;
	GArray *open; /* of guint: sections not yet closed */
} Source;

typedef struct Tag {
	NodeKind kind;
	const char *start; /* its first brace */
	const char *end;   /* behind its last brace */
	char *name;
} Tag;

static guint
line_of(const Source *source, const char *at)
{
	guint line = source->line;

	for (const char *p = source->text; p < at; p++)
		line += *p == '\n';
	return line;
}

static gboolean
fault(const Source *source, const char *at, GError **error, const char *what)
{
	const char *begin = at;

	while (begin > source->text && begin[-1] != '\n')
		begin--;
	return error_config(error, "line %u, column %ld: %s",
	    line_of(source, at), g_utf8_strlen(begin, at - begin) + 1, what);
}

static void
node_clear(gpointer node)
{
	g_free(((Node *)node)->text);
}

static void
add_text(Source *source, const char *from, const char *to)
{
	Node node = { NODE_TEXT, NULL, 0, 0 };

	if (from >= to)
		return;
	node.text = g_strndup(from, (gsize)(to - from));
	g_array_append_val(source->nodes, node);
}

static gboolean
name_ok(const char *name)
{
	return *name != '\0' && *name != '.' && !g_str_has_suffix(name, ".") &&
	       strstr(name, "..") == NULL &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")] ==
		   '\0';
}

/* Reads the tag at tag->start, "{{" seen; tag->name is set on success. */
static gboolean
read_tag(const Source *source, Tag *tag, GError **error)
{
	static const struct {
		char sign;
		NodeKind kind;
	} signs[] = {
		{ '{', NODE_RAW },
		{ '&', NODE_RAW },
		{ '#', NODE_SECTION },
		{ '^', NODE_INVERTED },
		{ '/', NODE_END },
		{ '!', NODE_COMMENT },
	};
	const char *inner = tag->start + 2;
	const char *close =
	    strchr("{", *inner) != NULL && *inner != '\0' ? "}}}" : "}}";
	const char *end = strstr(inner, close);
	g_autofree char *name = NULL;

	if (end == NULL)
		return fault(source, tag->start, error,
		    "this tag is not closed");
	if (*inner == '>')
		return fault(source, tag->start, error,
		    "partials are not supported");
	if (*inner == '=')
		return fault(source, tag->start, error,
		    "other delimiters are not supported");
	tag->end = end + strlen(close);
	tag->kind = NODE_VALUE;
	for (guint i = 0; i < G_N_ELEMENTS(signs); i++) {
		if (*inner == signs[i].sign) {
			tag->kind = signs[i].kind;
			inner++;
			break;
		}
	}
	name = g_strstrip(g_strndup(inner, (gsize)(end - inner)));
	if (tag->kind != NODE_COMMENT && !name_ok(name))
		return fault(source, tag->start, error,
		    "a name is letters, digits, \"_\", \"-\" and \".\"");
	tag->name = g_steal_pointer(&name);
	return TRUE;
}

/* A section tag or comment alone on its line takes the line with it. Moves
 * *from back to the line's begin, *to to the begin of the next. */
static void
widen_standalone(const Source *source, const char **from, const char **to)
{
	const char *first = *from;
	const char *last = *to + strspn(*to, " \t");

	while (first > source->text && (first[-1] == ' ' || first[-1] == '\t'))
		first--;
	if (first > source->text && first[-1] != '\n')
		return;
	if (last[0] == '\r' && last[1] == '\n')
		last++;
	if (*last != '\n' && *last != '\0')
		return;
	*from = first;
	*to = *last == '\n' ? last + 1 : last;
}

static gboolean
close_section(Source *source, const Tag *tag, GError **error)
{
	Node *node;

	if (source->open->len == 0)
		return fault(source, tag->start, error,
		    "this closes a section that is not open");
	node = &g_array_index(source->nodes, Node,
	    g_array_index(source->open, guint, source->open->len - 1));
	if (strcmp(node->text, tag->name) != 0) {
		g_autofree char *what = g_strdup_printf(
		    "this closes \"%s\", but \"%s\" of line %u is open",
		    tag->name, node->text, node->line);

		return fault(source, tag->start, error, what);
	}
	node->end = source->nodes->len;
	g_array_set_size(source->open, source->open->len - 1);
	return TRUE;
}

static gboolean
add_tag(Source *source, Tag *tag, GError **error)
{
	guint index = source->nodes->len;
	Node node = { tag->kind, NULL, 0, 0 };

	if (tag->kind == NODE_COMMENT)
		return TRUE;
	if (tag->kind == NODE_END && !close_section(source, tag, error))
		return FALSE;
	if (tag->kind == NODE_SECTION || tag->kind == NODE_INVERTED) {
		if (source->open->len == DEPTH_MOST)
			return fault(source, tag->start, error,
			    "more than 32 sections inside each other");
		g_array_append_val(source->open, index);
	}
	node.text = g_steal_pointer(&tag->name);
	node.line = line_of(source, tag->start);
	g_array_append_val(source->nodes, node);
	return TRUE;
}

static gboolean
read_source(Source *source, GError **error)
{
	Tag tag = { 0 };
	const char *from, *to;

	while ((tag.start = strstr(source->at, "{{")) != NULL) {
		gboolean done;

		if (!read_tag(source, &tag, error))
			return FALSE;
		from = tag.start;
		to = tag.end;
		if (tag.kind != NODE_VALUE && tag.kind != NODE_RAW)
			widen_standalone(source, &from, &to);
		add_text(source, source->at, from);
		done = add_tag(source, &tag, error);
		g_clear_pointer(&tag.name, g_free);
		if (!done)
			return FALSE;
		source->at = to;
	}
	add_text(source, source->at, source->at + strlen(source->at));
	if (source->open->len > 0) {
		const Node *node = &g_array_index(source->nodes, Node,
		    g_array_index(source->open, guint, 0));

		return error_config(error,
		    "line %u: section \"%s\" is not closed", node->line,
		    node->text);
	}
	return TRUE;
}

Mustache *
mustache_parse_at(const char *text, guint line, GError **error)
{
	g_autoptr(Mustache) mustache = g_new0(Mustache, 1);
	g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint));
	Source source = { text, text, line, NULL, open };

	mustache->nodes = g_array_new(FALSE, FALSE, sizeof(Node));
	g_array_set_clear_func(mustache->nodes, node_clear);
	source.nodes = mustache->nodes;
	if (strlen(text) > TEXT_MOST) {
		error_config(error, "line %u: more than 64 KiB", line);
		return NULL;
	}
	if (!g_utf8_validate(text, -1, &source.at)) {
		fault(&source, source.at, error, "this is not UTF-8");
		return NULL;
	}
	source.at = text;
	if (!read_source(&source, error))
		return NULL;
	return g_steal_pointer(&mustache);
}

Mustache *
mustache_parse(const char *text, GError **error)
{
	return mustache_parse_at(text, 1, error);
}

void
mustache_free(Mustache *mustache)
{
	if (mustache == NULL)
		return;
	g_array_unref(mustache->nodes);
	g_free(mustache);
}

GPtrArray *
mustache_names(const Mustache *mustache)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < mustache->nodes->len; i++) {
		const Node *node = &g_array_index(mustache->nodes, Node, i);

		if (node->kind != NODE_TEXT && node->kind != NODE_END &&
		    !g_ptr_array_find_with_equal_func(names, node->text,
			g_str_equal, NULL))
			g_ptr_array_add(names, g_strdup(node->text));
	}
	return names;
}

guint
mustache_line(const Mustache *mustache, const char *name)
{
	for (guint i = 0; i < mustache->nodes->len; i++) {
		const Node *node = &g_array_index(mustache->nodes, Node, i);

		if (node->kind != NODE_TEXT && strcmp(node->text, name) == 0)
			return node->line;
	}
	return 0;
}
