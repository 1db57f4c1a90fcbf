"""What does a whole process cost that checks two files? Witnesses and all, beside a bare import of two libraries."""

import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from measuring import Row, installed, seconds

RUNS = 25
PAIRS = {
    "old.avsc": ('{"type": "record", "name": "Order", "fields": [{"name": "%s", "type": "string"}]}'),
    "old.json": ('{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"%s": {"type": "string"}}}'),
    "old.proto": ('syntax = "proto3";\nmessage Order {\n  string %s = 1;\n}\n'),
}


def measure(folder: Path) -> Iterator[Row]:
    """Interleaved: what else the machine does, it does to all of them."""
    contractctl = str(Path(sys.executable).with_name("contractctl"))
    commands = {
        "python -c 'import click, fastavro'": [sys.executable, "-c", "import click, fastavro"],
        "contractctl --version": [contractctl, "--version"],
    }
    for name, text in PAIRS.items():
        old, new = folder / name, folder / name.replace("old", "new")
        old.write_text(text % "customer_name")
        new.write_text((text % "full_name").replace('"string"}}', '"integer"}}'))
        commands[f"contractctl check {old.name} {new.name}"] = [contractctl, "check", str(old), str(new)]
    known = {f"{name}, known already": command for name, command in commands.items() if "check" in name}
    environments = {name: {**installed(folder), "CONTRACTCTL_CACHE": "off"} for name in commands}
    environments |= {name: {**installed(folder), "CONTRACTCTL_CACHE": str(folder / "cache")} for name in known}
    times: dict[str, list[float]] = {name: [] for name in environments}
    for _ in range(1 + RUNS):
        for name, command in (commands | known).items():
            run = partial(subprocess.run, command, env=environments[name], capture_output=True, check=False)
            times[name].append(seconds(run))
    medians = {name: statistics.median(taken[1:]) for name, taken in times.items()}  # the first one wrote the bytecode
    base = medians["python -c 'import click, fastavro'"]
    for name, median in medians.items():
        yield name, f"{median * 1000:.0f} ms", f"{median / base:.2f} × the import"
