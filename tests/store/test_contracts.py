"""Does the store read what is there, name what is wrong, and never leave the repository?"""

import os
from pathlib import Path

import pytest

from contractctl import formats, store
from contractctl.errors import ContractctlError
from contractctl.model.contract import Contract, Policy, SemanticVersion
from contractctl.model.verdict import Level

RECORD = '{"type": "record", "name": "R", "fields": []}'


def contract(root: Path, toml: str, name: str = "orders/order-placed") -> Path:
    folder = root / "contracts" / name
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text(toml, encoding="utf-8")
    (folder / "draft.avsc").write_text(RECORD)
    return folder


def read(root: Path, name: str = "orders/order-placed") -> Contract:
    return store.read(root / "contracts", name)


def test_every_key_is_understood(tmp_path: Path) -> None:
    contract(
        tmp_path,
        """
        format = "avro"
        owner = "team-shop"
        compatibility = "full_transitive"
        draft = "draft.avsc"
        strict = true
        [[producers]]
        name = "shop"
        versions = ["1.0.0"]
        [[consumers]]
        name = "mailing"
        reads = ["R.a"]
        cadence_days = 7
        migrated = true
        exempt = "a test"
        retired = true
        """,
    )
    found = read(tmp_path)

    assert (found.format, found.owner, found.level, found.strict) == ("avro", "team-shop", Level.FULL_TRANSITIVE, True)
    assert found.draft is not None
    assert found.draft.files[0].text == RECORD
    assert found.producers[0].versions == ("1.0.0",)
    (mailing,) = found.consumers
    assert (mailing.reads, mailing.cadence_days, mailing.migrated, mailing.exempt, mailing.retired) == (
        ("R.a",),
        7,
        True,
        "a test",
        True,
    )


def test_a_format_is_all_that_a_contract_must_say(tmp_path: Path) -> None:
    contract(tmp_path, 'format = "avro"')
    found = read(tmp_path)

    assert (found.level, found.draft, found.versions, found.latest) == (Level.BACKWARD, None, (), None)


def test_versions_are_ordered_by_number_and_not_by_name(tmp_path: Path) -> None:
    contract(tmp_path, 'format = "avro"\ndraft = "draft.avsc"')
    draft = read(tmp_path).draft
    assert draft is not None
    for minor in (10, 9, 2):
        store.release(tmp_path / "contracts", "orders/order-placed", SemanticVersion(1, minor, 0), draft)

    assert [str(version.number) for version in read(tmp_path).versions] == ["1.2.0", "1.9.0", "1.10.0"]


@pytest.mark.parametrize(
    ("toml", "message", "hint"),
    [
        ("", "'format' is missing", "add the line format ="),
        ("format = 3", "'format' is 3", "a text in quotes"),
        (
            'format = "avro"\ncompatability = "FULL"',
            "'compatability' is not a known key",
            "did you mean 'compatibility'?",
        ),
        ('format = "avro"\ncompatibility = "SOME"', "'compatibility' is 'SOME'", "FULL_TRANSITIVE"),
        ('format = "avro"\ndraft = "gone.avsc"', "'draft' is 'gone.avsc'", "is not"),
        ('format = "avro"\ndraft = "."', "'draft' is '.'", "holds the draft and nothing else"),
        ('format = "avro"\nstrict = "yes"', "'strict' is 'yes'", "true or false"),
        ('format = "avro"\n[[consumers]]', "'consumers.name' is missing", "add the line name ="),
        (
            'format = "avro"\n[[consumers]]\nname = "a"\nread = []',
            "'consumers.read' is not a known key",
            "did you mean 'reads'?",
        ),
        ('format = "avro"\n[[consumers]]\nname = "a"\nreads = "R.a"', "'consumers.reads' is 'R.a'", "a list of texts"),
        ('format = "avro"\n[[consumers]]\nname = "a"\ncadence_days = 0', "'consumers.cadence_days' is 0", "above 0"),
        (
            'format = "avro"\n[[consumers]]\nname = "a"\ncadence_days = nan',
            "'consumers.cadence_days' is nan",
            "above 0",
        ),
        (
            'format = "avro"\n[[consumers]]\nname = "a"\n[[consumers]]\nname = "a"',
            "'consumers.name' is 'a'",
            "no other",
        ),
        ('format = "avro"\nconsumers = ["a"]', "'consumers' is ['a']", "[[consumers]]"),
        ('format = "avro', "contract.toml:1: Unterminated string", "https://toml.io"),
    ],
)
def test_what_is_wrong_is_named_with_file_key_and_remedy(tmp_path: Path, toml: str, message: str, hint: str) -> None:
    contract(tmp_path, toml)

    with pytest.raises(ContractctlError) as raised:
        read(tmp_path)
    assert message in raised.value.message
    assert "contracts/orders/order-placed/contract.toml" in raised.value.message
    assert hint in (raised.value.hint or "")


