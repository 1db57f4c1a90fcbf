"""Can the reader take a part of a message as the writer writes it? Each schema is judged in its own language."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from types import ModuleType
from typing import Any

from contractctl.documents import Json
from contractctl.errors import ContractctlError
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.meaning import Asserted, names_below, reached
from contractctl.formats.asyncapi.parts import Unresolved, at, resolved
from contractctl.formats.asyncapi.ways import Found, Meeting, Trial, with_trial
from contractctl.formats.description import below, locate
from contractctl.formats.json_schema.dialects import Dialect
from contractctl.formats.json_schema.references import refer
from contractctl.formats.json_schema.resolution import Asked
from contractctl.formats.json_schema.search.nodes import Literal
from contractctl.formats.json_schema.search.outcomes import NONE, Outcome, SpentError, Unknown
from contractctl.formats.json_schema.search.outcomes import Found as Value
from contractctl.formats.json_schema.search.solver import Solver
from contractctl.formats.json_schema.search.space import Space
from contractctl.formats.json_schema.spots import Schema, Spot
from contractctl.model.contract import File, Policy, Source
from contractctl.model.verdict import Effect, Pointer, Undecided

_WORK = 10_000
_DEEPEST = 64
_JSON = re.compile(r"application/(?:vnd\.(?:aai\.)?asyncapi(?:\+\w+)?|schema\+(?:json|yaml))(?:;.*)?", re.IGNORECASE)
_AVRO = re.compile(r"application/vnd\.apache\.avro(?:\+\w+)?(?:;.*)?", re.IGNORECASE)
_PROTOBUF = re.compile(r"application/(?:vnd\.google\.protobuf|x-protobuf|protobuf)(?:;.*)?", re.IGNORECASE)
_DRAFT = re.compile(r"version=(?:draft-?0?(\d)|(?:draft[/-])?(2019-09|2020-12))", re.IGNORECASE)
_DRAFTS = {
    "4": Dialect.DRAFT4,
    "6": Dialect.DRAFT6,
    "7": Dialect.DRAFT7,
    "2019-09": Dialect.DRAFT2019,
    "2020-12": Dialect.DRAFT2020,
}


_OBJECTS = frozenset({"headers", "query"})
"""Parts that are objects whatever their schemas say."""
ANY_OBJECT: dict[str, Json] = {"type": "object"}


class Language(Enum):
    """What a schema is written in."""

    JSON_SCHEMA = "JSON Schema"
    AVRO = "Avro"
    PROTOBUF = "Protobuf"
    OTHER = "another language"


@dataclass(frozen=True, slots=True)
class Written:
    """A part's schema as it stands in the document."""

    language: Language
    said: str
    """The name of the language, in the document's own words where it has them."""
    dialect: Dialect
    spot: Spot


def written(document: Document, holder: Spot, name: str, said: str | None) -> Written:
    """The schema under a name; where there is none, anything is meant, or any object. Raise Unresolved.

    Since 3.0 a schema may say itself what it is written in: the Multi Format Schema Object.
    """
    value = holder.value if isinstance(holder.value, dict) else {}
    if name not in value:
        anything: Json = ANY_OBJECT if name in _OBJECTS else {}
        spot = replace(holder, value=anything, pointer=(*holder.pointer, name))
        return Written(Language.JSON_SCHEMA, "JSON Schema", Dialect.DRAFT7, spot)
    spot = below(document, holder, name)
    if isinstance(spot.value, dict) and isinstance(spot.value.get("$ref"), str) and len(spot.value) == 1:
        there = resolved(document, spot)
        spot = there if _is_multi_format(there.value) or said is not None else spot
    if isinstance(spot.value, dict) and _is_multi_format(spot.value):
        said = str(spot.value["schemaFormat"])
        spot = below(document, spot, "schema")
    if said is None or _JSON.fullmatch(said):
        draft = _DRAFT.search(said) if said is not None and "schema+" in said else None
        dialect = _DRAFTS.get(draft[1] or draft[2], Dialect.DRAFT7) if draft is not None else spot.dialect
        spot = replace(spot, dialect=dialect)
        return Written(Language.JSON_SCHEMA, "JSON Schema", dialect, spot)
    fits = ((_AVRO, Language.AVRO), (_PROTOBUF, Language.PROTOBUF))
    language = next((one for pattern, one in fits if pattern.fullmatch(said)), Language.OTHER)
    return Written(language, said, Dialect.DRAFT7, resolved(document, spot))


