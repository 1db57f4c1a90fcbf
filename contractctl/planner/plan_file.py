"""How is a plan kept in git? As TOML that people review, and that reads back as the same plan."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.model import canonical
from contractctl.model.plan import ENDS, CanaryRules, Movement, Operation, Plan, ReadRules, Regroup, Stage, Transform
from contractctl.planner.soundness import demand_sound
from contractctl.store import shown
from contractctl.toml_text import Table, read_toml
from contractctl.writing import write_whole

_EVERYBODY = 100
"""Percent."""
_SAYS = {
    "movements": "Through which versions each contract goes. `new` is released from the draft with this digest.",
    "operations": "What changes. up makes the new value from the old one, down the old value from the new one.",
    "revisions": "The Alembic revisions that carry out the stages.",
    "canary": "When a share of traffic may grow. Shares in percent, times in seconds.",
    "reads": "When the old side counts as unread. Times in seconds.",
}

_RESTORE_POINT = 'restore_point = "…"  names where the data can be restored from; contract needs it'


def path_of(migrations: Path, name: str) -> Path:
    """Where the plan of this name stands."""
    return migrations / "plans" / f"{name}.toml"


def plan_names(migrations: Path) -> tuple[str, ...]:
    """The names of the repository's plan files, whatever they contain."""
    return tuple(sorted(path.stem for path in (migrations / "plans").glob("*.toml")))


def read_plans(migrations: Path) -> tuple[Plan, ...]:
    """Every plan of the repository, by name."""
    return tuple(read_plan(path) for path in sorted((migrations / "plans").glob("*.toml")))


def read_plan(path: Path) -> Plan:
    """The plan in a file. Raise ContractctlError, naming the key, for what it does not understand."""
    if not path.is_file() and (path.is_symlink() or path.exists()):
        raise ContractctlError(f"{shown(path)} is not a file", hint="restore the plan's file from git")
    if not path.is_file():
        near = ", ".join(sorted(other.stem for other in path.parent.glob("*.toml")))
        raise ContractctlError(
            f"there is no plan '{path.stem}'",
            hint=f"plans: {near}" if near else "make one: contractctl plan CONTRACT",
        )
    top = read_toml(path, shown(path))
    plan = Plan(
        name=top.needed_text("name"),
        movements=tuple(_movement(table) for table in top.tables("movements")),
        operations=tuple(_operation(table) for table in top.tables("operations")),
        revisions=_revisions(top.table("revisions")),
        canary=_canary(top.table("canary")),
        reads=_reads(top.table("reads")),
        restore_point=top.text("restore_point"),
        database=top.text("database") or "",
        dialect=top.text("dialect") or "",
    )
    top.done()
    if plan.name != path.stem:
        raise ContractctlError(f"{shown(path)}: its name says '{plan.name}'", hint=f"call the file {plan.name}.toml")
    demand_sound(plan, shown(path))
    return plan


def write_plan(path: Path, plan: Plan) -> None:
    """Write the plan's file, all of it or none of it."""
    write_whole(path, plan_text(plan))


def plan_text(plan: Plan) -> str:
    """The file's text."""
    import tomlkit

    document = tomlkit.document()
    document.add(
        tomlkit.comment(f"The staged path of one change. Where it stands: contractctl migrate status {plan.name}")
    )
    document.add("name", tomlkit.item(plan.name))
    if plan.database:
        document.add("database", tomlkit.item(plan.database))
    if plan.dialect:
        document.add("dialect", tomlkit.item(plan.dialect))
    if plan.restore_point is not None:
        document.add("restore_point", tomlkit.item(plan.restore_point))
    elif plan.revisions:
        document.add(tomlkit.comment(_RESTORE_POINT))
    sections: dict[str, object] = {
        "movements": [_plain(movement) for movement in plan.movements],
        "operations": [_plain(operation) for operation in plan.operations],
        "revisions": {stage.value: revision for stage, revision in plan.revisions.items()},
        "canary": _plain(plan.canary),
        "reads": _plain(plan.reads),
    }
    for name, content in sections.items():
        if content:
            document.add(tomlkit.nl())
            document.add(tomlkit.comment(_SAYS[name]))
            document.add(name, tomlkit.item(content))
    return tomlkit.dumps(document)


def plan_digest(plan: Plan) -> str:
    """sha256 of the plan's text in the form written here: the same however a person has formatted the file."""
    return sha256(plan_text(plan).encode()).hexdigest()


_PLACES = ("to", "key", "columns", "via", "shared")
"""Parameters of an operation that say what moves where."""


def work_digest(plan: Plan) -> str:
    """sha256 of what a plan does to which names, without how values are made and when its stages may begin."""
    said: list[object] = [(stage.value, revision) for stage, revision in sorted(plan.revisions.items())]
    said += [(one.contract, one.old, one.intermediate, one.new) for one in plan.movements]
    for one in plan.operations:
        places = [(name, one.parameters.get(name, "")) for name in _PLACES]
        names = (sorted(one.regroup.ups), sorted(one.regroup.downs)) if one.regroup else ()
        said.append((one.kind, one.contract, one.subject, one.old, one.new, places, names))
    return canonical.digest(said)


