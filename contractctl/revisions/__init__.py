"""Which files carry out a plan's stages? Alembic revisions in the history that the repository has.

Every plan has a branch labelled expand and one labelled contract, which depends on it. A label may stand once in a
history, so the two branches begin with a revision each, and every plan's revisions grow from these side by side:
one plan can be rolled back or contracted while others stand where they are. `alembic upgrade expand@heads` carries out
every plan's first half; `alembic downgrade ID@contractctl_expand` takes back that of the plan whose dual-write revision
is ID.
"""

from contractctl.revisions.environment import Called, Environment, environment
from contractctl.revisions.identifiers import identifiers
from contractctl.revisions.rendering import render, write

__all__ = ("Called", "Environment", "environment", "identifiers", "render", "write")
