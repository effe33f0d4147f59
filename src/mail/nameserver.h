/* nameserver.h - whom to ask: "127.0.0.1, [::1]:5353", or /etc/resolv.conf. */
#ifndef MAIL_NAMESERVER_H
#define MAIL_NAMESERVER_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "javob.h"

#define NAMESERVERS_MOST 3

typedef struct NameServer {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address;
	socklen_t size;
} NameServer;

/* Reads addresses with commas or spaces between; the port is 53 when not said.
 * Returns how many there are; 0 with error CONFIG for what is no such list. */
guint nameserver_list(const char *text, NameServer servers[NAMESERVERS_MOST],
    GError **error);

/* The list of /etc/resolv.conf in that form; 127.0.0.1 if it names none. Free
 * with g_free. */
char *nameserver_system(void);

#endif
