/* out.c - what the ways out share. */
#include "out/out.h"

void
out_result_clear(OutResult *result)
{
	if (result == NULL)
		return;
	g_clear_pointer(&result->reply, g_free);
	result->fate = OUT_AGAIN;
	result->code = 0;
}
