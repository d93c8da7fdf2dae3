"""One small function per kind of finding, by what it looks at; importing this package registers them all."""

from ims_billing.checks import lacks, limits, money, people, remembered, services, visits
from ims_billing.checks.desk import CHECKS, Desk, run_checks

__all__ = ["CHECKS", "Desk", "run_checks"]
__all__ += ["lacks", "limits", "money", "people", "remembered", "services", "visits"]
