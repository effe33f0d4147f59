/* prove.c - a mail's signatures (dkim.c) and the records about them (dkim.c,
 * dmarc.c) into one verdict. Called by prover.c in the worker: first for all
 * mails of a batch what they ask for, then, with the answers, the verdicts. */
#include "mail/prove.h"

#include <string.h>

#include "mail/addrlist.h"
#include "mail/dkim.h"
#include "mail/dmarc.h"
#include "mail/header.h"
#include "mail/prescan.h"

enum { KEYS_MOST = 4 }; /* records of one name that are tried */

struct Prove {
	char *domain;          /* of the author, lower case */
	GPtrArray *signatures; /* of DkimSignature; NULL: see why */
	guint others;
	char *why;
};

void
prove_free(Prove *prove)
{
	if (prove == NULL)
		return;
	g_free(prove->domain);
	g_clear_pointer(&prove->signatures, g_ptr_array_unref);
	g_free(prove->why);
	g_free(prove);
}

static void
free_address(gpointer data)
{
	address_free(data);
}

/* The parser saw a mail that prescan may have cut; what is signed are these
 * octets. They must agree on who the author is. */
static gboolean
is_author(const Octets *octets, const char *author)
{
	g_autoptr(GArray) fields = header_fields_new();
	g_autoptr(GPtrArray) addresses =
	    g_ptr_array_new_with_free_func(free_address);
	gsize size;
	const char *data = g_bytes_get_data(octets->bytes, &size);
	const char *from;

	header_read(data, MIN(size, PRESCAN_HEADER_MOST), fields);
	from = header_get(fields, "From", 0);
	if (from == NULL || header_get(fields, "From", 1) != NULL)
		return FALSE;
	addrlist_parse(from, addresses);
	return addresses->len == 1 &&
	       address_equal(((const Address *)addresses->pdata[0])->address,
		   author);
}

Prove *
prove_new(const Octets *octets, const char *author, gint64 when)
{
	Prove *prove = g_new0(Prove, 1);

	prove->domain = g_ascii_strdown(address_domain(author), -1);
	prove->signatures =
	    dkim_read(octets, prove->domain, when, &prove->others, &prove->why);
	if (prove->signatures != NULL && prove->signatures->len > 0 &&
	    !is_author(octets, author)) {
		g_clear_pointer(&prove->signatures, g_ptr_array_unref);
		prove->why = g_strdup("the From field is odd");
	}
	return prove;
}

/* Under adkim=s a signature of another domain than the author's own, aligned
 * as it may be, proves nothing. */
static gboolean
asks_policy(const Prove *prove, const DkimSignature *signature)
{
	return signature->fault == NULL &&
	       !g_str_equal(signature->domain, prove->domain);
}

void
prove_names(const Prove *prove, GPtrArray *names)
{
	const char *top = authres_organisation(prove->domain);
	gboolean policy = FALSE;

	for (guint i = 0;
	     prove->signatures != NULL && i < prove->signatures->len; i++) {
		const DkimSignature *signature = prove->signatures->pdata[i];
		g_autofree char *name = dkim_key_name(signature);

		if (signature->fault != NULL || !dns_is_name(name))
			continue;
		g_ptr_array_add(names, g_steal_pointer(&name));
		policy = policy || asks_policy(prove, signature);
	}
	if (!policy)
		return;
	g_ptr_array_add(names, dmarc_name(prove->domain));
	if (!g_str_equal(top, prove->domain))
		g_ptr_array_add(names, dmarc_name(top));
}

/* NULL if the key is found and agrees; else why not. */
static char *
signature_fault(const DkimSignature *signature, ProveLookUp look_up,
    gpointer data)
{
	g_autofree char *name = dkim_key_name(signature);
	const ResolverAnswer *answer;
	char *why = NULL;

	if (signature->fault != NULL)
		return g_strdup(signature->fault);
	if (!dns_is_name(name))
		return g_strdup("the name of its key is too long");
	answer = look_up(data, name);
	if (answer->status == DNS_FAILED)
		return g_strdup_printf("DNS did not answer for %s", name);
	for (guint i = 0; i < MIN(answer->texts->len, KEYS_MOST); i++) {
		g_clear_pointer(&why, g_free);
		if (dkim_verify(signature, answer->texts->pdata[i], &why))
			return NULL;
	}
	return why != NULL ? why : g_strdup_printf("%s has no key", name);
}

/* NULL if a valid signature of that domain counts for the author's. The record
 * of his own domain, else of his organisation. */
static char *
policy_fault(const Prove *prove, ProveLookUp look_up, gpointer data)
{
	const char *domains[] = { prove->domain,
		authres_organisation(prove->domain) };

	for (guint i = 0; i < G_N_ELEMENTS(domains); i++) {
		g_autofree char *name = dmarc_name(domains[i]);
		const ResolverAnswer *answer;
		gboolean strict = FALSE;

		if (!dns_is_name(name))
			continue;
		answer = look_up(data, name);
		if (answer->status == DNS_FAILED)
			return g_strdup_printf(
			    "it is of another domain, and DNS did not answer "
			    "for %s",
			    name);
		if (!dmarc_read(answer->texts, &strict))
			continue;
		return strict ? g_strdup_printf("it is of another domain, "
						"which %s forbids (adkim=s)",
				    name)
			      : NULL;
	}
	return NULL;
}

static char *
no_signature(const Prove *prove)
{
	if (prove->why != NULL)
		return g_strdup(prove->why);
	if (prove->others > 0)
		return g_strdup_printf("no DKIM signature is of %s",
		    prove->domain);
	return g_strdup("there is no DKIM signature");
}

AuthVerdict
prove_judge(const Prove *prove, ProveLookUp look_up, gpointer data,
    char **reason)
{
	g_autofree char *first = NULL;

	if (prove->signatures == NULL || prove->signatures->len == 0) {
		*reason = no_signature(prove);
		return AUTH_NONE;
	}
	for (guint i = 0; i < prove->signatures->len; i++) {
		const DkimSignature *signature = prove->signatures->pdata[i];
		g_autofree char *why =
		    signature_fault(signature, look_up, data);

		if (why == NULL && asks_policy(prove, signature))
			why = policy_fault(prove, look_up, data);
		if (why == NULL) {
			*reason =
			    g_strdup_printf("the DKIM signature of %s is valid",
				signature->domain);
			return AUTH_PASS;
		}
		if (first == NULL)
			first = g_strdup_printf(
			    "the DKIM signature of %s proves nothing: %s",
			    signature->domain, why);
	}
	*reason = g_steal_pointer(&first);
	return AUTH_NONE;
}
