"""Does a gate stay closed where those who move the traffic give another share than was asked for?"""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from contractctl import evidence
from contractctl.evidence.questions import Question
from contractctl.evidence.rollouts.shares import Share, of_flags, record, uncollected
from contractctl.flagd import Flag
from contractctl.gate import decide_case, decision_file
from contractctl.gate.case import Case
from contractctl.model.decision import Outcome, Unknown
from contractctl.model.evidence import Record
from contractctl.model.plan import Stage, Standing, State
from tests.gate.conftest import DAY, NOW, PLAN, Scene, requests

ROLLOUT = Share("argo_rollouts", "rollouts.json", "Rollout shop/web", NOW - 60, 10.0)


def said(percent: float = 10, **changes: object) -> Record:
    return record(replace(ROLLOUT, percent=percent, **changes), PLAN.name, NOW)


def also(scene: Scene, *records: Record) -> Scene:
    return scene.but(records=(*scene.records, *records))


def test_the_share_that_was_asked_for_opens_the_gate(canarying: Scene) -> None:
    decision = also(canarying, said()).decide()

    assert decision.outcome is Outcome.PASS, decision


@pytest.mark.parametrize("percent", [0, 5, 11, 100])
def test_another_share_is_a_mismatch(canarying: Scene, percent: float) -> None:
    condition = also(canarying, said(percent)).condition("share set by")

    assert condition.reason is Unknown.SHARE_MISMATCH
    assert f"Rollout shop/web gives {percent} % to the new path, 10 % requested" in condition.message


def test_nobody_is_not_one_in_a_thousand(canarying: Scene) -> None:
    scene = also(canarying.but(standing=replace(canarying.standing, percent=0.1)), said(0))

    assert scene.condition("share set by").reason is Unknown.SHARE_MISMATCH


def test_what_was_set_a_while_ago_is_stale(canarying: Scene) -> None:
    condition = also(canarying, said(at=NOW - DAY)).condition("share set by")

    assert condition.reason is Unknown.STALE
    assert condition.retry_after


def test_what_could_not_be_read_is_not_a_yes(canarying: Scene) -> None:
    condition = also(canarying, said(problem="unparseable: no weights")).condition("share set by")

    assert condition.reason is Unknown.UNPARSEABLE


def test_a_share_that_is_set_is_no_share_that_was_counted(canarying: Scene) -> None:
    assert canarying.but(records=(said(),)).condition("canary requests").reason is Unknown.MISSING_SOURCE


def test_every_mover_must_agree(canarying: Scene) -> None:
    second = said(20, query="routes.json", mover="HTTPRoute shop/web")

    assert also(canarying, said(), second).decide().outcome is Outcome.UNKNOWN


def test_the_newest_answer_of_a_mover_counts(canarying: Scene) -> None:
    before = replace(said(1), collected_at=NOW - 600)

    assert also(canarying, said(), before).decide().outcome is Outcome.PASS


@pytest.mark.parametrize("stage", [Stage.CANARY, Stage.CONTRACT])
def test_nothing_begins_while_somebody_sends_others_elsewhere(
    canarying: Scene, contracting: Scene, stage: Stage
) -> None:
    if stage is Stage.CANARY:  # the first step: nobody is on the new path yet
        scene = canarying.but(standing=Standing(State.VERIFIED, NOW - DAY), percent=1, records=(said(5),))
    else:
        scene = also(contracting.but(standing=replace(contracting.standing, percent=100)), said(50))

    assert scene.condition("share set by").reason is Unknown.SHARE_MISMATCH


def test_a_flag_file_says_its_share_and_a_broken_one_keeps_the_gate_closed(canarying: Scene, tmp_path: Path) -> None:
    path = tmp_path / "flags.yaml"
    flag = Flag(PLAN.name, path, "flags.yaml", "buyer")
    text = "flags:\n  buyer:\n    variants: {old: 0, new: 1}\n    defaultVariant: old\n"
    text += "    targeting: {fractional: [[new, 10], [old, 90]]}\n"
    path.write_text(text)
    assert also(canarying, *of_flags([flag], NOW)).decide().outcome is Outcome.PASS
    assert [one.digest for one in of_flags([flag], NOW)] == [one.digest for one in of_flags([flag], NOW + DAY)]

    path.write_text(text.replace("[new, 10]", "[new, ten]"))
    condition = also(canarying, *of_flags([flag], NOW)).condition("share set by")

    assert condition.reason is Unknown.UNPARSEABLE
    assert "flags.yaml:5:" in condition.message


def test_an_export_of_a_cluster_opens_the_gate_only_while_it_is_fresh_and_clear(
    canarying: Scene, tmp_path: Path
) -> None:
    status: dict[str, object] = {"phase": "Progressing", "canaryWeight": 10}
    canary = {"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "status": status}
    canary["metadata"] = {"namespace": "shop", "name": "web"}
    options = {"plan": PLAN.name, "kind": "Canary", "object": "shop/web"}

    def opened(ago: float, **changed: object) -> Outcome:
        (tmp_path / "web.json").write_text(json.dumps({**canary, "status": {**status, **changed}}))
        os.utime(tmp_path / "web.json", (NOW - ago, NOW - ago))
        question = Question(PLAN, canarying.consumers, None, NOW)
        found = evidence.collect("rollouts", "web.json", options, question, root=tmp_path, folder=tmp_path)
        return also(canarying, *found).decide().outcome

    assert opened(60) is Outcome.PASS
    for closed in (
        opened(DAY),
        opened(60, phase="Succeeded"),
        opened(60, canaryWeight=20),
        opened(60, canaryWeight=-1),
    ):
        assert closed is not Outcome.PASS


def test_what_the_settings_name_and_nobody_has_collected_keeps_the_gate_closed(canarying: Scene) -> None:
    options = {"plan": PLAN.name, "kind": "Rollout", "object": "shop/web"}
    silent = tuple(uncollected([(ROLLOUT.query, options)], PLAN.name, (), NOW))

    assert also(canarying, *silent).condition("share set by Rollout shop/web").reason is Unknown.MISSING_SOURCE
    assert list(uncollected([(ROLLOUT.query, options)], PLAN.name, (said(),), NOW)) == []
    assert list(uncollected([(ROLLOUT.query, options)], "another", (), NOW)) == []


def test_a_decision_on_shares_is_made_again_to_the_byte(canarying: Scene, tmp_path: Path) -> None:
    scene = also(canarying, said(), requests((20, 9980), (180, 89820)))
    case = Case(scene.plan, scene.stage, scene.percent, scene.standing, scene.consumers, scene.records, scene.now)
    path = decision_file.write(tmp_path, case, decide_case(case))

    assert decision_file.replay(path).differences == ()
