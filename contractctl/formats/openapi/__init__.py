"""How are OpenAPI documents judged? The rooms of this format, under the names that every format has."""

from pathlib import Path

from contractctl.formats.description import locate
from contractctl.formats.openapi.changes import changes
from contractctl.formats.openapi.document import parse
from contractctl.formats.openapi.resolution import incompatibilities
from contractctl.formats.openapi.witness import witness
from contractctl.model.verdict import Seats

NAME = "openapi"
SEATS = Seats.INTERFACE
RULES = Path(__file__).parent / "rules"

__all__ = ["NAME", "RULES", "SEATS", "changes", "incompatibilities", "locate", "parse", "witness"]
