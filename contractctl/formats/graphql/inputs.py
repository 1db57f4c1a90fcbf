"""Does a provider take what a client gives? Arguments and fields of input objects.

https://spec.graphql.org/October2021/#sec-All-Variable-Usages-are-Allowed and the coercion of each type of input.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter

from contractctl.formats.graphql.types import Input, ObjectValue, Type, Value, item, named, nullable
from contractctl.model.verdict import Effect, Incompatibility, Pointer


@dataclass(frozen=True, slots=True)
class Holder:
    """What the inputs belong to: a field, a directive or an input object."""

    name: str
    """`Query.user`, `@cached`, `CreateUser`."""
    what: str
    """argument, or input field."""
    pointer: Pointer
    one_of: bool = False
    """Whether the client leaves out all but one, and never gives null."""

    def path(self, name: str) -> str:
        """The coordinate of one input: `Query.user(id:)`, `CreateUser.name`."""
        return f"{self.name}({name}:)" if self.what == "argument" else f"{self.name}.{name}"


Types = Mapping[str, Type]
"""Those of a schema, by name: what is left out in a default has defaults of its own."""


def judge(
    holder: Holder, client: Mapping[str, Input], provider: Mapping[str, Input], known: tuple[Types, Types]
) -> Iterator[Incompatibility]:
    """Every input that the client may give, and every one that it does not know and would have to give.

    known: the client's types, and the provider's.
    """
    for mine in client.values():
        theirs = provider.get(mine.name)
        if theirs is None:
            yield _found("removed", Effect.FAILS, holder, mine)
        elif theirs != mine:
            yield from _changed(holder, mine, theirs, known, others=len(client) > 1)
    for theirs in provider.values():
        if theirs.required and theirs.name not in client:
            yield _found("required", Effect.FAILS, holder, theirs, why="is new and has to be given")


def _changed(
    holder: Holder, mine: Input, theirs: Input, known: tuple[Types, Types], *, others: bool
) -> Iterator[Incompatibility]:
    types = {"before": mine.type, "after": theirs.type}
    if not _same_build(mine.type, theirs.type):
        yield _found("type-changed", Effect.FAILS, holder, mine, **types)
        return
    if mine.default is not None and theirs.required:
        yield _found("required", Effect.FAILS, holder, mine, why="has no default any more", **types)
    elif holder.one_of and theirs.required and others:
        yield _found("required", Effect.FAILS, holder, mine, why="was one of several")
    elif refuses_null(nullable(mine.type) + "!" if holder.one_of else mine.type, theirs.type):
        yield _found("null-refused", Effect.FAILS, holder, mine, **types)
    if mine.default is not None and not theirs.required:
        before = _said(mine.default, mine.type, known[0])
        default = theirs.default
        # of what both leave out, another default is a finding of its own: read by the client's, too
        after = [] if default is None else [_said(default, theirs.type, types) for types in known]
        if before not in after:
            words = {"before": written(mine.default), "after": written(theirs.default) if theirs.default else "nothing"}
            yield _found("default-changed", Effect.MISREADS, holder, mine, **words)


def _found(rule: str, effect: Effect, holder: Holder, one: Input, **facts: str) -> Incompatibility:
    known = {"what": holder.what, "input": one.name, "holder": holder.name, "type": one.type}
    at = (*holder.pointer, one.name)
    return Incompatibility(f"graphql-input-{rule}", effect, holder.path(one.name), known | facts, at, at)


def _same_build(mine: str, theirs: str) -> bool:
    """Whether lists and the name inside are the same: a variable of any other type is refused, whatever it holds."""
    return mine.replace("!", "") == theirs.replace("!", "")


def refuses_null(mine: str, theirs: str) -> bool:
    """Whether null is refused where the client may give it: as the whole, or as an item."""
    if theirs.endswith("!") and not mine.endswith("!"):
        return True
    inside, others = item(mine), item(theirs)
    return inside is not None and others is not None and refuses_null(inside, others)


def _said(value: Value, type_: str, known: Types, inside: frozenset[tuple[str, str]] = frozenset()) -> object:
    """What a constant means as that type: `1` is a list of one, where a list is expected.

    inside: the fields whose defaults are being read, so that none is read inside itself.
    """
    item_type = item(type_)
    if item_type is not None and value != "null":
        items = value if isinstance(value, tuple) else (value,)
        return tuple(_said(one, item_type, known, inside) for one in items)
    if isinstance(value, tuple):
        return tuple(_said(one, nullable(type_), known, inside) for one in value)
    if isinstance(value, ObjectValue):
        return _entries(value, named(type_), known, inside)
    if named(type_) in {"Int", "Float"} and value != "null":
        return Decimal(value) if _is_number(value) else value
    if named(type_) == "ID":
        return value.strip('"')
    return value


def _entries(value: ObjectValue, name: str, known: Types, inside: frozenset[tuple[str, str]]) -> object:
    """The fields of an object, with those that it leaves out and that have a default."""
    fields = known[name].inputs if name in known else {}
    said = {key: _said(one, fields[key].type if key in fields else "", known, inside) for key, one in value.entries}
    for one in fields.values():
        place = name, one.name
        if one.name not in said and one.default is not None and place not in inside:
            said[one.name] = _said(one.default, one.type, known, inside | {place})
    return tuple(sorted(said.items(), key=itemgetter(0)))


def _is_number(text: str) -> bool:
    return text[:1].isdigit() or text.startswith("-")


def written(value: Value) -> str:
    """A constant as it is written."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, ObjectValue):
        return f"{{{', '.join(f'{name}: {written(one)}' for name, one in value.entries)}}}"
    return value
