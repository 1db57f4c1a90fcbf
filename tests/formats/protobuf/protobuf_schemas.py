"""Schemas, pairs of schemas and messages at random, for the tests that hold us against the protobuf runtime."""

import copy
import math
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from contractctl.formats.protobuf import runtime
from contractctl.formats.protobuf.schema import Schema, parse
from contractctl.formats.protobuf.schema.types import Field, Message
from contractctl.model.contract import File, Policy, Source

SCALARS = (
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32",
    "sfixed64", "bool", "string", "bytes",
)  # fmt: skip
KEYS = ("int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed64", "sfixed32", "bool", "string")
DEFAULTS = {"int32": "7", "int64": "7", "uint32": "7", "bool": "true", "string": '"seven"', "double": "1.5"}
NAMES = ("a", "b", "c", "d")
MESSAGES = frozenset({"message", "group"})
BINARY, JSON, BOTH = Policy(encodings=("binary",)), Policy(encodings=("json",)), Policy()


def read(text: str, policy: Policy = BOTH, name: str = "schema.proto") -> Schema:
    return parse(Source((File(name, text),)), policy)


Draft = dict[str, Any]
"""A schema to be: syntax, enums (name to symbols) and messages (name to fields)."""


def text_of(draft: Draft) -> str:
    """The schema as people write it."""
    head = f'edition = "{draft["syntax"]}";' if draft["syntax"].isdigit() else f'syntax = "{draft["syntax"]}";'
    parts = [head, "package p;"]
    for name, symbols in draft["enums"].items():
        lines = "".join(f"  {symbol} = {number};\n" for symbol, number in symbols)
        alias = "  option allow_alias = true;\n" if len({number for _, number in symbols}) < len(symbols) else ""
        closed = "  option features.enum_type = CLOSED;\n" if name in draft.get("closed", ()) else ""
        parts.append(f"enum {name} {{\n{alias}{closed}{lines}}}")
    for name, fields in draft["messages"].items():
        plain = "".join(f"  {_field(draft, one)}\n" for one in fields if not one["oneof"])
        oneofs = ""
        for oneof in dict.fromkeys(one["oneof"] for one in fields if one["oneof"]):
            inner = "".join(f"    {_field(draft, one)}\n" for one in fields if one["oneof"] == oneof)
            oneofs += f"  oneof {oneof} {{\n{inner}  }}\n"
        parts.append(f"message {name} {{\n{plain}{oneofs}}}")
    return "\n\n".join(parts) + "\n"


def _field(draft: Draft, one: dict[str, Any]) -> str:
    options = []
    repeated, is_map = one["label"] == "repeated", one["label"] == "map"
    syntax = draft["syntax"]
    if one["json"]:
        options.append(f'json_name = "{one["json"]}"')
    numeric = one["type"] not in {"string", "bytes"} and one["type"] not in draft["messages"]
    if repeated and numeric and one["packed"] is not None:
        form = "PACKED" if one["packed"] else "EXPANDED"
        feature = f"features.repeated_field_encoding = {form}"
        options.append(feature if syntax.isdigit() else f"packed = {str(one['packed']).lower()}")
    implicit = syntax.isdigit() and one["label"] == "implicit"
    singular = not repeated and not is_map
    if one["default"] and syntax != "proto3" and one["type"] in DEFAULTS and singular and not implicit:
        options.append(f"default = {DEFAULTS[one['type']]}")
    singular_scalar = not repeated and not is_map and not one["oneof"] and one["type"] not in draft["messages"]
    if (
        syntax.isdigit()
        and one["label"] == "implicit"
        and singular_scalar
        and one["type"] not in draft.get("closed", ())
    ):
        options.append("features.field_presence = IMPLICIT")
    if syntax.isdigit() and one["label"] == "required" and not one["oneof"]:
        options.append("features.field_presence = LEGACY_REQUIRED")
    if syntax.isdigit() and one["delimited"] and not is_map and one["type"] in draft["messages"]:
        options.append("features.message_encoding = DELIMITED")
    written = f" [{', '.join(options)}]" if options else ""
    if is_map:
        return f"map<{one['key']}, {one['type']}> {one['name']} = {one['number']}{written};"
    return f"{_label(syntax, one)}{one['type']} {one['name']} = {one['number']}{written};"


