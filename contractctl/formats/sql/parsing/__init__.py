"""What does this text say? Its statements, one by one; what cannot be read is kept and named, never dropped."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from sqlglot import exp
from sqlglot.errors import ParseError, UnsupportedError

from contractctl.errors import ContractctlError
from contractctl.formats.sql.engine import run
from contractctl.formats.sql.expressions import fold
from contractctl.formats.sql.parsing.alterations import count_up
from contractctl.formats.sql.parsing.defined import Defined, NotUnderstoodError
from contractctl.formats.sql.parsing.definitions import settled_in_sqlite
from contractctl.formats.sql.parsing.domains import create_domain
from contractctl.formats.sql.parsing.enums import change_enum, changes_enum
from contractctl.formats.sql.parsing.kinds import define
from contractctl.formats.sql.parsing.misread import mended
from contractctl.formats.sql.parsing.partitions import partition
from contractctl.formats.sql.parsing.silence import changes_nothing
from contractctl.formats.sql.parsing.staged_comments import call_too, mark_filled
from contractctl.formats.sql.schema import DIALECTS, Schema, Statement, Unread, column_pointer, table_pointer
from contractctl.formats.sql.series import in_order
from contractctl.formats.sql.statements import Words, detect, parse_tree, split
from contractctl.model.contract import Policy, Source
from contractctl.model.verdict import Pointer

_UNEXPECTED_SHAPE = (AttributeError, IndexError, KeyError)
"""sqlglot lets many a broken statement pass and leaves holes in its tree: such a statement counts as unread."""
_IDENTITY = re.compile(
    r"ALTER TABLE (?:ONLY )?(\S+(?: \. \S+)?) ALTER (?:COLUMN )?(\S+) ADD GENERATED (ALWAYS|BY DEFAULT) AS IDENTITY",
    re.IGNORECASE,
)
_PARTITIONED = re.compile(r"ALTER TABLE (?:IF EXISTS )?(\S+(?: \. \S+)?) PARTITION BY ", re.IGNORECASE)
_SEQUENCE = re.compile(r"^CREATE SEQUENCE (?:IF NOT EXISTS )?(\S+(?: \. \S+)?)", re.IGNORECASE)
_SQLITES_OWN = re.compile(r"^CREATE TABLE sqlite_\w+ \(", re.IGNORECASE)
"""What `.schema` prints of AUTOINCREMENT and ANALYZE: https://www.sqlite.org/fileformat2.html#intschema."""
_VIRTUAL = re.compile(r"^CREATE VIRTUAL TABLE (?:IF NOT EXISTS )?(\S+) (.*)", re.IGNORECASE)
_SHADOW = re.compile(
    r"^CREATE TABLE (\S+)_(?:config|content|data|docsize|idx|node|parent|rowid|segdir|segments|stat) \(", re.IGNORECASE
)
"""A table in which a virtual one keeps its rows: https://www.sqlite.org/vtab.html#xshadowname."""
_ATTACHED = re.compile(r"^ALTER TABLE .* ATTACH PARTITION (\S+(?: \. \S+)?) (?:FOR|DEFAULT)", re.IGNORECASE)


@dataclass(slots=True)
class _Reading:
    """What was read so far."""

    defined: Defined
    unread: list[Unread] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    places: dict[Pointer, tuple[int, int]] = field(default_factory=dict)
    sequences: set[str] = field(default_factory=set)


def parse(source: Source, policy: Policy = Policy()) -> Schema:
    """The tables of a text, in the dialect that the policy names; read off the text where it names none.

    Raise ContractctlError where there is no table in it, or where it cannot be cut into statements.
    """
    dialect = policy.dialect
    if dialect is not None and dialect not in DIALECTS:
        raise ContractctlError(
            f"'{dialect}' is not an SQL dialect that contractctl knows", hint=f"write one of: {', '.join(DIALECTS)}"
        )
    seen = dialect or detect("\n".join(file.text for file in source.files))
    reading = _Reading(Defined(seen or "postgresql"))
    for index, file in in_order(source.files):
        if "\0" in file.text:
            line = file.text.count("\n", 0, file.text.index("\0")) + 1
            raise ContractctlError(
                f"{file.name}:{line}: NUL bytes are not allowed in SQL", hint="save the file as UTF-8 text"
            )
        for words in split(file, reading.defined.dialect):
            _read(reading, words, index)
    if not reading.defined.tables and not reading.defined.views:
        raise _nothing(source, reading)
    if reading.defined.dialect == "sqlite":
        _as_sqlite_sees_it(reading, source, refuse=not reading.unread)
    return _whole(reading, source, certain=seen is not None, by_place=policy.columns == "positional")


