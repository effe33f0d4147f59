/* langid_table.h - the counted table of policy/langid, as it stands in the
 * program. Only langid and its tests look into it. */
#ifndef POLICY_LANGID_TABLE_H
#define POLICY_LANGID_TABLE_H

#include "policy/langid_grams.h"

#define LANGID_WIDEST 64 /* languages of one script */
#define LANGID_HEAD   4096
#define LANGID_STEPS  10 /* of a nat, in one octet */

typedef struct LangidTable {
	guint bits;  /* 2^bits rows */
	guint width; /* octets of a row: n, and what fills it up to 16 */
	guint n;
	const char *tags[LANGID_WIDEST];
	double priors[LANGID_WIDEST]; /* nats */
	const gint8 *rows;
} LangidTable;

/* LANGID_TABLES of them, by LangidScript. */
const LangidTable *langid_tables(void);

#endif
