"""Which requests fit two paths at once? https://spec.openapis.org/oas/v3.1.0#path-templating-matching."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from contractctl.formats.openapi.document.parts import PLACEHOLDER, template

_SYNTAX = re.compile(r"[\\^$.*+?()\[\]{}|/]")
_SOMETHING = "1"
"""In the place of a parameter that nothing fixes."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """The requests that fit the path of an operation, and another path."""

    path: str
    other: str
    """Both with the text in the place of each parameter that only one of them leaves open."""
    sent: Mapping[str, str]
    """The parameters of the path that the other fixes: an expression for what they have to be."""
    taken: Mapping[str, str]
    """Those of the other that the path fixes, in the same way."""


def overlap(path: str, other: str) -> Overlap | None:
    """The requests that fit both paths; None where there are none."""
    ours, theirs = _parts(path), _parts(other)
    if len(ours) != len(theirs):
        return None
    for one, another in zip(ours, theirs, strict=True):
        if one != another and not _may_meet(one, another):
            return None
    left, right, sent, taken = list[str](), list[str](), dict[str, str](), dict[str, str]()
    for one, another in zip(ours, theirs, strict=True):
        if template(one) == template(another):
            left.append(one)
            right.append(another)
            continue
        text = PLACEHOLDER.sub(_SOMETHING, another if "{" in one else one)
        left.append(text)
        right.append(text)
        sent.update(_fixed(one, another))
        taken.update(_fixed(another, one))
    return Overlap("/".join(left), "/".join(right), sent, taken)


def covers(path: str, other: str) -> bool:
    """Whether each request to the other path fits this one."""
    ours, theirs = path.split("/"), other.split("/")
    return len(ours) == len(theirs) and all(
        template(one) in {template(another), "{}"} or ("{" not in another and bool(_read(one).fullmatch(another)))
        for one, another in zip(ours, theirs, strict=True)
    )


def _may_meet(one: str, other: str) -> bool:
    """Whether some text fits both parts of two paths; of two with parameters it is taken to."""
    if "{" in one:
        return "{" in other or bool(_read(one).fullmatch(other))
    return one == other if "{" not in other else bool(_read(other).fullmatch(one))


def _fixed(one: str, other: str) -> dict[str, str]:
    """What the parameters of a part of a path have to be, for the sake of the same part of another."""
    names = PLACEHOLDER.findall(one)
    if "{" not in other:
        found = _read(one).fullmatch(other)
        texts = found.groups() if found is not None else ()
        return {name: f"^{_escaped(text)}$" for name, text in zip(names, texts, strict=False)}
    if template(one) == "{}":
        return {names[0]: f"^{'.+'.join(map(_escaped, template(other).split('{}')))}$"}
    return dict.fromkeys(names, "^.+$")


def _escaped(text: str) -> str:
    return _SYNTAX.sub(r"\\\g<0>", text)


@lru_cache(maxsize=16384)
def _parts(path: str) -> list[str]:
    return path.split("/")


@lru_cache(maxsize=4096)
def _read(part: str) -> re.Pattern[str]:
    return re.compile("(.+)".join(map(re.escape, template(part).split("{}"))), re.DOTALL)
