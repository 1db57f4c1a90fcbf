"""contractctl check: is the new version compatible?"""

import shlex
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click

from contractctl import caches, check
from contractctl.cli import Exit, clients, times, unread
from contractctl.cli.sections import Sectioned
from contractctl.compatibility import Terms
from contractctl.errors import ContractctlError
from contractctl.formats import FORMATS, Laboratory
from contractctl.formats.claims import may_be_claimed
from contractctl.model.contract import COLUMNS, CONTENT_MODELS, ENCODINGS, Policy
from contractctl.model.verdict import Level, Status

if TYPE_CHECKING:
    from contractctl.git import Repository

_EXITS = {Status.COMPATIBLE: Exit.YES, Status.INCOMPATIBLE: Exit.NO, Status.UNKNOWN: Exit.UNKNOWN}
_FORMS = ("text", "json", "github", "gitlab", "junit", "sarif")
"""Each a module of contractctl.report."""
_OF_TWO_FILES = ("schema", "dialect", "content_model", "encodings", "assert_formats", "columns")
"""Parameters that say about two files what contract.toml says about a contract."""
_TWO = 2
"""OLD and NEW."""
_STDIN = "/dev/stdin"
_LEVELS = click.Choice([level.value for level in Level], case_sensitive=False)


class _Check(Sectioned):
    sections: ClassVar = {
        "Two files, OLD and NEW; contract.toml says it of a contract": (
            "--as",
            "--dialect",
            "--content-model",
            "--assert-formats",
            "--encodings",
            "--columns",
        ),
        "Databases": ("--live", "--database", "--all-tables", "--witness-on"),
    }


@click.command(cls=_Check)
@click.argument("targets", nargs=-1, metavar="[OLD NEW | CONTRACT… | PATHS…]")
@click.option("--against", metavar="REF", help="Judge only what changed since this branch, tag or commit split off.")
@click.option("--level", type=_LEVELS, help="Judge at this level instead of the contracts' own.")
@click.option(
    "--strict", is_flag=True, help="Treat data loss as a failure, too: precision, values beyond the reader's range."
)
@click.option(
    "--as",
    "--schema",
    "schema",
    type=click.Choice(tuple(FORMATS)),
    help="Their format, if it cannot be detected.",
)
@click.option("--dialect", type=click.Choice(["postgresql", "mysql", "sqlite"]), help="For sql: whose SQL it is.")
@click.option(
    "--content-model",
    type=click.Choice(CONTENT_MODELS),
    help="For json-schema: how open objects are judged; contractctl explain json-schema-property-open.",
)
@click.option("--assert-formats", is_flag=True, help="For json-schema: readers enforce 'format' and 'content*'.")
@click.option("--encodings", metavar="LIST", help="For protobuf: any of binary,json,source.")
@click.option("--columns", type=click.Choice(COLUMNS), help="For sql: whether statements name the columns.")
@click.option(
    "--operations",
    multiple=True,
    metavar="GLOB",
    help="GraphQL operations of clients: only what affects one of them fails. Repeatable.",
)
@click.option(
    "--witness-on",
    metavar="URL",
    help="Execute table witnesses on this test server (URL or env:NAME): SQLite has no widths, enums or time zones.",
)
@click.option("--live", is_flag=True, help="Compare table contracts with the database itself; read-only.")
@click.option(
    "--database", metavar="URL", help="With --live: this database, as a URL, env:NAME, or its configured name."
)
@click.option("--all-tables", is_flag=True, help="With --live: report tables without a contract as drift, too.")
@click.option("--no-cache", is_flag=True, help="Do not use cached verdicts; CONTRACTCTL_CACHE=off does the same.")
@click.option("--format", "form", type=click.Choice(_FORMS), default="text", help="Output format.")
def command(
    targets: tuple[str, ...],
    against: str | None,
    level: str | None,
    form: str,
    schema: str | None,
    dialect: str | None,
    content_model: str | None,
    assert_formats: bool,
    encodings: str | None,
    columns: str | None,
    no_cache: bool,
    strict: bool,
    operations: tuple[str, ...],
    witness_on: str | None,
    live: bool,
    database: str | None,
    all_tables: bool,
) -> int:
    """Check whether the new version is compatible: contracts, what changed since a git commit, or two files.

    \b
    contractctl check                          every contract: its draft and its releases
    contractctl check orders/order-placed      one contract
    contractctl check old.avsc new.avsc        two files or folders; - is stdin; needs no configuration
    contractctl check --against origin/main    only what changed since the branch split off
    contractctl check --against v1 'db/*.sql'  only these files or contracts, in the store or not
    contractctl check --live                   every contract of tables against its database

    Formats: asyncapi and openapi (JSON and YAML by its asyncapi, openapi or swagger), avro (.avsc, .avpr), graphql
    (.graphql), json-schema (.schema.json, other JSON and YAML by its $schema), protobuf (.proto, descriptor sets), sql.
    Files that a file refers to are read with it; when such a file changes, the files that refer to it are judged. A
    changed git submodule is unknown: run check --against inside it, with the commit that the answer names.

    Every incompatibility says who breaks and how to resolve it, and shows a payload or statement that was actually
    executed. The level decides which directions count: BACKWARD (the new version serves what exists), FORWARD (the old
    one survives what is new), FULL (both); _TRANSITIVE counts every release, not only the latest. Two files are judged
    BACKWARD. What is accepted with [[accepted]], and what a plan stages, is shown but does not fail the check.

    --live compares each contract's released version with the database. Different spellings of the same thing are not
    drift, nor are changes of a plan in flight. --witness-on takes a PostgreSQL or MariaDB server of yours: everything
    happens in a schema that is never committed, or a database that is dropped afterwards.

    A contract that cannot be read does not hide the others: it is listed with its error, and the exit code is 2.

    Exit codes: 0 compatible, 1 incompatible, 2 usage or input error, 3 unknown.
    """  # noqa: D301 - click's own mark for lines that stay as they are
    if no_cache:
        caches.switch_off()
    if live or database is not None or all_tables:
        _demand_live_alone()
        return _live(targets, database, form, extra=all_tables)
    demanded = Level(level.upper()) if level else None
    if len(targets) == _TWO:
        targets = tuple(_STDIN if target == "-" else target for target in targets)
    passes_unknown = False
    sent = clients.read(operations) if operations else ()
    with _laboratory(witness_on) as laboratory:
        known = Terms(strict=strict, operations=sent, laboratory=laboratory)
        if against is None and _are_files(targets):
            policy = _policy(dialect, content_model, encodings, columns, assert_formats=assert_formats)
            checked = _files(targets[0], targets[1], demanded or Level.BACKWARD, schema, replace(known, policy=policy))
        else:
            _demand_two_files()
            checked, passes_unknown = _repository(targets, against, demanded, known)
    click.echo(_worded(checked, form))
    for note in _notes(checked):
        click.echo(note, err=True)
    if checked.unreadable:
        names = dict.fromkeys(one.contract for one in checked.unreadable)
        click.echo(unread.left_out([*names], "judged"), err=True)
        return Exit.MEND
    if checked.standing is Status.UNKNOWN and passes_unknown:
        return Exit.YES
    return _EXITS[checked.standing]


