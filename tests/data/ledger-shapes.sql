-- Ledgers of two claims, as the program wrote them at each step of its way to version 4: the statements that make them,
-- each once, below the names of the ledgers that have it. A name is the version and a letter in the order of the changes:
-- some tables became others without a version of their own.
-- in: 1a 1b 1c 2
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
-- in: 1a 1b
CREATE TABLE batch (
    month TEXT NOT NULL CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
    number INTEGER NOT NULL CHECK (number > 0),
    as_of TEXT NOT NULL CHECK (date(as_of) IS as_of),
    already_sent INTEGER NOT NULL CHECK (already_sent IN (0, 1)),
    origin TEXT NOT NULL,
    written INTEGER NOT NULL DEFAULT 0 CHECK (written IN (0, 1)),
    PRIMARY KEY (month, number)
);
-- in: 1a
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
    amount_cents INTEGER NOT NULL CHECK (typeof(amount_cents) = 'integer' AND amount_cents > 0),
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
-- in: 1a 1b 1c 2 3 4a 4b 4c 4d 4e
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
-- in: 1a 1b
CREATE TABLE page (
    month TEXT PRIMARY KEY NOT NULL CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
    as_of TEXT NOT NULL CHECK (date(as_of) IS as_of),
    origin TEXT NOT NULL,
    totals TEXT NOT NULL,
    written INTEGER NOT NULL DEFAULT 0 CHECK (written IN (0, 1))
);
-- in: 1b 1c
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
-- in: 1c 2 3 4a 4b 4c 4d 4e
CREATE TABLE batch (
    month TEXT NOT NULL CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
    number INTEGER NOT NULL CHECK (number > 0),
    as_of TEXT NOT NULL CHECK (date(as_of) IS as_of),
    already_sent INTEGER NOT NULL CHECK (already_sent IN (0, 1)),
    origin TEXT NOT NULL,
    PRIMARY KEY (month, number)
);
-- in: 1c 2 3 4a 4b
CREATE TABLE page (
    month TEXT PRIMARY KEY NOT NULL CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
    as_of TEXT NOT NULL CHECK (date(as_of) IS as_of),
    origin TEXT NOT NULL,
    totals TEXT NOT NULL,
    state INTEGER NOT NULL DEFAULT 1 CHECK (state > 0)
);
-- in: 1c 2
CREATE TABLE written (
    month TEXT NOT NULL,
    folder TEXT NOT NULL,
    state INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    PRIMARY KEY (month, folder)
);
-- in: 2 3 4a 4b 4c
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
    void_batch INTEGER, insured_birth_date TEXT CHECK (date(insured_birth_date) IS insured_birth_date), secondary_insurer TEXT NOT NULL DEFAULT '', secondary_policy TEXT NOT NULL DEFAULT '', secondary_member TEXT NOT NULL DEFAULT '', payer_order TEXT NOT NULL DEFAULT '', evidence TEXT NOT NULL DEFAULT '', visit_evidence TEXT NOT NULL DEFAULT '', authority TEXT NOT NULL DEFAULT '', rules TEXT NOT NULL DEFAULT '', remarks TEXT NOT NULL DEFAULT '',
    FOREIGN KEY (month, batch) REFERENCES batch (month, number),
    FOREIGN KEY (month, void_batch) REFERENCES batch (month, number),
    CHECK ((voided_on IS NULL) = (void_reason IS NULL)),
    CHECK (void_batch IS NULL OR (voided_on IS NOT NULL AND void_batch > batch))
);
-- in: 3 4a 4b 4c 4d 4e
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
    fix TEXT NOT NULL, fingerprint TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (month, place)
);
-- in: 3 4a 4b 4c 4d 4e
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
-- in: 3 4a 4b 4c 4d 4e
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
-- in: 3 4a 4b 4c 4d 4e
CREATE TABLE written (
    month TEXT NOT NULL,
    folder TEXT NOT NULL,
    state INTEGER NOT NULL,
    batch INTEGER NOT NULL, summary_sha256 TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (month, folder)
);
-- in: 4a 4b 4c 4d 4e
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
-- in: 4a 4b 4c 4d 4e
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
-- in: 4a 4b 4c 4d 4e
CREATE TABLE remittance_line (
    id INTEGER PRIMARY KEY,
    payment INTEGER NOT NULL REFERENCES payment (id),
    place TEXT NOT NULL,
    words TEXT NOT NULL,
    paid_cents INTEGER NOT NULL CHECK (typeof(paid_cents) = 'integer'),
    reason TEXT NOT NULL
);
-- in: 4b 4c 4d
CREATE TABLE aging_written (
    folder TEXT NOT NULL,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (folder, file)
);
-- in: 4b 4c 4d
CREATE TABLE work (
    id INTEGER PRIMARY KEY,
    claim TEXT NOT NULL REFERENCES claim (claim),
    owner TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('', 'Open', 'Asked', 'Sent again', 'Closed')),
    note TEXT NOT NULL,
    noted_on TEXT NOT NULL CHECK (date(noted_on) IS noted_on)
);
-- in: 4c 4d 4e
CREATE TABLE page (
    month TEXT PRIMARY KEY NOT NULL CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
    as_of TEXT NOT NULL CHECK (date(as_of) IS as_of),
    origin TEXT NOT NULL,
    totals TEXT NOT NULL,
    state INTEGER NOT NULL DEFAULT 1 CHECK (state > 0)
, payers TEXT NOT NULL DEFAULT '[]');
-- in: 4d 4e
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
    void_batch INTEGER, insured_birth_date TEXT CHECK (date(insured_birth_date) IS insured_birth_date), secondary_insurer TEXT NOT NULL DEFAULT '', secondary_policy TEXT NOT NULL DEFAULT '', secondary_member TEXT NOT NULL DEFAULT '', payer_order TEXT NOT NULL DEFAULT '', evidence TEXT NOT NULL DEFAULT '', visit_evidence TEXT NOT NULL DEFAULT '', authority TEXT NOT NULL DEFAULT '', rules TEXT NOT NULL DEFAULT '', remarks TEXT NOT NULL DEFAULT '', follows TEXT REFERENCES claim (claim) CHECK (follows <> claim), first_paid_cents INTEGER NOT NULL DEFAULT 0 CHECK (typeof(first_paid_cents) = 'integer'), first_answer TEXT NOT NULL DEFAULT '',
    FOREIGN KEY (month, batch) REFERENCES batch (month, number),
    FOREIGN KEY (month, void_batch) REFERENCES batch (month, number),
    CHECK ((voided_on IS NULL) = (void_reason IS NULL)),
    CHECK (void_batch IS NULL OR (voided_on IS NOT NULL AND void_batch > batch))
);
-- in: 4e
CREATE TABLE aging_written (
    folder TEXT NOT NULL,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    -- What stood on its call list: by claim what was typed there, or carried on.
    shown TEXT NOT NULL,
    PRIMARY KEY (folder, file)
);
-- in: 4e
CREATE TABLE work (
    id INTEGER PRIMARY KEY,
    claim TEXT NOT NULL REFERENCES claim (claim),
    owner TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('', 'Open', 'Asked', 'Sent again', 'Closed')),
    sent_on TEXT CHECK (date(sent_on) IS sent_on),
    note TEXT NOT NULL,
    noted_on TEXT NOT NULL CHECK (date(noted_on) IS noted_on)
);
-- in: 1a 1b 1c 2
INSERT INTO "attention" VALUES('2026-10',0,'6d722ed57698','missing-insurer','sessions.csv, row 4','2026-10-07','Held Madeup','Ann Example','IMS','',9500,'The insurer is missing.','Fill in the insurer; or set blank_insurer = "self-pay" in clinic.toml if blank means that the patient pays.');
-- in: 1a 1b
INSERT INTO "batch" VALUES('2026-10',1,'2026-11-05',0,'{"clinic":"Example Physiotherapy","address":"","phone":"","insurers":[{"id":"sun-life","code":"SUNL","name":"Sun Life","channel":"","vendor_number":"","asks":["policy"]}],"practitioners":[{"name":"Ann Example","profession":"physiotherapist","registration":"01234","numbers":{}}],"files":[{"file":"sessions.csv","layout":"sessions","sha256":"761a80f0a7344e2858015a07f2bb8da16bb16025631c8e4639873c4e833e1d95","rows":4,"sessions":4,"repeated":0,"tied":0,"asides":[],"remarks":["taken for sessions by 25 headings in row 1"]}],"rules":[{"rule":"Fee: ims","value":"$95.00","in_force":"from 2026-04-01","source":"clinic file","url":"","verified":true,"claims":2},{"rule":"Service code: Sun Life","value":"PHYSIO","in_force":"","source":"clinic file","url":"","verified":true,"claims":2}],"clinic_file":"clinic.toml","clinic_sha256":"6f1fa0cbb4abdc0ed5e4c03bdee73dc2d77b61e5b02d80458e44d7fd1398e6a1"}',1);
-- in: 1a 1b 1c
INSERT INTO "claim" VALUES(1,'2026-10-SUNL-0001','2026-10',1,'sun-life','Sun Life','2026-10-07','Pat Madeup',NULL,'','','','00123','','',NULL,'Ann Example','01234','ims','PHYSIO','Physiotherapy Services',9500,0,9500,'sessions.csv, row 2','','namepat madeup2026-10-07Ann Exampleims','',NULL,NULL,'','Ann Example','IMS',NULL,NULL,NULL,NULL);
-- in: 1a 1b 1c
INSERT INTO "claim" VALUES(2,'2026-10-SUNL-0002','2026-10',1,'sun-life','Sun Life','2026-10-09','Robin Madeup',NULL,'','','','00123','','',NULL,'Ann Example','01234','ims','PHYSIO','Physiotherapy Services',9500,0,9500,'sessions.csv, row 3','','namerobin madeup2026-10-09Ann Exampleims','',NULL,NULL,'','Ann Example','IMS',NULL,'2026-11-06','x',NULL);
-- in: 1a 1b 1c 2 3 4a 4b 4c
INSERT INTO "not_billed" VALUES('2026-10',0,'d60b2f06a911','sessions.csv, row 5','2026-10-07','Rubbed Madeup','Carla Specimen','Massage','Sun Life',9500,'other-service');
-- in: 1a 1b
INSERT INTO "page" VALUES('2026-10','2026-11-05','{"clinic":"Example Physiotherapy","address":"","phone":"","insurers":[{"id":"sun-life","code":"SUNL","name":"Sun Life","channel":"","vendor_number":"","asks":["policy"]}],"practitioners":[{"name":"Ann Example","profession":"physiotherapist","registration":"01234","numbers":{}}],"files":[{"file":"sessions.csv","layout":"sessions","sha256":"761a80f0a7344e2858015a07f2bb8da16bb16025631c8e4639873c4e833e1d95","rows":4,"sessions":4,"repeated":0,"tied":0,"asides":[],"remarks":["taken for sessions by 25 headings in row 1"]}],"rules":[{"rule":"Fee: ims","value":"$95.00","in_force":"from 2026-04-01","source":"clinic file","url":"","verified":true,"claims":2},{"rule":"Service code: Sun Life","value":"PHYSIO","in_force":"","source":"clinic file","url":"","verified":true,"claims":2}],"clinic_file":"clinic.toml","clinic_sha256":"6f1fa0cbb4abdc0ed5e4c03bdee73dc2d77b61e5b02d80458e44d7fd1398e6a1"}','{"rows":4,"sessions":4,"repeated":0,"tied":0,"set_aside":0,"counts":{"claimed":2,"held":1,"not_billed":1,"already_claimed":0},"cents_read":38000,"cents":{"claimed":19000,"held":9500,"not_billed":9500,"already_claimed":0}}',1);
-- in: 1c
INSERT INTO "batch" VALUES('2026-10',1,'2026-11-05',0,'{"clinic":"Example Physiotherapy","address":"","phone":"","insurers":[{"id":"sun-life","code":"SUNL","name":"Sun Life","channel":"","vendor_number":"","asks":["policy"]}],"practitioners":[{"name":"Ann Example","profession":"physiotherapist","registration":"01234","numbers":{}}],"files":[{"file":"sessions.csv","layout":"sessions","sha256":"761a80f0a7344e2858015a07f2bb8da16bb16025631c8e4639873c4e833e1d95","rows":4,"sessions":4,"repeated":0,"tied":0,"asides":[],"remarks":["taken for sessions by 25 headings in row 1"]}],"rules":[{"rule":"Fee: ims","value":"$95.00","in_force":"from 2026-04-01","source":"clinic file","url":"","verified":true,"claims":2},{"rule":"Service code: Sun Life","value":"PHYSIO","in_force":"","source":"clinic file","url":"","verified":true,"claims":2}],"clinic_file":"clinic.toml","clinic_sha256":"6f1fa0cbb4abdc0ed5e4c03bdee73dc2d77b61e5b02d80458e44d7fd1398e6a1"}');
-- in: 1c
INSERT INTO "page" VALUES('2026-10','2026-11-05','{"clinic":"Example Physiotherapy","address":"","phone":"","insurers":[{"id":"sun-life","code":"SUNL","name":"Sun Life","channel":"","vendor_number":"","asks":["policy"]}],"practitioners":[{"name":"Ann Example","profession":"physiotherapist","registration":"01234","numbers":{}}],"files":[{"file":"sessions.csv","layout":"sessions","sha256":"761a80f0a7344e2858015a07f2bb8da16bb16025631c8e4639873c4e833e1d95","rows":4,"sessions":4,"repeated":0,"tied":0,"asides":[],"remarks":["taken for sessions by 25 headings in row 1"]}],"rules":[{"rule":"Fee: ims","value":"$95.00","in_force":"from 2026-04-01","source":"clinic file","url":"","verified":true,"claims":2},{"rule":"Service code: Sun Life","value":"PHYSIO","in_force":"","source":"clinic file","url":"","verified":true,"claims":2}],"clinic_file":"clinic.toml","clinic_sha256":"6f1fa0cbb4abdc0ed5e4c03bdee73dc2d77b61e5b02d80458e44d7fd1398e6a1"}','{"rows":4,"sessions":4,"repeated":0,"tied":0,"set_aside":0,"counts":{"claimed":2,"held":1,"not_billed":1,"already_claimed":0},"cents_read":38000,"cents":{"claimed":19000,"held":9500,"not_billed":9500,"already_claimed":0}}',2);
-- in: 1c 2
INSERT INTO "written" VALUES('2026-10','/made-up/reports',2,1);
-- in: 2 3 4a 4b 4c 4d 4e
INSERT INTO "batch" VALUES('2026-10',1,'2026-11-05',0,'{"clinic":"Example Physiotherapy","address":"","phone":"","insurers":[{"id":"sun-life","code":"SUNL","name":"Sun Life","channel":"","vendor_number":"","asks":["policy"]}],"practitioners":[{"name":"Ann Example","profession":"physiotherapist","registration":"01234","numbers":{}}],"files":[{"file":"sessions.csv","layout":"sessions","sha256":"761a80f0a7344e2858015a07f2bb8da16bb16025631c8e4639873c4e833e1d95","rows":4,"sessions":4,"repeated":0,"tied":0,"asides":[],"remarks":["taken for sessions by 25 headings in row 1"]}],"rules":[{"rule":"Fee: ims","value":"$95.00","in_force":"from 2026-04-01","source":"clinic file","url":"","verified":true,"claims":2},{"rule":"Service code: Sun Life","value":"PHYSIO","in_force":"","source":"clinic file","url":"","verified":true,"claims":2}],"clinic_file":"clinic.toml","clinic_sha256":"a61e65630d5a1c4c6517903955424780f64e7294d8b234408aaa72916f92d322"}');
-- in: 2 3 4a 4b 4c
INSERT INTO "claim" VALUES(1,'2026-10-SUNL-0001','2026-10',1,'sun-life','Sun Life','2026-10-07','Pat Madeup',NULL,'','','','00123','','',NULL,'Ann Example','01234','ims','PHYSIO','Physiotherapy Services',9500,0,9500,'sessions.csv, row 2','','namepat madeup2026-10-07Ann Exampleims','',NULL,NULL,'','Ann Example','IMS',NULL,NULL,NULL,NULL,NULL,'','','','','"ims" in Service','','physiotherapist, registration 01234, registered from 2015-01-01, authorised to needle from 2018-05-01','Fee, any insurer: ims: $95.00, from 2026-04-01. Source: clinic file'||char(10)||'Service code, Sun Life: PHYSIO. Source: clinic file','');
-- in: 2 3 4a 4b 4c
INSERT INTO "claim" VALUES(2,'2026-10-SUNL-0002','2026-10',1,'sun-life','Sun Life','2026-10-09','Robin Madeup',NULL,'','','','00123','','',NULL,'Ann Example','01234','ims','PHYSIO','Physiotherapy Services',9500,0,9500,'sessions.csv, row 3','','namerobin madeup2026-10-09Ann Exampleims','',NULL,NULL,'','Ann Example','IMS',NULL,'2026-11-06','x',NULL,NULL,'','','','','"ims" in Service','','physiotherapist, registration 01234, registered from 2015-01-01, authorised to needle from 2018-05-01','Fee, any insurer: ims: $95.00, from 2026-04-01. Source: clinic file'||char(10)||'Service code, Sun Life: PHYSIO. Source: clinic file','');
-- in: 2
INSERT INTO "page" VALUES('2026-10','2026-11-05','{"clinic":"Example Physiotherapy","address":"","phone":"","insurers":[{"id":"sun-life","code":"SUNL","name":"Sun Life","channel":"","vendor_number":"","asks":["policy"]}],"practitioners":[{"name":"Ann Example","profession":"physiotherapist","registration":"01234","numbers":{}}],"files":[{"file":"sessions.csv","layout":"sessions","sha256":"761a80f0a7344e2858015a07f2bb8da16bb16025631c8e4639873c4e833e1d95","rows":4,"sessions":4,"repeated":0,"tied":0,"asides":[],"remarks":["taken for sessions by 25 headings in row 1"]}],"rules":[{"rule":"Fee: ims","value":"$95.00","in_force":"from 2026-04-01","source":"clinic file","url":"","verified":true,"claims":2},{"rule":"Service code: Sun Life","value":"PHYSIO","in_force":"","source":"clinic file","url":"","verified":true,"claims":2}],"clinic_file":"clinic.toml","clinic_sha256":"a61e65630d5a1c4c6517903955424780f64e7294d8b234408aaa72916f92d322"}','{"rows":4,"sessions":4,"repeated":0,"tied":0,"set_aside":0,"counts":{"claimed":2,"held":1,"not_billed":1,"already_claimed":0},"cents_read":38000,"cents":{"claimed":19000,"held":9500,"not_billed":9500,"already_claimed":0}}',2);
-- in: 3 4a 4b 4c
INSERT INTO "attention" VALUES('2026-10',0,'6d722ed57698','missing-insurer','sessions.csv, row 4','2026-10-07','Held Madeup','Ann Example','IMS','',9500,'The insurer is missing.','Fill in the insurer; or set blank_insurer = "self-pay" in clinic.toml if blank means that the patient pays.','35b6eaa215cdf41b');
-- in: 3
INSERT INTO "page" VALUES('2026-10','2026-11-05','{"clinic":"Example Physiotherapy","address":"","phone":"","insurers":[{"id":"sun-life","code":"SUNL","name":"Sun Life","channel":"","vendor_number":"","asks":["policy"]}],"practitioners":[{"name":"Ann Example","profession":"physiotherapist","registration":"01234","numbers":{}}],"files":[{"file":"sessions.csv","layout":"sessions","sha256":"761a80f0a7344e2858015a07f2bb8da16bb16025631c8e4639873c4e833e1d95","rows":4,"sessions":4,"repeated":0,"tied":0,"asides":[],"remarks":["taken for sessions by 25 headings in row 1"]}],"rules":[{"rule":"Fee: ims","value":"$95.00","in_force":"from 2026-04-01","source":"clinic file","url":"","verified":true,"claims":2},{"rule":"Service code: Sun Life","value":"PHYSIO","in_force":"","source":"clinic file","url":"","verified":true,"claims":2}],"clinic_file":"clinic.toml","clinic_sha256":"a61e65630d5a1c4c6517903955424780f64e7294d8b234408aaa72916f92d322"}','{"rows":4,"sessions":4,"repeated":0,"tied":0,"set_aside":0,"counts":{"claimed":2,"held":1,"not_billed":1,"already_claimed":0},"cents_read":38000,"cents":{"claimed":19000,"held":9500,"not_billed":9500,"already_claimed":0},"cents_corrected":0,"took_place":4,"ims":3,"months_before":[]}',2);
-- in: 3
INSERT INTO "written" VALUES('2026-10','/made-up/reports',2,1,'55d5e568cd078367b902ef41d3accd0a3cf243a37a7e7cb3b5a8753e2bde860f');
-- in: 4a 4b
INSERT INTO "page" VALUES('2026-10','2026-11-05','{"clinic":"Example Physiotherapy","address":"","phone":"","insurers":[{"id":"sun-life","code":"SUNL","name":"Sun Life","channel":"","vendor_number":"","asks":["policy"]}],"practitioners":[{"name":"Ann Example","profession":"physiotherapist","registration":"01234","numbers":{}}],"files":[{"file":"sessions.csv","layout":"sessions","sha256":"761a80f0a7344e2858015a07f2bb8da16bb16025631c8e4639873c4e833e1d95","rows":4,"sessions":4,"repeated":0,"tied":0,"asides":[],"remarks":["taken for sessions by 25 headings in row 1"]}],"rules":[{"rule":"Fee: ims","value":"$95.00","in_force":"from 2026-04-01","source":"clinic file","url":"","verified":true,"claims":2},{"rule":"Service code: Sun Life","value":"PHYSIO","in_force":"","source":"clinic file","url":"","verified":true,"claims":2}],"clinic_file":"clinic.toml","clinic_sha256":"a61e65630d5a1c4c6517903955424780f64e7294d8b234408aaa72916f92d322"}','{"rows":4,"sessions":4,"repeated":0,"tied":0,"set_aside":0,"counts":{"claimed":2,"held":1,"not_billed":1,"already_claimed":0},"cents_read":38000,"cents":{"claimed":19000,"held":9500,"not_billed":9500,"already_claimed":0},"cents_corrected":0,"took_place":4,"ims":3,"months_before":[],"look_at":[]}',2);
-- in: 4a 4b 4c
INSERT INTO "written" VALUES('2026-10','/made-up/reports',2,1,'892b496f502dc190659ff22af071902cf77c27eedbbbc044340a03c797b52b83');
-- in: 4c 4d 4e
INSERT INTO "page" VALUES('2026-10','2026-11-05','{"clinic":"Example Physiotherapy","address":"","phone":"","insurers":[{"id":"sun-life","code":"SUNL","name":"Sun Life","channel":"","vendor_number":"","asks":["policy"]}],"practitioners":[{"name":"Ann Example","profession":"physiotherapist","registration":"01234","numbers":{}}],"files":[{"file":"sessions.csv","layout":"sessions","sha256":"761a80f0a7344e2858015a07f2bb8da16bb16025631c8e4639873c4e833e1d95","rows":4,"sessions":4,"repeated":0,"tied":0,"asides":[],"remarks":["taken for sessions by 25 headings in row 1"]}],"rules":[{"rule":"Fee: ims","value":"$95.00","in_force":"from 2026-04-01","source":"clinic file","url":"","verified":true,"claims":2},{"rule":"Service code: Sun Life","value":"PHYSIO","in_force":"","source":"clinic file","url":"","verified":true,"claims":2}],"clinic_file":"clinic.toml","clinic_sha256":"a61e65630d5a1c4c6517903955424780f64e7294d8b234408aaa72916f92d322"}','{"rows":4,"sessions":4,"repeated":0,"tied":0,"set_aside":0,"counts":{"claimed":2,"held":1,"not_billed":1,"already_claimed":0},"cents_read":38000,"cents":{"claimed":19000,"held":9500,"not_billed":9500,"already_claimed":0},"cents_corrected":0,"took_place":4,"ims":3,"months_before":[],"look_at":[]}',2,'[]');
-- in: 4d 4e
INSERT INTO "attention" VALUES('2026-10',0,'0c06253c99e1','missing-insurer','sessions.csv, row 4','2026-10-07','Held Madeup','Ann Example','IMS','',9500,'The insurer is missing.','Fill in the insurer; or set blank_insurer = "self-pay" in clinic.toml if blank means that the patient pays.','35b6eaa2');
-- in: 4d 4e
INSERT INTO "claim" VALUES(1,'2026-10-SUNL-0001','2026-10',1,'sun-life','Sun Life','2026-10-07','Pat Madeup',NULL,'','','','00123','','',NULL,'Ann Example','01234','ims','PHYSIO','Physiotherapy Services',9500,0,9500,'sessions.csv, row 2','','namepat madeup2026-10-07Ann Exampleims','',NULL,NULL,'','Ann Example','IMS',NULL,NULL,NULL,NULL,NULL,'','','','','"ims" in Service','','physiotherapist, registration 01234, registered from 2015-01-01, authorised to needle from 2018-05-01','Fee, any insurer: ims: $95.00, from 2026-04-01. Source: clinic file'||char(10)||'Service code, Sun Life: PHYSIO. Source: clinic file','',NULL,0,'');
-- in: 4d 4e
INSERT INTO "claim" VALUES(2,'2026-10-SUNL-0002','2026-10',1,'sun-life','Sun Life','2026-10-09','Robin Madeup',NULL,'','','','00123','','',NULL,'Ann Example','01234','ims','PHYSIO','Physiotherapy Services',9500,0,9500,'sessions.csv, row 3','','namerobin madeup2026-10-09Ann Exampleims','',NULL,NULL,'','Ann Example','IMS',NULL,'2026-11-06','x',NULL,NULL,'','','','','"ims" in Service','','physiotherapist, registration 01234, registered from 2015-01-01, authorised to needle from 2018-05-01','Fee, any insurer: ims: $95.00, from 2026-04-01. Source: clinic file'||char(10)||'Service code, Sun Life: PHYSIO. Source: clinic file','',NULL,0,'');
-- in: 4d 4e
INSERT INTO "not_billed" VALUES('2026-10',0,'2a39075754f4','sessions.csv, row 5','2026-10-07','Rubbed Madeup','Carla Specimen','Massage','Sun Life',9500,'other-service');
-- in: 4d
INSERT INTO "written" VALUES('2026-10','/made-up/reports',2,1,'0a0fd413862df86585afbb6a920cf4404aea9071f8aed7a06660ca9a6f1c2f93');
-- in: 4e
INSERT INTO "written" VALUES('2026-10','/made-up/reports',2,1,'fae08842e8fe50dd96ef328811c4c6de6bb7b6ee4936faba398c7e0eb15a8fd7');
-- in: 1a 1b 1c 2 3 4a 4b 4c
CREATE UNIQUE INDEX one_active_claim_by_id ON claim (session_id, insurer_id)
    WHERE voided_on IS NULL AND session_id <> '';
