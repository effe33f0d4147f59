/* dns.c - writes a question and reads the answer; names are expanded by the C
 * library. Nothing in a packet is believed: each length is checked against its
 * end, and work is bounded by DNS_PACKET_MOST and RECORDS_MOST. */
#include "mail/dns.h"

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

enum {
	RECORDS_MOST = 64,
	ALIASES_MOST = 8,
	UDP_SIZE = 1232, /* the size of the DNS Flag Day 2020 */
	LABEL_MOST = 63,
};

/* One record of the answer section. */
typedef struct Record {
	char owner[NS_MAXDNAME];
	guint type;
	guint32 ttl;
	const guint8 *data;
	guint size;
} Record;

typedef struct Reader {
	const guint8 *packet, *end, *p;
} Reader;

gboolean
dns_is_name(const char *name)
{
	gsize label = 0;

	if (strlen(name) > DNS_NAME_MOST)
		return FALSE;
	for (; *name != '\0'; name++) {
		if (*name == '.') {
			if (label == 0)
				return FALSE;
			label = 0;
			continue;
		}
		if ((!g_ascii_isalnum(*name) && strchr("-_", *name) == NULL) ||
		    ++label > LABEL_MOST)
			return FALSE;
	}
	return label > 0;
}

static void
put16(guint8 **p, guint value)
{
	*(*p)++ = (guint8)(value >> 8);
	*(*p)++ = (guint8)value;
}

static void
put_name(guint8 **p, const char *name)
{
	while (*name != '\0') {
		gsize length = strcspn(name, ".");

		*(*p)++ = (guint8)length;
		memcpy(*p, name, length);
		*p += length;
		name += length + (name[length] == '.');
	}
	*(*p)++ = 0;
}

gsize
dns_question(const char *name, guint16 id, gboolean edns,
    guint8 out[DNS_QUESTION_MOST])
{
	guint8 *p = out;

	g_return_val_if_fail(dns_is_name(name), 0);
	put16(&p, id);
	put16(&p, 0x0100); /* recursion desired */
	put16(&p, 1);
	put16(&p, 0);
	put16(&p, 0);
	put16(&p, edns ? 1 : 0);
	put_name(&p, name);
	put16(&p, ns_t_txt);
	put16(&p, ns_c_in);
	if (edns) {
		*p++ = 0; /* the root: OPT has no owner */
		put16(&p, ns_t_opt);
		put16(&p, UDP_SIZE);
		put16(&p, 0);
		put16(&p, 0);
		put16(&p, 0);
	}
	return (gsize)(p - out);
}

static gboolean
get16(Reader *reader, guint *value)
{
	if (reader->end - reader->p < 2)
		return FALSE;
	*value = (guint)(reader->p[0] << 8 | reader->p[1]);
	reader->p += 2;
	return TRUE;
}

static gboolean
get_name(Reader *reader, char name[NS_MAXDNAME])
{
	int n = dn_expand(reader->packet, reader->end, reader->p, name,
	    NS_MAXDNAME);

	if (n < 0)
		return FALSE;
	reader->p += n;
	return TRUE;
}

/* The question comes back as it was, letter case apart. */
static gboolean
same_question(Reader *reader, const guint8 *question, gsize question_size)
{
	gsize size = NS_HFIXEDSZ;

	while (size < question_size && question[size] != 0)
		size += question[size] + 1U;
	size += 1 + 4; /* root, type, class */
	if (size > question_size ||
	    (gsize)(reader->end - reader->packet) < size)
		return FALSE;
	/* Lengths of labels are below "A": folding leaves them alone. */
	for (gsize i = NS_HFIXEDSZ; i < size; i++)
		if (g_ascii_tolower((char)reader->packet[i]) !=
		    g_ascii_tolower((char)question[i]))
			return FALSE;
	reader->p = reader->packet + size;
	return TRUE;
}

static gboolean
get_record(Reader *reader, Record *record)
{
	guint class, high, low;

	if (!get_name(reader, record->owner) || !get16(reader, &record->type) ||
	    !get16(reader, &class) || !get16(reader, &high) ||
	    !get16(reader, &low) || !get16(reader, &record->size) ||
	    (gsize)(reader->end - reader->p) < record->size)
		return FALSE;
	record->ttl = (guint32)high << 16 | low;
	record->data = reader->p;
	reader->p += record->size;
	if (class != ns_c_in)
		record->type = 0;
	return TRUE;
}

