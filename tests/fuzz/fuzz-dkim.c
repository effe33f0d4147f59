/* fuzz-dkim.c - any octets as mail, key record and DNS packet. The first octet
 * says where the mail ends and the record begins. Nobody is proven: whoever
 * finds a signature that fits a key has broken more than us. */
#include <stdint.h>
#include <string.h>

#include "mail/dns.h"
#include "mail/message.h"
#include "mail/prove.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size);

typedef struct Answers {
	ResolverAnswer answer;
} Answers;

static const ResolverAnswer *
look_up(gpointer data, const char *name)
{
	const Answers *answers = data;

	g_assert_true(dns_is_name(name));
	return &answers->answer;
}

static void
read_packet(const uint8_t *octets, size_t size)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	g_autofree guint8 *packet = g_memdup2(octets, size);
	guint8 question[DNS_QUESTION_MOST];
	gsize length = dns_question("s1._domainkey.b.c", 7, TRUE, question);
	guint32 ttl;

	/* So that the fuzzer gets past the question. */
	if (size > length) {
		memcpy(packet, question, 2);
		memcpy(packet + 12, question + 12, length - 12);
	}
	if (dns_answer(packet, size, question, length, texts, &ttl) ==
	    DNS_FOUND)
		g_assert_cmpuint(texts->len, >, 0);
	g_assert_cmpuint(texts->len, <=, DNS_TEXTS_MOST);
	for (guint i = 0; i < texts->len; i++)
		g_assert_cmpuint(strlen(texts->pdata[i]), <=, DNS_TEXT_MOST);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	Answers answers = { { DNS_FOUND, texts } };
	g_auto(Octets) mail = { .fd = -1 };
	g_autoptr(GBytes) bytes = NULL;
	g_autoptr(Prove) prove = NULL;
	g_autofree char *reason = NULL;
	size_t end;

	if (size == 0)
		return 0;
	end = 1 + (size - 1) * octets[0] / 255;
	bytes = g_bytes_new(octets + 1, end - 1);
	octets_of_bytes(&mail, bytes);
	g_ptr_array_add(texts,
	    g_strndup((const char *)octets + end, size - end));
	prove = prove_new(&mail, "a@b.c", 1000);
	prove_names(prove, names);
	g_assert_cmpint(prove_judge(prove, look_up, &answers, &reason), !=,
	    AUTH_FAIL);
	g_assert_nonnull(reason);
	read_packet(octets, size);
	return 0;
}
