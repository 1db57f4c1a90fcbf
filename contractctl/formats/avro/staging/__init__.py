"""Which version lies between two, so that everybody reads everybody? Which operations lead to the other?"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from contractctl.documents import Json
from contractctl.errors import ContractctlError
from contractctl.formats.avro.datums.zeros import zero_default
from contractctl.formats.avro.resolution.judging import findings
from contractctl.formats.avro.schema import parse_sound
from contractctl.formats.avro.schema.parts import Document, Object, put_together_files, take_apart
from contractctl.formats.avro.schema.types import Field, Record, Schema, describe, unqualified
from contractctl.formats.avro.staging.conversion import Converter, converter
from contractctl.formats.avro.staging.round_trip import losses
from contractctl.model.contract import Policy, Source
from contractctl.model.plan import Operation, Transform
from contractctl.model.verdict import Effect, Incompatibility

__all__ = ["Converter", "converter", "intermediate", "losses", "operations"]


@dataclass(frozen=True, slots=True)
class _Moved:
    """A field that goes by another name in the new version."""

    record: str
    old: str
    new: str


def operations(
    old: Source,
    new: Source,
    renames: Mapping[str, str],
    contract: str,
    policy: Policy = Policy(),  # noqa: ARG001 - Avro leaves no choice
) -> tuple[Operation, ...]:
    """What happens to the fields of each record that both versions have, in the new version's order.

    renames: `field=field` or `Record.field=field`. parameters: `type` in words; `default`, JSON, is what converters
    fill in where the other side has nothing. A rename with another type has an empty transform: how the values change
    is for a person to say, as it is for a field that is split or for several that become one.

    Raise ContractctlError for a rename that does not fit the two versions.
    """
    before, after = _both(old, new)
    moved = _moved(before, after, renames)
    return tuple(_operations(before, after, moved, contract))


def _operations(before: Schema, after: Schema, moved: tuple[_Moved, ...], contract: str) -> Iterator[Operation]:
    for earlier, later in _records(before, after):
        left, right = _fields(earlier), _fields(later)
        renamed = {one.new: one.old for one in moved if one.record == later.name}
        for name, field in right.items():
            if name in renamed:
                facts = {"type": describe(field.type)}
                same = _same_type(before, after, left[renamed[name]].type, field.type)
                transform = None if same else Transform("", "")
                yield Operation("rename-field", contract, later.name, renamed[name], name, transform, facts)
            elif name not in left:
                yield Operation("add-field", contract, later.name, None, name, parameters=_facts(after, field))
        for name, field in left.items():
            if name not in right and name not in renamed.values():
                yield Operation("remove-field", contract, later.name, name, None, parameters=_facts(before, field))


def _facts(schema: Schema, field: Field) -> dict[str, str]:
    default = field.default.value if field.default is not None else zero_default(schema, field.type)
    return {"type": describe(field.type), "default": json.dumps(default, ensure_ascii=False)}


def intermediate(
    old: Source,
    new: Source,
    renames: Mapping[str, str],
    policy: Policy = Policy(),  # noqa: ARG001 - Avro leaves no choice
) -> Source:
    """A version with both sides of every field, which old and new read and which reads old and new.

    A field that only one version has gets a default: its own, or the emptiest value of its type. Raise
    ContractctlError where there is no such version, and say which field stands in the way.
    """
    before, after = _both(old, new)
    moved = _moved(before, after, renames)
    for one in moved:
        _refuse_alias(after, one)
    left, right = take_apart(old), take_apart(new)
    choices = _merge(left, right, _Sides(before, after, moved))
    return _settle(_Candidate(right, choices, old), before, after)


def _both(old: Source, new: Source) -> tuple[Schema, Schema]:
    before, after = parse_sound(old), parse_sound(new)
    for schema in (before, after):
        if schema.messages:
            raise ContractctlError(
                f"{schema.source.name} is a protocol, and protocols cannot be staged",
                hint="let servers accept both the old and the new message, and release the protocol with both",
            )
    return before, after


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both versions, and what moved between them."""

    before: Schema
    after: Schema
    moved: tuple[_Moved, ...]


