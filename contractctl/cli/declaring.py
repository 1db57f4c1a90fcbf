"""What does a person declare of a plan? The options of `contractctl plan` as a wish, and what only they can say."""

import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from contractctl.errors import ContractctlError
from contractctl.model.declared import Extraction, Move, On

if TYPE_CHECKING:
    from contractctl.model.contract import Contract
    from contractctl.planner import Likely, Surroundings, Wish

_ASKS = {
    "rename": ("'{old}' may have become '{new}'", "is '{old}' renamed to '{new}'?"),
    "rename-table": ("the table '{old}' may have become '{new}'", "is the table '{old}' renamed to '{new}'?"),
    "split": ("'{old}' may be split into '{new}'", "is '{old}' split into '{new}'?"),
    "merge": ("'{old}' may be merged into '{new}'", "are '{old}' merged into '{new}'?"),
    "move": ("'{old}' may have moved to '{new}'", "is '{old}' moved to '{new}'?"),
    "extract": ("'{old}' may have moved to the table '{new}'", "are '{old}' moved to the table '{new}'?"),
}
_ANSWERED = ("rename", "rename-table")
"""Everything that a yes declares."""


def pairs(option: str, values: Iterable[str]) -> dict[str, str]:
    """Each OLD=NEW. Raise ContractctlError for anything else, and for what is given twice."""
    found: dict[str, str] = {}
    for value in values:
        name, equals, rest = value.partition("=")
        if not (name.strip() and equals and rest.strip()):
            raise ContractctlError(f"--{option} {value}: there is no '=' between two names", hint="write it OLD=NEW")
        if name.strip() in found:
            raise ContractctlError(f"--{option} names '{name.strip()}' twice", hint="give it once")
        found[name.strip()] = rest.strip()
    return found


def splits(values: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Each OLD=NEW,NEW,…"""
    found = {old: _several("split", f"{old}={news}", news) for old, news in pairs("split", values).items()}
    return {old: tuple(name.rpartition(".")[2] for name in news) for old, news in found.items()}


def merges(values: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Each OLD,OLD,…=NEW, by the new one."""
    found: dict[str, tuple[str, ...]] = {}
    for olds, new in pairs("merge", values).items():
        if new in found:
            raise ContractctlError(f"--merge names '{new}' twice", hint="give it once, with everything that is merged")
        found[new.rpartition(".")[2]] = _several("merge", f"{olds}={new}", olds)
    return found


def moves(values: Iterable[str], on: tuple[On, ...]) -> tuple[Move, ...]:
    """Each TABLE.OLD=TABLE.NEW, with the pairs that say which rows belong together."""
    return tuple(Move(old, new, _on(_table(old), _table(new), on)) for old, new in pairs("move", values).items())


def extractions(values: Iterable[str], on: tuple[On, ...]) -> tuple[Extraction, ...]:
    """Each TABLE.OLD,TABLE.OLD,…=TABLE, likewise."""
    found = []
    for olds, target in pairs("extract", values).items():
        sources = tuple(name.strip() for name in olds.split(","))
        table = _table(target) if "," in target else target
        found.append(Extraction(sources, target, _on(_table(sources[0]), table, on)))
    return tuple(found)


def on_pairs(values: Iterable[str]) -> tuple[On, ...]:
    """Each COLUMN=COLUMN,COLUMN=COLUMN,…"""
    return tuple(tuple(pair for text in value.split(",") for pair in pairs("on", (text,)).items()) for value in values)


def confirmed(
    wish: "Wish", contracts: tuple["Contract", ...], settled: frozenset[str], around: "Surroundings"
) -> "Wish":
    """The wish, with what a person at the terminal confirms.

    Raise ContractctlError where there is nobody to ask, or where a yes is not enough. settled: names that
    options speak of.
    """
    from contractctl import planner

    names = tuple(contract.name for contract in contracts)
    likely = [guess for contract in contracts for guess in planner.likely_changes(contract, around, settled)]
    if likely and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise _undecided(likely, names)
    said: dict[str, dict[str, str]] = {kind: {} for kind in _ANSWERED}
    for guess in likely:
        if guess.kind in said and said[guess.kind].get(guess.old) == guess.new:
            continue
        if not click.confirm(_question(guess), err=True):
            continue
        if guess.kind not in said:
            raise _undecided([guess], names)
        said[guess.kind][guess.old] = guess.new
    return replace(wish, renames={**wish.renames, **said["rename"]}, tables={**wish.tables, **said["rename-table"]})


def _undecided(likely: list["Likely"], contracts: tuple[str, ...]) -> ContractctlError:
    """The error that names the likely change, and the two commands that declare it or deny it."""
    guesses = list({(one.kind, one.old, one.new): one for one in likely}.values())
    asked = ", ".join(_worded(one, 0) for one in guesses)
    start = f"contractctl plan {' '.join(contracts)}"
    said = " ".join(_option(one) for one in guesses)
    apart = " ".join(_apart(one) for one in guesses)
    what = "a rename" if all(one.kind == "rename" for one in guesses) else "so"
    return ContractctlError(
        f"{asked}: only you can say whether that is {what}",
        hint=f"if it is, run: {start} {said}\n      if not, run: {start} {apart}",
    )


def _question(guess: "Likely") -> str:
    """The question to a person about it."""
    return f"{guess.path}: {_worded(guess, 1)}" if guess.path and guess.kind == "rename" else _worded(guess, 1)


def _worded(guess: "Likely", which: int) -> str:
    return _ASKS[guess.kind][which].format(old=guess.old.replace(",", "', '"), new=guess.new.replace(",", "', '"))


def _option(guess: "Likely") -> str:
    """The option that declares it, with a placeholder for what else must be given."""
    words = [f"--{guess.kind} {guess.old}={guess.new}"]
    if guess.kind in {"split", "merge"}:
        words += [f'--up "{name}=…"' for name in guess.new.split(",")]
        words += [f'--down "{name}=…"' for name in guess.old.split(",")]
    if guess.kind in {"move", "extract"}:
        words.append(f'--on "{guess.on or "…=…"}"')
    return " ".join(words)


def _apart(guess: "Likely") -> str:
    drops = [f"--drop {name}" for name in guess.old.split(",")]
    return " ".join((*drops, *(f"--add {name}" for name in guess.new.split(","))))


def _several(option: str, value: str, names: str) -> tuple[str, ...]:
    found = tuple(name.strip() for name in names.split(","))
    if len(found) == 1 or not all(found):
        form = "OLD=NEW,NEW" if option == "split" else "OLD,OLD=NEW"
        raise ContractctlError(
            f"--{option} {value}: that names one column on each side, which is a rename", hint=f"write it {form}"
        )
    return found


def _on(source: str, target: str, on: tuple[On, ...]) -> On:
    """The pairs for these two tables; those without a table's name are for any two."""
    return tuple(
        (here, there)
        for pairs_ in on
        for here, there in pairs_
        if {_table(here), _table(there)} in ({""}, {source, target})
    )


def _table(name: str) -> str:
    return name.partition(",")[0].strip().rpartition(".")[0]


def names(*options: Iterable[str]) -> frozenset[str]:
    """Every name in OLD=NEW options, with its table and without."""
    texts = (text for values in options for value in values for text in value.partition("=")[::2])
    found = {part.strip() for text in texts for part in text.split(",")}
    return frozenset(found | {name.rpartition(".")[2] for name in found if "." in name})
