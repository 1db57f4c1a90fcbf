"""How long until the next try? Exponential backoff with jitter, so that those who wait do not all come back at once."""


def wait(tries: int, first: float, longest: float, random: float) -> float:
    """Seconds: `first`, doubled for each earlier try, at most `longest`; times 0.5 to 1.5 by `random` (0 to 1)."""
    return min(longest, first * 2.0**tries) * (0.5 + random)