def _is_multi_format(value: Json) -> bool:
    return isinstance(value, dict) and "schemaFormat" in value and "schema" in value


def is_same(document: Document, one: Written, other_document: Document, other: Written) -> bool:
    """Whether two schemas say the same, with all that they refer to."""
    return (one.language, one.dialect) == (other.language, other.dialect) and _told(document, one) == _told(
        other_document, other
    )


@lru_cache(maxsize=4096)
def _told(document: Document, one: Written) -> str:
    """The text of a schema, and that of everything that something in it refers to."""
    if one.language is Language.PROTOBUF:
        imports = [file.text for file in document.source.companions if file.name.endswith(".proto")]
        return json.dumps([one.spot.value, imports])
    if one.language is not Language.JSON_SCHEMA:
        said = one.said if one.language is Language.OTHER else ""
        return json.dumps([said, _written_out(document, one.spot, 0)], sort_keys=True)
    schema = document.in_dialect(one.dialect)
    texts: list[Json] = [one.spot.value]
    for spot in reached(schema, one.spot):
        if isinstance(spot.value, dict) and "$ref" in spot.value:
            try:
                there = refer(schema, spot, "$ref")
                texts.extend((there.value, str(there.dialect)))
            except Unresolved as error:
                texts.append(error.uri)
    return json.dumps(texts, sort_keys=True)


def judged(found_at: Meeting, trial: Trial, ends: tuple[Written, Written], label: str) -> Iterator[Found]:
    """What of the values of the writer's schema the reader's refuses; `ends` are the writer's and the reader's."""
    way, (sent, wanted) = found_at.way, ends
    if is_same(way.writer, sent, way.reader, wanted):
        return
    trial = replace(trial, ends=ends)
    path = f"{found_at.label}: {label}"
    if sent.language is not wanted.language:
        anything = next((one for one in ends if one.spot.value == {}), None)
        if anything is not None:
            yield Undecided(
                path, f"one version says nothing of the {trial.part}, and the other does so in {_other(ends)}"
            )
            return
        facts = {"sent": sent.said, "wanted": wanted.said}
        yield found_at.found(
            "asyncapi-schema-format-changed", Effect.FAILS, label, (wanted.spot, sent.spot), trial, **facts
        )
    elif sent.language is Language.JSON_SCHEMA:
        yield from _in_json(found_at, trial, ends, path)
    elif sent.language is Language.OTHER:
        yield Undecided(path, f"schemas in '{sent.said}' are not judged", at(wanted.spot), at(sent.spot))
    else:
        yield from _in_its_own(found_at, trial, ends, path)


def _other(ends: tuple[Written, Written]) -> str:
    return next(one.said for one in ends if one.language is not Language.JSON_SCHEMA)


# JSON Schema


@dataclass(frozen=True, slots=True)
class Sight:
    """Two schemas in one space."""

    space: Space
    solver: Solver
    reader: Asserted
    sent: Literal
    wanted: Literal
    schemas: tuple[Schema, Schema]
    """The reader's and the writer's."""


def seen(meeting_way: tuple[Document, Document], ends: tuple[Written, Written]) -> Sight:
    """What the writer sends by its schema, and what the reader takes by its own.

    A writer gives no property that only the reader's version has heard of.
    """
    (writer, reader), (sent, wanted) = meeting_way, ends
    giver, taker = writer.in_dialect(sent.dialect), reader.in_dialect(wanted.dialect)
    space = Space()
    taking = Asserted(space, taker)
    takes = taking.root(wanted.spot)
    absent = names_below(taker, wanted.spot) - names_below(giver, sent.spot)
    gives = Asserted(space, giver, absent).root(sent.spot)
    return Sight(space, Solver(space), taking, gives, takes, (taker, giver))


