"""Why does a backfill end before it is done? Because it was asked to; it continues when it is run again."""

from contractctl.errors import ContractctlError


class StoppedError(ContractctlError):
    """It was asked to end; what was finished is kept."""

    def __init__(self) -> None:
        super().__init__(
            "stopped after a complete batch: finished work is kept, and the same command resumes from there"
        )


class PausedError(ContractctlError):
    """The plan is paused. Waiting for the operator who paused it mends it."""
