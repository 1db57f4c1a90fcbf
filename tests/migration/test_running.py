"""Does a plan go from stage to stage and back, each once, in order, and only where the gate lets it?"""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import shop
from alembic.config import Config
from sqlalchemy import text

from contractctl import journal, migration, revisions
from contractctl.errors import ContractctlError
from contractctl.journal import EntryKind, Operator
from contractctl.migration import Context, DiffersError
from contractctl.model.decision import Outcome
from contractctl.model.plan import Movement, Operation, Stage, State
from tests import warm

WHOLE_WAY: list[tuple[str, float | None]] = [
    ("expand", None),
    ("dual-write", None),
    ("backfill", None),
    ("verify", None),
    ("canary", 1.0),
    ("canary", 100.0),
    ("quiesce", None),
    ("contract", None),
]


def go(context: Context, upto: str) -> None:
    """Every stage up to this one, which comes along."""
    for stage, percent in WHOLE_WAY:
        assert migration.run(stage, context, percent).done
        if stage == upto and percent != 1.0:
            return


def state(context: Context) -> State:
    with journal.reading(context.engine) as connection:
        return journal.standing(connection, context.plan.name).state


def kinds(context: Context) -> list[tuple[str, str]]:
    with journal.reading(context.engine) as connection:
        return [(one.kind.value, one.stage) for one in journal.entries(connection, context.plan.name)]


def schema(folder: Path) -> list[tuple[object, ...]]:
    texts = "replace(sql, '\"', '')"
    return shop.rows(folder, f"SELECT type, name, {texts} FROM sqlite_schema WHERE tbl_name = 'orders' ORDER BY name")


def test_the_whole_way_leaves_only_the_new_side_with_every_value(folder: Path) -> None:
    go(shop.context(folder), "contract")

    assert shop.rows(folder, "SELECT id, full_name FROM orders") == [(n, f"customer {n}") for n in range(1, 51)]
    assert "customer_name" not in str(schema(folder))
    assert shop.rows(folder, "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'orders'") == [
        (0,)
    ]


def test_every_command_can_be_repeated_and_does_nothing_twice(folder: Path) -> None:
    context = shop.context(folder)
    for stage, percent in WHOLE_WAY:
        migration.run(stage, context, percent)
        before = [one for one in kinds(context) if one[0] != "check"]

        again = migration.run(stage, context, percent)

        assert again.done
        assert again.message.startswith("already done: 'customer-name' is ")
        assert [one for one in kinds(context) if one[0] != "check"] == before


def test_each_stage_is_decided_intended_and_done_in_this_order(folder: Path) -> None:
    context = shop.context(folder)
    go(context, "dual-write")

    assert kinds(context) == [
        (kind, stage) for stage in ("expand", "dual-write") for kind in ("decision", "intent", "outcome")
    ]


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.UNKNOWN])
def test_nothing_is_done_where_the_gate_does_not_pass(folder: Path, outcome: Outcome) -> None:
    context = shop.context(folder, ask=shop.says(outcome, shop.Clock()))
    before = schema(folder)

    found = migration.run(Stage.EXPAND, context)

    assert not found.done
    assert found.decision is not None
    assert found.decision.outcome is outcome
    assert schema(folder) == before
    assert kinds(context) == [("decision", "expand")]


@pytest.mark.parametrize(
    ("stands", "stage", "following"),
    [
        (None, "dual-write", "contractctl migrate expand customer-name"),
        ("expand", "backfill", "contractctl migrate dual-write customer-name"),
        ("dual-write", "verify", "contractctl migrate backfill customer-name"),
        ("backfill", "canary", "contractctl migrate verify customer-name"),
        ("verify", "contract", "contractctl migrate canary customer-name 1"),
        ("contract", "rollback", "nothing is left to do"),
    ],
)
def test_a_stage_out_of_order_is_refused_and_the_next_one_named(
    folder: Path, stands: str | None, stage: str, following: str
) -> None:
    context = shop.context(folder)
    if stands:
        go(context, stands)

    with pytest.raises(ContractctlError, match="cannot follow from there") as refusal:
        migration.run(stage, context, 1.0 if stage == "canary" else None)
    assert following in (refusal.value.hint or "")


