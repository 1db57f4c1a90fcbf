"""Which documents may show a finding? Tried in this order; graphql-core decides which one does."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType

from contractctl.formats.graphql.lookups import parents, possible_types
from contractctl.formats.graphql.routes import Inlet, Route, call, fields_answering, inlets, ways
from contractctl.formats.graphql.samples import arguments, entries, sample
from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.types import EXECUTABLE, Field, Input, item, named, nullable
from contractctl.model.verdict import Incompatibility

_NAME = "{ __typename }"


@dataclass(frozen=True, slots=True)
class Trial:
    """A document, and what is looked at."""

    document: str
    mention: str
    """A word that stands in the refusal, if it is about this finding."""
    answers: Mapping[str, object] | None = None
    """What the provider answers, where it is the answer that lets the client down."""
    echoes: str = ""
    """The field whose arguments are compared, where both sides take the document."""


@dataclass(frozen=True, slots=True)
class Case:
    """A finding between two schemas."""

    client: Schema
    provider: Schema
    found: Incompatibility

    @property
    def facts(self) -> Mapping[str, str]:
        return self.found.facts

    def field(self, type_: str, name: str) -> Field:
        return self.client.types[type_].fields[name]

    def ways(self, type_: str) -> Iterator[Route]:
        return ways(self.client, self.provider, type_)

    def selected(self, one: Field, given: Mapping[str, str] = MappingProxyType({})) -> str:
        """A field as it is asked for, with something in it where it has fields."""
        return f"{call(self.client, one, given)}{self.inside(one)}"

    def inside(self, one: Field) -> str:
        found = self.client.types.get(named(one.type))
        return f" {_NAME}" if found is not None and found.is_composite else ""


def _operation_removed(case: Case) -> Iterator[Trial]:
    operation = case.facts["operation"]
    for one in case.client.types[case.facts["type"]].fields.values():
        yield Trial(Route(operation).document(case.selected(one)), operation)


def _type_removed(case: Case) -> Iterator[Trial]:
    name = case.facts["type"]
    type_ = case.client.types[name]
    if type_.is_composite:
        shared = {above for one in possible_types(case.client)[name] for above in parents(case.client)[one]}
        for parent in sorted(shared, key=lambda one: one == name):
            for way in case.ways(parent):
                yield Trial(way.document(f"... on {name} {_NAME}"), f"'{name}'")
        for holder, one in fields_answering(case.client, name):
            for way in case.ways(holder):
                yield Trial(way.document(f"{call(case.client, one)} {{ ... on {name} {_NAME} }}"), f"'{name}'")
    else:
        yield from _as_variable(case, name)


def _as_variable(case: Case, name: str) -> Iterator[Trial]:
    """A variable of a type, where an argument or an input field takes it."""
    inlet = inlets(case.client, case.provider).get(name)
    if inlet is not None:
        given, expected = _nested(case.client, _argument(case, inlet), inlet.within, "$x")
        for document in _documents(case, inlet, given, f"($x: {expected})"):
            yield Trial(document, name)


def _given(case: Case, name: str, value: str) -> Iterator[str]:
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
            yield from islice(_marked(case, location, mark, variables), 1)


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


def _kind_changed(case: Case) -> Iterator[Trial]:
    name = case.facts["type"]
    for holder, one in fields_answering(case.client, name):
        for way in case.ways(holder):
            yield Trial(way.document(case.selected(one)), f"'{one.name}'")
    for document in _given(case, name, '"a"'):
        yield Trial(document, name)
    yield from _as_variable(case, name)


def _field_removed(case: Case) -> Iterator[Trial]:
    one = case.field(case.facts["type"], case.facts["field"])
    for way in case.ways(case.facts["type"]):
        yield Trial(way.document(case.selected(one)), f"'{one.name}'")


def _field_type_changed(case: Case) -> Iterator[Trial]:
    one = case.field(case.facts["type"], case.facts["field"])
    for way in case.ways(case.facts["type"]):
        yield Trial(way.document(case.selected(one)), f"'{one.name}'")
        if "within" in case.facts:
            yield from _deeper(case, way, one)
        theirs = case.facts["after"]
        value = _example(case, theirs)
        yield Trial(way.document(case.selected(one), typed=True), "", answers={one.name: value})


def _deeper(case: Case, way: Route, outer: Field) -> Iterator[Trial]:
    """What is selected in one composite type, and is not to be had in the one that stands in its place."""
    way = way.then(call(case.client, outer))
    chain = [name for name in case.facts["within"].split(".") if name]
    type_, last = named(outer.type), outer
    for number, name in enumerate(chain):
        last = case.field(type_, name)
        if number < len(chain) - 1:
            way = way.then(call(case.client, last))
        type_ = named(last.type)
    if case.facts.get("on"):
        way = way.then(call(case.client, last)) if chain else way
        yield Trial(way.document(f"... on {case.facts['on']} {_NAME}"), f"'{case.facts['on']}'")
        return
    yield Trial(way.document(case.selected(last)), last.name)
    for argument in last.arguments.values():
        given = sample(case.client, argument.type)
        yield Trial(way.document(case.selected(last, {argument.name: given})), argument.name)
        document = way.document(case.selected(last, {argument.name: "$x"}), f"($x: {argument.type})")
        yield Trial(document, argument.name)
    if "answered" in case.facts:
        yield Trial(
            way.document(case.selected(last), typed=True),
            "",
            answers={last.name: _example(case, case.facts["answered"])},
        )
        yield Trial(way.document(case.selected(last), typed=True), "", answers={last.name: None})


def _example(case: Case, type_: str) -> object:
    """Something that the provider may answer and the client does not know as its own, if there is such a thing."""
    inside = item(type_)
    if inside is not None:
        return [_example(case, inside)]
    found = case.provider.types.get(named(type_))
    if found is None:
        return None
    if found.kind == "enum":
        expected = case.client.types.get(named(case.facts["before"]))
        known = expected.symbols if expected is not None else {}
        return next((one for one in found.symbols if one not in known), next(iter(found.symbols), None))
    if found.is_composite:
        return {"__typename": next(iter(sorted(possible_types(case.provider)[found.name])), "")}
    examples: dict[str, object] = {"Int": 7, "Float": 1.5, "Boolean": True}
    return examples.get(found.name, "a")


def _null_unexpected(case: Case) -> Iterator[Trial]:
    type_ = case.facts["type"]
    one = case.field(type_, case.facts["field"])
    value = _with_null(case.facts["before"], case.facts["after"])
    objects = sorted(possible_types(case.provider).get(type_, frozenset()) & possible_types(case.client)[type_])
    for way in case.ways(type_):
        for other in objects if type_ not in objects else [""]:
            also = f" ... on {other} {_NAME}" if other else ""  # the object that is to answer
            document = way.document(f"{case.selected(one)}{also}", typed=True)
            yield Trial(document, one.name, answers={one.name: value})


def _with_null(mine: str, theirs: str) -> object:
    """Null where the provider's type has it and the client's has not: as the whole, or as an item."""
    if mine.endswith("!") and not theirs.endswith("!"):
        return None
    return [_with_null(item(mine) or "", item(theirs) or "")]


def _fields_conflict(case: Case) -> Iterator[Trial]:
    type_, other, name = case.facts["type"], case.facts["other"], case.facts["field"]
    mine, theirs = case.field(type_, name), case.field(other, name)
    above = dict.fromkeys((type_, other, *_above(case, type_), *_above(case, other)))
    for variant in (0, 1):
        given = {a.name: sample(case.client, a.type, variant) for a in theirs.arguments.values()} if variant else {}
        fragments = [
            f"... on {type_} {{ {case.selected(mine)} }}",
            f"... on {other} {{ {case.selected(theirs, given)} }}",
        ]
        for parent in above:
            for way in case.ways(parent):
                yield Trial(way.document(" ".join(fragments)), f"'{name}'")
        yield from _below(case, type_, other, fragments)


def _below(case: Case, type_: str, other: str, fragments: list[str]) -> Iterator[Trial]:
    """The two below fields of one name on two types, which may stand in one answer."""
    theirs = [(holder, one) for target in _above(case, other) for holder, one in fields_answering(case.client, target)]
    for target in _above(case, type_):
        for holder, one in fields_answering(case.client, target):
            for there, same in theirs:
                if one.name == same.name and there != holder and case.provider.types.keys() >= {there, holder}:
                    inside = [
                        f"{call(case.client, field)} {{ {text} }}"
                        for field, text in zip((one, same), fragments, strict=True)
                    ]
                    text = f"... on {holder} {{ {inside[0]} }} ... on {there} {{ {inside[1]} }}"
                    for parent in sorted(set(_above(case, holder)) & set(_above(case, there))):
                        for way in case.ways(parent):
                            yield Trial(way.document(text), f"'{one.name}'")


def _above(case: Case, type_: str) -> list[str]:
    """Every type that may be the same object, the type itself first."""
    found = {parent for one in possible_types(case.client)[type_] for parent in parents(case.client)[one]}
    return sorted(found, key=lambda one: (one != type_, one))


def _fragment_impossible(case: Case) -> Iterator[Trial]:
    one, parent = case.facts["object"], case.facts["type"]
    for operation, root in case.provider.roots.items():
        if root == parent:
            yield Trial(Route(operation).document(f"... on {one} {_NAME}"), f"'{one}'")
    for place, condition in ((parent, one), (one, parent)):
        for way in case.ways(place) if place in case.client.types else ():
            yield Trial(way.document(f"... on {condition} {_NAME}"), f"'{condition}'")


def _type_unknown(case: Case) -> Iterator[Trial]:
    parent, one = case.facts["type"], case.facts["object"]
    for holder, field_ in fields_answering(case.client, parent):
        value = _put(field_.type, {"__typename": one})
        for way in case.ways(holder):
            yield Trial(way.document(case.selected(field_), typed=True), f"'{one}'", answers={field_.name: value})


def _put(type_: str, value: object) -> object:
    inside = item(type_)
    return value if inside is None else [_put(inside, value)]


def _input_removed(case: Case) -> Iterator[Trial]:
    for place in _places(case):
        yield place.given(sample(case.client, place.one.type))


def _input_required(case: Case) -> Iterator[Trial]:
    for place in _places(case):
        yield place.left_out()


def _input_type_changed(case: Case) -> Iterator[Trial]:
    for place in _places(case):
        yield place.given(sample(case.client, place.one.type))
        yield place.given("$x", f"($x: {case.facts['before']})")


def _input_null_refused(case: Case) -> Iterator[Trial]:
    for place in _places(case):
        trial = place.given(_null(case.facts["before"], case.facts["after"]))
        yield replace(trial, mention="null")
        yield trial


def _null(mine: str, theirs: str) -> str:
    if theirs.endswith("!") and not mine.endswith("!"):
        return "null"
    return f"[{_null(item(mine) or '', item(theirs) or '')}]"


def _input_default_changed(case: Case) -> Iterator[Trial]:
    for place in _places(case):
        yield place.left_out(echoes=place.called)


@dataclass(frozen=True, slots=True)
class _Place:
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


def _places(case: Case) -> Iterator[_Place]:
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


def _argument_places(case: Case, type_: str, field_name: str, name: str) -> Iterator[_Place]:
    called = case.field(type_, field_name)
    there = case.provider.types.get(type_) or case.provider.types[_counterpart(case, type_)]
    one = _known(called.arguments, there.fields[field_name].arguments, name)
    for way in case.ways(type_):

        def document(value: str | None, variables: str, way: Route = way) -> str:
            return way.document(case.selected(called, {} if value is None else {name: value}), variables)

        yield _Place(one, field_name, document)


def _counterpart(case: Case, root: str) -> str:
    return next(case.provider.roots[op] for op, name in case.client.roots.items() if name == root)


def _input_field_places(case: Case, holder: str, name: str) -> Iterator[_Place]:
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

    yield _Place(one, inlet.field if inlet.holder != "@" else f"@{inlet.field}", document)


def _directive_places(case: Case, directive: str, name: str) -> Iterator[_Place]:
    mine, theirs = case.client.directives[directive], case.provider.directives[directive]
    one = _known(mine.arguments, theirs.arguments, name)
    for location in mine.locations:
        if location in EXECUTABLE and location in theirs.locations:

            def document(value: str | None, variables: str, location: str = location) -> str:
                given = arguments(case.client, mine.arguments, {} if value is None else {name: value})
                return next(_marked(case, location, f"@{directive}{given}", variables), "")

            yield _Place(one, f"@{directive}", document)


def _marked(case: Case, location: str, mark: str, variables: str = "") -> Iterator[str]:
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


def _one_of_added(case: Case) -> Iterator[Trial]:
    name = case.facts["type"]
    inputs = list(case.client.types[name].inputs.values())
    for given in (entries(case.client, inputs[:2]), entries(case.client, [one for one in inputs if one.required])):
        for document in _given(case, name, given):
            yield Trial(document, name)


def _enum_value_removed(case: Case) -> Iterator[Trial]:
    for document in _given(case, case.facts["enum"], case.facts["value"]):
        yield Trial(document, case.facts["value"])


def _enum_value_unknown(case: Case) -> Iterator[Trial]:
    for holder, one in fields_answering(case.client, case.facts["enum"]):
        value = _put(one.type, case.facts["value"])
        for way in case.ways(holder):
            yield Trial(way.document(case.selected(one), typed=True), case.facts["value"], answers={one.name: value})


def _directive_removed(case: Case) -> Iterator[Trial]:
    mine = case.client.directives[case.facts["directive"]]
    wanted = case.facts.get("location")
    for location in mine.locations:
        if location in EXECUTABLE and wanted in {None, location}:
            mark = f"@{mine.name}{arguments(case.client, mine.arguments)}"
            twice = case.found.rule == "graphql-directive-once"
            for document in islice(_marked(case, location, f"{mark} {mark}" if twice else mark), 2):
                yield Trial(document, f"'@{mine.name}'")


TRIALS: Mapping[str, Callable[[Case], Iterator[Trial]]] = {
    "graphql-operation-removed": _operation_removed,
    "graphql-type-removed": _type_removed,
    "graphql-type-kind-changed": _kind_changed,
    "graphql-field-removed": _field_removed,
    "graphql-field-type-changed": _field_type_changed,
    "graphql-null-unexpected": _null_unexpected,
    "graphql-fields-conflict": _fields_conflict,
    "graphql-fragment-impossible": _fragment_impossible,
    "graphql-type-unknown": _type_unknown,
    "graphql-input-removed": _input_removed,
    "graphql-input-required": _input_required,
    "graphql-input-type-changed": _input_type_changed,
    "graphql-input-null-refused": _input_null_refused,
    "graphql-input-default-changed": _input_default_changed,
    "graphql-one-of-added": _one_of_added,
    "graphql-enum-value-removed": _enum_value_removed,
    "graphql-enum-value-unknown": _enum_value_unknown,
    "graphql-directive-removed": _directive_removed,
    "graphql-directive-location-removed": _directive_removed,
    "graphql-directive-once": _directive_removed,
}
"""Rule → the trials for one of its findings."""
