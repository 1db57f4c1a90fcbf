"""Does init find what is there, adopt it where it is, and leave everything else alone?"""

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from contractctl import store
from tests.conftest import GIT_IDENTITY, Run

Git = Callable[..., str]

RECORD = '{"type": "record", "name": "InvoiceSent", "fields": []}'
TABLE = "CREATE TABLE orders (id SERIAL PRIMARY KEY);"


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def everything(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


@pytest.fixture
def repository(tmp_path: Path, git: Git) -> Path:
    git("init", "-q", "-b", "main")
    put(tmp_path / "schemas/billing/InvoiceSent.avsc", RECORD)
    put(tmp_path / "db/shop/orders.sql", TABLE)
    return tmp_path


def test_a_schema_becomes_a_draft_where_it_is(repository: Path, contractctl: Run) -> None:
    done = contractctl("init")

    assert done.stdout.startswith("2 contracts created\n")
    assert store.names(repository / "contracts") == ("billing/invoice-sent", "shop/orders")
    made = tomllib.loads((repository / "contracts/shop/orders/contract.toml").read_text())
    assert made == {
        "format": "sql",
        "dialect": "postgresql",
        "compatibility": "BACKWARD",
        "draft": "../../../db/shop/orders.sql",
    }
    assert (repository / "db/shop/orders.sql").read_text() == TABLE


def test_schemas_of_others_are_imported_and_become_no_contracts(tmp_path: Path, contractctl: Run, git: Git) -> None:
    git("init", "-q", "-b", "main")
    google = 'syntax = "proto3"; package google.type; message NAME { int32 a = 1; }\n'
    put(tmp_path / "third_party/googleapis/google/type/money.proto", google.replace("NAME", "Money"))
    put(tmp_path / "third_party/googleapis/google/type/date.proto", google.replace("NAME", "Date"))
    put(tmp_path / "third_party/googleapis/README.yaml", "a: 1\n")
    ours = 'syntax = "proto3"; package shop; import "google/type/money.proto"; message M { google.type.Money m = 1; }\n'
    put(tmp_path / "proto/shop/order.proto", ours)

    said = contractctl("init").stdout

    assert store.names(tmp_path / "contracts") == ("shop/order",)
    assert "no contract: third_party/googleapis/google/type/date.proto and 1 more: schemas of others, " in said
    assert "money.proto" in (tmp_path / "contracts/shop/order/contract.toml").read_text()
    contractctl("release", "--all")


def test_what_it_made_can_be_released_and_checked_at_once(repository: Path, contractctl: Run) -> None:
    contractctl("init")

    contractctl("release", "billing/invoice-sent")
    contractctl("release", "shop/orders")
    contractctl("check")


def test_nothing_is_released(repository: Path, contractctl: Run) -> None:
    contractctl("init")

    assert all(contract.latest is None for contract in store.read_all(repository / "contracts"))


def test_a_second_run_changes_nothing(repository: Path, contractctl: Run) -> None:
    contractctl("init", "--ci", "github")
    before = everything(repository)
    done = contractctl("init", "--ci", "github")

    assert everything(repository) == before
    assert done.stdout == "0 contracts created; 2 contracts already there\n"


def test_a_new_schema_is_adopted_by_the_next_run_and_the_others_keep_what_was_written(
    repository: Path, contractctl: Run
) -> None:
    contractctl("init")
    toml = repository / "contracts/shop/orders/contract.toml"
    toml.write_text(toml.read_text() + 'owner = "team-shop"\n')
    put(repository / "schemas/billing/InvoicePaid.avsc", RECORD)

    contractctl("init", "--owner", "somebody else")
    assert store.read(repository / "contracts", "shop/orders").owner == "team-shop"
    assert store.read(repository / "contracts", "billing/invoice-paid").owner == "somebody else"


def test_a_dry_run_says_the_same_and_writes_nothing(repository: Path, contractctl: Run) -> None:
    before = everything(repository)
    dry = contractctl("init", "--dry-run", "--ci", "gitlab").stdout

    assert everything(repository) == before
    wet = contractctl("init", "--ci", "gitlab").stdout
    assert dry == wet.replace("contracts created", "contracts would be created").replace("wrote ", "would write ")


def test_a_file_that_does_not_parse_is_skipped_with_the_reason(repository: Path, contractctl: Run) -> None:
    put(repository / "schemas/broken.avsc", '{"type": "recrod"}')
    put(repository / "db/query.sql", "SELECT 1;")
    (repository / "schemas/latin.avsc").write_bytes(b'"\xe9"')

    done = contractctl("init")
    assert done.stdout.startswith("2 contracts created\n")
    assert "no contract: db/query.sql: makes no table\n" in done.stdout
    assert "schemas/broken.avsc: " in done.stdout
    assert "schemas/latin.avsc: " in done.stdout


def test_two_schemas_never_get_one_name(tmp_path: Path, contractctl: Run) -> None:
    for folder in ("a/shop", "b/shop", "b/shop/schemas", "b/shop/avro"):
        put(tmp_path / folder / "Order.avsc", RECORD)
    put(tmp_path / "a/shop/order.sql", TABLE)
    contractctl("init")

    drafts = {contract.draft.name for contract in store.read_all(tmp_path / "contracts") if contract.draft}
    assert len(drafts) == 5


@pytest.mark.parametrize(
    "path",
    ["Übung/Straße.avsc", 'with space/o\'clock "x".avsc', "日本/注文.avsc", "a.b/--x--.avsc", "UPPER/ORDER.AVSC"],
)
def test_an_odd_name_becomes_a_name_that_the_store_takes(tmp_path: Path, contractctl: Run, path: str) -> None:
    put(tmp_path / path, RECORD)
    contractctl("init")

    (contract,) = store.read_all(tmp_path / "contracts")
    assert contract.draft is not None
    contractctl("release", contract.name)


@pytest.mark.parametrize("name", ["a.avsc", "a.proto", "a.graphql", "a.schema.json"])
def test_what_was_left_in_git_lfs_is_called_that(name: str, tmp_path: Path, contractctl: Run) -> None:
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 12345\n")

    assert f"{name}: only its pointer in Git LFS is here" in contractctl("init", "--dry-run").stdout
    assert "hint: git lfs pull" in contractctl("check", name, name, code=2).stderr


def test_a_path_that_toml_cannot_hold_is_skipped(tmp_path: Path, contractctl: Run) -> None:
    put(tmp_path / "two\nlines.avsc", RECORD)

    assert "cannot be encoded" in contractctl("init").stdout


def test_what_git_ignores_and_what_belongs_to_others_is_left_alone(repository: Path, contractctl: Run) -> None:
    put(repository / ".gitignore", "generated/\n")
    put(repository / "generated/x.avsc", RECORD)
    put(repository / "node_modules/x/y.avsc", RECORD)
    put(repository / "migrations/001.sql", TABLE)
    put(repository / ".hidden/y.avsc", RECORD)
    (repository / "schemas/billing/link.avsc").symlink_to("InvoiceSent.avsc")

    assert contractctl("init").stdout.startswith("2 contracts created\n")


def test_a_draft_or_release_of_a_contract_is_not_adopted_again(repository: Path, contractctl: Run) -> None:
    put(repository / "contracts/a/b/contract.toml", 'format = "avro"\ndraft = "b.avsc"\n')
    put(repository / "contracts/a/b/b.avsc", RECORD)
    put(repository / "contracts/a/b/versions/1.0.0.avsc", RECORD)

    assert contractctl("init").stdout.startswith("2 contracts created; 1 contract already there\n")


def test_a_release_whose_contract_has_lost_its_toml_is_no_contract_of_its_own(
    repository: Path, contractctl: Run
) -> None:
    contractctl("init", "--owner", "team-shop")
    released = contractctl("list").stdout.splitlines()
    contractctl("release", released[1].split()[0])
    (repository / "contracts" / released[1].split()[0] / "contract.toml").unlink()

    contractctl("init", "--owner", "team-shop")

    assert len(contractctl("list").stdout.splitlines()) == len(released)


def test_it_works_without_git_and_from_a_folder_below(tmp_path: Path, git: Git, contractctl: Run) -> None:
    put(tmp_path / "schemas/x.avsc", RECORD)
    assert contractctl("init", "--dry-run").stdout.startswith("1 contract would be created\n")

    git("init", "-q")
    assert contractctl("init", cwd=tmp_path / "schemas").stdout.startswith("1 contract created\n")
    assert (tmp_path / "contractctl.toml").is_file()


def test_the_settings_that_it_writes_are_the_defaults(repository: Path, contractctl: Run) -> None:
    from contractctl import settings

    before = settings.load(repository)
    contractctl("init")
    assert settings.load(repository) == before


def test_settings_that_are_there_stay_where_they_are(repository: Path, contractctl: Run) -> None:
    put(repository / "pyproject.toml", '[tool.contractctl]\ncontracts = "agreed"\nlevel = "FULL"\n')
    contractctl("init")

    assert not (repository / "contractctl.toml").exists()
    assert store.read(repository / "agreed", "shop/orders").level == "FULL"


def test_a_ci_file_that_is_there_is_not_touched(repository: Path, contractctl: Run) -> None:
    put(repository / ".gitlab-ci.yml", "mine: {}\n")
    done = contractctl("init", "--ci", "gitlab")

    assert (repository / ".gitlab-ci.yml").read_text() == "mine: {}\n"
    assert "add to it:  include:" in done.stderr


def test_a_pipeline_of_a_fork_on_gitlab_holds_the_work_against_the_target_project(
    repository: Path, contractctl: Run, git: Git
) -> None:
    """The fork's own main is from before there were contracts."""
    git("add", ".")
    git("commit", "-qm", "Schemas")
    git("clone", "-q", "--bare", ".", "fork.git")
    contractctl("init", "--ci", "gitlab")
    contractctl("release", "--all")
    git("add", "contracts", ".gitlab*", "contractctl.toml")
    git("commit", "-qm", "Contracts")
    git("clone", "-q", "--bare", ".", "shop.git")
    git("rm", "-qr", "contracts/shop")
    git("commit", "-qm", "Delete one")
    git("remote", "add", "origin", "fork.git")
    merging = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_PROJECT_ID": "7"}
    merging |= {"CI_MERGE_REQUEST_PROJECT_ID": "5", "CI_MERGE_REQUEST_PROJECT_URL": f"{repository}/shop"}

    forked = gitlab_job(repository, merging)
    own = gitlab_job(repository, merging | {"CI_MERGE_REQUEST_PROJECT_ID": "7"})

    assert (forked.returncode, own.returncode) == (1, 0), forked.stderr + own.stderr
    assert "contracts/shop/orders" in forked.stdout


def gitlab_job(repository: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What the generated file does in a merge request."""
    written = yaml.safe_load((repository / ".gitlab/contracts.yml").read_text())["contracts"]["script"]
    (line,) = (one for one in written if "--against" in one)
    text = line.replace("contractctl", f"{sys.executable} -m contractctl")
    environment = {**os.environ, **GIT_IDENTITY, **variables}
    return subprocess.run(
        ["bash", "-ec", text], cwd=repository, env=environment, capture_output=True, text=True, check=False
    )


def test_an_empty_repository_is_told_what_to_do(tmp_path: Path, contractctl: Run) -> None:
    done = contractctl("init")

    assert done.stdout.startswith("0 contracts created\n")
    assert "no schema was found" in done.stderr
    assert "contractctl init --from-database URL" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("init", "--ci", "jenkins"), "'jenkins' is not one of"),
        (("init", "--owner", "a\nb"), "--owner holds characters that cannot be encoded"),
        (("init", "extra"), "unexpected extra argument"),
    ],
)
def test_bad_input_ends_in_one_clear_sentence(contractctl: Run, arguments: tuple[str, ...], said: str) -> None:
    assert said in contractctl(*arguments, code=2).stderr


def test_a_text_that_fits_every_dialect_is_of_the_database_that_the_repository_names(
    contractctl: Run, tmp_path: Path
) -> None:
    (tmp_path / "contractctl.toml").write_text('[database]\nurl = "sqlite:///shop.db"\n')
    (tmp_path / "orders.sql").write_text("CREATE TABLE orders (id INTEGER PRIMARY KEY);\n")

    contractctl("init")

    (contract,) = (tmp_path / "contracts").rglob("contract.toml")
    assert 'dialect = "sqlite"\n' in contract.read_text()


def test_a_schema_is_adopted_with_the_files_that_it_needs(tmp_path: Path, contractctl: Run) -> None:
    order = '{"type": "record", "name": "Order", "fields": [{"name": "to", "type": "Address"}]}'
    put(tmp_path / "schemas/shop/Order.avsc", order)
    put(tmp_path / "schemas/common/address.avsc", RECORD.replace("InvoiceSent", "Address"))
    put(tmp_path / "data/package.json", '{"name": "x"}')
    contractctl("init")

    toml = tmp_path / "contracts/shop/order/contract.toml"
    assert 'draft = ["../../../schemas/shop/Order.avsc", "../../../schemas/common/address.avsc"]' in toml.read_text()
    contractctl("release", "shop/order")
    contractctl("check", "shop/order")


def test_every_format_is_found_under_a_name_that_tells_whose_it_is(tmp_path: Path, contractctl: Run) -> None:
    dialect = "https://json-schema.org/draft/2020-12/schema"
    put(tmp_path / "proto/shop/v1/Order.proto", 'syntax = "proto3";\nmessage Order { int64 id = 1; }\n')
    put(tmp_path / "schemas/shop/order-placed.schema.json", '{"$schema": "%s"}' % dialect)  # noqa: UP031 - braces
    put(tmp_path / "events/billing/invoice.yaml", f"$schema: {dialect}\ntype: object\n")
    put(tmp_path / "package.json", '{"name": "x"}')
    put(tmp_path / "api/shop/orders.yaml", "openapi: 3.1.0\ninfo: {title: Shop, version: 1.0.0}\npaths: {}\n")
    done = contractctl("init")

    found = {contract.name: contract.format for contract in store.read_all(tmp_path / "contracts")}
    assert found == {
        "shop-v1/order": "protobuf",
        "shop/order-placed": "json-schema",
        "billing/invoice": "json-schema",
        "shop/orders": "openapi",
    }
    assert "skipped" not in done.stdout
    for name in found:
        contractctl("release", name)
    contractctl("check")


def test_files_that_are_one_schema_together_become_one_contract(tmp_path: Path, git: Git, contractctl: Run) -> None:
    texts = {
        "db/steps/V2__orders.sql": "CREATE TABLE orders (id int PRIMARY KEY, note text);",
        "db/steps/V10__status.sql": "ALTER TABLE orders ADD COLUMN status text;",
        "api/graphql/query.graphql": "type Query { order: Order }",
        "api/graphql/types/order.graphql": "type Order { id: ID! }",
        "api/alone.graphql": "type Query { alone: Int }",
        "root.graphql": "type Query { a: Lost }",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git("init", "-q", "-b", "main")

    said = contractctl("init").stdout
    assert [line.split() for line in said.splitlines()[1:4]] == [
        ["api/alone", "from", "api/alone.graphql"],
        ["db/steps", "from", "db/steps"],
        ["api/graphql", "from", "api/graphql"],
    ]
    assert "1 file skipped\n  root.graphql:" in said
    assert contractctl("init").stdout.startswith("0 contracts created; 3 contracts already there\n")

    contractctl("release", "db/steps")
    (tmp_path / "db/steps/V11__gone.sql").write_text("ALTER TABLE orders DROP COLUMN status;")
    assert "orders.status  sql-column-removed" in contractctl("check", "db/steps", code=1).stdout
    (tmp_path / "db/steps/README.md").write_text("# steps")
    contractctl("check", "db/steps", code=1)
    (tmp_path / "db/steps/seed.py").write_text("")
    (tmp_path / "contracts/db/steps/contract.toml").unlink()
    assert "db/steps: migration steps are mixed with other files (seed.py)" in contractctl("init").stdout


def test_steps_of_a_migration_are_one_contract_however_their_tool_lays_them_out(
    tmp_path: Path, git: Git, contractctl: Run
) -> None:
    texts = {
        "db/migration/V1__init.sql": "CREATE TABLE a (id int PRIMARY KEY);",
        "prisma/migrations/20240101120000_init/migration.sql": "CREATE TABLE b (id int PRIMARY KEY, name text);",
        "prisma/migrations/20240110120000_gone/migration.sql": "ALTER TABLE b DROP COLUMN name;",
        "prisma/migrations/migration_lock.toml": 'provider = "postgresql"',
        "diesel/migrations/2024-01-01-000000_init/up.sql": "CREATE TABLE c (id int PRIMARY KEY);",
        "diesel/migrations/2024-01-01-000000_init/down.sql": "DROP TABLE c;",
        "web/drizzle/0000_nice_hulk.sql": "CREATE TABLE d (id int PRIMARY KEY);\n--> statement-breakpoint\n",
        "web/drizzle/meta/0000_snapshot.json": "{}",
        "migrations/000001_init.up.sql": "CREATE TABLE e (id int PRIMARY KEY);",
        "Bestellungen/Größe/Bestellgröße.avsc": RECORD,
    }
    for name, text in texts.items():
        put(tmp_path / name, text)
    git("init", "-q", "-b", "main")

    said = contractctl("init").stdout

    assert [line.split() for line in said.splitlines()[1:6]] == [
        ["grosse/bestellgrosse", "from", "Bestellungen/Größe/Bestellgröße.avsc"],
        ["db/migration", "from", "db/migration"],
        ["diesel/migrations", "from", "diesel/migrations"],
        ["prisma/migrations", "from", "prisma/migrations"],
        ["web/drizzle", "from", "web/drizzle"],
    ]
    assert "  migrations: steps of a migration, in the folder that contractctl's own revisions are written to;" in said
    contractctl("release", "prisma/migrations")
    put(tmp_path / "prisma/migrations/20240201120000_key/migration.sql", "ALTER TABLE b RENAME COLUMN id TO key;")
    assert "b.id  sql-column-removed" in contractctl("check", "prisma/migrations", code=1).stdout


def test_files_that_are_called_like_versions_of_one_contract_are_pointed_out(tmp_path: Path, contractctl: Run) -> None:
    for name in ("orders-value/1.avsc", "orders-value/2.avsc", "orders-key/1.avsc"):
        put(tmp_path / "registry" / name, '"string"')

    said = contractctl("init").stdout

    assert "registry/orders-value: 1.avsc, 2.avsc are named like versions of one contract" in said
    assert "orders-key: " not in said


def test_what_is_written_in_a_language_that_is_not_read_is_said_and_not_passed_over(
    tmp_path: Path, contractctl: Run
) -> None:
    put(tmp_path / "shop/orders/migrations/0001_initial.py", "")
    put(tmp_path / "shop/users/migrations/0001_initial.py", "")
    put(tmp_path / "database/migrations/2024_01_01_create_users.php", "<?php")
    put(tmp_path / "payments.avdl", "protocol P {}")

    done = contractctl("init")

    assert "no contract: payments.avdl: Avro IDL is not supported; convert it to .avsc: " in done.stdout
    assert "no contract: shop/orders/migrations/0001_initial.py and 1 more: Django migrations" in done.stdout
    assert "create_users.php: Laravel migrations are not supported; php artisan schema:dump" in done.stdout
    assert "see the files listed above" in done.stderr
