/* in_imap_session.c - an IMAP connection for in_imap.c, over libetpan: from
 * the greeting to SELECT, and IDLE. Mail is had in in_imap_fetch.c and dealt
 * with in in_imap_settle.c. */
#include "in/in_imap_session.h"
#include "in/in_imap_private.h"

#include <string.h>

#include <libetpan/libetpan.h>

#include "ground/error.h"
#include "ground/stream.h"
#include "ground/text.h"

#define CONNECT_MS 30000
#define COMMAND_MS 30000
#define LOGOUT_MS  2000
#define WORDS_MOST 200

int
in_imap_command_ms(const ImapSession *session)
{
	return session->settings->command_ms > 0 ? session->settings->command_ms
						 : COMMAND_MS;
}

void
in_imap_budget(ImapSession *session)
{
	stream_budget(session->stream, in_imap_command_ms(session),
	    COMMAND_OCTETS);
}

/* libetpan throws away what comes between IDLE and "+"; a mail told there
 * would wait for the next sweep. */
static void
overhear(mailimap *imap, int type, const char *octets, size_t size, void *data)
{
	ImapSession *session = data;

	(void)imap;
	if (session->waiting && type == MAILSTREAM_LOG_TYPE_DATA_RECEIVED &&
	    g_strstr_len(octets, (gssize)size, " EXISTS") != NULL)
		session->exists = TRUE;
}

gboolean
in_imap_check(ImapSession *session, int result, const char *what,
    GError **error)
{
	g_autofree char *words = NULL;
	const char *said = session->imap->imap_response;

	switch (result) {
	case MAILIMAP_NO_ERROR:
	case MAILIMAP_NO_ERROR_AUTHENTICATED:
	case MAILIMAP_NO_ERROR_NON_AUTHENTICATED:
		return TRUE;
	case MAILIMAP_ERROR_STREAM:
	case MAILIMAP_ERROR_PARSE:
	case MAILIMAP_ERROR_MEMORY:
	case MAILIMAP_ERROR_FATAL:
	case MAILIMAP_ERROR_PROTOCOL:
	case MAILIMAP_ERROR_BAD_STATE:
		session->broken = TRUE;
		session->garbled =
		    stream_end(session->stream) == STREAM_OK ||
		    stream_end(session->stream) == STREAM_TOO_BIG;
		if (stream_end(session->stream) != STREAM_OK)
			return error_temporary(error, "%s: %s", what,
			    stream_end_text(session->stream));
		return error_temporary(error,
		    "%s: the server's answer cannot be understood", what);
	default:
		words = text_clean_line(said != NULL ? said : "", WORDS_MOST);
		return error_temporary(error, "%s: refused: %s", what, words);
	}
}

/* What was announced before TLS or before login does not count after it. The
 * empty list is there because libetpan dereferences what a server that
 * answers only OK never sent. */
static gboolean
ask_capability(ImapSession *session, GError **error)
{
	struct mailimap_connection_info *info =
	    session->imap->imap_connection_info;
	struct mailimap_capability_data *answer = NULL;
	int result;

	if (info->imap_capability != NULL)
		mailimap_capability_data_free(info->imap_capability);
	info->imap_capability = mailimap_capability_data_new(clist_new());
	in_imap_budget(session);
	result = mailimap_capability(session->imap, &answer);
	if (answer != NULL)
		mailimap_capability_data_free(answer);
	return in_imap_check(session, result, "CAPABILITY", error);
}

gboolean
in_imap_has(const ImapSession *session, const char *name)
{
	return mailimap_has_extension(session->imap, (char *)name) != 0;
}

static gboolean
begin_tls(ImapSession *session, GError **error)
{
	const ImapSettings *settings = session->settings;

	if (!in_imap_has(session, "STARTTLS"))
		return error_config(error,
		    "%s port %u: STARTTLS is not offered: use imaps, or the "
		    "port that has it",
		    settings->host, (unsigned int)settings->port);
	in_imap_budget(session);
	return in_imap_check(session, mailimap_starttls(session->imap),
		   "STARTTLS", error) &&
	       stream_start_tls(session->stream, settings->host,
		   settings->trust, CONNECT_MS, error) &&
	       ask_capability(session, error);
}

static gboolean
log_in(ImapSession *session, gboolean *denied, GError **error)
{
	const ImapSettings *settings = session->settings;
	g_autofree char *words = NULL;
	int result;

	in_imap_budget(session);
	if (!in_imap_has(session, "LOGINDISABLED"))
		result = mailimap_login(session->imap, settings->user,
		    settings->password);
	else if (mailimap_has_authentication(session->imap, "PLAIN"))
		result = mailimap_authenticate(session->imap, "PLAIN",
		    settings->host, NULL, NULL, settings->user, settings->user,
		    settings->password, NULL);
	else
		return error_config(error,
		    "login: the server takes passwords only with TLS: "
		    "configure imaps or STARTTLS");
	if (result == MAILIMAP_NO_ERROR)
		return TRUE;
	if (!in_imap_check(session, result, "login", error) && session->broken)
		return FALSE;
	*denied = TRUE;
	g_clear_error(error);
	words = text_clean_line(session->imap->imap_response != NULL
				    ? session->imap->imap_response
				    : "",
	    WORDS_MOST);
	return error_config(error,
	    "login refused: check user and password of this mailbox (the "
	    "server says: %s)",
	    words);
}

