"""Does a client understand what a provider answers? Lists, null and leaves as https://spec.graphql.org/October2021/#sec-Value-Completion."""

from collections.abc import Iterator
from dataclasses import dataclass

from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.types import BUILT_IN, item, named

_READ_ALIKE = {("Float", "Int"), ("String", "ID"), ("ID", "String")}
"""The client's type, and one whose every value the client reads as one of its own."""


@dataclass(frozen=True, slots=True)
class Null:
    """Null may come where the client's type promises that it does not: as the whole, or as an item of a list."""


@dataclass(frozen=True, slots=True)
class Other:
    """What comes is not a value of the client's type."""

    value: str
    """Such a value, in words."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Another type, whose values read as values of the client's type."""


@dataclass(frozen=True, slots=True)
class Unsaid:
    """What values a type has is not written in the schema."""

    reason: str


@dataclass(frozen=True, slots=True)
class Objects:
    """Another object, interface or union: a matter of what is selected in it."""


Judged = Null | Other | Alike | Unsaid | Objects


def judge(client: Schema, provider: Schema, mine: str, theirs: str) -> Iterator[Judged]:
    """What a client that expects `mine` makes of answers of the type `theirs`."""
    unexpected = mine.endswith("!") and not theirs.endswith("!")
    if unexpected:
        yield Null()
    inside, others = item(mine), item(theirs)
    if (inside is None) != (others is None):
        yield Other("a list" if inside is None else "no list")
    elif inside is not None and others is not None:
        yield from (one for one in judge(client, provider, inside, others) if one != Null() or not unexpected)
    elif named(mine) != named(theirs):
        judged = _named(client, provider, named(mine), named(theirs))
        if judged is not None:
            yield judged


def _named(client: Schema, provider: Schema, mine: str, theirs: str) -> Judged | None:
    expected, answered = client.types.get(mine), provider.types.get(theirs)
    if expected is None or answered is None:
        return Unsaid(f"'{mine if expected is None else theirs}' is not defined in what was given")
    if expected.is_composite or answered.is_composite:
        if expected.is_composite and answered.is_composite:
            return Objects()
        return Other("an object" if answered.is_composite else "no object")
    if expected.kind == answered.kind == "enum":
        unknown = [name for name in answered.symbols if name not in expected.symbols]
        return Other(unknown[0]) if unknown else Alike()
    if answered.kind == "enum":
        return _symbol_as(mine, next(iter(answered.symbols), ""))
    if mine not in BUILT_IN and expected.kind == "scalar":
        return Unsaid(
            f"the schema does not say which values '{mine}' has, nor whether those of '{theirs}' are among them"
        )
    if theirs not in BUILT_IN:
        return Unsaid(f"the schema does not say which values '{theirs}' has")
    return Alike() if (mine, theirs) in _READ_ALIKE else Other(_EXAMPLES[theirs])


def _symbol_as(mine: str, symbol: str) -> Judged:
    if mine in {"String", "ID"}:
        return Alike()
    return Other(symbol) if mine in BUILT_IN else Unsaid(f"the schema does not say which values '{mine}' has")


_EXAMPLES = {"Int": "1", "Float": "1.5", "String": '"a"', "Boolean": "true", "ID": '"a"'}
