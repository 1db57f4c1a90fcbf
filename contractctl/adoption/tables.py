"""Which tables does a database have already, and which contracts do they become? One for each, or one for all."""

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from shlex import quote

from sqlalchemy import Connection

from contractctl import databases, store
from contractctl.adoption.files import Defaults, Skipped
from contractctl.adoption.names import owned, quoted, slug
from contractctl.databases import Definition
from contractctl.databases.definitions import text
from contractctl.errors import ContractctlError
from contractctl.formats import parse_sound
from contractctl.formats.sql import live, parse
from contractctl.formats.sql.drift import drift
from contractctl.formats.sql.live import Live
from contractctl.formats.sql.parsing import parse_database
from contractctl.formats.sql.parsing.defined import as_kept
from contractctl.formats.sql.schema import Schema, Unread
from contractctl.model.contract import Contract, File, Policy, Source

_HEAD = "-- As the database had it when this contract was created. From now on this file is the contract.\n"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a database's tables should become."""

    contracts: Path
    domain: str
    """The first part of the contracts' names: the database's own, for tables of the schema that is searched first."""
    defaults: Defaults
    patterns: tuple[str, ...] = ()
    """Of tables and views, such as `order*`; without any, all of them."""
    schemas: tuple[str, ...] = ()
    whole: str | None = None
    """The single contract for all of them; without it, each becomes its own."""
    database: str = ""
    """Its name in contractctl.toml, where there are several."""


@dataclass(frozen=True, slots=True)
class FromTables:
    """A contract to be created, in a folder of its own."""

    contract: str
    folder: Path
    files: Mapping[str, str]
    tables: tuple[str, ...]
    notes: tuple[str, ...]
    """What belongs to the tables but is not promised, or is promised but not understood."""


@dataclass(frozen=True, slots=True)
class Already:
    """An existing contract that covers some of the tables."""

    contract: str
    tables: tuple[str, ...]
    differences: int
    """How many differences there are, or may be, between the database and the contract."""


@dataclass(frozen=True, slots=True)
class TableSurvey:
    """What was found in a database."""

    made: tuple[FromTables, ...]
    already: tuple[Already, ...]
    skipped: tuple[Skipped, ...]
    left: tuple[str, ...] = ()
    """Tables missing from `whole`, which exists already."""
    beside: tuple[str, ...] = ()
    """Schemas with tables or views that were not looked at."""


def survey_tables(connection: Connection, wish: Wish) -> TableSurvey:
    """Look at the wanted tables and views. Nothing is written, here or in the database."""
    if wish.whole is not None:
        store.folder_of(wish.contracts, wish.whole)
    found = live.read(connection, wish.schemas)
    beside = () if wish.patterns else databases.of(connection).other_schemas(connection, wish.schemas)
    asked = _asked(found.definitions, wish.patterns)
    if not asked:
        raise ContractctlError(
            "the database holds no user tables",
            hint=f"is the address right, and the schema? --schema {quote(beside[0]) if beside else 'NAME'}",
        )
    known = tuple(_known(wish, found.schema))
    spoken = {name for _, version in known for name in (*version.tables, *version.views)}
    folded = {one.name: as_kept(one.name, found.schema.dialect) for one in asked}
    skipped = [one for one in (_skipped(each, found) for each in asked) if one is not None]
    refused = {one.file for one in skipped}
    new = [one for one in asked if folded[one.name] not in spoken and one.name not in refused]
    already = tuple(_already(known, found, {name for name in folded.values() if name in spoken}))
    if wish.whole is not None and any(contract.name == wish.whole for contract, _ in known):
        return TableSurvey((), already, tuple(skipped), tuple(one.name for one in new), beside)
    groups = [(wish.whole, new)] if wish.whole is not None and new else [(None, [one]) for one in new]
    taken = {name.lower() for name in store.names(wish.contracts)}
    made: list[FromTables] = []
    for name, group in groups:
        draft = _draft(group)
        reason = _unreadable(draft, found.schema.dialect)
        if reason is not None and name is not None:
            raise ContractctlError(
                f"'{name}' cannot be read without tables that it would not hold: {reason}",
                hint="let --tables name them, too",
            )
        if reason is not None:
            skipped.append(Skipped(group[0].name, f"it cannot be read alone, only together with the others: {reason}"))
            continue
        contract = _contract(wish, found, name or next(_names(wish, group[0], taken)), group, draft)
        taken.add(contract.contract.lower())
        made.append(contract)
    return TableSurvey(tuple(made), already, tuple(skipped), beside=beside)


def write_tables(made: FromTables) -> Path:
    """Create a contract: its folder appears with everything in it, or not at all. Returns its draft."""
    made.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=made.folder.parent, prefix=".contractctl-") as scratch:
        whole = Path(scratch) / made.folder.name
        whole.mkdir()
        for name, content in made.files.items():
            (whole / name).write_text(content, encoding="utf-8")
        try:
            whole.rename(made.folder)
        except OSError as error:
            raise ContractctlError(
                f"{made.folder} already exists and holds something else",
                hint="move it, or adopt its files: contractctl init",
            ) from error
    return made.folder / next(name for name in made.files if name != store.CONTRACT)


