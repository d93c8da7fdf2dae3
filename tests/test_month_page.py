"""The month on one screen: how many lines, which are never cut, and any width of terminal."""

from __future__ import annotations

import atexit
import datetime as dt
import gc
import os
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from rich.text import Text
from typer.core import TyperGroup
from typer.testing import CliRunner

from ims_billing import __main__ as start
from ims_billing.cli import main as commands
from ims_billing.cli.screen.layout import LINES, Heading, listed, side_by_side, table, with_command, wrapped
from ims_billing.cli.screen.month_page import Shown, month_page
from ims_billing.cli.screen.on_hold import changed_since
from ims_billing.cli.screen.places import Places
from ims_billing.clinic.setup_file import load
from ims_billing.month.prepare import Month, Scope, prepare_month
from ims_billing.reading.intake import read_files
from ims_billing.vocabulary.findings import CATALOGUE, REMEDIES
from ims_billing.vocabulary.frames import FINDINGS, as_frame
from ims_billing.workbooks.files import Written
from tests.practice import month_of, outcomes, row

SAMPLES = Path(__file__).parent.parent / "samples"
FILES = "samples/sessions-2026-10.xlsx"


@pytest.fixture(scope="module")
def month() -> Month:
    clinic = load(SAMPLES / "clinic.toml")
    files = read_files([SAMPLES / "sessions-2026-10.xlsx"], clinic)
    return prepare_month(files, Scope(clinic, month="2026-10", as_of=dt.date(2026, 11, 5)))


def claimed(month: Month) -> Shown:
    """As `claim` shows the month on the first run, in the folder above the samples."""
    folder = Path("samples", "reports", "2026-10")
    insurers = [folder / "insurers" / f"{n}-2026-10.xlsx" for n in range(month.claims["insurer"].nunique())]
    summary = folder / "claim-summary-2026-10.xlsx"
    written = Written((summary, folder / "claims-2026-10.csv", *insurers), (), shared=True, summary_sha256="")
    ledger = Path("samples", "ims-billing.sqlite")
    return Shown(month, FILES, "", would=False, batch=1, ledger=ledger, fresh=True, written=[written], summary=summary)


@pytest.fixture(scope="module")
def large(month: Month) -> Month:
    """A month of 2,000 sessions with every kind of finding, a dozen of each, and forty insurers."""
    several = pd.concat([month.sessions] * 5, ignore_index=True).iloc[:2000]
    ids = iter(range(2000))
    lines = [
        (
            next(ids) if about.severity == "hold" else n,
            kind,
            about.severity,
            f"{kind} {n}.",
            about.fix,
            "",
            False,
            False,
        )
        for kind, about in CATALOGUE.items()
        for n in range(12)
    ]
    findings = as_frame(lines, FINDINGS)
    held = findings.loc[findings["severity"] == "hold", "session"]
    outcome = several["outcome"].mask(several.index.isin(held), "held").mask(several.index < 12, "claimed")
    sessions = several.assign(outcome=outcome)
    claims = pd.concat([month.claims] * 5, ignore_index=True)
    names = pd.Series([f"Insurer number {n % 40}" for n in range(len(claims))], dtype="str")
    counts = {name: int((outcome == name).sum()) for name in month.totals.counts}
    totals = replace(month.totals, sessions=2000, rows=2001, counts=counts)
    files = tuple(replace(month.intake.files[0], file=f"export {n}.xlsx", unread=()) for n in range(9))
    intake = replace(month.intake, files=files)
    sessions = sessions.assign(file=[f"export {n % 9}.xlsx" for n in range(len(sessions))])
    return replace(
        month, sessions=sessions, findings=findings, claims=claims.assign(insurer=names), totals=totals, intake=intake
    )


def shown(lines: list[Text]) -> list[str]:
    return [line.plain for line in lines]


