"""Do old values come back from their new form? Tried with existing rows before anything is done."""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection

from contractctl.databases import Column, Database, Held, Synced, run
from contractctl.databases.sides import up_possible
from contractctl.model.amounts import agreeing, counted
from contractctl.operations.pairs import Pair, written_out


def losses(database: Database, connection: Connection, table: str, pair: Pair, rows: int) -> Iterator[str]:
    """A sentence where values do not come back, in a sample of rows: down(up(x)) is not x.

    The new columns do not exist yet; the old ones' types stand in for theirs.
    """
    found = {column.name: column for column in database.columns(connection, table)}
    if pair.lossy or not pair.old or not all(name in found for name in pair.old):
        return
    synced = _planned(written_out(database, pair), found)
    columns = ", ".join(database.quote(one.name) for one in synced.old)
    first = database.quote(synced.old[0].name)
    sample = f"SELECT {columns} FROM {database.table(table)} LIMIT {int(rows)}"
    unlike = f"FROM ({sample}) AS contractctl_sample WHERE NOT ({up_possible(database, synced)})"
    lost = run(connection, f"SELECT count(*) {unlike}").scalar_one()
    if lost:
        example = run(connection, f"SELECT {first} {unlike} LIMIT 1").scalar()
        place, comes = f"'{table}.{synced.old[0].name}'", agreeing(lost, "does", "do")
        yield f"{counted(lost, 'value')} of {place} {comes} not come back from the new form, such as {example!r}"


def _planned(pair: Pair, found: Mapping[str, Column]) -> Synced:
    """The pair as if its new columns existed."""
    names = {name: pair.via or name for name in pair.new}
    first = found[next(iter(pair.old))]
    new = tuple(Held(names[name], first.type, value) for name, value in pair.new.items())
    return Synced(tuple(Held(name, found[name].type, value) for name, value in pair.old.items()), new)
