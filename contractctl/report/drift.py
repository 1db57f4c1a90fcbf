"""How is drift reported to a person, to a pipeline and on GitHub? What differs, who breaks, and the remedies."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click

from contractctl.check.live import Compared, LiveCheck
from contractctl.model.amounts import counted
from contractctl.model.contract import DRAFT
from contractctl.model.verdict import Status, Undecided
from contractctl.report import changes
from contractctl.report.findings import COLOUR, finding_lines, finding_tree
from contractctl.report.github import command
from contractctl.report.unreadable import lines as unreadable_lines
from contractctl.report.unreadable import trees
from contractctl.store import Unreadable

_WORDS = {Status.COMPATIBLE: "same", Status.INCOMPATIBLE: "drifted", Status.UNKNOWN: "unknown"}
_NAMED = 3
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Checked:
    """One database and what was found in it."""

    name: str
    found: LiveCheck


def text(databases: Sequence[Checked], unreadable: Sequence[Unreadable]) -> str:
    """The answer in a line, then each contract that differs or cannot be read."""
    lines = [_answer(databases, unreadable)]
    for broken in unreadable:
        lines += ["", *unreadable_lines(broken)]
    for database in databases:
        for one in database.found.compared:
            if one.status is not Status.COMPATIBLE:
                lines += ["", *_contract(one, database.name)]
        if database.found.extra:
            lines += ["", f"in no contract: {', '.join(database.found.extra)}"]
        lines += [f"not compared: {contract}, {reason}" for contract, reason in database.found.passed_over]
    return "\n".join(lines)


def tree(databases: Sequence[Checked], unreadable: Sequence[Unreadable]) -> str:
    """One JSON object: `contracts/contractctl/drift` describes it."""
    answer = {
        "status": _WORDS[worst(databases, unreadable)],
        "databases": [
            {
                "name": database.name,
                "status": _WORDS[database.found.status],
                "contracts": [_tree(one) for one in database.found.compared],
                "passed_over": [{"contract": name, "reason": reason} for name, reason in database.found.passed_over],
                "extra": list(database.found.extra),
            }
            for database in databases
        ],
        "unreadable": trees(unreadable),
    }
    return json.dumps(answer, indent=2, ensure_ascii=False)


def github(databases: Sequence[Checked], unreadable: Sequence[Unreadable]) -> str:
    """One annotation for each contract that differs or cannot be read, then the answer in a line."""
    lines = [
        command("error", one.place, f"{one.name}: unreadable", f"{one.message}\n{one.remedy}") for one in unreadable
    ]
    for database in databases:
        for one in database.found.compared:
            if one.status is not Status.COMPATIBLE:
                kind = "error" if one.status is Status.INCOMPATIBLE else "warning"
                words = [click.unstyle(line).strip() for line in _contract(one, database.name)[1:]]
                lines.append(command(kind, None, f"{one.contract}: {_WORDS[one.status]}", "\n".join(words)))
        if database.found.extra:
            extra = ", ".join(database.found.extra)
            lines.append(command("error", None, f"{database.name}: in no contract", extra))
    return "\n".join([*lines, click.unstyle(_answer(databases, unreadable))])


def worst(databases: Sequence[Checked], unreadable: Sequence[Unreadable]) -> Status:
    """The worst of all of them: incompatible if something drifted; what cannot be read is unknown."""
    seen = {database.found.status for database in databases} | ({Status.UNKNOWN} if unreadable else set())
    return next((each for each in (Status.INCOMPATIBLE, Status.UNKNOWN) if each in seen), Status.COMPATIBLE)


def _answer(databases: Sequence[Checked], unreadable: Sequence[Unreadable]) -> str:
    status = worst(databases, unreadable)
    word = click.style(_WORDS[status], fg=COLOUR[status], bold=True)
    compared = [one for database in databases for one in database.found.compared]
    names = ", ".join(database.name for database in databases)
    if status is Status.COMPATIBLE:
        promise = counted(len(compared), "contract promises", "contracts promise")
        on_their_way = [f"{one.contract} {one.version}, {one.plan}" for one in compared if one.plan]
        note = f"; on the way: {'; '.join(on_their_way)}" if on_their_way else ""
        return f"{word}: {names} holds what {promise}{note}"
    named = [one.contract for one in compared if one.status is status]
    extra = [name for database in databases for name in database.found.extra]
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    what = f"{', '.join(named[:_NAMED])}{more}" or f"{', '.join(extra[:_NAMED])} in no contract"
    found = [f"{what}, in {names}"] if named or extra else []
    return f"{word}: {'; '.join([*found, *(f'{one.name} is unreadable' for one in unreadable)])}"


def _contract(one: Compared, database: str) -> list[str]:
    return list(_lines(one, database))


def _lines(one: Compared, database: str) -> Iterator[str]:
    status = click.style(_WORDS[one.status], fg=COLOUR[one.status])
    plan = f", {one.plan}" if one.plan else ""
    yield f"{click.style(one.contract, bold=True)}  {one.version} and {database}: {status}{plan}"
    yield from (f"  {line}" for line in changes.lines(one.changes))
    yield from (f"  ? {_doubt(doubt)}" for doubt in one.unknown)
    for finding in one.let_down:
        yield ""
        yield from finding_lines(finding)
    if one.like is not None:
        yield f"  the database is the same as {one.like}"
    yield from (f"  {'' if remedy.startswith(' ') else '→ '}{remedy}" for remedy in _remedies(one))


def _doubt(doubt: Undecided) -> str:
    text_ = f"{doubt.path}: {doubt.reason}" if doubt.path else doubt.reason
    return text_ if len(text_) <= _LONGEST else f"{text_[: _LONGEST - 1]}…"


def _remedies(one: Compared) -> Iterator[str]:
    """What to do, one of two: the contract follows the database, or the database follows the contract."""
    if one.status is Status.UNKNOWN:
        yield "compare these by hand; or release them as the database writes them: then contractctl can compare them"
        return
    if one.plan is not None:
        yield f"{one.plan}: see contractctl migrate status, and bring the database to the plan's state"
    elif one.like is not None:
        yield f"migrate the database to {_called(one)}: its change was released but not carried out here"
    else:
        yield f"bring the database back to {_called(one)}, or put what it holds into the draft and release that:"
        yield f"  contractctl release {one.contract}"


def _called(one: Compared) -> str:
    return "what the draft says" if one.version == DRAFT else one.version


def _tree(one: Compared) -> dict[str, Any]:
    return {
        "contract": one.contract,
        "version": one.version,
        "status": _WORDS[one.status],
        "plan": one.plan,
        "like": one.like,
        "differences": changes.tree(one.changes),
        "unknown": [{"path": doubt.path, "reason": doubt.reason} for doubt in one.unknown],
        "let_down": [finding_tree(finding) for finding in one.let_down],
    }
