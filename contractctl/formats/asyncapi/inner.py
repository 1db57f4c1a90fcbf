"""What do Avro and Protobuf say about a part that is written in them? Each format's own judge is asked."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from types import ModuleType
from typing import Any

from contractctl.errors import ContractctlError
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.languages import Language, Written, avro_source, content_type
from contractctl.formats.asyncapi.parts import at
from contractctl.formats.asyncapi.ways import Meeting, Trial, with_trial
from contractctl.formats.description import locate
from contractctl.formats.json_schema.spots import Spot
from contractctl.model.contract import File, Policy, Source
from contractctl.model.verdict import Found, Pointer, Undecided

_End = tuple[Any, Pointer | None, Document, Pointer | None]
"""A schema and a place in it, the document that it was taken out of and the place there."""


def answers(found_at: Meeting, trial: Trial, ends: tuple[Written, Written], path: str) -> Iterator[Found]:
    """As that format's own judge says."""
    way, (sent, wanted) = found_at.way, ends
    message = trial.sent.spot if trial.sent is not None else None
    giver, taker = (
        parsed_as_sent(document, one, way.writer, message)
        for document, one in ((way.writer, sent), (way.reader, wanted))
    )
    name = sent.language.name.lower()
    judge = judge_of(name)
    for said in judge.incompatibilities(taker, giver):
        here = f"{path}: {said.path}" if said.path else path
        places = {
            "taker_at": _moved(way.reader, wanted, said.taker_at),
            "giver_at": _moved(way.writer, sent, said.giver_at),
        }
        if isinstance(said, Undecided):
            told_of = (
                (taker, said.taker_at, way.reader, places["taker_at"]),
                (giver, said.giver_at, way.writer, places["giver_at"]),
            )
            yield Undecided(here, _in_documents(judge, said.reason, told_of), **places)
            continue
        if said.flipped:  # of what the format's own reader would send back: nobody sends it here
            continue
        yield with_trial(
            said,
            replace(trial, inner=(name, taker, giver, said)),
            path=here,
            facts={"path": said.path, **said.facts},  # where it stands in the message is said once
            flipped=way.is_from_client,
            **places,
        )


def _moved(document: Document, one: Written, pointer: Pointer | None) -> Pointer | None:
    """Where a place of a payload's own schema stands in the document."""
    if pointer is None:
        return None
    if one.language is Language.AVRO and pointer[0] != 0:
        file = source_of(document, one).every[int(pointer[0])]
        return (document.source.every.index(file), *pointer[1:])
    if one.language is Language.AVRO and not isinstance(one.spot.value, str):
        return (one.spot.file, *one.spot.pointer, *pointer[1:])
    return at(one.spot)


def _in_documents(judge: ModuleType, reason: str, ends: Iterable[_End]) -> str:
    """A reason whose places in extracted schemas are replaced by their places in the documents."""
    for schema, inside, document, outside in ends:
        there = judge.locate(schema, inside) if inside is not None else None
        here = locate(document, outside) if outside is not None else None
        if there and here:
            reason = reason.replace(":".join(map(str, there)), ":".join(map(str, here)))
    return reason


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


@lru_cache(maxsize=256)
def _parsed(document: Document, one: Written, encodings: tuple[str, ...]) -> Any:  # noqa: ANN401 - the schema of the format
    try:
        return judge_of(one.language.name.lower()).parse(source_of(document, one), Policy(encodings=encodings))
    except ContractctlError as error:
        file, line, column = locate(document, (one.spot.file, *one.spot.pointer)) or (document.source.name, 1, 1)
        said = f"{file}:{line}:{column}: this is not a valid {one.language.value} schema: {error}"
        raise ContractctlError(said, hint=error.hint) from None


def source_of(document: Document, one: Written) -> Source:
    """A schema of Avro or Protobuf as a version of its own. Raise ContractctlError, without the place."""
    return avro_source(document, one.spot) if one.language is Language.AVRO else _protos(document, one.spot)


def _protos(document: Document, spot: Spot) -> Source:
    """A .proto file, or its text as the payload, with all those that it may import."""
    if not isinstance(spot.value, str):
        raise ContractctlError(
            "it is not a string", hint="write the payload as the text of a .proto file, or refer to one with '$ref'"
        )
    every = document.source.every
    name = f"{document.source.folder}/payload.proto".lstrip("/")
    own = every[spot.file] if not spot.pointer else File(name, spot.value)
    others = (file for file in every if file.name.lower().endswith(".proto"))
    return Source((own,), tuple(file for file in others if file is not own))


def parsed_as_sent(document: Document, one: Written, writer: Document, message: Spot | None) -> Any:  # noqa: ANN401 - the schema of the format
    """A schema of Avro or Protobuf as its own format has it, in the encoding that the writer's message is sent in."""
    return _parsed(document, one, encodings_of(writer, message))


def parsed(document: Document, one: Written) -> tuple[ModuleType, Any]:
    """A schema of Avro or Protobuf as its own format has it, and that format."""
    return judge_of(one.language.name.lower()), _parsed(document, one, ("binary",))
