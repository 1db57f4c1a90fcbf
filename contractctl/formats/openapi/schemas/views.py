"""What does a schema of a document assert, for who sends by it and for who takes by it?

https://spec.openapis.org/oas/v3.0.3#schema-object, https://spec.openapis.org/oas/v3.1.0#schema-object. In a request no
read-only property is sent, nor needed; in a response no write-only one. Who sends gives the properties that its own
version declares, and perhaps some that nobody has heard of; never those that only others declare.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING

from contractctl.documents import Json
from contractctl.formats.json_schema.dialects import SUBSCHEMAS, named, subschemas
from contractctl.formats.json_schema.keywords import Read
from contractctl.formats.json_schema.meaning import Assertion, Meaning, names_under
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.search.nodes import (
    FALSE,
    TRUE,
    Literal,
    Properties,
)
from contractctl.formats.json_schema.search.space import Space
from contractctl.formats.json_schema.spots import Spot, inside
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.schemas.as_text import apart, as_text
from contractctl.formats.openapi.schemas.keywords import READ
from contractctl.formats.openapi.schemas.likeness import Alike
from contractctl.formats.openapi.schemas.pairs import is_marked
from contractctl.formats.openapi.schemas.recursion import IN_PLACE

if TYPE_CHECKING:
    from contractctl.formats.openapi.schemas.readings import Readings

UNHEARD = "^unheard-of"
"""The names of properties that nobody has declared, as far as anybody sends such."""

_UNKNOWN_IN_3_0 = frozenset(
    {"const", "patternProperties", "dependencies", "additionalItems", "contentEncoding", "contentMediaType"}
)
"""Keywords of draft 4, or read in it, that OpenAPI 3.0 has not."""
_TURNING = frozenset({"oneOf", "not", "if", "unevaluatedItems", "unevaluatedProperties"})
"""Where a schema inside allows more, these may allow less."""
TURNING = re.compile(
    b"|".join(
        re.escape(b"u" + len(word).to_bytes(4, "little") + word.encode())
        for word in (*sorted(_TURNING), "contains", "$dynamicRef", "$id")
    )
)
"""The keys of such, and of what leads elsewhere in each version, in what shared.told() makes of a schema."""
_RESTS = ("additionalProperties", "unevaluatedProperties")


class Role(Enum):
    """Where a schema's values travel."""

    REQUEST = "request"
    RESPONSE = "response"
    FORM = "form"
    """As the fields of a form of a request, each of them a text."""
    PARAMETER = "parameter"
    """As text, in a query, a header or a cookie, in a part of a path beside other text, or as a body of text."""
    REPEATED = "repeated"
    """As text in a query where a list is read from all values of its name: one value is a list of one."""
    SEGMENT = "segment"
    """As all the text between two slashes of a path: without any, it is another path."""
    HEADER = "header"
    """As text, in a header of a response, or a body of text."""

    @property
    def is_answer(self) -> bool:
        return self in {Role.RESPONSE, Role.HEADER}

    @property
    def is_text(self) -> bool:
        """Whether all that travels there is text: https://spec.openapis.org/oas/v3.1.0#style-values."""
        return self not in {Role.REQUEST, Role.RESPONSE}

    @property
    def repeats(self) -> bool:
        """Whether one value is read as a list of one."""
        return self is Role.REPEATED

    @property
    def may_hide(self) -> bool:
        """Whether there are properties that do not travel there."""
        return self in {Role.REQUEST, Role.RESPONSE, Role.FORM}

    @property
    def hides(self) -> str:
        """The keyword of properties that do not travel there."""
        return "writeOnly" if self.is_answer else "readOnly"


class Components(Enum):
    """What stands for a component where it is referred to."""

    BOTH = "both"
    """What both documents allow by it, where both have it and they differ."""
    EXACT = "exact"
    """What it says."""
    LATER = "later"
    """What it says, read when somebody asks: for single values, not for what all values have in common."""


