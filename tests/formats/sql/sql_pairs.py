"""The labelled pairs of pairs.yaml, each as two texts of SQL, with what proves the label."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

WORKS = "works"
PARENT = "CREATE TABLE u (id int PRIMARY KEY)"
COLUMN = "CREATE TABLE t (id int PRIMARY KEY, x {}, y int)"
TABLE = "CREATE TABLE t ({})"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two versions of tables. proofs: by direction, what shows each rule that is broken; None where nobody can tell."""

    name: str
    dialect: str
    old: str
    new: str
    backward: dict[str, str] | None
    forward: dict[str, str] | None

    def directions(self) -> Iterator[tuple[str, str, dict[str, str] | None]]:
        """(the client's tables, the provider's, the proofs)"""
        yield self.old, self.new, self.backward
        yield self.new, self.old, self.forward


def pairs() -> list[Pair]:
    loaded = yaml.safe_load((Path(__file__).parent / "pairs.yaml").read_text(encoding="utf-8"))
    return [made(one, dialect) for dialect, group in loaded.items() for one in group]


def made(one: dict[str, Any], dialect: str) -> Pair:
    if "column" in one:
        old, new = (f"{PARENT};{COLUMN.format(text)}" for text in one["column"])
    elif "table" in one:
        old, new = (f"{PARENT};{TABLE.format(text)}" for text in one["table"])
    else:
        old, new = one["schema"]
    backward, forward = (None if one[way] == "unknown" else one[way] for way in ("backward", "forward"))
    return Pair(one["name"], dialect, old, new, backward, forward)
