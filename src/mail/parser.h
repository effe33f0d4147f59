/* parser.h - the sandboxed worker that reads hostile mail.
 *
 * A child process (/proc/self/exe PARSER_ARGUMENT [WORDS]) with seccomp, RLIMIT_AS
 * 512 MiB, RLIMIT_CPU, no network, no store, no secret; it dies with its parent.
 * It gets a read-only descriptor of the mail and answers with wire.h. */
#ifndef MAIL_PARSER_H
#define MAIL_PARSER_H

#include "mail/message.h"

#define PARSER_ARGUMENT "--parse-worker"

/* Starts nothing yet: the child is made at the first call. */
Parser *parser_new(void);
void parser_free(Parser *parser); /* ends the child */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Parser, parser_free)

/* Further word tables (mail/words.h) stand in directory; "" or NULL: none. To
 * be called before the first mail; words_check says whether they are good, the
 * worker leaves bad ones alone. */
void parser_set_words(Parser *parser, const char *directory);

/* Parses the mail that stands in fd from offset to its end.
 *
 * NULL with error PERMANENT if the worker died or took longer than 20 s: the
 * next call starts a new one. The message says how it died ("signal 11").
 * NULL with error TEMPORARY if it could not be started. */
Message *parser_parse(Parser *parser, int fd, gint64 offset, guint flags,
    GError **error);

/* The same in two steps, so that the worker reads one mail while the caller
 * looks at another: begin at most PARSER_AHEAD mails, finish them in the same
 * order. fd must stay open until its mail is finished. Not to be mixed with
 * parser_parse while mails wait. */
#define PARSER_AHEAD 4
gboolean parser_begin(Parser *parser, int fd, gint64 offset, guint flags,
    GError **error);
Message *parser_finish(Parser *parser, GError **error);

/* The same for octets in memory (through a memfd). */
Message *parser_parse_bytes(Parser *parser, GBytes *octets, guint flags,
    GError **error);

/* What main() calls first: if argv says PARSER_ARGUMENT it shuts the process
 * in, serves descriptor 3 until it closes and exits; else it returns. */
void parser_worker_main(int argc, char **argv);

#endif
