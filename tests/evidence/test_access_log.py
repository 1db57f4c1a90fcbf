"""What do access logs prove? Lines as nginx, Apache and Envoy write them; whatever is missing keeps the gate closed."""

import gzip
import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contractctl import evidence
from contractctl.errors import ContractctlError
from contractctl.evidence.questions import Question
from contractctl.gate import decide
from contractctl.gate.trust import Clock, flaw
from contractctl.model.contract import Party
from contractctl.model.decision import Outcome, Unknown
from contractctl.model.evidence import Kind, Record
from contractctl.model.plan import Stage, Standing, State
from tests.evidence.conftest import NOW, PATH, QUESTION, WINDOW, only

SETTINGS = {"contract": "shop/orders", "covers": "reporting", "requests": "GET /orders*"}

ENVOY = (
    '[2026-11-03T03:59:00.123Z] "GET /orders?id=1 HTTP/2" 200 - 0 154 45 41 '
    '"10.0.0.9" "reporting/2.1" "cc21d9b0-cf5c" "shop.internal" "10.0.35.28:80"\n'
)


def at(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


def combined(moment: float, uri: str = "/health", agent: str = "reporting/2.1", user: str = "-", more: str = "") -> str:
    return f'10.0.0.7 - {user} [{at(moment)}] "GET {uri} HTTP/1.1" 200 512 "-" "{agent}"{more}\n'


def alive(begin: float = NOW - WINDOW - 60, end: float = NOW - 30) -> str:
    return "".join(combined(begin + step * 30) for step in range(int((end - begin) / 30) + 1))


def collected(root: Path, text: str | bytes, question: Question = QUESTION, **options: str) -> tuple[Record, ...]:
    raw = text if isinstance(text, bytes) else text.encode()
    (root / "access.log").write_bytes(raw)
    return evidence.collect("access_log", "access.log*", SETTINGS | options, question, root=root, folder=root)


def reads(records: tuple[Record, ...]) -> list[tuple[str, str, str, float]]:
    return [
        (one.labels["consumer"], one.labels["version"], one.labels.get("certainty", ""), one.value)
        for one in only(records, Kind.READS).series
        if one.value
    ]


def reason(record: Record) -> Unknown | None:
    found = flaw(record, Clock(NOW, 3600.0, 60.0))
    return None if found is None else found.reason


def outcome(records: tuple[Record, ...], party: Party = QUESTION.consumers["shop/orders"][0]) -> tuple[Outcome, object]:
    """The condition on the one consumer."""
    facts = {"plan": QUESTION.plan, "stage": Stage.QUIESCE, "standing": Standing(State.CANARY, NOW - 10, 100)}
    made = decide(**facts, consumers={"shop/orders": (party,)}, records=records, now=NOW)
    (found,) = [one for one in made.conditions if one.name == f"reads of {PATH} by reporting"]
    return found.outcome, found.reason


@pytest.mark.parametrize(
    ("form", "line", "options", "seen"),
    [
        ("combined", combined(NOW - 60, "/orders/7"), {}, ("reporting", "2.1", "may", 1)),
        (
            "combined",
            combined(NOW - 60, "/orders?a=1", user="app one"),
            {"consumer": "user"},
            ("app one", "", "may", 1),
        ),
        ("combined", combined(NOW - 60, "//Orders%2F7", "curl/8"), {"roles": "curl=ops"}, ("ops", "8", "may", 1)),
        (
            "combined",
            combined(NOW - 60, "/orders", more=' "billing" "2024-01"'),
            {"columns": "x-client x-version", "consumer": "x-client", "version": "x-version"},
            ("billing", "", "may", 1),
        ),
        ("combined", f"shop.example:443 {combined(NOW - 60, '/orders')}", {}, ("reporting", "2.1", "may", 1)),
        ("combined", f'h - - [{at(NOW)}] "GET /orders HTTP/1.1" 200 5\n', {}, ("", "", "may", 1)),
        (
            "envoy",
            ENVOY,
            {},
            ("reporting", "2.1", "may", 1),
        ),
        (
            "json",
            json.dumps({"ts": NOW - 60, "http": {"path": "/orders?fields=id,customerName"}, "client": "reporting"}),
            {"time": "ts", "uri": "http.path", "consumer": "client", "fields": "fields"},
            ("reporting", "", "", 1),
        ),
        (
            "json",
            json.dumps({"t": str(NOW - 60), "read": ["orders.id", PATH], "who": {"app": "reporting/3"}}),
            {"time": "t", "field": "read", "agent": "who.app"},
            ("reporting", "3", "", 1),
        ),
    ],
)
def test_who_asks_is_told_from_every_form(
    tmp_path: Path, form: str, line: str, options: dict[str, str], seen: tuple[str, str, str, float]
) -> None:
    assert reads(collected(tmp_path, line.rstrip("\n") + "\n", form=form, **options)) == [seen]


@pytest.mark.parametrize(
    ("uri", "certainty"),
    [
        ("/orders", "may"),
        ("/orders?fields=", "may"),
        ("/orders?fields=id,customer_name", ""),
        ("/orders?fields=id%2CcustomerName", ""),
        ("/orders?fields[orders]=customer-name", ""),
        ("/orders?fields=id&fields=", "may"),
        ("/orders?fields=*", "may"),
        ("/orders?fields=order", "may"),
        ("/orders?fields=-total", None),
        ("/orders?fields=lines(id,total)", "may"),
        ("/orders?fields[people]=name", "may"),
        ("http://shop.internal/orders", "may"),
        ("/orders?fields=id,total", None),
        ("/orders?fields[orders]=id", None),
        ("/invoices", None),
    ],
)
def test_only_a_request_that_asks_for_other_fields_alone_reads_none(
    tmp_path: Path, uri: str, certainty: str | None
) -> None:
    found = reads(collected(tmp_path, combined(NOW - 60, uri), fields="fields"))

    assert found == ([] if certainty is None else [("reporting", "2.1", certainty, 1)])


def test_a_version_that_no_longer_has_the_field_reads_none_and_any_other_may(tmp_path: Path) -> None:
    lines = (combined(NOW - 60, "/orders", more=f' "{version}"') for version in ("2.0", "2.1", "1.9", "-", "20"))

    found = reads(collected(tmp_path, "".join(lines), columns="v", version="v", new_versions="2.*"))

    assert found == [("reporting", "2.1", "may", 3)]


def test_a_log_without_a_gap_proves_silence_and_only_of_those_who_pass_through_it(tmp_path: Path) -> None:
    whole = collected(tmp_path, alive())

    assert outcome(whole) == (Outcome.PASS, None)
    assert outcome(collected(tmp_path, alive(), covers="")) == (Outcome.UNKNOWN, Unknown.MISSING_SOURCE)
    assert outcome(collected(tmp_path, alive(), covers="billing")) == (Outcome.UNKNOWN, Unknown.DARK_CONSUMER)


def test_a_request_that_may_read_keeps_the_gate_closed_until_somebody_answers_for_it(tmp_path: Path) -> None:
    asked = collected(tmp_path, alive() + combined(NOW - 60, "/orders"))
    read = collected(tmp_path, alive() + combined(NOW - 60, "/orders?fields=customer_name"), fields="fields")

    assert outcome(asked) == (Outcome.UNKNOWN, Unknown.DARK_CONSUMER)
    assert outcome(asked, Party("reporting", retired=True)) == (Outcome.UNKNOWN, Unknown.DARK_CONSUMER)
    assert outcome(asked, Party("reporting", migrated=True)) == (Outcome.PASS, None)
    assert outcome(read, Party("reporting", migrated=True)) == (Outcome.FAIL, None)


def broken(kind: str) -> dict[str, str | bytes]:
    """The files of a log that lacks something."""
    whole, half = alive(), alive(end=NOW - WINDOW / 2)
    archive = gzip.compress(combined(NOW - 60).encode() * 50)
    return {
        "a gap": {"": alive(end=NOW - 7200) + alive(begin=NOW - 3600)},
        "a late start": {"": alive(begin=NOW - WINDOW / 2)},
        "an early end": {"": half},
        "a line cut off": {"": whole + combined(NOW - 60)[:40]},
        "rubbish": {"": whole + "rubbish\n"},
        "no text": {"": whole.encode() + b"\xff\n"},
        "a long line": {"": whole + combined(NOW - 60, "/" + "x" * 1_000_000)},
        "a file that is gone": {"": alive(begin=NOW - 600), ".2": alive(end=NOW - 570)},
        "a half archive": {"": whole, ".1.gz": archive[:-9]},
        "another server that was silent": {"": whole, "-b": half},
    }[kind]


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("a gap", Unknown.DARK_CONSUMER),
        ("a late start", Unknown.WINDOW_NOT_COVERED),
        ("an early end", Unknown.STALE),
        ("a line cut off", Unknown.TRUNCATED),
        ("rubbish", Unknown.UNPARSEABLE),
        ("no text", Unknown.UNPARSEABLE),
        ("a long line", Unknown.UNPARSEABLE),
        ("a file that is gone", Unknown.TRUNCATED),
        ("a half archive", Unknown.TRUNCATED),
        ("another server that was silent", Unknown.STALE),
    ],
)
def test_a_log_that_lacks_something_proves_no_silence(tmp_path: Path, kind: str, why: Unknown) -> None:
    files = broken(kind)
    for ending, content in files.items():
        (tmp_path / f"access.log{ending}").write_bytes(content if isinstance(content, bytes) else content.encode())

    records = collected(tmp_path, files[""])

    assert outcome(records)[0] is Outcome.UNKNOWN
    assert why in {outcome(records)[1], *map(reason, records)}


