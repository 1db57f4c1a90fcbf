"""Can the reader take a part of a message as the writer writes it? Each schema is judged in its own language."""

from collections.abc import Iterator
from dataclasses import replace

from contractctl.formats.asyncapi import inner
from contractctl.formats.asyncapi.comparison import seen
from contractctl.formats.asyncapi.languages import Language, Written, is_same
from contractctl.formats.asyncapi.meaning import reached
from contractctl.formats.asyncapi.parts import at
from contractctl.formats.asyncapi.ways import Meeting, Trial, with_trial
from contractctl.formats.json_schema.asking import Asked
from contractctl.formats.json_schema.spots import Schema, Spot
from contractctl.model.verdict import Effect, Found, Undecided


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
                path, f"one version does not describe the {trial.part}, and the other does so in {_other(ends)}"
            )
            return
        other = next((one for one in ends if one.language is Language.OTHER), None)
        if other is not None:
            yield Undecided(path, f"schemas in '{other.said}' are not judged", at(wanted.spot), at(sent.spot))
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
        yield from inner.answers(found_at, trial, ends, path)


def _other(ends: tuple[Written, Written]) -> str:
    return next(one.said for one in ends if one.language is not Language.JSON_SCHEMA)


def _in_json(found_at: Meeting, trial: Trial, ends: tuple[Written, Written], path: str) -> Iterator[Found]:
    way, (sent, wanted) = found_at.way, ends
    comparison = seen((way.writer, way.reader), ends)
    asked = Asked(
        comparison.space,
        comparison.solver,
        comparison.reader,
        wanted.spot,
        comparison.sent,
        comparison.schemas[1],
        sent.spot,
    )
    for said in asked.answers():
        here = f"{path}: {said.path}" if said.path not in {"", "$"} else path
        if isinstance(said, Undecided):
            yield replace(said, path=here)
        else:
            facts = dict(said.facts)
            if facts.get("where") == "the document":
                facts["where"] = f"the {trial.part}"
            yield with_trial(said, trial, path=here, facts=facts, flipped=way.is_from_client)
    names = [_discriminators(*one) for one in zip(comparison.schemas, (wanted.spot, sent.spot), strict=True)]
    if names[0] != names[1]:
        yield Undecided(path, "the 'discriminator' changed, and AsyncAPI does not define which values it names")


def _discriminators(schema: Schema, spot: Spot) -> frozenset[str]:
    values = (one.value for one in reached(schema, spot))
    return frozenset(
        str(value["discriminator"]) for value in values if isinstance(value, dict) and "discriminator" in value
    )
