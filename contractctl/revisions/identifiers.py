"""How are revisions and branches named, and which of a history's revisions are contractctl's?"""

import hashlib
import re
from collections.abc import Mapping

from contractctl.model.plan import Stage

EXPAND, CONTRACT = "expand", "contract"
ANCHORS: Mapping[str, str] = {EXPAND: "contractctl_expand", CONTRACT: "contractctl_contract"}
"""The ids of the revisions with which the two branches begin."""
_STAGES = {
    Stage.EXPAND: "expand",
    Stage.DUAL_WRITE: "dual",
    Stage.VERIFY: "validate",
    Stage.QUIESCE: "quiesce",
    Stage.CONTRACT: "contract",
}
_LONGEST = 20
"""How much of a plan's name an id has: with the stage it fits the 32 characters of Alembic's version table."""


def identifiers(name: str, *, validating: bool = False) -> Mapping[Stage, str]:
    """The ids of a plan's revisions; `validating`: whether it has something to validate."""
    stem = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()
    if len(stem) > _LONGEST or stem != name.replace("-", "_"):
        stem = f"{stem[: _LONGEST - 7]}_{hashlib.sha256(name.encode()).hexdigest()[:6]}".strip("_")
    stages = (stage for stage in _STAGES if validating or stage is not Stage.VERIFY)
    return {stage: f"{stem}_{_STAGES[stage]}" for stage in stages}


def names(value: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """What Alembic gives as None, one id, or several."""
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)
