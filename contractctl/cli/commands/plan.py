"""contractctl plan: which stages lead to the draft?"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click

from contractctl.cli import Exit, times
from contractctl.cli.sections import Sectioned
from contractctl.errors import ContractctlError
from contractctl.model.plan import CanaryRules, Plan, ReadRules, State
from contractctl.writing import alone

if TYPE_CHECKING:
    from contractctl.planner import Made, Surroundings
    from contractctl.settings import Settings

_CANARY, _READS = CanaryRules(), ReadRules()


def _span(name: str, default: float, help_: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    spelled = times.spelled(default)
    return click.option(name, type=times.Span(), metavar="SPAN", default=spelled, show_default=True, help=help_)


class _Plan(Sectioned):
    sections: ClassVar = {
        "What the change means; each is repeatable": (
            "--rename",
            "--rename-table",
            "--split",
            "--merge",
            "--move",
            "--extract",
            "--on",
            "--drop",
            "--add",
            "--up",
            "--down",
            "--lossy",
            "--fill",
        ),
        "When stages may begin; kept in the plan file": (
            "--canary",
            "--bake",
            "--window",
            "--quiesced",
            "--heartbeat",
            "--fresh",
            "--approvals",
            "--restore-point",
            "--sunset",
        ),
    }


@click.command(cls=_Plan)
@click.argument("contracts", nargs=-1, required=True, metavar="CONTRACT…")
@click.option("--rename", "renames", multiple=True, metavar="OLD=NEW", help="OLD becomes NEW: column or table.column.")
@click.option("--rename-table", "tables", multiple=True, metavar="OLD=NEW", help="The table OLD becomes NEW.")
@click.option(
    "--split", "splits", multiple=True, metavar="OLD=NEW,NEW", help="One column becomes several; needs --up …"
)
@click.option(
    "--merge", "merges", multiple=True, metavar="OLD,OLD=NEW", help="Several columns become one; needs --up …"
)
@click.option(
    "--move",
    "moves",
    multiple=True,
    metavar="TABLE.OLD=TABLE.NEW",
    help="A column moves to another table; needs --on.",
)
@click.option(
    "--extract",
    "extracts",
    multiple=True,
    metavar="TABLE.OLD,…=TABLE",
    help="Columns move to a new table; needs --on.",
)
@click.option(
    "--on",
    "on",
    multiple=True,
    metavar="COLUMN=COLUMN,…",
    help="Rows of the two tables match where these are equal.",
)
@click.option("--drop", "drops", multiple=True, metavar="NAME", help="NAME is really removed, not renamed.")
@click.option("--add", "adds", multiple=True, metavar="NAME", help="NAME is really new: nothing is renamed to it.")
@click.option("--up", "ups", multiple=True, metavar="COLUMN=SQL", help="Computes the new value from the old columns.")
@click.option(
    "--down", "downs", multiple=True, metavar="COLUMN=SQL", help="Computes the old value from the new columns."
)
@click.option(
    "--lossy",
    multiple=True,
    metavar="COLUMN",
    help="Accept that values of COLUMN change when converted there and back.",
)
@click.option(
    "--fill",
    "fills",
    multiple=True,
    metavar="COLUMN=SQL",
    help="What COLUMN holds instead of NULL, computed from the row.",
)
@click.option("--name", metavar="NAME", help="The plan's name; by default derived from its changes.")
@click.option(
    "--canary",
    default="1,10,50,100",
    show_default=True,
    metavar="PERCENT,…",
    help="Percentages of the traffic that the new side gets, step by step.",
)
@_span("--bake", _CANARY.bake_seconds, "How long each share must hold.")
@_span("--window", _READS.window_seconds, "How long nothing may have read the old side: 90s, 12h, 31d.")
@_span("--quiesced", _READS.quiesced_seconds, "How long the brown-out must have lasted before contract.")
@_span("--heartbeat", _READS.heartbeat_seconds, "How often a consumer sends a sign of life.")
@_span("--fresh", _READS.fresh_seconds, "How long evidence stays valid.")
@click.option(
    "--approvals",
    type=click.IntRange(min=0),
    metavar="N",
    default=_READS.approvals,
    show_default=True,
    help="How many people must approve the contract stage.",
)
@click.option("--restore-point", metavar="TEXT", help="Where the data can be restored from.")
@click.option("--sunset", metavar="DATE", help="The day until which old parts of an interface are served.")
@click.option("--dry-run", is_flag=True, help="Show the plan, its files and every statement; write nothing.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
def command(
    contracts: tuple[str, ...],
    renames: tuple[str, ...],
    tables: tuple[str, ...],
    splits: tuple[str, ...],
    merges: tuple[str, ...],
    moves: tuple[str, ...],
    extracts: tuple[str, ...],
    on: tuple[str, ...],
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
    sunset: str | None,
    dry_run: bool,
    form: str,
) -> int:
    """Write the staged path to the draft: plan file, intermediate versions, revisions.

    \b
    contractctl plan shop/orders --rename customer_name=full_name
    contractctl plan shop/orders shop/order-placed --rename customer_name=full_name --name rename-customer
    contractctl plan shop/orders --up "amount=CAST(amount AS INTEGER)" --down "amount=CAST(amount__new AS TEXT)"
    contractctl plan shop/people --split full_name=first_name,last_name --up "first_name=…" --up … --down "full_name=…"
    contractctl plan shop/orders --move orders.address=customers.address --on customer_id=id --lossy address
    contractctl plan shop/orders --extract orders.street,orders.city=addresses --on id=order_id
    contractctl plan shop/api --rename Order.customer=buyer --rename "GET /orders=GET /purchases" --sunset 2027-03-31
    contractctl plan shop/feed --rename Placed.customer=buyer --rename "send orders=send purchases" --sunset 2027-03-31

    Compares each contract's draft with its latest release. If a change may be a rename, a split, a merge, a move or an
    extraction, contractctl asks instead of guessing. --up expressions are SQL over the old columns, --down over the new
    ones; if a column changes its type and keeps its name, the new side is called COLUMN__new until the end. For events
    the expressions are JSONata over the fields.

    `contractctl explain operations` shows what each operation does to a table's rows, on each database.

    Exit codes: 0 written, 2 usage or input error.
    """  # noqa: D301 - click wants the character that backslash b stands for
    from contractctl import planner, settings, store
    from contractctl.cli import declaring, foreseeing
    from contractctl.report.plan import plan_json, plan_text

    pairs, joined = declaring.pairs, declaring.on_pairs(on)
    wish = planner.Wish(
        renames=pairs("rename", renames),
        tables=pairs("rename-table", tables),
        splits=declaring.splits(splits),
        merges=declaring.merges(merges),
        moves=declaring.moves(moves, joined),
        extractions=declaring.extractions(extracts, joined),
        ups=pairs("up", ups),
        downs=pairs("down", downs),
        lossy=frozenset(lossy),
        fills=pairs("fill", fills),
        canary=CanaryRules(steps=_steps(canary), bake_seconds=bake),
        reads=ReadRules(
            window_seconds=window,
            heartbeat_seconds=heartbeat,
            fresh_seconds=fresh,
            quiesced_seconds=quiesced,
            approvals=approvals,
        ),
        restore_point=restore_point,
        sunset=_day(sunset),
    )
    found = settings.load(Path.cwd())
    with _writing(found, dry_run=dry_run):
        named = tuple(store.read(found.contracts, contract) for contract in dict.fromkeys(contracts))
        around = _surroundings(found)
        settled = declaring.names(renames, tables, splits, merges, moves, extracts) | {*drops, *adds}
        made = planner.plan(named, declaring.confirmed(wish, named, settled, around), name, around)
        said = foreseeing.ask(made.plan, found)
        if not dry_run:
            planner.write(made, found.contracts, found.migrations)
    for note in (*made.cautions, *said.notes):
        click.echo(f"note: {note}", err=True)
    files, outlook = _paths(made, found), said.outlook if dry_run else None
    as_text = form == "text"
    click.echo(plan_text(made, files, outlook, written=not dry_run) if as_text else plan_json(made, files, outlook))
    return Exit.YES


@contextmanager
def _writing(found: "Settings", *, dry_run: bool) -> Iterator[None]:
    """From what is read to what is written, alone in the repository, and without what a killed plan left there."""
    from contractctl import planner

    if dry_run:
        yield
        return
    with alone(found.root):
        for name in planner.take_back(found.contracts, found.migrations):
            click.echo(f"note: writing the plan '{name}' was cut short; what was left of it is removed", err=True)
        yield


def _surroundings(found: "Settings") -> "Surroundings":
    """Every plan of the repository, where each stands, and where revisions go."""
    from contractctl import planner
    from contractctl.cli import histories
    from contractctl.cli.case import environment, standing

    plans = planner.read_plans(found.migrations)
    states = {one.name: standing(found, one).state for one in plans}
    states |= _released([one for one in plans if states[one.name] is State.PLANNED], found.contracts)
    return planner.Surroundings(
        found.migrations,
        plans,
        states,
        lambda database: environment(found, database),
        lambda database: histories.convention(found, database),
    )


def _day(text: str | None) -> str | None:
    """A day in the future."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ContractctlError(f"--sunset {text}: this is not a day", hint="write --sunset YYYY-MM-DD") from None
    if day <= datetime.now(UTC).date():
        raise ContractctlError(
            f"--sunset {text}: that day is not in the future", hint="give clients a day in the future"
        )
    return day.isoformat()


