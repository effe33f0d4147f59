/* in_imap_settle.c - marks or moves mail that is in the spool, for in_imap.c
 * (RFC 3501, 4315, 6851). */
#include "in/in_imap_private.h"
#include "in/in_imap_session.h"

#include <string.h>

#include <libetpan/libetpan.h>

#include "ground/error.h"
#include "ground/log.h"
#include "ground/stream.h"

#define GRACE_MS 2000 /* stop: to mark what is in the spool */

/* For what should not be torn when we are told to stop. */
static void
patient_budget(ImapSession *session)
{
	in_imap_budget(session);
	stream_grace(session->stream, GRACE_MS);
}

struct mailimap_set *
in_imap_set(const GArray *uids)
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

gboolean
in_imap_flag(ImapSession *session, const GArray *uids, gboolean on,
    struct mailimap_flag *flag, GError **error)
{
	struct mailimap_flag_list *flags = mailimap_flag_list_new_empty();
	struct mailimap_store_att_flags *change;
	struct mailimap_set *set = in_imap_set(uids);
	int result;

	mailimap_flag_list_add(flags, flag);
	change = on ? mailimap_store_att_flags_new_add_flags_silent(flags)
		    : mailimap_store_att_flags_new_remove_flags_silent(flags);
	patient_budget(session);
	result = mailimap_uid_store(session->imap, set, change);
	mailimap_store_att_flags_free(change);
	mailimap_set_free(set);
	return in_imap_check(session, result, "flags: UID STORE", error);
}

gboolean
in_imap_expunge(ImapSession *session, const GArray *uids, GError **error)
{
	struct mailimap_set *set;
	int result;

	if (!in_imap_has(session, "UIDPLUS"))
		return TRUE;
	set = in_imap_set(uids);
	patient_budget(session);
	result = mailimap_uid_expunge(session->imap, set);
	mailimap_set_free(set);
	return in_imap_check(session, result, "UID EXPUNGE", error);
}

/* One command on a set with the folder that mail is moved to. */
static gboolean
to_folder(ImapSession *session, const GArray *uids, const char *folder,
    int (*command)(mailimap *, struct mailimap_set *, const char *),
    GError **error)
{
	g_autofree char *name = in_imap_folder_name(folder, error);
	g_autofree char *what = NULL;
	struct mailimap_set *set;
	int result;

	if (name == NULL)
		return FALSE;
	what = g_strdup_printf("move to folder %s", folder);
	set = in_imap_set(uids);
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
	return in_imap_check(session, result, what, error);
}

/* A plain EXPUNGE would also remove what somebody else has marked. */
gboolean
in_imap_move(ImapSession *session, const GArray *uids, const char *folder,
    gboolean *unable, GError **error)
{
	*unable = FALSE;
	if (in_imap_has(session, "MOVE"))
		return to_folder(session, uids, folder, mailimap_uid_move,
		    error);
	if (!in_imap_has(session, "UIDPLUS")) {
		*unable = TRUE;
		return error_permanent(error,
		    "the server has neither MOVE nor UIDPLUS");
	}
	return to_folder(session, uids, folder, mailimap_uid_copy, error) &&
	       in_imap_flag(session, uids, TRUE, mailimap_flag_new_deleted(),
		   error) &&
	       in_imap_expunge(session, uids, error);
}

static gboolean
move(ImapSession *session, const GArray *uids, GError **error)
{
	g_autoptr(GError) reason = NULL;
	gboolean unable;

	if (in_imap_move(session, uids, session->settings->move_to, &unable,
		&reason))
		return TRUE;
	if (unable)
		return leave(session,
		    "the server has neither MOVE nor UIDPLUS, so mail is "
		    "not moved: choose to mark it instead");
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
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
		return in_imap_flag(session, uids, TRUE,
		    mailimap_flag_new_seen(), error);
	if (!keyword_permitted(session, settings->keyword))
		return leave(session,
		    "the mailbox keeps no new keywords: choose another way "
		    "to mark mail");
	return in_imap_flag(session, uids, TRUE,
	    mailimap_flag_new_flag_keyword(strdup(settings->keyword)), error);
}
