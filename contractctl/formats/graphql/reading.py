"""Which definitions does a text hold? Clause by clause: https://spec.graphql.org/October2021/#sec-Appendix-Grammar-Summary.

Descriptions and comments are passed over: nobody depends on them.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from contractctl.formats.graphql.cursor import END, NAME_START, Cursor, Misread
from contractctl.formats.graphql.federation import is_hidden
from contractctl.formats.graphql.tokens import is_number, string_value, tokens
from contractctl.formats.graphql.types import (
    EXECUTABLE,
    TYPE_SYSTEM,
    Directive,
    DirectiveDefinition,
    Field,
    Input,
    ObjectValue,
    Spot,
    Symbol,
    Type,
    Value,
)

_DEEPEST = 100
"""How many brackets may stand in one another: more than anybody writes, less than Python's stack holds."""
_TOO_DEEP = f"more than {_DEEPEST} brackets are nested in one another"
_NO_JSON = (
    "this is JSON, not a schema in SDL: "
    "printSchema(buildClientSchema(data)) of graphql-js converts the answer of an introspection query"
)
_LOCATIONS = frozenset({*EXECUTABLE, *TYPE_SYSTEM})
_ROOTS = ("query", "mutation", "subscription")
_KEYWORDS = frozenset(
    {"directive", "enum", "extend", "input", "interface", "scalar", "schema", "type", "union", *_ROOTS, "fragment"}
)
"""Words that begin a definition."""


@dataclass(frozen=True, slots=True)
class Roots:
    """`schema { query: Q }`: the types that operations start from."""

    types: Mapping[str, tuple[str, Spot]]
    extends: bool
    spot: Spot


@dataclass(frozen=True, slots=True)
class Definition:
    """A type as it is defined, or what an extension adds to one."""

    type: Type
    directives: tuple[Directive, ...]
    extends: bool


Read = Definition | DirectiveDefinition | Roots


def definitions(text: str, file: int, *, may_be_empty: bool = False) -> Iterator[Read]:
    """Every definition of a text. Raise Misread where it is none."""
    words = tokens(text)
    if words or not may_be_empty:
        yield from _Reader(words, file).document()