-- in: 1a 1b 1c 2 3 4a 4b 4c
CREATE UNIQUE INDEX one_active_claim_by_key ON claim (natural_key, insurer_id) WHERE voided_on IS NULL;
-- in: 1a 1b 1c 2 3 4a 4b 4c 4d 4e
CREATE UNIQUE INDEX replaced_once ON claim (replaces);
-- in: 1a 1b 1c 2 3 4a 4b 4c 4d 4e
CREATE INDEX claim_by_month ON claim (month, batch);
-- in: 1a 1b 1c 2 3 4a 4b 4c 4d 4e
CREATE TRIGGER a_claim_is_never_deleted BEFORE DELETE ON claim
BEGIN SELECT raise(ABORT, 'a claim is never deleted'); END;
-- in: 1a 1b
CREATE TRIGGER a_claim_is_never_changed BEFORE UPDATE ON claim
WHEN (OLD.claim, OLD.month, OLD.batch, OLD.insurer_id, OLD.service_date, OLD.patient, OLD.policy, OLD.member,
      OLD.practitioner, OLD.service_code, OLD.fee_cents, OLD.amount_cents, OLD.session_id, OLD.natural_key,
      OLD.replaces)
  IS NOT (NEW.claim, NEW.month, NEW.batch, NEW.insurer_id, NEW.service_date, NEW.patient, NEW.policy, NEW.member,
      NEW.practitioner, NEW.service_code, NEW.fee_cents, NEW.amount_cents, NEW.session_id, NEW.natural_key,
      NEW.replaces)
