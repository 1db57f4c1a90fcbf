"""What does a client's document ask for? Read by graphql-core against the client's schema; its second door."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from contractctl.errors import ContractctlError
from contractctl.formats.graphql import engine
from contractctl.formats.graphql.lookups import possible_types
from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.slices import part
from contractctl.formats.graphql.types import STANDARD_DIRECTIVES, Input, named
from contractctl.model.contract import File
from contractctl.model.verdict import Place

if TYPE_CHECKING:
    from graphql import DefinitionNode, DocumentNode, FragmentDefinitionNode, GraphQLSchema, Node


@dataclass(frozen=True, slots=True)
class Document:
    """The operations and fragments of one file, with the fragments of other files that they spread."""

    file: str
    node: "DocumentNode"
    text: str
    """All of it, as graphql-core prints it."""


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
    given: set[tuple[str, str, str]] = field(default_factory=set)
    """(type, field, argument), or ("@", directive, argument), with a value that stands in the document."""
    maybe: set[tuple[str, str, str]] = field(default_factory=set)
    """The same, with a variable: it may be left out."""
    inputs: set[tuple[str, str]] = field(default_factory=set)
    """(input object, field) that stands in the document."""
    objects: set[str] = field(default_factory=set)
    """Input objects that are written in the document."""
    symbols: set[tuple[str, str]] = field(default_factory=set)
    """(enum, value) that stands in the document."""
    variables: set[str] = field(default_factory=set)
    """Types of variables, and all that they consist of: what is in them is known when they are sent."""


def documents(files: Sequence[File]) -> tuple[Document, ...]:
    """What stands in the files. Raise ContractctlError where one of them holds no operations or fragments."""
    from graphql import FragmentDefinitionNode, concat_ast, print_ast

    parsed = {file.name: _parsed(file) for file in files}
    known: dict[str, tuple[str, FragmentDefinitionNode]] = {}
    for name, node in parsed.items():
        for one in node.definitions:
            if isinstance(one, FragmentDefinitionNode):
                known.setdefault(one.name.value, (name, one))
    found = []
    for name, node in parsed.items():
        own = {one.name.value for one in node.definitions if isinstance(one, FragmentDefinitionNode)}
        needed = _needed(node.definitions, own, known)
        whole = concat_ast([node, _made(needed)]) if needed else node
        found.append(Document(name, whole, print_ast(whole)))
    return tuple(found)


def refusals(schema: Schema, other: Schema, document: Document) -> tuple[str, ...]:
    """Why a schema refuses a document. Directives that neither schema knows are the client's own, and are passed by."""
    from graphql import NoUnusedFragmentsRule, specified_rules, validate

    known = STANDARD_DIRECTIVES | schema.directives.keys() | other.directives.keys()
    rules = [rule for rule in specified_rules if rule is not NoUnusedFragmentsRule]
    errors = validate(_built(part(schema, document.text)), document.node, rules)
    own = {f"Unknown directive '@{name}'." for name in _directives(document) if name not in known}
    return tuple(one.message for one in errors if one.message not in own)


def uses(schema: Schema, document: Document) -> Uses:
    """What a document that is valid for a schema asks for."""
    found = Uses()
    _walk(schema, document, lambda _: found)
    return found


def sights(schema: Schema, document: Document) -> Iterator[tuple[Place, Uses]]:
    """The same, place by place, also those in the fragments of other files."""
    found: list[tuple[Place, Uses]] = []

    def at(node: "Node") -> Uses:
        assert node.loc  # noqa: S101 - documents() keeps the places
        place = Place(node.loc.source.name, node.loc.start_token.line, node.loc.start_token.column)
        found.append((place, Uses()))
        return found[-1][1]

    _walk(schema, document, at)
    return iter(found)


def _walk(schema: Schema, document: Document, into: "Callable[[Node], Uses]") -> None:
    """What each node asks for, noted where `into` says."""
    from graphql import Node, TypeInfo, TypeInfoVisitor, Visitor, visit

    info = TypeInfo(_built(part(schema, document.text)))

    class Entering(Visitor):
        def enter(self, node: Node, *_: object) -> None:
            entered = _ENTERED.get(node.kind)
            if entered is not None:
                entered(_Reading(schema, info, into(node)), node)

    visit(document.node, TypeInfoVisitor(info, Entering()))


@lru_cache(maxsize=8)
def _built(text: str) -> "GraphQLSchema":
    """A document is validated, and then it is read: both ask for the same part of the schema."""
    from graphql import build_schema

    return build_schema(text, assume_valid=True, assume_valid_sdl=True)


