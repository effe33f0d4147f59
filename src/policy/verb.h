/* verb.h - the table of agents' commands, "/verb arguments", one a line at the
 * top of a mail. It feeds the reader of mails, /help, `javob ticket` and
 * javob(7). What each does is policy/act's. */
#ifndef POLICY_VERB_H
#define POLICY_VERB_H

#include "javob.h"

/* What stands behind the verb. */
typedef enum VerbNeed {
	VERB_NOTHING,
	VERB_TICKET,  /* a ticket's number */
	VERB_MESSAGE, /* a message's id; by mail none: the one it answers */
	VERB_QUEUE,   /* a queue's name */
	VERB_AGENT,   /* an agent's address; "-": nobody */
	VERB_TEXT,    /* the mail's text, or what the shell gives */
	VERB_WORDS,   /* the rest of the line */
	VERB_WHEN,    /* a time */
	VERB_MAYBE,   /* the rest of the line, or nothing */
} VerbNeed;

enum {
	VERB_EARLY = 1 << 0, /* done before the answer is made: it changes it */
	VERB_READS = 1 << 1, /* changes nothing: observers may, too */
	VERB_MAIL = 1 << 2,  /* about the mail that it stands in */
	VERB_SHELL = 1 << 3, /* `javob ticket` has it */
};

typedef struct Verb {
	const char *name;
	const char *arguments; /* as /help and javob(7) write them */
	VerbNeed need;
	guint flags;
	const char *help; /* one line */
} Verb;

/* All of them, in the order in which people read them; ends with a NULL name. */
extern const Verb verb_table[];

/* By its word in any language; NULL: none. */
const Verb *verb_find(const char *word);
/* The one whose word is most like it; NULL when none is. */
const Verb *verb_near(const char *word);
/* Its word in that language, else in English. Borrowed. */
const char *verb_word(const Verb *verb, const char *language);
/* TRUE if word means that word of the table's "+" rows: add, remove, off. */
gboolean verb_is_word(const char *word, const char *meaning);

/* One command of a mail. */
typedef struct Order {
	const Verb *verb;
	char *argument; /* without space around; "" none */
} Order;

typedef struct Orders {
	GPtrArray *list; /* of Order */
	const char *rest; /* the text behind them, borrowed */
	char *fault;     /* what is wrong with the first that cannot be
			  * understood; NULL: nothing */
} Orders;
void orders_free(Orders *orders);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Orders, orders_free)

/* Reads the commands that stand before the first other line. Nothing of what
 * is behind them is touched. */
Orders *orders_read(const char *text);
/* What they are to the answer. */
enum {
	ORDERS_ACT = 1 << 0,   /* some of them does more than tell of the mail */
	ORDERS_NOTE = 1 << 1,  /* the text stays inside */
	ORDERS_NO_CC = 1 << 2, /* this answer goes to the customer alone */
	ORDERS_FOR = 1 << 3,   /* it opens a ticket for somebody */
	ORDERS_MACRO = 1 << 5, /* a prepared answer stands above it */
	ORDERS_REPLY = 1 << 4, /* the text goes to the customer, expressly */
};
guint orders_bits(const Orders *orders);
/* What stands behind the first such verb; NULL: there is none. Borrowed. */
const char *orders_argument(const GPtrArray *list, const char *verb);
/* TRUE if they change nothing. */
gboolean orders_read_only(const Orders *orders);

/* TRUE if a line of text is a command: behind other words it is none, and must
 * not reach a customer as text. */
gboolean verb_is_stray(const char *text);

#endif
