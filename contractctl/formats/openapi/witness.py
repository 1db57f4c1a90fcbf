"""Which request or response shows it? A whole one: by the sender's version openapi-core takes it, by the other not."""

from contractctl.documents import Json
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.excerpts import excerpt, outline
from contractctl.formats.openapi.exchanges import Making, NoneFoundError, Request, Response
from contractctl.formats.openapi.operations import call_of
from contractctl.formats.openapi.parts import Unresolved
from contractctl.formats.openapi.resolution import way_between
from contractctl.formats.openapi.ways import Call, Way
from contractctl.model.verdict import Effect, Incompatibility, Witness

_MOST_SHOWN = 400
_MOST_SAID = 200
_ANSWERS = frozenset({"status"})
_SILENT = frozenset({"openapi-server-removed", "openapi-failure-unknown", "openapi-success-removed"})
"""What no single exchange shows, or none that openapi-core looks at."""


def witness(taker: Document, giver: Document, found: Incompatibility) -> Witness | None:
    """The exchange that shows a finding; None where none was found, or openapi-core sees it otherwise."""
    if found.effect is not Effect.FAILS or found.rule in _SILENT:
        return None
    way = way_between(taker, giver)
    call = call_of(way, found)
    if call is None:
        return None
    try:
        making = Making(way, call, found)
        return _shown(way, call, making)
    except (NoneFoundError, Unresolved):
        return None


def _shown(way: Way, call: Call, making: Making) -> Witness | None:
    request = making.request()
    is_answer = not _ANSWERS.isdisjoint(making.facts)
    response = making.response() if is_answer else None
    by_caller = _refusal(
        excerpt(way.caller, call.caller_path, call.caller_item, call.facts["method"]), request, response
    )
    by_server = _refusal(_serving(way, call), request, response)
    by_sender, by_reader = (by_server, by_caller) if is_answer else (by_caller, by_server)
    if by_sender is not None or by_reader is None:
        return None
    sent = f"{response.shown} (to {request.method.upper()} {request.path})" if response else request.shown
    return Witness(_short(sent, _MOST_SHOWN), f"refused: {_short(by_reader, _MOST_SAID)}", _executed_by())


def _serving(way: Way, call: Call) -> dict[str, Json]:
    """What the server executes: the operation, or all that it has instead."""
    if call.server_path:
        return excerpt(way.server, call.server_path, call.server_item, call.facts["method"])
    return outline(way.server)


def _refusal(document: dict[str, Json], request: Request, response: Response | None) -> str | None:
    """What openapi-core says against a request, or a response to it; None where it takes it."""
    from contractctl.formats.openapi.execution import refusal

    return refusal(document, request, response)


def _executed_by() -> str:
    from importlib.metadata import version

    return f"openapi-core {version('openapi-core')}"


def _short(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
