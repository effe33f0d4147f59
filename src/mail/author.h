/* author.h - whose matter a mail is: who wrote it, also when a form, a list or
 * a colleague sent it (AC-13). Says what the mail says; proves nothing. */
#ifndef MAIL_AUTHOR_H
#define MAIL_AUTHOR_H

#include "mail/message.h"

/* True for an address that writes for others: one of our own, or a form's or a
 * list's that the site has named. */
typedef gboolean (*AuthorIsForm)(const char *addr_spec, gpointer data);

/* The author: From, unless that is a form's, then Reply-To, X-Original-From,
 * X-Original-Sender, X-Google-Original-From. Only an address that could be
 * written to counts, and none that is a form's. NULL: unknown sender, nobody to
 * answer. field (may be NULL): name of the field that said so. Free with
 * address_free. */
Address *author_requester(const Message *message, AuthorIsForm is_form,
    gpointer data, const char **field);

/* The first author of a mail that was forwarded, attached as a whole or inline
 * under a header block of any program and language (words/). A proposal for
 * the person who forwarded it: never send anything there without being told.
 * author is NULL when the forward names nobody with an address. NULL if this
 * is no forward. Free with forward_free. */
Forward *author_forwarded(const Message *message);

/* The same for a text (valid UTF-8, LF). */
Forward *author_forwarded_text(const char *text);

#endif
