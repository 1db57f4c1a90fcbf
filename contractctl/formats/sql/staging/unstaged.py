"""What is there that MariaDB does to a column only while nobody writes, and what is there to do instead?

No trigger of MariaDB knows the number of a row that is being inserted, so that nothing can keep a second column in step
with one that AUTO_INCREMENT counts; and no column that is there gets AUTO_INCREMENT without a copy of the table. A
sequence as the default would be known in time, but tells no client its number: LAST_INSERT_ID() then says an older one.
So the whole table goes over to a copy, where that can be: operations/copy_table.py.

A copy brings no second name: until it has the table's the one is there, and from then on the other. A generated column
would be a second name to read by, but not to search by, as it gets no index, nor to write by: a number that is given to
it is passed over, with a warning alone where the session is not strict.

A new column can be NULL until it is filled, and of a TIMESTAMP MariaDB forbids that by a copy of the table alone: it
makes the moment of the copy of each NULL, in strict mode, too, which nothing could do beside writers. Where
explicit_defaults_for_timestamp is OFF, such a column becomes a clock besides.
"""

from collections.abc import Collection

from contractctl.formats.sql.schema import Column, ForeignKey, Schema, Table
from contractctl.formats.sql.writing import column_definition, column_name, identifier, table_identifier

_ALONE = "release the contract with that alone"
_NO_CLOCK = "explicit_defaults_for_timestamp = ON"
_LEAVING = frozenset({"ON DELETE CASCADE", "ON DELETE RESTRICT", "ON UPDATE RESTRICT"})
_FOLLOWED = {"ON UPDATE CASCADE": "ON UPDATE CASCADE", "ON DELETE SET NULL": "ON DELETE CASCADE"}
"""What triggers of the table that goes over to a copy take to the second column of what refers to it; and what a key of
that table does to its rows where they do not see it."""
_REFUSING = frozenset({"ON DELETE RESTRICT", "ON UPDATE RESTRICT", "ON UPDATE CASCADE", "ON UPDATE SET NULL"})
"""What a foreign key of a table to itself does that refuses, and changes no row: InnoDB lets no such key follow an
UPDATE of the very table."""


def retyped(schema: Schema, table: Table, old: Column, new: Column) -> tuple[str, str]:
    """Why it gets no other type beside writers, and what to do instead; `schema` and `table` are those after.

    A type of whole numbers that holds more, under the same name, is a copy's: operations/copy_table.py.
    """
    renamed = old.name != new.name
    holds = "under the same name" if renamed else f"of whole numbers that hold all of {old.type.text}, and more"
    reason = (
        f"'{new.written}' is an AUTO_INCREMENT column: a MariaDB table has only one, and no trigger knows the number of"
        f" a row being inserted, so only a copy of '{table.written}' can change its type; without blocking writes that"
        f" is possible for types {holds}"
    )
    if renamed:
        return reason, "change its type now, and its name in a later version"
    what = f"MODIFY COLUMN {_name(new)} {column_definition(table, new, schema.dialect)}, ALGORITHM=COPY, LOCK=SHARED"
    hint = (
        f"at a time without writes, run: {_alter(table)} {what} (and its COMMENT, if it has one); readers continue,"
        " writers wait for the whole copy (about 10 MB of the table per second), but from MariaDB 11.2 on, LOCK=NONE"
        f" instead lets them continue, too; {_unbound(schema, table, old, new)}then {_ALONE}"
    )
    return reason, hint


def bound(
    schema: Schema, table: Table, column: Column, along: Collection[tuple[str, tuple[str, ...]]]
) -> tuple[str, str] | None:
    """Why a table to which foreign keys refer does not go over to a copy, and what to do instead. None: it does.

    Its own go over with it, but for one that holds the column to another's type. along: table and columns of those
    that refer to it and go over as well.
    """
    found = [
        f"{f'{key.name!r} ' if key.name else ''}of '{other.written}' ({', '.join(key.columns)})"
        for other in schema.tables.values()
        for key in other.foreign_keys
        if (key.table == table.name and (other.name, key.columns) not in along)
        or (other.name == table.name and column.name in key.columns)
    ]
    if not found:
        return None
    keys, stay = ("foreign key", "stays") if len(found) == 1 else ("foreign keys", "stay")
    reason = (
        f"'{table.written}' is replaced by a copy to retype '{column.written}', and the {keys}"
        f" {', '.join(found)} {stay} with the old table"
    )
    hint = (
        f"one goes along where it refers to '{column.written}', its own column gets the new type in this version, too,"
        " and it changes no row by itself (ON UPDATE SET NULL; of the table itself: ON DELETE CASCADE, SET NULL); one"
        " with ON UPDATE CASCADE or ON DELETE SET NULL does where its column keeps its name, is in no other foreign key"
        " and no unique key by which rows are found, and nothing else changes in its table; and one with ON DELETE SET"
        f" NULL where no ON DELETE CASCADE takes rows of '{table.written}'; else take three versions,"
        f" each of which is staged: the first without the {keys}; the second with the new types, of what refers to"
        f" '{column.written}', too; and the third with the {keys} again"
    )
    return reason, hint


