"""What defines a table, and in which order are many written so that each finds what it needs?"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from contractctl.databases.temporary_names import OURS

_OF_MIGRATION_TOOLS = frozenset(
    {
        "__diesel_schema_migrations",
        "__efmigrationshistory",  # Entity Framework
        "_prisma_migrations",
        "_sqlx_migrations",
        "alembic_version",
        "ar_internal_metadata",  # Rails
        "atlas_schema_revisions",
        "databasechangelog",  # Liquibase
        "databasechangeloglock",
        "django_migrations",
        "doctrine_migration_versions",
        "flyway_schema_history",
        "goose_db_version",
        "knex_migrations",
        "knex_migrations_lock",
        "schema_migrations",  # Rails, dbmate, golang-migrate
    }
)
"""Where each notes what it has already run, in lower case: some write it otherwise."""
_MAKING = re.compile(r"CREATE (?:\S+ )*(?:TABLE|VIEW) ", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a table or view needs of another one."""

    to: str
    """The other one's name, as in its definition."""
    clause: str = ""
    """The foreign key, if it is not part of `Definition.lines`."""
    apart: bool = False
    """Whether it can only be added afterwards."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A table or view as the statements that create it, without semicolons; databases/definitions.py joins them."""

    name: str
    """The name in the engine, qualified with its schema if the name alone would not find it."""
    shown: str = ""
    """The same as SQL."""
    schema: str = ""
    """Its schema, if that qualifies its name."""
    view: bool = False
    before: tuple[str, ...] = ()
    """Statements that make what it is made with, and others may be, too: types, sequences."""
    head: str = ""
    """`CREATE TABLE orders`; the whole statement where there are no lines."""
    lines: tuple[str, ...] = ()
    """Columns and constraints, in the parentheses after the head."""
    tail: str = ""
    """What comes after the parentheses."""
    after: tuple[str, ...] = ()
    """Statements about it: indexes, comments."""
    references: tuple[Reference, ...] = ()
    without: tuple[str, ...] = ()
    """What belongs to it but is left out here, each by kind and name: `trigger 'touch'`."""
    refused: str = ""
    """Why it is left out entirely, if it is."""


def foreign(name: str) -> bool:
    """Whether a table belongs to a tool, and is nobody's contract: to contractctl, or to one that runs migrations."""
    return name.startswith(OURS) or name.lower() in _OF_MIGRATION_TOOLS


def statements(definitions: Iterable[Definition]) -> Iterator[str]:
    """The statements that create all of these: types first, each after what it refers to, shared things once.

    If tables refer to each other in a ring, the foreign key that closes it comes last.
    """
    ordered = _ordered([one for one in definitions if not one.refused])
    yield from dict.fromkeys(statement for one in ordered for statement in one.before)
    names = {one.name for one in ordered}
    made: set[str] = set()
    late: list[str] = []
    for one in ordered:
        made.add(one.name)
        clauses = [reference for reference in one.references if reference.clause]
        here = [each.clause for each in clauses if not each.apart and (each.to in made or each.to not in names)]
        late += [f"ALTER TABLE {one.shown} ADD {each.clause}" for each in clauses if each.clause not in here]
        yield _create(one, here)
        yield from one.after
    yield from late


def text(definitions: Iterable[Definition]) -> str:
    """The same as the text of a file."""
    made = (f"{statement};\n" for statement in statements(definitions))
    return "".join(f"\n{one}" if _MAKING.match(one) else one for one in made).removeprefix("\n")


def files(definitions: Iterable[Definition]) -> Iterator[tuple[str, str]]:
    """The same as a file for each table and view, by its name, after one without a name for what they share."""
    ordered = _ordered([one for one in definitions if not one.refused])
    yield "", "".join(f"{one};\n" for one in dict.fromkeys(each for one in ordered for each in one.before))
    for one in ordered:
        yield one.name, text([replace(one, before=())])


def _create(one: Definition, clauses: Sequence[str]) -> str:
    lines = [*one.lines, *clauses]
    if not lines:
        return f"{one.head}{one.tail}"
    body = ",\n  ".join(lines)
    return f"{one.head} (\n  {body}\n){one.tail}"


def _ordered(definitions: Sequence[Definition]) -> list[Definition]:
    """Tables before views, and each after those that it refers to, unless a ring prevents it; else by name."""
    known = {one.name: one for one in sorted(definitions, key=lambda one: (one.view, one.name))}
    done: dict[str, Definition] = {}
    entered: set[str] = set()
    for first in known.values():
        path = [first]
        while path:
            entered.add(path[-1].name)
            missing = (
                reference.to
                for reference in path[-1].references
                if reference.to in known and reference.to not in entered
            )
            if (following := next(missing, None)) is not None:
                path.append(known[following])
            else:
                done.setdefault(path[-1].name, path.pop())
    return list(done.values())
