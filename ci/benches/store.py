"""What does a large store cost? 1,000 contracts of all formats with 10 versions each, every one against every draft."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from generated import GENERATORS
from measuring import Row, installed

from contractctl.formats import FORMATS

CONTRACTS = int(os.environ.get("BENCH_CONTRACTS", "1000"))
VERSIONS = 10
FIELDS = 20


def measure(folder: Path) -> Iterator[Row]:
    """A check of the whole store: nothing known, everything known, one draft changed."""
    changed = generate(folder)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "everything")
    pairs = CONTRACTS * (VERSIONS + 1)
    cold = check(folder)
    yield f"{CONTRACTS:,} contracts, nothing known", f"{cold:.1f} s", f"{pairs / cold:,.0f} pairs/s"
    warm = min(check(folder) for _ in range(3))
    yield "the same again", f"{warm:.1f} s", f"{cold / warm:.0f} × as fast, {pairs / warm:,.0f} pairs/s"
    for way in ((), ("--against", "main")):
        text = changed.read_text(encoding="utf-8")
        changed.write_text(text.replace('"type": "long"', '"type": "int"'), encoding="utf-8")
        one = check(folder, *way, code=1)
        git(folder, "checkout", "--", ".")
        yield (
            f"one contract changed, check {' '.join(way)}".rstrip(),
            f"{one:.2f} s",
            f"{one / warm:.2f} × the same again",
        )


def generate(folder: Path) -> Path:
    """The store. The draft of one Avro contract."""
    formats = [name for name in GENERATORS if name in FORMATS]
    (folder / "contractctl.toml").touch()
    for number in range(CONTRACTS):
        name = formats[number % len(formats)]
        write, ending, kind = GENERATORS[name]
        contract = folder / f"contracts/domain-{number % 20}/contract-{number}"
        (contract / "versions").mkdir(parents=True)
        toml = f'format = "{name}"\nowner = "bench"\ncompatibility = "FULL_TRANSITIVE"\ndraft = "draft{ending}"\n{kind}'
        (contract / "contract.toml").write_text(toml)
        sums = []
        for version in range(VERSIONS):
            text = write(f"Thing{number}", FIELDS + version)
            (contract / f"versions/1.{version}.0{ending}").write_text(text)
            sums.append(f"{sha256(text.encode()).hexdigest()}  1.{version}.0{ending}\n")
        (contract / "versions/SHA256SUMS").write_text("".join(sums))
        (contract / f"draft{ending}").write_text(write(f"Thing{number}", FIELDS + VERSIONS))
    return folder / "contracts/domain-0/contract-0/draft.avsc"


def check(folder: Path, *options: str, code: int = 0) -> float:
    """Seconds of a process of its own."""
    command = [sys.executable, "-m", "contractctl", "check", *options]
    begin = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=folder,
        env={**installed(folder / ".git"), "CONTRACTCTL_CACHE": str(folder / ".git/cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != code:
        raise RuntimeError(f"exit {done.returncode}: {done.stdout[:2000]}{done.stderr[:2000]}")
    return time.perf_counter() - begin


def git(folder: Path, *arguments: str) -> None:
    """Run git as somebody."""
    who = ["-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "gc.auto=0"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)