def _plain(value: object) -> dict[str, object]:
    """A frozen value in the form of TOML: what is None or empty is left out."""
    found: dict[str, object] = {}
    for field in fields(value):  # type: ignore[arg-type] # the model's values are dataclasses
        content = getattr(value, field.name)
        if content in (None, "", ()) or (field.metadata.get("optional") and content == field.default):
            continue
        if isinstance(content, Transform | Regroup):
            found[field.name] = _plain(content)
        elif isinstance(content, Mapping):
            found |= {field.name: {key: _written(text) for key, text in content.items()}} if content else {}
        elif isinstance(content, tuple):
            found[field.name] = [_written(part) for part in content]
        else:
            found[field.name] = _written(content)
    return found


def _written(value: object) -> object:
    """A value in TOML: text with double quotes gets single ones; a whole number of seconds needs no decimal point."""
    import tomlkit

    if isinstance(value, str) and '"' in value and "'" not in value and value.isprintable():
        return tomlkit.string(value, literal=True)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _movement(table: Table) -> Movement:
    movement = Movement(
        contract=table.needed_text("contract"),
        format=table.needed_text("format"),
        old=table.needed_text("old"),
        intermediate=table.needed_text("intermediate"),
        new=table.needed_text("new"),
        new_digest=table.text("new_digest") or "",
    )
    table.done()
    return movement


def _operation(table: Table) -> Operation:
    transform = table.table("transform")
    up, down = transform.text("up"), transform.text("down")
    given = up is not None or down is not None
    kind = table.needed_text("kind")
    operation = Operation(
        kind=kind,
        contract=table.needed_text("contract"),
        subject=table.needed_text("subject"),
        old=table.text("old"),
        new=table.text("new"),
        transform=_transform(transform, kind) if given else None,
        regroup=_regroup(table.table("regroup")) if table.has("regroup") else None,
        parameters=table.table("parameters").rest(),
    )
    table.done()
    if "sunset" in operation.parameters and not _is_day(operation.parameters["sunset"]):
        raise table.wrong("parameters", 'a day for the sunset: { sunset = "2027-03-31" }')
    return operation


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _transform(table: Table, kind: str) -> Transform:
    """Both directions; an added or removed field has only one."""
    one_way = kind in {"add-field", "remove-field"}
    up, down = ((table.text(way) or "") if one_way else table.needed_text(way) for way in ("up", "down"))
    transform = Transform(up, down, table.flag("lossy"))
    table.done()
    return transform


def _regroup(table: Table) -> Regroup:
    regroup = Regroup(table.table("ups").rest(), table.table("downs").rest(), table.flag("lossy"))
    table.done()
    return regroup


def _revisions(table: Table) -> Mapping[Stage, str]:
    found = {stage: text for stage in Stage if (text := table.text(stage.value)) is not None}
    table.done()
    return found


def grow_to_everybody(steps: Sequence[float]) -> bool:
    """Whether shares in percent grow from step to step, up to 100; NaN does not."""
    return all(before < step for before, step in pairwise((0.0, *steps))) and list(steps[-1:]) == [_EVERYBODY]


def _canary(table: Table) -> CanaryRules:
    rules = CanaryRules()
    steps = table.numbers("steps")
    if steps is not None and not grow_to_everybody(steps):
        raise table.wrong("steps", "increasing shares that end at 100: [1, 10, 50, 100]")
    found = CanaryRules(
        steps=rules.steps if steps is None else steps,
        bake_seconds=_number(table, "bake_seconds", rules.bake_seconds),
        relative_margin=_number(table, "relative_margin", rules.relative_margin),
        absolute_margin=_number(table, "absolute_margin", rules.absolute_margin),
        share_tolerance=_number(table, "share_tolerance", rules.share_tolerance),
        slow_seconds=_number(table, "slow_seconds", 0.0) if table.has("slow_seconds") else None,
        shadow_tolerance=_number(table, "shadow_tolerance", 0.0) if table.has("shadow_tolerance") else None,
        shadow_compared=_whole(table, "shadow_compared", rules.shadow_compared),
    )
    if found.slow_seconds == 0:
        raise table.wrong("slow_seconds", "the upper end of a bucket, in seconds: slow_seconds = 0.5")
    table.done()
    return found


def _reads(table: Table) -> ReadRules:
    rules = ReadRules()
    found = ReadRules(
        window_seconds=_number(table, "window_seconds", rules.window_seconds),
        heartbeat_seconds=_number(table, "heartbeat_seconds", rules.heartbeat_seconds),
        coverage=_share(table, "coverage", rules.coverage),
        fresh_seconds=_number(table, "fresh_seconds", rules.fresh_seconds),
        quiesced_seconds=_number(table, "quiesced_seconds", rules.quiesced_seconds),
        approvals=_whole(table, "approvals", rules.approvals),
        calendar=_ends(table),
        static_required=table.flag("static_required", default=rules.static_required),
    )
    table.done()
    return found


def _ends(table: Table) -> tuple[str, ...]:
    found = table.texts("calendar")
    if not ENDS.issuperset(found):
        raise table.wrong("calendar", 'ends that the quiet time must contain: ["month", "quarter", "year"]')
    return found


def _number(table: Table, key: str, default: float) -> float:
    value = table.number(key)
    if value is not None and not 0 <= value < math.inf:
        raise table.wrong(key, "a number that is not negative")
    return default if value is None else value


def _share(table: Table, key: str, default: float) -> float:
    value = _number(table, key, default)
    if not 0 < value <= 1:
        raise table.wrong(key, "a share above 0, at most 1")
    return value


def _whole(table: Table, key: str, default: int) -> int:
    value = _number(table, key, default)
    if value != int(value):
        raise table.wrong(key, "a whole number")
    return int(value)
