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
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.media import media_types
from contractctl.formats.openapi.document.parts import Unresolved, child
from contractctl.formats.openapi.resolution import way_between
from contractctl.formats.openapi.resolution.parameters import parameters_of
from contractctl.formats.openapi.resolution.servers import addresses
from contractctl.formats.openapi.witness.calls import Meant, meant
from contractctl.formats.openapi.witness.excerpts import SERVER, excerpt, outline, under
from contractctl.formats.openapi.witness.exchanges import Making
from contractctl.formats.openapi.witness.messages import Request, Response
from contractctl.formats.openapi.witness.written import NoneFoundError
from contractctl.model.verdict import Effect, Incompatibility, Witness

if TYPE_CHECKING:
    from contractctl.formats.openapi.witness.execution import Reading

_MOST_SHOWN = 400
_MOST_SAID = 200
_SILENT = frozenset({"openapi-failure-unknown"})
"""What no single exchange shows, or none that openapi-core looks at."""
_MISREAD = frozenset({"openapi-parameter-spelled", "openapi-encoding-changed", "openapi-header-spelled"})
"""What is taken, as another value than was sent."""
_TOLD = frozenset({"openapi-discriminator-changed"})
"""What is taken for a value of another schema: openapi-core goes by the words, and refuses what is no such value."""
_UNDECLARED = frozenset({"json-schema-property-undeclared", "json-schema-object-closed"})
"""What openapi-core does not look at in a form: of that it reads what is declared."""
_FORMS = ("application/x-www-form-urlencoded", "multipart/")
_AWAITED = frozenset({"openapi-success-removed", "openapi-media-type-removed"})
"""Answers that the caller waits for: by the server's version they are none."""
_Part = tuple[str, str]
"""A part of a message, and the name in it."""
_ANSWERED = "answer"
_OPEN = re.compile(r"\{\}")
_MOVED = "openapi-server-removed"


def witness(taker: Document, giver: Document, found: Incompatibility) -> Witness | None:
    """The exchange that shows a finding; None where none was found, or openapi-core sees it otherwise."""
    found = replace(found, rule=found.facts.get("because", found.rule))  # what is wrong with what is reached instead
    is_shown = found.effect is Effect.FAILS or found.rule in _MISREAD | _TOLD
    if not is_shown or found.rule in _SILENT or _is_left_out(found):
        return None
    try:
        sent = meant(way_between(taker, giver), found)
        if sent is not None and found.rule in _MISREAD:
            return _misread(sent, found)
        shown = (_shown(sent, found, *exchange) for exchange in _exchanges(sent, found)) if sent is not None else ()
        return next((one for one in shown if one is not None), None)
    except (LibraryError, NoneFoundError, Unresolved, RecursionError):  # of components that lead ever on, say
        return None


def _is_left_out(found: Incompatibility) -> bool:
    """Whether it is about a field of a form that its reader does not declare."""
    is_field = found.facts.get("is_all") == "yes" and found.facts.get("media", "").startswith(_FORMS)
    return is_field and found.rule in _UNDECLARED


def _exchanges(sent: Meant, found: Incompatibility) -> Iterator[tuple[Request, Response | None]]:
    request = Making(sent.way, sent.call, found).request()
    if found.rule in _AWAITED:
        yield from ((request, response) for response in _turned(sent, found).responses())
    elif "status" in found.facts:
        yield from ((request, response) for response in Making(sent.way, sent.call, found).responses())
    elif found.rule == _MOVED:
        url = urlsplit(_absolute(found.facts["address"].replace("{}", "any")))
        server = f"{url.scheme}://{url.netloc}"
        yield replace(request, server=server, path=f"{url.path.rstrip('/')}{request.path}"), None
    else:
        yield request, None


