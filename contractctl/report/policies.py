"""How is the policy that a pair was judged by worded?"""

from collections.abc import Iterator, Mapping

_SEVERAL = frozenset({"encodings"})
"""Choices that can have several values."""


def policies(chosen: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """One phrase for each choice, in the words of the options: `content-model strict`."""
    for name, values in chosen.items():
        yield f"{name.replace('_', '-')} {', '.join(values)}"


def policy_tree(chosen: Mapping[str, tuple[str, ...]]) -> dict[str, str | list[str]]:
    """The same for JSON, in the words of contract.toml."""
    return {name: list(values) if name in _SEVERAL else values[0] for name, values in chosen.items()}
