"""What each command does: one file and one transaction each."""
