"""Does every sequence of legal moves fold to the right state, and no other to any?"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contractctl.errors import ContractctlError
from contractctl.journal import MOVES, ROLLBACK, Entry, EntryKind, fold
from contractctl.model.plan import Stage, State

STAGES = [*(stage.value for stage in Stage), ROLLBACK]


def entry(number: int, kind: EntryKind, stage: str, percent: float = 0.0) -> Entry:
    body = {"percent": percent} if stage == Stage.CANARY else {}
    return Entry("p", kind, stage, f"{number}", float(number), "a", "", body, number, "", "")


talk = st.sampled_from([kind for kind in EntryKind if kind is not EntryKind.OUTCOME])


@given(st.lists(st.tuples(st.sampled_from(STAGES), st.sampled_from([1.0, 10.0, 100.0]), st.lists(talk, max_size=3))))
def test_a_fold_follows_the_table_of_moves_and_nothing_else(steps: list[tuple[str, float, list[EntryKind]]]) -> None:
    state, entries, since, share = State.PLANNED, list[Entry](), 0.0, 0.0
    for stage, percent, chatter in steps:
        entries += [entry(len(entries) + 1 + n, kind, stage, percent) for n, kind in enumerate(chatter)]
        following = MOVES.get((state, stage))
        moved = entry(len(entries) + 1, EntryKind.OUTCOME, stage, percent)
        if following is None:
            with pytest.raises(ContractctlError, match="not a valid transition"):
                fold([*entries, moved])
            continue
        entries.append(moved)
        share = (
            percent if following is State.CANARY else share if following in (State.QUIESCED, State.CONTRACTED) else 0
        )
        state, since = following, moved.at

        standing = fold(entries).standing
        assert (standing.state, standing.since, standing.percent) == (state, since, share)


@given(st.lists(st.tuples(talk, st.sampled_from(STAGES)), max_size=20))
def test_only_an_outcome_moves_a_plan(said: list[tuple[EntryKind, str]]) -> None:
    history = fold(entry(n, kind, stage) for n, (kind, stage) in enumerate(said))

    assert history.standing.state is State.PLANNED
    assert history.moves == 0


def test_every_state_before_contracted_can_be_rolled_back_and_contracted_cannot() -> None:
    back = {state for state, stage in MOVES if stage == ROLLBACK}

    assert back == set(State) - {State.PLANNED, State.CONTRACTED, State.ROLLED_BACK}
    assert not [stage for state, stage in MOVES if state is State.CONTRACTED]


def test_an_intent_is_pending_until_its_outcome() -> None:
    intent, outcome = entry(1, EntryKind.INTENT, "expand"), entry(2, EntryKind.OUTCOME, "expand")

    assert fold([intent]).pending == intent
    assert fold([intent, outcome]).pending is None


def test_a_decision_belongs_to_one_standing() -> None:
    decision = entry(1, EntryKind.DECISION, "expand")

    assert fold([decision]).decisions == {"expand": decision}
    assert fold([decision, entry(2, EntryKind.OUTCOME, "expand")]).decisions == {}


def test_the_key_of_a_move_lasts_until_its_outcome() -> None:
    begun = fold([entry(1, EntryKind.INTENT, "expand")])
    done = fold([entry(1, EntryKind.INTENT, "expand"), entry(2, EntryKind.OUTCOME, "expand")])

    assert begun.key("expand") == "1-expand"
    assert done.key("canary", 50) == "2-canary-50"


def test_a_clock_that_was_behind_makes_no_state_last_longer() -> None:
    expanded, dual = entry(1, EntryKind.OUTCOME, "expand"), entry(2, EntryKind.OUTCOME, "dual-write")

    assert fold([replace(expanded, at=900.0), replace(dual, at=100.0)]).standing.since == 900.0


def life(*last: str) -> list[Entry]:
    stages = ["expand", "dual-write", "backfill", "verify", "canary", *last]
    return [entry(n, EntryKind.OUTCOME, stage, 100.0) for n, stage in enumerate(stages, 1)]


@pytest.mark.parametrize(
    ("last", "share"),
    [(["quiesce"], 100.0), (["quiesce", "contract"], 100.0), (["rollback"], 0.0), (["quiesce", "rollback"], 0.0)],
)
def test_the_share_that_was_reached_lasts_to_the_end_and_not_past_a_rollback(last: list[str], share: float) -> None:
    """The gate before contract holds what a mover gives against it: one that moved nobody would agree with 0 %."""
    assert fold(life(*last)).standing.percent == share


def test_the_work_that_expand_began_is_remembered_to_the_end() -> None:
    """Forgotten, a plan that was edited half-way would go on as another one."""
    first, *others = life("quiesce")
    work = {"digest": "d1"}

    assert fold([replace(first, body={"work": work}), *others]).work == work
