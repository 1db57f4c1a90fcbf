"""Does what refers to its own table go over to the table's copy, and is it held to that at every moment?"""

import random
from collections.abc import Iterator
from dataclasses import replace

import pymysql
import pytest

from contractctl import operations
from contractctl.databases import copied_rows
from contractctl.databases.catalog import Live
from contractctl.errors import ContractctlError
from contractctl.formats.sql import staging
from contractctl.model.contract import File, Policy, Source
from contractctl.model.declared import Declared
from contractctl.model.plan import Operation
from contractctl.operations.steps import Swap
from tests.databases import shops
from tests.databases.shops import Words
from tests.operations.copies import COPIED, many_writing, reached, there_and_back
from tests.operations.lives import STAGES, Life

AUTHORS = "CREATE TABLE authors (id INT PRIMARY KEY)"
COMMENTS = """CREATE TABLE comments (id INT AUTO_INCREMENT PRIMARY KEY, parent_id INT, thread_id INT DEFAULT 1,
  author_id INT, slug VARCHAR(20) UNIQUE, CONSTRAINT answers FOREIGN KEY (parent_id) REFERENCES comments (id),
  FOREIGN KEY (thread_id) REFERENCES comments (id) ON UPDATE CASCADE,
  CONSTRAINT written FOREIGN KEY (author_id) REFERENCES authors (id) ON DELETE CASCADE)"""
WIDER = ("(id INT", "(id BIGINT"), ("parent_id INT", "parent_id BIGINT"), ("thread_id INT", "thread_id BIGINT")
PLAIN = COMMENTS.replace("comments", "plain").replace("CONSTRAINT ", "CONSTRAINT plain_")
OTHER = {"dual_write": "comments__new", "validate": "comments__new", "quiesce": "comments__quiesced"}
HELD_TO = (1062, 1451, 1452)


def widened(text: str) -> str:
    for old, new in WIDER:
        text = text.replace(old, new)
    return text


def planned(_: Words) -> tuple[Operation, ...]:
    old, new = (Source((File("comments.sql", f"{AUTHORS};\n{one}"),)) for one in (COMMENTS, widened(COMMENTS)))
    return staging.operations(old, new, Declared(), "shop/comments", Policy("mysql"))


@pytest.fixture
def life(mariadb_url: str) -> Iterator[Life]:
    with shops.opened(shops.MARIADB, mariadb_url) as shop:
        yield Life(shop, replace(COPIED, tables=(AUTHORS, COMMENTS), planned=planned))


def at(life: Life, stage: str) -> Life:
    """Up to a stage; `swapping`: cut short just before the copy has the name; `undone`: it has had it."""
    if stage == "swapping":
        reached(life, "validate")
        (swap,) = (step for step in operations.quiesce(life.plan) if isinstance(step, Swap))
        with life.shop.engine.connect() as connection:
            for one in swap.statements(life.shop.database, Live(life.shop.database, connection))[:-1]:
                life.shop.run(one.sql)
    else:
        reached(life, "quiesce" if stage == "undone" else stage)
    if stage == "undone":
        life.undo("quiesce")
    return life


def filled(life: Life, table: str = "comments") -> Life:
    life.shop.run("INSERT IGNORE INTO authors VALUES (1), (2), (3)")
    life.shop.run(f"INSERT INTO {table} (id, thread_id) VALUES (1, 1), (2, NULL), (3, 3)")
    life.shop.run(f"INSERT INTO {table} (id, parent_id, author_id, slug) VALUES (4, 1, 1, 'd'), (5, 4, 2, 'e')")
    life.shop.run(f"INSERT INTO {table} (id, parent_id, thread_id, author_id) VALUES (6, 2, 5, 3), (7, 7, NULL, NULL)")
    return life


def rows(life: Life, table: str = "comments") -> list[tuple[object, ...]]:
    return life.shop.rows(f"SELECT id, parent_id, thread_id, author_id, slug FROM {table} ORDER BY id")


def shown(life: Life) -> list[str]:
    ((_, text),) = life.shop.rows("SHOW CREATE TABLE comments")
    return sorted(line.rstrip(",") for line in str(text).splitlines())


def test_what_refers_to_its_own_table_is_what_it_was_when_the_old_table_is_gone(life: Life) -> None:
    """Also what has no name, and two of one table; and on the way back, again and again."""
    filled(life)
    before = shown(life)
    for _ in range(2):
        reached(life, "quiesce")
        life.roll_back(*STAGES[:4])
        assert shown(life) == before
        assert life.shop.rows("SHOW TABLES LIKE 'comments%'") == [("comments",)]
    at(life, "undone")
    assert life.differing() == []
    life.do("quiesce")
    life.do("contract")

    wider = ("id", "parent_id", "thread_id")
    for name in wider:
        before = [line.replace(f"`{name}` int(11)", f"`{name}` bigint(20)") for line in before]
    assert shown(life) == before


