-- schema.sql - every table and column of the store.
--
-- Times are seconds since 1970 UTC, sizes octets, text valid UTF-8; addresses
-- are stored folded (mail/address.h). {id} is the only word that the drivers
-- replace (identity column). Truth first, what can be rebuilt last.

-- One row a setting of the store itself; "schema" is its version.
CREATE TABLE meta (
	name TEXT NOT NULL PRIMARY KEY,
	value TEXT NOT NULL
) STRICT;

-- Counters that people see; "ticket" is the last number given.
CREATE TABLE counter (
	name TEXT NOT NULL PRIMARY KEY,
	value INTEGER NOT NULL
) STRICT;

-- Mail as it came or went, for ever the same octets.
CREATE TABLE raw (
	id {id},
	size INTEGER NOT NULL,        -- before compression
	codec INTEGER NOT NULL,       -- 0 as it is, 1 zstd
	octets BLOB NOT NULL
) STRICT;

-- Whoever is behind one address or several, and what we remember of him.
CREATE TABLE party (
	id {id},
	name TEXT NOT NULL,           -- last display name of an authenticated mail
	named INTEGER NOT NULL,       -- 1: by an agent; mails change it no more
	language TEXT,                -- remembered; NULL: not known
	told INTEGER NOT NULL,        -- 1: the language, by an agent
	register TEXT                 -- formal, informal; NULL: not known
) STRICT;

-- Every address that we ever had to do with.
CREATE TABLE address (
	id {id},
	address TEXT NOT NULL UNIQUE, -- folded
	written TEXT NOT NULL,        -- as first seen
	party INTEGER NOT NULL REFERENCES party (id),
	first_seen INTEGER NOT NULL,
	undeliverable INTEGER NOT NULL -- since when permanent bounces came; 0
) STRICT;
CREATE INDEX address_by_party ON address (party);

-- How agents want to work. Whoever the configuration puts into a queue is an
-- agent without a row as well.
CREATE TABLE agent (
	address TEXT NOT NULL PRIMARY KEY, -- folded
	name TEXT NOT NULL,
	team TEXT NOT NULL,
	role TEXT NOT NULL,           -- agent, supervisor, observer
	queues TEXT NOT NULL,         -- besides the configuration's; with commas
	language TEXT NOT NULL,       -- of letters to him
	languages TEXT NOT NULL,      -- in which he answers; with commas
	zone TEXT NOT NULL,
	notify TEXT NOT NULL,         -- all, mine, unassigned, digest, none
	digest TEXT NOT NULL,         -- "30m", or "09:00, 14:00"
	quiet TEXT NOT NULL,          -- "22:00-07:00"
	calendar TEXT NOT NULL,       -- name of his working hours
	away_until INTEGER NOT NULL,  -- 0: he is here
	away_note TEXT NOT NULL,
	key TEXT NOT NULL             -- fingerprint, OpenPGP or S/MIME
) STRICT;

-- Whose turn it was when tickets of a queue were given out by rule: the highest
-- is the last.
CREATE TABLE assign_turn (
	queue TEXT NOT NULL,
	address TEXT NOT NULL,        -- an agent's, folded
	turn INTEGER NOT NULL,
	PRIMARY KEY (queue, address)
) STRICT;

CREATE TABLE ticket (
	id {id},
	number INTEGER NOT NULL UNIQUE, -- shown to people
	state TEXT NOT NULL,          -- new open waiting resolved closed spam
	mailbox TEXT NOT NULL,
	queue TEXT NOT NULL,
	subject TEXT NOT NULL,
	requester INTEGER REFERENCES address (id), -- NULL: unknown sender
	language TEXT NOT NULL,
	agent INTEGER REFERENCES address (id),     -- assigned; NULL: nobody
	opened INTEGER NOT NULL,
	updated INTEGER NOT NULL,
	promised INTEGER,             -- standing promise
	answered INTEGER,             -- first answer of a person
	resolved INTEGER,
	follows INTEGER REFERENCES ticket (id),    -- opened by an answer to it
	reply_to INTEGER REFERENCES address (id),  -- where requester reads mail
	merged_into INTEGER REFERENCES ticket (id) -- its mail goes there
) STRICT;
CREATE INDEX ticket_by_state ON ticket (state, updated);
CREATE INDEX ticket_by_requester ON ticket (requester);
CREATE INDEX ticket_by_agent ON ticket (agent, state) WHERE agent IS NOT NULL;

