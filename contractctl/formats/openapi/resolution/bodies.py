"""Does the server take the body that is sent? https://spec.openapis.org/oas/v3.1.0#request-body-object."""

from collections.abc import Iterator

from contractctl.formats.openapi.document.media import covering, is_text, media_types, meeting, schema_of
from contractctl.formats.openapi.document.parts import child, flag
from contractctl.formats.openapi.resolution.encodings import of_texts, unlike
from contractctl.formats.openapi.resolution.ways import Call, Ends, Way
from contractctl.formats.openapi.schemas import Role
from contractctl.model.verdict import Effect, Found


def request_body(way: Way, call: Call) -> Iterator[Found]:
    """Where one is needed it is sent, and in a media type that is taken."""
    sent, taken = child(way.caller, call.caller, "requestBody"), child(way.server, call.server, "requestBody")
    at = Ends("request", sent, taken)
    if flag(way.server, taken, "required") and not flag(way.caller, sent, "required"):
        yield way.served(call, "openapi-body-required", Effect.FAILS, at)
    if sent is None:
        return
    if taken is None:
        yield way.served(call, "openapi-body-removed", Effect.FAILS, at)
        return
    offered, known = media_types(way.caller, sent), media_types(way.server, taken)
    for name, media in offered.items():
        fitting = covering(name, known)
        there = Ends(f"request {name}", media, known[fitting] if fitting else taken)
        if fitting is None:
            facts = {"media": name, "known": ", ".join(known) or "none"}
            yield way.served(call, "openapi-media-type-refused", Effect.FAILS, there, **facts)
            continue
        for key in unlike(name, (way.caller, media), (way.server, known[fitting])):
            yield way.served(call, "openapi-encoding-changed", Effect.MISREADS, there, media=name, name=key)
    for name, other in meeting(offered, known):
        schemas = schema_of(way.caller, offered[name]), schema_of(way.server, known[other])
        is_form = of_texts(name, way.caller, offered[name]) and of_texts(other, way.server, known[other])
        role = Role.FORM if is_form else Role.PARAMETER if is_text(name) and is_text(other) else Role.REQUEST
        yield from way.judged(call, role, schemas, f"request {name}", media=name)