STATEMENTS = (
    "INSERT INTO comments (parent_id) VALUES (9)",
    "INSERT INTO comments (id, parent_id) VALUES (20, 20), (21, 20)",
    "INSERT INTO comments (id, parent_id) VALUES (20, 21), (21, NULL)",
    "INSERT IGNORE INTO comments (id, parent_id) VALUES (20, 21), (21, 5), (22, 21)",
    "INSERT INTO comments (id) VALUES (4) ON DUPLICATE KEY UPDATE parent_id = 5",
    "INSERT INTO comments (id) VALUES (4) ON DUPLICATE KEY UPDATE id = 40",
    "INSERT INTO comments (id, slug) VALUES (50, 'd') ON DUPLICATE KEY UPDATE parent_id = 3, slug = 'f'",
    "REPLACE INTO comments (id, slug) VALUES (4, 'anew')",
    "REPLACE INTO comments (id, parent_id, slug) VALUES (6, 5, 'd')",
    "REPLACE INTO comments (id, parent_id) VALUES (6, 6)",
    "DELETE FROM comments WHERE id = 1",
    "DELETE FROM comments WHERE id = 6",
    "DELETE FROM comments WHERE id = 7",
    "DELETE FROM comments WHERE id > 3",
    "DELETE FROM comments WHERE id > 3 ORDER BY id DESC",
    "DELETE IGNORE FROM comments",
    "DELETE one FROM comments one JOIN comments two ON two.id = one.parent_id WHERE two.id = 2",
    "UPDATE comments SET id = 70 WHERE id = 7",
    "UPDATE comments SET id = 70, parent_id = NULL WHERE id = 7",
    "UPDATE comments SET id = 70, parent_id = 70 WHERE id = 7",
    "UPDATE comments SET id = 70, parent_id = 6 WHERE id = 6",
    "UPDATE comments SET id = 60 WHERE id = 6",
    "UPDATE comments SET id = 60, parent_id = 60 WHERE id = 6",
    "UPDATE comments SET id = 60, slug = 'd' WHERE id = 6",
    "UPDATE comments SET id = 10, thread_id = NULL WHERE id = 3",
    "UPDATE IGNORE comments SET id = id + 100 ORDER BY id DESC",
    "UPDATE IGNORE comments SET parent_id = id + 1",
    "UPDATE comments SET parent_id = NULL, thread_id = NULL, id = id + 100",
    "UPDATE comments SET parent_id = 9 WHERE id = 6",
    "UPDATE comments SET parent_id = id",
    "UPDATE comments one JOIN comments two ON two.id = one.parent_id SET one.parent_id = two.parent_id",
    "DELETE FROM authors WHERE id = 1",
    "DELETE FROM authors WHERE id = 3",
    "DELETE FROM authors WHERE id IN (3, 2)",
)


@pytest.mark.parametrize("stage", ["dual_write", "validate", "swapping", "quiesce", "undone"])
def test_whatever_is_written_ends_as_in_a_table_of_which_there_is_no_copy(life: Life, stage: str) -> None:
    """Hazard 13: what goes through goes through, and what is refused is refused, for the same reason."""
    life.shop.run(PLAIN)
    at(filled(life), stage)
    for statement in STATEMENTS:
        _emptied(life)
        filled(filled(life), "plain")
        ends = [_ended(life, one) for one in (statement.replace("comments", "plain"), statement)]
        assert [statement, *ends] == [statement, ends[0], ends[0]]
        assert (statement, rows(life)) == (statement, rows(life, "plain"))
        assert (statement, life.differing()) == (statement, [])


def _ended(life: Life, statement: str) -> int:
    """The number of the error, or 0."""
    try:
        life.shop.run(statement)
    except pymysql.Error as error:
        return int(error.args[0])
    return 0


def _emptied(life: Life) -> None:
    for table in ("comments", "plain"):
        life.shop.run(f"UPDATE {table} SET parent_id = NULL, thread_id = NULL")
        life.shop.run(f"DELETE FROM {table}")