def test_the_sample_month_is_one_screen(month: Month) -> None:
    lines = shown(month_page(claimed(month), 100))
    assert len(lines) <= LINES == 40
    assert all(len(line) <= 100 for line in lines)
    order = ["October 2026", "CLAIMED", "ON HOLD", "NOT BILLED", "Pacific Blue Cross", "ON HOLD,", "CHECK", "NEXT"]
    places = [next(n for n, line in enumerate(lines) if line.lstrip().startswith(words)) for words in order]
    assert places == sorted(places)
    assert lines[-1] == "2026-10: 198 claimed for $19,780.00, 37 on hold, 168 not billed."
    # The sums of the groups are those of the month: no session is in two of them.
    assert "more than one group" not in "\n".join(lines)


def test_claims_without_any_number_are_named_where_nobody_says_what_their_plan_requires(tmp_path: Path) -> None:
    without = {"Policy_Number": "", "Member_ID": ""}
    rows = [
        row(Insurer="Manulife", **without), row(Insurer="Manulife", Policy_Number="", Member_ID="7"),
        row(Insurer="Desjardins", **without), row(Insurer="PBC", **without), row(Insurer="Canada Life"),
    ]  # fmt: skip

    def page(more: str = "", *, everything: bool = False) -> str:
        month = month_of(
            tmp_path, [{**one, "Service Date": f"2026-10-{5 + n:02}"} for n, one in enumerate(rows)], more=more
        )
        assert outcomes(month) == ["claimed"] * 5
        lines = month_page(Shown(month, FILES, "", would=True), 100, everything=everything)
        return " ".join(" ".join(shown(lines)).split())

    words = "Without policy number and member ID: 2 claims (Desjardins, Manulife)."
    assert (words in page(), words in page(everything=True)) == (True, True)
    settled = "".join(f'[[insurer]]\nname = "{name}"\nrequires = []\n' for name in ("Manulife", "Desjardins"))
    assert "Without policy number" not in page(settled)


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        (["cancelled"], "1 cancelled"),
        (["no-show", "cancelled", "no-show", "other-service"], "1 other service, 2 no-shows, 1 cancelled"),
        (["self-pay"] * 2 + ["refunded", "no-charge", "outside-month"],
         "1 other month, 2 self-pay, 1 refunded, 1 no charge"),
        (["self-pay"] * 3 + ["refunded"] * 2 + ["no-charge", "cancelled", "other-service"],
         "1 other service, 3 self-pay, 2 refunded, 1 cancelled, 1 no charge"),
        (["self-pay"] * 3 + ["refunded"] * 2 + ["no-show", "no-charge", "cancelled", "not-arrived", "other-service"],
         "1 other service, 3 self-pay, 2 refunded, 1 no-show, 3 for other reasons"),
    ],
)  # fmt: skip
def test_the_reasons_not_to_bill_are_named_the_most_frequent_first(
    month: Month, reasons: list[str], words: str
) -> None:
    sessions = month.sessions.copy()
    labels = sessions.index[sessions["outcome"] == "not_billed"]
    sessions.loc[labels, "outcome"] = "claimed"
    sessions.loc[labels[: len(reasons)], "outcome"] = "not_billed"
    sessions.loc[labels[: len(reasons)], "reason"] = reasons
    lines = month_page(claimed(replace(month, sessions=sessions)), 120)
    assert next(line for line in shown(lines) if line.startswith("NOT BILLED")).endswith(words)


def test_an_export_without_any_fee_has_its_way_out_said_once(tmp_path: Path) -> None:
    def page(*fees: float | str) -> str:
        month = month_of(tmp_path, [row(Patient=f"Pat {n}", Fee=fee) for n, fee in enumerate(fees)])
        return " ".join(" ".join(shown(month_page(Shown(month, FILES, "", would=True), 100))).split())

    assert page("", "").count("Add a column Fee to the file") == 1
    assert "Add a column Fee" not in page("", 95.0)


