"""How do the foreign keys of a MariaDB table go over to a copy of it?

The copy refers to the same rows by keys of its own, from the beginning: what becomes of the table's rows when one that
they refer to goes, or gets another number, MariaDB does in both tables, and no trigger has to see it.

No two keys of a database have one name, so that the copy's are called otherwise until the old table is gone. A table
beside says in its comment what they will be called: one whose name is shortened cannot be told from it. InnoDB comes to
a row's keys in the order of their names, and the copy's sort behind. So it holds the table's rows before it looks at
the copy's; whoever copies rows and holds them meanwhile need not hold what they refer to as well.

A key of the table to itself refers to the copy, in the copy, which holds what its rows refer to only when it holds all
of them. So it comes last, just before the two change places: until then the table refuses for both what it refuses.
That does for a key which does nothing else. One that deletes rows or empties them would have to do so in the copy from
the beginning, where a row may be there before what it refers to.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection

from contractctl.databases import Copied, Follower, Statement, run
from contractctl.databases.catalog import Catalog, Live
from contractctl.databases.mysql.names import literal, quote, quotes, same
from contractctl.databases.mysql.names import table as table_name
from contractctl.databases.mysql.statements.altering import alter
from contractctl.databases.mysql.statements.constraints import RULES, unchecked
from contractctl.databases.mysql.tables import exists, key_columns, of_table
from contractctl.databases.temporary_names import OURS, behind, copied_table, quiesced
from contractctl.model.amounts import agreeing, counted

_LATER = "drop it first, in a version of its own, and add it again in a later one"


@dataclass(frozen=True, slots=True)
class Key:
    """A foreign key, as the database holds it."""

    name: str
    columns: tuple[str, ...]
    to: str
    referred: tuple[str, ...]
    rules: str

    @property
    def says(self) -> str:
        """What stands behind its name."""
        refers = f"REFERENCES {table_name(self.to)} ({quotes(self.referred)}){self.rules}"
        return f"FOREIGN KEY IF NOT EXISTS ({quotes(self.columns)}) {refers}"


def keys(catalog: Catalog, of: str) -> tuple[Key, ...]:
    """The table's own."""
    where = of_table(of, "k.TABLE_SCHEMA", "k.TABLE_NAME"), of_table(of, "r.CONSTRAINT_SCHEMA", "r.TABLE_NAME")
    query = _KEYS.format(of=" AND ".join(where), bare=str("." not in of).upper(), rules=RULES)
    found = json.loads(catalog.ask(query))
    return tuple(_key(name, list(rows)) for name, rows in groupby(found, key=itemgetter(0)))


def _key(name: str, rows: list[list[str]]) -> Key:
    columns, referred = (tuple(row[at] for row in rows) for at in (1, 2))
    schema, table, rules = rows[0][3:]
    return Key(name, columns, f"{schema}.{table}" if schema else table, referred, rules)


def _refers_to_itself(key: Key, of: str) -> bool:
    """Whether the table's key refers to the table."""
    return key.to == of


def add(catalog: Catalog, of: str) -> tuple[Statement, ...]:
    """Let the copy refer to what the table refers to. It is empty, and nobody waits."""
    found, copy = keys(catalog, of), copied_table(of)
    if not found:
        return ()
    anew = [f"DROP INDEX {quote(name)}, ADD INDEX {quote(name)} ({on})" for name, on in _indexes(catalog, of, found)]
    added = [f"ADD CONSTRAINT {quote(called(key.name))} {key.says}" for key in found if not _refers_to_itself(key, of)]
    steps = (alter(copy, ", ".join(actions), "INPLACE") for actions in (anew, added) if actions)
    return tuple(map(unchecked, steps))


def add_to_itself(catalog: Catalog, of: str) -> tuple[Statement, ...]:
    """Let the copy's rows refer to each other, as the table's do: it holds what the table holds. Nothing where they do.

    While it was being filled, what a row refers to might have come after it.
    """
    copy = copied_table(of)
    found = [replace(key, to=copy) for key in keys(catalog, of) if _refers_to_itself(key, of)]
    added = ", ".join(f"ADD CONSTRAINT {quote(called(key.name))} {key.says}" for key in found)
    return (unchecked(alter(copy, added)),) if added else ()


def _indexes(catalog: Catalog, of: str, found: tuple[Key, ...]) -> Iterator[tuple[str, str]]:
    """Those that may have come with a key, and would go with another one's coming: each with its columns."""
    columns = {quotes(key.columns) for key in found}
    for name, on in json.loads(catalog.ask(_INDEXES.format(of=of_table(of)))):
        if on in columns:
            yield name, on


