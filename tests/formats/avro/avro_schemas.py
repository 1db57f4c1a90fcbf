"""Schemas, pairs of schemas and datums at random, for the tests that hold us against fastavro."""

import copy
import json
import math
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from contractctl.formats.avro.datums import NoDatumError, Smallest, branch_name
from contractctl.formats.avro.schema import parse_sound
from contractctl.formats.avro.schema.types import (
    Array,
    Enum,
    Fixed,
    Map,
    Primitive,
    Record,
    Schema,
    Type,
    Union,
)
from contractctl.model.contract import File, Source

PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
LOGICAL: tuple[dict[str, Any], ...] = (
    {"type": "int", "logicalType": "date"},
    {"type": "int", "logicalType": "time-millis"},
    {"type": "long", "logicalType": "time-micros"},
    {"type": "long", "logicalType": "timestamp-millis"},
    {"type": "long", "logicalType": "timestamp-micros"},
    {"type": "long", "logicalType": "local-timestamp-millis"},
    {"type": "long", "logicalType": "local-timestamp-micros"},
    {"type": "string", "logicalType": "uuid"},
    {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
    {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2},
    {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 4},
)
FIELDS = ("a", "b", "c", "d")
RECORDS = ("R", "S", "T")
DEFAULTS: dict[str, Any] = {
    "null": None,
    "boolean": True,
    "int": 7,
    "long": 7,
    "float": 1.5,
    "double": 1.5,
    "bytes": "ÿ",
    "string": "seven",
}

LONG = {"name": "id", "type": "long"}
OPTIONAL = {"name": "note", "type": ["null", "string"], "default": None}


def read(schema: Any, name: str = "schema.avsc") -> Schema:
    """A schema from JSON values, or from JSON text, in which nothing is missing."""
    return parse_sound(source(schema, name))


def source(schema: Any, name: str = "schema.avsc") -> Source:
    return Source((File(name, schema if isinstance(schema, str) else json.dumps(schema)),))


def record(*fields: dict[str, Any], name: str = "R", **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(name: str, type_: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, **more}


def message(*request: Any, response: Any = "boolean", **more: Any) -> dict[str, Any]:
    return {"request": list(request), "response": response, **more}


def protocol(types: tuple[Any, ...] = (), name: str = "Orders", **messages: Any) -> dict[str, Any]:
    return {"protocol": name, "namespace": "shop", "types": list(types), "messages": messages}


def files(*texts: Any, names: tuple[str, ...] = ()) -> Source:
    return Source(
        tuple(
            File(names[number] if names else f"{number}.avsc", json.dumps(text, indent=1))
            for number, text in enumerate(texts)
        )
    )


class _Growing:
    """One schema in the making: names are defined once and referred to from then on."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self._draw = draw
        self._names: dict[str, str] = {}

    def type_(self, depth: int) -> Any:
        kinds = ["primitive"] * 4 + ["logical", "enum", "fixed"]
        kinds += ["record", "record", "array", "map", "union", "union"] if depth > 0 else []
        kind = self._draw(st.sampled_from(kinds + (["reference"] if self._names else [])))
        return getattr(self, f"_{kind}")(depth)

    def _primitive(self, _depth: int) -> Any:
        return self._draw(st.sampled_from(PRIMITIVES))

    def _logical(self, _depth: int) -> Any:
        return dict(self._draw(st.sampled_from(LOGICAL)))

    def _reference(self, _depth: int) -> Any:
        return self._draw(st.sampled_from(sorted(self._names)))

    def _array(self, depth: int) -> Any:
        return {"type": "array", "items": self.type_(depth - 1)}

    def _map(self, depth: int) -> Any:
        return {"type": "map", "values": self.type_(depth - 1)}

    def _enum(self, _depth: int) -> Any:
        return self._name("E", "enum") or {
            "type": "enum",
            "name": "E",
            "symbols": self._draw(st.lists(st.sampled_from("XYZ"), min_size=1, max_size=3, unique=True)),
        }

    def _fixed(self, _depth: int) -> Any:
        size, decimal = self._draw(st.integers(0, 3)), {"logicalType": "decimal", "precision": 2}
        meaning = decimal if size and self._draw(st.booleans()) else {}
        return self._name("F", "fixed") or {"type": "fixed", "name": "F", "size": size, **meaning}

    def _record(self, depth: int) -> Any:
        free = [name for name in RECORDS if name not in self._names]
        if not free:
            return self._reference(depth)
        name = free[0]
        self._names[name] = "record"
        names = self._draw(st.lists(st.sampled_from(FIELDS), max_size=3, unique=True))
        return record(*(field(one, self.type_(depth - 1)) for one in names), name=name)

    def _union(self, depth: int) -> Any:
        branches: dict[str, Any] = {}
        for _ in range(self._draw(st.integers(1, 3))):
            branch = self.type_(depth - 1)
            if not isinstance(branch, list):
                branches.setdefault(_identity(branch), branch)
        kept = [branch for branch in branches.values() if branch is not None]
        return kept or ["null"]

    def _name(self, name: str, kind: str) -> str | None:
        if name in self._names:
            return name
        self._names[name] = kind
        return None


def _identity(branch: Any) -> str:
    return branch if isinstance(branch, str) else branch.get("name", branch["type"])


@st.composite
def schemas(draw: Callable[..., Any]) -> Any:
    """JSON of a schema, most often of a record."""
    growing = _Growing(draw)
    return growing._record(3) if draw(st.integers(0, 9)) else growing.type_(2)


@st.composite
def pairs(draw: Callable[..., Any]) -> tuple[Any, Any]:
    """JSON of two schemas, the second made from the first by a few changes."""
    old = draw(schemas())
    new = copy.deepcopy(old)
    for _ in range(draw(st.integers(0, 4))):
        new = _changed(draw, new)
    return (old, new) if draw(st.booleans()) else (new, old)


def _changed(draw: Callable[..., Any], schema: Any) -> Any:
    places = list(_places(schema, []))
    place = draw(st.sampled_from(places))
    node = _at(schema, place)
    options = ["retype", "null"]
    if isinstance(node, dict):
        options += {
            "record": ["add", "remove", "rename", "alias", "default", "name"] * 2,
            "enum": ["symbol", "symbol", "enum default", "name"],
            "fixed": ["size", "name"],
        }.get(node["type"], [])
    changed = copy.deepcopy(schema)
    return _CHANGES[draw(st.sampled_from(options))](draw, changed, place)


def _retype(draw: Callable[..., Any], schema: Any, place: list[Any]) -> Any:
    return _put(schema, place, draw(st.sampled_from(PRIMITIVES + tuple(dict(one) for one in LOGICAL))))


def _null(draw: Callable[..., Any], schema: Any, place: list[Any]) -> Any:
    node = _at(schema, place)
    if isinstance(node, list):
        other = draw(st.sampled_from(PRIMITIVES))
        return _put(schema, place, [*node, other] if other not in [_identity(one) for one in node] else node[:1])
    return schema if place and isinstance(place[-1], int) else _put(schema, place, ["null", node])


def _add(draw: Callable[..., Any], schema: Any, place: list[Any]) -> Any:
    node = _at(schema, place)
    type_ = draw(st.sampled_from(PRIMITIVES))
    default = {"default": DEFAULTS[type_]} if draw(st.booleans()) else {}
    aliases = {"aliases": [draw(st.sampled_from(FIELDS))]} if draw(st.integers(0, 3)) == 0 else {}
    name = draw(st.sampled_from((*FIELDS, "e")))
    if name not in [one["name"] for one in node["fields"]]:
        node["fields"].insert(0, field(name, type_, **default, **aliases))
    return schema


def _remove(draw: Callable[..., Any], schema: Any, place: list[Any]) -> Any:
    node = _at(schema, place)
    simple = [one for one in node["fields"] if not isinstance(one["type"], dict | list)]
    if simple:
        node["fields"].remove(draw(st.sampled_from(simple)))
    return schema


def _rename(draw: Callable[..., Any], schema: Any, place: list[Any]) -> Any:
    node = _at(schema, place)
    if node["fields"] and "z" not in [one["name"] for one in node["fields"]]:
        one = draw(st.sampled_from(node["fields"]))
        if draw(st.booleans()):
            one["aliases"] = [one["name"]]
        one["name"] = "z"
    return schema


def _alias(draw: Callable[..., Any], schema: Any, place: list[Any]) -> Any:
    node = _at(schema, place)
    if node["fields"]:
        draw(st.sampled_from(node["fields"]))["aliases"] = [draw(st.sampled_from(FIELDS))]
    return schema


def _default(draw: Callable[..., Any], schema: Any, place: list[Any]) -> Any:
    for one in _at(schema, place)["fields"]:
        if isinstance(one["type"], str) and one["type"] in DEFAULTS:
            one["default"] = DEFAULTS[one["type"]]
        elif isinstance(one["type"], dict) and one["type"]["type"] in {"array", "map"}:
            one["default"] = _collection(one["type"])
    return schema


def _collection(type_: dict[str, Any]) -> Any:
    """An array or a map with one value in it, where that is a plain one; else an empty one."""
    inner = type_.get("items", type_.get("values"))
    known = [DEFAULTS[inner]] if isinstance(inner, str) and inner in DEFAULTS else []
    return known if type_["type"] == "array" else dict(zip(["key"], known, strict=False))


def _name(draw: Callable[..., Any], schema: Any, place: list[Any]) -> Any:
    """Another namespace, or another name with an alias or without; what refers to it follows."""
    node = _at(schema, place)
    old = node["name"]
    new = draw(st.sampled_from((f"other.{old.rpartition('.')[2]}", "Renamed")))
    text = json.dumps(schema)
    if f'"{new}"' in text or "namespace" in text or "other." in text or "Renamed" in text:
        return schema
    renamed = json.loads(text.replace(f'"{old}"', f'"{new}"'))
    if draw(st.booleans()):
        _at(renamed, place)["aliases"] = [f"other.{old}", old] if "." in new else [old]
    return renamed


def _symbol(draw: Callable[..., Any], schema: Any, place: list[Any]) -> Any:
    node = _at(schema, place)
    node["symbols"] = draw(st.lists(st.sampled_from("WXYZ"), min_size=1, max_size=3, unique=True))
    if node.get("default") not in node["symbols"]:
        node.pop("default", None)
    return schema


def _enum_default(draw: Callable[..., Any], schema: Any, place: list[Any]) -> Any:
    node = _at(schema, place)
    node["default"] = node["symbols"][0]
    return schema


def _size(draw: Callable[..., Any], schema: Any, place: list[Any]) -> Any:
    _at(schema, place)["size"] += 1
    return schema


_CHANGES: dict[str, Callable[..., Any]] = {
    "retype": _retype,
    "null": _null,
    "add": _add,
    "remove": _remove,
    "rename": _rename,
    "alias": _alias,
    "default": _default,
    "name": _name,
    "symbol": _symbol,
    "enum default": _enum_default,
    "size": _size,
}


def _places(node: Any, at: list[Any]) -> Any:
    """Where types stand in a schema's JSON."""
    yield at
    if isinstance(node, list):
        for index, branch in enumerate(node):
            yield from _places(branch, [*at, index])
    if not isinstance(node, dict):
        return
    for key in ("items", "values"):
        if key in node:
            yield from _places(node[key], [*at, key])
    for index, one in enumerate(node.get("fields", [])):
        yield from _places(one["type"], [*at, "fields", index, "type"])


def _at(node: Any, place: list[Any]) -> Any:
    for key in place:
        node = node[key]
    return node


def _put(schema: Any, place: list[Any], value: Any) -> Any:
    if not place:
        return value
    _at(schema, place[:-1])[place[-1]] = value
    return schema


def datums(schema: Schema, type_: Type, depth: int = 4) -> st.SearchStrategy[Any]:
    """Datums of a type as wire.write() takes them."""
    if depth <= 0 or not exists(schema, type_):
        return st.just(Smallest(schema).of(type_)) if exists(schema, type_) else st.nothing()
    match solid := schema.solid(type_):
        case Primitive():
            return _primitives(solid)
        case Enum(symbols=symbols):
            return st.sampled_from(symbols)
        case Fixed(size=size):
            return st.binary(min_size=size, max_size=size)
        case Array(items=items):
            inner = datums(schema, items, depth - 1)
            return st.lists(inner, max_size=2) if exists(schema, items) else st.just([])
        case Map(values=values):
            inner = datums(schema, values, depth - 1)
            return (
                st.dictionaries(st.text("xyz", max_size=2), inner, max_size=2)
                if exists(schema, values)
                else st.just({})
            )
        case Record(fields=fields):
            return st.fixed_dictionaries({one.name: datums(schema, one.type, depth - 1) for one in fields})
        case Union(branches=branches):
            return st.one_of(*(_branch(schema, branch, depth - 1) for branch in branches if exists(schema, branch)))


def exists(schema: Schema, type_: Type) -> bool:
    """Whether a type has a datum at all: a record that must contain itself has none."""
    try:
        Smallest(schema).of(type_)
    except NoDatumError:
        return False
    return True


def _branch(schema: Schema, branch: Type, depth: int) -> st.SearchStrategy[Any]:
    return datums(schema, branch, depth).map(lambda value: (branch_name(branch), value))


def _primitives(type_: Primitive) -> st.SearchStrategy[Any]:
    if type_.logical is not None:
        return {
            "uuid": st.uuids().map(str),
            "decimal": st.integers(-(10**5), 10**5).map(lambda n: n.to_bytes(4, "big", signed=True)),
        }.get(type_.logical.name, st.integers(0, 20_000))
    return {
        "null": st.none(),
        "boolean": st.booleans(),
        "int": st.integers(-(2**31), 2**31 - 1),
        "long": st.integers(-(2**63), 2**63 - 1),
        "float": st.floats(width=32, allow_nan=False),
        "double": st.floats(allow_nan=False),
        "bytes": st.binary(max_size=4),
        "string": st.text(max_size=4),
    }[type_.name]


def agrees(got: Any, sent: Any) -> bool:
    """The same value but for promotion; fields under other names and defaults are not compared."""
    if isinstance(sent, tuple):
        return agrees(got, sent[1])
    if isinstance(got, dict) and isinstance(sent, dict):
        return all(agrees(got[key], sent[key]) for key in got.keys() & sent.keys())
    if isinstance(got, list) and isinstance(sent, list):
        return len(got) == len(sent) and all(map(agrees, got, sent))
    if isinstance(got, bytes) and isinstance(sent, str):
        return got == sent.encode()
    if isinstance(got, float) and isinstance(sent, float) and math.isnan(sent):
        return math.isnan(got)
    return bool(got == sent)
