"""Runs the program as ``python -m ims_billing``."""

from ims_billing.cli.main import main

main()
