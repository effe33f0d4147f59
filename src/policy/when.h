/* when.h - times as people write them: "by tomorrow 18:00", "friday", "in 2
 * working days", "через 3 часа", "2026-12-01 09:00", "1.12.". */
#ifndef POLICY_WHEN_H
#define POLICY_WHEN_H

#include "javob.h"

typedef struct WhenScene {
	const char *language;     /* whose words count, besides English */
	const char *zone;         /* whose clock it is */
	const Calendar *calendar; /* a day alone means when it closes; NULL: 18:00 */
	gint64 now;
} WhenScene;

/* The instant, always after now; FALSE with error PERMANENT that says what
 * would be right. */
gboolean when_parse(const char *text, const WhenScene *scene, gint64 *when,
    GError **error);

#endif
