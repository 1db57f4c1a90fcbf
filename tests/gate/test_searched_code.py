"""Does a search of real code open the gate, or keep it closed?"""

import subprocess
from pathlib import Path

import pytest

from contractctl import evidence
from contractctl.evidence.questions import Question
from contractctl.model.cluster import Environment
from contractctl.model.decision import Outcome, Unknown
from contractctl.model.evidence import Record
from contractctl.model.service import Live
from tests.gate.conftest import NOW, PLAN, Scene


def searched(folder: Path, content: bytes, scene: Scene) -> Record:
    (folder / "a.py").write_bytes(content)
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    for step in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "x")):
        subprocess.run(["git", *who, *step], cwd=folder, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    live = {"production": Environment({"reporting": Live("1.4", commits={"1.4": head.stdout.strip()})})}
    options = {"consumer": "reporting", "environment": "production"}
    question = Question(PLAN, scene.consumers, None, NOW, live)
    (record,) = evidence.collect("code", ".", options, question, root=folder, folder=folder)
    return record


def test_only_code_that_was_read_whole_and_names_nothing_opens_the_gate(contracting: Scene, tmp_path: Path) -> None:
    scene = contracting.rules(static_required=True)
    found = searched(tmp_path, b"order.full_name", scene)

    assert scene.decide().outcome is Outcome.UNKNOWN
    assert scene.but(records=(*scene.records, found)).decide().outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"order.customer_name", Unknown.CONFLICTING_EVIDENCE), (b"\xff", Unknown.TRUNCATED)],
)
def test_a_mention_and_an_unread_file_keep_it_closed(
    contracting: Scene, tmp_path: Path, content: bytes, reason: Unknown
) -> None:
    found = searched(tmp_path, content, contracting)

    decision = contracting.but(records=(*contracting.records, found)).decide()

    assert decision.outcome is Outcome.UNKNOWN
    assert reason in {one.reason for one in decision.conditions}
