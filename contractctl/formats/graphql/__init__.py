"""How are GraphQL schemas judged? The rooms of this format, under the names that every format has."""

from pathlib import Path

from contractctl.formats.graphql.changes import changes
from contractctl.formats.graphql.clients import Clients as clients  # noqa: N813 - as the other rooms, it is called
from contractctl.formats.graphql.declared import declared
from contractctl.formats.graphql.engine import demand_sound
from contractctl.formats.graphql.reads import concerns
from contractctl.formats.graphql.resolution import incompatibilities
from contractctl.formats.graphql.schema import locate, parse
from contractctl.formats.graphql.witness import witness
from contractctl.model.verdict import Seats

NAME = "graphql"
SEATS = Seats.INTERFACE
RULES = Path(__file__).parent / "rules"

__all__ = [
    "NAME",
    "RULES",
    "SEATS",
    "changes",
    "clients",
    "concerns",
    "declared",
    "demand_sound",
    "incompatibilities",
    "locate",
    "parse",
    "witness",
]
