"""How is an approval written down? In a file that counts once it is committed, everything else in it untouched."""

from datetime import UTC, datetime
from pathlib import Path

from contractctl.evidence import approvals
from contractctl.model.plan import Plan, Stage
from contractctl.writing import alone, write_whole


def add(migrations: Path, plan: Plan, stage: Stage, approver: str, reason: str, now: float, since: float) -> str:
    """Add the approval, unless this person has given one `since` the plan reached its state; what to report."""
    with alone(migrations):
        return _added(migrations, plan, stage, approver, reason, now, since)


def _added(migrations: Path, plan: Plan, stage: Stage, approver: str, reason: str, now: float, since: float) -> str:
    import tomlkit

    path = approvals.path_of(migrations, plan.name)
    before = [series for record in approvals.read(path, now) for series in record.series]
    own = [
        series
        for series in before
        if (series.labels.get("stage"), series.labels.get("approver")) == (stage, approver)
        and (series.first_seen or 0.0) >= int(since)
    ]
    if own:
        commit = "" if any(map(approvals.is_reviewed, own)) else _commit(path)
        return f"already approved: {stage} of '{plan.name}' by {approver}{commit}"
    document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.is_file() else tomlkit.document()
    entry = tomlkit.table()
    moment = datetime.fromtimestamp(int(now), UTC)
    for key, value in (("stage", stage.value), ("approver", approver), ("reason", reason), ("at", moment)):
        entry.add(key, value)
    document.setdefault("approvals", tomlkit.aot()).append(entry)
    write_whole(path, tomlkit.dumps(document))
    needed = f", {plan.reads.approvals} different people are needed" if stage is Stage.CONTRACT else ""
    return f"approved: {stage} of '{plan.name}' by {approver}{needed}{_commit(path)}"


def _commit(path: Path) -> str:
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"\nnext: git add {shown}; git commit"
