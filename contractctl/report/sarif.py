"""What do viewers of code scanning read? One SARIF 2.1.0 log, each finding a result, each rule with its page.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from contractctl import __version__
from contractctl.check import Checked
from contractctl.formats import pages
from contractctl.model.verdict import Place
from contractctl.report.annotations import Annotation, annotations

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def verdict(checked: Checked) -> str:
    """The log as JSON; a check without a finding has no results."""
    remarks = list(annotations(checked))
    rules = sorted({one.rule for one in remarks})
    driver = {"name": "contractctl", "semanticVersion": __version__, "rules": [_rule(rule) for rule in rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, rules.index(one.rule)) for one in remarks],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(rule: str) -> dict[str, Any]:
    page = pages.page(rule)
    words = page.text.partition("\n## Example")[0].strip()
    return {"id": rule, "shortDescription": {"text": page.title}, "help": {"text": words, "markdown": words}}


def _result(one: Annotation, index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": one.rule,
        "ruleIndex": index,
        "level": "error" if one.error else "warning",
        "message": {"text": f"{one.contract}: {one.text}"},
        "partialFingerprints": {"contractctl/v1": one.fingerprint},
    }
    if one.excuse is not None:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": one.excuse}]
    if one.place is not None:
        result["locations"] = [{"physicalLocation": _location(one.place)}]
    return result


def _location(place: Place) -> dict[str, Any]:
    path = Path(place.file)
    inside = not path.is_absolute()
    uri = quote(path.as_posix(), errors="surrogateescape") if inside else path.as_uri()
    artifact = {"uri": uri, "uriBaseId": "%SRCROOT%"} if inside else {"uri": uri}
    region = {"startLine": place.line, "startColumn": place.column}
    known = {name: number for name, number in region.items() if number is not None}
    return {"artifactLocation": artifact, **({"region": known} if "startLine" in known else {})}
