"""Which stages lead to the draft? Plans as files, likely renames, and the making of a plan."""

from contractctl.planner.likely import Likely, likely_renames
from contractctl.planner.making import Made, Surroundings, Wish, changes_of, plan
from contractctl.planner.plan_file import path_of, plan_text, read_plan, read_plans, write_plan
from contractctl.planner.writing import write

__all__ = (
    "Likely",
    "Made",
    "Surroundings",
    "Wish",
    "changes_of",
    "likely_renames",
    "path_of",
    "plan",
    "plan_text",
    "read_plan",
    "read_plans",
    "write",
    "write_plan",
)
