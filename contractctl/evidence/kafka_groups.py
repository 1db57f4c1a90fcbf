"""Which consumer groups are still on the old topic, or before the end of the old version? And is any of it kept?

A group that has a member there, moves there or is being balanced may read whatever an event has. None of that proves
silence: who commits nothing, or commits elsewhere, stands in no list. Nobody reads what is not there: silence is proven
for as long as the old topics were empty and nothing was written to them, look by look, and only for `covers`.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import pairwise

from contractctl.errors import ContractctlError
from contractctl.evidence import kafka_exports, snapshots
from contractctl.evidence.kafka_looks import Group, Look, Partition, Place
from contractctl.evidence.observations import Observations, Read, Sign
from contractctl.evidence.questions import Field, needed_window, sign_of_life_seconds
from contractctl.evidence.records import records
from contractctl.evidence.requests_read import MAY_READ
from contractctl.evidence.servers import accounts, known_options
from contractctl.evidence.sources import Given
from contractctl.model.amounts import counted
from contractctl.model.evidence import Record

NAME = "kafka_groups"
_OPTIONS = ("contract", "covers", "not_groups", "old_until", "roles", "topics")
_DIGITS = re.compile(r"\d{1,19}")
_FAR = 5400.0
"""Seconds between two looks: an hourly export may be half an hour late. A topic may be filled and drained in more."""


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
    looks = kafka_exports.looks(seen, given.location, given.root, frozenset(settings.topics))
    if not looks:
        return records(seen, question)
    _demand_groups(seen, looks, settings)
    parties = {party.name: party for party in question.consumers.get(settings.contract, ())}
    covered = {one: parties.get(one) for one in settings.covers}
    rules, until = question.plan.reads, looks[-1].at
    since, why = _empty_since(looks, settings)
    needed = max((needed_window(rules, party, None) for party in covered.values()), default=0.0)
    if since is None or until - since < needed:
        seen.spoiled(why)
    for of in fields:
        seen.reads += _reads(looks, settings, of)
        for consumer, party in covered.items():
            alive = () if since is None else snapshots.moments(since, until, sign_of_life_seconds(rules, party))
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


def _demand_groups(seen: Observations, looks: list[Look], settings: _Settings) -> None:
    known = {name for look in looks for name in look.groups}
    for group in settings.names:
        if group not in known:
            seen.spoiled(f"missing source: no snapshot has the group '{group}', which roles names")


# is anything of the old side kept?


def _empty_since(looks: list[Look], settings: _Settings) -> tuple[float | None, str]:
    """From when on, up to the last look, the old side is known to be gone; and why nothing is known of before."""
    if flaw := _flaw(looks[-1], settings):
        return None, flaw
    for before, after in reversed(list(pairwise(looks))):
        if flaw := _flaw(before, settings) or _written(before, after, settings):
            return after.at, flaw
    return looks[0].at, f"window not covered: {looks[0].where} is the first snapshot: what was before is unknown"


def _flaw(look: Look, settings: _Settings) -> str | None:
    """Why at this moment somebody may have found something of the old side, or nobody can say."""
    if not look.groups:
        return f"missing source: {look.where}: it has no group: kafka-consumer-groups.sh --describe --all-groups"
    for topic in settings.topics:
        if not look.counts.get(topic):
            return f"missing source: {look.where}: the number of partitions of '{topic}' is missing"
        every = [(topic, number) for number in range(look.counts[topic])]
        for kind, offsets in (("earliest", look.earliest), ("latest", look.latest)):
            told = {one for one in offsets if one[0] == topic}
            if missing := sorted(number for _, number in set(every) - told):
                return (
                    f"missing source: {look.where}: the {kind} offset of '{topic}' in partition {missing[0]} is missing"
                )
            if told - set(every):
                return f"conflicting evidence: {look.where}: '{topic}' has more partitions than declared"
        if not any(look.latest[one] for one in every):
            return f"missing source: {look.where}: nothing was ever written to '{topic}': is it the old topic?"
    return _contradiction(look, settings) or _kept(look, settings)


def _contradiction(look: Look, settings: _Settings) -> str | None:
    for partition, latest in look.latest.items():
        name = f"{look.where}: {partition[0]}:{partition[1]}"
        if partition[0] not in settings.topics:
            continue
        if look.earliest[partition] > latest:
            return f"conflicting evidence: {name} begins after its end"
        if settings.until is not None and partition not in settings.until:
            return (
                f"missing source: {name} is not in old_until: it was added later, or it is unknown where the old"
                " version ends"
            )
        if settings.until is not None and settings.until[partition] > latest:
            return f"conflicting evidence: {name} ends at {latest}, but old_until says {settings.until[partition]}"
    for name, group in look.groups.items():
        for partition, place in group.places.items():
            at = f"{look.where}: {partition[0]}:{partition[1]}"
            if place.end is None:
                return f"source error: {at} has no end offset: the tool could not get it"
            if partition not in look.latest or place.end > look.latest[partition]:
                return f"conflicting evidence: {at} of the group '{name}' is beyond the latest offset"
    return None


def _kept(look: Look, settings: _Settings) -> str | None:
    for topic in settings.topics:
        kept = sum(
            max(0, int(min(latest, settings.end(partition))) - look.earliest[partition])
            for partition, latest in look.latest.items()
            if partition[0] == topic
        )
        if kept:
            return f"window not covered: {look.where}: '{topic}' still has {kept} old messages, which anybody can read"
    return None


def _written(before: Look, after: Look, settings: _Settings) -> str | None:
    """Why somebody may have found something of the old side between two looks that both had none."""
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


def _reads(looks: list[Look], settings: _Settings, of: Field) -> Iterator[Read]:
    for look in looks:
        for name in _watched(look, settings):
            if here := _here(look, name, settings):
                yield _read(settings, of, name, (look.at, look.at), here)
    for before, after in pairwise(looks):
        empty = not (_flaw(before, settings) or _flaw(after, settings) or _written(before, after, settings))
        for name in dict.fromkeys((*_watched(before, settings), *_watched(after, settings))):
            if moved := _went(before, after, name, settings, empty=empty):
                yield _read(settings, of, name, (before.at, after.at), moved)


def _watched(look: Look, settings: _Settings) -> Iterator[str]:
    for name in look.groups:
        if not any(fnmatchcase(name, pattern) for pattern in settings.not_groups):
            yield name


def _read(settings: _Settings, of: Field, group: str, when: tuple[float, float], count: float) -> Read:
    return Read(of.contract, of.path, settings.names.get(group, group), "", *when, float(count), MAY_READ)


def _here(look: Look, name: str, settings: _Settings) -> int:
    """How many members of a group may be reading the old side at a look."""
    group = look.groups[name]
    if _passed(look, group, settings):
        return 0
    placed = sum(place.member and _behind(one, place, settings) for one, place in group.places.items())
    if here := max(placed, group.named):
        return here
    if group.rebalancing:
        return 1
    return 0 if group.elsewhere else group.members


def _passed(look: Look, group: Group, settings: _Settings) -> bool:
    """Whether in every partition it has committed what lies behind the end of the old version."""
    every = {one for one in look.latest if one[0] in settings.topics} | set(group.places)
    nowhere = Place(None, None, member=False)
    return bool(every) and not any(_behind(one, group.places.get(one, nowhere), settings) for one in every)


def _behind(partition: Partition, place: Place, settings: _Settings) -> bool:
    return (place.current or 0) < settings.end(partition)


def _went(before: Look, after: Look, name: str, settings: _Settings, *, empty: bool) -> float:
    """How many old messages a group may have gone over between two looks; at least one where nobody knows."""
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
