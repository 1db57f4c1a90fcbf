"""What did Kafka's own tools say of topics and consumer groups? Their output as text, or JSON lines, look by look.

A look in text begins with its time; what follows is what three commands print, of Kafka 2.0 to 4.x:

    # 2026-11-03T04:00:00Z
    kafka-topics.sh --describe --topic orders.v1
    kafka-consumer-groups.sh --describe --all-groups        (also --members and --state, with --verbose or not)
    # earliest
    kafka-get-offsets.sh --topic orders.v1 --time earliest
    # latest
    kafka-get-offsets.sh --topic orders.v1 --time latest

Before 2.4 the tool does not print the group: `# group NAME` says it. In JSON a look is one line; a list has a number
for each partition, and null is what the tool prints as `-`:

    {"at": "2026-11-03T04:00:00Z", "topics": {"orders.v1": {"earliest": [12], "latest": [41]}},
     "states": {"billing": "Stable"}, "groups": [{"group": "billing", "topic": "orders.v1", "partition": 0,
     "current_offset": 41, "log_end_offset": 41, "consumer_id": "consumer-1-a451"}]}

https://kafka.apache.org/documentation/#basic_ops_consumer_group
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contractctl.evidence import log_files
from contractctl.evidence.log_lines import UnreadableError, moment
from contractctl.evidence.observations import Observations

Partition = tuple[str, int]
"""Topic and number."""
_MARK = re.compile(r"#\s*(?:(?P<list>earliest|latest)|group\s+(?P<group>\S.*)|(?P<at>\S+))")
_TOPIC = re.compile(r"Topic:\s*(\S+)\s+(?:TopicId:\s*(\S+)\s+)?PartitionCount:\s*(\d+)\b.*")
_TOPIC_PARTITION = re.compile(r"Topic:\s*\S+\s+Partition:\s*\d+\s.*")
_OFFSET = re.compile(r"([A-Za-z0-9._-]+):(\d+):(\d+)")
_TALK = re.compile(r"(?:Warning: )?Consumer group '(?P<group>.+)' (?P<what>has no active members|is rebalancing)\.")
_ERROR = re.compile(r"Error(?: occurred)?: (?P<words>.*)")
_HEADERS = ("GROUP", "TOPIC", "CONSUMER-ID", "COORDINATOR")
_NUMBER = r"-?\d+|-"
_CELLS: Mapping[str, str] = {
    "TOPIC": r"(?P<topic>[A-Za-z0-9._-]+)",
    "PARTITION": r"(?P<partition>\d+|-)",
    "CURRENT-OFFSET": rf"(?P<current>{_NUMBER})",
    "LOG-END-OFFSET": rf"(?P<end>{_NUMBER})",
    "LAG": rf"(?:{_NUMBER})",
    "LEADER-EPOCH": rf"(?:{_NUMBER})",
    "CONSUMER-ID": r"(?P<consumer>\S.*)",
}
_NEEDED = ("TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID")
_HAS = re.compile(r"\d+(?:\s+(?P<has>\S.*))?")
_NOBODY = re.compile(r"-\s+-\s+-")
_STATE = r"\S+:\d+\s+\([^)]*\)\s+(?:\S+\s+)?(?P<state>[A-Z]\w+)(?:\s+(?:\d+|-)){0,2}\s+(?P<members>\d+)"
_AT_REST = frozenset({"Stable", "Empty", "Dead"})
"""States in which nobody is being given other partitions."""
_MOST = 2**63
_MOST_PARTITIONS = 1_000_000
_LONGEST = 4_000
"""Characters of a line of --state, in which blanks may be anywhere."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a group stands in one partition."""

    current: int | None
    """None where it has committed nothing."""
    end: int | None
    """None where the partition has nobody to ask."""
    member: bool
    """Whether somebody has it assigned."""


@dataclass(slots=True)
class Group:
    """What one look says of a group."""

    places: dict[Partition, Place] = field(default_factory=dict)
    """In the topics that are asked about alone."""
    named: int = 0
    """Members of whom another list than that of the offsets says that they have such a topic."""
    members: int = 0
    """Members of whom nothing says what they have."""
    elsewhere: bool = False
    """Whether a member has partitions of other topics."""
    rebalancing: bool = False


@dataclass(slots=True)
class Look:
    """Everything at one moment."""

    at: float
    where: str
    """file:number of its first line."""
    groups: dict[str, Group] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    """How many partitions a topic has."""
    ids: dict[str, str] = field(default_factory=dict)
    """What tells a topic from another one of its name."""
    earliest: dict[Partition, int] = field(default_factory=dict)
    latest: dict[Partition, int] = field(default_factory=dict)

    def group(self, name: str) -> Group:
        return self.groups.setdefault(name, Group())


