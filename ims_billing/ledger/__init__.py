"""The clinic's memory: what was claimed, decided and paid."""
