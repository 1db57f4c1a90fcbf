"""How long until the next try? Longer each time, and never in step with somebody else who waits."""


def wait(tries: int, first: float, longest: float, random: float) -> float:
    """Seconds: `first` doubled so many times, at most `longest`, half as much less or more by `random` (0 to 1)."""
    return min(longest, first * 2.0**tries) * (0.5 + random)
