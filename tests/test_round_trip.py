"""The office manager's way: LibreOffice opens the summary, decides in it and saves it; the next claim reads it."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.practice import clinic_file, made_once, row
from tests.test_decisions import SUMMARY, claim, lines, outcomes, sessions

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
# Run by the Python that LibreOffice brings: opens a summary, types into its open cells, and saves.
SCRIPT = """
import os, sys, time, uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException

pipe, source, *saved = sys.argv[1:]
resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
for _ in range(300):
    try:
        context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        break
    except NoConnectException:
        time.sleep(0.2)
desktop = context.ServiceManager.createInstance("com.sun.star.frame.Desktop")
hidden = PropertyValue(Name="Hidden", Value=True)
book = desktop.loadComponentFromURL(uno.systemPathToFileUrl(source), "_blank", 0, (hidden,))
sheet = book.Sheets.getByName("Needs attention")
KIND, DECISION, VALUE, BY = 13, 0, 1, 12
typed = {
    "tax-on-session": (DECISION, "Bill"),
    "missing-fee": (VALUE, "95"),
    "missing-service-date": (VALUE, "2026-10-15"),
    "missing-policy": (VALUE, "00456"),
    "not-a-physiotherapist": (DECISION, "Do not bill"),
}
for place in range(3, 22):
    kind = sheet.getCellByPosition(KIND, place).String
    if kind in typed:
        column, text = typed[kind]
        sheet.getCellByPosition(column, place).setString(text)
    if kind:
        sheet.getCellByPosition(BY, place).setString("R. Manager")
to_send = book.Sheets.getByName("To send")
for place, text in enumerate(("Yes", "2026-11-07", "00789")):
    to_send.getCellByPosition(place, 3).setString(text)
assert not sheet.isProtected()
for target, form in zip(saved[::2], saved[1::2]):
    book.storeToURL(uno.systemPathToFileUrl(target), (PropertyValue(Name="FilterName", Value=form),))
book.close(True)
os._exit(0)  # the bridge may stumble over its own end
"""


@cache
def python_of_libreoffice() -> str | None:
    """A Python that can speak to LibreOffice: its own, or the system's."""
    if not OFFICE:
        return None
    own = [str(Path(OFFICE).resolve().parent / "python")]
    for python in (*own, "/usr/bin/python3", sys.executable):
        if shutil.which(python) and subprocess.run([python, "-c", "import uno"], capture_output=True).returncode == 0:
            return python
    return None


FORMS = {".xlsx": "Calc MS Excel 2007 XML", ".ods": "calc8"}


def decided_in_libreoffice(folder: Path, saved: Path) -> None:
    """Types the script's decisions into the month's summary, saved in both formats as `saved`/decided."""
    python = python_of_libreoffice()
    assert OFFICE is not None
    assert python is not None
    pipe = f"ims{os.getpid()}"
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    targets = [part for ending, form in FORMS.items() for part in (str(saved / f"decided{ending}"), form)]
    with subprocess.Popen(
        [OFFICE, profile, "--headless", "--norestore", f"--accept=pipe,name={pipe};urp;"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as office:  # fmt: skip
        try:
            subprocess.run(
                [python, "-c", SCRIPT, pipe, str(folder / SUMMARY), *targets],
                check=True, capture_output=True, timeout=120,
            )  # fmt: skip
        finally:
            office.terminate()


ROWS = sessions(
    row(Tax=5.0),
    row(Service_Date=dt.date(2026, 10, 8), Fee=""),
    {**row(), "Service Date": ""},
    row(Service_Date=dt.date(2026, 10, 20), Policy_Number=""),
    row(Service_Date=dt.date(2026, 10, 21), Practitioner="Carla Specimen"),
    row(Service_Date=dt.date(2026, 10, 22), Insurer="Moon"),
    row(Service_Date=dt.date(2026, 10, 5)),
)


@made_once
def saved_by_libreoffice(folder: Path) -> None:
    """A month with the script's decisions typed into its summary, saved in both formats beside it."""
    clinic_file(folder)
    *held, first = outcomes(claim(folder, ROWS))
    assert first == "claimed"
    assert all(outcome.startswith("held") for outcome in held)
    (folder / "saved").mkdir()
    decided_in_libreoffice(folder, folder / "saved")


@pytest.mark.parametrize("how", ["the same file", "an .ods beside it", "an .ods that is named"])
def test_what_libreoffice_saves_is_applied_by_the_next_claim(tmp_path: Path, how: str) -> None:
    if python_of_libreoffice() is None:
        pytest.skip("LibreOffice, or a Python that speaks to it, is not installed here")
    saved_by_libreoffice(tmp_path)
    named = tmp_path / "decided.ods"
    places = {"the same file": tmp_path / SUMMARY, "an .ods beside it": (tmp_path / SUMMARY).with_suffix(".ods")}
    target = places.get(how, named)
    shutil.copy(tmp_path / "saved" / f"decided{target.suffix}", target)
    shutil.rmtree(tmp_path / "saved")
    more = ["--decisions", str(named)] if how == "an .ods that is named" else []
    month = claim(tmp_path, ROWS, *more, as_of="2026-11-09")
    assert outcomes(month) == [
        *["claimed"] * 4, "not_billed decided-not-to-bill", "held insurer-not-known", "already_claimed",
    ]  # fmt: skip
    assert not list(tmp_path.rglob("*-kept-*")), "nothing else was changed"
    claims = load_workbook(tmp_path / SUMMARY)["Claims"]
    shown = list(claims.iter_rows(min_row=2, values_only=True))
    assert [(str(line[3])[:10], line[5], line[12]) for line in shown] == [
        ("2026-10-05", "00123", 95),
        ("2026-10-07", "00123", 95),
        ("2026-10-08", "00123", 95),
        ("2026-10-15", "00123", 95),
        ("2026-10-20", "00456", 95),
    ]
    [line] = lines(tmp_path)
    assert line["Decided by"] == "R. Manager"
    first_sent = next(load_workbook(tmp_path / SUMMARY)["To send"].iter_rows(min_row=4, max_col=3, values_only=True))
    assert first_sent == ("Yes", dt.datetime(2026, 11, 7), "00789")
    assert claim(tmp_path, ROWS, *more)["written"] == [], "what was read is read"
