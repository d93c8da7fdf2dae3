"""The message of Ctrl-C, for which no library is needed."""

CODE = 130
MESSAGE = "stopped. Nothing is half-done: what is on the ledger stays, and the same command does the rest."
