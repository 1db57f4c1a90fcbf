"""What does an operation of a plan file say? Its parts, or a clear message about the missing one."""

import re
from collections.abc import Mapping
from dataclasses import replace

from contractctl.errors import ContractctlError
from contractctl.model.plan import Operation, Transform
from contractctl.operations.pairs import Pair

_YES = ("1", "yes", "true")
_KEYED = re.compile(r"""(?:(?P<quoted>"(?:[^"]|"")+"|`(?:[^`]|``)+`)|(?P<bare>[^\s"`]+))\s*(?P<type>.*)""")


def nothing(_operation: Operation) -> tuple[()]:
    """The steps of a stage in which an operation does nothing."""
    return ()


def names(operation: Operation) -> tuple[str, str]:
    """The column's name before and after."""
    return dropped(operation), added(operation)


def added(operation: Operation) -> str:
    """The column's name after."""
    return _given(operation, operation.new, "new")


def dropped(operation: Operation) -> str:
    """The column's name before."""
    return _given(operation, operation.old, "old")


def transform(operation: Operation) -> Transform:
    """How the values become each other; the default is what a Pair has for values that do not change."""
    return operation.transform or Transform("", "")


def is_plain(operation: Operation) -> bool:
    """Whether both sides hold the same value, however its name is quoted."""
    if operation.transform is None:
        return True
    old, new = names(operation)
    bare = (operation.transform.up.strip('"`[] '), operation.transform.down.strip('"`[] '))
    return bare in {("", ""), (old, operation.parameters.get("via") or new)}


def has(operation: Operation, what: str) -> bool:
    """Whether a parameter is "yes"."""
    return operation.parameters.get(what, "").lower() in _YES


def fill(operation: Operation) -> str | None:
    """The SQL of the value that replaces NULL, where the plan has one."""
    return operation.parameters.get("fill")


def _given(operation: Operation, name: str | None, which: str) -> str:
    if name is None:
        raise ContractctlError(
            f"the {operation.kind} of '{operation.subject}' in the plan has no '{which}'",
            hint=f'add {which} = "…" to that operation in the plan file',
        )
    return name


def needed(operation: Operation, what: str) -> str:
    """A required parameter."""
    value = operation.parameters.get(what)
    if value is None:
        raise ContractctlError(
            f"the {operation.kind} of '{operation.subject}' in the plan has no '{what}'",
            hint=f'add {what} = "…" to the operation\'s parameters in the plan file',
        )
    return value


def listed(operation: Operation, what: str) -> tuple[str, ...]:
    """A parameter that is a list of names."""
    return tuple(name.strip() for name in needed(operation, what).split(","))


def paired(operation: Operation, what: str) -> dict[str, str]:
    """A parameter that is a list of pairs of names."""
    found = {}
    for pair in listed(operation, what):
        one, equals, two = pair.partition("=")
        if not equals:
            raise ContractctlError(
                f"the {operation.kind} of '{operation.subject}' in the plan has '{pair}' in its {what}",
                hint="write pairs of columns with commas between: one=other",
            )
        found[one.strip()] = two.strip()
    return found


def stands(operation: Operation) -> str:
    """The stage from which on a constraint or an index holds: expand, verify, quiesce, contract."""
    return operation.parameters.get("stands", "contract")


def becomes(operation: Operation) -> str | None:
    """The name that it takes over once the old one with that name is gone."""
    return operation.parameters.get("becomes")


def knowing(operation: Operation, pair: Pair) -> Pair:
    """The pair with what the plan says about its columns and the table's key."""
    parameters = operation.parameters
    old_type = "type" if operation.new is None else "old_type"
    places = ((operation.old, old_type), (parameters.get("via") or operation.new, "type"))
    types = {name: parameters[word] for name, word in places if name is not None and word in parameters}
    default = parameters.get("old_default")
    defaults = {} if operation.old is None or default is None else {operation.old: default}
    guarded = tuple(name for name in pair.old or pair.new if has(operation, "guarded"))
    return replace(pair, types=types, defaults=defaults, key=key(operation), guarded=guarded)


def key(operation: Operation, what: str = "key") -> Mapping[str, str]:
    """The columns that identify a row, with their types: `id bigint, "part no" varchar(3)`."""
    found = (_KEYED.match(part.strip()) for part in operation.parameters.get(what, "").split(", "))
    return {match["bare"] or _unquoted(match["quoted"]): match["type"] for match in found if match is not None}


def _unquoted(name: str) -> str:
    return name[1:-1].replace(name[0] * 2, name[0])
