"""In which databases do plans run, and which Alembic environment does each have? A URL is read when it is used."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from contractctl.errors import ContractctlError
from contractctl.toml_text import Table

_SQLITE_FILE = re.compile(r"(sqlite(?:\+\w+)?:///)([^/:?].*)")
"""A relative path: it starts at the root, wherever contractctl is run."""
_SECRETS = frozenset({"password", "passwd", "pwd", "sslpassword", "token", "access_token", "api_key", "apikey"})
"""Query parameters of a URL that hold secrets."""
ENVIRONMENT = "env:"


@dataclass(frozen=True, slots=True)
class NamedDatabase:
    """A database as contractctl.toml names it."""

    name: str
    """Its name as in a contract.toml; empty for the one of [database]."""
    given: str = field(repr=False)
    """Its URL, or env:NAME."""
    root: Path
    alembic: Path | None = None
    """The alembic.ini or pyproject.toml of the environment with its revisions, if that is not found automatically."""
    section: str = "alembic"
    """The section of alembic.ini, as for `alembic --name`."""
    engine: str | None = None
    """Its name in an Alembic environment of several databases."""

    @property
    def url(self) -> str:
        """Its address, a file's path made absolute. It may hold a secret and is never printed."""
        url = from_environment(self.given)
        if "://" not in url:
            raise ContractctlError(
                f"{self.place} url is not a database URL",
                hint='write url = "sqlite:///shop.db"; or url = "env:NAME", and put a whole URL into that variable',
            )
        relative = _SQLITE_FILE.fullmatch(url)
        return f"{relative[1]}{self.root / relative[2]}" if relative else url

    @property
    def place(self) -> str:
        """The table of contractctl.toml that defines it."""
        return f"[databases.{self.name}]" if self.name else "[database]"


def read_databases(root: Path, table: Table) -> Mapping[str, NamedDatabase]:
    """What [database] and [databases.NAME] say."""
    found = {}
    if table.has("database"):
        found[""] = _database(root, "", table.table("database"))
    named = table.table("databases")
    for name in named.names():
        found[name] = _database(root, name, named.table(name))
    return {name: one for name, one in found.items() if one is not None}


def _database(root: Path, name: str, table: Table) -> NamedDatabase | None:
    url = table.text("url") if not name else table.needed_text("url")
    if url is None:
        table.done()
        return None
    alembic = table.text("alembic")
    found = NamedDatabase(
        name,
        url,
        root,
        alembic=None if alembic is None else (root / alembic).resolve(),
        section=table.text("section", "alembic") or "alembic",
        engine=table.text("engine") or name or None,
    )
    table.done()
    if not url.startswith(ENVIRONMENT):
        refuse_secrets(f"{found.place} url", url)
        found.url  # noqa: B018 - raises where it is none
    return found


def from_environment(value: str) -> str:
    """What `env:NAME` stands for; any other value is itself."""
    if not value.startswith(ENVIRONMENT):
        return value
    name = value.removeprefix(ENVIRONMENT)
    if not os.environ.get(name):
        raise ContractctlError(f"the environment variable '{name}' is not set", hint=f"set it: export {name}=…")
    return os.environ[name]


def refuse_secrets(where: str, url: str) -> None:
    """A secret does not belong in a file that git keeps; the message must not spread it further."""
    try:
        parts = urlsplit(url)
        secret = parts.password is not None or any(key.lower() in _SECRETS for key, _ in parse_qsl(parts.query))
    except ValueError:
        raise ContractctlError(f"{where} is not a URL", hint='write it whole, or url = "env:NAME"') from None
    if secret:
        raise ContractctlError(
            f"{where} holds a password, but this file is kept in git",
            hint='write url = "env:NAME" and set that environment variable; and change the password',
        )
