"""Does git's door tell the truth in the states that people and CI leave a repository in?"""

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contractctl.errors import ContractctlError
from contractctl.git import ChangedFile, Repository, needed_repository, open_repository

Git = Callable[..., str]
ODD = [
    "a space.avsc",
    "ünï.avsc",
    "two\nlines.avsc",
    "tab\t.avsc",
    '"quoted".avsc',
    "-dash.avsc",
    "[ab]*.avsc",
    "\x01.avsc",
]


def put(path: Path, text: str = "x") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


counted = itertools.count()


def commit(git: Git, message: str = "", cwd: Path | None = None) -> str:
    """Commit everything; each message is another one, so that no two commits are the same."""
    where = {"cwd": cwd} if cwd else {}
    message = message or f"commit {next(counted)}"
    git("add", "-A", **where)
    git("commit", "-q", "--allow-empty", "-m", message, **where)
    return git("rev-parse", "HEAD", **where)


@pytest.fixture
def root(tmp_path: Path, git: Git) -> Path:
    git("init", "-q", "-b", "main")
    return tmp_path


def at(path: Path) -> Repository:
    return needed_repository(path)


def test_a_folder_without_git_has_no_repository(tmp_path: Path) -> None:
    assert open_repository(tmp_path) is None
    assert open_repository(tmp_path / "gone") is None
    with pytest.raises(ContractctlError, match="is not in a git repository"):
        needed_repository(tmp_path)


def test_a_repository_that_cannot_be_read_is_not_said_to_be_none(root: Path, git: Git, tmp_path: Path) -> None:
    """As where a worktree is mounted into a container without the repository that it belongs to."""
    commit(git)
    git("worktree", "add", "-q", str(tmp_path / "linked"))
    (root / ".git" / "worktrees").rename(root / ".git" / "elsewhere")
    with pytest.raises(ContractctlError, match=r"linked/.git leads to .*/linked, which is not there"):
        needed_repository(tmp_path / "linked")

    (root / ".git" / "HEAD").unlink()
    (root / ".git" / "HEAD").mkdir()  # what not even root can read
    with pytest.raises(ContractctlError, match="HEAD cannot be read: "):
        needed_repository(root)


def test_a_bare_repository_is_refused_with_a_way_out(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "--bare")

    with pytest.raises(ContractctlError, match="is a bare repository") as raised:
        open_repository(tmp_path)
    assert "git worktree add" in (raised.value.hint or "")


