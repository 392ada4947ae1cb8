-- The tables of a store, in SQLite's dialect. docs/ledger-store.md explains them.
--
-- Rules that hold for every table: the tenant is a column and comes first in the primary key; numbers of things are
-- given by the host, never by the database; days are days since 1970-01-01, moments seconds since
-- 1970-01-01T00:00:00Z; amounts are integers at the scale of their account; debits are positive.
-- A secondary index names the query that needs it.

CREATE TABLE store (
  schema_version INTEGER NOT NULL PRIMARY KEY
) WITHOUT ROWID, STRICT;

CREATE TABLE tenant (
  id      INTEGER NOT NULL PRIMARY KEY,
  name    TEXT    NOT NULL UNIQUE,
  created INTEGER NOT NULL               -- moment
) STRICT;

CREATE TABLE config_value (
  tenant INTEGER NOT NULL,
  name   TEXT    NOT NULL,
  value  TEXT    NOT NULL,               -- JSON
  author TEXT    NOT NULL,
  at     INTEGER NOT NULL,               -- moment
  PRIMARY KEY (tenant, name)
) WITHOUT ROWID, STRICT;

-- ---- the ledger

CREATE TABLE book (
  tenant     INTEGER NOT NULL,
  id         INTEGER NOT NULL,
  name       TEXT    NOT NULL,
  currency   TEXT    NOT NULL,           -- ISO 4217
  scale      INTEGER NOT NULL,           -- of book amounts
  year_start INTEGER NOT NULL,           -- the month that a fiscal year begins with, 1 to 12
  entries    INTEGER NOT NULL,           -- the number of the last entry
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, name)
) WITHOUT ROWID, STRICT;

CREATE TABLE account (
  tenant     INTEGER NOT NULL,
  book       INTEGER NOT NULL,
  id         INTEGER NOT NULL,
  name       TEXT    NOT NULL,           -- with its module: finance.receivable.receivable
  code       TEXT,                       -- as the tenant numbers it
  title      TEXT,                       -- as the tenant calls it
  kind       TEXT    NOT NULL,           -- asset, liability, equity, income, expense, quantity, budget, limit
  unit       TEXT    NOT NULL,           -- a currency or a unit of measure; empty for plain counts
  money      INTEGER NOT NULL,           -- 1: the unit is a currency
  scale      INTEGER NOT NULL,
  dimensions TEXT    NOT NULL,           -- JSON: the names of its dimensions, in order
  lots       INTEGER NOT NULL,           -- 1: what comes in is kept in lots
  PRIMARY KEY (tenant, book, id),
  UNIQUE (tenant, book, name)
) WITHOUT ROWID, STRICT;

CREATE TABLE account_limit (
  tenant  INTEGER NOT NULL,
  book    INTEGER NOT NULL,
  account INTEGER NOT NULL,
  dims    TEXT    NOT NULL,              -- a combination of dimensions; '*' for each combination
  side    TEXT    NOT NULL,              -- below: the balance may not fall below; above: not rise above
  period  TEXT    NOT NULL,              -- month, year, ever
  source  TEXT    NOT NULL,              -- chart: as the program has it; tenant: as the tenant wants it; bound: the amount is in subaccount.bounds
  number  INTEGER NOT NULL,              -- which one it is of its source, in the order of declaration; of bounds the place in subaccount.bounds
  mode    TEXT    NOT NULL,              -- stop, warn, ignore
  amount  INTEGER NOT NULL,
  PRIMARY KEY (tenant, book, account, dims, side, period, source, number)
) WITHOUT ROWID, STRICT;