def _parsed(file: File) -> "DocumentNode":
    from graphql import ExecutableDefinitionNode, GraphQLSyntaxError, Source, parse

    if file.data is not None:
        raise ContractctlError(f"{file.name} is not UTF-8", hint="name only GraphQL files: --operations")
    try:
        node = parse(Source(file.text, file.name))
    except GraphQLSyntaxError as error:
        raise engine.placed(file.name, error) from None
    except RecursionError:
        raise ContractctlError(
            f"{file.name} is nested too deeply", hint="reduce the nesting of its selections"
        ) from None
    for one in node.definitions:
        if not isinstance(one, ExecutableDefinitionNode):
            line = one.loc.start_token.line if one.loc else 1
            raise ContractctlError(
                f"{file.name}:{line}: a schema definition is mixed with client operations",
                hint="name only files with operations and fragments: --operations",
            )
    return node


def _made(definitions: "Sequence[DefinitionNode]") -> "DocumentNode":
    from graphql import DocumentNode

    return DocumentNode(definitions=tuple(definitions))


def _needed(
    definitions: "Sequence[DefinitionNode]", own: set[str], known: "Mapping[str, tuple[str, FragmentDefinitionNode]]"
) -> "list[DefinitionNode]":
    """Fragments of other files that are spread, directly or by one another."""
    seen, pending = set(own), list(definitions)
    found: list[DefinitionNode] = []
    while pending:
        for name in _spread(pending.pop()):
            if name not in seen and name in known:
                seen.add(name)
                found.append(known[name][1])
                pending.append(known[name][1])
    return found


def _spread(node: Any) -> Iterator[str]:  # noqa: ANN401 - any node of graphql-core's
    from graphql import FragmentSpreadNode, Visitor, visit

    found: list[str] = []

    class Spreads(Visitor):
        def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
            found.append(node.name.value)

    visit(node, Spreads())
    return iter(found)


def _directives(document: Document) -> set[str]:
    from graphql import DirectiveNode, Visitor, visit

    found: set[str] = set()

    class Directives(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: object) -> None:
            found.add(node.name.value)

    visit(document.node, Directives())
    return found


@dataclass(frozen=True, slots=True)
class _Reading:
    """A document on the way through graphql-core's visitor."""

    schema: Schema
    info: Any
    """Which types stand where the visitor is."""
    found: Uses

    def types_here(self) -> list[str]:
        """The composite type that is selected in, and every object that it may be."""
        parent = self.info.get_parent_type()
        return [parent.name, *possible_types(self.schema).get(parent.name, ())] if parent else []

    def operation(self, node: Any) -> None:  # noqa: ANN401 - graphql-core's nodes, here and below
        self.found.operations.add(node.operation.value)

    def field(self, node: Any) -> None:  # noqa: ANN401 - a node
        for name in self.types_here():
            self.found.fields.add((name, node.name.value))
            known = self.schema.types[name].fields.get(node.name.value) if name in self.schema.types else None
            self._left_out(known.arguments.values() if known else ())
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
        self._left_out(known.arguments.values() if known else ())

    def argument(self, node: Any) -> None:  # noqa: ANN401 - a node
        into = self.found.maybe if node.value.kind == "variable" else self.found.given
        directive, field_ = self.info.get_directive(), self.info.get_field_def()
        if directive is not None:
            into.add(("@", directive.name, node.name.value))
        elif field_ is not None:
            fields = self.info.get_parent_type().fields.items()
            called = next((name for name, one in fields if one is field_), "")
            into.update((name, called, node.name.value) for name in self.types_here())

    def variable(self, node: Any) -> None:  # noqa: ANN401 - a node
        type_ = node.type
        while hasattr(type_, "type"):
            type_ = type_.type
        _close(self.schema, type_.name.value, self.found.variables)

    def object_value(self, _node: Any) -> None:  # noqa: ANN401 - a node
        if self.info.get_input_type() is not None:
            name = named(str(self.info.get_input_type()))
            self.found.objects.add(name)
            self._left_out(self.schema.types[name].inputs.values() if name in self.schema.types else ())

    def _left_out(self, inputs: Iterable[Input]) -> None:
        """What stands for arguments and fields that are left out is written in the document, in effect."""
        for one in inputs:
            if one.default is not None:
                _close(self.schema, named(one.type), self.found.objects)

    def object_field(self, node: Any) -> None:  # noqa: ANN401 - a node
        if self.info.get_parent_input_type() is not None:
            self.found.inputs.add((named(str(self.info.get_parent_input_type())), node.name.value))

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
    "argument": _Reading.argument,
    "variable_definition": _Reading.variable,
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