@pytest.mark.parametrize(("here", "said"), [(True, "git is not installed"), (False, "None")])
def test_a_machine_without_git_is_told_so_only_where_it_matters(tmp_path: Path, here: bool, said: str) -> None:
    if here:
        (tmp_path / ".git").mkdir()
    program = (
        "from pathlib import Path; from contractctl.git import open_repository\n"
        "try: print(open_repository(Path.cwd()))\n"
        "except Exception as error: print(error)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env={"PATH": ""}, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == said


def test_a_repository_without_a_commit_answers_and_does_not_fail(root: Path) -> None:
    repository = at(root)

    assert repository.head() is None
    assert repository.arrivals("**") == {}
    with pytest.raises(ContractctlError, match="git knows no commit 'main'"):
        repository.resolve("main")


@pytest.mark.parametrize("ref", ["gone", "", "-x", "--all", "main..main", "main gone", "HEAD~9", "*", "main:file"])
def test_a_ref_that_names_no_commit_is_refused(root: Path, git: Git, ref: str) -> None:
    commit(git)

    with pytest.raises(ContractctlError, match=r"git knows no commit|no commit is named"):
        at(root).resolve(ref)


def test_branches_tags_and_shortened_ids_name_commits(root: Path, git: Git) -> None:
    first = commit(git)
    git("tag", "-a", "v1", "-m", "a tag")
    second = commit(git)
    repository = at(root)

    assert repository.resolve("main") == repository.resolve(second[:9]) == second
    assert repository.resolve("v1") == repository.resolve("HEAD~1") == first


def test_a_branch_that_only_the_remote_has_is_found_there(root: Path, git: Git) -> None:
    there = root / "there"
    there.mkdir()
    git("init", "-q", "-b", "release", cwd=there)
    wanted = commit(git, cwd=there)
    here = root / "here"
    git("clone", "-q", str(there), str(here))
    git("checkout", "-q", "--detach", cwd=here)
    git("branch", "-D", "release", cwd=here)

    assert at(here).resolve("release") == wanted


def test_work_is_compared_with_where_it_split_off(root: Path, git: Git) -> None:
    base = commit(git)
    git("checkout", "-q", "-b", "work")
    commit(git)
    git("checkout", "-q", "main")
    commit(git)
    git("checkout", "-q", "work")

    assert at(root).merge_base("main") == base


def test_histories_with_nothing_in_common_are_refused(root: Path, git: Git) -> None:
    commit(git)
    git("checkout", "-q", "--orphan", "other")
    commit(git)

    with pytest.raises(ContractctlError, match="no commit in common"):
        at(root).merge_base("main")


def test_a_detached_head_is_the_normal_case(root: Path, git: Git) -> None:
    base = commit(git)
    head = commit(git)
    git("checkout", "-q", "--detach")

    assert at(root).head() == head
    assert at(root).merge_base("HEAD~1") == base


@pytest.fixture
def shallow(root: Path, git: Git) -> Path:
    """A clone as CI makes it: the last commit of a branch that split off from main, and nothing before."""
    there = root / "there"
    put(there / "c/versions/1.0.0.avsc", "one")
    git("init", "-q", "-b", "main", cwd=there)
    commit(git, cwd=there)
    git("checkout", "-q", "-b", "work", cwd=there)
    commit(git, cwd=there)
    put(there / "c/versions/2.0.0.avsc", "two")
    commit(git, cwd=there)
    commit(git, cwd=there)
    here = root / "here"
    git("clone", "-q", "--depth", "2", "--branch", "work", f"file://{there}", str(here))
    return here


def test_a_shallow_clone_says_that_history_is_missing_and_how_to_get_it(shallow: Path) -> None:
    repository = at(shallow)

    assert repository.shallow
    with pytest.raises(ContractctlError, match="git knows no commit 'main'") as raised:
        repository.merge_base("main")
    assert "git fetch --unshallow" in (raised.value.hint or "")


def test_a_merge_base_beyond_the_cut_is_not_guessed(shallow: Path, git: Git) -> None:
    git("fetch", "-q", "--depth", "1", "origin", "main", cwd=shallow)

    with pytest.raises(ContractctlError, match="it was cut off when the repository was cloned") as raised:
        at(shallow).merge_base("FETCH_HEAD")
    assert "fetch-depth: 0" in (raised.value.hint or "")


def test_what_lies_before_the_cut_is_attributed_to_nobody(shallow: Path, git: Git) -> None:
    assert at(shallow).arrivals("**") == {"c/versions/1.0.0.avsc": None, "c/versions/2.0.0.avsc": None}

    git("fetch", "-q", "--unshallow", cwd=shallow)
    assert None not in at(shallow).arrivals("**").values()


def test_a_linked_worktree_is_a_repository_of_its_own(root: Path, git: Git) -> None:
    put(root / "a.avsc")
    base = commit(git)
    tree = root.parent / f"{root.name}-tree"
    git("worktree", "add", "-q", "-b", "work", str(tree))
    put(tree / "b.avsc")
    repository = at(tree / ".")

    assert repository.root == tree
    assert repository.changed(base) == (ChangedFile(None, "b.avsc"),)
    assert repository.merge_base("main") == base


def test_a_shallow_clone_s_worktree_is_shallow_too(shallow: Path, git: Git) -> None:
    tree = shallow.parent / "tree"
    git("worktree", "add", "-q", "--detach", str(tree), cwd=shallow)

    assert at(tree).shallow
    assert set(at(tree).arrivals("**").values()) == {None}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_name_comes_through_whole(root: Path, git: Git, name: str) -> None:
    put(root / "kept.avsc")
    base = commit(git)
    put(root / name, "odd")
    repository = at(root)
    assert repository.changed(base) == (ChangedFile(None, name),)
    assert name in repository.present()

    after = commit(git, "a name with \x01 in it")
    assert repository.changed(base) == (ChangedFile(None, name),)
    assert repository.read(after, name) == b"odd"
    arrived = repository.arrivals("**")[name]
    assert arrived is not None
    assert (arrived.id, arrived.author) == (after, "Ada Lovelace <ada@example.org>")


def test_a_name_that_is_not_utf_8_does_not_stop_the_rest(root: Path, git: Git) -> None:
    base = commit(git)
    Path(os.fsdecode(os.fsencode(root) + b"/\xff.avsc")).write_text("x")
    put(root / "b.avsc")

    assert ChangedFile(None, "b.avsc") in at(root).changed(base)


def lines(*changed: int) -> str:
    return "".join(f"line {'changed' if number in changed else number}\n" for number in range(20))


def test_edits_additions_deletions_and_renames_are_told_apart(root: Path, git: Git) -> None:
    for name in ("edited", "gone", "renamed", "same"):
        put(root / f"{name}.avsc", f"{name}\n{lines()}")
    base = commit(git)
    put(root / "edited.avsc", lines(1))
    (root / "gone.avsc").unlink()
    put(root / "new.avsc", "something else")
    git("mv", "renamed.avsc", "after.avsc")

    assert set(at(root).changed(base)) == {
        ChangedFile("edited.avsc", "edited.avsc"),
        ChangedFile("gone.avsc", None),
        ChangedFile(None, "new.avsc"),
        ChangedFile("renamed.avsc", "after.avsc"),
    }


def test_a_file_moved_by_hand_and_edited_is_one_file(root: Path, git: Git) -> None:
    put(root / "a/x.avsc", lines())
    base = commit(git)
    (root / "a/x.avsc").unlink()
    put(root / "b/x.avsc", lines(3))

    assert at(root).changed(base) == (ChangedFile("a/x.avsc", "b/x.avsc"),)


def test_a_new_file_of_the_same_name_does_not_hide_a_deletion(root: Path, git: Git) -> None:
    put(root / "a/contract.toml", lines())
    base = commit(git)
    (root / "a/contract.toml").unlink()
    put(root / "b/contract.toml", "something else altogether\n")
    both = {ChangedFile("a/contract.toml", None), ChangedFile(None, "b/contract.toml")}

    assert set(at(root).changed(base)) == both
    commit(git)
    assert set(at(root).changed(base)) == both


def test_of_several_files_of_one_name_each_goes_where_it_is_most_alike(root: Path, git: Git) -> None:
    put(root / "a/x.avsc", "a\n" * 9)
    put(root / "b/x.avsc", "b\n" * 9)
    base = commit(git)
    for old, new in (("a", "z"), ("b", "y")):
        (root / old).rename(root / new)

    assert set(at(root).changed(base)) == {
        ChangedFile("a/x.avsc", "z/x.avsc"),
        ChangedFile("b/x.avsc", "y/x.avsc"),
    }


def test_what_git_ignores_is_no_change(root: Path, git: Git) -> None:
    put(root / ".gitignore", "made/\n")
    base = commit(git)
    put(root / "made/x.avsc")

    assert at(root).changed(base) == ()
    assert at(root).present() == (".gitignore",)


def test_paths_are_files_folders_or_patterns_from_where_one_stands(
    root: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = commit(git)
    for name in ("a/x.avsc", "a/deep/y.avsc", "a/z.sql", "b/x.avsc"):
        put(root / name)
    monkeypatch.chdir(root / "a")

    def changed(*paths: str) -> set[str | None]:
        return {one.new for one in at(root).changed(base, paths)}

    assert changed("x.avsc") == {"a/x.avsc"}
    assert changed("deep") == {"a/deep/y.avsc"}
    assert changed("**/*.avsc") == {"a/x.avsc", "a/deep/y.avsc"}
    assert changed(".") == {"a/x.avsc", "a/deep/y.avsc", "a/z.sql"}
    assert changed(str(root / "b")) == {"b/x.avsc"}


def test_a_path_outside_the_repository_is_refused(root: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    base = commit(git)
    monkeypatch.chdir(root)

    with pytest.raises(ContractctlError, match="lies outside the repository"):
        at(root).changed(base, ["/etc/passwd"])


def test_links_and_missing_files_are_not_read(root: Path, git: Git) -> None:
    (root / "link.avsc").symlink_to("/etc/passwd")
    head = commit(git)

    assert at(root).read(head, "link.avsc") is None
    assert at(root).read(head, "gone.avsc") is None


def test_a_release_came_with_the_commit_that_first_brought_it(root: Path, git: Git) -> None:
    put(root / "a/x/draft.avsc", lines())
    commit(git, "the draft")
    put(root / "a/x/versions/1.0.0.avsc", lines())
    released = commit(git, "the release")
    (root / "a/x").rename(root / "a/y")
    commit(git, "the contract has another name")
    (root / "a").rename(root / "b")
    commit(git, "the store has another name")

    arrived = at(root).arrivals("**/versions/**")
    assert {path: commit and commit.id for path, commit in arrived.items()} == {"b/y/versions/1.0.0.avsc": released}


def test_a_draft_that_was_renamed_at_the_same_time_is_not_the_release(root: Path, git: Git) -> None:
    put(root / "x/old.avsc", lines())
    commit(git, "the draft")
    (root / "x/old.avsc").unlink()
    put(root / "x/versions/1.0.0.avsc", lines())
    released = commit(git, "the release")

    found = at(root).arrivals("**")["x/versions/1.0.0.avsc"]
    assert found is not None
    assert found.id == released


def test_a_release_that_came_with_a_merge_belongs_to_who_made_it(root: Path, git: Git) -> None:
    commit(git)
    git("checkout", "-q", "-b", "work")
    put(root / "c/versions/1.0.0.avsc", "one")
    released = commit(git, "on a branch")
    git("checkout", "-q", "main")
    put(root / "c/versions/0.9.0.avsc", "else")
    commit(git, "meanwhile")
    git("merge", "-q", "--no-ff", "--no-commit", "work")
    put(root / "c/versions/2.0.0.avsc", "in the merge itself")
    merge = commit(git, "the merge")

    found = {path: commit and commit.id for path, commit in at(root).arrivals("**/versions/**").items()}
    assert found["c/versions/1.0.0.avsc"] == released
    assert found["c/versions/2.0.0.avsc"] == merge


def test_settings_of_the_user_do_not_change_what_is_read(root: Path, git: Git) -> None:
    put(root / "a/ü.avsc", lines())
    base = commit(git)
    for setting in (
        "diff.renames=false",
        "core.quotePath=true",
        "diff.noprefix=true",
        "log.showSignature=true",
        "status.showUntrackedFiles=no",
        "diff.relative=true",
        "color.ui=always",
        "log.date=relative",
    ):
        git("config", *setting.split("="))
    git("mv", "a/ü.avsc", "a/ö.avsc")
    put(root / "new.avsc")

    repository = at(root / "a")
    assert set(repository.changed(base)) == {ChangedFile("a/ü.avsc", "a/ö.avsc"), ChangedFile(None, "new.avsc")}
    arrived = repository.arrivals("**")["a/ü.avsc"]
    assert arrived is not None
    assert arrived.at.startswith("20")


def test_who_commits_here_is_known_or_said_to_be_unknown(root: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    git("config", "user.useConfigOnly", "true")
    assert at(root).user() is None

    git("config", "user.name", "Grace Hopper")
    git("config", "user.email", "grace@example.org")
    assert at(root).user() == "Grace Hopper <grace@example.org>"


def test_it_works_inside_a_hook_where_git_sets_its_own_variables(root: Path, git: Git) -> None:
    put(root / "a.avsc")
    commit(git)
    hook = root / ".git/hooks/pre-commit"
    program = (
        "from pathlib import Path; from contractctl.git import needed_repository as r;"
        "print('CHANGED', r(Path.cwd()).changed('HEAD')[0].new)"
    )
    hook.write_text(f'#!/bin/sh\n{sys.executable} -c "{program}" > {root}/said.txt\n')
    hook.chmod(0o755)
    put(root / "b.avsc")
    commit(git)

    assert (root / "said.txt").read_text() == "CHANGED b.avsc\n"


def test_a_repository_with_ids_of_sha_256_is_read_like_any_other(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "-b", "main", "--object-format=sha256")
    put(tmp_path / "a.avsc", "long")
    put(tmp_path / "b.avsc", "")
    base = commit(git)
    put(tmp_path / "a.avsc", "string")

    repository = at(tmp_path)

    assert len(base) == 64
    assert repository.resolve("main") == base
    assert repository.changed(base) == (ChangedFile("a.avsc", "a.avsc"),)
    assert [repository.read(base, name) for name in ("a.avsc", "b.avsc", "a.avsc")] == [b"long", b"", b"long"]
    repository.close()


@pytest.fixture
def partial(root: Path, git: Git, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone without the files of earlier commits, whose remote would give them out."""
    put(root / "a.avsc", "\n".join(map(str, range(20))))
    commit(git)
    (root / "a.avsc").rename(root / "b.avsc")
    put(root / "b.avsc", "\n".join(map(str, range(21))))
    commit(git)
    git("config", "uploadpack.allowFilter", "true")
    folder = tmp_path_factory.mktemp("partial") / "shop"
    git("clone", "-q", "--filter=blob:none", f"file://{root}", str(folder))
    return folder


def test_files_that_a_partial_clone_left_at_the_remote_are_not_fetched_unasked(partial: Path, git: Git) -> None:
    repository = at(partial)
    base = repository.resolve("HEAD~1")
    asks: list[Callable[[], object]] = [
        lambda: repository.read(base, "a.avsc"),
        lambda: repository.changed(base),
        lambda: repository.arrivals("*.avsc"),
    ]

    for ask in asks:
        with pytest.raises(ContractctlError, match="left at the remote 'origin'") as refused:
            ask()

        assert refused.value.hint == f"git -C {partial} fetch --refetch --no-filter origin"
    assert "?" in git("rev-list", "--objects", "--all", "--missing=print", cwd=partial)
    assert repository.read("HEAD", "b.avsc") is not None  # what is here is read
    repository.close()


def test_a_partial_clone_is_read_once_its_hint_was_obeyed(partial: Path, git: Git) -> None:
    with pytest.raises(ContractctlError) as refused:
        at(partial).read("HEAD~1", "a.avsc")
    git(*str(refused.value.hint).removeprefix("git ").split())

    repository = at(partial)

    assert repository.read("HEAD~1", "a.avsc") is not None
    assert repository.changed("HEAD~1") == (ChangedFile("a.avsc", "b.avsc"),)
    repository.close()


def test_an_object_that_was_lost_is_no_file_of_a_partial_clone(root: Path, git: Git) -> None:
    put(root / "a.avsc", "x")
    base = commit(git)
    blob = git("rev-parse", f"{base}:a.avsc")
    (root / ".git/objects" / blob[:2] / blob[2:]).unlink()

    repository = at(root)

    for _ in range(2):
        with pytest.raises(ContractctlError, match="is missing the object"):
            repository.read(base, "a.avsc")
    repository.close()