@dataclass(frozen=True, slots=True)
class _Choice:
    """A place where the versions differ in a type, with the old version's content for it."""

    holder: Object
    key: str
    old: Json


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An intermediate version in the making: the new version's types, where nothing else is chosen."""

    document: Document
    choices: tuple[_Choice, ...]
    like: Source
    """The version whose files it follows in their names."""

    def source(self) -> Source:
        return put_together_files(self.document, self.like)


def _merge(left: Document, right: Document, sides: _Sides) -> tuple[_Choice, ...]:
    """Add to the new version what only the old one has; return the places where one of two types must be chosen."""
    choices: list[_Choice] = []
    for name, earlier in left.definitions.items():
        later = right.definitions.get(name)
        if later is None:
            right.definitions[name] = earlier
        elif "fields" in earlier and "fields" in later:
            choices.extend(_merge_fields(name, earlier, later, sides))
        else:
            choices.extend(_Choice(later, key, earlier.get(key)) for key in later if earlier.get(key) != later[key])
    return tuple(choices)


def _merge_fields(name: str, earlier: Object, later: Object, sides: _Sides) -> Iterator[_Choice]:
    old_fields = {str(one["name"]): one for one in cast("list[Object]", earlier["fields"])}
    new_fields = cast("list[Object]", later["fields"])
    kept = {str(one["name"]) for one in new_fields}
    partner = {one.new: one.old for one in sides.moved if one.record == name}
    merged: list[Json] = []
    for one in new_fields:
        field = str(one["name"])
        if field in partner:
            merged.append(_with_default(sides.before, name, old_fields[partner[field]]))
        if field in old_fields:
            merged.append(one)
            if one["type"] != old_fields[field]["type"]:
                yield _Choice(one, "type", old_fields[field]["type"])
            _keep_default(one, old_fields[field])
        else:
            merged.append(_with_default(sides.after, name, one))
    gone = [one for field, one in old_fields.items() if field not in kept and field not in partner.values()]
    merged.extend(_with_default(sides.before, name, one) for one in gone)
    later["fields"] = merged


def _keep_default(one: Object, earlier: Object) -> None:
    """A default that the new version drops stays for now: somebody may still leave the field out."""
    if "default" not in one and "default" in earlier and one["type"] == earlier["type"]:
        one["default"] = earlier["default"]


def _with_default(schema: Schema, record: str, one: Object) -> Object:
    if "default" in one:
        return one
    definition = schema.names[record]
    assert isinstance(definition, Record)  # noqa: S101 - it has fields
    field = _fields(definition)[str(one["name"])]
    return {**one, "default": zero_default(schema, field.type)}


def _settle(candidate: _Candidate, before: Schema, after: Schema) -> Source:
    """Choose the old version's type wherever that helps, and hand it out once everybody reads everybody."""
    source = candidate.source()
    trouble = _trouble(source, before, after)
    for choice in candidate.choices:
        if not trouble:
            break
        current = choice.holder.get(choice.key)
        _put(choice.holder, choice.key, choice.old)
        other = candidate.source()
        fewer = _trouble(other, before, after) if _is_schema(other) else trouble
        if len(fewer) < len(trouble):
            source, trouble = other, fewer
        else:
            _put(choice.holder, choice.key, current)
    if trouble:
        who, why = trouble[0]
        raise ContractctlError(
            f"no intermediate version is compatible with both: {who}, '{why.path}' ({why.rule})",
            hint=_way_out(why),
        )
    return source


def _is_schema(source: Source) -> bool:
    """A type of the old version may not go with a default of the new one."""
    try:
        parse_sound(source)
    except ContractctlError:
        return False
    return True


def _put(holder: Object, key: str, value: Json) -> None:
    if value is None:
        holder.pop(key, None)
    else:
        holder[key] = value