class _Reader(Cursor):
    """Clause by clause."""

    __slots__ = ()

    def document(self) -> Iterator[Read]:
        if self.words[0] == END:
            self.refuse()
        while self.words[self.at] != END:
            yield self._definition()

    def _definition(self) -> Read:
        described = self.description()
        spot = self.spot()
        extends = not described and self.take("extend")
        keyword = self.words[self.at]
        if keyword == "schema":
            return self._roots(spot, extends=extends)
        if keyword == "directive" and not extends:
            return self._directive_definition(spot)
        read = _KINDS.get(keyword)
        if read is None:
            if keyword == "{" and self.words[self.at + 1][:1] == '"':
                raise Misread(self.at, _NO_JSON)
            if keyword in {"query", "mutation", "subscription", "fragment", "{"} and not described and not extends:
                raise Misread(self.at, "a client's operation is mixed with the definitions of a schema")
            self.refuse()
        self.at += 1
        name = self.name()
        start = self.at
        found = read(self, name, spot)
        if extends and self.at == start:
            self.refuse()
        return Definition(found[0], found[1], extends)

    # the definitions of types, in the order of the specification

    def scalar(self, name: str, spot: Spot) -> tuple[Type, tuple[Directive, ...]]:
        return Type("scalar", name, spot=spot), self._directives()

    def object(self, name: str, spot: Spot) -> tuple[Type, tuple[Directive, ...]]:
        return self._with_fields("type", name, spot)

    def interface(self, name: str, spot: Spot) -> tuple[Type, tuple[Directive, ...]]:
        return self._with_fields("interface", name, spot)

    def union(self, name: str, spot: Spot) -> tuple[Type, tuple[Directive, ...]]:
        directives = self._directives()
        members = self.separated("|") if self.take("=") else ()
        return Type("union", name, members=members, spot=spot), directives

    def enum(self, name: str, spot: Spot) -> tuple[Type, tuple[Directive, ...]]:
        directives = self._directives()
        return Type("enum", name, symbols=self.block("{", "}", self._symbol), spot=spot), directives

    def input(self, name: str, spot: Spot) -> tuple[Type, tuple[Directive, ...]]:
        directives = self._directives()
        return Type("input", name, inputs=self.block("{", "}", self._input), spot=spot), directives

    def _with_fields(self, kind: str, name: str, spot: Spot) -> tuple[Type, tuple[Directive, ...]]:
        interfaces = self._interfaces() if self.take("implements") else ()
        directives = self._directives()
        fields = self.block("{", "}", self._field)
        return Type(kind, name, interfaces=interfaces, fields=fields, spot=spot), directives

    def _interfaces(self) -> tuple[str, ...]:
        """With `&` between them; with nothing, or a comma, in texts from before 2018."""
        self.take("&")
        names = [self.name()]
        while self.take("&") or (self.words[self.at][:1] in NAME_START and self.words[self.at] not in _KEYWORDS):
            names.append(self.name())
        return tuple(dict.fromkeys(names))

    def _roots(self, spot: Spot, *, extends: bool) -> Roots:
        self.at += 1
        directives = self._directives()
        types: dict[str, tuple[str, Spot]] = {}
        if not extends or self.words[self.at] == "{":
            self.expect("{")
            while not types or self.words[self.at] != "}":
                place = self.spot()
                operation = self.name()
                if operation not in _ROOTS:
                    raise Misread(self.at - 1)
                if operation in types:
                    raise Misread(self.at - 1, f"the root of '{operation}' is named twice")
                self.expect(":")
                types[operation] = (self.name(), place)
            self.expect("}")
        elif not directives:
            self.refuse()
        return Roots(types, extends, spot)

    def _directive_definition(self, spot: Spot) -> DirectiveDefinition:
        self.at += 1
        self.expect("@")
        name = self.name()
        arguments = self.block("(", ")", self._input)
        repeatable = self.take("repeatable")
        self.expect("on")
        start = self.at
        locations = self.separated("|")
        for at in range(start, self.at):
            if self.words[at] not in _LOCATIONS and self.words[at] != "|":
                raise Misread(at)
        return DirectiveDefinition(name, arguments, repeatable, locations, spot)

    # what they consist of

    def _field(self) -> Field:
        self.description()
        spot = self.spot()
        name = self.name()
        arguments = self.block("(", ")", self._input)
        self.expect(":")
        type_ = self._type()
        directives = self._directives()
        return Field(name, arguments, type_, _deprecated(directives), spot, is_hidden(directives))

    def _input(self) -> Input:
        self.description()
        spot = self.spot()
        name = self.name()
        self.expect(":")
        type_ = self._type()
        default = self._value() if self.take("=") else None
        directives = self._directives()
        return Input(name, type_, default, _deprecated(directives), spot, is_hidden(directives))

    def _symbol(self) -> Symbol:
        self.description()
        spot = self.spot()
        name = self.name()
        if name in {"true", "false", "null"}:
            raise Misread(self.at - 1)
        directives = self._directives()
        return Symbol(name, _deprecated(directives), spot, is_hidden(directives))

    def _directives(self) -> tuple[Directive, ...]:
        if self.words[self.at] != "@":
            return ()
        found: list[Directive] = []
        while self.words[self.at] == "@":
            spot = self.spot()
            self.at += 1
            name = self.name()
            arguments: dict[str, Value] = {}
            if self.take("("):
                while not arguments or self.words[self.at] != ")":
                    argument = self.name()
                    if argument in arguments:
                        raise Misread(self.at - 1, f"there can be only one argument named '{argument}'")
                    self.expect(":")
                    arguments[argument] = self._value()
                self.at += 1
            found.append(Directive(name, arguments, spot))
        return tuple(found)

    def _type(self) -> str:
        """https://spec.graphql.org/October2021/#sec-Type-References, as text without spaces."""
        words, at = self.words, self.at
        depth = 0
        while words[at] == "[":
            depth += 1
            at += 1
        self.at = at
        if depth > _DEEPEST:
            raise Misread(at, _TOO_DEEP)
        parts = ["[" * depth, self.name()]
        while True:
            if words[self.at] == "!":
                parts.append("!")
                self.at += 1
            if not depth:
                break
            self.expect("]")
            parts.append("]")
            depth -= 1
        return "".join(parts)

    def _value(self, depth: int = 0) -> Value:
        """A constant: https://spec.graphql.org/October2021/#Value."""
        word = self.words[self.at]
        if depth > _DEEPEST:
            raise Misread(self.at, _TOO_DEEP)
        self.at += 1
        if word == "[":
            items: list[Value] = []
            while not self.take("]"):
                items.append(self._value(depth + 1))
            return tuple(items)
        if word == "{":
            entries: dict[str, Value] = {}
            while not self.take("}"):
                name = self.name()
                if name in entries:
                    raise Misread(self.at - 1, f"there can be only one input field named '{name}'")
                self.expect(":")
                entries[name] = self._value(depth + 1)
            return ObjectValue(tuple(sorted(entries.items())))
        if word[:1] == '"' and len(word) > 1:
            return json.dumps(string_value(word))
        if word[:1] in NAME_START or is_number(word):
            return word
        raise Misread(self.at - 1)


def _deprecated(directives: tuple[Directive, ...]) -> str | None:
    """https://spec.graphql.org/October2021/#sec--deprecated."""
    for directive in directives:
        if directive.name == "deprecated":
            return str(directive.arguments.get("reason", '"No longer supported"'))
    return None


_KINDS: Mapping[str, Callable[[_Reader, str, Spot], tuple[Type, tuple[Directive, ...]]]] = {
    "scalar": _Reader.scalar,
    "type": _Reader.object,
    "interface": _Reader.interface,
    "union": _Reader.union,
    "enum": _Reader.enum,
    "input": _Reader.input,
}
