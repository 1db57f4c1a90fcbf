"""Does a plan's file make sense? No gate would ask about what is missing from it."""

from collections.abc import Mapping
from dataclasses import dataclass

from contractctl.errors import ContractctlError
from contractctl.model.plan import Operation, Plan

_MEND = "restore the file from git, or plan again"


@dataclass(frozen=True, slots=True)
class _Names:
    """Which names an operation on an event or an interface has."""

    old: bool
    new: bool


_VERBS: Mapping[str, _Names] = {
    "add": _Names(old=False, new=True),
    "narrow": _Names(old=True, new=True),
    "release": _Names(old=True, new=True),
    "remove": _Names(old=True, new=False),
    "rename": _Names(old=True, new=True),
    "require": _Names(old=False, new=True),
    "widen": _Names(old=True, new=True),
}
"""By the beginning of its kind."""


def demand_sound(plan: Plan, file: str) -> None:
    """Raise ContractctlError, naming the file, for a plan that lost a part, or is about nothing."""
    for what, there in (("movement", plan.movements), ("operation", plan.operations)):
        if not there:
            raise ContractctlError(f"{file}: it has no {what}, so no gate could check anything", hint=_MEND)
    formats = {movement.contract: movement.format for movement in plan.movements}
    for one in plan.operations:
        if one.contract not in formats:
            raise ContractctlError(
                f"{file}: {one.kind} is for '{one.contract}', which has no movement in this plan", hint=_MEND
            )
        _demand_meant(one, formats[one.contract], file)


def _demand_meant(operation: Operation, format_: str, file: str) -> None:
    """A table's operations are examined where they are carried out."""
    kind = operation.kind
    if format_ == "sql" and operation.is_of_tables:
        return
    names = None if format_ == "sql" or operation.is_of_tables else _VERBS.get(kind.partition("-")[0])
    if names is None:
        raise ContractctlError(
            f"{file}: '{kind}' is not an operation on a contract in the format {format_}", hint=_MEND
        )
    for key, needed, name in (("old", names.old, operation.old), ("new", names.new, operation.new)):
        if needed and not name:
            raise ContractctlError(
                f"{file}: the {kind} of '{operation.subject}' has no '{key}'", hint=f'add {key} = "…" to that operation'
            )
