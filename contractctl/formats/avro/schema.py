"""What does an Avro schema say? Text to frozen values, as the specification of Avro 1.12 reads it.

https://avro.apache.org/docs/1.12.0/specification/#schema-declaration
"""

import re
from collections.abc import Iterator, Mapping
from typing import NoReturn

from contractctl.documents import Json, locate_json, read_json
from contractctl.errors import ContractctlError
from contractctl.formats.avro.defaults import Misfits
from contractctl.formats.avro.logical import logical_type
from contractctl.formats.avro.types import (
    PRIMITIVES,
    Array,
    Default,
    Enum,
    Field,
    Fixed,
    Map,
    Named,
    Primitive,
    Record,
    Reference,
    Schema,
    Type,
    Union,
    unqualified,
)
from contractctl.model.contract import Policy, Source
from contractctl.model.verdict import Pointer

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FULL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_COMPLEX = frozenset({"record", "error", "enum", "array", "map", "fixed"})
_MOST_BYTES = 2**31 - 1


def parse(source: Source, policy: Policy = Policy()) -> Schema:  # noqa: ARG001 - Avro leaves no choice
    """Read a schema from one file, or from several whose named types refer to each other.

    Of several files, those count that no other one refers to: a lone one is the schema, more of them are a union. A
    pointer's first part is the number of the file. Raise ContractctlError where a file is no Avro schema.
    """
    reading = _Reading(source)
    roots = [reading.type_(read_json(file.text, file.name), (number,), "") for number, file in enumerate(source.every)]
    reading.finish()
    roots = roots[: len(source.files)]  # companions count only as far as these reach into them
    mains = _mains(roots, reading.names, source) if len(roots) > 1 else roots
    return Schema(mains[0] if len(mains) == 1 else Union((0,), tuple(mains)), reading.names, source)


def _mains(roots: list[Type], names: Mapping[str, Named], source: Source) -> list[Type]:
    """The fewest roots from which all that is defined is reached. Raise ContractctlError where one has no name."""
    reach = [{id(type_) for type_ in walk(Schema(root, names, source))} for root in roots]
    solid = [id(Schema(root, names, source).solid(root)) for root in roots]
    alone = [
        one for one, at in enumerate(solid) if not any(at in reach[o] and solid[o] != at for o in range(len(roots)))
    ]
    mains: list[Type] = []
    reached: set[int] = set()
    for number in (*alone, *range(len(roots))):  # files that refer to each other in a ring: the first stands for it
        if solid[number] not in reached:
            mains.append(roots[number])
            reached |= reach[number]
    unnamed = next((root for root in mains if not isinstance(root, Record | Enum | Fixed | Reference)), None)
    if len(mains) > 1 and unnamed is not None:
        number = int(unnamed.at[0])
        raise ContractctlError(
            f"{source.files[number].name}: a schema without a name stands beside others that do not refer to it",
            hint="make each of them a contract of its own",
        )
    return mains


def locate(schema: Schema, pointer: Pointer) -> tuple[str, int, int] | None:
    """File, line and column of a pointer that parse() handed out."""
    number, *rest = pointer
    if not isinstance(number, int):
        return None
    file = schema.source.every[number]
    return (file.name, *locate_json(file.text, tuple(rest)))


