"""Runs the program as ``python -m ims_billing``."""

from ims_billing.cli import main

main()
