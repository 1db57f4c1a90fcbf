"""Where are things in this repository? contractctl.toml, or [tool.contractctl] in pyproject.toml, as one value."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from contractctl.errors import ContractctlError
from contractctl.model.contract import Policy
from contractctl.model.verdict import Level
from contractctl.store import read_policy
from contractctl.toml_text import Table, read_toml

FILE = "contractctl.toml"
SOURCES = ("jsonl", "otlp", "prometheus")
_SQLITE = "sqlite:///"
_SQLITE_FILE = re.compile(r"(sqlite(?:\+\w+)?:///)([^/:?].*)")
"""A path that is relative: to the root, wherever contractctl is run."""
_DIALECTS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
}
_SECRETS = frozenset(
    {"password", "passwd", "pwd", "sslpassword", "token", "access_token", "api_key", "apikey", "passphrase"}
)
"""Query parameters of a URL that hold secrets."""


@dataclass(frozen=True, slots=True)
class EvidenceSource:
    """Where observations come from."""

    source: str
    """One of SOURCES."""
    location: str = field(repr=False)
    """A path pattern relative to the root, or a URL. A URL may hold a secret: it is never printed."""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """What contractctl.toml says, with defaults for what it does not say."""

    root: Path
    contracts: Path
    migrations: Path
    level: Level = Level.BACKWARD
    """For two files; a contract names its own."""
    policy: Policy = Policy()
    """For files outside the store; a contract names its own."""
    strict: bool = False
    """Whether data loss breaks, too."""
    unknown_passes: bool = False
    """Whether `check` lets an unknown verdict pass."""
    default_branch: str = "main"
    database_url: str | None = field(default=None, repr=False)
    """Resolved; it may hold a secret and is never printed."""
    evidence: tuple[EvidenceSource, ...] = ()

    @property
    def dialect(self) -> str | None:
        """The SQL dialect of the database that is named, in the words of contract.toml."""
        scheme = (self.database_url or "").partition(":")[0].partition("+")[0]
        return _DIALECTS.get(scheme)

    def journal_url(self) -> str:
        """The database that plans are carried out in: the one that is named, else an SQLite file of our own."""
        return self.database_url or f"{_SQLITE}{self.migrations / 'contractctl.db'}"


def load(start: Path) -> Settings:
    """The settings in force at `start`: the nearest file upwards, inside the git repository; defaults without one.

    Raise ContractctlError, with file and key, for what it cannot understand.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        table = _table(folder)
        if table is not None:
            return _settings(folder, table)
        if (folder / ".git").exists():
            return _settings(folder, Table(FILE, {}))
    return _settings(start.resolve(), Table(FILE, {}))


def configured(folder: Path) -> bool:
    """Whether this very folder has settings, in a file of their own or in pyproject.toml."""
    return _table(folder) is not None


def _table(folder: Path) -> Table | None:
    own, pyproject = folder / FILE, folder / "pyproject.toml"
    if own.is_file():
        return read_toml(own, _shown(own))
    # a pyproject.toml that does not speak of us is not read: it is none of our business whether it is whole
    if pyproject.is_file() and b"contractctl" in pyproject.read_bytes():
        tools = read_toml(pyproject, _shown(pyproject)).table("tool")
        return tools.table("contractctl") if tools.has("contractctl") else None
    return None


def _settings(root: Path, table: Table) -> Settings:
    database = table.table("database")
    level = table.text("level", Level.BACKWARD.value) or ""
    if level.upper() not in Level.__members__:
        raise table.wrong("level", f"one of {', '.join(Level)}")
    found = Settings(
        root=root,
        contracts=_folder(root, table, "contracts"),
        migrations=_folder(root, table, "migrations"),
        level=Level(level.upper()),
        policy=read_policy(table),
        strict=table.flag("strict"),
        unknown_passes=table.flag("unknown_passes"),
        default_branch=table.text("default_branch", "main") or "main",
        database_url=_database(root, database.text("url")),
        evidence=tuple(_evidence(source) for source in table.tables("evidence")),
    )
    database.done()
    table.done()
    return found


def _folder(root: Path, table: Table, key: str) -> Path:
    folder = (root / (table.text(key, key) or key)).resolve()
    if not folder.is_relative_to(root.resolve()):
        raise table.wrong(key, "a folder inside the repository")
    return folder


def _database(root: Path, url: str | None) -> str | None:
    if url is None:
        return None
    given = _from_environment(url)
    if given is url:
        _refuse_secrets("[database] url", url)
    if "://" not in given:
        raise ContractctlError(
            "[database] url is no database URL",
            hint='write url = "sqlite:///shop.db"; or url = "env:NAME", and put a whole URL into that variable',
        )
    relative = _SQLITE_FILE.fullmatch(given)
    return f"{relative[1]}{root / relative[2]}" if relative else given


def _refuse_secrets(where: str, url: str) -> None:
    """A secret does not belong into a file that git keeps; the message must not spread it further."""
    try:
        parts = urlsplit(url)
        secret = parts.password is not None or any(key.lower() in _SECRETS for key, _ in parse_qsl(parts.query))
    except ValueError:
        raise ContractctlError(f"{where} is no URL", hint='write it whole, or url = "env:NAME"') from None
    if secret:
        raise ContractctlError(
            f"{where} holds a password, and this file is in git",
            hint='write url = "env:NAME" and set that environment variable; change the password, too',
        )


def _evidence(table: Table) -> EvidenceSource:
    source = table.needed_text("source")
    if source not in SOURCES:
        raise table.wrong("source", f"one of {', '.join(SOURCES)}")
    given = table.needed_text("url" if source == "prometheus" else "path")
    location = _from_environment(given)
    if source == "prometheus" and location is given:
        _refuse_secrets("[[evidence]] url", given)
    if source != "prometheus" and location is given and (Path(given).is_absolute() or ".." in Path(given).parts):
        raise ContractctlError(
            f"[[evidence]] path '{given}' leads out of the repository",
            hint='files elsewhere are named by whoever runs it: write path = "env:NAME" and set that variable',
        )
    return EvidenceSource(source, location, table.rest())


def _from_environment(value: str) -> str:
    """What `env:NAME` stands for; any other value is itself."""
    if not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    if not os.environ.get(name):
        raise ContractctlError(
            f"the environment variable '{name}' is not set", hint=f"set it: {FILE} takes a URL from it"
        )
    return os.environ[name]


def _shown(path: Path) -> str:
    """The path as the user would write it from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