def sample(sight: Sight, *literals: Literal) -> tuple[Json, ...]:
    """A value that fulfils literals, as the only item; nothing where none was found."""
    sight.solver.work = _WORK
    try:
        outcome = sight.solver.solve(literals)
    except (SpentError, RecursionError):
        return ()
    return (outcome.value,) if isinstance(outcome, Value) else ()


def beyond(ways: tuple[Document, Document], sent: Written, known: list[Written]) -> Outcome:
    """A value that the writer sends and none of the reader's schemas takes; all are JSON Schemas of one draft."""
    sight = seen(ways, (sent, known[0]))
    taken = [sight.reader.root(one.spot) for one in known]
    heard = frozenset[str]().union(*(names_below(sight.schemas[0], one.spot) for one in known))
    absent = heard - names_below(sight.schemas[1], sent.spot)
    gives = Asserted(sight.space, sight.schemas[1], absent).root(sent.spot)
    sight.solver.work = _WORK
    try:
        return sight.solver.solve((gives, *(one ^ 1 for one in taken)))
    except (SpentError, RecursionError):
        return Unknown("it would take too much work to decide")


def is_inside(ways: tuple[Document, Document], sent: Written, known: list[Written]) -> bool:
    """Whether it is certain that all that the writer sends is taken by one reader or another."""
    fitting = [one for one in known if (one.language, one.dialect) == (Language.JSON_SCHEMA, known[0].dialect)]
    if sent.language is not Language.JSON_SCHEMA or not fitting:
        return False
    return beyond(ways, sent, fitting) is NONE


def _in_json(found_at: Meeting, trial: Trial, ends: tuple[Written, Written], path: str) -> Iterator[Found]:
    way, (sent, wanted) = found_at.way, ends
    sight = seen((way.writer, way.reader), ends)
    asked = Asked(sight.space, sight.solver, sight.reader, wanted.spot, sight.sent, sight.schemas[1], sent.spot)
    for said in asked.answers():
        here = f"{path}: {said.path}" if said.path not in {"", "$"} else path
        if isinstance(said, Undecided):
            yield replace(said, path=here)
        else:
            facts = dict(said.facts)
            if facts.get("where") == "the document":
                facts["where"] = f"the {trial.part}"
            yield with_trial(said, trial, path=here, facts=facts, flipped=way.is_from_client)
    names = [_discriminators(*one) for one in zip(sight.schemas, (wanted.spot, sent.spot), strict=True)]
    if names[0] != names[1]:
        yield Undecided(path, "the 'discriminator' is another, and which values it names is not defined")


def _discriminators(schema: Schema, spot: Spot) -> frozenset[str]:
    values = (one.value for one in reached(schema, spot))
    return frozenset(
        str(value["discriminator"]) for value in values if isinstance(value, dict) and "discriminator" in value
    )


# Avro and Protobuf


def _in_its_own(found_at: Meeting, trial: Trial, ends: tuple[Written, Written], path: str) -> Iterator[Found]:
    """As that format's own judge says."""
    way, (sent, wanted) = found_at.way, ends
    message = trial.sent.spot if trial.sent is not None else None
    giver, taker = (
        parsed_as_sent(document, one, way.writer, message)
        for document, one in ((way.writer, sent), (way.reader, wanted))
    )
    name = sent.language.name.lower()
    for said in judge_of(name).incompatibilities(taker, giver):
        here = f"{path}: {said.path}" if said.path else path
        places = {
            "taker_at": _moved(wanted, said.taker_at),
            "giver_at": _moved(sent, said.giver_at),
        }
        if isinstance(said, Undecided):
            yield Undecided(here, said.reason, **places)
            continue
        if said.flipped:  # what the format's own reader sends back: nobody sends it here
            continue
        yield with_trial(
            said, replace(trial, inner=(name, taker, giver, said)), path=here, flipped=way.is_from_client, **places
        )


