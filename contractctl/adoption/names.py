"""How is a contract named that is created from something with another name?"""

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from contractctl.formats.claims import ENDINGS

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_NAME = re.compile(r"[^a-z0-9]+")
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
"""Latin letters that are not a base letter with a mark on it."""
_GENERIC_FOLDERS = frozenset(
    {
        "api",
        "avro",
        "avsc",
        "config",
        "contract",
        "contracts",
        "database",
        "db",
        "ddl",
        "events",
        "gql",
        "graphql",
        "json",
        "jsonschema",
        "main",
        "proto",
        "protobuf",
        "protos",
        "resources",
        "schema",
        "schemas",
        "source",
        "sources",
        "sql",
        "src",
    }
)
"""Folders whose names say what kind of thing is in them, not whose."""
_GENERATION = re.compile(r"v\d+([a-z]+\d*)?")
"""Folders whose names are a generation: `v1`, `v2beta1`."""


def slug(text: str) -> str:
    """`OrderPlaced`, `order_placed` and `Order placed` are all order-placed; `Größe` is grosse."""
    humps = _HUMP.sub("-", unicodedata.normalize("NFKD", text))
    plain = humps.lower().translate(_LETTERS).encode("ascii", "ignore").decode()
    return _NO_NAME.sub("-", plain).strip("-")


def quoted(text: str) -> str:
    """A text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)


def owned(owner: str | None) -> str:
    """The line of contract.toml that says whose it is, or where to say so."""
    return f"owner = {quoted(owner)}" if owner else '# owner = "team-…"'


def contract_names(file: Path, root: Path) -> Iterator[str]:
    """Names for a contract, best first: the domain from the nearest folder that tells, the name from the file."""
    folders = _with_generations([slug(part) for part in file.relative_to(root).parts[:-1]])
    telling = [part for part in folders if part and part not in _GENERIC_FOLDERS]
    domains = telling or [part for part in folders if part] or [slug(root.name) or "main"]
    what = slug(file.name[: -len(_ending(file))]) or "schema"
    for length in range(1, len(domains) + 1):
        yield f"{'-'.join(domains[-length:])}/{what}"
    form = slug(_ending(file))
    yield f"{domains[-1]}/{what}-{form}"
    number = 2
    while True:
        yield f"{domains[-1]}/{what}-{number}"
        number += 1


def _with_generations(folders: list[str]) -> list[str]:
    """`shop`, `v1` is shop-v1: a generation alone is no name."""
    found: list[str] = []
    for part in folders:
        if found and _GENERATION.fullmatch(part):
            found[-1] = f"{found[-1]}-{part}"
        else:
            found.append(part)
    return found


def _ending(file: Path) -> str:
    """`.schema.json` is one ending."""
    whole = "".join(file.suffixes[-2:])
    return whole if whole.lower() in ENDINGS else file.suffix