def _notes(checked: check.Checked) -> Iterator[str]:
    """What was left out, and which acceptances match nothing."""
    if checked.passed_over:
        way_out = "name them, or create contracts: contractctl init"
        yield f"not judged, without a contract: {unread.first(checked.passed_over)}; {way_out}"
    if checked.unreleased:
        way_out = "release a version: contractctl release NAME, or --all"
        yield f"not judged, never released: {unread.first(checked.unreleased)}; {way_out}"
    for one in checked.idle:
        where = f" in {one.file}" if one.file else ""
        yield f"nothing to accept: {one.about}{where}: {one.place} lists it, but there is no such finding"


def _live(targets: tuple[str, ...], database: str | None, form: str, *, extra: bool) -> int:
    from contractctl.cli import live_databases
    from contractctl.report import drift

    forms = {"json": drift.tree, "github": drift.github, "text": drift.text}
    if form not in forms:
        raise ContractctlError(f"--format {form} does not go with --live", hint=f"any of {', '.join(forms)}")
    checked, broken = live_databases.check(targets, database, extra=extra)
    click.echo(forms[form](checked, broken))
    if broken:
        click.echo(unread.left_out([one.name for one in broken], "compared"), err=True)
        return Exit.MEND
    return _EXITS[drift.worst(checked, broken)]


def _demand_live_alone() -> None:
    """Options about comparing two versions do not go with --live, which compares a version and a database."""
    for option in _given("against", "level", *_OF_TWO_FILES, "strict", "operations", "witness_on"):
        raise ContractctlError(
            f"{option} does not go with --live", hint="--live only compares the database with the released versions"
        )


def _demand_two_files() -> None:
    """What contract.toml and contractctl.toml set is not repeated on the command line."""
    for option in _given(*_OF_TWO_FILES):
        raise ContractctlError(
            f"{option} goes with two files: contractctl check OLD NEW",
            hint="for contracts set it in contract.toml, for other files in contractctl.toml",
        )


def _given(*names: str) -> Iterator[str]:
    """Those of these options that were given, as they are spelled on the command line: --dialect."""
    context = click.get_current_context()
    for option in context.command.params:
        if option.name in names and context.params[option.name]:
            yield option.opts[0]


