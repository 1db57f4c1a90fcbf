# ruff: noqa: E501 - tables as the tools print them
"""Does a topic that everybody has left let the gate open, and nothing else that Kafka's tools print?

No broker stands behind these lines: neither Debian nor PyPI has one together with Kafka's own tools. They are written from what
the tools print, as ConsumerGroupCommand and GetOffsetShell of 2.3, 2.7 and 4.x and people's reports of their output show it.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contractctl import evidence
from contractctl.errors import ContractctlError
from contractctl.evidence.questions import Question
from contractctl.gate import decide
from contractctl.model.contract import Party
from contractctl.model.decision import Outcome
from contractctl.model.evidence import Kind, Record
from contractctl.model.plan import Stage, Standing, State
from tests.evidence.conftest import NOW, QUESTION, WINDOW, only

HALF_HOUR = 1800.0
SETTINGS = {"contract": "shop/orders", "topics": "orders.v1", "covers": "reporting"}
TIMES = tuple(NOW - WINDOW - 1200 + step * HALF_HOUR for step in range(13))
"""From before the window up to twenty minutes ago."""
COLUMNS = (
    "GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST "
    "           CLIENT-ID\n"
)
NOBODY = "-               -               -\n"
SOMEBODY = "consumer-1-a451f9ff /10.0.0.7       consumer-1\n"
OTHERS = (
    COLUMNS + "stock           stock.v1        0          3               3               0               " + SOMEBODY
)
IDLE = (
    COLUMNS + "reporting-jobs  -               -          -               -               -               " + SOMEBODY
)
STILL = (
    COLUMNS
    + "reporting-jobs  orders.v1       1          7               7               0               "
    + NOBODY
    + "reporting-jobs  orders.v1       0          41              41              0               "
    + NOBODY
)
READING = STILL.replace(NOBODY, SOMEBODY, 1)
ELSEWHERE = (
    STILL + "reporting-jobs  orders.v2       0          9               9               0               " + SOMEBODY
)
COORDINATOR = "COORDINATOR (ID) ASSIGNMENT-STRATEGY STATE #MEMBERS\nlocalhost:9092 (0) range Stable 4\n"
TOPIC = "Topic: orders.v1\tTopicId: ID\tPartitionCount: 2\tReplicationFactor: 1\tConfigs: \n"
REBALANCING = "\nWarning: Consumer group 'reporting-jobs' is rebalancing.\n"


def written(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def listed(offsets: tuple[int, ...], topic: str = "orders.v1") -> str:
    return "".join(f"{topic}:{number}:{offset}\n" for number, offset in enumerate(offsets))


def snapshot(
    at: float,
    groups: str = STILL,
    *,
    earliest: tuple[int, ...] = (41, 7),
    latest: tuple[int, ...] = (41, 7),
    count: int = 2,
    identity: str = "Rk9vYmFy",
    topic: str = "orders.v1",
) -> str:
    described = TOPIC.replace("orders.v1", topic).replace("ID", identity).replace("2", str(count))
    described += f"\tTopic: {topic}\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1\n"
    ends = f"# earliest\n{listed(earliest, topic)}# latest\n{listed(latest, topic)}"
    return f"# {written(at)}\n{described}\n{groups}\n{ends}"


def snapshots(change: Callable[[int, float], str | None] = lambda _, __: None, times: tuple[float, ...] = TIMES) -> str:
    """Looks at a topic that nobody reads any more, except for those that a test has otherwise."""
    changed = (change(number, at) for number, at in enumerate(times))
    return "".join(snapshot(at) if one is None else one for at, one in zip(times, changed, strict=True))


def at_snapshot(number: int, made: Callable[[float], str]) -> str:
    return snapshots(lambda one, at: made(at) if one == number else None)


def from_snapshot(number: int, made: Callable[[float], str]) -> str:
    return snapshots(lambda one, at: made(at) if one >= number else None)


def collected(root: Path, text: str, question: Question = QUESTION, **options: str) -> tuple[Record, ...]:
    (root / "groups.txt").write_text(text)
    given = SETTINGS | options
    return evidence.collect("kafka_groups", "*.txt", given, question, root=root, folder=root)


def gate(records: tuple[Record, ...], *parties: Party) -> tuple[Outcome, str]:
    """What is left to answer of all that the reads gate asks, and the words for it."""
    facts = {"plan": QUESTION.plan, "stage": Stage.QUIESCE, "standing": Standing(State.CANARY, NOW - 10, 100)}
    known = {"shop/orders": parties or QUESTION.consumers["shop/orders"]}
    made = decide(**facts, consumers=known, records=records, now=NOW)
    asked = [one for one in made.conditions if "reads" in one.name or one.name.startswith("consumers of")]
    open_ones = [one for one in asked if one.outcome is not Outcome.PASS]
    assert len(asked) >= 2
    worst = Outcome.FAIL if any(one.outcome is Outcome.FAIL for one in open_ones) else Outcome.UNKNOWN
    return (worst, " | ".join(one.message for one in open_ones)) if open_ones else (Outcome.PASS, "")


def readers(records: tuple[Record, ...]) -> dict[str, float]:
    series = only(records, Kind.READS).series
    return {one.labels["consumer"]: one.value for one in series if one.value}


def test_a_topic_that_was_empty_throughout_opens_the_gate(tmp_path: Path) -> None:
    assert gate(collected(tmp_path, snapshots())) == (Outcome.PASS, "")
    assert gate(collected(tmp_path, snapshots(lambda _, at: snapshot(at, ELSEWHERE)))) == (Outcome.PASS, "")
    assert gate(collected(tmp_path, snapshots(lambda _, at: snapshot(at, ELSEWHERE + IDLE)))) == (Outcome.PASS, "")
    assert gate(collected(tmp_path, from_snapshot(7, lambda at: snapshot(at, OTHERS)))) == (Outcome.PASS, "")


def test_only_those_who_get_their_events_there_alone_are_silent(tmp_path: Path) -> None:
    for covers in ("", "billing"):
        outcome, words = gate(collected(tmp_path, snapshots(), covers=covers))
        assert outcome is Outcome.UNKNOWN, words


@pytest.mark.parametrize(
    ("what", "text", "words"),
    [
        (
            "no earliest offsets",
            snapshots(lambda _, at: snapshot(at, earliest=())),
            "the earliest offset of 'orders.v1' in",
        ),
        (
            "no latest offsets",
            snapshots(lambda _, at: snapshot(at, latest=(41,))),
            "the latest offset of 'orders.v1' in part",
        ),
        ("messages that are kept", snapshots(lambda _, at: snapshot(at, earliest=(38, 7))), "still has 3 old messages"),
        (
            "a partition that only the topic's own description knows",
            snapshots(lambda _, at: snapshot(at, count=3)),
            "in partition 2 is missing",
        ),
        (
            "nobody who says how many partitions there are",
            snapshots(lambda _, at: snapshot(at).replace(TOPIC.replace("ID", "Rk9vYmFy"), "")),
            "the number of partitions of 'orders.v1' is missing",
        ),
        (
            "a partition that came later, with messages",
            from_snapshot(7, lambda at: snapshot(at, earliest=(41, 7, 5), latest=(41, 7, 5), count=3)),
            "5 messages were written",
        ),
        (
            "a partition that is gone",
            from_snapshot(7, lambda at: snapshot(at, OTHERS, earliest=(41,), latest=(41,), count=1)),
            "is not the same topic",
        ),
        (
            "an end that nobody knows",
            at_snapshot(12, lambda at: snapshot(at, STILL.replace(" 7               0", " -               -"))),
            "has no end offset",
        ),
        (
            "messages that came and went",
            from_snapshot(7, lambda at: snapshot(at, earliest=(44, 7), latest=(44, 7))),
            "3 messages were written",
        ),
        ("a topic made anew", from_snapshot(7, lambda at: snapshot(at, identity="QmFyZm9v")), "is not the same topic"),
        (
            "offsets that fell",
            from_snapshot(7, lambda at: snapshot(at, OTHERS, earliest=(2, 7), latest=(2, 7))),
            "went back since",
        ),
        ("a beginning after the end", snapshots(lambda _, at: snapshot(at, earliest=(43, 7))), "begins after its end"),
        (
            "more partitions than it has",
            snapshots(lambda _, at: snapshot(at, OTHERS, count=1)),
            "has more partitions than declared",
        ),
        (
            "a topic told of twice",
            snapshots().replace("# earl", TOPIC + "# earl", 1),
            "lists 'orders.v1' a second time",
        ),
        (
            "a name that runs on",
            snapshots().replace("reporting-jobs  ord", "reporting-jobs-1ord"),
            "does not have the columns of the header",
        ),
        ("partitions without end", snapshots().replace("Count: 2", "Count: 999999999"), "has 999999999 partitions"),
        (
            "members without end",
            snapshots() + COORDINATOR.replace("4\n", "4" * 5_000 + "\n"),
            "does not have the columns of the header",
        ),
        (
            "a line without end",
            snapshots() + COORDINATOR.replace("range", "r" * 4_000),
            "does not have the columns of the header",
        ),
        ("a tool that printed no group", at_snapshot(12, lambda at: snapshot(at, "")), "it has no group"),
        (
            "a topic that had nothing",
            snapshots(lambda _, at: snapshot(at, OTHERS, earliest=(0, 0), latest=(0, 0))),
            "is it the old topic",
        ),
        (
            "not the same topic",
            snapshots(lambda _, at: snapshot(at, OTHERS, topic="orders.v11")),
            "the number of partitions of 'orders.v1' is missing",
        ),
        ("a member", at_snapshot(12, lambda at: snapshot(at, READING)), "may have read"),
        ("a member weeks ago, as this window goes", at_snapshot(1, lambda at: snapshot(at, READING)), "may have read"),
        ("a member without partitions", at_snapshot(12, lambda at: snapshot(at, IDLE)), "may have read"),
        ("a group in motion", at_snapshot(12, lambda at: snapshot(at, REBALANCING + ELSEWHERE)), "may have read"),
        (
            "a group that is gone",
            from_snapshot(7, lambda at: snapshot(at, OTHERS)).replace(STILL, READING),
            "may have read",
        ),
        (
            "offsets that were set back",
            from_snapshot(7, lambda at: snapshot(at, STILL.replace(" 41 ", " 12 ", 1))),
            "may have read",
        ),
        (
            "offsets that went on",
            at_snapshot(0, lambda at: snapshot(at, STILL.replace(" 41 ", " 12 ", 1))),
            "may have read",
        ),
        ("a first commit", at_snapshot(0, lambda at: snapshot(at, STILL.replace(" 41 ", " -  ", 1))), "may have read"),
        (
            "an end before a group's",
            at_snapshot(12, lambda at: snapshot(at, STILL.replace(" 41 ", " 43 "))),
            "is beyond the latest offset",
        ),
        ("two snapshots too far apart", snapshots(times=(*TIMES[:5], *TIMES[9:])), "150 minutes lie between"),
        ("snapshots that begin late", snapshots(times=TIMES[3:]), "what came before is unknown"),
        ("snapshots that ended early", snapshots(times=tuple(at - 7200 for at in TIMES)), "ago"),
        ("snapshots of tomorrow", snapshots(times=tuple(at + 7200 for at in TIMES)), "ahead of this clock"),
        (
            "snapshots out of order",
            snapshots(times=(*TIMES[:5], TIMES[6], TIMES[5], *TIMES[7:])),
            "is older than groups.txt:71, which is above it",
        ),
        ("a snapshot twice", snapshots() + snapshot(TIMES[-1]), "has the same time as"),
        (
            "a snapshot without a time",
            snapshots() + snapshot(NOW).replace("# 2026", "# at 2026"),
            "is not a known marker",
        ),
        ("a snapshot in a time without zone", snapshots().replace("Z\n", "\n"), "has no zone"),
        ("lines before the first snapshot", STILL + snapshots(), "groups.txt:1 belongs to no snapshot"),
        (
            "a group that does not exist",
            snapshots() + "Error: Consumer group 'reprting' does not exist.\n",
            "does not exist",
        ),
        (
            "a broker that did not answer",
            snapshots() + "Error: Executing consumer group command failed due to x\n",
            "due to x",
        ),
        ("a column that is not known", snapshots().replace("LAG", "GAP"), "has no column LAG"),
        ("a line cut off", snapshots()[:-3], "is incomplete"),
        (
            "a row cut off",
            snapshots().replace("0               -  ", "0  \n-"),
            "does not have the columns of the header",
        ),
        ("an offset without a list", snapshots().replace("# latest\n", ""), "a second time"),
        ("rubbish", snapshots() + "rubbish\n", "groups.txt:183 is not output"),
        ("nothing", "\n", "absent is not zero"),
    ],
)
def test_what_is_not_an_empty_topic_keeps_the_gate_closed(tmp_path: Path, what: str, text: str, words: str) -> None:
    found = gate(collected(tmp_path, text, roles="reporting-jobs=reporting" if "reporting-jobs" in text else ""))

    assert found[0] is not Outcome.PASS, what
    assert words in found[1]


TABLES = {
    "2.3, one group": (
        """# group billing
TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID                                     HOST            CLIENT-ID
orders.v1       0          41              41              0               consumer-1-a451f9ff-2e47-4bf9-a4c9-60bc3cb4f816 /192.168.0.13   consumer-1
orders.v1       1          -               7               -               consumer-1-a451f9ff-2e47-4bf9-a4c9-60bc3cb4f816 /192.168.0.13   consumer-1
""",
        {"billing": 3},
    ),
    "2.7, a group with blanks, nobody there and somebody idle": (
        """
Consumer group 'my billing' has no active members.

GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID
my billing      orders.v1       0          41              41              0               -               -               -

GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID                                       HOST            CLIENT-ID
audit two       -               -          -               -               -               client with blanks-0d7c /10.0.0.9       client with blanks
audit two       orders.v1       0          41              41              0               -                                                 -               -
""",
        {"audit two": 2, "my billing": 1},
    ),
    "4.1, with --verbose": (
        """
GROUP           TOPIC           PARTITION  LEADER-EPOCH    CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID            HOST            CLIENT-ID
billing         orders.v1       0          0               41              41              0               f5Z0Nw2NQEmd5qWqHsZe5A /127.0.0.1      console-consumer
billing         orders.v2       1          -               -               0               -               f5Z0Nw2NQEmd5qWqHsZe5A /127.0.0.1      console-consumer
""",
        {"billing": 2},
    ),
    "2.7, --members --verbose": (
        """
