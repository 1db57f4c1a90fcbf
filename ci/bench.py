"""How fast is it, beside something that everybody knows? One table; each row is a ratio measured in this very run."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

RUNS = 25
OLD = {"type": "record", "name": "OrderPlaced", "fields": [{"name": "customer_name", "type": "string"}]}
NEW = {"type": "record", "name": "OrderPlaced", "fields": [{"name": "full_name", "type": "string"}]}
Row = tuple[str, str, str]


def start_up(folder: Path) -> Iterator[Row]:
    """Time check OLD NEW, witnesses and all, against a bare import of the two libraries it stands on."""
    old, new = folder / "old.avsc", folder / "new.avsc"
    old.write_text(json.dumps(OLD))
    new.write_text(json.dumps(NEW))
    contractctl = str(Path(sys.executable).with_name("contractctl"))
    commands = {
        "python -c 'import click, fastavro'": [sys.executable, "-c", "import click, fastavro"],
        "contractctl --version": [contractctl, "--version"],
        "contractctl check old.avsc new.avsc": [contractctl, "check", str(old), str(new)],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS):  # interleaved: what else the machine does, it does to all of them
        for name, command in commands.items():
            times[name].append(_seconds(lambda c=command: subprocess.run(c, capture_output=True, check=False)))
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    base = medians["python -c 'import click, fastavro'"]
    for name, median in medians.items():
        yield name, f"{median * 1000:.0f} ms", f"{median / base:.2f} × the import (bar for check: 2.5)"


def pairs_per_second(folder: Path) -> Iterator[Row]:
    """A hundred-field Avro pair, one field renamed, judged again and again in one process."""
    del folder
    from contractctl.compatibility import compare

    fields = [{"name": f"f{i}", "type": "string"} for i in range(100)]
    old = json.dumps({**OLD, "fields": [*OLD["fields"], *fields]})
    new = json.dumps({**NEW, "fields": [*NEW["fields"], *fields]})
    parse = _seconds(lambda: [json.loads(text) for _ in range(200) for text in (old, new)])
    for witnesses in (False, True):
        compare(old, new, format="avro", witnesses=witnesses)
        taken = _seconds(lambda w=witnesses: [compare(old, new, format="avro", witnesses=w) for _ in range(200)])
        name = f"avro pairs of 100 fields, {'with' if witnesses else 'without'} witnesses"
        yield name, f"{200 / taken:.0f} pairs/s", f"{taken / parse:.1f} × json.loads of both"


def backfill(folder: Path) -> Iterator[Row]:
    """The backfill of a renamed column against the one big UPDATE that it replaces, both on SQLite."""
    from bench_backfill import measure

    yield from measure(folder)


BENCHES: dict[str, Callable[[Path], Iterator[Row]]] = {
    "start-up": start_up,
    "pairs": pairs_per_second,
    "backfill": backfill,
}


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main() -> None:
    """Run the measurements whose name contains the first argument; all without one."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    for name, bench in BENCHES.items():
        if wanted in name:
            with tempfile.TemporaryDirectory() as folder:
                print(f"\n{name}: {(bench.__doc__ or '').strip()}")
                for what, value, ratio in bench(Path(folder)):
                    print(f"  {what:<48}  {value:>16}  {ratio}")


main()
