"""Is nothing that a document uses overlooked? graphql-core is the oracle: what it refuses without a member uses it."""

from collections.abc import Iterator
from typing import Any

from graphql import DocumentNode, build_ast_schema, parse, validate
from graphql.language import Visitor, visit
from graphql.language.visitor import REMOVE

from contractctl.compatibility import source_of
from contractctl.formats import graphql
from contractctl.model.contract import File

SCHEMA = """
type Query { order(id: ID!, by: By): Order node: Node search(kind: Kind, input: Find): [Hit!] }
type Mutation { save(input: Find, many: [Find!]): Order }
interface Named { name: String } interface Node implements Named { id: ID! name: String next(n: Int): Node }
type Order implements Node & Named { id: ID! name: String next(n: Int, back: Boolean): Node lines(first: Int): [Line!] }
type Line { sku: String kind: Kind order: Order } type Note { text: String name: String }
union Hit = Order | Note
enum Kind { A B } enum Other { B C }
input By { other: Other name: String also: [By!] } input Find { kind: Kind also: Find text: String kinds: [Kind!] }
directive @cached(ttl: Int, of: Kind) on FIELD | QUERY
"""
DOCUMENTS = (
    "{ a: order(id: 1) { id b: name c: next(n: 1) { ...f } } } fragment f on Node { next { ... on Order { id } } }",
    "{ node { ... on Named { name } ... on Order { next(back: true) { id } lines(first: 2) { sku order { id } } } } }",
    '{ search(kind: B, input: {kind: A, also: {text: "x"}, kinds: B}) { ... on Note { text } ... on Named { name } } }',
    "query ($k: Kind = A, $f: Find = {kinds: [B]}) @cached(of: B) { search(kind: $k, input: $f) { __typename } }",
    "query ($n: Int, $t: String) { order(id: 1, by: {also: {other: C}, name: $t}) { lines(first: $n) { kind } } }",
    "mutation ($f: Find!) { save(many: [{also: $f}, {kind: B}]) { id @cached(ttl: 1) } }",
    "query ($b: By) { order(id: 1, by: $b) { lines { ... @include(if: true) { sku } } } }",
)


def members(tree: DocumentNode) -> Iterator[str]:
    """Every coordinate of the schema."""
    for type_ in tree.definitions:
        holder = _called(type_)
        for shelf in ("fields", "values", "arguments"):
            for one in getattr(type_, shelf, None) or ():
                yield f"{holder}.{one.name.value}"
                for argument in getattr(one, "arguments", None) or ():
                    yield f"{holder}.{one.name.value}({argument.name.value}:)"


def _called(node: Any) -> str:
    """@ before a directive's name; the union has no members of its own."""
    return ("@" if node.kind == "directive_definition" else "") + node.name.value


def without(tree: DocumentNode, coordinate: str) -> DocumentNode:
    """The schema after that has gone."""

    class Leaving(Visitor):
        def __init__(self) -> None:
            super().__init__()
            self.holder = self.field = ""

        def enter(self, node: Any, *_: object) -> object:
            if node.kind.endswith("type_definition") or node.kind == "directive_definition":
                self.holder, self.field = _called(node), ""
            elif node.kind == "field_definition":
                self.field = node.name.value
                return REMOVE if coordinate == f"{self.holder}.{self.field}" else None
            elif node.kind in {"enum_value_definition", "input_value_definition"}:
                name = node.name.value
                own = f"{self.holder}.{self.field}({name}:)" if self.field else f"{self.holder}.{name}"
                return REMOVE if coordinate == own else None
            return None

    return visit(tree, Leaving())


def test_what_graphql_core_refuses_without_a_member_is_found_to_use_it() -> None:
    tree = parse(SCHEMA)
    known = graphql.parse(source_of(SCHEMA, "schema"))
    names = list(members(tree))
    found = [graphql.declared(known, [File("a.graphql", text)], names) for text in DOCUMENTS]
    parsed, refused = {text: parse(text) for text in DOCUMENTS}, set()
    for name in names:
        left = build_ast_schema(without(tree, name), assume_valid=True)
        for text, told in zip(DOCUMENTS, found, strict=True):
            if validate(left, parsed[text]):
                refused.add(name)
                assert told[name], (name, text)

    assert len(refused) > 30
    assert len(refused) < len(names)
