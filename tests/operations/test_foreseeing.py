"""Is what a plan is said to do, before anything is done, what its stages then do? On every engine, for every kind."""

import re

import pytest

from contractctl import operations
from contractctl.databases import Statement, Work, rows, run
from contractctl.databases.catalog import Live
from contractctl.migration.foreseeing import foresee
from contractctl.model.plan import Operation, Stage, Transform
from tests.databases import shops
from tests.operations.lives import Life, Scenario
from tests.operations.scenarios import SCENARIOS

STAGES = {
    Stage.EXPAND: "expand",
    Stage.DUAL_WRITE: "dual_write",
    Stage.VERIFY: "validate",
    Stage.QUIESCE: "quiesce",
    Stage.CONTRACT: "contract",
}

CHILD = Scenario(
    "drop-table that refers to another",
    ("CREATE TABLE orders (id integer PRIMARY KEY)", "CREATE TABLE parcels (id integer REFERENCES orders)"),
    lambda _: (Operation("drop-table", "parcels", "parcels", old="parcels"),),
    *((), (), "", "", "", ""),
)


def retyped(old: str, new: str, **promises: str) -> Scenario:
    """A column of another type, of the same name."""
    said = {"via": "amount__new", "key": "id integer", "old_type": old, "type": new, **promises}
    way = Transform("amount", "amount__new")
    return Scenario(
        f"change-type from {old} to {new}",
        (f"CREATE TABLE orders (id {{key}}, amount {old})",),
        lambda _: (Operation("change-type", "orders", "orders", "amount", "amount", way, said),),
        *((), (), "", "", "", ""),
    )


RETYPED = retyped("bigint NOT NULL", "decimal(20,0)", old_not_null="yes", not_null="yes")
KINDS = {
    CHILD.kind,
    RETYPED.kind,
    "change-type",
    "change-key-type of a key that is referred to",
    "change-key-type of a key that nobody counts",
    "change-key-type of all columns, one counted, with other names",
    "rename-table",
    "add-foreign-key",
    "rename-column in an index, unique and checked",
}
"""Between them: what is staged, promised, built, proven, renamed and dropped."""


def foreseen(life: Life) -> dict[Stage, list[Statement]]:
    with life.shop.engine.connect() as connection:
        steps = foresee(life.plan, connection)
    assert [(one.unknown, one.refusal) for one in steps if one.unknown or one.refusal] == []
    return {
        stage: [said for one in steps if one.stage is stage for said in one.statements if said.sql] for stage in STAGES
    }


def done(life: Life, name: str) -> list[Statement]:
    """Run the stage, step by step, and say which statements that were: nothing is done twice."""
    found, database = list[Statement](), life.shop.database
    for step in getattr(operations, name)(life.plan):
        with life.shop.engine.connect() as connection:
            if database.transactional_ddl or not step.done(database, connection):
                found += step.statements(database, Live(database, connection))
        life.invoke((step,))
    return found


@pytest.mark.parametrize(
    ("words", "scenario"),
    [
        pytest.param(words, scenario, id=f"{scenario}-{words}")
        for scenario in (*SCENARIOS, CHILD, RETYPED)
        for words in shops.ENGINES
        if scenario.kind in KINDS and words.server in scenario.engines
    ],
)
def test_what_is_foreseen_is_what_is_done(words, scenario, request):
    url = request.getfixturevalue(f"{words.server}_url")
    with shops.opened(words, url) as shop:
        life = Life(shop, scenario)
        before = foreseen(life)
        after = {}
        for stage, name in STAGES.items():
            if stage is Stage.VERIFY:
                life.backfill()
            after[stage] = done(life, name)

    for stage in STAGES:
        assert known(before[stage]) == known(after[stage]), stage


@pytest.mark.parametrize(
    ("scenario", "refused"),
    [
        (retyped("timestamp NULL", "datetime", not_null="yes"), False),
        (retyped("datetime", "timestamp NULL", not_null="yes"), True),
    ],
    ids=str,
)
def test_what_mariadb_cannot_do_to_a_column_hangs_on_the_type_that_it_has_by_then(mariadb_url, scenario, refused):
    with shops.opened(shops.MARIADB, mariadb_url) as shop:
        life = Life(shop, scenario)
        with shop.engine.connect() as connection:
            refusals = [step.refusal.message for step in foresee(life.plan, connection) if step.refusal is not None]

    assert ["can forbid NULL in the TIMESTAMP 'amount'" in refusal for refusal in refusals] == [True] * refused


