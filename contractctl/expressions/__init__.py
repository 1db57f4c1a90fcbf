"""What does a declared expression make of an event? JSONata, parsed once, bounded, and a function of its input alone.

An expression belongs to a plan: `up` makes a value of the new version from a record of the old one, `down` the other
way round. The language is JSONata (https://docs.jsonata.org), whose numbers are doubles: a value that is passed on as
it is stays exact, one that is calculated with is exact up to 2^53.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from contractctl.documents import Json
from contractctl.errors import ContractctlError

if TYPE_CHECKING:
    from contractctl.expressions.jsonata_engine import Engine

Event = Mapping[str, Json]

VOLATILE = frozenset({"now", "millis", "random", "shuffle"})
"""Functions whose result differs each time: their conversions could never be checked."""
HIDDEN = frozenset({"eval"})
"""It evaluates text that nobody has reviewed."""
MOST_CHARACTERS = 10_000
MOST_SECONDS = 1.0
"""An evaluation that takes longer is aborted."""
MOST_DEPTH = 100
"""The depth of nested evaluations, such as recursive functions."""
MOST_VALUES = 1_000_000
"""How many characters of a text, or items of a list, an expression may create along the way."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed JSONata expression, which may be evaluated."""

    text: str
    where: str
    """What it is for, in messages: `--up of 'first_name'`."""
    engine: "Engine" = field(repr=False, compare=False)


def read_expression(text: str, where: str) -> Expression:
    """Parse an expression. `where`: its place, for messages.

    Raise ContractctlError for invalid JSONata, for functions whose answer is never the same twice, and for $eval.
    """
    if not text.strip():
        raise ContractctlError(f"{where}: the expression is empty", hint="write JSONata, a field's name for example")
    if len(text) > MOST_CHARACTERS:
        raise ContractctlError(f"{where}: {len(text):,} characters are too many", hint=f"at most {MOST_CHARACTERS:,}")
    from contractctl.expressions.jsonata_engine import Engine, EvaluationError

    try:
        engine = Engine(text)
    except EvaluationError as error:
        raise ContractctlError(
            f"{where}: '{_short(text)}' is not valid JSONata: {error}", hint="see https://docs.jsonata.org"
        ) from None
    for name in sorted(engine.variables & (VOLATILE | HIDDEN)):
        said = "answers differently each time" if name in VOLATILE else "evaluates a text that nobody has reviewed"
        raise ContractctlError(
            f"{where}: ${name} {said}, so its results could not be verified",
            hint="use only the event's own fields",
        )
    return Expression(text, where, engine)


def evaluate(expression: Expression, event: Event) -> Json:
    """The value that an expression makes of an event. The event is not changed.

    Raise ContractctlError if it yields none, fails, or takes too long.
    """
    found = find(expression, event)
    if not found:
        _refuse(expression, f"'{_short(expression.text)}' finds nothing in the event")
    return found[0]


def find(expression: Expression, event: Event) -> tuple[Json, ...]:
    """The value that an expression makes of an event; none if it finds nothing there. The event is not changed.

    Raise ContractctlError if it fails or takes too long.
    """
    from contractctl.expressions.jsonata_engine import NOTHING, EvaluationError, Limits

    limits = Limits(MOST_SECONDS, MOST_DEPTH, MOST_VALUES)
    try:
        value = expression.engine.evaluate(event, limits)
    except EvaluationError as error:
        _refuse(expression, f"'{_short(expression.text)}' fails: {error}")
    return () if value is NOTHING else (value,)


def apply(expressions: Mapping[str, Expression], event: Event) -> dict[str, Json]:
    """What each expression makes of one event."""
    return {name: evaluate(expression, event) for name, expression in expressions.items()}


def same(left: Json, right: Json) -> bool:
    """Whether two JSON values are equal: 1 and 1.0 are, 1 and true are not."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    return left == right


def _refuse(expression: Expression, said: str) -> NoReturn:
    raise ContractctlError(f"{expression.where}: {said}", hint="fix the expression or the event")


def _short(text: str) -> str:
    most, line = 80, " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
