"""Which version lies between two, so that everybody reads everybody? Which operations lead to the other?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contractctl.errors import ContractctlError
from contractctl.formats.protobuf.resolution import incompatibilities
from contractctl.formats.protobuf.resolution.pairs import described
from contractctl.formats.protobuf.schema import Schema, parse
from contractctl.formats.protobuf.schema.types import Field, Message, short
from contractctl.formats.protobuf.staging.conversion import Converter, converter
from contractctl.formats.protobuf.staging.merging import Merging, next_number
from contractctl.model.contract import Policy, Source
from contractctl.model.plan import Operation
from contractctl.model.verdict import Effect, Incompatibility, Undecided

__all__ = ["Converter", "converter", "intermediate", "operations"]

_LATER = frozenset(
    {
        "protobuf-enum-value-not-reserved",
        "protobuf-extension-range-removed",
        "protobuf-json-format-changed",
        "protobuf-message-removed",
        "protobuf-method-removed",
        "protobuf-number-not-reserved",
        "protobuf-reservation-removed",
        "protobuf-source-changed",
        "protobuf-source-moved",
        "protobuf-source-removed",
    }
)
"""What is asked of the newer of two versions only."""


@dataclass(frozen=True, slots=True)
class _Moved:
    """A field that goes by another name in the new version."""

    message: str
    old: str
    new: str


def operations(
    old: Source, new: Source, renames: Mapping[str, str], contract: str, policy: Policy = Policy()
) -> tuple[Operation, ...]:
    """What happens to the fields of each message that both versions have, in the new version's order.

    renames: `field=field` or `Message.field=field`. parameters: `type` in words, `number`. Raise ContractctlError for a
    rename that does not fit the two versions, or that JSON would not survive.
    """
    before, after = parse(old, policy), parse(new, policy)
    moved = _moved(before, after, renames)
    _demand_numbers_of_their_own(before, after)
    return tuple(_operations(before, after, moved, contract))


def _operations(before: Schema, after: Schema, moved: tuple[_Moved, ...], contract: str) -> Iterator[Operation]:
    for earlier, later in _messages(before, after):
        renamed = {one.new: one.old for one in moved if one.message == later.name}
        for name, field in later.by_name.items():
            if name in renamed:
                facts = _facts(after, field)
                yield Operation("rename-field", contract, later.name, renamed[name], name, parameters=facts)
            elif name not in earlier.by_name:
                yield Operation("add-field", contract, later.name, None, name, parameters=_facts(after, field))
        for name, field in earlier.by_name.items():
            if name not in later.by_name and name not in renamed.values():
                yield Operation("remove-field", contract, later.name, name, None, parameters=_facts(before, field))


def _facts(schema: Schema, field: Field) -> dict[str, str]:
    return {"type": described(schema, field), "number": str(field.number)}


def intermediate(old: Source, new: Source, renames: Mapping[str, str], policy: Policy = Policy()) -> Source:
    """A version with the fields of both, which old and new read and which reads old and new.

    Raise ContractctlError where there is none, and say what stands in the way.
    """
    before, after = parse(old, policy), parse(new, policy)
    _moved(before, after, renames)
    _demand_texts(before, after)
    _demand_numbers_of_their_own(before, after)
    first: tuple[str, Incompatibility | Undecided] | ContractctlError | None = None
    for merging, like in (
        (Merging(after, before, base_is_old=False), new),
        (Merging(before, after, base_is_old=True), old),
    ):
        between = merging.source(like)
        try:
            trouble = _trouble(parse(between, policy), before, after)
        except ContractctlError as error:
            first = first or error
            continue
        if trouble is None:
            return _named_as(between, old)
        first = first if isinstance(first, tuple) else trouble
    raise _refusal(first)


def _named_as(between: Source, old: Source) -> Source:
    """A lone file goes by the old one's name, as other versions between do."""
    from contractctl.model.contract import File

    if len(between.files) > 1 or len(old.files) > 1:
        return between
    return Source((File(old.name, between.files[0].text),), between.companions, between.folder)


def _trouble(between: Schema, before: Schema, after: Schema) -> tuple[str, Incompatibility | Undecided] | None:
    """The first reason why somebody does not read somebody."""
    seats = (
        ("it cannot read the old version", between, before, True),
        ("the old version cannot read it", before, between, False),
        ("it cannot read the new version", between, after, False),
        ("the new version cannot read it", after, between, True),
    )
    for who, reader, writer, reader_is_newer in seats:
        for found in incompatibilities(reader, writer):
            if isinstance(found, Undecided):
                return who, found
            counts = found.rule not in _LATER or reader_is_newer
            if found.effect is not Effect.LOSES and counts:
                return who, found
    return None


