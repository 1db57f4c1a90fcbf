"""What does one snapshot of Kafka say about topics and consumer groups, in whatever form it was exported?"""

import re
from dataclasses import dataclass, field

from contractctl.evidence.log_lines import UnreadableError

Partition = tuple[str, int]
"""Topic and number."""
AT_REST = frozenset({"Stable", "Empty", "Dead"})
"""States in which nobody is being given other partitions."""
_MOST = 2**63


@dataclass(frozen=True, slots=True)
class Place:
    """A group's offset in one partition."""

    current: int | None
    """None where it has committed nothing."""
    end: int | None
    """None where nobody can be asked for the partition."""
    member: bool
    """Whether a member has it assigned."""


@dataclass(slots=True)
class Group:
    """What one snapshot says about a group."""

    places: dict[Partition, Place] = field(default_factory=dict)
    """Only in the topics that are asked about."""
    named: int = 0
    """Members that, by a list other than that of the offsets, have such a topic."""
    members: int = 0
    """Members whose partitions are unknown."""
    elsewhere: bool = False
    """Whether a member has partitions of other topics."""
    rebalancing: bool = False


@dataclass(slots=True)
class Snapshot:
    """Everything at one moment."""

    at: float
    where: str
    """file:number of its first line."""
    groups: dict[str, Group] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    """How many partitions a topic has."""
    ids: dict[str, str] = field(default_factory=dict)
    """What distinguishes a topic from another one of the same name."""
    earliest: dict[Partition, int] = field(default_factory=dict)
    latest: dict[Partition, int] = field(default_factory=dict)

    def group(self, name: str) -> Group:
        return self.groups.setdefault(name, Group())


def put(group: Group, topics: frozenset[str], partition: Partition, place: Place) -> None:
    """Note a group's offset; of other topics, only that it has some. Raise UnreadableError for a contradiction."""
    if partition[0] not in topics:
        group.elsewhere |= place.member
        return
    twin = group.places.setdefault(partition, place)
    if twin.current != place.current:
        raise UnreadableError(f"has conflicting offsets of the group in {partition[0]}:{partition[1]}")
    if place.member:
        group.places[partition] = place


def number(value: object) -> int:
    """An offset, or a count, in digits or of JSON. Raise UnreadableError for anything else."""
    digits = str(value)
    if isinstance(value, bool | float) or not re.fullmatch(r"\d{1,19}", digits) or int(digits) >= _MOST:
        raise UnreadableError(f"has '{digits[:40]}', which is not an offset")
    return int(digits)


def word(value: object) -> str:
    """A name of JSON. Raise UnreadableError for anything else."""
    if not isinstance(value, str) or not value:
        raise UnreadableError(f"has '{str(value)[:40]}', which is not a name")
    return value
