"""Is the protobuf runtime of our opinion? It reads what we call compatible, and does not read what we do not."""

from collections import Counter
from typing import Any

from hypothesis import assume, event, given
from hypothesis import strategies as st
from protobuf_schemas import BINARY, BOTH, JSON, Draft, agrees, messages, pairs, read, text_of

from contractctl.compatibility import compare
from contractctl.errors import ContractctlError
from contractctl.formats.pages import page
from contractctl.formats.protobuf import incompatibilities, runtime, witness
from contractctl.formats.protobuf.resolution.json_reading import accepted
from contractctl.formats.protobuf.runtime import Refused
from contractctl.formats.protobuf.schema import Schema
from contractctl.formats.protobuf.schema.types import Field, Message
from contractctl.model.contract import Policy
from contractctl.model.verdict import Incompatibility
from tests.budgets import budget

FIXED = budget(200)
HARMLESS = {
    "protobuf-enum-closed",
    "protobuf-enum-value-not-reserved",
    "protobuf-field-renamed",
    "protobuf-json-field-unknown",
    "protobuf-json-format-changed",
    "protobuf-message-removed",
    "protobuf-message-renamed",
    "protobuf-number-not-reserved",
    "protobuf-utf8-unchecked",
}
"""Rules that say nothing of the values that are sent here."""
UNSHOWN = {"protobuf-enum-value-not-reserved", "protobuf-json-format-changed", "protobuf-number-not-reserved"}
"""Rules about what a later version may do."""


def is_lenient(found: Incompatibility) -> bool:
    """Python's reader of JSON takes true for 1 where a float or an enum is wanted; those of other languages do not."""
    words = found.facts.get("wanted", "").split()
    pair = (found.facts.get("sent", "").split()[-1:], words[-1:], words[:1])
    return (
        found.rule == "protobuf-json-type-changed"
        and "bool" in pair[0]
        and bool({*words} & {"enum", "float", "double"})
    )


def is_never_written(writer: Schema, found: Incompatibility) -> bool:
    """The zero of an enum that has no other symbol may be left out of JSON always, whatever it becomes."""
    return found.facts.get("sent") == "enum E" and len(writer.enum("p.E").symbols) == 1


def both(pair: tuple[Draft, Draft], policy: Policy) -> tuple[Schema, Schema]:
    try:
        return read(text_of(pair[0]), policy), read(text_of(pair[1]), policy)
    except ContractctlError as error:
        event(error.message.rpartition("protoc: ")[2][:40])
        assume(condition=False)
        raise


def harms(reader: Schema, writer: Schema) -> list[Incompatibility]:
    found = list(incompatibilities(reader, writer))
    assert all(isinstance(one, Incompatibility) for one in found)
    return [one for one in found if isinstance(one, Incompatibility) and one.rule not in HARMLESS]


def by_number(message: Message, field: Field) -> Field | None:
    return message.by_number.get(field.number)


def renumbered(reader: Schema, writer: Schema) -> bool:
    """Whether a symbol has another number: in JSON its name travels, and numbers are compared here."""
    numbers = [
        {(enum, symbol.name): symbol.number for enum in one.names.enums for symbol in one.enum(enum).symbols}
        for one in (reader, writer)
    ]
    return any(numbers[1].get(name, number) != number for name, number in numbers[0].items())


def by_json_name(message: Message, field: Field) -> Field | None:
    return accepted(message).get(field.json_name)


@FIXED
@given(pairs(), st.data())
def test_what_is_compatible_in_binary_is_read_with_the_same_values(
    pair: tuple[Draft, Draft], data: st.DataObject
) -> None:
    reader, writer = both(pair, BINARY)
    assume(not harms(reader, writer))
    sent = data.draw(messages(writer, "p.M"))

    got = runtime.read_binary(reader.pool, "p.M", sent.SerializeToString())

    assert not isinstance(got, Refused), got
    assert agrees(reader, got, writer, sent, by_number), (text_of(pair[0]), text_of(pair[1]), sent, got)


@FIXED
@given(pairs(), st.data())
def test_what_is_compatible_in_json_is_read_with_the_same_values(
    pair: tuple[Draft, Draft], data: st.DataObject
) -> None:
    reader, writer = both(pair, JSON)
    assume(not harms(reader, writer) and not renumbered(reader, writer))
    sent = data.draw(messages(writer, "p.M"))

    got = read_leniently(reader, runtime.write_json(writer.pool, sent))

    assert agrees(reader, got, writer, sent, by_json_name), (text_of(pair[0]), text_of(pair[1]), sent, got)


def read_leniently(reader: Schema, payload: str) -> Any:
    from google.protobuf import json_format

    return json_format.Parse(payload, runtime.new(reader.pool, "p.M"), ignore_unknown_fields=True)


def test_what_is_incompatible_the_runtime_refuses_or_takes_for_something_else() -> None:
    shown: Counter[tuple[str, bool]] = Counter()
    without: list[str] = []

    @FIXED
    @given(pairs())
    def hold(pair: tuple[Draft, Draft]) -> None:
        reader, writer = both(pair, BOTH)
        for found in incompatibilities(reader, writer):
            assert isinstance(found, Incompatibility)
            proof = witness(reader, writer, found)
            shown[found.rule, proof is not None] += 1
            if proof is None and not (found.rule in UNSHOWN or is_lenient(found) or is_never_written(writer, found)):
                without.append(f"{found.rule} {found.path} {dict(found.facts)}\n{text_of(pair[0])}\n{text_of(pair[1])}")

    hold()

    assert sum(number for (_, proven), number in shown.items() if proven) > 100
    assert not without, "\n\n".join(without[:3]) + f"\n{len(without)} {shown}"


@FIXED
@given(pairs())
def test_forward_is_backward_from_the_other_seat(pair: tuple[Draft, Draft]) -> None:
    both(pair, BOTH)
    old, new = text_of(pair[0]), text_of(pair[1])

    there = compare(old, new, format="protobuf", witnesses=False)
    back = compare(new, old, format="protobuf", witnesses=False)

    assert kinds(there.forward.findings) == kinds(back.backward.findings)


def kinds(findings: Any) -> list[tuple[str, str]]:
    return [(one.rule, one.path) for one in findings if page(one.rule).newer is None]


@FIXED
@given(pairs())
def test_a_schema_reads_what_it_wrote(pair: tuple[Draft, Draft]) -> None:
    both(pair, BOTH)
    text = text_of(pair[0])

    verdict = compare(text, text.replace("package p;", "// …\npackage p;"), format="protobuf")

    assert verdict.findings == ()
