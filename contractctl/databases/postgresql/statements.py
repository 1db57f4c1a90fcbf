"""How is a PostgreSQL table changed, so that nobody waits for it?

Which lock each statement takes: https://www.postgresql.org/docs/current/explicit-locking.html. What reads or writes
rows under a lock that others must wait for is never done: what it would do is done beside their writes first.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import pairwise

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from contractctl.databases import LOCK_SECONDS, Column, Statement, Synchronisation, Work, run
from contractctl.databases.called import shortened
from contractctl.databases.ddl import BlockingError, ForeignKey, Index
from contractctl.databases.looks import Called, Look
from contractctl.databases.postgresql.functions import is_guarded
from contractctl.databases.postgresql.names import literal, quote, quotes
from contractctl.databases.postgresql.names import table as of_table
from contractctl.databases.postgresql.tables import asking_default
from contractctl.databases.postgresql.tokens import Sort, spoken
from contractctl.databases.postgresql.triggers import drop_triggers, triggers

promises = True
relaxes_given = True
reads_what_triggers_write = True
keys_bring_indexes = False
sequences = True
carries_checks = False

ALONE = "ACCESS EXCLUSIVE"
"""Nobody reads or writes meanwhile."""
BESIDE = "SHARE UPDATE EXCLUSIVE"
"""Everybody reads and writes meanwhile."""
WRITERS_OUT = "SHARE ROW EXCLUSIVE"
"""Nobody writes meanwhile."""
STATEMENT_SECONDS = 10.0
"""How long a statement of a revision may take that only changes the catalogue."""
_NAMES = (Sort.WORD, Sort.QUOTED)
_VOLATILE = frozenset(
    {
        *("RANDOM", "RANDOM_NORMAL", "GEN_RANDOM_UUID", "UUIDV4", "UUIDV7", "CLOCK_TIMESTAMP", "TIMEOFDAY", "NEXTVAL"),
        *("UUID_GENERATE_V1", "UUID_GENERATE_V1MC", "UUID_GENERATE_V4", "GEN_RANDOM_BYTES", "SETVAL", "CURRVAL"),
    }
)
"""Functions whose value is another each time, for whom no server can be asked; it knows of more."""
_LIMITS = ("lock_timeout", "statement_timeout")
_SESSIONS = tuple(f"SET {name} = " for name in _LIMITS)
_PATIENT = ("SET lock_timeout = '10min'", "SET statement_timeout = 0")
_OF_TABLES = ("SELECT", "INSERT", "UPDATE", "DELETE")
_INVOKER = 150000
"""From when on a view can leave the rights to whoever uses it."""
_SECOND_LOCK_SECONDS = 0.2
_TWO_LOCKS_SECONDS = 0.7
"""Of one statement that locks two tables. Less than deadlock_timeout: whoever writes both is not the one to give up."""


def patience() -> tuple[Statement, ...]:
    """What a revision says first: nothing of it waits or works for long, so that nobody queues behind it for long."""
    return tuple(
        Statement(f"SET LOCAL {name} = '{seconds * 1000:.0f}ms'", "none")
        for name, seconds in (("lock_timeout", LOCK_SECONDS), ("statement_timeout", STATEMENT_SECONDS))
    )


def hold(tables: tuple[str, ...]) -> tuple[Statement, ...]:
    """Lock tables for ourselves alone. Whoever has one of them and waits for another does so for less than a deadlock
    would need to be looked for (deadlock_timeout, a second): it is we who give up, and come again.
    """
    first, *others = (Statement(f"LOCK TABLE {of_table(table)} IN ACCESS EXCLUSIVE MODE", ALONE) for table in tables)
    return (first, _wait(_SECOND_LOCK_SECONDS), *others, _wait(LOCK_SECONDS))


def _wait(seconds: float) -> Statement:
    return Statement(f"SET LOCAL lock_timeout = '{seconds * 1000:.0f}ms'", "none")


def _both(sync: Synchronisation) -> tuple[Statement, ...]:
    return () if sync.across is None else hold((sync.table, sync.across.table))


def add_column(look: Look, table: str, column: Column) -> tuple[Statement, ...]:
    """Add a column. A default that is the same for all rows is kept in the catalogue; any other is refused."""
    if column.default is not None:
        _refuse_volatile(look, table, column.name, column.default)
    _refuse_domain(look, table, column)
    parts = (
        quote(column.name),
        column.type,
        f"COLLATE {'.'.join(map(quote, column.collation.split('.')))}" if column.collation else "",
        f"DEFAULT {column.default}" if column.default is not None else "",
        "NOT NULL" if column.not_null else "",
    )
    return (_alter(table, f"ADD COLUMN {' '.join(part for part in parts if part)}"),)


def drop_column(table: str, column: str) -> tuple[Statement, ...]:
    """Drop a column; its values stay in the rows until these are written again."""
    return (_alter(table, f"DROP COLUMN {quote(column)}"),)


def rename_columns(table: str, names: Mapping[str, str], sync: Synchronisation | None) -> tuple[Statement, ...]:
    """Rename columns, and the triggers follow: they know the columns by name."""
    renames = tuple(_alter(table, f"RENAME COLUMN {quote(old)} TO {quote(new)}") for old, new in names.items())
    return (*(_both(sync) if sync is not None else ()), *renames, *(keep_in_step(sync) if sync is not None else ()))


def keep_in_step(sync: Synchronisation) -> tuple[Statement, ...]:
    """Create the triggers, in the place of any that are there."""
    return (*stop_keeping(sync), *(Statement(sql, WRITERS_OUT) for sql in triggers(sync)))


def stop_keeping(sync: Synchronisation, _columns: tuple[str, ...] = ()) -> tuple[Statement, ...]:
    """Drop them, whether or not they are there."""
    return (*_both(sync), *(Statement(sql, ALONE) for sql in drop_triggers(sync)))


def relax_not_null(_look: Look, table: str, column: str) -> tuple[Statement, ...]:
    """Let the column be NULL."""
    return (_alter(table, f"ALTER COLUMN {quote(column)} DROP NOT NULL"),)


def gives_at_once(sync: Synchronisation, column: str) -> bool:
    """Not where a constraint of one side may refuse what is made for it: an AFTER trigger tries that alone."""
    pair = next((pair for pair in sync.columns if any(one.name == column for one in (*pair.old, *pair.new))), None)
    return pair is None or not is_guarded(pair)


def promise_not_null(look: Look, table: str, column: str) -> tuple[Statement, ...]:
    """A CHECK that says the same. Nothing where it stands."""
    name = _promise(column)
    return add_check(look, table, name, f"{quote(column)} IS NOT NULL")


def give_up_not_null(table: str, column: str) -> tuple[Statement, ...]:
    """Take the CHECK away, whether or not it is there."""
    return (_alter(table, f"DROP CONSTRAINT IF EXISTS {quote(_promise(column))}"),)


def require_not_null(look: Look, table: str, column: str) -> tuple[Statement, ...]:
    """Forbid NULL. Where a CHECK has proven that there is none no row is read: PostgreSQL 12 and later trust it."""
    promised = look.ask(_is_promised(table, _promise(column)), "True") == "True"
    require = _alter(table, f"ALTER COLUMN {quote(column)} SET NOT NULL", Work.NONE if promised else Work.SCAN)
    return (require, *(give_up_not_null(table, column) if promised else ()))


def allow_null(_look: Look, table: str, column: str) -> tuple[Statement, ...]:
    """Let the column be NULL for good."""
    return (_alter(table, f"ALTER COLUMN {quote(column)} DROP NOT NULL"),)


def set_default(_look: Look, table: str, column: str, default: str | None) -> tuple[Statement, ...]:
    """Give the column this default, or none."""
    action = "DROP DEFAULT" if default is None else f"SET DEFAULT {default}"
    return (_alter(table, f"ALTER COLUMN {quote(column)} {action}"),)


def add_check(look: Look, table: str, name: str, condition: str) -> tuple[Statement, ...]:
    """A CHECK for what is written from now on, then proven for what is there. Nothing where it stands."""
    add = _alter(table, f"ADD CONSTRAINT {quote(name)} CHECK ({condition}) NOT VALID", transactional=False)
    return _proven(look, table, name, add)


def add_foreign_key(look: Look, table: str, key: ForeignKey, at_once: bool) -> tuple[Statement, ...]:
    """A foreign key for what is written from now on, then proven for what is there. Nothing where it stands."""
    clause = f"ADD CONSTRAINT {quote(key.name)} {_foreign_key(key)}"
    if at_once:
        return (_alter(table, clause, lock=WRITERS_OUT),)
    if look.ask(_is_parted(table), "False") == "True":
        raise BlockingError(
            f"PostgreSQL cannot add a foreign key to the partitioned table '{table}' and prove it beside everybody's"
            " writes",
            hint="add it to each partition (NOT VALID, then VALIDATE) and then to the table, which takes these over, in"
            " a revision of your own",
        )
    add = _alter(table, f"{clause} NOT VALID", lock=WRITERS_OUT, transactional=False)
    return _proven(look, table, key.name, add, _TWO_LOCKS_SECONDS)


def add_unique(look: Look, table: str, name: str, _columns: tuple[str, ...]) -> tuple[Statement, ...]:
    """Make of the index of that name the constraint of that name: nothing has to be read. Nothing where it stands."""
    if look.ask(_state(table, name), "") == "valid":
        return ()
    return (_alter(table, f"ADD CONSTRAINT {quote(name)} UNIQUE USING INDEX {quote(name)}"),)


def drop_constraint(_look: Look, table: str, _sort: str, name: str, _says: str) -> tuple[Statement, ...]:
    """Drop a constraint. PostgreSQL gives every one a name."""
    return (_alter(table, f"DROP CONSTRAINT {quote(name)}"),)


def drop_references(_look: Look, _table: str, _to: str) -> tuple[Statement, ...]:
    """Nothing: the table that refers goes in the same transaction as what made its rows."""
    return ()


def rename_constraint(_look: Look, table: str, sort: str, name: str, new: str) -> tuple[Statement, ...]:
    """Give a constraint, or an index, another name."""
    if sort == "index":
        return (Statement(f"ALTER INDEX {_beside(table, name)} RENAME TO {quote(new)}", BESIDE),)
    return (_alter(table, f"RENAME CONSTRAINT {quote(name)} TO {quote(new)}"),)


def build_index(look: Look, table: str, index: Index, at_once: bool) -> tuple[Statement, ...]:
    """Build an index beside everybody's writes; where an earlier build has failed, what it left is dropped first."""
    if at_once:
        return (Statement(_create_index(table, index, "INDEX"), WRITERS_OUT),)
    state = look.ask(_index_state(table, index.name), "")
    if state == "valid":
        return ()
    if state == "parted":
        raise BlockingError(
            f"PostgreSQL cannot build an index of the partitioned table '{table}' beside everybody's writes",
            hint="build it on each partition (CREATE INDEX CONCURRENTLY) and attach these to one that is made ON ONLY"
            " the table, in a revision of your own",
        )
    drop = drop_index(table, index.name, beside=True) if state == "invalid" else ()
    create = Statement(_create_index(table, index, "INDEX CONCURRENTLY"), BESIDE, Work.SCAN, transactional=False)
    return (*drop, *_long(create))


