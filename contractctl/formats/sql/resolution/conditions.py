"""Does every row that the one side may write meet the other side's CHECKs?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from contractctl.formats.sql.demands import Among, Conditions, Range, Values, conditions, type_limits
from contractctl.formats.sql.expressions import Constant, as_number, constant
from contractctl.formats.sql.schema import NUMBERS, Column, Family, Table, column_pointer, table_pointer
from contractctl.model.verdict import Effect, Found, Incompatibility, Pointer, Undecided

Holds = Callable[[Values, Constant], bool]
_LETTERS = tuple("xyzqwvkj") + tuple("abcdefghilmnoprstu")


@dataclass(frozen=True, slots=True)
class _Sides:
    """Who may write what, and who asks what of it."""

    client: Table
    provider: Table
    dialect: str
    rule: str
    effect: Effect

    @property
    def writer(self) -> Table:
        return self.client if self.effect is Effect.FAILS else self.provider


def checks(client: Table, provider: Table, dialect: str) -> Iterator[Found]:
    """What the client writes must pass the provider's checks; what it reads, the checks that it knows."""
    own, theirs = conditions(client.checks), conditions(provider.checks)
    yield from _unmet(_Sides(client, provider, dialect, "sql-check-added", Effect.FAILS), own, theirs)
    yield from _unmet(_Sides(client, provider, dialect, "sql-check-removed", Effect.MISREADS), theirs, own)


def _unmet(sides: _Sides, held: Conditions, asked: Conditions) -> Iterator[Found]:
    for term, demands in asked.terms.items():
        for demand in demands:
            yield from _demand(sides, held, term, demand, asked.columns[term])
    for other in sorted(asked.others - held.others):
        if not (other in asked.open_to_null and _left_null(sides, asked.columns[other])):
            yield from _other(sides, other, asked.columns[other])


def _demand(sides: _Sides, held: Conditions, term: str, demand: Values, names: frozenset[str]) -> Iterator[Found]:
    if any(sides.writer.column(name) is None for name in names):
        yield from _left_out(sides, term, demand, names)
        return
    column = sides.writer.column(term)
    whole = column is not None and _whole(column, sides)
    limits = _limits(sides, held, term, names)
    holds = _comparison(column)
    textual = any(_textual(column, values) for values in (demand, *limits))
    if demand in limits or (not textual and _included(limits, demand, holds, whole=whole)):
        return
    entangled = textual or any(names & held.columns[other] for other in held.others)
    fitting = (value for value in _candidates(limits, demand, column, term) if not whole or _is_whole(value))
    example = None if entangled else _example(limits, demand, fitting, holds)
    if example is None:
        yield _undecided(sides, term, names)
        return
    facts = {"table": sides.client.written, "condition": _words(term, demand), "value": _shown(example)}
    name = next(iter(sorted(names)))
    path = f"{sides.client.written}.{name}"
    yield Incompatibility(sides.rule, sides.effect, path, facts, *_at(sides, name))


def _left_out(sides: _Sides, term: str, demand: Values, names: frozenset[str]) -> Iterator[Found]:
    """The condition is about a column that the writer does not know: its default must meet it."""
    if sides.effect is not Effect.FAILS:
        return  # the column is gone, which is a finding of its own
    column = sides.provider.column(term)
    if column is None or column.generated is not None or (column.counted and not _counts_within(demand)):
        yield _undecided(sides, term, names)
    elif column.default is not None:
        value = constant(column.default.tree)
        if value is None or _textual(column, demand) or not _comparison(column)(demand, value):
            yield _undecided(sides, term, names)


def _counts_within(demand: Values) -> bool:
    """Whether all numbers from one on meet it."""
    return isinstance(demand, Range) and demand.high is None and demand.holds(Decimal(1))


def _left_null(sides: _Sides, names: frozenset[str]) -> bool:
    """Whether the writer knows none of the columns, and a row that leaves them out has NULL there."""
    columns = [sides.provider.column(name) for name in names]
    left_out = sides.effect is Effect.FAILS and all(sides.writer.column(name) is None for name in names)
    return left_out and all(column is not None and column.absent_is_null for column in columns)


def _other(sides: _Sides, text: str, names: frozenset[str]) -> Iterator[Found]:
    missing = [name for name in names if sides.writer.column(name) is None]
    if missing and sides.effect is not Effect.FAILS:
        return
    yield _undecided(sides, text, names)


def _undecided(sides: _Sides, text: str, names: frozenset[str]) -> Undecided:
    what = "asks for more" if sides.effect is Effect.FAILS else "promises less"
    name = next(iter(sorted(names)), "")
    path = f"{sides.client.written}.{name}" if name else sides.client.written
    reason = f"the check on '{text}' {what} than before, and contractctl cannot tell which values that concerns"
    return Undecided(path, reason, *_at(sides, name))


def _at(sides: _Sides, name: str) -> tuple[Pointer, Pointer]:
    tables = (sides.client, sides.provider)
    places = [column_pointer(t.name, name) if t.column(name) else table_pointer(t.name) for t in tables]
    return places[0], places[1]


def _whole(column: Column, sides: _Sides) -> bool:
    """Whether it holds whole numbers and nothing else; SQLite's integers may hold 0.5."""
    if column.type.family is not Family.INTEGER:
        return False
    return sides.dialect != "sqlite" or (sides.client.strict and sides.provider.strict)


def _limits(sides: _Sides, held: Conditions, term: str, names: frozenset[str]) -> tuple[Values, ...]:
    found = list(held.terms.get(term, ()))
    for name in names:
        column = sides.writer.column(name)
        if column is not None:
            found += [values for bound, values in type_limits(name, column.type) if bound == term]
    return tuple(found)