def test_sessions_in_several_groups_are_counted_once_each(month: Month) -> None:
    held = month.sessions.index[month.sessions["outcome"] == "held"][:3]

    def page(*kinds_of_each: str) -> str:
        lines = [
            (label, kind, "hold", f"{kind}.", "", "", False, False)
            for label, kinds in zip(held, kinds_of_each, strict=False)
            for kind in kinds.split()
        ]
        of_three = replace(month, findings=as_frame(lines, FINDINGS))
        return " ".join(" ".join(shown(month_page(claimed(of_three), 100))).split())

    three_groups, two_groups, one_group = (
        "missing-policy insurer-not-known ims-not-certain",
        "missing-policy missing-member insurer-not-known",
        "missing-policy missing-member",
    )
    assert "(with row numbers; 2 sessions are in more than one group)" in page(three_groups, two_groups, one_group)
    assert "(with row numbers; 1 session is in more than one group)" in page(one_group, two_groups, one_group)
    assert "(with row numbers)" in page(one_group, one_group, one_group)


@pytest.mark.parametrize(("payers", "words"), [(["MSP"], "MSP pays $"), (["ICBC", "MSP"], "ICBC, MSP pay $")])
def test_one_payer_pays_and_several_pay(month: Month, payers: list[str], words: str) -> None:
    claims = month.claims[~month.claims["insurer"].isin({"ICBC", "MSP", "WorkSafeBC"} - set(payers))]
    assert words in " ".join(shown(month_page(claimed(replace(month, claims=claims)), 100)))


def test_a_large_month_is_one_screen_and_what_costs_money(large: Month) -> None:
    never_cut = changed_since(large, Places(large), 100)
    lines = shown(month_page(claimed(large), 100))
    assert len(lines) <= LINES + len(never_cut)
    assert all(len(line) <= 100 for line in lines if "ims-billing claim" not in line)
    whole = " ".join(lines)
    for kind, about in CATALOGUE.items():
        if about.remedy == "claim":
            assert all(f"{kind} {n}." in whole for n in range(12))
    for remedy in set(REMEDIES) - {"claim", "check"}:
        assert f"{REMEDIES[remedy]}: " in whole
    assert "other kind" in whole


def test_everything_shows_every_kind_message_and_fix(large: Month) -> None:
    whole = " ".join(" ".join(shown(month_page(claimed(large), 100, everything=True))).split())
    for kind, about in CATALOGUE.items():
        assert f"{about.title} ({kind}" in whole
        assert f"{kind} 11." in whole
        assert f"Fix: {about.fix}" in whole
    assert "39-2026-10.xlsx" in whole


def test_narrow_screens_cut_no_word_and_end_in_no_blanks(month: Month, large: Month) -> None:
    def words(lines: list[Text]) -> set[str]:
        stripped = (word.strip(",;.():") for line in lines for word in line.plain.split())
        return {word for word in stripped if word.isalpha()}

    whole = words(month_page(claimed(month), 100, everything=True))
    assert len(whole) > 300
    for wide in (80, 60, 40):
        assert words(month_page(claimed(month), wide, everything=True)) == whole, wide
        for each in (month, large):
            for line in shown(month_page(claimed(each), wide)):
                # A command, a path and the like are whole: the terminal may break them, and a copy is still right.
                assert len(line) <= wide or "ims-billing" in line or "samples" in line, line


def test_lines_are_wrapped_at_words_and_lists_are_counted_out() -> None:
    assert shown(wrapped("one two three four", 9, first="> ", rest="  ")) == ["> one two", "  three", "  four"]
    assert shown(wrapped("extraordinarily long", 8)) == ["extraordinarily", "long"]
    parts = [f"part {n}" for n in range(9)]
    assert shown(listed(parts, 100, head="Head:", indent="", most=1, rest="part"))[0].endswith("part 8")
    few = shown(listed([*parts, "x" * 80], 100, head="Head:", indent="", most=1, rest="part"))
    assert few == ["Head: part 0; part 1; part 2; part 3; part 4; part 5; part 6; part 7; part 8; 1 part"]
    cells = [(f"Name {n}", str(n), "$1.00") for n in range(14)]
    beside = shown(side_by_side(cells, 100, most=4, rest="other name"))
    assert (len(beside), beside[0].split()[:2], beside[-1].strip()) == (4, ["Name", "0"], "and 5 other names")
    assert shown(side_by_side(cells[:2], 12, most=4, rest="x")) == ["Name 0: 0,", "  $1.00", "Name 1: 1,", "  $1.00"]
    assert shown(with_command("Do it:", "a b", 12, first="1 ", rest="  ")) == ["1 Do it:", "  a b"]
    assert shown(with_command("Do it:", "a b", 13, first="1 ", rest="  ")) == ["1 Do it:  a b"]


