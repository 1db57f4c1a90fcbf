"""Which documents does a client send only by their ids? A manifest lists them; each must be there to be read."""

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256

from contractctl.evidence.servers import UnusableError
from contractctl.model.contract import File


def documents(manifests: Sequence[tuple[str, bytes]], files: Sequence[File]) -> tuple[File, ...]:
    """The documents that the manifests themselves hold: `{id: text}`, or Apollo's list of `operations`.

    An id without its text is the SHA-256 of one of the files. Raise UnusableError where there is no such file.
    """
    known = {sha256(text.encode()).hexdigest() for file in files for text in (file.text, file.text.strip())}
    found = []
    for name, raw in manifests:
        for id_, text in _listed(name, raw):
            if text:
                found.append(File(f"{name}#{id_}", text))
            elif id_ not in known:
                raise UnusableError(f"missing source: {name} lists the document '{id_}', but no file has its text")
    return tuple(found)


def _listed(name: str, raw: bytes) -> Iterator[tuple[str, str]]:
    """(id, text) of each document; the text is empty where it is elsewhere."""
    try:
        tree = json.loads(raw)
    except (ValueError, RecursionError):
        raise UnusableError(f"unparseable: {name} is not JSON") from None
    if isinstance(tree, dict) and isinstance(tree.get("operations"), list):
        tree = tree["operations"]
    pairs = tree.items() if isinstance(tree, dict) else map(_pair, tree if isinstance(tree, list) else [None])
    for id_, text in pairs:
        if not isinstance(id_, str) or not isinstance(text, str):
            raise UnusableError(f"unparseable: {name} is not a list of documents by their ids")
        yield id_, text


def _pair(one: object) -> tuple[object, object]:
    """An entry of a list: the id alone, or an object with its body."""
    if isinstance(one, dict):
        return one.get("id"), one.get("body") or ""
    return one, ""
