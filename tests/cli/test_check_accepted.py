"""Does an accepted finding pass check, visibly, until its last day, and nothing but that finding?"""

import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from contractctl import resources, store
from contractctl.check import Checked
from contractctl.check.accepted import dated
from contractctl.check.question import Question
from contractctl.check.repository import check_store
from contractctl.cli import times
from contractctl.compatibility import Terms
from contractctl.formats.pages import page
from contractctl.model.contract import Policy, SemanticVersion
from contractctl.model.verdict import Status
from contractctl.report import github, gitlab, junit, sarif, text
from contractctl.report import json as json_report
from tests.conftest import Run

Git = Callable[..., str]
SCHEMA = json.loads((resources.contracts() / "contractctl" / "verdict" / "verdict.schema.json").read_text())
CONTRACT = 'format = "json-schema"\ndraft = "order.json"\n'
REASON = "no call in 90 days of access logs"
RULE = "json-schema-type-refused"
TODAY = date.today()  # noqa: DTZ011 - the last days below lie further off than any zone
SOON = str(TODAY + timedelta(days=30))
PAST = str(TODAY - timedelta(days=30))


def entry(path: str = "a", rule: str = RULE, expires: str = SOON, more: str = "") -> str:
    said = f'rule = "{rule}"\npath = "{path}"\nreason = "{REASON}"\nowner = "ada@example.org"\nexpires = {expires}\n'
    return f"\n[[accepted]]\n{said}{more}"


def order(a: str = "string", b: Any = None) -> str:
    draft = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps({"$schema": draft, "properties": {"a": {"type": a}, "b": b or {"type": "string"}}}, indent=1)


@pytest.fixture
def contract(tmp_path: Path, git: Git) -> Path:
    """A contract, released as 1.0.0 and committed on main; in its draft another type of 'a'."""
    folder = tmp_path / "contracts" / "shop" / "order"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text(CONTRACT)
    released(folder, git)
    (folder / "order.json").write_text(order("integer"))
    return folder


def released(folder: Path, git: Git) -> None:
    """What a contract's folder has, as 1.0.0 on main."""
    (folder / "order.json").write_text(order())
    git("init", "-q", "-b", "main")
    store.release(folder.parent.parent, "shop/order", SemanticVersion(1, 0, 0), store.source(folder / "order.json"))
    git("add", "-A")
    git("commit", "-qm", "release 1.0.0")


@pytest.fixture
def loose(tmp_path: Path, git: Git) -> Path:
    """A schema that belongs to no contract, committed on main; then another type of 'a'."""
    file = tmp_path / "api" / "order.schema.json"
    file.parent.mkdir()
    file.write_text(order())
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "first")
    file.write_text(order("integer"))
    return file


def accept(contract: Path, *entries: str) -> None:
    (contract / "contract.toml").write_text(CONTRACT + "".join(entries))


def checked(contract: Path) -> Checked:
    """As check() without arguments has it."""
    return check_store(Question(contract.parent.parent, terms=Terms(policy=Policy(today=str(TODAY)))), ())


def verdict(checked: Checked) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(json_report.verdict(checked))
    jsonschema.Draft202012Validator(SCHEMA).validate(answer)
    return answer


def test_an_accepted_finding_passes_and_stays_visible(contract: Path, contractctl: Run) -> None:
    contractctl("check", code=1)
    accept(contract, entry())

    said = contractctl("check").stdout

    assert said.startswith(
        f"passes: 1 pair judged; excused: shop/order 1.0.0 → draft: {RULE} at a is accepted until {SOON}"
    )
    assert f"    accepted until {SOON} by ada@example.org: {REASON}\n" in said
    assert "backward incompatible" in said
    assert "sent: " in said
    assert "→ let" not in said


def test_what_is_accepted_is_never_compatible_for_machines(contract: Path) -> None:
    accept(contract, entry())

    answer = verdict(checked(contract))

    (pair,) = answer["pairs"]
    assert (answer["verdict"], pair["verdict"], answer["passes"]) == ("incompatible", "incompatible", True)
    assert pair["excused"] == f"{RULE} at a is accepted until {SOON} by ada@example.org: {REASON}"
    told = {
        "rule": RULE,
        "path": "a",
        "says": None,
        "reason": REASON,
        "owner": "ada@example.org",
        "expires": SOON,
        "holds": True,
    }
    assert pair["accepted"] == [told]
    assert [(one["path"], one["accepted"]) for one in pair["findings"] if one["direction"] == "backward"] == [
        ("a", True)
    ]


