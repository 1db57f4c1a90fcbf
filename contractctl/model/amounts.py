"""How does a number of things read in a message? One row holds, three rows hold."""


def agreeing(number: float, one: str, many: str = "") -> str:
    """The words that go with a number: `row`, `rows`; `properties`. `many` where an s does not do: `rows hold`."""
    if number == 1:
        return one
    return many or (f"{one[:-1]}ies" if one.endswith("y") else f"{one}s")


def counted(number: float, one: str, many: str = "") -> str:
    """The number and its words: `1 row`, `3 rows`, `2 properties`."""
    return f"{number} {agreeing(number, one, many)}"
