/* dkim.c - DKIM signatures as RFC 6376 section 6 verifies them. Called by
 * prove.c inside the prover's worker; canonical forms come from canon.c. */
#include "mail/dkim.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "mail/authres.h"
#include "mail/canon.h"
#include "mail/dns.h"
#include "mail/rawheader.h"
#include "mail/taglist.h"

enum {
	FIELDS_MOST = 50, /* DKIM-Signature fields read */
	NAMES_MOST = 500, /* in h= */
	RSA_LEAST = 1024, /* RFC 8301 section 3.2 */
	RSA_MOST = 4096,
	ED25519_SIZE = 32,
};

/* What the signatures of a mail are checked against. */
typedef struct Signed {
	const Octets *octets;
	RawHeader *header;
	char
	    *hash[2]; /* of the body by CanonForm, hexadecimal; NULL: not yet */
	gint64 length[2];
} Signed;

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

static void
signed_clear(Signed *mail)
{
	raw_header_free(mail->header);
	g_free(mail->hash[CANON_SIMPLE]);
	g_free(mail->hash[CANON_RELAXED]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Signed, signed_clear)

/* The body's SHA-256 in that form, made once. */
static const char *
body_hash(Signed *mail, CanonForm form)
{
	g_autoptr(Digest) digest = NULL;

	if (mail->hash[form] != NULL)
		return mail->hash[form];
	digest = digest_new();
	mail->length[form] = canon_body(form, mail->octets,
	    raw_header_body(mail->header), digest);
	mail->hash[form] = digest_end(digest);
	return mail->hash[form];
}

/* --- one signature --------------------------------------------------------- */

/* Its tags while it is read. */
typedef struct Tags {
	const TagList *list;
	const RawField *field;
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
check_body(Signed *mail, const Tags *tags)
{
	const char *length = taglist_get(tags->list, "l");
	g_autoptr(GBytes) said = taglist_base64(tag_or(tags->list, "bh", ""));
	const char *hash = body_hash(mail, tags->body);

	if (length != NULL && number_of(length) != mail->length[tags->body])
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

/* The field itself comes last, with b= emptied. */
static void
add_own_field(const Tags *tags, Digest *digest)
{
	g_autoptr(GString) bare = g_string_new(NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	const RawField *field = tags->field;
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
check_header(DkimSignature *signature, RawHeader *header, const Tags *tags)
{
	static const char *const must[] = { "From", "Subject", "Reply-To" };
	g_auto(GStrv) names =
	    g_strsplit(tag_or(tags->list, "h", ""), ":", NAMES_MOST);
	g_autoptr(Digest) digest = digest_new();
	g_autofree char *hex = NULL;

	raw_header_unuse(header);
	for (guint i = 0; names[i] != NULL; i++) {
		const RawField *field =
		    raw_header_use(header, g_strstrip(names[i]));
		g_autoptr(GString) text = g_string_new(NULL);

		if (field == NULL)
			continue;
		canon_field(tags->head, field->at, field->size, text);
		g_string_append(text, "\r\n");
		digest_add(digest, text->str, text->len);
	}
	for (guint i = 0; i < G_N_ELEMENTS(must); i++)
		if (raw_header_count(header, must[i], TRUE) > 0)
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
check_all(DkimSignature *signature, Signed *mail, Tags *tags, gint64 when)
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
		why = check_header(signature, mail->header, tags);
	if (why == NULL)
		why = check_body(mail, tags);
	return why;
}

/* NULL: no signature of a domain that is aligned. */
static DkimSignature *
read_signature(Signed *mail, const RawField *field, const char *author,
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
	signature->fault = g_strdup(check_all(signature, mail, &tags, when));
	return g_steal_pointer(&signature);
}

GPtrArray *
dkim_read(const Octets *octets, const char *author_domain, gint64 when,
    guint *others, char **why)
{
	g_autoptr(GPtrArray) out =
	    g_ptr_array_new_with_free_func(free_signature);
	g_auto(Signed) mail = { .octets = octets };
	const RawField *field;
	guint seen = 0;

	*others = 0;
	mail.header = raw_header_read(octets, why);
	if (mail.header == NULL)
		return NULL;
	if (raw_header_count(mail.header, "From", FALSE) != 1) {
		*why = g_strdup("there is not exactly one From field");
		return NULL;
	}
	while (seen < FIELDS_MOST && out->len < DKIM_SIGNATURES_MOST &&
	       (field = raw_header_nth(mail.header, "DKIM-Signature", seen)) !=
		   NULL) {
		DkimSignature *signature =
		    read_signature(&mail, field, author_domain, when);

		seen++;
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
			   GNUTLS_SIGN_EDDSA_ED25519, 0, &digest, &octets) >= 0;
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
