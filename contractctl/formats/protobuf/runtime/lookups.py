"""What does the runtime say about a name that is gone? Any, methods and generated classes are found by name."""

from collections.abc import Callable
from typing import Any

from contractctl.formats.protobuf import runtime
from contractctl.formats.protobuf.resolution.pairs import Case
from contractctl.formats.protobuf.runtime import Refused
from contractctl.formats.protobuf.runtime.messages import NoMessageError, Writer
from contractctl.formats.protobuf.runtime.shown import line
from contractctl.formats.protobuf.schema import Schema
from contractctl.model.verdict import Incompatibility, Witness


def witness(taker: Schema, giver: Schema, found: Incompatibility) -> Witness | None:
    """Look the name up, or pack the message into an Any; None where that shows nothing."""
    show = _SHOWS.get(found.rule)
    return show(taker, giver, found) if show is not None else None


def _in_any(taker: Schema, giver: Schema, found: Incompatibility) -> Witness | None:
    """The message in an Any, as JSON: the reader has to know its name."""
    name = found.pair.writer.name if isinstance(found, Case) and found.pair else found.facts["name"]
    try:
        sent = runtime.write_json(giver.pool, runtime.packed(Writer(giver).smallest(giver.message(name))))
    except (NoMessageError, RecursionError, ValueError, TypeError):
        return None
    said = runtime.read_any(taker.pool, sent)
    return _refused(f"in an Any: {sent}", said) if isinstance(said, Refused) else None


def _method(taker: Schema, _: Schema, found: Incompatibility) -> Witness | None:
    """The method in the server's descriptors."""
    name = found.facts["full_name"]
    path = "/".join(name.rsplit(".", 1)) if found.facts["what"] == "method" else f"{name}/…"
    ask = taker.pool.FindMethodByName if found.facts["what"] == "method" else taker.pool.FindServiceByName
    return _lookup(f"a call of /{path}", ask, name)


def _streams(taker: Schema, giver: Schema, found: Incompatibility) -> Witness | None:
    """How both sides understand one call, as their descriptors have it."""
    del taker, giver
    sent, wanted = found.facts["sent"], found.facts["wanted"]
    return Witness(f"a call of {found.path}: {sent}", f"the server's descriptor says {wanted}", runtime.executed_by())


def _generated(taker: Schema, _: Schema, found: Incompatibility) -> Witness | None:
    """A name of the generated code, asked of the classes that the runtime makes of the other descriptors."""
    name = found.facts["full_name"]
    owner, last = name.rsplit(".", 1) if "." in name else ("", name)
    match found.facts["what"]:
        case "message":
            return _lookup(f"code that names {name}", taker.pool.FindMessageTypeByName, name)
        case "enum":
            return _lookup(f"code that names {name}", taker.pool.FindEnumTypeByName, name)
        case "extension":
            return _lookup(f"code that names {name}", taker.pool.FindExtensionByName, name)
        case "service":
            return _lookup(f"code that names {name}", taker.pool.FindServiceByName, name)
        case "method":
            return _lookup(f"code that calls {name}", taker.pool.FindMethodByName, name)
        case "enum value":
            values = taker.pool.FindEnumTypeByName(owner).values_by_name
            return _lookup(f"code that names {name}", values.__getitem__, last)
        case "field":
            made = runtime.new(taker.pool, owner)
            return _lookup(f"code that reads {found.path}", lambda field: getattr(made, field), last)
        case _:
            made = runtime.new(taker.pool, owner)
            return _lookup(f"code that asks which of {found.path} is set", made.WhichOneof, last)


def _lookup(sent: str, ask: Callable[[str], Any], name: str) -> Witness | None:
    try:
        ask(name)
    except (KeyError, AttributeError, ValueError) as error:
        return _refused(sent, Refused(f"{type(error).__name__}: {error}"))
    return None


def _refused(sent: str, said: Refused) -> Witness:
    return Witness(line(sent), line(f"refused: {said.why}"), runtime.executed_by())


_SHOWS: dict[str, Callable[[Schema, Schema, Incompatibility], Witness | None]] = {
    "protobuf-message-renamed": _in_any,
    "protobuf-message-removed": _in_any,
    "protobuf-method-removed": _method,
    "protobuf-streaming-changed": _streams,
    "protobuf-source-removed": _generated,
}
