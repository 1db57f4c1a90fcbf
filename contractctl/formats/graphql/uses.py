"""What does a client's document ask for? Node by node, in the names of its schema."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from contractctl.formats.graphql.documents import Document, Variable, visited
from contractctl.formats.graphql.inputs import refuses_null
from contractctl.formats.graphql.lookups import possible_types
from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.types import Input, named
from contractctl.model.verdict import Place

Input_ = tuple[str, ...]
"""(type, field, argument), ("@", directive, argument) or (input object, field)."""

_UNDECLARED = Variable("?", has_default=False)
"""A variable of which no operation says anything: it may be of any type that fits."""


@dataclass(slots=True)
class Uses:
    """What a document names, reaches and gives, in the names of the client's schema."""

    fields: set[tuple[str, str]] = field(default_factory=set)
    """(type, field); where the type is abstract, of every object that it may be, too."""
    answered: set[str] = field(default_factory=set)
    """The types of the fields."""
    conditions: set[str] = field(default_factory=set)
    """Types that fragments name, and in which they stand."""
    operations: set[str] = field(default_factory=set)
    directives: set[str] = field(default_factory=set)
    given: set[Input_] = field(default_factory=set)
    """What is written in the document."""
    lacking: set[Input_] = field(default_factory=set)
    """What is left out somewhere, or may be: a variable that nobody has to give."""
    varying: dict[Input_, set[str]] = field(default_factory=dict)
    """The types of what variables give there: `[Int]!` of `[$n]`, where `$n` is an Int."""
    objects: set[str] = field(default_factory=set)
    """Types of which values are written in the document."""
    implied: set[str] = field(default_factory=set)
    """Types of which values stand in for what the document leaves out, and all that they consist of."""
    symbols: set[tuple[str, str]] = field(default_factory=set)
    """(enum, value) that stands in the document."""
    variables: set[str] = field(default_factory=set)
    """Types of variables, and all that they consist of: what is in them is known when they are sent."""

    def may_be_null(self, place: Input_, type_: str) -> bool:
        """Whether a variable may give null there, or inside, where a type has none."""
        return any(one.strip("[]!") == "?" or refuses_null(one, type_) for one in self.varying.get(place, ()))


def uses(schema: Schema, document: Document) -> Uses:
    """What a document that is valid for a schema asks for."""
    found = Uses()
    _walk(schema, document, lambda _: found)
    return found


def sights(schema: Schema, document: Document) -> Iterator[tuple[Place, Uses]]:
    """The same, place by place, also those in the fragments of other files."""
    found: list[tuple[Place, Uses]] = []

    def at(node: Any) -> Uses:  # noqa: ANN401 - a node of graphql-core's
        place = Place(node.loc.source.name, node.loc.start_token.line, node.loc.start_token.column)
        found.append((place, Uses()))
        return found[-1][1]

    _walk(schema, document, at)
    return iter(found)


