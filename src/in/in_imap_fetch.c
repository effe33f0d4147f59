/* in_imap_fetch.c - lists mail and streams it, for in_imap.c.
 *
 * Never asks for ENVELOPE or BODYSTRUCTURE: a customer chooses their depth,
 * and libetpan's parser recurses. */
#include "in/in_imap_private.h"

#include "in/in_imap_session.h"
#include <libetpan/libetpan.h>

#include "ground/error.h"
#include "ground/stream.h"

#define BODY_PER_MS 64          /* octets; slowest download we wait for */
#define BODY_SLACK  (64 * 1024) /* and an eighth: some count LF as one */

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
	return in_imap_check(session, result, what, error);
}

GArray *
in_imap_session_list(ImapSession *session, guint32 first, guint32 last,
    GError **error)
{
	g_autoptr(GArray) items = NULL;
	clist *answer = NULL;

	in_imap_budget(session);
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
	in_imap_budget(session);
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
	gint64 ms = 2 * in_imap_command_ms(session) + item->size / BODY_PER_MS;
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