def _label(syntax: str, one: dict[str, Any]) -> str:
    if one["label"] == "repeated":
        return "repeated "
    if one["oneof"] or syntax.isdigit():
        return ""
    if syntax == "proto2":
        return "required " if one["label"] == "required" else "optional "
    return "optional " if one["label"] == "optional" else ""


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    draft: Draft = {
        "syntax": draw(st.sampled_from(["proto3", "proto3", "proto2", "2023"])),
        "enums": {},
        "messages": {},
    }
    numbers = draw(st.lists(st.integers(1, 4), max_size=3))
    draft["enums"]["E"] = [("E_ZERO", 0), *((f"E_{place}", number) for place, number in enumerate(numbers))]
    draft["closed"] = ["E"] if draft["syntax"] == "2023" and draw(st.booleans()) else []
    for name in ("M", "N"):
        draft["messages"][name] = []
    for name in draft["messages"]:
        for place in range(draw(st.integers(0, 3))):
            draft["messages"][name].append(draw(fields(draft, NAMES[place], place + 1)))
    return draft


@st.composite
def fields(draw: st.DrawFn, draft: Draft, name: str, number: int) -> dict[str, Any]:
    types = [*SCALARS, *draft["enums"], *draft["messages"]]
    label = draw(st.sampled_from(["implicit", "implicit", "optional", "repeated", "map", "required"]))
    type_ = draw(st.sampled_from(types))
    if label == "required" and (draft["syntax"] == "proto3" or type_ in draft["messages"]):
        label = "optional"  # a message that requires itself cannot be written
    oneof = draw(st.sampled_from(["", "", "x", "y"])) if label in {"implicit", "optional"} else ""
    return {
        "name": name,
        "number": number,
        "label": label,
        "type": type_,
        "key": draw(st.sampled_from(KEYS)),
        "oneof": oneof,
        "json": "",
        "packed": draw(st.sampled_from([None, None, True, False])),
        "default": draw(st.booleans()),
        "delimited": draw(st.booleans()),
    }


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Draft, Draft]:
    """A schema, and what became of it after up to three changes."""
    before = draw(drafts())
    after = copy.deepcopy(before)
    for _ in range(draw(st.integers(1, 3))):
        draw(st.sampled_from(CHANGES))(draw, after)
    return (before, after) if draw(st.booleans()) else (after, before)


def _some(draw: st.DrawFn, draft: Draft) -> dict[str, Any] | None:
    every = [one for message in draft["messages"].values() for one in message]
    return draw(st.sampled_from(every)) if every else None


def _retype(draw: st.DrawFn, draft: Draft) -> None:
    one = _some(draw, draft)
    if one and one["label"] != "required":
        one["type"] = draw(st.sampled_from([*SCALARS, *draft["enums"], *draft["messages"]]))


WIDER = {"float": "double", "int32": "int64", "uint32": "uint64", "string": "bytes", "bool": "int32", "bytes": "N"}


def _widen(draw: st.DrawFn, draft: Draft) -> None:
    one = _some(draw, draft)
    if one and one["label"] != "required":
        one["type"] = WIDER.get(one["type"], one["type"])


def _multiply(draw: st.DrawFn, draft: Draft) -> None:
    """One becomes a list, and a list one, whatever it reads as where it is absent."""
    one = _some(draw, draft)
    if one and one["label"] not in {"map", "required"}:
        one["label"], one["oneof"] = "optional" if one["label"] == "repeated" else "repeated", ""
        one["default"] = draw(st.booleans())


def _relabel(draw: st.DrawFn, draft: Draft) -> None:
    one = _some(draw, draft)
    if one:
        one["label"] = draw(st.sampled_from(["implicit", "optional", "repeated", "map"]))
        one["oneof"] = one["oneof"] if one["label"] in {"implicit", "optional"} else ""


def _rekey(draw: st.DrawFn, draft: Draft) -> None:
    one = _some(draw, draft)
    if one:
        one["key"] = draw(st.sampled_from(KEYS))


def _require(draw: st.DrawFn, draft: Draft) -> None:
    one = _some(draw, draft)
    if one and draft["syntax"] != "proto3" and one["type"] not in draft["messages"]:
        one["label"], one["oneof"] = draw(st.sampled_from(["required", "optional"])), ""


def _rename(draw: st.DrawFn, draft: Draft) -> None:
    one = _some(draw, draft)
    if one:
        one["name"] = f"{one['name']}x"
        one["json"] = draw(st.sampled_from(["", one["name"][:-1]]))


def _renumber(draw: st.DrawFn, draft: Draft) -> None:
    one = _some(draw, draft)
    if one:
        one["number"] = 9 + one["number"]