def drop_index(table: str, name: str, beside: bool) -> tuple[Statement, ...]:
    """Drop an index; `beside` everybody's reads and writes, outside of a transaction.

    One that a constraint was made of has gone with it already.
    """
    if not beside:
        return (Statement(f"DROP INDEX IF EXISTS {_beside(table, name)}", ALONE),)
    drop = f"DROP INDEX CONCURRENTLY IF EXISTS {_beside(table, name)}"
    return _long(Statement(drop, BESIDE, transactional=False))


def move_key(look: Look, table: str, _old: str, _new: str, index: str) -> tuple[Statement, ...]:
    """Make the primary key of the index, under the name that it had: nothing has to be read.

    Until the transaction ends nobody sees a table without a key.
    """
    name = look.ask(_primary_key(table), f"{table.rpartition('.')[2]}_pkey")
    return (
        _alter(table, f"DROP CONSTRAINT {quote(name)}"),
        _alter(table, f"ADD CONSTRAINT {quote(name)} PRIMARY KEY USING INDEX {quote(index)}"),
    )


def hand_over(look: Look, table: str, old: str, new: str, type_: str = "") -> tuple[Statement, ...]:
    """Let a column have the sequence that counts another one's values up: it would go with that one.

    An identity's sequence belongs to it for ever; the new column's own begins where that one has come to, goes on as
    it would have, and takes its name over, with whoever may use it.
    """
    how, _, sequence = look.ask(_counter(table, old), "").partition(" ")
    if not how:  # a sequence that belongs to no column stays where it is
        drawn = look.ask(_drawing(table, old), "")
        return (_alter(table, f"ALTER COLUMN {quote(new)} SET DEFAULT {drawn}"),) if drawn else ()
    if how == "serial":
        place = f"{of_table(table)}.{quote(new)}"
        default = f"ALTER COLUMN {quote(new)} SET DEFAULT nextval({literal(sequence)}::regclass)"
        wider = (Statement(f"ALTER SEQUENCE {sequence} AS {type_}", WRITERS_OUT),) if type_ else ()
        return (*wider, Statement(f"ALTER SEQUENCE {sequence} OWNED BY {place}", BESIDE), _alter(table, default))
    kind = "ALWAYS" if how == "always" else "BY DEFAULT"
    pace = look.ask(_pace(table, old, type_), "")
    grants = look.ask(_grants(literal(sequence), f"SEQUENCE {sequence}", ("USAGE", "SELECT", "UPDATE")), "")
    own = f"pg_get_serial_sequence({literal(of_table(table))}, {literal(new)})"
    return (
        _alter(table, f"ALTER COLUMN {quote(new)} ADD GENERATED {kind} AS IDENTITY{pace}"),
        Statement(f"SELECT setval({own}, last_value, is_called) FROM {sequence}", "none"),
        _alter(table, f"ALTER COLUMN {quote(old)} DROP IDENTITY"),
        Statement(_renamed_sequence(own, sequence), ALONE),
        *(Statement(grant, "none") for grant in grants.splitlines()),
    )