def test_a_table_too_wide_for_the_screen_becomes_a_paragraph_for_each_row() -> None:
    headings = (Heading("Claim"), Heading("Owed", right=True), Heading("State", wraps=True))
    rows = [("2026-10-SUNL-0001", "$95.00", "not answered"), ("2026-10-SUNL-0002", "-", "short")]
    assert shown(table(headings, rows, 60))[2:] == [
        "2026-10-SUNL-0001  $95.00  not answered", "2026-10-SUNL-0002       -  short",
    ]  # fmt: skip
    assert shown(table(headings, rows, 30)) == [
        "2026-10-SUNL-0001: Owed", "  $95.00, State not answered", "2026-10-SUNL-0002: State short",
    ]  # fmt: skip


@pytest.mark.parametrize(("encoding", "line"), [
    ("ascii", b"Zoe - \"a\" ... ? -- #"), ("cp437", b"Zo\x89 - \"a\" ... ? \xc4\xc4 \xdb"),
    ("cp1252", b"Zo\xeb \x96 \x93a\x94 \x85 ? -- #"),
])  # fmt: skip
def test_a_console_is_given_the_nearest_character_that_it_has(encoding: str, line: bytes) -> None:
    commands.show_nearest()
    assert "Zoë – “a” … 医 ── █".encode(encoding, errors="nearest") == line


def test_ctrl_c_is_one_line_from_the_first_moment_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "ims_billing.cli.main", SimpleNamespace(main=stop))
    with pytest.raises(SystemExit) as ended:
        start.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err.count("\n") == 1
    monkeypatch.setattr(TyperGroup, "make_context", stop)
    done = CliRunner().invoke(commands.app, ["check", "x"])
    assert (done.exit_code, done.stderr.count("\n"), done.stderr.startswith("ims-billing: stopped")) == (130, 1, True)


@pytest.mark.parametrize(("given", "code"), [(1, 1), (None, 0)])
def test_a_run_ends_at_once_after_what_has_to_be_done_at_its_end(
    monkeypatch: pytest.MonkeyPatch, given: int | None, code: int
) -> None:
    ends: list[object] = []
    monkeypatch.setitem(sys.modules, "ims_billing.cli.main", SimpleNamespace(main=lambda: sys.exit(given)))
    monkeypatch.setattr(atexit, "_run_exitfuncs", lambda: ends.append("at exit"))
    monkeypatch.setattr(os, "_exit", ends.append)
    monkeypatch.setattr(gc, "disable", lambda: None)
    with pytest.raises(SystemExit):
        start.main()
    assert ends == ["at exit", code]


def test_a_list_that_has_one_line_names_kinds_without_their_rows_before_it_only_counts_them() -> None:
    parts = [f"kind {n} (A100, A101, A102, B{n}00 and 1,234 more rows of it)" for n in range(12)]
    brief = [f"kind {n}" for n in range(12)]

    def line(most: int, head: str) -> list[str]:
        shown = listed(parts, 100, head=head, indent="", most=most, rest="other kind", brief=brief)
        return [each.plain for each in shown]

    assert line(1, "Fix:") == [f"Fix: {parts[0]}; 11 other kinds"]
    assert line(1, "Fix in the practice software: 13 sessions, $1,121.50:") == [
        "Fix in the practice software: 13 sessions, $1,121.50: kind 0; kind 1; kind 2; kind 3; 8 other kinds"
    ]
    assert " ".join(line(1, "x" * 90)).split() == ["x" * 90, "12", "other", "kinds"]
