"""What do instruments of one environment prove in another?"""

import json
from dataclasses import replace
from pathlib import Path

from contractctl import evidence
from contractctl.model.decision import Outcome
from contractctl.model.evidence import Kind, Record
from tests.evidence.conftest import NOW, QUESTION, TARGET, WINDOW, Prometheus, only
from tests.evidence.test_killed_processes import export, outcome, steps


def collected(folder: Path, environment: str | None) -> tuple[Record, ...]:
    question = replace(QUESTION, environment=environment)
    return evidence.collect("otlp", "*.jsonl", {}, question, root=folder, folder=folder)


def tell(folder: Path, environment: str) -> None:
    """A process that reads nothing, in the whole window."""
    begin, found = NOW - WINDOW - 600, []
    for at in steps(begin + 60, NOW):
        line = json.loads(export(at, start=begin))
        named = {"key": "deployment.environment.name", "value": {"stringValue": environment}}
        line["resourceMetrics"][0]["resource"]["attributes"].append(named)
        found.append(json.dumps(line))
    (folder / f"{environment}.jsonl").write_text("\n".join([*found, ""]))


def test_a_consumer_that_is_quiet_in_staging_proves_nothing_in_production(tmp_path: Path) -> None:
    tell(tmp_path, "staging")

    records = collected(tmp_path, "production")

    said = "missing source: its data is for 'staging', but contractctl.toml says environment = 'production'"
    assert only(records, Kind.READS).problem == said
    assert outcome(records, NOW) is Outcome.UNKNOWN
    assert outcome(collected(tmp_path, "staging"), NOW) is Outcome.PASS


def test_two_environments_at_once_are_conflicting_where_nobody_says_which_is_meant(tmp_path: Path) -> None:
    tell(tmp_path, "production")
    assert outcome(collected(tmp_path, None), NOW) is Outcome.PASS

    tell(tmp_path, "staging")

    problem = only(collected(tmp_path, None), Kind.READS).problem or ""
    assert problem.startswith("conflicting evidence: 'production' and 'staging' are mixed")
    assert outcome(collected(tmp_path, None), NOW) is Outcome.UNKNOWN
    assert outcome(collected(tmp_path, "production"), NOW) is Outcome.PASS


def test_requests_of_a_canary_in_another_environment_are_not_counted(prometheus: Prometheus) -> None:
    since = NOW - 1200
    for place, bad in (("production", 1.0), ("staging", 0.0)):
        for outcome_, each in (("ok", 10.0), ("bad", bad)):
            labels = {"contract_plan": "rename", "contract_path": "new", "contract_outcome": outcome_}
            place_ = {"deployment_environment": place, "instance": place}
            samples = [(since - 600 + step * 60, step * each) for step in range(31)]
            prometheus.add("contract_canary_requests_total", TARGET | place_ | labels, samples)
    question = replace(QUESTION, since=since, environment="production")

    records = evidence.collect("prometheus", prometheus.url, {}, question, root=Path(), folder=Path())

    (running,) = [one for one in records if one.kind is Kind.CANARY and one.window_to > since]
    assert sum(one.value for one in running.series) == 20 * 11