def create_table(create: str) -> tuple[Statement, ...]:
    """Make a table by its CREATE TABLE."""
    return (Statement(create, "none"),)


def stand_in(look: Look, table: str, name: str) -> tuple[Statement, ...]:
    """A view that PostgreSQL itself reads and writes as the table, for those who may read and write the table."""
    columns = quotes(column.name for column in look.columns(table)) if look.live else "*"
    invoker = " WITH (security_invoker = true)" if int(look.ask("SHOW server_version_num", "0")) >= _INVOKER else ""
    grants = look.ask(_grants(literal(of_table(table)), of_table(name), _OF_TABLES), "")
    return (
        Statement(f"CREATE VIEW {of_table(name)}{invoker} AS SELECT {columns} FROM {of_table(table)}", "ACCESS SHARE"),
        *(Statement(grant, "none") for grant in grants.splitlines()),
    )


def drop_stand_in(name: str) -> tuple[Statement, ...]:
    """Take it away."""
    return (Statement(f"DROP VIEW {of_table(name)}", "none"),)


def take_name(table: str, name: str) -> tuple[Statement, ...]:
    """Let the table take the view's place."""
    return (*drop_stand_in(name), *rename_table(table, name))


def give_name_back(look: Look, table: str, name: str) -> tuple[Statement, ...]:
    """The table has its old name again, and the view stands in for the new one."""
    view = stand_in(Called(look, table, name), table, name)
    return (*rename_table(name, table), *view)