def _steps(text: str) -> tuple[float, ...]:
    from contractctl import planner

    try:
        steps = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ContractctlError(
            f"--canary {text}: these are not percentages", hint="write --canary 1,10,50,100"
        ) from None
    if not planner.grow_to_everybody(steps):
        raise ContractctlError(
            f"--canary {text}: shares must increase and end at 100", hint="write --canary 1,10,50,100"
        )
    return tuple(int(step) if step == int(step) else step for step in steps)


def _released(plans: Sequence[Plan], contracts: Path) -> Mapping[str, State]:
    """Among plans that no journal here knows, those whose final versions are all released: contracted elsewhere.

    Where the journal knows a plan, the journal is right: a release can be made too early.
    """
    from contractctl import store

    moved = {movement.contract for plan in plans for movement in plan.movements}
    known = {
        name: {str(version.number) for version in store.read(contracts, name).versions}
        for name in moved.intersection(store.names(contracts))
    }
    return {
        plan.name: State.CONTRACTED
        for plan in plans
        if all(movement.new in known.get(movement.contract, ()) for movement in plan.movements)
    }


def _paths(made: "Made", found: "Settings") -> list[str]:
    from contractctl import store

    releases = [store.release_path(found.contracts, *release) for release in made.releases]
    return [_shown(path, found.root) for path in sorted((*made.files, *releases))]


def _shown(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return str(path)
