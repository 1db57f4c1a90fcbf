"""Was the end of an operation announced, and has that day come?

`deprecated: true` says that an operation will go: https://spec.openapis.org/oas/v3.1.0#operation-object. `x-sunset`
says when, as the header Sunset does in answers: https://www.rfc-editor.org/rfc/rfc8594.
"""

from collections.abc import Iterator
from datetime import date

from contractctl.formats.description import SUNSETS
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.parts import fields
from contractctl.formats.openapi.resolution.ways import Call, Ends, Way
from contractctl.model.verdict import Effect, Found, Incompatibility

_DAY = len("2026-11-27")
"""So much of a moment is its day."""


def removal(way: Way, removed: Incompatibility, operation: Spot) -> Incompatibility:
    """What the removal of an operation is: unannounced, too early, or what everybody has been told."""
    day = announced(way.caller, operation)
    if day is None:
        return removed
    facts = {**removed.facts, "date": day.isoformat()}
    today = way.caller.schemas.policy.today
    if today is None or date.fromisoformat(today) < day:
        return Incompatibility(
            "openapi-operation-removed-early",
            Effect.FAILS,
            removed.path,
            facts,
            None,
            removed.giver_at,
            removed.flipped,
        )
    return Incompatibility(
        "openapi-operation-retired", Effect.LOSES, removed.path, facts, None, removed.giver_at, removed.flipped
    )


def sunset(way: Way, call: Call) -> Iterator[Found]:
    """An end that was announced may be put off, and not be brought forward."""
    told, becomes = announced(way.caller, call.caller), announced(way.server, call.server)
    if told is not None and becomes is not None and becomes < told:
        facts = {"date": told.isoformat(), "earlier": becomes.isoformat()}
        at = Ends("", call.caller, call.server)
        yield way.served(call, "openapi-sunset-moved", Effect.LOSES, at, **facts)


def announced(document: Document, operation: Spot) -> date | None:
    """The day on which a deprecated operation goes; None where no readable day was announced."""
    said = fields(document, operation)
    if said.get("deprecated") is not True:
        return None
    text = next((said[name] for name in SUNSETS if name in said), None)
    try:
        return date.fromisoformat(text[:_DAY]) if isinstance(text, str) else None
    except ValueError:
        return None
