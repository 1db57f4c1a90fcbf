"""How are AsyncAPI documents judged? This format's modules, under the names that every format has."""

from pathlib import Path

from contractctl.formats.asyncapi.changes import changes
from contractctl.formats.asyncapi.document import parse
from contractctl.formats.asyncapi.resolution import incompatibilities
from contractctl.formats.asyncapi.witness import witness
from contractctl.formats.description import locate
from contractctl.model.verdict import Seats

NAME = "asyncapi"
SEATS = Seats.INTERFACE
RULES = Path(__file__).parent / "rules"

__all__ = ["NAME", "RULES", "SEATS", "changes", "incompatibilities", "locate", "parse", "witness"]
