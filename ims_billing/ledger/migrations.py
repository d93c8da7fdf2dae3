"""The steps from each version of the ledger's tables to the next: what the database itself keeps from going wrong."""

from __future__ import annotations

from ims_billing.ledger.soundness import Migration
from ims_billing.ledger.to_version_5 import to_version_5
from ims_billing.ledger.to_version_6 import to_version_6
from ims_billing.ledger.to_version_7 import to_version_7
from ims_billing.ledger.to_version_8 import to_version_8
from ims_billing.ledger.to_version_9 import to_version_9
from ims_billing.ledger.to_version_10 import to_version_10

# Claims stand for ever: they are added and voided, never changed and never deleted. The three unique indexes
# make two active claims for one session and payer impossible, by the practice system's id, by the natural key, and
# by what a claim replaces.
_CLAIMS = """
CREATE TABLE batch (
    month TEXT NOT NULL CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
    number INTEGER NOT NULL CHECK (number > 0),
    as_of TEXT NOT NULL CHECK (date(as_of) IS as_of),
    already_sent INTEGER NOT NULL CHECK (already_sent IN (0, 1)),
    origin TEXT NOT NULL,
    PRIMARY KEY (month, number)
);

CREATE TABLE claim (
    id INTEGER PRIMARY KEY,
    claim TEXT NOT NULL UNIQUE CHECK (substr(claim, 1, 8) = month || '-'),
    month TEXT NOT NULL,
    batch INTEGER NOT NULL,
    insurer_id TEXT NOT NULL CHECK (insurer_id <> ''),
    insurer TEXT NOT NULL CHECK (insurer <> ''),
    service_date TEXT NOT NULL CHECK (date(service_date) IS service_date),
    patient TEXT NOT NULL CHECK (patient <> ''),
    birth_date TEXT CHECK (date(birth_date) IS birth_date),
    phn TEXT NOT NULL,
    relationship TEXT NOT NULL,
    insured TEXT NOT NULL,
    policy TEXT NOT NULL,
    member TEXT NOT NULL,
    payer_file_number TEXT NOT NULL,
    accident_date TEXT CHECK (date(accident_date) IS accident_date),
    practitioner TEXT NOT NULL CHECK (practitioner <> ''),
    registration TEXT NOT NULL,
    service TEXT NOT NULL CHECK (service <> ''),
    service_code TEXT NOT NULL CHECK (service_code <> ''),
    description TEXT NOT NULL,
    fee_cents INTEGER NOT NULL CHECK (typeof(fee_cents) = 'integer' AND fee_cents > 0),
    patient_paid_cents INTEGER NOT NULL CHECK (typeof(patient_paid_cents) = 'integer'),
    amount_cents INTEGER NOT NULL CHECK (typeof(amount_cents) = 'integer' AND amount_cents >= 0),
    source TEXT NOT NULL,
    session_id TEXT NOT NULL,
    natural_key TEXT NOT NULL CHECK (natural_key <> ''),
    patient_id TEXT NOT NULL,
    start INTEGER,
    minutes INTEGER,
    visit TEXT NOT NULL,
    practitioner_written TEXT NOT NULL,
    service_name TEXT NOT NULL,
    replaces TEXT REFERENCES claim (claim) CHECK (replaces <> claim),
    voided_on TEXT CHECK (date(voided_on) IS voided_on),
    void_reason TEXT CHECK (void_reason <> ''),
    void_batch INTEGER,
    FOREIGN KEY (month, batch) REFERENCES batch (month, number),
    FOREIGN KEY (month, void_batch) REFERENCES batch (month, number),
    CHECK ((voided_on IS NULL) = (void_reason IS NULL)),
    CHECK (void_batch IS NULL OR (voided_on IS NOT NULL AND void_batch > batch))
);
CREATE UNIQUE INDEX one_active_claim_by_id ON claim (session_id, insurer_id)
    WHERE voided_on IS NULL AND session_id <> '';
CREATE UNIQUE INDEX one_active_claim_by_key ON claim (natural_key, insurer_id) WHERE voided_on IS NULL;
CREATE UNIQUE INDEX replaced_once ON claim (replaces);
CREATE INDEX claim_by_month ON claim (month, batch);

CREATE TRIGGER a_claim_is_never_deleted BEFORE DELETE ON claim
BEGIN SELECT raise(ABORT, 'a claim is never deleted'); END;
CREATE TRIGGER a_claim_is_never_changed BEFORE UPDATE ON claim
WHEN (OLD.claim, OLD.month, OLD.batch, OLD.insurer_id, OLD.insurer, OLD.service_date, OLD.patient,
      OLD.birth_date, OLD.phn, OLD.relationship, OLD.insured, OLD.policy, OLD.member, OLD.payer_file_number,
      OLD.accident_date, OLD.practitioner, OLD.registration, OLD.service, OLD.service_code, OLD.description,
      OLD.fee_cents, OLD.patient_paid_cents, OLD.amount_cents, OLD.source, OLD.session_id, OLD.natural_key,
      OLD.patient_id, OLD.start, OLD.minutes, OLD.visit, OLD.practitioner_written, OLD.service_name,
      OLD.replaces)
  IS NOT (NEW.claim, NEW.month, NEW.batch, NEW.insurer_id, NEW.insurer, NEW.service_date, NEW.patient,
      NEW.birth_date, NEW.phn, NEW.relationship, NEW.insured, NEW.policy, NEW.member, NEW.payer_file_number,
      NEW.accident_date, NEW.practitioner, NEW.registration, NEW.service, NEW.service_code, NEW.description,
      NEW.fee_cents, NEW.patient_paid_cents, NEW.amount_cents, NEW.source, NEW.session_id, NEW.natural_key,
      NEW.patient_id, NEW.start, NEW.minutes, NEW.visit, NEW.practitioner_written, NEW.service_name,
      NEW.replaces)
BEGIN SELECT raise(ABORT, 'a claim is never changed'); END;
CREATE TRIGGER a_void_stands BEFORE UPDATE ON claim
WHEN OLD.voided_on IS NOT NULL AND (OLD.voided_on, OLD.void_reason) IS NOT (NEW.voided_on, NEW.void_reason)
    OR OLD.void_batch IS NOT NULL AND OLD.void_batch IS NOT NEW.void_batch
BEGIN SELECT raise(ABORT, 'a void stands'); END;
CREATE TRIGGER a_replaced_claim_is_void BEFORE INSERT ON claim
WHEN NEW.replaces IS NOT NULL AND (SELECT voided_on FROM claim WHERE claim = NEW.replaces) IS NULL
BEGIN SELECT raise(ABORT, 'only a voided claim is replaced'); END;
"""

