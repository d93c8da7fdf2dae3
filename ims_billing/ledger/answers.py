"""How insurers have answered, as the ledger holds it: claims that were answered alike are counted, not loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ims_billing.ledger.file import LedgerFile
from ims_billing.ledger.rows import frame_of_rows
from ims_billing.payments.positions import OF_ANSWERS
from ims_billing.vocabulary.frames import ON_LEDGER

if TYPE_CHECKING:
    import pandas as pd

# A claim with one answer that stands, or none, is like every other of its insurer and amount with the same answer; one
# with several, or sent again, is a case of its own. Ten years of claims are a few hundred cases.
_ALIKE = """
WITH answered AS (
    SELECT posting.claim AS claim, count(*) AS answers, posting.paid_cents AS paid, expected_cents, denied, reason
    FROM posting JOIN remittance_line ON remittance_line.id = line JOIN payment ON payment.id = payment
    WHERE undone_on IS NULL GROUP BY posting.claim
), sent_again AS (SELECT DISTINCT claim FROM work WHERE sent_on IS NOT NULL)
SELECT {columns}, count(*), min(claim.id) AS first
FROM claim LEFT JOIN answered ON answered.claim = claim.claim LEFT JOIN sent_again ON sent_again.claim = claim.claim
WHERE service = 'ims' AND voided_on IS NULL AND follows IS NULL
GROUP BY insurer, amount_cents, paid, expected_cents, denied, reason,
    CASE WHEN answers > 1 OR sent_again.claim IS NOT NULL THEN claim.claim END
ORDER BY first
"""


def answered_alike(ledger: LedgerFile) -> tuple[pd.DataFrame, pd.Series[int]]:
    """The first claim (OF_ANSWERS) of each case of an IMS claim that stands, and how many claims are that case.

    Both are empty before any insurer has answered.
    """
    import pandas as pd

    columns = tuple(column for column in ON_LEDGER if column.name in OF_ANSWERS)
    rows = []
    if ledger.rows("SELECT 1 FROM posting UNION ALL SELECT 1 FROM work WHERE sent_on IS NOT NULL LIMIT 1"):
        rows = ledger.rows(_ALIKE.format(columns=", ".join(f"claim.{column.name}" for column in columns)))
    counts = pd.Series([row[-2] for row in rows], dtype="int64")
    return frame_of_rows([row[:-2] for row in rows], columns), counts
