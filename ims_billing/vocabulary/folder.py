"""The names of what this program keeps beside a clinic's setup, and the endings of what it meets there."""

from __future__ import annotations

LEDGER_FILE = "ims-billing.sqlite"
# The ledger's id and last batch, by which an old copy of it, or another one, is known.
LAST_BATCH = "ims-billing-last-batch.json"
# The folder of the workbooks.
REPORTS = "reports"
# The endings of what opens as a workbook, and of every spreadsheet that a clinic may keep here.
WORKBOOKS = (".xlsx", ".ods", ".xlsm", ".xlsb", ".xls")
SPREADSHEETS = (*WORKBOOKS, ".csv", ".tsv")
