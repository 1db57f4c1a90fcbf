"""What does `python -m contractctl` run? The same as the command `contractctl`."""

from contractctl.cli import main

if __name__ == "__main__":
    main()
