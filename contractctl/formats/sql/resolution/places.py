"""What of statements that name no columns? Values go, and come, by their place."""

from collections.abc import Iterator

from contractctl.formats.sql.schema import Table, table_pointer
from contractctl.model.verdict import Effect, Incompatibility


def misplaced(client: Table, provider: Table, dialect: str | None) -> Iterator[Incompatibility]:
    """`INSERT INTO t VALUES (…)` fills the columns in their order, and `SELECT *` gives them so.

    Columns behind the client's own are in nobody's way where it reads; where it writes, PostgreSQL fills them in, and
    the others demand a value for each; so too where no dialect is known. A column that is gone is said by itself.
    """
    read, written = _names(client, provider), _names(client, provider, but_generated=dialect == "sqlite")
    if not set(read[0]) <= set(read[1]):
        return
    fits = dialect == "postgresql" or len(written[0]) == len(written[1])
    moved = any(given[: len(own)] != own for own, given in (read, written))
    if fits and not moved:
        return
    at = table_pointer(client.name)
    before, after = (", ".join(column.written for column in table.columns) for table in (client, provider))
    facts = {"table": client.written, "before": before, "after": after}
    effect = Effect.MISREADS if fits else Effect.FAILS
    yield Incompatibility("sql-columns-moved", effect, client.written, facts, at, at)


def _names(*tables: Table, but_generated: bool = False) -> list[list[str]]:
    """SQLite takes no value for what it generates; the others do, if it is DEFAULT."""
    return [
        [column.name for column in table.columns if not (but_generated and column.generated is not None)]
        for table in tables
    ]
