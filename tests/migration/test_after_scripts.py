"""What if a script has run a stage's revision, which could ask no database? contractctl completes it, and goes on."""

from dataclasses import replace
from pathlib import Path

from sqlalchemy.engine import make_url

from contractctl import operations, revisions
from contractctl.migration import run
from contractctl.model.plan import Stage
from tests.migration import shop
from tests.operations.scripts import run as run_script
from tests.operations.scripts import script

RENAMED = replace(
    shop.OPERATION,
    transform=None,
    parameters={**shop.PROMISES, "key": "id integer", "type": "varchar(200)", "old_type": "varchar(200)"},
)
PLAN = replace(
    shop.PLAN,
    dialect="postgresql",
    revisions=revisions.identifiers(shop.NAME, validating=True),
    operations=(RENAMED,),
)


def test_verify_goes_on_where_a_script_has_proven_not_null_already(tmp_path: Path, postgresql_url: str) -> None:
    """Triggers that may know that a column is never NULL are other ones."""
    shop.make(tmp_path, rows=5, plan=PLAN, url=postgresql_url)
    context = shop.context(tmp_path, plan=PLAN)
    for stage in ("expand", "dual-write", "backfill"):
        run(stage, context)
    recorded = f"INSERT INTO alembic_version VALUES ('{PLAN.revisions[Stage.VERIFY]}');"
    run_script(make_url(postgresql_url), script("postgresql", operations.validate(PLAN)) + recorded)
    verified = run(Stage.VERIFY, context)
    again = run(Stage.DUAL_WRITE, context)
    context.engine.dispose()

    assert verified.done
    assert again.details == {}
    assert shop.rows(
        tmp_path, "SELECT count(*) FROM pg_constraint WHERE conname = 'contractctl_full_name_not_null'"
    ) == [(1,)]
