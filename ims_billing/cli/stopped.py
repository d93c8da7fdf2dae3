"""What Ctrl-C says, whenever it comes: no library is needed for it."""

CODE = 130
MESSAGE = "stopped. Nothing is half-done: what is on the ledger stays, and the same command does the rest."