def parse_database(source: Source, dialect: str) -> Schema:
    """What a database itself has written down: whatever cannot be read of it is unread, and the rest is read."""
    reading = _Reading(Defined(dialect))
    for index, file in enumerate(source.files):
        try:
            for words in split(file, dialect):
                _read(reading, words, index)
        except ContractctlError as error:
            reading.places["unread", len(reading.unread)] = (index, 0)
            reading.unread.append(Unread(file.text, frozenset(re.findall(r"\w+", file.text.lower())), 1, error.message))
    if dialect == "sqlite":
        _as_sqlite_sees_it(reading, source, refuse=False)
    return _whole(reading, source, certain=True)


def _whole(reading: _Reading, source: Source, *, certain: bool, by_place: bool = False) -> Schema:
    _name_referred(reading.defined)
    mark_filled(reading.defined, source)
    call_too(reading.defined, source)
    _tell_counters_apart(reading.defined, attached(reading.unread))
    return Schema(
        dialect=reading.defined.dialect,
        certain=certain,
        source=source,
        tables=reading.defined.tables,
        views=reading.defined.views,
        indexes=tuple(reading.defined.indexes),
        enums=reading.defined.enums,
        domains={name: repr(domain) for name, domain in reading.defined.domains.items()},
        by_place=by_place,
        sequences=frozenset(reading.sequences),
        unread=tuple(reading.unread),
        statements=tuple(reading.statements),
        places=reading.places,
    )


def _name_referred(defined: Defined) -> None:
    """A foreign key that names no columns refers to the other table's primary key, as far as that is known."""
    for name, table in defined.tables.items():
        keys = tuple(replace(key, referred=key.referred or _key_of(defined, key.table)) for key in table.foreign_keys)
        if keys != table.foreign_keys:
            defined.tables[name] = replace(table, foreign_keys=keys)


def attached(unread: Iterable[Unread]) -> frozenset[str]:
    """Tables that become partitions of another one, as pg_dump writes it: no database tells of them by themselves."""
    found = (_ATTACHED.search(one.text) for one in unread)
    return frozenset(match[1].replace(" ", "").removeprefix("public.") for match in found if match)


def _tell_counters_apart(defined: Defined, partitions: frozenset[str]) -> None:
    """A sequence by which one column alone is counted up is its own, whatever it is called."""
    whole = (table for name, table in defined.tables.items() if name not in partitions)
    counted = [(table, column) for table in whole for column in table.columns if column.counted]
    users = Counter(column.counter or f"{table.name}_{column.name}_seq" for table, column in counted)
    for name, table in defined.tables.items():
        columns = tuple(
            replace(one, counter=None) if one.counter and users[one.counter] == 1 else one for one in table.columns
        )
        if columns != table.columns:
            defined.tables[name] = replace(table, columns=columns)


def _key_of(defined: Defined, name: str) -> tuple[str, ...]:
    table = defined.tables.get(name)
    return table.primary_key if table is not None else ()


def agreed(client: Schema, provider: Schema) -> tuple[Schema, Schema]:
    """Both in one dialect, where only one of them shows it: the other, read by default, is read again."""
    if client.dialect == provider.dialect or client.certain == provider.certain:
        return client, provider
    try:
        if client.certain:
            return client, parse(provider.source, Policy(dialect=client.dialect))
        return parse(client.source, Policy(dialect=provider.dialect)), provider
    except ContractctlError:  # it is not of that dialect after all: two dialects, which is for the judge to say
        return client, provider