-- One combination of an account's dimensions, with its running figures. They are sums of entry_line and of hold:
-- `bp ledger check` recomputes them.
CREATE TABLE subaccount (
  tenant      INTEGER NOT NULL,
  book        INTEGER NOT NULL,
  id          INTEGER NOT NULL,
  account     INTEGER NOT NULL,
  dims        TEXT    NOT NULL,          -- JSON: the values as in cells of a file; [] without dimensions
  parent      INTEGER,                   -- the group that it belongs to, a subaccount of the same account
  posted      INTEGER NOT NULL,          -- debits minus credits of its own lines
  posted_book INTEGER NOT NULL,          -- the same in book amounts
  below       INTEGER NOT NULL,          -- what is posted to the subaccounts below it
  held        INTEGER NOT NULL,          -- rests of its own open holds
  held_below  INTEGER NOT NULL,          -- rests of the open holds below it
  bounds      TEXT,                      -- JSON: the amount of each bound of its account, as it was said last
  PRIMARY KEY (tenant, book, id),
  UNIQUE (tenant, book, account, dims)   -- finds a combination; lists an account's
) WITHOUT ROWID, STRICT;

-- Groups: moves figures when a subaccount gets another parent.
CREATE INDEX subaccount_by_parent ON subaccount (tenant, book, parent) WHERE parent IS NOT NULL;

-- What was posted to a subaccount on each day, so that a balance at any date is a short range sum.
CREATE TABLE balance (
  tenant      INTEGER NOT NULL,
  book        INTEGER NOT NULL,
  subaccount  INTEGER NOT NULL,
  day         INTEGER NOT NULL,          -- posting day
  amount      INTEGER NOT NULL,
  book_amount INTEGER NOT NULL,
  below       INTEGER NOT NULL,          -- what was posted that day to the subaccounts below
  PRIMARY KEY (tenant, book, subaccount, day)
) WITHOUT ROWID, STRICT;

CREATE TABLE entry (
  tenant         INTEGER NOT NULL,
  book           INTEGER NOT NULL,
  seq            INTEGER NOT NULL,       -- 1, 2, 3 … without a gap
  document_day   INTEGER NOT NULL,
  posting_day    INTEGER NOT NULL,
  recorded_at    INTEGER NOT NULL,       -- moment
  late           INTEGER NOT NULL,       -- 1: its own day was closed, it went to the first open one
  text           TEXT    NOT NULL,
  area           TEXT    NOT NULL,
  step           TEXT    NOT NULL,
  instance       TEXT    NOT NULL,
  author         TEXT    NOT NULL,
  reverses       INTEGER,                -- the entry that it takes back
  chain_previous BLOB,                   -- the hash of the entry before it
  chain_hash     BLOB,
  PRIMARY KEY (tenant, book, seq)
) WITHOUT ROWID, STRICT;

-- Was this entry reversed already?
CREATE UNIQUE INDEX entry_by_reversed ON entry (tenant, book, reverses) WHERE reverses IS NOT NULL;

CREATE TABLE entry_line (
  tenant      INTEGER NOT NULL,
  book        INTEGER NOT NULL,
  entry       INTEGER NOT NULL,
  line        INTEGER NOT NULL,          -- 1, 2, 3 …
  subaccount  INTEGER NOT NULL,
  kind        INTEGER NOT NULL,          -- 0 normal, 1 exchange, 2 revalue, 3 rounding, 4 use
  amount      INTEGER NOT NULL,          -- debits positive, at the account's scale
  book_amount INTEGER NOT NULL,          -- in the book's currency; 0 where nothing is valued
  rate        TEXT,                      -- book currency per unit, as it was given
  lot         INTEGER,
  cost        INTEGER,                   -- what the lot gained or lost in value, in the book's currency
  over_limit  TEXT,                      -- who let it pass a stop; nobody had to where it is null
  PRIMARY KEY (tenant, book, entry, line)
) WITHOUT ROWID, STRICT;

-- The ledger of an account; the lines of a lot.
CREATE INDEX entry_line_by_subaccount ON entry_line (tenant, book, subaccount, entry, line);

