"""What does a reader of the JSON encoding see? Fields by their names, values by the JSON that their types have.

https://protobuf.dev/programming-guides/json/
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from contractctl.formats.protobuf.resolution.enums import symbols_in_json
from contractctl.formats.protobuf.resolution.oneofs import conflicts
from contractctl.formats.protobuf.resolution.pairs import Asked, Case, Pair, Step, type_changed
from contractctl.formats.protobuf.resolution.scalars import Mistake, in_json, key_in_json
from contractctl.formats.protobuf.schema import Schema
from contractctl.formats.protobuf.schema.types import Field, Message
from contractctl.model.amounts import named
from contractctl.model.verdict import Effect, Undecided

WRAPPERS = {
    "google.protobuf.BoolValue": "bool",
    "google.protobuf.BytesValue": "bytes",
    "google.protobuf.DoubleValue": "double",
    "google.protobuf.FloatValue": "float",
    "google.protobuf.Int32Value": "int32",
    "google.protobuf.Int64Value": "int64",
    "google.protobuf.StringValue": "string",
    "google.protobuf.UInt32Value": "uint32",
    "google.protobuf.UInt64Value": "uint64",
}
"""Messages whose JSON is that of the scalar inside."""
_TEXTS = frozenset({"google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.FieldMask"})
"""Messages whose JSON is a text."""
_ANYTHING, _ANY_OBJECT, _ANY_LIST = (f"google.protobuf.{name}" for name in ("Value", "Struct", "ListValue"))
_NULL = "google.protobuf.NullValue"
_SPECIAL = _TEXTS | {_ANYTHING, _ANY_OBJECT, _ANY_LIST, "google.protobuf.Any"}
_NO_OBJECTS = _TEXTS | WRAPPERS.keys() | {_ANYTHING, _ANY_LIST}
_MESSAGES = frozenset({"message", "group"})


def message(asked: Asked, pair: Pair) -> Iterator[Case | Pair | Undecided]:
    """One pair of messages, one level: what is wrong with it, and the pairs inside."""
    if pair.reader.name == pair.writer.name and pair.reader.name in _SPECIAL | WRAPPERS.keys():
        return
    for schema, one in ((asked.reader, pair.reader), (asked.writer, pair.writer)):
        twice = _contested(one)
        if twice:
            what = f"two fields of {one.name} are '{twice}' in JSON" + f" ({schema.name})"
            yield Undecided(asked.path(pair), f"{what}: which one readers take is not defined", pair.reader.at)
            return
    yield from _fields(asked, pair)
    if pair.reader.json_legacy and not pair.writer.json_legacy:
        yield asked.case("protobuf-json-format-changed", Effect.LOSES, pair, encoding="json", facts={})


def _fields(asked: Asked, pair: Pair) -> Iterator[Case | Pair | Undecided]:
    """Every field that is written, by its name."""
    names = accepted(pair.reader)
    written = {field.json_name for field in pair.writer.fields}
    met: dict[int, Field] = {}
    unknown: list[Field] = []
    for sent in pair.writer.fields:
        wanted = names.get(sent.json_name)
        numbered = pair.reader.by_number.get(sent.number)
        if wanted is None:
            if numbered is None or written & {numbered.json_name, numbered.name}:
                unknown.append(sent)
            else:
                yield _renamed(asked, pair, numbered, sent)
        elif numbered is not None and _is_taken_over(asked, numbered, wanted, sent):
            yield _renamed(asked, pair, numbered, sent, taken_for=wanted)
        elif wanted.number in met:
            yield _renamed(asked, pair, wanted, sent)
        else:
            met[wanted.number] = sent
            if names.get(sent.name) is not wanted:
                yield _original_name(asked, pair, wanted, sent)
            yield from _field(asked, pair, wanted, sent)
    if unknown:
        yield _unknown(asked, pair, unknown)
    yield from conflicts(asked, pair, lambda wanted: met.get(wanted.number), "json")


def accepted(reader: Message) -> Mapping[str, Field]:
    """The names that a reader accepts for each field: the JSON one and the original one."""
    return {**{one.name: one for one in reader.fields}, **{one.json_name: one for one in reader.fields}}


def _contested(one: Message) -> str:
    """A name that readers may take for either of two fields: the JSON name of one, and a name of the other."""
    names = [name for field in one.fields for name in dict.fromkeys((field.json_name, field.name))]
    return next((name for name in names if names.count(name) > 1), "") if len(set(names)) < len(names) else ""


def _is_taken_over(asked: Asked, numbered: Field, wanted: Field, sent: Field) -> bool:
    """Whether another field has its name in JSON now, while it is still there: by its number and name, or in binary."""
    if numbered is wanted or wanted.name == sent.name:
        return False
    return numbered.name == sent.name or "binary" in asked.reader.policy.encodings


def _renamed(asked: Asked, pair: Pair, wanted: Field, sent: Field, taken_for: Field | None = None) -> Case:
    facts = {
        "field": wanted.label,
        "number": str(sent.number),
        "wanted": wanted.json_name,
        "sent": sent.json_name,
        "became": "" if taken_for is None else f", the name of '{taken_for.label}' there",
        "taker_name": wanted.name,
        "giver_name": sent.name,
        "scope": f"{asked.label(pair.reader)}.",
    }
    effect = Effect.FAILS if taken_for is None else Effect.MISREADS
    rule = "protobuf-json-name-changed"
    return asked.case(rule, effect, pair, encoding="json", facts=facts, reader=wanted, writer=sent)


def _original_name(asked: Asked, pair: Pair, wanted: Field, sent: Field) -> Case:
    """Another name with the same JSON name: writers may be configured to use the original names."""
    facts = {"wanted": wanted.name, "sent": sent.name, "json": sent.json_name}
    return asked.case(
        "protobuf-field-renamed", Effect.LOSES, pair, encoding="json", facts=facts, reader=wanted, writer=sent
    )


def _unknown(asked: Asked, pair: Pair, unknown: list[Field]) -> Case:
    facts = {"fields": named([field.json_name for field in unknown])}
    case = asked.case("protobuf-json-field-unknown", Effect.LOSES, pair, encoding="json", facts=facts)
    return replace(case, writer=unknown[0])


def _field(asked: Asked, pair: Pair, wanted: Field, sent: Field) -> Iterator[Case | Pair | Undecided]:
    """Two fields of one name: one, many or a map, and the JSON of what they hold."""
    unsure = asked.unsure(pair, wanted, sent)
    if unsure is not None:
        yield unsure
        return
    step = Step(pair, wanted, sent)
    reader, writer = _entry(asked.reader, wanted), _entry(asked.writer, sent)
    if _takes_any(wanted, reader) in {"anything", _form(sent, writer)}:
        return
    if reader is not None and writer is not None:
        key = key_in_json(writer.by_number[1].kind, reader.by_number[1].kind)
        if key is not None:
            yield type_changed(asked, pair, wanted, sent, key, encoding="json")
        inner = Pair(reader, writer, step)
        yield from _value(asked, inner, reader.by_number[2], writer.by_number[2])
    elif (reader is None) != (writer is None) or wanted.repeated != sent.repeated:
        shape = f"{_shape(sent, writer)} is not {_shape(wanted, reader)}"
        yield type_changed(asked, pair, wanted, sent, Mistake(Effect.FAILS, shape), encoding="json")
    else:
        yield from _value(asked, pair, wanted, sent)


def _value(asked: Asked, pair: Pair, wanted: Field, sent: Field) -> Iterator[Case | Pair]:
    """One value, by what stands in JSON for it."""
    if sent.kind in _MESSAGES and wanted.kind in _MESSAGES and not _is_special(wanted.type, sent.type):
        yield Pair(asked.reader.message(wanted.type), asked.writer.message(sent.type), Step(pair, wanted, sent))
        return
    if sent.type == _NULL:
        mistake = _null(pair, wanted, sent)
    elif wanted.kind == sent.kind == "enum":
        yield from symbols_in_json(asked, pair, wanted, sent)
        return
    else:
        mistake = _unlike(asked, wanted, sent)
    if mistake is not None:
        yield type_changed(asked, pair, wanted, sent, mistake, encoding="json")


def _null(pair: Pair, wanted: Field, sent: Field) -> Mistake | None:
    """What becomes of null, the JSON of a NullValue: other readers take it for no value, and refuse it in lists."""
    if wanted.type in {_NULL, _ANYTHING}:
        return None
    if sent.repeated or pair.writer.is_entry:
        return Mistake(Effect.FAILS, "its JSON is null, which is refused in lists and maps")
    if sent.presence and wanted.presence:
        return Mistake(Effect.MISREADS, "its JSON is null, which is taken for no value at all")
    return None


def _takes_any(wanted: Field, entry: Message | None) -> str:
    """Which form of JSON a reader accepts entirely: Struct and a map of Value accept every object, for example."""
    if entry is not None:
        return "an object" if entry.by_number[2].type == _ANYTHING and entry.by_number[1].kind == "string" else ""
    if wanted.repeated:
        return "a list" if wanted.type == _ANYTHING else ""
    return {_ANYTHING: "anything", _ANY_OBJECT: "an object", _ANY_LIST: "a list"}.get(wanted.type, "")


def _form(sent: Field, entry: Message | None) -> str:
    """What stands in JSON for a field, whatever is in it."""
    if entry is not None or sent.repeated:
        return _shape(sent, entry)
    return "an object" if _is_object(sent) else "a list" if sent.type == _ANY_LIST else "a single value"


def _is_object(sent: Field) -> bool:
    return sent.kind in _MESSAGES and sent.type not in _NO_OBJECTS


def _unlike(asked: Asked, wanted: Field, sent: Field) -> Mistake | None:
    read, written = _scalar(wanted), _scalar(sent)
    if read in {written, _ANYTHING} or (read == _ANY_OBJECT and _is_object(sent)):
        return None
    if read == "string" and written in _TEXTS:
        return None
    if read in {"message", "group", *_SPECIAL} or written in {"message", "group", *_SPECIAL}:
        return Mistake(Effect.FAILS, "its JSON has another form")
    mistake = in_json(written, read)
    if mistake is None and wanted.kind == "enum" and asked.reader.enum(wanted.type).closed:
        return Mistake(Effect.FAILS, "numbers that no symbol has are refused")
    return mistake


def _scalar(one: Field) -> str:
    if one.kind not in _MESSAGES:
        return one.kind
    return WRAPPERS.get(one.type) or (one.type if one.type in _SPECIAL else one.kind)


def _is_special(wanted: str, sent: str) -> bool:
    known = _SPECIAL | WRAPPERS.keys()
    return wanted != sent and (wanted in known or sent in known)


def _entry(schema: Schema, one: Field) -> Message | None:
    if one.kind != "message":
        return None
    inner = schema.message(one.type)
    return inner if inner.is_entry else None


def _shape(one: Field, entry: Message | None) -> str:
    if entry is not None:
        return "an object"
    return "a list" if one.repeated else "a single value"
