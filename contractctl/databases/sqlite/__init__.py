"""How does SQLite keep columns in step, fill them and compare them? What `databases.Database` asks of it."""

from contractctl.databases.ddl import Statements
from contractctl.databases.sqlite import statements
from contractctl.databases.sqlite.engine import alone, create_engine, heed, reading, unhurried
from contractctl.databases.sqlite.expressions import (
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
from contractctl.databases.sqlite.load import lag, load, own_lag
from contractctl.databases.sqlite.names import literal, quote, same, table
from contractctl.databases.sqlite.reflection import collations, definitions, other_schemas
from contractctl.databases.sqlite.refusals import busy, lost, meaning
from contractctl.databases.sqlite.rows import (
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
from contractctl.databases.sqlite.statements import carry_out
from contractctl.databases.sqlite.tables import (
    as_shown,
    column_notes,
    columns,
    dependents,
    exists,
    hindrances,
    is_scattered,
    is_view,
    kept_waiting,
    key_columns,
    key_obstacles,
    notes,
    obstacles,
    part_obstacles,
    parts,
    refusal,
    size,
    table_dependents,
    weight,
)
from contractctl.databases.sqlite.triggers import drop_triggers, missing_triggers, triggers

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
weighed_by = "the pages that it takes"
locking = ""
one_writer = True
transactional_ddl = True
