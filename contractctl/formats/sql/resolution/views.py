"""Do the views still give out what they gave out?"""

from collections.abc import Iterator

from contractctl.formats.sql.schema import Schema, Table, View, table_pointer
from contractctl.model.verdict import Effect, Found, Incompatibility, Undecided


def views(client: Schema, provider: Schema) -> Iterator[Found]:
    """Whoever reads a view names its columns; it breaks with the tables below it."""
    for name, view in client.views.items():
        given = provider.views.get(name)
        if given is None:
            table = provider.tables.get(name)
            yield from _is_table_now(view, table) if table else (_found("sql-view-removed", view),)
            continue
        broken = sorted(_missing(given, provider))
        if broken and not _missing(view, client):
            yield _found("sql-view-broken", view, missing=", ".join(broken))
        elif given.text != view.text or given.properties != view.properties or given.outputs != view.outputs:
            yield from _changed(view, given)


def _found(rule: str, view: View, **facts: str) -> Incompatibility:
    at = table_pointer(view.name)
    return Incompatibility(rule, Effect.FAILS, view.written, {"view": view.written, **facts}, at, at)


def _missing(view: View, schema: Schema) -> frozenset[str]:
    """The columns that a view reads and its tables do not have."""
    read = {(table, column) for table, column in view.reads if table in schema.tables}
    return frozenset(f"{table}.{column}" for table, column in read if not schema.tables[table].column(column))


def _is_table_now(view: View, table: Table) -> Iterator[Found]:
    gone = list(_gone(view, tuple(column.name for column in table.columns)))
    yield from gone
    if not gone:
        at = table_pointer(view.name)
        yield Undecided(
            view.written, "the view is a table now: contractctl cannot tell whether it gives the same", at, at
        )


def _gone(view: View, given: tuple[str, ...]) -> Iterator[Found]:
    at = table_pointer(view.name)
    for column in view.outputs or ():
        if column not in given:
            facts = {"view": view.written, "column": column}
            path = f"{view.written}.{column}"
            yield Incompatibility("sql-view-column-removed", Effect.FAILS, path, facts, at, at)


def _changed(view: View, given: View) -> Iterator[Found]:
    at = table_pointer(view.name)
    gone = list(_gone(view, given.outputs)) if given.outputs is not None else []
    if gone:
        yield from gone
        return
    yield Undecided(view.written, "the view's query changed: contractctl cannot tell whether it gives the same", at, at)
