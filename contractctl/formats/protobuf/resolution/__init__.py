"""Can this reader faithfully read what this writer writes? Each encoding by itself, one predicate for all.

https://protobuf.dev/programming-guides/proto3/#updating says what the binary encoding allows,
https://protobuf.dev/programming-guides/json/ what JSON does; both are executed by the tests.
"""

from collections.abc import Iterator

from contractctl.formats.protobuf.resolution import absence, binary, json_reading, promises, services, source
from contractctl.formats.protobuf.resolution.pairs import Asked, Case, Pair
from contractctl.formats.protobuf.resolution.roots import Roots, removed, renamed, roots
from contractctl.formats.protobuf.schema import Schema
from contractctl.model.verdict import Found, Undecided


def incompatibilities(taker: Schema, giver: Schema) -> Iterator[Found]:
    """Every reason why taker (reader, server, generated code) is incompatible with giver (writer, client, code)."""
    encodings = [encoding for encoding in taker.policy.encodings if encoding != "source"]
    found = roots(taker, giver)
    forth, back = Asked(taker, giver), Asked(giver, taker, flipped=True)
    for encoding in encodings:
        starts = [*found.pairs, *_requests(forth, found)]
        yield from _follow(forth, starts, encoding, found, first=encoding == encodings[0])
        yield from _follow(back, list(services.responses(back)), encoding, None, first=encoding == encodings[0])
    if encodings:
        yield from removed(giver, found.gone)
        yield from promises.enums(taker, giver)
        yield from services.calls(taker, giver)
    if "source" in taker.policy.encodings:
        yield from source.incompatibilities(taker, giver)


def _requests(asked: Asked, found: Roots) -> Iterator[Pair]:
    """The requests of services that are not roots already."""
    for pair in services.requests(asked):
        if not _is_settled(asked, pair, found):
            yield pair


def _follow(asked: Asked, starts: list[Pair], encoding: str, found: Roots | None, *, first: bool) -> Iterator[Found]:
    """Pair by pair. One that was met before is assumed to hold: messages can contain themselves.

    first: whether to report now what holds for every encoding.
    """
    pending = list(reversed(starts))
    met: set[tuple[str, str]] = set()
    while pending:
        pair = pending.pop()
        key = (pair.reader.name, pair.writer.name)
        if key in met:
            continue
        met.add(key)
        if not asked.knows(pair):
            yield asked.undecided(pair)
            continue
        inner: list[Pair] = []
        for outcome in _clauses(asked, pair, encoding, first=first):
            if not isinstance(outcome, Pair):
                yield outcome
            elif not _is_settled(asked, outcome, found):
                inner.append(outcome)
        pending.extend(reversed(inner))


def _clauses(asked: Asked, pair: Pair, encoding: str, *, first: bool) -> Iterator[Case | Pair | Undecided]:
    if first:
        yield from renamed(asked, pair)
        yield from absence.message(asked, pair, encoding)
    if first and not asked.flipped:
        yield from promises.message(asked, pair)
    yield from (binary if encoding == "binary" else json_reading).message(asked, pair)


def _is_settled(asked: Asked, pair: Pair, found: Roots | None) -> bool:
    """Whether a pair is judged on its own, or has not changed at all."""
    reader, writer = pair.reader.name, pair.writer.name
    if not asked.knows(pair):
        return False
    if reader == writer and asked.has_not_changed(reader):
        return True
    if found is None:
        return False
    is_root = reader in asked.reader.names.messages and writer in asked.writer.names.messages
    return is_root and (reader == writer or (reader, writer) in found.moved)
