"""How is a writer refused who breaks a promise of NOT NULL that both versions give?

The database itself no longer does it: expand took NOT NULL from the old column, and the new one has it only at the end.
"""

from contractctl.databases import Held, Synchronisation
from contractctl.databases.postgresql.names import literal


def refuse(sync: Synchronisation, column: Held, when: str) -> str:
    """In the words and with the code of PostgreSQL's own refusal."""
    message = f'null value in column "{column.name}" of relation "{sync.table}" violates not-null constraint'
    return f"""IF {when} THEN
  RAISE not_null_violation USING MESSAGE = {literal(message)}, COLUMN = {literal(column.name)},
    TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
END IF;"""