def _asked(definitions: Sequence[Definition], patterns: Sequence[str]) -> list[Definition]:
    """Those that the patterns match. Raise ContractctlError for a pattern that matches none."""
    chosen: dict[str, Definition] = {}
    for pattern in patterns or ("*",):
        fitting = [one for one in definitions if _fits(one, pattern)]
        if not fitting and patterns:
            raise ContractctlError(
                f"no table or view of the database fits '{pattern}'",
                hint="without --tables, and with --dry-run, contractctl init names all that are there",
            )
        chosen |= {one.name: one for one in fitting}
    return list(chosen.values())


def _fits(one: Definition, pattern: str) -> bool:
    return fnmatchcase(one.name, pattern) or fnmatchcase(one.name.removeprefix(f"{one.schema}."), pattern)


def _known(wish: Wish, live_schema: Schema) -> Iterator[tuple[Contract, Schema]]:
    """The existing contracts of this database, each with the content of its draft, or else of its latest release."""
    for contract in store.read_all(wish.contracts):
        newest = contract.draft or (contract.latest.source if contract.latest else None)
        if contract.format != "sql" or contract.database != wish.database or newest is None:
            continue
        version = parse(newest, contract.policy)
        if not version.certain:
            version = parse(newest, replace(contract.policy, dialect=live_schema.dialect))
        if version.dialect == live_schema.dialect:
            yield contract, version


def _already(known: Sequence[tuple[Contract, Schema]], found: Live, asked: set[str]) -> Iterator[Already]:
    for contract, version in known:
        tables = tuple(name for name in (*version.tables, *version.views) if name in asked)
        if tables:
            yield Already(contract.name, tables, sum(1 for _ in drift(version, found.schema, found.defaults)))


def _skipped(one: Definition, found: Live) -> Skipped | None:
    """A table that cannot become a contract, and why."""
    if one.refused:
        return Skipped(one.name, one.refused)
    if as_kept(one.name, found.schema.dialect) in found.schema.tables.keys() | found.schema.views.keys():
        return None
    reason = next((unread.reason for unread in _unread(one, found)), "nothing in it could be understood")
    return Skipped(one.name, f"its definition cannot be read: {reason}")


def _unread(one: Definition, found: Live) -> Iterator[Unread]:
    """Statements about it that were not understood."""
    for number, unread in enumerate(found.schema.unread):
        if found.schema.source.files[found.schema.places["unread", number][0]].name == one.name:
            yield unread


def _names(wish: Wish, one: Definition, taken: set[str]) -> Iterator[str]:
    domain = slug(one.schema) or slug(wish.domain) or "main"
    what = slug(one.name.removeprefix(f"{one.schema}.")) or "table"
    number = 1
    while True:
        name = f"{domain}/{what}" if number == 1 else f"{domain}/{what}-{number}"
        if name not in taken and not (wish.contracts / name).exists():
            yield name
        number += 1


def _draft(group: Sequence[Definition]) -> str:
    """The text of a contract that holds these tables."""
    schemas = (
        f"CREATE SCHEMA IF NOT EXISTS {_identifier(one)};" for one in sorted({one.schema for one in group} - {""})
    )
    return "\n".join((_HEAD.rstrip(), *_not_promised(group), "", *schemas, text(group)))


def _unreadable(draft: str, dialect: str) -> str | None:
    """Why a draft cannot be read without tables that are not in it; None if it can."""
    source = Source((File("draft.sql", draft),))
    try:
        parse_sound("sql", source, Policy(dialect=dialect))
    except ContractctlError as error:
        return next((one.reason for one in parse_database(source, dialect).unread), error.message)
    return None


def _contract(wish: Wish, found: Live, name: str, group: Sequence[Definition], content: str) -> FromTables:
    folder = store.folder_of(wish.contracts, name)
    draft = f"{folder.name}.sql"
    lines = [
        'format = "sql"',
        f"dialect = {quoted(found.schema.dialect)}",
        *([f"database = {quoted(wish.database)}"] if wish.database else []),
        owned(wish.defaults.owner),
        f"compatibility = {quoted(wish.defaults.level.value)}",
        f"draft = {quoted(draft)}",
        "",
    ]
    notes = [f"not part of the contract: {', '.join(one.without)} of {one.name}" for one in group if one.without]
    notes += [f"kept verbatim: {unread.text[:60]}" for one in group for unread in _unread(one, found)]
    files = {draft: content, store.CONTRACT: "\n".join(lines)}
    return FromTables(name, folder, files, tuple(one.name for one in group), tuple(notes))


def _identifier(name: str) -> str:
    """A schema's name as SQL writes it; only PostgreSQL has such schemas."""
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"{}"'.format(name.replace('"', '""'))


def _not_promised(group: Sequence[Definition]) -> Iterator[str]:
    for one in group:
        if one.without:
            words = " ".join(", ".join(one.without).split())
            yield f"-- Not written here, and not part of the contract: {words} of {one.name}."