# Of what was not claimed, what the summary's sheets show, as the last run found it.
_PAGES = """
CREATE TABLE page (
    month TEXT PRIMARY KEY NOT NULL CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
    as_of TEXT NOT NULL CHECK (date(as_of) IS as_of),
    origin TEXT NOT NULL,
    totals TEXT NOT NULL,
    state INTEGER NOT NULL DEFAULT 1 CHECK (state > 0)
);

-- What the files in a folder show: the month's state, which counts its changes, and its batches up to one.
CREATE TABLE written (
    month TEXT NOT NULL,
    folder TEXT NOT NULL,
    state INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    PRIMARY KEY (month, folder)
);

CREATE TABLE attention (
    month TEXT NOT NULL REFERENCES page (month),
    place INTEGER NOT NULL,
    session TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    service_date TEXT,
    patient TEXT NOT NULL,
    practitioner TEXT NOT NULL,
    service TEXT NOT NULL,
    insurer TEXT NOT NULL,
    fee_cents INTEGER NOT NULL CHECK (typeof(fee_cents) = 'integer'),
    problem TEXT NOT NULL,
    fix TEXT NOT NULL,
    PRIMARY KEY (month, place)
);

CREATE TABLE not_billed (
    month TEXT NOT NULL REFERENCES page (month),
    place INTEGER NOT NULL,
    session TEXT NOT NULL,
    source TEXT NOT NULL,
    service_date TEXT,
    patient TEXT NOT NULL,
    practitioner TEXT NOT NULL,
    service TEXT NOT NULL,
    insurer TEXT NOT NULL,
    fee_cents INTEGER NOT NULL CHECK (typeof(fee_cents) = 'integer'),
    reason TEXT NOT NULL,
    PRIMARY KEY (month, place)
);
"""

