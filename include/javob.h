/* javob.h - the words that all of javob shares.
 *
 * Times are gint64 seconds since 1970 UTC unless a name ends in _ms.
 * Sizes are octets. Text is valid UTF-8; octets as received are GBytes. */
#ifndef JAVOB_H
#define JAVOB_H

#include <glib.h>

/* What the caller can do about an error; where and why is in the message.
 * ground/error.h turns a code into exit status, LMTP reply and outbox fate. */
#define JAVOB_ERROR (javob_error_quark())
GQuark javob_error_quark(void);

typedef enum JavobError {
	JAVOB_ERROR_TEMPORARY, /* try the same later */
	JAVOB_ERROR_PERMANENT, /* never again with these octets */
	JAVOB_ERROR_UNCERTAIN, /* it may have happened: same Message-ID again */
	JAVOB_ERROR_CONFIG,    /* the sysadmin must act */
} JavobError;

typedef struct Address Address;
typedef struct Attachment Attachment;
typedef struct Calendar Calendar;
typedef struct Config Config;
typedef struct ConfigOption ConfigOption;
typedef struct ConfigSection ConfigSection;
typedef struct Dsn Dsn;
typedef struct Effects Effects;
typedef struct Envelope Envelope;
typedef struct Facts Facts;
typedef struct Message Message;
typedef struct Parser Parser;
typedef struct Site Site;
typedef struct Spool Spool;
typedef struct Store Store;
typedef struct StoreTxn StoreTxn;
typedef struct Stream Stream;
typedef struct StreamTrust StreamTrust;

#endif
