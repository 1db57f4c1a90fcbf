"""Do both versions tell alternatives apart by the same words? https://spec.openapis.org/oas/v3.1.0#discriminator-object.

What a validator makes of a schema does not hang on it; what a client makes of a value does: it becomes an object of the
class that the word names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contractctl.documents import Json, Pointer
from contractctl.formats.description import below
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.shared import told
from contractctl.model.verdict import Effect, Incompatibility

_COMPONENTS = "#/components/schemas/"
_NOTHING = "nothing that it knows"
_WORD = told("discriminator")[1:]
"""As it stands in what told() makes of a value; without its mark, which says how the text is kept."""
_DATA = frozenset({"enum", "const", "default", "example", "examples"})


@dataclass(frozen=True, slots=True)
class _Told:
    """How one schema tells its alternatives apart."""

    spot: Spot
    name: str
    """The property that tells."""
    words: Mapping[str, str]
    """What it says, and the schema that is meant, as a reference."""


def told_apart(ends: tuple[Document, Spot], others: tuple[Document, Spot]) -> Iterator[Incompatibility]:
    """Words that the writer uses and the reader understands otherwise, or not: in two schemas, at the same places."""
    if _WORD not in told(ends[1].value):
        return
    known = dict(_all_told(*others))
    for place, sent in _all_told(*ends):
        taken = known.get(place)
        if taken is None:
            continue  # it goes by the schemas alone
        facts = {"property": sent.name, "other": taken.name}
        ats = (taken.spot.file, *taken.spot.pointer), (sent.spot.file, *sent.spot.pointer)
        path = ".".join(str(step) for step in place if step not in {"properties", "items"}) or "$"
        if sent.name != taken.name:
            said = {"word": "…", "sent": "an alternative", "taken": f"what '{taken.name}' says"}
            yield Incompatibility("openapi-discriminator-changed", Effect.MISREADS, path, facts | said, *ats)
            continue
        for word, meant in sent.words.items():
            understood = taken.words.get(word)
            if understood is None or not _are_alike((ends[0], sent.spot, meant), (others[0], taken.spot, understood)):
                said = {"word": word, "sent": _name(meant), "taken": _name(understood) if understood else _NOTHING}
                yield Incompatibility("openapi-discriminator-changed", Effect.MISREADS, path, facts | said, *ats)


def _all_told(document: Document, schema: Spot) -> Iterator[tuple[Pointer, _Told]]:
    """Every discriminator in a schema, by its place there; references are not followed."""
    pending = [schema]
    while pending:
        spot = pending.pop()
        if isinstance(spot.value, dict):
            told = _told(spot, spot.value)
            if told is not None:
                yield spot.pointer[len(schema.pointer) :], told
            pending += [below(document, spot, key) for key in spot.value if key not in _DATA]
        elif isinstance(spot.value, list):
            pending += [below(document, spot, number) for number in range(len(spot.value))]


def _told(spot: Spot, value: dict[str, Json]) -> _Told | None:
    said = value.get("discriminator")
    if not isinstance(said, dict) or not isinstance(said.get("propertyName"), str):
        return None
    words: dict[str, str] = {}
    for keyword in ("oneOf", "anyOf"):
        branches = value.get(keyword)
        for branch in branches if isinstance(branches, list) else ():
            reference = branch.get("$ref") if isinstance(branch, dict) else None
            if isinstance(reference, str):
                words[_name(reference)] = reference
    mapping = said.get("mapping")
    for word, meant in mapping.items() if isinstance(mapping, dict) else ():
        if isinstance(meant, str):
            words[word] = meant if "/" in meant or "." in meant else _COMPONENTS + meant
    mapped = {meant for word, meant in words.items() if word != _name(meant)}
    implied = {word for word, meant in words.items() if word == _name(meant) and meant in mapped}
    explicit = set(mapping) if isinstance(mapping, dict) else set()
    # a schema that has a word of its own is not called by its name
    return _Told(spot, str(said["propertyName"]), {w: m for w, m in words.items() if w not in implied - explicit})


def _name(reference: str) -> str:
    return reference.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")


def _are_alike(one: tuple[Document, Spot, str], other: tuple[Document, Spot, str]) -> bool:
    """Whether two references name the same schema, or lead to the same words."""
    if one[2] == other[2]:
        return True
    found = []
    for document, spot, reference in (one, other):
        asking = Spot({"$ref": reference}, spot.file, spot.pointer, spot.base, spot.dialect)
        try:
            found.append(refer(document.schemas, asking, "$ref").value)
        except Unresolved:
            return False
    return repr(found[0]) == repr(found[1])