def _walk(schema: Schema, document: Document, into: Callable[[Any], Uses]) -> None:
    """What each node asks for, noted where `into` says."""

    def enter(info: Any, node: Any) -> None:  # noqa: ANN401 - graphql-core's, here and below
        entered = _ENTERED.get(node.kind)
        if entered is not None:
            entered(_Reading(schema, info, document.variables, into(node)), node)

    visited(schema, document, enter)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A document on the way through graphql-core's visitor."""

    schema: Schema
    info: Any
    """Which types stand where the visitor is."""
    variables: Mapping[str, set[Variable]]
    found: Uses

    def types_here(self) -> list[str]:
        """The composite type that is selected in, and every object that it may be."""
        parent = self.info.get_parent_type()
        return [parent.name, *possible_types(self.schema).get(parent.name, ())] if parent else []

    def operation(self, node: Any) -> None:  # noqa: ANN401 - a node
        self.found.operations.add(node.operation.value)

    def field(self, node: Any) -> None:  # noqa: ANN401 - a node
        for name in self.types_here():
            self.found.fields.add((name, node.name.value))
            known = self.schema.types[name].fields.get(node.name.value) if name in self.schema.types else None
            self._left_out((name, node.name.value), known.arguments if known else {}, node.arguments or ())
        if self.info.get_type() is not None:
            self.found.answered.add(named(str(self.info.get_type())))

    def fragment(self, node: Any) -> None:  # noqa: ANN401 - a node
        self.found.conditions.update(self.types_here())
        condition = getattr(node, "type_condition", None)
        if condition is not None:
            self.found.conditions.add(condition.name.value)

    def directive(self, node: Any) -> None:  # noqa: ANN401 - a node
        self.found.directives.add(node.name.value)
        known = self.schema.directives.get(node.name.value)
        self._left_out(("@", node.name.value), known.arguments if known else {}, node.arguments or ())

    def argument(self, node: Any) -> None:  # noqa: ANN401 - a node
        directive, field_ = self.info.get_directive(), self.info.get_field_def()
        if directive is not None:
            self._given(("@", directive.name, node.name.value), node.value)
        elif field_ is not None:
            fields = self.info.get_parent_type().fields.items()
            called = next((name for name, one in fields if one is field_), "")
            for name in self.types_here():
                self._given((name, called, node.name.value), node.value)

    def variable(self, node: Any) -> None:  # noqa: ANN401 - a node
        type_ = node.type
        while hasattr(type_, "type"):
            type_ = type_.type
        _close(self.schema, type_.name.value, self.found.variables)

    def object_value(self, node: Any) -> None:  # noqa: ANN401 - a node
        if self.info.get_input_type() is not None:
            name = named(str(self.info.get_input_type()))
            self.found.objects.add(name)
            known = self.schema.types.get(name)
            self._left_out((name,), known.inputs if known else {}, node.fields or ())

    def object_field(self, node: Any) -> None:  # noqa: ANN401 - a node
        if self.info.get_parent_input_type() is not None:
            self._given((named(str(self.info.get_parent_input_type())), node.name.value), node.value)

    def _given(self, place: Input_, value: Any) -> None:  # noqa: ANN401 - a node
        self.found.given.add(place)
        self.found.varying.setdefault(place, set()).update(self._varying(value))
        # an object is noted where it begins, which is its one place
        if value.kind not in {"variable", "object_value"} and self.info.get_input_type() is not None:
            self.found.objects.add(named(str(self.info.get_input_type())))

    def _left_out(self, holder: Input_, known: Mapping[str, Input], nodes: Iterable[Any]) -> None:
        """What stands for arguments and fields that are left out is written in the document, in effect."""
        given = {node.name.value: node.value for node in nodes}
        for one in known.values():
            if one.name in given and not self._may_lack(given[one.name]):
                continue
            self.found.lacking.add((*holder, one.name))
            if one.default is not None:
                _close(self.schema, named(one.type), self.found.implied)

    def _may_lack(self, value: Any) -> bool:  # noqa: ANN401 - a node
        return value.kind == "variable" and any(one.may_lack for one in self._meant(value))

    def _varying(self, value: Any) -> Iterator[str]:  # noqa: ANN401 - a node
        """The types of what variables give in a value, but for those inside objects."""
        if value.kind == "variable":
            yield from (one.type for one in self._meant(value))
        elif value.kind == "list_value":
            yield from (f"[{type_}]!" for item in value.values for type_ in self._varying(item))

    def _meant(self, variable: Any) -> set[Variable]:  # noqa: ANN401 - a node
        return self.variables.get(variable.name.value) or {_UNDECLARED}

    def symbol(self, node: Any) -> None:  # noqa: ANN401 - a node
        if self.info.get_input_type() is not None:
            self.found.symbols.add((named(str(self.info.get_input_type())), node.value))


_ENTERED: Mapping[str, Callable[[_Reading, Any], None]] = {
    "operation_definition": _Reading.operation,
    "field": _Reading.field,
    "inline_fragment": _Reading.fragment,
    "fragment_spread": _Reading.fragment,
    "fragment_definition": _Reading.fragment,
    "directive": _Reading.directive,
    "variable_definition": _Reading.variable,
    "argument": _Reading.argument,
    "object_value": _Reading.object_value,
    "object_field": _Reading.object_field,
    "enum_value": _Reading.symbol,
}


def _close(schema: Schema, name: str, found: set[str]) -> None:
    """A type of input, and those of its fields, and so on."""
    pending, met = [name], set[str]()
    while pending:
        one = pending.pop()
        if one not in met:
            met.add(one)
            pending += (named(inner.type) for inner in schema.types[one].inputs.values()) if one in schema.types else ()
    found |= met
