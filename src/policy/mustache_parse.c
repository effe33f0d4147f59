/* mustache_parse.c - the text of a template into nodes.
 *
 * A template becomes a flat array of nodes; a section knows the node that
 * ends it, a node knows whether its line begins with it, so that a partial
 * can be indented. mustache.c renders them. */
#include "policy/mustache_node.h"

#include <string.h>

#include "ground/error.h"

#define TEXT_MOST  (64 * 1024)
#define DEPTH_MOST 32

typedef struct Source {
	const char *text;
	const char *at;
	guint line; /* of the first octet of text */
	char *open_mark, *close_mark; /* "{{" and "}}", or others */
	GArray *nodes;
	GArray *open; /* of guint: sections not yet closed */
} Source;

typedef struct Tag {
	NodeKind kind;
	const char *start; /* first octet of its open mark */
	const char *end;   /* behind its close mark */
	char *name;
	gboolean alone; /* on its line */
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
	g_free(((Node *)node)->indent);
}

static gboolean
begins_line(const Source *source, const char *at)
{
	return at == source->text || at[-1] == '\n';
}

/* One node a line. */
static void
add_text(Source *source, const char *from, const char *to)
{
	while (from < to) {
		const char *lf = memchr(from, '\n', (gsize)(to - from));
		const char *end = lf == NULL ? to : lf + 1;
		Node node = { 0 };

		node.kind = NODE_TEXT;
		node.text = g_strndup(from, (gsize)(end - from));
		node.begins = begins_line(source, from);
		g_array_append_val(source->nodes, node);
		from = end;
	}
}

static gboolean
name_ok(const char *name)
{
	if (strcmp(name, ".") == 0)
		return TRUE;
	return *name != '\0' && *name != '.' && !g_str_has_suffix(name, ".") &&
	       strstr(name, "..") == NULL &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")] ==
		   '\0';
}

/* What the sign behind the open mark makes of a tag. */
static NodeKind
kind_of(char sign)
{
	switch (sign) {
	case '{':
	case '&':
		return NODE_RAW;
	case '#':
		return NODE_SECTION;
	case '^':
		return NODE_INVERTED;
	case '/':
		return NODE_END;
	case '>':
		return NODE_PARTIAL;
	case '=':
		return NODE_MARKS;
	case '!':
		return NODE_COMMENT;
	default:
		return NODE_VALUE;
	}
}

/* Reads the tag at tag->start, whose open mark was seen; tag->name is set on
 * success: what stands between sign and close mark. */
static gboolean
read_tag(const Source *source, Tag *tag, GError **error)
{
	const char *inner = tag->start + strlen(source->open_mark);
	const char *twin = *inner == '{' ? "}" : *inner == '=' ? "=" : "";
	g_autofree char *close = g_strconcat(twin, source->close_mark, NULL);
	g_autofree char *name = NULL;
	const char *end;

	tag->kind = kind_of(*inner);
	if (tag->kind != NODE_VALUE)
		inner++;
	end = strstr(inner, close);
	if (end == NULL)
		return fault(source, tag->start, error,
		    "this tag is not closed");
	tag->end = end + strlen(close);
	name = g_strstrip(g_strndup(inner, (gsize)(end - inner)));
	if (tag->kind != NODE_COMMENT && tag->kind != NODE_MARKS &&
	    !name_ok(name))
		return fault(source, tag->start, error,
		    "a name is letters, digits, \"_\", \"-\" and \".\"");
	tag->name = g_steal_pointer(&name);
	return TRUE;
}

/* Any tag but a value alone on its line takes the line with it. Moves *from
 * back to the line's begin, *to to the begin of the next. */
