"""What does every format offer? The rooms of a package in this folder, under the names that all of them have."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, runtime_checkable

from contractctl.model.contract import File, Policy, Source
from contractctl.model.verdict import Change, Found, Incompatibility, Place, Seats, Undecided, Witness

if TYPE_CHECKING:
    from contractctl.formats.streams import Journey
    from contractctl.model.plan import Operation


class Format(Protocol):
    """The package itself. S below is the format's own schema value."""

    NAME: str
    SEATS: Seats
    RULES: Path
    """The folder of its rule pages."""

    def parse(self, source: Source, policy: Policy = Policy()) -> Any:
        """Text to schema S. Raise ContractctlError where it is none, naming file, line and what to do."""

    def incompatibilities(self, taker: Any, giver: Any) -> Iterator[Found]:
        """Every reason why taker (reader, client) is incompatible with giver (writer, provider)."""

    def witness(self, taker: Any, giver: Any, found: Incompatibility) -> Witness | None:
        """A payload or statement that shows it, executed; None where none was found."""

    def locate(self, schema: Any, pointer: tuple[str | int, ...]) -> tuple[str, int, int] | None:
        """File, line and column (from 1) of a pointer that parse() handed out."""

    def changes(self, old: Any, new: Any) -> Iterator[Change]:
        """Every difference, as facts."""


@runtime_checkable
class Strict(Protocol):
    """What a format offers beside that whose parse() takes more than every library does, so that it can be judged."""

    def demand_sound(self, schema: Any) -> None:
        """Raise ContractctlError where libraries refuse the schema."""


@runtime_checkable
class Noted(Protocol):
    """What a format offers beside that whose versions need not say all that they are judged by."""

    def notes(self, schema: Any) -> tuple[str, ...]:
        """What was assumed where the text does not say it."""


class Laboratory(Protocol):
    """An engine of the user's that may be asked, where the format's own shows too little."""

    def witness(self, taker: Any, giver: Any, found: Incompatibility, /) -> Witness | None:
        """As a format's; None where it knows nothing of such versions, or none was found."""


class Clients(Protocol):
    """Operations of clients, read against both versions."""

    def meet(self, found: Iterable[Found]) -> Iterator[tuple[Found, Sequence[str]]]:
        """Each with the files that it lets down, or may; then what lets a file down and was not found."""


@runtime_checkable
class Narrowed(Protocol):
    """What a format offers beside that whose clients' operations can be read."""

    def clients(self, taker: Any, giver: Any, operations: Sequence[File]) -> Clients:
        """The operations of those who take. Raise ContractctlError where one of them fits neither version."""


@runtime_checkable
class Selective(Protocol):
    """What a format offers beside that whose findings are not all about what consumers say that they read."""

    def concerns(self, rule: str, path: str, reads: Sequence[str]) -> bool:
        """Whether a finding of that rule at that path may meet a consumer that reads these."""


@runtime_checkable
class Declaring(Protocol):
    """What a format offers beside whose consumers lay down what they read: documents, or schemas of their own."""

    def declared(
        self, known: Any, files: Sequence[File], names: Sequence[str]
    ) -> Mapping[str, tuple[Place, ...] | Undecided]:
        """For each name, as a plan has it, where the files of one consumer name it: `Owner.field`.

        `known` is the version that they were written for, or that the events are written by. Raise ContractctlError
        where a file is not what it should be.
        """


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


class Retiring(Protocol):
    """What the room staging.py of an interface format offers whose old parts are served beside the new ones."""

    def operations(  # noqa: PLR0913, PLR0917 - as Staging has it, and the day
        self,
        old: Source,
        new: Source,
        renames: Mapping[str, str],
        contract: str,
        sunset: str,
        policy: Policy = Policy(),
    ) -> "tuple[Operation, ...]":
        """What of the old version ends on that day (as 2027-03-31), and what clients have to follow beside that.

        Raise ContractctlError for a rename that does not fit the two versions.
        """

    def expanded(self, old: Source, new: Source, sunset: str, policy: Policy = Policy()) -> Source:
        """The version that serves clients of both: the old parts deprecated until that day. Raise ContractctlError."""


@runtime_checkable
class RoundTrip(Protocol):
    """What staging.py offers beside where it can try expressions over sampled values."""

    def losses(
        self, old: Source, new: Source, operations: "tuple[Operation, ...]", policy: Policy = Policy()
    ) -> Iterator[str]:
        """A sentence for each field whose values do not all come back, and that nobody has declared lossy."""


class Events(Protocol):
    """What the room events.py of every message format offers."""

    def convert(self, stream: BufferedReader, name: str, out: BinaryIO, journey: "Journey") -> int:
        """A stream of events, in any container that the format knows, to one of the same kind. How many were written.

        `name` is the file's, for messages. A bad event leaves nothing of itself behind.
        """