def _included(limits: tuple[Values, ...], demand: Values, holds: Holds, *, whole: bool) -> bool:
    """Whether one of the limits alone, or all of them together, keeps within the demand."""
    listed = [limit for limit in limits if isinstance(limit, Among)]
    if listed:
        left = [v for v in listed[0].values if all(holds(limit, v) for limit in limits)]
        return all(holds(demand, value) for value in left)
    ranges = [_closed(limit, whole=whole) for limit in limits if isinstance(limit, Range)]
    if isinstance(demand, Among):
        return False
    wanted = _closed(demand, whole=whole)
    low_kept = wanted.low is None or any(_above(r, wanted) for r in ranges)
    high_kept = wanted.high is None or any(_below(r, wanted) for r in ranges)
    return low_kept and high_kept


def _textual(column: Column | None, values: Values) -> bool:
    """Whether a text meets a number: nothing is said here about which of them becomes what the other is.

    In SQLite the bounds become texts, and '10' is below '2' then; in MySQL the text becomes a number.
    """
    if column is None or column.type.affinity not in {None, "TEXT"} or column.type.family is not Family.TEXT:
        return False
    numbers = isinstance(values, Range) or any(isinstance(value, Decimal) for value in values.values)
    return isinstance(values, Range) if column.type.affinity == "TEXT" else numbers


def _comparison(column: Column | None) -> Holds:
    """How a column's values compare with constants: https://www.sqlite.org/datatype3.html#comparison_expressions.

    Where SQLite's column has no affinity, '1' is not 1; where it has a numeric one, a text is above all numbers.
    Elsewhere the constant becomes what the column is.
    """
    affinity = column.type.affinity if column is not None else None
    blind = column is not None and column.collation is not None and "bin" not in column.collation

    def holds(values: Values, value: Constant) -> bool:
        number = as_number(value) if affinity not in {"ANY", "BLOB", "TEXT"} else None
        if isinstance(values, Range):
            known = number if number is not None else value
            above = affinity is not None and isinstance(known, str) and values.high is None
            return above or values.holds(known)
        forms = {value} if number is None else {value, number}
        if affinity == "TEXT":
            return str(value) in {str(each) for each in values.values}
        others = {as_number(each) for each in values.values} if number is not None else set()
        folded = {each.lower() for each in values.values if isinstance(each, str)} if blind else set()
        same = isinstance(value, str) and value.lower() in folded
        return same or bool(forms & (values.values | others))

    return holds


def _above(inner: Range, outer: Range) -> bool:
    if inner.low is None or outer.low is None:
        return outer.low is None
    return inner.low > outer.low or (inner.low == outer.low and (inner.low_open or not outer.low_open))


def _below(inner: Range, outer: Range) -> bool:
    if inner.high is None or outer.high is None:
        return outer.high is None
    return inner.high < outer.high or (inner.high == outer.high and (inner.high_open or not outer.high_open))


def _closed(values: Range, *, whole: bool) -> Range:
    """Over whole numbers, `> 0` is `>= 1`."""
    if not whole:
        return values
    low, high = values.low, values.high
    if low is not None:
        low = low.to_integral_value(rounding="ROUND_CEILING") + (values.low_open and low == low.to_integral_value())
    if high is not None:
        high = high.to_integral_value(rounding="ROUND_FLOOR") - (values.high_open and high == high.to_integral_value())
    return Range(low, high)


def _example(
    limits: tuple[Values, ...], demand: Values, candidates: Iterator[Constant], holds: Holds
) -> Constant | None:
    """A value that is within the limits and not within the demand."""
    inside = (value for value in candidates if all(holds(limit, value) for limit in limits))
    return next((value for value in inside if not holds(demand, value)), None)


def _is_whole(value: Constant) -> bool:
    return isinstance(value, str) or value == value.to_integral_value()


def _candidates(limits: tuple[Values, ...], demand: Values, column: Column | None, term: str) -> Iterator[Constant]:
    listed = [value for limit in limits if isinstance(limit, Among) for value in limit.values]
    if listed:
        yield from sorted(listed, key=str)
        return
    lengths = "LENGTH(" in term
    if column is None and not lengths:
        return
    if lengths or (column is not None and column.type.family in NUMBERS):
        edges = [edge for values in (*limits, demand) for edge in _edges(values) if not lengths or edge >= 0]
        near = chain.from_iterable((edge, edge + 1, edge - 1, edge + Decimal("0.5")) for edge in edges)
        yield from (value for value in near if not lengths or (value >= 0 and value == value.to_integral_value()))
    elif column is not None and column.type.family in {Family.TEXT, Family.BINARY}:
        yield from _LETTERS


def _edges(values: Values) -> Iterator[Decimal]:
    if isinstance(values, Among):
        numbers = [value for value in values.values if isinstance(value, Decimal)]
        yield from (max(numbers), min(numbers)) if numbers else ()
        return
    yield from (edge for edge in (values.low, values.high) if edge is not None)


def _words(term: str, values: Values) -> str:
    if isinstance(values, Among):
        return f"{term} in ({', '.join(_shown(value) for value in sorted(values.values, key=str))})"
    low = f"{term} {'>' if values.low_open else '>='} {values.low}" if values.low is not None else ""
    high = f"{term} {'<' if values.high_open else '<='} {values.high}" if values.high is not None else ""
    return " and ".join(part for part in (low, high) if part)


def _shown(value: Constant) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)
