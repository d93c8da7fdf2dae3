"""One small function per kind of finding, by what it looks at; importing this package registers them all."""

from ims_billing.checks import cells, lacks, limits, money, notes, people, remembered, services, visits
from ims_billing.checks.desk import CHECKS, Desk, run_checks

__all__ = ["CHECKS", "Desk", "run_checks"]
__all__ += ["cells", "lacks", "limits", "money", "notes", "people", "remembered", "services", "visits"]
