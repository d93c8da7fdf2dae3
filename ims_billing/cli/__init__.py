"""The command line: parse, call, show, exit code. pandas and openpyxl come in only where they are used."""
