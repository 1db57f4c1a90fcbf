"""What do the types of an Avro file say? Its JSON to frozen values, clause by clause.

https://avro.apache.org/docs/1.12.0/specification/#schema-declaration
"""

import re
from typing import NoReturn

from contractctl.documents import Json, locate_json
from contractctl.errors import ContractctlError
from contractctl.formats.avro.schema.defaults import Misfits
from contractctl.formats.avro.schema.logical import logical_type
from contractctl.formats.avro.schema.types import (
    PRIMITIVES,
    Array,
    Default,
    Enum,
    Fault,
    Field,
    Fixed,
    Map,
    Missing,
    Named,
    Primitive,
    Record,
    Reference,
    Type,
    Union,
    unqualified,
)
from contractctl.model.contract import Source
from contractctl.model.verdict import Pointer

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FULL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_COMPLEX = frozenset({"record", "error", "enum", "array", "map", "fixed"})
_MOST_BYTES = 2**31 - 1


class Reading:
    """One source being read: the names met so far, and what can only be settled when all are known."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._nodes: dict[int, Json] = {}
        self.names: dict[str, Named | Missing] = {}
        self._texts: dict[str, Json] = {}
        self._early: list[Reference] = []
        self._defaults: list[tuple[Field, str, Pointer]] = []
        self._faults: list[Fault] = []

    def begin(self, node: Json, number: int) -> None:
        """Take notice of a file's JSON before its types are read."""
        self._nodes[number] = node

    def type_(self, node: Json, at: Pointer, namespace: str) -> Type:
        """https://avro.apache.org/docs/1.12.0/specification/#schema-declaration."""
        if isinstance(node, str):
            return self._named_or_primitive(node, at, namespace)
        if isinstance(node, dict):
            return self._object(node, at, namespace)
        if not isinstance(node, list):
            hint = "write a type's name, an object or a list of schemas"
            return self._no_type(at, f"{_quoted(node)} is not a schema", hint)
        return self.union(node, at, namespace)

    def _no_type(self, at: Pointer, why: str, hint: str) -> Missing:
        """What is written here is no type, for any library; all around it can be judged nevertheless."""
        self._faults.append(Fault(at, "avro-type-invalid", self._path(at), why, hint))
        return Missing(at, "", why, hint)

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
            said = "an object without a 'type' is not a schema" if word is None else "'type' must be a type's name here"
            return self._no_type(at, said, "write a schema inside a schema without an object around it")
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
            return self._no_type(at, f"this {node['type']} has no '{key}'", f"add '{key}'")
        return self.type_(node[key], (*at, key), namespace)

    def union(self, nodes: list[Json], at: Pointer, namespace: str) -> Union:
        """https://avro.apache.org/docs/1.12.0/specification/#unions."""
        branches = tuple(self.type_(node, (*at, index), namespace) for index, node in enumerate(nodes))
        seen: set[str] = set()
        for branch in branches:
            if isinstance(branch, Union):
                self.refuse(branch.at, "a union is directly inside a union", "put its branches into the outer one")
            if isinstance(branch, Missing):
                continue
            identity = branch.name if hasattr(branch, "name") else type(branch).__name__.lower()
            if identity in seen:
                self.refuse(branch.at, f"the union has two branches '{identity}'", "keep one of them")
            seen.add(identity)
        return Union(at, branches)

    def _record(self, node: dict[str, Json], at: Pointer, namespace: str) -> Record | Reference:
        """https://avro.apache.org/docs/1.12.0/specification/#schema-record."""
        name, namespace = self.full_name(node, at, namespace)
        if self._is_known(name, node, at):
            return Reference(at, name)
        inner = node.get("fields")
        if not isinstance(inner, list):
            self.refuse(at, f"the record '{name}' has no list of 'fields'", "add 'fields': a list, empty if need be")
        # the name counts as defined inside its own fields: that is how a record contains itself
        self.names[name] = Record(at, name, (), ())
        fields = tuple(self.field(field, (*at, "fields", index), namespace, name) for index, field in enumerate(inner))
        self.refuse_twice([(field.name, field.at) for field in fields], f"the record '{name}' has two fields")
        self.names[name] = Record(at, name, self._aliases(node, at, namespace), fields)
        return self.names[name]  # type: ignore[return-value] # it was put there one line above

    def field(self, node: Json, at: Pointer, namespace: str, record: str) -> Field:
        if not isinstance(node, dict):
            self.refuse(at, f"a field of '{record}' is {_quoted(node)}", "write an object with 'name' and 'type'")
        name = node.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self._refuse_name(name, at, f"a field of '{record}'")
        if "type" not in node:
            self.refuse(at, f"the field '{record}.{name}' has no 'type'", "add 'type'")
        default = Default(node["default"]) if "default" in node else None
        type_ = self.type_(node["type"], (*at, "type"), namespace)
        field = Field(at, name, type_, self._aliases(node, at, None), default)
        if default is not None:
            self._defaults.append((field, f"{unqualified(record)}.{name}", (*at, "default")))
        return field

    def _enum(self, node: dict[str, Json], at: Pointer, namespace: str) -> Enum | Reference:
        """https://avro.apache.org/docs/1.12.0/specification/#enums."""
        name, namespace = self.full_name(node, at, namespace)
        if self._is_known(name, node, at):
            return Reference(at, name)
        listed = node.get("symbols")
        if not isinstance(listed, list):
            self.refuse(at, f"the enum '{name}' has no list of 'symbols'", "add 'symbols': a list of names")
        symbols = []
        for index, symbol in enumerate(listed):
            if not isinstance(symbol, str) or not _NAME.fullmatch(symbol):
                self._refuse_name(symbol, (*at, "symbols", index), f"a symbol of '{name}'")
            symbols.append(symbol)
        if len(set(symbols)) != len(symbols):
            places = [(symbol, (*at, "symbols", index)) for index, symbol in enumerate(symbols)]
            self.refuse_twice(places, f"the enum '{name}' has two symbols")
        default = node.get("default")
        if default is not None and default not in symbols:
            said = f"the default {_quoted(default)} is not a symbol of '{name}'"
            self.refuse((*at, "default"), said, "add the symbol, or choose a default among the symbols")
        chosen = default if isinstance(default, str) else None
        enum = Enum(at, name, self._aliases(node, at, namespace), tuple(symbols), chosen)
        self.names[name] = enum
        return enum

    def _fixed(self, node: dict[str, Json], at: Pointer, namespace: str) -> Fixed | Reference:
        """https://avro.apache.org/docs/1.12.0/specification/#fixed."""
        name, namespace = self.full_name(node, at, namespace)
        if self._is_known(name, node, at):
            return Reference(at, name)
        size = node.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= _MOST_BYTES:
            self.refuse(at, f"the fixed '{name}' has the size {_quoted(size)}", "write 'size': a number of bytes")
        logical = logical_type(node, "fixed") if "logicalType" in node else None
        fixed = Fixed(at, name, self._aliases(node, at, namespace), size, logical)
        self.names[name] = fixed
        return fixed

    def full_name(self, node: dict[str, Json], at: Pointer, enclosing: str) -> tuple[str, str]:
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
            said = f"{_quoted(namespace)} is not a namespace for '{name}'"
            self.refuse((*at, "namespace"), said, "write names of letters, digits and _ with dots between them")
        if full in PRIMITIVES:
            self.refuse(at, f"'{full}' is the name of a primitive type", "choose another name")
        return full, namespace

    def _is_known(self, name: str, node: dict[str, Json], at: Pointer) -> bool:
        """A definition may stand in several files of a version; twice in one file, or with another text, it may not."""
        earlier = self.names.get(name)
        if earlier is None:
            self._texts[name] = node
            return False
        if earlier.at[0] == at[0] or self._texts[name] != node:
            said = f"'{name}' is defined a second time, first at {self._place(earlier.at)}"
            self.refuse(at, said, "keep one definition and refer to it by its name")
        return True

    def _aliases(self, node: dict[str, Json], at: Pointer, namespace: str | None) -> tuple[str, ...]:
        """https://avro.apache.org/docs/1.12.0/specification/#aliases; any string will do. No namespace: a field's."""
        listed = node.get("aliases")
        if listed is None:
            return ()
        if not isinstance(listed, list) or not all(isinstance(alias, str) for alias in listed):
            self.refuse((*at, "aliases"), "'aliases' is not a list of names", "write a list, even for one alias")
        aliases = [str(alias) for alias in listed]
        return tuple(alias if not namespace or "." in alias else f"{namespace}.{alias}" for alias in aliases)

    def finish(self) -> tuple[Fault, ...]:
        """Settle what needs every name: references ahead of their definition, and defaults. What is at fault."""
        for reference in self._early:
            known = self.names.get(reference.name)
            if known is None:
                self.names[reference.name] = self._missing(reference)
            elif known.at[0] == reference.at[0] and not isinstance(known, Missing):
                said = f"'{reference.name}' is used before it is defined at {self._place(known.at)}"
                self.refuse(reference.at, said, "put the definition where the name is used first")
        misfits = Misfits(self.names)
        for field, path, at in self._defaults:
            assert field.default is not None  # noqa: S101 - only fields with a default are kept
            misfit = misfits.of(field.default.value, field.type)
            if misfit:
                said = f"the default of '{field.name}' does not fit: {misfit}"
                self._faults.append(Fault(at, "avro-default-invalid", path, said, "fix the default, or leave it out"))
        for field, path, at in self._defaults:
            if misfits.is_endless(field):
                said = f"the default of '{field.name}' contains itself without end"
                hint = "write out the fields that its record has, or let it be null"
                self._faults.append(Fault(at, "avro-default-invalid", path, said, hint))
        return tuple(sorted(self._faults, key=lambda fault: int(fault.at[0])))

    def _missing(self, reference: Reference) -> Missing:
        """A name that no file defines. Where it can be none, it is not a type at all."""
        word, why = unqualified(reference.name), f"the type '{reference.name}' is not defined"
        if word in _COMPLEX:
            return self._no_type(reference.at, why, "write a complex type as an object with a 'type'")
        near = [name for name in (*self.names, *PRIMITIVES) if unqualified(name).lower() == word.lower()]
        if near:
            hint = f"did you mean '{near[0]}'?"
        else:
            hint = "give the file that defines it too: put all files of the version into one folder and name the folder"
        self._faults.append(Fault(reference.at, None, self._path(reference.at), why, hint))
        return Missing(reference.at, reference.name, why, hint)

    def _path(self, at: Pointer) -> str:
        """The names on the way to a place: `OrderPlaced.items[].sku`."""
        number, *keys = at
        assert isinstance(number, int)  # noqa: S101 - parse() puts the file's number there
        node, path = self._nodes[number], ""
        for key in keys:
            if isinstance(node, dict) and not path:
                path = unqualified(str(node.get("name", node.get("type", ""))))
            node = node[key]  # type: ignore[index] # a pointer leads through objects and lists
            if isinstance(key, int) and isinstance(node, dict) and "type" in node and isinstance(node.get("name"), str):
                path += f".{unqualified(str(node['name']))}"
            path += {"items": "[]", "values": "{}"}.get(str(key), "")
        return path

    def refuse_twice(self, names: list[tuple[str, Pointer]], said: str) -> None:
        seen: set[str] = set()
        for name, at in names:
            if name in seen:
                self.refuse(at, f"{said} '{name}'", "keep one of them")
            seen.add(name)

    def _refuse_name(self, name: Json, at: Pointer, whose: str) -> NoReturn:
        said = f"{whose} has no 'name'" if name is None else f"{_quoted(name)} is not a name for {whose}"
        self.refuse(at, said, "a name has letters, digits and _, and does not begin with a digit")

    def refuse(self, at: Pointer, said: str, hint: str) -> NoReturn:
        raise self.refusal(at, said, hint)

    def refusal(self, at: Pointer, said: str, hint: str) -> ContractctlError:
        """The error that names a place."""
        return ContractctlError(f"{self._place(at)}: {said}", hint=hint)

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
