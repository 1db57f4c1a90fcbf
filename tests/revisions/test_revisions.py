"""Are the revisions files that plain Alembic runs, up and down, for several plans side by side?"""

import runpy
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from contractctl import journal, revisions
from contractctl.databases import create_engine
from contractctl.errors import ContractctlError
from contractctl.model.plan import Movement, Operation, Plan, Stage
from contractctl.planner import write_plan
from tests import alembics

Alembic = Callable[..., str]
ORDERS = "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_name TEXT NOT NULL, amount TEXT)"
PROMISES = {"old_not_null": "yes", "not_null": "yes"}


def a_plan(name: str, old: str, new: str, **parameters: str) -> Plan:
    operation = Operation("rename-column", "shop/orders", "orders", old, new, None, parameters)
    movement = Movement("shop/orders", "sql", "1.0.0", "1.1.0", "2.0.0")
    return Plan(name, (movement,), (operation,), revisions.identifiers(name))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose database has a table, some orders and a journal."""
    (tmp_path / "contractctl.toml").write_text('[database]\nurl = "sqlite:///shop.db"\n')
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute(ORDERS)
        connection.execute("INSERT INTO orders (customer_name, amount) VALUES ('Ann', '5')")
    connection.close()
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    journal.open(engine)
    engine.dispose()
    return tmp_path


@pytest.fixture
def alembic(repository: Path) -> Alembic:
    """Run the real alembic command; what it printed."""
    return partial(alembics.run, repository, "-c", "migrations/alembic.ini")


def write(repository: Path, *plans: Plan, after: tuple[str, ...] = ()) -> None:
    for plan in plans:
        revisions.write(plan, revisions.environment(repository / "migrations"), after=after)
        write_plan(repository / "migrations" / "plans" / f"{plan.name}.toml", plan)


def rows(repository: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(repository / "shop.db", isolation_level=None)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_the_first_half_of_a_plan_goes_up_and_down_with_plain_alembic(repository, alembic):
    write(repository, a_plan("rename-customer", "customer_name", "full_name", **PROMISES))
    before = rows(repository, "SELECT sql FROM sqlite_schema WHERE name = 'orders'")
    alembic("upgrade", "expand@heads")
    rows(repository, "INSERT INTO orders (full_name) VALUES ('Bea')")
    assert rows(repository, "SELECT customer_name, full_name FROM orders") == [("Ann", None), ("Bea", "Bea")]
    alembic("downgrade", "rename_customer_dual@contractctl_expand")

    assert rows(repository, "SELECT sql FROM sqlite_schema WHERE name = 'orders'") == before
    assert rows(repository, "SELECT customer_name FROM orders") == [("Ann",), ("Bea",)]
    assert rows(repository, "SELECT name FROM sqlite_schema WHERE tbl_name = 'orders' AND type = 'trigger'") == []


def test_plain_alembic_cannot_walk_around_the_gate(repository, alembic):
    write(repository, a_plan("rename-customer", "customer_name", "full_name", **PROMISES))
    alembic("upgrade", "expand@heads")
    said = alembic("upgrade", "heads", fails=True)

    assert "FAILED: the quiesce revision of 'rename-customer' needs a passing decision" in said
    assert rows(repository, "SELECT customer_name FROM orders") == [("Ann",)]


def test_a_script_without_the_database_is_refused_in_words(repository, alembic):
    write(repository, a_plan("rename-customer", "customer_name", "full_name", **PROMISES))
    said = alembic("upgrade", "rename_customer_expand", "--sql", fails=True)

    assert "so it cannot be written as a script (--sql)" in said


def test_triggers_are_not_made_where_their_marks_have_no_tables(repository, alembic):
    write(repository, a_plan("rename-customer", "customer_name", "full_name", **PROMISES))
    rows(repository, "DROP TABLE contractctl_kept")
    said = alembic("upgrade", "expand@heads", fails=True)

    assert "no table 'contractctl_kept'" in said
    assert "contractctl migrate dual-write rename-customer" in said
    rows(repository, "INSERT INTO orders (customer_name) VALUES ('Bea')")


def test_plans_side_by_side_go_up_and_down_alone(repository, alembic):
    write(repository, a_plan("one", "customer_name", "full_name", **PROMISES), a_plan("two", "amount", "total"))
    alembic("upgrade", "expand@heads")
    assert {"customer_name", "full_name", "amount", "total"} <= columns(repository)
    alembic("downgrade", "one_dual@contractctl_expand")

    assert "full_name" not in columns(repository)
    assert "total" in columns(repository)
    alembic("upgrade", "one_expand")
    assert {"full_name", "total"} <= columns(repository)
    assert len(alembic("branches").split()) > 0
    assert "two_dual" in alembic("current")


def test_a_plan_stands_on_the_history_that_made_its_tables(repository, alembic):
    versions = repository / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "0001.py").write_text(
        '"""the application\'s own revision"""\nfrom alembic import op\nrevision = "0001"\ndown_revision = None\n'
        'def upgrade() -> None:\n    op.execute("CREATE TABLE parcels (id INTEGER)")\n'
        'def downgrade() -> None:\n    op.execute("DROP TABLE parcels")\n'
    )
    write(repository, a_plan("one", "customer_name", "full_name", **PROMISES))
    alembic("upgrade", "expand@heads")

    assert rows(repository, "SELECT * FROM parcels") == []