@dataclass(slots=True)
class _Reading:
    """How far one file has been read."""

    topics: frozenset[str]
    file: str = ""
    look: Look | None = None
    list: str = ""
    """Which offsets follow: earliest or latest."""
    group: str = ""
    header: str = ""
    row: re.Pattern[str] | None = None


def looks(seen: Observations, location: str, root: Path, topics: frozenset[str]) -> list[Look]:
    """Every look of every file, in order of time. What cannot be read is noted in `seen`, with its place."""
    found: dict[float, Look] = {}
    reading = _Reading(topics)
    for line in log_files.lines(seen, location, root):
        file = line.place.rpartition(":")[0]
        if file != reading.file:
            reading = _Reading(topics, file)
        before = reading.look
        try:
            _take(seen, reading, line)
        except UnreadableError as error:
            seen.spoiled(f"unparseable: {line.place} {error}")
        look = reading.look
        if look is None or look is before:
            continue
        if look.at in found:
            seen.spoiled(f"conflicting evidence: {look.where} is of the same moment as {found[look.at].where}")
        elif before and look.at < before.at:
            seen.spoiled(f"conflicting evidence: {look.where} is older than {before.where}, which stands above it")
        found.setdefault(look.at, look)
    return [found[at] for at in sorted(found)]


def _take(seen: Observations, reading: _Reading, line: log_files.Line) -> None:
    if line.text is None:
        raise UnreadableError("is no UTF-8 text, or too long")
    text = line.text.strip()
    if text.startswith("{"):
        reading.look = _of_json(text, line.place, reading.topics)
    elif text.startswith("#"):
        _mark(reading, text, line.place)
    elif error := _ERROR.fullmatch(text):
        seen.spoiled(f"source error: {line.place}: {error['words']}")
    elif reading.look is None:
        raise UnreadableError("belongs to no look: write a line '# 2026-11-03T04:00:00Z' before each")
    elif not _talk(reading.look, text) and not _of_topic(reading, reading.look, text):
        _of_group(reading, reading.look, line.text)


def _mark(reading: _Reading, text: str, where: str) -> None:
    found = _MARK.fullmatch(text)
    if found is None:
        raise UnreadableError("is no mark: known are '# TIME', '# earliest', '# latest' and '# group NAME'")
    if found["at"]:
        reading.look = None  # a look whose time nobody knows takes nothing from the one before
        reading.look = Look(moment(found["at"]), where)
    reading.list, reading.group, reading.row = found["list"] or "", found["group"] or "", None


def _talk(look: Look, text: str) -> bool:
    found = _TALK.fullmatch(text)
    if found:
        group = look.group(found["group"])
        group.rebalancing |= found["what"] == "is rebalancing"
    return found is not None


def _of_topic(reading: _Reading, look: Look, text: str) -> bool:
    """A line of kafka-topics.sh or kafka-get-offsets.sh."""
    if found := _TOPIC.fullmatch(text):
        topic, identity, count = found[1], found[2], _number(found[3])
        if count > _MOST_PARTITIONS:
            raise UnreadableError(f"says that '{topic}' has {count} partitions")
        if look.counts.setdefault(topic, count) != count or topic in look.ids:
            raise UnreadableError(f"tells of '{topic}' a second time")
        if identity:
            look.ids[topic] = identity
        return True
    if found := _OFFSET.fullmatch(text):
        if not reading.list:
            raise UnreadableError("stands under neither '# earliest' nor '# latest'")
        offsets = look.earliest if reading.list == "earliest" else look.latest
        partition = found[1], _number(found[2])
        if partition in offsets:
            raise UnreadableError(f"tells of {found[1]}:{found[2]} a second time")
        offsets[partition] = _number(found[3])
        return True
    return _TOPIC_PARTITION.fullmatch(text) is not None


def _of_group(reading: _Reading, look: Look, text: str) -> None:
    """A line of kafka-consumer-groups.sh --describe."""
    words = text.split()
    if words[0] in _HEADERS and {"CONSUMER-ID", "#MEMBERS"} & set(words):
        reading.header, reading.row = text, _row(words)
        return
    if reading.row is None:
        raise UnreadableError("is no line of kafka-consumer-groups.sh --describe")
    if "#PARTITIONS" in reading.header:
        _member(reading, look, text)
        return
    begin = 0 if "#MEMBERS" in reading.header else reading.header.index("TOPIC")
    cells = _cells(reading.row, text, begin)
    group = look.group(_owner(reading, cells.get("group", text[:begin])))
    if "state" in cells:
        group.rebalancing |= cells["state"] not in _AT_REST
        group.members = max(group.members, _number(cells["members"]))
        return
    member = not _NOBODY.fullmatch(cells["consumer"])
    if cells["topic"] == "-" or cells["partition"] == "-":
        group.members += member
        return
    _place(group, reading.topics, (cells["topic"], _number(cells["partition"])), _stands(cells, member=member))


