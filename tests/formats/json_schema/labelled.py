"""Pairs of schemas whose verdict is known from the specification: one a line in cases/*.jsonl.

A line is [dialects, old, new, relation, why] and, where it is judged by another policy than the usual one, that policy.
The relation is that of what the two accept: `=` the same, `<` new accepts more, `>` new accepts less, `x` neither holds
the other. Dialects are "*" for all, "7" for one, "6+" from one on, "4-7" from one to another, or "own" where the
schemas name theirs.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contractctl.model.contract import Policy

DIALECTS = {
    "4": "http://json-schema.org/draft-04/schema#",
    "6": "http://json-schema.org/draft-06/schema#",
    "7": "http://json-schema.org/draft-07/schema#",
    "2019": "https://json-schema.org/draft/2019-09/schema",
    "2020": "https://json-schema.org/draft/2020-12/schema",
}
_FOLDER = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    """A pair in one dialect, and whether the new version reads what the old one wrote, and the reverse."""

    name: str
    old: Any
    new: Any
    backward: bool
    forward: bool
    why: str
    policy: Policy

    def texts(self) -> tuple[str, str]:
        return json.dumps(self.old), json.dumps(self.new)


def cases() -> Iterator[Case]:
    """Every case in every dialect that it is meant for."""
    for path in sorted(_FOLDER.glob("*.jsonl")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            dialects, old, new, relation, why, *policy = json.loads(line)
            for dialect in _dialects(dialects):
                yield Case(
                    name=f"{path.stem}-{number}-{dialect}",
                    old=in_dialect(old, dialect),
                    new=in_dialect(new, dialect),
                    backward=relation in "=<",
                    forward=relation in "=>",
                    why=why,
                    policy=Policy(**policy[0]) if policy else Policy(),
                )


def in_dialect(schema: Any, dialect: str) -> Any:
    """A schema that says its dialect; true and false cannot, and are written as what they mean."""
    if dialect not in DIALECTS:
        return schema
    body = {"not": {}} if schema is False else {} if schema is True else schema
    return {"$schema": DIALECTS[dialect], **body}


def _dialects(named: str) -> list[str]:
    known = list(DIALECTS)
    if named == "*":
        return known
    first, dash, last = named.partition("-")
    if dash:
        return known[known.index(first) : known.index(last) + 1]
    return known[known.index(named[:-1]) :] if named.endswith("+") else [named]
