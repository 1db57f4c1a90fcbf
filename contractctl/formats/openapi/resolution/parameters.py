"""Does the server take the parameters that are sent? https://spec.openapis.org/oas/v3.1.0#parameter-object."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from contractctl.formats.description import as_object, below
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.media import single
from contractctl.formats.openapi.document.parts import child, flag, items, placeholders, resolved, text
from contractctl.formats.openapi.resolution.styles import Spelling, spelling, unlike
from contractctl.formats.openapi.resolution.ways import Call, Ends, Way
from contractctl.formats.openapi.schemas import Role
from contractctl.model.verdict import Effect, Found, Undecided

_IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as it travels."""

    spot: Spot
    where: str
    name: str
    required: bool
    style: str
    explode: bool
    media: str
    """The media type of its content, where it has one."""

    @property
    def shown(self) -> str:
        return f"{self.where} parameter '{self.name}'"


def parameters(way: Way, call: Call) -> Iterator[Found]:
    """What is sent must be taken, and what is needed must be sent."""
    sent = parameters_of(way.caller, call.caller_item, call.caller, call.caller_path)
    taken = parameters_of(way.server, call.server_item, call.server, call.server_path)
    for key, one in taken.items():
        if key in sent:
            yield from _both(way, call, sent[key], one)
        elif one.required and one.where != "path":
            at = Ends(one.shown, None, one.spot)
            yield way.served(call, "openapi-parameter-required", Effect.FAILS, at, parameter=one.name, part=one.where)
    for key, one in sent.items():
        if key not in taken and one.where != "path":
            at = Ends(one.shown, one.spot, None)
            yield way.served(call, "openapi-parameter-removed", Effect.LOSES, at, parameter=one.name, part=one.where)
    yield from _under_one_name(way, call, sent, taken)


def _under_one_name(
    way: Way, call: Call, sent: Mapping[Key, Parameter], taken: Mapping[Key, Parameter]
) -> Iterator[Undecided]:
    """What is sent under a name in the query that several parameters read, which was one's alone."""
    known, read = _readers(way.caller, sent), _readers(way.server, taken)
    for name, keys in read.items():
        if len(keys) > 1 and name in known and known[name] != keys:
            shown = " and ".join(f"'{taken[key].name}'" for key in keys)
            yield Undecided(
                call.name, f"'{name}' in the query is read by the parameters {shown}: which it is for is unknown"
            )


def _readers(document: Document, declared: Mapping[Key, Parameter]) -> dict[str, list[Key]]:
    """The parameters in the query by the names under which they travel: an exploded object by its properties'."""
    found: dict[str, list[Key]] = {}
    for key, one in sorted(declared.items()):
        for name in _names(document, one) if one.where == "query" else ():
            found.setdefault(name, []).append(key)
    return found


def _names(document: Document, one: Parameter) -> set[str]:
    written = spelling(document, one.spot, one.style)
    schema = child(document, one.spot, "schema")
    if (
        one.media
        or one.style != "form"
        or not written.explode
        or written.types != frozenset({"object"})
        or schema is None
    ):
        return {one.name}
    names, pending, met = set[str](), [schema], set[Hashable]()
    while pending:
        spot = resolved(document, pending.pop())
        said = as_object(spot.value)
        if spot.key not in met:
            met.add(spot.key)
            names.update(as_object(said.get("properties")))
            for word in ("allOf", "anyOf", "oneOf"):
                listed = said.get(word)
                count = len(listed) if isinstance(listed, list) else 0
                pending.extend(below(document, spot, word, at) for at in range(count))
    return names


def parameters_of(document: Document, item: Spot, operation: Spot, path: str) -> dict[Key, Parameter]:
    """Those of the path, then those of the operation, which take their place. Those in the path by where they stand."""
    found: dict[Key, Parameter] = {}
    order = {name: str(number) for number, name in enumerate(placeholders(path))}
    for spot in (*items(document, item, "parameters"), *items(document, operation, "parameters")):
        one = _parameter(document, resolved(document, spot))
        name = one.name.lower() if one.where == "header" else one.name
        if one.where == "path":
            if name not in order:
                continue  # nothing in the path has its name
            name = order[name]
        if one.where != "header" or name not in _IGNORED_HEADERS:
            found[one.where, name] = one
    return found


