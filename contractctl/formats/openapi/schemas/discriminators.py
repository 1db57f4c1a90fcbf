"""Do both versions tell alternatives apart by the same words? https://spec.openapis.org/oas/v3.1.0#discriminator-object.

What a validator makes of a schema does not hang on it; what a client makes of a value does: it becomes an object of the
class that the word names.
"""

from collections.abc import Iterator
from contextlib import suppress

from contractctl.documents import Pointer
from contractctl.formats.description import as_object, at, below, resolved
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.shared import told
from contractctl.formats.openapi.document.words import Told, name_of
from contractctl.formats.openapi.document.words import told as told_by
from contractctl.model.verdict import Effect, Incompatibility

_NOTHING = "nothing that it knows"
_WORD = told("discriminator")[1:]
"""As it stands in what told() makes of a value; without its mark, which says how the text is kept."""
_DATA = frozenset({"enum", "const", "default", "example", "examples"})


def told_apart(ends: tuple[Document, Spot], others: tuple[Document, Spot]) -> Iterator[Incompatibility]:
    """Words that the writer uses and the reader understands otherwise, or not: in two schemas, at the same places.

    A reader without a discriminator goes by the schemas alone.
    """
    if _WORD not in told(others[1].value):
        return
    known = dict(_all_told(*ends))
    for place, taken in _all_told(*others):
        path = ".".join(str(step) for step in place if step not in {"properties", "items"}) or "$"
        sent = known.get(place)
        if sent is None:
            there = _at(*ends, place) if taken.has_alternatives else None
            if there is not None:
                with suppress(Unresolved):  # what it asserts is unknown, too
                    yield from _untold((ends[0], there), (others[0], taken), path)
            continue
        facts = {"property": sent.name, "other": taken.name}
        ats = (taken.spot.file, *taken.spot.pointer), (sent.spot.file, *sent.spot.pointer)
        if sent.name != taken.name:
            said = {"word": "…", "sent": "an alternative", "taken": f"what '{taken.name}' says"}
            yield Incompatibility("openapi-discriminator-changed", Effect.MISREADS, path, facts | said, *ats)
            continue
        for word, meant in sent.words.items():
            understood = taken.words.get(word)
            if understood is None or not _are_alike((ends[0], sent, word), (others[0], taken, word)):
                said = {"word": word, "sent": name_of(meant), "taken": name_of(understood) if understood else _NOTHING}
                yield Incompatibility("openapi-discriminator-changed", Effect.MISREADS, path, facts | said, *ats)


def _untold(ends: tuple[Document, Spot], others: tuple[Document, Told], path: str) -> Iterator[Incompatibility]:
    """What a writer who tells nothing apart may say all the same where the reader looks for a word."""
    document, spot = ends
    _, taken = others
    meanings = {name_of(one) for one in taken.words.values()}
    ats = (taken.spot.file, *taken.spot.pointer), (spot.file, *spot.pointer)
    anything = ["…"]
    for one in _alternatives(document, spot):
        name = name_of(str(as_object(one.value).get("$ref", "")))
        words = _words_of(document, one, taken.name)
        for word in anything if words is None else words:
            understood = taken.words.get(word)
            if understood is None or (name != name_of(understood) and name in meanings):
                said = {"word": word, "sent": name or "an alternative", "property": taken.name, "other": taken.name}
                facts = said | {"taken": name_of(understood) if understood else _NOTHING}
                yield Incompatibility("openapi-discriminator-changed", Effect.MISREADS, path, facts, *ats)
        if words is None:
            anything = []  # once is enough


def _alternatives(document: Document, spot: Spot) -> list[Spot]:
    """The schemas of which a value is one: as they are listed, or the only one."""
    schema = resolved(document, spot)
    return [*_listed(document, schema, "oneOf"), *_listed(document, schema, "anyOf")] or [spot]


def _words_of(document: Document, spot: Spot, name: str) -> list[str] | None:
    """What a property of a schema may say; None where that may be anything."""
    pending, met = [spot], set[object]()
    while pending:
        schema = resolved(document, pending.pop())
        if schema.key in met:
            continue
        met.add(schema.key)
        pending += _listed(document, schema, "allOf")
        if at(schema.value, ("properties", name)) is not None:
            value = as_object(resolved(document, below(document, schema, "properties", name)).value)
            said = value.get("enum", [value["const"]] if "const" in value else None)
            if isinstance(said, list):
                return [one for one in said if isinstance(one, str)]
    return None


def _listed(document: Document, schema: Spot, keyword: str) -> list[Spot]:
    said = as_object(schema.value).get(keyword)
    return [below(document, schema, keyword, number) for number in range(len(said) if isinstance(said, list) else 0)]


def _at(document: Document, schema: Spot, place: Pointer) -> Spot | None:
    """What stands at a place of a schema."""
    return below(document, schema, *place) if at(schema.value, place) is not None else None


def told_of_heirs(ends: tuple[Document, Spot], others: tuple[Document, Spot]) -> Iterator[tuple[Spot, Spot]]:
    """The schemas that both mean by a word, in the places of two schemas that do not list them as alternatives."""
    if _WORD not in told(ends[1].value):
        return
    known = dict(_all_told(*others))
    for place, sent in _all_told(*ends):
        taken = known.get(place)
        if sent.has_alternatives or taken is None or sent.name != taken.name:
            continue
        for word in sent.words.keys() & taken.words.keys():
            with suppress(Unresolved):
                yield meant(ends[0], sent, word), meant(others[0], taken, word)


def meant(document: Document, one: Told, word: str) -> Spot:
    """The schema that a word means."""
    spot = one.spot
    asking = Spot({"$ref": one.words[word]}, spot.file, spot.pointer, spot.base, spot.dialect)
    return refer(document.schemas, asking, "$ref")


def _all_told(document: Document, schema: Spot) -> Iterator[tuple[Pointer, Told]]:
    """Every discriminator in a schema, by its place there; references are not followed."""
    pending = [schema]
    while pending:
        spot = pending.pop()
        if isinstance(spot.value, dict):
            found = told_by(document, spot)
            if found is not None:
                yield spot.pointer[len(schema.pointer) :], found
            pending += [below(document, spot, key) for key in spot.value if key not in _DATA]
        elif isinstance(spot.value, list):
            pending += [below(document, spot, number) for number in range(len(spot.value))]


def _are_alike(one: tuple[Document, Told, str], other: tuple[Document, Told, str]) -> bool:
    """Whether a word means the same schema, or one of the same words."""
    if one[1].words[one[2]] == other[1].words[other[2]]:
        return True
    try:
        return repr(meant(*one).value) == repr(meant(*other).value)
    except Unresolved:
        return False
