"""Does the matrix tell the truth about every pair of versions, and about every consumer and producer?"""

import itertools

import pytest

from contractctl.compatibility import compare
from contractctl.matrix import Judge, Match, matrix
from contractctl.model.contract import DRAFT, Contract, File, Party, Policy, SemanticVersion, Source, Version
from contractctl.model.verdict import Level, Status
from contractctl.report.matrix_words import letters
from contractctl.store import digest

NAME = '{"type": "record", "name": "Placed", "fields": [{"name": "customer_name", "type": "string"}]}'
BOTH = NAME.replace("]}", ', {"name": "full_name", "type": "string", "default": ""}]}').replace(
    '"customer_name", "type": "string"', '"customer_name", "type": "string", "default": ""'
)
FULL = NAME.replace("customer_name", "full_name")
TABLE = "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_name TEXT, status TEXT);"
RENAMED = TABLE.replace("customer_name", "full_name")


def contract(
    *texts: str,
    draft: str | None = None,
    format_name: str = "avro",
    consumers: tuple[Party, ...] = (),
    producers: tuple[Party, ...] = (),
) -> Contract:
    """A contract with a release of each text: 1.0.0, 2.0.0, …"""
    sources = [Source((File(f"{n}.0.0", text),)) for n, text in enumerate(texts, 1)]
    versions = tuple(Version(SemanticVersion(n, 0, 0), digest(s), s) for n, s in enumerate(sources, 1))
    drafted = Source((File("placed", draft),)) if draft else None
    dialect = "sqlite" if format_name == "sql" else None
    return Contract(
        "orders/placed",
        format_name,
        "team",
        Level.FULL,
        drafted,
        versions,
        consumers,
        producers,
        policy=Policy(dialect),
    )


def match(it: Contract) -> Match:
    (found,) = matrix(it, Judge(witnesses=False)).matches
    return found


def test_each_pair_of_versions_says_what_comparing_the_two_says() -> None:
    texts = {"1.0.0": NAME, "2.0.0": BOTH, "3.0.0": FULL}

    found = matrix(contract(*texts.values()), Judge(witnesses=False))

    assert [(cell.old, cell.new) for cell in found.cells] == list(itertools.combinations(texts, 2))
    for cell in found.cells:
        expected = compare(texts[cell.old], texts[cell.new], format="avro")
        assert cell.comparison.backward.status is expected.backward.status
        assert cell.comparison.forward.status is expected.forward.status


def test_two_letters_tell_the_two_directions_apart() -> None:
    found = matrix(contract(NAME, BOTH, FULL), Judge(witnesses=False))

    assert {(cell.old, cell.new): letters(cell.comparison) for cell in found.cells} == {
        ("1.0.0", "2.0.0"): "BF",
        ("1.0.0", "3.0.0"): "--",
        ("2.0.0", "3.0.0"): "BF",
    }


def test_a_draft_that_differs_stands_as_a_version() -> None:
    found = matrix(contract(NAME, draft=BOTH), Judge(witnesses=False))

    assert [entry.name for entry in found.entries] == ["1.0.0", DRAFT]


def test_a_draft_that_equals_the_latest_release_is_not_shown_twice() -> None:
    found = matrix(contract(NAME, draft=NAME), Judge(witnesses=False))

    assert [entry.name for entry in found.entries] == ["1.0.0"]
    assert found.cells == ()


def test_a_pair_of_texts_is_judged_once_however_often_it_meets() -> None:
    judge = Judge(witnesses=False)
    parties = tuple(Party(f"service-{n}") for n in range(5))

    matrix(contract(NAME, BOTH, FULL, consumers=parties, producers=parties), judge)

    assert len(judge._known) == 3 + 3  # three pairs of versions, and each version with itself


def test_a_version_that_cannot_be_read_spoils_only_its_own_pairs() -> None:
    found = matrix(contract(NAME, "{", BOTH), Judge(witnesses=False))

    said = {(cell.old, cell.new): cell.comparison.backward for cell in found.cells}
    assert said["1.0.0", "3.0.0"].status is Status.COMPATIBLE
    assert said["1.0.0", "2.0.0"].status is Status.UNKNOWN
    assert "2.0.0:1:2: this is not JSON" in said["1.0.0", "2.0.0"].reasons[0]