static gboolean
widen_alone(const Source *source, const char **from, const char **to)
{
	const char *first = *from;
	const char *last = *to + strspn(*to, " \t");

	while (first > source->text && (first[-1] == ' ' || first[-1] == '\t'))
		first--;
	if (!begins_line(source, first))
		return FALSE;
	if (last[0] == '\r' && last[1] == '\n')
		last++;
	if (*last != '\n' && *last != '\0')
		return FALSE;
	*from = first;
	*to = *last == '\n' ? last + 1 : last;
	return TRUE;
}

/* {{=<% %>=}}: from here on tags look so. */
static gboolean
change_marks(Source *source, const Tag *tag, GError **error)
{
	gsize first = strcspn(tag->name, " \t\r\n");
	const char *second =
	    tag->name + first + strspn(tag->name + first, " \t\r\n");

	if (first == 0 || *second == '\0' ||
	    second[strcspn(second, " \t\r\n=")] != '\0' ||
	    memchr(tag->name, '=', first) != NULL)
		return fault(source, tag->start, error,
		    "two marks without \"=\" belong here, apart by a blank");
	g_free(source->open_mark);
	g_free(source->close_mark);
	source->open_mark = g_strndup(tag->name, first);
	source->close_mark = g_strdup(second);
	return TRUE;
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

/* from: where the line of a tag alone begins. */
static gboolean
add_tag(Source *source, Tag *tag, const char *from, GError **error)
{
	guint index = source->nodes->len;
	Node node = { 0 };

	if (tag->kind == NODE_COMMENT)
		return TRUE;
	if (tag->kind == NODE_MARKS)
		return change_marks(source, tag, error);
	if (tag->kind == NODE_END && !close_section(source, tag, error))
		return FALSE;
	if (tag->kind == NODE_SECTION || tag->kind == NODE_INVERTED) {
		if (source->open->len == DEPTH_MOST)
			return fault(source, tag->start, error,
			    "more than 32 sections inside each other");
		g_array_append_val(source->open, index);
	}
	node.kind = tag->kind;
	node.text = g_steal_pointer(&tag->name);
	node.line = line_of(source, tag->start);
	node.begins = !tag->alone && begins_line(source, tag->start);
	if (tag->kind == NODE_PARTIAL)
		node.indent = g_strndup(from, tag->alone
			? (gsize)(tag->start - from) : 0);
	g_array_append_val(source->nodes, node);
	return TRUE;
}

static gboolean
read_source(Source *source, GError **error)
{
	Tag tag = { 0 };
	const char *from, *to;

	while ((tag.start = strstr(source->at, source->open_mark)) != NULL) {
		gboolean done;

		if (!read_tag(source, &tag, error))
			return FALSE;
		from = tag.start;
		to = tag.end;
		tag.alone = tag.kind != NODE_VALUE && tag.kind != NODE_RAW &&
			    widen_alone(source, &from, &to);
		add_text(source, source->at, from);
		done = add_tag(source, &tag, from, error);
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
	Source source = { text, text, line, NULL, NULL, NULL, open };
	gboolean done;

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
	source.open_mark = g_strdup("{{");
	source.close_mark = g_strdup("}}");
	done = read_source(&source, error);
	g_free(source.open_mark);
	g_free(source.close_mark);
	return done ? g_steal_pointer(&mustache) : NULL;
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

static GPtrArray *
names_of(const Mustache *mustache, gboolean partials)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < mustache->nodes->len; i++) {
		const Node *node = &g_array_index(mustache->nodes, Node, i);

		if (node->kind != NODE_TEXT && node->kind != NODE_END &&
		    (node->kind == NODE_PARTIAL) == partials &&
		    strcmp(node->text, ".") != 0 &&
		    !g_ptr_array_find_with_equal_func(names, node->text,
			g_str_equal, NULL))
			g_ptr_array_add(names, g_strdup(node->text));
	}
	return names;
}

GPtrArray *
mustache_names(const Mustache *mustache)
{
	return names_of(mustache, FALSE);
}

GPtrArray *
mustache_partials(const Mustache *mustache)
{
	return names_of(mustache, TRUE);
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
