/* prescan.h - limits on hostile mail, before any library sees it (THREATS.md
 * 5.1). Linear, one pass, nothing is copied unless something must be cut. */
#ifndef MAIL_PRESCAN_H
#define MAIL_PRESCAN_H

#include "mail/octets.h"

#define PRESCAN_HEADER_MOST    (1024 * 1024) /* octets of a header */
#define PRESCAN_FIELD_MOST     (64 * 1024)   /* octets of a field */
#define PRESCAN_FIELDS_MOST    1000          /* in one header */
#define PRESCAN_ALL_FIELDS     20000         /* in all parts together */
#define PRESCAN_COMMENTS_MOST  8             /* open at a time */
#define PRESCAN_ADDRESSES_MOST 1000          /* in one field */
#define PRESCAN_DEPTH_MOST     50            /* parts within parts */
#define PRESCAN_PARTS_MOST     1000
#define PRESCAN_MESSAGES_MOST  10 /* message within message */
#define PRESCAN_BOUNDARY_MOST  256

/* A mail within the mail, or the body of a leaf, without the line end before the
 * next delimiter. */
typedef struct PrescanRange {
	gsize start, end;
} PrescanRange;

/* The octets that may be parsed: a new reference to the same ones when they
 * keep within the limits, else a copy without what is beyond. What was cut is
 * added to defects (of char *), each kind once.
 *
 * Besides the limits, the copy has a header that every parser reads the same
 * way: one Content-Type a part, an unambiguous boundary, an empty line before
 * the body, no mbox "From " line and no empty lines in front.
 *
 * messages (of PrescanRange, may be NULL): where in octets, the uncut ones, the
 * mails within this one stand, in order; those within them are not told.
 * leaves: the same for the bodies of parts that are neither mails nor multipart
 * and stand in no mail within. */
GBytes *prescan(const Octets *octets, GPtrArray *defects, GArray *messages,
    GArray *leaves);

#endif