CREATE TABLE hold (
  tenant     INTEGER NOT NULL,
  book       INTEGER NOT NULL,
  id         INTEGER NOT NULL,
  subaccount INTEGER NOT NULL,
  day        INTEGER NOT NULL,           -- counts against limits by month and year
  amount     INTEGER NOT NULL,
  rest       INTEGER NOT NULL,           -- what is still held; 0 when it is resolved
  committed  INTEGER NOT NULL,           -- of a commit in part, what was left went into a new hold
  state      TEXT    NOT NULL,           -- open, committed, released
  owner      TEXT    NOT NULL,           -- who has to resolve it: an instance
  over_limit TEXT    NOT NULL,           -- who let it pass a stop; empty: nobody had to
  author     TEXT    NOT NULL,
  made_at    INTEGER NOT NULL,           -- moment
  ended_at   INTEGER,                    -- moment
  PRIMARY KEY (tenant, book, id)
) WITHOUT ROWID, STRICT;

-- What is held within a month or a year.
CREATE INDEX hold_open ON hold (tenant, book, subaccount, day) WHERE state = 'open';
-- What an instance has to resolve before it ends.
CREATE INDEX hold_by_owner ON hold (tenant, owner) WHERE state = 'open';

CREATE TABLE lot (
  tenant     INTEGER NOT NULL,
  book       INTEGER NOT NULL,
  subaccount INTEGER NOT NULL,
  seq        INTEGER NOT NULL,           -- 1, 2, 3 … in the order of recording
  day        INTEGER NOT NULL,           -- when it came in
  label      TEXT    NOT NULL,
  quantity   INTEGER NOT NULL,           -- what is left of it
  value      INTEGER NOT NULL,           -- what that is worth, in the book's currency
  PRIMARY KEY (tenant, book, subaccount, seq)
) WITHOUT ROWID, STRICT;

-- Takes the oldest lot that has something left.
CREATE INDEX lot_left ON lot (tenant, book, subaccount, seq) WHERE quantity <> 0;

CREATE TABLE series (
  tenant INTEGER NOT NULL,
  book   INTEGER NOT NULL,
  name   TEXT    NOT NULL,
  period TEXT    NOT NULL,               -- what numbering begins anew with: 2026; empty: never
  last   INTEGER NOT NULL,               -- the number that was taken last
  PRIMARY KEY (tenant, book, name, period)
) WITHOUT ROWID, STRICT;

CREATE TABLE series_number (
  tenant INTEGER NOT NULL,
  book   INTEGER NOT NULL,
  name   TEXT    NOT NULL,
  period TEXT    NOT NULL,
  number INTEGER NOT NULL,
  taken_by TEXT  NOT NULL,               -- the document that bears it
  void   INTEGER NOT NULL,               -- 1: the document is void, its number stays
  PRIMARY KEY (tenant, book, name, period, number)
) WITHOUT ROWID, STRICT;

CREATE TABLE period_lock (
  tenant INTEGER NOT NULL,
  book   INTEGER NOT NULL,
  area   TEXT    NOT NULL,               -- empty: every area
  kind   TEXT    NOT NULL,               -- soft: named roles may post; hard: nobody
  until  INTEGER NOT NULL,               -- the last day that is closed
  roles  TEXT    NOT NULL,               -- JSON: the roles that pass a soft lock
  author TEXT    NOT NULL,
  at     INTEGER NOT NULL,               -- moment
  PRIMARY KEY (tenant, book, area, kind)
) WITHOUT ROWID, STRICT;

-- ---- documents

-- What the store has to know of an entity; a deployment writes it.
CREATE TABLE entity (
  tenant         INTEGER NOT NULL,
  name           TEXT    NOT NULL,       -- with its module: finance.receivable.Invoice
  schema_version INTEGER NOT NULL,
  spec           TEXT    NOT NULL,       -- JSON: key, indexes, references, personal fields, states
  PRIMARY KEY (tenant, name)
) WITHOUT ROWID, STRICT;

CREATE TABLE document (
  tenant         INTEGER NOT NULL,
  entity         TEXT    NOT NULL,
  reference      INTEGER NOT NULL,       -- 1, 2, 3 … in the order of their making
  id             TEXT    NOT NULL,       -- its name for people: its key, its number, or the reference
  schema_version INTEGER NOT NULL,
  state          TEXT    NOT NULL,       -- empty where the entity has no states
  version        INTEGER NOT NULL,       -- 1 when created, one more with each change
  data           TEXT    NOT NULL,       -- JSON: the fields by their outside names, personal ones left out
  PRIMARY KEY (tenant, entity, reference),
  UNIQUE (tenant, entity, id)            -- finds a document by its name; does what is referred to exist?
) WITHOUT ROWID, STRICT;

