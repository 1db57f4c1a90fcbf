"""What does GitLab show in a merge request? A Code Quality report.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

import json
from typing import Any

from contractctl.check import Checked
from contractctl.report.annotations import Annotation, annotations


def verdict(checked: Checked) -> str:
    """A JSON list, one entry for each remark; empty if there is nothing to report."""
    return json.dumps([_entry(one) for one in annotations(checked)], indent=2, ensure_ascii=False)


def _entry(one: Annotation) -> dict[str, Any]:
    place = one.place
    return {
        "description": one.text,
        "check_name": one.rule,
        "fingerprint": one.fingerprint,
        "severity": "major" if one.error else "minor",
        "location": {
            "path": place.file if place else one.contract,
            "lines": {"begin": (place.line if place else None) or 1},
        },
    }
