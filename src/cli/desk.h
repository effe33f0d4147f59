/* desk.h - site, key, letters and store together, for commands that decide. */
#ifndef CLI_DESK_H
#define CLI_DESK_H

#include "cli/cmd.h"

typedef struct CmdDesk {
	Site *site;
	Store *store;
	TokenKeys *keys;
	Templates *templates;
	Desk desk;
} CmdDesk;

/* desk: all zero. Call cmd_desk_close in any case. */
gboolean cmd_desk_open(CmdDesk *desk, const char *config, GError **error);
void cmd_desk_close(CmdDesk *desk);

/* "root (shell)": who types; free with g_free. */
char *cmd_actor(void);

#endif
