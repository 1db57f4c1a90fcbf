"""How is one column split into several? As any regrouping: the parts stand beside the whole until nobody uses it."""

from contractctl.operations import hindering, regrouping

expand = regrouping.expand
dual_write = regrouping.dual_write
validate = regrouping.validate
quiesce = regrouping.quiesce
contract = regrouping.contract
hindrances = hindering.of_regrouped
