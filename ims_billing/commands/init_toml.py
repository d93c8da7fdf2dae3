"""The text of a first clinic.toml: the rows of a first setup, among explanations and examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from string import Template
from textwrap import wrap
from typing import Any

from ims_billing.clinic.cell_values import cell_value
from ims_billing.clinic.clinic import toml_text
from ims_billing.clinic.raw_setup import OF_A_LAYOUT
from ims_billing.clinic.setup_rows import SetupRows
from ims_billing.clinic.setup_toml import toml_key, toml_value
from ims_billing.vocabulary.setup_sheets import (
    CLINIC,
    COLUMNS,
    FEES,
    IGNORE,
    INSURERS,
    MY_LAYOUT,
    PRACTITIONERS,
    QUESTION,
    SetupColumn,
    SetupTable,
)
from ims_billing.vocabulary.spelling import bare

_TEMPLATE = Template("""\
# The clinic file of ims-billing. Lines that begin with # are explanations and examples.
# Text stands in quotes, dates are written 2026-10-31, amounts 95.00. After a change, run check.
# Replace each "?", and each guess such as "physiotherapist?", by what is right; delete the line where there is
# nothing to say. Where an entry says confirmed = false, check it and write true. claim waits until nothing is left.

[clinic]
name = $clinic_name                      # as it stands on your claims
address = ""
phone = ""
bill = $clinic_bill                  # which services become claims: "ims", "physiotherapy"
blank_insurer = $clinic_blank_insurer          # a blank insurer: "hold" the session, or "self-pay": the patient pays
dates = $clinic_dates           # text dates such as 10/05/2026: "month-first", "day-first", or only if plain
time_zone = $clinic_time_zone # which clock the clinic keeps: times in UTC or at an offset become its local time
locations = []                  # empty: all; otherwise sessions at other locations are not billed
ignore = []                     # headings of columns that say nothing about a claim, such as "Room"

[service_code]
code = $service_code_code                 # what your plans call Physiotherapy Services
description = $service_code_description

# Everybody who treats. Professions: physiotherapist, acupuncturist, massage-therapist, chiropractor,
# kinesiologist, naturopath, osteopath, athletic-therapist, physician, assistant, other.
#
# [[practitioner]]
# name = "Ann Example"
# aliases = ["A. Example"]                     # other spellings in the spreadsheets
# profession = "physiotherapist"
# registration = "01234"                       # in quotes, so that the leading zero stays
# registered = { from = 2015-01-01 }           # until = ... once it ends
# needling = { from = 2018-05-01 }             # authorized to needle; leave out if not
# numbers = { "Pacific Blue Cross" = "556677" }  # provider numbers that insurers gave
$practitioner
# Insurers: the usual ones are known (ims-billing rules shows them). Add what differs, or one that is missing.
# "Sun Life?" is a guess: are the spellings below it theirs? Give the spelling of another insurer its own [[insurer]].
#
# [[insurer]]
# name = "Sun Life"
# aliases = ["SLF"]
# channel = "TELUS eClaims"
# requires = ["policy", "member"]   # policy, member, birth-date, relationship, insured, payer-file-number,
#                                   # accident-date, phn
# service_code = "PT"               # where it has its own; or { initial = "..", subsequent = ".." }
# vendor_number = "12345"           # what this insurer calls the clinic
# claim_within_days = 365           # where the plan says until when it takes claims
# one_to_one = true                 # it pays only for time that is one patient's alone
#
# [[insurer]]
# name = "Novel Mutual"             # one that is not known yet
# code = "NOVM"                     # four letters for its claim numbers
#
# [[insurer]]
# name = "Out of pocket"
# self_pay = true                   # spellings that mean: no insurer
$insurer
# Your fees. Of several that fit a visit the most specific stands: insurer first, then visit, then minutes.
#
# [[fee]]
# service = "ims"
# visit = "initial"                 # or "subsequent"; leave out: any
# minutes = 45                      # leave out: any
# insurer = "ICBC"                  # leave out: any
# amount = 120.00
# from = 2026-01-01                 # until = ... once it ends
$fee
# How many visits a plan pays, where you know it. What is published of MSP and ICBC is known already.
#
# [[limit]]
# insurer = "Sun Life"
# policy = "00123"                  # leave out: all its plans
# visits = 20
# per = "calendar-year"             # or weeks_after_accident = 12
# from = 2026-01-01                 # until = ... once it ends

# What share of a claim a plan pays, where you know it: the rest is the patient's, and no short payment.
#
# [[coverage]]
# insurer = "Sun Life"
# policy = "00123"                  # leave out: all its plans
# percent = 80
# from = 2026-01-01                 # until = ... once it ends

# Your own names of services: ims, physiotherapy, acupuncture, massage, chiropractic, kinesiology, other.
# Where it is not certain what a name means, write its service, or delete the line to decide visit by visit.
# "IMS Acupuncture" = "ims"
[service_names]
$service_names
# Your own words in the columns Status, Visit, Relationship and Billed.
# [words.status]
# "Seen" = "arrived"                # arrived, no-show, cancelled, not-arrived, refunded

