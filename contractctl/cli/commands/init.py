"""contractctl init: how is a repository set up?"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from contractctl import adoption, settings
from contractctl.cli import Exit, histories
from contractctl.errors import ContractctlError
from contractctl.model.amounts import counted
from contractctl.settings import Settings
from contractctl.writing import alone, write_whole

_GITHUB = Path(".github/workflows/contracts.yml")
_GITLAB = Path(".gitlab-ci.yml")
_GITLAB_PART = Path(".gitlab/contracts.yml")
_VERSION = re.compile(r"[vV]?\d+(?:[-_]\d+)*")


@click.command
@click.option("--ci", type=click.Choice(["github", "gitlab"]), help="Also write the CI job that checks every change.")
@click.option("--owner", metavar="NAME", help="The owner of the new contracts.")
@click.option(
    "--from-database",
    metavar="URL",
    help="Make contracts from the tables of this database: a URL, env:NAME, or its configured name.",
)
@click.option(
    "--tables", metavar="LIST", help="With --from-database: only these tables, names or patterns: 'orders,customer*'."
)
@click.option(
    "--schema",
    "schemas",
    metavar="NAME",
    multiple=True,
    help="With --from-database on PostgreSQL: only this schema. Repeatable.",
)
@click.option("--one-contract", metavar="NAME", help="With --from-database: all tables as one contract.")
@click.option("--dry-run", is_flag=True, help="Show what would be done; write nothing.")
def command(
    ci: str | None,
    owner: str | None,
    from_database: str | None,
    tables: str | None,
    schemas: tuple[str, ...],
    one_contract: str | None,
    dry_run: bool,
) -> int:
    """Set up a repository: find its schemas, write contract.toml files and CI files.

    Each schema becomes the draft of a contract: Avro (.avsc, .avpr), Protobuf (.proto, descriptor sets), GraphQL
    schemas (.graphql), JSON Schema (.schema.json, and every JSON or YAML file whose $schema names a draft), OpenAPI
    and AsyncAPI (JSON or YAML), tables (.sql with CREATE TABLE). A draft includes the files that it refers to. A folder
    of SQL migrations (Flyway, Prisma, Drizzle, golang-migrate, …) becomes one contract, and so do GraphQL files that
    only together form a schema. The files stay where they are: contracts/<domain>/<name>/contract.toml names them, and
    is itself named after their path. Files that git ignores, contractctl's migrations, and files that already have a
    contract are left alone. Schemas in third_party are only read where others refer to them. Nothing is released.

    --from-database makes contracts from the tables and views of a database instead, one each or all in one. The
    database is only read. The tables of contractctl, Alembic and extensions are left out. The URL is not stored:
    contractctl.toml takes it from the environment.

    Run it again whenever there are new schemas: existing contracts are never touched.
    """
    found = settings.load(Path.cwd())
    with alone(found.root):
        if from_database is not None:
            return _of_database(
                found, from_database, tables, schemas, one_contract, ci=ci, owner=owner, dry_run=dry_run
            )
        _demand_database(tables=tables, schema=schemas, one_contract=one_contract)
        return _of_files(found, ci, owner, dry_run=dry_run)


def _of_files(found: Settings, ci: str | None, owner: str | None, *, dry_run: bool) -> int:
    defaults = adoption.Defaults(found.level, owner, found.dialect)
    survey = adoption.survey(found.root, found.contracts, found.migrations, defaults)
    if not dry_run:
        for adopted in survey.adopted:
            adoption.write(adopted)
    written = _write(dict(_files(found, ci)), dry_run=dry_run)
    click.echo("\n".join(_lines(survey, found, written, dry_run=dry_run)))
    for line in _next(survey, found, ci, written, dry_run=dry_run):
        click.echo(line, err=True)
    return Exit.YES


def _of_database(
    found: Settings,
    word: str,
    tables: str | None,
    schemas: tuple[str, ...],
    whole: str | None,
    *,
    ci: str | None,
    owner: str | None,
    dry_run: bool,
) -> int:
    from contractctl.cli import reflecting

    done = reflecting.reflect(found, reflecting.Asked(word, tables, schemas, whole, owner, dry_run))
    named = _named(found, done.place.setting, dry_run=dry_run)
    written = _write(dict(_files(found, ci, done.place.setting)), dry_run=dry_run)
    said = (*reflecting.lines(done, dry_run=dry_run), *named, *_written(written, found, dry_run=dry_run))
    click.echo("\n".join((*said, *histories.remarks(found, done.place.name))))
    lacking = not named and found.root / settings.FILE not in written
    for line in reflecting.following(found, done, lacking=lacking, dry_run=dry_run):
        click.echo(line, err=True)
    return Exit.YES


def _named(found: Settings, url: str | None, *, dry_run: bool) -> list[str]:
    """Name the database in settings that an earlier init wrote when it knew of none. What to report about it."""
    path = found.root / settings.FILE
    text = path.read_bytes().decode() if path.is_file() else ""
    if url is None or found.databases or _NO_DATABASE not in text:
        return []
    if not dry_run:
        write_whole(path, text.replace(_NO_DATABASE, _database(url)))
    return [f"{'would write' if dry_run else 'wrote'} the database into {settings.FILE}"]


def _demand_database(**given: object) -> None:
    """Options about a database need one."""
    for name, value in given.items():
        if value:
            raise ContractctlError(
                f"--{name.replace('_', '-')} goes with --from-database",
                hint="contractctl init --from-database env:DATABASE_URL",
            )


def _write(files: Mapping[Path, str], *, dry_run: bool) -> list[Path]:
    """Write the files that do not exist yet, and return which those are."""
    absent = {path: text for path, text in files.items() if not path.exists()}
    for path, text in absent.items() if not dry_run else ():
        write_whole(path, text)
    return list(absent)


def _written(paths: list[Path], found: Settings, *, dry_run: bool) -> Iterator[str]:
    for path in paths:
        yield f"{'would write' if dry_run else 'wrote'} {path.relative_to(found.root)}"


def _lines(survey: adoption.Survey, found: Settings, written: list[Path], *, dry_run: bool) -> Iterator[str]:
    there = f"; {counted(len(survey.known), 'contract')} already there" if survey.known else ""
    verb = "would be created" if dry_run else "created"
    yield f"{counted(len(survey.adopted), 'contract')} {verb}{there}"
    for adopted in survey.adopted:
        yield f"  {adopted.contract}  from {adopted.file.relative_to(found.root)}"
    yield from _numbered(survey, found)
    yield from _written(written, found, dry_run=dry_run)
    for database in found.databases or ("",):
        yield from histories.remarks(found, database)
    if survey.skipped:
        yield f"{counted(len(survey.skipped), 'file')} skipped"
    for skipped in survey.skipped:
        yield f"  {skipped.file}: {skipped.reason}"
    for one in survey.unread:
        more = f" and {len(one.files) - 1} more" if len(one.files) > 1 else ""
        yield f"no contract: {one.files[0]}{more}: {one.why}"


def _numbered(survey: adoption.Survey, found: Settings) -> Iterator[str]:
    """Folders whose files are named like versions of one thing: as separate contracts they would never be compared."""
    folders: dict[Path, list[str]] = {}
    for adopted in survey.adopted:
        if _VERSION.fullmatch(adopted.file.name.split(".")[0]):
            folders.setdefault(adopted.file.parent, []).append(adopted.file.name)
    for folder, files in folders.items():
        if len(files) > 1:
            yield (
                f"{folder.relative_to(found.root)}: {', '.join(files)} are named like versions of one contract, but"
                " each became a separate contract, and contracts are not compared with each other; instead, give one"
                " contract the oldest file as its draft, release it, then the next"
            )


def _next(
    survey: adoption.Survey, found: Settings, ci: str | None, written: list[Path], *, dry_run: bool
) -> Iterator[str]:
    if ci == "gitlab" and found.root / _GITLAB not in written and not _included(found.root):
        yield f"{_GITLAB} already exists; add to it:  include: [{{local: {_GITLAB_PART}}}]"
    if dry_run:
        yield "next: contractctl init"
        return
    if not survey.adopted and not survey.known:
        if survey.skipped or survey.unread:
            yield "no readable schema was found: see the files listed above, and run this again"
        else:
            yield "no schema was found; contractctl init --help lists the files that it reads"
            yield "for tables that are defined only in code or in a database: contractctl init --from-database URL"
        return
    if not survey.adopted:
        yield "next: contractctl list"
        return
    yield "review the contract.toml files (owner, compatibility, consumers, producers), then run:"
    yield f"  contractctl release {survey.adopted[0].contract if len(survey.adopted) == 1 else '--all'}"


def _included(root: Path) -> bool:
    return str(_GITLAB_PART) in (root / _GITLAB).read_text(encoding="utf-8", errors="replace")


def _files(found: Settings, ci: str | None, database: str | None = None) -> Iterator[tuple[Path, str]]:
    if not settings.configured(found.root):
        yield found.root / settings.FILE, _SETTINGS + (_NO_DATABASE if database is None else _database(database))
    if ci == "github":
        yield found.root / _GITHUB, _GITHUB_TEXT.replace("[main]", f"[{json.dumps(found.default_branch)}]")
    if ci == "gitlab":
        yield found.root / _GITLAB_PART, _GITLAB_TEXT
        yield found.root / _GITLAB, f"include:\n  - local: {_GITLAB_PART}\n"


def _database(url: str) -> str:
    return f"[database]\nurl = {json.dumps(url, ensure_ascii=False)}\n"


_SETTINGS = """\
# Where contractctl finds things. These are the defaults; you can leave out what you do not change.
contracts = "contracts"
migrations = "migrations"
level = "BACKWARD"       # for files without a contract; a contract sets its own
default_branch = "main"