char *
in_imap_folder_name(const char *folder, GError **error)
{
	char *name;

	if (text_is_ascii(folder) && strchr(folder, '&') == NULL)
		return g_strdup(folder);
	name = g_convert(folder, -1, "UTF-7-IMAP", "UTF-8", NULL, NULL, NULL);
	if (name == NULL)
		error_config(error, "folder %s: the name cannot be encoded",
		    folder);
	return name;
}

static gboolean
select_folder(ImapSession *session, GError **error)
{
	g_autofree char *name = NULL, *what = NULL;

	name = in_imap_folder_name(session->settings->folder, error);
	if (name == NULL)
		return FALSE;
	what = g_strdup_printf("folder %s: SELECT", session->settings->folder);
	in_imap_budget(session);
	if (!in_imap_check(session, mailimap_select(session->imap, name), what,
		error))
		return FALSE;
	if (session->imap->imap_selection_info->sel_uidvalidity == 0)
		return error_temporary(error,
		    "%s: the server tells no UIDVALIDITY", what);
	return TRUE;
}

static gboolean
connect_session(ImapSession *session, int stop_fd, GError **error)
{
	const ImapSettings *settings = session->settings;
	g_autoptr(Stream) stream = NULL;
	int result;

	if (!settings->implicit_tls && !settings->start_tls &&
	    !settings->allow_plain)
		return error_config(error,
		    "%s: neither imaps nor STARTTLS: passwords do not go in "
		    "plain text",
		    settings->host);
	stream = stream_connect(settings->host, settings->port, CONNECT_MS,
	    stop_fd, error);
	if (stream == NULL ||
	    (settings->implicit_tls && !stream_start_tls(stream, settings->host,
					   settings->trust, CONNECT_MS, error)))
		return FALSE;
	session->stream = g_steal_pointer(&stream);
	in_imap_budget(session);
	result =
	    mailimap_connect(session->imap, stream_mailstream(session->stream));
	if (!in_imap_check(session, result, "greeting", error))
		return FALSE;
	/* No way to TLS from there: somebody on the way may have said so. */
	if (result == MAILIMAP_NO_ERROR_AUTHENTICATED && settings->start_tls &&
	    !settings->implicit_tls)
		return error_temporary(error,
		    "greeting: PREAUTH where TLS is required");
	return ask_capability(session, error);
}

ImapSession *
in_imap_session_open(const ImapSettings *settings, int stop_fd,
    gboolean *denied, GError **error)
{
	g_autoptr(ImapSession) session = g_new0(ImapSession, 1);

	*denied = FALSE;
	session->settings = settings;
	session->imap = mailimap_new(0, NULL);
	if (!connect_session(session, stop_fd, error))
		return NULL;
	if (settings->start_tls && !settings->implicit_tls &&
	    !begin_tls(session, error))
		return NULL;
	if (session->imap->imap_state == MAILIMAP_STATE_NON_AUTHENTICATED &&
	    !log_in(session, denied, error))
		return NULL;
	if (!ask_capability(session, error) || !select_folder(session, error))
		return NULL;
	mailimap_set_logger(session->imap, overhear, session);
	return g_steal_pointer(&session);
}

void
in_imap_session_free(ImapSession *session)
{
	if (session == NULL)
		return;
	if (session->stream != NULL) {
		stream_budget(session->stream, LOGOUT_MS, COMMAND_OCTETS);
		if (session->broken) {
			mailstream_close(session->imap->imap_stream);
			session->imap->imap_stream = NULL;
		}
	}
	mailimap_free(session->imap);
	g_free(session);
}

guint32
in_imap_session_uidvalidity(const ImapSession *session)
{
	return session->imap->imap_selection_info->sel_uidvalidity;
}

guint32
in_imap_session_uidnext(const ImapSession *session)
{
	return session->imap->imap_selection_info->sel_uidnext;
}

gboolean
in_imap_session_has_idle(const ImapSession *session)
{
	return mailimap_has_idle(session->imap) != 0;
}

gboolean
in_imap_session_broken(const ImapSession *session)
{
	return session->broken;
}

gboolean
in_imap_session_garbled(const ImapSession *session)
{
	return session->garbled;
}

gboolean
in_imap_session_news(ImapSession *session)
{
	struct mailimap_selection_info *info =
	    session->imap->imap_selection_info;
	gboolean news = session->exists || info->sel_has_exists;

	session->exists = FALSE;
	info->sel_has_exists = 0;
	return news;
}

gboolean
in_imap_session_pause(ImapSession *session, int ms, GError **error)
{
	int ready = stream_wait(session->stream, ms);

	if (ready >= 0)
		return TRUE;
	session->broken = TRUE;
	return error_temporary(error, "waiting for mail: %s",
	    stream_end_text(session->stream));
}

gboolean
in_imap_session_idle(ImapSession *session, int ms, gboolean *unwilling,
    GError **error)
{
	int result, ready;

	*unwilling = FALSE;
	in_imap_budget(session);
	session->waiting = TRUE;
	result = mailimap_idle(session->imap);
	session->waiting = FALSE;
	if (result != MAILIMAP_NO_ERROR) {
		*unwilling = stream_end(session->stream) == STREAM_OK;
		session->broken = TRUE;
		return in_imap_check(session, result, "IDLE", error);
	}
	ready = session->exists ? 1 : stream_wait(session->stream, ms);
	if (ready < 0) {
		session->broken = TRUE;
		return error_temporary(error, "IDLE: %s",
		    stream_end_text(session->stream));
	}
	in_imap_budget(session);
	return in_imap_check(session, mailimap_idle_done(session->imap), "IDLE",
	    error);
}
