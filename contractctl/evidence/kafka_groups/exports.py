"""What do Kafka's own tools say about topics and consumer groups? Snapshots, as their text output or as JSON lines.

A snapshot in text begins with its time; what follows is what three commands print, of Kafka 2.0 to 4.x:

# 2026-11-03T04:00:00Z kafka-topics.sh --describe --topic orders.v1 kafka-consumer-groups.sh --describe --all-groups
(also --members and --state, with --verbose or not) # earliest kafka-get-offsets.sh --topic orders.v1 --time earliest #
latest kafka-get-offsets.sh --topic orders.v1 --time latest

Before 2.4 the tool does not print the group: `# group NAME` says it. In JSON a snapshot is one line; a list has a
number for each partition, and null is what the tool prints as `-`:

{"at": "2026-11-03T04:00:00Z", "topics": {"orders.v1": {"earliest": [12], "latest": [41]}}, "states": {"billing":
"Stable"}, "groups": [{"group": "billing", "topic": "orders.v1", "partition": 0, "current_offset": 41, "log_end_offset":
41, "consumer_id": "consumer-1-a451"}]}

https://kafka.apache.org/documentation/#basic_ops_consumer_group
"""

import re
from pathlib import Path

from contractctl.evidence import log_files
from contractctl.evidence.kafka_groups.json_lines import of_json
from contractctl.evidence.kafka_groups.printed import Reading, mark, of_group, of_topic, talk
from contractctl.evidence.kafka_groups.snapshot import Snapshot
from contractctl.evidence.log_lines import UnreadableError
from contractctl.evidence.observations import Observations

_ERROR = re.compile(r"Error(?: occurred)?: (?P<words>.*)")


def snapshots(seen: Observations, location: str, root: Path, topics: frozenset[str]) -> list[Snapshot]:
    """Every snapshot of every file, in order of time. What cannot be read is noted in `seen`, with its place."""
    found: dict[float, Snapshot] = {}
    reading = Reading(topics)
    for line in log_files.lines(seen, location, root):
        file = line.place.rpartition(":")[0]
        if file != reading.file:
            reading = Reading(topics, file)
        before = reading.snapshot
        try:
            _take(seen, reading, line)
        except UnreadableError as error:
            seen.spoiled(f"unparseable: {line.place} {error}")
        snapshot = reading.snapshot
        if snapshot is None or snapshot is before:
            continue
        if snapshot.at in found:
            seen.spoiled(f"conflicting evidence: {snapshot.where} has the same time as {found[snapshot.at].where}")
        elif before and snapshot.at < before.at:
            seen.spoiled(f"conflicting evidence: {snapshot.where} is older than {before.where}, which is above it")
        found.setdefault(snapshot.at, snapshot)
    return [found[at] for at in sorted(found)]


def _take(seen: Observations, reading: Reading, line: log_files.Line) -> None:
    if line.text is None:
        raise UnreadableError("is not UTF-8 text, or too long")
    text = line.text.strip()
    if text.startswith("{"):
        reading.snapshot = of_json(text, line.place, reading.topics)
    elif text.startswith("#"):
        mark(reading, text, line.place)
    elif error := _ERROR.fullmatch(text):
        seen.spoiled(f"source error: {line.place}: {error['words']}")
    elif reading.snapshot is None:
        raise UnreadableError("belongs to no snapshot: write a line '# 2026-11-03T04:00:00Z' before each")
    elif not talk(reading.snapshot, text) and not of_topic(reading, reading.snapshot, text):
        of_group(reading, reading.snapshot, line.text)
