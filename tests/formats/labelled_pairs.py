"""What is labelled of a pair of documents, and what was found of it?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from contractctl.compatibility import Terms, compare_sources
from contractctl.model.contract import Source
from contractctl.model.verdict import Comparison


@dataclass(frozen=True, slots=True)
class Pair:
    """Two documents, and the rules that are broken between them; None where nobody can tell."""

    format: str
    name: str
    old: Source
    new: Source
    backward: frozenset[str] | None
    forward: frozenset[str] | None

    def compared(self, *, witnesses: bool = False) -> Comparison:
        return compare_sources(self.old, self.new, self.format, Terms(witnesses=witnesses))


def labelled(format_name: str, one: dict[str, Any], old: Source, new: Source) -> Pair:
    """One entry of a pairs.yaml, whose documents stand."""
    return Pair(format_name, one["name"], old, new, _rules(one.get("backward", [])), _rules(one.get("forward", [])))


def entries(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.load(
        file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )
    return found


def _rules(said: Any) -> frozenset[str] | None:
    return None if said == "unknown" else frozenset(said)
