"""How is a plan carried out on PostgreSQL, 14 or later? What `databases.Database` asks of it."""

from contractctl.databases.ddl import Statements
from contractctl.databases.postgresql import statements
from contractctl.databases.postgresql.bonds import dependents, hindrances, key_obstacles, notes, obstacles
from contractctl.databases.postgresql.engine import alone, create_engine, heed, reading, unhurried
from contractctl.databases.postgresql.expressions import (
    agrees,
    bind,
    check,
    differs,
    is_name,
    json_array,
    now,
    outside,
    storing,
)
from contractctl.databases.postgresql.load import lag, load, own_lag, size
from contractctl.databases.postgresql.names import literal, quote, same, table
from contractctl.databases.postgresql.probing import refusal
from contractctl.databases.postgresql.reflection import collations, definitions, other_schemas
from contractctl.databases.postgresql.refusals import busy, lost, meaning
from contractctl.databases.postgresql.relations import (
    column_notes,
    is_scattered,
    is_view,
    kept_waiting,
    part_obstacles,
    parts,
    table_dependents,
    weight,
)
from contractctl.databases.postgresql.rows import (
    add_new,
    beyond,
    blames_a_row,
    checksum,
    has_key,
    key_list,
    problem,
    unseen,
    up_to,
    update_from,
)
from contractctl.databases.postgresql.statements.waiting import carry_out
from contractctl.databases.postgresql.tables import as_shown, columns, exists, key_columns
from contractctl.databases.postgresql.triggers import drop_triggers, missing_triggers, triggers

__all__ = (
    "add_new",
    "agrees",
    "alone",
    "as_shown",
    "beyond",
    "bind",
    "blames_a_row",
    "busy",
    "carry_out",
    "check",
    "checksum",
    "collations",
    "column_notes",
    "columns",
    "create_engine",
    "ddl",
    "definitions",
    "dependents",
    "differs",
    "drop_triggers",
    "exists",
    "has_key",
    "heed",
    "hindrances",
    "is_name",
    "is_scattered",
    "is_view",
    "json_array",
    "kept_waiting",
    "key_columns",
    "key_list",
    "key_obstacles",
    "lag",
    "literal",
    "load",
    "locking",
    "lost",
    "meaning",
    "missing_triggers",
    "notes",
    "now",
    "obstacles",
    "one_writer",
    "other_schemas",
    "outside",
    "own_lag",
    "part_obstacles",
    "parts",
    "problem",
    "quote",
    "reading",
    "refusal",
    "same",
    "size",
    "storing",
    "table",
    "table_dependents",
    "transactional_ddl",
    "triggers",
    "unhurried",
    "unseen",
    "up_to",
    "update_from",
    "weighed_by",
    "weight",
)

ddl: Statements = statements
weighed_by = "the size of its files"
locking = " FOR NO KEY UPDATE"
one_writer = False
transactional_ddl = True