# What a claim rests on, for whoever asks why; and who else pays. Claims of before keep it empty: nobody wrote it down.
_GROUNDS = """
ALTER TABLE claim ADD COLUMN insured_birth_date TEXT CHECK (date(insured_birth_date) IS insured_birth_date);
ALTER TABLE claim ADD COLUMN secondary_insurer TEXT NOT NULL DEFAULT '';
ALTER TABLE claim ADD COLUMN secondary_policy TEXT NOT NULL DEFAULT '';
ALTER TABLE claim ADD COLUMN secondary_member TEXT NOT NULL DEFAULT '';
ALTER TABLE claim ADD COLUMN payer_order TEXT NOT NULL DEFAULT '';
ALTER TABLE claim ADD COLUMN evidence TEXT NOT NULL DEFAULT '';
ALTER TABLE claim ADD COLUMN visit_evidence TEXT NOT NULL DEFAULT '';
ALTER TABLE claim ADD COLUMN authority TEXT NOT NULL DEFAULT '';
ALTER TABLE claim ADD COLUMN rules TEXT NOT NULL DEFAULT '';
ALTER TABLE claim ADD COLUMN remarks TEXT NOT NULL DEFAULT '';

CREATE TRIGGER the_grounds_of_a_claim_are_never_changed BEFORE UPDATE ON claim
WHEN (OLD.insured_birth_date, OLD.secondary_insurer, OLD.secondary_policy, OLD.secondary_member, OLD.payer_order,
      OLD.evidence, OLD.visit_evidence, OLD.authority, OLD.rules, OLD.remarks)
  IS NOT (NEW.insured_birth_date, NEW.secondary_insurer, NEW.secondary_policy, NEW.secondary_member, NEW.payer_order,
      NEW.evidence, NEW.visit_evidence, NEW.authority, NEW.rules, NEW.remarks)
BEGIN SELECT raise(ABORT, 'a claim is never changed'); END;
"""

# What was decided about held sessions: added, never changed. With each what the session was, hashed and as shown.
_DECISIONS = """
ALTER TABLE attention ADD COLUMN fingerprint TEXT NOT NULL DEFAULT '';
ALTER TABLE written ADD COLUMN summary_sha256 TEXT NOT NULL DEFAULT '';

CREATE TABLE decision (
    id INTEGER PRIMARY KEY,
    month TEXT NOT NULL,
    session TEXT NOT NULL CHECK (session <> ''),
    kind TEXT NOT NULL CHECK (kind <> ''),
    decision TEXT NOT NULL CHECK (decision IN ('', 'Bill', 'Do not bill', 'Later')),
    correct_value TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    note TEXT NOT NULL,
    decided_on TEXT NOT NULL CHECK (date(decided_on) IS decided_on),
    source TEXT NOT NULL,
    service_date TEXT,
    patient TEXT NOT NULL,
    practitioner TEXT NOT NULL,
    service TEXT NOT NULL,
    insurer TEXT NOT NULL,
    fee_cents INTEGER NOT NULL CHECK (typeof(fee_cents) = 'integer'),
    problem TEXT NOT NULL,
    fingerprint TEXT NOT NULL
);
CREATE INDEX decision_by_session ON decision (session, kind);
CREATE TRIGGER a_decision_is_never_deleted BEFORE DELETE ON decision
BEGIN SELECT raise(ABORT, 'a decision is never deleted'); END;
CREATE TRIGGER a_decision_is_never_changed BEFORE UPDATE ON decision
BEGIN SELECT raise(ABORT, 'a decision is never changed'); END;

-- The lines of months before that were open when the month's page was set.
CREATE TABLE earlier (
    page TEXT NOT NULL REFERENCES page (month),
    place INTEGER NOT NULL,
    month TEXT NOT NULL,
    session TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    service_date TEXT,
    patient TEXT NOT NULL,
    practitioner TEXT NOT NULL,
    service TEXT NOT NULL,
    insurer TEXT NOT NULL,
    fee_cents INTEGER NOT NULL CHECK (typeof(fee_cents) = 'integer'),
    problem TEXT NOT NULL,
    fix TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (page, place)
);
"""