@pytest.mark.parametrize(
    "name", ["orders", "", "/etc/passwd", "../x/y", "a/../b", "a//b", "a/b/", "a/.b", "a b/c", "ä/b", "a/b\n", "a\\b/c"]
)
def test_an_odd_name_is_refused(tmp_path: Path, name: str) -> None:
    for act in (
        lambda: store.read(tmp_path, name),
        lambda: store.broken_releases(tmp_path, name),
        lambda: store.version_path(tmp_path, name, SemanticVersion(1, 0, 0)),
    ):
        with pytest.raises(ContractctlError, match="is not a valid contract name"):
            act()


def test_an_unknown_contract_is_answered_with_the_one_that_may_be_meant(tmp_path: Path) -> None:
    contract(tmp_path, 'format = "avro"')

    with pytest.raises(ContractctlError, match="did you mean 'orders/order-placed'"):
        read(tmp_path, "orders/order-place")


def test_a_store_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert store.names(tmp_path / "contracts") == ()
    assert store.read_all(tmp_path / "contracts") == ()


def test_a_draft_may_lie_anywhere_in_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/order placed.avsc").write_text(RECORD)
    contract(tmp_path, 'format = "avro"\ndraft = "../../../schemas/order placed.avsc"')

    assert read(tmp_path).draft is not None
    assert store.draft_paths(tmp_path / "contracts", "orders/order-placed") == (tmp_path / "schemas/order placed.avsc",)


def test_a_draft_may_be_several_files_from_several_places(tmp_path: Path) -> None:
    folder = contract(tmp_path, 'format = "avro"\ndraft = ["draft.avsc", "../../../schemas/common/a.avsc"]')
    (tmp_path / "schemas/common").mkdir(parents=True)
    (tmp_path / "schemas/common/a.avsc").write_text(RECORD)
    draft = read(tmp_path).draft
    assert draft is not None
    made = store.release(tmp_path / "contracts", "orders/order-placed", SemanticVersion(1, 0, 0), draft)

    assert [draft.path(file) for file in draft.files] == [
        "contracts/orders/order-placed/draft.avsc",
        "schemas/common/a.avsc",
    ]
    assert store.digest(store.source(made)) == store.digest(draft)
    assert store.draft_paths(tmp_path / "contracts", "orders/order-placed")[0] == folder / "draft.avsc"


@pytest.mark.parametrize("draft", ['["draft.avsc", "."]', '["draft.avsc", 7]', "[]", '["draft.avsc", "none.avsc"]'])
def test_a_list_that_is_no_draft_is_refused(tmp_path: Path, draft: str) -> None:
    contract(tmp_path, f'format = "avro"\ndraft = {draft}')

    with pytest.raises(ContractctlError, match="'draft' is"):
        read(tmp_path)


@pytest.mark.parametrize("draft", ["link.avsc", "../../../../outside.avsc", "folder"])
def test_a_draft_outside_the_repository_is_refused(tmp_path: Path, draft: str) -> None:
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    (tmp_path / "outside.avsc").write_text(RECORD)
    folder = contract(repository, f'format = "avro"\ndraft = "{draft}"')
    (folder / "link.avsc").symlink_to(tmp_path / "outside.avsc")
    (folder / "folder").mkdir()
    (folder / "folder/inner.avsc").symlink_to(tmp_path / "outside.avsc")

    with pytest.raises(ContractctlError, match="leads outside the repository"):
        read(repository)


