"""Why does a backfill end before it is done? Because somebody wants it to, and it goes on when it is run again."""

from contractctl.errors import ContractctlError


class StoppedError(ContractctlError):
    """Somebody wants it to end; whatever was finished is kept."""

    def __init__(self) -> None:
        super().__init__(
            "stopped after a complete batch: finished work is kept, and the same command resumes from there"
        )


class PausedError(ContractctlError):
    """The plan is paused. Waiting for whoever paused it mends it."""
