"""Sessions: what each one is, and which claim on the ledger is its own."""