BEGIN SELECT raise(ABORT, 'a claim is never changed'); END;
-- in: 1a 1b
CREATE TRIGGER a_void_stands BEFORE UPDATE ON claim
WHEN OLD.voided_on IS NOT NULL AND OLD.voided_on IS NOT NEW.voided_on
    OR OLD.void_batch IS NOT NULL AND OLD.void_batch IS NOT NEW.void_batch
BEGIN SELECT raise(ABORT, 'a void stands'); END;
-- in: 1a 1b 1c 2 3 4a 4b 4c 4d 4e
CREATE TRIGGER a_replaced_claim_is_void BEFORE INSERT ON claim
WHEN NEW.replaces IS NOT NULL AND (SELECT voided_on FROM claim WHERE claim = NEW.replaces) IS NULL
BEGIN SELECT raise(ABORT, 'only a voided claim is replaced'); END;
-- in: 1c 2 3 4a 4b 4c 4d 4e
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
-- in: 1c 2 3 4a 4b 4c 4d 4e
CREATE TRIGGER a_void_stands BEFORE UPDATE ON claim
WHEN OLD.voided_on IS NOT NULL AND (OLD.voided_on, OLD.void_reason) IS NOT (NEW.voided_on, NEW.void_reason)
    OR OLD.void_batch IS NOT NULL AND OLD.void_batch IS NOT NEW.void_batch
