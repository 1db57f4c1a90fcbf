"""Which document serves clients of two? The new one's operations, with the old one's parts beside."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from contractctl.documents import Json
from contractctl.formats.description import PLACEHOLDER, as_object, template
from contractctl.formats.layout import Bundle
from contractctl.formats.openapi.document.media import covering, normal
from contractctl.formats.openapi.document.parts import METHODS, alike, nearest
from contractctl.formats.retirement import Seat, Step
from contractctl.formats.retirement.places import Object, Places, own, retired
from contractctl.formats.retirement.schemas import Schemas

_Follow = Callable[[Json], Json]
_PLAIN = ("string", "integer", "number", "boolean", "array")
_IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})


@dataclass(frozen=True, slots=True)
class _Call:
    """An operation of the document that is made, and what it was; the same where it is new."""

    name: str
    was: Object
    was_item: Object
    is_: Object
    item: Object
    is_new: bool
    seat: Seat
    """Who has the request: the provider takes that of a call, and gives that of a webhook or a callback."""


class Merging:
    """The new document, being given what only the old one has."""

    def __init__(self, before: Bundle, after: Bundle, sunset: str) -> None:
        self._old, self._new, self.made = (as_object(own(one.value)) for one in (before, after, after))
        self.steps: list[Step] = []
        self._sunset = sunset
        self._places = Places(self._old, self.made)
        wraps = any(str(one["openapi"]).startswith("3.0") for one in (self._old, self._new))
        self._schemas = Schemas(self._places, self.steps, sunset, wraps=wraps, taken="Request")
        self._taken = {one["operationId"] for _, one in _all_operations(self._new) if "operationId" in one}
        calls = [*self._group("paths", Seat.TAKEN), *self._group("webhooks", Seat.GIVEN)]
        while calls:
            calls.extend(self._visit(calls.pop(0)))
        self._schemas.finish()

    def _group(self, name: str, seat: Seat) -> list[_Call]:
        """Every operation under `paths` or `webhooks`; what is not served any more put beside."""
        before = as_object(self._old.get(name))
        if not before and name not in self.made:
            return []
        served = as_object(self.made.setdefault(name, {}))
        known = alike(path for path in served if _is_entry(name, path))
        come = frozenset(f"{method.upper()} {path}" for path, method in self._come(name))
        calls: list[_Call] = []
        for path, old_item in before.items():
            if not _is_entry(name, path):
                continue
            item = as_object(self._places.in_old(old_item))
            fitting = known.setdefault(template(path), [])
            if not fitting:
                served[path] = {key: part for key, part in item.items() if key not in METHODS}
                self._places.bring(served[path])
                fitting.append(path)
            there = {one: as_object(self._places.in_made(served[one])) for one in nearest(known, path)}
            calls.extend(self._item((path, item), there, seat, come))
        met = {id(call.is_) for call in calls}
        for path in (one for fitting in known.values() for one in fitting):
            item = as_object(self._places.in_made(served[path]))
            for method, operation in _operations(item):
                if id(operation) not in met:
                    calls.append(_Call(f"{method.upper()} {path}", operation, item, operation, item, True, seat))
        return calls

    def _item(
        self, before: tuple[str, Object], there: Mapping[str, Object], seat: Seat, come: frozenset[str]
    ) -> Iterator[_Call]:
        """there: the path items of the new document that are alike, of which each has some of the methods."""
        path, old_item = before
        for method, operation in _operations(old_item):
            name = f"{method.upper()} {path}"
            here = next((one for one, item in there.items() if method in item), None)
            if here is None:
                what = "operation" if seat is Seat.TAKEN else "webhook"
                self.steps.append(Step("remove", what, "$", name, come))
                here = next(iter(there))
                there[here][method] = self._retired(name, operation, before, (here, there[here]))
            item = there[here]
            yield _Call(name, operation, old_item, as_object(item[method]), item, False, seat)

    def _come(self, name: str) -> Iterator[tuple[str, str]]:
        """The operations that only the new document has."""
        before = {
            (template(path), method)
            for path, item in as_object(self._old.get(name)).items()
            for method, _ in _operations(as_object(self._places.in_old(item)))
        }
        for path, item in as_object(self._new.get(name)).items():
            for method, _ in _operations(as_object(item)):
                if (template(path), method) not in before:
                    yield path, method

    def _retired(self, name: str, operation: Object, before: tuple[str, Object], after: tuple[str, Object]) -> Object:
        """An old operation with all that it had from around it."""
        (path, old_item), (here, item) = before, after
        made = retired(operation, self._sunset, name)
        if made.get("operationId") in self._taken:
            del made["operationId"]
        own_ones = {_key(one) for one in self._parameters(self._places.in_old, made)}
        around = [one for one in self._parameters(self._places.in_old, old_item) if _key(one) not in own_ones]
        if old_item.get("parameters") != item.get("parameters") and around:
            made["parameters"] = [*_list(made.get("parameters")), *map(own, around)]
        if path != here:
            names = dict(zip(PLACEHOLDER.findall(path), PLACEHOLDER.findall(here), strict=True))
            made["parameters"] = [
                {**one, "name": names.get(str(one.get("name")), one.get("name"))} if one.get("in") == "path" else one
                for one in self._parameters(self._places.in_old, made)
            ]
        for key in ("security", "servers"):
            said = operation.get(key, old_item.get(key, self._old.get(key)))
            if said != item.get(key, self._new.get(key)) and (said is not None or key == "security"):
                made[key] = own(said) if said is not None else []
        self._places.bring(made)
        return made

    def _visit(self, call: _Call) -> Iterator[_Call]:
        if call.seat is Seat.TAKEN:
            self._take_parameters(call)
        self._body(call)
        self._responses(call)
        yield from self._callbacks(call)

    # parameters

    def _parameters(self, follow: _Follow, holder: Object) -> list[Object]:
        return [as_object(follow(one)) for one in _list(holder.get("parameters"))]

    def _effective(self, follow: _Follow, item: Object, operation: Object) -> dict[tuple[str, str], Object]:
        found = (*self._parameters(follow, item), *self._parameters(follow, operation))
        return {_key(one): one for one in found}

    def _take_parameters(self, call: _Call) -> None:
        """All that clients of either version send is taken, and nothing is needed that one of them does not send."""
        after = self._effective(self._places.in_made, call.item, call.is_)
        before = after if call.is_new else self._effective(self._places.in_old, call.was_item, call.was)
        for key, one in after.items():
            if key[0] == "header" and key[1] in _IGNORED_HEADERS:
                continue
            was = before.get(key)
            for schema, earlier in _schemas(one, was):
                self._schemas.pair(None if call.is_new else earlier, schema, Seat.TAKEN, f"{call.name}.{key[1]}")
            if key[0] != "path" and one.get("required") is True and not (was and was.get("required") is True):
                spelt = self._is_spelt(key, one)
                self.steps.append(Step("require", "parameter", call.name, str(one.get("name")), is_in_query=spelt))
                self._relax(call.is_, key, one)
        come = frozenset(str(one.get("name")) for key, one in after.items() if key not in before)
        for key, one in before.items():
            if key in after or key[0] == "path" or (key[0] == "header" and key[1] in _IGNORED_HEADERS):
                continue
            spelt = self._is_spelt(key, one)
            self.steps.append(Step("remove", "parameter", call.name, str(one.get("name")), come, is_in_query=spelt))
            made = retired(one, self._sunset, f"'{one.get('name')}' of {call.name}")
            made.pop("required", None)
            self._places.bring(made)
            call.is_["parameters"] = [*_list(call.is_.get("parameters")), made]

    def _is_spelt(self, key: tuple[str, str], one: Object) -> bool:
        """Whether an address that has it has its name: an object may be spelt by those of its properties."""
        schemas = (as_object(follow(one.get("schema"))) for follow in (self._places.in_old, self._places.in_made))
        return key[0] == "query" and all(schema.get("type") in _PLAIN for schema in schemas)

    def _relax(self, operation: Object, key: tuple[str, str], one: Object) -> None:
        """The parameter as one that may be left out: in its place, or before that of the whole path."""
        optional = {name: part for name, part in one.items() if name != "required"}
        listed = _list(operation.get("parameters"))
        place = next((at for at, it in enumerate(listed) if _key(as_object(self._places.in_made(it))) == key), None)
        if place is None:
            operation["parameters"] = [*listed, own(optional)]
        elif "$ref" in as_object(listed[place]):
            listed[place] = own(optional)
        else:
            one.pop("required")

    # bodies and answers

    def _body(self, call: _Call) -> None:
        before = as_object(self._places.in_old(call.was.get("requestBody"))) if not call.is_new else {}
        after = as_object(self._places.in_made(call.is_.get("requestBody")))
        taken = call.seat is Seat.TAKEN
        if before and not after:
            self.steps.append(Step("remove", "body", call.name, "request body"))
            after = call.is_["requestBody"] = as_object(own(before))
            if taken:
                after.pop("required", None)
            self._places.bring(after)
        elif taken and not call.is_new and after.get("required") is True and before.get("required") is not True:
            self.steps.append(Step("require", "body", call.name, "request body"))
            after = call.is_["requestBody"] = {name: part for name, part in after.items() if name != "required"}
        self._content(f"{call.name} request", before, after, call.seat, is_new=call.is_new)

    def _content(self, label: str, before: Object, after: Object, seat: Seat, *, is_new: bool) -> None:
        was, offered = as_object(before.get("content")), as_object(after.get("content"))
        known = {normal(media): media for media in offered}
        earlier = {normal(media): as_object(one) for media, one in was.items()}
        for media, one in was.items():
            if offered and covering(normal(media), known) is None:
                self.steps.append(Step("remove", "media-type", label, media))
                offered[media] = own(one)
                self._places.bring(one)
        for media, one in offered.items():
            schema = as_object(one).get("schema")
            if schema is not None:
                before_it = None if is_new else earlier.get(normal(media), {}).get("schema")
                self._schemas.pair(before_it, schema, seat, label)

    def _responses(self, call: _Call) -> None:
        seat = call.seat.other
        before, after = as_object(call.was.get("responses")), as_object(call.is_.get("responses"))
        for status, response in after.items():
            if status.startswith("x-"):
                continue
            was = {} if call.is_new else as_object(self._places.in_old(before.get(status)))
            given = as_object(self._places.in_made(response))
            label = f"{call.name} response {status}"
            if was and seat is Seat.GIVEN:
                self._headers(label, was, given)
            if was.get("content") and not given.get("content") and seat is Seat.GIVEN:
                self.steps.append(Step("remove", "body", label, "response body"))
                given["content"] = own(was["content"])
                self._places.bring(was["content"])
            self._content(label, was, given, seat, is_new=call.is_new)

    def _headers(self, label: str, was: Object, given: Object) -> None:
        before, after = as_object(was.get("headers")), as_object(given.get("headers"))
        known = {name.lower(): name for name in after}
        come = frozenset(name for name in after if name.lower() not in {one.lower() for one in before})
        for name, one in before.items():
            header = as_object(self._places.in_old(one))
            here = known.get(name.lower())
            if name.lower() in _IGNORED_HEADERS:
                continue
            if here is None:
                self.steps.append(Step("remove", "header", label, name, come))
                holder = as_object(given.setdefault("headers", {}))
                holder[name] = retired(header, self._sunset, f"the header '{name}'")
                self._places.bring(header)
                continue
            made = as_object(self._places.in_made(after[here]))
            if header.get("required") is True and made.get("required") is not True:
                self.steps.append(Step("release", "header", label, name))
                after[here] = {**made, "required": True}
                made = as_object(after[here])
            for schema, earlier in _schemas(made, header):
                self._schemas.pair(earlier, schema, Seat.GIVEN, label)

    def _callbacks(self, call: _Call) -> Iterator[_Call]:
        """https://spec.openapis.org/oas/v3.1.0#callback-object: what is called back keeps being called."""
        for name, one in as_object(call.was.get("callbacks")).items() if not call.is_new else ():
            was = as_object(self._places.in_old(one))
            holder = as_object(call.is_.setdefault("callbacks", {}))
            if name not in holder:
                holder[name] = {}
            made = as_object(self._places.in_made(holder[name]))
            for expression, old_item in was.items():
                if expression.startswith("x-"):
                    continue
                item = as_object(made.setdefault(expression, {}))
                for method, operation in _operations(as_object(self._places.in_old(old_item))):
                    label = f"{call.name} callback {name} {method.upper()}"
                    if method not in item:
                        self.steps.append(Step("remove", "callback", call.name, name))
                        item[method] = retired(operation, self._sunset, label)
                        self._places.bring(operation)
                    yield _Call(label, operation, {}, as_object(item[method]), item, False, call.seat.other)


def _operations(item: Object) -> Iterator[tuple[str, Object]]:
    return ((method, as_object(item[method])) for method in METHODS if isinstance(item.get(method), dict))


def _all_operations(document: Object) -> Iterator[tuple[str, Object]]:
    for name in ("paths", "webhooks"):
        for item in as_object(document.get(name)).values():
            yield from _operations(as_object(item))


def _is_entry(name: str, path: str) -> bool:
    return name != "paths" or not path.startswith("x-")


def _key(parameter: Object) -> tuple[str, str]:
    where, name = str(parameter.get("in")), str(parameter.get("name"))
    return where, name.lower() if where == "header" else name


def _schemas(one: Object, was: Object | None) -> Iterator[tuple[Json, Json]]:
    """The schema of a parameter or a header, as it is and as it was."""
    if "schema" in one:
        yield one["schema"], was.get("schema") if was else None
    for media, part in as_object(one.get("content")).items():
        if "schema" in as_object(part):
            earlier = as_object(as_object(was.get("content") if was else None).get(media))
            yield as_object(part)["schema"], earlier.get("schema")


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
