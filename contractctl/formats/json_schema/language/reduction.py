"""What of a question is settled by looking at its patterns? Two versions of a pattern are almost the same pattern."""

from dataclasses import dataclass

from contractctl.formats.json_schema.language.syntax import (
    NOTHING,
    Characters,
    Choice,
    End,
    Node,
    Repeat,
    Sequence,
    Start,
)

_FEW = 16


@dataclass(frozen=True, slots=True)
class Counted:
    """A pattern that is a class and a length: `^[a-z]{1,255}$`."""

    every: Node
    """The same without its numbers."""
    least: int
    most: int | None


def counted(root: Node) -> Counted | None:
    """A pattern as a class and a length, where it is no more and its numbers are worth a thought."""
    match root:
        case Sequence(items=(Start(), Repeat(item=Characters() as item, least=least, most=most), End())):
            if max(least, most or 0) < _FEW:
                return None
            return Counted(Sequence((Start(), Repeat(item, 0, None), End())), least, most)
        case _:
            return None


def narrowed(wanted: Node, unwanted: Node) -> Node:
    """What is left of a wanted pattern without the alternatives that an unwanted one has in the same place.

    Strings that match by one of those match both, so none of them was asked for.
    """
    if wanted == unwanted:
        return NOTHING
    match wanted, unwanted:
        case (Choice(), _) | (_, Choice()):
            held = set(_choices(unwanted))
            kept = tuple(one for one in _choices(wanted) if one not in held)
            return wanted if kept == _choices(wanted) else Choice(kept)
        case Sequence(items=items), Sequence(items=others) if len(items) == len(others):
            return _narrowed_in_one_place(wanted, items, others)
        case Repeat(item=item, least=0, most=1), Repeat(item=other, least=0, most=1):
            left = narrowed(item, other)
            return wanted if left is item else left
        case _:
            return wanted


def _narrowed_in_one_place(wanted: Node, items: tuple[Node, ...], others: tuple[Node, ...]) -> Node:
    differing = [index for index, (one, other) in enumerate(zip(items, others, strict=True)) if one != other]
    if len(differing) != 1:
        return wanted
    (at,) = differing
    left = narrowed(items[at], others[at])
    return wanted if left is items[at] else Sequence((*items[:at], left, *items[at + 1 :]))


def _choices(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Choice) else (node,)
