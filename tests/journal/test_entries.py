"""Is the journal append-only, chained and told to the world?"""

import json
import random
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.event import listen
from sqlalchemy.exc import DBAPIError

from contractctl import databases, journal, resources
from contractctl.databases import run
from contractctl.errors import ContractctlError
from contractctl.journal import EntryKind, Note, RefusedError
from tests import servers
from tests.journal.conftest import Together, opened
from tests.servers import Kind

KINDS = pytest.mark.parametrize("kind", [servers.POSTGRESQL, servers.MARIADB], ids=lambda kind: kind.name)


def note(key: str = "1-expand", kind: EntryKind = EntryKind.INTENT, plan: str = "names", **body: object) -> Note:
    return Note(plan, kind, "expand", key, 1_700_000_000.25, "Ada <ada@example.org>", "c0ffee", body)


def write(engine: Engine, *notes: Note) -> None:
    with journal.writing(engine) as connection:
        for one in notes:
            journal.append(connection, one)


UNGUARDED = {
    "sqlite": ("DROP TRIGGER contractctl_journal_UPDATE", "DROP TRIGGER contractctl_journal_DELETE"),
    "postgresql": ("DROP TRIGGER contractctl_journal_append_only ON contractctl_journal",),
    "mysql": (
        "DROP TRIGGER contractctl_journal_UPDATE",
        "DROP TRIGGER contractctl_journal_DELETE",
        "SET foreign_key_checks = 0",
    ),
}


def tamper(engine: Engine, statement: str) -> None:
    """As somebody does who has every right."""
    with engine.begin() as connection:
        for one in UNGUARDED[engine.dialect.name]:
            run(connection, one)
        run(connection, statement.format(key=databases.of(engine).quote("key")))


@contextmanager
def limited(url: str, pragma: str) -> Iterator[Engine]:
    """The same database, through connections that SQLite itself holds back."""
    made = databases.create_engine(url)
    listen(made, "connect", lambda connection, _record: connection.execute(pragma).close())
    yield made
    made.dispose()


def check(engine: Engine) -> None:
    with journal.reading(engine) as connection:
        journal.verify_chain(connection, "names")


def test_the_same_key_and_kind_twice_is_one_entry(engine: Engine) -> None:
    write(engine, note(attempt=1))
    write(engine, note(attempt=2))

    with journal.reading(engine) as connection:
        found = journal.entries(connection, "names")
        told = connection.execute(text("SELECT count(*) FROM contractctl_outbox")).scalar()
    assert [entry.body for entry in found] == [{"attempt": 1}]
    assert told == 1


def test_an_untouched_journal_is_whole(engine: Engine) -> None:
    write(engine, *(note(f"{n}-x") for n in range(5)), *(note(f"{n}-x", plan="other") for n in range(5)))

    check(engine)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contractctl_journal SET body = '{{\"rows\":1}}' WHERE {key} = '2-x'",
        "UPDATE contractctl_journal SET actor = 'Mallory' WHERE {key} = '0-x'",
        "UPDATE contractctl_journal SET at = at + 1 WHERE {key} = '4-x'",
        "DELETE FROM contractctl_journal WHERE {key} = '0-x'",
        "DELETE FROM contractctl_journal WHERE {key} = '2-x'",
        "DELETE FROM contractctl_journal WHERE {key} = '4-x'",
        "DELETE FROM contractctl_journal",
    ],
)
def test_an_edited_or_removed_entry_is_found(engine: Engine, statement: str) -> None:
    write(engine, *(note(f"{n}-x", rows=n) for n in range(5)))

    tamper(engine, statement)

    with pytest.raises(ContractctlError, match="tampered"):
        check(engine)


def test_an_entry_removed_with_its_event_is_missed_by_the_one_after_it(engine: Engine) -> None:
    """Nothing published speaks of it any more: only the chain does."""
    write(engine, *(note(f"{n}-x") for n in range(3)))
    with engine.begin() as connection:
        run(connection, "DELETE FROM contractctl_outbox WHERE event LIKE '%1-x%'")

    tamper(engine, "DELETE FROM contractctl_journal WHERE {key} = '1-x'")

    with pytest.raises(ContractctlError, match="another one is missing"):
        check(engine)


def test_an_entry_that_speaks_of_another_plan_is_not_missing_there(engine: Engine) -> None:
    write(engine, note(plan="other", source="urn:contractctl:plan:names"), note())

    check(engine)


