"""How is a plan carried out on MariaDB, 10.6 or later? What `databases.Database` asks of it.

MySQL itself speaks the same protocol and behaves differently where it matters (DDL, triggers, locks): it is refused.
"""

from contractctl.databases.ddl import Statements
from contractctl.databases.mysql import statements
from contractctl.databases.mysql.carrying import carry_out
from contractctl.databases.mysql.dependents import dependents, key_obstacles, obstacles, table_dependents
from contractctl.databases.mysql.engine import alone, create_engine, heed, reading, unhurried
from contractctl.databases.mysql.expressions import (
    agrees,
    bind,
    differs,
    is_name,
    json_array,
    now,
    outside,
    storing,
)
from contractctl.databases.mysql.expressions.trust import check, refusal
from contractctl.databases.mysql.load import lag, load, own_lag, size
from contractctl.databases.mysql.names import literal, quote, same, table
from contractctl.databases.mysql.reflection import collations, definitions, other_schemas
from contractctl.databases.mysql.refusals import busy, lost, meaning
from contractctl.databases.mysql.relations import (
    column_notes,
    is_scattered,
    is_view,
    kept_waiting,
    part_obstacles,
    parts,
    weight,
)
from contractctl.databases.mysql.rows import (
    add_new,
    beyond,
    blames_a_row,
    checksum,
    has_key,
    key_list,
    unseen,
    up_to,
    update_from,
)
from contractctl.databases.mysql.tables import as_shown, columns, exists, hindrances, key_columns, notes
from contractctl.databases.mysql.triggers import drop_triggers, missing_triggers, triggers
from contractctl.databases.mysql.triggers.trying import problem

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
weighed_by = "InnoDB's statistics, which may be old"
locking = " FOR UPDATE"
one_writer = False
transactional_ddl = False
