/* out.h - how one outbox row leaves. */
#ifndef OUT_OUT_H
#define OUT_OUT_H

#include "javob.h"

typedef enum OutFate {
	OUT_SENT,      /* 2xx */
	OUT_AGAIN,     /* 4xx, or not reached: due again after back-off */
	OUT_FAILED,    /* 5xx */
	OUT_UNCERTAIN, /* cut between final dot and reply */
} OutFate;

/* Result of one forward-path. */
typedef struct OutResult {
	OutFate fate;
	int code;    /* reply code, 0 when there was none */
	char *reply; /* one clean line, for people; with enhanced status */
} OutResult;
void out_result_clear(OutResult *result);

typedef struct OutMail {
	const char *reverse_path; /* "" for <> */
	const char *const *forward_paths; /* NULL-terminated */
	GBytes *octets; /* CRLF, final */
} OutMail;

#endif
