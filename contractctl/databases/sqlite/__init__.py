"""How does SQLite keep two columns in step, fill them and compare them? What the rest of contractctl uses of it."""

from contractctl.databases.sqlite.batches import fill, forget_stale, upper_key
from contractctl.databases.sqlite.comparison import Side, compare, facts, only_in_new, repair
from contractctl.databases.sqlite.engine import create_engine, reading
from contractctl.databases.sqlite.names import literal, quote
from contractctl.databases.sqlite.tables import key_columns
from contractctl.databases.sqlite.triggers import SIDE_TABLES, drop_triggers, missing_triggers, triggers

__all__ = (
    "SIDE_TABLES",
    "Side",
    "compare",
    "create_engine",
    "drop_triggers",
    "facts",
    "fill",
    "forget_stale",
    "key_columns",
    "literal",
    "missing_triggers",
    "only_in_new",
    "quote",
    "reading",
    "repair",
    "triggers",
    "upper_key",
)