def _turned(sent: Meant, found: Incompatibility) -> Making:
    """The same call by the version of the other side."""
    call = sent.call
    turned = replace(
        call,
        caller=call.server,
        server=call.caller,
        caller_item=call.server_item,
        server_item=call.caller_item,
        caller_path=call.server_path,
        server_path=call.caller_path,
    )
    return Making(sent.way.back, turned, found)


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
    """A message of which a part is read as another value by the version of whoever takes it."""
    making = Making(sent.way, sent.call, found)
    parts = _parts(sent, making)
    if parts is None:
        return None
    request = making.request()
    response = next(making.responses(), None) if parts[0][0] == _ANSWERED else None
    media, side = (request.media, "request") if response is None else (response.media, "response")
    by_caller, by_server = (
        _reading(under(document, media.partition(";")[0]), request, response, part)
        for document, part in zip(_documents(sent, found, side), parts, strict=True)
    )
    by_sender, by_reader = (by_caller, by_server) if response is None else (by_server, by_caller)
    if by_sender.refused is not None or by_sender.value is None or by_sender == by_reader:
        return None
    if response is None and not _reads_its_own(sent, found, parts[1]):
        return None
    read = "not found" if by_reader.value is None else f"read as {json.dumps(by_reader.value)}"
    answer = f"refused: {by_reader.refused}" if by_reader.refused else read
    to = f"to {request.method.upper()} {request.path}, "
    shown, to = (request.shown, "") if response is None else (response.shown, to)
    said = f"{shown} ({to}for {json.dumps(by_sender.value)})"
    return Witness(_short(said, _MOST_SHOWN), _short(answer, _MOST_SAID), _executed_by())


def _reads_its_own(sent: Meant, found: Incompatibility, part: _Part) -> bool:
    """Whether openapi-core reads it by the server's version as that version writes it: some styles it never reads."""
    body = child(sent.way.server, sent.call.server, "requestBody")
    if part[0] == "body" and found.facts["media"] not in media_types(sent.way.server, body):
        return False
    request = _turned(sent, found).request()
    read = _reading(_documents(sent, found, "request")[1], request, None, part)
    return read.refused is None and read.value is not None


def _parts(sent: Meant, making: Making) -> tuple[_Part, _Part] | None:
    """Which part of a message a finding is about, as the caller calls it and as the server does."""
    if making.found.rule == "openapi-encoding-changed":
        part = "body", making.facts["name"]
        return part, part
    if making.found.rule == "openapi-header-spelled":
        part = _ANSWERED, making.facts["header"]
        return part, part
    key, call = making.about(), sent.call
    named = (
        parameters_of(sent.way.caller, call.caller_item, call.caller, call.caller_path),
        parameters_of(sent.way.server, call.server_item, call.server, call.server_path),
    )
    if key is None or not all(key in known for known in named):
        return None
    caller, server = (known[key] for known in named)
    return (caller.where, caller.name), (server.where, server.name)


def _reading(document: dict[str, Json], request: Request, response: Response | None, part: _Part) -> "Reading":
    from contractctl.formats.openapi.witness.execution import header, reading

    with executing():
        return reading(document, request, *part) if response is None else header(document, request, response, part[1])


def _documents(sent: Meant, found: Incompatibility, side: str) -> tuple[dict[str, Json], dict[str, Json]]:
    """What the caller executes, and what the server does: the operation, or all that it has instead."""
    way, call = sent.way, sent.call
    method = call.facts["method"]
    paths = call.caller_path, call.server_path
    if "reached" in found.facts:
        paths = found.facts["path"], found.facts["reached"]
    caller = excerpt(way.caller, paths[0], call.caller_item, method, side, has_words=found.rule in _TOLD)
    if not call.server_path:
        return caller, outline(way.server, sent.served)
    server = excerpt(way.server, paths[1], call.server_item, method, side, has_words=found.rule in _TOLD)
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
    from contractctl.formats.openapi.witness.execution import refusal

    with executing():
        return refusal(document, request, response, keyword)


def _executed_by() -> str:
    from contractctl.formats.openapi.witness.execution import EXECUTED_BY

    return EXECUTED_BY


def _short(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