def _refusal(first: "tuple[str, Incompatibility | Undecided] | ContractctlError | None") -> ContractctlError:
    if isinstance(first, ContractctlError):
        return first
    assert first is not None  # noqa: S101 - otherwise there is a version between
    who, found = first
    why = found.reason if isinstance(found, Undecided) else found.rule
    return ContractctlError(
        f"no intermediate version is compatible with both: {who}, '{found.path}' ({why})",
        hint="keep it, add the new one with its own number and name, and remove the old one later",
    )


def _demand_texts(*schemas: Schema) -> None:
    for schema in schemas:
        if any(not file.source_code_info.location for file in schema.files if file.name in schema.given):
            raise ContractctlError(
                f"{schema.name} is a descriptor set, which has no source text to stage",
                hint="stage the .proto files instead",
            )


def _demand_numbers_of_their_own(before: Schema, after: Schema) -> None:
    """Two fields of one number cannot stand side by side."""
    if "json" not in after.policy.encodings and "source" not in after.policy.encodings:
        return
    for earlier, later in _messages(before, after):
        for field in later.fields:
            was = earlier.by_number.get(field.number)
            if was is None or was.name == field.name or field.json_name == was.json_name:
                continue
            label = short(later.name, after.package_of(later.name))
            free = f"{described(after, field)} {field.name} = {next_number(_both(earlier, later))};"
            raise ContractctlError(
                f"number {field.number} of {label} is '{was.name}' in the old version and '{field.name}' in the new,"
                " so the two cannot coexist",
                hint=f"give the new one a number of its own, {free} and write reserved {field.number};"
                f' reserved "{was.name}";',
            )


def _both(earlier: Message, later: Message) -> Message:
    """Whichever has come further with its numbers."""
    return max(earlier, later, key=next_number)


def _moved(before: Schema, after: Schema, renames: Mapping[str, str]) -> tuple[_Moved, ...]:
    return tuple(_one_moved(before, after, old, new) for old, new in renames.items())


def _one_moved(before: Schema, after: Schema, old: str, new: str) -> _Moved:
    owner, _, gone = old.rpartition(".")
    come = new.rpartition(".")[2]
    both = list(_messages(before, after))
    fits = [
        (a, b)
        for a, b in both
        if gone in a.by_name
        and owner in {"", b.name, short(b.name, after.package_of(b.name)), b.name.rpartition(".")[2]}
    ]
    if not fits:
        known = [f"{a.name.rpartition('.')[2]}.{field.name}" for a, _ in both for field in a.fields]
        hint = f"its fields: {', '.join(known[:12])}" if known else "both versions must have a message of the same name"
        raise ContractctlError(f"rename {old}={new}: the old version has no field '{old}'", hint=hint)
    exact = [(a, b) for a, b in fits if come in b.by_name and gone not in b.by_name]
    if len(fits) > 1 and len(exact) != 1:
        names = ", ".join(f"{short(b.name, after.package_of(b.name))}.{gone}" for _, b in fits)
        raise ContractctlError(f"rename {old}={new}: several messages have '{gone}'", hint=f"write one of {names}")
    earlier, later = exact[0] if exact else fits[0]
    if gone in later.by_name:
        raise ContractctlError(f"rename {old}={new}: the new version still has '{gone}'", hint="leave the rename out")
    if come not in later.by_name:
        raise ContractctlError(f"rename {old}={new}: the new version has no field '{come}'", hint="add it to the draft")
    if come in earlier.by_name:
        raise ContractctlError(f"rename {old}={new}: the old version has '{come}' already", hint="leave the rename out")
    was, becomes = described(before, earlier.by_name[gone]), described(after, later.by_name[come])
    if was != becomes:
        raise ContractctlError(
            f"rename {old}={new}: the type changes too, from {was} to {becomes}",
            hint="give the new field the old one's type, or leave the rename out and stage a removal and an addition",
        )
    return _Moved(later.name, gone, come)


def _messages(before: Schema, after: Schema) -> Iterator[tuple[Message, Message]]:
    for name in after.names.messages:
        if name in before.names.messages:
            yield before.message(name), after.message(name)
