"""Which message shows it? One that its sender's version takes and the other refuses, by its own format's reader."""

import json
from collections.abc import Iterator
from typing import Any

from contractctl.documents import Json
from contractctl.formats.asyncapi.application import Message
from contractctl.formats.asyncapi.comparison import beyond, sample, seen
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.execution import executed_by, refusal, refusal_by
from contractctl.formats.asyncapi.inner import judge_of
from contractctl.formats.asyncapi.languages import ANY_OBJECT, Language, Written, content_type
from contractctl.formats.asyncapi.messages import PARTS, demanded, part
from contractctl.formats.asyncapi.ways import Case, Facet, Trial
from contractctl.formats.json_schema.library_errors import LibraryError, executing
from contractctl.formats.json_schema.search.outcomes import Found
from contractctl.formats.json_schema.uris import pointer_of
from contractctl.model.verdict import Effect, Incompatibility, Witness

_MOST_SHOWN = 400
_MOST_SAID = 200
_OTHER_LANGUAGE = "asyncapi-schema-format-changed"
_PLACES = frozenset({"correlationId", "replyTo"})
"""Facets that say where in a message something stands."""


def witness(taker: Any, giver: Any, found: Incompatibility) -> Witness | None:  # noqa: ANN401, ARG001 - found knows both
    """The message that shows a finding; None where none was found, or the format's own reader sees it otherwise."""
    trial = found.trial if isinstance(found, Case) else None
    if trial is None:
        return None
    if trial.inner is not None:
        return _by_its_own_reader(trial)
    if found.effect is not Effect.FAILS:
        return None
    try:
        with executing():
            return _executed(trial, found)
    except LibraryError:  # a schema that jsonschema cannot execute shows nothing
        return None


def _by_its_own_reader(trial: Trial) -> Witness | None:
    """Where Avro or Protobuf is inside, the datum or the bytes that their own witness sends, on this channel."""
    assert trial.inner is not None  # noqa: S101 - the caller has looked
    name, reader, writer, found = trial.inner
    shown: Witness | None = judge_of(name).witness(reader, writer, found)
    if shown is None:
        return None
    return Witness(_short(f"{_to(trial)}{shown.sent}", _MOST_SHOWN), shown.answer, shown.executed_by, shown.also)


def _executed(trial: Trial, found: Incompatibility) -> Witness | None:
    if found.rule == _OTHER_LANGUAGE:
        return _across(trial)
    way = trial.way
    sends, refuses = (way.reader, way.writer) if trial.is_awaited else (way.writer, way.reader)
    values = _values(trial, found)
    if trial.ends is not None and trial.part not in PARTS:
        is_sent = refusal(sends, trial.ends[0], values[trial.part]) is None
        said = refusal(refuses, trial.ends[1], values[trial.part], found.facts.get("keyword", ""))
        return _shown(trial, values, said) if is_sent and said is not None else None
    own = {name: part(sends, trial.sent, name) for name in PARTS if name in values} if trial.sent is not None else {}
    if any(_by(sends, schema, values[name], "") is not None for name, schema in own.items()):
        return None
    if trial.facet is not None:
        said = _refused_facet(trial.facet, values)
    else:
        said = _refused_message(trial, values, found.facts.get("keyword", ""))
    return _shown(trial, values, said) if said is not None else None


def _across(trial: Trial) -> Witness | None:
    """Where the other side reads another language, what its reader says to the bytes."""
    from contractctl.formats.asyncapi.across import refused_across  # few findings are of two languages

    for shown, reply in refused_across(trial, _sample(trial, trial.part)):
        told = _short(f"{_to(trial)}{trial.part} {shown}", _MOST_SHOWN)
        return Witness(told, _short(reply.answer, _MOST_SAID), reply.executed_by)
    return None


def _sender(trial: Trial) -> Document:
    """Whose version says that the message is sent."""
    return trial.way.reader if trial.is_awaited else trial.way.writer


def _refused_message(trial: Trial, values: dict[str, Json], keyword: str) -> str | None:
    """What the other side says, where no message that it has takes this one."""
    refuses = trial.way.writer if trial.is_awaited else trial.way.reader
    answers = [list(_against(refuses, one, values, keyword)) for one in trial.known]
    if not all(answers):
        return None
    own = refusal(refuses, trial.ends[1], values[trial.part], keyword) if trial.ends is not None else None
    if own is not None:
        return own
    if trial.ends is not None:
        return None
    first = answers[0][0] if answers else refusal_by(False, values)
    return f"it matches none of the {len(answers)} messages there; by the first, {first}" if len(answers) > 1 else first


