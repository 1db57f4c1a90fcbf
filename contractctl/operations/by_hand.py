"""How does a refusal reach a person who runs alembic by hand, through any env.py?"""

from alembic.util import CommandError

from contractctl.errors import ContractctlError


class RefusedByHandError(ContractctlError, CommandError):
    """A refusal that Alembic's command line prints as its own: one sentence and no traceback."""

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


def by_hand(refusal: ContractctlError) -> RefusedByHandError:
    """The same in that form."""
    return RefusedByHandError(refusal.message, hint=refusal.hint)
