"""Is a release what it was released as, whatever happens to the process, the files, or their names?"""

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from contractctl import store
from contractctl.errors import ContractctlError
from contractctl.model.contract import File, SemanticVersion, Source

NAME = "orders/order-placed"
ONE = SemanticVersion(1, 0, 0)
TWO = SemanticVersion(1, 1, 0)


def text(content: str, name: str = "draft.avsc") -> Source:
    return Source((File(name, content),))


def versions(contracts: Path) -> Path:
    return contracts / NAME / "versions"


def test_a_release_is_the_draft_to_the_byte(tmp_path: Path) -> None:
    content = '\ufeff{"a":\r\n "ü"}'
    made = store.release(tmp_path, NAME, ONE, text(content))

    assert made == versions(tmp_path) / "1.0.0.avsc"
    assert made.read_bytes() == content.encode()
    assert store.broken_releases(tmp_path, NAME) == ()


def test_sha256sum_itself_agrees_with_what_is_recorded(tmp_path: Path) -> None:
    store.release(tmp_path, NAME, ONE, text("one"))
    store.release(tmp_path, NAME, TWO, text("two"))

    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=versions(tmp_path), check=True)


def test_a_version_of_several_files_is_a_folder_of_them(tmp_path: Path) -> None:
    draft = tmp_path / "draft"
    (draft / "parts").mkdir(parents=True)
    (draft / "main.sql").write_text("main")
    (draft / "parts/a.sql").write_text("a")
    made = store.release(tmp_path, NAME, ONE, store.source(draft))

    assert (made / "parts/a.sql").read_text() == "a"
    assert store.broken_releases(tmp_path, NAME) == ()
    assert store.digest(store.source(made)) == store.digest(store.source(draft))


def test_a_version_that_is_no_text_is_released_to_the_byte(tmp_path: Path) -> None:
    draft = tmp_path / "order.binpb"
    draft.write_bytes(bytes(range(256)))
    made = store.release(tmp_path, NAME, ONE, store.source(draft))

    assert made.read_bytes() == bytes(range(256))
    assert store.digest(store.source(made)) == hashlib.sha256(bytes(range(256))).hexdigest()


def test_files_keep_their_way_inside_the_version(tmp_path: Path) -> None:
    draft = tmp_path / "draft"
    (draft / "shop/v1").mkdir(parents=True)
    for name in ("a.proto", "b.proto"):
        (draft / "shop/v1" / name).write_text(name)
    made = store.release(tmp_path, NAME, ONE, store.source(draft))
    released = store.source(made)

    assert [released.path(file) for file in released.files] == ["shop/v1/a.proto", "shop/v1/b.proto"]
    assert store.digest(released) == store.digest(store.source(draft))


@pytest.mark.parametrize("name", ["ORDER.AVSC", "order", "order.2", "a b.schema.json"])
def test_whatever_the_draft_is_called_its_release_is_found_again(tmp_path: Path, name: str) -> None:
    made = store.release(tmp_path, NAME, ONE, text("one", name))

    assert store.version_path(tmp_path, NAME, ONE) == made


def test_a_disk_that_takes_no_more_is_told_with_the_release_that_was_not_made(tmp_path: Path) -> None:
    """The system's own error names no file; a limit of 1 KiB a file stands for the full disk."""
    lines = (
        "import sys; from pathlib import Path; from contractctl import store",
        "from contractctl.model.contract import File, SemanticVersion, Source",
        f"source = Source((File('draft.avsc', {'x' * 2000!r}),))",
        f"store.release(Path(sys.argv[1]), {NAME!r}, SemanticVersion(1, 0, 0), source)",
    )
    limited = ["bash", "-c", 'ulimit -f 1; exec "$@"', "bash", sys.executable, "-c", "\n".join(lines), str(tmp_path)]

    done = subprocess.run(limited, capture_output=True, text=True, check=False)

    assert f"File too large: '{versions(tmp_path)}/1.0.0.avsc'" in done.stderr
    assert [path.name for path in versions(tmp_path).iterdir()] == []


