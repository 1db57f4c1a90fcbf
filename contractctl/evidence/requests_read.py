"""Which fields may a request read? Those it names, it reads; those it does not exclude, it may read."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, unquote_plus

from contractctl.evidence.log_lines import UnreadableError
from contractctl.evidence.naming import Name
from contractctl.evidence.questions import Field
from contractctl.statements import EVERYTHING

READS, MAY_READ = "", "may"
"""Certainties of a read: the second is a request that does not say which fields it uses."""
_LINE = re.compile(r"([A-Z-]+) (\S+)(?: HTTP/[\d.]+)?")
_SLASHES = re.compile(r"/{2,}")
_LIST = re.compile(r"\s*[\w-]+\s*(?:,\s*[\w-]+\s*)*")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_REFUSED = re.compile(r"4\d\d")
"""Statuses of what was not a request: it was not answered with a field."""


def target(request: str, status: str) -> tuple[str, str] | None:
    """(method, target) of `GET /orders?x=1 HTTP/1.1`; None for rubbish that was refused. Raise UnreadableError."""
    found = _LINE.fullmatch(request)
    if found:
        return found[1], found[2]
    if _REFUSED.fullmatch(status):
        return None
    raise UnreadableError(f"'{request[:80]}' is not a request")


@lru_cache(maxsize=4096)
def concerns(method: str, uri: str, patterns: tuple[str, ...]) -> bool:
    """Whether a request is one of those that the settings name: `/orders*`, `GET /orders/*`. Without any all are.

    A line without a method may be of any.
    """
    path = posixpath.normpath(_SLASHES.sub("/", unquote(_split(uri)[0])) or "/").casefold()
    for pattern in patterns:
        verb, _, glob = pattern.rpartition(" ")
        if ("" in (verb, method) or verb.upper() == method.upper()) and fnmatchcase(path, glob.casefold()):
            return True
    return not patterns


@lru_cache(maxsize=4096)
def certainty(uri: str, parameter: str, path: str) -> str | None:
    """How certainly a request reads the field at `orders.customer_name`; None where it asks only for other fields.

    Only a plain list of names excludes anything: `fields=id,total`. One that names what holds the field does not.
    """
    *above, own = path.split(".")
    asked = list(_asked(uri, parameter, above)) if parameter else []
    if not asked or own == EVERYTHING:
        return MAY_READ
    text = ",".join(asked)
    if _name(own).stands_in(text):
        return READS
    names = {_singular(one) for one in text.split(",")}
    plain = all(_LIST.fullmatch(one) for one in asked)
    return None if plain and names.isdisjoint(map(_singular, above)) else MAY_READ


@lru_cache(maxsize=4096)
def use(method: str, uri: str, base: str, of: Field, *, is_whole: bool) -> str | None:
    """How certainly a request uses an operation, or a part of one; None where it calls another.

    base: what comes before the contract's own paths. is_whole: whether the address has its query, if there is one. What
    a log does not show of a call, it may have.
    """
    path, query = _split(uri)
    segments, wanted = _segments(path), _segments(f"{base}{of.call.partition(' ')[2]}")
    verb = of.call.partition(" ")[0]
    if {".", ".."} & set(segments):
        return MAY_READ
    is_called = method.upper() in {"", verb} or (verb, method.upper()) == ("GET", "HEAD")
    fits = len(segments) == len(wanted) and all(map(_fits, segments, wanted))
    if not (is_called and fits):
        return None
    if of.path == of.call:
        return READS
    if not of.is_in_query:
        return MAY_READ
    _, lacks, missing = of.path.partition(f"{of.call} without ")
    if lacks:
        return None if missing in {key for key, _ in parse_qsl(query, keep_blank_values=True)} else READS
    own = of.path.removeprefix(f"{of.call}.").casefold()
    names = (unquote_plus(pair.partition("=")[0]).casefold() for pair in re.split("[&;]", query))
    if any(name == own or name.startswith(f"{own}[") for name in names):
        return READS
    return None if is_whole or query else MAY_READ


def _segments(path: str) -> list[str]:
    """Each by itself: a slash that is escaped parts nothing. Without what `;` puts behind."""
    parts = (unquote(part.partition(";")[0]).casefold() for part in path.split("/"))
    return [part for part in parts if part]


def _fits(segment: str, wanted: str) -> bool:
    """Whether a template's segment takes it: `{id}`, `{id}.json`."""
    pattern = _PLACEHOLDER.sub("\0", wanted)
    return re.fullmatch(".+".join(map(re.escape, pattern.split("\0"))), segment, re.DOTALL) is not None


@lru_cache(maxsize=64)
def _name(own: str) -> Name:
    return Name(own, "")


def _singular(word: str) -> str:
    return word.strip().casefold().removesuffix("s")


def _asked(uri: str, parameter: str, above: Sequence[str]) -> Iterator[str]:
    """`fields=a,b`; `fields[orders]=a,b` restricts that kind of thing alone."""
    kinds = {f"{parameter}[{one}]".casefold() for one in above}
    for key, text in parse_qsl(_split(uri)[1], keep_blank_values=True):
        if key == parameter or key.casefold() in kinds:
            yield text


def _split(uri: str) -> tuple[str, str]:
    """Path and query; a proxy is asked for whole addresses."""
    path, _, query = uri.partition("?")
    if not path.startswith("/") and "://" in path:
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path, query
