"""How is one column split into several? As any regrouping: the parts exist beside the whole until nobody uses it."""

from contractctl.databases import Work
from contractctl.operations import hindering, regrouping
from contractctl.operations.effort import Effort

effort = Effort(Work.REWRITE, Work.SCAN, Work.REWRITE)

expand = regrouping.expand
dual_write = regrouping.dual_write
validate = regrouping.validate
quiesce = regrouping.quiesce
contract = regrouping.contract
hindrances = hindering.of_regrouped
