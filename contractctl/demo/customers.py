"""Who are the shop's customers, and what do they order?"""

from pathlib import Path
from random import Random

FIRST = (
    *("Ada", "Alan", "Barbara", "Chidi", "Dennis", "Edsger", "Elif", "Frances", "Grace", "Hedy", "Ines", "Jürgen"),
    *("Katherine", "Leslie", "Margaret", "Niklaus", "Olga", "Pooja", "Radia", "Søren", "Tim", "Uma", "Wei", "Zoë"),
)
LAST = (
    *("Allen", "Backus", "Çelik", "Dijkstra", "Engelbart", "Franklin", "García", "Hamilton", "Hopper", "Ivanova"),
    *("Johnson", "Kay", "Lamarr", "Liskov", "Lovelace", "Müller", "Nygaard", "Okafor", "Perlman", "Quine", "Ritchie"),
    *("Sørensen", "Turing", "Ueda", "Verma", "Wirth", "Xu", "Yamada", "Zuse"),
)
DUBLIN = ("O'Brien", "O'Neill", "O'Sullivan", "D'Arcy", "O'Hara", "O'Reilly", "O'Connor", "O'Malley")
"""Whom the shop meets when it opens in Dublin, in the middle of the canary."""


def first_name_on(order: int) -> str:
    """The name that an order had when the shop's table was made: the proof asks for it, too."""
    return f"{FIRST[order * 7 % len(FIRST)]} {LAST[order * 13 // 5 % len(LAST)]}"


def cents(order: int) -> int:
    """What an order costs."""
    return 100 + order * 7919 % 90_000


class Customers:
    """The next customer. The family names are in a file, read again when it has changed."""

    def __init__(self, file: Path, random: Random) -> None:
        self._file = file
        self._random = random
        self._read_at = 0
        self._families: tuple[str, ...] = ()

    def look_again(self) -> None:
        changed_at = self._file.stat().st_mtime_ns
        if changed_at == self._read_at:
            return
        self._read_at = changed_at
        self._families = tuple(self._file.read_text(encoding="utf-8").split("\n"))[:-1]

    def next(self) -> str:
        return f"{self._random.choice(FIRST)} {self._random.choice(self._families)}"
