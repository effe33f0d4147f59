/* nameserver.c - addresses of name servers. Called by resolver.c, by prover.c
 * before its worker is shut in, and when the configuration is checked. */
#include "mail/nameserver.h"

#include <arpa/inet.h>
#include <string.h>

#include "ground/error.h"

enum { PORT = 53 };

static gboolean
read_address(const char *host, guint16 port, NameServer *server)
{
	*server = (NameServer){ 0 };
	if (inet_pton(AF_INET, host, &server->address.v4.sin_addr) == 1) {
		server->address.v4.sin_family = AF_INET;
		server->address.v4.sin_port = htons(port);
		server->size = sizeof(server->address.v4);
		return TRUE;
	}
	if (inet_pton(AF_INET6, host, &server->address.v6.sin6_addr) == 1) {
		server->address.v6.sin6_family = AF_INET6;
		server->address.v6.sin6_port = htons(port);
		server->size = sizeof(server->address.v6);
		return TRUE;
	}
	return FALSE;
}

/* "1.2.3.4", "1.2.3.4:53", "::1", "[::1]", "[::1]:53". */
static gboolean
read_server(const char *word, NameServer *server)
{
	g_autofree char *host = NULL;
	const char *port = strrchr(word, ':');
	guint64 number = PORT;

	if (*word == '[') {
		const char *end = strchr(word, ']');

		if (end == NULL || (end[1] != '\0' && end + 1 != port))
			return FALSE;
		host = g_strndup(word + 1, (gsize)(end - word) - 1);
		port = end[1] == '\0' ? NULL : port;
	} else if (port != NULL && strchr(word, ':') == port) {
		host = g_strndup(word, (gsize)(port - word));
	} else {
		host = g_strdup(word);
		port = NULL;
	}
	if (port != NULL && !g_ascii_string_to_unsigned(port + 1, 10, 1,
				G_MAXUINT16, &number, NULL))
		return FALSE;
	return read_address(host, (guint16)number, server);
}

guint
nameserver_list(const char *text, NameServer servers[NAMESERVERS_MOST],
    GError **error)
{
	g_auto(GStrv) words = g_strsplit_set(text, ", \t", -1);
	guint n = 0;

	for (guint i = 0; words[i] != NULL; i++) {
		NameServer server;

		if (*words[i] == '\0')
			continue;
		if (!read_server(words[i], &server)) {
			error_config(error,
			    "\"%s\" is no name server; write 127.0.0.1 or "
			    "[::1]:53",
			    words[i]);
			return 0;
		}
		if (n == NAMESERVERS_MOST) {
			error_config(error, "name at most %d name servers",
			    NAMESERVERS_MOST);
			return 0;
		}
		servers[n++] = server;
	}
	if (n == 0)
		error_config(error, "no name server is named");
	return n;
}

char *
nameserver_system(void)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	guint n = 0;

	if (g_file_get_contents("/etc/resolv.conf", &text, NULL, NULL))
		lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines != NULL && lines[i] != NULL; i++) {
		g_auto(GStrv) words = g_strsplit_set(lines[i], " \t\r", 3);
		NameServer server;

		if (words[0] == NULL || words[1] == NULL ||
		    !g_str_equal(words[0], "nameserver") ||
		    !read_address(words[1], PORT, &server) ||
		    n == NAMESERVERS_MOST)
			continue;
		g_string_append_printf(out, "%s%s", n > 0 ? "," : "", words[1]);
		n++;
	}
	return g_strdup(n > 0 ? out->str : "127.0.0.1");
}
