"""Which Alembic environment carries the plans' revisions: the repository's own, or one that contractctl writes?"""

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


@dataclass(frozen=True, slots=True)
class Environment:
    """Where Alembic's settings and its env.py are, and where plans are kept."""

    home: Path
    """contractctl's own folder: plans/ and what belongs to them; env.py and versions/, too, where it wrote those."""
    base: Path
    """The folder from which the repository's people run alembic: relative paths are meant from there."""
    ini: Path | None = None
    """alembic.ini."""
    toml: Path | None = None
    """pyproject.toml with [tool.alembic]."""
    section: str = "alembic"
    """Of alembic.ini, as `alembic --name` takes it."""
    engine: str | None = None
    """What an environment of several databases calls the one that is meant."""

    @property
    def settings(self) -> Path | None:
        """The file that a person thinks of as Alembic's settings."""
        return self.toml or self.ini

    def config(self) -> Config:
        """Alembic's settings, as its command line reads them."""
        config = Config(self.ini, toml_file=self.toml, ini_section=self.section)
        if config.get_alembic_option("script_location") is None:
            config.set_main_option("script_location", str(self.home).replace("%", "%%"))
        return config

    @contextmanager
    def entered(self) -> Iterator[ScriptDirectory]:
        """Its revisions, while paths are as its people mean them. Raise ContractctlError for what Alembic refuses."""
        before = sys.path[:]
        try:
            with chdir(self.base):
                directory = ScriptDirectory.from_config(self.config())
                self._demand_whole(directory)
                yield directory
        except (CommandError, IniError) as error:
            place = self.settings or self.home
            raise ContractctlError(f"{place}: {error}", hint="look at it with: alembic history") from error
        finally:
            sys.path[:] = before

    def _demand_whole(self, directory: ScriptDirectory) -> None:
        """Every revision can be loaded, the application's and those of plans."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", UserWarning)  # as which Alembic reports a revision that is missing
                list(directory.walk_revisions())
        except Exception as error:
            # loading runs the application's own revision files, which may raise anything
            raise ContractctlError(
                f"{self.settings or self.home}: Alembic cannot read the history: {error}",
                hint="mend it first; look at it with: alembic history",
            ) from error

    def is_there(self) -> bool:
        """Whether there is anything to enter."""
        return self.settings is not None or (self.home / "env.py").is_file() or (self.home / "versions").is_dir()

    def missing(self) -> Mapping[Path, str]:
        """The files that an environment in contractctl's own folder still needs; another's is complete as it is."""
        if self.settings not in (None, self.home / INI):
            return {}
        return {self.home / name: template(name) for name in _FILES if not (self.home / name).exists()}


def environment(
    home: Path,
    root: Path | None = None,
    named: Path | None = None,
    *,
    section: str = "alembic",
    engine: str | None = None,
) -> Environment:
    """The repository's Alembic environment: the one that is named, else the one in `home` or nearest above it.

    `root` is where to stop, `home`'s parent where it is left out. Where there is none, it is to be written in `home`.
    """
    return replace(_found(home, root, named, section), engine=engine)


def _found(home: Path, root: Path | None, named: Path | None, section: str) -> Environment:
    root = root or home.parent
    if named is not None:
        return _named(home, named, section)
    own = home / INI
    if own.is_file():
        return Environment(home, home.parent, own, section=section)
    for folder in (home.parent, *home.parent.parents):
        if not folder.is_relative_to(root):
            break
        ini, toml = folder / INI, folder / PYPROJECT
        found = Environment(
            home,
            folder,
            ini if ini.is_file() and _ini_speaks(ini, section) else None,
            toml if toml.is_file() and _toml_speaks(toml) else None,
            section,
        )
        if found.settings is not None and (not (home / "env.py").is_file() or _leads_to(found, home)):
            return found
    return Environment(home, home.parent, section=section)


def template(name: str) -> str:
    """A file as contractctl writes it."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _named(home: Path, named: Path, section: str) -> Environment:
    if not named.is_file():
        raise ContractctlError(f"{named}: there is no such file", hint="name Alembic's alembic.ini or pyproject.toml")
    folder = named.parent
    base = folder.parent if (folder / "env.py").is_file() else folder
    if named.suffix != ".toml":
        toml = folder / PYPROJECT
        return Environment(home, base, named, toml if toml.is_file() and _toml_speaks(toml) else None, section)
    ini = folder / INI
    return Environment(home, base, ini if ini.is_file() else None, named, section)


def _ini_speaks(ini: Path, section: str) -> bool:
    """Whether alembic.ini has the section; a broken one speaks, so that what is broken is said."""
    try:
        return Config(ini, ini_section=section).file_config.has_section(section)
    except IniError:
        return True


def _toml_speaks(toml: Path) -> bool:
    """Whether pyproject.toml has [tool.alembic]; what else is in it, or broken in it, is none of our business."""
    text = toml.read_bytes()
    if b"alembic" not in text:
        return False
    try:
        return "alembic" in tomllib.loads(text.decode()).get("tool", {})
    except ValueError:
        return False


def _leads_to(found: Environment, home: Path) -> bool:
    with found.entered() as directory:
        return Path(directory.dir).absolute() == home