def take_names(catalog: Catalog, of: str, beside: tuple[str, ...]) -> tuple[Statement, ...]:
    """Let the keys have the names that the old table's had, which is gone."""
    found = keys(catalog, of)
    if not found:
        return ()
    where = " OR ".join(f"({of_table(one)})" for one in beside)
    query = f"SELECT coalesce(nullif(max(TABLE_COMMENT), ''), '[]') FROM information_schema.TABLES WHERE {where}"
    names = {called(name): name for name in json.loads(catalog.ask(query))}
    final = [(names.get(key.name, key.name), key) for key in found]
    actions = (
        f"DROP FOREIGN KEY IF EXISTS {quote(called(name))}, ADD CONSTRAINT {quote(name)} {key.says}"
        for name, key in final
    )
    return (unchecked(alter(of, ", ".join(actions))),)


def said(catalog: Catalog, of: str) -> str:
    """The comment that says the names of the table's keys."""
    names = [key.name for key in keys(catalog, of)]
    return f" COMMENT={literal(json.dumps(names, ensure_ascii=False))}" if names else ""


def called(name: str) -> str:
    """A key's name while it is the copy's, no other key's: RENAME TABLE takes what has _ibfk_ for its own."""
    return behind(name.replace("~", "~~").replace("_ibfk", "_i~bfk"), "__new")


def obstacles(catalog: Live, of: str, copied: Copied) -> Iterator[str]:
    """What keeps them from going over, each a sentence."""
    own, connection = keys(catalog, of), catalog.connection
    yield from _strangers(connection, of, copied.referring)
    for key in own:
        if _refers_to_itself(key, of) and not _goes_along(key, copied):
            yield (
                f"foreign key '{key.name}' of '{of}' refers to '{of}' itself, which the contract does not know, or"
                f" changes rows by itself: {_LATER}"
            )
        elif not _refers_to_itself(key, of) and (held := _held(key, copied)):
            yield f"foreign key '{key.name}' of '{of}' holds '{held}' to the type of '{key.to}': {_LATER}"
        elif why := _unseen(key, copied):
            yield f"foreign key '{key.name}' of '{of}' {why} unseen by triggers, and other rows follow that: {_LATER}"
    yield from _changing(catalog, of, copied)
    if copied.followers and [column.name.lower() for column in key_columns(connection, of)] != [copied.column.lower()]:
        yield f"the rows of '{of}' are found by more than '{copied.column}', which foreign keys follow: {_LATER}"
    if exists(connection, copied_table(of)):
        return
    for key in own:
        yield from _lost(connection, of, key, ", so it cannot be copied")
    for other in dict.fromkeys(copied.referring):
        yield from (what for key in keys(catalog, other) if same(key.to, of) for what in _lost(connection, other, key))


def _changing(catalog: Live, of: str, copied: Copied) -> Iterator[str]:
    """What changes the rows that refer to the table, and goes on in one of the two columns alone."""
    for other in dict.fromkeys(copied.referring):
        for key in keys(catalog, other):
            for event, rule in _changes(key) if same(key.to, of) else ():
                if not any(_follows(one, other, key, event) for one in copied.followers):
                    changes = f"foreign key '{key.name}' of '{other}' changes rows ({rule})"
                    yield f"{changes}, as the contract does not know: {_LATER}"
    for other in dict.fromkeys(one.table for one in copied.followers):
        finding = [column.name for column in key_columns(catalog.connection, other)]
        for one in copied.followers:
            either = (one.column, quiesced(one.column), one.beside)
            if one.table == other and any(same(name, at) for name in finding for at in either):
                finds = f"'{other}.{one.column}', which finds the rows of '{other}'"
                yield f"a foreign key to '{of}' changes {finds}: {_LATER}"
        where = of_table(other, "EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE")
        query = f"SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE {where} AND EVENT_MANIPULATION = 'UPDATE'"
        for name in run(catalog.connection, query).scalars():
            if not name.startswith(OURS):
                yield (
                    f"trigger '{name}' of '{other}' would see what a foreign key to '{of}' changes in its rows, which"
                    " none does in MariaDB: drop it first, and make it again in the end"
                )


def _unseen(key: Key, copied: Copied) -> str:
    """What the table's own key does to rows that others follow; empty: nothing."""
    events = {one.event for one in copied.followers}
    if "delete" in events and "ON DELETE CASCADE" in key.rules:
        return "deletes rows (ON DELETE CASCADE)"
    numbered = any(same(name, copied.column) for name in key.columns)
    return (
        "changes numbers (ON UPDATE CASCADE)"
        if "update" in events and numbered and "ON UPDATE CASCADE" in key.rules
        else ""
    )


def _changes(key: Key) -> Iterator[tuple[str, str]]:
    """On what it changes rows, and how, but for those that it deletes."""
    for event, rules in (("update", ("CASCADE", "SET NULL")), ("delete", ("SET NULL",))):
        for rule in rules:
            if (text := f"ON {event.upper()} {rule}") in key.rules:
                yield event, text


def _follows(one: Follower, other: str, key: Key, event: str) -> bool:
    there = len(key.columns) == 1 and any(same(key.columns[0], name) for name in (one.column, quiesced(one.column)))
    rule = "ON UPDATE CASCADE" if event == "update" else "ON DELETE SET NULL"
    return there and same(one.table, other) and one.event == event and rule in key.rules


