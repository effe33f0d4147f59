/* talk.h - agents talk to each other on a ticket: who hears of a note. */
#ifndef POLICY_TALK_H
#define POLICY_TALK_H

#include "policy/effects.h"

/* The note facts->message, of an agent: a letter to whoever has the ticket and
 * to those who watch it; if that is nobody, to the agents of its queue. Its
 * author and the colleagues whom it was sent to watch from now on. NULL
 * facts->sender: it is nobody's, from the command line. */
void talk_note(const Facts *facts, const Desk *desk, gint64 now,
    const char *text, Effects *effects);

#endif
