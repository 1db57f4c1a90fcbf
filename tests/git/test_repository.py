"""Does the door to git read exactly, cheaply, and only what it was asked for?"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from contractctl.errors import ContractctlError
from contractctl.git import Repository, open_repository

Git = Callable[..., str]


@pytest.fixture
def root(tmp_path: Path, git: Git) -> Path:
    """A repository with a commit on main."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git("init", "-q", "-b", "main", cwd=folder)
    commit(git, folder, {"a.avsc": "one\n", "sub/b.sql": "two\n"})
    return folder


def commit(git: Git, folder: Path, files: dict[str, str | None], message: str = "A change") -> str:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            path.unlink()
        else:
            path.write_bytes(text.encode())
    git("add", "-A", cwd=folder)
    git("commit", "-qm", message, cwd=folder)
    return git("rev-parse", "HEAD", cwd=folder)


def opened(folder: Path) -> Repository:
    found = open_repository(folder)
    assert found is not None
    return found


def refused(act: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ContractctlError) as caught:
        act()
    return caught.value.message, caught.value.hint or ""


def test_a_folder_inside_finds_the_repository_around_it(root: Path) -> None:
    assert opened(root / "sub").root == root


@pytest.fixture
def shallow(root: Path, git: Git, tmp_path: Path) -> Path:
    """What a CI's checkout of depth 1 is: one commit, detached; the base branch was fetched just as shallowly."""
    git("checkout", "-q", "-b", "feature", cwd=root)
    commit(git, root, {"a.avsc": "feature\n"})
    git("checkout", "-q", "main", cwd=root)
    commit(git, root, {"c.avsc": "main\n"})
    clone = tmp_path / "clone"
    git("clone", "-q", "--depth", "1", "-b", "feature", f"file://{root}", str(clone))
    git("checkout", "-q", "--detach", cwd=clone)
    return clone


def test_a_shallow_clone_that_was_deepened_answers(shallow: Path, root: Path, git: Git) -> None:
    git("remote", "set-branches", "origin", "*", cwd=shallow)
    git("fetch", "-q", "--unshallow", "origin", cwd=shallow)

    assert opened(shallow).merge_base("origin/main") == git("merge-base", "main", "feature", cwd=root)


def test_a_submodule_is_left_alone(root: Path, git: Git, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    git("init", "-q", "-b", "main", cwd=inner)
    commit(git, inner, {"x.avsc": "inner\n"})
    base = git("rev-parse", "HEAD", cwd=root)
    git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "vendor", cwd=root)
    git("commit", "-qm", "A submodule", cwd=root)
    commit(git, root / "vendor", {"x.avsc": "changed\n"})

    repository = opened(root)

    assert {one.new for one in repository.changed(base)} == {".gitmodules"}
    assert "vendor/x.avsc" not in repository.files("HEAD")
    assert repository.read("HEAD", "vendor") is None
    assert opened(root / "vendor").root == root / "vendor"


def test_a_file_is_read_as_it_was_to_the_byte(root: Path, git: Git) -> None:
    content = "CRLF\r\n\r\n  no newline at the end"
    head = commit(git, root, {"a.avsc": content, "empty.avsc": ""})
    (root / "a.avsc").write_text("changed since")

    repository = opened(root)

    assert repository.read(head, "a.avsc") == content.encode()
    assert repository.read(head, "empty.avsc") == b""
    assert repository.read(head, "nowhere.avsc") is None
    assert repository.read(head, "sub") is None


