"""What does a rule say? One page a rule, in the folder rules/ of its format: words for people, and its example."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.model.contract import File, Policy, Source
from contractctl.model.verdict import Direction

_SHELF = Path(__file__).parent
_NAME = re.compile(r"[a-z0-9-]+")
_HEAD = re.compile(r"^(effect|newer|message|remedy): (.+)$", re.MULTILINE)
_EXAMPLE = re.compile(r"^~~~\w+ (old|new|client)(?: (\S+))?\n(.*?)^~~~$", re.MULTILINE | re.DOTALL)
"""A version's text; where it has several files, each with its name behind the side. Or what a client sends."""
_SETTING = re.compile(r"^(direction|dialect|content_model|formats|encodings|columns|today): (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """A pair of versions that shows the rule, in the direction that it names."""

    old: Source
    new: Source
    direction: Direction
    policy: Policy
    operations: tuple[File, ...] = ()
    """What clients send, where the rule is about that."""


@dataclass(frozen=True, slots=True)
class Page:
    """A rule's page. message and remedy hold `{placeholders}` for the facts of a finding."""

    rule: str
    title: str
    """What happens, in half a sentence."""
    effect: str
    newer: str | None
    """taker, where the rule asks something of the newer version only, and that has to take; None for either."""
    message: str
    remedy: str
    text: str
    """Everything below the head, as people read it."""
    example: Example | None


def rules() -> tuple[str, ...]:
    """Every rule that has a page, sorted."""
    return tuple(sorted(path.stem for path in _SHELF.glob("**/rules/*.md")))


@cache
def page(rule: str) -> Page:
    """Read a rule's page. Raise ContractctlError for a rule that has none."""
    found = [*_SHELF.glob(f"rules/{rule}.md"), *_SHELF.glob(f"*/rules/{rule}.md")] if _NAME.fullmatch(rule) else []
    if not found:
        raise ContractctlError(f"there is no rule '{rule}'{_likely(rule)}", hint="contractctl explain lists them all")
    text = found[0].read_text(encoding="utf-8")
    head = dict(_HEAD.findall(text))
    return Page(
        rule=rule,
        title=text.split("\n", 1)[0].partition(": ")[2],
        effect=head["effect"],
        newer=head.get("newer"),
        message=head["message"],
        remedy=head["remedy"],
        text=text[text.index("\n## ") :].strip(),
        example=_example(text),
    )


def _example(text: str) -> Example | None:
    _, _, section = text.partition("\n## Example\n")
    files: dict[str, list[File]] = {"old": [], "new": [], "client": []}
    for side, name, body in _EXAMPLE.findall(section):
        files[side].append(File(name or side, body))
    if not files["old"]:
        return None
    settings = dict(_SETTING.findall(section))
    direction = Direction(settings.pop("direction"))
    encodings = tuple(settings.pop("encodings", "binary,json").split(","))
    return Example(
        Source(tuple(files["old"])),
        Source(tuple(files["new"])),
        direction,
        Policy(encodings=encodings, **settings),
        tuple(files["client"]),
    )


def _likely(rule: str) -> str:
    import difflib

    near = difflib.get_close_matches(rule, rules(), n=1)
    return f": did you mean '{near[0]}'?" if near else ""
