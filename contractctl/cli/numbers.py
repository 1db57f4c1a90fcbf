"""Is what was typed a number? `nan` and `inf` are none: the first is within any range."""

import math

import click


class Number(click.FloatRange):
    """A finite number within a range."""

    def convert(self, value: float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"'{value}' is not a number", param, ctx)
        return number
