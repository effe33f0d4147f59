/* mustache.c - values, and templates rendered with them.
 *
 * mustache_parse.c has made nodes of the template. template.c is the only
 * user of both: it parses at load and renders for every letter. */
#include "policy/mustache.h"

#include <string.h>

#include "ground/error.h"
#include "policy/mustache_node.h"

#define OUTPUT_MOST  (1024 * 1024)
#define PARTIAL_MOST 32
#define STEPS_MOST   1000000 /* a partial may name itself twice */

typedef enum DataKind {
	DATA_TEXT,
	DATA_FLAG,
	DATA_LIST,
	DATA_MAP,
} DataKind;

struct MustacheData {
	DataKind kind;
	gboolean flag;
	char *text;
	char *html; /* NULL: the text has no markup */
	GPtrArray *items;   /* of MustacheData */
	GHashTable *values; /* of a map: name to MustacheData */
};

typedef struct Frame {
	const MustacheData *data;
	const struct Frame *up;
} Frame;

typedef struct Render {
	GHashTable *partials;
	MustacheEscape escape;
	GString *out;
	guint steps, depth;
	const char *fault; /* why it stopped */
} Render;

static gboolean render_nodes(Render *render, const GArray *nodes, guint first,
    guint end, const Frame *frame, const char *indent);

static void
free_data(gpointer data)
{
	mustache_data_free(data);
}

static MustacheData *
data_new(DataKind kind)
{
	MustacheData *data = g_new0(MustacheData, 1);

	data->kind = kind;
	if (kind == DATA_LIST)
		data->items = g_ptr_array_new_with_free_func(free_data);
	if (kind == DATA_MAP)
		data->values = g_hash_table_new_full(
		    g_str_hash, g_str_equal, g_free, free_data);
	return data;
}

MustacheData *
mustache_data_new(void)
{
	return data_new(DATA_MAP);
}

MustacheData *
mustache_data_text(const char *text)
{
	MustacheData *data = data_new(DATA_TEXT);

	data->text = g_strdup(text == NULL ? "" : text);
	return data;
}

MustacheData *
mustache_data_markup(const char *text, const char *html)
{
	MustacheData *data = mustache_data_text(text);

	data->html = g_strdup(html);
	return data;
}

MustacheData *
mustache_data_flag(gboolean flag)
{
	MustacheData *data = data_new(DATA_FLAG);

	data->flag = flag;
	return data;
}

MustacheData *
mustache_data_list(void)
{
	return data_new(DATA_LIST);
}

void
mustache_data_free(MustacheData *data)
{
	if (data == NULL)
		return;
	g_clear_pointer(&data->items, g_ptr_array_unref);
	g_clear_pointer(&data->values, g_hash_table_unref);
	g_free(data->text);
	g_free(data->html);
	g_free(data);
}

void
mustache_put(MustacheData *map, const char *name, MustacheData *value)
{
	g_return_if_fail(map->kind == DATA_MAP);
	g_hash_table_replace(map->values, g_strdup(name), value);
}

void
mustache_set(MustacheData *map, const char *name, const char *text)
{
	mustache_put(map, name, mustache_data_text(text));
}

void
mustache_set_markup(MustacheData *map, const char *name, const char *text,
    const char *html)
{
	mustache_put(map, name, mustache_data_markup(text, html));
}

void
mustache_set_flag(MustacheData *map, const char *name, gboolean flag)
{
	mustache_put(map, name, mustache_data_flag(flag));
}

void
mustache_push(MustacheData *list, MustacheData *item)
{
	g_return_if_fail(list->kind == DATA_LIST);
	g_ptr_array_add(list->items, item);
}

void
mustache_append(MustacheData *map, const char *name, MustacheData *item)
{
	MustacheData *list = g_hash_table_lookup(map->values, name);

	if (list == NULL || list->kind != DATA_LIST) {
		list = mustache_data_list();
		mustache_put(map, name, list);
	}
	mustache_push(list, item);
}

/* A map, or the one map in a list; NULL if it is none. */
static const MustacheData *
as_map(const MustacheData *data)
{
	if (data != NULL && data->kind == DATA_LIST && data->items->len == 1)
		data = data->items->pdata[0];
	return data != NULL && data->kind == DATA_MAP ? data : NULL;
}

/* The innermost map that has the first word of the name; the words behind
 * dots are looked for in there only. */
static const MustacheData *
find_value(const Frame *frame, const char *name)
{
	const MustacheData *value = NULL;
	g_auto(GStrv) words = NULL;

	if (strcmp(name, ".") == 0)
		return frame->data;
	words = g_strsplit(name, ".", -1);
	for (; frame != NULL && value == NULL; frame = frame->up) {
		if (frame->data->kind == DATA_MAP)
			value = g_hash_table_lookup(
			    frame->data->values, words[0]);
	}
	for (guint i = 1; words[i] != NULL && value != NULL; i++) {
		const MustacheData *map = as_map(value);

		value = map == NULL
		    ? NULL : g_hash_table_lookup(map->values, words[i]);
	}
	return value;
}

static gboolean
is_true(const MustacheData *value)
{
	if (value == NULL)
		return FALSE;
	switch (value->kind) {
	case DATA_TEXT:
		return *value->text != '\0';
	case DATA_FLAG:
		return value->flag;
	case DATA_LIST:
		return value->items->len > 0;
	case DATA_MAP:
		return TRUE;
	}
	return FALSE;
}

