"""How are columns merged into one? As any regrouping: the whole stands beside its parts until nobody uses these."""

from contractctl.operations import hindering, regrouping

expand = regrouping.expand
dual_write = regrouping.dual_write
validate = regrouping.validate
quiesce = regrouping.quiesce
contract = regrouping.contract
hindrances = hindering.of_regrouped
