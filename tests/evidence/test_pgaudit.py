"""Does pgaudit's log show who touched the column, and is one that may miss something never silence? The real thing."""

import math
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from contractctl import evidence
from contractctl.evidence.observations import Observations
from contractctl.evidence.pgaudit import postgresql_log
from contractctl.model.decision import Outcome
from contractctl.model.evidence import Kind, Record
from tests import servers
from tests.evidence.conftest import PLAN, QUESTION
from tests.evidence.test_statement_statistics import RULES, TABLE, outcome, problem, readers, run
from tests.servers import Server

Look = Callable[..., tuple[Record, ...]]
OPTIONS = (
    "--shared_preload_libraries=pgaudit",
    "--pgaudit.log=all",
    "--logging_collector=on",
    "--log_destination=csvlog,jsonlog,stderr",
    "--log_line_prefix=%m [%p] %u@%d ",
    "--log_timezone=UTC",
)


@pytest.fixture(scope="module")
def audited() -> Iterator[Server]:
    with servers.running(servers.POSTGRESQL, options=OPTIONS) as server:
        server.run("CREATE EXTENSION pgaudit")
        server.run(TABLE)
        server.run("CREATE ROLE app LOGIN SUPERUSER")
        yield server


@pytest.fixture
def look(audited: Server, tmp_path: Path) -> Look:
    """Collect from the server's log of one form."""

    def collect(
        ending: str = "csv", *, folder: Path | None = None, window: float = 60, **options: str
    ) -> tuple[Record, ...]:
        rules = replace(RULES, heartbeat_seconds=8, window_seconds=window)
        question = replace(QUESTION, now=time.time(), plan=replace(PLAN, reads=rules))
        where = f"{folder or audited.folder / 'data' / 'log'}/*.{ending}"
        return evidence.collect("pgaudit", where, options, question, root=tmp_path, folder=tmp_path)

    return collect


def test_every_form_of_the_log_tells_who_touched_the_column(audited: Server, look: Look) -> None:
    server = audited.url()
    for _ in range(4):
        run(server, 'DECLARE "_curs_1" CURSOR FOR SELECT id, total FROM orders', 'FETCH FORWARD 40 FROM "_curs_1"')
        time.sleep(0.25)
    quiet = look("csv", window=RULES.window_seconds, server=server)
    run(
        audited.url(account="app"),
        "SELECT customer_name\nFROM orders WHERE full_name = 'a, \"b\"'",
        "UPDATE orders SET customer_name = 'x'",
        "DO $$ BEGIN PERFORM customer_name FROM orders; END $$",
    )

    assert problem(quiet) == ""
    assert outcome(quiet) is Outcome.PASS, readers(quiet)
    for ending in ("csv", "json", "log"):
        found = look(ending, server=server, roles="app=reporting")
        assert problem(found) == "", ending
        assert readers(found)["reporting", ""] == 2, ending
        assert readers(found)["reporting", "writes"] == 1, ending


@pytest.mark.parametrize(
    ("act", "undo", "why"),
    [
        ("ALTER ROLE app SET pgaudit.log = 'none'", "ALTER ROLE app RESET ALL", "sampled: a role or database has"),
        ("ALTER DATABASE postgres SET pgaudit.log_statement = off", "ALTER DATABASE postgres RESET ALL", "sampled"),
        ("ALTER DATABASE postgres SET pgaudit.log = 'all, -read'", "ALTER DATABASE postgres RESET ALL", "sampled"),
    ],
)
def test_settings_that_leave_statements_out_are_unknown(
    audited: Server, look: Look, act: str, undo: str, why: str
) -> None:
    audited.run(f"SET pgaudit.log = 'none'; {act}")
    try:
        found = look(server=audited.url())
    finally:
        audited.run(f"SET pgaudit.log = 'none'; {undo}")

    assert problem(found).startswith(why)
    assert outcome(found) is not Outcome.PASS


def test_files_that_the_server_no_longer_writes_are_unknown(audited: Server, look: Look, tmp_path: Path) -> None:
    for path in (audited.folder / "data" / "log").glob("*.csv"):
        shutil.copy(path, tmp_path)

    found = look(folder=tmp_path, server=audited.url())

    assert problem(found).startswith("missing source: a test statement sent to the server is in none of these files")


def test_without_the_server_silence_proves_nothing_and_reads_still_count(audited: Server, look: Look) -> None:
    run(audited.url(account="app"), "SELECT customer_name FROM orders")

    found = look()

    assert problem(found).startswith("missing source: no server confirms")
    assert readers(found)["app", ""] >= 1