-- Keys and indexes of documents. `key` is the values of the index's fields one after the other, as bytes that compare
-- as the values do.
CREATE TABLE document_key (
  tenant    INTEGER NOT NULL,
  entity    TEXT    NOT NULL,
  name      TEXT    NOT NULL,            -- the index
  key       BLOB    NOT NULL,
  reference INTEGER NOT NULL,
  PRIMARY KEY (tenant, entity, name, key, reference)
) WITHOUT ROWID, STRICT;

CREATE TABLE document_change (
  tenant    INTEGER NOT NULL,
  entity    TEXT    NOT NULL,
  reference INTEGER NOT NULL,
  version   INTEGER NOT NULL,            -- the version that the change made
  at        INTEGER NOT NULL,            -- moment
  author    TEXT    NOT NULL,
  step      TEXT    NOT NULL,
  instance  TEXT    NOT NULL,
  before    TEXT    NOT NULL,            -- JSON: the fields that changed, as they were
  after     TEXT    NOT NULL,            -- JSON: the same fields as they became
  PRIMARY KEY (tenant, entity, reference, version)
) WITHOUT ROWID, STRICT;

-- Personal values, by the person that they are about, so that they can be erased together.
CREATE TABLE document_personal (
  tenant    INTEGER NOT NULL,
  entity    TEXT    NOT NULL,
  reference INTEGER NOT NULL,
  field     TEXT    NOT NULL,
  subject   TEXT    NOT NULL,
  value     TEXT    NOT NULL,            -- JSON
  PRIMARY KEY (tenant, entity, reference, field)
) WITHOUT ROWID, STRICT;

-- Everything that is kept about a person: to show it, to erase it.
CREATE INDEX document_personal_by_subject ON document_personal (tenant, subject);

-- ---- processes

-- Compiled programs, each kept once.
CREATE TABLE program (
  tenant INTEGER NOT NULL,
  hash   TEXT    NOT NULL,               -- SHA-256 of its code, in hexadecimal digits
  code   BLOB    NOT NULL,               -- a compiled file, as bp build writes it
  PRIMARY KEY (tenant, hash)
) WITHOUT ROWID, STRICT;

-- Which program a tenant's processes run by: that of the last row.
CREATE TABLE deployment (
  tenant  INTEGER NOT NULL,
  seq     INTEGER NOT NULL,              -- 1, 2, 3 …
  program TEXT    NOT NULL,              -- its hash
  file    TEXT    NOT NULL,              -- what it was compiled from
  author  TEXT    NOT NULL,
  at      INTEGER NOT NULL,              -- moment
  PRIMARY KEY (tenant, seq)
) WITHOUT ROWID, STRICT;

-- How far a tenant's processes have come in time; never back.
CREATE TABLE clock (
  tenant INTEGER NOT NULL PRIMARY KEY,
  now    INTEGER NOT NULL                -- moment
) STRICT;

-- A process that was started, one row for its whole life.
CREATE TABLE instance (
  tenant       INTEGER NOT NULL,
  id           INTEGER NOT NULL,           -- 1, 2, 3 … in the order of starting
  book         INTEGER NOT NULL,
  process      TEXT    NOT NULL,           -- with its module
  key          TEXT    NOT NULL,           -- the parts of its key, U+001F between them; empty without one
  state        TEXT    NOT NULL,           -- running, undoing, done, failed, cancelled
  outcome      TEXT,                       -- JSON: what it came to
  stays        TEXT,                       -- what it has done that nothing takes back; none: nothing yet
  noted        TEXT    NOT NULL,           -- JSON: the last values of variables that somebody looks at
  parent       INTEGER,                    -- the instance that waits for it
  parent_token INTEGER,
  parent_event INTEGER,
  started_at   INTEGER NOT NULL,           -- moment
  ended_at     INTEGER,                    -- moment
  PRIMARY KEY (tenant, id)
) WITHOUT ROWID, STRICT;

