"""How far is each table filled, and who works on which keys? The workers' claims, and their sum.

Number 0 of a table is the frontier: everything up to its key has been claimed, or filled. A worker claims the next
keys by moving it on, so that no boundary is looked up that nobody needs, and each key once. A claim that is filled
goes, and what it came to is added to the frontier. Whoever keeps a checkpoint proves that the claim is still theirs.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, RowMapping, func, select

from contractctl.databases import Database, Key, Synchronisation, batches, key_text, read_key
from contractctl.errors import ContractctlError
from contractctl.journal.tables import CHECKPOINT, PAUSE

FRONTIER = 0
_RUN = "#"
_COUNTED = ("rows", "seen", "set_aside")


class FencedError(ContractctlError):
    """Another worker has taken over: nothing of the transaction may be kept."""

    def __init__(self) -> None:
        super().__init__("somebody else is running this backfill", hint="to see who: contractctl migrate status")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a table is filled, by any worker."""

    rows: int = 0
    """Rows that were changed."""
    seen: int = 0
    """Rows visited."""
    set_aside: int = 0
    why: str = ""
    """Why all workers are paused right now; empty where they are not."""
    done: bool = False
    workers: int = 0
    """How many claims are being filled."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Keys that one walker visits: (last_key, upto]."""

    number: int
    last_key: Key | None = None
    """They are filled up to here."""
    upto: Key | None = None
    """None: there is no end."""
    rows: int = 0
    seen: int = 0
    set_aside: int = 0
    done: bool = False


@dataclass(frozen=True, slots=True)
class Walker:
    """Who fills."""

    token: int
    """The fencing token of the operator whose work it is."""
    name: str = ""
    """The worker's name; empty for the operator, who alone works at the frontier."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A plan's backfill and verify do nothing until they are resumed."""

    at: float
    actor: str
    reason: str

    def __str__(self) -> str:
        return f"paused by {self.actor}" + (f": {self.reason}" if self.reason else "")


def reached(connection: Connection, sync: Synchronisation) -> Checkpoint:
    """The sum of the table's checkpoints."""
    rows = connection.execute(select(CHECKPOINT).where(*_of(sync))).mappings().all()
    found = replace(_sum(rows), workers=sum(row["number"] != FRONTIER and row["worker"] != "" for row in rows))
    paused = pause_of(connection, sync.plan)
    return replace(found, why=str(paused)) if paused else found


def unfilled(connection: Connection, sync: Synchronisation) -> Stretch | None:
    """What a single worker does next: first what was claimed, then the rest. None when the table is done."""
    rows = connection.execute(select(CHECKPOINT).where(*_of(sync)).order_by(CHECKPOINT.c.number.desc())).mappings()
    return next((found for row in rows if not (found := _stretch(row)).done), None)


def begin(connection: Connection, sync: Synchronisation, token: int, now: float) -> None:
    """Take over the table: other operators are fenced off, and what they had claimed is free."""
    known = {"token": token, "worker": "", "why": "", "at": now}
    if connection.execute(CHECKPOINT.update().where(*_of(sync)).values(**known)).rowcount == 0:
        first = {**dict.fromkeys((*_COUNTED, "claims", "done"), 0), "last_key": None, "upto_key": None}
        place = {"plan": sync.plan, "table_name": sync.table, "number": FRONTIER}
        connection.execute(CHECKPOINT.insert().values(**place, **known, **first))


def dismiss(connection: Connection, sync: Synchronisation, token: int) -> None:
    """Let all workers of this operator end after their current batch."""
    connection.execute(CHECKPOINT.update().where(*_frontier(sync), CHECKPOINT.c.token == token).values(token=0))


def look(connection: Connection, sync: Synchronisation, number: int, walker: Walker) -> tuple[Stretch, str]:
    """The stretch as it is now, and why all are paused. Raise FencedError if it is no longer the walker's."""
    wanted = CHECKPOINT.c.number.in_({FRONTIER, number})
    query = select(CHECKPOINT, PAUSE.c.actor, PAUSE.c.reason).where(*_of(sync), wanted)
    rows = connection.execute(query.outerjoin_from(CHECKPOINT, PAUSE, PAUSE.c.plan == CHECKPOINT.c.plan)).mappings()
    found = {row["number"]: row for row in rows}
    mine, frontier = found.get(number), found.get(FRONTIER)
    if frontier is None or mine is None or frontier["token"] != walker.token or mine["worker"] != walker.name:
        raise FencedError
    paused = frontier["actor"] is not None
    return _stretch(mine), str(Pause(0.0, frontier["actor"], frontier["reason"])) if paused else str(frontier["why"])


def keep(  # noqa: PLR0913, PLR0917 - what became of what, and whose it is
    connection: Connection, sync: Synchronisation, walker: Walker, before: Stretch, after: Stretch, now: float
) -> None:
    """Record in a batch's own transaction how far it came. Raise FencedError if the stretch is not the walker's."""
    old = None if before.last_key is None else key_text(before.last_key)
    c = CHECKPOINT.c
    unmoved = c.last_key.is_(None) if old is None else c.last_key == old
    ours = (*_of(sync), c.number == before.number, c.token == walker.token, c.worker == walker.name, unmoved)
    values = {**_values(after), "done": int(after.done), "at": now}
    if connection.execute(CHECKPOINT.update().where(*ours).values(**values)).rowcount != 1:
        raise FencedError


