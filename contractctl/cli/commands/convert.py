"""contractctl convert: what do events say in another version?"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import click

from contractctl.cli import Exit
from contractctl.errors import ContractctlError
from contractctl.model.amounts import counted
from contractctl.model.verdict import Seats
from contractctl.writing import whole

if TYPE_CHECKING:
    from contractctl.formats.streams import Bad, Journey
    from contractctl.model.contract import Contract, Source
    from contractctl.model.plan import Movement, Plan

_STANDARD = "-"


@click.command
@click.argument("plan")
@click.argument("input_", metavar="INPUT")
@click.option("--contract", metavar="NAME", help="The contract of these events, if the plan changes several.")
@click.option("--to", type=click.Choice(["up", "down"]), help="up: old to new. down: new to old.")
@click.option("--up", is_flag=True, help="The same as --to up.")
@click.option("--down", is_flag=True, help="The same as --to down.")
@click.option("-o", "--output", default=_STANDARD, metavar="FILE", help="Where the events go; - is standard output.")
@click.option(
    "--on-error",
    type=click.Choice(["stop", "set-aside"]),
    default="stop",
    show_default=True,
    help="At an event that cannot be converted, stop; or write it to FILE.set-aside.jsonl and continue.",
)
def command(
    plan: str, input_: str, contract: str | None, to: str | None, up: bool, down: bool, output: str, on_error: str
) -> int:
    """Convert events between versions, up or down.

    PLAN is a plan's name or its file. INPUT is a file of events, in their format's container or as JSON lines, - for
    standard input; the output has the same form. Events are converted one by one, as the plan's operations say; the
    output file appears only once all of them are converted.

    \b
    contractctl convert rename-customer --up old.avro -o new.avro
    contractctl convert rename-customer --down --contract shop/order-placed - < new.jsonl

    Exit codes: 0 all converted, 1 some were set aside, 2 usage or input error.
    """  # noqa: D301 - click wants the character that backslash b stands for
    direction = _direction(to, up=up, down=down)
    if on_error == "set-aside" and output == _STANDARD:
        raise ContractctlError(
            "--on-error set-aside needs an output file, as events go to standard output", hint="name a file with -o"
        )
    _two_files(input_, output)
    bad: list[Bad] = []
    with _input(input_) as stream, _output(output) as out, _aside(output, on_error) as aside:
        written = _run(
            _Task(plan, contract, direction), stream, _shown(input_), out, _taker(_shown(input_), aside, bad)
        )
    click.echo(
        f"{counted(written, 'event')} converted {direction}" + (f", {len(bad)} set aside" if bad else ""), err=True
    )
    return Exit.NO if bad else Exit.YES


@dataclass(frozen=True, slots=True)
class _Task:
    """What to convert: by which plan, for which contract, up or down."""

    plan: str
    contract: str | None
    direction: str


def _run(task: _Task, stream: BinaryIO, name: str, out: BinaryIO, bad: "Callable[[Bad], None]") -> int:
    from contractctl.formats import events

    buffered = stream if isinstance(stream, BufferedReader) else BufferedReader(cast("RawIOBase", stream))
    movement, journey = _journey(task, bad)
    return events(movement.format).convert(buffered, name, out, journey)


def _journey(task: _Task, bad: "Callable[[Bad], None]") -> "tuple[Movement, Journey]":
    from contractctl import settings, store
    from contractctl.cli import case
    from contractctl.formats.streams import Journey

    found = settings.load(Path.cwd())
    plan = case.named(found, task.plan)
    movement = _movement(plan, task.contract)
    contract = store.read(found.contracts, movement.contract)
    return movement, Journey(
        old=_source(contract, movement.old),
        new=_source(contract, movement.new),
        operations=tuple(one for one in plan.operations if one.contract == movement.contract),
        policy=contract.policy,
        upwards=task.direction == "up",
        bad=bad,
    )


def _movement(plan: "Plan", contract: str | None) -> "Movement":
    from contractctl.formats import load

    events = [movement for movement in plan.movements if load(movement.format).SEATS is Seats.MESSAGE]
    fits = [movement for movement in events if contract in {None, movement.contract}]
    names = ", ".join(movement.contract for movement in events)
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise ContractctlError(
            f"the plan '{plan.name}' changes several contracts", hint=f"say which: --contract, one of {names}"
        )
    said = f"the plan '{plan.name}' changes no events" + (f" of '{contract}'" if contract else "")
    raise ContractctlError(said, hint=f"it changes the events of {names}" if names else "it changes tables only")


def _source(contract: "Contract", number: str) -> "Source":
    """A release; the draft stands for the one that the plan has yet to release."""
    released = next((version for version in contract.versions if str(version.number) == number), None)
    if released is not None:
        return released.source
    if contract.draft is None:
        raise ContractctlError(
            f"{contract.name} has no version {number}", hint=f"see which there are: contractctl show {contract.name}"
        )
    return contract.draft


def _direction(to: str | None, *, up: bool, down: bool) -> str:
    asked = {word for word, is_asked in (("up", up), ("down", down), (to or "", to is not None)) if is_asked}
    if len(asked) != 1:
        raise ContractctlError("exactly one of --up and --down is needed", hint="--up: old to new; --down: new to old")
    return asked.pop()


def _two_files(source: str, target: str) -> None:
    """Refuse to overwrite the input with its own conversion."""
    if _STANDARD not in {source, target} and Path(target).is_file() and Path(source).samefile(target):
        raise ContractctlError(
            f"{target} is the file that is converted, and would be overwritten", hint="name another file with -o"
        )


def _taker(name: str, aside: "BinaryIO | None", taken: "list[Bad]") -> "Callable[[Bad], None]":
    """Stop at the first bad event, or write it down and go on."""

    def take(bad: "Bad") -> None:
        if aside is None:
            raise ContractctlError(
                f"{name}: record {bad.number}: {bad.error}",
                hint="fix it, or skip it: --on-error set-aside",
            )
        entry = {"record": bad.number, "error": bad.error, "event": bad.event}
        aside.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        taken.append(bad)

    return take


@contextmanager
def _input(name: str) -> Iterator[BinaryIO]:
    if name == _STANDARD:
        yield sys.stdin.buffer
        return
    with Path(name).open("rb") as stream:
        yield stream


@contextmanager
def _output(name: str) -> Iterator[BinaryIO]:
    """Standard output, or a file that appears under its name only when it is complete."""
    if name == _STANDARD:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with whole(Path(name)) as out:
        yield out


@contextmanager
def _aside(output: str, on_error: str) -> "Iterator[BinaryIO | None]":
    if on_error == "stop":
        yield None
        return
    with _output(f"{output}.set-aside.jsonl") as aside:
        yield aside


def _shown(name: str) -> str:
    return "standard input" if name == _STANDARD else name