def _cells(row: re.Pattern[str], text: str, begin: int) -> Mapping[str, str]:
    """What stands from a column on. The tool aligns what is before it: names of groups may have blanks."""
    found = row.fullmatch(text[begin:].rstrip()) if begin or len(text) < _LONGEST else None
    if found is None or text[begin - 1 : begin].strip():
        raise UnreadableError("is no line with the columns that stand above it")
    return found.groupdict()


def _row(words: list[str]) -> re.Pattern[str]:
    """How a line under these columns reads, after the name of the group."""
    group = r"(?P<group>\S.*?)\s+" if "GROUP" in words else ""
    if "#MEMBERS" in words:
        return re.compile(group + _STATE)
    if "#PARTITIONS" in words:
        return _HAS
    named = [one for one in words[: words.index("CONSUMER-ID") + 1] if one != "GROUP"]
    if missing := [one for one in _NEEDED if one not in named]:
        raise UnreadableError(f"has no column {missing[0]}: kafka-consumer-groups.sh --describe prints one")
    if strange := [one for one in named if one not in _CELLS]:
        raise UnreadableError(f"has a column {strange[0]}, which is not known")
    return re.compile(r"\s+".join(_CELLS[one] for one in named))


def _owner(reading: _Reading, named: str) -> str:
    owner = named.strip() or reading.group
    if not owner:
        raise UnreadableError("does not say of which group it is: write '# group NAME' above it")
    return owner


def _stands(cells: Mapping[str, str], *, member: bool) -> Place:
    current = None if cells["current"] in ("-", "-1") else _number(cells["current"])
    return Place(current, None if cells["end"] == "-" else _number(cells["end"]), member)


def _member(reading: _Reading, look: Look, text: str) -> None:
    """A line of --members, whose columns the tool aligns: what a member has stands behind #PARTITIONS."""
    begin = reading.header.index("CONSUMER-ID")
    has = _cells(_HAS, text, reading.header.index("#PARTITIONS"))["has"]
    group = look.group(_owner(reading, text[:begin]))
    named = set(re.findall(r"(?<![A-Za-z0-9._-])([A-Za-z0-9._-]+)[:(]\d", has or ""))
    if named & reading.topics:
        group.named += 1
    elif named:
        group.elsewhere = True
    else:
        group.members += 1


def _place(group: Group, topics: frozenset[str], partition: Partition, place: Place) -> None:
    if partition[0] not in topics:
        group.elsewhere |= place.member
        return
    twin = group.places.setdefault(partition, place)
    if twin.current != place.current:
        raise UnreadableError(f"says otherwise where the group stands in {partition[0]}:{partition[1]}")
    if place.member:
        group.places[partition] = place


def _of_json(text: str, where: str, topics: frozenset[str]) -> Look:
    try:
        tree = json.loads(text)
        look = Look(moment(str(tree["at"])), where)
        for topic, offsets in tree["topics"].items():
            _offsets(look, topic, offsets)
        for name, state in tree.get("states", {}).items():
            look.group(_word(name)).rebalancing = _word(state) not in _AT_REST
        for row in tree["groups"]:
            _json_row(look, row, topics)
    except UnreadableError:
        raise
    except (ValueError, RecursionError, TypeError, AttributeError, LookupError) as error:
        raise UnreadableError(f"is no look: {type(error).__name__}: {error}") from error
    return look


def _offsets(look: Look, topic: str, offsets: Mapping[str, Any]) -> None:
    earliest, latest = offsets["earliest"], offsets["latest"]
    if not isinstance(earliest, list) or not isinstance(latest, list) or len(earliest) != len(latest):
        raise UnreadableError(f"has not as many earliest as latest offsets of '{topic}'")
    look.counts[topic] = len(earliest)
    look.earliest |= {(topic, number): _number(one) for number, one in enumerate(earliest)}
    look.latest |= {(topic, number): _number(one) for number, one in enumerate(latest)}
    if "id" in offsets:
        look.ids[topic] = _word(offsets["id"])


def _json_row(look: Look, row: Mapping[str, Any], topics: frozenset[str]) -> None:
    group, member = look.group(_word(row["group"])), row["consumer_id"] is not None
    topic, current, end = row["topic"], row["current_offset"], row["log_end_offset"]
    if topic is None:
        group.members += member
        return
    place = Place(None if current is None else _number(current), None if end is None else _number(end), member)
    _place(group, topics, (_word(topic), _number(row["partition"])), place)


def _number(value: Any) -> int:  # noqa: ANN401 - JSON
    if isinstance(value, bool | float) or not re.fullmatch(r"\d{1,19}", str(value)) or int(value) >= _MOST:
        raise UnreadableError(f"has '{str(value)[:40]}', which is no offset")
    return int(value)


def _word(value: Any) -> str:  # noqa: ANN401 - JSON
    if not isinstance(value, str) or not value:
        raise UnreadableError(f"has '{str(value)[:40]}', which is no name")
    return value