BEGIN SELECT raise(ABORT, 'a void stands'); END;
-- in: 2 3 4a 4b 4c 4d 4e
CREATE TRIGGER the_grounds_of_a_claim_are_never_changed BEFORE UPDATE ON claim
WHEN (OLD.insured_birth_date, OLD.secondary_insurer, OLD.secondary_policy, OLD.secondary_member, OLD.payer_order,
      OLD.evidence, OLD.visit_evidence, OLD.authority, OLD.rules, OLD.remarks)
  IS NOT (NEW.insured_birth_date, NEW.secondary_insurer, NEW.secondary_policy, NEW.secondary_member, NEW.payer_order,
      NEW.evidence, NEW.visit_evidence, NEW.authority, NEW.rules, NEW.remarks)
BEGIN SELECT raise(ABORT, 'a claim is never changed'); END;
-- in: 3 4a 4b 4c 4d 4e
CREATE INDEX decision_by_session ON decision (session, kind);
-- in: 3 4a 4b 4c 4d 4e
CREATE TRIGGER a_decision_is_never_deleted BEFORE DELETE ON decision
BEGIN SELECT raise(ABORT, 'a decision is never deleted'); END;
-- in: 3 4a 4b 4c 4d 4e
CREATE TRIGGER a_decision_is_never_changed BEFORE UPDATE ON decision
BEGIN SELECT raise(ABORT, 'a decision is never changed'); END;
-- in: 4a 4b 4c 4d
CREATE UNIQUE INDEX posted_once ON payment (insurer_id, number_key, paid_on, amount_cents) WHERE undone_on IS NULL;
-- in: 4a 4b 4c 4d 4e
CREATE INDEX posting_by_claim ON posting (claim);
-- in: 4a 4b 4c 4d 4e
CREATE TRIGGER a_payment_is_never_deleted BEFORE DELETE ON payment
BEGIN SELECT raise(ABORT, 'a payment is never deleted'); END;
-- in: 4a 4b 4c 4d 4e
CREATE TRIGGER a_payment_is_never_changed BEFORE UPDATE ON payment
WHEN OLD.undone_on IS NOT NULL OR (OLD.id, OLD.insurer_id, OLD.number_key, OLD.paid_on, OLD.amount_cents)
    IS NOT (NEW.id, NEW.insurer_id, NEW.number_key, NEW.paid_on, NEW.amount_cents)