GROUP           CONSUMER-ID        HOST            CLIENT-ID       #PARTITIONS     ASSIGNMENT
audit           consumer1-3fc8d6f1 /127.0.0.1      consumer1       2               orders.v1(0), orders.v2(0)
audit           consumer4-117fe4d3 /127.0.0.1      consumer4       1               orders.v2(2)
search          consumer2-e76ea8c3 /127.0.0.1      consumer2       1               orders.v10(0,1)
stock           consumer3-ecea43e4 /127.0.0.1      consumer3       0               -
""",
        {"audit": 1, "stock": 1},
    ),
    "4.1, --members --verbose": (
        """
GROUP           CONSUMER-ID            GROUP-INSTANCE-ID HOST            CLIENT-ID       #PARTITIONS     CURRENT-EPOCH   CURRENT-ASSIGNMENT   TARGET-EPOCH    TARGET-ASSIGNMENT
audit           f5Z0Nw2NQEmd5qWqHsZe5A node-1            /127.0.0.1      consumer1       0               3               -                    4               orders.v1:0,1;orders.v2:0
search          b0fNo9uBSXyFIvEYMZvzZQ                   /127.0.0.1      consumer2       1               3               orders.v2:1          3               orders.v2:1
""",
        {"audit": 1},
    ),
    "2.7, --members": (
        """
