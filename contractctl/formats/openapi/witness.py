"""Which request or response shows it? A whole one: by the sender's version openapi-core takes it, by the other not."""

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from contractctl.documents import Json
from contractctl.formats.json_schema.library_errors import LibraryError, executing
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.calls import Meant, meant
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.excerpts import SERVER, excerpt, outline, under
from contractctl.formats.openapi.exchanges import Making
from contractctl.formats.openapi.messages import Request, Response
from contractctl.formats.openapi.parameters import Parameter, parameters_of
from contractctl.formats.openapi.parts import Unresolved
from contractctl.formats.openapi.resolution import way_between
from contractctl.formats.openapi.servers import addresses
from contractctl.formats.openapi.written import NoneFoundError
from contractctl.model.verdict import Effect, Incompatibility, Witness

if TYPE_CHECKING:
    from contractctl.formats.openapi.execution import Reading

_MOST_SHOWN = 400
_MOST_SAID = 200
_SILENT = frozenset({"openapi-failure-unknown"})
"""What no single exchange shows, or none that openapi-core looks at."""
_MISREAD = frozenset({"openapi-parameter-spelled"})
"""What is taken, as another value than was sent."""
_UNDECLARED = frozenset({"json-schema-property-undeclared", "json-schema-object-closed"})
"""What openapi-core does not look at in a form: of that it reads what is declared."""
_FORMS = ("application/x-www-form-urlencoded", "multipart/")
_AWAITED = frozenset({"openapi-success-removed", "openapi-media-type-removed"})
"""Answers that the caller waits for: by the server's version they are none."""
_OPEN = re.compile(r"\{\}")
_MOVED = "openapi-server-removed"


def witness(taker: Document, giver: Document, found: Incompatibility) -> Witness | None:
    """The exchange that shows a finding; None where none was found, or openapi-core sees it otherwise."""
    found = replace(found, rule=found.facts.get("because", found.rule))  # what is wrong with what is reached instead
    is_misread = found.rule in _MISREAD
    if (found.effect is not Effect.FAILS and not is_misread) or found.rule in _SILENT or _is_left_out(found):
        return None
    try:
        sent = meant(way_between(taker, giver), found)
        if sent is not None and is_misread:
            return _misread(sent, found)
        shown = (_shown(sent, found, *exchange) for exchange in _exchanges(sent, found)) if sent is not None else ()
        return next((one for one in shown if one is not None), None)
    except (LibraryError, NoneFoundError, Unresolved, RecursionError):  # of components that lead ever on, say
        return None


def _is_left_out(found: Incompatibility) -> bool:
    """Whether it is about a field of a form that its reader does not declare."""
    is_field = found.facts.get("where") == "the document" and found.facts.get("media", "").startswith(_FORMS)
    return is_field and found.rule in _UNDECLARED


def _exchanges(sent: Meant, found: Incompatibility) -> Iterator[tuple[Request, Response | None]]:
    request = Making(sent.way, sent.call, found).request()
    if found.rule in _AWAITED:
        call = sent.call
        turned = replace(
            call,
            caller=call.server,
            server=call.caller,
            caller_item=call.server_item,
            server_item=call.caller_item,
        )
        yield from ((request, response) for response in Making(sent.way.back, turned, found).responses())
    elif "status" in found.facts:
        yield from ((request, response) for response in Making(sent.way, sent.call, found).responses())
    elif found.rule == _MOVED:
        url = urlsplit(_absolute(found.facts["address"].replace("{}", "any")))
        server = f"{url.scheme}://{url.netloc}"
        yield replace(request, server=server, path=f"{url.path.rstrip('/')}{request.path}"), None
    else:
        yield request, None


def _shown(sent: Meant, found: Incompatibility, request: Request, response: Response | None) -> Witness | None:
    media = response.media if response is not None else request.media
    by_caller, by_server = (
        _refusal(under(document, media.partition(";")[0]), request, response, found.facts.get("keyword", ""))
        for document in _documents(sent, found, "request" if response is None else "response")
    )
    is_answer = response is not None and found.rule not in _AWAITED
    by_sender, by_reader = (by_server, by_caller) if is_answer else (by_caller, by_server)
    if by_sender is not None or by_reader is None:
        return None
    awaited = "awaited: " if found.rule in _AWAITED else ""
    to = f"{request.method.upper()} {request.path}"
    said = f"{awaited}{response.shown} (to {to})" if response is not None else request.shown
    return Witness(_short(said, _MOST_SHOWN), f"refused: {_short(by_reader, _MOST_SAID)}", _executed_by())


def _misread(sent: Meant, found: Incompatibility) -> Witness | None:
    """A request whose parameter is read as another value by the version of the server."""
    making = Making(sent.way, sent.call, found)
    request, key, call = making.request(), making.about(), sent.call
    named = (
        parameters_of(sent.way.caller, call.caller_item, call.caller, call.caller_path),
        parameters_of(sent.way.server, call.server_item, call.server, call.server_path),
    )
    if key is None or not all(key in known for known in named):
        return None
    by_caller, by_server = (
        _reading(document, request, known[key])
        for document, known in zip(_documents(sent, found, "request"), named, strict=True)
    )
    if by_caller.refused is not None or by_caller.value is None or by_caller == by_server:
        return None
    read = "not found" if by_server.value is None else f"read as {json.dumps(by_server.value)}"
    answer = f"refused: {by_server.refused}" if by_server.refused else read
    said = f"{request.shown} (for {json.dumps(by_caller.value)})"
    return Witness(_short(said, _MOST_SHOWN), _short(answer, _MOST_SAID), _executed_by())


def _reading(document: dict[str, Json], request: Request, one: Parameter) -> "Reading":
    from contractctl.formats.openapi.execution import reading

    with executing():
        return reading(document, request, one.where, one.name)


def _documents(sent: Meant, found: Incompatibility, side: str) -> tuple[dict[str, Json], dict[str, Json]]:
    """What the caller executes, and what the server does: the operation, or all that it has instead."""
    way, call = sent.way, sent.call
    method = call.facts["method"]
    paths = call.caller_path, call.server_path
    if "reached" in found.facts:
        paths = found.facts["path"], found.facts["reached"]
    caller = excerpt(way.caller, paths[0], call.caller_item, method, side)
    if not call.server_path:
        return caller, outline(way.server, sent.served)
    server = excerpt(way.server, paths[1], call.server_item, method, side)
    if found.rule == _MOVED:
        caller["servers"] = _servers(way.caller, call.caller, call.caller_item)
        server["servers"] = _servers(way.server, call.server, call.server_item)
    return caller, server


def _servers(document: Document, operation: Spot, item: Spot) -> list[Json]:
    """Those of an operation by whole addresses."""
    urls = map(_absolute, addresses(document, operation, item))
    numbers = itertools.count()
    return [{"url": _OPEN.sub(lambda _: f"{{any{next(numbers)}}}", url)} for url in urls]


def _absolute(address: str) -> str:
    return (address if "://" in address else SERVER + address).rstrip("/")


def _refusal(document: dict[str, Json], request: Request, response: Response | None, keyword: str) -> str | None:
    """What openapi-core says against a request, or a response to it; None where it takes it."""
    from contractctl.formats.openapi.execution import refusal

    with executing():
        return refusal(document, request, response, keyword)


def _executed_by() -> str:
    from contractctl.formats.openapi.execution import EXECUTED_BY

    return EXECUTED_BY


def _short(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
