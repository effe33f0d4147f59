/* facts.h - what the store knows about one mail, read once, before any
 * decision. Steps of the pipeline see nothing else. */
#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

#include "ground/token.h"
#include "javob.h"
#include "mail/authres.h"
#include "mail/envelope.h"
#include "mail/message.h"
#include "policy/roster.h"
#include "policy/faq.h"
#include "policy/lang.h"
#include "policy/forecast.h"
#include "policy/site.h"
#include "policy/template.h"
#include "store/parties.h"
#include "store/tickets.h"
#include "store/told.h"

/* What policy goes by besides the mail; borrowed, valid as long as a run. */
typedef struct Desk {
	const Site *site;
	const Templates *templates;
	const TokenKeys *keys;
	ForecastCache *forecasts; /* NULL: each is drawn anew */
} Desk;

/* How a mail found its ticket, strongest first (policy/proof.h). */
typedef enum Proof {
	PROOF_NONE,
	PROOF_SELF,      /* it is this mail, which could not be read before */
	PROOF_ADDRESS,   /* keyed token in a recipient address */
	PROOF_OWN_ID,    /* our signed Message-ID answered */
	PROOF_RETURNED,  /* our Message-ID in a delivery report */
	PROOF_KNOWN_ID,  /* a msg-id that the ticket knows */
	PROOF_MENTIONED, /* a mail of the ticket has named this one */
	PROOF_RELAY_ID,  /* the msg-id that a relay gave our letter */
	PROOF_QUOTE,     /* the keyed line of our letter in its text */
	PROOF_SUBJECT,   /* the number in the subject */
} Proof;

typedef struct Claim Claim;

struct Facts {
	const Message *message;
	Message *looked_through;  /* a shallow copy, which message is then: the
				   * mail came by a list of ours and is judged
				   * as if no list had carried it (T13) */
	char *list_id;            /* of that list */
	const Envelope *envelope;
	const Mailbox *mailbox;
	const Queue *queue;       /* of the candidate, else of the mailbox */
	const Calendar *calendar; /* of queue; NULL: day and night */

	AuthVerdict auth;
	char *auth_reason;
	const Address *author;    /* From, or whom a form names; NULL when
				   * there is none to use */
	Address *named;           /* that one, if a form wrote for him */
	const char *named_by;     /* the field that did; NULL: it is From */
	AddressRow *sender;       /* NULL when there is no author */
	GPtrArray *faq;           /* of FaqHit: ready answers that fit */
	gint64 faq_shown;         /* with the candidate's acknowledgement */
	LangChoice *lang;         /* of the mail; NULL without one */
	AddressRow *reply_to;     /* single Reply-To of a proven author */
	AddressRow *forwarded;    /* whose mail a proven agent has forwarded */
	GPtrArray *copied;        /* of AddressRow: others in To and Cc, if a
				   * ticket opened by this mail keeps them */
	GPtrArray *roster;        /* of Agent: all of the desk */
	const Agent *agent;       /* that the author is; NULL: none */
	gboolean from_agent;      /* he is one */
	gboolean is_own_copy;     /* a mail of ours that came back */
	gboolean opened_for;      /* that one was named by /for */
	gboolean answers_note;    /* a letter that told of a note */
	char *macro;              /* text of the one that he names; NULL */
	gboolean preview;         /* he only wants to see what would go out */
	char *refusal;            /* why his commands cannot be carried out, as
				   * was found out by trying; NULL */
	gboolean imported;        /* old mail, by `javob import` */

	gint64 seen_ticket;       /* != 0: taken before */
	MessageCounts mails;      /* on the candidate within an hour */
	guint repeats;            /* answers of an agent on the candidate that
				   * said the same within a day */
	Token address_token;      /* kind 0 when there is none */
	Token id_token;           /* of a Message-ID of ours it answers */
	gboolean answers_ours;    /* names any id of ours, or came to a token */
	AddressRow *token_party;  /* whom the deciding token was made for */

