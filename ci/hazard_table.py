"""Which test covers which hazard, on which database? Read from the docstrings: `Hazard 4, 20: …`."""

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
TESTS = PROJECT / "tests"
PAGE = TESTS / "HAZARDS.md"
ENGINES = ("sqlite", "postgresql", "mariadb")
_NUMBERS = re.compile(r"\bHazards? ((?:\d+(?:, | and )?)+)")
_FIXTURES = {"postgresql_url": "postgresql", "postgresql_server": "postgresql", "mariadb_url": "mariadb"}
_EVERYWHERE = ("gate", "evidence")
"""Folders of tests that need no database: they apply to plans on every one."""
_FOLDERS = {"sqlite": "sqlite", "postgresql": "postgresql", "mysql": "mariadb"}

HAZARDS: Mapping[int, str] = {
    1: "a write to the new side of a row that is not filled yet destroys the old value",
    2: "the version of a client is guessed from its session, and the guess is wrong",
    3: "--up and --down are not inverse, and the two sides change each other for ever",
    4: "one statement writes different values to both sides",
    5: "an INSERT gives neither side, both, an explicit NULL, or a default that looks like a value",
    6: "a value that is rightly NULL counts as not filled",
    7: "an expression returns another value each time",
    8: "a trigger of the application runs before or after ours",
    9: "a statement names a column without changing it, or changes one that it does not name",
    10: "generated columns have no value yet when a trigger runs",
    11: "upserts take another path than INSERT and UPDATE",
    12: "bulk loads, TRUNCATE and the replication role pass triggers by",
    13: "foreign-key cascades change rows without triggers",
    14: "a collation that ignores case or padding calls different values equal",
    15: "the backfill fires the triggers of the application",
    16: "triggers can only run after the row is written",
    17: "the backfill takes an empty batch for the end",
    18: "the backfill takes an unordered answer for a position",
    19: "rows are inserted, deleted or get another key during the backfill",
    20: "the backfill writes back a value that it read before somebody changed it",
    21: "a deadlock or a lock timeout ends the backfill",
    22: "a crash happens between a batch and its checkpoint",
    23: "a table has a key of several columns, of text or of another kind, or none",
    24: "each batch reads the whole table",
    25: "one row that cannot be converted stops everything",
    26: "replicas lag, the server is busy, or a snapshot stays open for long",
    27: "row-level security or missing privileges hide rows",
    28: "repeatable-read snapshots do not see new rows, and gap locks block writers",
    29: "DDL waits for a lock, and everybody else waits behind it",
    30: "a constraint blocks writers while it checks the table, or is added before triggers fill its column",
    31: "a failed build leaves an invalid index",
    32: "a column is dropped while a trigger still uses it",
    33: "rebuilding a table drops its triggers",
    34: "a view uses a column that is dropped",
    35: "cached plans of prepared statements no longer fit",
    36: "a table has partitions, or gets one later",
    37: "names are too long, collide, or need quotes",
    38: "a default rewrites the whole table",
    39: "an ALTER copies the table and blocks writers",
    40: "a foreign key blocks writers while it checks the table",
    41: "the old column owns a sequence or an identity",
    42: "a conversion depends on the time zone of the session",
    43: "a new value does not fit into the old column",
    44: "a value is cut or clamped without an error",
    45: "converted values collide under a unique key",
    46: "ORMs name every column, and `SELECT *` names none",
    47: "a reader is rare, or its telemetry is missing and taken for silence",
    48: "a reader appears between the gate and the drop",
    49: "old applications come back",
    50: "the old side is dropped although rows differ",
}
"""What can go wrong in a staged migration."""
_SQLITE_ONLY = "only on SQLite, where a BEFORE trigger cannot change the row"
_ONE_WRITER = "SQLite has one writer at a time"
NOT_THERE: Mapping[tuple[int, str], str] = {
    (16, "postgresql"): _SQLITE_ONLY,
    (16, "mariadb"): _SQLITE_ONLY,
    (12, "sqlite"): "SQLite has no bulk load, TRUNCATE or replication role",
    (26, "sqlite"): "SQLite has no replicas",
    (27, "sqlite"): "SQLite has no rights on rows or columns",
    (28, "sqlite"): _ONE_WRITER,
    (30, "sqlite"): "SQLite has no NOT VALID: a constraint is added once no row violates it",
    (31, "sqlite"): "SQLite builds an index completely or not at all",
    (35, "sqlite"): "SQLite prepares a statement again when the schema changes",
    (36, "sqlite"): "SQLite has no partitions",
    (39, "sqlite"): "only on MariaDB, which has ALGORITHM and LOCK",
    (39, "postgresql"): "only on MariaDB, which has ALGORITHM and LOCK",
    (40, "sqlite"): "SQLite cannot add a foreign key to an existing table: refused",
    (41, "sqlite"): "columns of SQLite own no sequence",
    (31, "mariadb"): "InnoDB builds an index completely or not at all",
}
"""Where a hazard cannot occur, and why."""


