/* dkim.c - DKIM signatures as RFC 6376 section 6 verifies them. Called by
 * prove.c inside the prover's worker; canonical forms come from canon.c. */
#include "mail/dkim.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "mail/authres.h"
#include "mail/canon.h"
#include "mail/dns.h"
#include "mail/prescan.h"
#include "mail/prescan_field.h"
#include "mail/taglist.h"

enum {
	FIELDS_MOST = 50, /* DKIM-Signature fields read */
	NAMES_MOST = 500, /* in h= */
	RSA_LEAST = 1024, /* RFC 8301 section 3.2 */
	RSA_MOST = 4096,
	ED25519_SIZE = 32,
};

/* A field of the raw header. */
typedef struct Field {
	const char *at;
	gsize size; /* folded lines included */
	gsize name; /* length */
	gboolean used;
} Field;

typedef struct Header {
	const Octets *octets;
	GArray *fields; /* of Field */
	gsize body;     /* where it begins */
	char *hash[2];  /* of the body by CanonForm, hexadecimal; NULL: not yet */
	gint64 length[2];
} Header;

void
dkim_signature_free(DkimSignature *signature)
{
	if (signature == NULL)
		return;
	g_free(signature->domain);
	g_free(signature->selector);
	g_free(signature->fault);
	g_clear_pointer(&signature->octets, g_bytes_unref);
	g_free(signature);
}

static void
free_signature(gpointer data)
{
	dkim_signature_free(data);
}

char *
dkim_key_name(const DkimSignature *signature)
{
	return g_strdup_printf("%s._domainkey.%s", signature->selector,
	    signature->domain);
}

/* --- the header ------------------------------------------------------------ */