CREATE INDEX ticket_by_follows ON ticket (follows) WHERE follows IS NOT NULL;

-- Further queues whose agents hear of a ticket: its mail was sent to their
-- mailbox as well.
CREATE TABLE ticket_queue (
	ticket INTEGER NOT NULL REFERENCES ticket (id),
	queue TEXT NOT NULL,
	PRIMARY KEY (ticket, queue)
) STRICT;

-- Words that agents have put on a ticket. kind: tag; priority (at most one: low,
-- high, urgent); watcher (an agent's address: he hears of notes).
CREATE TABLE label (
	ticket INTEGER NOT NULL REFERENCES ticket (id),
	kind TEXT NOT NULL,
	word TEXT NOT NULL,
	PRIMARY KEY (ticket, kind, word)
) STRICT;

-- Tickets that agents see as related; ticket < other.
CREATE TABLE link (
	ticket INTEGER NOT NULL REFERENCES ticket (id),
	other INTEGER NOT NULL REFERENCES ticket (id),
	PRIMARY KEY (ticket, other)
) STRICT;
CREATE INDEX link_by_other ON link (other);

-- Answers that the desk has ready (`javob faq`), and what they were good for.
CREATE TABLE faq (
	id {id},
	key TEXT NOT NULL UNIQUE,     -- name of its file
	mailbox TEXT NOT NULL,        -- '' all
	languages TEXT NOT NULL,      -- BCP 47, a space between
	title TEXT NOT NULL,
	url TEXT NOT NULL,
	words TEXT NOT NULL,
	body TEXT NOT NULL,           -- Markdown
	stems TEXT NOT NULL           -- of title and words, ':', of body
) STRICT;
CREATE TABLE faq_shown (
	ticket INTEGER NOT NULL REFERENCES ticket (id),
	faq INTEGER NOT NULL REFERENCES faq (id),
	at INTEGER NOT NULL,
	helped INTEGER NOT NULL,      -- 1: he closed it without an answer
	PRIMARY KEY (ticket, faq)
) STRICT;
CREATE INDEX faq_shown_by_faq ON faq_shown (faq);

-- Who may write into a ticket. role: requester, reply (his Reply-To), cc, new
-- (came by a token, no history yet), seen (by address alone, unverified).
CREATE TABLE participant (
	ticket INTEGER NOT NULL REFERENCES ticket (id),
	address INTEGER NOT NULL REFERENCES address (id),
	role TEXT NOT NULL,
	since INTEGER NOT NULL,
	PRIMARY KEY (ticket, address)
) STRICT;

CREATE TABLE message (
	id {id},
	ticket INTEGER NOT NULL REFERENCES ticket (id),
	raw INTEGER NOT NULL REFERENCES raw (id),
	direction TEXT NOT NULL,      -- in, out
	visibility TEXT NOT NULL,     -- public, internal
	kind TEXT NOT NULL,           -- human auto-reply bounce ...; letter's name
	address INTEGER REFERENCES address (id), -- who wrote it, or to whom
	from_name TEXT NOT NULL,
	from_address TEXT NOT NULL,
	to_addresses TEXT NOT NULL,   -- with commas
	message_id TEXT NOT NULL,     -- without <>
	subject TEXT NOT NULL,
	received INTEGER NOT NULL,    -- taken by the door, or composed
	authenticated INTEGER NOT NULL, -- 0, 1
	new_text TEXT NOT NULL,
	body_text TEXT NOT NULL,
	reason TEXT NOT NULL          -- what joined it to this ticket
) STRICT;
CREATE INDEX message_by_ticket ON message (ticket, id);

-- Every msg-id seen or mentioned on a ticket. role: own (we made it), seen,
-- mentioned; relay (given to our letter on its way; what stands before "@").
CREATE TABLE msgid (
	msgid TEXT NOT NULL,
	ticket INTEGER NOT NULL REFERENCES ticket (id),
	role TEXT NOT NULL,
	PRIMARY KEY (msgid, ticket)
) STRICT;

CREATE TABLE event (
	id {id},
	ticket INTEGER REFERENCES ticket (id), -- NULL: about no ticket
	at INTEGER NOT NULL,
	event TEXT NOT NULL,
	actor TEXT NOT NULL,
	detail TEXT NOT NULL,         -- for people
	change TEXT NOT NULL          -- for undo: name=value&..., row ids only
) STRICT;
CREATE INDEX event_by_ticket ON event (ticket, id);

-- What has been taken, never purged: the same mail never acts twice. Says
-- nothing about a mail to who does not have it, so it may outlive an erasure.
CREATE TABLE seen (
	key TEXT NOT NULL PRIMARY KEY, -- digest of Message-ID and content hash
	ticket INTEGER REFERENCES ticket (id),   -- NULL: erased
	message INTEGER REFERENCES message (id), -- NULL: erased
	at INTEGER NOT NULL
) STRICT;
CREATE INDEX seen_by_message ON seen (message);

-- IMAP: which UIDs have been committed, and where a mailbox stands.
CREATE TABLE imap_uid (
	mailbox TEXT NOT NULL,
	uidvalidity INTEGER NOT NULL,
	uid INTEGER NOT NULL,
	PRIMARY KEY (mailbox, uidvalidity, uid)
) STRICT;
CREATE TABLE imap_state (
	mailbox TEXT NOT NULL PRIMARY KEY,
	uidvalidity INTEGER NOT NULL,
	floor INTEGER NOT NULL,       -- all UIDs up to it are settled
	since INTEGER NOT NULL        -- first sight; older mail is not ours
) STRICT;

-- Letters on their way. state: queued, trying, sent, failed, held.
CREATE TABLE outbox (
	id {id},
	ticket INTEGER NOT NULL REFERENCES ticket (id),
	message INTEGER NOT NULL REFERENCES message (id),
	letter TEXT NOT NULL,
	cause TEXT NOT NULL UNIQUE,   -- "ack:TICKET:MSG": at most one of each
	reverse_path TEXT NOT NULL,
	created INTEGER NOT NULL,
	due INTEGER NOT NULL,
	state TEXT NOT NULL,
	attempts INTEGER NOT NULL,    -- stored before each attempt
	leased_until INTEGER NOT NULL,
	uncertain INTEGER NOT NULL,   -- attempts that may have arrived
	finished INTEGER              -- sent or failed at
) STRICT;
CREATE INDEX outbox_by_due ON outbox (due) WHERE state IN ('queued', 'trying');

-- One row a recipient of a letter. state: queued, sent, failed.
CREATE TABLE outbox_recipient (
	outbox INTEGER NOT NULL REFERENCES outbox (id),
	forward_path TEXT NOT NULL,
	state TEXT NOT NULL,
	code INTEGER NOT NULL,
	reply TEXT NOT NULL,          -- last reply of the server
	PRIMARY KEY (outbox, forward_path)
) STRICT;

-- Whom we sent automatic mail, for the limits of THREATS.md 2.11.
CREATE TABLE automatic (
	id {id},
	address INTEGER NOT NULL REFERENCES address (id),
	domain TEXT NOT NULL,
	subject_key TEXT NOT NULL,
	words TEXT NOT NULL,          -- of the mail that caused it, mail/alike.h
	outbox INTEGER NOT NULL,      -- the letter; 0: nothing to compare
	again INTEGER NOT NULL,       -- 1: that mail came after another one of these
	authenticated INTEGER NOT NULL,
	at INTEGER NOT NULL
) STRICT;
CREATE INDEX automatic_by_address ON automatic (address, at);
CREATE INDEX automatic_by_domain ON automatic (domain, at)
	WHERE authenticated = 0;
CREATE INDEX automatic_by_time ON automatic (at);

-- Strangers' tickets of which an agent was told, or waits to be told with
-- others; ids of address and ticket rows that may be gone.
CREATE TABLE told (
	agent INTEGER NOT NULL,
	ticket INTEGER NOT NULL,
	waits INTEGER NOT NULL,       -- 0: by a letter of its own
	at INTEGER NOT NULL,
	PRIMARY KEY (agent, ticket)
) STRICT;
CREATE INDEX told_by_time ON told (agent, at);

-- Future happenings; a clock jump can delay one but never repeat it.
CREATE TABLE timer (
	id {id},
	ticket INTEGER NOT NULL REFERENCES ticket (id),
	kind TEXT NOT NULL,
	number INTEGER NOT NULL,
	due INTEGER NOT NULL,
	UNIQUE (ticket, kind, number)
) STRICT;
CREATE INDEX timer_by_due ON timer (due);

-- How long matters take: what promises are learned from. One row a ticket
-- that a person opened, and one a line of imported history. An age is
-- ended - opened - waited, or, while it is open, now or waiting in the place
-- of ended.
CREATE TABLE life (
	id {id},
	ticket INTEGER UNIQUE REFERENCES ticket (id), -- NULL: imported
	queue TEXT NOT NULL,          -- as it was opened in
	key TEXT NOT NULL,            -- queue|mailbox
	opened INTEGER NOT NULL,
	ended INTEGER,                -- settled; NULL: open
	waited INTEGER NOT NULL,      -- seconds for the customer, or as closed
	waiting INTEGER,              -- for the customer since; NULL: not
	counted INTEGER NOT NULL      -- 0: spam, or part of another ticket
) STRICT;
CREATE INDEX life_by_key ON life (key, ended, opened, waited, waiting)
	WHERE counted = 1;
CREATE INDEX life_by_queue ON life (queue, ended, opened, waited, waiting)
	WHERE counted = 1;
CREATE INDEX life_by_end ON life (ended, opened, waited, waiting)
	WHERE counted = 1;
CREATE INDEX life_by_opening ON life (opened, key) WHERE counted = 1;

-- What a customer was told, and on what ground. The newest row of a ticket
-- stands. It is kept when the life ends by named + what it waited since.
CREATE TABLE promise (
	id {id},
	ticket INTEGER NOT NULL REFERENCES ticket (id),
	number INTEGER NOT NULL,      -- 1 is the first
	made INTEGER NOT NULL,
	kind TEXT NOT NULL,           -- date; update: the next news by then
	named INTEGER NOT NULL,
	basis TEXT NOT NULL,          -- learned configured agent
	lead INTEGER NOT NULL,        -- seconds before, to look again
	waited INTEGER NOT NULL,      -- of the life, when it was made
	told INTEGER NOT NULL,        -- 0: by no letter; 2: by a plain one
	text TEXT NOT NULL,           -- as the letter says it
	share INTEGER NOT NULL,       -- aimed at, in thousandths; 0: none
	level INTEGER NOT NULL,       -- quantile asked for, in thousandths
	length INTEGER NOT NULL,      -- age that the curve gave, seconds
	kept INTEGER NOT NULL,        -- of the promises that came due last
	exact INTEGER NOT NULL,       -- of these, without the rounding up
	due INTEGER NOT NULL,         -- how many those were
	key TEXT NOT NULL,            -- of the like cases
	built INTEGER NOT NULL,       -- when the curve was drawn
	own INTEGER NOT NULL,         -- like cases in it
	own_since INTEGER NOT NULL,   -- settled since then, or open
	queue_cases INTEGER NOT NULL, -- the same of its queue
	queue_since INTEGER NOT NULL,
	desk_cases INTEGER NOT NULL,  -- and of all
	desk_since INTEGER NOT NULL,
	UNIQUE (ticket, number)
) STRICT;
CREATE INDEX promise_by_name ON promise (named)
	WHERE number = 1 AND basis = 'learned' AND kind = 'date';
-- Rebuildable: what the board of that name was last given to show. Outlives its
-- ticket until the board shows it no more.
CREATE TABLE board_item (
	board TEXT NOT NULL,
	ticket INTEGER NOT NULL,
	folder TEXT NOT NULL,         -- below the board's root
	flagged INTEGER NOT NULL,     -- 0, 1
	going TEXT NOT NULL,          -- where a change of ours leads; "" none
	version TEXT NOT NULL,        -- of what its message shows
	PRIMARY KEY (board, ticket)
) STRICT;

-- Rebuildable: messages that the full-text index does not hold yet.
CREATE TABLE unindexed (
	message INTEGER NOT NULL PRIMARY KEY REFERENCES message (id)
) STRICT;