def _read(reading: _Reading, words: Words, file: int) -> None:
    plain = " ".join(token.text for token in words.tokens)
    if match := _SEQUENCE.match(plain):
        reading.sequences.add(match[1].replace(" ", "").lower().removeprefix("public."))
    if changes_nothing(words, plain) or (reading.defined.dialect == "sqlite" and _is_sqlites_own(reading, plain)):
        return
    defined = reading.defined
    try:
        if match := _IDENTITY.match(plain):
            subject = match[1].replace(" ", "").removeprefix("public.").lower()
            count_up(defined, subject, match[2].lower(), plain[match.end() :], always=match[3].upper() == "ALWAYS")
            tree: exp.Expr | None = None
        elif defined.dialect == "mysql" and (match := _PARTITIONED.match(plain)):
            subject, tree = partition(defined, match[1].replace(" ", ""), words.tokens), None
        elif words.heads("CREATE", "DOMAIN"):
            subject, tree = create_domain(defined, words), None
        elif changes_enum(words):
            subject, tree = change_enum(defined, words), None
        else:
            tokens, options = mended(words.tokens, defined.dialect, frozenset((*defined.domains, *defined.enums)))
            tree = parse_tree(tokens, words.text, defined.dialect)
            if tree is None or isinstance(tree, exp.Command):
                raise NotUnderstoodError("the statement is not understood")  # noqa: TRY301 - one place makes the record
            subject = define(defined, tree, options)
    except (NotUnderstoodError, ParseError, UnsupportedError, RecursionError, *_UNEXPECTED_SHAPE) as error:
        reading.unread.append(_unread(words, error))
        reading.places["unread", len(reading.unread) - 1] = (file, words.start)
        return
    reading.statements.append(Statement(words.written, subject))
    if tree is not None:
        reading.places.update(_places(tree, subject, defined, (file, words.start)))


def _is_sqlites_own(reading: _Reading, plain: str) -> bool:
    """Whether it makes a table that comes with another one, and is nobody's to name."""
    shadow = _SHADOW.match(plain)
    virtual = {unread.makes for unread in reading.unread if unread.makes}
    return bool(_SQLITES_OWN.match(plain)) or (shadow is not None and shadow[1].lower() in virtual)


def _unread(words: Words, error: Exception) -> Unread:
    reason = str(error).split(". Line", 1)[0] if isinstance(error, NotUnderstoodError) else "it cannot be parsed"
    names = frozenset(token.text.lower() for token in words.tokens)
    virtual = _VIRTUAL.match(words.spaced)
    if virtual is not None:  # SQLite keeps its beginning in words of its own
        text = f"CREATE VIRTUAL TABLE {virtual[1]} {virtual[2]}"
        return Unread(text, names, words.line, "what a virtual table holds is its module's", virtual[1].lower())
    return Unread(words.spaced, names, words.line, reason)


def _places(
    tree: exp.Expr, subject: str, defined: Defined, start: tuple[int, int]
) -> Iterator[tuple[Pointer, tuple[int, int]]]:
    """Where a statement's table and its columns stand."""
    if isinstance(tree, exp.Create) and tree.args.get("kind") in {"TABLE", "VIEW"}:
        yield table_pointer(subject), start
    for part in tree.find_all(exp.ColumnDef):
        offset = part.this.meta.get("start")
        if offset is not None:
            yield column_pointer(subject, fold(part.this, defined.dialect)), (start[0], int(offset))


def _nothing(source: Source, reading: _Reading) -> ContractctlError:
    if reading.unread:
        first = reading.unread[0]
        file = source.files[reading.places["unread", 0][0]].name
        return ContractctlError(
            f"{file}:{first.line}: no table can be read from this file: '{first.text[:60]}' {first.reason}",
            hint=f"it was read as {reading.defined.dialect}; name another dialect, or fix the statement",
        )
    return ContractctlError(
        f"{source.name}:1: there is no CREATE TABLE in this file", hint="provide the DDL that creates the tables"
    )


def _as_sqlite_sees_it(reading: _Reading, source: Source, *, refuse: bool) -> None:
    """Let SQLite itself read the statements: its word on types counts, and its refusal, where nothing is unread."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for statement in reading.statements:
            error = run(database, statement.text)
            if error is not None and refuse:
                raise ContractctlError(
                    f"{_place(source, statement.text)}: SQLite refuses this statement: {error}",
                    hint="fix it, or name the dialect it is written in",
                )
        for name, table in reading.defined.tables.items():
            rows = database.execute("SELECT lower(name), type FROM pragma_table_xinfo(?)", (table.name,))
            declared = dict(rows.fetchall())
            indexed = "SELECT count(*) FROM pragma_index_list(?) WHERE origin = 'pk'"
            rowid_key = database.execute(indexed, (table.name,)).fetchone()[0] == 0 and bool(declared)
            reading.defined.tables[name] = settled_in_sqlite(table, declared, rowid_key=rowid_key)
    finally:
        database.close()


def _place(source: Source, statement: str) -> str:
    for file in source.files:
        if statement in file.text:
            return f"{file.name}:{file.text.count(chr(10), 0, file.text.index(statement)) + 1}"
    return source.name