	GArray *claims;           /* of Claim (policy/proof.h), in order */
	Ticket *ticket;           /* the candidate; NULL: none */
	Proof proof;              /* of the claim that decided */
	guint reach;              /* of that claim, a ProofReach */
	gint64 merged_from;       /* number that the proof named; 0: ticket's */
	char *sender_role;        /* on the candidate; "" none */
	AddressRow *requester;    /* of the candidate */
	AddressRow *correspondent; /* where he reads mail; NULL: requester */
	GPtrArray *participants;  /* of AddressRow, of the candidate */
	gint64 answered;          /* whose mail an agent answers: address row */
	GPtrArray *thread_ids;    /* of char *, public thread of the candidate */
	char *last_in;            /* newest Message-ID of the customer, or "" */
	GPtrArray *notes;         /* of char *, internal texts of the candidate */
	GPtrArray *watchers;      /* of AddressRow: agents who hear of notes */
	GPtrArray *colleagues;    /* of AddressRow: agents in To and Cc of an
				   * agent's mail */
	gboolean thanked;         /* for a closing word, on the candidate */
	GPtrArray *texts;         /* of char *, public ones; NULL unless a
				   * person writes and the candidate is done */
	gint64 subject_number;    /* [#N] in the subject, or 0 */

	GPtrArray *also;          /* of char *: further queues */
	GPtrArray *agents;        /* of AddressRow, of queue and those */
	GPtrArray *shares;        /* of Share, of queue; NULL: nothing of it
				   * is given out by rule */
	char *last_agent;         /* of the customer's other tickets; "" none,
				   * NULL like shares */
	const RouteRule *rule;    /* that a new ticket goes by; NULL: none */
	struct {                  /* the same as a new ticket would have it */
		const Queue *queue;
		const Calendar *calendar;
		GPtrArray *also;
		GPtrArray *agents;
		GArray *told;     /* of ToldCounts, an hour of each of agents;
				   * NULL: they hear of this one anyway */
		GPtrArray *shares;
	} home;
	Forecast forecast;        /* for a new ticket at home */
	AutomaticCounts automatic;
	char *words;              /* key of its text (mail/alike.h) */
	gboolean again;           /* an automatic letter that it may answer had
				   * been sent when it came, within a day */
	guint alike;              /* mails like that which said the same, and
				   * got another one */
	gint64 next_number;       /* of the ticket if one is opened */
};

/* Reads everything inside txn (a write transaction, since addresses that are
 * new get their rows). NULL with error TEMPORARY from the store. message and
 * envelope stay the caller's and must live as long as the Facts.
 *
 * dkim: what mail/prover found out about the author, NULL if it was not asked.
 * It counts when the border's Authentication-Results prove nothing. */
Facts *facts_read(StoreTxn *txn, const Desk *desk, const Message *message,
    const Envelope *envelope, const AuthFinding *dkim, gint64 now,
    GError **error);
void facts_free(Facts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Facts, facts_free)

/* The macro that an agent's words name: sets macro and preview, or refusal.
 * message, author and agent must be set. */
void facts_read_macro(Facts *facts, const Desk *desk);
/* What a macro of the candidate goes by; numbers is for its own use. */
struct MacroScene;
void facts_macro_scene(const Facts *facts, const Desk *desk,
    struct MacroScene *scene, char number[32]);

/* The same facts as a new ticket sees them: queue, calendar and agents are the
 * mailbox's own. A shallow copy: valid as long as facts, not to be freed. */
Facts facts_at_home(const Facts *facts);

/* Where letters to the author of the mail go, and to the customer of the
 * candidate. Borrowed; NULL when nobody is known. */
const AddressRow *facts_answer_to(const Facts *facts);
const AddressRow *facts_correspondent(const Facts *facts);

/* For happenings without a mail (timers, command line): the facts of a ticket.
 * message, envelope and sender are NULL. NULL with error PERMANENT when there
 * is no such ticket. */
Facts *facts_of_ticket(StoreTxn *txn, const Desk *desk, gint64 ticket,
    gint64 now, GError **error);

#endif
