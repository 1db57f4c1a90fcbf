"""Is the journal append-only, chained and told to the world?"""

import json
from pathlib import Path

import jsonschema
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.event import listen
from sqlalchemy.exc import IntegrityError

from contractctl import journal, resources
from contractctl.databases import sqlite
from contractctl.errors import ContractctlError
from contractctl.journal import EntryKind, Note, RefusedError


def note(key: str = "1-expand", kind: EntryKind = EntryKind.INTENT, plan: str = "names", **body: object) -> Note:
    return Note(plan, kind, "expand", key, 1_700_000_000.25, "Ada <ada@example.org>", "c0ffee", body)


def write(engine: Engine, *notes: Note) -> None:
    with journal.writing(engine) as connection:
        for one in notes:
            journal.append(connection, one)


def tamper(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER contractctl_journal_UPDATE"))
        connection.execute(text("DROP TRIGGER contractctl_journal_DELETE"))
        connection.exec_driver_sql(statement)


def limited(engine: Engine, pragma: str) -> Engine:
    """The same database, through connections that SQLite itself holds back."""
    made = sqlite.create_engine(engine.url.render_as_string())
    listen(made, "connect", lambda connection, _record: connection.execute(pragma).close())
    return made


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
        "UPDATE contractctl_journal SET body = '{\"rows\":1}' WHERE key = '2-x'",
        "UPDATE contractctl_journal SET actor = 'Mallory' WHERE key = '0-x'",
        "UPDATE contractctl_journal SET at = at + 1 WHERE key = '4-x'",
        "DELETE FROM contractctl_journal WHERE key = '0-x'",
        "DELETE FROM contractctl_journal WHERE key = '2-x'",
        "DELETE FROM contractctl_journal WHERE key = '4-x'",
        "DELETE FROM contractctl_journal",
    ],
)
def test_an_edited_or_removed_entry_is_found(engine: Engine, statement: str) -> None:
    write(engine, *(note(f"{n}-x", rows=n) for n in range(5)))

    tamper(engine, statement)

    with pytest.raises(ContractctlError, match="tampered"):
        check(engine)


@pytest.mark.parametrize("statement", ["UPDATE contractctl_journal SET actor = 'x'", "DELETE FROM contractctl_journal"])
def test_the_database_itself_refuses_to_change_an_entry(engine: Engine, statement: str) -> None:
    write(engine, note())

    with pytest.raises(IntegrityError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))


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


def test_a_database_that_cannot_be_written_is_said_in_plain_words(engine: Engine) -> None:
    with pytest.raises(RefusedError, match="cannot be written") as refusal:
        write(limited(engine, "PRAGMA query_only = ON"), note())

    assert "right to write" in (refusal.value.hint or "")


def test_a_full_disk_is_said_in_plain_words_and_keeps_nothing_half(engine: Engine) -> None:
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    with pytest.raises(RefusedError, match="disk is full"):
        write(limited(engine, f"PRAGMA max_page_count = {pages}"), note(rows="x" * 100_000))

    with journal.reading(engine) as connection:
        assert journal.entries(connection, "names") == ()


def test_a_file_that_is_no_database_is_said_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_text("customer,amount\n" * 500)

    with pytest.raises(RefusedError, match="no SQLite database"):
        journal.open(sqlite.create_engine(f"sqlite:///{tmp_path}/shop.db"))
