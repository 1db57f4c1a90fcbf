"""Which additions may be renamed removals? Guesses for a person to confirm; none is ever taken silently."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from contractctl.formats import parse
from contractctl.model.contract import Contract
from contractctl.model.verdict import Change
from contractctl.planner.asked import Surroundings
from contractctl.planner.side import settled_by, side_of

_ALIKE = 0.6
"""Names that are this similar (difflib's ratio) are worth asking about, even where the types differ."""
_PARTS = {"column", "field", "property"}


@dataclass(frozen=True, slots=True)
class Likely:
    """A likely rename, or whatever `kind` says: the option of `contractctl plan` that would declare it."""

    path: str
    """What both belong to: a table, or a record's path."""
    old: str
    """Several names have commas between them."""
    new: str
    kind: str = "rename"
    on: str = ""
    """Which rows of two tables belong together, as far as a foreign key says so."""


def likely_changes(contract: Contract, around: Surroundings, settled: Iterable[str] = ()) -> tuple[Likely, ...]:
    """All likely changes between the contract's latest release and its draft.

    `settled` are names, or paths, of which somebody has already said what becomes of them.
    """
    side, known = side_of(contract, around), set(settled) | settled_by(contract, around)
    found: list[Likely] = []
    if contract.format == "sql":
        from contractctl.formats.sql.staging.guesses import guesses

        versions = (parse("sql", source, contract.policy) for source in (side.start, side.draft))
        for guess in guesses(*versions):
            names = {*guess.olds, *guess.news, *(name.rpartition(".")[2] for name in guess.olds)}
            if not names & known:
                known |= names
                found.append(Likely(guess.path, ",".join(guess.olds), ",".join(guess.news), guess.kind, guess.on))
    return (*found, *likely_renames(side.changes, known))


def likely_renames(changes: Iterable[Change], settled: Iterable[str] = ()) -> tuple[Likely, ...]:
    """Pairs of a removed and an added column or field of one parent, alike in name or of one type; likeliest first.

    `settled` are names, or paths, that somebody has already said are renamed, dropped or added.
    """
    known = set(settled)
    found = [change for change in changes if change.what in _PARTS and not _names(change) & known]
    pairs = [
        (_likeness(gone, came), gone, came)
        for gone in found
        for came in found
        if gone.kind == "removed" and came.kind == "added" and _parent(gone) == _parent(came)
    ]
    pairs.sort(key=lambda pair: (-pair[0], pair[1].path, pair[2].path))
    taken, likely = set[str](), list[Likely]()
    for likeness, gone, came in pairs:
        if likeness > 0 and not {gone.path, came.path} & taken:
            taken |= {gone.path, came.path}
            likely.append(Likely(_parent(gone), _name(gone), _name(came)))
    return tuple(likely)


def _likeness(gone: Change, came: Change) -> float:
    """0 where nothing suggests a rename."""
    names = SequenceMatcher(None, _name(gone).lower(), _name(came).lower()).ratio()
    same_type = gone.old == came.new
    return names + same_type if same_type or names >= _ALIKE else 0


def _names(change: Change) -> set[str]:
    return {change.path, _name(change)}


def _name(change: Change) -> str:
    return change.path.rpartition(".")[2]


def _parent(change: Change) -> str:
    return change.path.rpartition(".")[0]
