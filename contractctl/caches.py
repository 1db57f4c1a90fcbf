"""Where are caches kept? In a folder that is safe to delete, and that its owner can move or refuse."""

import os
from pathlib import Path

VARIABLE = "CONTRACTCTL_CACHE"
"""A folder to use instead, or `off`."""
OFF = "off"


def folder(name: str) -> Path | None:
    """The folder for one kind of cache, which need not exist; None if nothing should be kept.

    By default it is where the platform wants it:
    https://specifications.freedesktop.org/basedir-spec/latest/.
    """
    given = os.environ.get(VARIABLE, "")
    if given == OFF:
        return None
    if given:
        return Path(given) / name
    base = os.environ.get("XDG_CACHE_HOME", "")
    if base.startswith("/"):
        return Path(base) / "contractctl" / name
    home = Path.home() if "HOME" in os.environ else None
    return home / ".cache" / "contractctl" / name if home else None


def switch_off() -> None:
    """Keep and use nothing in this process, and in those that it starts."""
    os.environ[VARIABLE] = OFF
