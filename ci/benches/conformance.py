"""How often is the JSON Schema judge right? Labelled pairs, by group and draft, and how many answers are shown."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measuring import SHARED, Row

from contractctl.compatibility import compare
from contractctl.errors import ContractctlError
from contractctl.model.verdict import Status

LABELLED = SHARED / "conformance" / "json_schema_inclusion.jsonl"
DRAFTS = {
    "draft4": "http://json-schema.org/draft-04/schema#",
    "draft6": "http://json-schema.org/draft-06/schema#",
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
}
WORDS = {Status.COMPATIBLE: "compatible", Status.INCOMPATIBLE: "incompatible", Status.UNKNOWN: "unknown"}


def measure(folder: Path) -> Iterator[Row]:
    """The confusion matrix: right is what the label says; unknown is not right."""
    del folder
    if not LABELLED.exists():
        yield "conformance", "not here", "shared/conformance lies beside the checkout where it is"
        return
    counts: Counter[tuple[str, str, str]] = Counter()
    shown: Counter[bool] = Counter()
    began = time.process_time()
    for line in LABELLED.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case["label_suspect"]:
            continue
        wanted = "compatible" if case["backward_compatible"] else "incompatible"
        said = _judged(case, shown)
        for key in (case["group"], case["dialect"], "all"):
            counts[key, wanted, said] += 1
    taken = time.process_time() - began
    for key in dict.fromkeys(key for key, _, _ in counts):
        of_key = {pair[1:]: count for pair, count in counts.items() if pair[0] == key}
        total, right = sum(of_key.values()), sum(count for (wanted, said), count in of_key.items() if wanted == said)
        wrong = of_key.get(("incompatible", "compatible"), 0)
        alarms = of_key.get(("compatible", "incompatible"), 0)
        unknown = sum(count for (_, said), count in of_key.items() if said == "unknown")
        yield (
            f"{key}: {total:,} pairs",
            f"{right / total:.2%} right",
            f"{wrong} wrong 'compatible', {alarms} 'incompatible' against the label, {unknown} unknown",
        )
    yield "'incompatible' with a confirmed witness", f"{shown[True] / shown.total():.2%}", f"of {shown.total():,}"
    yield "all of it, witnesses included", f"{taken:.1f} s", f"{counts.total() / 3 / taken:,.0f} pairs/s"


def _judged(case: dict[str, Any], shown: Counter[bool]) -> str:
    old, new = (_text(case[side], str(case["dialect"])) for side in ("old", "new"))
    try:
        answer = compare(old, new, format="json-schema").backward
    except ContractctlError:
        return "unknown"
    if answer.status is Status.INCOMPATIBLE:
        shown[any(finding.witness for finding in answer.findings)] += 1
    return WORDS[answer.status]


def _text(schema: dict[str, object] | bool, dialect: str) -> str:
    if isinstance(schema, bool):
        schema = {} if schema else {"not": {}}
    return json.dumps({"$schema": DRAFTS[dialect], **schema})
