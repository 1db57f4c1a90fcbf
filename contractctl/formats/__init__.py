"""Which formats can be judged? The registry, written out; a format's libraries load when it is used."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import import_module
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, Protocol, cast

from contractctl.errors import ContractctlError
from contractctl.model.contract import Policy, Source
from contractctl.model.verdict import Change, Incompatibility, Seats, Undecided, Witness

if TYPE_CHECKING:
    from contractctl.formats import avro, sql
    from contractctl.formats.avro import events as avro_events
    from contractctl.formats.avro import staging as avro_staging
    from contractctl.formats.streams import Journey
    from contractctl.model.plan import Operation

Found = Incompatibility | Undecided

FORMATS: Mapping[str, str] = {"avro": "avro", "sql": "sql"}
"""The formats, by name, and the packages in this folder that judge them."""
BINARY = frozenset({"protobuf"})
"""Formats that read files which are no text, too."""
ENDINGS = {".avsc": "avro", ".sql": "sql"}
"""File endings, and the formats that claim them."""


class Format(Protocol):
    """What every package in this folder offers. S below is the format's own schema value."""

    NAME: str
    SEATS: Seats
    RULES: Path
    """The folder of its rule pages."""

    def parse(self, source: Source, policy: Policy = Policy()) -> Any:
        """Text to schema S. Raise ContractctlError where it is none, naming file, line and what to do."""

    def incompatibilities(self, taker: Any, giver: Any) -> Iterator[Found]:
        """Every reason why taker (reader, client) cannot get on with giver (writer, provider)."""

    def witness(self, taker: Any, giver: Any, found: Incompatibility) -> Witness | None:
        """A payload or statement that shows it, executed; None where none was found."""

    def locate(self, schema: Any, pointer: tuple[str | int, ...]) -> tuple[str, int, int] | None:
        """File, line and column (from 1) of a pointer that parse() handed out."""

    def changes(self, old: Any, new: Any) -> Iterator[Change]:
        """Every difference, as facts."""


class Staging(Protocol):
    """What the room staging.py of every message format offers."""

    def operations(
        self, old: Source, new: Source, renames: Mapping[str, str], contract: str, policy: Policy = Policy()
    ) -> "tuple[Operation, ...]":
        """The operations that lead from one version to the other.

        renames: `field` or `Owner.field` → the new field's name. Raise ContractctlError for a rename that does not fit
        the two versions, and for a change that cannot be staged.
        """

    def intermediate(self, old: Source, new: Source, renames: Mapping[str, str], policy: Policy = Policy()) -> Source:
        """The version between: it reads old and new, and both read it. Raise ContractctlError where there is none."""


class Events(Protocol):
    """What the room events.py of every message format offers."""

    def convert(self, stream: BufferedReader, name: str, out: BinaryIO, journey: "Journey") -> int:
        """A stream of events, in any container that the format knows, to one of the same kind. How many were written.

        `name` stands in messages. A bad event leaves nothing of itself behind.
        """


if TYPE_CHECKING:
    _OFFERED: tuple[tuple[Format, ...], tuple[Staging, ...], tuple[Events, ...]] = (
        (avro, sql),
        (avro_staging,),
        (avro_events,),
    )


def load(name: str) -> Format:
    """The format of that name. Raise ContractctlError for a name that is not in the registry."""
    return cast("Format", import_module(f"{__name__}.{_package(name)}"))


def parse(name: str, source: Source, policy: Policy = Policy()) -> Any:
    """Read a version with the format of that name, once in a process. Raise ContractctlError as the format does."""
    return _parsed(name, source, policy)


@lru_cache(maxsize=128)
def _parsed(name: str, source: Source, policy: Policy) -> Any:
    for file in source.every if name not in BINARY else ():
        if file.data is not None:
            _refuse_binary(file.name, file.data)
    return load(name).parse(source, policy)


def _refuse_binary(name: str, data: bytes) -> NoReturn:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise ContractctlError(
            f"{name}: byte {error.start} is not UTF-8", hint="save the file as UTF-8 and try again"
        ) from None
    raise AssertionError(name)  # what is UTF-8 is no data


def staging(name: str) -> Staging:
    """How versions of a message format are staged."""
    return cast("Staging", import_module(f"{__name__}.{_package(name)}.staging"))


def events(name: str) -> Events:
    """How events of a message format are converted."""
    return cast("Events", import_module(f"{__name__}.{_package(name)}.events"))


def _package(name: str) -> str:
    if name not in FORMATS:
        hint = f"known formats: {', '.join(FORMATS)}"
        raise ContractctlError(f"'{name}' is no format that contractctl judges", hint=hint)
    return FORMATS[name]


def format_of(path: str) -> str:
    """The format that claims a file, by its ending."""
    for ending, name in ENDINGS.items():
        if path.lower().endswith(ending):
            return name
    raise ContractctlError(f"{path}: no format claims this file", hint=f"known endings: {', '.join(sorted(ENDINGS))}")