def test_a_plan_waits_for_the_contract_revision_that_it_builds_on(repository, alembic):
    write(repository, a_plan("one", "customer_name", "full_name", **PROMISES))
    write(repository, a_plan("two", "full_name", "name", **PROMISES), after=("one_contract",))

    assert 'depends_on = "one_contract"' in (repository / "migrations/versions/two_expand.py").read_text()
    said = alembic("upgrade", "two_expand", fails=True)
    assert "the quiesce revision of 'one'" in said


def test_an_environment_that_is_there_stays_as_it_is(repository):
    migrations = repository / "migrations"
    migrations.mkdir()
    (migrations / "env.py").write_text("# ours\n")
    (migrations / "script.py.mako").write_text(
        '"""${message}"""\n${imports if imports else ""}\nrevision = ${repr(up_revision)}\n'
        "down_revision = ${repr(down_revision)}\nbranch_labels = ${repr(branch_labels)}\n"
        'depends_on = ${repr(depends_on)}\ndef upgrade():\n    ${upgrades if upgrades else "pass"}\n'
        'def downgrade():\n    ${downgrades if downgrades else "pass"}\n'
    )
    written = revisions.write(a_plan("one", "customer_name", "full_name"), revisions.environment(migrations))

    assert (migrations / "env.py").read_text() == "# ours\n"
    assert migrations / "env.py" not in written
    compile((migrations / "versions" / "one_expand.py").read_text(), "one_expand.py", "exec")


def test_a_broken_revision_of_the_applications_is_said_in_words(repository):
    versions = repository / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "0001.py").write_text("import nothing_like_this\n")

    with pytest.raises(ContractctlError, match="nothing_like_this"):
        revisions.write(a_plan("one", "customer_name", "full_name"), revisions.environment(repository / "migrations"))


@pytest.mark.parametrize("name", ["a", "rename-customer", "x" * 60, "0", "rename-customer-name-of-orders"])
def test_ids_fit_alembics_version_table_and_differ_between_plans(name):
    ids = revisions.identifiers(name)

    assert len(set(ids.values())) == 4
    assert all(len(id_) <= 32 for id_ in ids.values())
    assert not set(ids.values()) & set(revisions.identifiers(f"{name}-2").values())


def test_the_rendered_files_read_like_written_ones(repository):
    odd = Operation("rename-column", "shop/orders", 'or"ders', "it's \\ old", "ne\nw", None, {"old_not_null": "yes"})
    plan = Plan("odd", (), (odd,), revisions.identifiers("odd"))
    files = revisions.render(plan, revisions.environment(repository / "migrations"))

    for path, text in files.items():
        if path.suffix == ".py":
            compile(text, str(path), "exec")
            assert "please adjust" not in text
    expand = next(text for path, text in files.items() if path.stem == "odd_expand")
    assert 'op.invoke(RelaxNotNull(table="or\\"ders", column="it\'s \\\\ old", given=True))' in expand
    assert not (repository / "migrations").exists()


def test_the_rendered_files_need_no_database_and_leave_a_linter_nothing_to_say(repository):
    plan = a_plan("rename-customer", "customer_name", "full_name", **PROMISES, default="'nobody'")
    where = revisions.environment(repository / "migrations")
    files = revisions.write(plan, where)
    written = {file: file.read_text() for file in files}

    assert revisions.render(plan, where) == {file: text for file, text in written.items() if "rename_" in file.name}
    versions = repository / "migrations" / "versions"
    rules = ("--isolated", "--no-cache", "--select=E,F,I,W,B,UP,D1", "--ignore=D100,D103")
    for length in (88, 120):
        ruff = [
            sys.executable,
            "-m",
            "ruff",
            "check",
            *rules,
            f"--line-length={length}",
            "--ignore=E501",
            str(versions),
        ]
        done = subprocess.run(ruff, cwd=repository, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    for file in versions.glob("*.py"):
        names = runpy.run_path(str(file))
        assert names["__doc__"].startswith(("rename-customer, ", "the branch "))


def test_a_broken_history_is_said_in_words(repository):
    versions = repository / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "0002.py").write_text('revision = "0002"\ndown_revision = "gone"\n')

    with pytest.raises(ContractctlError, match=r"cannot read the history: .*gone"):
        revisions.write(a_plan("one", "customer_name", "full_name"), revisions.environment(repository / "migrations"))


def test_every_stage_has_a_revision():
    stages = {Stage.EXPAND, Stage.DUAL_WRITE, Stage.QUIESCE, Stage.CONTRACT}

    assert set(revisions.identifiers("one")) == stages


def columns(repository: Path) -> set[object]:
    return {row[1] for row in rows(repository, "PRAGMA table_info(orders)")}


def test_settings_of_alembic_that_are_not_utf_8_are_named(tmp_path: Path) -> None:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "alembic.ini").write_bytes(b"[alembic]\n\xff\n")
    found = revisions.environment(tmp_path / "migrations")

    with pytest.raises(ContractctlError, match=r"migrations/alembic\.ini: byte 10 is not "), found.entered():
        pass
