"""How is JSONata run? The only module that uses jsonata-python, with bounds that the library lacks.

The library bounds time and depth between two steps of an evaluation. What a single step can do without end is bounded
here: matching a regular expression, making a text or a list longer and longer.
"""

import math
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import regex

_LIMIT: Final = sys.getrecursionlimit()

from jsonata.jexception import JException  # noqa: E402 - the line above comes first
from jsonata.jsonata import Jsonata  # noqa: E402 - as above
from jsonata.parser import Parser  # noqa: E402 - as above
from jsonata.regex_engine import RegexFlags  # noqa: E402 - as above
from jsonata.utils import Utils  # noqa: E402 - as above

sys.setrecursionlimit(_LIMIT)  # the library raises it tenfold for the process: deep recursion would crash Python

MATCH_SECONDS: Final = 0.5
NOTHING: Final = object()
"""The result of an expression that finds nothing: not null, which is a value."""
_MOST_AT_ONCE: Final = 1_000_000
"""Numbers of a range, characters of a padding: what a single step makes before anybody can look at it."""


class EvaluationError(Exception):
    """JSONata's error about an expression, in a line."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far an evaluation may go."""

    seconds: float
    depth: int
    """The depth of nested evaluations."""
    values: int
    """Characters of a text or items of a list."""


class Engine:
    """One parsed expression, for one thread. No evaluation leaves anything for the next."""

    def __init__(self, text: str) -> None:
        """Raise EvaluationError where the text is not valid JSONata."""
        try:
            self._expression = _Bounded(text, _regular_expression)
        except Exception as error:  # noqa: BLE001 - the library lets out whatever its parser falls over
            _refuse(error)
        if self._expression.errors:
            _refuse(self._expression.errors[0])
        self._expression.set_output_convert_nulls(False)
        self.variables = frozenset(_variables(self._expression.ast))

    def evaluate(self, value: Mapping[str, Any], limits: Limits) -> Any:  # noqa: ANN401 - any JSON value
        """The result as JSON, or NOTHING. Raise EvaluationError if it fails or exceeds a limit."""
        watch = _Watch(limits)
        self._expression.environment.set_evaluate_entry_callback(watch.enter)
        self._expression.environment.set_evaluate_exit_callback(watch.leave)
        try:
            return _plain(self._expression.evaluate(value, {}))
        except Exception as error:  # noqa: BLE001 - a division by zero, an impossible date, a recursion too deep, …
            _refuse(error)


class _Bounded(Jsonata):
    """JSONata whose ranges and padding end where other values do, and whose remainder keeps its fraction."""

    def evaluate_numeric_expression(self, lhs: Any, rhs: Any, op: Any) -> Any:  # noqa: ANN401 - as the library has it
        if op == "%" and Utils.is_numeric(lhs) and Utils.is_numeric(rhs):
            return Utils.convert_number(math.fmod(lhs, rhs))
        return super().evaluate_numeric_expression(lhs, rhs, op)

    def evaluate_range_expression(self, lhs: object, rhs: object) -> Any:  # noqa: ANN401 - as the library has it
        if isinstance(lhs, int) and isinstance(rhs, int) and rhs - lhs >= _MOST_AT_ONCE:
            raise EvaluationError(f"a range of {rhs - lhs + 1:,} numbers is too long")
        return super().evaluate_range_expression(lhs, rhs)

    def apply_inner(self, proc: Any, args: Any, input: Any, environment: Any) -> Any:  # noqa: A002, ANN401 - as above
        named = getattr(proc, "function_name", "")
        if named == "pad" and len(args) > 1 and isinstance(args[1], int | float) and abs(args[1]) > _MOST_AT_ONCE:
            raise EvaluationError(f"a text of {abs(args[1]):,} characters is too long")
        return super().apply_inner(proc, args, input, environment)


class _Watch:
    """Watches one evaluation: called at the beginning and end of every step."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._depth = 0
        self._deadline = time.monotonic() + limits.seconds

    def enter(self, _step: object, _value: object, _frame: object) -> None:
        self._depth += 1
        if self._depth > self._limits.depth:
            raise EvaluationError(f"it goes more than {self._limits.depth} levels deep")
        if time.monotonic() > self._deadline:
            raise EvaluationError(f"it takes longer than {self._limits.seconds:g} s")

    def leave(self, _step: object, _value: object, _frame: object, result: object) -> None:
        self._depth -= 1
        if isinstance(result, str | list) and len(result) > self._limits.values:
            raise EvaluationError(f"it produces a value of more than {self._limits.values:,} parts")


class _Pattern:
    """A regular expression that gives up in time, with the methods that the library calls."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._pattern = regex.compile(pattern, flags)  # type: ignore[no-untyped-call] # the library has no types

    def search(self, text: str) -> Any:  # noqa: ANN401 - a match
        return self._pattern.search(text, timeout=MATCH_SECONDS)

    def finditer(self, text: str) -> Any:  # noqa: ANN401 - matches
        return self._pattern.finditer(text, timeout=MATCH_SECONDS)

    def sub(self, put: Any, text: str, count: int = 0) -> str:  # noqa: ANN401 - a text or a function
        return str(self._pattern.sub(put, text, count=count, timeout=MATCH_SECONDS))

    def split(self, text: str, maxsplit: int = 0) -> list[str]:
        return list(self._pattern.split(text, maxsplit=maxsplit, timeout=MATCH_SECONDS))


def _regular_expression(pattern: str, flags: RegexFlags) -> _Pattern:
    chosen = (regex.IGNORECASE if flags.case_insensitive else 0) | (regex.MULTILINE if flags.multiline else 0)
    return _Pattern(pattern, chosen)


def _variables(root: object) -> Iterator[str]:
    """The names of all variables, functions among them, wherever a parsed expression has them."""
    pending, seen = [root], set[int]()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, list | tuple):
            pending.extend(node)
        elif isinstance(node, Parser.Symbol):
            if getattr(node, "type", None) == "variable":
                yield str(node.value)
            pending.extend(inner for name, inner in vars(node).items() if name != "_outer_instance")


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    """The library's value as JSON. Raise EvaluationError for what is not JSON, such as a function."""
    if value is None:
        return NOTHING
    return _json(value)


def _json(value: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    match value:
        case None:
            return None
        case _ if value is Utils.NULL_VALUE:
            return None
        case bool() | int():
            return value
        case float() if math.isfinite(value):
            return value
        case str():
            if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
                raise EvaluationError("it produces half a surrogate pair")
            return value
        case list():
            return [_json(item) for item in value]
        case dict():
            return {str(key): _json(item) for key, item in value.items()}
        case _:
            raise EvaluationError("it produces a function, which an event cannot hold")


def _refuse(error: Exception) -> NoReturn:
    if isinstance(error, EvaluationError):
        raise error
    if isinstance(error, RecursionError):
        raise EvaluationError("it is nested too deeply") from None
    if isinstance(error, TimeoutError):
        raise EvaluationError(f"a regular expression takes longer than {MATCH_SECONDS:g} s") from None
    if isinstance(error, ZeroDivisionError) or str(error) == "math domain error":
        raise EvaluationError("it divides by zero") from None
    said = " ".join(str(error).split()) or type(error).__name__
    place = f" (at character {error.location})" if isinstance(error, JException) and error.location > 0 else ""
    raise EvaluationError(f"{said[:1].lower()}{said[1:200]}{place}") from None
