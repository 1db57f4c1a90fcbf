"""Does a decision's page say everything that was decided, with its numbers, and run nothing?"""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from contractctl import cli
from contractctl.gate import decide_case, decision_file
from contractctl.gate.case import Case
from contractctl.model.contract import Party
from contractctl.model.decision import Decision, Unknown
from contractctl.model.evidence import Kind
from contractctl.report import decision_html
from contractctl.report.decision_words import REASONS
from tests.gate.conftest import NOW, Scene, heartbeat, in_looks, reads, record, requests, with_records


class Page(HTMLParser):
    """What a browser would see; whatever is opened must be closed, in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.open = "", [""]
        self.feed(text)
        assert self.open == [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def case_of(scene: Scene) -> Case:
    return Case(scene.plan, scene.stage, scene.percent, scene.standing, scene.consumers, scene.records, scene.now)


def page(scene: Scene) -> tuple[Decision, Page]:
    case = case_of(scene)
    made = decide_case(case)
    return made, Page(decision_html.decision(made, case))


def worsening(scene: Scene) -> Scene:
    looks = [((bad, 790.0), (10.0, 7200.0)) for bad in (1.0, 2.0, 4.0, 8.0, 9.0, 12.0)]
    return scene.but(records=(in_looks(looks),))


def test_every_condition_stands_there_with_what_was_seen_and_what_is_needed(
    contracting: Scene, canarying: Scene
) -> None:
    strange = record(Kind.READS, reads(0), reads(3, consumer="cron", last=NOW - 3600), reads(1, consumer=""))
    open_ = with_records(contracting, reads=strange, heartbeat=heartbeat(coverage=0.5))
    for scene in (contracting, open_, canarying, worsening(canarying), canarying.but(records=())):
        made, shown = page(scene)

        for condition in made.conditions:
            for words in (condition.name, condition.observed, condition.threshold, condition.remedy or ""):
                assert words in shown.text
            assert condition.reason is None or REASONS[condition.reason] in shown.text or condition.waiver
        assert made.digest in shown.text
        assert shown.text.split("\n").count("What does not hold") <= 1
        assert ("What does not hold" in shown.text) is any(one.is_open for one in made.conditions)


def test_the_page_says_where_the_plan_stands_as_every_message_does(canarying: Scene) -> None:
    assert f"the plan is in canary at {canarying.standing.percent:g} % since " in page(canarying)[1].text


def test_the_drawing_ends_at_what_was_decided_and_says_it_in_words(canarying: Scene) -> None:
    made, shown = page(worsening(canarying))

    (errors,) = [one for one in made.conditions if one.name == "canary errors"]
    told = re.findall(r"interval (\d): E = ([\d.e+]+)", shown.text)
    assert [place for place, _ in told] == [*"123456"]
    assert errors.observed.startswith(f"E = {told[-1][1]}")
    (sample,) = [one for one in made.conditions if one.name == "canary sample"]
    assert sample.interval is not None
    low, high = (f"{bound * 100:.3g} %" for bound in sample.interval)
    assert f"between {low} and {high} more failures than the old one" in shown.text
    labels = [one["aria-label"] or "" for one in shown.all("svg")]
    assert [label.partition(" ")[0] for label in labels] == ["E", "between"]
    assert all(one["role"] == "img" for one in shown.all("svg"))


def test_a_canary_without_a_failure_and_one_without_a_request_are_drawn_too(canarying: Scene) -> None:
    for counts in (((0.0, 9000.0), (0.0, 90_000.0)), ((0.0, 0.0), (0.0, 0.0)), ((9.0, 0.0), (0.0, 9.0))):
        for percent in (10.0, 100.0):
            standing = replace(canarying.standing, percent=percent)
            stage = {"stage": canarying.stage, "percent": 100.0, "standing": standing}
            _, shown = page(canarying.but(**stage, records=(requests(*counts),)))

            drawn = [one for tag in ("circle", "line", "rect", "polyline") for one in shown.all(tag)]
            assert not any("nan" in str(one.values()) or "inf" in str(one.values()) for one in drawn)


def test_the_page_loads_nothing_runs_nothing_and_leads_nowhere_else(contracting: Scene, canarying: Scene) -> None:
    hostile = "<script>alert(1)</script>\"'&"
    strange = record(Kind.READS, reads(0), reads(3, consumer=hostile, last=NOW - 3600), problem=f"truncated: {hostile}")
    party = {"shop/orders": (Party("reporting", exempt=hostile),)}
    scene = with_records(contracting, reads=replace(strange, query=hostile)).but(consumers=party)

    for one in (scene, worsening(canarying)):
        case = case_of(one)
        text = decision_html.decision(decide_case(case), case)
        shown = Page(text)
        assert {tag for tag, _ in shown.tags}.isdisjoint({"script", "img", "link", "iframe", "object", "alert"})
        assert not any(key == "src" or key.startswith("on") for _, attributes in shown.tags for key in attributes)
        ids = [attributes["id"] for _, attributes in shown.tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        assert {(one["href"] or "")[1:] for one in shown.all("a")} <= set(ids)
        assert "http" not in text.replace("http-equiv", "")
        assert "url(" not in text
        assert {one.get("scope") for one in shown.all("th")} == {"row", "col"}
    assert hostile in Page(decision_html.decision(decide_case(case_of(scene)), case_of(scene))).text


def test_every_reason_for_unknown_is_explained() -> None:
    assert set(REASONS) == set(Unknown)


def test_the_command_writes_the_page_and_says_the_answer(
    contracting: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    case = case_of(contracting)
    kept = decision_file.write(tmp_path, case, decide_case(case))

    assert cli.run(["gate", "replay", str(kept), "-o", "decision.html"]) == cli.Exit.YES

    told = capsys.readouterr()
    assert (told.out.split(",")[0], told.err) == ("same: pass", "wrote decision.html\n")
    written = (tmp_path / "decision.html").read_text(encoding="utf-8")
    assert "contract of 'rename-customer' may begin" in Page(written).text
    assert cli.run(["gate", "replay", str(kept), "--format", "html"]) == cli.Exit.YES
    assert capsys.readouterr().out == written
    assert cli.run(["gate", "replay", str(kept), "-o", "nowhere/decision.html"]) == cli.Exit.MEND
    assert "there is no folder nowhere" in capsys.readouterr().err
