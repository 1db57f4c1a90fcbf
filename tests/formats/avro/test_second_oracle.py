"""Is Apache's own reader of our opinion, but for what it is known not to do? Does a folder say what one file says?"""

import json
from collections import Counter
from typing import Any

from avro_schemas import agrees, datums, exists, pairs, read
from hypothesis import assume, event, given
from hypothesis import strategies as st

from contractctl.errors import ContractctlError
from contractctl.formats.avro import incompatibilities, parse, witness
from contractctl.formats.avro.resolution import Question
from contractctl.formats.avro.resolution.pairs import Pair
from contractctl.formats.avro.resolution.starts import Start
from contractctl.formats.avro.schema.parts import take_apart
from contractctl.formats.avro.schema.types import Array, Enum, Fixed, Map, Primitive, Record, Schema, Union, kind
from contractctl.formats.avro.wire import Refused, official, write
from contractctl.formats.avro.wire.rendering import wire
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Effect
from tests.budgets import budget

FIXED = budget(400)


def both(pair: tuple[Any, Any]) -> tuple[Schema, Schema]:
    try:
        return read(pair[0]), read(pair[1])
    except ContractctlError:
        assume(condition=False)
        raise


def gap(reader: Schema, writer: Schema) -> str | None:
    """Why Apache's Python package may refuse what the specification lets through; official.py lists them."""
    question, met = Question(reader, writer), set()
    pending = [Pair(reader.solid(reader.root), writer.solid(writer.root), None, Start(reader.root, writer.root, ""))]
    while pending:
        pair = pending.pop()
        if (id(pair.reader), id(pair.writer)) in met:
            continue
        met.add((id(pair.reader), id(pair.writer)))
        found = _gap(question, pair)
        if found:
            return found
        pending.extend(one for one in question.resolve(pair) if isinstance(one, Pair))
    return None


def _gap(question: Question, pair: Pair) -> str | None:
    match pair.reader, pair.writer:
        case Union(), Union():
            return None
        case _, Union():
            return "a writer's union for a reader without"
        case Union(branches=branches), _ if question.matching.meeting(pair.reader, pair.writer) is not pair.reader:
            fits = [one for one in map(question.reader.solid, branches) if question.matching.matches(one, pair.writer)]
            return "a branch that is promoted" if kind(fits[0]) != kind(pair.writer) else None
        case ((Record() | Enum() | Fixed()), (Record() | Enum() | Fixed())) if pair.reader.name != pair.writer.name:
            return "another full name"
        case Record(fields=fields), _:
            aliased = any(one.aliases for one in fields)
            first = (one for one in fields if one.default and isinstance(question.reader.solid(one.type), Union))
            return "an alias" if aliased else "a union's default" if any(first) else None
        case (Array(items=mine), Array(items=theirs)) | (Map(values=mine), Map(values=theirs)):
            ours, other = question.reader.solid(mine), question.writer.solid(theirs)
            return "items of another type" if kind(ours) != kind(other) else None
        case Primitive(name=mine), Primitive(name=theirs) if {mine, theirs} == {"string", "bytes"}:
            return "text for bytes"
        case _:
            return None


@FIXED
@given(pairs(), st.data())
def test_what_is_compatible_apache_s_reader_reads_with_the_same_values(
    pair: tuple[Any, Any], data: st.DataObject
) -> None:
    reader, writer = both(pair)
    assume(next(iter(incompatibilities(reader, writer)), None) is None)
    assume(exists(writer, writer.root))
    why = gap(reader, writer)
    event(why or "no gap")
    assume(why is None)
    datum = data.draw(datums(writer, writer.root))
    reads, writes = wire(reader, reader.root), wire(writer, writer.root)

    got = official.read_value(reads, writes, write(writes, datum))

    assert not isinstance(got, Refused), got
    assert agrees(got, datum)


def test_most_of_what_fails_both_libraries_refuse() -> None:
    heard: Counter[bool] = Counter()

    @FIXED
    @given(pairs())
    def hold(pair: tuple[Any, Any]) -> None:
        reader, writer = both(pair)
        for found in incompatibilities(reader, writer):
            proof = witness(reader, writer, found)
            if proof is not None and found.effect is Effect.FAILS:
                heard[not proof.also] += 1
                mixed_up = found.rule == "avro-alias-sent-twice"  # fastavro reads the one for the other where it fits
                assert proof.answer.startswith("refused") or mixed_up

    hold()

    assert heard[True] > 10 * heard[False]


def parted(schema: Any, seed: int) -> Source:
    """Each definition in a file of its own, in an order that means nothing."""
    document = take_apart(Source((File("whole.avsc", json.dumps(schema)),)))
    files = [
        (hash((name, seed)) if seed else name, json.dumps({**node, "name": name, "namespace": ""}))
        for name, node in document.definitions.items()
    ]
    return Source(tuple(File(f"{number}.avsc", text) for number, (_, text) in enumerate(sorted(files, key=str))))


@FIXED
@given(pairs(), st.integers(0, 5))
def test_a_folder_in_any_order_says_what_its_one_file_says(pair: tuple[Any, Any], seed: int) -> None:
    reader, writer = both(pair)
    assume(isinstance(reader.root, Record) and isinstance(writer.root, Record))

    apart = [parse(parted(one, seed)) for one in pair]
    assume(all(len(ring) == 1 for one in apart for ring in one.rings))  # in a ring, any may be the first

    assert {(one.rule, one.effect) for one in incompatibilities(*apart)} == {
        (one.rule, one.effect) for one in incompatibilities(reader, writer)
    }