BEGIN SELECT raise(ABORT, 'a payment is never changed'); END;
-- in: 4a 4b 4c 4d 4e
CREATE TRIGGER a_posting_is_never_deleted BEFORE DELETE ON posting
BEGIN SELECT raise(ABORT, 'a posting is never deleted'); END;
-- in: 4a 4b 4c 4d 4e
CREATE TRIGGER a_posting_is_never_changed BEFORE UPDATE ON posting
BEGIN SELECT raise(ABORT, 'a posting is never changed'); END;
-- in: 4b 4c 4d 4e
CREATE TRIGGER work_is_never_deleted BEFORE DELETE ON work
BEGIN SELECT raise(ABORT, 'what was noted is never deleted'); END;
-- in: 4b 4c 4d 4e
CREATE TRIGGER work_is_never_changed BEFORE UPDATE ON work
BEGIN SELECT raise(ABORT, 'what was noted is never changed'); END;
-- in: 4d 4e
CREATE UNIQUE INDEX one_active_claim_by_id ON claim (session_id, insurer_id, follows IS NULL)
    WHERE voided_on IS NULL AND session_id <> '';
-- in: 4d 4e
CREATE UNIQUE INDEX one_active_claim_by_key ON claim (natural_key, insurer_id, follows IS NULL)
    WHERE voided_on IS NULL;
