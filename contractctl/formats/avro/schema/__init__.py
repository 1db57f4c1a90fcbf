"""What does an Avro schema say? Text to frozen values: one file, or all the files of a folder, in any order.

https://avro.apache.org/docs/1.12.0/specification/#schema-declaration
"""

from collections.abc import Mapping

from contractctl.documents import locate_json, read_json
from contractctl.errors import ContractctlError
from contractctl.formats.avro.schema.cycles import outermost
from contractctl.formats.avro.schema.protocols import is_protocol, read_protocol
from contractctl.formats.avro.schema.reading import Reading
from contractctl.formats.avro.schema.types import (
    Enum,
    Fixed,
    Message,
    Missing,
    Named,
    Record,
    Reference,
    Schema,
    Type,
    Union,
)
from contractctl.model.contract import Policy, Source
from contractctl.model.verdict import Pointer


def parse(source: Source, policy: Policy = Policy()) -> Schema:  # noqa: ARG001 - Avro leaves no choice
    """Read a schema from one file, or from several whose named types refer to each other.

    Of several files, those count that no other one refers to: a lone one is the schema, and of more of them each is a
    message of its own. Protocols (.avpr) bring messages with a request and a response. What is only wrong in one place,
    a type that is defined nowhere or a default that does not fit, is left as a fault of the schema; parse_sound()
    refuses it. A pointer's first part is the number of the file. Raise ContractctlError for what is not an Avro schema.
    """
    reading = Reading(source)
    roots: list[Type] = []
    messages: list[Message] = []
    for number, file in enumerate(source.every):
        node = read_json(file.text, file.name)
        reading.begin(node, number)
        if is_protocol(node):
            found = tuple(read_protocol(reading, node, number))
            messages.extend(found if number < len(source.files) else ())
        else:
            roots.append(reading.type_(node, (number,), ""))
    faults = reading.finish()
    roots = [root for root in roots if int(root.at[0]) < len(source.files)]  # companions count as far as these reach
    for root in roots:
        solid = Schema(root, reading.names, source).solid(root)
        if isinstance(solid, Missing):
            raise reading.refusal(solid.at, solid.why, solid.hint)
    rings = _mains(roots, messages, reading.names, source) if len(source.files) > 1 else [(root,) for root in roots]
    alone = len(rings) == 1 and not messages
    root = rings[0][0] if alone else Union((0,), tuple(ring[0] for ring in rings))
    return Schema(root, reading.names, source, not alone, tuple(rings), tuple(messages), faults)


def parse_sound(source: Source) -> Schema:
    """As parse(). Raise ContractctlError, too, where anything in it is missing or does not fit."""
    schema = parse(source)
    demand_sound(schema)
    return schema


def demand_sound(schema: Schema) -> None:
    """Raise ContractctlError, naming the place, where libraries refuse the schema."""
    for fault in schema.faults:
        file, line, column = locate(schema, fault.at) or (schema.source.name, 1, 1)
        raise ContractctlError(f"{file}:{line}:{column}: {fault.said}", hint=fault.hint)


def _mains(
    roots: list[Type], messages: list[Message], names: Mapping[str, Named | Missing], source: Source
) -> list[tuple[Type, ...]]:
    """The fewest roots from which all that is defined is reached. Raise ContractctlError where one has no name."""
    asked = [start for message in messages for start in (message.request, message.response, message.errors)]
    mains = outermost(Schema(Union((0,), ()), names, source), roots, asked)
    unnamed = next((ring[0] for ring in mains if not isinstance(ring[0], Record | Enum | Fixed | Reference)), None)
    if len(mains) > 1 and unnamed is not None:
        number = int(unnamed.at[0])
        raise ContractctlError(
            f"{source.every[number].name}: an unnamed schema is next to schemas that do not refer to it",
            hint="put each into a contract of its own",
        )
    return mains


def locate(schema: Schema, pointer: Pointer) -> tuple[str, int, int] | None:
    """File, line and column of a pointer that parse() handed out."""
    number, *rest = pointer
    if not isinstance(number, int):
        return None
    file = schema.source.every[number]
    return (file.name, *locate_json(file.text, tuple(rest)))
