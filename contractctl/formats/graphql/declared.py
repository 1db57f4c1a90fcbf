"""Where do a client's documents use what goes: a type, a field, an argument, a value of an enum, a field of an input?

What hangs on a variable counts as used: what is in it is known when it is sent.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from contractctl.errors import ContractctlError
from contractctl.formats.graphql.documents import documents, refusals
from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.types import Field, Type
from contractctl.formats.graphql.uses import Uses, sights
from contractctl.model.contract import File
from contractctl.model.verdict import Place, Undecided

_COORDINATE = re.compile(r"(@?\w+)(?:\.(\w+))?(?:\((\w+):?\)|\.(\w+))?(?: without (\w+))?")


@dataclass(frozen=True, slots=True)
class _Coordinate:
    """`Type`, `Type.member`, `Type.field(argument:)`, `@directive(argument:)`; a dot does for the brackets.

    `Type.field without argument`, `Input without field`: uses that do not give it.
    """

    holder: str
    """@ before a directive's name."""
    member: str = ""
    argument: str = ""
    lacking: str = ""


def declared(known: Schema, files: Sequence[File], names: Sequence[str]) -> Mapping[str, tuple[Place, ...] | Undecided]:
    """Where documents use each name. Raise ContractctlError where one is not valid, or there is no operation at all."""
    found: dict[str, dict[Place, None]] = {}
    wanted: dict[str, Callable[[Uses], bool]] = {}
    doubts: dict[str, Undecided] = {}
    for name in names:
        is_used = _use_of(known, _coordinate(name))
        if is_used is None:
            doubts[name] = Undecided(name, f"the schema that the client has does not have '{name}'")
        else:
            wanted[name], found[name] = is_used, {}
    is_asked = False
    for document in documents(files):
        for why in refusals(known, known, document)[:1]:
            raise ContractctlError(
                f"{document.file} is not valid against the client's schema: {why.rstrip('.')}",
                hint="name the version that it was written for, or fix it",
            )
        for place, used in sights(known, document):
            is_asked |= bool(used.operations)
            for name, is_used in wanted.items():
                if is_used(used):
                    found[name][place] = None
    if not is_asked:
        raise ContractctlError("no file has an operation", hint="name the files with the client's documents")
    return {name: doubts.get(name) or tuple(found[name]) for name in names}


def _coordinate(name: str) -> _Coordinate:
    match = _COORDINATE.fullmatch(name)
    if match is None:
        return _Coordinate("")
    holder, member, bracketed, dotted, lacking = match.groups()
    return _Coordinate(holder, member or "", bracketed or dotted or "", lacking or "")


def _use_of(known: Schema, at: _Coordinate) -> Callable[[Uses], bool] | None:
    """What tells that a document uses it; None where the schema has nothing of that name."""
    if at.holder.startswith("@"):
        return _directive(known, at.holder[1:], at.argument or at.member)
    type_ = known.types.get(at.holder)
    if type_ is None:
        return None
    holder, member, argument = at.holder, at.member, at.argument
    field = type_.fields.get(member)
    if at.lacking:
        return _lacking(type_, field, at)
    if argument:
        place = (holder, member, argument)
        is_there = field is not None and argument in field.arguments
        return (lambda used: place in used.given) if is_there else None
    if field is not None:
        return lambda used: (holder, member) in used.fields
    if member in type_.symbols:
        return lambda used: (holder, member) in used.symbols or holder in used.variables
    if member in type_.inputs:
        return lambda used: (holder, member) in used.given or holder in used.variables
    if member in {*type_.members, *type_.interfaces}:
        return lambda used: bool({holder, member} & (used.conditions | used.answered))
    if member:
        return None
    return lambda used: holder in used.conditions | used.answered | used.variables | used.objects | used.implied


def _lacking(type_: Type, field: Field | None, at: _Coordinate) -> Callable[[Uses], bool] | None:
    """Whoever has a schema without it does not give it; of whoever has one with it, no place alone tells."""
    if at.lacking in type_.inputs or (field is not None and at.lacking in field.arguments):
        return None
    if field is not None:
        return lambda used: (at.holder, at.member) in used.fields
    if type_.inputs and not at.member:
        return lambda used: at.holder in used.objects | used.implied | used.variables
    return None


def _directive(known: Schema, name: str, argument: str) -> Callable[[Uses], bool] | None:
    directive = known.directives.get(name)
    if directive is None or (argument and argument not in directive.arguments):
        return None
    if argument:
        return lambda used: ("@", name, argument) in used.given
    return lambda used: name in used.directives
