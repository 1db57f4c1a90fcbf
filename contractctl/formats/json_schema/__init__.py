"""How are JSON Schemas judged? This format's modules, under the names that every format has."""

from pathlib import Path

from contractctl.formats.json_schema.changes import changes
from contractctl.formats.json_schema.declared import declared
from contractctl.formats.json_schema.resolution import incompatibilities
from contractctl.formats.json_schema.schema import locate, notes, parse
from contractctl.formats.json_schema.witness import witness
from contractctl.model.verdict import Seats

NAME = "json-schema"
SEATS = Seats.MESSAGE
RULES = Path(__file__).parent / "rules"

__all__ = ["NAME", "RULES", "SEATS", "changes", "declared", "incompatibilities", "locate", "notes", "parse", "witness"]
