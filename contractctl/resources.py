"""Where are the files that ship with the code: the journal's migrations and contractctl's own contracts?"""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def migrations() -> Path:
    """The folder of the journal's Alembic environment."""
    return _beside("migrations")


def contracts() -> Path:
    """The folder of contractctl's own contracts: its outputs' schemas and the demo's examples."""
    return _beside("contracts")


def _beside(name: str) -> Path:
    installed = _PACKAGE / f"_{name}"
    return installed if installed.is_dir() else _PACKAGE.parent / name
