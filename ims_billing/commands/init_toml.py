"""The text of a first clinic.toml, filled in from an export where there is one."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from string import Template

import pandas as pd

from ims_billing.clinic.clinic import Insurer, toml_text
from ims_billing.clinic.people import names_more_than, person
from ims_billing.clinic.toml_file import without_file
from ims_billing.commands.draft import people_paying
from ims_billing.sessions.classify import classify
from ims_billing.sessions.service_names import names_read
from ims_billing.vocabulary.frames import SELF_PAY
from ims_billing.vocabulary.intake import Intake
from ims_billing.vocabulary.spelling import counted, same_name

_TEMPLATE = Template("""\
# The clinic file of ims-billing. Lines that begin with # are explanations and examples.
# Text stands in quotes, dates are written 2026-10-31, amounts 95.00. After a change, run check.

[clinic]
name = "Your clinic"
address = ""
phone = ""
bill = ["ims"]                  # which services become claims: "ims", "physiotherapy"
blank_insurer = "hold"          # a blank insurer: "hold" the session, or "self-pay" if it means the patient pays
dates = "unambiguous"           # text dates such as 10/05/2026: "month-first", "day-first", or only if plain
time_zone = "America/Vancouver" # which clock the clinic keeps: times in UTC or at an offset become its local time
locations = []                  # empty: all; otherwise sessions at other locations are not billed
ignore = []                     # headings of columns that say nothing about a claim, such as "Room"

[service_code]
code = "PHYSIO"                 # what your plans call Physiotherapy Services
description = "Physiotherapy Services"

# Everybody who treats. Professions: physiotherapist, acupuncturist, massage-therapist, chiropractor,
# kinesiologist, naturopath, osteopath, athletic-therapist, physician, assistant, other.
#
# [[practitioner]]
# name = "Ann Example"
# aliases = ["A. Example"]                     # other spellings in the spreadsheets
# profession = "physiotherapist"
# registration = "01234"                       # in quotes, so that the leading zero stays
# registered = { from = 2015-01-01 }           # until = ... once it ends
# needling = { from = 2018-05-01 }             # authorised to needle; leave out if not
# numbers = { "Pacific Blue Cross" = "556677" }  # provider numbers that insurers gave
$practitioners
# Insurers: the usual ones are known (ims-billing rules shows them). Add what differs, or one that is missing.
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
$insurers
# Your fees. Of several that fit a visit the most specific stands: insurer first, then visit, then minutes.
#
# [[fee]]
# service = "ims"
# visit = "initial"                 # or "subsequent"; leave out: any
# minutes = 45                      # leave out: any
# insurer = "ICBC"                  # leave out: any
# amount = 120.00
# from = 2026-01-01                 # until = ... once it ends
$fees
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
[service_names]
# "IMS Acupuncture" = "ims"
$names
# Your own words in the columns Status, Visit, Relationship and Billed.
# [words.status]
# "Seen" = "arrived"                # arrived, no-show, cancelled, not-arrived, refunded

# How another program's spreadsheet is read, where its headings are not understood: each of its headings with the
# one of sessions.xlsx that it stands for. Text dates are read as `dates` says; `ignore` leaves columns out.
#
# [[layout]]
# name = "my-program"
# dates = "month-first"
# ignore = ["Room"]
# [layout.headings]
# "Booking Info" = "Status"
# "Handled" = "Billed"
# "Paid For By" = "Insurer"

