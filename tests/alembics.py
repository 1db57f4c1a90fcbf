"""Which Alembic repositories do the tests plan into? Fresh ones, made by `alembic init` of every template."""

import os
import re
from argparse import Namespace
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url

from tests import warm

TEMPLATES = ("generic", "async", "multidb", "pyproject", "pyproject_async")
_ASYNC = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql+psycopg": "postgresql+asyncpg",
    "mysql+pymysql": "mysql+aiomysql",
}


def run(folder: Path, *arguments: str, fails: bool = False) -> str:
    """Run the real alembic command in a folder; what it printed."""
    done = warm.ALEMBIC.run("alembic", *arguments, cwd=folder, env=os.environ)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


@dataclass(frozen=True, slots=True)
class Repository:
    """A folder with an Alembic environment of its own."""

    folder: Path
    template: str
    url: str
    """Of its database."""
    database: str
    """What an environment of two databases calls it."""

    def alembic(self, *arguments: str, fails: bool = False) -> str:
        """Run the real command; what it printed."""
        return run(self.folder, *arguments, fails=fails)

    @property
    def env(self) -> Path:
        return self.folder / "alembic" / "env.py"

    def change_env(self, old: str, new: str) -> None:
        text = self.env.read_text()
        assert old in text
        self.env.write_text(text.replace(old, new))

    def revision(
        self, id_: str, upgrade: str, *, down: str | None = None, downgrade: str = "pass", head: str = ""
    ) -> None:
        """A revision of the application's own, as people write them."""
        several = self.template == "multidb"
        both = "".join(
            f"def {way}({'engine_name: str' if several else ''}):\n"
            + (f"    if engine_name != '{self.database}':\n        return\n" if several else "")
            + f"    {body}\n"
            for way, body in (("upgrade", upgrade), ("downgrade", downgrade))
        )
        (self.folder / "alembic" / "versions" / f"{id_}.py").write_text(
            "from alembic import op\nimport sqlalchemy as sa\n"
            f"revision = {id_!r}\ndown_revision = {down!r}\n{head}{both}"
        )


def _settings() -> Config:
    """As the command line makes them."""
    settings = Config("alembic.ini", toml_file="pyproject.toml")
    settings.cmd_opts = Namespace(quiet=True)
    return settings


def make(folder: Path, template: str, url: str, names: tuple[str, str] = ("other", "shop")) -> Repository:
    """`alembic init` there, and the database's address written where the template has a place for it.

    Of the two databases of multidb the second has this address; the first is an SQLite file of its name.
    """
    found = Repository(folder, template, url, names[1])
    with chdir(folder):
        command.init(_settings(), "alembic", template)
    asynchronous = template.endswith("async")
    text = (folder / "alembic.ini").read_text()
    if template == "multidb":
        text = text.replace("databases = engine1, engine2", f"databases = {', '.join(names)}")
        text = text.replace("[engine1]", f"[{names[0]}]").replace("[engine2]", f"[{names[1]}]")
        urls = [f"sqlite:///{folder / names[0]}.db", url]
    else:
        drivername = make_url(url).drivername
        urls = [url.replace(drivername, _ASYNC[drivername], 1) if asynchronous else url]
    pieces = re.split(r"driver://\S+", text)
    assert len(pieces) == len(urls) + 1
    (folder / "alembic.ini").write_text(
        "".join(part for pair in zip(pieces, [*urls, ""], strict=True) for part in pair)
    )
    return found