def within(table: Table, column: str) -> frozenset[str]:
    """Columns of a table that refer to another one of it, and to nothing else; no key changes rows by itself."""
    refer, others = set[str](), {column}
    for key in table.foreign_keys:
        to_it = (key.table, key.referred or table.primary_key) == (table.name, (column,))
        (refer if to_it and _REFUSING.issuperset(key.actions) else others).update(key.columns)
    return frozenset(refer - others)


def followed(key: object) -> tuple[str, ...]:
    """What a foreign key does to rows and triggers of the table that it refers to can do after it."""
    return tuple(one for one in key.actions if one in _FOLLOWED) if isinstance(key, ForeignKey) else ()


def unseen(table: Table, key: object) -> bool:
    """Whether a key of the table itself brings about what `key`, which refers to the table, follows."""
    return any(
        _FOLLOWED[one] in own.actions and (one != "ON UPDATE CASCADE" or set(own.columns) & set(table.primary_key))
        for one in followed(key)
        for own in table.foreign_keys
    )


def changes_no_row(key: object) -> bool:
    """Whether a foreign key leaves rows as they are, or takes them away whole: no trigger sees what it does to them.

    But for what is followed.
    """
    return isinstance(key, ForeignKey) and (_LEAVING | _FOLLOWED.keys()).issuperset(key.actions)


def renamed(table: Table, old: Column, new: Column) -> tuple[str, str]:
    """Why it does not go by two names, and what to do instead."""
    reason = (
        f"'{old.written}' of '{table.written}' is an AUTO_INCREMENT column: no MariaDB trigger knows the number of a"
        f" row being inserted, so '{new.written}' cannot exist beside it"
    )
    hint = (
        f"keep its name; or, while no application that uses '{old.written}' runs: {_alter(table)} RENAME COLUMN"
        f" {_name(old)} TO {_name(new)}, ALGORITHM=INSTANT, LOCK=NONE, which takes an instant, whatever the table's"
        f" size; then {_ALONE}"
    )
    return reason, hint


def moment(table: Table, column: Column) -> tuple[str, str]:
    """Why a TIMESTAMP does not become NOT NULL beside writers, and what to do instead."""
    reason = (
        f"'{column.written}' of '{table.written}' can be NULL until it is filled, and MariaDB can forbid NULL in a"
        " TIMESTAMP only by copying the table, which blocks writes and turns each NULL into the time of the copy"
    )
    what = f"MODIFY COLUMN {_name(column)} {column_definition(table, column, 'mysql')}, ALGORITHM=COPY, LOCK=SHARED"
    hint = (
        "leave it nullable, also in the version before, and make it NOT NULL later, at a time without writes: replace"
        f" every NULL (no error reports what is left), then run: SET STATEMENT {_NO_CLOCK} FOR"
        f" {_alter(table)} {what} (and its COMMENT, if it has one); then {_ALONE}"
    )
    return reason, hint


def _unbound(schema: Schema, table: Table, old: Column, new: Column) -> str:
    """MariaDB copies no table whose column changes while a foreign key refers to it."""
    bound = [
        f"{f'{key.name!r} of ' if key.name else ''}'{other.written}' ({', '.join(key.columns)})"
        for other in schema.tables.values()
        for key in other.foreign_keys
        if key.table == table.name and {old.name, new.name} & set(key.referred or table.primary_key)
    ]
    if not bound:
        return ""
    return (
        f"before that, drop every foreign key that refers to it, {', '.join(bound)}, and create it again once its"
        " column has the same type; "
    )


def _alter(table: Table) -> str:
    return f"ALTER TABLE {table_identifier(table.written, 'mysql')}"


def _name(column: Column) -> str:
    return identifier(column_name(column, "mysql"), "mysql")