def _goes_along(key: Key, copied: Copied) -> bool:
    """Whether it refers to the column that is meant, from one of those that get its type, and changes no row."""
    known = len(key.columns) == 1 and any(same(key.columns[0], name) for name in copied.within)
    leaves = not any(f" ON DELETE {rule}" in key.rules for rule in ("CASCADE", "SET NULL"))
    return known and leaves and same(key.referred[0], copied.column)


def _held(key: Key, copied: Copied) -> str:
    """The column that gets another type, if it is one of the key's."""
    retyped = (copied.column, *copied.within)
    return next((one for one in key.columns if any(same(one, name) for name in retyped)), "")


def _lost(connection: Connection, of: str, key: Key, so: str = "") -> Iterator[str]:
    """Rows that refer to nothing, as only who switches the checks off can write them."""
    lost = run(connection, f"SELECT count(*) FROM {_orphans(of, key)}").scalar_one()
    if lost:
        rows, refer = counted(lost, "row"), agreeing(lost, "refers", "refer")
        yield (
            f"{rows} of '{of}' {refer} to no row of '{key.to}', as '{key.name}' requires{so}: mend or delete them; to"
            f" find them: SELECT contractctl_child.* FROM {_orphans(of, key)}"
        )


def _orphans(of: str, key: Key) -> str:
    given = " AND ".join(f"contractctl_child.{quote(one)} IS NOT NULL" for one in key.columns)
    pairs = zip(key.columns, key.referred, strict=True)
    on = " AND ".join(f"contractctl_parent.{quote(there)} = contractctl_child.{quote(here)}" for here, there in pairs)
    parent = f"SELECT 1 FROM {table_name(key.to)} contractctl_parent WHERE {on}"
    return f"{table_name(of)} contractctl_child WHERE {given} AND NOT EXISTS ({parent})"


def _strangers(connection: Connection, of: str, known: Iterable[str]) -> Iterator[str]:
    """What refers to the table and does not go along. known: the tables of what does, once for each."""
    along = Counter(name.lower() for name in known)
    for other, found in groupby(referring(connection, of), key=itemgetter(1)):
        names = [name for name, _ in found]
        if along[other.lower()] == 0:
            yield from (
                f"foreign key '{name}' of '{other}' refers to '{of}', and would stay with the old table: {_LATER}, once"
                " its own columns have the new type, too"
                for name in names
            )
        elif len(names) > along[other.lower()]:
            yield (
                f"the foreign keys {', '.join(map(repr, names))} of '{other}' refer to '{of}', and the contract knows"
                f" {along[other.lower()]}: what it does not know would stay with the old table: {_LATER}"
            )


def referring(connection: Connection, of: str) -> Iterator[tuple[str, str]]:
    """Name and table of each of another table that refers to it; those of its own database are named as it is."""
    to = of_table(of, "UNIQUE_CONSTRAINT_SCHEMA", "REFERENCED_TABLE_NAME")
    own = literal("".join(of.rpartition(".")[:2]))
    schema = f"if(CONSTRAINT_SCHEMA = UNIQUE_CONSTRAINT_SCHEMA, {own}, concat(CONSTRAINT_SCHEMA, '.'))"
    query = (
        f"SELECT CONSTRAINT_NAME, concat({schema}, TABLE_NAME) FROM information_schema.REFERENTIAL_CONSTRAINTS"
        f" WHERE {to} AND NOT (CONSTRAINT_SCHEMA = UNIQUE_CONSTRAINT_SCHEMA AND BINARY TABLE_NAME ="
        " BINARY REFERENCED_TABLE_NAME) ORDER BY 2, 1"
    )
    yield from ((str(name), str(other)) for name, other in run(connection, query).all())


_KEYS = """
SELECT coalesce(json_arrayagg(json_array(k.CONSTRAINT_NAME, k.COLUMN_NAME, k.REFERENCED_COLUMN_NAME,
  if({bare} AND k.REFERENCED_TABLE_SCHEMA = DATABASE(), '', k.REFERENCED_TABLE_SCHEMA), k.REFERENCED_TABLE_NAME,
  {rules})
  ORDER BY k.CONSTRAINT_NAME, k.ORDINAL_POSITION), '[]')
FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r
  ON r.CONSTRAINT_NAME = k.CONSTRAINT_NAME
WHERE {of}"""
_INDEXES = """
SELECT coalesce(json_arrayagg(json_array(INDEX_NAME, columns)), '[]') FROM (
  SELECT INDEX_NAME, group_concat('`', replace(COLUMN_NAME, '`', '``'), '`' ORDER BY SEQ_IN_INDEX SEPARATOR ', ')
    AS columns FROM information_schema.STATISTICS WHERE {of} AND NON_UNIQUE = 1 AND INDEX_TYPE = 'BTREE'
    AND INDEX_COMMENT = '' GROUP BY INDEX_NAME HAVING count(SUB_PART) = 0 AND max(IGNORED) = 'NO') AS found"""