# What insurers paid: payments with their lines, and what each line posts to claims. Added, and undone; never changed.
_PAYMENTS = """
CREATE TABLE payment (
    id INTEGER PRIMARY KEY,
    insurer_id TEXT NOT NULL CHECK (insurer_id <> ''),
    insurer TEXT NOT NULL,
    number TEXT NOT NULL,
    number_key TEXT NOT NULL,
    paid_on TEXT NOT NULL CHECK (date(paid_on) IS paid_on),
    amount_cents INTEGER NOT NULL CHECK (typeof(amount_cents) = 'integer'),
    file TEXT NOT NULL,
    posted_on TEXT NOT NULL CHECK (date(posted_on) IS posted_on),
    undone_on TEXT CHECK (date(undone_on) IS undone_on),
    undone_reason TEXT CHECK (undone_reason <> ''),
    CHECK ((undone_on IS NULL) = (undone_reason IS NULL))
);
CREATE UNIQUE INDEX posted_once ON payment (insurer_id, number_key, paid_on, amount_cents)
    WHERE undone_on IS NULL AND number_key <> '';

CREATE TABLE remittance_line (
    id INTEGER PRIMARY KEY,
    payment INTEGER NOT NULL REFERENCES payment (id),
    place TEXT NOT NULL,
    words TEXT NOT NULL,
    paid_cents INTEGER NOT NULL CHECK (typeof(paid_cents) = 'integer'),
    reason TEXT NOT NULL
);

CREATE TABLE posting (
    id INTEGER PRIMARY KEY,
    line INTEGER NOT NULL REFERENCES remittance_line (id),
    claim TEXT NOT NULL REFERENCES claim (claim),
    paid_cents INTEGER NOT NULL CHECK (typeof(paid_cents) = 'integer'),
    expected_cents INTEGER NOT NULL CHECK (typeof(expected_cents) = 'integer' AND expected_cents >= 0),
    denied INTEGER NOT NULL CHECK (denied IN (0, 1)),
    posted_on TEXT NOT NULL CHECK (date(posted_on) IS posted_on),
    UNIQUE (line, claim)
);
CREATE INDEX posting_by_claim ON posting (claim);

ALTER TABLE page ADD COLUMN payers TEXT NOT NULL DEFAULT '[]';

-- Who looks after a claim that is not paid as claimed, and how far that is: the last line of a claim stands.
CREATE TABLE work (
    id INTEGER PRIMARY KEY,
    claim TEXT NOT NULL REFERENCES claim (claim),
    owner TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('', 'Open', 'Asked', 'Sent again', 'Closed')),
    sent_on TEXT CHECK (date(sent_on) IS sent_on),
    note TEXT NOT NULL,
    noted_on TEXT NOT NULL CHECK (date(noted_on) IS noted_on)
);
CREATE TABLE aging_written (
    folder TEXT NOT NULL,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    -- What stood on its call list: by claim what was typed there, or carried on.
    shown TEXT NOT NULL,
    PRIMARY KEY (folder, file)
);
CREATE TRIGGER work_is_never_deleted BEFORE DELETE ON work
BEGIN SELECT raise(ABORT, 'what was noted is never deleted'); END;
CREATE TRIGGER work_is_never_changed BEFORE UPDATE ON work
BEGIN SELECT raise(ABORT, 'what was noted is never changed'); END;

-- The second insurer's claim for what the first one left. Both may be of one insurer, so there the indexes tell them
-- apart; and nothing asks for the rest of a claim that does not stand.
ALTER TABLE claim ADD COLUMN follows TEXT REFERENCES claim (claim) CHECK (follows <> claim);
ALTER TABLE claim ADD COLUMN first_paid_cents INTEGER NOT NULL DEFAULT 0 CHECK (typeof(first_paid_cents) = 'integer');
ALTER TABLE claim ADD COLUMN first_answer TEXT NOT NULL DEFAULT '';
DROP INDEX one_active_claim_by_id;
DROP INDEX one_active_claim_by_key;
CREATE UNIQUE INDEX one_active_claim_by_id ON claim (session_id, insurer_id, follows IS NULL)
    WHERE voided_on IS NULL AND session_id <> '';
CREATE UNIQUE INDEX one_active_claim_by_key ON claim (natural_key, insurer_id, follows IS NULL)
    WHERE voided_on IS NULL;
CREATE UNIQUE INDEX followed_once ON claim (follows) WHERE voided_on IS NULL;
CREATE TRIGGER what_is_followed_stands BEFORE INSERT ON claim
WHEN NEW.follows IS NOT NULL
    AND (SELECT voided_on IS NULL AND follows IS NULL FROM claim WHERE claim = NEW.follows) IS NOT 1
BEGIN SELECT raise(ABORT, 'only a first claim that stands is followed'); END;
CREATE TRIGGER what_is_followed_is_not_voided BEFORE UPDATE ON claim
WHEN OLD.voided_on IS NULL AND NEW.voided_on IS NOT NULL
    AND EXISTS (SELECT 1 FROM claim AS later WHERE later.follows = OLD.claim AND later.voided_on IS NULL)
BEGIN SELECT raise(ABORT, 'the claim that follows it is voided first'); END;
CREATE TRIGGER what_a_claim_follows_is_never_changed BEFORE UPDATE ON claim
WHEN (OLD.follows, OLD.first_paid_cents, OLD.first_answer) IS NOT (NEW.follows, NEW.first_paid_cents, NEW.first_answer)
BEGIN SELECT raise(ABORT, 'a claim is never changed'); END;

CREATE TRIGGER a_payment_is_never_deleted BEFORE DELETE ON payment
BEGIN SELECT raise(ABORT, 'a payment is never deleted'); END;
CREATE TRIGGER a_payment_is_never_changed BEFORE UPDATE ON payment
WHEN OLD.undone_on IS NOT NULL OR (OLD.id, OLD.insurer_id, OLD.number_key, OLD.paid_on, OLD.amount_cents)
    IS NOT (NEW.id, NEW.insurer_id, NEW.number_key, NEW.paid_on, NEW.amount_cents)
BEGIN SELECT raise(ABORT, 'a payment is never changed'); END;
CREATE TRIGGER a_posting_is_never_deleted BEFORE DELETE ON posting
BEGIN SELECT raise(ABORT, 'a posting is never deleted'); END;
CREATE TRIGGER a_posting_is_never_changed BEFORE UPDATE ON posting
BEGIN SELECT raise(ABORT, 'a posting is never changed'); END;
"""