def test_a_taken_number_is_refused_and_the_release_stays(tmp_path: Path) -> None:
    made = store.release(tmp_path, NAME, ONE, text("one"))

    with pytest.raises(ContractctlError, match=r"1\.0\.0 was already released"):
        store.release(tmp_path, NAME, ONE, text("other"))
    with pytest.raises(ContractctlError, match=r"1\.0\.0 was already released"):
        store.release(tmp_path, NAME, ONE, text("one"))
    assert made.read_text() == "one"


KILLED = """
import os, sys
from dataclasses import replace
from pathlib import Path
from contractctl import store
from contractctl.model.contract import File, SemanticVersion, Source

calls = 0

watched = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir"}

def stop(event, arguments):
    global calls
    if event in watched and str(arguments[0]).startswith(sys.argv[1]):
        calls += 1
        if calls == int(sys.argv[2]):
            os.kill(os.getpid(), 9)

sys.addaudithook(stop)
store.release(Path(sys.argv[1]), "orders/order-placed", SemanticVersion(1, 1, 0), Source((File("d.avsc", "two"),)))
"""


def test_a_release_killed_at_any_step_is_finished_by_the_same_command(tmp_path: Path) -> None:
    killed = 0
    for step in range(1, 40):
        contracts = tmp_path / str(step)
        store.release(contracts, NAME, ONE, text("one"))
        done = subprocess.run([sys.executable, "-c", KILLED, contracts, str(step)], check=False, capture_output=True)
        if done.returncode == 0:
            break
        killed += done.returncode == -9
        present = store.version_path(contracts, NAME, TWO)
        assert present is None or present.read_text() == "two", f"half a release after step {step}"
        assert all(rule == "release-unrecorded" for rule, _ in store.broken_releases(contracts, NAME))

        if "1.1.0.avsc" not in (versions(contracts) / store.SUMS).read_text():
            store.release(contracts, NAME, TWO, text("two"))
        assert store.broken_releases(contracts, NAME) == ()
        assert (versions(contracts) / "1.0.0.avsc").read_text() == "one"
    assert killed >= 5
    assert done.returncode == 0, done.stderr


def test_what_a_killed_release_left_is_cleared_away_by_the_next(tmp_path: Path) -> None:
    store.release(tmp_path, NAME, ONE, text("one"))
    (versions(tmp_path) / ".release-left").mkdir()
    (versions(tmp_path) / ".release-left/file").write_text("half")
    (versions(tmp_path) / ".release-sums").write_text("half")
    store.release(tmp_path, NAME, TWO, text("two"))

    assert sorted(path.name for path in versions(tmp_path).iterdir()) == ["1.0.0.avsc", "1.1.0.avsc", "SHA256SUMS"]


def test_releases_made_at_the_same_time_are_all_recorded(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from contractctl import store;"
        "from contractctl.model.contract import File, SemanticVersion, Source;"
        "n = int(sys.argv[2]);"
        "store.release(Path(sys.argv[1]), 'a/b', SemanticVersion(1, n, 0), Source((File('d', str(n)),)))"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, tmp_path, str(n)]) for n in range(6)]

    assert [one.wait() for one in running] == [0] * 6
    assert store.broken_releases(tmp_path, "a/b") == ()
    assert len((tmp_path / "a/b/versions/SHA256SUMS").read_text().splitlines()) == 6


def test_a_release_is_taken_back_only_where_it_is_the_latest_and_holds_the_text(tmp_path: Path) -> None:
    store.release(tmp_path, NAME, ONE, text("one"))
    store.release(tmp_path, NAME, TWO, text("two"))

    store.withdraw(tmp_path, NAME, ONE, store.digest(text("one")))
    store.withdraw(tmp_path, NAME, TWO, store.digest(text("another")))
    assert len(list(versions(tmp_path).glob("*.avsc"))) == 2

    store.withdraw(tmp_path, NAME, TWO, store.digest(text("two")))
    assert [path.name for path in versions(tmp_path).glob("*.avsc")] == ["1.0.0.avsc"]
    assert store.broken_releases(tmp_path, NAME) == ()


@pytest.fixture
def released(tmp_path: Path) -> Path:
    store.release(tmp_path, NAME, ONE, text("one"))
    store.release(tmp_path, NAME, TWO, text("two"))
    return tmp_path