-- What an instance was started with; apart, since it may be large and is read once.
CREATE TABLE instance_params (
  tenant   INTEGER NOT NULL,
  instance INTEGER NOT NULL,
  params   TEXT    NOT NULL,               -- JSON
  PRIMARY KEY (tenant, instance)
) WITHOUT ROWID, STRICT;

-- A second start of a key answers with the first.
CREATE UNIQUE INDEX instance_by_key ON instance (tenant, process, key) WHERE key <> '';
-- The children of an instance.
CREATE INDEX instance_by_parent ON instance (tenant, parent) WHERE parent IS NOT NULL;

-- Where an instance stands: what is stored there, and what has happened that it has not gone on with yet.
CREATE TABLE token (
  tenant   INTEGER NOT NULL,
  instance INTEGER NOT NULL,
  id       INTEGER NOT NULL,
  parent   INTEGER,                        -- the token that it is a branch of
  began    INTEGER,                        -- the event of the parent's point that it began with
  number   INTEGER NOT NULL,               -- which element of the parent's list it is for, or which branch: 0, 1, 2 …
  cursor   INTEGER,                        -- how many branches of its list have begun; none where all have
  ended    INTEGER NOT NULL,               -- how many of its branches have ended
  enough   INTEGER,                        -- it goes on when so many have; none: all
  point    TEXT    NOT NULL,               -- the name of the point; empty before the first step
  live     TEXT    NOT NULL,               -- JSON: variables by their names
  ready    INTEGER NOT NULL,               -- when it may go on, it goes by this order; 0: it waits
  event    INTEGER,                        -- which of the point's events has happened
  given    TEXT,                           -- JSON: what that gives
  message  INTEGER,                        -- the message that it is, if it is one
  incident TEXT,                           -- why it stopped; it goes on when an operator says so
  PRIMARY KEY (tenant, instance, id)
) WITHOUT ROWID, STRICT;

-- Whose clocks a token has stopped, once for each time.
CREATE TABLE pause (
  tenant   INTEGER NOT NULL,
  instance INTEGER NOT NULL,
  token    INTEGER NOT NULL,
  scope    INTEGER NOT NULL,               -- the token that has begun the scope
  times    INTEGER NOT NULL,
  PRIMARY KEY (tenant, instance, token, scope)
) WITHOUT ROWID, STRICT;

-- The list for each of whose elements a branch of a token begins, until all have.
CREATE TABLE branch_items (
  tenant   INTEGER NOT NULL,
  instance INTEGER NOT NULL,
  token    INTEGER NOT NULL,               -- the parent
  items    TEXT    NOT NULL,               -- JSON
  PRIMARY KEY (tenant, instance, token)
) WITHOUT ROWID, STRICT;

-- What branches have come to that have ended, until their parent goes on.
CREATE TABLE branch_value (
  tenant   INTEGER NOT NULL,
  instance INTEGER NOT NULL,
  token    INTEGER NOT NULL,               -- the parent
  number   INTEGER NOT NULL,
  value    TEXT    NOT NULL,               -- JSON
  PRIMARY KEY (tenant, instance, token, number)
) WITHOUT ROWID, STRICT;

-- The branches of a token.
CREATE INDEX token_by_parent ON token (tenant, instance, parent) WHERE parent IS NOT NULL;
-- Tokens that may go on, oldest first.
CREATE INDEX token_ready ON token (tenant, ready) WHERE ready > 0;
-- Who is on the way with a message that is not taken yet.
CREATE INDEX token_by_message ON token (tenant, message) WHERE message IS NOT NULL;
-- What stands still for an operator.
CREATE INDEX token_incident ON token (tenant, instance) WHERE incident IS NOT NULL;