def test_a_format_that_is_not_judged_is_unknown_and_not_compatible() -> None:
    found = matrix(contract("{}", "[]", format_name="thrift"), Judge(witnesses=False))

    assert letters(found.cells[0].comparison) == "??"


def test_a_contract_without_versions_has_an_empty_matrix() -> None:
    found = matrix(contract(consumers=(Party("mailing"),), producers=(Party("shop"),)), Judge(witnesses=False))

    assert found.entries == ()
    assert found.matches[0].status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("reads", "writes", "status"),
    [
        ("1.0.0", "1.0.0", Status.COMPATIBLE),
        ("1.0.0", "3.0.0", Status.INCOMPATIBLE),
        ("3.0.0", "1.0.0", Status.INCOMPATIBLE),
        ("1.0.0", "2.0.0", Status.COMPATIBLE),
        ("2.0.0", "1.0.0", Status.COMPATIBLE),
        ("2.0.0", "3.0.0", Status.COMPATIBLE),
    ],
)
def test_a_consumer_meets_a_producer_on_the_versions_that_they_are_on(reads: str, writes: str, status: Status) -> None:
    it = contract(
        NAME,
        BOTH,
        FULL,
        consumers=(Party("mailing", versions=(reads,)),),
        producers=(Party("shop", versions=(writes,)),),
    )

    assert match(it).status is status


def test_a_major_number_stands_for_all_versions_below_it() -> None:
    it = contract(
        NAME, FULL, consumers=(Party("mailing", versions=("1",)),), producers=(Party("shop", versions=("1",)),)
    )

    assert match(it).status is Status.COMPATIBLE


def test_a_version_that_was_never_released_is_unknown_and_named() -> None:
    it = contract(NAME, consumers=(Party("mailing", versions=("10",)),), producers=(Party("shop"),))

    found = match(it)

    assert found.status is Status.UNKNOWN
    assert found.reason == "mailing is said to be on 10, but there is no such version"


def test_undeclared_versions_that_would_decide_the_answer_make_it_unknown() -> None:
    it = contract(NAME, FULL, consumers=(Party("mailing"),), producers=(Party("shop", versions=("2.0.0",)),))

    found = match(it)

    assert found.status is Status.UNKNOWN
    assert found.reason is not None
    assert "mailing on 1.0.0 is not compatible with shop on 2.0.0" in found.reason
    assert "does not say which versions mailing is on" in found.reason


def test_an_old_client_is_held_against_the_new_table_and_not_the_other_way_round() -> None:
    wider = TABLE.replace("status TEXT", "status TEXT, note TEXT")
    old, new = Party("shop", versions=("1.0.0",)), Party("shop", versions=("2.0.0",))

    assert (
        match(contract(TABLE, wider, format_name="sql", consumers=(old,), producers=(new,))).status is Status.COMPATIBLE
    )
    assert match(contract(TABLE, wider, format_name="sql", consumers=(new,), producers=(old,))).status is (
        Status.INCOMPATIBLE
    )


def test_a_client_is_not_broken_by_columns_that_it_does_not_read() -> None:
    def broken(column: str) -> Status:
        reader = Party("report", reads=(column,), versions=("1.0.0",))
        writer = Party("shop", versions=("2.0.0",))
        return match(contract(TABLE, RENAMED, format_name="sql", consumers=(reader,), producers=(writer,))).status

    assert broken("orders.customer_name") is Status.INCOMPATIBLE
    assert broken("orders") is Status.INCOMPATIBLE
    assert broken("orders.status") is Status.COMPATIBLE


def test_a_message_that_cannot_be_decoded_is_lost_for_those_who_read_another_field_too() -> None:
    reader = Party("mailing", reads=("Placed.something_else",), versions=("1.0.0",))
    it = contract(NAME, FULL, consumers=(reader,), producers=(Party("shop", versions=("2.0.0",)),))

    assert match(it).status is Status.INCOMPATIBLE


def test_who_is_retired_meets_nobody() -> None:
    it = contract(NAME, consumers=(Party("mailing", retired=True),), producers=(Party("shop"),))

    assert matrix(it, Judge(witnesses=False)).matches == ()
