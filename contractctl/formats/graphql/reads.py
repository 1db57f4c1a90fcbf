"""Does a finding meet a consumer that says which fields it selects?"""

from collections.abc import Sequence

_OF_FIELDS = frozenset(
    {
        "graphql-field-removed",
        "graphql-field-type-changed",
        "graphql-field-type-renamed",
        "graphql-null-unexpected",
    }
)


def concerns(rule: str, path: str, reads: Sequence[str]) -> bool:
    """Whether it does: `Order.customer` is met by what happens to that field, its type, and its arguments.

    What is about anything else but a field (a root, an input object, an enum, a directive, fragments) meets everybody.
    """
    if rule not in _OF_FIELDS and not (rule.startswith("graphql-input-") and "(" in path and path[0] != "@"):
        return True
    field = path.partition("(")[0]
    return any(one in {field, field.partition(".")[0]} or one.startswith(f"{field}.") for one in reads)