def test_every_form_says_who_accepts_what_and_until_when(contract: Path) -> None:
    accept(contract, entry())
    words = f"accepted until {SOON} by ada@example.org: {REASON}"

    found = checked(contract)

    assert github.verdict(found).startswith("::warning ")
    assert f"%0A{words}" in github.verdict(found)
    (issue,) = json.loads(gitlab.verdict(found))
    assert issue["severity"] == "minor"
    assert words in issue["description"].splitlines()
    (result,) = json.loads(sarif.verdict(found))["runs"][0]["results"]
    assert result["level"] == "warning"
    assert result["suppressions"] == [{"kind": "external", "status": "accepted", "justification": words}]
    (skipped,) = ET.fromstring(junit.verdict(found)).iter("skipped")
    assert words in skipped.attrib["message"]
    assert words in str(skipped.text).splitlines()


def test_what_nobody_accepts_still_fails(contract: Path) -> None:
    (contract / "order.json").write_text(order("integer", {"type": "string", "pattern": "^x"}))
    accept(contract, entry())

    found = checked(contract)

    (pair,) = verdict(found)["pairs"]
    backward = [one for one in pair["findings"] if one["direction"] == "backward"]
    assert [(one["path"], one["accepted"]) for one in backward] == [("a", True), ("b", False)]
    assert (pair["excused"], found.standing) == (None, Status.INCOMPATIBLE)
    kinds = [line.partition(" ")[0] for line in github.verdict(found).splitlines()]
    assert kinds[:2] == ["::warning", "::error"]
    (failure,) = ET.fromstring(junit.verdict(found)).iter("failure")
    assert failure.attrib["message"] == "json-schema-pattern-refused"


@pytest.mark.parametrize("other", [entry(path="*"), entry(path="A"), entry(rule="json-schema-number-too-large")])
def test_an_acceptance_is_for_one_rule_at_one_path(contract: Path, other: str) -> None:
    accept(contract, other)

    found = checked(contract)

    assert found.standing is Status.INCOMPATIBLE
    assert [one.place[-len("shop/order/contract.toml") :] for one in found.idle] == ["shop/order/contract.toml"]


def test_an_acceptance_of_one_value_that_goes_does_not_cover_the_next(contract: Path) -> None:
    value, kinds = "json-schema-value-refused", ["card", "cash", "gift"]
    (contract / "order.json").write_text(order(b={"enum": kinds}))
    at, draft = contract.parent.parent, store.source(contract / "order.json")
    store.release(at, "shop/order", SemanticVersion(2, 0, 0), draft)
    accept(contract, entry("b", value, more="says = 'may send \"gift\" as'\n"))
    (contract / "order.json").write_text(order(b={"enum": kinds[:2]}))

    found = checked(contract)
    assert found.standing is Status.COMPATIBLE
    assert f'{value} at b, may send "gift" as is accepted until' in text.answer(found)

    (contract / "order.json").write_text(order(b={"enum": kinds[:1]}))
    found = checked(contract)
    assert found.standing is Status.INCOMPATIBLE
    assert [one.about for one in found.idle] == [f'{value} at b, may send "gift" as']


def test_an_acceptance_that_is_not_needed_is_told_and_fails_nothing(contract: Path, contractctl: Run) -> None:
    (contract / "order.json").write_text(order())
    accept(contract, entry())

    assert contractctl("check").stderr == (
        f"nothing to accept: {RULE} at a: contracts/shop/order/contract.toml lists it, but there is no such finding\n"
    )


def test_one_that_has_expired_counts_again(contract: Path, contractctl: Run) -> None:
    accept(contract, entry(expires=PAST))

    done = contractctl("check", code=1)

    assert f"accepted until {PAST} by ada@example.org: {REASON}, which is over: it counts again" in done.stdout
    assert "    → " in done.stdout
    assert "nothing to accept" not in done.stderr
    (pair,) = verdict(checked(contract))["pairs"]
    assert [one["holds"] for one in pair["accepted"]] == [False]
    assert not any(one["accepted"] for one in pair["findings"])
    assert "it counts again" in github.verdict(checked(contract))


