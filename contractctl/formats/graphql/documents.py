"""Which documents do clients send, and does a schema take them? Read by graphql-core; its second door."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from contractctl.errors import ContractctlError
from contractctl.formats.graphql import engine
from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.slices import part
from contractctl.formats.graphql.types import STANDARD_DIRECTIVES
from contractctl.model.contract import File

if TYPE_CHECKING:
    from graphql import DefinitionNode, DocumentNode, FragmentDefinitionNode, GraphQLSchema


@dataclass(frozen=True, slots=True)
class Variable:
    """What an operation says of a variable."""

    type: str
    has_default: bool

    @property
    def may_lack(self) -> bool:
        """Whether it may be left out, and with it what it is given for."""
        return not self.has_default and not self.type.endswith("!")


@dataclass(frozen=True, slots=True)
class Document:
    """The operations and fragments of one file, with the fragments of other files that they spread."""

    file: str
    node: "DocumentNode"
    text: str
    """All of it, as graphql-core prints it."""
    variables: Mapping[str, set[Variable]]
    """By name, as its operations declare them; those that they do not, as operations of other files do."""


def documents(files: Sequence[File]) -> tuple[Document, ...]:
    """What stands in the files. Raise ContractctlError where one of them holds no operations or fragments."""
    from graphql import FragmentDefinitionNode, concat_ast, print_ast

    parsed = {file.name: _parsed(file) for file in files}
    known: dict[str, tuple[str, FragmentDefinitionNode]] = {}
    for name, node in parsed.items():
        for one in node.definitions:
            if isinstance(one, FragmentDefinitionNode):
                known.setdefault(one.name.value, (name, one))
    everywhere = _declared(parsed.values())
    found = []
    for name, node in parsed.items():
        own = {one.name.value for one in node.definitions if isinstance(one, FragmentDefinitionNode)}
        needed = _needed(node.definitions, own, known)
        whole = concat_ast([node, _made(needed)]) if needed else node
        found.append(Document(name, whole, print_ast(whole), {**everywhere, **_declared([whole])}))
    return tuple(found)


def refusals(schema: Schema, other: Schema, document: Document) -> tuple[str, ...]:
    """Why a schema refuses a document. Directives that neither schema knows are the client's own, and are passed by."""
    from graphql import NoUnusedFragmentsRule, specified_rules, validate

    known = STANDARD_DIRECTIVES | schema.directives.keys() | other.directives.keys()
    rules = [rule for rule in specified_rules if rule is not NoUnusedFragmentsRule]
    errors = validate(_built(part(schema, document.text)), document.node, rules)
    own = {f"Unknown directive '@{name}'." for name in _directives(document) if name not in known}
    return tuple(one.message for one in errors if one.message not in own)


def visited(schema: Schema, document: Document, enter: Callable[[Any, Any], None]) -> None:
    """Every node of a document, in the text's order, with what tells which types of the schema stand there."""
    from graphql import Node, TypeInfo, TypeInfoVisitor, Visitor, visit

    info = TypeInfo(_built(part(schema, document.text)))

    class Entering(Visitor):
        def enter(self, node: Node, *_: object) -> None:
            enter(info, node)

    visit(document.node, TypeInfoVisitor(info, Entering()))


@lru_cache(maxsize=8)
def _built(text: str) -> "GraphQLSchema":
    """A schema of graphql-core's. A document is validated, and then it is read: both ask for the same part."""
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


def _declared(nodes: "Iterable[DocumentNode]") -> Mapping[str, set[Variable]]:
    """What operations say of their variables, by name."""
    from graphql import print_ast

    found: dict[str, set[Variable]] = {}
    for one in (one for node in nodes for one in node.definitions):
        for declared in getattr(one, "variable_definitions", None) or ():
            said = Variable(print_ast(declared.type), declared.default_value is not None)
            found.setdefault(declared.variable.name.value, set()).add(said)
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
