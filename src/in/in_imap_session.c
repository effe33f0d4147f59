/* in_imap_session.c - the IMAP commands of in_imap.c, over libetpan.
 *
 * Never asks for ENVELOPE or BODYSTRUCTURE: a customer chooses their depth,
 * and libetpan's parser recurses. */
#include "in/in_imap_session.h"

#include <string.h>

#include <libetpan/libetpan.h>

#include "ground/error.h"
#include "ground/log.h"
#include "ground/stream.h"
#include "ground/text.h"

#define CONNECT_MS     30000
#define COMMAND_MS     30000
#define COMMAND_OCTETS (8 * 1024 * 1024)
#define BODY_PER_MS    64          /* octets; slowest download we wait for */
#define BODY_SLACK     (64 * 1024) /* and an eighth: some count LF as one */
#define GRACE_MS       2000        /* stop: to mark what is in the spool */
#define LOGOUT_MS      2000
#define WORDS_MOST     200

struct ImapSession {
	const ImapSettings *settings;
	mailimap *imap;
	Stream *stream; /* belongs to imap's mailstream */
	gboolean broken;
	gboolean garbled;
	gboolean waiting; /* IDLE was said, "+" has not come */
	gboolean exists;  /* EXISTS came while waiting */
	gboolean told;    /* why mail is not marked or moved */
};

static int
command_ms(const ImapSession *session)
{
	return session->settings->command_ms > 0 ? session->settings->command_ms
						 : COMMAND_MS;
}

static void
budget(ImapSession *session)
{
	stream_budget(session->stream, command_ms(session), COMMAND_OCTETS);
}

/* For what should not be torn when we are told to stop. */
static void
patient_budget(ImapSession *session)
{
	budget(session);
	stream_grace(session->stream, GRACE_MS);
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

/* TRUE if result is success. A session is of no use after anything but a
 * clean NO or BAD: nothing resynchronises. */
static gboolean
check(ImapSession *session, int result, const char *what, GError **error)
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
	budget(session);
	result = mailimap_capability(session->imap, &answer);
	if (answer != NULL)
		mailimap_capability_data_free(answer);
	return check(session, result, "CAPABILITY", error);
}

static gboolean
has(const ImapSession *session, const char *name)
{
	return mailimap_has_extension(session->imap, (char *)name) != 0;
}