def _policy(
    dialect: str | None, content_model: str | None, encodings: str | None, columns: str | None, *, assert_formats: bool
) -> Policy:
    policy = Policy(dialect=dialect, columns=columns or COLUMNS[0], today=times.today())
    if content_model:
        policy = replace(policy, content_model=content_model)
    if encodings is not None:
        given = {one.strip() for one in encodings.split(",")}
        if not given <= set(ENCODINGS):
            raise ContractctlError(
                f"--encodings {encodings}: unknown", hint=f"any of {', '.join(ENCODINGS)}, with commas between"
            )
        policy = replace(policy, encodings=tuple(one for one in ENCODINGS if one in given))
    return replace(policy, formats="assertion") if assert_formats else policy


def _are_files(targets: tuple[str, ...]) -> bool:
    """Whether OLD and NEW are meant: two paths. Raise ContractctlError where one of them is not there."""
    if targets.count(_STDIN) > 1:
        raise ContractctlError("only one of OLD and NEW can be -: stdin is read once", hint="name a file for the other")
    there = [Path(target).exists() for target in targets]
    if len(targets) == _TWO and all(there):
        return True
    example = next((shlex.quote(target) for target in targets if Path(target).is_file()), "FILE")
    hint = f"two files: contractctl check OLD NEW; any number since a commit: contractctl check --against REF {example}"
    for target, exists in zip(targets, there, strict=True):
        if not exists and may_be_claimed(target):
            ref, _, file = target.partition(":")
            since = f"contractctl check --against {ref} {file}" if file and Path(file).exists() else hint
            raise ContractctlError(f"{target}: there is no such file", hint=since)
    for target in targets:
        if Path(target).is_file():
            owners = _owners(Path(target))
            if owners:
                raise ContractctlError(
                    f"{target} is a file, but contracts in the store are named, not given as files",
                    hint=f"contractctl check {' '.join(owners)}; {hint}",
                )
            raise ContractctlError(f"{target}: check compares this file with another one, or with a commit", hint=hint)
    return False


def _owners(file: Path) -> tuple[str, ...]:
    from contractctl import settings, store

    return store.of_path(settings.load(Path.cwd()).contracts, file)


def _laboratory(word: str | None) -> AbstractContextManager[Laboratory | None]:
    if word is None:
        return nullcontext()
    from contractctl.cli import trying

    return trying.opened(word)


def _files(old: str, new: str, level: Level, schema: str | None, known: Terms) -> check.Checked:
    from contractctl.documents.collector import collector_paused

    with collector_paused():  # for one pair, the garbage is a few megabytes at most
        return _two_files(old, new, level, schema, known)


def _two_files(old: str, new: str, level: Level, schema: str | None, known: Terms) -> check.Checked:
    from contractctl.loose import two_versions

    before, after, name = two_versions(Path(old), Path(new), schema)
    if known.operations and name != "graphql":
        raise ContractctlError(
            f"--operations is for graphql, and {new} is {name}",
            hint="leave it out: it applies to GraphQL only",
        )
    return check.check_files(before, after, name, level, replace(known, old_name=old, new_name=new))


def _repository(
    targets: tuple[str, ...], against: str | None, level: Level | None, known: Terms
) -> tuple[check.Checked, bool]:
    from contractctl import settings
    from contractctl.check.accepted import dated
    from contractctl.check.question import Question
    from contractctl.check.repository import check_against, check_store
    from contractctl.planner import read_plans

    found = settings.load(Path.cwd())
    around = found.root if found.contracts == found.root else found.contracts.parent
    split = None if against is None else _split_off(against, around)
    then = found if split is None else settings.load_at(Path.cwd(), *split)
    today = times.today()
    now, earlier = (replace(one.policy, today=today) for one in (found, then))
    asked = Question(
        contracts=found.contracts,
        contracts_then=then.contracts,
        plans=read_plans(found.migrations),
        level=level,
        loose_level=found.level.joined(then.level),
        terms=replace(known, policy=now, strict=known.strict or found.strict or then.strict),
        earlier=earlier,
        accepted=dated(found.accepted, today),
        root=found.root,
    )
    checked = check_store(asked, targets) if split is None else check_against(asked, *split, targets)
    return checked, found.unknown_passes and then.unknown_passes


def _split_off(ref: str, folder: Path) -> "tuple[Repository, str]":
    """The commit at which the work split off: its settings still protect it where the work lowers them."""
    from contractctl.git import needed_repository

    repository = needed_repository(folder)
    return repository, repository.merge_base(ref)


def _worded(checked: check.Checked, form: str) -> str:
    return str(import_module(f"contractctl.report.{form}").verdict(checked))
