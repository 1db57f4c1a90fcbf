"""How is a snapshot read from one line of JSON? exports.py shows the form."""

import json
from collections.abc import Mapping
from typing import Any

from contractctl.evidence.kafka_groups.snapshot import AT_REST, Place, Snapshot, number, put, word
from contractctl.evidence.log_lines import UnreadableError, moment


def of_json(text: str, where: str, topics: frozenset[str]) -> Snapshot:
    """The snapshot in a line. Raise UnreadableError where there is none."""
    try:
        tree = json.loads(text)
        snapshot = Snapshot(moment(str(tree["at"])), where)
        for topic, offsets in tree["topics"].items():
            _offsets(snapshot, topic, offsets)
        for name, state in tree.get("states", {}).items():
            snapshot.group(word(name)).rebalancing = word(state) not in AT_REST
        for row in tree["groups"]:
            _json_row(snapshot, row, topics)
    except UnreadableError:
        raise
    except (ValueError, RecursionError, TypeError, AttributeError, LookupError) as error:
        raise UnreadableError(f"is not a snapshot: {type(error).__name__}: {error}") from error
    return snapshot


def _offsets(snapshot: Snapshot, topic: str, offsets: Mapping[str, Any]) -> None:
    earliest, latest = offsets["earliest"], offsets["latest"]
    if not isinstance(earliest, list) or not isinstance(latest, list) or len(earliest) != len(latest):
        raise UnreadableError(f"does not have as many earliest as latest offsets of '{topic}'")
    snapshot.counts[topic] = len(earliest)
    snapshot.earliest |= {(topic, at): number(one) for at, one in enumerate(earliest)}
    snapshot.latest |= {(topic, at): number(one) for at, one in enumerate(latest)}
    if "id" in offsets:
        snapshot.ids[topic] = word(offsets["id"])


def _json_row(snapshot: Snapshot, row: Mapping[str, Any], topics: frozenset[str]) -> None:
    group, member = snapshot.group(word(row["group"])), row["consumer_id"] is not None
    topic, current, end = row["topic"], row["current_offset"], row["log_end_offset"]
    if topic is None:
        group.members += member
        return
    place = Place(None if current is None else number(current), None if end is None else number(end), member)
    put(group, topics, (word(topic), number(row["partition"])), place)