@pytest.mark.parametrize("statement", ["UPDATE contractctl_journal SET actor = 'x'", "DELETE FROM contractctl_journal"])
def test_the_database_itself_refuses_to_change_an_entry(engine: Engine, statement: str) -> None:
    write(engine, note())

    with pytest.raises(RefusedError, match="append-only"), journal.writing(engine) as connection:
        run(connection, statement)
    check(engine)


def test_a_server_refuses_to_empty_the_journal_at_once(server_url: str) -> None:
    with opened(server_url) as engine:
        write(engine, note())

        with pytest.raises(RefusedError, match=r"append-only|foreign key"), journal.writing(engine) as connection:
            run(connection, "TRUNCATE TABLE contractctl_journal")
        check(engine)


def test_a_replica_of_postgresql_refuses_as_well(postgresql_url: str) -> None:
    with opened(postgresql_url) as engine:
        write(engine, note())

        with engine.begin() as connection, pytest.raises(DBAPIError, match="append-only"):
            run(connection, "SET LOCAL session_replication_role = replica; UPDATE contractctl_journal SET actor = 'x'")


def test_every_entry_is_an_event_that_keeps_the_contract(engine: Engine) -> None:
    schema = json.loads((resources.contracts() / "contractctl/journal-entry/journal-entry.schema.json").read_text())
    write(engine, *(note(f"{kind}", kind, rows=1, nested={"a": [1.5, None]}) for kind in EntryKind))

    with journal.reading(engine) as connection:
        events = [json.loads(one) for one in connection.execute(text("SELECT event FROM contractctl_outbox")).scalars()]
        entries = journal.entries(connection, "names")

    assert len(events) == len(EntryKind)
    for event, entry in zip(events, entries, strict=True):
        jsonschema.validate(event, schema, format_checker=jsonschema.FormatChecker())
        assert event["data"]["body"] == entry.body
        assert event["id"] == entry.hash
        assert event["time"] == "2023-11-14T22:13:20.250000Z"


def test_a_rolled_back_transaction_tells_nobody(engine: Engine) -> None:
    with engine.connect() as connection:
        journal.append(connection, note())
        connection.rollback()

    with journal.reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM contractctl_outbox")).scalar() == 0


ODD = ["", "Ünïcode 🙂", 'it\'s \\ "quoted"', "line\nbreak\ttab", "%s :x {y}", "blank at the end "]


def test_what_is_read_is_what_was_written(engine: Engine) -> None:
    moments = [1_700_000_000.123457, 0.1, 1e-7, 1732665600.9999998, 2.0**37 + 2**-15]
    notes = [
        Note("names", EntryKind.CHECK, word[:20], f"{n}-{word}", at, word, word, {word: [at, None, n]})
        for n, (word, at) in enumerate(zip(ODD, [*moments, -1.5], strict=True))
    ]
    write(engine, *notes)

    with journal.reading(engine) as connection:
        found = journal.entries(connection, "names")
    assert [(one.stage, one.key, one.at, one.actor, one.git_commit, one.body) for one in found] == [
        (one.stage, one.key, one.at, one.actor, one.git_commit, one.body) for one in notes
    ]
    check(engine)


def test_keys_that_differ_in_case_or_blanks_are_two(engine: Engine) -> None:
    write(engine, note("1-x"), note("1-X"), note("1-x "), note("1-x", plan="Names"), note("1-x", plan="names "))

    with journal.reading(engine) as connection:
        assert [entry.key for entry in journal.entries(connection, "names")] == ["1-x", "1-X", "1-x "]
        assert set(journal.plans(connection)) == {"names", "Names", "names "}


def test_a_large_entry_is_kept_whole(engine: Engine) -> None:
    write(engine, note(text="x" * 1_000_000))

    check(engine)


WRITING = """
for n in range(15):
    while True:
        try:
            with journal.writing(engine) as connection:
                journal.append(connection, Note("names", EntryKind.CHECK, "verify", f"{me} {n}", 1.0, me, "", {}))
            break
        except journal.RefusedError as error:
            assert error.busy, error.message
"""


def test_entries_that_are_written_at_once_are_one_chain(database_url: str, engine: Engine, together: Together) -> None:
    together(database_url, WRITING)

    with journal.reading(engine) as connection:
        assert len(journal.entries(connection, "names")) == 60
    check(engine)


SAME = """
for n in range(15):
    while True:
        try:
            with journal.writing(engine) as connection:
                journal.append(connection, Note("names", EntryKind.INTENT, "expand", f"{n}", 1.0, me, "", {}))
            break
        except journal.RefusedError as error:
            assert error.busy, error.message
"""


