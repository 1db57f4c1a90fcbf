"""Do this machine and the database tell the same time? A gate that asks how long a state has lasted must know."""

from datetime import datetime

from sqlalchemy import Engine

from contractctl import databases, journal
from contractctl.errors import ContractctlError
from contractctl.gate.words import span
from contractctl.model.evidence import SKEW_SECONDS


def demand_one_time(engine: Engine, now: float) -> None:
    """Raise ContractctlError where this machine's clock, `now`, and the server's are further apart than clocks may be.

    Entries of the journal are dated by the machine that writes them: a slow clock would make the next state look as if
    it had lasted for long, and a fast one would end its time before it has begun.
    """
    if databases.of(engine).one_writer:
        return  # a database file has no clock of its own
    with journal.reading(engine) as connection:
        there = databases.run(connection, f"SELECT {databases.of(connection).now()}").scalar()
    ahead = now - datetime.fromisoformat(str(there)).timestamp()
    if abs(ahead) > SKEW_SECONDS:
        side = "ahead of" if ahead > 0 else "behind"
        raise ContractctlError(
            f"the clock of this machine is {span(abs(ahead))} {side} the database's: how long a state has lasted is"
            " unknown",
            hint="set the one that is wrong; date -u shows this machine's",
        )
