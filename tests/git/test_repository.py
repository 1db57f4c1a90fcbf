"""Does git answer as CI and people have it: shallow, detached, linked, renamed, oddly named?"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contractctl.errors import ContractctlError
from contractctl.git import ChangedFile, Repository, needed_repository, open_repository

Git = Callable[..., str]
ODD = ("with space.avsc", "größe.sql", "new\nline.avsc", 'quote".avsc', "-dash.avsc", "tab\t.avsc", "[a]*.avsc")


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


def test_no_repository_is_none_or_something_to_mend(tmp_path: Path) -> None:
    assert open_repository(tmp_path) is None
    assert "lies in no git repository" in refused(lambda: needed_repository(tmp_path))[0]


def test_a_bare_repository_is_something_to_mend(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "--bare", "bare.git")

    message, hint = refused(lambda: open_repository(tmp_path / "bare.git"))

    assert "is a bare repository" in message
    assert "git worktree add" in hint


def test_a_repository_without_a_commit_has_no_head(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "-b", "main")
    (tmp_path / "a.avsc").write_text("one")

    repository = opened(tmp_path)

    assert repository.head() is None
    assert repository.arrivals("") == {}
    assert "git knows no commit 'main'" in refused(lambda: repository.merge_base("main"))[0]


@pytest.mark.parametrize("ref", ["main", "v1", "refs/heads/main", "HEAD", "annotated", "HEAD~0"])
def test_branches_and_tags_name_commits(root: Path, git: Git, ref: str) -> None:
    git("tag", "v1", cwd=root)
    git("tag", "-a", "-m", "one", "annotated", cwd=root)

    assert opened(root).resolve(ref) == git("rev-parse", "HEAD", cwd=root)


def test_a_short_commit_id_names_a_commit(root: Path, git: Git) -> None:
    head = git("rev-parse", "HEAD", cwd=root)

    assert opened(root).resolve(head[:8]) == head


@pytest.mark.parametrize("ref", ["nowhere", "", "a b", "--all", "-h", "main..v1", "HEAD:a.avsc", "HEAD^^^^", "\n", "é"])
def test_what_names_no_commit_is_something_to_mend(root: Path, ref: str) -> None:
    message, _ = refused(lambda: opened(root).resolve(ref))

    assert message == f"git knows no commit '{ref}'"


def test_a_branch_that_only_the_remote_has_is_found_there(root: Path, git: Git, tmp_path: Path) -> None:
    git("checkout", "-q", "-b", "feature", cwd=root)
    git("clone", "-q", str(root), str(tmp_path / "clone"))

    assert opened(tmp_path / "clone").resolve("main") == git("rev-parse", "main", cwd=root)


def test_the_merge_base_is_where_the_branch_split_off(root: Path, git: Git) -> None:
    split = git("rev-parse", "HEAD", cwd=root)
    git("checkout", "-q", "-b", "feature", cwd=root)
    commit(git, root, {"a.avsc": "feature\n"})
    git("checkout", "-q", "main", cwd=root)
    commit(git, root, {"a.avsc": "main\n"})
    git("checkout", "-q", "feature", cwd=root)

    assert opened(root).merge_base("main") == split


def test_a_detached_head_has_a_merge_base_too(root: Path, git: Git) -> None:
    split = git("rev-parse", "HEAD", cwd=root)
    later = commit(git, root, {"a.avsc": "later\n"})
    git("branch", "base", split, cwd=root)
    git("checkout", "-q", "--detach", later, cwd=root)

    repository = opened(root)

    assert repository.head() == later
    assert repository.merge_base("base") == split


def test_histories_without_a_common_commit_are_something_to_mend(root: Path, git: Git) -> None:
    git("checkout", "-q", "--orphan", "other", cwd=root)
    git("commit", "-qm", "Another beginning", cwd=root)

    assert "no commit in common" in refused(lambda: opened(root).merge_base("main"))[0]


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


def test_a_commit_beyond_a_shallow_clone_says_how_to_get_it(shallow: Path, root: Path, git: Git) -> None:
    message, hint = refused(lambda: opened(shallow).merge_base("main"))

    assert message == "git knows no commit 'main'"
    assert "git fetch --unshallow" in hint
    assert "fetch-depth: 0" in hint


def test_a_split_beyond_a_shallow_clone_says_that_it_was_cut_off(shallow: Path, git: Git) -> None:
    git("fetch", "-q", "--depth", "1", "origin", "main:refs/remotes/origin/main", cwd=shallow)

    message, hint = refused(lambda: opened(shallow).merge_base("main"))

    assert "it was cut off when the repository was cloned" in message
    assert "fetch-depth: 0" in hint


def test_a_shallow_clone_that_was_deepened_answers(shallow: Path, root: Path, git: Git) -> None:
    git("remote", "set-branches", "origin", "*", cwd=shallow)
    git("fetch", "-q", "--unshallow", "origin", cwd=shallow)

    assert opened(shallow).merge_base("origin/main") == git("merge-base", "main", "feature", cwd=root)


def test_a_linked_work_tree_is_read_and_its_own_head_counts(root: Path, git: Git, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git("worktree", "add", "-q", "-b", "other", str(linked), cwd=root)
    head = commit(git, linked, {"a.avsc": "other\n"})
    (linked / "a.avsc").write_text("changed\n")

    repository = opened(linked)

    assert repository.root == linked
    assert repository.head() == head
    assert repository.read(head, "a.avsc") == b"other\n"
    assert repository.changed(head) == (ChangedFile("a.avsc", "a.avsc"),)
    assert not repository.shallow


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


@pytest.mark.parametrize("name", ODD)
def test_odd_file_names_are_read_listed_and_found_changed(root: Path, git: Git, name: str) -> None:
    base = git("rev-parse", "HEAD", cwd=root)
    head = commit(git, root, {f"odd/{name}": "odd\n"})

    repository = opened(root)

    assert repository.read(head, f"odd/{name}") == b"odd\n"
    assert set(repository.files(head, "odd")) == {f"odd/{name}"}
    assert repository.changed(base) == (ChangedFile(None, f"odd/{name}"),)
    assert set(repository.arrivals("odd")) == {f"odd/{name}"}


def test_a_name_that_is_not_utf_8_does_no_harm(root: Path, git: Git) -> None:
    try:
        (root / os.fsdecode(b"latin-\xe9.avsc")).write_bytes(b"odd")
    except OSError:
        pytest.skip("this file system takes only UTF-8")

    (found,) = opened(root).changed(git("rev-parse", "HEAD", cwd=root))

    assert os.fsencode(found.new or "") == b"latin-\xe9.avsc"


def test_many_files_are_read_by_one_process(root: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    head = commit(git, root, {f"many/{n}.avsc": f"{n}\n" for n in range(50)})
    repository = opened(root)
    started: list[object] = []
    popen = subprocess.Popen

    def counted(*arguments: object, **options: object) -> object:
        started.append(arguments)
        return popen(*arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr("git.cmd.safer_popen", counted)
    found = {path: repository.blob(blob) for path, blob in repository.files(head, "many").items()}

    assert found["many/7.avsc"] == b"7\n"
    assert len(found) == 50
    assert len(started) == 2  # ls-tree, and one cat-file


def test_changes_are_held_against_the_work_tree(root: Path, git: Git) -> None:
    base = git("rev-parse", "HEAD", cwd=root)
    (root / "a.avsc").write_text("edited\n")
    (root / "sub" / "b.sql").unlink()
    (root / "new.avsc").write_text("untracked\n")
    (root / "staged.avsc").write_text("staged\n")
    git("add", "staged.avsc", cwd=root)

    assert set(opened(root).changed(base)) == {
        ChangedFile("a.avsc", "a.avsc"),
        ChangedFile("sub/b.sql", None),
        ChangedFile(None, "new.avsc"),
        ChangedFile(None, "staged.avsc"),
    }


def test_ignored_files_are_no_change(root: Path, git: Git) -> None:
    base = commit(git, root, {".gitignore": "*.log\n"})
    (root / "x.log").write_text("noise")

    assert opened(root).changed(base) == ()


def test_a_renamed_file_is_one_change_even_where_it_was_edited_a_little(root: Path, git: Git) -> None:
    lines = "".join(f"line {n}\n" for n in range(30))
    base = commit(git, root, {"old/it.avsc": lines})
    commit(git, root, {"old/it.avsc": None, "new/that.avsc": lines.replace("line 7", "line seven")})

    assert opened(root).changed(base) == (ChangedFile("old/it.avsc", "new/that.avsc"),)


def test_a_file_moved_by_hand_and_not_added_is_one_change(root: Path, git: Git) -> None:
    base = commit(git, root, {"old/it.avsc": "".join(f"line {n}\n" for n in range(30))})
    (root / "new").mkdir()
    (root / "old" / "it.avsc").rename(root / "new" / "it.avsc")

    assert opened(root).changed(base) == (ChangedFile("old/it.avsc", "new/it.avsc"),)


def test_another_file_of_the_same_name_elsewhere_is_no_move(root: Path, git: Git) -> None:
    base = commit(git, root, {"old/contract.toml": 'format = "avro"\nowner = "team-a"\n'})
    (root / "old" / "contract.toml").unlink()
    (root / "new").mkdir()
    (root / "new" / "contract.toml").write_text('dialect = "sqlite"\ndraft = "x.sql"\n')

    assert set(opened(root).changed(base)) == {
        ChangedFile("old/contract.toml", None),
        ChangedFile(None, "new/contract.toml"),
    }


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


def test_a_repository_of_another_owner_is_trusted_only_by_the_user(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)

    message, hint = refused(lambda: opened(root).head())

    assert "belongs to another user" in message
    assert hint == f"git config --global --add safe.directory {root}"


def test_a_machine_without_git_is_told_to_install_it(root: Path) -> None:
    program = "from contractctl.cli import run; import sys; sys.exit(run(['log']))"
    (root / "contracts").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        env={"PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2, done.stderr
    assert "git is not installed" in done.stderr


def test_who_commits_here_is_known_by_name_and_address(root: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL"):
        monkeypatch.delenv(name, raising=False)
    git("config", "user.name", "Grace Hopper", cwd=root)
    git("config", "user.email", "grace@example.org", cwd=root)

    assert opened(root).user() == "Grace Hopper <grace@example.org>"


def test_a_file_arrived_with_the_commit_that_first_brought_it(root: Path, git: Git) -> None:
    first = git("rev-parse", "HEAD", cwd=root)
    commit(git, root, {"a.avsc": "edited\n"})
    git("mv", "sub", "better", cwd=root)
    git("commit", "-qm", "Renamed", cwd=root)

    found = opened(root).arrivals("")

    assert {path: one and one.id for path, one in found.items()} == {"a.avsc": first, "better/b.sql": first}
