"""On which rows do the old side's expressions raise? A function that says so, so that a whole table can be asked.

A statement over many rows fails with the first of them; this one is several times slower, and only asked after that.
"""

from contractctl.databases import Synced, Synchronisation
from contractctl.databases.postgresql.names import function_name, quote
from contractctl.databases.postgresql.triggers.functions import RAISES, database, dollars, row
from contractctl.databases.sides import out_of_step, unconverted


def create(sync: Synchronisation) -> str:
    """CREATE FUNCTION (number of the pair, the table's row) for what is said, NULL where nothing is."""
    attempts = "".join(
        f"\n  IF c_pair = {number} THEN\n    PERFORM {_asked(pair)} FROM {row(pair, 'c_row')};\n  END IF;"
        for number, pair in enumerate(sync.columns)
        if not pair.plain
    )
    body = f"""
#variable_conflict use_column
BEGIN{attempts}
  RETURN NULL;
EXCEPTION WHEN {RAISES} THEN
  RETURN SQLERRM;
END
"""
    head = f"{quote(function_name(sync, 'try'))}(c_pair integer, c_row anyelement) RETURNS text"
    return f"CREATE FUNCTION {head} LANGUAGE plpgsql STABLE AS {dollars(body)}"


def _asked(pair: Synced) -> str:
    return f"{out_of_step(database, pair)}, {unconverted(database, pair)}"