def drop_table(table: str) -> tuple[Statement, ...]:
    """Drop a table. PostgreSQL refuses while anything depends on it."""
    return (Statement(f"DROP TABLE {of_table(table)}", ALONE),)


def rename_table(table: str, new: str) -> tuple[Statement, ...]:
    """Give a table another name in its schema."""
    return (_alter(table, f"RENAME TO {quote(new.rpartition('.')[2])}"),)


def carry_out(connection: Connection, statements: Iterable[Statement]) -> None:
    """Execute them, one after the other. How patient the session is, it is only for what takes long."""
    given = tuple(statements)
    try:
        for statement in given:
            run(connection, statement.sql)
    finally:
        if any(statement.sql.startswith(_SESSIONS) for statement in given):
            with suppress(SQLAlchemyError):  # the session may be gone, and its limits with it
                run(connection, "; ".join(f"RESET {name}" for name in _LIMITS))


def _brief(statement: Statement, seconds: float) -> tuple[Statement, ...]:
    """What stands outside of a transaction, and must not wait for long all the same."""
    limits = zip(_LIMITS, (seconds, STATEMENT_SECONDS), strict=True)
    texts = (f"SET {name} = '{limit * 1000:.0f}ms'" for name, limit in limits)
    settings = (Statement(sql, "none", transactional=False) for sql in texts)
    return (*settings, statement, *(Statement(f"RESET {name}", "none", transactional=False) for name in _LIMITS))


