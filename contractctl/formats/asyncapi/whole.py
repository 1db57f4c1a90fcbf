"""What does a document say in one piece, with its traits applied? And how do its author's files say another value?"""

import json
from dataclasses import dataclass, replace

from contractctl.documents import Json
from contractctl.formats.asyncapi.document import Document, parse
from contractctl.formats.description import as_object
from contractctl.formats.layout import Bundle, bundles, unbundled
from contractctl.model.contract import File, Source


@dataclass(frozen=True, slots=True)
class Whole:
    """A version's document in one piece: nothing in it is said elsewhere, or by a trait."""

    document: Document
    said: Document
    """As its author has it."""
    bundle: Bundle
    """The same, with the places of what other files say."""

    @property
    def value(self) -> dict[str, Json]:
        return as_object(self.document.root.value)

    def again(self, value: Json) -> Document:
        """The same with another value."""
        return _alone(self.said, value)


def wholes(before: Document, after: Document) -> tuple[Whole, Whole]:
    """Two versions; what both have under one path has one name in both. Raise ContractctlError as parse() does."""
    old, new = bundles(before, after)
    return _whole(before, old), _whole(after, new)


def rewritten(before: Whole, after: Whole, wanted: dict[str, Json]) -> Source:
    """The files of the new version saying another value; what both say stays as it was written.

    Raise ContractctlError where they leave no room for it.
    """
    return unbundled(before.bundle, after.bundle, wanted)


def _whole(document: Document, bundle: Bundle) -> Whole:
    value = as_object(_without_traits(bundle.value))
    return Whole(_alone(document, value), document, replace(bundle, value=value))


def _alone(document: Document, value: Json) -> Document:
    """A document of one file; the files of others stay beside it, for what a payload's own language imports."""
    source = document.source
    main = source.every[document.root.file]
    others = tuple(file for file in source.every if file is not main)
    made = Source((File(f"{main.name}.json", json.dumps(value)),), others, source.folder)
    return parse(made, document.schemas.policy)


def _without_traits(value: Json) -> Json:
    """What they say is part of what has them."""
    if isinstance(value, list):
        return [_without_traits(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: _without_traits(one) for key, one in value.items() if not (key == "traits" and isinstance(one, list))}