def transactions(chance: random.Random) -> tuple[tuple[str, ...], ...]:
    one, two, three = (chance.randint(1, 40) for _ in range(3))
    into = "INSERT IGNORE INTO comments (id, parent_id, thread_id, author_id, slug)"
    return (
        (f"{into} VALUES ({one}, {two}, {three}, {one % 4}, 's{two}'), ({two}, {one}, NULL, NULL, NULL)",),
        (f"{into} VALUES ({one}, {one}, {one}, 1, NULL)", f"{into} VALUES ({two}, {one}, {one}, 2, NULL)"),
        (
            "INSERT INTO comments (thread_id) VALUES (NULL)",
            f"{into} SELECT {one}, max(id), max(id), 3, NULL FROM comments",
        ),
        (f"UPDATE comments SET parent_id = {two} WHERE id = {one}", f"DELETE FROM comments WHERE id = {three}"),
        (f"UPDATE comments SET thread_id = {one}, slug = 's{one}' WHERE id BETWEEN {two} AND {two} + 5",),
        (f"UPDATE comments SET parent_id = NULL, thread_id = NULL WHERE id % 5 = {one % 5}",),
        (f"UPDATE comments SET id = {two} + 40, parent_id = {three} WHERE id = {one}",),
        (f"REPLACE INTO comments (id, parent_id, thread_id, author_id) VALUES ({one}, {two}, {three}, 1)",),
        (f"DELETE FROM comments WHERE id BETWEEN {one} AND {one} + 9 ORDER BY id DESC",),
        (f"DELETE IGNORE FROM comments WHERE id % 7 = {one % 7}",),
        (f"DELETE FROM authors WHERE id = {one % 4}", f"INSERT IGNORE INTO authors VALUES ({one % 4})"),
        (
            f"INSERT IGNORE INTO authors VALUES ({one % 4})",
            f"UPDATE comments SET author_id = {one % 4} WHERE id = {two}",
        ),
    )


def test_nothing_refers_to_nothing_while_everybody_writes_and_the_two_change_places(life: Life) -> None:
    """Hazards 13, 19, 21, 29."""
    filled(life)
    with many_writing(life, transactions, HELD_TO) as kept:
        reached(life, "validate")
        before = len(kept)
        there_and_back(life, 2, pause=0.1)
    assert len(kept) > before
    for name in ("parent_id", "thread_id"):
        for table in ("comments", "comments__quiesced"):
            there = f"(SELECT id FROM {table})"
            assert life.shop.rows(f"SELECT * FROM {table} WHERE {name} IS NOT NULL AND {name} NOT IN {there}") == []
    assert rows(life) == rows(life, "comments__quiesced")
    life.do("contract")


def test_a_number_that_the_old_table_cannot_hold_is_refused_until_that_is_gone(life: Life) -> None:
    """Hazard 43: what refers to it could not be in the old table, either, nor what refers to that."""
    reached(filled(life), "quiesce")
    into = "INSERT INTO comments (id) VALUES (3000000000)"
    with pytest.raises(pymysql.DataError, match="1264"):
        life.shop.run(into)
    with pytest.raises(pymysql.DataError, match="1264"):
        life.shop.run("UPDATE comments SET id = 3000000000 WHERE id = 6")
    assert life.differing() == []
    life.do("contract")
    life.shop.run(into)
    life.shop.run("UPDATE comments SET parent_id = 3000000000 WHERE id = 6")

    with pytest.raises(pymysql.IntegrityError, match="1451"):
        life.shop.run("DELETE FROM comments WHERE id = 3000000000")
    with pytest.raises(pymysql.IntegrityError, match="1452"):
        life.shop.run("UPDATE comments SET thread_id = 3000000001 WHERE id = 6")


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize(
    "key", ["(late) REFERENCES comments (id)", "(parent_id) REFERENCES comments (id) ON DELETE SET NULL"]
)
def test_what_has_come_to_refer_to_its_own_table_meanwhile_is_named(life: Life, key: str, *, begun: bool) -> None:
    """Hazard 48."""
    if begun:
        reached(filled(life), "validate")
    life.shop.run(f"ALTER TABLE comments ADD COLUMN late INT, ADD CONSTRAINT itself FOREIGN KEY {key}")

    sentence = "foreign key 'itself' of 'comments' refers to 'comments' itself"
    if begun:
        with pytest.raises(ContractctlError, match=sentence):
            life.do("quiesce")
    else:
        with life.shop.engine.connect() as connection:
            assert any(sentence in one for one in operations.hindrances(life.plan, connection))


@pytest.mark.parametrize("backwards", [False, True])
def test_rows_that_refer_to_each_other_are_repaired_in_whichever_order(life: Life, *, backwards: bool) -> None:
    """What one refers to may come after it, and may go before it."""
    reached(filled(life), "quiesce")
    for damage in (
        "UPDATE comments__quiesced SET parent_id = NULL, thread_id = NULL WHERE id IN (3, 6)",
        "DELETE FROM comments__quiesced WHERE id IN (2, 5, 4)",
        "INSERT INTO comments__quiesced (id, parent_id) VALUES (90, NULL), (91, 90), (92, 93), (93, NULL)",
    ):
        life.shop.run(f"SET STATEMENT foreign_key_checks = 0 FOR {damage}")
    (sync,), wrong = life.synchronisations(), sorted(life.differing(), reverse=backwards)
    assert len(wrong) == 9
    for key in wrong:
        with life.shop.engine.begin() as connection:
            copied_rows.repair(life.shop.database, connection, sync, [key], old=False)

    assert life.differing() == []
    assert rows(life) == rows(life, "comments__quiesced")
