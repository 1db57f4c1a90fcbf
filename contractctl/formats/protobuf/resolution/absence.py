"""What does a reader see where a field was not sent? Its default, or an error where it is required.

https://protobuf.dev/programming-guides/field_presence/
"""

from collections.abc import Iterator
from math import isnan

from contractctl.formats.protobuf.resolution.pairs import Asked, Case, Pair
from contractctl.formats.protobuf.schema.types import Field
from contractctl.model.verdict import Effect


def message(asked: Asked, pair: Pair, encoding: str) -> Iterator[Case]:
    """Required fields that may be absent, and defaults that differ from what the writer meant."""
    for wanted in pair.reader.fields:
        sent = _met(pair, wanted, encoding)
        if wanted.required and (sent is None or not sent.required):
            yield _required(asked, pair, wanted, sent, encoding)
        elif sent is not None and not sent.required and _differ(wanted, sent):
            read_as = "an empty list" if wanted.repeated else shown(wanted.default)
            facts = {"field": wanted.label, "wanted": read_as, "sent": shown(sent.default)}
            yield asked.case(
                "protobuf-default-changed",
                Effect.MISREADS,
                pair,
                encoding=encoding,
                facts=facts,
                reader=wanted,
                writer=sent,
            )


def _met(pair: Pair, wanted: Field, encoding: str) -> Field | None:
    """The writer's field that this one reads."""
    if encoding == "binary":
        return pair.writer.by_number.get(wanted.number)
    names = {wanted.json_name, wanted.name}
    return next((field for field in pair.writer.fields if field.json_name in names), None)


def _required(asked: Asked, pair: Pair, wanted: Field, sent: Field | None, encoding: str) -> Case:
    how = "does not have it" if sent is None else "may leave it out"
    return asked.case(
        "protobuf-required-missing",
        Effect.FAILS,
        pair,
        encoding=encoding,
        facts={"field": wanted.label, "how": how, "number": str(wanted.number)},
        reader=wanted,
        writer=sent,
    )


def _differ(wanted: Field, sent: Field) -> bool:
    """Whether an absent field means one thing here and another there; differing types are another finding.

    An empty list only means zero items, not what a writer's own default means.
    """
    if wanted.repeated and wanted.kind not in {"message", "group"}:
        return bool(sent.default)
    if wanted.default is None or sent.default is None:
        return False
    here, there = _plain(wanted.default), _plain(sent.default)
    return here != there and type(here) is type(there)


def _plain(default: object) -> object:
    """A default by its meaning: numbers of any type are numbers, and text is its bytes."""
    if isinstance(default, str):
        return default.encode()
    if isinstance(default, bool | int | float):
        return str(float(default)) if abs(default) <= 2**53 or isnan(default) else str(default)
    return default


def shown(default: object) -> str:
    """A default in the words of a schema."""
    if isinstance(default, bytes):
        return f'"{default.decode("utf-8", "backslashreplace")}"'
    if isinstance(default, str):
        return f'"{default}"'
    return str(default).lower() if isinstance(default, bool) else str(default)
