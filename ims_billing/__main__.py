"""Starts the program, as ``ims-billing`` and as ``python -m ims_billing``: Ctrl-C is one line from here on."""

import os
import sys

from ims_billing.cli import stopped


def main() -> None:
    """Runs the command line; Ctrl-C while its libraries are loaded, or after it has ended, is one line too."""
    # Pydantic would look through every installed package for plugins, which no rule here may depend on.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from ims_billing.cli.main import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write(f"ims-billing: {stopped.MESSAGE}\n")
        sys.exit(stopped.CODE)


if __name__ == "__main__":
    main()
