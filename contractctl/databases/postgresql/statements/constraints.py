"""How do constraints and indexes come and go while applications write? For new rows first, then proven for all."""

from contractctl.databases import LOCK_SECONDS, Statement, Work
from contractctl.databases.catalog import Catalog
from contractctl.databases.ddl import BlockingError, ForeignKey, Index, foreign_key
from contractctl.databases.postgresql.names import literal, quote, quotes
from contractctl.databases.postgresql.names import table as of_table
from contractctl.databases.postgresql.statements.altering import (
    ALONE,
    BESIDE,
    WRITERS_OUT,
    alter,
    beside_table,
    referred,
    shared,
)
from contractctl.databases.postgresql.statements.waiting import TWO_LOCKS_SECONDS, brief, patient, patient_outside


def add_check(catalog: Catalog, table: str, name: str, condition: str) -> tuple[Statement, ...]:
    """A CHECK for what is written from now on, then proven for every row. Nothing where it exists."""
    add = alter(table, f"ADD CONSTRAINT {quote(name)} CHECK ({condition}) NOT VALID", transactional=False)
    return _proven(catalog, table, name, add)


def add_foreign_key(catalog: Catalog, table: str, key: ForeignKey, at_once: bool) -> tuple[Statement, ...]:
    """A foreign key for what is written from now on, then proven for every row. Nothing where it exists."""
    clause = f"ADD CONSTRAINT {quote(key.name)} {foreign_key(key, quotes, of_table)}"
    lock = shared(WRITERS_OUT, table, [key.references])
    if at_once:
        return (alter(table, clause, lock=lock),)
    if catalog.ask(_is_parted(table), "False") == "True":
        raise BlockingError(
            f"PostgreSQL cannot add a foreign key to the partitioned table '{table}' and validate it without blocking"
            " writes",
            hint="in a revision of your own, add it to each partition (NOT VALID, then VALIDATE) and then to the"
            " table, which adopts these",
        )
    add = alter(table, f"{clause} NOT VALID", lock=lock, transactional=False)
    return _proven(catalog, table, key.name, add, TWO_LOCKS_SECONDS)


def add_unique(catalog: Catalog, table: str, name: str, _columns: tuple[str, ...]) -> tuple[Statement, ...]:
    """Make of the index of that name the constraint of that name: nothing has to be read. Nothing where it exists."""
    if catalog.ask(state_of(table, name), "") == "valid":
        return ()
    return (alter(table, f"ADD CONSTRAINT {quote(name)} UNIQUE USING INDEX {quote(name)}"),)


def drop_constraint(_catalog: Catalog, table: str, sort: str, name: str, says: str) -> tuple[Statement, ...]:
    """Drop a constraint. PostgreSQL gives every one a name."""
    others = referred(says) if sort == "foreign-key" else ()
    return (alter(table, f"DROP CONSTRAINT {quote(name)}", lock=shared(ALONE, table, others)),)


def drop_references(_catalog: Catalog, _table: str, _to: str) -> tuple[Statement, ...]:
    """Nothing: the table that refers goes in the same transaction as what made its rows."""
    return ()


def rename_constraint(_catalog: Catalog, table: str, sort: str, name: str, new: str) -> tuple[Statement, ...]:
    """Give a constraint, or an index, another name."""
    if sort == "index":
        return (Statement(f"ALTER INDEX {beside_table(table, name)} RENAME TO {quote(new)}", BESIDE),)
    return (alter(table, f"RENAME CONSTRAINT {quote(name)} TO {quote(new)}"),)


def build_index(catalog: Catalog, table: str, index: Index, at_once: bool) -> tuple[Statement, ...]:
    """Build an index while applications write; where an earlier build has failed, what it left is dropped first."""
    if at_once:
        return (Statement(_create_index(table, index, "INDEX"), WRITERS_OUT),)
    state = catalog.ask(_index_state(table, index.name), "")
    if state == "valid":
        return ()
    if state == "parted":
        raise BlockingError(
            f"PostgreSQL cannot build an index of the partitioned table '{table}' without blocking writes",
            hint="build it on each partition (CREATE INDEX CONCURRENTLY) and attach these to one created ON ONLY the"
            " table, in a revision of your own",
        )
    drop = drop_index(table, index.name, beside=True) if state == "invalid" else ()
    create = Statement(_create_index(table, index, "INDEX CONCURRENTLY"), BESIDE, Work.SCAN, transactional=False)
    return (*drop, *patient_outside(create))


def drop_index(table: str, name: str, beside: bool) -> tuple[Statement, ...]:
    """Drop an index; `beside` everybody's reads and writes, outside of a transaction.

    One that a constraint was made of has gone with it already.
    """
    if not beside:
        return (Statement(f"DROP INDEX IF EXISTS {beside_table(table, name)}", ALONE),)
    drop = f"DROP INDEX CONCURRENTLY IF EXISTS {beside_table(table, name)}"
    return patient_outside(Statement(drop, BESIDE, transactional=False))


def _proven(
    catalog: Catalog, table: str, name: str, add: Statement, seconds: float = LOCK_SECONDS
) -> tuple[Statement, ...]:
    state = catalog.ask(state_of(table, name), "")
    if state == "valid":
        return ()
    validate = alter(table, f"VALIDATE CONSTRAINT {quote(name)}", Work.SCAN, BESIDE, transactional=False)
    return (*(() if state == "unproven" else brief(add, seconds)), *patient(validate))


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


def state_of(table: str, name: str) -> str:
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
