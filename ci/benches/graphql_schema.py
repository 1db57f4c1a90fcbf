"""A schema of a megabyte: GitHub's where it lies beside the checkout, else a made one; against graphql-inspector.

Cold: nothing is remembered. Warm: the same pair was judged before.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from measuring import SHARED, Row, installed, medians

RUNS, TYPES, FIELDS = 3, 1200, 14
PAIR = SHARED / "corpora" / "github-graphql" / "schema" / "418"
CONTRACTCTL = str(Path(sys.executable).with_name("contractctl"))
INSPECTOR = Path(sys.prefix) / "graphql-inspector"
"""Where the bench installs it, beside its other packages."""


def measure(folder: Path) -> Iterator[Row]:
    """Whole processes, side by side; the median of a few runs."""
    old, new = (PAIR / "old.graphql", PAIR / "new.graphql") if PAIR.is_dir() else _made(folder)
    program = _inspector()
    installed_ = installed(folder)
    commands = {
        "cold": ([CONTRACTCTL, "check", str(old), str(new)], {**installed_, "CONTRACTCTL_CACHE": "off"}),
        "warm": ([CONTRACTCTL, "check", str(old), str(new)], {**installed_, "CONTRACTCTL_CACHE": str(folder / "c")}),
        "version": ([CONTRACTCTL, "--version"], installed_),
    }
    if program is not None:
        commands["inspector"] = ([str(program), "diff", str(old), str(new)], dict(os.environ))
    taken = medians(commands, folder, RUNS)
    what = f"{old.stat().st_size / 1e6:.2f} MB of GraphQL"
    if program is None:
        yield "graphql-inspector", "-", "skipped: npm could not install @graphql-inspector/cli"
    else:
        yield f"graphql-inspector diff, {what}", f"{taken['inspector'] * 1000:.0f} ms", ""
    beside = f"{taken['inspector'] / taken['cold']:.1f} times as fast as graphql-inspector" if program else ""
    yield f"contractctl check, {what}, cold", f"{taken['cold'] * 1000:.0f} ms", beside
    again = f"{taken['warm'] / taken['version']:.2f} × contractctl --version"
    yield f"contractctl check, {what}, warm", f"{taken['warm'] * 1000:.0f} ms", again


def _made(folder: Path) -> tuple[Path, Path]:
    """Objects that lead to one another; the new one says something else of two of them."""
    lines = ["type Query {", *(f"  t{number}(id: ID!): T{number}" for number in range(TYPES)), "}"]
    for number in range(TYPES):
        lines += [f'"""\nThe object number {number}.\n"""', f"type T{number} {{"]
        for field in range(FIELDS):
            lines += [
                f'  """What field {field} of it says."""',
                f"  f{field}(first: Int = 10): T{(number + field) % TYPES}!",
            ]
        lines.append("}")
    text = "\n".join(lines)
    old, new = folder / "old.graphql", folder / "new.graphql"
    old.write_text(text)
    new.write_text(text.replace("number 7.", "number seven.", 1).replace("(first: Int = 10): T9!", ": T9!", 1))
    return old, new


def _inspector() -> Path | None:
    """Its program; None where it cannot be had."""
    npm, program = shutil.which("npm"), INSPECTOR / "node_modules" / ".bin" / "graphql-inspector"
    if not program.exists() and npm is not None:
        command = [npm, "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(INSPECTOR)]
        subprocess.run([*command, "@graphql-inspector/cli", "graphql"], capture_output=True, check=False, timeout=300)
    return program if program.exists() else None