def test_a_log_named_in_an_entry_of_its_own_hides_no_gap_of_another(tmp_path: Path) -> None:
    gap = alive(end=NOW - WINDOW / 2) + alive(begin=NOW - WINDOW / 2 + 3600)
    (tmp_path / "other.log").write_text(gap)

    whole = collected(tmp_path, alive())
    other = evidence.collect("access_log", "other.log", SETTINGS, QUESTION, root=tmp_path, folder=tmp_path)

    assert outcome(whole) == (Outcome.PASS, None)
    assert outcome(whole + other) == outcome(other + whole) == (Outcome.UNKNOWN, Unknown.DARK_CONSUMER)


def test_a_sample_proves_a_read_and_no_silence(tmp_path: Path) -> None:
    assert outcome(collected(tmp_path, alive(), sampling="0.1")) == (Outcome.UNKNOWN, Unknown.SAMPLED)


def test_what_was_no_request_and_was_refused_spoils_nothing(tmp_path: Path) -> None:
    refused = f'10.0.0.7 - - [{at(NOW - 60)}] "\\x16\\x03\\x01" 400 157 "-" "-"\n'

    assert outcome(collected(tmp_path, alive() + refused)) == (Outcome.PASS, None)
    answered = collected(tmp_path, alive() + refused.replace(" 400 ", " 200 "))
    assert reason(only(answered, Kind.READS)) is Unknown.UNPARSEABLE


