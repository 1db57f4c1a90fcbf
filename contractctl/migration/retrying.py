"""How is a lock acquired that others hold? By repeated tries, with growing pauses, none longer than others can bear."""

from collections.abc import Callable

from contractctl import journal
from contractctl.backoff import wait
from contractctl.errors import ContractctlError
from contractctl.migration.context import Session
from contractctl.migration.words import command

_TRIES = 8
_FIRST_WAIT = 0.25
_LONGEST_WAIT = 15.0
_AGAIN_SECONDS = 60.0


class BusyError(ContractctlError):
    """Another session has locked what the stage needs for too long. Waiting helps."""

    def __init__(self, message: str, *, hint: str, retry_after: float) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after
        """Seconds."""


def insist(session: Session, stage: str, work: Callable[[], None]) -> None:
    """Do the work in transactions of its own, again after a lock was not free or a deadlock.

    Each try gives up after the engine's lock timeout, so that nobody queues behind it for long.
    Raise BusyError after enough tries.
    """
    context = session.context
    refusal = None
    for attempt in range(_TRIES):
        if attempt:
            context.sleep(wait(attempt, _FIRST_WAIT, _LONGEST_WAIT, context.random()))
        try:
            return work()
        except journal.RefusedError as error:
            if not error.busy:
                raise
            refusal = error
    raise BusyError(
        f"{stage} of '{session.plan.name}' has tried {_TRIES} times to get a lock that others hold",
        hint=f"end long-running and prepared transactions, and run: {command(session.plan, stage)}",
        retry_after=_AGAIN_SECONDS,
    ) from refusal
