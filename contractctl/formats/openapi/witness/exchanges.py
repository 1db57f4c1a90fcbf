"""Which request, and which response to it, shows a finding? A whole one: all that the sender's version demands."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import quote, urlencode

from contractctl.documents import Json
from contractctl.formats.json_schema.search.outcomes import Found, SpentError
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.media import is_text, media_types, schema_of, single
from contractctl.formats.openapi.document.parts import PLACEHOLDER, child, entries, fields, flag, placeholders, resolved
from contractctl.formats.openapi.document.words import told
from contractctl.formats.openapi.resolution.encodings import field_of
from contractctl.formats.openapi.resolution.parameters import Parameter, parameters_of, role_of
from contractctl.formats.openapi.resolution.security import worded
from contractctl.formats.openapi.resolution.styles import spelling
from contractctl.formats.openapi.resolution.ways import Call, Way
from contractctl.formats.openapi.schemas import Role, SchemaComparison, meant
from contractctl.formats.openapi.witness.messages import Request, Response
from contractctl.formats.openapi.witness.written import (
    BOUNDARY,
    NoneFoundError,
    form,
    in_query,
    joined,
    multipart,
    word,
)
from contractctl.model.verdict import Incompatibility

_WORK = 10_000
_JSON = "json"
_SOMETHING = ("unheard-of", "1")
"""What a form says where it need not say anything: an empty one is none."""
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_FIRST_YEAR = re.compile(r"^0000-(?=\d\d-\d\d)")


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
        for key, one in parameters_of(document, call.caller_item, call.caller, call.caller_path).items():
            is_meant = key == self.about()
            left_out = self.found.rule == "openapi-parameter-required"
            if not one.required and (not is_meant or left_out):
                continue
            value = self._parameter(one, is_meant=is_meant)
            if one.where == "path":
                path = path.replace(f"{{{one.name}}}", quote(joined(one, value), safe=",;=."))
            elif one.where == "query":
                query.extend(in_query(one, value))
            elif one.where == "header":
                headers[one.name] = joined(one, value)
            else:
                cookies[one.name] = joined(one, value)
        path = PLACEHOLDER.sub("1", path)  # what nobody has declared may be anything
        self._credentials(query, headers, cookies)
        media, body = self._body()
        return Request(
            call.facts["method"], path, tuple(query), tuple(headers.items()), tuple(cookies.items()), media, body
        )

    def about(self) -> tuple[str, str] | None:
        """The key of the parameter that the finding is about; one in the path has other names on both sides."""
        name, where = self.facts.get("parameter", ""), self.facts.get("part")
        if where is None:
            return None
        if where == "path":
            ways = map(placeholders, (self.call.server_path, self.call.caller_path))
            return where, next((str(order.index(name)) for order in ways if name in order), "")
        return where, name.lower() if where == "header" else name

    def responses(self) -> Iterator[Response]:
        """What the server answers: what it must, and what the finding is about. With every code that may tell it."""
        document, call, status = self.way.server, self.call, self.facts.get("status", "").upper()
        answers = {name.upper(): resolved(document, spot) for name, spot in entries(document, call.server, "responses")}
        status = status or next((name for name in answers if name.startswith(("2", "3"))), "")
        if status not in answers:
            raise NoneFoundError
        given = answers[status]
        headers = tuple(self._headers(given))
        known = media_types(document, given)
        media = self.facts.get("media") if self.facts.get("media") in known else next(iter(known), "")
        body = self._payload(Role.RESPONSE, media, known[media]) if media else ""
        waiting = {name.upper() for name, _ in entries(self.way.caller, call.caller, "responses")}
        for code in _codes(status, set(answers), waiting):
            yield Response(code, headers, self._written(media or "", self._known_answers()), body)

    def _known_answers(self) -> Iterator[str]:
        for _, spot in entries(self.way.caller, self.call.caller, "responses"):
            yield from media_types(self.way.caller, resolved(self.way.caller, spot))

    def _written(self, media: str, others: Iterable[str]) -> str:
        """A media type that a range stands for: one that the other side tells apart, if there is one."""
        if media == _MULTIPART:
            return f"{media}; boundary={BOUNDARY}"
        if "*" not in media:
            return media
        is_refused = self.found.rule == "openapi-media-type-refused"
        meant = [one for one in others if "*" not in one and fnmatchcase(one, media) and not is_refused]
        return next(iter(meant), media.replace("*/*", "application/json").replace("*", _JSON))

    def _parameter(self, one: Parameter, *, is_meant: bool) -> Json:
        if is_meant and self.found.rule == "openapi-parameter-empty":
            return ""
        if is_meant and "document" in self.facts:
            return self._meant()
        role, schema = role_of(one, self.call.caller_path), single(self.way.caller, one.spot)[1]
        if is_meant and self.found.rule == "openapi-parameter-spelled":
            return self._several(self.way.caller, role, schema)
        return self._sample(role, schema)

    def _several(self, document: Document, role: Role, schema: Spot | None) -> Json:
        """A value of several parts, where the schema has such ones: a single one is written alike in most ways."""
        kind = fields(document, schema).get("type") if schema is not None else None
        if schema is not None and kind == "array":
            inner = self._sample(role, child(document, schema, "items"))
            return [inner, inner]
        if schema is not None and kind == "object":
            known = dict(entries(document, schema, "properties"))
            return {name: self._sample(role, spot) for name, spot in known.items()} or {"a": "b"}
        return self._sample(role, schema)

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
        taken = child(self.way.server, self.call.server, "requestBody") if self.call.server_path else None
        others = media_types(self.way.server, taken)
        return self._written(media, others), self._payload(Role.REQUEST, media, known[media])

    def _payload(self, role: Role, media: str, holder: Spot) -> str:
        """A body, as its media type writes it."""
        is_meant = "document" in self.facts and "header" not in self.facts and self.facts.get("media") == media
        is_meant = is_meant and ("status" in self.facts) == (role is Role.RESPONSE)
        document = self.way.server if role is Role.RESPONSE else self.way.caller
        if is_text(media):
            role = Role.HEADER if role.is_answer else Role.PARAMETER
        is_told = self.found.rule == "openapi-discriminator-changed" and self.facts.get("media") == media
        if is_told and ("status" in self.facts) == role.is_answer:
            value = self._told_by_a_word(document, role, schema_of(document, holder))
        else:
            value = self._meant() if is_meant else self._sample(role, schema_of(document, holder))
        if self.found.rule == "openapi-encoding-changed" and self.facts["media"] == media and isinstance(value, dict):
            field = self.facts["name"]
            value = {**value, field: self._several(document, role, field_of(document, holder, field))}
        if _JSON in media or media in {"*/*", "application/*"}:
            return json.dumps(value, ensure_ascii=False)
        if media == _FORM and isinstance(value, dict):
            return urlencode(list(form(document, holder, value)) or [_SOMETHING])
        if media == _MULTIPART and isinstance(value, dict):
            return multipart(list(form(document, holder, value)) or [_SOMETHING])
        if isinstance(value, str) or is_text(media):
            return word(value)
        raise NoneFoundError

    def _told_by_a_word(self, document: Document, role: Role, schema: Spot | None) -> Json:
        """A value of what its sender means by the word, where it is the whole of a message that the word tells of."""
        spot = resolved(document, schema) if schema is not None else None
        if spot is None or (spot.file, *spot.pointer) != self.found.giver_at:
            raise NoneFoundError
        one, said = told(document, spot), self.facts["word"]
        if one is None:  # whoever sends it tells nothing apart
            said = said if said != "…" else _SOMETHING[0]
            value = self._sample(role, spot)
        else:
            said = said if said in one.words else next(iter(one.words), "")
            value = self._sample(role, meant(document, one, said)) if said else None
        if not isinstance(value, dict):
            raise NoneFoundError
        return {**value, self.facts["property"]: said}

    def _headers(self, given: Spot) -> Iterator[tuple[str, str]]:
        document, about = self.way.server, self.facts.get("header", "").lower()
        for name, spot in entries(document, given, "headers"):
            header = resolved(document, spot)
            is_about = name.lower() == about
            is_meant = is_about and "document" in self.facts
            is_spelled = is_about and self.found.rule == "openapi-header-spelled"
            if not is_meant and not is_spelled and not flag(document, header, "required"):
                continue
            media, schema = single(document, header)
            role = Role.RESPONSE if media else Role.HEADER
            if is_spelled:
                explode = spelling(document, header, "simple").explode
                one = Parameter(header, "header", name, True, "simple", explode, media)
                yield name, joined(one, self._several(document, role, schema))
                continue
            value = self._meant() if is_meant else self._sample(role, schema)
            yield name, json.dumps(value) if _JSON in media else word(value)

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
        comparison = self.way.comparison(role)
        readings = comparison.readings
        return _solved(comparison, (readings.travelling(readings.whole.root(schema)),))

    def _meant(self) -> Json:
        """The value that the finding is about."""
        if self.facts["whole"] != "yes":
            raise NoneFoundError
        return _late(json.loads(self.facts["document"]))


def _solved(comparison: SchemaComparison, literals: tuple[int, ...]) -> Json:
    comparison.solver.work = _WORK
    try:
        outcome = comparison.solver.solve(literals)
    except (SpentError, RecursionError):
        raise NoneFoundError from None
    if not isinstance(outcome, Found):
        raise NoneFoundError
    return _late(outcome.value)


def _codes(status: str, answered: set[str], waiting: set[str]) -> Iterator[str]:
    """The codes that a range or default stands for: one that nobody names, then those that only the reader names."""
    family = status[0] if status.endswith("XX") else ""
    if not family and status != "DEFAULT":
        yield status
        return
    codes = [f"{one}{rest:02}" for one in ([family] if family else ["5", "4", "2"]) for rest in range(100)]
    free = [code for code in codes if code not in answered and (family or f"{code[0]}XX" not in answered)]
    unnamed = [code for code in free if code not in waiting]
    yield from (first for one in "542" if (first := next((code for code in unnamed if code[0] == one), None)))
    yield from (code for code in free if code in waiting)


def _late(value: Json) -> Json:
    """The value with no date before the first year of calendars that readers have."""
    if isinstance(value, str):
        return _FIRST_YEAR.sub("2000-", value)
    if isinstance(value, list):
        return [_late(one) for one in value]
    return {name: _late(one) for name, one in value.items()} if isinstance(value, dict) else value