# The database that holds the tables, and in which staged changes run. Never write a password here.
"""
_NO_DATABASE = """\
# [database]
# url = "env:DATABASE_URL"
"""

_GITHUB_TEXT = """\
# Written by contractctl init; yours to edit.
name: contracts
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0  # where the branch split off, and who released what, is in the history
      - uses: actions/setup-python@v5
        with:
          python-version: "3.11"
      - run: pip install contractctl
      - name: every contract against its releases
        run: contractctl check --format github
      - name: releases as the target branch has them
        if: github.event_name == 'pull_request'
        env:
          BASE: origin/${{ github.base_ref }}
        run: contractctl check --against "$BASE" --format github
      - name: matrix
        if: always()
        run: contractctl matrix --format markdown >> "$GITHUB_STEP_SUMMARY"
"""

_GITLAB_TEXT = """\
# Written by contractctl init; yours to edit.
contracts:
  image: python:3.11
  variables:
    GIT_DEPTH: "0"  # where the branch split off, and who released what, is in the history
  script:
    - pip install contractctl
    - contractctl check
    - |
      if [ -n "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME" ]; then
        target=origin
        if [ "$CI_MERGE_REQUEST_PROJECT_ID" != "$CI_PROJECT_ID" ]; then
          target="$CI_MERGE_REQUEST_PROJECT_URL.git"  # in a fork's pipeline, origin is the fork, and may be behind
        fi
        git fetch "$target" "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
        contractctl check --against FETCH_HEAD
      fi
    - contractctl matrix -o matrix.html
  artifacts:
    when: always
    paths: [matrix.html]
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
"""
