"""What does a source of evidence get, and what does it offer? Each is a module in this folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from contractctl.evidence.questions import Question
from contractctl.model.evidence import Record

if TYPE_CHECKING:
    from contractctl.evidence.declared_reads import Reading


@dataclass(frozen=True, slots=True)
class Given:
    """One [[evidence]] of the settings, and the question that it is to answer."""

    source: str
    """Its name there: a module may stand for several."""
    location: str = field(repr=False)
    """A URL, or a pattern of files below `root`. A URL may hold a secret: it is never printed."""
    options: Mapping[str, str] = field(repr=False)
    question: Question
    root: Path
    folder: Path
    """Keeps what the source needs for its next look."""
    reading: "Reading"
    """Reads what consumers declare, in the format of a contract."""


class Source(Protocol):
    """What a source's module offers."""

    def collect(self, given: Given, /) -> tuple[Record, ...]:
        """Ask it. What goes wrong there is a record with a problem, not an exception.

        Raise ContractctlError where the settings cannot be meant.
        """
