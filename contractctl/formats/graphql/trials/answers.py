"""Which documents show that what a client selects is not to be had, or is answered as something else?"""

from collections.abc import Iterator

from contractctl.formats.graphql.lookups import parents, possible_types
from contractctl.formats.graphql.routes import Route, call, fields_answering
from contractctl.formats.graphql.samples import sample
from contractctl.formats.graphql.trials.cases import TYPENAME, Case, Trial
from contractctl.formats.graphql.trials.places import as_variable, with_value
from contractctl.formats.graphql.types import Field, item, named


def operation_removed(case: Case) -> Iterator[Trial]:
    operation = case.facts["operation"]
    for one in case.client.types[case.facts["type"]].fields.values():
        yield Trial(Route(operation).document(case.selected(one)), operation)


def type_removed(case: Case) -> Iterator[Trial]:
    name = case.facts["type"]
    type_ = case.client.types[name]
    if type_.is_composite:
        shared = {above for one in possible_types(case.client)[name] for above in parents(case.client)[one]}
        for parent in sorted(shared, key=lambda one: one == name):
            for way in case.ways(parent):
                yield Trial(way.document(f"... on {name} {TYPENAME}"), f"'{name}'")
        for holder, one in fields_answering(case.client, name):
            for way in case.ways(holder):
                yield Trial(way.document(f"{call(case.client, one)} {{ ... on {name} {TYPENAME} }}"), f"'{name}'")
    else:
        yield from as_variable(case, name)


def kind_changed(case: Case) -> Iterator[Trial]:
    name = case.facts["type"]
    for holder, one in fields_answering(case.client, name):
        for way in case.ways(holder):
            yield Trial(way.document(case.selected(one)), f"'{one.name}'")
    for document in with_value(case, name, '"a"'):
        yield Trial(document, name)
    yield from as_variable(case, name)


def field_removed(case: Case) -> Iterator[Trial]:
    one = case.field(case.facts["type"], case.facts["field"])
    for way in case.ways(case.facts["type"]):
        yield Trial(way.document(case.selected(one)), f"'{one.name}'")


def field_type_changed(case: Case) -> Iterator[Trial]:
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
        yield Trial(way.document(f"... on {case.facts['on']} {TYPENAME}"), f"'{case.facts['on']}'")
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


def null_unexpected(case: Case) -> Iterator[Trial]:
    type_ = case.facts["type"]
    one = case.field(type_, case.facts["field"])
    value = _with_null(case.facts["before"], case.facts["after"])
    objects = sorted(possible_types(case.provider).get(type_, frozenset()) & possible_types(case.client)[type_])
    for way in case.ways(type_):
        for other in objects if type_ not in objects else [""]:
            also = f" ... on {other} {TYPENAME}" if other else ""  # the object that is to answer
            document = way.document(f"{case.selected(one)}{also}", typed=True)
            yield Trial(document, one.name, answers={one.name: value})


def _with_null(mine: str, theirs: str) -> object:
    """Null where the provider's type has it and the client's has not: as the whole, or as an item."""
    if mine.endswith("!") and not theirs.endswith("!"):
        return None
    return [_with_null(item(mine) or "", item(theirs) or "")]


def fields_conflict(case: Case) -> Iterator[Trial]:
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


def fragment_impossible(case: Case) -> Iterator[Trial]:
    one, parent = case.facts["object"], case.facts["type"]
    for operation, root in case.provider.roots.items():
        if root == parent:
            yield Trial(Route(operation).document(f"... on {one} {TYPENAME}"), f"'{one}'")
    for place, condition in ((parent, one), (one, parent)):
        for way in case.ways(place) if place in case.client.types else ():
            yield Trial(way.document(f"... on {condition} {TYPENAME}"), f"'{condition}'")


def type_unknown(case: Case) -> Iterator[Trial]:
    parent, one = case.facts["type"], case.facts["object"]
    for holder, field_ in fields_answering(case.client, parent):
        value = _put(field_.type, {"__typename": one})
        for way in case.ways(holder):
            yield Trial(way.document(case.selected(field_), typed=True), f"'{one}'", answers={field_.name: value})


def enum_value_unknown(case: Case) -> Iterator[Trial]:
    for holder, one in fields_answering(case.client, case.facts["enum"]):
        value = _put(one.type, case.facts["value"])
        for way in case.ways(holder):
            yield Trial(way.document(case.selected(one), typed=True), case.facts["value"], answers={one.name: value})


def _put(type_: str, value: object) -> object:
    inside = item(type_)
    return value if inside is None else [_put(inside, value)]
