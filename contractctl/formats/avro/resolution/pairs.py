"""Where do a reader's and a writer's type meet, and how is that place named?"""

from dataclasses import dataclass

from contractctl.formats.avro.resolution.starts import Start
from contractctl.formats.avro.schema.types import Field, Solid
from contractctl.model.verdict import Effect, Incompatibility

_RETYPED = frozenset(
    {
        "avro-bytes-read-as-string",
        "avro-decimal-precision-changed",
        "avro-decimal-scale-changed",
        "avro-fixed-size-changed",
        "avro-logical-type-changed",
        "avro-type-changed",
    }
)
"""What only a field of another name can mend."""
_MOST_STEPS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step from a writer's datum into its inside; `inside` is the way to where it is taken."""

    inside: "Step | None"
    kind: str
    """field, item, value or branch."""
    name: str = ""
    """The reader's name of a field."""
    sent: str = ""
    """The writer's name of a field."""
    branch: int = 0
    """The number of the writer's branch."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A reader's and a writer's type that meet, and the way there."""

    reader: Solid
    writer: Solid
    way: Step | None
    start: Start

    def towards(self, reader: Solid, writer: Solid, way: Step | None) -> "Pair":
        """A pair further inside."""
        return Pair(reader, writer, way, self.start)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """An incompatibility and the pair at which it was found."""

    found: Incompatibility
    pair: Pair
    number: int = 0
    """Counted through the pair of schemas."""


def case(rule: str, effect: Effect, pair: Pair, facts: dict[str, str], field: Field | None = None) -> Case:
    """What breaks a rule where a reader's type meets a writer's, or at one field of it."""
    path = path_of(pair) + (f".{field.name}" if field else "")
    facts = {**facts, "retype": _retype(pair.way)} if rule in _RETYPED else facts
    at = field.at if field else pair.reader.at
    found = Incompatibility(rule, effect, path, facts, at, pair.writer.at, flipped=pair.start.flipped)
    return Case(found, pair)


def _retype(way: Step | None) -> str:
    """The options of `contractctl plan` for a field that gets another type: under its own name it cannot."""
    while way is not None and way.kind != "field":
        way = way.inside
    return "" if way is None else f" --rename {way.name}={way.name}_2 --up {way.name}_2=… --down {way.name}=…"


def path_of(pair: Pair) -> str:
    """The reader's names on the way: `OrderPlaced.items[].sku`, `{}` for a map's values."""
    parts: list[str] = []
    way = pair.way
    while way is not None and len(parts) < _MOST_STEPS:
        parts.append({"field": f".{way.name}", "item": "[]", "value": "{}"}.get(way.kind, way.name))
        way = way.inside
    if way is not None:
        parts.append("…")
    return "".join((pair.start.name, *reversed(parts))) or "union"