def judge_of(name: str) -> ModuleType:
    """The format's own judge: avro or protobuf. They load when a document needs them."""
    if name == "avro":
        from contractctl.formats import avro

        return avro
    from contractctl.formats import protobuf

    return protobuf


def encodings_of(document: Document, message: Spot | None) -> tuple[str, ...]:
    """A message's content type says how Protobuf is written."""
    said = content_type(document, message) if message is not None else None
    return ("json",) if said is not None and "json" in said else ("binary",)


def content_type(document: Document, message: Spot) -> str | None:
    """The media type of a payload, in small letters and without its parameters; None where nobody says it."""
    own = message.value.get("contentType") if isinstance(message.value, dict) else None
    root = document.root.value if isinstance(document.root.value, dict) else {}
    said = own or root.get("defaultContentType")
    return said.partition(";")[0].strip().lower() if isinstance(said, str) else None


@lru_cache(maxsize=256)
def _parsed(document: Document, one: Written, encodings: tuple[str, ...]) -> Any:  # noqa: ANN401 - the schema of the format
    try:
        return judge_of(one.language.name.lower()).parse(source_of(document, one), Policy(encodings=encodings))
    except ContractctlError as error:
        file, line, column = locate(document, (one.spot.file, *one.spot.pointer)) or (document.source.name, 1, 1)
        said = f"{file}:{line}:{column}: this is no {one.language.value} schema: {error}"
        raise ContractctlError(said, hint=error.hint) from None


def source_of(document: Document, one: Written) -> Source:
    """A schema of Avro or Protobuf as a version of its own. Raise ContractctlError, without the place."""
    return _avro(document, one.spot) if one.language is Language.AVRO else _protos(document, one.spot)


def _avro(document: Document, spot: Spot) -> Source:
    text = spot.value if isinstance(spot.value, str) else json.dumps(_written_out(document, spot, 0))
    return Source((File("payload.avsc", text),))


def _protos(document: Document, spot: Spot) -> Source:
    """A .proto file, or its text as the payload, with all those that it may import."""
    if not isinstance(spot.value, str):
        raise ContractctlError(
            "it is no text", hint="write the payload as the text of a .proto file, or refer to one with '$ref'"
        )
    every = document.source.every
    name = f"{document.source.folder}/payload.proto".lstrip("/")
    own = every[spot.file] if not spot.pointer else File(name, spot.value)
    others = (file for file in document.source.companions if file.name.lower().endswith(".proto"))
    return Source((own,), tuple(file for file in others if file is not own))


def _written_out(document: Document, spot: Spot, deep: int) -> Json:
    """A value with all references in it followed: a schema of Avro may be put together of several parts."""
    if deep < _DEEPEST and isinstance(spot.value, dict):
        if set(spot.value) == {"$ref"}:
            return _written_out(document, resolved(document, spot), deep + 1)
        return {key: _written_out(document, below(document, spot, key), deep + 1) for key in spot.value}
    if deep < _DEEPEST and isinstance(spot.value, list):
        return [_written_out(document, below(document, spot, number), deep + 1) for number in range(len(spot.value))]
    return spot.value


def _moved(one: Written, pointer: Pointer | None) -> Pointer | None:
    """Where a place of a payload's own schema stands in the document."""
    if pointer is None:
        return None
    if one.language is Language.AVRO and not isinstance(one.spot.value, str):
        return (one.spot.file, *one.spot.pointer, *pointer[1:])
    return at(one.spot)


def parsed_as_sent(document: Document, one: Written, writer: Document, message: Spot | None) -> Any:  # noqa: ANN401 - the schema of the format
    """A schema of Avro or Protobuf as its own format has it, in the encoding that the writer's message is sent in."""
    return _parsed(document, one, encodings_of(writer, message))


def parsed(document: Document, one: Written) -> tuple[ModuleType, Any]:
    """A schema of Avro or Protobuf as its own format has it, and that format."""
    return judge_of(one.language.name.lower()), _parsed(document, one, ("binary",))
