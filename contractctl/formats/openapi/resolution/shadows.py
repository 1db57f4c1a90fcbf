"""Does a request still reach the operation that it is meant for? Another path may come to stand before its own.

https://spec.openapis.org/oas/v3.1.0#path-templating-matching: concrete paths are matched before templated ones.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from contractctl.documents import Json
from contractctl.formats.description import below
from contractctl.formats.json_schema.search.nodes import Literal, Pattern
from contractctl.formats.json_schema.search.outcomes import NONE, SpentError
from contractctl.formats.json_schema.search.space import Space
from contractctl.formats.json_schema.search.values import ARRAY, NUMBER, OBJECT, STRING
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.media import single
from contractctl.formats.openapi.document.parts import (
    METHODS,
    Unresolved,
    alike,
    entries,
    fields,
    placeholders,
    resolved,
    template,
)
from contractctl.formats.openapi.resolution.operations import exchanged
from contractctl.formats.openapi.resolution.parameters import Parameter, parameters_of
from contractctl.formats.openapi.resolution.servers import meet
from contractctl.formats.openapi.resolution.templates import Overlap, covers, overlap
from contractctl.formats.openapi.resolution.ways import Call, Way, pointer
from contractctl.formats.openapi.schemas import Role, SchemaComparison
from contractctl.model.verdict import Effect, Found, Incompatibility, Undecided

REMOVED = frozenset({"openapi-operation-removed", "openapi-operation-removed-early"})
"""What fails for clients, though another operation may answer in its place."""
_WORK = 10_000
_WORST = tuple(Effect)
_MARKS = {"label": ".", "matrix": ";"}
_NUMBER = re.compile(r"-?\d+")
_IN_NUMBERS = frozenset("0123456789.+-eE")
_PLAIN = re.compile(r"\^((?:[^\\.*+]|\\.)*)\$")
"""An expression for one text alone."""


def shadowed(way: Way) -> Iterator[Found]:
    """Every operation of which some requests reach another, one that its clients do not know."""
    called = dict(entries(way.caller, way.caller.root, "paths"))
    served = dict(entries(way.server, way.server.root, "paths"))
    paths = _Paths(called, alike(called), alike(served), served)
    for other, spot in served.items():
        if any(way.shared.holds(called[known], spot) for known in paths.called_as.get(template(other), ())):
            continue
        for path in paths.behind(other):
            met = overlap(path, other)
            try:
                yield from _between(way, paths, (path, other), met) if met is not None and met.sent else ()
            except Unresolved as error:
                yield Undecided(f"{path} as {other}", error.reason)


@dataclass(frozen=True, slots=True)
class _Paths:
    """Those of the caller and the server, and how each is written by its template."""

    called: dict[str, Spot]
    called_as: dict[str, list[str]]
    served_as: dict[str, list[str]]
    served: dict[str, Spot]
    by_part: dict[tuple[int, int, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    """The paths with parameters that both have, by how many parts they have and what each part says."""
    open_ones: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for path in self.called:
            if "{" in path and template(path) in self.served_as:
                parts = path.split("/")
                for position, part in enumerate(parts):
                    self.by_part[len(parts), position, _said(part)].append(len(self.open_ones))
                self.open_ones.append(path)

    def behind(self, other: str) -> list[str]:
        """The paths that another may stand before, and perhaps a few more: those that fit it in its rarest part."""
        parts = other.split("/")
        fitting = [
            [number for said in {_said(part), ""} for number in self.by_part.get((len(parts), position, said), ())]
            for position, part in enumerate(parts)
            if _said(part) or not position
        ]
        _, rarest = min((len(one), one) for one in fitting)
        return [self.open_ones[number] for number in sorted(rarest)]

    def rivals(self, path: str, other: str) -> list[str]:
        """The caller's paths that such requests reach before they reach this one."""
        nearer = (one for one in self.behind(other) if one != path and covers(path, one) and covers(one, other))
        return [*nearer, *self.called_as.get(template(other), ())]


def _said(part: str) -> str:
    """What a part of a path says; nothing where it has a parameter."""
    return "" if "{" in part else part


def _between(way: Way, paths: _Paths, both: tuple[str, str], met: Overlap) -> Iterator[Found]:
    path, other = both
    item = resolved(way.caller, paths.called[path])
    before = resolved(way.server, paths.served[other])
    after = [resolved(way.server, paths.served[one]) for one in paths.served_as[template(path)]]
    rivals = [resolved(way.caller, paths.called[one]) for one in paths.rivals(path, other)]
    for method in METHODS:
        if method not in fields(way.caller, item) or any(method in fields(way.caller, one) for one in rivals):
            continue  # such requests never reached this operation
        if method in fields(way.server, before) and any(method in fields(way.server, one) for one in after):
            ends = below(way.caller, item, method), below(way.server, before, method)
            facts = {"method": method, "path": path}
            call = Call(f"{method.upper()} {path}", facts, *ends, item, before, met.path, met.other)
            yield from _told(way, call, both, met)


