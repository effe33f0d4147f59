/* ticket_act.h - javob ticket: the words that change something. */
#ifndef CLI_TICKET_ACT_H
#define CLI_TICKET_ACT_H

#include "cli/cmd.h"
#include "policy/act.h"

/* argv[0] is the word. The exit status. */
int ticket_act(const char *config, const Verb *verb, int argc, char **argv);

#endif