static void
header_clear(Header *header)
{
	g_clear_pointer(&header->fields, g_array_unref);
	g_free(header->hash[CANON_SIMPLE]);
	g_free(header->hash[CANON_RELAXED]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Header, header_clear)

static gboolean
is_called(const Field *field, const char *name)
{
	return strlen(name) == field->name &&
	       g_ascii_strncasecmp(field->at, name, field->name) == 0;
}

static guint
count_fields(const Header *header, const char *name, gboolean only_unused)
{
	guint n = 0;

	for (guint i = 0; i < header->fields->len; i++) {
		const Field *field = &g_array_index(header->fields, Field, i);

		n += is_called(field, name) && !(only_unused && field->used);
	}
	return n;
}

/* Length of the name in front of the colon; 0: the line is no field. */
static gsize
name_length(const char *line, gsize length)
{
	const char *colon = memchr(line, ':', length);
	gsize n = colon != NULL ? (gsize)(colon - line) : 0;

	while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'))
		n--;
	for (gsize i = 0; i < n; i++)
		if (line[i] <= ' ' || line[i] >= 0x7f)
			return 0;
	return n;
}

/* A line of the header into fields; what programs might read in two ways is
 * refused. */
static const char *
take_line(Header *header, const char *line, gsize length)
{
	GArray *fields = header->fields;
	Field *last = fields->len > 0
			  ? &g_array_index(fields, Field, fields->len - 1)
			  : NULL;
	Field field = { .at = line, .size = length };

	if (memchr(line, '\0', length) != NULL ||
	    memchr(line, '\r', length) != NULL)
		return "the header has a NUL or a bare CR in it";
	if (line[0] == ' ' || line[0] == '\t') {
		if (last == NULL)
			return "the header begins with a folded line";
		last->size = (gsize)(line - last->at) + length;
		return NULL;
	}
	field.name = name_length(line, length);
	if (field.name == 0)
		return "the header has a line that is no field";
	if (fields->len >= PRESCAN_FIELDS_MOST)
		return "the header has too many fields";
	g_array_append_val(fields, field);
	return NULL;
}

/* NULL, or why this header proves nothing. */
static const char *
header_read_raw(Header *header, const Octets *octets)
{
	gsize size, taken, at = 0;
	const char *data = g_bytes_get_data(octets->bytes, &size);
	const char *why = NULL;

	header->octets = octets;
	header->fields = g_array_new(FALSE, FALSE, sizeof(Field));
	while (at < size && why == NULL) {
		gsize length = octets_line(data + at, size - at, &taken);

		if (at > PRESCAN_HEADER_MOST)
			return "the header is too long";
		if (length == 0) {
			at += taken;
			break;
		}
		/* What mbox and pipes put in front. */
		if (at > 0 || !prescan_is_mbox_line(data, length))
			why = take_line(header, data + at, length);
		at += taken;
	}
	header->body = at;
	return why;
}

/* The body's SHA-256 in that form, made once. */
static const char *
body_hash(Header *header, CanonForm form)
{
	g_autoptr(Digest) digest = NULL;

	if (header->hash[form] != NULL)
		return header->hash[form];
	digest = digest_new();
	header->length[form] =
	    canon_body(form, header->octets, header->body, digest);
	header->hash[form] = digest_end(digest);
	return header->hash[form];
}

/* --- one signature --------------------------------------------------------- */

/* Its tags while it is read. */
typedef struct Tags {
	const TagList *list;
	const Field *field;
	CanonForm head, body;
} Tags;

static const char *
tag_or(const TagList *list, const char *name, const char *fallback)
{
	const char *value = taglist_get(list, name);

	return value != NULL ? value : fallback;
}

/* c=head/body; either is simple when not said. */
static gboolean
read_form(const char *word, CanonForm *form)
{
	*form = g_str_equal(word, "relaxed") ? CANON_RELAXED : CANON_SIMPLE;
	return *form == CANON_RELAXED || g_str_equal(word, "simple");
}

static const char *
check_words(DkimSignature *signature, Tags *tags)
{
	const char *algorithm = tag_or(tags->list, "a", "");
	const char *canon = tag_or(tags->list, "c", "simple");
	g_auto(GStrv) forms = g_strsplit(canon, "/", 3);

	if (!g_str_equal(tag_or(tags->list, "v", ""), "1"))
		return "it is of an unknown version";
	if (g_str_equal(algorithm, "rsa-sha256"))
		signature->algorithm = DKIM_RSA_SHA256;
	else if (g_str_equal(algorithm, "ed25519-sha256"))
		signature->algorithm = DKIM_ED25519_SHA256;
	else
		return g_str_equal(algorithm, "rsa-sha1")
			   ? "it is made with SHA-1"
			   : "its algorithm is unknown";
	if (forms[0] == NULL || g_strv_length(forms) > 2 ||
	    !read_form(forms[0], &tags->head) ||
	    !read_form(forms[1] != NULL ? forms[1] : "simple", &tags->body))
		return "its canonical form is unknown";
	if (!taglist_names(tag_or(tags->list, "q", "dns/txt"), "dns/txt"))
		return "its key is not in DNS";
	return NULL;
}

/* i= must name d= or what is below it. */
static const char *
check_identity(DkimSignature *signature, const Tags *tags)
{
	const char *identity = taglist_get(tags->list, "i");
	const char *at = identity != NULL ? strrchr(identity, '@') : NULL;
	g_autofree char *below = g_strconcat(".", signature->domain, NULL);
	g_autofree char *domain = NULL;

	if (!dns_is_name(signature->selector))
		return "its selector is no name";
	if (identity == NULL)
		return NULL;
	if (at == NULL)
		return "its identity (i=) is no address";
	domain = g_ascii_strdown(at + 1, -1);
	if (g_str_equal(domain, signature->domain))
		return NULL;
	signature->below = TRUE;
	return g_str_has_suffix(domain, below)
		   ? NULL
		   : "its identity (i=) is of another domain";
}

/* A decimal number; -1: none. */
static gint64
number_of(const char *value)
{
	guint64 number;

	if (!g_ascii_string_to_unsigned(value, 10, 0, G_MAXINT64, &number,
		NULL))
		return -1;
	return (gint64)number;
}

static const char *
check_times(const Tags *tags, gint64 when)
{
	const char *made = taglist_get(tags->list, "t");
	const char *until = taglist_get(tags->list, "x");
	gint64 from = made != NULL ? number_of(made) : 0;
	gint64 to = until != NULL ? number_of(until) : G_MAXINT64;

	if (from < 0 || to < 0 || to <= from)
		return "its times make no sense";
	return to < when ? "it had expired when the mail came" : NULL;
}

static const char *
check_body(Header *header, const Tags *tags)
{
	const char *length = taglist_get(tags->list, "l");
	g_autoptr(GBytes) said = taglist_base64(tag_or(tags->list, "bh", ""));
	const char *hash = body_hash(header, tags->body);

	if (length != NULL &&
	    number_of(length) != header->length[tags->body])
		return "it does not cover the whole body (l=)";
	if (said == NULL || g_bytes_get_size(said) != 32)
		return "it has no hash of the body";
	for (gsize i = 0; i < 32; i++) {
		guint octet = ((const guint8 *)g_bytes_get_data(said, NULL))[i];

		if (g_ascii_xdigit_value(hash[2 * i]) != (int)(octet >> 4) ||
		    g_ascii_xdigit_value(hash[2 * i + 1]) != (int)(octet & 15))
			return "the body was changed";
	}
	return NULL;
}

/* The last field of that name that is not used yet. */
static Field *
take_field(Header *header, const char *name)
{
	for (guint i = header->fields->len; i > 0; i--) {
		Field *field = &g_array_index(header->fields, Field, i - 1);

		if (!field->used && is_called(field, name)) {
			field->used = TRUE;
			return field;
		}
	}
	return NULL;
}

/* The field itself comes last, with b= emptied. */
static void
add_own_field(const Tags *tags, Digest *digest)
{
	g_autoptr(GString) bare = g_string_new(NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	const Field *field = tags->field;
	gsize from = 0, to = 0, value;

	value = (gsize)((const char *)memchr(field->at, ':', field->size) + 1 -
			field->at);
	taglist_span(tags->list, "b", &from, &to);
	g_string_append_len(bare, field->at, (gssize)(value + from));
	g_string_append_len(bare, field->at + value + to,
	    (gssize)(field->size - value - to));
	canon_field(tags->head, bare->str, bare->len, text);
	digest_add(digest, text->str, text->len);
}

static const char *
check_header(DkimSignature *signature, Header *header, const Tags *tags)
{
	static const char *const must[] = { "From", "Subject", "Reply-To" };
	g_auto(GStrv) names =
	    g_strsplit(tag_or(tags->list, "h", ""), ":", NAMES_MOST);
	g_autoptr(Digest) digest = digest_new();
	g_autofree char *hex = NULL;

	for (guint i = 0; i < header->fields->len; i++)
		g_array_index(header->fields, Field, i).used = FALSE;
	for (guint i = 0; names[i] != NULL; i++) {
		const Field *field = take_field(header, g_strstrip(names[i]));
		g_autoptr(GString) text = g_string_new(NULL);

		if (field == NULL)
			continue;
		canon_field(tags->head, field->at, field->size, text);
		g_string_append(text, "\r\n");
		digest_add(digest, text->str, text->len);
	}
	for (guint i = 0; i < G_N_ELEMENTS(must); i++)
		if (count_fields(header, must[i], TRUE) > 0)
			return i == 0 ? "it does not sign From"
				      : "it does not sign Subject and Reply-To";
	add_own_field(tags, digest);
	hex = digest_end(digest);
	for (gsize i = 0; i < sizeof(signature->digest); i++)
		signature->digest[i] =
		    (guint8)(g_ascii_xdigit_value(hex[2 * i]) << 4 |
			     g_ascii_xdigit_value(hex[2 * i + 1]));
	return NULL;
}

static const char *
check_all(DkimSignature *signature, Header *header, Tags *tags, gint64 when)
{
	const char *why = check_words(signature, tags);

	if (why == NULL)
		why = check_identity(signature, tags);
	if (why == NULL)
		why = check_times(tags, when);
	signature->octets = taglist_base64(tag_or(tags->list, "b", ""));
	if (why == NULL && signature->octets == NULL)
		why = "it is empty";
	if (why == NULL)
		why = check_header(signature, header, tags);
	if (why == NULL)
		why = check_body(header, tags);
	return why;
}

/* NULL: no signature of a domain that is aligned. */
static DkimSignature *
read_signature(Header *header, const Field *field, const char *author,
    gint64 when)
{
	const char *colon = memchr(field->at, ':', field->size);
	gsize before = (gsize)(colon + 1 - field->at);
	g_autoptr(TagList) list =
	    taglist_parse(colon + 1, field->size - before);
	g_autoptr(DkimSignature) signature = g_new0(DkimSignature, 1);
	Tags tags = { .list = list, .field = field };

	if (list == NULL)
		return NULL;
	signature->domain = g_ascii_strdown(tag_or(list, "d", ""), -1);
	signature->selector = g_ascii_strdown(tag_or(list, "s", ""), -1);
	if (!dns_is_name(signature->domain) ||
	    !authres_is_aligned(signature->domain, author))
		return NULL;
	signature->fault =
	    g_strdup(check_all(signature, header, &tags, when));
	return g_steal_pointer(&signature);
}

GPtrArray *
dkim_read(const Octets *octets, const char *author_domain, gint64 when,
    guint *others, char **why)
{
	g_autoptr(GPtrArray) out =
	    g_ptr_array_new_with_free_func(free_signature);
	g_auto(Header) header = { 0 };
	const char *fault = header_read_raw(&header, octets);
	guint seen = 0;

	*others = 0;
	if (fault == NULL && count_fields(&header, "From", FALSE) != 1)
		fault = "there is not exactly one From field";
	if (fault != NULL) {
		*why = g_strdup(fault);
		return NULL;
	}
	for (guint i = 0; i < header.fields->len && seen < FIELDS_MOST &&
			  out->len < DKIM_SIGNATURES_MOST;
	     i++) {
		Field field = g_array_index(header.fields, Field, i);
		DkimSignature *signature;

		if (!is_called(&field, "DKIM-Signature"))
			continue;
		seen++;
		signature = read_signature(&header, &field, author_domain,
		    when);
		if (signature != NULL)
			g_ptr_array_add(out, signature);
		else
			(*others)++;
	}
	return g_steal_pointer(&out);
}

/* --- its key --------------------------------------------------------------- */

static const char *
check_key_tags(const DkimSignature *signature, const TagList *key)
{
	gboolean ed25519 = signature->algorithm == DKIM_ED25519_SHA256;
	const char *version = taglist_get(key, "v");
	const char *flags = tag_or(key, "t", "");

	if (version != NULL && (!g_str_equal(version, "DKIM1") ||
				   !g_str_equal(taglist_first(key), "v")))
		return "its key is of an unknown version";
	if (g_ascii_strcasecmp(tag_or(key, "k", "rsa"),
		ed25519 ? "ed25519" : "rsa") != 0)
		return "its key is of another kind";
	if (!taglist_names(tag_or(key, "h", "sha256"), "sha256"))
		return "its key is not for SHA-256";
	if (!taglist_names(tag_or(key, "s", "*"), "*") &&
	    !taglist_names(tag_or(key, "s", "*"), "email"))
		return "its key is not for mail";
	if (taglist_names(flags, "y"))
		return "its key is for tests only (t=y)";
	if (signature->below && taglist_names(flags, "s"))
		return "its key is not for domains below (t=s)";
	if (taglist_get(key, "p") == NULL)
		return "its key is missing in the record";
	return *taglist_get(key, "p") == '\0' ? "its key was revoked" : NULL;
}

static gnutls_datum_t
datum_of(GBytes *bytes)
{
	gsize size;
	gnutls_datum_t datum;

	datum.data = (unsigned char *)g_bytes_get_data(bytes, &size);
	datum.size = (unsigned int)size;
	return datum;
}

/* FALSE: no key of that kind, or one of a size that nobody should use. */
static gboolean
import_key(gnutls_pubkey_t key, DkimAlgorithm algorithm, GBytes *octets)
{
	gnutls_datum_t datum = datum_of(octets);
	unsigned int bits = 0;

	if (algorithm == DKIM_ED25519_SHA256)
		return datum.size == ED25519_SIZE &&
		       gnutls_pubkey_import_ecc_raw(key,
			   GNUTLS_ECC_CURVE_ED25519, &datum, NULL) == 0;
	return gnutls_pubkey_import(key, &datum, GNUTLS_X509_FMT_DER) == 0 &&
	       gnutls_pubkey_get_pk_algorithm(key, &bits) == GNUTLS_PK_RSA &&
	       bits >= RSA_LEAST && bits <= RSA_MOST;
}

static gboolean
key_agrees(gnutls_pubkey_t key, const DkimSignature *signature)
{
	gnutls_datum_t digest = { (unsigned char *)signature->digest,
		sizeof(signature->digest) };
	gnutls_datum_t octets = datum_of(signature->octets);

	/* Ed25519 signs the hash as if it were the text (RFC 8463, 3). */
	if (signature->algorithm == DKIM_ED25519_SHA256)
		return gnutls_pubkey_verify_data2(key,
			   GNUTLS_SIGN_EDDSA_ED25519, 0, &digest,
			   &octets) >= 0;
	return gnutls_pubkey_verify_hash2(key, GNUTLS_SIGN_RSA_SHA256, 0,
		   &digest, &octets) >= 0;
}

gboolean
dkim_verify(const DkimSignature *signature, const char *record, char **why)
{
	g_autoptr(TagList) list = taglist_parse(record, strlen(record));
	g_autoptr(GBytes) octets = NULL;
	const char *fault;
	gnutls_pubkey_t key;

	fault = list != NULL ? check_key_tags(signature, list)
			     : "its key record cannot be read";
	if (fault == NULL) {
		octets = taglist_base64(taglist_get(list, "p"));
		fault = "its key cannot be used";
	}
	if (octets != NULL && gnutls_pubkey_init(&key) == 0) {
		if (import_key(key, signature->algorithm, octets))
			fault = key_agrees(key, signature)
				    ? NULL
				    : "it does not fit its key: the mail was "
				      "changed, or another key was used";
		gnutls_pubkey_deinit(key);
	}
	if (fault != NULL)
		*why = g_strdup(fault);
	return fault == NULL;
}
