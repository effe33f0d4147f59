/* lmtp_store.c - from an LMTP session to the spool, one file a mailbox. */
#include "in/lmtp_store.h"

#include "ground/clock.h"
#include "ground/error.h"
#include "ground/log.h"

static SpoolFile *
begin(LmtpSession *session, Spool *spool, const LmtpPart *part, GError **error)
{
	g_autoptr(Envelope) envelope =
	    envelope_new(part->mailbox, "lmtp", clock_now());

	envelope->reverse_path = g_strdup(lmtp_session_reverse_path(session));
	for (guint i = 0; i < part->forward_paths->len; i++)
		g_ptr_array_add(envelope->forward_paths,
		    g_strdup(part->forward_paths->pdata[i]));
	return spool_begin(spool, envelope, error);
}

static void
part_failed(LmtpPart *part, const GError *error)
{
	log_error("event=refused door=lmtp mailbox=%s error=%s", part->mailbox,
	    error->message);
	part->failure = error_lmtp(error);
	g_clear_pointer(&part->file, spool_abort);
}

static void
part_body(LmtpSession *session, Spool *spool, LmtpPart *part)
{
	const GByteArray *body = lmtp_session_body(session);
	g_autoptr(GError) error = NULL;

	if (part->file == NULL)
		part->file = begin(session, spool, part, &error);
	if (part->file == NULL ||
	    !spool_write(part->file, body->data, body->len, &error))
		part_failed(part, error);
}

void
lmtp_store_body(LmtpSession *session, Spool *spool)
{
	GPtrArray *parts = lmtp_session_parts(session);

	for (guint i = 0; i < parts->len; i++) {
		LmtpPart *part = parts->pdata[i];

		if (part->failure == NULL)
			part_body(session, spool, part);
	}
	lmtp_session_stored(session);
}

static gboolean
part_commit(LmtpPart *part)
{
	g_autofree char *name = g_strdup(spool_name(part->file));
	gint64 size = spool_size(part->file);
	g_autoptr(GError) error = NULL;

	if (!spool_commit(g_steal_pointer(&part->file), &error)) {
		part_failed(part, error);
		return FALSE;
	}
	log_info("event=received door=lmtp mailbox=%s size=%" G_GINT64_FORMAT
		 " recipients=%u spool=%s",
	    part->mailbox, size, part->forward_paths->len, name);
	return TRUE;
}

guint
lmtp_store_commit(LmtpSession *session, Spool *spool)
{
	GPtrArray *parts = lmtp_session_parts(session);
	guint good = 0;

	lmtp_store_body(session, spool);
	for (guint i = 0; i < parts->len; i++) {
		LmtpPart *part = parts->pdata[i];

		if (part->failure == NULL)
			good += part_commit(part) ? 1 : 0;
		else
			g_clear_pointer(&part->file, spool_abort);
	}
	return good;
}

void
lmtp_store_drop(LmtpSession *session)
{
	GPtrArray *parts = lmtp_session_parts(session);

	for (guint i = 0; i < parts->len; i++) {
		LmtpPart *part = parts->pdata[i];

		g_clear_pointer(&part->file, spool_abort);
	}
}

gboolean
lmtp_store_pending(LmtpSession *session)
{
	GPtrArray *parts = lmtp_session_parts(session);

	for (guint i = 0; i < parts->len; i++) {
		const LmtpPart *part = parts->pdata[i];

		if (part->file != NULL)
			return TRUE;
	}
	return FALSE;
}