def _swap(draw: st.DrawFn, draft: Draft) -> None:
    message = draw(st.sampled_from(list(draft["messages"].values())))
    if len(message) > 1:
        message[0]["number"], message[1]["number"] = message[1]["number"], message[0]["number"]


def _drop(draw: st.DrawFn, draft: Draft) -> None:
    message = draw(st.sampled_from(list(draft["messages"].values())))
    if message:
        message.remove(draw(st.sampled_from(message)))


def _add(draw: st.DrawFn, draft: Draft) -> None:
    message = draw(st.sampled_from(list(draft["messages"].values())))
    if not any(one["name"] == "n" for one in message):
        message.append(draw(fields(draft, "n", 5)))


def _oneof(draw: st.DrawFn, draft: Draft) -> None:
    one = _some(draw, draft)
    if one and one["label"] in {"implicit", "optional"}:
        one["oneof"] = draw(st.sampled_from(["", "x", "y"]))


def _default(draw: st.DrawFn, draft: Draft) -> None:
    one = _some(draw, draft)
    if one:
        one["default"] = not one["default"]


def _delimit(draw: st.DrawFn, draft: Draft) -> None:
    one = _some(draw, draft)
    if one:
        one["delimited"] = not one["delimited"]


def _pack(draw: st.DrawFn, draft: Draft) -> None:
    one = _some(draw, draft)
    if one:
        one["packed"] = not one["packed"]


def _symbols(draw: st.DrawFn, draft: Draft) -> None:
    symbols = draft["enums"]["E"]
    kind = draw(st.sampled_from(["add", "drop", "renumber", "rename"]))
    if kind == "add":
        symbols.append((f"E_NEW{len(symbols)}", draw(st.integers(1, 6))))
    elif len(symbols) > 1:
        name, number = symbols.pop()
        if kind == "renumber":
            symbols.append((name, number + 1))
        elif kind == "rename":
            symbols.append((f"{name}X", number))


def _first_symbol(draw: st.DrawFn, draft: Draft) -> None:
    if draft["syntax"] == "proto2" or draft["closed"]:
        draft["enums"]["E"].reverse()


def _migrate(draw: st.DrawFn, draft: Draft) -> None:
    draft["syntax"] = draw(st.sampled_from(["proto2", "proto3", "2023"]))


def _close(draw: st.DrawFn, draft: Draft) -> None:
    if draft["syntax"] == "2023":
        draft["closed"] = [] if draft["closed"] else ["E"]
        draft["enums"]["E"].sort(key=lambda pair: pair[1])


CHANGES: tuple[Callable[[st.DrawFn, Draft], None], ...] = (
    _retype, _retype, _retype, _widen, _relabel, _multiply, _multiply,
    _rekey, _require, _rename, _renumber, _swap, _drop, _add, _oneof, _oneof,
    _default, _pack, _delimit, _symbols, _symbols, _first_symbol, _close, _migrate,
)  # fmt: skip

INTEGERS = {
    "int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1), "uint32": (0, 2**32 - 1), "uint64": (0, 2**64 - 1),
}  # fmt: skip
INTEGERS |= {"sint32": INTEGERS["int32"], "sint64": INTEGERS["int64"], "fixed32": INTEGERS["uint32"]}
INTEGERS |= {"fixed64": INTEGERS["uint64"], "sfixed32": INTEGERS["int32"], "sfixed64": INTEGERS["int64"]}


@st.composite
def values(draw: st.DrawFn, schema: Schema, field: Field, depth: int) -> Any:
    match field.kind:
        case "string":
            return draw(st.sampled_from(["", "a", "é", "1", "text"]))
        case "bytes":
            return draw(st.binary(max_size=3))
        case "bool":
            return draw(st.booleans())
        case "float":
            return draw(st.sampled_from([0.0, 1.5, -2.25, 2.0**40, math.inf]))
        case "double":
            return draw(st.sampled_from([0.0, 1.5, 0.1, 1e300, -math.inf]))
        case "enum":
            return draw(st.sampled_from([symbol.number for symbol in schema.enum(field.type).symbols]))
        case "message" | "group":
            return draw(messages(schema, field.type, depth - 1))
        case kind:
            low, high = INTEGERS[kind]
            telling = [value for value in (0, 1, -1, 2**31, 2**32, 2**53 + 1, high, low) if low <= value <= high]
            return draw(st.sampled_from(telling))