def test_an_edited_release_is_found(released: Path) -> None:
    (versions(released) / "1.0.0.avsc").write_text("One")

    assert [(rule, Path(file).name) for rule, file in store.broken_releases(released, NAME)] == [
        ("release-edited", "1.0.0.avsc")
    ]


def test_a_deleted_release_is_found(released: Path) -> None:
    (versions(released) / "1.0.0.avsc").unlink()

    assert [(rule, Path(file).name) for rule, file in store.broken_releases(released, NAME)] == [
        ("release-deleted", "1.0.0.avsc")
    ]


def test_a_release_put_there_by_hand_is_found(released: Path) -> None:
    (versions(released) / "2.0.0.avsc").write_text("three")

    assert [(rule, Path(file).name) for rule, file in store.broken_releases(released, NAME)] == [
        ("release-unrecorded", "2.0.0.avsc")
    ]


def test_a_file_added_to_a_released_folder_is_found(tmp_path: Path) -> None:
    several = Source((File("d/a.sql", "a"), File("d/b.sql", "b")))
    made = store.release(tmp_path, NAME, ONE, several)
    (made / "c.sql").write_text("c")

    assert [(rule, Path(file).name) for rule, file in store.broken_releases(tmp_path, NAME)] == [
        ("release-unrecorded", "c.sql")
    ]


def test_lost_digests_make_every_release_unrecorded(released: Path) -> None:
    (versions(released) / "SHA256SUMS").unlink()

    assert {rule for rule, _ in store.broken_releases(released, NAME)} == {"release-unrecorded"}


@pytest.mark.parametrize("line", [b"garbage", b"\xff\xfe", b"", b"0" * 64])
def test_spoiled_digests_are_named_with_their_line(released: Path, line: bytes) -> None:
    sums = versions(released) / "SHA256SUMS"
    sums.write_bytes(sums.read_bytes() + line + b"\n")

    with pytest.raises(ContractctlError, match=r"SHA256SUMS:3: this is not a line of sha256sum"):
        store.broken_releases(released, NAME)


@pytest.mark.parametrize("stray", ["notes.txt", "1.0.avsc", "v1.0.0.avsc", "01.0.0.avsc", "latest"])
def test_a_file_that_is_no_version_is_refused_and_not_passed_over(released: Path, stray: str) -> None:
    (versions(released) / stray).write_text("x")

    with pytest.raises(ContractctlError, match="is not a semantic version") as raised:
        store.version_path(released, NAME, ONE)
    assert raised.value.hint == "move it out of versions/"


def test_two_files_may_not_claim_one_number(released: Path) -> None:
    (versions(released) / "1.0.0.avsc.orig").write_text("one")

    with pytest.raises(ContractctlError, match=r"both claim to be 1\.0\.0"):
        store.version_path(released, NAME, ONE)


def test_a_name_that_sha256sum_would_write_otherwise_is_refused(tmp_path: Path) -> None:
    odd = Source((File("d/a\n.sql", "a"), File("d/b.sql", "b")))

    with pytest.raises(ContractctlError, match="SHA256SUMS cannot hold the file name"):
        store.release(tmp_path, NAME, ONE, odd)
    assert not versions(tmp_path).exists()


def test_the_digest_of_one_file_is_that_of_sha256sum() -> None:
    assert store.digest(text("one")) == hashlib.sha256(b"one").hexdigest()


def test_the_digest_of_several_files_knows_their_names_and_not_their_place() -> None:
    here = Source((File("here/a.sql", "x"), File("here/b.sql", "y")))
    there = Source((File("far/away/a.sql", "x"), File("far/away/b.sql", "y")))
    renamed = Source((File("here/a.sql", "x"), File("here/c.sql", "y")))

    assert store.digest(here) == store.digest(there) != store.digest(renamed)


def test_a_file_with_another_text_or_name_is_not_what_it_was_read_from() -> None:
    read = File.of("draft.avsc", "\ufeffü".encode())

    assert read == File("draft.avsc", "\ufeffü")
    assert replace(read, text="ö").content == "ö".encode()
    assert read.named("other.avsc") == File("other.avsc", "\ufeffü")
    assert read.named("other.avsc").content == read.content == "\ufeffü".encode()
    assert File.of("draft.fds", b"\xff").named("other.fds") == File("other.fds", "", b"\xff")
