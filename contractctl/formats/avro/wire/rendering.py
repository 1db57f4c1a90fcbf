"""How is a schema handed to the libraries that read and write?

In a normal form: every named type once, by its full name, and a reference wherever it is used. fastavro resolves an
inline definition against a reference in some places only; in this form the place of a definition, which means nothing
to Avro, means nothing to fastavro either. The root stands in a record of one field: it adds no byte.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contractctl.formats.avro.datums import NO_SPACE, wire_name
from contractctl.formats.avro.datums.plain import default_value
from contractctl.formats.avro.schema.types import (
    Array,
    Enum,
    Field,
    Fixed,
    Logical,
    Map,
    Missing,
    Named,
    Primitive,
    Record,
    Reference,
    Schema,
    Type,
    Union,
)

_ROOT = "contractctl.Datum"

Only = Mapping[str, frozenset[str]]
"""Records of which a reader has some fields only."""


@dataclass(frozen=True, slots=True, eq=False)
class Wire:
    """A schema as fastavro takes it: with its logical types, and with the types beneath them alone."""

    whole: dict[str, object]
    plain: dict[str, object]


def wire(schema: Schema, root: Type, only: Only | None = None) -> Wire:
    """One of a schema's types, or with `only` that part of it that asks for those fields of their records alone."""
    return Wire(
        _Rendering(schema, only or {}, logical=True).document(root),
        _Rendering(schema, only or {}, logical=False).document(root),
    )


def is_one_schema(left: Schema, right: Schema) -> bool:
    """Whether both are the same but for documentation: nothing is resolved then, and everything is read as written.

    https://avro.apache.org/docs/1.12.0/specification/#data-serialization-and-deserialization
    """
    return _Rendering(left, {}, logical=True).everything() == _Rendering(right, {}, logical=True).everything()


def standalone(document: dict[str, Any]) -> dict[str, Any]:
    """A schema as a library takes it that has never seen it: definitions stand where their names are used first."""
    definitions: dict[str, Any] = document["__named_schemas"]
    whole: dict[str, Any] = _inline({**document}, definitions, set())
    return whole


def _inline(node: Any, definitions: dict[str, Any], written: set[str]) -> Any:  # noqa: ANN401 - JSON of any shape
    if isinstance(node, list):
        return [_inline(branch, definitions, written) for branch in node]
    if isinstance(node, str):
        if node not in definitions:
            return node
        if node in written:
            return _spaced(node)
        written.add(node)
        return _inline(definitions[node], definitions, written)
    kept = {key: value for key, value in node.items() if not key.startswith("__")}
    if "name" in kept:
        kept["name"] = _spaced(kept["name"])
    if "fields" in kept:
        kept["fields"] = [{**one, "type": _inline(one["type"], definitions, written)} for one in kept["fields"]]
    for key in ("items", "values"):
        if key in kept:
            kept[key] = _inline(kept[key], definitions, written)
    return kept


def _spaced(name: str) -> str:
    """A name without a namespace would be taken into the one around it."""
    return name if "." in name else f"{NO_SPACE}.{name}"


class _Rendering:
    """One schema on its way to fastavro."""

    def __init__(self, schema: Schema, only: Only, *, logical: bool) -> None:
        self._schema = schema
        self._only = only
        self._logical = logical
        self._met: set[str] = set()
        self._pending: list[str] = []

    def everything(self) -> list[object]:
        messages = [
            (one.name, self._used(one.request), self._used(one.response), self._used(one.errors), one.one_way)
            for one in self._schema.messages
        ]
        roots = [self._used(root) for root in self._schema.roots]
        return [roots, messages, self._names()]

    def document(self, root_type: Type) -> dict[str, object]:
        field = {"name": "datum", "type": self._used(root_type)}
        root: dict[str, object] = {"type": "record", "name": _ROOT, "fields": [field]}
        # the mark of a schema that fastavro's own parse_schema() has been through, and where it keeps the names
        return {**root, "__fastavro_parsed": True, "__named_schemas": {**self._names(), _ROOT: root}}

    def _names(self) -> dict[str, dict[str, object]]:
        """The definitions of all names that were used, and of those that they use."""
        names: dict[str, dict[str, object]] = {}
        while self._pending:
            name = self._pending.pop()
            names[wire_name(name)] = self._definition(wire_name(name), self._schema.names[name])
        return names

    def _definition(self, name: str, named: Named | Missing) -> dict[str, object]:
        if isinstance(named, Missing):
            return {"type": "record", "name": name, "fields": []}
        head: dict[str, object] = {"name": name, "aliases": list(map(wire_name, named.aliases))}
        match named:
            case Record():
                only = self._only.get(named.name)
                fields = [self._field(field) for field in named.fields if only is None or field.name in only]
                return {"type": "record", **head, "fields": fields}
            case Enum(symbols=symbols, default=default):
                enum = {"type": "enum", **head, "symbols": list(symbols)}
                return enum if default is None else {**enum, "default": default}
            case Fixed(size=size, logical=logical):
                return {"type": "fixed", **head, "size": size, **self._meaning(logical)}

    def _field(self, field: Field) -> dict[str, object]:
        rendered = {"name": field.name, "type": self._used(field.type), "aliases": list(field.aliases)}
        if field.default is not None:
            rendered["default"] = default_value(self._schema, field)
        return rendered

    def _used(self, type_: Type) -> object:
        match type_:
            case Primitive(name=name, logical=logical):
                return {"type": name, **self._meaning(logical)} if logical and self._logical else name
            case Array(items=items):
                return {"type": "array", "items": self._used(items)}
            case Map(values=values):
                return {"type": "map", "values": self._used(values)}
            case Union(branches=branches):
                return [self._used(branch) for branch in branches]
            case Missing(name=""):
                return "null"
            case Record(name=name) | Enum(name=name) | Fixed(name=name) | Reference(name=name) | Missing(name=name):
                if name not in self._met:
                    self._met.add(name)
                    self._pending.append(name)
                return wire_name(name)

    def _meaning(self, logical: Logical | None) -> dict[str, object]:
        if logical is None or not self._logical:
            return {}
        if logical.name == "decimal":
            return {"logicalType": "decimal", "precision": logical.precision, "scale": logical.scale}
        return {"logicalType": logical.name}