# Version 11 has the tables of version 10: the sum of the claims is of their checksums now (`sums.sum_tables`).
_SUMS_OF_CHECKSUMS = ""

# Files that were claimed and brought nothing new, which stand in no batch and on no page.
_FILES_READ = """
CREATE TABLE file_read (sha256 TEXT PRIMARY KEY NOT NULL CHECK (sha256 <> ''));
"""

# Whether Bill counts for a session as it is: before, only What to type said so.
_BILL_REFUSED = "".join(
    f"""
ALTER TABLE {table} ADD COLUMN bill_refused INTEGER NOT NULL DEFAULT 0 CHECK (bill_refused IN (0, 1));
UPDATE {table} SET bill_refused = 1
WHERE ways LIKE 'Bill does not count:%' OR ways LIKE '%Do not bill: make no new claim for this session';
"""
    for table in ("attention", "earlier")
)

# One per version, each run once. What has been released is never changed here.
MIGRATIONS: tuple[Migration, ...] = (
    _CLAIMS + _PAGES,
    _GROUNDS,
    _DECISIONS,
    _PAYMENTS,
    to_version_5,
    to_version_6,
    to_version_7,
    to_version_8,
    to_version_9,
    to_version_10,
    _SUMS_OF_CHECKSUMS,
    _FILES_READ,
    _BILL_REFUSED,
)
