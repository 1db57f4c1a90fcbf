"""How does a new column become the key, and the one that is counted up? It takes over what the old one had."""

from contractctl.databases import Statement
from contractctl.databases.catalog import Catalog
from contractctl.databases.postgresql.names import literal, quote
from contractctl.databases.postgresql.names import table as of_table
from contractctl.databases.postgresql.statements.altering import ALONE, WRITERS_OUT, alter
from contractctl.databases.postgresql.statements.rights import granting
from contractctl.databases.postgresql.tables import asking_default


def move_key(catalog: Catalog, table: str, _columns: tuple[str, ...], index: str) -> tuple[Statement, ...]:
    """Make the primary key of the index, under the name that it had: nothing has to be read.

    Until the transaction ends nobody sees a table without a key.
    """
    name = catalog.ask(_primary_key(table), f"{table.rpartition('.')[2]}_pkey")
    return (
        alter(table, f"DROP CONSTRAINT {quote(name)}"),
        alter(table, f"ADD CONSTRAINT {quote(name)} PRIMARY KEY USING INDEX {quote(index)}"),
    )


def hand_over(catalog: Catalog, table: str, old: str, new: str, type_: str = "") -> tuple[Statement, ...]:
    """Let a column have the sequence that counts another one's values up: it would go with that one.

    An identity's sequence belongs to it for ever; the new column's own begins where that one has come to, goes on as
    it would have, and takes its name over, with whoever may use it.
    """
    how, _, sequence = catalog.ask(_counter(table, old), "").partition(" ")
    if not how:  # a sequence that belongs to no column stays where it is
        drawn = catalog.ask(_drawing(table, old), "")
        return (alter(table, f"ALTER COLUMN {quote(new)} SET DEFAULT {drawn}"),) if drawn else ()
    if how == "serial":
        place = f"{of_table(table)}.{quote(new)}"
        default = f"ALTER COLUMN {quote(new)} SET DEFAULT nextval({literal(sequence)}::regclass)"
        wider = (Statement(f"ALTER SEQUENCE {sequence} AS {type_}", WRITERS_OUT),) if type_ else ()
        return (*wider, Statement(f"ALTER SEQUENCE {sequence} OWNED BY {place}", WRITERS_OUT), alter(table, default))
    kind = "ALWAYS" if how == "always" else "BY DEFAULT"
    pace = catalog.ask(_pace(table, old, type_), "")
    grants = catalog.ask(granting(literal(sequence), f"SEQUENCE {sequence}", ("USAGE", "SELECT", "UPDATE")), "")
    own = f"pg_get_serial_sequence({literal(of_table(table))}, {literal(new)})"
    return (
        alter(table, f"ALTER COLUMN {quote(new)} ADD GENERATED {kind} AS IDENTITY{pace}"),
        Statement(f"SELECT setval({own}, last_value, is_called) FROM {sequence}", "none"),
        alter(table, f"ALTER COLUMN {quote(old)} DROP IDENTITY"),
        Statement(_renamed_sequence(own, sequence), ALONE),
        *(Statement(grant, "none") for grant in grants.splitlines()),
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
