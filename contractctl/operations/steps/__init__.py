"""What may a revision do to a table? Alembic operations that know their way back, and how a file writes them."""

from contractctl.operations.steps.columns import (
    DropOldColumn,
    GiveUpNotNull,
    PromiseNotNull,
    RelaxNotNull,
    RequireNotNull,
    SetDefault,
    StageColumn,
    UnstageColumn,
)
from contractctl.operations.steps.keeping import BrownOut, EndBrownOut, KeepInStep, StopKeepingInStep
from contractctl.operations.steps.step import Step

__all__ = (
    "BrownOut",
    "DropOldColumn",
    "EndBrownOut",
    "GiveUpNotNull",
    "KeepInStep",
    "PromiseNotNull",
    "RelaxNotNull",
    "RequireNotNull",
    "SetDefault",
    "StageColumn",
    "Step",
    "StopKeepingInStep",
    "UnstageColumn",
)