def test_one_of_many_writes_what_all_would_write(database_url: str, engine: Engine, together: Together) -> None:
    together(database_url, SAME)

    with journal.reading(engine) as connection:
        assert [entry.key for entry in journal.entries(connection, "names")] == [f"{n}" for n in range(15)]
        assert run(connection, "SELECT count(*) FROM contractctl_outbox").scalar() == 15
    check(engine)


def test_a_database_that_cannot_be_written_is_said_in_plain_words(sqlite_url: str, engine: Engine) -> None:
    with (
        limited(sqlite_url, "PRAGMA query_only = ON") as held_back,
        pytest.raises(RefusedError, match="cannot be written") as refusal,
    ):
        write(held_back, note())

    assert "right to write" in (refusal.value.hint or "")


def test_a_server_that_only_reads_is_said_in_plain_words(server_url: str) -> None:
    with opened(server_url) as engine:
        reader = databases.of(engine).reading(engine)

        with pytest.raises(RefusedError, match="cannot be written") as refusal:
            write(reader, note())

    assert "replica" in (refusal.value.hint or "")


def test_a_full_disk_is_said_in_plain_words_and_keeps_nothing_half(sqlite_url: str) -> None:
    with opened(sqlite_url) as engine:
        with engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        with limited(sqlite_url, f"PRAGMA max_page_count = {pages}") as held_back:
            fill_up(held_back, most=1)

        assert written(engine) == []


def test_a_full_disk_of_postgresql_is_said_in_plain_words_and_keeps_nothing_half(tmp_path: Path) -> None:
    with servers.running(servers.POSTGRESQL) as server, small_disk(server.folder / "small", "8m") as small:
        server.give(small)
        server.run(f"CREATE TABLESPACE small LOCATION '{small}'")
        server.run("CREATE DATABASE shop TABLESPACE small")
        with opened(server.url("shop")) as engine:
            kept = fill_up(engine, most=500)
            assert written(engine) == kept
            check(engine)
            server.run("DROP DATABASE shop WITH (FORCE)")
            server.run("DROP TABLESPACE small")


def test_a_full_disk_of_mariadb_is_said_in_plain_words_and_keeps_nothing_half() -> None:
    options = ("--innodb-file-per-table=0", "--innodb-data-file-path=ibdata1:12M:autoextend:max:20M")
    with servers.running(servers.MARIADB, options=options) as server:
        server.run("CREATE DATABASE shop")
        with opened(server.url("shop")) as engine:
            kept = fill_up(engine, most=500)
            assert written(engine) == kept
            check(engine)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(mounting, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root can mount a disk that is small enough to be full")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill_up(engine: Engine, most: int) -> list[str]:
    """Write until the disk is full; the keys of what was written before."""
    keys = list[str]()

    def go_on() -> None:
        for n in range(most):
            write(engine, note(f"{n}-x", rows=random.Random(n).randbytes(50_000).hex()))
            keys.append(f"{n}-x")

    with pytest.raises(RefusedError, match="disk is full") as refusal:
        go_on()
    assert not refusal.value.busy
    assert "free some space" in (refusal.value.hint or "")
    return keys


def written(engine: Engine) -> list[str]:
    with journal.reading(engine) as connection:
        return [entry.key for entry in journal.entries(connection, "names")]


@KINDS
def test_a_server_that_is_killed_loses_nothing_that_was_written(kind: Kind) -> None:
    promised = list[str]()

    def write_on() -> None:
        while True:
            key = f"{len(promised)}-x"
            write(engine, note(key))
            promised.append(key)

    with servers.running(kind) as server, server.database() as url, opened(url) as engine:
        for n in range(6):
            later = threading.Timer(random.Random(n).uniform(0.0, 0.05), server.kill)
            later.start()
            with pytest.raises(RefusedError) as refusal:
                write_on()
            later.join()
            server.start()
            assert refusal.value.lost, refusal.value.message

        write(engine, note("after all"))
        check(engine)
        assert set(promised) <= set(written(engine))
        assert len(written(engine)) == len(promised) + 1


def test_a_file_that_is_no_database_is_said_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_text("customer,amount\n" * 500)
    made = databases.create_engine(f"sqlite:///{tmp_path}/shop.db")

    with pytest.raises(RefusedError, match="not a SQLite database"):
        journal.open(made)
    made.dispose()  # Python 3.13 warns of a connection that nobody closed, in whichever test runs then
