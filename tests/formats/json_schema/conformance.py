"""The labelled pairs of a public test suite for containment of JSON Schemas, and how many of them are judged right.

Beside the checkout, in ../shared/conformance. As a program: the confusion matrix by group and dialect, the share of
witnesses, and the time; its argument is the part of an id to look at.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contractctl.compatibility import compare
from contractctl.errors import ContractctlError
from contractctl.model.verdict import Answer, Status

FILE = Path(__file__).parents[3].parent / "shared" / "conformance" / "json_schema_inclusion.jsonl"
_ADDRESSES = {
    "draft4": "http://json-schema.org/draft-04/schema#",
    "draft6": "http://json-schema.org/draft-06/schema#",
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
}


@dataclass(frozen=True)
class Pair:
    """Two schemas of one dialect, and whether all that is valid for the old one is valid for the new one."""

    id: str
    dialect: str
    group: str
    old: str
    new: str
    included: bool


@dataclass(frozen=True)
class Judged:
    """What was said of a pair, backward."""

    pair: Pair
    status: str
    shown: bool
    """Whether a witness shows that it is incompatible."""
    why: str = ""

    @property
    def right(self) -> bool:
        return self.status == ("compatible" if self.pair.included else "incompatible")

    @property
    def wrongly_compatible(self) -> bool:
        return self.status == "compatible" and not self.pair.included


def pairs() -> Iterator[Pair]:
    """All whose label is not doubtful."""
    if not FILE.is_file():
        return
    for line in FILE.read_text("utf-8").splitlines():
        given = json.loads(line)
        if not given["label_suspect"]:
            old, new = (_text(given[side], given["dialect"]) for side in ("old", "new"))
            yield Pair(given["id"], given["dialect"], given["group"], old, new, given["backward_compatible"])


def judged(some: Iterable[Pair]) -> Iterator[Judged]:
    for pair in some:
        try:
            answer = compare(pair.old, pair.new, format="json-schema").backward
        except ContractctlError as error:
            yield Judged(pair, "refused", shown=False, why=error.message)
            continue
        yield Judged(pair, answer.status.value, _is_shown(answer), "; ".join(answer.reasons))


def _is_shown(answer: Answer) -> bool:
    return answer.status is Status.INCOMPATIBLE and any(finding.witness for finding in answer.findings)


def _text(schema: Any, dialect: str) -> str:
    """A schema that says its dialect; true and false cannot, and are written as what they mean."""
    body = {"not": {}} if schema is False else {} if schema is True else schema
    return json.dumps({"$schema": _ADDRESSES[dialect], **body})


def _matrix(results: list[Judged]) -> Iterator[str]:
    columns = ("compatible", "incompatible", "unknown", "refused")
    yield f"{'group':<14}{'dialect':<14}{'label':<14}" + "".join(f"{column:>14}" for column in columns)
    counted = Counter((one.pair.group, one.pair.dialect, one.pair.included, one.status) for one in results)
    for group, dialect, included in sorted({key[:3] for key in counted}):
        label = "compatible" if included else "incompatible"
        cells = "".join(f"{counted[group, dialect, included, column]:>14}" for column in columns)
        yield f"{group:<14}{dialect:<14}{label:<14}{cells}"


def main() -> None:
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    chosen = [pair for pair in pairs() if part in pair.id]
    if not chosen:
        sys.exit(f"no labelled pair whose id contains '{part}': is {FILE} there?")
    begin = time.perf_counter()
    results = list(judged(chosen))
    taken = time.perf_counter() - begin
    print("\n".join(_matrix(results)))
    right, incompatible = sum(one.right for one in results), [one for one in results if one.status == "incompatible"]
    shown = sum(one.shown for one in incompatible)
    print(f"\nright: {right} of {len(results)} ({right / len(results):.2%})")
    print(f"wrong 'compatible': {sum(one.wrongly_compatible for one in results)}")
    print(f"witnesses: {shown} of {len(incompatible)} ({shown / max(len(incompatible), 1):.2%})")
    print(f"time: {taken:.1f} s, {len(results) / taken:.0f} pairs/s in one process, both directions")
    for one in results:
        if not one.right or (one.status == "incompatible" and not one.shown):
            print(f"  {one.pair.id}: {one.status} {one.why}{'' if one.right else ' — WRONG'}")


if __name__ == "__main__":
    main()
