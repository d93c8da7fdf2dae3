"""The clinic file: read exactly, refused with every fault at once, each with its place."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from ims_billing.clinic.clinic import toml_text
from ims_billing.clinic.people import person
from ims_billing.clinic.renamed_insurers import may_have_renamed, with_ids_of_claims
from ims_billing.clinic.setup_file import load
from ims_billing.clinic.toml_file import without_file
from ims_billing.vocabulary.errors import BillingError
from tests.practice import clinic_file, practice

# The example of the manual: a file in this shape loads.
EXAMPLE = """
[clinic]
name = "Example Physiotherapy"
address = "1 Example Street, Saanich BC"
phone = "250-555-0100"
bill = ["ims"]
blank_insurer = "hold"
dates = "unambiguous"
locations = []
[service_code]
code = "PHYSIO"
description = "Physiotherapy Services"
[[practitioner]]
name = "Ann Example"
aliases = ["A. Example", "Example, Ann"]
profession = "physiotherapist"
registration = "01234"
registered = { from = 2015-01-01 }
needling = { from = 2018-05-01 }
numbers = { "Pacific Blue Cross" = "556677" }
[[insurer]]
name = "Sun Life"
aliases = ["SLF"]
channel = "TELUS eClaims"
requires = ["policy", "member"]
service_code = { initial = "PT1", subsequent = "PT2" }
vendor_number = "12345"
claim_within_days = 365
[[insurer]]
name = "Out of pocket"
self_pay = true
[[fee]]
service = "ims"
visit = "initial"
minutes = 45
insurer = "ICBC"
amount = 151.00
from = 2026-01-01
[service_names]
"IMS Acupuncture" = "ims"
[severity]
unusual-frequency = "hold"
"""


DAY = dt.date(2026, 10, 7)


def faults(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "clinic.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BillingError) as refused:
        load(path)
    return str(refused.value).replace(str(path), "clinic.toml").splitlines()


def test_the_example_of_the_manual_loads(tmp_path: Path) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    clinic = load(path)
    sun_life, ann = clinic.insurer("slf"), clinic.practitioner("example, ann")
    assert sun_life is not None
    assert ann is not None
    assert (sun_life.id, sun_life.code, sun_life.requires_on(DAY)) == ("sun-life", "SUNL", ("policy", "member"))
    assert (sun_life.code_for("initial", DAY, "X"), sun_life.code_for("", DAY, "X")) == ("PT1", "PT2")
    assert (ann.registration, ann.registered[0].start) == ("01234", dt.date(2015, 1, 1))
    assert clinic.fees[0].amount == Decimal("151.00")
    assert clinic.fees[0].insurer == "icbc"
    assert clinic.pays_self("OUT OF POCKET")
    assert clinic.severity_of("unusual-frequency") == "hold"


def test_every_fault_is_reported_at_once_with_its_place(tmp_path: Path) -> None:
    text = """
