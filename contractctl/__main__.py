"""What do `contractctl` and `python -m contractctl` run? The commands, once these are loaded."""

import signal
from typing import NoReturn


def main() -> NoReturn:
    """Run a command. Until it is loaded, and has an answer to Ctrl-C, that ends the process without a word."""
    loud = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # in the background it may be ignored
    if loud:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from contractctl import cli

    if loud:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    cli.main()


if __name__ == "__main__":
    main()
