"""How is the output of Kafka's tools read, line by line? exports.py shows the form."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from contractctl.evidence.kafka_groups.snapshot import AT_REST, Place, Snapshot, number, put
from contractctl.evidence.log_lines import UnreadableError, moment

_MARK = re.compile(r"#\s*(?:(?P<list>earliest|latest)|group\s+(?P<group>\S.*)|(?P<at>\S+))")
_TOPIC = re.compile(r"Topic:\s*(\S+)\s+(?:TopicId:\s*(\S+)\s+)?PartitionCount:\s*(\d+)\b.*")
_TOPIC_PARTITION = re.compile(r"Topic:\s*\S+\s+Partition:\s*\d+\s.*")
_OFFSET = re.compile(r"([A-Za-z0-9._-]+):(\d+):(\d+)")
_TALK = re.compile(r"(?:Warning: )?Consumer group '(?P<group>.+)' (?P<what>has no active members|is rebalancing)\.")
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
_MOST_PARTITIONS = 1_000_000
_LONGEST = 4_000
"""The longest line of --state, in characters: it may have blanks anywhere."""


@dataclass(slots=True)
class Reading:
    """How far one file has been read."""

    topics: frozenset[str]
    file: str = ""
    snapshot: Snapshot | None = None
    list: str = ""
    """Which offsets follow: earliest or latest."""
    group: str = ""
    header: str = ""
    row: re.Pattern[str] | None = None


def mark(reading: Reading, text: str, where: str) -> None:
    """A line that begins with #: a snapshot begins, or it says what follows."""
    found = _MARK.fullmatch(text)
    if found is None:
        raise UnreadableError("is not a known marker: '# TIME', '# earliest', '# latest' or '# group NAME'")
    if found["at"]:
        reading.snapshot = None  # a snapshot whose time nobody knows takes nothing from the one before
        reading.snapshot = Snapshot(moment(found["at"]), where)
    reading.list, reading.group, reading.row = found["list"] or "", found["group"] or "", None


def talk(snapshot: Snapshot, text: str) -> bool:
    """Whether a line is one of the tool's sentences about a group; if so, it is noted."""
    found = _TALK.fullmatch(text)
    if found:
        group = snapshot.group(found["group"])
        group.rebalancing |= found["what"] == "is rebalancing"
    return found is not None


def of_topic(reading: Reading, snapshot: Snapshot, text: str) -> bool:
    """Whether a line is one of kafka-topics.sh or kafka-get-offsets.sh; if so, it is noted."""
    if found := _TOPIC.fullmatch(text):
        topic, identity, count = found[1], found[2], number(found[3])
        if count > _MOST_PARTITIONS:
            raise UnreadableError(f"says that '{topic}' has {count} partitions")
        if snapshot.counts.setdefault(topic, count) != count or topic in snapshot.ids:
            raise UnreadableError(f"lists '{topic}' a second time")
        if identity:
            snapshot.ids[topic] = identity
        return True
    if found := _OFFSET.fullmatch(text):
        if not reading.list:
            raise UnreadableError("is under neither '# earliest' nor '# latest'")
        offsets = snapshot.earliest if reading.list == "earliest" else snapshot.latest
        partition = found[1], number(found[2])
        if partition in offsets:
            raise UnreadableError(f"lists {found[1]}:{found[2]} a second time")
        offsets[partition] = number(found[3])
        return True
    return _TOPIC_PARTITION.fullmatch(text) is not None


def of_group(reading: Reading, snapshot: Snapshot, text: str) -> None:
    """A line of kafka-consumer-groups.sh --describe. Raise UnreadableError for any other."""
    words = text.split()
    if words[0] in _HEADERS and {"CONSUMER-ID", "#MEMBERS"} & set(words):
        reading.header, reading.row = text, _row(words)
        return
    if reading.row is None:
        raise UnreadableError("is not output of kafka-consumer-groups.sh --describe")
    if "#PARTITIONS" in reading.header:
        _member(reading, snapshot, text)
        return
    begin = 0 if "#MEMBERS" in reading.header else reading.header.index("TOPIC")
    cells = _cells(reading.row, text, begin)
    group = snapshot.group(_owner(reading, cells.get("group", text[:begin])))
    if "state" in cells:
        group.rebalancing |= cells["state"] not in AT_REST
        group.members = max(group.members, number(cells["members"]))
        return
    member = not _NOBODY.fullmatch(cells["consumer"])
    if cells["topic"] == "-" or cells["partition"] == "-":
        group.members += member
        return
    put(group, reading.topics, (cells["topic"], number(cells["partition"])), _stands(cells, member=member))


def _cells(row: re.Pattern[str], text: str, begin: int) -> Mapping[str, str]:
    """What stands from a column on. The tool aligns what is before it: names of groups may have blanks."""
    found = row.fullmatch(text[begin:].rstrip()) if begin or len(text) < _LONGEST else None
    if found is None or text[begin - 1 : begin].strip():
        raise UnreadableError("does not have the columns of the header above it")
    return found.groupdict()


def _row(words: list[str]) -> re.Pattern[str]:
    """The pattern of a line under these columns, after the name of the group."""
    group = r"(?P<group>\S.*?)\s+" if "GROUP" in words else ""
    if "#MEMBERS" in words:
        return re.compile(group + _STATE)
    if "#PARTITIONS" in words:
        return _HAS
    named = [one for one in words[: words.index("CONSUMER-ID") + 1] if one != "GROUP"]
    if missing := [one for one in _NEEDED if one not in named]:
        raise UnreadableError(f"has no column {missing[0]}: kafka-consumer-groups.sh --describe prints one")
    if strange := [one for one in named if one not in _CELLS]:
        raise UnreadableError(f"has an unknown column {strange[0]}")
    return re.compile(r"\s+".join(_CELLS[one] for one in named))


def _owner(reading: Reading, named: str) -> str:
    owner = named.strip() or reading.group
    if not owner:
        raise UnreadableError("does not say which group it is about: write '# group NAME' above it")
    return owner


def _stands(cells: Mapping[str, str], *, member: bool) -> Place:
    current = None if cells["current"] in ("-", "-1") else number(cells["current"])
    return Place(current, None if cells["end"] == "-" else number(cells["end"]), member)


def _member(reading: Reading, snapshot: Snapshot, text: str) -> None:
    """A line of --members, whose columns the tool aligns: what a member has comes after #PARTITIONS."""
    begin = reading.header.index("CONSUMER-ID")
    has = _cells(_HAS, text, reading.header.index("#PARTITIONS"))["has"]
    group = snapshot.group(_owner(reading, text[:begin]))
    named = set(re.findall(r"(?<![A-Za-z0-9._-])([A-Za-z0-9._-]+)[:(]\d", has or ""))
    if named & reading.topics:
        group.named += 1
    elif named:
        group.elsewhere = True
    else:
        group.members += 1
