/* message.h - a mail as javob understands it (RFC 5322, RFC 2045).
 *
 * Made from octets by message_parse, which runs only inside the sandboxed
 * worker (mail/parser.h); everybody else gets it through mail/wire.h. All
 * text in it is valid UTF-8; header text has no line ends or controls. */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include "javob.h"
#include "mail/address.h"

typedef enum MessageKind {
	MESSAGE_HUMAN,
	MESSAGE_AUTO_REPLY,
	MESSAGE_BOUNCE,
	MESSAGE_LIST,
	MESSAGE_REPORT,
	MESSAGE_SPAM,
} MessageKind;

struct Attachment {
	char *name;       /* safe: no path, no controls; "" when none */
	char *type;       /* "image/png", lower case */
	char *content_id; /* without <>; "" when none */
	gboolean is_inline;
	gint64 size;    /* decoded octets */
	char *sha256;   /* of the decoded octets, hexadecimal; of a
	                   * part that travels as lines: without CR */
	GBytes *octets; /* NULL unless MESSAGE_WITH_ATTACHMENTS was asked */
};

/* RFC 3464 delivery report, or what stands for one. */
struct Dsn {
	GPtrArray *recipients; /* of char *, addr-spec */
	char *status;          /* "5.1.1"; "" when unknown */
	char *action;     /* failed, delayed, delivered, relayed, expanded */
	char *diagnostic; /* one line; "" when none */
	char *original_message_id; /* without <>; "" when unknown */
};

/* The first mail that is within this one as a whole: a forward. What it says
 * of itself, none of it proven. */
typedef struct Forward {
	Address *author; /* of its From; NULL when there is none */
	char *subject;
	char *text; /* all that is readable, at most 256 KiB */
} Forward;

typedef struct HeaderField {
	char *name; /* as written */
	char *body; /* unfolded, valid UTF-8, encoded-words not decoded */
} HeaderField;

struct Message {
	char *
	    message_id; /* without <>; made up of the content hash if missing */
	gboolean message_id_made;
	GPtrArray *in_reply_to; /* of char *, without <> */
	GPtrArray *references;  /* of char *, oldest first, at most 1,000 */
	gint64 date;            /* Date field; 0 when missing or unreadable */
	char *subject;          /* decoded, clean line; "" when none */
	GPtrArray *from;        /* of Address, of the FIRST From field */
	guint from_fields;      /* how many From fields there are */
	GPtrArray *sender;      /* of Address */
	GPtrArray *reply_to;
	GPtrArray *to;
	GPtrArray *cc;
	GArray
	    *fields; /* of HeaderField: whole header in order, within limits */
	char *body_text;    /* all readable text, LF, at most 1 MiB */
	char *new_text;     /* body_text without quoted history and signature */
	guint quoted_lines; /* how many lines new_text leaves out */
	char *html; /* clean HTML that says what body_text says, as
		     * cleanhtml_text writes it; "" when there is none or it
		     * was not asked for (mail/cleanhtml.h) */
	GPtrArray *attachments; /* of Attachment */
	guint protection;       /* MESSAGE_SIGNED, MESSAGE_ENCRYPTED: says so
			   * itself; nothing was checked or opened */
	Forward *forward;       /* NULL when there is none */
	MessageKind kind;
	GPtrArray *kind_reasons; /* of char * */
	guint list_signs;        /* how many of them any mailing list makes */
	gboolean may_answer;     /* by the mail's own header alone */
	Dsn *dsn;                /* NULL unless kind is MESSAGE_BOUNCE */
	GPtrArray *defects;      /* of char * */
	char *
	    content_hash; /* SHA-256 over From, To, Cc, Subject, Date and decoded
	                     * leaf parts, no trace fields (THREATS.md 1.2) */
	gint64 size;      /* octets of the raw mail */
};

enum { MESSAGE_SIGNED = 1 << 0, MESSAGE_ENCRYPTED = 1 << 1 };

/* What is asked of message_parse. */
enum {
	MESSAGE_WITH_ATTACHMENTS = 1 << 0,
	MESSAGE_WITHOUT_TNEF = 1 << 1, /* a winmail.dat is not looked into */
	MESSAGE_WITHIN = 1 << 2,       /* a mail within another one */
	MESSAGE_WITH_HTML = 1 << 3,    /* as HTML, too, if it can go on */
};

/* The defect of a mail whose winmail.dat was there but not read. */
#define MESSAGE_DEFECT_TNEF "winmail.dat could not be read"

/* Understands any octets: never NULL, never fails; what is wrong is in
 * defects. Call message_init once before. octets stay untouched. */
void message_init(void);
Message *message_parse(GBytes *octets, guint flags);

/* The same for what stands in fd from offset to its end. A large file is
 * mapped and read in windows, so it must not change meanwhile. NULL with error
 * TEMPORARY if it cannot be read. */
Message *message_parse_file(int fd, gint64 offset, guint flags, GError **error);

/* What can be said without a parser: a byte scan of the first header lines for
 * From, Subject and Message-ID. For quarantined mail. */
Message *message_scan(GBytes *octets);

/* A Message-ID made of the content hash, if it has none. Stable, so that the
 * same mail by another way gets the same one. */
void message_make_id(Message *message);

Message *message_new(void); /* all lists empty, all text "" */
void message_free(Message *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Message, message_free)
void attachment_free(Attachment *attachment);
Dsn *dsn_new(void);
void dsn_free(Dsn *dsn);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Dsn, dsn_free)
Forward *forward_new(void);
void forward_free(Forward *forward);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Forward, forward_free)

/* "human", "auto-reply", "bounce", "list", "report", "spam". */
const char *message_kind_name(MessageKind kind);

/* Body of the first (message_field) or n-th field with that name, ignoring
 * case; NULL when there is none. Borrowed. */
const char *message_field(const Message *message, const char *name);
const char *message_field_nth(const Message *message, const char *name,
    guint n);

/* First address of From, or NULL. Borrowed. */
const Address *message_author(const Message *message);

#endif