@pytest.mark.parametrize("upto", ["expand", "dual-write", "backfill", "verify", "canary", "quiesce"])
def test_rollback_leads_back_from_every_stage_and_keeps_what_either_side_wrote(folder: Path, upto: str) -> None:
    context, before = shop.context(folder), schema(folder)
    go(context, upto)
    name = "customer_name" if upto == "expand" else "full_name"
    with context.engine.begin() as connection:
        connection.execute(text(f"UPDATE orders SET {name} = 'Grace' WHERE id = 7"))
        connection.execute(text(f"INSERT INTO orders (id, {name}, total_cents) VALUES (99, 'Edsger', 5)"))

    assert migration.run("rollback", context).done

    assert state(context) is State.ROLLED_BACK
    assert schema(folder) == before
    contents = dict(shop.rows(folder, "SELECT id, customer_name FROM orders"))
    assert contents == {**{n: f"customer {n}" for n in range(1, 51)}, 7: "Grace", 99: "Edsger"}
    assert shop.rows(folder, "SELECT count(*) FROM contractctl_checkpoint") == [(0,)]
    assert migration.run("rollback", context).message == "already done: 'customer-name' is rolled back"


def test_rollback_does_not_lose_what_only_the_new_side_holds(folder: Path) -> None:
    context = shop.context(folder)
    go(context, "verify")
    with context.engine.begin() as connection:
        connection.execute(text("UPDATE orders SET customer_name = 'Ada', full_name = 'Grace' WHERE id = 7"))

    with pytest.raises(ContractctlError, match=r"1 row of 'orders' holds a value .* would lose: \[7\]") as refusal:
        migration.run("rollback", context)

    assert "migrate verify customer-name --repair" in (refusal.value.hint or "")
    assert shop.rows(folder, "SELECT full_name FROM orders WHERE id = 7") == [("Grace",)]
    migration.run("verify", context, repair="new")
    assert migration.run("rollback", context).done
    assert shop.rows(folder, "SELECT customer_name FROM orders WHERE id = 7") == [("Grace",)]


def test_a_value_that_the_old_side_cannot_take_can_be_given_up_for_a_rollback(folder: Path) -> None:
    context = shop.context(folder)
    go(context, "verify")
    with context.engine.begin() as connection:
        connection.execute(text("CREATE UNIQUE INDEX one_name ON orders (customer_name)"))
        connection.execute(text("UPDATE orders SET full_name = 'customer 8' WHERE id = 7"))
    with pytest.raises(ContractctlError, match="would lose"):
        migration.run("rollback", context)

    migration.run("verify", context, repair="old")

    assert migration.run("rollback", context).done
    assert shop.rows(folder, "SELECT customer_name FROM orders WHERE id = 7") == [("customer 7",)]


@pytest.mark.parametrize("stage", ["backfill", "verify", "canary", "quiesce", "contract"])
def test_a_stage_is_refused_while_the_triggers_are_gone_and_dual_write_brings_them_back(
    folder: Path, stage: str
) -> None:
    """Hazard 33: whoever rebuilds the table, as Alembic's batch mode does, drops its triggers."""
    context, before = shop.context(folder), WHOLE_WAY[[one for one, _ in WHOLE_WAY].index(stage) - 1][0]
    go(context, before)
    triggers = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'orders' ORDER BY name"
    whole = shop.rows(folder, triggers)
    with context.engine.begin() as connection:
        connection.exec_driver_sql('DROP TRIGGER "contractctl_customer-name_orders_update"')

    with pytest.raises(ContractctlError, match=r"trigger .* is gone") as refusal:
        migration.run(stage, context, 100.0 if stage == "canary" else None)

    assert refusal.value.hint == "restore it: contractctl migrate dual-write customer-name"
    assert "restored" in migration.run("dual-write", context).message
    assert len(shop.rows(folder, triggers)) == len(whole)
    assert migration.run(stage, context, 1.0 if stage == "canary" else None).done


