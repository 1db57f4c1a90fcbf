"""Which formats can be judged? The registry, written out; a format's libraries load when it is used."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from contractctl.errors import ContractctlError
from contractctl.model.contract import Source
from contractctl.model.verdict import Change, Incompatibility, Seats, Undecided, Witness

Found = Incompatibility | Undecided

FORMATS = ("avro", "sql")
ENDINGS = {".avsc": "avro", ".sql": "sql"}
"""File endings, and the formats that claim them."""


class Format(Protocol):
    """What every package in this folder offers. S below is the format's own schema value."""

    NAME: str
    SEATS: Seats
    RULES: Path
    """The folder of its rule pages."""

    def parse(self, source: Source, dialect: str | None = None) -> Any:
        """Text to schema S. Raise ContractctlError where it is none, naming file, line and what to do."""

    def incompatibilities(self, taker: Any, giver: Any) -> Iterator[Found]:
        """Every reason why taker (reader, client) cannot get on with giver (writer, provider)."""

    def witness(self, taker: Any, giver: Any, found: Incompatibility) -> Witness | None:
        """A payload or statement that shows it, executed; None where none was found."""

    def locate(self, schema: Any, pointer: tuple[str | int, ...]) -> tuple[str, int, int] | None:
        """File, line and column (from 1) of a pointer that parse() handed out."""

    def changes(self, old: Any, new: Any) -> Iterator[Change]:
        """Every difference, as facts."""


def load(name: str) -> Format:
    """The format of that name. Raise ContractctlError for a name that is not in the registry."""
    match name:
        case "avro":
            from contractctl.formats import avro

            return avro
        case "sql":
            from contractctl.formats import sql

            return sql
        case _:
            hint = f"known formats: {', '.join(FORMATS)}"
            raise ContractctlError(f"'{name}' is no format that contractctl judges", hint=hint)


def format_of(path: str) -> str:
    """The format that claims a file, by its ending."""
    for ending, name in ENDINGS.items():
        if path.lower().endswith(ending):
            return name
    raise ContractctlError(f"{path}: no format claims this file", hint=f"known endings: {', '.join(sorted(ENDINGS))}")
