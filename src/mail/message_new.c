/* message_new.c - a Message as a thing: made, freed, asked. message.c fills it
 * from a mail, wire.c from what the worker sent. */
#include "mail/message.h"

#include "mail/header.h"

static const char *const kind_names[] = {
	[MESSAGE_HUMAN] = "human",
	[MESSAGE_AUTO_REPLY] = "auto-reply",
	[MESSAGE_BOUNCE] = "bounce",
	[MESSAGE_LIST] = "list",
	[MESSAGE_REPORT] = "report",
	[MESSAGE_SPAM] = "spam",
};

static GPtrArray *
addresses_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)address_free);
}

Message *
message_new(void)
{
	Message *message = g_new0(Message, 1);

	message->message_id = g_strdup("");
	message->in_reply_to = g_ptr_array_new_with_free_func(g_free);
	message->references = g_ptr_array_new_with_free_func(g_free);
	message->subject = g_strdup("");
	message->from = addresses_new();
	message->sender = addresses_new();
	message->reply_to = addresses_new();
	message->to = addresses_new();
	message->cc = addresses_new();
	message->fields = header_fields_new();
	message->body_text = g_strdup("");
	message->new_text = g_strdup("");
	message->html = g_strdup("");
	message->attachments =
	    g_ptr_array_new_with_free_func((GDestroyNotify)attachment_free);
	message->kind_reasons = g_ptr_array_new_with_free_func(g_free);
	message->defects = g_ptr_array_new_with_free_func(g_free);
	message->content_hash = g_strdup("");
	return message;
}

void
message_free(Message *message)
{
	if (message == NULL)
		return;
	g_free(message->message_id);
	g_ptr_array_unref(message->in_reply_to);
	g_ptr_array_unref(message->references);
	g_free(message->subject);
	g_ptr_array_unref(message->from);
	g_ptr_array_unref(message->sender);
	g_ptr_array_unref(message->reply_to);
	g_ptr_array_unref(message->to);
	g_ptr_array_unref(message->cc);
	g_array_unref(message->fields);
	g_free(message->body_text);
	g_free(message->new_text);
	g_free(message->html);
	g_ptr_array_unref(message->attachments);
	g_ptr_array_unref(message->kind_reasons);
	forward_free(message->forward);
	dsn_free(message->dsn);
	g_ptr_array_unref(message->defects);
	g_free(message->content_hash);
	g_free(message);
}

void
attachment_free(Attachment *attachment)
{
	if (attachment == NULL)
		return;
	g_free(attachment->name);
	g_free(attachment->type);
	g_free(attachment->content_id);
	g_free(attachment->sha256);
	g_clear_pointer(&attachment->octets, g_bytes_unref);
	g_free(attachment);
}

Forward *
forward_new(void)
{
	Forward *forward = g_new0(Forward, 1);

	forward->subject = g_strdup("");
	forward->text = g_strdup("");
	return forward;
}

void
forward_free(Forward *forward)
{
	if (forward == NULL)
		return;
	address_free(forward->author);
	g_free(forward->subject);
	g_free(forward->text);
	g_free(forward);
}

const char *
message_kind_name(MessageKind kind)
{
	g_return_val_if_fail(kind < G_N_ELEMENTS(kind_names), "human");
	return kind_names[kind];
}

const char *
message_field(const Message *message, const char *name)
{
	return header_get(message->fields, name, 0);
}

const char *
message_field_nth(const Message *message, const char *name, guint n)
{
	return header_get(message->fields, name, n);
}

const Address *
message_author(const Message *message)
{
	return message->from->len > 0 ? message->from->pdata[0] : NULL;
}

void
message_make_id(Message *message)
{
	if (message->message_id[0] != '\0')
		return;
	message->message_id_made = TRUE;
	g_free(message->message_id);
	message->message_id =
	    g_strdup_printf("%.32s@made.invalid", message->content_hash);
}