bogus = 1
[clinic]
nam = "Example"
bill = ["ims", "massage"]
[service_code]
code = "ACUPUNCTURE"
[[practitioner]]
name = "Ann Example"
profession = "physio"
registration = 1234
registered = { from = 2015-01-01, until = 2014-01-01 }
[[practitioner]]
name = "Ben"
aliases = ["example, ann"]
profession = "other"
numbers = { "Pacific Blue Cros" = "1" }
[[practitioner]]
name = "Ann Example"
profession = "other"
[[practitioner]]
name = "Example, Ann"
profession = "other"
[[insurer]]
name = "Sun Life"
requires = ["policy", "membr"]
[[insurer]]
name = "Manulife"
aliases = ["PBC"]
[[fee]]
service = "ims"
amount = 95.355
from = 2026-01-01
[[fee]]
service = "ims"
insurer = "Sunlif"
amount = 95
from = 2026-01-01
[[fee]]
service = "ims"
amount = 95
from = 2026-01-01
[[fee]]
service = "ims"
amount = 99
from = 2026-04-01
[service_names]
"x" = "imz"
[severity]
duplicate-session = "off"
unusual-frequencies = "hold"
missing-policy = "shout"
"""
    assert faults(tmp_path, text) == EVERY_FAULT.strip().splitlines()


# fmt: off
EVERY_FAULT = """
clinic.toml: the clinic setup has 20 faults:
  line 2, bogus: this table is not known
  line 3, [clinic], name: found nothing; this key is needed
  line 4, [clinic], nam: this key is not known; did you mean name?
  line 5, [clinic], bill.2: found 'massage'; expected one of ims, physiotherapy
  line 7, [service_code], code: found 'ACUPUNCTURE'; what goes to an insurer must not say acupuncture
  line 10, [[practitioner]] 1 (Ann Example), profession: found 'physio'; expected one of physiotherapist, acupuncturist, massage-therapist, chiropractor, kinesiologist, naturopath, osteopath, athletic-therapist, physician, assistant, other; did you mean physiotherapist?
  line 11, [[practitioner]] 1 (Ann Example), registration: found 1234; expected text in quotes
  line 12, [[practitioner]] 1 (Ann Example), registered.1: it ends (2014-01-01) before it begins (2015-01-01)
  line 17, [[practitioner]] 2 (Ben), numbers: the insurer 'Pacific Blue Cros' is not known; did you mean Pacific Blue Cross?
  line 19, [[practitioner]] 3 (Ann Example), name: 'Ann Example' already stands for Ben, [[practitioner]] 2
  line 22, [[practitioner]] 4 (Example, Ann), name: 'Example, Ann' already stands for Ben, [[practitioner]] 2
  line 26, [[insurer]] 1 (Sun Life), requires.2: found 'membr'; expected one of policy, member, birth-date, relationship, insured, payer-file-number, accident-date, phn; did you mean member?
  line 29, [[insurer]] 2 (Manulife), aliases: 'PBC' already stands for Pacific Blue Cross
  line 32, [[fee]] 1, amount: found 95.355; an amount is zero or more, below a million, in dollars and whole cents
  line 36, [[fee]] 2, insurer: the insurer 'Sunlif' is not known; did you mean Sun Life?
  line 43, [[fee]] 4: it is for the same (IMS) as [[fee]] 3 and their dates overlap; give the earlier one an until
  line 48, [service_names], x: found 'imz'; expected one of ims, physiotherapy, acupuncture, massage, chiropractic, kinesiology, other, unrecognised; did you mean ims?
  line 50, [severity], duplicate-session: this severity cannot be changed: it protects the licence or a claim needs it ('off')
  line 51, [severity], unusual-frequencies: this kind of finding is not known; did you mean unusual-frequency?
  line 52, [severity], missing-policy: found 'shout'; expected one of hold, warn, off
"""  # noqa: E501
# fmt: on


@pytest.mark.parametrize(
    ("bill", "fault"),
    [
        ('["imss"]', "bill.1: found 'imss'; expected one of ims, physiotherapy; did you mean ims?"),
        ("[]", "bill: found an empty list; expected at least one"),
        ('"ims"', 'bill: found \'ims\'; expected a list, such as ["one", "two"]'),
    ],
)
def test_a_list_at_fault_is_one_fault_in_plain_words(tmp_path: Path, bill: str, fault: str) -> None:
    assert faults(tmp_path, f'[clinic]\nname = "X"\nbill = {bill}\n') == [
        "clinic.toml: the clinic setup has 1 fault:",
        f"  line 3, [clinic], {fault}",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('time_zone = "PST"', "'PST' is no time zone; that of British Columbia is America/Vancouver"),
        ('time_zone = "America/Vancuver"', "did you mean America/Vancouver?"),
        ('[[practitioner]]\nname = "A"\nprofession = "other"\nneedling = 2018-05-01', "expected days such as { from ="),
    ],
)
def test_a_fault_says_what_to_write_in_words_of_the_setup(tmp_path: Path, text: str, fault: str) -> None:
    assert fault in faults(tmp_path, f'[clinic]\nname = "X"\n{text}\n')[1]


def test_text_that_is_no_toml_is_refused_with_the_line(tmp_path: Path) -> None:
    message, *_ = faults(tmp_path, "[clinic]\nname = Example\n")
    assert "line 2: text needs quotes" in message


def test_a_clinic_file_that_is_not_there_is_refused_and_one_that_is_not_utf_8_is_read(tmp_path: Path) -> None:
    with pytest.raises(BillingError, match="cannot be read"):
        load(tmp_path / "none.toml")
    (tmp_path / "clinic.toml").write_bytes(b'[clinic]\nname = "Caf\xe9"\n')
    assert load(tmp_path / "clinic.toml").name == "Café"


def test_amounts_are_exact(tmp_path: Path) -> None:
    more = "".join(
        f'[[fee]]\nservice = "ims"\nminutes = {n}\namount = {n}.35\nfrom = 2026-01-01\n' for n in range(1, 200)
    )
    fees = practice(tmp_path, more).fees
    assert {fee.minutes: fee.cents for fee in fees if fee.minutes} == {n: n * 100 + 35 for n in range(1, 200)}


def test_what_is_not_confirmed_is_listed_once(tmp_path: Path) -> None:
    more = """