def _parameter(document: Document, spot: Spot) -> Parameter:
    where, name = text(document, spot, "in"), text(document, spot, "name")
    style = text(document, spot, "style", _STYLES.get(where, "form"))
    media, _ = single(document, spot)
    explode = flag(document, spot, "explode", otherwise=style == "form")
    required = where == "path" or flag(document, spot, "required")
    return Parameter(spot, where, name, required, style, explode, media)


def _both(way: Way, call: Call, sent: Parameter, taken: Parameter) -> Iterator[Found]:
    at = Ends(taken.shown, sent.spot, taken.spot)
    facts = {"parameter": taken.name, "part": taken.where}
    if taken.required and not sent.required:
        yield way.served(call, "openapi-parameter-required", Effect.FAILS, at, **facts)
    may_be_empty = taken.where == "query" and flag(way.caller, sent.spot, "allowEmptyValue")
    if may_be_empty and not flag(way.server, taken.spot, "allowEmptyValue"):
        yield way.served(call, "openapi-parameter-empty", Effect.FAILS, at, **facts)
    if sent.media != taken.media:
        said = {"sent": sent.media or "a plain value", "taken": taken.media or "a plain value"}
        yield way.served(call, "openapi-parameter-spelled", Effect.MISREADS, at, **facts, **said)
    elif not sent.media:
        yield from _spelling(way, call, (sent, taken), at)
    _, left = single(way.caller, sent.spot)
    _, right = single(way.server, taken.spot)
    role = Role.REPEATED if _is_repeated(way.server, sent, taken) else role_of(sent, call.caller_path)
    yield from way.judged(call, role, (left, right), taken.shown, **facts)


def _is_repeated(server: Document, sent: Parameter, taken: Parameter) -> bool:
    """Whether a list is read from all values of its name in a query, as `a=1&a=2`: so it is from one."""
    if sent.media or taken.media or {sent.style, taken.style} != {"form"} or taken.where != "query":
        return False
    read = spelling(server, taken.spot, taken.style)
    return read.explode and read.types == frozenset({"array"})


def role_of(sent: Parameter, path: str) -> Role:
    """How its values travel; in content, a number is not text."""
    if sent.media:
        return Role.REQUEST
    is_bare = sent.where == "path" and sent.style == "simple"
    return Role.SEGMENT if is_bare and f"{{{sent.name}}}" in path.split("/") else Role.PARAMETER


def _spelling(way: Way, call: Call, both: tuple[Parameter, Parameter], at: Ends) -> Iterator[Found]:
    sent, taken = both
    left, right = spelling(way.caller, sent.spot, sent.style), spelling(way.server, taken.spot, taken.style)
    said = {"parameter": taken.name, "part": taken.where}
    if unlike(left, right):
        said |= {"sent": left.shown, "taken": right.shown}
        yield way.served(call, "openapi-parameter-spelled", Effect.MISREADS, at, **said)
    elif sent.name != taken.name and left.is_named:
        said |= {"sent": f";{sent.name}=…", "taken": f";{taken.name}=…"}
        yield way.served(call, "openapi-parameter-spelled", Effect.MISREADS, at, **said)
    elif _may_be_reserved(way.caller, sent, left) and not flag(way.server, taken.spot, "allowReserved"):
        said |= {"sent": "reserved characters as they are", "taken": "reserved characters encoded"}
        yield way.served(call, "openapi-parameter-spelled", Effect.MISREADS, at, **said)


def _may_be_reserved(document: Document, one: Parameter, written: Spelling) -> bool:
    """Whether reserved characters stand in it as they are, which there is only in a query."""
    return one.where == "query" and not written.is_plain and flag(document, one.spot, "allowReserved")