def test_many_files_are_read_by_one_process(root: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    head = commit(git, root, {f"many/{n}.avsc": f"{n}\n" for n in range(50)})
    repository = opened(root)
    started: list[object] = []
    popen = subprocess.Popen

    def counted(*arguments: object, **options: object) -> object:
        started.append(arguments)
        return popen(*arguments, **options)

    monkeypatch.setattr("git.cmd.safer_popen", counted)
    found = {path: repository.blob(blob) for path, blob in repository.files(head, "many").items()}

    assert found["many/7.avsc"] == b"7\n"
    assert len(found) == 50
    assert len(started) == 2  # ls-tree, and one cat-file


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (("a.avsc",), {"a.avsc"}),
        (("sub",), {"sub/b.sql", "sub/deep/c.sql"}),
        (("sub/*.sql",), {"sub/b.sql"}),
        (("sub/**",), {"sub/b.sql", "sub/deep/c.sql"}),
        (("**/*.sql",), {"sub/b.sql", "sub/deep/c.sql"}),
        (("a.avsc", "sub/deep"), {"a.avsc", "sub/deep/c.sql"}),
        ((".",), {"a.avsc", "sub/b.sql", "sub/deep/c.sql"}),
        (("sub/../a.avsc",), {"a.avsc"}),
        (("nowhere",), set()),
    ],
)
def test_paths_and_patterns_narrow_what_changed(
    root: Path, git: Git, monkeypatch: pytest.MonkeyPatch, patterns: tuple[str, ...], found: set[str]
) -> None:
    base = git("rev-parse", "HEAD", cwd=root)
    commit(git, root, {"a.avsc": "1\n", "sub/b.sql": "2\n", "sub/deep/c.sql": "3\n"})
    monkeypatch.chdir(root)

    assert {one.new for one in opened(root).changed(base, patterns)} == found


def test_patterns_are_meant_from_where_they_are_written(root: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    base = git("rev-parse", "HEAD", cwd=root)
    commit(git, root, {"b.sql": "1\n", "sub/b.sql": "2\n"})
    monkeypatch.chdir(root / "sub")

    assert {one.new for one in opened(root).changed(base, ["b.sql"])} == {"sub/b.sql"}
    assert {one.new for one in opened(root).changed(base, ["../b.sql"])} == {"b.sql"}
    assert "lies outside the repository" in refused(lambda: opened(root).changed(base, ["/etc"]))[0]


def test_a_name_that_looks_like_a_pattern_is_a_name(root: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    base = git("rev-parse", "HEAD", cwd=root)
    commit(git, root, {"[id] x/[to].sql": "1\n", "[id] x/t.sql": "2\n", "i x/t.sql": "3\n"})
    monkeypatch.chdir(root / "[id] x")

    assert {one.new for one in opened(root).changed(base, ["[to].sql"])} == {"[id] x/[to].sql", "[id] x/t.sql"}
    assert set(opened(root).present(["t.*"])) == {"[id] x/t.sql"}
    assert set(opened(root).present(["*/t.sql"], root)) == {"[id] x/t.sql", "i x/t.sql"}


def test_a_repository_of_another_owner_is_trusted_only_by_the_user(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)

    message, hint = refused(lambda: opened(root).head())

    assert "belongs to another user" in message
    assert hint == f"git config --global --add safe.directory {root}"


@pytest.mark.parametrize("said", [{"GIT_INDEX_FILE": ".git/index"}, {"GIT_DIR": "{root}/.git"}])
def test_what_git_tells_a_hook_of_its_repository_is_not_taken_for_another_one(
    root: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: dict[str, str]
) -> None:
    """A pre-commit hook that looks into a submodule, or elsewhere, would compare one's files with the other's index."""
    inner = tmp_path / "inner"
    inner.mkdir()
    git("init", "-q", "-b", "main", cwd=inner)
    base = commit(git, inner, {"api.avsc": "one\n", "same.avsc": "same\n"})
    (inner / "api.avsc").write_text("two\n")
    git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "vendor", cwd=root)
    (root / "vendor/api.avsc").write_text("two\n")
    for name, value in said.items():
        monkeypatch.setenv(name, value.format(root=root))

    module = opened(root).module("vendor")

    assert module is not None
    assert [change.new for change in module.changed(base)] == ["api.avsc"]
    assert [change.new for change in opened(inner).changed(base)] == ["api.avsc"]


def test_the_index_that_git_makes_for_one_commit_is_the_one_that_its_hook_sees(
    root: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`git commit PATH` adds the path in an index of its own; the other one does not have it yet."""
    (root / ".gitignore").write_text("*.proto\n")
    commit(git, root, {})
    (root / "c.proto").write_text("three\n")
    shutil.copy(root / ".git/index", root / ".git/next-index-1.lock")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index-1.lock")
    git("add", "--force", "c.proto", cwd=root)

    assert "c.proto" in opened(root).present()
