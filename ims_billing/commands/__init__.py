"""The commands, thin: parse, call, show, exit code. pandas and openpyxl come in only where they are used."""