class View(Meaning):
    """A document's schemas as a validator of its version sees them."""

    takes = False
    """Whether it is how values are taken: as text, where they travel so."""

    def __init__(
        self,
        space: Space,
        document: Document,
        readings: "Readings",
        components: Components,
        turning: "View | None" = None,
    ) -> None:
        super().__init__(
            space, document.schemas, frozenset({f"{type(self).__name__} {components.name} {readings.round}"})
        )
        self.document = document
        self.readings = readings
        self.turning = turning or self
        """Who reads the keywords below which more may be less."""
        self.components = components
        self.endless = readings.endless[document is readings.reader]
        self._arrives_as_text = readings.role.is_text and (self.takes or document is readings.reader)
        self._may_hide = readings.role.may_hide and readings.role.hides in readings.shared.words

    @property
    def at_rest(self) -> "View":
        """The same view, or its like where it is in the middle of reading: what is open there is no answer yet."""
        return self._like() if self._open else self

    def _like(self) -> "View":
        turning = None if self.turning is self else self.turning.at_rest
        return type(self)(self.space, self.document, self.readings, self.components, turning)

    def of(self, spot: Spot) -> Literal:
        said = self.readings.alike.get(id(spot.value))
        return self.read_out(spot) if said is None else self._same(said, spot)

    def read_out(self, spot: Spot) -> Literal:
        """What a schema asserts, though it may stand in both documents."""
        return super().of(spot)

    def _same(self, said: Alike, spot: Spot) -> Literal:
        return self.readings.same(said, spot)

    def assertions(self, spot: Spot) -> Iterator[Assertion]:
        if self.endless(spot):
            yield Assertion("$ref", self._opaque("a schema refers to itself without end", (id(self.schema), spot.key)))
            return
        if isinstance(spot.value, dict) and isinstance(spot.value.get("$id"), str):
            reason = "schemas with an '$id' of their own are not judged"
            yield Assertion("$id", self._opaque(reason, (id(self.schema), spot.key)))
            return
        if not self.document.is_3_0 and _is_of_another_draft(spot):
            reason = "a schema whose '$schema' names another draft than its file has is not judged"
            yield Assertion("$schema", self._opaque(reason, (id(self.schema), spot.key)))
            return
        for one in super().assertions(spot):
            yield one
            if self._arrives_as_text and (unknown := apart(self, spot, one.keyword)) != TRUE:
                yield Assertion(one.keyword, unknown)

    def referred(self, spot: Spot, keyword: str) -> Literal:
        """A component that both documents have is an atom: its own question is asked elsewhere, and once."""
        with suppress(Unresolved):
            target = refer(self.schema, spot, keyword)
            atom = self.readings.atom(self, target)
            if atom is not None:
                return atom
            if self.components is Components.LATER:
                return self.readings.later(self, target)
        return super().referred(spot, keyword)

    def _read(self, read: Read, spot: Spot, keyword: str, value: dict[str, Json]) -> Literal:
        if self.document.is_3_0 and keyword in _UNKNOWN_IN_3_0:
            return TRUE
        own = READ.get(keyword)
        literal = own(self, read, spot, value) if own is not None else super()._read(read, spot, keyword, value)
        return as_text(self, spot, keyword, value, literal) if self._arrives_as_text else literal

    def usual(self, read: Read, spot: Spot, keyword: str, value: dict[str, Json]) -> Literal:
        """What the keyword asserts in JSON Schema."""
        return super()._read(read, spot, keyword, value)

    def _closed(self, spot: Spot, literal: Literal) -> Literal:
        """Nobody can tell what a part means that requires what another part says does not travel."""
        if not self._may_hide or not isinstance(spot.value, dict):
            return literal
        hidden, required = set[str](), set[str]()
        for part, value in self._parts(spot):
            declared = value.get("properties")
            own = declared if isinstance(declared, dict) else {}
            hidden.update(name for name in own if self.hides(part, name))
            needed = value.get("required")
            names = (name for name in (needed if isinstance(needed, list) else ()) if isinstance(name, str))
            required.update(name for name in names if name not in own)
        if hidden.isdisjoint(required):
            return literal
        reason = f"'{min(hidden & required)}' is required by one part and does not travel by another"
        return self._opaque(reason, (id(self.schema), spot.key))

    def _parts(self, spot: Spot) -> Iterator[tuple[Spot, dict[str, Json]]]:
        """A schema, and all that it applies to the same value."""
        pending, met = [spot], set[object]()
        while pending:
            one = pending.pop()
            if one.key in met or not isinstance(one.value, dict):
                continue
            met.add(one.key)
            yield one, one.value
            if not IN_PLACE.isdisjoint(one.value):
                pending.extend(
                    inside(self.schema, one, *steps)
                    for steps, _ in subschemas(one.value, SUBSCHEMAS[one.dialect])
                    if steps[0] in IN_PLACE
                )
            if "$ref" in one.value:
                with suppress(Unresolved):
                    pending.append(refer(self.schema, one, "$ref"))

    def hides(self, spot: Spot, name: str) -> bool:
        """Whether a property of the schema at a spot does not travel."""
        return self._may_hide and is_marked(
            self.document, inside(self.schema, spot, "properties", name), self.readings.role.hides
        )


