"""Why does a backfill end before it is done? Because it was asked to; it continues when run again."""

from contractctl.errors import ContractctlError


class StoppedError(ContractctlError):
    """It was asked to end; finished batches are kept."""

    def __init__(self) -> None:
        super().__init__(
            "stopped after a complete batch: finished work is kept, and the same command resumes from there"
        )


class PausedError(ContractctlError):
    """The plan is paused. Waiting helps: the operator who paused it may resume it."""
