"""Which consumer groups are still on the old topic, or before the end of the old version? And is any of it kept?

A group that has a member there, moves there or is being balanced may read whatever an event has. None of that proves
silence: who commits nothing, or elsewhere, appears in no list. Nobody reads what is not there: silence is proven
for as long as the old topics were empty and nothing was written to them, snapshot by snapshot, and only for `covers`.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import pairwise

from contractctl.errors import ContractctlError
from contractctl.evidence.kafka_groups import exports
from contractctl.evidence.kafka_groups.snapshot import Group, Partition, Place, Snapshot
from contractctl.evidence.observations import Observations, Read, Sign
from contractctl.evidence.questions import Field, needed_window, sign_of_life_seconds
from contractctl.evidence.records import records
from contractctl.evidence.requests_read import MAY_READ
from contractctl.evidence.servers import accounts, known_options
from contractctl.evidence.snapshots import moments
from contractctl.evidence.sources import Given
from contractctl.model.amounts import counted
from contractctl.model.evidence import Record

NAME = "kafka_groups"
_OPTIONS = ("contract", "covers", "not_groups", "old_until", "roles", "topics")
_DIGITS = re.compile(r"\d{1,19}")
_FAR = 5400.0
"""Seconds between two snapshots: an hourly export may be half an hour late. In more, a topic may fill and drain."""


@dataclass(frozen=True, slots=True)
class _Settings:
    contract: str
    topics: tuple[str, ...]
    until: Mapping[Partition, int] | None
    """The first offset of each partition that has the new version; None where a topic has nothing but the old one."""
    covers: tuple[str, ...]
    names: Mapping[str, str]
    not_groups: tuple[str, ...]

    def end(self, partition: Partition) -> float:
        """Before which offset the old side is."""
        return math.inf if self.until is None else self.until.get(partition, math.inf)


def collect(given: Given) -> tuple[Record, ...]:
    """Read every file that the pattern matches; no record where the plan takes nothing away from the contract."""
    settings, question = _settings(given.options), given.question
    fields = tuple(one for one in question.fields if one.contract == settings.contract)
    if not fields:
        return ()
    seen = Observations(NAME, given.location)
    snapshots = exports.snapshots(seen, given.location, given.root, frozenset(settings.topics))
    if not snapshots:
        return records(seen, question)
    _demand_groups(seen, snapshots, settings)
    parties = {party.name: party for party in question.consumers.get(settings.contract, ())}
    covered = {one: parties.get(one) for one in settings.covers}
    rules, until = question.plan.reads, snapshots[-1].at
    since, why = _empty_since(snapshots, settings)
    needed = max((needed_window(rules, party, None) for party in covered.values()), default=0.0)
    if since is None or until - since < needed:
        seen.spoiled(why)
    for of in fields:
        seen.reads += _reads(snapshots, settings, of)
        for consumer, party in covered.items():
            alive = () if since is None else moments(since, until, sign_of_life_seconds(rules, party))
            seen.signs += [Sign(consumer, "", of.contract, of.path, at) for at in alive]
    return records(seen, question)


def _settings(options: Mapping[str, str]) -> _Settings:
    known_options(options, _OPTIONS)
    for key, example in (("contract", "shop/order-placed"), ("topics", "orders.v1")):
        if not options.get(key, "").strip():
            raise ContractctlError(f"[[evidence]] {NAME}: '{key}' is missing", hint=f'write {key} = "{example}"')
    topics = tuple(options["topics"].split())
    return _Settings(
        contract=options["contract"],
        topics=topics,
        until=_until(options["old_until"], topics) if "old_until" in options else None,
        covers=tuple(options.get("covers", "").split()),
        names=accounts(options),
        not_groups=tuple(options.get("not_groups", "").split()),
    )


def _until(text: str, topics: tuple[str, ...]) -> Mapping[Partition, int]:
    """`orders:0:1041 orders:1:998`, as kafka-get-offsets.sh prints it."""
    found: dict[Partition, int] = {}
    for word in text.split():
        topic, number, offset = (*word.rsplit(":", 2), "", "")[:3]
        if topic not in topics or not (_DIGITS.fullmatch(number) and _DIGITS.fullmatch(offset)):
            raise ContractctlError(
                f"[[evidence]] {NAME}: old_until has '{word}', which is not an offset in one of the topics",
                hint=f"write TOPIC:PARTITION:OFFSET, the first offset of the new version: {topics[0]}:0:1041",
            )
        if (topic, int(number)) in found:
            raise ContractctlError(f"[[evidence]] {NAME}: old_until names {topic}:{number} twice", hint="write it once")
        found[topic, int(number)] = int(offset)
    return found


def _demand_groups(seen: Observations, snapshots: list[Snapshot], settings: _Settings) -> None:
    known = {name for snapshot in snapshots for name in snapshot.groups}
    for group in settings.names:
        if group not in known:
            seen.spoiled(f"missing source: no snapshot has the group '{group}', which roles names")


# is anything of the old side kept?


def _empty_since(snapshots: list[Snapshot], settings: _Settings) -> tuple[float | None, str]:
    """Since when, up to the last snapshot, the old side is known to be gone; and why nothing earlier is known."""
    if flaw := _flaw(snapshots[-1], settings):
        return None, flaw
    for before, after in reversed(list(pairwise(snapshots))):
        if flaw := _flaw(before, settings) or _written(before, after, settings):
            return after.at, flaw
    return snapshots[
        0
    ].at, f"window not covered: {snapshots[0].where} is the first snapshot: what came before is unknown"


def _flaw(snapshot: Snapshot, settings: _Settings) -> str | None:
    """Why at this moment a consumer may have found something of the old side, or why that is unknown."""
    if not snapshot.groups:
        return f"missing source: {snapshot.where}: it has no group: kafka-consumer-groups.sh --describe --all-groups"
    for topic in settings.topics:
        if not snapshot.counts.get(topic):
            return f"missing source: {snapshot.where}: the number of partitions of '{topic}' is missing"
        every = [(topic, number) for number in range(snapshot.counts[topic])]
        for kind, offsets in (("earliest", snapshot.earliest), ("latest", snapshot.latest)):
            told = {one for one in offsets if one[0] == topic}
            if missing := sorted(number for _, number in set(every) - told):
                return (
                    f"missing source: {snapshot.where}: the {kind} offset of '{topic}' in partition {missing[0]} is"
                    " missing"
                )
            if told - set(every):
                return f"conflicting evidence: {snapshot.where}: '{topic}' has more partitions than declared"
        if not any(snapshot.latest[one] for one in every):
            return f"missing source: {snapshot.where}: nothing was ever written to '{topic}': is it the old topic?"
    return _contradiction(snapshot, settings) or _kept(snapshot, settings)


def _contradiction(snapshot: Snapshot, settings: _Settings) -> str | None:
    for partition, latest in snapshot.latest.items():
        name = f"{snapshot.where}: {partition[0]}:{partition[1]}"
        if partition[0] not in settings.topics:
            continue
        if snapshot.earliest[partition] > latest:
            return f"conflicting evidence: {name} begins after its end"
        if settings.until is not None and partition not in settings.until:
            return (
                f"missing source: {name} is not in old_until: it was added later, or it is unknown where the old"
                " version ends"
            )
        if settings.until is not None and settings.until[partition] > latest:
            return f"conflicting evidence: {name} ends at {latest}, but old_until says {settings.until[partition]}"
    for name, group in snapshot.groups.items():
        for partition, place in group.places.items():
            at = f"{snapshot.where}: {partition[0]}:{partition[1]}"
            if place.end is None:
                return f"source error: {at} has no end offset: the tool could not get it"
            if partition not in snapshot.latest or place.end > snapshot.latest[partition]:
                return f"conflicting evidence: {at} of the group '{name}' is beyond the latest offset"
    return None


def _kept(snapshot: Snapshot, settings: _Settings) -> str | None:
    for topic in settings.topics:
        kept = sum(
            max(0, int(min(latest, settings.end(partition))) - snapshot.earliest[partition])
            for partition, latest in snapshot.latest.items()
            if partition[0] == topic
        )
        if kept:
            return (
                f"window not covered: {snapshot.where}: '{topic}' still has {kept} old messages, which anybody can read"
            )
    return None


def _written(before: Snapshot, after: Snapshot, settings: _Settings) -> str | None:
    """Why a consumer may have found something of the old side between two snapshots that both had none."""
    if after.at - before.at > _FAR:
        minutes = (after.at - before.at) / 60
        return f"window not covered: {minutes:.0f} minutes lie between {before.where} and {after.where}"
    for topic in settings.topics:
        told = before.ids.get(topic), after.ids.get(topic)
        if (None not in told and told[0] != told[1]) or after.counts[topic] < before.counts[topic]:
            return f"counter reset: {after.where}: '{topic}' is not the same topic as in {before.where}"
    for partition, latest in after.latest.items():
        if partition[0] not in settings.topics:
            continue
        name, was = f"{after.where}: {partition[0]}:{partition[1]}", before.latest.get(partition, 0)
        if latest < was or after.earliest[partition] < before.earliest.get(partition, 0):
            return f"counter reset: {name} went back since {before.where}"
        if settings.until is None and latest > was:
            messages = counted(latest - was, "message was", "messages were")
            return f"window not covered: {name}: {messages} written since {before.where}"
    return None


# who may read there


def _reads(snapshots: list[Snapshot], settings: _Settings, of: Field) -> Iterator[Read]:
    for snapshot in snapshots:
        for name in _watched(snapshot, settings):
            if here := _here(snapshot, name, settings):
                yield _read(settings, of, name, (snapshot.at, snapshot.at), here)
    for before, after in pairwise(snapshots):
        empty = not (_flaw(before, settings) or _flaw(after, settings) or _written(before, after, settings))
        for name in dict.fromkeys((*_watched(before, settings), *_watched(after, settings))):
            if moved := _went(before, after, name, settings, empty=empty):
                yield _read(settings, of, name, (before.at, after.at), moved)


def _watched(snapshot: Snapshot, settings: _Settings) -> Iterator[str]:
    for name in snapshot.groups:
        if not any(fnmatchcase(name, pattern) for pattern in settings.not_groups):
            yield name


def _read(settings: _Settings, of: Field, group: str, when: tuple[float, float], count: float) -> Read:
    return Read(of.contract, of.path, settings.names.get(group, group), "", *when, float(count), MAY_READ)


def _here(snapshot: Snapshot, name: str, settings: _Settings) -> int:
    """How many members of a group may be reading the old side at a snapshot."""
    group = snapshot.groups[name]
    if _passed(snapshot, group, settings):
        return 0
    placed = sum(place.member and _behind(one, place, settings) for one, place in group.places.items())
    if here := max(placed, group.named):
        return here
    if group.rebalancing:
        return 1
    return 0 if group.elsewhere else group.members


def _passed(snapshot: Snapshot, group: Group, settings: _Settings) -> bool:
    """Whether in every partition it has committed what lies behind the end of the old version."""
    every = {one for one in snapshot.latest if one[0] in settings.topics} | set(group.places)
    nowhere = Place(None, None, member=False)
    return bool(every) and not any(_behind(one, group.places.get(one, nowhere), settings) for one in every)


def _behind(partition: Partition, place: Place, settings: _Settings) -> bool:
    return (place.current or 0) < settings.end(partition)


def _went(before: Snapshot, after: Snapshot, name: str, settings: _Settings, *, empty: bool) -> float:
    """How many old messages a group may have read between two snapshots; at least one where nobody knows."""
    was, now = before.groups.get(name, Group()), after.groups.get(name, Group())
    total = 0.0
    for partition, place in now.places.items():
        end, here = settings.end(partition), place.current
        there = was.places[partition].current if partition in was.places else None
        if here is None or here == there:
            continue
        if there is not None and here > there:
            total += min(here, end) - min(there, end)
        elif here < end or not empty:  # it went back, or has just come: where it was in between nobody knows
            total += 1
    return max(total, float(name in before.groups and _here(before, name, settings) > 0))