def _against(document: Document, known: Message, values: dict[str, Json], keyword: str) -> Iterator[str]:
    """What speaks against taking a message for one that is known."""
    said = content_type(document, known.spot)
    if "contentType" in values and said is not None:
        answer = refusal_by({"const": said}, values["contentType"])
        yield from () if answer is None else (answer,)
    for name in PARTS:
        answer = _by(document, part(document, known, name), values[name], keyword) if name in values else None
        yield from () if answer is None else (answer,)


def _by(document: Document, schema: Written, value: Json, keyword: str) -> str | None:
    return refusal(document, schema, value, keyword) if schema.language is Language.JSON_SCHEMA else None


def _refused_facet(facet: Facet, values: dict[str, Json]) -> str | None:
    """Whether the writer's version has it so, and the reader's has not."""
    if facet.name in _PLACES:
        sent, wanted = (demanded(str(one["const"])) for one in (facet.written, facet.read) if isinstance(one, dict))
        return None if refusal_by(sent, values) is not None else refusal_by(wanted, values)
    if refusal_by(facet.written, facet.value) is not None:
        return None
    return refusal_by(facet.read, facet.value)


def _values(trial: Trial, found: Incompatibility) -> dict[str, Json]:
    """A message, part by part: what the finding is about as it was found, the rest as its schema allows."""
    values: dict[str, Json] = {}
    if "document" in found.facts:
        values[trial.part] = json.loads(found.facts["document"])
    if trial.part and trial.part not in PARTS:
        return values
    for name in PARTS if trial.sent is not None else ():
        if name not in values:
            for value in _sample(trial, name):
                values[name] = value
    facet = trial.facet
    own = content_type(_sender(trial), trial.sent.spot) if trial.sent is not None else None
    if facet is None and not trial.part and own is not None:
        values["contentType"] = own
    if facet is not None and facet.name in _PLACES:
        _put(values, str(facet.value))
    elif facet is not None:
        values[facet.name] = facet.value
    return values


def _sample(trial: Trial, name: str) -> tuple[Json, ...]:
    """A value for a part of the message; of a message that nobody knows, one that none of theirs takes."""
    way = trial.way
    documents = (way.reader, way.writer) if trial.is_awaited else (way.writer, way.reader)
    assert trial.sent is not None  # noqa: S101 - the caller has looked
    sent = part(documents[0], trial.sent, name)
    if sent.language is not Language.JSON_SCHEMA or (sent.spot.value in ({}, ANY_OBJECT) and name != "payload"):
        return ()
    known = [part(documents[1], one, name) for one in trial.known]
    known = [one for one in known if (one.language, one.dialect) == (Language.JSON_SCHEMA, sent.dialect)]
    if trial.facet is None and not trial.part and known:
        outcome = beyond(documents, sent, known)
        if isinstance(outcome, Found):
            return (outcome.value,)
    for one in known:
        comparison = seen(documents, (sent, one))
        both = sample(comparison, comparison.sent, comparison.wanted)
        if both:
            return both
    comparison = seen((documents[0], documents[0]), (sent, sent))
    return sample(comparison, comparison.sent)


def _put(values: dict[str, Json], location: str) -> None:
    """Something at the place that a runtime expression names."""
    where, _, fragment = location.partition("#")
    if not where.startswith("$message."):
        return
    steps = ["headers" if where.endswith("header") else "payload", *map(str, pointer_of(fragment) or ())]
    inner: dict[str, Json] = values
    for step in steps[:-1]:
        there = inner.get(step)
        inner[step] = there if isinstance(there, dict) else {}
        inner = inner[step]  # type: ignore[assignment]  # an object, now
    inner.setdefault(steps[-1], "1")


def _shown(trial: Trial, values: dict[str, Json], said: str) -> Witness:
    awaited = "awaited: " if trial.is_awaited else ""
    told = " · ".join(f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in values.items())
    return Witness(
        _short(f"{awaited}{_to(trial)}{told}", _MOST_SHOWN), f"refused: {_short(said, _MOST_SAID)}", executed_by()
    )


def _to(trial: Trial) -> str:
    return f"{trial.address} · " if trial.address else ""


def _short(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
