"""Starts the program, as ``ims-billing`` and as ``python -m ims_billing``: Ctrl-C is one line from here on."""

import gc
import os
import sys

from ims_billing.cli import stopped


def main() -> None:
    """Runs the command line; Ctrl-C while its libraries are loaded, or after it has ended, is one line too."""
    # Pydantic would look through every installed package for plugins, which no rule here may depend on.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # A run is short, and what it drops is freed at once: to look for cycles takes a tenth of it and finds next to none.
    gc.disable()
    try:
        from ims_billing.cli.main import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write(f"ims-billing: {stopped.MESSAGE}\n")
        sys.exit(stopped.CODE)
    finally:
        # Python looks for cycles once more at its end, unless nothing is left to be looked at.
        gc.freeze()


if __name__ == "__main__":
    main()
