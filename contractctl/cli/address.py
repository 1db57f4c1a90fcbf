"""Which database does a word on the command line mean? An address, env:NAME, or a name of contractctl.toml."""

from dataclasses import dataclass, field
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.settings import FILE, Settings
from contractctl.settings.databases import ENVIRONMENT, from_environment, refuse_secrets

_VARIABLE = "DATABASE_URL"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is."""

    url: str = field(repr=False)
    """It may hold a secret and is never printed or written."""
    name: str
    """In contractctl.toml, where there are several; empty for the only one."""
    title: str
    """How messages refer to it: by its name, or by the database's name in the address."""
    setting: str | None
    """What to write as [database] url; None where contractctl.toml has it already."""
    secret: bool = False
    """Whether a password was given on the command line."""

    @property
    def variable(self) -> str | None:
        """The environment variable that is to hold the address."""
        setting = self.setting or ""
        return setting.removeprefix(ENVIRONMENT) if setting.startswith(ENVIRONMENT) else None


def address(found: Settings, word: str) -> Address:
    """Raise ContractctlError where the word means no database, or a file that is not there."""
    if "://" not in word and not word.startswith(ENVIRONMENT):
        return _configured(found, word)
    url = whole_url(word, "shop")
    title = _there(url, Path.cwd())
    return Address(url, "", title, _setting(found, word), secret=_has_secret(word))


def whole_url(word: str, example: str) -> str:
    """The word itself as a URL, or the one that env:NAME holds. Raise ContractctlError where that is not a URL."""
    url = from_environment(word)
    if "://" not in url:
        raise ContractctlError(
            f"{_shown(word)} is not a database URL", hint=f"write a whole URL: postgresql://user@host/{example}"
        )
    return url


def named(found: Settings, name: str = "") -> Address:
    """The database of that name in contractctl.toml; without a name, the one that needs none."""
    database = found.database(name)
    if database is None:
        raise ContractctlError(
            "no database is named",
            hint=f'give its address, --database URL, or write into {FILE}:\n  [database]\n  url = "env:{_VARIABLE}"',
        )
    title = _there(database.url, found.root)
    return Address(database.url, database.name, database.name or title, None)


def _configured(found: Settings, word: str) -> Address:
    if word not in found.databases:
        raise ContractctlError(
            f"{_shown(word)} is not a database URL, and {FILE} has no database of that name",
            hint="write a URL (postgresql://user@host/shop, sqlite:///shop.db), env:NAME, or a name of [databases]",
        )
    return named(found, word)


def _shown(word: str) -> str:
    """The word as a message may show it: before an @ there may be a password."""
    return "'…@" + word.rpartition("@")[2] + "'" if "@" in word else f"'{word}'"


def _there(url: str, folder: Path) -> str:
    """What the address calls the database. Looking at a SQLite file must not create it."""
    from contractctl.databases import opening

    parsed = opening.parse(url)
    if parsed.get_backend_name() != "sqlite":
        return parsed.database or "database"
    if not parsed.database or parsed.database.startswith((":", "file:")):
        raise ContractctlError("an in-memory database holds nothing yet", hint="name a file: sqlite:///shop.db")
    if not (folder / parsed.database).is_file():
        raise ContractctlError(f"{parsed.database}: there is no such database file", hint="is the URL right?")
    return Path(parsed.database).stem


def _setting(found: Settings, word: str) -> str:
    """What contractctl.toml may say: a file inside the repository by its path, anything else by a variable."""
    from contractctl.databases import opening

    if word.startswith(ENVIRONMENT):
        return word
    parsed = opening.parse(word)
    path = (Path.cwd() / (parsed.database or "")).resolve()
    if parsed.get_backend_name() == "sqlite" and path.is_relative_to(found.root.resolve()):
        return f"sqlite:///{path.relative_to(found.root.resolve()).as_posix()}"
    return f"{ENVIRONMENT}{_VARIABLE}"


def _has_secret(word: str) -> bool:
    if word.startswith(ENVIRONMENT):
        return False
    try:
        refuse_secrets("", word)
    except ContractctlError:
        return True
    return False