CREATE TABLE task (
  tenant     INTEGER NOT NULL,
  id         INTEGER NOT NULL,
  instance   INTEGER NOT NULL,
  token      INTEGER NOT NULL,
  event      INTEGER NOT NULL,
  name       TEXT    NOT NULL,
  title      TEXT    NOT NULL,
  role       TEXT    NOT NULL,
  escalated  TEXT    NOT NULL,             -- the role that it went to when it was due; empty: none yet
  escalates  TEXT    NOT NULL,             -- the role that it goes to then; empty: none
  shown      TEXT    NOT NULL,             -- JSON: what its form shows
  due        INTEGER,                      -- moment
  overdue    INTEGER NOT NULL,             -- 1: it is due and not done
  claimed_by TEXT    NOT NULL,             -- empty: anybody in the role may do it
  revision   INTEGER NOT NULL,             -- 1, and one more each time that what it shows was found to have changed
  made_at    INTEGER NOT NULL,             -- moment
  state      TEXT    NOT NULL,             -- open, done, withdrawn
  ended_at   INTEGER,                      -- moment
  ended_by   TEXT    NOT NULL,             -- who did it; empty while it is open
  PRIMARY KEY (tenant, id)
) WITHOUT ROWID, STRICT;

-- The open tasks, and of them those of an instance, and those of a token when it goes on.
CREATE INDEX task_open ON task (tenant, id) WHERE state = 'open';
CREATE INDEX task_by_instance ON task (tenant, instance, token) WHERE state = 'open';
-- What a role has to do, most urgent first.
CREATE INDEX task_by_role ON task (tenant, role, due, id) WHERE state = 'open';

-- What other systems are asked for: workers fetch it, and answer.
CREATE TABLE request (
  tenant       INTEGER NOT NULL,
  id           INTEGER NOT NULL,
  key          TEXT    NOT NULL,           -- what the other system knows it by, the same for all tries
  instance     INTEGER NOT NULL,
  token        INTEGER NOT NULL,
  event        INTEGER NOT NULL,
  service      TEXT    NOT NULL,           -- with its module
  operation    TEXT    NOT NULL,
  asked        TEXT    NOT NULL,           -- JSON: what it is asked with
  due          INTEGER,                    -- moment
  overdue      INTEGER NOT NULL,           -- 1: it is due and not answered
  retries      INTEGER NOT NULL,           -- how often it is asked again when it cannot be
  tries        INTEGER NOT NULL,           -- how often it was fetched since it was made, or let go on
  next_at      INTEGER NOT NULL,           -- moment from which on it may be fetched
  worker       TEXT    NOT NULL,           -- who fetched it last; empty: nobody yet
  locked_until INTEGER,                    -- moment before which nobody else fetches it; none: nobody has it
  error        TEXT    NOT NULL,           -- why it could not be asked the last time; empty: it could
  state        TEXT    NOT NULL,           -- open, stopped, answered, withdrawn
  answer       TEXT,                       -- JSON: how the operation has ended
  made_at      INTEGER NOT NULL,           -- moment
  ended_at     INTEGER,                    -- moment
  ended_by     TEXT    NOT NULL,           -- who answered; empty while nobody has
  PRIMARY KEY (tenant, id)
) WITHOUT ROWID, STRICT;

-- What a worker answers.
CREATE UNIQUE INDEX request_by_key ON request (tenant, key);
-- What a worker fetches, the oldest first.
CREATE INDEX request_open ON request (tenant, service, id) WHERE state = 'open';
-- Those of an instance, and of a token when it goes on.
CREATE INDEX request_by_instance ON request (tenant, instance, token) WHERE state IN ('open', 'stopped');

-- The documents that a task shows, as they were when it showed them last.
CREATE TABLE task_seen (
  tenant    INTEGER NOT NULL,
  task      INTEGER NOT NULL,
  entity    TEXT    NOT NULL,
  reference INTEGER NOT NULL,
  version   INTEGER NOT NULL,
  PRIMARY KEY (tenant, task, entity, reference)
) WITHOUT ROWID, STRICT;

