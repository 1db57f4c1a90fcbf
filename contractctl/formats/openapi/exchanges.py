"""Which request, and which response to it, shows a finding? A whole one: all that the sender's version demands."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from contractctl.documents import Json
from contractctl.formats.json_schema.search.outcomes import Found, SpentError
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.media import media_types, schema_of, single
from contractctl.formats.openapi.parameters import Parameter, parameters_of
from contractctl.formats.openapi.parts import PLACEHOLDER, child, entries, fields, flag, resolved
from contractctl.formats.openapi.security import worded
from contractctl.formats.openapi.sights import Sight
from contractctl.formats.openapi.views import Role
from contractctl.formats.openapi.ways import Call, Way
from contractctl.model.verdict import Incompatibility

_WORK = 10_000
_MOST_ROUTES = 3
_JSON = "json"
_SOMETHING = ("unheard-of", "1")
"""What a form says where it need not say anything: an empty one is none."""
_FORM = "application/x-www-form-urlencoded"


class NoneFoundError(Exception):
    """No value was found, or none that can be written."""


@dataclass(frozen=True, slots=True)
class Request:
    """A call."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    cookies: tuple[tuple[str, str], ...] = ()
    media: str = ""
    body: str = ""

    @property
    def shown(self) -> str:
        """On one line."""
        query = f"?{urlencode(self.query, safe='[],')}" if self.query else ""
        cookies = ("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies),) if self.cookies else ()
        headers = [f"{name}: {value}" for name, value in self.headers]
        media = [f"Content-Type: {self.media}"] if self.media else []
        words = [f"{self.method.upper()} {self.path}{query}", *headers, *cookies, *media, self.body]
        return " · ".join(word for word in words if word)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer."""

    status: str
    headers: tuple[tuple[str, str], ...] = ()
    media: str = ""
    body: str = ""

    @property
    def shown(self) -> str:
        """On one line."""
        media = [f"Content-Type: {self.media}"] if self.media else []
        words = [self.status, *(f"{name}: {value}" for name, value in self.headers), *media, self.body]
        return " · ".join(word for word in words if word)


@dataclass(frozen=True, slots=True)
class Making:
    """What a finding is about, and what is at hand to show it."""

    way: Way
    call: Call
    found: Incompatibility

    @property
    def facts(self) -> Mapping[str, str]:
        return self.found.facts

    def request(self) -> Request:
        """What the caller sends: what it must, and what the finding is about."""
        document, call = self.way.caller, self.call
        path, query, headers, cookies = call.caller_path, list[tuple[str, str]](), dict[str, str](), dict[str, str]()
        about = self.facts.get("parameter") if self.facts.get("part") else None
        for one in parameters_of(document, call.caller_item, call.caller, call.caller_path).values():
            is_meant = one.name == about and one.where == self.facts.get("part")
            left_out = self.found.rule == "openapi-parameter-required"
            if not one.required and (not is_meant or left_out):
                continue
            value = self._parameter(one, is_meant=is_meant)
            if one.where == "path":
                path = path.replace(f"{{{one.name}}}", quote(_joined(one, value), safe=",;=."))
            elif one.where == "query":
                query.extend(_in_query(one, value))
            elif one.where == "header":
                headers[one.name] = _joined(one, value)
            else:
                cookies[one.name] = _joined(one, value)
        path = PLACEHOLDER.sub("1", path)  # what nobody has declared may be anything
        self._credentials(query, headers, cookies)
        media, body = self._body()
        return Request(
            call.facts["method"], path, tuple(query), tuple(headers.items()), tuple(cookies.items()), media, body
        )

    def response(self) -> Response:
        """What the server answers: what it must, and what the finding is about."""
        document, call, status = self.way.server, self.call, self.facts.get("status")
        answers = {name: resolved(document, spot) for name, spot in entries(document, call.server, "responses")}
        given = next((spot for name, spot in answers.items() if name.upper() == status), None)
        if given is None or status is None:
            raise NoneFoundError
        headers = tuple(self._headers(given))
        known = media_types(document, given)
        media = self.facts.get("media") if self.facts.get("media") in known else next(iter(known), "")
        body = self._payload(Role.RESPONSE, media, schema_of(document, known[media])) if media else ""
        return Response(_code(status, set(answers)), headers, media or "", body)

    def _parameter(self, one: Parameter, *, is_meant: bool) -> Json:
        if is_meant and "document" in self.facts:
            return self._meant()
        return self._sample(Role.PARAMETER, single(self.way.caller, one.spot)[1])

    def _body(self) -> tuple[str, str]:
        document = self.way.caller
        body = child(document, self.call.caller, "requestBody")
        if body is None:
            return "", ""
        known = media_types(document, body)
        is_meant = "media" in self.facts and "status" not in self.facts
        required = flag(document, body, "required") or self.found.rule == "openapi-body-removed"
        if not known or not (is_meant or required):
            return "", ""
        media = self.facts["media"] if is_meant else next(iter(known))
        return media, self._payload(Role.REQUEST, media, schema_of(document, known[media]))

    def _payload(self, role: Role, media: str, schema: Spot | None) -> str:
        """A body, as its media type writes it."""
        is_meant = "document" in self.facts and "header" not in self.facts and self.facts.get("media") == media
        is_meant = is_meant and ("status" in self.facts) == (role is Role.RESPONSE)
        value = self._meant() if is_meant else self._sample(role, schema)
        if _JSON in media or media == "*/*":
            return json.dumps(value, ensure_ascii=False)
        if media == _FORM and isinstance(value, dict):
            return urlencode([(name, _word(inner)) for name, inner in value.items()] or [_SOMETHING])
        if isinstance(value, str):
            return value
        raise NoneFoundError

    def _headers(self, given: Spot) -> Iterator[tuple[str, str]]:
        document, about = self.way.server, self.facts.get("header")
        for name, spot in entries(document, given, "headers"):
            header = resolved(document, spot)
            is_meant = name == about and "document" in self.facts
            if is_meant:
                yield name, _word(self._meant())
            elif flag(document, header, "required"):
                yield name, _word(self._sample(Role.RESPONSE, single(document, header)[1]))

    def _credentials(self, query: list[tuple[str, str]], headers: dict[str, str], cookies: dict[str, str]) -> None:
        """Those of the alternative that the finding is about, else of the first."""
        document = self.way.caller
        holder = self.call.caller if "security" in fields(document, self.call.caller) else document.root
        demanded = fields(document, holder).get("security")
        wanted = self.facts.get("sent") if self.found.rule == "openapi-security-tightened" else None
        alternatives = [one for one in demanded if isinstance(one, dict)] if isinstance(demanded, list) else []
        chosen = next((one for one in alternatives if worded(one) == wanted), next(iter(alternatives), {}))
        schemes = child(document, child(document, document.root, "components"), "securitySchemes")
        for name in chosen:
            scheme = child(document, schemes, name)
            said = fields(document, scheme) if scheme is not None else {}
            if said.get("type") == "apiKey":
                place, key = said.get("in"), str(said.get("name"))
                if place == "query":
                    query.append((key, "secret"))
                else:
                    (headers if place == "header" else cookies)[key] = "secret"
            elif said.get("type") == "http" and str(said.get("scheme")).lower() == "basic":
                headers["Authorization"] = "Basic c2VjcmV0OnNlY3JldA=="
            else:
                headers["Authorization"] = "Bearer secret"

    def _sample(self, role: Role, schema: Spot | None) -> Json:
        """Some value that is sent by a schema."""
        if schema is None:
            return "anything"
        sight = self.way.sight(role)
        return _solved(sight, (sight.whole.root(schema),))

    def _meant(self) -> Json:
        """The value that the finding is about."""
        value: Json = json.loads(self.facts["document"])
        if self.facts["whole"] != "yes":
            raise NoneFoundError
        return value


def _solved(sight: Sight, literals: tuple[int, ...]) -> Json:
    sight.solver.work = _WORK
    try:
        outcome = sight.solver.solve(literals)
    except (SpentError, RecursionError):
        raise NoneFoundError from None
    if not isinstance(outcome, Found):
        raise NoneFoundError
    return outcome.value


def _code(status: str, answered: set[str]) -> str:
    """A code that a range or default stands for."""
    family = {"1XX": "1", "2XX": "2", "3XX": "3", "4XX": "4", "5XX": "5"}.get(status)
    if family is None and status != "default":
        return status
    codes = [f"{one}{rest:02}" for one in ([family] if family else ["5", "4", "2"]) for rest in range(100)]
    free = (code for code in codes if code not in answered and (family or f"{code[0]}XX" not in answered))
    return next(free, status)


def _in_query(one: Parameter, value: Json) -> Iterator[tuple[str, str]]:
    """https://spec.openapis.org/oas/v3.1.0#style-examples."""
    if isinstance(value, dict) and one.style == "deepObject":
        yield from ((f"{one.name}[{key}]", _word(inner)) for key, inner in value.items())
    elif isinstance(value, dict) and one.style == "form" and one.explode and not one.media:
        yield from ((key, _word(inner)) for key, inner in value.items())
    elif isinstance(value, list) and one.explode and one.style == "form" and not one.media:
        yield from ((one.name, _word(inner)) for inner in value)
    else:
        yield one.name, _joined(one, value)


def _joined(one: Parameter, value: Json) -> str:
    if one.media:
        return json.dumps(value)
    if isinstance(value, list) and one.style in {"form", "simple", "spaceDelimited", "pipeDelimited"}:
        return {"spaceDelimited": " ", "pipeDelimited": "|"}.get(one.style, ",").join(map(_word, value))
    if one.style not in {"form", "simple"}:
        raise NoneFoundError
    text = _word(value)
    if one.where == "path" and not text:
        raise NoneFoundError
    return text


def _word(value: Json) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    raise NoneFoundError
