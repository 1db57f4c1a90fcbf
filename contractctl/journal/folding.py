"""Where does a plan stand? A pure fold over its entries; one table says which moves are legal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from contractctl.errors import ContractctlError
from contractctl.journal.entries import Entry, EntryKind
from contractctl.model.plan import Stage, Standing, State

ROLLBACK = "rollback"

MOVES: Mapping[tuple[State, str], State] = {
    (State.PLANNED, Stage.EXPAND): State.EXPANDED,
    (State.EXPANDED, Stage.DUAL_WRITE): State.DUAL_WRITING,
    (State.DUAL_WRITING, Stage.BACKFILL): State.BACKFILLED,
    (State.BACKFILLED, Stage.VERIFY): State.VERIFIED,
    (State.VERIFIED, Stage.CANARY): State.CANARY,
    (State.CANARY, Stage.CANARY): State.CANARY,
    (State.CANARY, Stage.QUIESCE): State.QUIESCED,
    (State.QUIESCED, Stage.CANARY): State.CANARY,
    (State.QUIESCED, Stage.CONTRACT): State.CONTRACTED,
    (State.ROLLED_BACK, Stage.EXPAND): State.EXPANDED,
    **{
        (state, ROLLBACK): State.ROLLED_BACK
        for state in State
        if state not in (State.PLANNED, State.CONTRACTED, State.ROLLED_BACK)
    },
}
"""From a state, by a stage, to a state: nothing else is legal. A brown-out ends the way it came: by a canary share."""

_BEGINNING = Standing(State.PLANNED, 0.0)


@dataclass(frozen=True, slots=True)
class History:
    """The state that the entries of one plan add up to."""

    standing: Standing = _BEGINNING
    moves: int = 0
    """The number of outcomes so far: what is decided or begun belongs to the next one."""
    pending: Entry | None = None
    """The newest intent without an outcome."""
    decisions: Mapping[str, Entry] = field(default_factory=dict)
    """The newest decision for each stage since the last outcome."""
    used: frozenset[str] = frozenset()
    """Keys of the decisions that a revision has used."""
    failures: int = 0
    """How often an act has failed since the last outcome."""
    work: Mapping[str, Any] = field(default_factory=dict)
    """What was begun with expand, from its outcome: `digest` of the plan's work, `contracts` that it moves."""
    last: Entry | None = None

    def key(self, stage: str, percent: float | None = None) -> str:
        """The idempotency key of the next move: the same until that move has its outcome."""
        share = "" if percent is None else f"-{percent:g}"
        return f"{self.moves + 1}-{stage}{share}"

    def has_begun(self, stage: str) -> bool:
        """Whether a revision of the next move has used its decision, and the move has no outcome.

        Where a revision is one transaction, the database then has it. Elsewhere it may have been cut short.
        """
        return any(key.startswith(f"{self.key(stage)}-") for key in self.used)


def fold(entries: Iterable[Entry]) -> History:
    """What a plan's entries, oldest first, come to. Raise ContractctlError for a move that is not legal."""
    history = History()
    for entry in entries:
        history = replace(_step(history, entry), last=entry)
    return history


def _step(history: History, entry: Entry) -> History:
    match entry.kind:
        case EntryKind.OUTCOME:
            work = entry.body.get("work", {}) if entry.stage in {Stage.EXPAND, ROLLBACK} else history.work
            return History(_moved(history.standing, entry), history.moves + 1, work=work)
        case EntryKind.INTENT:
            return replace(history, pending=entry)
        case EntryKind.DECISION:
            return replace(history, decisions={**history.decisions, entry.stage: entry})
        case EntryKind.APPLIED:
            return replace(history, used=history.used | {entry.key})
        case EntryKind.FAILURE:
            return replace(history, failures=history.failures + 1)
        case (
            EntryKind.CHECK
            | EntryKind.PAUSE
            | EntryKind.RESUME
            | EntryKind.WAIVER
            | EntryKind.DEPLOYED
            | EntryKind.UNDEPLOYED
            | EntryKind.SEEN
        ):
            return history  # the last three are about environments, not plans


def _moved(standing: Standing, entry: Entry) -> Standing:
    state = MOVES.get((standing.state, entry.stage))
    if state is None:
        raise ContractctlError(
            f"the journal of '{entry.plan}' leads from {standing.state} by {entry.stage}, which is not a valid"
            " transition",
            hint="restore contractctl_journal from a backup",
        )
    since = max(entry.at, standing.since)  # a slow clock must not make the state look as if it had lasted longer
    if state is State.CANARY:
        return Standing(state, since, float(entry.body["percent"]))
    kept = standing.percent if state in (State.QUIESCED, State.CONTRACTED) else 0.0
    return Standing(state, since, kept)
