"""What does a consumer's repository prove? Real git repositories; whatever cannot be read keeps the gate closed."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contractctl import evidence
from contractctl.errors import ContractctlError
from contractctl.evidence.code import deployed
from contractctl.evidence.questions import Question
from contractctl.gate.trust import Clock, flaw
from contractctl.model.cluster import Environment
from contractctl.model.decision import Unknown
from contractctl.model.evidence import Kind, Record
from contractctl.model.service import Live
from tests.evidence.conftest import NOW, QUESTION

CLOCK = Clock(NOW, 3600.0, 60.0)


def run(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always")
    return subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def committed(folder: Path, **files: str | bytes) -> str:
    """A repository with these files (`__` is a dot), and its commit."""
    folder.mkdir(exist_ok=True)
    run(folder, "init", "-q", "-b", "main")
    for name, content in files.items():
        raw = content if isinstance(content, bytes) else content.encode()
        (folder / name.replace("__", ".")).write_bytes(raw)
    run(folder, "add", "-A")
    run(folder, "commit", "-q", "--allow-empty", "-m", "x")
    return run(folder, "rev-parse", "HEAD")


def live(stable: str | None = "1.4", *, service: str = "reporting", **changes: Any) -> Question:
    """Something of a service is live in production."""
    return replace(QUESTION, live={"production": Environment({service: Live(stable, **changes)})})


def asked(root: Path, question: Question, repo: str = "reporting", **options: str) -> tuple[Record, ...]:
    named = {"consumer": "reporting", "environment": "production"} | options
    return evidence.collect("code", repo, named, question, root=root, folder=root)


def searched(
    root: Path, commit: str, *, repo: str = "reporting", consumer: str = "reporting", not_code: str = ""
) -> Record:
    question = live(service=consumer, commits={"1.4": commit})
    (record,) = asked(root, question, repo, consumer=consumer, not_code=not_code)
    assert record.kind is Kind.STATIC_READS
    return record


def reason(record: Record) -> Unknown | None:
    found = flaw(record, CLOCK)
    return None if found is None else found.reason


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("a__py", "x = 1\nprint(order.customer_name)\n", 2),
        ("a__py", "print(row['customer_name'])\n", 1),
        ("a__py", "Order(\n  customer_name='x')\n", 2),
        ("a__py", "class Order:\n    customer_name: str\n", 2),
        ("a__py", "db.execute('SELECT * FROM orders')\n", 1),
        ("a__py", "db.execute(f'SELECT * FROM orders WHERE id = {n}')\n", 1),
        ("board__yaml", "panels:\n- expr: sum by (customer_name)\n", 2),
        ("a__ts", "\nconst n = order.customerName;\n", 2),
        ("A__java", "order.getCustomerName();\n", 1),
        ("report__sql", "SELECT * FROM orders;\n", 1),
        ("run__sh", "echo $CUSTOMER_NAME\n", 1),
    ],
)
def test_a_mention_is_found_at_its_line(tmp_path: Path, name: str, content: str, line: int) -> None:
    commit = committed(tmp_path / "reporting", **{name: content})

    (series,) = searched(tmp_path, commit).series

    assert series.value == 1
    assert series.labels["places"] == f"{name.replace('__', '.')}:{line}"


def test_a_tree_that_was_read_whole_proves_absence_at_its_commit_and_not_what_came_after(tmp_path: Path) -> None:
    harmless = '"""The customer_name of old."""\nprint(order.full_name)  # was customer_name\n'
    commit = committed(tmp_path / "reporting", a__py=harmless, b__sql="SELECT id FROM other;")
    committed(tmp_path / "reporting", c__py="order.customer_name")

    record = searched(tmp_path, commit)

    assert reason(record) is None
    assert [series.value for series in record.series] == [0]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"logo__png": b"\x89PNG\0\xff"}, "logo.png (binary)"),
        ({"old__py": "print 'x'\n"}, "old.py (Python code that"),
        ({"big__csv": b"x" * 5_000_001}, "big.csv (too large)"),
        ({"model__bin": "version https://git-lfs.github.com/spec/v1\n"}, "model.bin (in Git LFS)"),
    ],
)
def test_a_file_that_cannot_be_read_makes_absence_unknown(
    tmp_path: Path, files: dict[str, str | bytes], words: str
) -> None:
    record = searched(tmp_path, committed(tmp_path / "reporting", **files))

    assert reason(record) is Unknown.TRUNCATED
    assert words in (record.problem or "")


def test_whoever_reviews_the_settings_may_vouch_for_files_that_are_no_code(tmp_path: Path) -> None:
    commit = committed(
        tmp_path / "reporting", logo__png=b"\x89PNG\0\xff", tool__exe=b"\0\xff", notes__txt="customer_name"
    )

    record = searched(tmp_path, commit, not_code="*.png *.txt")
    whole = searched(tmp_path, commit, not_code="*.png *.exe *.txt")

    assert "1 file of reporting could not be searched: tool.exe (binary)" in (record.problem or "")
    assert reason(whole) is None
    assert [series.value for series in whole.series] == [1]


def test_submodules_and_links_that_lead_out_are_not_read(tmp_path: Path) -> None:
    inner = committed(tmp_path / "inner", a__py="")
    repo = tmp_path / "reporting"
    committed(repo, a__py="")
    run(repo, "update-index", "--add", "--cacheinfo", f"160000,{inner},vendored")
    (repo / "out").symlink_to("../inner/a.py")
    run(repo, "add", "out")
    run(repo, "commit", "-q", "-m", "y")

    record = searched(tmp_path, run(repo, "rev-parse", "HEAD"))

    assert reason(record) is Unknown.TRUNCATED
    assert "vendored (a submodule)" in (record.problem or "")
    assert "out (a link that leads outside the repository)" in (record.problem or "")


def test_a_commit_or_a_repository_that_is_not_there_is_a_missing_source(tmp_path: Path) -> None:
    committed(tmp_path, a__py="")  # a folder inside a repository is not that repository
    committed(tmp_path / "reporting", a__py="")
    (tmp_path / "none").mkdir()

    assert reason(searched(tmp_path, "a" * 40)) is Unknown.MISSING_SOURCE
    assert reason(searched(tmp_path, "a" * 40, repo="none")) is Unknown.MISSING_SOURCE
    assert reason(searched(tmp_path, "a" * 40, repo="nowhere")) is Unknown.MISSING_SOURCE


def test_bare_and_shallow_clones_are_read_and_what_was_cut_off_or_left_behind_is_missing(tmp_path: Path) -> None:
    first = committed(tmp_path / "origin", a__py="order.customer_name")
    second = committed(tmp_path / "origin", b__py="order.customer_name")
    run(tmp_path / "origin", "config", "uploadpack.allowFilter", "true")
    url = (tmp_path / "origin").as_uri()
    run(tmp_path, "clone", "-q", "--bare", url, "bare")
    run(tmp_path, "clone", "-q", "--depth", "1", url, "shallow")
    run(tmp_path, "clone", "-q", "--bare", "--filter=blob:none", url, "partial")

    assert [series.value for series in searched(tmp_path, first, repo="bare").series] == [1]
    assert [series.value for series in searched(tmp_path, second, repo="shallow").series] == [2]
    cut = searched(tmp_path, first, repo="shallow")
    assert reason(cut) is Unknown.MISSING_SOURCE
    assert "fetch --unshallow" in (cut.problem or "")
    assert reason(searched(tmp_path, second, repo="partial")) is Unknown.MISSING_SOURCE


def test_a_mention_by_somebody_whom_no_contract_lists_is_not_passed_over(tmp_path: Path) -> None:
    commit = committed(tmp_path / "reporting", a__py="order.customer_name")

    assert reason(searched(tmp_path, commit, consumer="stranger")) is Unknown.UNATTRIBUTED_READS


A, B = "a" * 40, "b" * 40


@pytest.mark.parametrize(
    ("question", "options", "why", "words"),
    [
        (live("1.5"), {"deployed": f"1.4={A}"}, Unknown.ENVIRONMENT_STALE, "reporting@1.4, which is not live"),
        (live("1.5", commits={"1.5": B}), {"deployed": f"1.4={A}"}, Unknown.ENVIRONMENT_STALE, "live there: 1.5"),
        (live("1.4", commits={"1.4": B}), {"deployed": f"1.4={A}"}, Unknown.CONFLICTING_EVIDENCE, "several commits"),
        (live("1.4"), {}, Unknown.MISSING_SOURCE, "--commit ID"),
        (live("1.4"), {"tag": "v{version}"}, Unknown.MISSING_SOURCE, "there is no tag 'v1.4'"),
        (live(None, canaries={"1.4": 5.0}), {"deployed": f"1.4={A}"}, Unknown.ENVIRONMENT_STALE, "come to 100 %"),
        (live(None), {"deployed": f"1.4={A}"}, Unknown.MISSING_SOURCE, "on record as live"),
        (live(service="other"), {"deployed": f"1.4={A}"}, Unknown.MISSING_SOURCE, "on record as live"),
        (live("1.4"), {"deployed": f"1.4={A}", "environment": "tests"}, Unknown.MISSING_SOURCE, "live in 'tests'"),
    ],
)
def test_a_commit_of_which_nobody_knows_that_it_runs_proves_nothing(
    tmp_path: Path, question: Question, options: dict[str, str], why: Unknown, words: str
) -> None:
    commit = committed(tmp_path / "reporting", a__py="order.full_name")
    known = {key: text.replace(A, commit) for key, text in options.items()}

    (record,) = asked(tmp_path, question, **known)

    assert reason(record) is why
    assert words in (record.problem or "")


def test_every_live_version_is_searched_whoever_says_which_commit_it_is(tmp_path: Path) -> None:
    repo = tmp_path / "reporting"
    first = committed(repo, a__py="order.customer_name")
    second = committed(repo, a__py="order.full_name")
    third = committed(repo, b__py="x.customer_name\ny.customer_name")
    run(repo, "tag", "v1.6", third)
    run(repo, "branch", "v1.7")

    question = live("1.4", canaries={"1.5": 5.0, "1.6": 1.0, first: 1.0}, commits={"1.4": first})
    records = asked(tmp_path, question, deployed=f"1.5={second}", tag="v{version}")
    (branch,) = asked(tmp_path, live("1.7"), tag="v{version}")

    assert {one.series[0].labels["version"]: one.series[0].value for one in records} == {
        "1.4": 1,
        "1.5": 0,
        "1.6": 2,
        first: 1,
    }
    assert not any(map(reason, records))
    assert reason(branch) is Unknown.MISSING_SOURCE


def test_a_search_counts_only_until_something_else_is_deployed(tmp_path: Path) -> None:
    commit = committed(tmp_path / "reporting", a__py="")
    question = live("1.4", commits={"1.4": commit})
    found = asked(tmp_path, question)

    def held(now: Question) -> Unknown | None:
        return reason(*deployed.held(found, now.live))

    assert held(question) is None
    assert held(live("1.5")) is Unknown.ENVIRONMENT_STALE
    assert held(live("1.4", commits={"1.4": commit}, canaries={"1.5": 1.0})) is Unknown.ENVIRONMENT_STALE
    assert held(live("1.4", commits={"1.4": B})) is Unknown.ENVIRONMENT_STALE
    assert held(replace(question, live={})) is Unknown.ENVIRONMENT_STALE


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"deployed": A}, "is not a version with a full commit id"),
        ({"deployed": "1.4=main"}, "a branch would move"),
        ({"deployed": f"1.4={A} 1.4={B}"}, "two commits of 1.4"),
        ({"tag": "latest"}, "the same for every version"),
        ({"environment": ""}, "does not say where the code runs"),
        ({"not_code": "*.png *"}, r"not_code '\*' matches every file"),
        ({"not_code": "*[a-z0-9]*.*"}, "matches every file"),
    ],
)
def test_settings_that_would_let_anything_through_are_refused(
    tmp_path: Path, options: dict[str, str], message: str
) -> None:
    with pytest.raises(ContractctlError, match=message):
        asked(tmp_path, live(), **options)


def test_a_tree_of_which_nothing_was_read_proves_nothing(tmp_path: Path) -> None:
    commit = committed(tmp_path / "reporting", logo__png=b"\x89PNG\0\xff")

    assert reason(searched(tmp_path, commit, not_code="*.png")) is Unknown.MISSING_SOURCE


def test_a_name_of_one_word_is_found_as_a_word_alone(tmp_path: Path) -> None:
    operations = tuple(replace(one, old="id") for one in QUESTION.plan.operations)
    question = replace(QUESTION, plan=replace(QUESTION.plan, operations=operations))
    commit = committed(tmp_path / "reporting", a__ts="void idle()\nuserId\nuserID\norder.id\nids\nGUID\n")

    (record,) = asked(tmp_path, replace(question, live=live(commits={"1.4": commit}).live))

    assert record.series[0].labels["places"] == "a.ts:2, a.ts:3, a.ts:4"


def test_an_object_that_is_lost_is_an_error_of_the_source(tmp_path: Path) -> None:
    commit = committed(tmp_path / "reporting", a__ts="order.total")
    blob = run(tmp_path / "reporting", "rev-parse", "HEAD:a.ts")
    (tmp_path / "reporting" / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    assert reason(searched(tmp_path, commit)) is Unknown.SOURCE_ERROR


@pytest.mark.parametrize("field", ["customer__name", "customer$name", "größe", "_"])
def test_a_field_is_found_by_its_very_own_name(tmp_path: Path, field: str) -> None:
    operations = tuple(replace(one, old=field) for one in QUESTION.plan.operations)
    question = replace(QUESTION, plan=replace(QUESTION.plan, operations=operations))
    commit = committed(tmp_path / "reporting", a__yaml=f"x: {field}\n")

    (record,) = asked(tmp_path, replace(question, live=live(commits={"1.4": commit}).live))

    assert record.series[0].value == 1