def test_a_plan_that_was_rolled_back_can_begin_again_and_end(folder: Path) -> None:
    context = shop.context(folder)
    go(context, "quiesce")
    migration.run("rollback", context)

    go(context, "contract")

    assert state(context) is State.CONTRACTED


def test_there_is_nothing_to_roll_back_before_anything_was_done(folder: Path) -> None:
    assert migration.run("rollback", shop.context(folder)).message == "nothing to roll back: 'customer-name' is planned"


def test_a_smaller_share_and_the_end_of_a_brown_out_need_no_gate(folder: Path) -> None:
    context = shop.context(folder)
    go(context, "quiesce")
    refusing = shop.context(folder, ask=shop.says(Outcome.FAIL, shop.Clock()))

    assert migration.run(Stage.CANARY, refusing, 100.0).done
    assert migration.run(Stage.CANARY, refusing, 1.0).done
    assert not migration.run(Stage.CANARY, refusing, 10.0).done

    assert shop.rows(folder, "SELECT customer_name FROM orders WHERE id = 1") == [("customer 1",)]
    assert shop.rows(folder, "SELECT percent FROM contractctl_canary") == [(1.0,)]


def test_an_act_that_fails_is_journalled_and_leaves_nothing_half(folder: Path) -> None:
    context = shop.context(folder)
    go(context, "canary")
    with context.engine.begin() as connection:
        connection.execute(text("CREATE VIEW names AS SELECT customer_name FROM orders"))
    before = schema(folder)

    with pytest.raises(ContractctlError, match="view 'names'"):
        migration.run(Stage.QUIESCE, context)

    assert kinds(context)[-2:] == [("intent", "quiesce"), ("failure", "quiesce")]
    assert schema(folder) == before
    with context.engine.begin() as connection:
        connection.execute(text("DROP VIEW names"))
    assert migration.run(Stage.QUIESCE, context).done


def test_a_row_that_differs_stops_verify_and_is_named_until_it_is_repaired(folder: Path) -> None:
    context = shop.context(folder)
    go(context, "backfill")
    with context.engine.begin() as connection:
        connection.execute(text("UPDATE orders SET customer_name = 'old', full_name = 'new' WHERE id = 7"))

    with pytest.raises(DiffersError, match=r"1 of 50 rows of 'orders' differs between old and new side: \[7\]"):
        migration.run(Stage.VERIFY, context)
    assert state(context) is State.BACKFILLED

    assert migration.run(Stage.VERIFY, context, repair="new").done
    assert shop.rows(folder, "SELECT customer_name, full_name FROM orders WHERE id = 7") == [("new", "new")]
    with journal.reading(context.engine) as connection:
        entries = journal.entries(connection, context.plan.name)
    assert next(one for one in entries if one.kind is EntryKind.FAILURE).body["tables"]["orders"]["keys"] == ["[7]"]


def test_a_verified_plan_is_compared_again_and_says_what_has_come_apart(folder: Path) -> None:
    context = shop.context(folder)
    go(context, "verify")
    with context.engine.begin() as connection:
        connection.execute(text("UPDATE orders SET customer_name = 'old', full_name = 'new' WHERE id = 7"))

    with pytest.raises(DiffersError):
        migration.run(Stage.VERIFY, context)
    assert state(context) is State.VERIFIED


def alembic(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "contractctl.toml").write_text('[database]\nurl = "sqlite:///shop.db"\n')
    return warm.CONTRACTCTL.run("alembic", "-c", "migrations/alembic.ini", *arguments, cwd=folder, env=os.environ)