class Taking(View):
    """As whoever reads by it takes values."""

    takes = True

    def _read(self, read: Read, spot: Spot, keyword: str, value: dict[str, Json]) -> Literal:
        if keyword in _TURNING or (keyword == "contains" and "maxContains" in value):
            return self.turning._read(read, spot, keyword, value)  # noqa: SLF001 - of the same class
        return super()._read(read, spot, keyword, value)


class Sending(View):
    """As whoever writes by it sends values."""

    def _same(self, said: Alike, spot: Spot) -> Literal:
        """The part, so that it is known at once where the other side has it, too; and what is sent by it."""
        return self.space.all_of((super()._same(said, spot), self.readings.same_sent(said, spot)))

    def referred(self, spot: Spot, keyword: str) -> Literal:
        """The atom, so that it is known at once where the other side has it, too; and what is sent by it."""
        with suppress(Unresolved):
            target = refer(self.schema, spot, keyword)
            atom = self.readings.atom(self, target)
            if atom is not None:
                return self.space.all_of((atom, self.readings.sent(target)))
        return super().referred(spot, keyword)

    def _read(self, read: Read, spot: Spot, keyword: str, value: dict[str, Json]) -> Literal:
        if keyword not in _TURNING and keyword != "contains":
            return super()._read(read, spot, keyword, value)
        exact_one = self.turning._read(read, spot, keyword, value)  # noqa: SLF001 - of the same class
        if keyword != "oneOf":
            return exact_one
        branches = value.get("oneOf")
        count = len(branches) if isinstance(branches, list) else 0
        some = self.space.any_of(self.beside(spot, "oneOf", index) for index in range(count))
        return self.space.all_of((exact_one, some))

    def _closed(self, spot: Spot, literal: Literal) -> Literal:
        """With no property but those that its version speaks of, and those that nobody has heard of."""
        literal = super()._closed(spot, literal)
        names = self._declared(spot)
        if not names:
            return literal
        named = tuple((name, TRUE) for name in sorted(names))
        closing = Properties(named, ((UNHEARD, TRUE),), FALSE)
        return self.space.all_of((literal, self.space.literal(closing)))

    def _declared(self, spot: Spot) -> set[str]:
        """The names that a schema speaks of, in all its parts; none where it declares none, or is a map of any."""
        names, declares = set[str](), False
        for _, value in self._parts(spot):
            if "patternProperties" in value or any(_is_open(value.get(rest)) for rest in _RESTS):
                return set()
            declares = declares or bool(value.get("properties"))
            for keyword, inner in value.items():
                names.update(names_under(keyword, inner))
        return names if declares else set()


def _is_of_another_draft(spot: Spot) -> bool:
    """https://spec.openapis.org/oas/v3.1.0#specifying-schema-dialects."""
    return "$schema" in spot.keywords and named(spot.keywords["$schema"]) is not spot.dialect


def _is_open(value: Json) -> bool:
    return isinstance(value, dict) or value is True