def _told(way: Way, call: Call, both: tuple[str, str], met: Overlap) -> Iterator[Found]:
    """What the caller has of it that another operation answers, as one finding: the worst."""
    label = f"{call.name} as {met.path}"
    sent = parameters_of(way.caller, call.caller_item, call.caller, both[0])
    comparison = _aside(way).comparison(Role.PARAMETER)
    if not meet(way, call) or not _all_may_be(comparison, way.caller, sent, both[0], met.sent):
        return
    found = _parted(way, call, both[1], met)
    worst = _worst(found)
    if worst is None:
        yield from (Undecided(label, one.reason) for one in found if isinstance(one, Undecided))
        return
    facts = _reaching(worst, call, both[1]) | {"asked": met.path}
    places = pointer(call.server), pointer(call.caller)
    yield Incompatibility("openapi-operation-shadowed", worst.effect, label, facts, *places, flipped=True)


def landed(way: Way, removed: Incompatibility) -> Incompatibility:
    """A removed operation, with what is wrong with one that answers in its place, if there is any."""
    path, method = removed.facts["path"], removed.facts["method"]
    called = below(way.caller, way.caller.root, "paths", path)
    for other in _written(way.server):
        met = overlap(path, other)
        if met is None or not covers(other, path):
            continue
        with suppress(Unresolved):
            item, there = (
                resolved(way.caller, called),
                resolved(way.server, below(way.server, way.server.root, "paths", other)),
            )
            if method not in fields(way.server, there):
                continue
            ends = below(way.caller, item, method), below(way.server, there, method)
            call = Call(
                removed.facts["call"], {"method": method, "path": path}, *ends, item, there, met.path, met.other
            )
            worst = _worst(_parted(way, call, other, met)) if meet(way, call) else None
            if worst is not None and worst.effect is Effect.FAILS:
                return replace(removed, facts={**_reaching(worst, call, other), **removed.facts})
    return removed


def _written(document: Document) -> list[str]:
    """The paths of a document that have parameters."""
    named = fields(document, document.root).get("paths")
    return [path for path in named if "{" in path and path.startswith("/")] if isinstance(named, dict) else []


def _aside(way: Way) -> Way:
    """The same way with questions of its own, so that none is taken from another call."""
    return Way(way.caller, way.server, way.shared)


def _parted(way: Way, call: Call, other: str, met: Overlap) -> list[Found]:
    """All in which a caller and an operation that it did not mean are incompatible."""
    aside = _aside(way)
    return [*_refused(way, call, other, met), *exchanged(aside, call), *aside.left()]


def _worst(found: list[Found]) -> Incompatibility | None:
    told = (one for one in found if isinstance(one, Incompatibility))
    return min(told, key=lambda one: _WORST.index(one.effect), default=None)


def _reaching(worst: Incompatibility, call: Call, other: str) -> dict[str, str]:
    reached = {"reached": other, "answering": f"{call.facts['method'].upper()} {other}", "because": worst.rule}
    return {**worst.facts, "call": call.name, **call.facts, **reached}


def _refused(way: Way, call: Call, other: str, met: Overlap) -> Iterator[Incompatibility]:
    """What the other path leaves open may be what its operation does not take."""
    taken = parameters_of(way.server, call.server_item, call.server, other)
    back = Way(way.server, way.caller, way.shared)
    if not _all_may_be(back.comparison(Role.PARAMETER), way.server, taken, other, met.taken):
        yield Incompatibility("json-schema-value-refused", Effect.FAILS, call.name)


def _all_may_be(
    comparison: SchemaComparison,
    document: Document,
    declared: dict[tuple[str, str], Parameter],
    path: str,
    fixed: Mapping[str, str],
) -> bool:
    """Whether the parameters of a path may be what another path makes of them."""
    order = {name: str(number) for number, name in enumerate(placeholders(path))}
    return all(
        _may_be(comparison, document, declared.get(("path", order[name])), expression)
        for name, expression in fixed.items()
    )


def _may_be(comparison: SchemaComparison, document: Document, one: Parameter | None, expression: str) -> bool:
    """Whether a parameter may be a text. Where that is not known it may."""
    plain = _PLAIN.fullmatch(expression)
    text = unquote(re.sub(r"\\(.)", r"\1", plain[1])) if plain else None
    if one is None or one.media:
        return True
    if one.style in _MARKS:
        return text is None or text.startswith(_MARKS[one.style])
    if text is not None and not {",", "="}.isdisjoint(text):
        return True  # a list, or an object
    _, schema = single(document, one.spot)
    if schema is None:
        return True
    space = comparison.readings.space
    meant = space.enum(_values(text)) if text is not None else _spelled(space, expression)
    comparison.solver.work = _WORK
    try:
        return comparison.solver.solve((comparison.readings.whole.root(schema), meant)) is not NONE
    except (SpentError, RecursionError):
        return True


def _spelled(space: Space, expression: str) -> Literal:
    """The values that may be spelled so in a path: lists and objects may."""
    texts = space.all_of((space.kinds(STRING), space.literal(Pattern(expression))))
    flags = space.enum(flag for flag in (True, False) if re.fullmatch(expression, str(flag).lower()))
    fixed = re.sub(r"\\(.)", r"\1", expression[1:-1].replace(".+", ""))
    numbers = NUMBER if _IN_NUMBERS.issuperset(fixed) else 0
    return space.any_of((texts, flags, space.kinds(ARRAY | OBJECT | numbers)))


def _values(text: str) -> list[Json]:
    """What a text may stand for in a path."""
    found: list[Json] = [text]
    if _NUMBER.fullmatch(text):
        found.append(int(text))
    if text in {"true", "false"}:
        found.append(text == "true")
    return [*found, *([one] for one in found)]