def _refuse_volatile(look: Look, table: str, column: str, default: str) -> None:
    """The clock is asked once, for all rows: https://www.postgresql.org/docs/current/ddl-alter.html."""
    said = spoken(default)
    called = {one.name for one, following in pairwise(said) if following.text == "(" and one.sort in _NAMES}
    names = ", ".join(map(literal, sorted({*called, *(name.lower() for name in called)})))
    query = f"SELECT count(*) FROM pg_catalog.pg_proc WHERE provolatile = 'v' AND proname IN ({names})"
    volatile = any(name.upper() in _VOLATILE for name in called)
    if called and (volatile or look.ask(query, "0") != "0"):
        raise BlockingError(
            f"the default of '{table}.{column}' is another in each row ({default}): to add it PostgreSQL would write"
            " every row anew, while nobody reads or writes the table",
            hint="let it be filled instead (--fill), and the default come with the contract stage",
        )


def _refuse_domain(look: Look, table: str, column: Column) -> None:
    """A domain's own default and constraints hold for the rows that are there, too."""
    own = look.ask(_domain(column.type), "")
    if own == "constraint":
        raise BlockingError(
            f"the type of '{table}.{column.name}' is a domain with constraints ({column.type}): to add it PostgreSQL"
            " would write every row anew, while nobody reads or writes the table",
            hint="give the column the type below the domain, and the constraint as a CHECK of the table",
        )
    if own == "default" and column.default is None:
        raise BlockingError(
            f"the type of '{table}.{column.name}' is a domain with a default ({column.type}), which would hide that"
            " nobody has given the column",
            hint="give the column the type below the domain; or take the default from the domain first, and let its"
            " columns have it: ALTER DOMAIN … DROP DEFAULT",
        )


def _long(statement: Statement) -> tuple[Statement, ...]:
    """What takes long, and nobody waits for: it may wait for transactions that began before it."""
    settings = tuple(Statement(sql, "none", transactional=False) for sql in _PATIENT)
    return (*settings, statement, *(Statement(f"RESET {name}", "none", transactional=False) for name in _LIMITS))


def _proven(look: Look, table: str, name: str, add: Statement, seconds: float = LOCK_SECONDS) -> tuple[Statement, ...]:
    state = look.ask(_state(table, name), "")
    if state == "valid":
        return ()
    validate = _alter(table, f"VALIDATE CONSTRAINT {quote(name)}", Work.SCAN, BESIDE, transactional=False)
    return (*(() if state == "unproven" else _brief(add, seconds)), *_long(validate))


def _foreign_key(key: ForeignKey) -> str:
    referred = f" ({quotes(key.referred)})" if key.referred else ""
    parts = (
        f"FOREIGN KEY ({quotes(key.columns)}) REFERENCES {of_table(key.references)}{referred}",
        f"ON DELETE {key.on_delete}" if key.on_delete else "",
        f"ON UPDATE {key.on_update}" if key.on_update else "",
        key.timing,
    )
    return " ".join(part for part in parts if part)


def _create_index(table: str, index: Index, how: str) -> str:
    parts = (
        f"CREATE {'UNIQUE ' if index.unique else ''}{how} {quote(index.name)} ON {of_table(table)}",
        f"USING {index.using}" if index.using else "",
        f"({index.columns})",
        f"INCLUDE ({index.include})" if index.include else "",
        index.rest,
        f"WHERE {index.where}" if index.where else "",
    )
    return " ".join(part for part in parts if part)


def _beside(table: str, name: str) -> str:
    """The name of something in the table's schema."""
    schema, _, _ = table.rpartition(".")
    return of_table(f"{schema}.{name}") if schema else quote(name)


def _alter(
    table: str, action: str, work: Work = Work.NONE, lock: str = ALONE, *, transactional: bool = True
) -> Statement:
    return Statement(f"ALTER TABLE {of_table(table)} {action}", lock, work, transactional)


def _promise(column: str) -> str:
    """The name of the CHECK: constraints of different tables may share one."""
    return shortened(f"contractctl_{column}_not_null")


def _is_promised(table: str, name: str) -> str:
    return f"SELECT ({_state(table, name)}) = 'valid'"


def _state(table: str, name: str) -> str:
    """SQL: how far a constraint has come: '', unproven, valid."""
    return (
        "SELECT coalesce((SELECT CASE WHEN convalidated THEN 'valid' ELSE 'unproven' END FROM pg_catalog.pg_constraint"
        f" WHERE conrelid = to_regclass({literal(of_table(table))}) AND conname = {literal(name)}), '')"
    )


def _is_parted(table: str) -> str:
    return (
        "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class"
        f" WHERE relkind = 'p' AND oid = to_regclass({literal(of_table(table))}))"
    )


