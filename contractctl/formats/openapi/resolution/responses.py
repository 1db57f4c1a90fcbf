"""Does the caller take what the server answers? https://spec.openapis.org/oas/v3.1.0#responses-object."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contractctl.documents import Json
from contractctl.formats.description import as_object
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.media import covering, is_text, media_types, meeting, schema_of, single
from contractctl.formats.openapi.document.parts import entries, flag, resolved
from contractctl.formats.openapi.document.shared import told
from contractctl.formats.openapi.resolution.styles import spelling, unlike
from contractctl.formats.openapi.resolution.ways import Call, Ends, Way
from contractctl.formats.openapi.schemas import Role
from contractctl.model.verdict import Effect, Found, Undecided

_CODE = re.compile(r"[1-5]\d\d")
_RANGE = re.compile(r"[1-5]XX", re.IGNORECASE)
_IGNORED_HEADERS = frozenset({"content-type"})


def responses(way: Way, call: Call) -> Iterator[Found]:
    """What is answered must be known, and what is known as a success must still be answered."""
    given, known = _responses(way.server, call.server), _responses(way.caller, call.caller)
    for name in dict.fromkeys((*_nameless(way.caller, call.caller), *_nameless(way.server, call.server))):
        yield Undecided(f"{call.name} response '{name}'", "that is no code, no range like 2XX and not default")
    for status, response in given.items():
        meeting = list(_meeting(status, given, known))
        yield from _unmet(way, call, (status, response), meeting, (given, known))
        for name in meeting:
            if not _is_met_again(way, response, known[name]):
                yield from _response(way, call, _Both(status, name, response, known[name]))
    if any(map(_is_success, known)) and "default" not in given and not any(map(_is_success, given)):
        yield way.answered(call, "openapi-success-removed", Effect.FAILS, Ends("response", call.caller, call.server))


def _is_met_again(way: Way, given: Spot, known: Spot) -> bool:
    """Whether an answer says in both what another call had in both, and components are all that may differ.

    They are asked once, whoever leads to them.
    """
    said = given.base, told(given.value)
    if said in way.answers:
        return said == (known.base, told(known.value))
    if _is_of_components(given.value) and said == (known.base, told(known.value)):
        way.answers.add(said)
    return False


def _is_of_components(answer: Json) -> bool:
    """Whether a response says nothing but words, and which components its bodies are."""
    value = as_object(answer)
    content = as_object(value.get("content"))
    return value.keys() <= {"description", "content"} and all(
        as_object(media).keys() == {"schema"}
        and as_object(as_object(media).get("schema")).keys() == {"$ref"}
        and "xml" not in name  # where components are held against each other, too
        for name, media in content.items()
    )


@dataclass(frozen=True, slots=True)
class _Both:
    """A response, and what the caller knows of its like."""

    status: str
    name: str
    given: Spot
    known: Spot


def _responses(document: Document, operation: Spot) -> dict[str, Spot]:
    return {
        status.upper() if _RANGE.fullmatch(status) else status: resolved(document, spot)
        for status, spot in entries(document, operation, "responses")
        if _is_status(status)
    }


def _nameless(document: Document, operation: Spot) -> list[str]:
    """The names of responses of which nobody knows when they come."""
    return [status for status, _ in entries(document, operation, "responses") if not _is_status(status)]


def _is_status(name: str) -> bool:
    return name == "default" or any(form.fullmatch(name) for form in (_CODE, _RANGE))


def _is_success(status: str) -> bool:
    return status[0] in "23"


def _meeting(status: str, given: dict[str, Spot], known: dict[str, Spot]) -> Iterator[str]:
    """The caller's entries that responses of a status may meet; a code comes before its range, that before default."""
    if _CODE.fullmatch(status):
        yield from [name for name in (status, f"{status[0]}XX", "default") if name in known][:1]
        return
    if _RANGE.fullmatch(status):
        for name in known:
            if name not in given and name[0] == status[0] and _CODE.fullmatch(name):
                yield name
        yield from [name for name in (status, "default") if name in known][:1]
        return
    for name in known:  # all that `default` is left to stand for
        if name not in given and f"{name[0]}XX" not in given:
            yield name
    if "default" in known and "default" in given:
        yield "default"


