"""What does one version of a schema say? Its files read, its extensions merged, its names looked up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from contractctl.errors import ContractctlError
from contractctl.formats.graphql.cursor import Misread
from contractctl.formats.graphql.federation import is_hidden, keys
from contractctl.formats.graphql.reading import Definition, Read, Roots, definitions
from contractctl.formats.graphql.tokens import is_beyond, line_and_column, start_of
from contractctl.formats.graphql.types import (
    BUILT_IN,
    KINDS,
    STANDARD_DIRECTIVES,
    DirectiveDefinition,
    Input,
    Spot,
    Type,
    named,
)
from contractctl.model.contract import File, Policy, Source
from contractctl.model.verdict import Pointer

V = TypeVar("V")

_DEFAULT_ROOTS = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """All that one version of a contract says."""

    source: Source = field(repr=False)
    types: Mapping[str, Type]
    """By name; the five scalars that every schema has are among them."""
    directives: Mapping[str, DirectiveDefinition]
    """Those that the text defines, but for the standard ones."""
    roots: Mapping[str, str]
    """query, mutation, subscription → the type where such operations start."""
    missing: Mapping[str, Spot]
    """Names that something refers to and nothing defines, and where the first of these stands."""

    def kind(self, type_: str) -> str:
        """Of a written type: scalar, type, interface, union, enum or input; empty where it is not defined."""
        found = self.types.get(named(type_))
        return found.kind if found else ""


def parse(source: Source, policy: Policy = Policy()) -> Schema:  # noqa: ARG001 - GraphQL leaves no choice
    """Read a version. Raise ContractctlError where it is not a schema: file, line, column, and what to do."""
    merging = _Merging(source)
    for index, file in enumerate(source.every):
        for one in _read(file, index, alone=len(source.every) == 1):
            merging.take(one)
    return merging.finished()


def locate(schema: Schema, pointer: Pointer) -> tuple[str, int, int] | None:
    """File, line and column (from 1) of a type, a field, an argument, a directive, a root or a missing name."""
    spot = _spot(schema, tuple(map(str, pointer)))
    if spot is None:
        return None
    return _place(schema.source, spot)


def _read(file: File, index: int, *, alone: bool) -> Iterator[Read]:
    from contractctl.formats.graphql import engine

    try:
        if is_beyond(file.text):
            engine.demand_syntax(file)
        yield from definitions(file.text, index, may_be_empty=not alone)
    except Misread as error:
        at = start_of(file.text, error.token)
        if error.said is None:
            engine.demand_syntax(file)
        said = error.said or "this is not understood"
        line, column = line_and_column(file.text, at)
        raise ContractctlError(f"{file.name}:{line}:{column}: {said}", hint="fix the text there") from None


class _Merging:
    """Definitions by name, and what their extensions add."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.types: dict[str, Type] = {}
        self.extensions: list[Definition] = []
        self.directives: dict[str, DirectiveDefinition] = {}
        self.roots: dict[str, tuple[str, Spot]] = {}
        self.defined: Roots | None = None

    def take(self, one: Read) -> None:
        if isinstance(one, Definition):
            if one.extends:
                self.extensions.append(one)
                return
            self._once(self.types, one.type.name, one.type.spot, "type")
            self.types[one.type.name] = _told(one)
        elif isinstance(one, DirectiveDefinition):
            self._once(self.directives, one.name, one.spot, "directive")
            self.directives[one.name] = one
        else:
            self._take_roots(one)

    def _take_roots(self, one: Roots) -> None:
        if not one.extends:
            if self.defined is not None:
                raise self._wrong(one.spot, "the schema is defined twice")
            self.defined = one
        for operation, (type_, spot) in one.types.items():
            if operation in self.roots:
                raise self._wrong(spot, f"the root of '{operation}' is named twice")
            self.roots[operation] = (type_, spot)

    def _once(self, known: Mapping[str, object], name: str, spot: Spot, what: str) -> None:
        if name in known:
            raise self._wrong(spot, f"the {what} '{name}' is defined twice", "leave one of the two, or write 'extend'")

    def finished(self) -> Schema:
        for extension in self.extensions:
            self._extend(extension)
        types = {**{name: Type("scalar", name) for name in BUILT_IN}, **self.types}
        for name in BUILT_IN:
            types[name] = Type("scalar", name)
        if self.defined is None:
            self.roots = {k: (v, types[v].spot) for k, v in _DEFAULT_ROOTS.items() if v in types} | self.roots
        missing = dict(self._looked_up(types))
        directives = {name: one for name, one in self.directives.items() if name not in STANDARD_DIRECTIVES}
        roots = {operation: type_ for operation, (type_, _) in self.roots.items()}
        return Schema(self.source, types, directives, roots, missing)

    def _extend(self, one: Definition) -> None:
        added = _told(one)
        known = self.types.get(added.name)
        if known is None:  # what it extends lies elsewhere, as in a subgraph
            self.types[added.name] = added
            return
        if known.kind != added.kind:
            raise self._wrong(
                added.spot, f"'{added.name}' is {KINDS[known.kind]}, and is extended as {KINDS[added.kind]}"
            )
        self.types[added.name] = replace(
            known,
            interfaces=(*known.interfaces, *(name for name in added.interfaces if name not in known.interfaces)),
            members=(*known.members, *(name for name in added.members if name not in known.members)),
            fields=self._joined(known.fields, added.fields, added),
            symbols=self._joined(known.symbols, added.symbols, added),
            inputs=self._joined(known.inputs, added.inputs, added),
            one_of=known.one_of or added.one_of,
            specified_by=known.specified_by or added.specified_by,
            keys=tuple(sorted({*known.keys, *added.keys})),
            hidden=known.hidden or added.hidden,
        )

    def _joined(self, known: Mapping[str, V], added: Mapping[str, V], type_: Type) -> Mapping[str, V]:
        for name in added:
            if name in known:
                raise self._wrong(type_.spot, f"'{type_.name}.{name}' is defined twice")
        return {**known, **added} if added else known

    def _looked_up(self, types: Mapping[str, Type]) -> Iterator[tuple[str, Spot]]:
        """Names that are not defined, the first of each last. Raise ContractctlError for one of the wrong kind."""
        for operation, (name, spot) in self.roots.items():
            yield from self._demand(types, name, {"type"}, spot, f"the root of '{operation}'", "an object type")
        for type_ in types.values():
            about = f"'{type_.name}'"
            for name in type_.interfaces:
                yield from self._demand(
                    types, name, {"interface"}, type_.spot, f"what {about} implements", "an interface"
                )
            for name in type_.members:
                yield from self._demand(types, name, {"type"}, type_.spot, f"a member of {about}", "an object type")
            for field_ in type_.fields.values():
                name = named(field_.type)
                if name not in types or types[name].kind == "input":
                    about = f"'{type_.name}.{field_.name}'"
                    yield from self._demand(types, name, _OUTPUT, field_.spot, about, "a type that can be answered")
                if field_.arguments:
                    yield from self._inputs(types, field_.arguments, f"{type_.name}.{field_.name}")
            if type_.inputs:
                yield from self._inputs(types, type_.inputs, type_.name)
        for directive in self.directives.values():
            yield from self._inputs(types, directive.arguments, f"@{directive.name}")

    def _inputs(self, types: Mapping[str, Type], inputs: Mapping[str, Input], of: str) -> Iterator[tuple[str, Spot]]:
        for one in inputs.values():
            name = named(one.type)
            if name not in types or types[name].is_composite:
                yield from self._demand(types, name, _INPUT, one.spot, f"'{of}.{one.name}'", "a type that can be given")

    def _demand(  # noqa: PLR0913, PLR0917 - who, what, where, and how it is said
        self, types: Mapping[str, Type], name: str, kinds: frozenset[str] | set[str], spot: Spot, who: str, wanted: str
    ) -> Iterator[tuple[str, Spot]]:
        found = types.get(name)
        if found is None:
            yield name, spot
        elif found.kind not in kinds:
            raise self._wrong(spot, f"{who} has to be {wanted}, and '{name}' is {KINDS[found.kind]}")

    def _wrong(self, spot: Spot, said: str, hint: str = "fix the text there") -> ContractctlError:
        name, line, column = _place(self.source, spot)
        return ContractctlError(f"{name}:{line}:{column}: {said}", hint=hint)


