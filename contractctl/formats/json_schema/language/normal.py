"""How is a pattern written so that no repetition goes round without a character?

What is repeated and may be empty would lead round in circles, or through a thousand rounds of nothing. ECMA-262 ends a
repetition at an empty round (https://tc39.es/ecma262/#sec-runtime-semantics-repeatmatcher-abstract-operation), and
which texts match does not change if there are none: so the item is replaced by that part of it that takes characters.
"""

from contractctl.formats.json_schema.language.syntax import (
    EMPTY,
    NOTHING,
    Ahead,
    Characters,
    Choice,
    Node,
    Repeat,
    Sequence,
    Unreadable,
)

_MOST_EMPTY = 20
_MOST_ITEMS = 100_000


def normal(node: Node) -> Node:
    """The same texts match, and every repetition takes a character a round."""
    match node:
        case Sequence(items=items):
            return Sequence(tuple(normal(item) for item in items))
        case Choice(items=items):
            return Choice(tuple(normal(item) for item in items))
        case Ahead(item=item, negated=negated):
            return Ahead(normal(item), negated)
        case Repeat(item=item, least=least, most=most):
            return _repeat(normal(item), least, most)
        case _:
            return node


def _repeat(item: Node, least: int, most: int | None) -> Node:
    empty = _empty_part(item)
    if empty is None:
        return Repeat(item, least, most)
    if empty is EMPTY or least == 0:
        return Repeat(_taking_part(item), 0, most)
    # empty only where an assertion holds, and so many rounds there must be
    if least > _MOST_EMPTY:
        raise Unreadable("a pattern repeats an assertion too often")
    left = None if most is None else most - least
    return Sequence((*[item] * least, Repeat(_taking_part(item), 0, left)))


def _empty_part(node: Node) -> Node | None:
    """The part that takes no characters: its assertions, EMPTY if it has none; None if there is no such part."""
    match node:
        case Characters():
            return None
        case Sequence(items=items):
            return _all_of([_empty_part(item) for item in items])
        case Choice(items=items):
            return _any_of([part for item in items if (part := _empty_part(item)) is not None])
        case Repeat(item=item, least=least):
            return EMPTY if least == 0 else _empty_part(item)
        case _:
            return node


def _all_of(parts: list[Node | None]) -> Node | None:
    held = [part for part in parts if part is not None]
    if len(held) < len(parts):
        return None
    asserted = tuple(part for part in held if part is not EMPTY)
    return Sequence(asserted) if asserted else EMPTY


def _any_of(parts: list[Node]) -> Node | None:
    if not parts:
        return None
    return EMPTY if any(part is EMPTY for part in parts) else Choice(tuple(parts))


def _taking_part(node: Node) -> Node:
    """The part of a node, in normal form, that takes at least one character."""
    match node:
        case Characters():
            return node
        case Sequence(items=items):
            return _taking_sequence(items)
        case Choice(items=items):
            return Choice(tuple(_taking_part(item) for item in items))
        case Repeat(item=item, least=least, most=most):
            if most == 0:
                return NOTHING
            return Repeat(item, max(least, 1), most)
        case _:
            return NOTHING


def _taking_sequence(items: tuple[Node, ...]) -> Node:
    """Whichever item is the first to take a character: those before are empty, those behind as they are."""
    choices: list[Node] = []
    before: list[Node] = []
    for index, item in enumerate(items):
        choices.append(Sequence((*before, _taking_part(item), *items[index + 1 :])))
        empty = _empty_part(item)
        if empty is None:
            break
        before.append(empty)
        if len(choices) * len(items) > _MOST_ITEMS:
            raise Unreadable("a pattern repeats too many parts that may be empty")
    return Choice(tuple(choices))
