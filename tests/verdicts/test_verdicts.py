"""Is a pair judged once, and never answered with a verdict that was made of something else?"""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from contractctl import caches, verdicts
from contractctl.compatibility import Terms, compare_sources, source_of
from contractctl.model.contract import File, Policy, Source
from contractctl.model.verdict import Answer, Comparison, Status
from contractctl.verdicts import judged, kept
from tests.conftest import Run

OLD = source_of('{"type": "enum", "name": "E", "symbols": ["A", "B"]}', "old.avsc")
NEW = source_of('{"type": "enum", "name": "E", "symbols": ["A"]}', "new.avsc")
YES = Comparison(Answer(Status.COMPATIBLE), Answer(Status.COMPATIBLE))
KEY = bytes(range(32))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv(caches.VARIABLE, str(tmp_path / "kept"))
    yield tmp_path / "kept"
    verdicts._judges.cache_clear()


def entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_verdict_comes_back_as_it_was_made(folder: Path) -> None:
    first = judged(OLD, NEW, "avro", Terms())

    assert first == judged(OLD, NEW, "avro", Terms()) == compare_sources(OLD, NEW, "avro", Terms())
    assert first.backward.findings[0].witness is not None
    assert len(entries(folder)) == 1


def test_what_is_known_is_not_judged_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = judged(OLD, NEW, "avro", Terms())
    monkeypatch.setattr(verdicts, "compare_sources", None)

    assert judged(OLD, NEW, "avro", Terms()) == first


@pytest.mark.parametrize(
    ("old", "new", "terms"),
    [
        (NEW, OLD, Terms()),
        (source_of(OLD.files[0].text, "other.avsc"), NEW, Terms()),
        (OLD, source_of(NEW.files[0].text + " ", "new.avsc"), Terms()),
        (OLD, replace(NEW, companions=(File("more.avsc", '"int"'),)), Terms()),
        (OLD, replace(NEW, folder="new"), Terms()),
        (OLD, NEW, Terms(strict=True)),
        (OLD, NEW, Terms(witnesses=False)),
        (OLD, NEW, Terms(contract="shop/x")),
        (OLD, NEW, Terms(old_name="1.0.0")),
        (OLD, NEW, Terms(policy=Policy(content_model="open"))),
    ],
)
def test_whatever_stands_in_a_verdict_makes_another_one(folder: Path, old: Source, new: Source, terms: Terms) -> None:
    judged(OLD, NEW, "avro", Terms())
    judged(old, new, "avro", terms)

    assert len(entries(folder)) == 2


def test_other_code_other_packages_and_another_python_judge_anew(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(OLD, NEW, "avro", Terms())
    (tmp_path / "site/fastavro-99.0.dist-info").mkdir(parents=True)
    for number, (name, value) in enumerate(
        [("path", [*sys.path, str(tmp_path / "site")]), ("version", "4.0 of tomorrow")], 2
    ):
        monkeypatch.setattr(sys, name, value)
        verdicts._judges.cache_clear()
        judged(OLD, NEW, "avro", Terms())
        assert len(entries(folder)) == number

    monkeypatch.setattr(verdicts, "_own", lambda: [("resolution.py", 1, 1)])
    verdicts._judges.cache_clear()
    judged(OLD, NEW, "avro", Terms())
    assert len(entries(folder)) == 4


@pytest.mark.parametrize(("length", "more"), [(-1, b""), (0, b""), (40, b"!"), (None, b" ")])
def test_a_spoiled_entry_is_none(folder: Path, length: int | None, more: bytes) -> None:
    first = judged(OLD, NEW, "avro", Terms())
    (entry,) = entries(folder)
    entry.write_bytes(entry.read_bytes()[:length] + more)

    assert judged(OLD, NEW, "avro", Terms()) == first


def test_an_entry_that_was_put_under_another_key_is_none(folder: Path) -> None:
    kept.write(folder, KEY, YES)
    (entry,) = entries(folder)
    other = bytes([*KEY[:-1], 99])
    entry.rename(entry.parent / other.hex()[2:])

    assert kept.read(folder, KEY) is kept.read(folder, other) is None


def test_a_whole_entry_of_another_make_is_none(folder: Path) -> None:
    kept.write(folder, KEY, YES)
    (entry,) = entries(folder)
    for content in (b"{}", b'{"backward": 1}', b"\xff", b"[" * 100_000):
        entry.write_bytes(kept._sum(KEY, content) + content)

        assert kept.read(folder, KEY) is None


def test_nothing_is_kept_where_nothing_is_wanted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(caches.VARIABLE, caches.OFF)
    judged(OLD, NEW, "avro", Terms())

    assert not folder.exists()


def test_where_nothing_can_be_kept_it_is_judged_all_the_same(folder: Path) -> None:
    folder.write_text("a file stands in the way")

    assert judged(OLD, NEW, "avro", Terms()).backward.status is Status.INCOMPATIBLE


def test_room_is_made_where_a_shelf_is_full(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_MOST_BYTES", 256 * 2000)
    for number in range(64):
        kept.write(folder, bytes([7] * 31 + [number]), YES)
    before = len(entries(folder))
    kept.write(folder, bytes([7] * 30 + [8, 0]), YES)

    assert len(entries(folder)) < before
    assert kept.read(folder, bytes([7] * 30 + [8, 0])) == YES


def test_many_at_once_do_not_disturb_each_other(folder: Path) -> None:
    def one(number: int) -> bool:
        key = bytes([3] * 31 + [number % 8])
        kept.write(folder, key, YES)
        return kept.read(folder, key) == YES

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(400)))


def test_a_known_pair_is_answered_without_the_libraries_of_its_format(tmp_path: Path, contractctl: Run) -> None:
    for name, source in (("old.avsc", OLD), ("new.avsc", NEW)):
        (tmp_path / name).write_text(source.files[0].text)
    first = contractctl("check", "old.avsc", "new.avsc", code=1)
    program = (
        "import sys; sys.argv = ['contractctl', 'check', 'old.avsc', 'new.avsc']\n"
        "from contractctl.cli import run\n"
        "code = run(sys.argv[1:])\n"
        "print([name for name in sys.modules if 'avro' in name and 'companions' not in name], code)"
    )
    second = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env={**os.environ}, text=True, capture_output=True, check=True
    )

    assert second.stdout == f"{first.stdout}[] 1\n"
    assert contractctl("check", "old.avsc", "new.avsc", "--no-cache", code=1).stdout == first.stdout