@pytest.mark.parametrize("zone", ["Etc/GMT-14", "Etc/GMT+12"])
def test_the_last_day_is_one_of_utc_wherever_one_checks(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    """At any moment one of the two zones has another day than UTC."""
    with monkeypatch.context() as moved:
        moved.setenv("TZ", zone)
        time.tzset()
        before, said, after = datetime.now(UTC).date(), date.fromisoformat(times.today()), datetime.now(UTC).date()
    time.tzset()

    assert before <= said <= after


def test_one_that_has_expired_is_not_said_to_count_after_the_major_release(contract: Path) -> None:
    accept(contract, entry(expires=PAST))
    at, draft = contract.parent.parent, store.source(contract / "order.json")
    store.release(at, "shop/order", SemanticVersion(2, 0, 0), draft)

    found = checked(contract)

    assert found.standing is Status.COMPATIBLE
    assert "2.0.0 was released as a major version" in text.verdict(found)
    assert "counts again" not in text.verdict(found) + github.verdict(found)


def test_what_is_unknown_behind_an_accepted_finding_stays_unknown(contract: Path, contractctl: Run) -> None:
    (contract / "order.json").write_text(order("integer", {"$ref": "https://example.com/elsewhere.json"}))
    accept(contract, entry())

    assert contractctl("check", code=3).stdout.startswith("unknown: shop/order 1.0.0 → draft")
    assert "::warning title=shop/order%3A unknown" in github.verdict(checked(contract))
    assert page("unknown").remedy in text.verdict(checked(contract))
    assert page("unknown").remedy in github.verdict(checked(contract))

    accept(contract, entry(), entry("$", "unknown"))
    (pair,) = verdict(checked(contract))["pairs"]
    assert checked(contract).standing is Status.COMPATIBLE
    assert (pair["verdict"], [one["rule"] for one in pair["accepted"]]) == ("incompatible", [RULE, "unknown"])
    assert github.verdict(checked(contract)).count("::warning ") == 2
    assert page("unknown").remedy not in text.verdict(checked(contract)) + github.verdict(checked(contract))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (entry(rule="json-schema-type-refuse"), "did you mean 'json-schema-type-refused'?"),
        (entry(rule="release-edited"), "how to fix them: contractctl explain release-edited"),
        (entry(more='until = "2026"\n'), "'accepted.until' is not a known key"),
        (entry(more='file = "api/order.json"\n'), "'accepted.file' is not a known key"),
        (entry(expires=f'"{SOON}"'), "a day, without quotes"),
        (entry(expires="2026-12-31T00:00:00Z"), "'accepted.expires' is 2026-12-31 00:00:00+00:00; it takes a day"),
        (entry(expires=str(TODAY + timedelta(days=400))), "more than a year from now"),
        (entry().replace(REASON, " "), "a text that is not empty"),
        (entry().replace("owner", "# owner"), "'accepted.owner' is missing"),
        (entry().replace("expires", "# expires"), "'accepted.expires' is missing"),
    ],
)
def test_an_acceptance_that_is_written_wrong_is_an_error(contract: Path, wrong: str, said: str) -> None:
    accept(contract, wrong)

    (unreadable,) = checked(contract).unreadable

    assert "shop/order/contract.toml: 'accepted." in unreadable.message
    assert said in f"{unreadable.message}; {unreadable.remedy}"


def test_on_its_last_day_an_acceptance_holds_and_where_nobody_knows_the_day_it_does_not(contract: Path) -> None:
    accept(contract, entry(expires="2026-12-31"))
    accepted = store.read(contract.parent.parent, "shop/order").accepted

    assert [one.holds for one in accepted] == [False]
    for day, holds in (("2026-12-31", True), ("2027-01-01", False), (None, False)):
        assert [one.holds for one in dated(accepted, day)] == [holds]


def test_an_acceptance_of_the_branch_itself_counts_against_the_base(contract: Path, contractctl: Run, git: Git) -> None:
    contractctl("check", "--against", "main", code=1)
    accept(contract, entry())
    assert f"accepted until {SOON}" in contractctl("check", "--against", "main").stdout

    git("switch", "-qc", "branch")
    git("commit", "-qam", "accepted")
    assert f"accepted until {SOON}" in contractctl("check", "--against", "main").stdout


def test_what_the_base_protects_is_not_hidden_behind_an_accepted_finding(
    tmp_path: Path, contractctl: Run, git: Git
) -> None:
    """The branch lowers a policy: judged as there, there is one finding more."""
    folder = tmp_path / "contracts" / "shop" / "order"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text(f'formats = "assertion"\n{CONTRACT}')
    released(folder, git)
    (folder / "order.json").write_text(order("integer", {"type": "string", "format": "email"}))
    accept(folder, entry())

    contractctl("check")
    assert "  b  " in contractctl("check", "--against", "main", code=1).stdout


