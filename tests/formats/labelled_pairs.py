"""What is labelled of a pair of documents, and what was found of it?"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from contractctl.compatibility import Terms, compare_sources
from contractctl.model.contract import File, Source
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


def moved(value: Any, homes: Mapping[str, str], up: str) -> Any:
    """A value as a file `up` from the main one says it, where parts have files of their own: by reference, a path."""
    if isinstance(value, list):
        return [moved(one, homes, up) for one in value]
    if not isinstance(value, dict):
        return value
    found = {key: moved(one, homes, up) for key, one in value.items()}
    if isinstance(value.get("$ref"), str) and value["$ref"].startswith("#/"):
        home = next((home for home in homes if f"{value['$ref']}/".startswith(f"{home}/")), None)
        rest = value["$ref"].removeprefix(home or "")
        found["$ref"] = f"{up}{homes[home]}{f'#{rest}' if rest else ''}" if home else f"{up}main.yaml{rest}"
    if isinstance(value.get("discriminator"), dict) and "mapping" in value["discriminator"]:
        for word, meant in value["discriminator"]["mapping"].items():
            home = meant if "/" in meant else f"#/components/schemas/{meant}"
            found["discriminator"]["mapping"][word] = f"{up}{homes[home]}" if home in homes else meant
    return found


def of_files(files: Mapping[str, Any]) -> Source:
    """What these paths say, in one folder."""
    return Source(tuple(File(f"api/{path}", yaml.safe_dump(one)) for path, one in sorted(files.items())), folder="api")


def _rules(said: Any) -> frozenset[str] | None:
    return None if said == "unknown" else frozenset(said)
