"""How does a plan get from one version to the other, and back? Stage by stage: intent, act, outcome."""

from contractctl.migration.board import Row, board, planned
from contractctl.migration.clocks import demand_one_time
from contractctl.migration.comparing import DiffersError
from contractctl.migration.context import Context, Result
from contractctl.migration.demand import demand_decision
from contractctl.migration.facts import database_records
from contractctl.migration.pausing import pause, resume
from contractctl.migration.retrying import BusyError
from contractctl.migration.running import run

__all__ = (
    "BusyError",
    "Context",
    "DiffersError",
    "Result",
    "Row",
    "board",
    "database_records",
    "demand_decision",
    "demand_one_time",
    "pause",
    "planned",
    "resume",
    "run",
)
