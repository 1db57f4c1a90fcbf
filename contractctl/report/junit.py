"""What do pipelines show among test results? One case for each pair of versions, in JUnit's XML.

https://github.com/testmoapp/junitxml
"""

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from contractctl.check import Checked, Pair, Problem
from contractctl.model.verdict import Status
from contractctl.report.annotations import Annotation, of_pair, of_problem

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, escaped or not."""
_WORDS = {Status.INCOMPATIBLE: "failure", Status.UNKNOWN: "error"}


def verdict(checked: Checked) -> str:
    """What is incompatible fails, what is unknown is an error, what is excused is skipped with its excuse."""
    cases = [*map(_problem, checked.problems), *map(_pair, checked.pairs)]
    counted = {"name": "contractctl check", "tests": str(len(cases)), **_counts(cases)}
    suites = ET.Element("testsuites", counted)
    ET.SubElement(suites, "testsuite", counted).extend(cases)
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=False)


def _counts(cases: Iterable[ET.Element]) -> dict[str, str]:
    ends = [part.tag for case in cases for part in case]
    counted = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    return {name: str(ends.count(tag)) for name, tag in counted.items()}


def _problem(problem: Problem) -> ET.Element:
    one = of_problem(problem)
    case = ET.Element("testcase", classname=_plain(one.contract), name=_plain(f"{one.rule} {one.about}".strip()))
    if one.excuse is not None:
        ET.SubElement(case, "skipped", message=_plain(one.excuse)).text = _plain(_texts([one]))
    else:
        _end(case, _WORDS[problem.status], [one])
    return case


def _pair(pair: Pair) -> ET.Element:
    name = f"{pair.old} → {pair.new} ({pair.level})"
    case = ET.Element("testcase", classname=_plain(pair.contract), name=_plain(name))
    if pair.status is Status.COMPATIBLE:
        return case
    if pair.excused is not None:
        ET.SubElement(case, "skipped", message=_plain(pair.excused)).text = _plain(_texts(of_pair(pair)))
        return case
    _end(case, _WORDS[pair.standing], list(of_pair(pair)))
    return case


def _end(case: ET.Element, tag: str, remarks: list[Annotation]) -> None:
    what = ", ".join(dict.fromkeys(one.rule for one in remarks if one.excuse is None))
    ET.SubElement(case, tag, message=_plain(what), type=tag).text = _plain(_texts(remarks))


def _texts(remarks: Iterable[Annotation]) -> str:
    return "\n\n".join(f"{_at(one)}{one.rule}\n{one.text}" for one in remarks)


def _at(one: Annotation) -> str:
    if one.place is None:
        return ""
    return ":".join(str(part) for part in (one.place.file, one.place.line, one.place.column) if part is not None) + ": "


def _plain(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