def claim(  # noqa: PLR0913, PLR0917 - of what, by whom, and how much
    database: Database, connection: Connection, sync: Synchronisation, walker: Walker, rows: int, now: float
) -> Stretch | None:
    """Claim what another worker has given back, or the next keys; None where nothing is left to claim.

    Costs one scan of the key's index over as many keys as are claimed. Once everything is claimed and filled, the
    table is done. Raise FencedError where another operator is at work.
    """
    c = CHECKPOINT.c
    ours = (*_frontier(sync), c.token == walker.token)
    if connection.execute(CHECKPOINT.update().where(*ours).values(at=now)).rowcount != 1:  # one at a time
        raise FencedError
    found = connection.execute(select(CHECKPOINT).where(*_of(sync)).order_by(c.number)).mappings().all()
    frontier, claims = found[0], found[1:]
    free = next((row for row in claims if row["worker"] == ""), None)
    if free is not None:
        connection.execute(
            CHECKPOINT.update().where(*_of(sync), c.number == free["number"]).values(worker=walker.name, at=now)
        )
        return _stretch(free)
    last = _stretch(frontier)
    upto = batches.upper_key(database, connection, sync, last.last_key, rows)
    if upto is None:
        if not claims:
            connection.execute(CHECKPOINT.update().where(*ours).values(done=1))
        return None
    return _claim_next(connection, sync, walker, frontier, upto)


def finish(connection: Connection, sync: Synchronisation, walker: Walker, stretch: Stretch) -> None:
    """Add a claim's result to the frontier, in the transaction of its last batch, and delete the claim."""
    c = CHECKPOINT.c
    ours = (*_of(sync), c.number == stretch.number, c.token == walker.token, c.worker == walker.name)
    if connection.execute(CHECKPOINT.delete().where(*ours)).rowcount != 1:
        raise FencedError
    sums = {name: c[name] + getattr(stretch, name) for name in _COUNTED}
    connection.execute(CHECKPOINT.update().where(*_frontier(sync)).values(**sums))


def give_back(connection: Connection, sync: Synchronisation, token: int, worker: str) -> None:
    """Free the claims of every run of a worker's task, so that anybody may take them over."""
    c, name = CHECKPOINT.c, f"{worker}{_RUN}"
    theirs = (*_of(sync), c.number != FRONTIER, c.token == token, func.substr(c.worker, 1, len(name)) == name)
    connection.execute(CHECKPOINT.update().where(*theirs).values(worker=""))


def name_of(worker: str) -> str:
    """A name for this run of a worker's task: an executor may run a task twice, even at the same time."""
    return f"{worker}{_RUN}{uuid4().hex[:12]}"


def hold_up(connection: Connection, sync: Synchronisation, token: int, why: str) -> None:
    """Pause all workers, or let them continue where `why` is empty."""
    connection.execute(CHECKPOINT.update().where(*_frontier(sync), CHECKPOINT.c.token == token).values(why=why))


def pause(connection: Connection, plan: str, found: Pause) -> None:
    """Stop the plan's backfill and verify, in every process that runs them."""
    connection.execute(PAUSE.delete().where(PAUSE.c.plan == plan))
    connection.execute(PAUSE.insert().values(plan=plan, at=found.at, actor=found.actor, reason=found.reason))


def resume(connection: Connection, plan: str) -> bool:
    """Let them continue. Returns whether they were paused."""
    return connection.execute(PAUSE.delete().where(PAUSE.c.plan == plan)).rowcount > 0


def pause_of(connection: Connection, plan: str) -> Pause | None:
    """Who paused the plan; None where nobody did."""
    row = connection.execute(select(PAUSE).where(PAUSE.c.plan == plan)).first()
    return None if row is None else Pause(row.at, row.actor, row.reason)


def _claim_next(
    connection: Connection, sync: Synchronisation, walker: Walker, frontier: RowMapping, upto: Key
) -> Stretch:
    number, last = frontier["claims"] + 1, frontier["last_key"]
    moved = {"last_key": key_text(upto), "claims": number}
    connection.execute(CHECKPOINT.update().where(*_frontier(sync)).values(**moved))
    values = {**frontier, **dict.fromkeys((*_COUNTED, "claims"), 0), "why": ""}
    values |= {"number": number, "last_key": last, "upto_key": key_text(upto), "worker": walker.name}
    connection.execute(CHECKPOINT.insert().values(**values))
    return Stretch(number, None if last is None else read_key(last), upto)


def _sum(rows: Iterable[RowMapping]) -> Checkpoint:
    total = Checkpoint()
    for row in rows:
        total = Checkpoint(
            rows=total.rows + row["rows"],
            seen=total.seen + row["seen"],
            set_aside=total.set_aside + row["set_aside"],
            why=total.why or row["why"],
            done=total.done or bool(row["done"]),
        )
    return total


def _stretch(row: RowMapping) -> Stretch:
    return Stretch(
        number=row["number"],
        last_key=None if row["last_key"] is None else read_key(row["last_key"]),
        upto=None if row["upto_key"] is None else read_key(row["upto_key"]),
        rows=row["rows"],
        seen=row["seen"],
        set_aside=row["set_aside"],
        done=bool(row["done"]),
    )


def _values(stretch: Stretch) -> dict[str, object]:
    key = None if stretch.last_key is None else key_text(stretch.last_key)
    return {"last_key": key, **{name: getattr(stretch, name) for name in _COUNTED}}


def _of(sync: Synchronisation) -> tuple[ColumnElement[bool], ...]:
    return (CHECKPOINT.c.plan == sync.plan, CHECKPOINT.c.table_name == sync.table)


def _frontier(sync: Synchronisation) -> tuple[ColumnElement[bool], ...]:
    return (*_of(sync), CHECKPOINT.c.number == FRONTIER)
