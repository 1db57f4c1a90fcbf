"""contractctl plan: which stages lead to the draft?"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contractctl.cli import Exit
from contractctl.errors import ContractctlError
from contractctl.model.plan import CanaryRules, Plan, ReadRules, State

if TYPE_CHECKING:
    from contractctl.model.contract import Contract
    from contractctl.planner import Likely, Made, Surroundings
    from contractctl.settings import Settings

_CANARY, _READS = CanaryRules(), ReadRules()
_SECONDS = click.FloatRange(min=0)


@click.command
@click.argument("contracts", nargs=-1, required=True, metavar="CONTRACT…")
@click.option(
    "--rename", "renames", multiple=True, metavar="OLD=NEW", help="OLD goes on as NEW: column or table.column."
)
@click.option("--drop", "drops", multiple=True, metavar="NAME", help="NAME really goes: it is renamed to nothing.")
@click.option("--add", "adds", multiple=True, metavar="NAME", help="NAME is really new: nothing is renamed to it.")
@click.option("--up", "ups", multiple=True, metavar="COLUMN=SQL", help="Makes the new value, from the old column.")
@click.option("--down", "downs", multiple=True, metavar="COLUMN=SQL", help="Makes the old value, from the new column.")
@click.option("--lossy", multiple=True, metavar="COLUMN", help="Its values need not come back from their new form.")
@click.option("--fill", "fills", multiple=True, metavar="COLUMN=SQL", help="Takes the place of NULL, from the row.")
@click.option("--name", help="The plan's name; otherwise made from what it changes.")
@click.option("--canary", default="1,10,50,100", metavar="PERCENT,…", help="Shares of traffic, one after the other.")
@click.option("--bake", type=_SECONDS, default=_CANARY.bake_seconds, help="Seconds that each share must last.")
@click.option("--window", type=_SECONDS, default=_READS.window_seconds, help="Seconds without reads of the old side.")
@click.option("--quiesced", type=_SECONDS, default=_READS.quiesced_seconds, help="Seconds of brown-out before the end.")
@click.option("--heartbeat", type=_SECONDS, default=_READS.heartbeat_seconds, help="Seconds between signs of life.")
@click.option("--fresh", type=_SECONDS, default=_READS.fresh_seconds, help="Seconds that evidence stays good.")
@click.option(
    "--approvals", type=click.IntRange(min=0), default=_READS.approvals, help="People who must approve the end."
)
@click.option("--restore-point", metavar="TEXT", help="Where the data can be brought back from.")
@click.option("--dry-run", is_flag=True, help="Show the plan and the files; write nothing.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the answer.")
def command(
    contracts: tuple[str, ...],
    renames: tuple[str, ...],
    drops: tuple[str, ...],
    adds: tuple[str, ...],
    ups: tuple[str, ...],
    downs: tuple[str, ...],
    lossy: tuple[str, ...],
    fills: tuple[str, ...],
    name: str | None,
    canary: str,
    bake: float,
    window: float,
    quiesced: float,
    heartbeat: float,
    fresh: float,
    approvals: int,
    restore_point: str | None,
    dry_run: bool,
    form: str,
) -> int:
    """Write the staged path to the draft: plan file, intermediate versions, revisions.

    \b
    contractctl plan shop/orders --rename customer_name=full_name
    contractctl plan shop/orders shop/order-placed --rename customer_name=full_name --name rename-customer
    contractctl plan shop/orders --up "amount=CAST(amount AS INTEGER)" --down "amount=CAST(amount__new AS TEXT)"

    Compares each contract's draft with its latest release. What may be a rename is asked about, never guessed. The
    expressions are SQL over the one column of their own side; where a column changes its type and keeps its name,
    the new side is called COLUMN__new until it takes the name over.

    Exit codes: 0 written, 2 you can mend it.
    """  # noqa: D301 - click wants the character that backslash b stands for
    from contractctl import planner, settings, store
    from contractctl.cli.case import standing

    found = settings.load(Path.cwd())
    named = tuple(store.read(found.contracts, contract) for contract in dict.fromkeys(contracts))
    declared = _pairs("rename", renames)
    settled = {*declared, *declared.values(), *drops, *adds}
    plans = planner.read_plans(found.migrations)
    states = {**{one.name: standing(found, one).state for one in plans}, **_released(plans, found.contracts)}
    around = planner.Surroundings(found.migrations, plans, states)
    declared |= _asked(named, settled, around)
    wish = planner.Wish(
        renames=declared,
        ups=_pairs("up", ups),
        downs=_pairs("down", downs),
        lossy=frozenset(lossy),
        fills=_pairs("fill", fills),
        canary=CanaryRules(steps=_steps(canary), bake_seconds=bake),
        reads=ReadRules(
            window_seconds=window,
            heartbeat_seconds=heartbeat,
            fresh_seconds=fresh,
            quiesced_seconds=quiesced,
            approvals=approvals,
        ),
        restore_point=restore_point,
    )
    made = planner.plan(named, wish, name, around)
    notes = _ask_database(made.plan, found)
    if not dry_run:
        planner.write(made, found.contracts)
    for note in notes:
        click.echo(f"note: {note}", err=True)
    click.echo(_json(made, found) if form == "json" else _text(made, found, dry_run=dry_run))
    return Exit.YES


def _pairs(option: str, values: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for value in values:
        name, equals, rest = value.partition("=")
        if not (name.strip() and equals and rest.strip()):
            raise ContractctlError(f"--{option} {value}: there is no '=' between two names", hint="write it OLD=NEW")
        if name.strip() in found:
            raise ContractctlError(f"--{option} names '{name.strip()}' twice", hint="give it once")
        found[name.strip()] = rest.strip()
    return found


def _steps(text: str) -> tuple[float, ...]:
    from contractctl import planner

    try:
        steps = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ContractctlError(
            f"--canary {text}: these are no percentages", hint="write --canary 1,10,50,100"
        ) from None
    if not planner.grow_to_everybody(steps):
        raise ContractctlError(f"--canary {text}: shares grow up to 100", hint="write --canary 1,10,50,100")
    return tuple(int(step) if step == int(step) else step for step in steps)


def _asked(contracts: tuple["Contract", ...], settled: set[str], around: "Surroundings") -> dict[str, str]:
    """The likely renames that a person confirms. Raise ContractctlError where there is nobody to ask."""
    from contractctl import planner

    likely = [
        guess
        for contract in contracts
        for guess in planner.likely_renames(
            planner.changes_of(contract, around), settled | planner.settled_by(contract, around)
        )
    ]
    if not likely:
        return {}
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise _undecided(likely, tuple(contract.name for contract in contracts))
    confirmed: dict[str, str] = {}
    for guess in likely:
        place = f"{guess.path}: " if guess.path else ""
        question = f"{place}does '{guess.old}' go on as '{guess.new}'?"
        if confirmed.get(guess.old) != guess.new and click.confirm(question, err=True):
            confirmed[guess.old] = guess.new
    return confirmed


def _undecided(likely: list["Likely"], contracts: tuple[str, ...]) -> ContractctlError:
    guesses = list(dict.fromkeys((guess.old, guess.new) for guess in likely))
    asked = ", ".join(f"'{old}' may go on as '{new}'" for old, new in guesses)
    start = f"contractctl plan {' '.join(contracts)}"
    renamed = " ".join(f"--rename {old}={new}" for old, new in guesses)
    apart = " ".join(f"--drop {old} --add {new}" for old, new in guesses)
    return ContractctlError(
        f"{asked}: only you can say whether that is a rename",
        hint=f"if it is, run: {start} {renamed}\n      if not, run: {start} {apart}",
    )


def _released(plans: tuple[Plan, ...], contracts: Path) -> Mapping[str, State]:
    """Plans whose last versions are all released: these are contracted, whatever database they ran on."""
    from contractctl import store

    known = {
        name: {str(version.number) for version in store.read(contracts, name).versions}
        for name in store.names(contracts)
    }
    return {
        plan.name: State.CONTRACTED
        for plan in plans
        if all(movement.new in known.get(movement.contract, ()) for movement in plan.movements)
    }


def _ask_database(plan: Plan, found: "Settings") -> list[str]:
    """What the database says to the plan. Raise ContractctlError where it cannot be carried out there."""
    url = found.database_url
    if url is None or not plan.revisions:
        return []
    if _database_file(url) is None:
        return ["the database is not there yet; what it says to the plan is asked by: contractctl migrate expand"]
    from sqlalchemy.exc import DBAPIError

    from contractctl import databases, operations

    engine = databases.create_engine(url)
    try:
        with engine.connect() as connection:  # never committed: asking leaves nothing behind
            for sentence in operations.hindrances(plan, connection):
                raise ContractctlError(sentence, hint="change the draft or the database, and plan again")
            for sentence in operations.losses(plan, connection):
                raise ContractctlError(sentence, hint="mend these rows or the expressions, or say --lossy COLUMN")
            return list(operations.notes(plan, connection))
    except DBAPIError as error:
        raise ContractctlError(
            f"the database cannot be asked about the plan: {error.orig}", hint="try again, or mend what it names"
        ) from error
    finally:
        engine.dispose()


def _database_file(url: str) -> Path | None:
    """The file behind the address, where it is there: asking must not create one."""
    prefix = "sqlite:///"
    path = Path(url.removeprefix(prefix).partition("?")[0])
    return path if url.startswith(prefix) and path.is_file() else None


def _text(made: "Made", found: "Settings", *, dry_run: bool) -> str:
    plan = made.plan
    lines = [f"{'would write' if dry_run else 'wrote'} the plan '{plan.name}'", ""]
    lines += [f"  {one.contract}: {one.old} → {one.intermediate} (both sides) → {one.new}" for one in plan.movements]
    for operation in plan.operations:
        names = " → ".join(name for name in dict.fromkeys((operation.old, operation.new)) if name)
        lines.append(f"    {operation.kind} {operation.subject}: {names}")
        if operation.transform is not None and not _bare(operation.transform.up):
            ways = (("up", operation.transform.up), ("down", operation.transform.down))
            lines.append("      " + "   ".join(f"{way} {text}" for way, text in ways if text))
    lines += ["", *(f"  {path}" for path in _paths(made, found)), ""]
    lines.append(
        "review and commit these files, then run:" if not dry_run else "to write them, run it without --dry-run"
    )
    return "\n".join([*lines, *([] if dry_run else [f"  contractctl migrate expand {plan.name}"])])


def _bare(expression: str) -> bool:
    """Whether it is a name alone: the value stays what it is."""
    return expression.strip('"`[]').replace("_", "").isalnum()


def _json(made: "Made", found: "Settings") -> str:
    from dataclasses import asdict

    plan = made.plan
    answer = {
        "plan": plan.name,
        "movements": [asdict(movement) for movement in plan.movements],
        "operations": [asdict(operation) for operation in plan.operations],
        "revisions": {stage.value: revision for stage, revision in plan.revisions.items()},
        "files": _paths(made, found),
        "next": f"contractctl migrate expand {plan.name}",
    }
    return json.dumps(answer, indent=2, ensure_ascii=False)


def _paths(made: "Made", found: "Settings") -> list[str]:
    from contractctl import store

    releases = [store.release_path(found.contracts, *release) for release in made.releases]
    return [_shown(path, found.root) for path in sorted((*made.files, *releases))]


def _shown(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return str(path)
