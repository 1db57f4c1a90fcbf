"""OpenAPI documents of megabytes: Stripe's where they lie beside the checkout, and a made one; against openapi-diff.

In processor time of whole processes, so that other work on the machine does not count. Cold: nothing is remembered.
Warm: the same pair was judged before. oasdiff is measured too where a machine has it.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from measuring import SHARED, Row, installed

RUNS, COMPONENTS, PATHS = 3, 800, 400
CORPORA = SHARED / "corpora"
PAIRS = {
    "Stripe, JSON": ("stripe-json/openapi~spec3", "10/old.json", "10/new.json"),
    "Stripe, JSON, before that": ("stripe-json/openapi~spec3", "9/old.json", "9/new.json"),
    "Stripe, JSON, far apart": ("stripe-json/openapi~spec3", "9/old.json", "10/new.json"),
    "Stripe, YAML": ("stripe-yaml/openapi~spec3.sdk/6", "old.yaml", "new.yaml"),
}
CONTRACTCTL = str(Path(sys.executable).with_name("contractctl"))
PEER = Path(sys.prefix) / "openapi-diff"
"""Where the bench installs it, beside its other packages."""
MOST_SECONDS = 40
"""After that a peer is not waited for."""
READING = {
    "json": "import orjson, sys\nfor path in sys.argv[1:]: orjson.loads(open(path, 'rb').read())",
    "yaml": "import yaml, sys\nfor path in sys.argv[1:]: yaml.load(open(path, 'rb'), yaml.CSafeLoader)",
}
READERS = {"json": "orjson", "yaml": "PyYAML's CSafeLoader"}


@dataclass(frozen=True, slots=True)
class _Pair:
    name: str
    old: Path
    new: Path
    language: str

    @property
    def files(self) -> list[str]:
        return [str(self.old), str(self.new)]


def measure(folder: Path) -> Iterator[Row]:
    """Each pair with everything that can read it; the median of a few runs."""
    peers = dict(_peers())
    if "openapi-diff" not in peers:
        yield "openapi-diff", "-", "skipped: npm could not install it"
    for pair in _pairs(folder):
        yield from _measured(pair, folder, peers)


def _pairs(folder: Path) -> Iterator[_Pair]:
    yield _made(folder)
    for name, (below, old, new) in PAIRS.items():
        at = CORPORA / below
        if at.is_dir():
            yield _Pair(name, at / old, at / new, (at / new).suffix.removeprefix("."))


def _measured(pair: _Pair, folder: Path, peers: Mapping[str, list[str]]) -> Iterator[Row]:
    ours, check = installed(folder), [CONTRACTCTL, "check", *pair.files]
    commands = {
        "read": ([sys.executable, "-c", READING[pair.language], *pair.files], ours),
        "cold": (check, {**ours, "CONTRACTCTL_CACHE": "off"}),
        "warm": (check, {**ours, "CONTRACTCTL_CACHE": str(folder / "cache")}),
        "version": ([CONTRACTCTL, "--version"], ours),
    }
    for command, environment in commands.values():
        _work(command, folder, environment)  # makes bytecode, and what "warm" remembers
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, (command, environment) in commands.items():
            times[name].append(_work(command, folder, environment))
    taken = {name: statistics.median(each) for name, each in times.items()}
    what = f"{pair.name}, {pair.old.stat().st_size / 1e6:.1f} MB"
    for name, command in peers.items():
        yield f"{name}, {what}", *_peer([*command, *pair.files], folder, taken["cold"])
    yield f"{READERS[pair.language]} reads both, {what}", _shown(taken["read"]), ""
    beside = f"{taken['cold'] / taken['read']:.1f} × {READERS[pair.language]}"
    yield f"contractctl check, {what}, cold", _shown(taken["cold"]), beside
    again = f"{taken['warm'] / taken['version']:.1f} × contractctl --version"
    yield f"contractctl check, {what}, warm", _shown(taken["warm"]), again


def _peer(command: list[str], folder: Path, cold: float) -> tuple[str, str]:
    """What a peer took, once: some take a minute. Its answer is its own affair, whether it ended is not."""
    try:
        taken = _work(command, folder, dict(os.environ), range(-128, 256))
    except subprocess.TimeoutExpired:
        return "-", f"not done after {MOST_SECONDS} s, which is {MOST_SECONDS / cold:.0f} × contractctl check, cold"
    return _shown(taken), f"{taken / cold:.1f} × contractctl check, cold"


def _work(command: list[str], cwd: Path, environment: dict[str, str], fine: range = range(2)) -> float:
    """Seconds of processor time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=MOST_SECONDS
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in fine:
        raise SystemExit(f"{command[0]} said {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _shown(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _made(folder: Path) -> _Pair:
    """Components that lead to one another, behind paths; of three the new version says something else."""
    schemas = {f"Part{number}": _component(number) for number in range(COMPONENTS)}
    paths = {f"/parts{number}/{{id}}": _path(number) for number in range(PATHS)}
    document = {"openapi": "3.0.3", "info": {"title": "Parts", "version": "1"}, "paths": paths}
    old, new = folder / "old.json", folder / "new.json"
    old.write_text(json.dumps({**document, "components": {"schemas": schemas}}, indent=2))
    for number in (7, 70, 700):
        schemas[f"Part{number}"]["properties"]["said"] = {"type": "integer"}
    new.write_text(json.dumps({**document, "components": {"schemas": schemas}}, indent=2))
    return _Pair("made, JSON", old, new, "json")


def _component(number: int) -> dict[str, object]:
    parts = {f"part{step}": {"$ref": f"#/components/schemas/Part{number * step % COMPONENTS}"} for step in (2, 3, 5)}
    said = {"type": "string", "maxLength": 5000, "description": f"What part {number} says of itself, in a few words."}
    fields = {f"field{step}": {**said, "nullable": True} for step in range(12)}
    return {"type": "object", "required": ["said"], "properties": {"said": said, **fields, **parts}}


def _path(number: int) -> dict[str, object]:
    body = {"application/json": {"schema": {"$ref": f"#/components/schemas/Part{number}"}}}
    name = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    answer = {"200": {"description": "It.", "content": body}}
    return {
        "parameters": [name],
        "get": {"responses": answer},
        "put": {"requestBody": {"content": body}, "responses": answer},
    }


def _peers() -> Iterator[tuple[str, list[str]]]:
    """Those that are there, or can be had from npm."""
    npm, program = shutil.which("npm"), PEER / "node_modules" / ".bin" / "openapi-diff"
    if not program.exists() and npm is not None:
        command = [npm, "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(PEER), "openapi-diff"]
        subprocess.run(command, capture_output=True, check=False, timeout=300)
    if program.exists():
        yield "openapi-diff", [str(program)]
    oasdiff = shutil.which("oasdiff")
    if oasdiff is not None:
        yield "oasdiff", [oasdiff, "breaking"]