def _index_state(table: str, name: str) -> str:
    """SQL: how far an index has come: '', invalid, valid; or that the table is parted."""
    relation = f"to_regclass({literal(of_table(table))})"
    return (
        f"SELECT CASE WHEN (SELECT relkind = 'p' FROM pg_catalog.pg_class WHERE oid = {relation}) THEN 'parted' ELSE"
        " coalesce((SELECT CASE WHEN i.indisvalid THEN 'valid' ELSE 'invalid' END FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        f" WHERE i.indrelid = {relation} AND c.relname = {literal(name)}), '') END"
    )


def _primary_key(table: str) -> str:
    return (
        "SELECT conname::text FROM pg_catalog.pg_constraint"
        f" WHERE conrelid = to_regclass({literal(of_table(table))}) AND contype = 'p'"
    )


def _counter(table: str, column: str) -> str:
    """SQL: what counts a column's values up, and its sequence: '', serial …, always …, default …."""
    return (
        "SELECT coalesce((SELECT CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'default' ELSE 'serial' END"
        " || ' ' || format('%I.%I', n.nspname, s.relname)"
        " FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'"
        " JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid"
        " WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')"
        f" AND d.refobjid = to_regclass({literal(of_table(table))}) AND a.attname = {literal(column)}), '')"
    )


def _domain(type_: str) -> str:
    """SQL: what a domain, or one below it, says of its values: '', default, constraint."""
    return (
        "WITH RECURSIVE below AS (SELECT t.* FROM pg_catalog.pg_type t"
        f" WHERE t.oid = to_regtype({literal(type_)}) AND t.typtype = 'd'"
        " UNION ALL SELECT t.* FROM below b JOIN pg_catalog.pg_type t ON t.oid = b.typbasetype AND t.typtype = 'd')"
        " SELECT CASE WHEN bool_or(typnotnull OR EXISTS"
        " (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.contypid = below.oid)) THEN 'constraint'"
        " WHEN bool_or(typdefault IS NOT NULL) THEN 'default' ELSE '' END FROM below"
    )


def _drawing(table: str, column: str) -> str:
    """SQL: the column's default, where that asks a sequence."""
    return (
        f"SELECT coalesce((SELECT given FROM ({asking_default(table, column)}) AS one (given)"
        " WHERE given LIKE 'nextval(%'), '')"
    )


def _pace(table: str, column: str, type_: str) -> str:
    """SQL: the options of an identity, in parentheses. Where the type gave its bounds, those of another type do."""
    wide = type_.upper() in {"BIGINT", "INT8"}
    least, most = ("-9223372036854775808", "9223372036854775807") if wide else ("s.seqmin", "s.seqmax")
    return (
        "SELECT coalesce((SELECT format(' (START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s %sCYCLE)',"
        " s.seqstart, s.seqincrement,"
        f" CASE WHEN s.seqmin IN (-32768, -2147483648) THEN {least} ELSE s.seqmin END,"
        f" CASE WHEN s.seqmax IN (32767, 2147483647) THEN {most} ELSE s.seqmax END,"
        " s.seqcache, CASE WHEN s.seqcycle THEN '' ELSE 'NO ' END)"
        " FROM pg_catalog.pg_sequence s"
        f" WHERE s.seqrelid = pg_get_serial_sequence({literal(of_table(table))}, {literal(column)})::regclass), '')"
    )


def _renamed_sequence(own: str, name: str) -> str:
    """SQL: an identity's sequence is called as PostgreSQL sees fit, until it is told otherwise."""
    bare = f"(parse_ident({literal(name)}))[2]"
    return f"DO $$BEGIN EXECUTE format('ALTER SEQUENCE %s RENAME TO %I', {own}, {bare}); END$$"


def _grants(of: str, to: str, privileges: tuple[str, ...]) -> str:
    """SQL: the statements that let those use the one, `to`, who may use the other, whose name is SQL; a line each."""
    return (
        "SELECT coalesce(string_agg(format('GRANT %s ON %s TO %s%s', g.privilege_type, "
        f"{literal(to)}, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END,"
        " CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), E'\\n'), '')"
        " FROM pg_catalog.pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) g"
        f" WHERE c.oid = to_regclass({of}) AND g.grantee <> c.relowner"
        f" AND g.privilege_type IN ({', '.join(map(literal, privileges))})"
    )
