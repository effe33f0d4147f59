/* dns.h - DNS packets of TXT look-ups (RFC 1035, RFC 6891): octets in, octets
 * out. resolver.c sends them. */
#ifndef MAIL_DNS_H
#define MAIL_DNS_H

#include "javob.h"

#define DNS_NAME_MOST     253
#define DNS_QUESTION_MOST 300  /* octets of a question */
#define DNS_PACKET_MOST   8192 /* of an answer; more is not read */
#define DNS_TEXTS_MOST    16   /* records of a name */
#define DNS_TEXT_MOST     4096 /* octets of one; a longer one is left out */

typedef enum DnsStatus {
	DNS_FOUND,     /* at least one text */
	DNS_NOTHING,   /* no such name, or none with a text */
	DNS_TRUNCATED, /* ask again by TCP */
	DNS_FORMAT,    /* the server knows no EDNS: ask again without */
	DNS_FAILED,  /* it could not find out, or will not, or talks rubbish */
	DNS_FOREIGN, /* not an answer to this question: wait on */
} DnsStatus;

/* True for labels of letters, digits, "-" and "_" with a dot between, each at
 * most 63 octets, DNS_NAME_MOST in all; at least one. */
gboolean dns_is_name(const char *name);

/* Writes the question for the TXT records of name. edns: answers up to 1,232
 * octets may come by UDP. Returns its size. dns_is_name(name) holds. */
gsize dns_question(const char *name, guint16 id, gboolean edns,
    guint8 out[DNS_QUESTION_MOST]);

/* Reads what came back. FOUND: texts (of char *, as C strings) get the records,
 * aliases (CNAME) within the packet followed; ttl the least time to live. */
DnsStatus dns_answer(const guint8 *packet, gsize size, const guint8 *question,
    gsize question_size, GPtrArray *texts, guint32 *ttl);

#endif
