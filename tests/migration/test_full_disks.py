"""Does a full disk cost nothing but the time until there is room again?"""

from pathlib import Path

import shop
from sqlalchemy import Engine
from sqlalchemy.event import listen

from contractctl import migration
from contractctl.errors import ContractctlError

ROWS = 400


def test_every_stage_goes_on_when_there_is_room_again(tmp_path: Path) -> None:
    """SQLite refuses by itself, as on a full disk, whatever needs more pages than it is given."""
    shop.make(tmp_path, rows=ROWS)
    refused = set()
    for stage, percent in shop.WAY:
        (pages,) = shop.rows(tmp_path, "PRAGMA page_count")[0]
        found = [attempt(tmp_path, stage, percent, int(str(pages)) + more) for more in (0, 2, 5, 1_000_000)]
        for error in filter(None, found):
            assert "the disk is full" in error.message
            assert error.hint == "free some space; finished work is kept, and the same command resumes"
            refused.add(stage)
        assert found[-1] is None
        assert shop.rows(tmp_path, "PRAGMA integrity_check") == [("ok",)]

    names = [(n, f"customer {n}") for n in range(1, ROWS + 1)]
    assert shop.rows(tmp_path, "SELECT id, full_name FROM orders ORDER BY id") == names
    assert refused >= {"expand", "dual-write", "backfill"}


def attempt(folder: Path, stage: str, percent: float | None, pages: int) -> ContractctlError | None:
    """What it ends with while the file may have so many pages."""
    engine = shop.engine_of(folder)
    limited(engine, pages)
    try:
        migration.run(stage, shop.context(folder, engine=engine), percent)
    except ContractctlError as error:
        return error
    finally:
        engine.dispose()
    return None


def limited(engine: Engine, pages: int) -> None:
    listen(engine, "connect", lambda connection, _: connection.execute(f"PRAGMA max_page_count = {pages}").close())
