"""Was this pair judged before? Verdicts are kept under a digest of everything that they depend on."""

import os
import sys
from dataclasses import replace
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path

from contractctl import __version__, caches
from contractctl.compatibility import Terms, compare_sources
from contractctl.model.contract import DATED, Source
from contractctl.model.verdict import Comparison
from contractctl.verdicts import kept

_FORM = "verdicts-1"
"""The version of the form in which verdicts are kept."""


def judged(old: Source, new: Source, format_name: str, terms: Terms) -> Comparison:
    """As compatibility.compare_sources(), which is called for what is not known yet."""
    if format_name not in DATED:  # what is kept must be valid on the next day, too
        terms = replace(terms, policy=replace(terms.policy, today=None))
    folder = caches.folder(_FORM)
    if folder is None:
        return compare_sources(old, new, format_name, terms)
    key = _key(old, new, format_name, terms)
    comparison = kept.read(folder, key)
    if comparison is None:
        comparison = compare_sources(old, new, format_name, terms)
        kept.write(folder, key, comparison)
    return comparison


def _key(old: Source, new: Source, format_name: str, terms: Terms) -> bytes:
    """Both texts under the names that findings use, how they are judged, and by which code."""
    said = (_judges(), format_name, terms, _said(old), _said(new))
    return sha256(repr(said).encode("utf-8", "surrogatepass")).digest()


def _said(source: Source) -> tuple[object, ...]:
    return source.folder, len(source.files), [(file.name, _digest(file.content)) for file in source.every]


@lru_cache(maxsize=512)
def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


@cache
def _judges() -> str:
    """Python, every installed package, and our own files: a change of any may change the verdict."""
    packages = sorted(name for folder in sys.path for name in _listed(folder) if name.endswith(".dist-info"))
    return sha256(repr((__version__, sys.version, packages, sorted(_own()))).encode()).hexdigest()


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder or ".")  # noqa: PTH208 - names are enough, and this is asked at every start
    except OSError:
        return []


def _own() -> list[tuple[str, int, int]]:
    """Code and rule pages, by size and time: a developer who changes them wants no stale verdict."""
    found = []
    for folder, _, files in os.walk(Path(__file__).parent.parent):
        for name in files:
            if name.endswith((".py", ".md")):
                state = os.stat(f"{folder}/{name}")  # noqa: PTH116 - as above
                found.append((f"{folder}/{name}", state.st_size, state.st_mtime_ns))
    return found