@dataclass(frozen=True, slots=True)
class Case:
    """One test of one hazard on one engine."""

    hazard: int
    engine: str
    test: str
    """File and function."""


class _Collector:
    """A plugin of pytest: sees what was collected, and how it went."""

    def __init__(self) -> None:
        self.cases: dict[str, tuple[Case, ...]] = {}
        self.outcomes: dict[str, str] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self.cases = {item.nodeid: tuple(cases_of(item)) for item in items}
        items[:] = [item for item in items if self.cases[item.nodeid]]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.failed:
            before = self.outcomes.get(report.nodeid, "passed")
            self.outcomes[report.nodeid] = "failed" if "failed" in {before, report.outcome} else report.outcome


def cases_of(item: pytest.Item) -> Iterable[Case]:
    """What a test says that it covers, and on which engine it runs."""
    function = getattr(item, "function", None)
    said = _NUMBERS.findall(getattr(function, "__doc__", None) or "")
    numbers = {int(number) for text in said for number in re.findall(r"\d+", text)}
    where = f"{item.path.relative_to(TESTS)}::{getattr(function, '__name__', '')}"
    yield from (Case(number, engine, where) for number in sorted(numbers) for engine in engines_of(item))


def engines_of(item: pytest.Item) -> tuple[str, ...]:
    """By its parameters, its fixtures, or its folder; SQLite is the one that is always there."""
    parts = item.path.relative_to(TESTS).parts
    if parts[0] in _EVERYWHERE:
        return ENGINES
    given = getattr(getattr(item, "callspec", None), "params", {})
    named = [str(value) for value in given.values()]
    fixtures = [_FIXTURES[name] for name in getattr(item, "fixturenames", ()) if name in _FIXTURES]
    folders = [_FOLDERS[part] for part in parts if part in _FOLDERS]
    for name in (*named, *folders, *fixtures):
        if name in ENGINES:
            return (name,)
    return ("sqlite",)


def collected(*, run: bool) -> tuple[tuple[Case, ...], Mapping[str, str]]:
    """Every case, and how its tests went where they were run: passed, failed, skipped."""
    plugin = _Collector()
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header"]
    speaking = [str(path) for path in sorted(TESTS.rglob("test_*.py")) if _NUMBERS.search(path.read_text("utf-8"))]
    with redirect_stdout(sys.stderr):
        pytest.main([*arguments, *speaking, *([] if run else ["--collect-only", "-qqq"])], plugins=[plugin])
    cases = {case for found in plugin.cases.values() for case in found}
    results: dict[str, str] = {}
    for test, outcome in plugin.outcomes.items():
        for case in plugin.cases.get(test, ()):
            key = f"{case.engine} {case.test}"
            results[key] = "failed" if "failed" in {results.get(key), outcome} else outcome
    return tuple(sorted(cases, key=lambda case: (case.hazard, case.engine, case.test))), results


def page(cases: Iterable[Case], results: Mapping[str, str]) -> str:
    """The table as Markdown."""
    by: dict[tuple[int, str], list[Case]] = defaultdict(list)
    for case in cases:
        by[case.hazard, case.engine].append(case)
    lines = [
        "# Hazards of a staged migration, and their tests",
        "",
        "What can go wrong, and the tests which show that it does not. `ci/hazards --write` makes this page from the",
        "docstrings of the tests; a test compares the two. All of them run in `ci/test`, against a real database,",
        "except for those in `gate` and `evidence`, which need none and apply to all three.",
    ]
    for number, words in HAZARDS.items():
        lines += ["", f"## {number}. {words[0].upper()}{words[1:]}", "", "| database | tests |", "|---|---|"]
        lines += [f"| {engine} | {_cell(by, number, engine, results)} |" for engine in ENGINES]
    return "\n".join(lines) + "\n"


def _cell(by: Mapping[tuple[int, str], list[Case]], number: int, engine: str, results: Mapping[str, str]) -> str:
    found = by.get((number, engine), [])
    if not found:
        return NOT_THERE.get((number, engine), "**none**")
    return "<br>".join(_named(case, results) for case in found)


def _named(case: Case, results: Mapping[str, str]) -> str:
    outcome = results.get(f"{case.engine} {case.test}")
    return f"`{case.test}`" + (f" {outcome}" if outcome else "")


def main() -> int:
    """Return 1 if a hazard has neither a test nor a reason, or if one of its tests failed."""
    asked = argparse.ArgumentParser(prog="ci/hazards", description=__doc__)
    asked.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(PROJECT)}")
    asked.add_argument("--run", action="store_true", help="run the tests, and show their results")
    options = asked.parse_args()
    cases, results = collected(run=options.run)
    text = page(cases, results)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return int("**none**" in text or "failed" in results.values())


if __name__ == "__main__":
    sys.exit(main())