# How another program's spreadsheet is read, where its headings are not understood: each of its headings with the
# one of sessions.xlsx that it stands for. Where that is "?", write it, or move the heading to `ignore`, which leaves
# columns out. Text dates are read as `dates` says.
#
# [[layout]]
# name = "my-program"
# dates = "month-first"
# ignore = ["Room"]
# [layout.headings]
# "Booking Info" = "Status"
# "Handled" = "Billed"
# "Paid For By" = "Insurer"
$layout
# How serious a finding is: hold, warn or off. Some protect the licence and cannot be changed.
[severity]
# unusual-frequency = "hold"
""")


# Lines that a clinic may want in the entry of an insurer.
_VENDOR_NUMBER = '# vendor_number = ""               # what it calls the clinic'
_NO_INSURER = "# self_pay = true                  # if it means: no insurer"
_WIDTH = 116


def clinic_text(rows: SetupRows) -> str:
    """The text of a clinic file with these rows, a question as in a cell: "?", or a proposal and "?"."""
    block = next(iter(rows.get(CLINIC.table, ())), {})
    settings = {c.key.replace(".", "_"): _value(block[c.key], c) for c in CLINIC.columns if c.key in block}
    return _TEMPLATE.substitute(
        settings,
        practitioner=_entries(PRACTITIONERS, rows.get("practitioner", ())),
        insurer=_entries(INSURERS, _of_one_insurer(rows.get("insurer", ()))),
        fee=_entries(FEES, rows.get("fee", ())),
        service_names="".join(_service_names(rows.get("service_names", ()))),
        layout="".join(_layouts(rows.get("layout", ()))),
    )


def _value(cell: Any, column: SetupColumn) -> str:
    return toml_text(cell) if column.asks(cell) else toml_value(cell_value(cell, column))


def _entries(table: SetupTable, rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join("\n" + "\n".join(_entry(table, row)) + "\n" for row in rows)


def _entry(table: SetupTable, row: Mapping[str, Any]) -> Iterator[str]:
    """An entry below its notes; what asks nothing is to be confirmed as a whole, as it was only seen in exports."""
    notes = str(row.get("Notes", "")).splitlines()
    yield from (_comment(line) for note in notes for line in wrap(note, _WIDTH))
    yield f"[[{table.table}]]"
    filled = [(column, row[column.key]) for column in table.columns if row.get(column.key) not in (None, "")]
    for column, cell in filled:
        outer, _, inner = column.key.partition(".")
        value = _value(cell, column)
        yield f"{outer} = {{ {inner} = {value} }}" if inner else f"{outer} = {value}"
    if table is INSURERS:
        yield _NO_INSURER if row["name"] == QUESTION else _VENDOR_NUMBER
    if not any(column.asks(cell) for column, cell in filled):
        yield "confirmed = false"


def _of_one_insurer(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows with those of one insurer made one: an insurer has one entry, with all its spellings."""
    entries: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(rows):
        whose = bare(row["name"].rstrip(QUESTION)) or str(number)
        entry = entries.setdefault(whose, {"name": row["name"]})
        if row["name"].endswith(QUESTION):
            entry["name"] = row["name"]
        if row.get("requires"):
            entry["requires"] = row["requires"]
        spellings = row.get("aliases", "")
        entry["aliases"] = "; ".join(filter(None, (entry.get("aliases"), spellings)))
        note = f"{spellings}: {row['Notes']}" if spellings else row["Notes"]
        entry["Notes"] = "\n".join(filter(None, (entry.get("Notes"), note)))
    return list(entries.values())


def _service_names(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A line for each name that asks; one that the program reads for certain needs none, and is shown."""
    for row in rows:
        name, reading = toml_text(row["name"]), row["Read as"]
        if "service" in row:
            yield f"{name} = {toml_text(row['service'])}   {_comment(reading)}\n"
        else:
            yield f"{_comment(f'{name} is read as {reading}')}\n"


def _layouts(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_name.setdefault(row.get("name", MY_LAYOUT), []).append(row)
    of_all = [column for column in COLUMNS.columns if column.key in OF_A_LAYOUT]
    for name, listed in by_name.items():
        lines = ["", "[[layout]]", f"name = {toml_text(name)}"]
        lines += [f"{c.key} = {_value(row[c.key], c)}" for row in listed for c in of_all if row.get(c.key)]
        ignored = [row["heading"] for row in listed if row["meaning"] == IGNORE]
        lines += [f"ignore = {toml_value(ignored)}"] if ignored else []
        lines.append("[layout.headings]")
        lines += [_heading(row) for row in listed if row["meaning"] != IGNORE]
        yield "\n".join([*lines, ""])


def _heading(row: Mapping[str, Any]) -> str:
    line = f"{toml_key(row['heading'])} = {toml_text(row['meaning'])}"
    return f"{line}   {_comment(row['Examples'])}" if row.get("Examples") else line


def _comment(text: str) -> str:
    return "# " + "".join(c if c.isprintable() else " " for c in text)