def _unmet(
    way: Way, call: Call, given: tuple[str, Spot], meeting: list[str], both: tuple[dict[str, Spot], dict[str, Spot]]
) -> Iterator[Found]:
    """RFC 9110, section 15: an unknown code means what x00 of its class means; of a success the body is not known."""
    status, spot = given
    others, known = both
    if _CODE.fullmatch(status):
        is_met = bool(meeting)
    elif _RANGE.fullmatch(status):
        is_met = any(not _CODE.fullmatch(name) for name in meeting)
    else:
        is_met = "default" in known
    if is_met:
        return
    is_failure = status[0] in "45" or (status == "default" and any(map(_is_success, others)))
    effect = Effect.LOSES if is_failure else Effect.FAILS
    at = Ends(f"response {status}", call.caller, spot)
    rule = "openapi-failure-unknown" if is_failure else "openapi-status-unknown"
    yield way.answered(call, rule, effect, at, status=status, known=", ".join(known) or "none")


def _response(way: Way, call: Call, both: _Both) -> Iterator[Found]:
    yield from _headers(way, call, both)
    offered, wanted = media_types(way.server, both.given), media_types(way.caller, both.known)
    label = f"response {both.status}"
    if wanted and not offered:
        yield way.answered(
            call, "openapi-body-missing", Effect.FAILS, Ends(label, both.known, both.given), status=both.status
        )
        return
    for name, media in wanted.items():
        fitting = covering(name, offered) or next((one for one in offered if covering(one, {name: media})), None)
        if fitting is None:
            at = Ends(f"{label} {name}", media, both.given)
            facts = {"media": name, "known": ", ".join(offered), "status": both.status}
            yield way.answered(call, "openapi-media-type-removed", Effect.FAILS, at, **facts)
    for name, other in meeting(offered, wanted):  # for all else nobody asks
        schemas = schema_of(way.caller, wanted[other]), schema_of(way.server, offered[name])
        if schemas[0] is not None:
            role = Role.HEADER if is_text(name) and is_text(other) else Role.RESPONSE
            yield from way.judged(call, role, schemas, f"{label} {name}", status=both.status, media=name)


def _headers(way: Way, call: Call, both: _Both) -> Iterator[Found]:
    """https://spec.openapis.org/oas/v3.1.0#header-object."""
    given = {name.lower(): spot for name, spot in entries(way.server, both.given, "headers")}
    for written, spot in entries(way.caller, both.known, "headers"):
        name = written.lower()
        if name in _IGNORED_HEADERS:
            continue
        wanted = resolved(way.caller, spot)
        there = resolved(way.server, given[name]) if name in given else None
        label = f"response {both.status} header '{written}'"
        at = Ends(label, wanted, there)
        if flag(way.caller, wanted, "required") and not flag(way.server, there, "required"):
            yield way.answered(call, "openapi-header-missing", Effect.FAILS, at, header=written, status=both.status)
        if there is None:
            continue
        media, schema = single(way.caller, wanted)
        other, given_schema = single(way.server, there)
        if media != other:
            yield Undecided(f"{call.name} {label}", "its content has another media type")
        elif not media:
            yield from _spelling(way, call, at, {"header": written, "status": both.status})
        if schema is not None:
            facts = {"status": both.status, "header": written}
            role = Role.RESPONSE if media else Role.HEADER  # in content, a number is not text
            yield from way.judged(call, role, (schema, given_schema), label, **facts)


def _spelling(way: Way, call: Call, at: Ends, facts: Mapping[str, str]) -> Iterator[Found]:
    """A header is always in the style `simple`."""
    assert at.caller is not None and at.server is not None  # noqa: S101, PT018 - it is asked where both have it
    wanted, given = spelling(way.caller, at.caller, "simple"), spelling(way.server, at.server, "simple")
    if unlike(given, wanted):
        said = {"sent": given.shown, "taken": wanted.shown}
        yield way.answered(call, "openapi-header-spelled", Effect.MISREADS, at, **facts, **said)
