"""Are the forms of our own files released, and unchanged since?"""

import json
from hashlib import sha256

import pytest
from jsonschema import Draft202012Validator

from contractctl import resources, store
from contractctl.model.decision import Outcome, Unknown
from contractctl.model.evidence import Kind
from contractctl.model.plan import Stage, State


@pytest.mark.parametrize("name", ["decision", "evidence", "observation"])
def test_the_first_release_is_what_its_digest_says(name: str) -> None:
    versions = resources.contracts() / "contractctl" / name / "versions"
    raw = (versions / "1.0.0.json").read_bytes()

    assert (versions / "SHA256SUMS").read_text() == f"{sha256(raw).hexdigest()}  1.0.0.json\n"
    Draft202012Validator.check_schema(json.loads(raw))
    assert store.broken_releases(resources.contracts(), f"contractctl/{name}") == ()


def test_the_contract_of_a_decision_lists_every_word_that_a_decision_uses() -> None:
    path = resources.contracts() / "contractctl" / "decision" / "decision.schema.json"
    words = json.loads(path.read_text())["$defs"]

    assert words["outcome"]["enum"] == [one.value for one in Outcome]
    assert words["stage"]["enum"] == [one.value for one in Stage]
    assert words["record"]["properties"]["kind"]["enum"] == [one.value for one in Kind]
    assert words["inputs"]["properties"]["standing"]["properties"]["state"]["enum"] == [one.value for one in State]
    reasons = words["condition"]["properties"]["reason"]["oneOf"][1]["enum"]
    assert reasons == [one.value for one in Unknown]