def test_what_alembic_did_by_itself_is_taken_into_the_journal(folder: Path) -> None:
    context = shop.context(folder)
    journal.open(context.engine)
    assert alembic(folder, "upgrade", context.plan.revisions[Stage.DUAL_WRITE]).returncode == 0

    found = migration.run(Stage.BACKFILL, context)

    assert found.done
    assert [one for one in kinds(context) if one[0] == "outcome"] == [
        ("outcome", "expand"),
        ("outcome", "dual-write"),
        ("outcome", "backfill"),
    ]


def test_a_database_that_is_behind_its_journal_is_refused_and_can_be_rolled_back(folder: Path) -> None:
    context = shop.context(folder)
    go(context, "verify")
    ids = context.plan.revisions
    done = alembic(folder, "downgrade", f"{ids[Stage.DUAL_WRITE]}@{ids[Stage.EXPAND]}")
    assert done.returncode == 0, done.stderr

    with pytest.raises(ContractctlError, match="the database does not have the revision of dual-write"):
        migration.run(Stage.CANARY, context, 1.0)
    assert migration.run("rollback", context).done
    assert "full_name" not in str(schema(folder))


def test_a_plan_that_does_something_else_than_was_begun_is_refused_and_one_that_does_it_otherwise_goes_on(
    folder: Path,
) -> None:
    """Hazard 47: what nobody has been asked about, and no brown-out was about, would be dropped under its name."""
    for stage, percent in shop.WAY[:6]:
        migration.run(stage, shop.context(folder), percent)
    another = replace(shop.OPERATION, old="total_cents", new="cents")
    drops = replace(shop.PLAN, operations=(shop.OPERATION, another))

    for stage in ("contract", "rollback"):
        with pytest.raises(ContractctlError, match="has changed since expand") as refusal:
            migration.run(stage, shop.context(folder, plan=drops))
        assert "plans/customer-name.toml" in str(refusal.value.hint)
    later = replace(shop.PLAN, restore_point="a later one", reads=replace(shop.PLAN.reads, coverage=0.9))
    assert migration.run("rollback", shop.context(folder, plan=later)).done
    assert migration.run("expand", shop.context(folder, plan=later)).done  # begun anew, it may be another one


def test_a_database_that_is_behind_all_stages_is_contracted_also_where_its_journal_knows_nothing(folder: Path) -> None:
    for stage, percent in shop.WAY:
        migration.run(stage, shop.context(folder), percent)
    with shop.connected(folder) as connection:
        for (name,) in shop.rows(
            folder, "SELECT name FROM sqlite_schema WHERE name GLOB 'contractctl_*' AND type = 'table'"
        ):
            connection.exec_driver_sql(f"DROP TABLE {name}")
        connection.commit()

    again = migration.run("expand", shop.context(folder))
    assert (again.standing.state, again.message) == (State.CONTRACTED, "already done: 'customer-name' is contracted")
    with pytest.raises(ContractctlError, match="rollback cannot follow"):
        migration.run("rollback", shop.context(folder))


def test_a_contract_revision_that_was_only_stamped_is_not_taken_for_done(folder: Path) -> None:
    for stage, percent in shop.WAY[:6]:
        migration.run(stage, shop.context(folder), percent)
    with shop.connected(folder) as connection:
        connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{shop.PLAN.revisions[Stage.CONTRACT]}')")
        connection.commit()

    for stage in ("contract", "expand"):
        with pytest.raises(ContractctlError, match="it was stamped"):
            migration.run(stage, shop.context(folder))
    assert len(shop.rows(folder, "SELECT customer_name__quiesced, full_name FROM orders")) == 50