def test_what_hangs_on_earlier_stages_is_not_told_in_the_words_for_scripts(mariadb_url):
    scenario = next(one for one in SCENARIOS if one.kind == "change-key-type of one column of several")
    with shops.opened(shops.MARIADB, mariadb_url) as shop:
        life = Life(shop, scenario)
        with shop.engine.connect() as connection:
            unknown = [(one.stage, one.unknown) for one in foresee(life.plan, connection) if one.unknown]

    assert unknown == [(Stage.CONTRACT, "they hang on what the stages before make of the tables")]


def known(statements: list[Statement]) -> list[tuple[str, str, Work, bool]]:
    """What must be the same. Of functions and triggers that is the name: in them types are spelled as the plan does."""
    return [(_known(one.sql), one.lock.partition("; who writes")[0], one.work, one.transactional) for one in statements]


def _known(sql: str) -> str:
    sql = re.sub(r" CHARACTER SET \w+ COLLATE \w+|(?<=schema_version = )\d+", "", sql)
    return re.split(r"\(| ON | BEFORE | AFTER ", sql)[0] if "TRIGGER" in sql or "FUNCTION" in sql else sql.lower()


_LOCKING = {
    "add-foreign-key",
    "change-key-type of a key that is referred to",
    "change-type",
    "drop-foreign-key",
    "extract-table",
    "move-column",
    "rename-column in an index, unique and checked",
    "rename-table",
}
_MODE = "upper(trim(regexp_replace(replace(l.mode, 'Lock', ''), '([A-Z])', ' \\1', 'g')))"
_HELD = f"SELECT {_MODE} FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.relation > 16384"
_LOCKED = f"""
SELECT c.relname, {_MODE}
FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
  AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
"""
_FILES = "SELECT oid, pg_relation_filenode(oid) FROM pg_class WHERE relkind = 'r' AND oid > 16384"


@pytest.mark.parametrize("scenario", [*(one for one in SCENARIOS if one.kind in _LOCKING), CHILD], ids=str)
def test_postgresql_locks_and_rewrites_what_a_statement_says(scenario, postgresql_url):
    with shops.opened(shops.POSTGRESQL, postgresql_url) as shop:
        life = Life(shop, scenario)
        for stage, name in STAGES.items():
            if stage is Stage.VERIFY:
                life.backfill()
            for step in getattr(operations, name)(life.plan):
                with shop.engine.connect() as connection:
                    statements = step.statements(shop.database, Live(shop.database, connection))
                    for statement in statements:
                        if "CONCURRENTLY" not in statement.sql:
                            _hold_to_its_word(connection, getattr(step, "table", ""), statement)
                    connection.rollback()
                life.invoke((step,))


def _hold_to_its_word(connection, table, statement):
    """Run it: it locks what it says, in that way and in no other, and rewrites a table just where it says so."""
    there = {name for (name,) in rows(connection, "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')")}
    before, files = set(rows(connection, _LOCKED)), dict(rows(connection, _FILES))
    run(connection, statement.sql)
    locked, after = set(rows(connection, _LOCKED)), dict(rows(connection, _FILES))

    mode, _, others = statement.lock.partition(", also on ")
    further = set(filter(None, others.split(" and ")))
    own = re.match(r'(?:(?:CREATE|DROP) TRIGGER .*? ON|\w+ TABLE) "(\w+)"', statement.sql)
    taken = {one for one in locked - before if one[0] in there}
    assert {name for name, _ in taken} <= {table, *(own.groups() if own else ()), *further}, statement
    assert {lock for _, lock in taken} <= {mode}, statement
    if mode.endswith("EXCLUSIVE") and not re.search(r"IF EXISTS|DROP TABLE", statement.sql):
        assert (mode,) in rows(connection, _HELD), statement
    assert further <= {name for name, _ in locked}, statement
    assert any(after.get(one, file) != file for one, file in files.items()) == (statement.work is Work.REWRITE)
