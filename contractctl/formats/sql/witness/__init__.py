"""Which statement shows it? Run against the client's tables, then against the provider's, in an engine."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Protocol

from contractctl.formats.sql.engine import ENGINE, ask, memory, run
from contractctl.formats.sql.parsing import agreed
from contractctl.formats.sql.schema import Schema, Table
from contractctl.formats.sql.witness.nearby import nearby
from contractctl.formats.sql.witness.rows import quote
from contractctl.formats.sql.witness.sqlite_ddl import alone, statements
from contractctl.formats.sql.witness.trials import TRIALS, Builder, Case, Trial
from contractctl.model.verdict import Effect, Incompatibility, Witness

_LINE = 240


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an engine says when it does not obey."""

    text: str
    code: str = ""
    """By which a server tells reasons apart; SQLite has its words alone."""


Outcome = list[tuple[object, ...]] | Refusal | None
"""The rows that come back, the refusal, or None where it does not even come to the statement."""
Ask = Callable[[Trial], Outcome]


class Bench(Protocol):
    """Where trials are made."""

    @property
    def name(self) -> str:
        """Who has executed it."""

    @property
    def trials(self) -> Mapping[str, Builder]:
        """By rule: what may show it here."""

    def tables(self, schema: Schema, instead: Table | None = None, /) -> tuple[str, ...]:
        """The statements that make the tables and views of a version. instead: takes its namesake's place."""

    def opened(self, tables: tuple[str, ...], /) -> AbstractContextManager[Ask | None]:
        """Tables that were made to be asked, each time as if for the first time; None where they cannot be made."""

    def to_the_point(self, refusal: Refusal, found: Incompatibility, /) -> bool:
        """Whether the engine refuses for the reason that the finding gives."""


def witness(client: Schema, provider: Schema, found: Incompatibility) -> Witness | None:
    """The first trial whose statement works against the client's tables and not, or not so, against the provider's.

    None where SQLite cannot show it: it knows no lengths, enums and time zones.
    """
    client, provider = agreed(client, provider)
    if client.dialect != provider.dialect:
        return None
    return find(_Sqlite(client.dialect), Case(client, provider, found, "sqlite"))


def find(bench: Bench, case: Case) -> Witness | None:
    """The first trial that shows it on this bench."""
    facts = case.found.facts
    if case.found.rule not in bench.trials:
        return None
    client, provider = nearby(facts.get("table") or facts["view"], case.client, case.provider)
    case = replace(case, client=client, provider=provider)
    with bench.opened(bench.tables(case.client)) as ours:
        for tables, note in _providers(bench, case):
            with bench.opened(tables) as theirs:
                shown = None if ours is None or theirs is None else _first(bench, case, ours, theirs)
            if shown is not None:
                return replace(shown, executed_by=bench.name + note)
    return None


def _first(bench: Bench, case: Case, ours: Ask, theirs: Ask) -> Witness | None:
    for trial in bench.trials[case.found.rule](case):
        answer = _shown(trial, ours(trial), theirs(trial), bench, case.found)
        if answer is not None:
            return Witness(_one_line(_sent(trial)), _one_line(answer), bench.name)
    return None


def _providers(bench: Bench, case: Case) -> Iterator[tuple[tuple[str, ...], str]]:
    """The provider's tables; then the client's with this change alone, where others get in the way."""
    yield bench.tables(case.provider), ""
    if "table" not in case.found.facts or case.table.name not in case.provider.tables:
        return
    name = case.named(case.found.path.rsplit(".", 1)[-1])
    known = "column" in case.found.facts or case.found.rule.startswith("sql-check-")
    table = alone(case.table, case.given, case.found.rule, name if known else None)
    if table is not None:
        yield bench.tables(case.client, table), ", this change alone"


def _shown(trial: Trial, expected: Outcome, got: Outcome, bench: Bench, found: Incompatibility) -> str | None:
    """What the provider answers, where that is another answer than the client knows, and for this very reason."""
    fails = found.effect is Effect.FAILS
    if expected is None or got is None:
        return None
    if isinstance(expected, Refusal):
        refused = trial.foreign and not isinstance(got, Refusal) and bench.to_the_point(expected, found)
        return f"{_told(got)}; the client's own tables refuse that: {expected.text}" if refused else None
    if trial.foreign:
        return None
    if isinstance(got, Refusal):
        return got.text if fails and bench.to_the_point(got, found) else None
    if fails or _typed(expected) == _typed(got):
        return None
    return f"{_told(got)}, where {_told(expected)} was promised"


@dataclass(frozen=True, slots=True)
class _Sqlite:
    """SQLite in memory: at home for its own dialect, by translation for others'."""

    dialect: str

    @property
    def name(self) -> str:
        return ENGINE if self.dialect == "sqlite" else f"{ENGINE}, tables translated from {self.dialect}"

    @property
    def trials(self) -> Mapping[str, Builder]:
        return TRIALS

    def tables(self, schema: Schema, instead: Table | None = None) -> tuple[str, ...]:
        return statements(schema, instead)

    def opened(self, tables: tuple[str, ...]) -> AbstractContextManager[Ask | None]:
        return nullcontext(lambda trial: _outcome(trial, tables))

    def to_the_point(self, refusal: Refusal, found: Incompatibility) -> bool:
        kind, named = _REASONS.get(found.rule, ("", False))
        if found.rule == "sql-type-refused" and refusal.text == "datatype mismatch":
            return True  # so SQLite words it for the number of a row
        name = rf"(?<!\w){re.escape(found.facts['column'])}(?!\w)" if named else ""
        said = any(words in refusal.text for words in kind.split(" or "))
        return said and re.search(name, refusal.text, re.IGNORECASE) is not None


def _outcome(trial: Trial, tables: tuple[str, ...]) -> Outcome:
    database = memory()
    try:
        for statement in (*tables, *trial.before):
            if run(database, statement) is not None:
                return None
        answer = ask(database, trial.statement, trial.look)
        return Refusal(answer) if isinstance(answer, str) else answer
    finally:
        database.close()


def _sent(trial: Trial) -> str:
    """What is to be seen of it: a question with what it is asked about."""
    if trial.look:
        return f"{trial.statement}; {trial.look}"
    asks = trial.statement.startswith("SELECT") and trial.before
    return f"{trial.before[-1]}; {trial.statement}" if asks else trial.statement


def _typed(rows: list[tuple[object, ...]]) -> list[tuple[tuple[type, object], ...]]:
    return [tuple((type(value), value) for value in each) for each in rows]


def _told(rows: list[tuple[object, ...]] | Refusal) -> str:
    """Few enough values to read on one line."""
    if isinstance(rows, Refusal):
        return rows.text
    values = ", ".join(quote(value, "sqlite") for each in rows[:3] for value in each)
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
    "sql-default-refused": ("cannot store or NOT NULL", True),
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