def test_other_plans_stay_where_they_are(folder: Path) -> None:
    other = replace(
        shop.PLAN,
        name="status",
        operations=(Operation("add-column", "shop/orders", "orders", new="status", parameters={"type": "TEXT"}),),
        revisions=revisions.identifiers("status"),
    )
    revisions.write(other, revisions.environment(folder / "migrations"))
    first, second = shop.context(folder), shop.context(folder, plan=other)
    go(first, "quiesce")
    go(second, "dual-write")

    assert migration.run("rollback", first).done

    assert state(second) is State.DUAL_WRITING
    columns = [row[1] for row in shop.rows(folder, "PRAGMA table_info(orders)")]
    assert columns == ["id", "customer_name", "total_cents", "status"]
    go(first, "contract")


def test_revisions_that_stand_before_the_plans_own_are_not_run_unasked(folder: Path) -> None:
    """The application's own history is the application's to run."""
    from alembic import command

    config = Config(folder / "migrations" / "alembic.ini")
    theirs = command.revision(config, "theirs", head="base", splice=True, rev_id="theirs")
    assert theirs
    later = replace(shop.PLAN, name="later", revisions=revisions.identifiers("later"))
    revisions.write(later, revisions.environment(folder / "migrations"))

    with pytest.raises(
        ContractctlError, match="depends on revisions that the database does not have: theirs"
    ) as refusal:
        migration.run(Stage.EXPAND, shop.context(folder, plan=later))
    assert refusal.value.hint == "run them first: alembic upgrade theirs"


def test_an_environment_of_another_database_is_refused(folder: Path) -> None:
    (folder / "migrations" / "env.py").write_text(
        "from alembic import context\nfrom sqlalchemy import NullPool, create_engine\n"
        f"with create_engine('sqlite:///{folder}/other.db', poolclass=NullPool).connect() as connection:\n"
        "    context.configure(connection=connection)\n"
        "    with context.begin_transaction():\n        context.run_migrations()\n"
    )

    with pytest.raises(ContractctlError, match=r"env\.py migrates sqlite database .*other\.db"):
        migration.run(Stage.EXPAND, shop.context(folder))


def test_a_stalled_operator_cannot_end_what_it_began(folder: Path) -> None:
    """It stalls in its gate for longer than its lease; another one takes over; then it comes back."""
    clock = shop.Clock()
    other = shop.context(folder, operator=Operator("bob@two (process 2)"), clock=clock)

    def stall(stage: Stage, percent: float | None, history: journal.History) -> object:
        clock.now += 60
        migration.run(Stage.EXPAND, other)
        return shop.says(Outcome.PASS, clock)(stage, percent, history)

    stalled = shop.context(folder, clock=clock, ask=stall)

    with pytest.raises(ContractctlError, match=r"bob@two \(process 2\) has taken over 'customer-name'"):
        migration.run(Stage.EXPAND, stalled)
    assert [one for one in kinds(other) if one[0] == "outcome"] == [("outcome", "expand")]


def test_a_version_that_the_plan_leads_through_must_be_released_before(folder: Path) -> None:
    context = shop.context(folder, released=lambda _contract: ("1.0.0",))

    with pytest.raises(ContractctlError, match=r"no released version 1\.1\.0"):
        migration.run(Stage.EXPAND, context)


def test_a_plan_of_tables_that_has_lost_its_revisions_does_not_go_on_without_them(folder: Path) -> None:
    context = shop.context(folder, plan=replace(shop.PLAN, revisions={}))

    with pytest.raises(ContractctlError, match="changes tables, and names no revision for expand"):
        migration.run(Stage.EXPAND, context)


def test_a_plan_of_events_alone_goes_the_whole_way_without_a_revision(tmp_path: Path) -> None:
    operation = Operation("rename-field", "shop/order-placed", "OrderPlaced", old="customer_name", new="full_name")
    movement = Movement("shop/order-placed", "avro", "1.0.0", "1.1.0", "2.0.0")
    plan = replace(shop.PLAN, name="events", movements=(movement,), operations=(operation,), revisions={})
    context = shop.context(tmp_path, plan=plan)

    go(context, "contract")

    assert migration.run(Stage.CONTRACT, context).advice == ("contractctl release shop/order-placed --version 2.0.0",)
