"""How are a canary's numbers drawn: the evidence against it, and how much worse it may be?

Inline SVG that takes its colours from the page. What is drawn is also said in words and in a table beside it.
"""

import math
from collections.abc import Iterator
from html import escape

from contractctl import canary
from contractctl.gate.comparing import Compared
from contractctl.gate.words import number, percent

_WIDTH, _HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 14, 30
_LEAST, _MOST = 1e-3, 1e6
"""E beyond these is drawn at the edge: further out it says nothing more."""


def course(it: Compared) -> str:
    """E after each interval, on a scale of powers of ten, beside the value at which the canary has failed."""
    told = it.course
    low = min(0.1, max(_LEAST, min(told, default=1.0)))
    high = max(100.0, min(_MOST, max(told, default=1.0)))
    width = _WIDTH - _LEFT - _RIGHT

    def across(place: int) -> float:
        return _LEFT + width * (place - 0.5) / max(1, len(told))

    def down(e: float) -> float:
        part = math.log(min(max(e, low), high) / low) / math.log(high / low)
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - part)

    points = " ".join(f"{across(place):.1f},{down(e):.1f}" for place, e in enumerate(told, 1))
    dots = "".join(
        f'<circle class="dot" cx="{across(place):.1f}" cy="{down(e):.1f}" r="3.5">'
        f"<title>interval {place}: E = {e:.3g}</title></circle>"
        for place, e in enumerate(told, 1)
    )
    powers = range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
    lines = "".join(
        _line(down(10.0**power), f"{10.0**power:g}" if power != 1 else "", "axis")  # 20 is too close to 10
        for power in powers
    )
    limit = _line(down(canary.ALARM), f"{canary.ALARM:g}", "limit")
    now = told[-1] if told else 1.0
    what = f"E after each of {number(len(told))} intervals; now {now:.3g}, failed at {canary.ALARM:g}"
    below = f'<text x="{_LEFT}" y="{_HEIGHT - 8}">first interval</text>'
    below += f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 8}" text-anchor="end">latest interval</text>'
    return _svg(_HEIGHT, what, f'{lines}{limit}<polyline class="course" points="{points}"/>{dots}{below}')


def difference(bounds: tuple[float, float], allowed: float, nouns: str) -> str:
    """The bounds of the difference between the two paths, beside what is allowed."""
    least, most = min(bounds[0], -allowed, 0.0), max(bounds[1], allowed, 0.0)
    room = (most - least or 1.0) * 0.08
    least, most, height = least - room, most + room, 100

    def across(value: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (value - least) / (most - least)

    low, high, zero, limit = (across(value) for value in (*bounds, 0.0, allowed))
    drawn = (
        f'<rect class="allowed" x="{_LEFT}" y="22" width="{limit - _LEFT:.1f}" height="44"/>'
        f'<line class="axis" x1="{zero:.1f}" x2="{zero:.1f}" y1="18" y2="74"/>'
        f'<line class="limit" x1="{limit:.1f}" x2="{limit:.1f}" y1="18" y2="74"/>'
        f'<line class="span" x1="{low:.1f}" x2="{high:.1f}" y1="46" y2="46"/>'
        f'<text x="{zero:.1f}" y="92" text-anchor="{_inwards(zero)}">alike</text>'
        f'<text x="{limit:.1f}" y="12" text-anchor="{_inwards(limit)}">{percent(allowed)} more are allowed</text>'
    )
    what = f"between {percent(bounds[0])} and {percent(bounds[1])} more {nouns}; {percent(allowed)} are allowed"
    return _svg(height, what, drawn)


def table(it: Compared) -> Iterator[str]:
    """The same as a table, from which the chart could be redrawn."""
    heads = (
        "interval",
        f"{it.nouns}, new path",
        "requests, new path",
        f"{it.nouns}, old path",
        "requests, old path",
        "E",
    )
    named = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    yield '<details><summary>each interval in numbers</summary>\n<div class="scroll"><table class="numbers">\n'
    yield f"<thead><tr>{named}</tr></thead>\n<tbody>\n"
    told = it.course
    for place, look in enumerate(it.looks, 1):
        e = f"{told[place - 1]:.3g}" if len(told) == len(it.looks) else "in all"
        cells = (look.new.bad, look.new.total, look.old.bad, look.old.total)
        row = "".join(f'<td class="count">{escape(number(cell))}</td>' for cell in cells)
        yield f'<tr><th scope="row">{place}</th>{row}<td class="count">{e}</td></tr>\n'
    yield "</tbody></table></div></details>\n"


def _inwards(x: float) -> str:
    """Away from the nearer edge."""
    return "end" if x > _WIDTH / 2 else "start"


def _line(y: float, words: str, kind: str) -> str:
    return (
        f'<line class="{kind}" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{words}</text>'
    )


def _svg(height: int, what: str, drawn: str) -> str:
    said = f'role="img" aria-label="{escape(what)}"'
    return f'<svg viewBox="0 0 {_WIDTH} {height}" {said}>{drawn}</svg>\n'