def _way_out(why: Incompatibility) -> str:
    """What to change in the draft, so that it can be staged."""
    name = why.path.rpartition(".")[2].rstrip("[]{}")
    if why.rule.startswith("avro-enum-"):
        return f"give the enum a default, release that, and plan the rest afterwards: '{why.path}'"
    if why.rule in {"avro-name-changed", "avro-message-unknown"}:
        return "keep the name as it is: an alias helps new readers only, and old ones read the version between, too"
    return (
        f"let the draft have the new type under a name of its own beside '{name}', say '{name}_2', without '{name}',"
        f" and say how each becomes the other: --rename {name}={name}_2 --up {name}_2=… --down {name}=…"
    )


def _trouble(between: Source, before: Schema, after: Schema) -> list[tuple[str, Incompatibility]]:
    middle = parse_sound(between)
    seats = (
        ("it cannot read the old version", middle, before),
        ("the old version cannot read it", before, middle),
        ("it cannot read the new version", middle, after),
        ("the new version cannot read it", after, middle),
    )
    return [
        (who, found)
        for who, reader, writer in seats
        for found in findings(reader, writer)
        if found.effect is not Effect.LOSES
    ]


def _refuse_alias(after: Schema, one: _Moved) -> None:
    """An alias for the old name, while both names are sent: readers would find two values for one field."""
    definition = after.names[one.record]
    assert isinstance(definition, Record)  # noqa: S101 - _moved() has looked
    if one.old in _fields(definition)[one.new].aliases:
        raise ContractctlError(
            f"'{one.new}' has the alias '{one.old}': while both are sent, readers would see two values for it",
            hint=f"take the alias '{one.old}' out of the draft; put it back once nobody sends '{one.old}' any more",
        )


def _moved(before: Schema, after: Schema, renames: Mapping[str, str]) -> tuple[_Moved, ...]:
    records = list(_records(before, after))
    return tuple(_one_moved(after, records, old, new) for old, new in renames.items())


def _one_moved(after: Schema, records: list[tuple[Record, Record]], old: str, new: str) -> _Moved:
    owner, _, gone = old.rpartition(".")
    come = unqualified(new)
    fits = [(a, b) for a, b in records if owner in {"", b.name, unqualified(b.name)} and gone in _fields(a)]
    root = after.solid(after.root)
    at_root = [(a, b) for a, b in fits if b is root]
    if not fits:
        raise ContractctlError(f"rename {old}={new}: the old version has no field '{old}'", hint=_listed(records))
    if len(fits) > 1 and not at_root:
        names = ", ".join(f"{unqualified(b.name)}.{gone}" for _, b in fits)
        raise ContractctlError(f"rename {old}={new}: several records have '{gone}'", hint=f"write one of {names}")
    earlier, later = at_root[0] if at_root else fits[0]
    if gone in _fields(later):
        raise ContractctlError(f"rename {old}={new}: the new version still has '{gone}'", hint="leave the rename out")
    if come not in _fields(later):
        raise ContractctlError(f"rename {old}={new}: the new version has no field '{come}'", hint="add it to the draft")
    if come in _fields(earlier):
        raise ContractctlError(f"rename {old}={new}: the old version has '{come}' already", hint="leave the rename out")
    return _Moved(later.name, gone, come)


def _same_type(before: Schema, after: Schema, was: object, becomes: object) -> bool:
    left = Schema(cast("Record", was), before.names, before.source)
    right = Schema(cast("Record", becomes), after.names, after.source)
    both = [*findings(left, right), *findings(right, left)]
    return not any(found.rule != "avro-field-without-default" and found.effect is not Effect.LOSES for found in both)


def _records(before: Schema, after: Schema) -> Iterator[tuple[Record, Record]]:
    for name, later in after.names.items():
        earlier = before.names.get(name)
        if isinstance(earlier, Record) and isinstance(later, Record):
            yield earlier, later


def _fields(record: Record) -> dict[str, Field]:
    return {field.name: field for field in record.fields}


def _listed(records: list[tuple[Record, Record]]) -> str:
    known = [f"{unqualified(earlier.name)}.{field.name}" for earlier, _ in records for field in earlier.fields]
    return f"its fields: {', '.join(known[:12])}" if known else "both versions must have a record of the same name"