-- in: 4d 4e
CREATE UNIQUE INDEX followed_once ON claim (follows) WHERE voided_on IS NULL;
-- in: 4d 4e
CREATE TRIGGER what_is_followed_stands BEFORE INSERT ON claim
WHEN NEW.follows IS NOT NULL
    AND (SELECT voided_on IS NULL AND follows IS NULL FROM claim WHERE claim = NEW.follows) IS NOT 1
BEGIN SELECT raise(ABORT, 'only a first claim that stands is followed'); END;
-- in: 4d 4e
CREATE TRIGGER what_is_followed_is_not_voided BEFORE UPDATE ON claim
WHEN OLD.voided_on IS NULL AND NEW.voided_on IS NOT NULL
    AND EXISTS (SELECT 1 FROM claim AS later WHERE later.follows = OLD.claim AND later.voided_on IS NULL)
BEGIN SELECT raise(ABORT, 'the claim that follows it is voided first'); END;
-- in: 4d 4e
CREATE TRIGGER what_a_claim_follows_is_never_changed BEFORE UPDATE ON claim
WHEN (OLD.follows, OLD.first_paid_cents, OLD.first_answer) IS NOT (NEW.follows, NEW.first_paid_cents, NEW.first_answer)
BEGIN SELECT raise(ABORT, 'a claim is never changed'); END;
-- in: 4e
CREATE UNIQUE INDEX posted_once ON payment (insurer_id, number_key, paid_on, amount_cents)
    WHERE undone_on IS NULL AND number_key <> '';
