"""How is one definition read off its descriptors? Its place from the file's, its meaning from the runtime's.

https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/descriptor.proto has the numbers of paths.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contractctl.formats.protobuf.schema import features
from contractctl.formats.protobuf.schema.features import Features
from contractctl.formats.protobuf.schema.types import Enum, Field, Message, Method, Names, Service, Symbol
from contractctl.model.verdict import Pointer

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import (
        DescriptorProto,
        EnumDescriptorProto,
        FieldDescriptorProto,
        FieldOptions,
        FileDescriptorProto,
    )
    from google.protobuf.descriptor_pool import DescriptorPool

_MESSAGES, _ENUMS, _SERVICES, _EXTENSIONS = 4, 5, 6, 7  # of a file
_FIELDS, _NESTED, _NESTED_ENUMS, _NESTED_EXTENSIONS = 2, 3, 4, 6  # of a message
_VALUES, _METHODS = 2, 2  # of an enum, of a service
KINDS = {
    1: "double",
    2: "float",
    3: "int64",
    4: "uint64",
    5: "int32",
    6: "fixed64",
    7: "fixed32",
    8: "bool",
    9: "string",
    10: "group",
    11: "message",
    12: "bytes",
    13: "uint32",
    14: "enum",
    15: "sfixed32",
    16: "sfixed64",
    17: "sint32",
    18: "sint64",
}
"""FieldDescriptorProto.Type in words."""
_IDEMPOTENCY = {0: "IDEMPOTENCY_UNKNOWN", 1: "NO_SIDE_EFFECTS", 2: "IDEMPOTENT"}

Descriptor = Any
"""The runtime's descriptors: the stubs of protobuf leave most of them open."""


@dataclass(frozen=True, slots=True, eq=False)
class Owned:
    """A definition with the file around it, the way to it, and what holds for it."""

    name: str
    file: "FileDescriptorProto"
    at: Pointer
    proto: Any
    """A DescriptorProto or an EnumDescriptorProto."""
    features: Features


@dataclass(frozen=True, slots=True, eq=False)
class Extension:
    """An extension: the field, and where it stands."""

    name: str
    at: Pointer
    proto: "FieldDescriptorProto"
    features: Features


@dataclass(frozen=True, slots=True)
class Index:
    """Every message and enum of a set of files, by full name."""

    messages: Mapping[str, Owned]
    enums: Mapping[str, Owned]


def index(files: "list[FileDescriptorProto]") -> Index:
    """Look through all files, into messages as deep as they nest; fields are left alone."""
    messages: dict[str, Owned] = {}
    enums: dict[str, Owned] = {}
    for number, file in enumerate(files):
        holds = features.of_file(file)
        scope = f"{file.package}." if file.package else ""
        for place, enum_ in enumerate(file.enum_type):
            _own_enum(enums, scope, Owned("", file, (number, _ENUMS, place), enum_, holds))
        for place, message_ in enumerate(file.message_type):
            pending = [Owned(f"{scope}{message_.name}", file, (number, _MESSAGES, place), message_, holds)]
            while pending:
                pending.extend(_nested(pending.pop(), messages, enums))
    return Index(messages, enums)


def _nested(outer: Owned, messages: dict[str, Owned], enums: dict[str, Owned]) -> Iterator[Owned]:
    proto: DescriptorProto = outer.proto
    holds = outer.features.within(proto.options) if proto.HasField("options") else outer.features
    messages[outer.name] = Owned(outer.name, outer.file, outer.at, proto, holds)
    for place, enum_ in enumerate(proto.enum_type):
        at = (*outer.at, _NESTED_ENUMS, place)
        _own_enum(enums, f"{outer.name}.", Owned("", outer.file, at, enum_, holds))
    for place, inner in enumerate(proto.nested_type):
        at = (*outer.at, _NESTED, place)
        yield Owned(f"{outer.name}.{inner.name}", outer.file, at, inner, holds)


def _own_enum(enums: dict[str, Owned], scope: str, found: Owned) -> None:
    proto: EnumDescriptorProto = found.proto
    holds = found.features.within(proto.options)
    enums[f"{scope}{proto.name}"] = Owned(f"{scope}{proto.name}", found.file, found.at, proto, holds)


def names(found: Index, files: "list[FileDescriptorProto]", given: Mapping[str, object]) -> Names:
    """What the given files define, in their order."""
    messages = [one for one in found.messages.values() if one.file.name in given and not one.proto.options.map_entry]
    enums = [one for one in found.enums.values() if one.file.name in given]
    ours = list(services(files, given))
    packages = {one.name: one.file.package for one in (*messages, *enums)}
    packages |= {one.name: files[int(one.at[0])].package for one in ours}
    return Names(
        {one.name: one.at for one in messages},
        {one.name: one.at for one in enums},
        {one.name: one.at for one in ours},
        packages,
    )


def types_of_fields(found: Index, given: Mapping[str, object]) -> Iterator[str]:
    """The messages and enums that fields of the given files have as their types; of maps, the values' ones."""
    for owned in found.messages.values():
        if owned.file.name in given:
            for field in owned.proto.field:
                yield field.type_name.removeprefix(".")


