"""Where does a URI reference lead, seen from a base? RFC 3986, section 5, and JSON pointers in fragments, RFC 6901."""

import posixpath
import re
from urllib.parse import unquote, urljoin

from contractctl.documents import Pointer

RETRIEVED = "retrieved:"
"""A scheme of our own for files: what follows is their path inside the version, dots resolved, not quoted."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


def split(reference: str) -> tuple[str, str]:
    """A reference without its fragment, and the fragment, percent signs decoded."""
    uri, _, fragment = reference.partition("#")
    return uri, unquote(fragment) if "%" in fragment else fragment


def joined(base: str, uri: str) -> str:
    """A URI reference (no fragment) as a URI; itself where the base has no place for it, as urn: and tag: have none."""
    if not uri:
        return base
    if _SCHEME.match(uri):
        return uri
    if base.startswith(RETRIEVED):
        return retrieved(posixpath.join(posixpath.dirname(base.removeprefix(RETRIEVED)), unquote(uri)))
    scheme, colon, rest = base.partition(":")
    if not rest.startswith("/"):
        return uri
    return scheme + colon + urljoin(f"http:{rest}", uri).removeprefix("http:")


def retrieved(path: str) -> str:
    """The URI of a file of the version, by its path there."""
    return RETRIEVED + posixpath.normpath(path)


def pointer_of(fragment: str) -> Pointer | None:
    """The steps of a JSON pointer, decoded; None where the fragment is a plain name. A number stays text here."""
    if not fragment:
        return ()
    if not fragment.startswith("/"):
        return None
    steps = fragment[1:].split("/")
    return tuple(step.replace("~1", "/").replace("~0", "~") if "~" in step else step for step in steps)


def index_of(step: str | int, length: int) -> int | None:
    """The index that a step means in a list of that length; None where it means none."""
    if isinstance(step, str):
        if not _INDEX.fullmatch(step):
            return None
        step = int(step)
    return step if 0 <= step < length else None
