"""A tree of 300 .proto files of which one changed, against buf breaking, whose npm package carries it.

Cold: nothing was ever compiled. Edited: the tree was judged before, and then one more file was changed. Warm: again.
"""

import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from measuring import Row, finish, seconds

FILES, MESSAGES, FIELDS, RUNS = 300, 8, 10, 3
KINDS = ("int32", "int64", "string", "bool", "double", "bytes", "uint64")
CHECK = [str(Path(sys.executable).with_name("contractctl")), "check", "old"]
BUF = Path(sys.prefix) / "buf"
"""Where the bench installs it, beside its other packages."""


def measure(folder: Path) -> Iterator[Row]:
    """Whole processes, side by side; the median of a few runs."""
    for name in ("old", "new", "edited"):
        _tree(folder / name)
    _change(folder / "new", 150)
    _change(folder / "edited", 150)
    buf = _buf()
    times: dict[str, list[float]] = {"buf": [], "cold": [], "edited": [], "warm": []}
    for run in range(RUNS):
        _change(folder / "edited", 200 + run)
        cache = {**os.environ, "CONTRACTCTL_CACHE": str(folder / f"cache-{run}")}
        if buf is not None:
            command = [str(buf), "breaking", "--against", "../old"]
            times["buf"].append(seconds(lambda c=command: finish(c, folder / "new", codes=(100,))))
        for name, tree in (("cold", "new"), ("edited", "edited"), ("warm", "new")):
            times[name].append(seconds(lambda t=tree, c=cache: finish([*CHECK, t], folder, c, (1,))))
    medians = {name: statistics.median(taken) for name, taken in times.items() if taken}
    if "buf" in medians:
        yield f"buf breaking, {FILES} files", f"{medians['buf'] * 1000:.0f} ms", "WIRE_JSON, against the old folder"
    for name in ("cold", "edited", "warm"):
        beside = f"{medians['buf'] / medians[name]:.1f} times as fast as buf" if "buf" in medians else "no buf here"
        yield f"contractctl check, {FILES} files, {name}", f"{medians[name] * 1000:.0f} ms", beside
    if buf is None:
        yield "buf breaking", "-", "skipped: npm could not install @bufbuild/buf"


def _tree(root: Path) -> None:
    (root / "acme").mkdir(parents=True)
    (root / "buf.yaml").write_text("version: v2\nbreaking:\n  use: [WIRE_JSON]\n")
    for number in range(FILES):
        (root / "acme" / f"f{number}.proto").write_text(_text(number))


def _text(number: int) -> str:
    """A file that imports two before it, with messages that refer to theirs."""
    others = sorted({number // 2, number // 3} - {number})
    lines = ['syntax = "proto3";', f"package acme.p{number};", *(f'import "acme/f{one}.proto";' for one in others)]
    for message in range(MESSAGES):
        lines += [f"// Message {message} of file {number}.", f"message M{message} {{"]
        lines += [f"  {KINDS[(number + message + n) % 7]} field_{n} = {n + 1};  // the {n}th" for n in range(FIELDS)]
        lines += [f"  acme.p{one}.M{message} other_{one} = {20 + place};" for place, one in enumerate(others)]
        lines += ["  enum Kind { KIND_UNSPECIFIED = 0; KIND_A = 1; }", "  Kind kind = 30;", "}"]
    lines.append("service S { rpc Get(M0) returns (M1); rpc List(M2) returns (stream M3); }")
    return "\n".join(lines) + "\n"


def _change(root: Path, number: int) -> None:
    path = root / "acme" / f"f{number}.proto"
    path.write_text(path.read_text().replace("int32 field", "string field", 1).replace("bool field", "bytes field", 1))


def _buf() -> Path | None:
    """Buf's program; None where it cannot be had."""
    npm = shutil.which("npm")
    if _program() is None and npm is not None:
        command = [npm, "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(BUF), "@bufbuild/buf"]
        subprocess.run(command, capture_output=True, check=False, timeout=300)
    return _program()


def _program() -> Path | None:
    return next(BUF.glob("node_modules/@bufbuild/buf-*/bin/buf"), None)
