"""Which field that came may be one that went? Guesses for a person to confirm; none is ever taken silently."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from contractctl.model.verdict import Change

_ALIKE = 0.6
"""Names this alike (difflib's ratio) are worth asking about, even where the types differ."""
_PARTS = {"column", "field", "property"}


@dataclass(frozen=True, slots=True)
class Likely:
    """A pair that may be a rename."""

    path: str
    """What both belong to: a table, or a record's path."""
    old: str
    new: str


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
    """0 where nothing speaks for a rename."""
    names = SequenceMatcher(None, _name(gone).lower(), _name(came).lower()).ratio()
    same_type = gone.old == came.new
    return names + same_type if same_type or names >= _ALIKE else 0


def _names(change: Change) -> set[str]:
    return {change.path, _name(change)}


def _name(change: Change) -> str:
    return change.path.rpartition(".")[2]


def _parent(change: Change) -> str:
    return change.path.rpartition(".")[0]
