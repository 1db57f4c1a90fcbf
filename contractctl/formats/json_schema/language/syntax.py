"""What is a pattern made of?"""

from dataclasses import dataclass

from contractctl.formats.json_schema.language.characters import Ranges


class Unreadable(Exception):  # noqa: N818 - it is not an error: a question that cannot be answered, and why
    """A question about patterns that cannot be answered; `reason` says why, for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Characters:
    """One character of these."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other; none is the empty string."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    """Any of these; none is what nothing matches."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """The item, at least and at most so often."""

    item: "Node"
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Start:
    """`^`: nothing stands before."""


@dataclass(frozen=True, slots=True)
class End:
    """`$`: nothing follows, not even a line end."""


@dataclass(frozen=True, slots=True)
class Boundary:
    r"""`\\b`: a word begins or ends here; negated `\\B`."""

    negated: bool


@dataclass(frozen=True, slots=True)
class Ahead:
    """What follows begins with the item, or negated does not."""

    item: "Node"
    negated: bool


Node = Characters | Sequence | Choice | Repeat | Start | End | Boundary | Ahead

EMPTY = Sequence(())
NOTHING = Choice(())


def shown(pattern: str) -> str:
    """A pattern as messages name it: quoted, not longer than a line."""
    return f"the pattern '{pattern}'" if len(pattern) <= _WIDEST else f"the pattern '{pattern[:_WIDEST]}…'"


_WIDEST = 80