_OUTPUT = frozenset({"scalar", "enum", "type", "interface", "union"})
_INPUT = frozenset({"scalar", "enum", "input"})


def _told(one: Definition) -> Type:
    """A type with what the directives say of it that are known here."""
    if not one.directives:
        return one.type
    names = {directive.name: directive for directive in one.directives}
    found = replace(one.type, keys=keys(one.directives), hidden=is_hidden(one.directives))
    if found.kind == "input" and "oneOf" in names:
        found = replace(found, one_of=True)
    if found.kind == "scalar" and "specifiedBy" in names:
        found = replace(found, specified_by=str(names["specifiedBy"].arguments.get("url", "")))
    return found


def _place(source: Source, spot: Spot) -> tuple[str, int, int]:
    file = source.every[spot[0]]
    return (file.name, *line_and_column(file.text, start_of(file.text, spot[1])))


def _spot(schema: Schema, pointer: tuple[str, ...]) -> Spot | None:
    """The nearest thing that is there: a field's type where the field is not."""
    shelf, name, *inside = pointer
    if shelf == "missing":
        return schema.missing.get(name)
    if shelf == "directives":
        directive = schema.directives.get(name)
        if directive is None:
            return None
        argument = directive.arguments.get(inside[0]) if inside else None
        return argument.spot if argument else directive.spot
    type_ = schema.types.get(schema.roots.get(name, "") if shelf == "roots" else name)
    if type_ is None or type_.name in BUILT_IN:
        return None
    if not inside:
        return type_.spot
    member = type_.fields.get(inside[0]) or type_.symbols.get(inside[0]) or type_.inputs.get(inside[0])
    if member is None:
        return type_.spot
    argument = type_.fields[inside[0]].arguments.get(inside[1]) if len(inside) > 1 else None
    return argument.spot if argument else member.spot