static gboolean
begin_tls(ImapSession *session, GError **error)
{
	const ImapSettings *settings = session->settings;

	if (!has(session, "STARTTLS"))
		return error_config(error,
		    "%s port %u: STARTTLS is not offered: use imaps, or the "
		    "port that has it",
		    settings->host, (unsigned int)settings->port);
	budget(session);
	return check(session, mailimap_starttls(session->imap), "STARTTLS",
		   error) &&
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

	budget(session);
	if (!has(session, "LOGINDISABLED"))
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
	if (!check(session, result, "login", error) && session->broken)
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

/* Modified UTF-7 (RFC 3501 5.1.3); free with g_free. */
static char *
encoded_name(const char *folder, GError **error)
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

	name = encoded_name(session->settings->folder, error);
	if (name == NULL)
		return FALSE;
	what = g_strdup_printf("folder %s: SELECT", session->settings->folder);
	budget(session);
	if (!check(session, mailimap_select(session->imap, name), what, error))
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
	budget(session);
	result =
	    mailimap_connect(session->imap, stream_mailstream(session->stream));
	if (!check(session, result, "greeting", error))
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

/* Seconds UTC of an INTERNALDATE; 0 for nonsense. */
static gint64
seconds(const struct mailimap_date_time *when)
{
	g_autoptr(GDateTime) local = NULL;
	int zone = when->dt_zone;

	local = g_date_time_new_utc(when->dt_year, when->dt_month, when->dt_day,
	    when->dt_hour, when->dt_min, CLAMP(when->dt_sec, 0, 59));
	if (local == NULL)
		return 0;
	return g_date_time_to_unix(local) -
	       (zone / 100 * 3600 + zone % 100 * 60);
}

static void
read_item(const struct mailimap_msg_att *from, ImapItem *item)
{
	*item = (ImapItem){ 0 };
	for (clistiter *cur = clist_begin(from->att_list); cur != NULL;
	     cur = clist_next(cur)) {
		const struct mailimap_msg_att_item *att = clist_content(cur);
		const struct mailimap_msg_att_static *fact;

		if (att->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC)
			continue;
		fact = att->att_data.att_static;
		if (fact->att_type == MAILIMAP_MSG_ATT_UID)
			item->uid = fact->att_data.att_uid;
		if (fact->att_type == MAILIMAP_MSG_ATT_RFC822_SIZE)
			item->size = fact->att_data.att_rfc822_size;
		if (fact->att_type == MAILIMAP_MSG_ATT_INTERNALDATE &&
		    fact->att_data.att_internal_date != NULL)
			item->internal_date =
			    seconds(fact->att_data.att_internal_date);
	}
}

static int
by_uid(gconstpointer a, gconstpointer b)
{
	const ImapItem *left = a, *right = b;

	return left->uid < right->uid ? -1 : left->uid > right->uid;
}

static struct mailimap_fetch_type *
facts_wanted(void)
{
	struct mailimap_fetch_type *type =
	    mailimap_fetch_type_new_fetch_att_list_empty();

	mailimap_fetch_type_new_fetch_att_list_add(type,
	    mailimap_fetch_att_new_uid());
	mailimap_fetch_type_new_fetch_att_list_add(type,
	    mailimap_fetch_att_new_rfc822_size());
	mailimap_fetch_type_new_fetch_att_list_add(type,
	    mailimap_fetch_att_new_internaldate());
	return type;
}

/* UID FETCH; *answer of mailimap_msg_att, or NULL. Takes type. */
static gboolean
fetch(ImapSession *session, guint32 first, guint32 last,
    struct mailimap_fetch_type *type, clist **answer, const char *what,
    GError **error)
{
	struct mailimap_set *set = mailimap_set_new_interval(first, last);
	int result;

	result = mailimap_uid_fetch(session->imap, set, type, answer);
	mailimap_fetch_type_free(type);
	mailimap_set_free(set);
	if (result != MAILIMAP_NO_ERROR)
		*answer = NULL; /* set, but freed */
	return check(session, result, what, error);
}

GArray *
in_imap_session_list(ImapSession *session, guint32 first, guint32 last,
    GError **error)
{
	g_autoptr(GArray) items = NULL;
	clist *answer = NULL;

	budget(session);
	if (!fetch(session, first, last, facts_wanted(), &answer,
		"list of new mail: UID FETCH", error))
		return NULL;
	items = g_array_new(FALSE, FALSE, sizeof(ImapItem));
	for (clistiter *cur = answer != NULL ? clist_begin(answer) : NULL;
	     cur != NULL; cur = clist_next(cur)) {
		ImapItem item;

		read_item(clist_content(cur), &item);
		/* "7:*" gives the last mail even if its UID is below 7, and
		 * other mail's flags may come unasked. */
		if (item.uid >= first && (last == 0 || item.uid <= last))
			g_array_append_val(items, item);
	}
	if (answer != NULL)
		mailimap_fetch_list_free(answer);
	g_array_sort(items, by_uid);
	return g_steal_pointer(&items);
}

gboolean
in_imap_session_highest(ImapSession *session, guint32 *uid, GError **error)
{
	struct mailimap_fetch_type *type;
	clist *answer = NULL;

	*uid = 0;
	if (session->imap->imap_selection_info->sel_exists == 0)
		return TRUE;
	type = mailimap_fetch_type_new_fetch_att(mailimap_fetch_att_new_uid());
	budget(session);
	if (!fetch(session, 0, 0, type, &answer, "UID FETCH *", error))
		return FALSE;
	for (clistiter *cur = answer != NULL ? clist_begin(answer) : NULL;
	     cur != NULL; cur = clist_next(cur)) {
		ImapItem item;

		read_item(clist_content(cur), &item);
		*uid = MAX(*uid, item.uid);
	}
	if (answer != NULL)
		mailimap_fetch_list_free(answer);
	return TRUE;
}

/* A body that comes in. */
typedef struct Body {
	ImapSink sink;
	void *data;
	gboolean any;    /* octets went to the sink */
	gboolean enough; /* the sink wants no more */
} Body;

static bool
take_body(int type, struct mailimap_msg_att_body_section *section,
    const char *octets, size_t size, void *data)
{
	Body *body = data;

	(void)type;
	(void)section;
	body->any = TRUE;
	/* Go on reading: to stop here would cost the connection. */
	if (!body->enough && !body->sink(octets, size, body->data))
		body->enough = TRUE;
	return true;
}

/* BODY[] among the facts of one mail, or NULL. */
static const struct mailimap_msg_att_body_section *
find_body(const struct mailimap_msg_att *mail)
{
	for (clistiter *cur = clist_begin(mail->att_list); cur != NULL;
	     cur = clist_next(cur)) {
		const struct mailimap_msg_att_item *att = clist_content(cur);

		if (att->att_type == MAILIMAP_MSG_ATT_ITEM_STATIC &&
		    att->att_data.att_static->att_type ==
			MAILIMAP_MSG_ATT_BODY_SECTION)
			return att->att_data.att_static->att_data
			    .att_body_section;
	}
	return NULL;
}

/* TRUE if the answer holds this mail's body. A short one may come as a quoted
 * string, which libetpan does not hand to the handler; NIL is none. */
static gboolean
has_body(const clist *answer, const ImapItem *item, Body *body)
{
	const struct mailimap_msg_att_body_section *section;

	for (clistiter *cur = answer != NULL ? clist_begin(answer) : NULL;
	     cur != NULL; cur = clist_next(cur)) {
		ImapItem other;

		read_item(clist_content(cur), &other);
		section = find_body(clist_content(cur));
		if (other.uid != item->uid || section == NULL)
			continue;
		if (!body->any && section->sec_body_part != NULL)
			take_body(0, NULL, section->sec_body_part,
			    section->sec_length, body);
		return body->any || item->size == 0;
	}
	return FALSE;
}

gboolean
in_imap_session_body(ImapSession *session, const ImapItem *item, ImapSink sink,
    void *data, GError **error)
{
	Body body = { .sink = sink, .data = data };
	struct mailimap_fetch_type *type =
	    mailimap_fetch_type_new_fetch_att_list_empty();
	g_autofree char *what = NULL;
	clist *answer = NULL;
	gint64 ms = 2 * command_ms(session) + item->size / BODY_PER_MS;
	gboolean good;

	mailimap_fetch_type_new_fetch_att_list_add(type,
	    mailimap_fetch_att_new_uid());
	mailimap_fetch_type_new_fetch_att_list_add(type,
	    mailimap_fetch_att_new_body_peek_section(
		mailimap_section_new(NULL)));
	what = g_strdup_printf("mail UID %u: UID FETCH", item->uid);
	stream_budget(session->stream, (int)MIN(ms, G_MAXINT),
	    (gsize)(item->size + item->size / 8) + BODY_SLACK);
	mailimap_set_msg_body_handler(session->imap, take_body, &body);
	good = fetch(session, item->uid, item->uid, type, &answer, what, error);
	mailimap_set_msg_body_handler(session->imap, NULL, NULL);
	if (good && !has_body(answer, item, &body))
		good = error_temporary(error,
		    "%s: the answer does not hold the mail", what);
	if (answer != NULL)
		mailimap_fetch_list_free(answer);
	return good;
}

/* A set of single UIDs: neighbours become a range. */
static struct mailimap_set *
new_set(const GArray *uids)
{
	struct mailimap_set *set = mailimap_set_new_empty();
	guint32 first, last;

	for (guint i = 0; i < uids->len; i++) {
		first = last = g_array_index(uids, guint32, i);
		while (i + 1 < uids->len &&
		       g_array_index(uids, guint32, i + 1) == last + 1)
			last = g_array_index(uids, guint32, ++i);
		mailimap_set_add_interval(set, first, last);
	}
	return set;
}

/* Why nothing is done to mail in this session, once. */
static gboolean
leave(ImapSession *session, const char *why)
{
	if (!session->told)
		log_error("mailbox=%s event=imap-left-as-it-is folder=%s "
			  "reason=\"%s\"",
		    session->settings->mailbox, session->settings->folder, why);
	session->told = TRUE;
	return TRUE;
}

/* PERMANENTFLAGS (RFC 3501 7.1): none told means all. */
static gboolean
keyword_permitted(const ImapSession *session, const char *keyword)
{
	const clist *flags = session->imap->imap_selection_info->sel_perm_flags;

	if (flags == NULL)
		return TRUE;
	for (clistiter *cur = clist_begin(flags); cur != NULL;
	     cur = clist_next(cur)) {
		const struct mailimap_flag_perm *perm = clist_content(cur);

		if (perm->fl_type == MAILIMAP_FLAG_PERM_ALL)
			return TRUE;
		if (perm->fl_flag != NULL &&
		    perm->fl_flag->fl_type == MAILIMAP_FLAG_KEYWORD &&
		    g_ascii_strcasecmp(perm->fl_flag->fl_data.fl_keyword,
			keyword) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Takes flag. */
static gboolean
add_flag(ImapSession *session, const GArray *uids, struct mailimap_flag *flag,
    GError **error)
{
	struct mailimap_flag_list *flags = mailimap_flag_list_new_empty();
	struct mailimap_store_att_flags *change;
	struct mailimap_set *set = new_set(uids);
	int result;

	mailimap_flag_list_add(flags, flag);
	change = mailimap_store_att_flags_new_add_flags_silent(flags);
	patient_budget(session);
	result = mailimap_uid_store(session->imap, set, change);
	mailimap_store_att_flags_free(change);
	mailimap_set_free(set);
	return check(session, result, "flags: UID STORE", error);
}

/* One command on a set with the folder that mail is moved to. */
static gboolean
to_folder(ImapSession *session, const GArray *uids,
    int (*command)(mailimap *, struct mailimap_set *, const char *),
    GError **error)
{
	const char *folder = session->settings->move_to;
	g_autofree char *name = encoded_name(folder, error);
	g_autofree char *what = NULL;
	struct mailimap_set *set;
	int result;

	if (name == NULL)
		return FALSE;
	what = g_strdup_printf("move to folder %s", folder);
	set = new_set(uids);
	patient_budget(session);
	result = command(session->imap, set, name);
	if (result != MAILIMAP_NO_ERROR &&
	    session->imap->imap_response_info != NULL &&
	    session->imap->imap_response_info->rsp_trycreate) {
		patient_budget(session);
		result = mailimap_create(session->imap, name);
		if (result == MAILIMAP_NO_ERROR)
			result = command(session->imap, set, name);
	}
	mailimap_set_free(set);
	return check(session, result, what, error);
}

/* RFC 6851, else with RFC 4315. A plain EXPUNGE would also remove what
 * somebody else has marked. */
static gboolean
move(ImapSession *session, const GArray *uids, GError **error)
{
	struct mailimap_set *set;
	int result;

	if (has(session, "MOVE"))
		return to_folder(session, uids, mailimap_uid_move, error);
	if (!has(session, "UIDPLUS"))
		return leave(session,
		    "the server has neither MOVE nor UIDPLUS, so mail is "
		    "not moved: choose to mark it instead");
	if (!to_folder(session, uids, mailimap_uid_copy, error) ||
	    !add_flag(session, uids, mailimap_flag_new_deleted(), error))
		return FALSE;
	set = new_set(uids);
	patient_budget(session);
	result = mailimap_uid_expunge(session->imap, set);
	mailimap_set_free(set);
	return check(session, result, "UID EXPUNGE", error);
}

gboolean
in_imap_session_settle(ImapSession *session, const GArray *uids, GError **error)
{
	const ImapSettings *settings = session->settings;

	if (uids->len == 0 || settings->after == IMAP_AFTER_NOTHING)
		return TRUE;
	if (session->imap->imap_selection_info->sel_perm ==
	    MAILIMAP_MAILBOX_READONLY)
		return leave(session, "the mailbox is read-only");
	if (settings->after == IMAP_AFTER_MOVE)
		return move(session, uids, error);
	if (settings->after == IMAP_AFTER_SEEN)
		return add_flag(session, uids, mailimap_flag_new_seen(), error);
	if (!keyword_permitted(session, settings->keyword))
		return leave(session,
		    "the mailbox keeps no new keywords: choose another way "
		    "to mark mail");
	return add_flag(session, uids,
	    mailimap_flag_new_flag_keyword(strdup(settings->keyword)), error);
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
	budget(session);
	session->waiting = TRUE;
	result = mailimap_idle(session->imap);
	session->waiting = FALSE;
	if (result != MAILIMAP_NO_ERROR) {
		*unwilling = stream_end(session->stream) == STREAM_OK;
		session->broken = TRUE;
		return check(session, result, "IDLE", error);
	}
	ready = session->exists ? 1 : stream_wait(session->stream, ms);
	if (ready < 0) {
		session->broken = TRUE;
		return error_temporary(error, "IDLE: %s",
		    stream_end_text(session->stream));
	}
	budget(session);
	return check(session, mailimap_idle_done(session->imap), "IDLE", error);
}
