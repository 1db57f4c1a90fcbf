"""How are Avro schemas judged? The rooms of this format, under the names that every format has."""

from pathlib import Path

from contractctl.formats.avro.changes import changes
from contractctl.formats.avro.declared import declared
from contractctl.formats.avro.resolution.judging import incompatibilities
from contractctl.formats.avro.schema import demand_sound, locate, parse
from contractctl.formats.avro.witness import witness
from contractctl.model.verdict import Seats

NAME = "avro"
SEATS = Seats.MESSAGE
RULES = Path(__file__).parent / "rules"

__all__ = [
    "NAME",
    "RULES",
    "SEATS",
    "changes",
    "declared",
    "demand_sound",
    "incompatibilities",
    "locate",
    "parse",
    "witness",
]