# How serious a finding is: hold, warn or off. Some protect the licence and cannot be changed.
[severity]
# unusual-frequency = "hold"
""")


def clinic_text(intake: Intake | None) -> str:
    """The text of a first clinic file, with what an export shows marked as not confirmed."""
    if intake is None:
        return _TEMPLATE.substitute(practitioners="", insurers="", fees="", names="")
    sessions = classify(intake.sessions, without_file())
    return _TEMPLATE.substitute(
        practitioners=_practitioners(sessions),
        insurers=_insurers(sessions),
        fees=_fees(sessions),
        names=_names(sessions),
    )


def _practitioners(sessions: pd.DataFrame) -> str:
    spellings: dict[str, list[str]] = {}
    for written in _in_order(sessions["practitioner"]):
        spellings.setdefault(person(written), []).append(written)
    entries = []
    for first, *others in spellings.values():
        if whose := next((other for other in spellings if names_more_than(first, other)), None):
            entries.append(
                f"\n# {toml_text(first)} names {spellings[whose][0]} and more than that: its sessions are held until\n"
                "# the name in the practice software is that of whoever treated.\n"
            )
            continue
        aliases = f"aliases = [{', '.join(toml_text(name) for name in others)}]" if others else ""
        entries.append(
            _entry(
                "practitioner",
                f"name = {toml_text(first)}",
                aliases,
                'profession = "other"              # fill in: physiotherapist, ...',
                'registration = ""                 # fill in for a physiotherapist',
                "# registered = { from = 2015-01-01 }",
                "# needling = { from = 2018-05-01 }",
            )
        )
    return "".join(entries)


def _insurers(sessions: pd.DataFrame) -> str:
    """The insurers found: the known ones for what the clinic may add, the others with a code of their own."""
    named = sessions[sessions["insurer_id"] != SELF_PAY]
    listed_names = named.loc[named["insurer_id"] != "", "insurer_name"]
    unknown = named.loc[named["insurer_id"] == "", "insurer"]
    # Practice systems name the patient where the patient pays.
    people = people_paying(sessions)
    unknown = unknown[~unknown.map(same_name).isin(people)]
    vendor = '# vendor_number = ""               # what it calls the clinic'
    clinic = without_file()
    entries = [
        _entry("insurer", f"name = {toml_text(name)}", _requires(clinic.insurer(name)), vendor)
        for name in _in_order(listed_names)
    ]
    entries += [
        _entry(
            "insurer",
            f"name = {toml_text(name)}",
            f"code = {toml_text(code)}                      # four letters for its claim numbers",
            "# self_pay = true                  # if it means: no insurer",
            _requires(None),
        )
        for name, code in zip(_in_order(unknown), _codes(), strict=False)
    ]
    return "".join(entries)


def _requires(insurer: Insurer | None) -> str:
    """What an insurer requires, to be changed: what is published, else the usual two numbers."""
    published_ones = insurer.requirements[-1].fields if insurer and insurer.requirements else ("policy", "member")
    listed = ", ".join(f'"{requirement}"' for requirement in published_ones)
    return f"# requires = [{listed}]   # what it wants on a claim"


def _codes() -> Iterable[str]:
    """Short codes for insurers that nobody has named yet: XAAA, XAAB, ..."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return (f"X{a}{b}{c}" for a in letters for b in letters for c in letters)


def _fees(sessions: pd.DataFrame) -> str:
    """The usual fee of IMS by visit and minutes, from the first day of the first month seen."""
    paid = sessions[(sessions["service"] == "ims") & (sessions["fee_cents"] > 0) & (sessions["status"] == "arrived")]
    first = paid["service_date"].min()
    start = first.replace(day=1).date() if isinstance(first, pd.Timestamp) else dt.date(2026, 1, 1)
    entries = []
    minutes = paid["minutes"].astype("string").fillna("").astype("str")
    for (visit, length), part in paid.groupby([paid["visit"], minutes]):
        (usual, _), *rest = Counter(part["fee_cents"].tolist()).most_common(4)
        others = ", ".join(f"{cents / 100:.2f} ({counted(count, 'time')})" for cents, count in rest)
        entries.append(
            _entry(
                "fee",
                'service = "ims"',
                f"visit = {toml_text(str(visit))}" if visit else "",
                f"minutes = {length}" if length else "",
                f"amount = {usual // 100}.{usual % 100:02d}" + (f"   # also seen: {others}" if others else ""),
                f"from = {start}",
            )
        )
    return "".join(entries)


def _names(sessions: pd.DataFrame) -> str:
    """A line for each service name with how it is read; one that is not IMS for sure is the clinic's to settle."""
    lines = []
    for reading in names_read(sessions["service_name"], without_file()):
        name = toml_text(reading.name)
        if reading.service == "ims" and not reading.certain:
            words = ", ".join(toml_text(word) for word in (*reading.unknown, *reading.doubtful))
            doubt = f"IMS? {words} leaves it open" if words else "IMS or acupuncture?"
            lines.append(
                f'# {name} = "ims"   # {doubt}: on hold until you remove the first # or write another service\n'
            )
        else:
            lines.append(f'{name} = {{ service = "{reading.service}", confirmed = false }}\n')
    return "".join(lines)


def _in_order(names: pd.Series[str]) -> list[str]:
    return sorted(name for name in names.unique() if any(character.isalpha() for character in name))


def _entry(table: str, *lines: str) -> str:
    kept: Sequence[str] = [line for line in lines if line]
    return "\n".join(["", f"[[{table}]]", *kept, "confirmed = false", ""])
