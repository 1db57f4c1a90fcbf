"""A plan half-way, a consumer that behaves, and evidence that is whole: each test spoils one thing of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from contractctl.gate import decide
from contractctl.model.contract import Party
from contractctl.model.decision import Condition, Decision
from contractctl.model.evidence import Kind, Record, Series
from contractctl.model.plan import Movement, Operation, Plan, Stage, Standing, State, Transform

DAY = 86400.0
NOW = 1_793_678_400.0  # 2026-11-03 04:00:00 UTC
PATH = "orders.customer_name"
PLAN = Plan(
    name="rename-customer",
    movements=(Movement("shop/orders", "sql", "1.0.0", "1.1.0", "2.0.0"),),
    operations=(
        Operation(
            "rename-column",
            "shop/orders",
            "orders",
            "customer_name",
            "full_name",
            Transform("customer_name", "full_name"),
        ),
    ),
    revisions={Stage.EXPAND: "a1"},
    restore_point="s3://backups/orders",
)


def record(kind: Kind, *series: Series, seconds: float = 31 * DAY, ago: float = 60.0, **changes: Any) -> Record:
    made = Record(
        kind=kind,
        source="otlp",
        query="telemetry/*.jsonl",
        collected_at=NOW - ago,
        window_from=NOW - ago - seconds,
        window_to=NOW - ago,
        expected_heartbeats=None,
        observed_heartbeats=None,
        sampling_ratio=1.0,
        series=series,
        digest=f"{kind}-{len(series)}",
    )
    return replace(made, **changes)


def reads(count: float = 0, *, consumer: str = "reporting", last: float | None = None, **labels: str) -> Series:
    found = {"contract": "shop/orders", "path": PATH, "consumer": consumer, "version": "2.1", **labels}
    return Series(found, count, first_seen=last, last_seen=last)


def heartbeat(consumer: str = "reporting", *, coverage: float = 1.0, days: float = 31, **changes: Any) -> Record:
    labels = {"contract": "shop/orders", "path": PATH, "consumer": consumer, "version": "2.1"}
    expected = days * 1440
    series = Series(labels, expected * coverage, first_seen=NOW - 60 - days * DAY, last_seen=NOW - 60)
    return record(
        Kind.HEARTBEAT,
        series,
        seconds=days * DAY,
        **{"expected_heartbeats": expected, "observed_heartbeats": expected * coverage, **changes},
    )


def fact(kind: Kind, **facts: float) -> Record:
    return record(kind, *(Series({"fact": name}, value) for name, value in facts.items()), seconds=0.0, ago=0.0)


def requests(new: tuple[float, float], old: tuple[float, float], *, seconds: float = 7200.0, **changes: Any) -> Record:
    """(bad, ok) of both paths since the share was entered."""
    series = [
        Series({"plan": PLAN.name, "path": path, "outcome": outcome}, count)
        for path, counts in (("new", new), ("old", old))
        for outcome, count in zip(("bad", "ok"), counts, strict=True)
    ]
    return record(Kind.CANARY, *series, seconds=seconds, **changes)


def in_looks(looks: Sequence[tuple[tuple[float, float], tuple[float, float]]], **changes: Any) -> Record:
    """The same, look by look."""
    made = [requests(new, old) for new, old in looks]
    series = (
        replace(one, labels={**one.labels, "look": str(n)}) for n, record in enumerate(made) for one in record.series
    )
    return replace(made[0], series=tuple(series), digest="looks", **changes)


def approval(*approvers: str, stage: str = "contract") -> Record:
    series = (
        Series({"stage": stage, "approver": name, "reason": "seen", "backing": "committed"}, 1.0, first_seen=NOW - DAY)
        for name in approvers
    )
    return record(Kind.APPROVAL, *series)


@dataclass(frozen=True)
class Scene:
    """The case that passes; `but` spoils it."""

    stage: Stage = Stage.CONTRACT
    percent: float | None = None
    standing: Standing = field(default_factory=lambda: Standing(State.QUIESCED, NOW - 2 * DAY))
    consumers: dict[str, tuple[Party, ...]] = field(default_factory=lambda: {"shop/orders": (Party("reporting"),)})
    records: tuple[Record, ...] = ()
    plan: Plan = PLAN
    now: float = NOW

    def but(self, **changes: Any) -> "Scene":
        return replace(self, **changes)

    def rules(self, **changes: Any) -> "Scene":
        return replace(self, plan=replace(self.plan, reads=replace(self.plan.reads, **changes)))

    def decide(self) -> Decision:
        return decide(
            self.plan,
            self.stage,
            percent=self.percent,
            standing=self.standing,
            consumers=self.consumers,
            records=self.records,
            now=self.now,
        )

    def condition(self, start: str) -> Condition:
        """The one condition whose name starts so."""
        (found,) = [one for one in self.decide().conditions if one.name.startswith(start)]
        return found


def with_records(scene: Scene, **kinds: Record | tuple[Record, ...] | None) -> Scene:
    """The scene with other records of these kinds (reads=…, heartbeat=…); None takes them away."""
    kept = [one for one in scene.records if one.kind.name.lower() not in kinds]
    added = [one for found in kinds.values() if found for one in (found if isinstance(found, tuple) else (found,))]
    return scene.but(records=(*kept, *added))


@pytest.fixture
def contracting() -> Scene:
    """Everything is in order for the irreversible move."""
    return Scene(
        records=(
            record(Kind.READS, reads(0)),
            heartbeat(),
            fact(Kind.DIVERGENCE, differing=0, conflicts=0, new_side_nulls=0),
            approval("Ada <ada@example.org>", "Grace <grace@example.org>"),
        )
    )


@pytest.fixture
def canarying() -> Scene:
    """10 % have run for two hours without trouble; 50 % are asked for."""
    return Scene(
        stage=Stage.CANARY,
        percent=50,
        standing=Standing(State.CANARY, NOW - 60 - 7200, 10),
        records=(requests((20, 9980), (180, 89820)),),
    )
