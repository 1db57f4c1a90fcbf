"""Which statement shows it? Run against the client's tables, then against the provider's, in SQLite."""

from collections.abc import Iterator, Mapping

from contractctl.formats.sql.engine import ENGINE, ask, memory, run
from contractctl.formats.sql.parsing import agreed
from contractctl.formats.sql.rows import quote
from contractctl.formats.sql.schema import Schema
from contractctl.formats.sql.sqlite_ddl import alone, statements
from contractctl.formats.sql.trials import TRIALS, Case, Trial
from contractctl.model.verdict import Effect, Incompatibility, Witness

_LINE = 240


def witness(client: Schema, provider: Schema, found: Incompatibility) -> Witness | None:
    """The first trial whose statement works against the client's tables and not, or not so, against the provider's.

    None where SQLite cannot show it: lengths, enums and time zones are no concern of its.
    """
    client, provider = agreed(client, provider)
    build = TRIALS.get(found.rule)
    if build is None or client.dialect != provider.dialect:
        return None
    engine = ENGINE if client.dialect == "sqlite" else f"{ENGINE}, tables translated from {client.dialect}"
    case = Case(client, provider, found)
    for ddl, note in _providers(case):
        for trial in build(case):
            answer = _shown(trial, (statements(client), ddl), found)
            if answer is not None:
                sent = f"{trial.statement}; {trial.look}" if trial.look else trial.statement
                return Witness(_one_line(sent), _one_line(answer), engine + note)
    return None


def _providers(case: Case) -> Iterator[tuple[tuple[str, ...], str]]:
    """The provider's tables; then the client's with this change alone, where others get in the way."""
    yield statements(case.provider), ""
    if "table" not in case.found.facts or case.table.name not in case.provider.tables:
        return
    name = case.named(case.found.path.rsplit(".", 1)[-1])
    known = "column" in case.found.facts or case.found.rule.startswith("sql-check-")
    table = alone(case.table, case.given, case.found.rule, name if known else None)
    if table is not None:
        yield statements(case.client, table), ", this change alone"


def _shown(trial: Trial, databases: tuple[tuple[str, ...], tuple[str, ...]], found: Incompatibility) -> str | None:
    """What the provider answers, where that is another answer than the client knows, and for this very reason."""
    fails = found.effect is Effect.FAILS
    expected, got = (_outcome(trial, ddl) for ddl in databases)
    if expected is None or got is None:
        return None
    if trial.foreign:
        refused = isinstance(expected, str) and not isinstance(got, str) and _to_the_point(expected, found)
        return f"{_told(got)}; the client's own tables refuse that: {expected}" if refused else None
    if isinstance(expected, str):
        return None
    if isinstance(got, str):
        return got if fails and _to_the_point(got, found) else None
    if fails or _typed(expected) == _typed(got):
        return None
    return f"{_told(got)}, where {_told(expected)} was promised"


def _to_the_point(refusal: str, found: Incompatibility) -> bool:
    """Whether SQLite refuses for the reason that the finding gives."""
    kind, named = _REASONS.get(found.rule, ("", False))
    if found.rule == "sql-type-refused" and refusal == "datatype mismatch":
        return True  # so SQLite words it for the number of a row
    return kind in refusal and (not named or found.facts["column"].lower() in refusal.lower())


def _outcome(trial: Trial, ddl: tuple[str, ...]) -> list[tuple[object, ...]] | str | None:
    """The rows that come back, SQLite's refusal, or None where it does not even come to the statement."""
    database = memory()
    try:
        for statement in (*ddl, *trial.before):
            if run(database, statement) is not None:
                return None
        return ask(database, trial.statement, trial.look)
    finally:
        database.close()


def _typed(rows: list[tuple[object, ...]] | str) -> list[tuple[tuple[type, object], ...]]:
    return [tuple((type(value), value) for value in each) for each in rows if not isinstance(each, str)]


def _told(rows: list[tuple[object, ...]] | str) -> str:
    """Few enough values to read on one line."""
    if isinstance(rows, str):
        return rows
    values = ", ".join(quote(value) for each in rows[:3] for value in each)
    return f"{len(rows)} rows ({values})" if len(rows) > 1 else values or "no row"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LINE else f"{line[:_LINE]}…"


_REASONS: Mapping[str, tuple[str, bool]] = {
    "sql-column-removed": ("no such column", True),
    "sql-column-required": ("NOT NULL", True),
    "sql-null-refused": ("NOT NULL", True),
    "sql-null-unexpected": ("NOT NULL", True),
    "sql-default-removed": ("NOT NULL", True),
    "sql-column-generated": ("generated", True),
    "sql-foreign-key-added": ("FOREIGN KEY", False),
    "sql-foreign-key-removed": ("FOREIGN KEY", False),
    "sql-delete-refused": ("FOREIGN KEY", False),
    "sql-unique-added": ("UNIQUE", False),
    "sql-unique-removed": ("ON CONFLICT", False),
    "sql-check-added": ("CHECK", False),
    "sql-check-removed": ("CHECK", False),
    "sql-strict-added": ("cannot store", False),
    "sql-strict-removed": ("cannot store", False),
    "sql-type-refused": ("cannot store", True),
}
"""What SQLite says when it refuses for that reason, and whether it names the column."""
