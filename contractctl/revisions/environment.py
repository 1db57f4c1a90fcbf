"""Which Alembic environment holds the plans' revisions: the repository's own, or one that contractctl writes?"""

import sys
import tomllib
import warnings
from collections.abc import Iterator, Mapping
from configparser import Error as IniError
from contextlib import chdir, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from contractctl.errors import ContractctlError

INI, PYPROJECT = "alembic.ini", "pyproject.toml"
_TEMPLATES = Path(__file__).parent / "templates"
_FILES = ("env.py", "script.py.mako", INI)
_LOST = "Can't locate revision identified by"
"""How Alembic words that a database is at a revision whose file is missing."""
_LOST_HINT = (
    "is it the wrong database, is a branch not merged that has this revision, or is it that of another alembic.ini,"
    " which contractctl.toml does not name? "
)
_UNNAMED = 'DATABASE = ""'
"""In env.py as contractctl writes it: the database, by its name in contractctl.toml."""


@dataclass(frozen=True, slots=True)
class Called:
    """What contractctl.toml says about a database and its revisions."""

    database: str = ""
    """The database's name there."""
    settings: Path | None = None
    """The alembic.ini or pyproject.toml, if it is named."""
    section: str = "alembic"
    """The section of alembic.ini, as for `alembic --name`."""
    engine: str | None = None
    """Its name in an environment of several databases."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Where Alembic's settings and its env.py are, and where plans are kept."""

    home: Path
    """contractctl's own folder: plans/ and what belongs to them."""
    own: Path
    """Where contractctl has written an environment, or would: that folder, or one in it for each database."""
    base: Path
    """The folder from which people run alembic: relative paths start there."""
    ini: Path | None = None
    """alembic.ini."""
    toml: Path | None = None
    """pyproject.toml with [tool.alembic]."""
    called: Called = Called()

    @property
    def settings(self) -> Path | None:
        """The file that people know as Alembic's settings."""
        return self.toml or self.ini

    def config(self) -> Config:
        """Alembic's settings, as its command line reads them."""
        config = Config(self.ini, toml_file=self.toml, ini_section=self.called.section)
        try:
            found = config.get_alembic_option("script_location")
        except UnicodeDecodeError as error:
            raise ContractctlError(
                f"{self.settings}: byte {error.start} is not {error.encoding.upper()}", hint="save the file as UTF-8"
            ) from None
        if found is None:
            config.set_main_option("script_location", str(self.own).replace("%", "%%"))
        return config

    @contextmanager
    def entered(self) -> Iterator[ScriptDirectory]:
        """Its revisions, with relative paths as people mean them. Raise ContractctlError for what Alembic refuses."""
        before = sys.path[:]
        try:
            with chdir(self.base):
                directory = ScriptDirectory.from_config(self.config())
                self._demand_whole(directory)
                yield directory
        except ContractctlError:  # a step's own refusal, in Alembic's form
            raise
        except (CommandError, IniError) as error:
            place = self.settings or self.own
            is_lost = str(error).startswith(_LOST)
            raise ContractctlError(
                f"{place}: {error}", hint=f"{_LOST_HINT if is_lost else ''}to look at it: alembic history"
            ) from error
        finally:
            sys.path[:] = before

    def _demand_whole(self, directory: ScriptDirectory) -> None:
        """Raise ContractctlError unless every revision can be loaded, the application's and those of plans."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", UserWarning)  # how Alembic reports a missing revision
                list(directory.walk_revisions())
        except Exception as error:
            # loading runs the application's own revision files, which may raise anything
            raise ContractctlError(
                f"{self.settings or self.own}: Alembic cannot read the history: {error}",
                hint="fix it first; to look at it: alembic history",
            ) from error

    def is_there(self) -> bool:
        """Whether the environment exists."""
        return self.settings is not None or (self.own / "env.py").is_file() or (self.own / "versions").is_dir()

    def missing(self) -> Mapping[Path, str]:
        """The files that an environment of contractctl's own still needs; any other is complete as it is."""
        if self.settings not in (None, self.own / INI):
            return {}
        absent = [name for name in _FILES if not (self.own / name).exists()]
        return {
            self.own / name: template(name).replace(_UNNAMED, f'DATABASE = "{self.called.database}"') for name in absent
        }


def environment(home: Path, root: Path | None = None, called: Called | None = None) -> Environment:
    """The repository's Alembic environment: the one that is named, else contractctl's own, or the nearest above it.

    `root` is where to stop, `home`'s parent where it is left out. Where there is none, contractctl writes its own: in
    `home`, or in a folder there for a database that has a name.
    """
    called = called or Called()
    wanted = Environment(home, home / called.database, home.parent, called=called)
    if called.settings is not None:
        return _named(wanted, called.settings)
    if (wanted.own / INI).is_file():
        return replace(wanted, ini=wanted.own / INI)
    return next(_above(wanted, root or home.parent), wanted)


def _above(wanted: Environment, root: Path) -> Iterator[Environment]:
    """Those in the folders above, the nearest first; if there is an env.py already, only those that point to it."""
    for folder in wanted.own.parents:
        if not folder.is_relative_to(root):
            return
        ini, toml = folder / INI, folder / PYPROJECT
        found = replace(
            wanted,
            base=wanted.base if (folder / "env.py").is_file() else folder,
            ini=ini if ini.is_file() and _ini_speaks(ini, wanted.called.section) else None,
            toml=toml if toml.is_file() and _toml_speaks(toml) else None,
        )
        if found.settings is not None and (not (wanted.own / "env.py").is_file() or _leads_to_own(found)):
            yield found


def template(name: str) -> str:
    """A file as contractctl writes it."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _named(wanted: Environment, named: Path) -> Environment:
    if not named.is_file():
        raise ContractctlError(f"{named}: there is no such file", hint="name Alembic's alembic.ini or pyproject.toml")
    folder = named.parent
    base = folder.parent if (folder / "env.py").is_file() else folder
    if named.suffix == ".toml":
        ini = folder / INI
        return replace(wanted, base=base, ini=ini if ini.is_file() else None, toml=named)
    toml = folder / PYPROJECT
    return replace(wanted, base=base, ini=named, toml=toml if toml.is_file() and _toml_speaks(toml) else None)


def _ini_speaks(ini: Path, section: str) -> bool:
    """Whether alembic.ini has the section; a broken file counts, so that its error is reported."""
    try:
        return Config(ini, ini_section=section).file_config.has_section(section)
    except (IniError, UnicodeDecodeError):
        return True


def _toml_speaks(toml: Path) -> bool:
    """Whether pyproject.toml has [tool.alembic]; anything else in it, even if broken, is none of our business."""
    text = toml.read_bytes()
    if b"alembic" not in text:
        return False
    try:
        return "alembic" in tomllib.loads(text.decode()).get("tool", {})
    except ValueError:
        return False


def _leads_to_own(found: Environment) -> bool:
    with found.entered() as directory:
        return Path(directory.dir).absolute() == found.own