[[practitioner]]
name = "New Here"
profession = "other"
confirmed = false
[[insurer]]
name = "Novel Mutual"
confirmed = false
[[fee]]
service = "ims"
minutes = 60
amount = 150
from = 2026-01-01
confirmed = false
[service_names]
"Reset" = { service = "ims", confirmed = false }
"Chat" = "other"
"""
    assert practice(tmp_path, more).unconfirmed == (
        "practitioner New Here",
        "insurer Novel Mutual",
        "fee 2 (IMS, 60 min, 150)",
        "service name Reset",
    )


ASKING = """[clinic]
name = "?"
[[practitioner]]
name = "Ann Example"
profession = "physiotherapist?"
registration = "?"
registered = { from = "?" }
needling = [{ from = 2018-05-01, until = "?" }, { from = "?" }]
[[practitioner]]
name = "Who?"
profession = "?"
[[insurer]]
name = "?"
aliases = ["Novel Mut"]
[[insurer]]
name = "Sun Life?"
aliases = ["SLF", "Out?"]
[[fee]]
service = "ims"
amount = "?"
from = 2026-01-01
[[fee]]
service = "ims"
amount = "95.00?"
from = "2026-01-01?"
confirmed = false
[service_names]
"Reset?" = "?"
"Dr. Who" = { service = "?", confirmed = false }
[words.status]
"Seen" = "arrived?"
[[layout]]
name = "none-yet"
headings = { "Extra" = "?" }
[[layout]]
name = "own"
headings = { "Went?" = "Status?", "Extra" = "?" }
[[layout]]
name = "below"
[layout.status]
"Ins." = "arrived"
[layout.headings]
'Ins.' = "?"
Amt = "Fee?"
"So \\"sent\\"?" = "Billed?"
"""


def test_an_entry_that_is_no_table_is_a_fault_beside_a_question_too(tmp_path: Path) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text('insurer = ["Sun Life"]\n[clinic]\nname = "?"\n[service_code]\ncode = "PHYSIO"\n', encoding="utf-8")
    with pytest.raises(BillingError, match=r"\[\[insurer\]\] 1: found 'Sun Life'"):
        load(path)


def test_a_question_mark_in_clinic_toml_asks_as_it_does_in_a_cell(tmp_path: Path) -> None:
    path = clinic_file(tmp_path)
    path.write_text(ASKING, encoding="utf-8")
    clinic = load(path)
    assert clinic.unconfirmed == (
        "line 2, [clinic]: Name",
        "line 5, [[practitioner]] 1: Ann Example, Profession: physiotherapist?",
        "line 6, [[practitioner]] 1: Ann Example, Registration",
        "line 7, [[practitioner]] 1: Ann Example, Registered from",
        "line 8, [[practitioner]] 1: Ann Example, Needling from",
        "line 8, [[practitioner]] 1: Ann Example, Needling until",
        "line 11, [[practitioner]] 2: Who?, Profession",
        "line 13, [[insurer]] 1: Novel Mut, Name",
        "line 16, [[insurer]] 2: SLF, Out?, Name: Sun Life?",
        "line 20, [[fee]] 1: ims, Amount",
        "line 24, [[fee]] 2: ims, Amount: 95.00?",
        "line 25, [[fee]] 2: ims, From: 2026-01-01?",
        "line 28, [service_names]: Reset?, Service",
        "line 29, [service_names]: Dr. Who, Service",
        "line 31, [words.status]: Seen, Means: arrived?",
        "line 34, [[layout]] 1: Extra, Stands for",
        "line 37, [[layout]] 2: Extra, Stands for",
        "line 37, [[layout]] 2: Went?, Stands for: Status?",
        "line 43, [[layout]] 3: Ins., Stands for",
        "line 44, [[layout]] 3: Amt, Stands for: Fee?",
        'line 45, [[layout]] 3: So "sent"?, Stands for: Billed?',
        "fee 1 (IMS, 95)",
    )
    ann, who = clinic.practitioners
    assert (ann.profession, ann.registration, ann.registered, len(ann.needling)) == ("physiotherapist", "", (), 1)
    assert (who.profession, clinic.name) == ("other", "Your clinic")
    assert [clinic.insurer(name) is not None for name in ("Novel Mut", "SLF", "Out?")] == [False, True, True]
    assert [fee.amount for fee in clinic.fees if not fee.published] == [95]
    assert (clinic.service_names, clinic.words.status) == ({}, {"Seen": "arrived"})
    assert [(layout.name, layout.headings) for layout in clinic.layouts] == [
        ("own", {"Went?": "Status"}),
        ("below", {"Amt": "Fee", 'So "sent"?': "Billed"}),
    ]


def test_a_fault_below_an_entry_that_waits_for_an_answer_has_its_own_line(tmp_path: Path) -> None:
    text = ASKING.replace('aliases = ["SLF", "Out?"]', "vendor_number = 12345")
    assert faults(tmp_path, text)[1].strip().startswith("line 17, [[insurer]] 2")


def test_a_new_insurer_gets_a_short_code_that_nobody_else_has(tmp_path: Path) -> None:
    novel = practice(tmp_path, '[[insurer]]\nname = "Novel Mutual"\n').insurer("novel mutual")
    assert novel is not None
    assert (novel.id, novel.code) == ("novel-mutual", "NOVE")
    text = clinic_file(tmp_path, '[[insurer]]\nname = "Manual Workers"\n').read_text(encoding="utf-8")
    assert "its short code would be MANU, which another has" in faults(tmp_path, text)[1]


@pytest.mark.parametrize(
    "written",
    ["Ann Example", "EXAMPLE, ANN", "ann  example", "Dr. Ann Example, PT", "Ann Example (Registered Physiotherapist)",
     "Ms Ann Example MPT CGIMS"],
)  # fmt: skip
def test_a_name_is_one_person_however_it_is_written(written: str) -> None:
    assert person(written) == "ann example"


def test_without_a_clinic_file_the_published_insurers_are_known() -> None:
    clinic = without_file()
    assert [i.name for name in ("PBC", "sunlife", "Great-West Life", "wcb") if (i := clinic.insurer(name))] == [
        "Pacific Blue Cross", "Sun Life", "Canada Life", "WorkSafeBC",
    ]  # fmt: skip
    assert clinic.nearest_insurer("Sunn Lif") == "Sun Life"
    assert not clinic.practitioners


def test_text_for_toml_is_escaped(tmp_path: Path) -> None:
    name = 'A "quoted" \\ name\n'
    clinic = practice(tmp_path, f'[service_names]\n{toml_text(name)} = "other"\n')
    assert clinic.service_names == {name: "other"}


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("visits = true", "expected a whole number"),
        ("visits = 0", "expected greater than 0"),
        ('per = "calendar-year"\nweeks_after_accident = 12\nvisits = 3', "only one of them"),
        ('per = "calendar-year"', "a limit per calendar year needs visits"),
        ("weeks_after_accident = 1000000000", "expected less than or equal to 520"),
        ("weeks_after_accident = 12\npublished = true", "this key is not known"),
        ("weeks_after_accident = 12\nservices = []", "found an empty list"),
        ('weeks_after_accident = 12\nsource = ""', "expected text"),
        ("weeks_after_accident = 12\nuntil = 2025-12-31", "it ends (2025-12-31) before it begins"),
        ("weeks_after_accident = 12\nform = 2026-01-01", "this key is not known; did you mean from?"),
    ],
)
def test_a_faulty_limit_is_told_with_its_line(tmp_path: Path, key: str, words: str) -> None:
    text = f'[clinic]\nname = "X"\n[[limit]]\ninsurer = "ICBC"\nfrom = 2026-01-01\n{key}\n'
    messages = faults(tmp_path, text)
    assert any(words in line and "[[limit]] 1" in line for line in messages), messages


def test_limits_that_overlap_are_a_fault_however_the_policy_is_written(tmp_path: Path) -> None:
    limit = '[[limit]]\ninsurer = "Sun Life"\npolicy = "{}"\nvisits = 9\nper = "calendar-year"\nfrom = 2026-01-01\n'
    text = '[clinic]\nname = "X"\n' + limit.format("00123") + limit.format("00-123")
    assert "it limits the same as [[limit]] 1 and their dates overlap" in faults(tmp_path, text)[1]
    assert (
        "the insurer 'Sun Lif' is not known; did you mean Sun Life?"
        in faults(tmp_path, '[clinic]\nname = "X"\n' + limit.format("1").replace("Sun Life", "Sun Lif"))[1]
    )


def test_a_plan_is_known_by_the_letters_and_digits_of_its_number(tmp_path: Path) -> None:
    plan = 'insurer = "Sun Life"\npolicy = "G-123"\nfrom = 2026-01-01\n'
    share, limit = f"[[coverage]]\n{plan}percent = 80\n", f'[[limit]]\n{plan}visits = 7\nper = "calendar-year"\n'
    anyone = '[[coverage]]\ninsurer = "Sun Life"\nfrom = 2026-01-01\npercent = 50\n'
    clinic, day = practice(tmp_path, share + limit + anyone), dt.date(2026, 10, 7)
    for policy, percent, visits in (("G-123", 80, [7]), ("g 123", 80, [7]), ("G124", 50, []), ("", 50, [])):
        assert clinic.percent_on("sun-life", policy, day) == percent, policy
        assert [each.visits for each in clinic.limits_on("sun-life", policy, day)] == visits, policy


def test_a_table_in_braces_over_several_lines_is_named_with_its_line_and_the_way_to_write_it(tmp_path: Path) -> None:
    layout = '[[layout]]\nname = "Ours"\nheadings = {\n  "Type" = "Service",\n}\n'
    text = f"{clinic_file(tmp_path).read_text('utf-8')}\n{layout}"
    (tmp_path / "clinic.toml").write_text(text, "utf-8")
    line = text.splitlines().index("headings = {") + 1
    with pytest.raises(BillingError, match=rf"line {line}.*\[layout\.headings\]"):
        load(tmp_path / "clinic.toml")


def test_a_setup_has_the_ids_of_claims_for_insurers_that_were_renamed_only(tmp_path: Path) -> None:
    own = '[[insurer]]\nname = "{0}"\ncode = "{1}"\naliases = ["{2}"]\n'
    clinic = practice(
        tmp_path, own.format("Novel Insurance", "NOVL", "Novel Mutual") + own.format("Other", "OTHR", "Its")
    )
    published = [insurer.id for insurer in clinic.insurers][:-2]

    def ids(*claimed: tuple[str, str]) -> list[str]:
        return [insurer.id for insurer in with_ids_of_claims(clinic, claimed).insurers]

    assert may_have_renamed(clinic)
    assert not may_have_renamed(practice(tmp_path, own.replace("aliases", "# aliases").format("Other", "OTHR", "Its")))
    as_named = [*published, "novel-insurance", "other"]
    renamed = ("novel-mutual", "Novel Mutual")
    assert ids() == ids(("sun-life", "Sun Life"), ("gone", "Gone Insurance"), ("other", "Other")) == as_named
    assert ids(("sun-life", "Sun Life"), renamed) == [*published, "novel-mutual", "other"]
    # Where claims of both names were made, each has its own.
    assert ids(renamed, ("novel-insurance", "Novel Insurance")) == as_named
    assert with_ids_of_claims(clinic, [renamed]).insurer("Novel Insurance").id == "novel-mutual"  # type: ignore[union-attr]
