"""Where are things in this repository? contractctl.toml, or [tool.contractctl] in pyproject.toml, as one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from contractctl.errors import ContractctlError
from contractctl.evidence import SOURCES
from contractctl.evidence.asked import Asked
from contractctl.flagd import Flag
from contractctl.git import Repository
from contractctl.model import canonical
from contractctl.model.acceptance import Acceptance
from contractctl.model.cluster import Naming
from contractctl.model.contract import Contract, Policy
from contractctl.model.verdict import Level
from contractctl.settings.databases import ENVIRONMENT, NamedDatabase, from_environment, read_databases, refuse_secrets
from contractctl.settings.kubernetes import read_naming
from contractctl.store import read_acceptances, read_policy
from contractctl.toml_text import Table, read_toml, toml_table

FILE = "contractctl.toml"
_SERVERS = frozenset({"catalog", "mariadb_digests", "pg_stat_statements", "prometheus"})
"""Sources with an address; the others have files."""
_SQLITE = "sqlite:///"
_DIALECTS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
}


@dataclass(frozen=True, slots=True)
class EvidenceSource:
    """Where observations come from."""

    source: str
    """One of evidence.SOURCES."""
    given: str = field(repr=False)
    """The location as written, possibly env:NAME."""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def location(self) -> str:
        """A path pattern relative to the root, or a URL. A URL may hold a secret: it is never printed.

        Read when it is used: most commands ask no source, and run where its variable is not set.
        """
        return from_environment(self.given)

    @property
    def meant(self) -> list[object]:
        """What tells it from another: of a server its address; files may lie elsewhere on other machines."""
        where = urlsplit(self.location)._replace(query="") if self.source in _SERVERS else None
        place = self.given if where is None else urlunsplit(where._replace(netloc=where.netloc.rpartition("@")[2]))
        return [self.source, place, dict(self.options)]

    @property
    def resolved(self) -> dict[str, str]:
        """The options with what `env:NAME` stands for: a token is not text for a file in git."""
        return {key: from_environment(str(text)) for key, text in self.options.items()}


@dataclass(frozen=True, slots=True)
class Settings:
    """The content of contractctl.toml, with defaults for what it leaves out."""

    root: Path
    contracts: Path
    migrations: Path
    level: Level = Level.BACKWARD
    """For two files; a contract names its own."""
    policy: Policy = Policy()
    """For files outside the store; a contract names its own."""
    strict: bool = False
    """Whether data loss counts as breaking, too."""
    unknown_passes: bool = False
    """Whether `check` lets an unknown verdict pass."""
    accepted: tuple[Acceptance, ...] = ()
    """Findings of `check` in files outside the store that do not fail it; a contract names its own."""
    default_branch: str = "main"
    databases: Mapping[str, NamedDatabase] = field(default_factory=dict)
    """By name; that of [database] has none."""
    evidence: tuple[EvidenceSource, ...] = ()
    flags: tuple[Flag, ...] = ()
    workloads: Naming | None = None
    """How a cluster's workloads are named; None where [kubernetes] is not there."""
    given_environment: str | None = None

    def judged(self, contract: Contract, today: str | None = None) -> Contract:
        """A contract as it is judged in this repository: strict where either of them says so, and as of a day."""
        policy = replace(contract.policy, today=today)
        return replace(contract, strict=contract.strict or self.strict, policy=policy)

    @property
    def environment(self) -> str | None:
        """The environment that the databases belong to; None if it was not declared."""
        return None if self.given_environment is None else from_environment(self.given_environment)

    @property
    def asked(self) -> Asked:
        """What evidence is collected for."""
        return Asked(self.environment or "", canonical.digest([one.meant for one in self.evidence]))

    @property
    def dialect(self) -> str | None:
        """The SQL dialect of the named database, in the words of contract.toml; None if unknown."""
        try:
            scheme = (self.database_url or "").partition(":")[0].partition("+")[0]
        except ContractctlError:
            return None
        return _DIALECTS.get(scheme)

    def database(self, name: str = "") -> NamedDatabase | None:
        """The database of that name; without one that of [database], or the only one there is."""
        if not name and "" not in self.databases and len(self.databases) == 1:
            return next(iter(self.databases.values()))
        found = self.databases.get(name)
        if found is None and name:
            raise ContractctlError(
                f"no database is called '{name}'",
                hint=f'write into {FILE}:\n  [databases.{name}]\n  url = "env:NAME"',
            )
        return found

    @property
    def database_url(self) -> str | None:
        """The address of the database that needs no name. It may hold a secret and is never printed."""
        found = self.database()
        return None if found is None else found.url

    def journal_url(self, name: str = "") -> str:
        """The database that plans are carried out in: the one that is named, else an SQLite file of our own."""
        found = self.database(name)
        return f"{_SQLITE}{self.migrations / 'contractctl.db'}" if found is None else found.url


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