-- Who is in a role. One that nobody was given is everybody's.
CREATE TABLE role_holder (
  tenant INTEGER NOT NULL,
  role   TEXT    NOT NULL,
  user   TEXT    NOT NULL,
  author TEXT    NOT NULL,                 -- who said so
  at     INTEGER NOT NULL,                 -- moment
  PRIMARY KEY (tenant, role, user)
) WITHOUT ROWID, STRICT;

CREATE TABLE timer (
  tenant   INTEGER NOT NULL,
  id       INTEGER NOT NULL,
  instance INTEGER NOT NULL,
  token    INTEGER NOT NULL,
  event    INTEGER NOT NULL,               -- the point's event; -1: a task or request of the token is due; -2: a request is not locked any more
  due      INTEGER NOT NULL,               -- moment
  every    TEXT,                           -- it is due again after this: months, days, business days, seconds
  stops    INTEGER NOT NULL,               -- how often it was stopped and not set going again
  rest     INTEGER,                        -- seconds that are left when it goes on
  PRIMARY KEY (tenant, id)
) WITHOUT ROWID, STRICT;

-- The next one to be due.
CREATE INDEX timer_by_due ON timer (tenant, due, id);
-- Those of a token when it goes on.
CREATE INDEX timer_by_instance ON timer (tenant, instance, token);

-- Which messages a token waits for.
CREATE TABLE subscription (
  tenant   INTEGER NOT NULL,
  id       INTEGER NOT NULL,
  instance INTEGER NOT NULL,
  token    INTEGER NOT NULL,
  event    INTEGER NOT NULL,
  message  TEXT    NOT NULL,
  key      TEXT    NOT NULL,
  PRIMARY KEY (tenant, id)
) WITHOUT ROWID, STRICT;

-- Who waits for a message, the oldest first.
CREATE INDEX subscription_by_key ON subscription (tenant, message, key, id);
-- Those of a token when it goes on.
CREATE INDEX subscription_by_instance ON subscription (tenant, instance, token);

CREATE TABLE message (
  tenant    INTEGER NOT NULL,
  id        INTEGER NOT NULL,
  message   TEXT    NOT NULL,
  key       TEXT    NOT NULL,
  sender    TEXT    NOT NULL,
  sender_id TEXT    NOT NULL,              -- the sender's own number for it; empty: it has none
  data      TEXT    NOT NULL,              -- JSON
  at        INTEGER NOT NULL,              -- moment
  keep      INTEGER NOT NULL,              -- moment until which it is kept for who comes to wait for it
  to_all    INTEGER NOT NULL,              -- 1: it goes to all that wait for it
  taken_by  INTEGER,                       -- the instance that took it; none of one that goes to all
  PRIMARY KEY (tenant, id)
) WITHOUT ROWID, STRICT;

-- Who has taken a message that goes to all: nobody takes it twice.
CREATE TABLE message_taken (
  tenant   INTEGER NOT NULL,
  message  INTEGER NOT NULL,
  instance INTEGER NOT NULL,
  PRIMARY KEY (tenant, message, instance)
) WITHOUT ROWID, STRICT;

-- Messages that nobody took yet.
CREATE INDEX message_unclaimed ON message (tenant, message, key, id) WHERE taken_by IS NULL;
-- Was this one sent before?
CREATE UNIQUE INDEX message_by_sender ON message (tenant, message, sender, sender_id) WHERE sender_id <> '';

-- What is to be sent, written with the step that sends it.
CREATE TABLE outbox (
  tenant   INTEGER NOT NULL,
  id       INTEGER NOT NULL,
  instance INTEGER NOT NULL,
  key      TEXT    NOT NULL,               -- what the receiver knows it by, the same however often it is sent
  channel  TEXT    NOT NULL,               -- email, http, message
  address  TEXT    NOT NULL,               -- of a message its name
  data     TEXT    NOT NULL,               -- JSON
  at       INTEGER NOT NULL,               -- moment
  sent_at  INTEGER,                        -- moment
  PRIMARY KEY (tenant, id)
) WITHOUT ROWID, STRICT;

