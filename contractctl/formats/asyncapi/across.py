"""What does a reader of one schema language make of what another one writes? Its own reader is given the bytes."""

import json
import platform
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from contractctl.documents import Json
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.execution import executed_by, refusal
from contractctl.formats.asyncapi.inner import parsed_as_sent
from contractctl.formats.asyncapi.languages import Language, Written, content_type
from contractctl.formats.asyncapi.ways import Trial
from contractctl.model.verdict import Reply

_MODELLED = frozenset({Language.AVRO, Language.PROTOBUF})


def refused_across(trial: Trial, values: tuple[Json, ...]) -> Iterator[tuple[str, Reply]]:
    """Messages that the writer's schema allows, each with the reader's objection to its bytes.

    values: of the writer's schema, where that is a JSON Schema.
    """
    assert trial.ends is not None  # noqa: S101 - the finding is about two schemas
    sent, wanted = trial.ends
    for payload, shown in _written(trial, sent, values):
        reply = _read(trial, wanted, payload)
        if reply is not None:
            yield shown, reply


def _written(trial: Trial, sent: Written, values: tuple[Json, ...]) -> Iterator[tuple[bytes, str]]:
    if sent.language is Language.JSON_SCHEMA:
        texts = [json.dumps(one, ensure_ascii=False) for one in values if refusal(trial.way.writer, sent, one) is None]
        yield from ((text.encode(), text) for text in texts)
    elif sent.language in _MODELLED and not _is_avro_in_json(trial, sent):
        yield from _room(sent).samples(_schema(trial, trial.way.writer, sent))


def _read(trial: Trial, wanted: Written, payload: bytes) -> Reply | None:
    """Why the reader refuses the bytes; None where it accepts them, or where nobody can tell."""
    if wanted.language is Language.JSON_SCHEMA:
        return _read_json(trial.way.reader, wanted, payload)
    if wanted.language not in _MODELLED or _is_avro_in_json(trial, wanted):
        return None
    said: Reply | None = _room(wanted).reply(_schema(trial, trial.way.reader, wanted), payload)
    return said


def _read_json(reader: Document, wanted: Written, payload: bytes) -> Reply | None:
    try:
        value = json.loads(payload)
    except ValueError as error:  # bytes that are not text, too
        return Reply(f"refused: {type(error).__name__}: {error}", f"json of Python {platform.python_version()}")
    said = refusal(reader, wanted, value)
    return Reply(f"refused: {said}", executed_by()) if said is not None else None


def _is_avro_in_json(trial: Trial, one: Written) -> bool:
    """Avro also has a JSON encoding, which every library implements in its own way."""
    said = content_type(trial.way.writer, trial.sent.spot) if trial.sent is not None else None
    return one.language is Language.AVRO and said is not None and "json" in said


def _schema(trial: Trial, document: Document, one: Written) -> Any:  # noqa: ANN401 - the schema of the format
    return parsed_as_sent(document, one, trial.way.writer, trial.sent.spot if trial.sent is not None else None)


def _room(one: Written) -> ModuleType:
    if one.language is Language.AVRO:
        from contractctl.formats.avro import foreign as avro

        return avro
    from contractctl.formats.protobuf import foreign as protobuf

    return protobuf
