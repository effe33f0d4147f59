/* error.c - what the caller can do about an error, in the outside world's
 * words.
 *
 * Everything that can fail sets one of the four codes; the doors (in/), the
 * commands (cli/) and the outbox look here what to answer. */
#include "ground/error.h"

#include <stdarg.h>
#include <sysexits.h>

G_DEFINE_QUARK(javob - error, javob_error)

static const struct {
	int pipe_exit;
	int exit;
	const char *lmtp;
} meanings[] = {
	[JAVOB_ERROR_TEMPORARY] = { EX_TEMPFAIL, 1, "451 4.3.0" },
	[JAVOB_ERROR_PERMANENT] = { EX_DATAERR, 1, "554 5.6.0" },
	[JAVOB_ERROR_UNCERTAIN] = { EX_TEMPFAIL, 1, "451 4.4.2" },
	/* The mail is innocent of our mistakes: it may come again. */
	[JAVOB_ERROR_CONFIG] = { EX_TEMPFAIL, EX_CONFIG, "451 4.3.5" },
};

/* Errors of GLib and others are the machine's: worth another try. */
static JavobError
code_of(const GError *error)
{
	if (error->domain != JAVOB_ERROR || error->code < 0 ||
	    error->code >= (int)G_N_ELEMENTS(meanings))
		return JAVOB_ERROR_TEMPORARY;
	return (JavobError)error->code;
}

int
error_pipe_exit(const GError *error)
{
	return error == NULL ? 0 : meanings[code_of(error)].pipe_exit;
}

int
error_exit(const GError *error)
{
	return error == NULL ? 0 : meanings[code_of(error)].exit;
}

const char *
error_lmtp(const GError *error)
{
	return error == NULL ? "250 2.0.0" : meanings[code_of(error)].lmtp;
}

static void G_GNUC_PRINTF(3, 0)
    set(GError **error, JavobError code, const char *format, va_list args)
{
	if (error != NULL)
		g_propagate_error(error,
		    g_error_new_valist(JAVOB_ERROR, (int)code, format, args));
}

gboolean
error_temporary(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(error, JAVOB_ERROR_TEMPORARY, format, args);
	va_end(args);
	return FALSE;
}

gboolean
error_permanent(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(error, JAVOB_ERROR_PERMANENT, format, args);
	va_end(args);
	return FALSE;
}

gboolean
error_uncertain(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(error, JAVOB_ERROR_UNCERTAIN, format, args);
	va_end(args);
	return FALSE;
}

gboolean
error_config(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(error, JAVOB_ERROR_CONFIG, format, args);
	va_end(args);
	return FALSE;
}
