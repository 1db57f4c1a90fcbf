"""What does a decision over long files cost? Time a line beside wc -l and a plain JSON parse, and the most memory.

BENCH_LINES=10000000 reads so many lines of a log, and a tenth of it as statements; 1,000,000 without it.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from measuring import Row, seconds

from contractctl import evidence
from contractctl.evidence.questions import Question
from contractctl.gate import decide
from contractctl.model.contract import Party
from contractctl.model.plan import Movement, Operation, Plan, Stage, Standing, State

LINES = int(os.environ.get("BENCH_LINES", "1000000"))
NOW = 1_793_678_400.0
WINDOW = 31 * 86400.0
CONSUMERS = 20
NAME = "seen.csv"
NAMES = {"contract": "shop/orders", "path": "orders.customer_name"}
NO_SERVER = 'missing source: no server says that pgaudit writes every statement: server = "env:NAME"'
"""Reads count without one."""
PLAN = Plan(
    name="rename",
    movements=(Movement("shop/orders", "sql", "1.0.0", "1.1.0", "2.0.0"),),
    operations=(Operation("rename-column", "shop/orders", "orders", "customer_name", "full_name"),),
    revisions={},
)
PARTIES = {"shop/orders": tuple(Party(f"app{number}") for number in range(CONSUMERS))}


@dataclass(frozen=True, slots=True)
class File:
    """One kind of file that evidence is read from."""

    what: str
    source: str
    options: Mapping[str, str]
    line: Callable[[int, float], str]
    part: int = 1
    """One line of so many that the longest has."""


def _log(number: int, at: float) -> str:
    clock = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(at))
    return f'10.0.0.7 - - [{clock}] "GET /orders/{number} HTTP/1.1" 200 512 "-" "app{number % CONSUMERS}/2.1 (linux)"\n'


def _keys(number: int, at: float) -> str:
    said = {"time": at, "uri": f"/orders/{number}", "agent": f"app{number % CONSUMERS}/2.1", "status": 200}
    return json.dumps(said) + "\n"


def _own(number: int, at: float) -> str:
    about = {"consumer": f"app{number % CONSUMERS}", "version": "2.1", **NAMES}
    said = {"kind": "reads", "from": at, "to": at, "count": 1} if number % 2 else {"kind": "alive", "at": at}
    return json.dumps(said | about) + "\n"


def _otlp(number: int, at: float) -> str:
    """One export of one process: its counter and its sign of life."""
    names = {"contract.name": "shop/orders", "contract.field.path": "orders.customer_name"}
    point = {
        "attributes": [{"key": key, "value": {"stringValue": text}} for key, text in names.items()],
        "startTimeUnixNano": str(int((NOW - WINDOW) * 1e9)),
        "timeUnixNano": str(int(at * 1e9)),
        "asInt": str(number // CONSUMERS),
    }
    metrics = [
        {"name": "contract.field.reads", "sum": {"dataPoints": [point], "aggregationTemporality": 2}},
        {"name": "contract.instrumentation.info", "gauge": {"dataPoints": [{**point, "asInt": "1"}]}},
    ]
    service = [{"key": "service.name", "value": {"stringValue": f"app{number % CONSUMERS}"}}]
    found = {"resource": {"attributes": service}, "scopeMetrics": [{"metrics": metrics}]}
    return json.dumps({"resourceMetrics": [found]}) + "\n"


def _audited(number: int, at: float) -> str:
    """One entry of pgaudit in a csvlog: one of twenty names the table."""
    clock = time.strftime("%Y-%m-%d %H:%M:%S.000 UTC", time.gmtime(at))
    sql = f"SELECT name FROM products WHERE id = {number}" if number % 20 else "SELECT customer_name FROM orders"
    said = f'"AUDIT: SESSION,{number},1,READ,SELECT,,,{sql},<none>"'
    who = f'"app{number // 20 % CONSUMERS}","shop",7,"",x,{number},"SELECT"'
    return f'{clock},{who},{clock},3/4,0,LOG,00000,{said},,,,,,,,,"",""\n'


ASKED = {"contract": "shop/orders", "requests": "/orders*", "covers": " ".join(f"app{n}" for n in range(CONSUMERS))}
FILES = (
    File("a log in the combined form", "access_log", ASKED, _log),
    File(
        "a log in JSON", "access_log", ASKED | {"form": "json", "time": "time", "uri": "uri", "agent": "agent"}, _keys
    ),
    File("statements in pgaudit's csvlog", "pgaudit", {}, _audited, 10),
    File("JSON lines of reads and signs of life", "jsonl", {}, _own, 10),
    File("OTLP, an export a line", "otlp", {}, _otlp, 10),
)


def measure(folder: Path) -> Iterator[Row]:
    """Each file is written, counted by wc, parsed where it is JSON, and decided about in a process of its own."""
    for number, file in enumerate(FILES):
        count, path = LINES // file.part, folder / NAME
        with path.open("w") as written:
            written.writelines(file.line(n, NOW - WINDOW + n * WINDOW / count) for n in range(count))
        size = path.stat().st_size / 2**20
        counted = seconds(partial(subprocess.run, ["wc", "-l", path], stdout=subprocess.DEVNULL, check=True))
        parsed = None if file.line in (_log, _audited) else seconds(partial(_parse, path))
        found = _decided(number, folder)
        each = found["seconds"] / count
        beside = [f"{found['seconds'] / counted:,.0f} × wc -l"]
        beside += [f"{found['seconds'] / parsed:.1f} × json.loads of every line"] if parsed else []
        beside += [f"{found['decided']:.0f} ms of it the decision", f"at most {found['memory']:.0f} MB"]
        yield f"{count:,} lines ({size:,.0f} MB) of {file.what}", f"{each * 1e6:.1f} µs a line", ", ".join(beside)
        path.unlink()


def _parse(path: Path) -> None:
    with path.open("rb") as lines:
        for line in lines:
            json.loads(line)


def _decided(number: int, folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, str(number)], cwd=folder, capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _decide(file: File) -> dict[str, float]:
    """As `evidence collect` and `gate` do it. Every consumer reads, so the answer is no."""
    question = Question(PLAN, PARTIES, None, NOW)
    begin = time.perf_counter()
    records = evidence.collect(file.source, NAME, file.options, question, root=Path(), folder=Path())
    collected = time.perf_counter()
    standing = Standing(State.CANARY, NOW - 10, 100)
    made = decide(plan=PLAN, stage=Stage.QUIESCE, standing=standing, consumers=PARTIES, records=records, now=NOW)
    ended = time.perf_counter()
    if len(made.conditions) < CONSUMERS or any(record.problem not in (None, NO_SERVER) for record in records):
        raise SystemExit(f"not decided: {[record.problem for record in records]}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": ended - begin, "decided": (ended - collected) * 1000, "memory": memory}


if __name__ == "__main__":
    print(json.dumps(_decide(FILES[int(sys.argv[1])])))