-- What was sent, by its key; what waits to be sent; what went to an address.
CREATE UNIQUE INDEX outbox_by_key ON outbox (tenant, key);
CREATE INDEX outbox_unsent ON outbox (tenant, channel, id) WHERE sent_at IS NULL;
CREATE INDEX outbox_by_address ON outbox (tenant, channel, address, id);

-- How the steps of an instance are taken back, the last one first.
CREATE TABLE undo_log (
  tenant   INTEGER NOT NULL,
  instance INTEGER NOT NULL,
  seq      INTEGER NOT NULL,
  token    INTEGER NOT NULL,               -- whose step it is; below 0: to be taken back before that token goes on
  step     TEXT    NOT NULL,
  captured TEXT    NOT NULL,               -- JSON
  entries  TEXT    NOT NULL,               -- JSON: the entries that it posted, in their order
  PRIMARY KEY (tenant, instance, seq)
) WITHOUT ROWID, STRICT;

-- When schedules fire next.
CREATE TABLE schedule (
  tenant INTEGER NOT NULL,
  name   TEXT    NOT NULL,                 -- with its module
  due    INTEGER NOT NULL,                 -- moment
  PRIMARY KEY (tenant, name)
) WITHOUT ROWID, STRICT;

-- Who is in a stretch that one instance at a time is in, or waits to come in, in the order of coming.
CREATE TABLE exclusive (
  tenant   INTEGER NOT NULL,
  id       INTEGER NOT NULL,               -- 1, 2, 3 …; less where a branch stays in that was let go
  key      TEXT    NOT NULL,
  instance INTEGER NOT NULL,
  token    INTEGER NOT NULL,
  event    INTEGER NOT NULL,               -- of the point where it waits
  inside   INTEGER NOT NULL,               -- 1: it is in
  PRIMARY KEY (tenant, id)
) WITHOUT ROWID, STRICT;

-- Who is next.
CREATE INDEX exclusive_by_key ON exclusive (tenant, key, id);

-- What an instance is in, or waits for.
CREATE INDEX exclusive_by_instance ON exclusive (tenant, instance, token);

-- Who played which duty in an instance and those that it called; kept with the first of them.
CREATE TABLE duty_played (
  tenant   INTEGER NOT NULL,
  instance INTEGER NOT NULL,
  duty     TEXT    NOT NULL,               -- with its module
  actor    TEXT    NOT NULL,
  PRIMARY KEY (tenant, instance, duty, actor)
) WITHOUT ROWID, STRICT;

-- The story of an instance.
CREATE TABLE history (
  tenant   INTEGER NOT NULL,
  instance INTEGER NOT NULL,
  seq      INTEGER NOT NULL,
  at       INTEGER NOT NULL,               -- moment
  what     TEXT    NOT NULL,               -- started, step, rests, task, timer, message, failed, undone, done, incident …
  name     TEXT    NOT NULL,               -- of the step, point, task, message
  author   TEXT    NOT NULL,
  PRIMARY KEY (tenant, instance, seq)
) WITHOUT ROWID, STRICT;

-- ---- for people

CREATE VIEW ledger_line AS
SELECT t.name AS tenant, b.name AS book, e.seq AS entry, l.line, date(e.document_day * 86400, 'unixepoch') AS document_day,
       date(e.posting_day * 86400, 'unixepoch') AS posting_day, e.text, a.code, a.name AS account, s.dims, a.unit, a.scale,
       l.amount, l.book_amount, l.rate, l.lot, l.cost, e.step, e.instance, e.author, e.reverses, e.late
FROM entry_line l
JOIN entry e ON e.tenant = l.tenant AND e.book = l.book AND e.seq = l.entry
JOIN subaccount s ON s.tenant = l.tenant AND s.book = l.book AND s.id = l.subaccount
JOIN account a ON a.tenant = s.tenant AND a.book = s.book AND a.id = s.account
JOIN book b ON b.tenant = l.tenant AND b.id = l.book
JOIN tenant t ON t.id = l.tenant;