def test_a_server_without_pgaudit_is_unknown(postgresql_url: str, look: Look) -> None:
    assert problem(look(server=postgresql_url)).startswith("missing source: pgaudit is not loaded")


def test_what_a_role_with_settings_of_its_own_has_read_is_unknown_once_it_has_them_no_more(
    audited: Server, look: Look
) -> None:
    """They are reset, as the answer demands: time counts from then on, and no session may be left from before."""
    audited.run("ALTER ROLE app SET pgaudit.log = 'none'")
    with closing(psycopg.connect(audited.url(account="app").replace("+psycopg", ""))) as pooled:
        pooled.execute("SELECT customer_name FROM orders")
        audited.run("ALTER ROLE app RESET pgaudit.log")
        at = time.time()
        found = look(server=audited.url())
    later = look(server=audited.url())

    assert problem(found).startswith("sampled: sessions are connected since before")
    assert outcome(found) is not Outcome.PASS
    assert problem(later) == ""
    assert alive_since(later) >= at - 1


def alive_since(found: tuple[Record, ...]) -> float:
    """From when on the log speaks."""
    beats = (one.first_seen for it in found if it.kind is Kind.HEARTBEAT for one in it.series)
    return min((at for at in beats if at is not None), default=math.inf)


def test_other_settings_are_noticed_in_whatever_language_the_server_tells_of_them(audited: Server, look: Look) -> None:
    at = datetime.now(UTC) + timedelta(seconds=5)
    told = audited.folder / "data" / "log" / "german.log"
    told.write_text(f"{at:%Y-%m-%d %H:%M:%S.%f} UTC [1] @ LOG:  Parameter »pgaudit.log« auf »all« gesetzt\n")
    try:
        found = look("log", server=audited.url())
    finally:
        told.unlink()

    assert problem(found) == ""
    assert alive_since(found) >= at.timestamp()


def test_a_session_from_before_the_server_wrote_who_got_settings_of_its_own_may_have_some(
    audited: Server, look: Look
) -> None:
    """With `pgaudit.log = 'read'` no line tells that a role was given other settings, and given them back."""
    with closing(psycopg.connect(audited.url(account="app").replace("+psycopg", ""))) as pooled:
        at = datetime.now(UTC)
        told = audited.folder / "data" / "log" / "reloaded.log"
        line = 'LOG:  parameter "pgaudit.log" changed to "all"'
        told.write_text(f"{at:%Y-%m-%d %H:%M:%S.%f} UTC [1] @ {line}\n")
        try:
            found = look("log", server=audited.url())
            pooled.close()
            later = look("log", server=audited.url())
        finally:
            told.unlink()

    assert problem(found).startswith("sampled: sessions are connected since before")
    assert problem(later) == ""


def test_a_session_that_switched_its_own_audit_off_is_unknown(audited: Server, look: Look) -> None:
    run(
        audited.url(account="app"),
        "SELECT set_config('pgaudit.log', 'none', false)",
        "SELECT customer_name FROM orders",
    )

    assert problem(look(server=audited.url())).startswith("sampled: a session of app changed what is logged")


ENTRY = "2026-11-03 04:00:00.000 UTC [7] app@shop LOG:  AUDIT: SELECT 1,\n\t2\n"


def entries(folder: Path, text: str) -> tuple[list[str], Observations]:
    (folder / "it.log").write_text(text)
    seen = Observations("pgaudit", "it.log")
    return [one.message for one in postgresql_log.entries(seen, "it.log", folder)], seen


def test_an_entry_of_several_lines_is_one_and_what_is_in_the_writing_is_none(tmp_path: Path) -> None:
    found, seen = entries(tmp_path, ENTRY + ENTRY + ENTRY[:-2])

    assert (found, seen.problem) == (["AUDIT: SELECT 1,\n2"] * 2 + ["AUDIT: SELECT 1,"], None)


@pytest.mark.parametrize(("rubbish", "why"), [("\n", "an empty line"), ("no time\n", "a line does not begin with a")])
def test_a_log_with_rubbish_in_its_midst_is_unparseable_and_rests_on_all_of_it(
    tmp_path: Path, rubbish: str, why: str
) -> None:
    _, one = entries(tmp_path, ENTRY + rubbish + ENTRY)
    _, other = entries(tmp_path, ENTRY + rubbish + ENTRY.replace("app@", "web@"))

    assert (one.problem or "").startswith(f"unparseable: it.log: {why}")
    assert one.digest != other.digest