/* breaks: what a line end becomes; NULL: it stays. */
static void
append_html(GString *out, const char *text, const char *breaks)
{
	static const char special[] = "&<>\"'\n";
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;",
		"&quot;", "&#39;", "\n" };

	for (;;) {
		gsize plain = strcspn(text, special);

		g_string_append_len(out, text, (gssize)plain);
		text += plain;
		if (*text == '\0')
			return;
		g_string_append(out, *text == '\n' && breaks != NULL
			? breaks
			: entities[strchr(special, *text) - special]);
		text++;
	}
}

static void
render_value(Render *render, const Node *node, const Frame *frame)
{
	const MustacheData *value = find_value(frame, node->text);
	gboolean bdi = render->escape == MUSTACHE_MARKUP;

	if (value == NULL || value->text == NULL || *value->text == '\0')
		return;
	if (render->escape == MUSTACHE_TEXT) {
		g_string_append(render->out, value->text);
	} else if (node->kind == NODE_RAW && value->html != NULL) {
		g_string_append(render->out, value->html);
	} else {
		g_string_append(render->out, bdi ? "<bdi>" : "");
		append_html(render->out, value->text,
		    bdi || node->kind == NODE_RAW ? "<br>" : NULL);
		g_string_append(render->out, bdi ? "</bdi>" : "");
	}
}

static gboolean
render_section(Render *render, const GArray *nodes, guint index,
    const Frame *frame, const char *indent)
{
	const Node *node = &g_array_index(nodes, Node, index);
	const MustacheData *value = find_value(frame, node->text);
	Frame inner = { value, frame };

	if (is_true(value) != (node->kind == NODE_SECTION))
		return TRUE;
	if (node->kind == NODE_INVERTED || value->kind == DATA_FLAG)
		return render_nodes(
		    render, nodes, index + 1, node->end, frame, indent);
	if (value->kind != DATA_LIST)
		return render_nodes(
		    render, nodes, index + 1, node->end, &inner, indent);
	for (guint i = 0; i < value->items->len; i++) {
		inner.data = value->items->pdata[i];
		if (!render_nodes(render, nodes, index + 1, node->end, &inner,
			indent))
			return FALSE;
	}
	return TRUE;
}

static gboolean
render_partial(Render *render, const Node *node, const Frame *frame,
    const char *indent)
{
	const Mustache *partial = render->partials == NULL
	    ? NULL
	    : g_hash_table_lookup(render->partials, node->text);
	g_autofree char *deeper = NULL;
	gboolean done;

	if (partial == NULL)
		return TRUE;
	if (render->depth == PARTIAL_MOST) {
		render->fault = "more than 32 partials inside each other";
		return FALSE;
	}
	deeper = g_strconcat(indent, node->indent, NULL);
	render->depth++;
	done = render_nodes(render, partial->nodes, 0, partial->nodes->len,
	    frame, deeper);
	render->depth--;
	return done;
}

/* The white space before a partial stands before each of its lines. */
static void
append_indent(Render *render, const Node *node, const char *indent)
{
	if (!node->begins ||
	    (node->kind == NODE_TEXT && strchr("\r\n", *node->text) != NULL))
		return;
	g_string_append(render->out, indent);
}

static gboolean
render_node(Render *render, const GArray *nodes, guint i, const Frame *frame,
    const char *indent)
{
	const Node *node = &g_array_index(nodes, Node, i);

	append_indent(render, node, indent);
	switch (node->kind) {
	case NODE_TEXT:
		if (render->escape == MUSTACHE_MARKUP)
			append_html(render->out, node->text, NULL);
		else
			g_string_append(render->out, node->text);
		return TRUE;
	case NODE_SECTION:
	case NODE_INVERTED:
		return render_section(render, nodes, i, frame, indent);
	case NODE_PARTIAL:
		return render_partial(render, node, frame, indent);
	case NODE_VALUE:
	case NODE_RAW:
		render_value(render, node, frame);
		return TRUE;
	case NODE_END:
	case NODE_MARKS:
	case NODE_COMMENT:
		return TRUE;
	}
	return TRUE;
}

static gboolean
render_nodes(Render *render, const GArray *nodes, guint first, guint end,
    const Frame *frame, const char *indent)
{
	for (guint i = first; i < end; i++) {
		const Node *node = &g_array_index(nodes, Node, i);

		if (!render_node(render, nodes, i, frame, indent))
			return FALSE;
		if (node->kind == NODE_SECTION || node->kind == NODE_INVERTED)
			i = node->end - 1; /* on with its end */
		if (render->out->len > OUTPUT_MOST)
			render->fault = "more than 1 MiB of text when its "
					"values are put in";
		else if (++render->steps > STEPS_MOST)
			render->fault = "a partial goes on without end";
		if (render->fault != NULL)
			return FALSE;
	}
	return TRUE;
}

char *
mustache_render(const Mustache *mustache, GHashTable *partials,
    const MustacheData *data, MustacheEscape escape, GError **error)
{
	g_autoptr(GString) out = g_string_sized_new(2048);
	Render render = { partials, escape, out, 0, 0, NULL };
	Frame frame = { data, NULL };

	if (!render_nodes(&render, mustache->nodes, 0, mustache->nodes->len,
		&frame, "")) {
		error_permanent(error, "letter: %s", render.fault);
		return NULL;
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}