@st.composite
def messages(draw: st.DrawFn, schema: Schema, name: str, depth: int = 2) -> Any:
    """A message of the runtime with some of its fields set."""
    made = runtime.new(schema.pool, name)
    message = schema.message(name)
    taken: set[str] = set()
    for field in message.fields:
        wanted = field.required or (draw(st.booleans()) and not (depth <= 0 and field.kind in MESSAGES))
        if not wanted or (field.oneof and field.oneof in taken):
            continue
        taken.add(field.oneof)
        entry = schema.message(field.type) if field.kind in MESSAGES else None
        if entry is not None and entry.is_entry:
            key, value = entry.by_number[1], entry.by_number[2]
            if value.kind in MESSAGES and depth <= 0:
                continue
            for _ in range(draw(st.integers(0, 2))):
                put_entry(made, field, draw(values(schema, key, depth)), draw(values(schema, value, depth)))
        elif field.repeated:
            getattr(made, field.name).extend(draw(st.lists(values(schema, field, depth), max_size=3)))
        elif field.kind in MESSAGES:
            getattr(made, field.name).CopyFrom(draw(values(schema, field, depth)))
        else:
            setattr(made, field.name, draw(values(schema, field, depth)))
    return made


def put_entry(made: Any, field: Field, key: Any, value: Any) -> None:
    if hasattr(value, "CopyFrom"):
        getattr(made, field.name)[key].CopyFrom(value)
    else:
        getattr(made, field.name)[key] = value


Match = Callable[[Message, Field], Field | None]
"""The reader's field that reads a writer's one."""


def agrees(reader: Schema, got: Any, writer: Schema, sent: Any, match: Match) -> bool:
    """The same values in both, as far as the reader has the fields; what is absent reads as the writer meant it."""
    here, there = reader.message(got.DESCRIPTOR.full_name), writer.message(sent.DESCRIPTOR.full_name)
    met: set[int] = set()
    for field in there.fields:
        wanted = match(here, field)
        if wanted is None:
            continue
        met.add(wanted.number)
        if field.kind in MESSAGES and not field.repeated and not sent.HasField(field.name):
            if not _is_empty(got, wanted):
                return False
            continue
        if not _same(reader, getattr(got, wanted.name), writer, getattr(sent, field.name), (wanted, field, match)):
            return False
    return all(_is_empty(got, field) for field in here.fields if field.number not in met)


def _is_empty(got: Any, field: Field) -> bool:
    if field.repeated:
        return len(getattr(got, field.name)) == 0
    return not got.HasField(field.name) if field.presence else bool(getattr(got, field.name) == field.default)


def _same(reader: Schema, got: Any, writer: Schema, sent: Any, how: tuple[Field, Field, Match]) -> bool:
    wanted, field, match = how
    if hasattr(sent, "items") and hasattr(got, "items"):
        inner = (reader.message(wanted.type).by_number[2], writer.message(field.type).by_number[2], match)
        plain = {_plain(key): value for key, value in got.items()}
        return len(got) == len(sent) and all(
            _plain(key) in plain and _same(reader, plain[_plain(key)], writer, value, inner)
            for key, value in sent.items()
        )
    if wanted.repeated and not field.repeated:
        if hasattr(got, "items"):  # one message is one entry: what its key is, its fields say
            return len(got) == 1 or (not got and _zero(sent))
        here = list(got)
        absent = not here
        return (absent and _zero(sent)) or (len(here) == 1 and _same(reader, here[0], writer, sent, how_of_one(how)))
    if hasattr(sent, "items"):  # a list of entries reads a map
        return len(got) == len(sent)
    if hasattr(got, "items"):
        return len(got) <= len(sent)
    if field.repeated:
        return len(got) == len(sent) and all(
            _same(reader, one, writer, other, how_of_one(how)) for one, other in zip(got, sent, strict=True)
        )
    if hasattr(sent, "DESCRIPTOR") and hasattr(got, "DESCRIPTOR"):
        return agrees(reader, got, writer, sent, match)
    if hasattr(sent, "DESCRIPTOR"):
        return bool(got == sent.SerializeToString())
    return bool(_plain(got) == _plain(sent))


def how_of_one(how: tuple[Field, Field, Match]) -> tuple[Field, Field, Match]:
    from dataclasses import replace

    wanted, field, match = how
    return replace(wanted, repeated=False), replace(field, repeated=False), match


def _zero(value: Any) -> bool:
    if hasattr(value, "DESCRIPTOR"):
        return not value.ListFields()
    return not value


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode()
    return int(value) if isinstance(value, bool) else value