def load_at(start: Path, repository: Repository, commit: str) -> Settings:
    """The settings that were in force at `start` in a commit; the defaults if they cannot be read."""
    root = repository.root.resolve()
    folders = [folder for folder in (start.resolve(), *start.resolve().parents) if folder.is_relative_to(root)]
    try:
        for folder in folders:
            table = _table_at(folder, repository, commit)
            if table is not None:
                return _settings(folder, table)
    except (ContractctlError, ValueError):  # settings that could not be read were not in force
        pass
    return _settings(root, Table(FILE, {}))


def configured(folder: Path) -> bool:
    """Whether this very folder has settings, in a file of their own or in pyproject.toml."""
    return _table(folder) is not None


def _table(folder: Path) -> Table | None:
    own, pyproject = folder / FILE, folder / "pyproject.toml"
    if own.is_file():
        return read_toml(own, _shown(own))
    if own.exists() or own.is_symlink():
        raise ContractctlError(f"{_shown(own)} is not a file", hint="put the settings there, or remove it")
    # a pyproject.toml without our table is not parsed: whether it is valid is none of our business
    if pyproject.is_file() and b"contractctl" in pyproject.read_bytes():
        tools = read_toml(pyproject, _shown(pyproject)).table("tool")
        return tools.table("contractctl") if tools.has("contractctl") else None
    return None


def _table_at(folder: Path, repository: Repository, commit: str) -> Table | None:
    own, pyproject = (repository.read(commit, repository.relative(folder / name)) for name in (FILE, "pyproject.toml"))
    if own is not None:
        return toml_table(own, FILE)
    tools = toml_table(pyproject or b"", "pyproject.toml").table("tool")
    return tools.table("contractctl") if tools.has("contractctl") else None


def _settings(root: Path, table: Table) -> Settings:
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
        accepted=read_acceptances(table, of_files=True),
        default_branch=table.text("default_branch", "main") or "main",
        databases=read_databases(root, table),
        evidence=tuple(_evidence(source) for source in table.tables("evidence")),
        flags=tuple(_flag(root, flag) for flag in table.tables("flags")),
        workloads=read_naming(table.table("kubernetes")) if table.has("kubernetes") else None,
        given_environment=table.text("environment"),
    )
    table.done()
    return found


def _folder(root: Path, table: Table, key: str) -> Path:
    folder = (root / (table.text(key, key) or key)).resolve()
    if not folder.is_relative_to(root.resolve()) or folder.is_file():
        raise table.wrong(key, "a folder inside the repository")
    return folder


def _flag(root: Path, table: Table) -> Flag:
    plan, shown = table.needed_text("plan"), table.needed_text("path")
    path = (root / shown).resolve()
    if not path.is_relative_to(root.resolve()):
        raise table.wrong("path", "a file inside the repository")
    name = table.text("flag", plan) or plan
    found = Flag(plan, path, shown, name, table.text("new", "new") or "new", table.text("old", "old") or "old")
    if found.new == found.old:
        raise table.wrong("new", "another variant than old")
    table.done()
    return found


def _evidence(table: Table) -> EvidenceSource:
    source = table.needed_text("source")
    if source not in SOURCES:
        raise table.wrong("source", f"one of {', '.join(SOURCES)}")
    given = table.needed_text("url" if source in _SERVERS else "path")
    is_named = given.startswith(ENVIRONMENT)
    if source in _SERVERS and not is_named:
        refuse_secrets("[[evidence]] url", given)
    if source not in _SERVERS and not is_named and (Path(given).is_absolute() or ".." in Path(given).parts):
        raise ContractctlError(
            f"[[evidence]] path '{given}' leads outside the repository",
            hint='for files elsewhere, write path = "env:NAME" and set that variable',
        )
    return EvidenceSource(source, given, table.rest())


def _shown(path: Path) -> str:
    """The path as the user would write it from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
