"""Starts the program, as ``ims-billing`` and as ``python -m ims_billing``: Ctrl-C is one line from here on."""

import atexit
import contextlib
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
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            _leave(end.code or 0)
        raise


def _leave(code: int) -> None:
    """Ends the process at once: to take all libraries apart again takes 0.05 s, in which it may still be killed."""
    for stream in (sys.stdout, sys.stderr):
        # Whoever read it may have gone.
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    atexit._run_exitfuncs()
    os._exit(code)


if __name__ == "__main__":
    main()
