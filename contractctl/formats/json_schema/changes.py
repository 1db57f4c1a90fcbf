"""What changed between two schemas? Facts, in the new one's order; whether they break anybody is not asked.

Titles, descriptions, comments and examples are not changes, nor is another arrangement of the same: a definition moved,
a type written as a list, an allOf laid together.
"""

from collections.abc import Iterator

from contractctl.formats.json_schema.pairing import below, matched
from contractctl.formats.json_schema.references import referred
from contractctl.formats.json_schema.spots import Schema
from contractctl.formats.json_schema.views import Node, View, canonical, describe, view
from contractctl.model.verdict import Change

_PLURAL = {
    "additionalProperties": "other properties",
    "unevaluatedProperties": "unevaluated properties",
    "unevaluatedItems": "unevaluated items",
}

Inside = tuple[Node, Node, str]


def changes(old: Schema, new: Schema) -> Iterator[Change]:
    """Every difference in properties, types, values, bounds and their kin."""
    return between(old, new, list(_roots(old, new)))


def between(old: Schema, new: Schema, first: list[Change | Inside]) -> Iterator[Change]:
    """As changes(), from these pairs of places on, each with its path; no pair twice, and none under another's path."""
    comparing = _Comparing(old, new)
    pending = list(reversed(first))
    own = {comparing.key(one): one[2] for one in first if not isinstance(one, Change)}
    met: set[object] = set()
    while pending:
        one = pending.pop()
        if isinstance(one, Change):
            yield one
            continue
        before, after, path = one
        key = comparing.key(one)
        if key not in met and own.get(key, path) == path:
            met.add(key)
            pending.extend(reversed(list(comparing.pair(before, after, path))))


def _roots(old: Schema, new: Schema) -> Iterator[Change | Inside]:
    """A file with its later version, by its path; where each version has one file, they match, whatever their names."""
    if len(old.roots) == len(new.roots) == 1:
        yield (old.root,), (new.root,), "$"
        return
    before = {old.paths[root.file]: root for root in old.roots}
    for root in new.roots:
        path = new.paths[root.file]
        earlier = before.pop(path, None)
        name = new.source.path(new.source.every[root.file])
        if earlier is None:
            yield Change("added", name, "schema")
        else:
            yield (earlier,), (root,), name
    for gone in before.values():
        yield Change("removed", old.source.path(old.source.every[gone.file]), "schema")