GROUP           CONSUMER-ID        HOST            CLIENT-ID       #PARTITIONS
audit           consumer1-3fc8d6f1 /127.0.0.1      consumer1       2
""",
        {"audit": 1},
    ),
    "2.7, --state": (
        """
GROUP                     COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE           #MEMBERS
audit                     localhost:9092 (0)        range                Stable          4
GROUP                     COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE           #MEMBERS
stock                     localhost:9092 (0)                             Empty           0
GROUP                     COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE           #MEMBERS
search                    localhost:9092 (0)                             PreparingRebalance 0
""",
        {"audit": 4, "search": 1},
    ),
    "2.3, --state": (
        """# group audit
COORDINATOR (ID)          ASSIGNMENT-STRATEGY       STATE                #MEMBERS
localhost:9092 (0)        range                     Stable               4
""",
        {"audit": 4},
    ),
    "4.1, --state --verbose": (
        """
GROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE                GROUP-EPOCH     TARGET-ASSIGNMENT-EPOCH   #MEMBERS
search          localhost:9092  (1)       uniform              Reconciling          4               4                         0
stock           localhost:9092  (1)       -                    Empty                -               -                         0
""",
        {"search": 1},
    ),
}


@pytest.mark.parametrize("table", TABLES)
def test_who_is_there_is_told_from_every_table_that_the_tool_prints(tmp_path: Path, table: str) -> None:
    text, seen = TABLES[table]

    found = collected(tmp_path, at_snapshot(12, lambda at: snapshot(at, text)))

    assert readers(found) == seen  # one more where a group has come since the snapshot before
    assert gate(found)[0] is Outcome.UNKNOWN


def row(**other: Any) -> dict[str, Any]:
    whole = {
        "group": "reporting-jobs",
        "topic": "orders.v1",
        "partition": 0,
        "current_offset": 41,
        "log_end_offset": 41,
        "consumer_id": None,
    }
    return {key: value for key, value in (whole | other).items() if value is not ...}


def lines(*rows: dict[str, Any], **more: Any) -> str:
    topics = {"orders.v1": {"id": "Rk9vYmFy", "earliest": [41, 7], "latest": [41, 7]}}
    return "".join(json.dumps({"at": at, "topics": topics, "groups": rows} | more) + "\n" for at in TIMES)


def test_json_lines_tell_the_same(tmp_path: Path) -> None:
    assert gate(collected(tmp_path, lines(row()))) == (Outcome.PASS, "")
    assert readers(collected(tmp_path, lines(row(consumer_id="c-1"))))["reporting-jobs"] >= len(TIMES)
    assert readers(collected(tmp_path, lines(row(topic=None, consumer_id="c-1"))))
    assert readers(collected(tmp_path, lines(row(), states={"reporting-jobs": "CompletingRebalance"})))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (lines(row(consumer_id=...)), "groups.txt:1 is not a snapshot: KeyError: 'consumer_id'"),
        (lines(row(log_end_offset=None)), "has no end offset"),
        (lines(row(current_offset=41.5)), "'41.5', which is not an offset"),
        (lines(row(current_offset=True)), "'True', which is not an offset"),
        (lines(row(partition=-1)), "'-1', which is not an offset"),
        (lines(row(group="")), "'', which is not a name"),
        (lines(row(), row(current_offset=3)), "conflicting offsets of the group"),
        (lines(at="yesterday"), "'yesterday' is not a time"),
        (lines(topics={"orders.v1": {"earliest": [41], "latest": [41, 7]}}), "not have as many earliest as latest"),
        (lines(row(), topics={}), "the number of partitions of 'orders.v1' is missing"),
        (lines(groups={"reporting-jobs": 1}), "is not a snapshot"),
        ('{"at": ' + "[" * 100_000 + "\n", "is not a snapshot: RecursionError"),
    ],
)
def test_json_that_leaves_something_open_keeps_the_gate_closed(tmp_path: Path, text: str, words: str) -> None:
    outcome, said = gate(collected(tmp_path, text))

    assert outcome is Outcome.UNKNOWN
    assert words in said


def test_a_stranger_on_the_old_topic_is_told_by_name_until_somebody_vouches_for_it(tmp_path: Path) -> None:
    text = snapshots(lambda _, at: snapshot(at, STILL + IDLE.replace("reporting-jobs", "connect-sinks ")))

    assert "connect-sinks may have read" in gate(collected(tmp_path, text))[1]
    assert gate(collected(tmp_path, text, not_groups="connect-*")) == (Outcome.PASS, "")
    assert "is not a snapshot" not in gate(collected(tmp_path, text, roles="conect-sinks=sinks"))[1]
    assert "no snapshot has the group 'conect-sinks'" in gate(collected(tmp_path, text, roles="conect-sinks=sinks"))[1]


def test_no_declaration_empties_a_topic(tmp_path: Path) -> None:
    member, kept = (
        snapshots(lambda _, at: snapshot(at, READING)),
        snapshots(lambda _, at: snapshot(at, READING, earliest=(0, 0))),
    )
    reporting, names = Party("reporting", migrated=True), {"roles": "reporting-jobs=reporting"}

    assert gate(collected(tmp_path, member, **names), reporting) == (Outcome.PASS, "")
    assert "48 old messages" in gate(collected(tmp_path, kept, **names), reporting)[1]
    assert "48 old messages" in gate(collected(tmp_path, kept, **names, covers=""), reporting)[1]


def test_a_job_that_runs_daily_is_silent_only_where_the_topic_was_empty_for_as_long(tmp_path: Path) -> None:
    daily = Party("reporting", cadence_days=1)
    question = replace(QUESTION, consumers={"shop/orders": (daily,)})

    found = collected(tmp_path, snapshots(), question)

    assert "what came before is unknown" in gate(found, daily)[1]


# one topic for both versions


UNTIL = {"old_until": "orders.v1:0:40 orders.v1:1:7"}


def shared(at: float, current: int | str = 60, earliest: int = 50, **more: Any) -> str:
    """A topic that goes on with the new version: a group that is there, at this offset."""
    end = 60 + int(at - TIMES[0]) // 60
    groups = STILL.replace(NOBODY, SOMEBODY).replace(
        "41              41              0 ", f"{current:<15} {end:<15} 0 "
    )
    return snapshot(at, groups, earliest=(earliest, 7), latest=(end, 7), **more)


def test_a_topic_that_goes_on_is_past_the_old_version_once_nothing_of_it_is_kept(tmp_path: Path) -> None:
    assert gate(collected(tmp_path, snapshots(lambda _, at: shared(at)), **UNTIL)) == (Outcome.PASS, "")
    assert gate(collected(tmp_path, snapshots(lambda _, at: shared(at, 60 + int(at) % 7)), **UNTIL)) == (
        Outcome.PASS,
        "",
    )
    rebalancing = snapshots(lambda _, at: shared(at)).replace(COLUMNS, REBALANCING + COLUMNS)
    assert gate(collected(tmp_path, rebalancing, **UNTIL)) == (Outcome.PASS, "")


@pytest.mark.parametrize(
    ("text", "until", "words"),
    [
        (snapshots(lambda _, at: shared(at, earliest=38)), UNTIL["old_until"], "still has 2 old messages"),
        (snapshots(lambda _, at: shared(at, 39)), UNTIL["old_until"], "reporting-jobs may have read"),
        (from_snapshot(9, lambda at: shared(at, 12)), UNTIL["old_until"], "reporting-jobs may have read"),
        (snapshots(lambda _, at: shared(at, "-")), UNTIL["old_until"], "reporting-jobs may have read"),
        (
            snapshots(lambda one, at: shared(at, earliest=50 if one < 9 else 45)),
            UNTIL["old_until"],
            "went back since",
        ),
        (
            snapshots(lambda one, at: snapshot(at, OTHERS, earliest=(45, 7), latest=(60 if one < 9 else 55, 7))),
            UNTIL["old_until"],
            "went back since",
        ),
        (snapshots(lambda _, at: shared(at)), "orders.v1:0:40", "orders.v1:1 is not in old_until"),
        (snapshots(lambda _, at: shared(at)), "orders.v1:0:4000 orders.v1:1:7", "but old_until says 4000"),
    ],
)
def test_whatever_is_kept_or_not_passed_of_the_old_version_keeps_the_gate_closed(
    tmp_path: Path, text: str, until: str, words: str
) -> None:
    outcome, said = gate(collected(tmp_path, text, old_until=until))

    assert outcome is Outcome.UNKNOWN
    assert words in said


def test_a_group_that_passes_the_old_version_is_counted_up_to_its_end(tmp_path: Path) -> None:
    everywhere = STILL.replace(NOBODY, SOMEBODY)
    text = snapshots(
        lambda number, at: snapshot(at, everywhere.replace(" 41 ", " 39 ", 1) if number == 0 else everywhere)
    )

    assert readers(collected(tmp_path, text, **UNTIL)) == {
        "reporting-jobs": 2
    }  # there at the first snapshot, and one more
    come = snapshots(lambda number, at: shared(at, earliest=38) if number == 12 else snapshot(at, OTHERS))
    assert readers(collected(tmp_path, come, **UNTIL)) == {"reporting-jobs": 2}  # from where in two partitions?


def test_whoever_was_there_at_a_snapshot_may_have_read_until_the_next(tmp_path: Path) -> None:
    found = only(collected(tmp_path, at_snapshot(11, lambda at: snapshot(at, READING))), Kind.READS)

    assert [one.last_seen for one in found.series if one.value] == [TIMES[12]]


# files and settings


def test_snapshots_may_stand_in_several_files_and_not_twice(tmp_path: Path) -> None:
    half = len(snapshots()) // 13 * 6
    (tmp_path / "a.txt").write_text(snapshots()[half:])
    whole = collected(tmp_path, snapshots()[:half])
    (tmp_path / "b.txt").write_text(snapshots()[:half])

    assert gate(whole) == (Outcome.PASS, "")
    assert "groups.txt:1 has the same time as b.txt:1" in gate(collected(tmp_path, snapshots()[:half]))[1]


def test_a_plan_that_takes_nothing_from_the_contract_asks_nothing_of_the_files(tmp_path: Path) -> None:
    assert collected(tmp_path, "rubbish\n", contract="shop/other") == ()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"contract": ""}, "'contract' is missing"),
        ({"topics": " "}, "'topics' is missing"),
        ({"groups": "billing"}, "'groups' is not a known option"),
        ({"old_until": "orders.v2:0:5"}, "'orders.v2:0:5', which is not an offset in one of the topics"),
        ({"old_until": f"orders.v1:0:{'5' * 5_000}"}, "which is not an offset"),
        ({"old_until": "orders.v1:5"}, "which is not an offset"),
        ({"old_until": "orders.v1:0:5 orders.v1:0:3"}, "names orders.v1:0 twice"),
        ({"roles": "billing"}, "not a list of ACCOUNT=CONSUMER"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path: Path, options: dict[str, str], message: str) -> None:
    with pytest.raises(ContractctlError, match=message):
        collected(tmp_path, snapshots(), **options)
