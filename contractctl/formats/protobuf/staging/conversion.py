"""How does one message of the old version become one of the new, and the other way? By numbers, then by the operations.

What both versions know by one number goes over as bytes. A renamed field takes its value along; a new one is made by
its expression, where the plan has one, over the record as JSON has it, with the names of the schema.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contractctl.errors import ContractctlError
from contractctl.formats.protobuf import runtime
from contractctl.formats.protobuf.schema import Schema
from contractctl.model.plan import Operation

if TYPE_CHECKING:
    from contractctl.expressions import Expression

Value = Any
"""A message of the runtime."""


@dataclass(frozen=True, slots=True)
class Converter:
    """Both directions. Messages are those of the runtime; they are not changed."""

    up: Callable[[Value], Value]
    """Old to new. Raise ContractctlError for a message that cannot go."""
    down: Callable[[Value], Value]
    """New to old."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """One direction."""

    source: Schema
    target: Schema
    renamed: Mapping[str, Mapping[str, str]]
    """By message: the source's name of a field → the target's."""
    made: "Mapping[str, Mapping[str, Expression]]"
    """By message: the target's name of a field → what makes it."""

    @property
    def touched(self) -> frozenset[str]:
        return frozenset(self.renamed) | frozenset(self.made)


def converter(old: Schema, new: Schema, operations: tuple[Operation, ...]) -> Converter:
    """The mapping that the operations of a plan describe."""
    up, down = _turn(old, new, operations, upwards=True), _turn(new, old, operations, upwards=False)
    return Converter(lambda message: _converted(up, message), lambda message: _converted(down, message))


def _turn(source: Schema, target: Schema, operations: tuple[Operation, ...], *, upwards: bool) -> _Turn:
    renamed: dict[str, dict[str, str]] = {}
    made: dict[str, dict[str, Expression]] = {}
    for operation in operations:
        here, there = (operation.old, operation.new) if upwards else (operation.new, operation.old)
        if there is not None:
            _demand_field(target, operation, there)
        expression = operation.transform and (operation.transform.up if upwards else operation.transform.down)
        if there is not None and expression:
            from contractctl.expressions import read_expression

            where = f"--{'up' if upwards else 'down'} of '{there}'"
            made.setdefault(operation.subject, {})[there] = read_expression(expression, where)
        elif here is not None and there is not None:
            renamed.setdefault(operation.subject, {})[here] = there
    return _Turn(source, target, renamed, made)


def _demand_field(target: Schema, operation: Operation, name: str) -> None:
    if operation.subject not in target.names.messages or name not in target.message(operation.subject).by_name:
        raise ContractctlError(
            f"the plan's {operation.kind} names '{operation.subject}.{name}', which does not exist in that version",
            hint="create the plan again from the two versions: contractctl plan",
        )


def _converted(turn: _Turn, message: Value) -> Value:
    name = message.DESCRIPTOR.full_name
    said = runtime.read_binary(turn.target.pool, name, message.SerializePartialToString())
    if isinstance(said, runtime.Refused):
        raise ContractctlError(
            f"the {name} cannot be converted: {said.why}", hint="fix the event, or give the plan an expression for it"
        )
    for before, after in _inside(message, said):
        _apply(turn, before, after)
    said.DiscardUnknownFields()
    return said


def _apply(turn: _Turn, before: Value, after: Value) -> None:
    """The operations on one message."""
    name = before.DESCRIPTOR.full_name
    for old, new in turn.renamed.get(name, {}).items():
        if not _is_set(after, new) and _is_set(before, old):
            _copy(before, old, after, new)
    expressions = turn.made.get(name, {})
    wanted = {field: one for field, one in expressions.items() if not _is_set(after, field)}
    if wanted:
        from contractctl.expressions import apply

        runtime.put_json(after, apply(wanted, runtime.record(before)))


def _is_set(message: Value, name: str) -> bool:
    return any(field.name == name for field, _ in message.ListFields())


def _copy(before: Value, old: str, after: Value, new: str) -> None:
    """One field's value under another name: by its JSON, as the classes of the two versions do not know each other."""
    runtime.put_json(after, {new: runtime.plain(before)[old]})


def _inside(before: Value, after: Value) -> Iterator[tuple[Value, Value]]:
    """Two messages, and those inside them that have the same number, innermost first."""
    names = {field.number: field for field, _ in after.ListFields()}
    for field, value in before.ListFields():
        other = names.get(field.number)
        if other is None or other.message_type is None or field.message_type is None:
            continue
        yield from _pairs(value, getattr(after, other.name) if not other.is_extension else after.Extensions[other])
    yield before, after


def _pairs(before: Value, after: Value) -> Iterator[tuple[Value, Value]]:
    if hasattr(before, "items") and hasattr(after, "items"):
        for key, value in before.items():
            if hasattr(value, "ListFields") and key in after:
                yield from _inside(value, after[key])
    elif hasattr(before, "ListFields") and hasattr(after, "ListFields"):
        yield from _inside(before, after)
    elif not hasattr(before, "ListFields") and not hasattr(after, "ListFields") and not hasattr(before, "items"):
        for one, other in zip(before, after, strict=False):
            yield from _inside(one, other)
