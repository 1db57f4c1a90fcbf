"""What does a person read on a terminal? The answer first, then who breaks, the proof and the remedy."""

from collections.abc import Iterable, Iterator

import click

from contractctl.check import Checked, Pair, Problem
from contractctl.formats.pages import page
from contractctl.model.acceptance import UNKNOWN
from contractctl.model.amounts import agreeing, counted
from contractctl.model.verdict import Status
from contractctl.report.findings import COLOUR, finding_lines
from contractctl.report.policies import policies


def verdict(checked: Checked) -> str:
    """The whole check. Colours are ANSI codes; click removes them where the output is not a terminal."""
    lines = [answer(checked)]
    for problem in checked.problems:
        lines += ["", *_problem(problem)]
    for pair in checked.pairs:
        if pair.comparison.findings or pair.status is not Status.COMPATIBLE:
            lines += ["", *_pair(pair)]
    said = notes(checked)
    return "\n".join([*lines, *(["", *said] if said else ())])


def notes(checked: Checked) -> list[str]:
    """What was assumed, and what applies to a pair as a whole: each in a line, once."""
    return [f"note: {note}" for note in dict.fromkeys(note for one in checked.pairs for note in one.comparison.notes)]


def answer(checked: Checked) -> str:
    """The answer in one line."""
    failing = [pair for pair in checked.pairs if pair.standing is not Status.COMPATIBLE]
    pairs = counted(len(checked.pairs), "pair")
    if not checked.pairs and not checked.problems:
        return f"nothing judged: {_why_nothing(checked)}"
    if not failing and not checked.failing:
        excused = [f"{' '.join(_title(pair))}: {pair.excused}" for pair in _excused(checked)]
        excused += [f"{one.contract}: {one.rule} is {one.excuse}" for one in checked.problems]
        if excused:
            return f"{click.style('passes', fg='green', bold=True)}: {pairs} judged; excused: {'; '.join(excused)}"
        return f"{click.style('compatible', fg='green', bold=True)}: {pairs} judged"
    word = click.style(checked.standing.value, fg=COLOUR[checked.standing], bold=True)
    worst = [f"{one.contract} ({one.rule})" for one in checked.failing if one.status is checked.standing]
    worst += [" ".join(_title(pair)) for pair in failing if pair.standing is checked.standing]
    names = ", ".join(worst[:3])
    more = f" and {len(worst) - 3} more" if len(worst) > 3 else ""  # noqa: PLR2004 - three names fit on a line
    return f"{word}: {names}{more}"


def _why_nothing(checked: Checked) -> str:
    if checked.unreleased:
        return f"{counted(len(checked.unreleased), 'contract')} without a release"
    return "what has changed belongs to no contract" if checked.passed_over else "no schema has changed"


def _excused(checked: Checked) -> Iterator[Pair]:
    return (pair for pair in checked.pairs if pair.excused and pair.status is not Status.COMPATIBLE)


def _problem(problem: Problem) -> Iterator[str]:
    yield f"{_red(problem.rule)}  {problem.contract}"
    yield f"  {problem.message}"
    yield from _indented([problem.acceptance.words] if problem.acceptance else [])
    if problem.excuse is None:
        yield f"  → {problem.remedy}"


def _pair(pair: Pair) -> Iterator[str]:
    sides = ", ".join(
        f"{name} {click.style(side.status.value, fg=COLOUR[side.status])}"
        for name, side in (("backward", pair.comparison.backward), ("forward", pair.comparison.forward))
    )
    judged = "; ".join((f"level {pair.level}", *policies(pair.comparison.policy)))
    name, *versions = _title(pair)
    yield "  ".join((click.style(name, bold=True), *versions, sides, f"({judged})"))
    if pair.excuse:
        yield f"  excused: {pair.excuse}"
    for direction in pair.level.directions:
        for reason in pair.comparison.towards(direction).reasons:
            yield f"  unknown, {direction}: {reason}"
            yield from _indented(pair.said_of(reason))
    if not all(map(pair.excuses, pair.undecided)):
        yield f"  → {page(UNKNOWN).remedy}"
    for finding in pair.demanded:
        yield ""
        yield from finding_lines(finding)
        yield from _indented(pair.said_of(finding))
        if not pair.excuses(finding):
            yield f"    → {finding.remedy}"
    rest = len(pair.comparison.findings) - len(pair.demanded)
    if rest:
        yield ""
        there = f"in a direction that {pair.level} does not check"
        yield f"  {counted(rest, 'finding')} {there}; --level FULL shows {agreeing(rest, 'it', 'them')}"


def _indented(said: Iterable[str]) -> Iterator[str]:
    return (f"    {click.style(words, fg='yellow')}" for words in said)


def _title(pair: Pair) -> tuple[str, ...]:
    """The contract and its two versions; a file that belongs to no contract is named once."""
    if pair.contract != pair.new:
        return pair.contract, f"{pair.old} → {pair.new}"
    base = pair.old.removeprefix(f"{pair.new} at ")
    return (f"{pair.old} → {pair.new}",) if base == pair.old else (pair.new, f"{base} → now")


def _red(word: str) -> str:
    return click.style(word, fg="red", bold=True)