/* The strings of a TXT record in one; NULL if they are too long. */
static char *
text_of(const Record *record)
{
	GString *text = g_string_new(NULL);

	for (guint at = 0; at < record->size;) {
		guint length = record->data[at++];

		if (length > record->size - at ||
		    text->len + length > DNS_TEXT_MOST ||
		    memchr(record->data + at, '\0', length) != NULL) {
			g_string_free(text, TRUE);
			return NULL;
		}
		g_string_append_len(text, (const char *)record->data + at,
		    (gssize)length);
		at += length;
	}
	return g_string_free(text, FALSE);
}

/* The alias of name among the records; FALSE if it has none. */
static gboolean
follow(const Reader *whole, const Record *records, guint n,
    char name[NS_MAXDNAME], guint32 *ttl)
{
	for (guint i = 0; i < n; i++) {
		Reader reader = { whole->packet, whole->end, records[i].data };

		if (records[i].type != ns_t_cname ||
		    g_ascii_strcasecmp(records[i].owner, name) != 0)
			continue;
		*ttl = MIN(*ttl, records[i].ttl);
		return get_name(&reader, name);
	}
	return FALSE;
}

static void
collect(const Record *records, guint n, const char *name, GPtrArray *texts,
    guint32 *ttl)
{
	for (guint i = 0; i < n && texts->len < DNS_TEXTS_MOST; i++) {
		char *text;

		if (records[i].type != ns_t_txt ||
		    g_ascii_strcasecmp(records[i].owner, name) != 0)
			continue;
		text = text_of(&records[i]);
		if (text == NULL)
			continue;
		*ttl = MIN(*ttl, records[i].ttl);
		g_ptr_array_add(texts, text);
	}
}

static DnsStatus
read_records(Reader *reader, guint count, char name[NS_MAXDNAME],
    GPtrArray *texts, guint32 *ttl)
{
	guint most = MIN(count, RECORDS_MOST);
	g_autofree Record *records = g_new(Record, most + 1);

	for (guint i = 0; i < most; i++)
		if (!get_record(reader, &records[i]))
			return DNS_FAILED;
	for (guint i = 0; i < ALIASES_MOST; i++) {
		collect(records, most, name, texts, ttl);
		if (texts->len > 0)
			return DNS_FOUND;
		if (!follow(reader, records, most, name, ttl))
			break;
	}
	return DNS_NOTHING;
}

static DnsStatus
status_of(guint flags)
{
	switch (flags & 15) {
	case ns_r_noerror:
		return DNS_FOUND;
	case ns_r_nxdomain:
		return DNS_NOTHING;
	case ns_r_formerr:
	case ns_r_notimpl:
		return DNS_FORMAT;
	default:
		return DNS_FAILED;
	}
}

DnsStatus
dns_answer(const guint8 *packet, gsize size, const guint8 *question,
    gsize question_size, GPtrArray *texts, guint32 *ttl)
{
	Reader reader = { packet, packet + size, packet };
	Reader asked = { question, question + question_size,
		question + NS_HFIXEDSZ };
	char name[NS_MAXDNAME];
	guint id, flags, questions, answers;
	DnsStatus status;

	if (size < NS_HFIXEDSZ || memcmp(packet, question, 2) != 0)
		return DNS_FOREIGN;
	if (!get16(&reader, &id) || !get16(&reader, &flags) ||
	    !get16(&reader, &questions) || !get16(&reader, &answers) ||
	    (flags & 0xf800) != 0x8000) /* a response to a query */
		return DNS_FOREIGN;
	status = status_of(flags);
	/* A server that did not understand need not repeat the question. */
	if (status == DNS_FORMAT && questions == 0)
		return status;
	if (questions != 1 || !same_question(&reader, question, question_size))
		return DNS_FOREIGN;
	if ((flags & 0x0200) != 0)
		return DNS_TRUNCATED;
	if (status != DNS_FOUND)
		return status;
	if (!get_name(&asked, name))
		return DNS_FAILED;
	*ttl = G_MAXUINT32;
	return read_records(&reader, answers, name, texts, ttl);
}
