/* peer.h - starts the scripted peers of tests/fake/ for unit tests, and makes
 * the certificates they show. */
#ifndef TESTS_UNIT_PEER_H
#define TESTS_UNIT_PEER_H

#include <glib.h>
#include <glib/gstdio.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#ifndef SRCDIR
#define SRCDIR "."
#endif

typedef struct Peer {
	GPid pid;
	FILE *in, *out;
	guint16 port;
} Peer;

/* Owned by the caller. */
static inline char *
peer_answer(Peer *peer)
{
	char line[65536];

	if (fgets(line, sizeof line, peer->out) == NULL)
		g_error("the scripted peer is gone");
	return g_strdup(g_strchomp(line));
}

static inline char *
peer_ask(Peer *peer, const char *question)
{
	fprintf(peer->in, "%s\n", question);
	fflush(peer->in);
	return peer_answer(peer);
}

static inline void
peer_tell(Peer *peer, const char *order)
{
	g_autofree char *answer = peer_ask(peer, order);

	g_assert_cmpstr(answer, ==, "ok");
}

/* words: separated by ";", as "mails=3;login=NO you". */
static inline Peer *
peer_start(const char *script, const char *words)
{
	const char *dir = g_getenv("JAVOB_SRCDIR");
	g_autofree char *path = g_build_filename(dir != NULL ? dir : SRCDIR,
	    "tests", "fake", script, NULL);
	g_auto(GStrv) options = g_strsplit(words, ";", -1);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *port = NULL;
	Peer *peer = g_new0(Peer, 1);
	int in, out;

	g_ptr_array_add(argv, "python3");
	g_ptr_array_add(argv, path);
	for (guint i = 0; options[i] != NULL; i++)
		if (*options[i] != '\0')
			g_ptr_array_add(argv, options[i]);
	g_ptr_array_add(argv, NULL);
	g_spawn_async_with_pipes(NULL, (char **)argv->pdata, NULL,
	    G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
	    &peer->pid, &in, &out, NULL, &error);
	g_assert_no_error(error);
	peer->in = fdopen(in, "w");
	peer->out = fdopen(out, "r");
	port = peer_answer(peer);
	peer->port = (guint16)atoi(port);
	g_assert_cmpint(peer->port, >, 0);
	return peer;
}

static inline void
peer_stop(Peer *peer)
{
	fclose(peer->in);
	fclose(peer->out);
	kill(peer->pid, SIGTERM);
	waitpid(peer->pid, NULL, 0);
	g_spawn_close_pid(peer->pid);
	g_free(peer);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Peer, peer_stop)

static inline void
peer_write_pem(const char *dir, const char *name, const gnutls_datum_t *pem)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autoptr(GError) error = NULL;

	g_file_set_contents(path, (const char *)pem->data, (gssize)pem->size,
	    &error);
	g_assert_no_error(error);
}

static inline gnutls_x509_privkey_t
peer_new_key(void)
{
	gnutls_x509_privkey_t key;

	g_assert_cmpint(gnutls_x509_privkey_init(&key), ==, 0);
	g_assert_cmpint(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
			    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
			    0),
	    ==, 0);
	return key;
}

static inline gnutls_x509_crt_t
peer_new_crt(gnutls_x509_privkey_t key, const char *name, int days)
{
	gnutls_x509_crt_t crt;
	unsigned char serial[8];
	guint32 random = g_random_int() >> 1;
	time_t now = time(NULL);

	memset(serial, 0, sizeof serial);
	serial[0] = 1;
	memcpy(serial + 4, &random, 4);
	g_assert_cmpint(gnutls_x509_crt_init(&crt), ==, 0);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, serial, sizeof serial);
	gnutls_x509_crt_set_dn(crt, name, NULL);
	gnutls_x509_crt_set_activation_time(crt, now - 10 * 86400);
	gnutls_x509_crt_set_expiration_time(crt, now + days * 86400);
	gnutls_x509_crt_set_key(crt, key);
	return crt;
}

static inline void
peer_export(const char *dir, const char *name, gnutls_x509_crt_t crt,
    gnutls_x509_privkey_t key)
{
	g_autofree char *crt_name = g_strconcat(name, ".crt", NULL);
	g_autofree char *key_name = g_strconcat(name, ".key", NULL);
	gnutls_datum_t pem;

	gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);
	peer_write_pem(dir, crt_name, &pem);
	gnutls_free(pem.data);
	gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
	    GNUTLS_PKCS_PLAIN, &pem);
	peer_write_pem(dir, key_name, &pem);
	gnutls_free(pem.data);
}

/* DIR/ca.crt, and NAME.crt and NAME.key for server (localhost, 127.0.0.1),
 * wronghost, expired; stranger: of nobody. Returns the folder; peer_remove
 * it. */
static inline char *
peer_certificates(void)
{
	static const struct {
		const char *file, *host;
		int days;
		gboolean own;
	} wanted[] = {
		{ "server", "localhost", 10, FALSE },
		{ "wronghost", "other.example", 10, FALSE },
		{ "expired", "localhost", -1, FALSE },
		{ "stranger", "localhost", 10, TRUE },
	};
	char *dir = g_dir_make_tmp("javob-peer-XXXXXX", NULL);
	gnutls_x509_privkey_t ca_key = peer_new_key();
	gnutls_x509_crt_t ca = peer_new_crt(ca_key, "CN=Test CA", 10);
	static const unsigned char loopback[4] = { 127, 0, 0, 1 };

	gnutls_x509_crt_set_basic_constraints(ca, 1, -1);
	gnutls_x509_crt_set_key_usage(ca, GNUTLS_KEY_KEY_CERT_SIGN);
	g_assert_cmpint(
	    gnutls_x509_crt_sign2(ca, ca, ca_key, GNUTLS_DIG_SHA256, 0), ==, 0);
	peer_export(dir, "ca", ca, ca_key);
	for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
		gnutls_x509_privkey_t key = peer_new_key();
		gnutls_x509_crt_t crt =
		    peer_new_crt(key, "CN=server", wanted[i].days);

		gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME,
		    wanted[i].host, (unsigned int)strlen(wanted[i].host),
		    GNUTLS_FSAN_SET);
		if (i == 0)
			gnutls_x509_crt_set_subject_alt_name(crt,
			    GNUTLS_SAN_IPADDRESS, loopback, 4,
			    GNUTLS_FSAN_APPEND);
		g_assert_cmpint(
		    gnutls_x509_crt_sign2(crt, wanted[i].own ? crt : ca,
			wanted[i].own ? key : ca_key, GNUTLS_DIG_SHA256, 0),
		    ==, 0);
		peer_export(dir, wanted[i].file, crt, key);
		gnutls_x509_crt_deinit(crt);
		gnutls_x509_privkey_deinit(key);
	}
	gnutls_x509_crt_deinit(ca);
	gnutls_x509_privkey_deinit(ca_key);
	return dir;
}

/* "cert=DIR/NAME.crt;key=DIR/NAME.key;rest" */
static inline char *
peer_tls_words(const char *dir, const char *name, const char *rest)
{
	return g_strdup_printf("cert=%s/%s.crt;key=%s/%s.key;%s", dir, name,
	    dir, name, rest);
}

/* A folder with files and folders. */
static inline void
peer_remove(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *below = g_build_filename(path, name, NULL);

		if (g_file_test(below, G_FILE_TEST_IS_DIR))
			peer_remove(below);
		else
			g_unlink(below);
	}
	if (dir != NULL)
		g_dir_close(dir);
	g_rmdir(path);
}

#endif
