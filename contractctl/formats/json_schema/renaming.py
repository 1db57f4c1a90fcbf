"""Which properties does a declared rename speak of? Each is found at one place, or refused with the reason."""

from collections.abc import Iterator, Mapping

from contractctl.errors import ContractctlError
from contractctl.formats.json_schema.pairing import Pair, Place
from contractctl.formats.json_schema.spots import Schema

_MOST_LISTED = 12


def pair_of(old: Schema, new: Schema, renames: Mapping[str, str]) -> Pair:
    """The two versions with the renames at their places.

    renames: `name=name` or `place.name=name`, in the old version's names: `customer.name=full_name`. Inside something
    that is renamed itself, the old name leads. Raise ContractctlError for one that does not fit the versions.
    """
    placed: dict[str, dict[str, str]] = {}
    left = dict(renames)
    while left:
        pair = Pair(old, new, placed)
        found = {said: place for said in left if (place := _place(pair, said, left[said])) is not None}
        if not found:
            said = next(iter(left))
            _refuse(f"rename {said}={left[said]}: the old version has no property '{said}'", _known(pair))
        for said, place in found.items():
            name, called = _own(said), _own(left.pop(said))
            _demand(place, name, called, said)
            placed.setdefault(place.path, {})[name] = called
    return Pair(old, new, placed)


def _place(pair: Pair, said: str, new: str) -> Place | None:
    """The place whose property is meant; the whole, where several places have it and no owner is said."""
    owner, name = said.rpartition(".")[0], _own(said)
    fits = [
        place
        for place in pair.places()
        if name in place.left.properties and owner in {"", place.path, place.path.rpartition(".")[2]}
    ]
    exact = [place for place in fits if place.path == (owner or "$")]
    if len(fits) > 1 and not exact:
        names = ", ".join(f"{place.path}.{name}" for place in fits[:_MOST_LISTED])
        _refuse(f"rename {said}={new}: several places have '{name}'", f"write one of {names}")
    return next(iter([*exact, *fits]), None)


def _demand(place: Place, old: str, new: str, said: str) -> None:
    head = f"rename {said}={new}"
    if old in place.right.properties:
        _refuse(f"{head}: the new version still has '{old}'", "leave the rename out")
    if new not in place.right.properties:
        _refuse(f"{head}: the new version has no property '{new}' there", "add it to the draft")
    if new in place.left.properties:
        _refuse(f"{head}: the old version has '{new}' already", "leave the rename out")


def _own(said: str) -> str:
    return said.rpartition(".")[2]


def _known(pair: Pair) -> str:
    return (
        f"its properties: {', '.join(list(_names(pair))[:_MOST_LISTED]) or 'none that both versions have a place for'}"
    )


def _names(pair: Pair) -> Iterator[str]:
    for place in pair.places():
        for name in place.left.properties:
            yield name if place.path == "$" else f"{place.path}.{name}"


def _refuse(said: str, hint: str) -> None:
    raise ContractctlError(said, hint=hint)
