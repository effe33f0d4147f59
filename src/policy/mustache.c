/* mustache.c - values, and templates rendered with them.
 *
 * mustache_parse.c has made nodes of the template. template.c is the only
 * user of both: it parses at load and renders for every letter. */
#include "policy/mustache.h"

#include <string.h>

#include "ground/error.h"
#include "policy/mustache_node.h"

#define OUTPUT_MOST (1024 * 1024)

typedef struct Value {
	char *text; /* NULL for flag and list */
	gboolean flag;
	GPtrArray *items; /* of MustacheData; NULL for text and flag */
} Value;

struct MustacheData {
	GHashTable *values;
};

typedef struct Frame {
	const MustacheData *data;
	const struct Frame *up;
} Frame;

typedef struct Render {
	const GArray *nodes;
	MustacheEscape escape;
	GString *out;
} Render;

static gboolean render_nodes(Render *render, guint first, guint end,
    const Frame *frame);

static void
value_free(gpointer data)
{
	Value *value = data;

	g_free(value->text);
	g_clear_pointer(&value->items, g_ptr_array_unref);
	g_free(value);
}

MustacheData *
mustache_data_new(void)
{
	MustacheData *data = g_new0(MustacheData, 1);

	data->values =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, value_free);
	return data;
}

void
mustache_data_free(MustacheData *data)
{
	if (data == NULL)
		return;
	g_hash_table_unref(data->values);
	g_free(data);
}

static Value *
value_new(MustacheData *data, const char *name)
{
	Value *value = g_new0(Value, 1);

	g_hash_table_replace(data->values, g_strdup(name), value);
	return value;
}

void
mustache_set(MustacheData *data, const char *name, const char *text)
{
	value_new(data, name)->text = g_strdup(text == NULL ? "" : text);
}

void
mustache_set_flag(MustacheData *data, const char *name, gboolean flag)
{
	value_new(data, name)->flag = flag;
}

void
mustache_append(MustacheData *data, const char *name, MustacheData *item)
{
	Value *value = g_hash_table_lookup(data->values, name);

	if (value == NULL || value->items == NULL) {
		value = value_new(data, name);
		value->items = g_ptr_array_new_with_free_func(
		    (GDestroyNotify)mustache_data_free);
	}
	g_ptr_array_add(value->items, item);
}

/* The innermost map that has the first word of the name; the words behind
 * dots are looked for in there only. A map in a map is a list of one. */
static const Value *
find_value(const Frame *frame, const char *name)
{
	const char *dot = strchr(name, '.');
	g_autofree char *first =
	    dot == NULL ? NULL : g_strndup(name, (gsize)(dot - name));
	const Value *value = NULL;
	Frame inner = { NULL, NULL };

	for (; frame != NULL && value == NULL; frame = frame->up)
		value = g_hash_table_lookup(frame->data->values,
		    first == NULL ? name : first);
	if (dot == NULL || value == NULL)
		return value;
	if (value->items == NULL || value->items->len != 1)
		return NULL;
	inner.data = value->items->pdata[0];
	return find_value(&inner, dot + 1);
}

static gboolean
value_true(const Value *value)
{
	if (value == NULL)
		return FALSE;
	if (value->items != NULL)
		return value->items->len > 0;
	return value->text != NULL ? *value->text != '\0' : value->flag;
}

static void
append_html(GString *out, const char *text)
{
	static const char special[] = "&<>\"'";
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;",
		"&quot;", "&#39;" };

	for (;;) {
		gsize plain = strcspn(text, special);

		g_string_append_len(out, text, (gssize)plain);
		text += plain;
		if (*text == '\0')
			return;
		g_string_append(out,
		    entities[strchr(special, *text) - special]);
		text++;
	}
}

static gboolean
render_section(Render *render, guint index, const Frame *frame)
{
	const Node *node = &g_array_index(render->nodes, Node, index);
	const Value *value = find_value(frame, node->text);

	if (value_true(value) != (node->kind == NODE_SECTION))
		return TRUE;
	if (node->kind == NODE_INVERTED || value->items == NULL)
		return render_nodes(render, index + 1, node->end, frame);
	for (guint i = 0; i < value->items->len; i++) {
		Frame inner = { value->items->pdata[i], frame };

		if (!render_nodes(render, index + 1, node->end, &inner))
			return FALSE;
	}
	return TRUE;
}

static void
render_value(Render *render, const Node *node, const Frame *frame)
{
	const Value *value = find_value(frame, node->text);

	if (value == NULL || value->text == NULL)
		return;
	if (node->kind == NODE_VALUE && render->escape == MUSTACHE_HTML)
		append_html(render->out, value->text);
	else
		g_string_append(render->out, value->text);
}

/* FALSE if the output has grown too long. */
static gboolean
render_nodes(Render *render, guint first, guint end, const Frame *frame)
{
	for (guint i = first; i < end; i++) {
		const Node *node = &g_array_index(render->nodes, Node, i);

		switch (node->kind) {
		case NODE_TEXT:
			g_string_append(render->out, node->text);
			break;
		case NODE_SECTION:
		case NODE_INVERTED:
			if (!render_section(render, i, frame))
				return FALSE;
			i = node->end;
			break;
		case NODE_VALUE:
		case NODE_RAW:
			render_value(render, node, frame);
			break;
		case NODE_END:
		case NODE_COMMENT:
			break;
		}
		if (render->out->len > OUTPUT_MOST)
			return FALSE;
	}
	return TRUE;
}

char *
mustache_render(const Mustache *mustache, const MustacheData *data,
    MustacheEscape escape, GError **error)
{
	g_autoptr(GString) out = g_string_sized_new(2048);
	Render render = { mustache->nodes, escape, out };
	Frame frame = { data, NULL };

	if (!render_nodes(&render, 0, mustache->nodes->len, &frame)) {
		error_permanent(error,
		    "letter: more than 1 MiB of text when its values are "
		    "put in");
		return NULL;
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}
