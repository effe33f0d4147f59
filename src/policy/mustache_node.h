/* mustache_node.h - a parsed template, between mustache_parse.c, which makes
 * it, and mustache.c, which renders it. No others look inside. */
#ifndef POLICY_MUSTACHE_NODE_H
#define POLICY_MUSTACHE_NODE_H

#include "policy/mustache.h"

typedef enum NodeKind {
	NODE_TEXT,
	NODE_VALUE,    /* {{x}} */
	NODE_RAW,      /* {{{x}}}, {{&x}} */
	NODE_SECTION,  /* {{#x}} */
	NODE_INVERTED, /* {{^x}} */
	NODE_END,      /* {{/x}} */
	NODE_PARTIAL,  /* {{>x}} */
	NODE_MARKS,    /* {{=<% %>=}}: never stored */
	NODE_COMMENT,  /* {{! }}: never stored */
} NodeKind;

typedef struct Node {
	NodeKind kind;
	char *text; /* of NODE_TEXT, at most one line; else the name */
	char *indent; /* of a NODE_PARTIAL alone on its line; else "" or NULL */
	gboolean begins; /* its line, and is not alone on it */
	guint line;
	guint end; /* of a section: index of its NODE_END */
} Node;

struct Mustache {
	GArray *nodes;
};

#endif