def test_what_is_accepted_of_a_draft_stands_beside_it(contract: Path, contractctl: Run, tmp_path: Path) -> None:
    (tmp_path / "contractctl.toml").write_text(entry(more='file = "contracts/shop/order/order.json"\n'))

    message = contractctl("check", code=2).stderr

    assert "contractctl.toml: 'accepted.file' is the draft of shop/order" in message
    assert "into the contract.toml of shop/order" in message


def test_nothing_but_check_knows_of_it(contract: Path, contractctl: Run, tmp_path: Path) -> None:
    accept(contract, entry())

    assert "2.0.0 would be a major version" in contractctl("release", "shop/order", code=1).stdout
    assert "1 incompatible" in contractctl("matrix", "shop/order").stdout

    contractctl("release", "shop/order", "--major")
    for name, side, version in (("writer", "provides", "1.0.0"), ("reader", "consumes", "2.0.0")):
        declared = tmp_path / "contracts" / "services" / name / "1.toml"
        declared.parent.mkdir(parents=True)
        declared.write_text(f'[[{side}]]\ncontract = "shop/order"\nversions = ["{version}"]\n')
    contractctl("record-deployment", "writer", "1", "--env", "production")
    assert "no: " in contractctl("can-i-deploy", "reader", "1", "--to", "production", code=1).stdout


@pytest.mark.parametrize("file", ["api/order.schema.json", "api/*.json", "**/order.schema.json"])
def test_files_outside_the_store_are_named_in_the_settings(loose: Path, contractctl: Run, file: str) -> None:
    (loose.parent.parent / "contractctl.toml").write_text(entry(more=f'file = "{file}"\n'))

    assert f"accepted until {SOON}" in contractctl("check", "--against", "main").stdout
    assert f"accepted until {SOON}" in contractctl("check", "--against", "main", cwd=loose.parent).stdout


def test_an_acceptance_for_another_file_accepts_nothing(loose: Path, contractctl: Run) -> None:
    settings = loose.parent.parent / "contractctl.toml"
    settings.write_text(entry(more='file = "api/orders.schema.json"\n'))
    done = contractctl("check", "--against", "main", code=1)
    assert done.stderr == (
        f"nothing to accept: {RULE} at a in api/orders.schema.json: contractctl.toml lists it, but there is no such"
        " finding\n"
    )

    settings.write_text(entry(more='file = "../api/order.schema.json"\n'))
    assert "begins in the folder of this file" in contractctl("check", "--against", "main", code=2).stderr
    settings.write_text(entry())
    assert "'accepted.file' is missing" in contractctl("check", "--against", "main", code=2).stderr
    settings.write_text(entry(rule="nothing", more='file = "api/order.schema.json"\n'))
    assert (
        "contractctl.toml: 'accepted.rule': there is no rule"
        in contractctl("check", "--against", "main", code=2).stderr
    )


@pytest.mark.parametrize("gone", ["api/order.schema.json", "contracts/shop/order/contract.toml"])
def test_that_a_file_is_gone_can_be_accepted_and_stays_visible(
    gone: str, contractctl: Run, git: Git, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("contract" if gone.startswith("contracts") else "loose")
    git("rm", "-rqf", gone.replace("contract.toml", ""))
    contractctl("check", "--against", "main", code=1)
    accepted = entry(rule="contract-deleted", more=f'file = "{gone}"\n').replace('path = "a"\n', "")
    (tmp_path / "contractctl.toml").write_text(accepted)

    done = contractctl("check", "--against", "main")

    assert done.stdout.startswith("passes: 0 pairs judged; excused: ")
    assert f"contract-deleted is accepted until {SOON} by ada@example.org: {REASON}" in done.stdout
    assert "restore it" not in done.stdout
    assert done.stderr == ""
    answer = json.loads(contractctl("check", "--against", "main", "--format", "json").stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(answer)
    assert (answer["verdict"], answer["passes"]) == ("incompatible", True)
    assert [one["accepted"]["holds"] for one in answer["problems"]] == [True]
    assert contractctl("check", "--against", "main", "--format", "github").stdout.startswith("::warning ")
    assert "<skipped " in contractctl("check", "--against", "main", "--format", "junit").stdout

    for other in (accepted.replace(SOON, PAST), accepted.replace(gone, f"{gone}x")):
        (tmp_path / "contractctl.toml").write_text(other)
        assert "restore it" in contractctl("check", "--against", "main", code=1).stdout