class _Comparing:
    """Two schemas being compared, one pair of places at a time."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old = old
        self._new = new

    def key(self, one: Inside) -> object:
        """The same for pairs of places that mean the same."""
        sides = zip((self._old, self._new), one[:2], strict=True)
        return tuple(frozenset(referred(schema, spot).key for spot in node) for schema, node in sides)

    def pair(self, before: Node, after: Node, path: str) -> Iterator[Change | Inside]:
        """What differs between two places, and the pairs inside them."""
        left, right = view(self._old, before), view(self._new, after)
        if path == "$" and _drafts(before) != _drafts(after):
            yield Change("changed", path, "draft", _drafts(before), _drafts(after))
        if left.unresolved != right.unresolved:
            yield Change("changed", path, "reference", _listed(left.unresolved), _listed(right.unresolved))
        if left.types != right.types:
            yield Change("changed", path, "type", describe(self._old, before), describe(self._new, after))
        yield from _values(left, right, path)
        yield from _stated(left, right, path)
        yield from self._object(left, right, path)
        yield from self._array(left, right, path)
        yield from self._combined(left, right, path)

    def _object(self, left: View, right: View, path: str) -> Iterator[Change | Inside]:
        yield from self._properties(left, right, path)
        for pattern in dict.fromkeys((*right.patterns, *left.patterns)):
            at = below(path, f"/{pattern}/")
            yield from self._maybe(left.patterns.get(pattern), right.patterns.get(pattern), at, "pattern of properties")
        for keyword, words in _PLURAL.items():
            yield from self._closing(left.closing.get(keyword, ()), right.closing.get(keyword, ()), path, words)
        for name in dict.fromkeys((*right.dependents, *left.dependents)):
            at = f"{below(path, name)} (where it is there)"
            yield left.dependents.get(name, ()), right.dependents.get(name, ()), at
        for name in dict.fromkeys((*right.needed, *left.needed)):
            was, becomes = left.needed.get(name, frozenset()), right.needed.get(name, frozenset())
            if was != becomes:
                yield Change("changed", below(path, name), "need of others", _listed(was), _listed(becomes))

    def _properties(self, left: View, right: View, path: str) -> Iterator[Change | Inside]:
        for name, node in right.properties.items():
            at = below(path, name)
            if name not in left.properties:
                yield Change("added", at, "property", new=_presented(describe(self._new, node), name, right))
                continue
            yield from _presence(name, left, right, path)
            yield left.properties[name], node, at
        for name, node in left.properties.items():
            if name not in right.properties:
                at = below(path, name)
                yield Change("removed", at, "property", old=_presented(describe(self._old, node), name, left))
        for name in sorted((left.required | right.required) - left.properties.keys() - right.properties.keys()):
            yield from _presence(name, left, right, path)

    def _closing(self, before: Node, after: Node, path: str, words: str) -> Iterator[Change | Inside]:
        states = [_state(one) for one in (before, after)]
        if states == ["schema", "schema"]:
            yield before, after, below(path, "*")
        elif states[0] != states[1]:
            was = states[0] if states[0] != "schema" else describe(self._old, before)
            becomes = states[1] if states[1] != "schema" else describe(self._new, after)
            yield Change("changed", path, words, was, becomes)

    def _array(self, left: View, right: View, path: str) -> Iterator[Change | Inside]:
        for number in range(max(len(left.prefix), len(right.prefix))):
            before = left.prefix[number] if number < len(left.prefix) else left.rest
            after = right.prefix[number] if number < len(right.prefix) else right.rest
            yield before, after, f"{path}[{number}]"
        yield left.rest, right.rest, f"{path}[]"

    def _combined(self, left: View, right: View, path: str) -> Iterator[Change | Inside]:
        for keyword in dict.fromkeys((*right.alone, *left.alone)):
            yield from self._maybe(
                left.alone.get(keyword), right.alone.get(keyword), f"{path} ({keyword})", "condition"
            )
        for group in dict.fromkeys((*right.choices, *left.choices)):
            yield from self._branches(left.choices.get(group, []), right.choices.get(group, []), path, group[0])

    def _maybe(self, before: Node | None, after: Node | None, path: str, what: str) -> Iterator[Change | Inside]:
        if before is None and after is not None:
            yield Change("added", path, what)
        elif after is None and before is not None:
            yield Change("removed", path, what)
        elif before is not None and after is not None:
            yield before, after, path

    def _branches(self, before: list[Node], after: list[Node], path: str, keyword: str) -> Iterator[Change | Inside]:
        found = matched(self._old, self._new, before, after)
        for one, other in found.pairs:
            yield before[one], after[other], f"{path} ({keyword} {other + 1})"
        for number in found.come:
            yield Change("added", path, "alternative", new=describe(self._new, after[number]))
        for number in found.gone:
            yield Change("removed", path, "alternative", old=describe(self._old, before[number]))


def _drafts(node: Node) -> str:
    return ", ".join(dict.fromkeys(str(spot.dialect) for spot in node))


def _values(left: View, right: View, path: str) -> Iterator[Change]:
    if left.values is None or right.values is None:
        if left.values is not right.values:
            was, becomes = left.values, right.values
            said = _listed(was) if was is not None else None, _listed(becomes) if becomes is not None else None
            yield Change("changed", path, "values", *said)
        return
    for text in right.values:
        if text not in left.values:
            yield Change("added", path, "value", new=text)
    for text in left.values:
        if text not in right.values:
            yield Change("removed", path, "value", old=text)


def _stated(left: View, right: View, path: str) -> Iterator[Change]:
    """Bounds, patterns, formats and the like: one value each, or none."""
    before = {**{name: canonical(one) for name, one in left.bounds.items()}, **_joined(left)}
    after = {**{name: canonical(one) for name, one in right.bounds.items()}, **_joined(right)}
    for keyword in dict.fromkeys((*after, *before)):
        was, becomes = before.get(keyword), after.get(keyword)
        if was != becomes:
            kind = "added" if was is None else "removed" if becomes is None else "changed"
            yield Change(kind, path, keyword, was, becomes)


def _joined(seen: View) -> dict[str, str]:
    return {keyword: " and ".join(sorted(texts)) for keyword, texts in seen.words.items()}


def _presence(name: str, left: View, right: View, path: str) -> Iterator[Change]:
    was, becomes = name in left.required, name in right.required
    if was != becomes:
        words = ("required", "optional") if was else ("optional", "required")
        yield Change("changed", below(path, name), "presence", *words)


def _presented(type_: str, name: str, seen: View) -> str:
    return f"{type_} (required)" if name in seen.required else type_


def _state(node: Node) -> str:
    if not node:
        return "allowed"
    return "refused" if any(spot.value is False for spot in node) else "schema"


def _listed(texts: object) -> str | None:
    words = sorted(str(text) for text in texts) if isinstance(texts, frozenset | dict) else []
    return ", ".join(words) or None
