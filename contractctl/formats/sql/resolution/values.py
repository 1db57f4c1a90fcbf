"""What becomes of a client's values in the provider's column, and of the provider's in the client's hands?"""

from collections.abc import Iterator

from contractctl.formats.sql.schema import MOST_OCTETS, NUMBERS, Column, Family, Type
from contractctl.model.verdict import Effect, Undecided

Judged = tuple[str, Effect] | Undecided
_REFUSED: Judged = ("sql-type-refused", Effect.FAILS)
_CHANGED: Judged = ("sql-type-changed", Effect.MISREADS)
_NARROWED: Judged = ("sql-type-narrowed", Effect.FAILS)
_ROUNDED: Judged = ("sql-precision-lost", Effect.MISREADS)
WIDENED: Judged = ("sql-type-widened", Effect.LOSES)
_ZONE: Judged = ("sql-time-zone-changed", Effect.MISREADS)

_MOMENTS = frozenset({Family.DATE, Family.TIMESTAMP})


def judge_type(  # noqa: C901 - one case a family
    client: Column, provider: Column, dialect: str, path: str
) -> Iterator[Judged]:
    """Every way in which the two types are incompatible: first what the client writes, then what it reads.

    A wider text is not an incompatibility: a client's text has no fixed size. A wider number is a loss: the client may
    hold it in a variable of the old width.
    """
    taken, given = client.type, provider.type
    if dialect == "sqlite":
        if _stored_as(taken) != _stored_as(given):
            yield _CHANGED
        return
    if taken.family != given.family:
        yield from _families(taken, given, dialect, path)
        return
    if taken.zeros != given.zeros:
        yield Undecided(path, "ZEROFILL puts zeros before a number, and contractctl cannot tell who reads it as a text")
    match taken.family:
        case Family.INTEGER:
            yield from _integers(taken, given)
        case Family.DECIMAL:
            yield from _decimals(taken, given)
        case Family.FLOAT:
            yield from _floats(taken, given, path)
        case Family.TEXT | Family.BINARY:
            yield from _texts(taken, given, dialect)
        case Family.TIME | Family.TIMESTAMP:
            yield from _moments(taken, given)
        case Family.OTHER:
            yield from _others(taken, given, path)
        case Family.ENUM:
            yield from _enums(taken, given, dialect, path)
        case Family.BOOLEAN | Family.DATE:
            return


def _stored_as(kind: Type) -> str | None:
    """INTEGER and NUMERIC affinity store alike: https://www.sqlite.org/datatype3.html#type_affinity.

    So do ANY and BLOB; what a strict table refuses is judged with its strictness.
    """
    return {"INTEGER": "NUMERIC", "ANY": "BLOB"}.get(kind.affinity or "", kind.affinity)


def _less(one: int | None, other: int | None) -> bool:
    """Whether a limit is below another; None is not a limit."""
    return one is not None and (other is None or one < other)


def bounds(kind: Type) -> tuple[int, int]:
    """The least and the greatest whole number of a type."""
    bits = kind.size or 64
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if kind.signed else (0, 2**bits - 1)


def holds_all(kind: Type, other: Type) -> bool:
    """Whether a type of whole numbers holds all of another one's, and more."""
    (low, high), (least, most) = bounds(kind), bounds(other)
    return low <= least and most <= high and (low, high) != (least, most)


def _integers(taken: Type, given: Type) -> Iterator[Judged]:
    (low, high), (new_low, new_high) = bounds(taken), bounds(given)
    if new_low > low or new_high < high:
        yield _NARROWED
    elif (low, high) != (new_low, new_high):
        yield WIDENED


def _digits(kind: Type) -> int | None:
    """Digits before the point; None: no limit."""
    return None if kind.size is None else kind.size - (kind.scale or 0)


def _decimals(taken: Type, given: Type) -> Iterator[Judged]:
    if _less(_digits(given), _digits(taken)) or (taken.signed and not given.signed):
        yield _NARROWED
    if _less(given.scale, taken.scale):
        yield _ROUNDED
    if _less(taken.scale, given.scale) or _less(_digits(taken), _digits(given)):
        yield WIDENED


