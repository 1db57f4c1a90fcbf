"""Which test stands for which hazard, on which database? Read off the docstrings: `Hazard 4, 20: …`."""

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
"""Folders of tests that ask no database: they hold for a plan on any."""
_FOLDERS = {"sqlite": "sqlite", "postgresql": "postgresql", "mysql": "mariadb"}

HAZARDS: Mapping[int, str] = {
    1: "a new-side write to a row that is not yet filled must not destroy the old value",
    2: "the client's version is not guessed from its session",
    3: "up and down that are not inverse do not ping-pong",
    4: "both sides written with different values",
    5: "an INSERT gives neither side, both, an explicit NULL, or leaves a default that hides it",
    6: "a value that is rightly NULL",
    7: "an expression whose answer is never the same twice is refused",
    8: "an application's own triggers, before or after ours",
    9: "statements that name columns without changing them",
    10: "generated columns",
    11: "upserts",
    12: "bulk loads, TRUNCATE, the replication role",
    13: "foreign-key cascades",
    14: "collations that ignore case or padding",
    15: "the backfill fires nobody's triggers, or says whose",
    16: "triggers that only come AFTER",
    17: "an empty batch is not the end",
    18: "no cursor from an unordered answer",
    19: "rows that come, go, or change their key meanwhile",
    20: "nothing is computed in the client and written back",
    21: "deadlocks and lock timeouts are tried again",
    22: "a crash between a batch and its checkpoint",
    23: "keys of every kind, and none at all",
    24: "no batch reads the whole table",
    25: "one bad row",
    26: "lag of replicas, load, long snapshots",
    27: "row-level security and missing rights",
    28: "repeatable-read snapshots and gap locks",
    29: "DDL never waits long for a lock, and tries again",
    30: "constraints come NOT VALID, once triggers fill",
    31: "an invalid index that a failed build has left",
    32: "triggers go before the column",
    33: "whatever rebuilds a table drops its triggers",
    34: "views over a column that goes",
    35: "cached plans",
    36: "partitions, also those attached later",
    37: "long names, collisions, quoting",
    38: "defaults that rewrite the table",
    39: "what would copy the table is refused, ALGORITHM and LOCK are stated",
    40: "foreign keys come NOT VALID first",
    41: "sequences and identities that the old column owns",
    42: "conversions that hang on the session's time zone",
    43: "old columns that cannot take a new value",
    44: "values cut or clamped in silence",
    45: "values that collide under a unique key once converted",
    46: "statements that name every column, and those that name none",
    47: "rare readers; missing telemetry is unknown",
    48: "a reader that appears between the gate and the drop",
    49: "old applications that come back",
    50: "the drop needs zero divergence, proven just before",
}
_SQLITE_ONLY = "only SQLite: its triggers come AFTER"
_ONE_WRITER = "SQLite has one writer at a time"
NOT_THERE: Mapping[tuple[int, str], str] = {
    (16, "postgresql"): _SQLITE_ONLY,
    (16, "mariadb"): _SQLITE_ONLY,
    (12, "sqlite"): "SQLite has no bulk load, TRUNCATE or replication role",
    (26, "sqlite"): "SQLite has no replicas",
    (27, "sqlite"): "SQLite has no rights on rows or columns",
    (28, "sqlite"): _ONE_WRITER,
    (30, "sqlite"): "SQLite has no NOT VALID: a constraint stands once no row breaks it",
    (31, "sqlite"): "an index of SQLite is built whole or not at all",
    (35, "sqlite"): "SQLite prepares a statement anew when the schema changes",
    (36, "sqlite"): "SQLite has no partitions",
    (39, "sqlite"): "MariaDB's own",
    (39, "postgresql"): "MariaDB's own",
    (40, "sqlite"): "SQLite adds no foreign key to a table that is there: refused",
    (41, "sqlite"): "SQLite's columns own no sequence",
    (31, "mariadb"): "an index of InnoDB is built whole or not at all",
}
"""Where a hazard cannot come up, and why."""


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
    """What a test says that it stands for, and on which engine it runs."""
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
        "# Which test stands for which hazard",
        "",
        "Made by `ci/hazards --write` from the tests' docstrings; a test holds the two together. Every test named here",
        "runs against a real database in `ci/test`.",
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
    """Exit code 1 where a hazard has neither a test nor a reason, or a test of one failed."""
    asked = argparse.ArgumentParser(prog="ci/hazards", description=__doc__)
    asked.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(PROJECT)}")
    asked.add_argument("--run", action="store_true", help="run the tests, and say how each went")
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