def test_a_release_that_links_out_of_the_repository_is_refused(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    (tmp_path / "outside.avsc").write_text(RECORD)
    folder = contract(repository, 'format = "avro"')
    (folder / "versions").mkdir()
    (folder / "versions/1.0.0.avsc").symlink_to(tmp_path / "outside.avsc")

    with pytest.raises(ContractctlError, match="leads outside the repository"):
        read(repository)


def test_a_link_inside_the_repository_is_fine(tmp_path: Path) -> None:
    folder = contract(tmp_path, 'format = "avro"\ndraft = "link.avsc"')
    (folder / "link.avsc").symlink_to("draft.avsc")

    assert read(tmp_path).draft is not None


def test_a_link_to_itself_is_an_error_and_no_endless_loop(tmp_path: Path) -> None:
    folder = contract(tmp_path, 'format = "avro"')
    (folder / "versions").mkdir()
    (folder / "versions/1.0.0.avsc").symlink_to("1.0.0.avsc")

    with pytest.raises(ContractctlError, match="is a link to itself"):
        read(tmp_path)


def test_a_text_that_is_not_utf_8_is_named_with_its_byte(tmp_path: Path) -> None:
    folder = contract(tmp_path, 'format = "avro"\ndraft = "draft.avsc"')
    (folder / "draft.avsc").write_bytes(b'"\xff"')

    draft = read(tmp_path).draft
    assert draft is not None

    assert draft.files[0].content == b'"\xff"'
    with pytest.raises(ContractctlError, match=r"draft\.avsc: byte 1 is not UTF-8"):
        formats.parse("avro", draft, Policy())


def test_hidden_files_and_folders_are_no_part_of_a_version(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/index").write_bytes(b"\xff")
    (tmp_path / ".DS_Store").write_bytes(b"\xff")
    (tmp_path / "a.sql").write_text("a")

    assert [file.text for file in store.source(tmp_path).files] == ["a"]


def test_an_empty_folder_is_no_version(tmp_path: Path) -> None:
    with pytest.raises(ContractctlError, match="the folder is empty"):
        store.source(tmp_path)


def test_an_unreadable_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        store.source(tmp_path / "gone.avsc")
    assert not os.path.lexists(tmp_path / "gone.avsc")


@pytest.mark.parametrize(
    ("toml", "policy"),
    [
        ('format = "json-schema"\ncontent_model = "open"\nformats = "assertion"', Policy(None, "open", "assertion")),
        ('format = "protobuf"\nencodings = ["json", "binary"]', Policy(encodings=("binary", "json"))),
        ('format = "sql"\ndialect = "mysql"', Policy("mysql")),
        ('format = "sql"\ncolumns = "positional"', Policy(columns="positional")),
        ('format = "raml"\ncontent_model = "open"', Policy(content_model="open")),
    ],
)
def test_a_contract_says_how_it_wants_to_be_judged(tmp_path: Path, toml: str, policy: Policy) -> None:
    contract(tmp_path, toml)

    assert read(tmp_path).policy == policy


@pytest.mark.parametrize(
    ("toml", "said", "hint"),
    [
        ('format = "json-schema"\ncontent_model = "closed"', "'content_model' is 'closed'", "one of strict, open"),
        ('format = "json-schema"\nformats = true', "'formats' is True", "a text in quotes"),
        ('format = "sql"\ncolumns = "any"', "'columns' is 'any'", "one of named, positional"),
        ('format = "protobuf"\nencodings = []', "'encodings' is \\[\\]", "any of binary, json, source"),
        ('format = "protobuf"\nencodings = ["text"]', "'encodings' is \\['text'\\]", "any of binary, json, source"),
        (
            'format = "avro"\ncontent_model = "open"',
            "'content_model' has no meaning for a contract of",
            "for json-schema",
        ),
        ('format = "protobuf"\ndialect = "mysql"', "'dialect' has no meaning for a contract of", "it is for sql"),
    ],
)
def test_a_policy_that_is_none_is_named_with_those_that_are(tmp_path: Path, toml: str, said: str, hint: str) -> None:
    contract(tmp_path, toml)

    with pytest.raises(ContractctlError, match=said) as error:
        read(tmp_path)
    assert hint in str(error.value.hint)


@pytest.mark.parametrize("at", ["orders/order-placed", "orders"])
def test_a_contract_behind_a_link_is_told_and_not_passed_over(tmp_path: Path, at: str) -> None:
    contract(tmp_path, 'format = "avro"')
    contracts, elsewhere = tmp_path / "contracts", tmp_path / "elsewhere"
    (contracts / at).rename(elsewhere)
    (contracts / at).symlink_to(elsewhere, target_is_directory=True)
    (contracts / "all").symlink_to("/", target_is_directory=True)

    assert store.names(contracts) == (at,)
    (found,) = store.read_each(contracts, store.names(contracts))
    assert isinstance(found, store.Unreadable)
    assert found.message.startswith(f"{contracts / at} is a link to a folder, which git does not follow")


def test_a_linked_folder_in_a_draft_is_refused_for_it_would_be_left_out(tmp_path: Path) -> None:
    folder = contract(tmp_path, 'format = "protobuf"\ndraft = "protos"')
    (folder / "protos").mkdir()
    (folder / "protos" / "a.proto").write_text('syntax = "proto3";\n')
    (folder / "more").mkdir()
    (folder / "protos" / "more").symlink_to(folder / "more", target_is_directory=True)

    with pytest.raises(ContractctlError, match=r"protos/more is a link to a folder, which is not followed"):
        read(tmp_path)


def test_a_pipe_is_no_draft_and_nobody_waits_for_it(tmp_path: Path) -> None:
    folder = contract(tmp_path, 'format = "avro"\ndraft = "pipe"')
    os.mkfifo(folder / "pipe")

    with pytest.raises(ContractctlError, match="pipe is not a file"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["nowhere", "contract.toml", "."])
def test_a_link_that_leads_to_no_file_is_no_missing_contract(tmp_path: Path, name: str) -> None:
    folder = contract(tmp_path, 'format = "avro"')
    (folder / "contract.toml").unlink()
    (folder / "contract.toml").symlink_to(name)

    with pytest.raises(ContractctlError, match=r"contract\.toml is not a file"):
        read(tmp_path)
