"""How are Protobuf schemas judged? The rooms of this format, under the names that every format has."""

from pathlib import Path

from contractctl.formats.protobuf.changes import changes
from contractctl.formats.protobuf.declared import declared
from contractctl.formats.protobuf.resolution import incompatibilities
from contractctl.formats.protobuf.schema import locate, parse
from contractctl.formats.protobuf.witness import witness
from contractctl.model.verdict import Seats

NAME = "protobuf"
SEATS = Seats.MESSAGE
RULES = Path(__file__).parent / "rules"

__all__ = ["NAME", "RULES", "SEATS", "changes", "declared", "incompatibilities", "locate", "parse", "witness"]
