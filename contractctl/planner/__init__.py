"""Which stages lead to the draft? Plans as files, likely renames, and the making of a plan."""

from contractctl.planner.asked import Made, Surroundings, Wish
from contractctl.planner.likely import Likely, likely_changes, likely_renames
from contractctl.planner.making import plan
from contractctl.planner.plan_file import (
    grow_to_everybody,
    path_of,
    plan_digest,
    plan_names,
    plan_text,
    read_plan,
    read_plans,
    work_digest,
    write_plan,
)
from contractctl.planner.side import changes_of, settled_by
from contractctl.planner.words import in_words
from contractctl.planner.writing import take_back, write

__all__ = (
    "Likely",
    "Made",
    "Surroundings",
    "Wish",
    "changes_of",
    "grow_to_everybody",
    "in_words",
    "likely_changes",
    "likely_renames",
    "path_of",
    "plan",
    "plan_digest",
    "plan_names",
    "plan_text",
    "read_plan",
    "read_plans",
    "settled_by",
    "take_back",
    "work_digest",
    "write",
    "write_plan",
)
