"""Does the demo go as it is told: anywhere, for anybody, and with nothing left behind?"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOLD = (
    "No default value for field full_name in shop.OrderPlaced",
    "no such column: customer_name",
    "wrote the plan 'rename-customer'",
    "backfill is done: 'rename-customer' is backfilled",
    "verify is done: 'rename-customer' is verified",
    "(too few samples)",
    "the new path is worse",
    "reporting@1.0 read 'orders.customer_name'",
    "reporting@1.0 read 'OrderPlaced.customer_name'",
    "quiesce is done: 'rename-customer' is quiesced",
    "contract is done: 'rename-customer' is contracted",
    "0 writes lost, 0 orders unaccounted for",
    "events converted up",
    "The old name is gone, its users moved before it went, and nothing was lost.",
)


def a_stranger_s_environment(folder: Path) -> dict[str, str]:
    """Nobody's home, nobody's git, and only one folder that may be written to."""
    temporary = folder / "tmp"
    temporary.mkdir()
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("GIT_", "CONTRACTCTL_"))}
    return {**kept, "HOME": "/nonexistent", "TMPDIR": str(temporary)}


def start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "contractctl", "demo", *arguments],
        cwd="/",
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_demo_goes_as_told_for_a_stranger_and_leaves_only_its_report(tmp_path: Path) -> None:
    """One test, because one run takes a minute and workers do not share it."""
    began = time.monotonic()
    process = start(a_stranger_s_environment(tmp_path))
    try:
        out, err = process.communicate(timeout=240)
    finally:
        process.kill()
    sys.stdout.write(f"the demo took {time.monotonic() - began:.1f} s\n")

    assert process.returncode == 0, f"{out[-3000:]}\n{err}"
    assert err == ""
    assert [sentence for sentence in TOLD if sentence not in out] == []
    assert list(TOLD) == sorted(TOLD, key=out.index)
    assert "\033" not in out, "what goes to a pipe has no colour"
    every_version_s_writes_are_counted(out)
    only_the_report_is_left(out, tmp_path / "tmp")


def every_version_s_writes_are_counted(out: str) -> None:
    counts = dict(re.findall(r"([\d,]+) writes by (shop-\S+)", out))
    expected = re.search(r"([\d,]+) orders expected", out)

    assert sorted(counts.values()) == ["shop-1.0", "shop-2.0", "shop-2.0.1"]
    assert min(number(count) for count in counts) > 100
    assert expected is not None
    assert number(expected[1]) > 200_000


def number(text: str) -> int:
    return int(text.replace(",", ""))


def only_the_report_is_left(out: str, temporary: Path) -> None:
    printed = re.search(r"one file for every browser: (\S+)", out)
    left = [found for found in temporary.rglob("*") if found.is_file()]

    assert printed is not None
    assert left == [Path(printed[1])]
    page = left[0].read_text(encoding="utf-8")
    assert "shop/orders" in page
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page), "the page is not self-contained"


@pytest.mark.parametrize(("asked", "more"), [(signal.SIGTERM, ("--prometheus",)), (signal.SIGINT, ())])
def test_a_demo_that_is_stopped_leaves_neither_processes_nor_files(
    tmp_path: Path, asked: signal.Signals, more: tuple[str, ...]
) -> None:
    environment = a_stranger_s_environment(tmp_path)
    process = start(environment, "--no-color", *more)
    assert process.stdout is not None
    for line in process.stdout:
        if "demo.reporting" in line:
            break
    assert any("prometheus" in found for found in working_in(tmp_path)) is bool(more)

    process.send_signal(asked)
    _, err = process.communicate(timeout=60)

    assert process.returncode not in (0, 70), err
    assert "Traceback" not in err
    assert list((tmp_path / "tmp").iterdir()) == []
    deadline = time.monotonic() + 10
    while working_in(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert working_in(tmp_path) == []


def working_in(folder: Path) -> list[str]:
    """The processes whose working directory is, or was, below the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            where = str((process / "cwd").readlink())
        except OSError:
            continue
        if where.startswith(str(folder)):
            found.append(f"{(process / 'comm').read_text().strip()} {process.name} in {where}")
    return found


def test_a_demo_without_the_server_that_it_needs_says_how_to_get_it(tmp_path: Path) -> None:
    environment = a_stranger_s_environment(tmp_path) | {"PATH": str(tmp_path)}

    _, err = start(environment, "--prometheus").communicate(timeout=60)

    assert "there is no program 'prometheus' on PATH" in err
    assert "apt-get install prometheus" in err
    assert list((tmp_path / "tmp").iterdir()) == []