def _floats(taken: Type, given: Type, path: str) -> Iterator[Judged]:
    if taken.signed and not given.signed:
        yield _NARROWED
    if _less(given.size, taken.size):
        yield _ROUNDED
    if _less(taken.size, given.size):
        yield WIDENED
    if given.name not in {"", taken.name}:
        yield Undecided(path, f"contractctl cannot tell whether '{given.text}' holds all that '{taken.text}' holds")


def _texts(taken: Type, given: Type, dialect: str) -> Iterator[Judged]:
    needed = taken.size
    if needed is not None and given.octets and not taken.octets:
        needed *= MOST_OCTETS
    if _less(given.size, needed):
        yield _NARROWED
    longer = taken.padded and given.padded and _less(taken.size, given.size)
    keeps_padding = dialect != "mysql" or taken.family is Family.BINARY  # MySQL takes the spaces of a CHAR off again
    if taken.padded != given.padded or taken.name != given.name or (longer and keeps_padding):
        yield _CHANGED


def _moments(taken: Type, given: Type) -> Iterator[Judged]:
    if taken.zoned != given.zoned:
        yield _ZONE
    if _less(given.scale, taken.scale):
        yield _ROUNDED
    if _less(taken.scale, given.scale):
        yield WIDENED


def _enums(taken: Type, given: Type, dialect: str, path: str) -> Iterator[Judged]:
    """Their values are judged by themselves."""
    if taken.name == given.name:
        return
    if dialect == "mysql":  # a SET holds several of its values
        yield _REFUSED if taken.name == "set" else _CHANGED
        return
    told = f"the enum is called '{given.name}', and statements may name it '{taken.name}', as casts do"
    yield Undecided(path, f"{told}: contractctl cannot tell whether one does")


def _others(taken: Type, given: Type, path: str) -> Iterator[Judged]:
    if taken.text == given.text:
        return
    if {taken.name, given.name} == {"json", "jsonb"}:
        yield _CHANGED  # jsonb drops white space, the order of keys, and repeated keys
        return
    if taken.name == given.name:
        yield Undecided(path, f"contractctl cannot tell whether '{given.text}' holds all that '{taken.text}' holds")
        return
    yield _REFUSED


def _families(taken: Type, given: Type, dialect: str, path: str) -> Iterator[Judged]:
    """Values of one family in a column of another."""
    pair = {taken.family, given.family}
    if pair <= NUMBERS:
        yield from _numbers(taken, given)
    elif taken.family is Family.ENUM and given.family is Family.TEXT:
        if given.size is not None and any(len(symbol) > given.size for symbol in taken.symbols):
            yield _NARROWED
        yield _CHANGED
    elif pair == _MOMENTS or (dialect == "mysql" and _mysql_converts(taken, given)):
        yield _CHANGED
    elif Family.OTHER in pair and dialect == "mysql":
        yield Undecided(path, f"contractctl cannot tell what MySQL makes of a '{taken.text}' in a '{given.text}'")
    else:
        yield _REFUSED


def _mysql_converts(taken: Type, given: Type) -> bool:
    """Whether MySQL turns any value of the one into the other without an error (strict mode)."""
    if given.family in {Family.TEXT, Family.BINARY}:
        return taken.family is not Family.BINARY and not _less(given.size, 255)
    return False


def _numbers(taken: Type, given: Type) -> Iterator[Judged]:
    if _whole_digits(given) < _whole_digits(taken):
        yield _NARROWED
    cuts = given.family is Family.INTEGER or (given.family is Family.DECIMAL and given.scale is not None)
    rounds = given.family is Family.FLOAT or (cuts and taken.family is not Family.INTEGER)
    yield _ROUNDED if rounds else _CHANGED


def _whole_digits(kind: Type) -> float:
    """How many digits a number may have before its point, as far as one can say."""
    if kind.family is Family.DECIMAL:
        digits = _digits(kind)
        return float("inf") if digits is None else digits
    if kind.family is Family.FLOAT:
        return float("inf")
    return len(str(bounds(kind)[1]))