def custom_options(
    found: Index, files: "list[FileDescriptorProto]", given: Mapping[str, object]
) -> Iterator[tuple[str, bytes]]:
    """What descriptor.proto does not know among the options of files, messages, fields and enums."""
    places: list[tuple[str, Any]] = [(file.name, file.options) for file in files if file.name in given]
    for owned in (*found.messages.values(), *found.enums.values()):
        if owned.file.name in given:
            places.append((owned.name, owned.proto.options))
            inner = owned.proto.value if hasattr(owned.proto, "value") else owned.proto.field
            places += [(f"{owned.name}.{one.name}", one.options) for one in inner]
    for name, options in places:
        left = type(options)()
        left.CopyFrom(options)
        known = left.SerializeToString()
        left.DiscardUnknownFields()
        if left.SerializeToString() != known:
            yield name, known


def services(files: "list[FileDescriptorProto]", given: Mapping[str, object]) -> Iterator[Service]:
    """The services of the given files."""
    for number, file in enumerate(files):
        if file.name not in given:
            continue
        scope = f"{file.package}." if file.package else ""
        for place, service in enumerate(file.service):
            at = (number, _SERVICES, place)
            methods = {
                method.name: Method(
                    at=(*at, _METHODS, turn),
                    name=method.name,
                    request=method.input_type.removeprefix("."),
                    response=method.output_type.removeprefix("."),
                    client_streams=method.client_streaming,
                    server_streams=method.server_streaming,
                    idempotency=_IDEMPOTENCY.get(method.options.idempotency_level, "IDEMPOTENCY_UNKNOWN"),
                )
                for turn, method in enumerate(service.method)
            }
            yield Service(at, f"{scope}{service.name}", methods)


def extensions(found: Index, files: "list[FileDescriptorProto]") -> dict[str, tuple[Extension, ...]]:
    """Every extension, by the message that it extends."""
    collected: dict[str, list[Extension]] = {}
    for number, file in enumerate(files):
        scope = f"{file.package}." if file.package else ""
        holds = features.of_file(file)
        for place, proto in enumerate(file.extension):
            one = Extension(f"{scope}{proto.name}", (number, _EXTENSIONS, place), proto, holds)
            collected.setdefault(proto.extendee.removeprefix("."), []).append(one)
    for outer in found.messages.values():
        for place, proto in enumerate(outer.proto.extension):
            at = (*outer.at, _NESTED_EXTENSIONS, place)
            one = Extension(f"{outer.name}.{proto.name}", at, proto, outer.features)
            collected.setdefault(proto.extendee.removeprefix("."), []).append(one)
    return {name: tuple(ones) for name, ones in collected.items()}


def message(owned: Owned, descriptor: Descriptor, extended: tuple[Extension, ...], pool: "DescriptorPool") -> Message:
    """A message, its own fields and the extensions together."""
    proto: DescriptorProto = owned.proto
    fields = [
        _field((*owned.at, _FIELDS, place), one, descriptor.fields_by_number[one.number], owned.features)
        for place, one in enumerate(proto.field)
    ]
    fields += [_field(one.at, one.proto, pool.FindExtensionByName(one.name), one.features) for one in extended]
    fields.sort(key=lambda field: field.number)
    return Message(
        at=owned.at,
        name=owned.name,
        fields=tuple(fields),
        by_number={field.number: field for field in fields},
        by_name={field.name: field for field in fields},
        reserved=tuple((one.start, one.end) for one in proto.reserved_range),
        reserved_names=frozenset(proto.reserved_name),
        ranges=tuple((one.start, one.end) for one in proto.extension_range),
        is_entry=proto.options.map_entry,
        json_legacy=owned.features.json_legacy,
        is_set=proto.options.message_set_wire_format,
    )


def _field(at: Pointer, proto: "FieldDescriptorProto", descriptor: Descriptor, around: Features) -> Field:
    kind = KINDS[descriptor.type]
    plain = not descriptor.is_repeated and kind not in {"message", "group"}
    extension = bool(descriptor.is_extension)
    in_oneof = descriptor.containing_oneof is not None and not proto.proto3_optional
    return Field(
        at=at,
        name=descriptor.full_name if extension else descriptor.name,
        number=descriptor.number,
        json_name=f"[{descriptor.full_name}]" if extension else proto.json_name or descriptor.json_name,
        kind=kind,
        type=_type_of(descriptor),
        repeated=descriptor.is_repeated,
        packed=descriptor.is_packed,
        required=descriptor.is_required,
        presence=descriptor.has_presence,
        default=descriptor.default_value if plain else None,
        oneof=descriptor.containing_oneof.name if in_oneof else "",
        checked=around.within(proto.options).checked if proto.HasField("options") else around.checked,
        extension=extension,
        code=_code(proto.options) if proto.HasField("options") else "",
    )


def _code(options: "FieldOptions") -> str:
    """What type JavaScript and C++ give a field: https://protobuf.dev/reference/protobuf/google.protobuf/."""
    words = (("jstype", options.JSType.Name(options.jstype)), ("ctype", options.CType.Name(options.ctype)))
    return ", ".join(f"{name} = {word}" for name, word in words if word not in {"JS_NORMAL", "STRING"})


def _type_of(descriptor: Descriptor) -> str:
    inner = descriptor.message_type or descriptor.enum_type
    return str(inner.full_name) if inner is not None else ""


def enum(owned: Owned, descriptor: Descriptor) -> Enum:
    """An enum with its symbols in the order in which they are written."""
    proto: EnumDescriptorProto = owned.proto
    return Enum(
        at=owned.at,
        name=owned.name,
        symbols=tuple(Symbol((*owned.at, _VALUES, n), one.name, one.number) for n, one in enumerate(proto.value)),
        closed=descriptor.is_closed,
        reserved=tuple((one.start, one.end) for one in proto.reserved_range),
        reserved_names=frozenset(proto.reserved_name),
        json_legacy=owned.features.json_legacy,
    )
