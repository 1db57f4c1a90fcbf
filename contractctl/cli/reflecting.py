"""What does init make of a database? Its tables as contracts, and words for what was made and what was not."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from contractctl import databases, journal
from contractctl.adoption import Defaults
from contractctl.adoption.tables import TableSurvey, Wish, survey_tables, write_tables
from contractctl.cli.address import Address, address
from contractctl.errors import ContractctlError
from contractctl.model.amounts import counted
from contractctl.settings import FILE, Settings


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says."""

    word: str
    """The database: an address, env:NAME, or a name in contractctl.toml."""
    tables: str | None
    schemas: tuple[str, ...]
    whole: str | None
    owner: str | None
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Reflected:
    """What became of it."""

    survey: TableSurvey
    place: Address
    drafts: tuple[Path, ...]


def reflect(found: Settings, asked: Asked) -> Reflected:
    """Read the database, and make the contracts, unless it is a dry run."""
    place = address(found, asked.word)
    wish = Wish(
        contracts=found.contracts,
        domain=place.title,
        defaults=Defaults(found.level, asked.owner, None),
        patterns=_patterns(asked.tables),
        schemas=asked.schemas,
        whole=asked.whole,
        database=place.name,
    )
    with databases.opened(place.url) as engine, journal.reading(engine) as connection:
        survey = survey_tables(connection, wish)
    drafts = () if asked.dry_run else tuple(write_tables(made) for made in survey.made)
    return Reflected(survey, place, drafts)


def lines(done: Reflected, *, dry_run: bool) -> Iterator[str]:
    """What was created, what was already there, and what was left out and why."""
    survey = done.survey
    there = f"; {counted(len(survey.already), 'contract')} already there" if survey.already else ""
    yield f"{counted(len(survey.made), 'contract')} {'would be created' if dry_run else 'created'}{there}"
    for made in survey.made:
        yield f"  {made.contract}  from {', '.join(made.tables)}"
        yield from (f"    {note}" for note in made.notes)
    for already in survey.already:
        differs = f"differs in {already.differences}: contractctl check --live {already.contract}"
        yield f"  {already.contract}  already there, {differs if already.differences else 'the same'}"
    if survey.left:
        yield f"  {', '.join(survey.left)}: in no contract yet, and that contract already exists"
    if survey.beside:
        yield f"left out, as they are in other schemas: {' '.join(f'--schema {quote(name)}' for name in survey.beside)}"
    if survey.skipped:
        yield f"{counted(len(survey.skipped), 'table')} skipped"
    yield from (f"  {skipped.file}: {skipped.reason}" for skipped in survey.skipped)


def following(found: Settings, done: Reflected, *, lacking: bool, dry_run: bool) -> Iterator[str]:
    """What to do next. `lacking`: the user's own settings do not name the database, and are not edited."""
    place = done.place
    if place.secret:
        yield "the URL holds a password, which is now in your shell history: give it as env:NAME next time"
    if place.setting is not None and not found.databases:
        if lacking and not dry_run:
            own = (found.root / FILE).is_file()
            file, table = (FILE, "database") if own else ("pyproject.toml", "tool.contractctl.database")
            yield f'{file} names no database; add to it:\n  [{table}]\n  url = "{place.setting}"'
        if place.variable is not None and place.variable not in os.environ:
            yield f"the URL is taken from the environment: set {place.variable}"
    if dry_run:
        yield "next: contractctl init --from-database …"
    elif not done.survey.made:
        yield "next: contractctl check --live"
    else:
        yield "review the contract.toml files (owner, compatibility, consumers, producers), then run:"
        yield "  contractctl check --live"
        made = done.survey.made
        yield f"  contractctl release {made[0].contract if len(made) == 1 else '--all'}"


def _patterns(tables: str | None) -> tuple[str, ...]:
    if tables is None:
        return ()
    found = tuple(part.strip() for part in tables.split(",") if part.strip())
    if not found:
        raise ContractctlError("--tables names nothing", hint="write names or patterns: --tables 'orders,customer*'")
    return found
