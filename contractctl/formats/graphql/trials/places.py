"""Where is an argument, an input field or a directive given? Documents in which it is, or is left out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from contractctl.formats.graphql.routes import Inlet, Route, call, inlets
from contractctl.formats.graphql.samples import arguments, entries
from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.trials.cases import Case, Trial
from contractctl.formats.graphql.types import EXECUTABLE, Input, item, named, nullable


def as_variable(case: Case, name: str) -> Iterator[Trial]:
    """A variable of a type, where an argument or an input field takes it."""
    inlet = inlets(case.client, case.provider).get(name)
    if inlet is not None:
        given, expected = _nested(case.client, _argument(case, inlet), inlet.within, "$x")
        for document in _documents(case, inlet, given, f"($x: {expected})"):
            yield Trial(document, name)


def with_value(case: Case, name: str, value: str) -> Iterator[str]:
    """Documents in which a value of that type is given."""
    inlet = inlets(case.client, case.provider).get(name)
    if inlet is not None:
        given, _ = _nested(case.client, _argument(case, inlet), inlet.within, value)
        yield from _documents(case, inlet, given)


def _argument(case: Case, inlet: Inlet) -> Input:
    if inlet.holder == "@":
        return case.client.directives[inlet.field].arguments[inlet.argument]
    return case.field(inlet.holder, inlet.field).arguments[inlet.argument]


def _documents(case: Case, inlet: Inlet, value: str, variables: str = "") -> Iterator[str]:
    """Documents in which that argument has that value."""
    if inlet.holder != "@":
        one = case.field(inlet.holder, inlet.field)
        for way in case.ways(inlet.holder):
            yield way.document(case.selected(one, {inlet.argument: value}), variables)
        return
    mine = case.client.directives[inlet.field]
    for location in mine.locations:
        if location in EXECUTABLE:
            mark = f"@{mine.name}{arguments(case.client, mine.arguments, {inlet.argument: value})}"
            yield from islice(marked(case, location, mark, variables), 1)


def _nested(client: Schema, outer: Input, within: tuple[str, ...], value: str) -> tuple[str, str]:
    """The value of an argument, in which another value stands at that place; and the type there."""
    if not within:
        return _in_lists(outer.type, value), _innermost(outer.type, value)
    type_ = client.types[named(outer.type)]
    one = type_.inputs[within[0]]
    inner, expected = _nested(client, one, within[1:], value)
    others = [] if type_.one_of else [other for other in type_.inputs.values() if other.required and other != one]
    rest = entries(client, others)[1:-1]
    whole = f"{{{one.name}: {inner}{', ' if rest else ''}{rest}}}"
    return _in_lists(outer.type, whole), expected


def _in_lists(type_: str, value: str) -> str:
    inside = item(type_)
    return value if inside is None else f"[{_in_lists(inside, value)}]"


def _innermost(type_: str, value: str) -> str:
    inside = item(type_)
    if inside is not None:
        return _innermost(inside, value)
    return type_ if value.startswith("$") else nullable(type_)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an argument or an input field is given, or left out."""

    one: Input
    called: str
    """The field, or the directive, that is called in the end."""
    written: Callable[[str | None, str], str]
    """The document, from the value (None: left out) and the variables."""

    def given(self, value: str, variables: str = "") -> Trial:
        return Trial(self.written(value, variables), named(self.one.type) if variables else self.one.name)

    def left_out(self, echoes: str = "") -> Trial:
        return Trial(self.written(None, ""), self.one.name, echoes=echoes)


def places(case: Case) -> Iterator[Place]:
    """Where a document gives the input that a case is about."""
    name = case.facts["input"]
    if case.facts["what"] == "input field":
        yield from _input_field_places(case, case.facts["holder"], name)
    elif case.facts["holder"].startswith("@"):
        yield from _directive_places(case, case.facts["holder"][1:], name)
    else:
        type_, field_name = case.facts["holder"].split(".")
        yield from _argument_places(case, type_, field_name, name)


def _known(mine: Mapping[str, Input], theirs: Mapping[str, Input], name: str) -> Input:
    return mine[name] if name in mine else theirs[name]


def _argument_places(case: Case, type_: str, field_name: str, name: str) -> Iterator[Place]:
    called = case.field(type_, field_name)
    there = case.provider.types.get(type_) or case.provider.types[_counterpart(case, type_)]
    one = _known(called.arguments, there.fields[field_name].arguments, name)
    for way in case.ways(type_):

        def document(value: str | None, variables: str, way: Route = way) -> str:
            return way.document(case.selected(called, {} if value is None else {name: value}), variables)

        yield Place(one, field_name, document)


def _counterpart(case: Case, root: str) -> str:
    return next(case.provider.roots[op] for op, name in case.client.roots.items() if name == root)


def _input_field_places(case: Case, holder: str, name: str) -> Iterator[Place]:
    type_ = case.client.types[holder]
    one = _known(type_.inputs, case.provider.types[holder].inputs, name)
    inlet = inlets(case.client, case.provider).get(holder)
    if inlet is None:
        return
    others = [other for other in type_.inputs.values() if other.name != name]

    def document(value: str | None, variables: str) -> str:
        beside = [other for other in others if other.required]
        if type_.one_of:
            beside = others[:1] if value is None else []
        rest = entries(case.client, beside)[1:-1]
        parts = [*([] if value is None else [f"{name}: {value}"]), *([rest] if rest else [])]
        whole = f"{{{', '.join(parts)}}}"
        given, _ = _nested(case.client, _argument(case, inlet), inlet.within, whole)
        return next(_documents(case, inlet, given, variables), "")

    yield Place(one, inlet.field if inlet.holder != "@" else f"@{inlet.field}", document)


def _directive_places(case: Case, directive: str, name: str) -> Iterator[Place]:
    mine, theirs = case.client.directives[directive], case.provider.directives[directive]
    one = _known(mine.arguments, theirs.arguments, name)
    for location in mine.locations:
        if location in EXECUTABLE and location in theirs.locations:

            def document(value: str | None, variables: str, location: str = location) -> str:
                given = arguments(case.client, mine.arguments, {} if value is None else {name: value})
                return next(marked(case, location, f"@{directive}{given}", variables), "")

            yield Place(one, f"@{directive}", document)


def marked(case: Case, location: str, mark: str, variables: str = "") -> Iterator[str]:
    """A document with a directive at a location, where operations start that have it."""
    operation = location.lower() if location in {"MUTATION", "SUBSCRIPTION"} else "query"
    root = case.client.roots.get(operation, "")
    for one in case.client.types[root].fields.values() if root in case.client.types else ():
        head, plain = f"{operation} {variables}".strip(), case.selected(one)
        match location:
            case "QUERY" | "MUTATION" | "SUBSCRIPTION":
                yield f"{head} {mark} {{ {plain} }}"
            case "FRAGMENT_DEFINITION":
                yield f"{head} {{ ...f }} fragment f on {root} {mark} {{ {plain} }}"
            case "FRAGMENT_SPREAD":
                yield f"{head} {{ ...f {mark} }} fragment f on {root} {{ {plain} }}"
            case "INLINE_FRAGMENT":
                yield f"{head} {{ ... {mark} {{ {plain} }} }}"
            case "VARIABLE_DEFINITION":
                yield f"query ($v: Boolean = true {mark}) {{ ... @include(if: $v) {{ {plain} }} }}"
            case _:
                yield f"{head} {{ {call(case.client, one)} {mark}{case.inside(one)} }}"