class _Reading:
    """One source being read: the names met so far, and what can only be settled when all are known."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.names: dict[str, Named] = {}
        self._texts: dict[str, Json] = {}
        self._early: list[Reference] = []
        self._defaults: list[tuple[Field, Pointer]] = []

    def type_(self, node: Json, at: Pointer, namespace: str) -> Type:
        """https://avro.apache.org/docs/1.12.0/specification/#schema-declaration."""
        if isinstance(node, str):
            return self._named_or_primitive(node, at, namespace)
        if isinstance(node, dict):
            return self._object(node, at, namespace)
        if not isinstance(node, list):
            self._refuse(at, f"{_quoted(node)} is no schema", "write a type's name, an object or a list of schemas")
        return self._union(node, at, namespace)

    def _named_or_primitive(self, word: str, at: Pointer, namespace: str) -> Primitive | Reference:
        if word in PRIMITIVES:
            return Primitive(at, word)
        reference = Reference(at, word if "." in word or not namespace else f"{namespace}.{word}")
        if reference.name not in self.names:
            self._early.append(reference)
        return reference

    def _object(self, node: dict[str, Json], at: Pointer, namespace: str) -> Type:
        word = node.get("type")
        if not isinstance(word, str):
            said = "an object without a 'type' is no schema" if word is None else "'type' must be a type's name here"
            self._refuse(at, said, "write a schema inside a schema without an object around it")
        if word in PRIMITIVES:
            return Primitive(at, word, logical_type(node, word) if "logicalType" in node else None)
        match word:
            case "record" | "error":
                return self._record(node, at, namespace)
            case "enum":
                return self._enum(node, at, namespace)
            case "fixed":
                return self._fixed(node, at, namespace)
            case "array":
                return Array(at, self._inner(node, "items", at, namespace))
            case "map":
                return Map(at, self._inner(node, "values", at, namespace))
            case _:
                return self._named_or_primitive(word, (*at, "type"), namespace)

    def _inner(self, node: dict[str, Json], key: str, at: Pointer, namespace: str) -> Type:
        if key not in node:
            self._refuse(at, f"this {node['type']} has no '{key}'", f"add '{key}'")
        return self.type_(node[key], (*at, key), namespace)

    def _union(self, nodes: list[Json], at: Pointer, namespace: str) -> Union:
        """https://avro.apache.org/docs/1.12.0/specification/#unions."""
        branches = tuple(self.type_(node, (*at, index), namespace) for index, node in enumerate(nodes))
        seen: set[str] = set()
        for branch in branches:
            if isinstance(branch, Union):
                self._refuse(branch.at, "a union stands directly inside a union", "put its branches into the outer one")
            identity = branch.name if hasattr(branch, "name") else type(branch).__name__.lower()
            if identity in seen:
                self._refuse(branch.at, f"the union has two branches '{identity}'", "keep one of them")
            seen.add(identity)
        return Union(at, branches)

    def _record(self, node: dict[str, Json], at: Pointer, namespace: str) -> Record | Reference:
        """https://avro.apache.org/docs/1.12.0/specification/#schema-record."""
        name, namespace = self._full_name(node, at, namespace)
        if self._is_known(name, node, at):
            return Reference(at, name)
        inner = node.get("fields")
        if not isinstance(inner, list):
            self._refuse(at, f"the record '{name}' has no list of 'fields'", "add 'fields': a list, empty if need be")
        # the name counts as defined inside its own fields: that is how a record contains itself
        self.names[name] = Record(at, name, (), ())
        fields = tuple(self._field(field, (*at, "fields", index), namespace, name) for index, field in enumerate(inner))
        self._refuse_twice([(field.name, field.at) for field in fields], f"the record '{name}' has two fields")
        self.names[name] = Record(at, name, self._aliases(node, at, namespace), fields)
        return self.names[name]  # type: ignore[return-value] # it was put there one line above

    def _field(self, node: Json, at: Pointer, namespace: str, record: str) -> Field:
        if not isinstance(node, dict):
            self._refuse(at, f"a field of '{record}' is {_quoted(node)}", "write an object with 'name' and 'type'")
        name = node.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self._refuse_name(name, at, f"a field of '{record}'")
        if "type" not in node:
            self._refuse(at, f"the field '{record}.{name}' has no 'type'", "add 'type'")
        default = Default(node["default"]) if "default" in node else None
        type_ = self.type_(node["type"], (*at, "type"), namespace)
        field = Field(at, name, type_, self._aliases(node, at, None), default)
        if default is not None:
            self._defaults.append((field, (*at, "default")))
        return field

    def _enum(self, node: dict[str, Json], at: Pointer, namespace: str) -> Enum | Reference:
        """https://avro.apache.org/docs/1.12.0/specification/#enums."""
        name, namespace = self._full_name(node, at, namespace)
        if self._is_known(name, node, at):
            return Reference(at, name)
        listed = node.get("symbols")
        if not isinstance(listed, list):
            self._refuse(at, f"the enum '{name}' has no list of 'symbols'", "add 'symbols': a list of names")
        symbols = []
        for index, symbol in enumerate(listed):
            if not isinstance(symbol, str) or not _NAME.fullmatch(symbol):
                self._refuse_name(symbol, (*at, "symbols", index), f"a symbol of '{name}'")
            symbols.append(symbol)
        if len(set(symbols)) != len(symbols):
            places = [(symbol, (*at, "symbols", index)) for index, symbol in enumerate(symbols)]
            self._refuse_twice(places, f"the enum '{name}' has two symbols")
        default = node.get("default")
        if default is not None and default not in symbols:
            said = f"the default {_quoted(default)} is no symbol of '{name}'"
            self._refuse((*at, "default"), said, "add the symbol, or choose a default among the symbols")
        chosen = default if isinstance(default, str) else None
        enum = Enum(at, name, self._aliases(node, at, namespace), tuple(symbols), chosen)
        self.names[name] = enum
        return enum

    def _fixed(self, node: dict[str, Json], at: Pointer, namespace: str) -> Fixed | Reference:
        """https://avro.apache.org/docs/1.12.0/specification/#fixed."""
        name, namespace = self._full_name(node, at, namespace)
        if self._is_known(name, node, at):
            return Reference(at, name)
        size = node.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= _MOST_BYTES:
            self._refuse(at, f"the fixed '{name}' has the size {_quoted(size)}", "write 'size': a number of bytes")
        logical = logical_type(node, "fixed") if "logicalType" in node else None
        fixed = Fixed(at, name, self._aliases(node, at, namespace), size, logical)
        self.names[name] = fixed
        return fixed

    def _full_name(self, node: dict[str, Json], at: Pointer, enclosing: str) -> tuple[str, str]:
        """Full name and namespace. https://avro.apache.org/docs/1.12.0/specification/#names."""
        name, namespace = node.get("name"), node.get("namespace", enclosing)
        if not isinstance(name, str) or not _FULL_NAME.fullmatch(name):
            self._refuse_name(name, at, f"this {node['type']}")
        if "." in name:
            return name, name.rpartition(".")[0]
        if namespace is None or namespace == "":
            full, namespace = name, ""
        elif isinstance(namespace, str) and _FULL_NAME.fullmatch(namespace):
            full = f"{namespace}.{name}"
        else:
            said = f"{_quoted(namespace)} is no namespace for '{name}'"
            self._refuse((*at, "namespace"), said, "write names of letters, digits and _ with dots between them")
        if full in PRIMITIVES:
            self._refuse(at, f"'{full}' is the name of a primitive type", "choose another name")
        return full, namespace

    def _is_known(self, name: str, node: dict[str, Json], at: Pointer) -> bool:
        """A definition may stand in several files of a version; twice in one file, or with another text, it may not."""
        earlier = self.names.get(name)
        if earlier is None:
            self._texts[name] = node
            return False
        if earlier.at[0] == at[0] or self._texts[name] != node:
            said = f"'{name}' is defined a second time, first at {self._place(earlier.at)}"
            self._refuse(at, said, "keep one definition and refer to it by its name")
        return True

    def _aliases(self, node: dict[str, Json], at: Pointer, namespace: str | None) -> tuple[str, ...]:
        """https://avro.apache.org/docs/1.12.0/specification/#aliases; any string will do. No namespace: a field's."""
        listed = node.get("aliases")
        if listed is None:
            return ()
        if not isinstance(listed, list) or not all(isinstance(alias, str) for alias in listed):
            self._refuse((*at, "aliases"), "'aliases' is no list of names", "write a list, even for one alias")
        aliases = [str(alias) for alias in listed]
        return tuple(alias if not namespace or "." in alias else f"{namespace}.{alias}" for alias in aliases)

    def finish(self) -> None:
        """Settle what needs every name: references ahead of their definition, and defaults."""
        for reference in self._early:
            known = self.names.get(reference.name)
            if known is None:
                self._refuse_unknown(reference)
            if known.at[0] == reference.at[0]:
                said = f"'{reference.name}' is used before it is defined at {self._place(known.at)}"
                self._refuse(reference.at, said, "put the definition where the name is used first")
        misfits = Misfits(self.names)
        for field, at in self._defaults:
            assert field.default is not None  # noqa: S101 - only fields with a default are kept
            misfit = misfits.of(field.default.value, field.type)
            if misfit:
                said = f"the default of '{field.name}' does not fit: {misfit}"
                self._refuse(at, said, "mend the default, or leave it out")
        for field, at in self._defaults:
            if misfits.is_endless(field):
                said = f"the default of '{field.name}' contains itself without end"
                self._refuse(at, said, "write out the fields that its record has, or let it be null")

    def _refuse_unknown(self, reference: Reference) -> NoReturn:
        near = [name for name in self.names if unqualified(name) == unqualified(reference.name)]
        if unqualified(reference.name) in _COMPLEX:
            hint = "write a complex type as an object with a 'type'"
        elif near:
            hint = f"did you mean '{near[0]}'?"
        else:
            hint = "give the file that defines it too: put all files of the version into one folder and name the folder"
        self._refuse(reference.at, f"the type '{reference.name}' is not defined", hint)

    def _refuse_twice(self, names: list[tuple[str, Pointer]], said: str) -> None:
        seen: set[str] = set()
        for name, at in names:
            if name in seen:
                self._refuse(at, f"{said} '{name}'", "keep one of them")
            seen.add(name)

    def _refuse_name(self, name: Json, at: Pointer, whose: str) -> NoReturn:
        said = f"{whose} has no 'name'" if name is None else f"{_quoted(name)} is no name for {whose}"
        self._refuse(at, said, "a name has letters, digits and _, and does not begin with a digit")

    def _refuse(self, at: Pointer, said: str, hint: str) -> NoReturn:
        raise ContractctlError(f"{self._place(at)}: {said}", hint=hint)

    def _place(self, at: Pointer) -> str:
        number, *rest = at
        assert isinstance(number, int)  # noqa: S101 - parse() puts the file's number there
        file = self.source.every[number]
        line, column = locate_json(file.text, tuple(rest))
        return f"{file.name}:{line}:{column}"


def _quoted(value: Json) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return "null" if value is None else repr(value)[:80]


def walk(schema: Schema) -> Iterator[Type]:
    """Every type that a schema can reach from its root, named types once."""
    seen: set[str] = set()
    pending: list[Type] = [schema.root]
    while pending:
        type_ = schema.solid(pending.pop())
        match type_:
            case Record(name=name) | Enum(name=name) | Fixed(name=name):
                if name in seen:
                    continue
                seen.add(name)
            case _:
                pass
        yield type_
        match type_:
            case Record(fields=fields):
                pending.extend(field.type for field in reversed(fields))
            case Union(branches=branches):
                pending.extend(reversed(branches))
            case Array(items=inner) | Map(values=inner):
                pending.append(inner)
            case _:
                pass