def test_rotated_and_compressed_files_are_one_log(tmp_path: Path) -> None:
    (tmp_path / "access.log.2.gz").write_bytes(gzip.compress(alive(end=NOW - 7200).encode()))
    (tmp_path / "access.log.1").write_text(alive(begin=NOW - 7190, end=NOW - 3600))

    assert outcome(collected(tmp_path, alive(begin=NOW - 3590))) == (Outcome.PASS, None)


def test_a_plan_that_takes_nothing_from_the_contract_asks_nothing_of_the_log(tmp_path: Path) -> None:
    assert collected(tmp_path, "rubbish\n", contract="shop/other") == ()


def test_a_long_log_is_read_in_little_memory_and_a_crowd_is_no_consumer(tmp_path: Path) -> None:
    lines = "".join(combined(NOW - 3600 + n % 3000, "/orders", f"app{n % 20}/1") for n in range(8_000))
    crowd = "".join(combined(NOW - 60, "/orders", f"visitor{n}") for n in range(1_001))
    tracemalloc.start()
    records = collected(tmp_path, lines)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert sum(count for *_, count in reads(records)) == 8_000
    assert peak < 3 * len(lines)  # the text itself and its bytes, and nothing that grows with the lines
    assert reason(only(collected(tmp_path, crowd), Kind.READS)) is Unknown.TRUNCATED


@pytest.mark.parametrize("kind", ["a long line", "a half archive"])
def test_a_record_rests_on_every_byte_also_of_what_nobody_can_read(tmp_path: Path, kind: str) -> None:
    def digest(letter: str) -> str:
        if kind == "a long line":
            return only(collected(tmp_path, "x" * 1_100_000 + letter + "\n"), Kind.READS).digest
        (tmp_path / "access.log.1.gz").write_bytes(gzip.compress(f"{letter}\n".encode() * 99)[:-4])
        return only(collected(tmp_path, ""), Kind.READS).digest

    assert digest("a") != digest("b")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"form": "iis"}, "form 'iis' is not known"),
        ({"contract": ""}, "whose fields"),
        ({"form": "json"}, "which keys"),
        ({"form": "json", "time": "t"}, "which keys"),
        ({"uri": "path"}, "names a key of JSON"),
        ({"consumer": "x-client"}, "no column is called 'x-client'"),
        ({"sampling": "0"}, "sampling = '0'"),
        ({"sampling": "nan"}, "sampling = 'nan'"),
        ({"colour": "red"}, "'colour' is not a known option"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path: Path, options: dict[str, str], message: str) -> None:
    with pytest.raises(ContractctlError, match=message):
        collected(tmp_path, alive(), **options)
