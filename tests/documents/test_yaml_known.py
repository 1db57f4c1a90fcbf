"""Does a large YAML text say by its blocks what it says as a whole, and is what two versions have read once?"""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contractctl.documents import MOST_LEVELS, Json, Pointer
from contractctl.documents.yaml_known import known_yaml, locate_yaml
from contractctl.documents.yaml_text import read_yaml
from contractctl.errors import ContractctlError
from tests.budgets import budget

LONG = "x" * 50_001
"""Such a text is read by blocks, and such a block is cut further."""
LINES = (
    *("a%: 1\n", "b%:\n", "c%: \n", "  d%: x\n", "  e%:\n", "    f%: y\n", "    g%:\n", "  /h/{%}: 1\n", '  "i%":\n'),
    *(f"long%: {LONG}\n", f"  long%: {LONG}\n", f"    long%: {LONG}\n"),
    *(
        "- j\n",
        "  - k%: 1\n",
        "    l%: 2\n",
        "# talk\n",
        "    # talk\n",
        "\n",
        "   \n",
        "   x\n",
        " y: 1\n",
        "\tz: 1\n",
    ),
    *("  m%: |\n", "  n%: |+\n", "  o%: >1-\n", "    text\n", '  p%: "open\n', '  close"\n', "  'q%': 'open\n", "'\n"),
    *("  r%: {s: 1,\n", "  t: 2}\n", "  u%: [\n", "]\n", "? v%\n", ": w\n", "  ? v\n", "  : w\n", "  x%: y\n     z\n"),
    *(
        "  A%: &B 1\n",
        "  C%: *B\n",
        "  <<: {D: 1}\n",
        "  E%: !F 1\n",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "G: 1\n",
        "  H: 1\n",
    ),
    *("\ufeff", "\r", "\u2028", "\x85", "200: 1\n", "null:\n", "  I%: J: 1\n", "  K\n", "  L%: # talk\n", "true: 1\n"),
)
TEXTS = st.lists(st.sampled_from(LINES), min_size=1, max_size=12).map(
    lambda lines: "".join(line.replace("%", str(number)) for number, line in enumerate(lines))
)


def said(read: Callable[[str, str], Json], text: str) -> tuple[bool, object]:
    """The value, with the order of its keys and the types of its scalars; or why there is none."""
    try:
        return True, repr(read(text, "f.yaml"))
    except ContractctlError as error:
        return False, (error.message, error.hint)


def every(value: Json, at: Pointer = ()) -> Iterator[Pointer]:
    yield at
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from every(inner, (*at, key))


@budget(200)
@example(f"# talk\x85a: 1\nlong: {LONG}\n")
@example(f"a:\n  # talk\x85  b: 1\n  long: {LONG}\n")
@example(f"a:\n  b:\n c:\n     long: {LONG}\n")
@given(TEXTS)
def test_what_is_read_by_blocks_is_what_the_whole_says(text: str) -> None:
    for whole in (text, f"---\n# talk\nlong: {LONG}\nin:\n  long: {LONG}\n{text}"):
        assert said(known_yaml, whole) == said(read_yaml, whole)


def test_aliases_are_counted_over_all_blocks() -> None:
    part = f"{{long: {LONG}, a: &a [{', '.join('x' * 999)}], b: [{', '.join(['*a'] * 600)}]}}"

    assert "aliases stand for more than" in str(said(known_yaml, f"one: {part}\ntwo: {part}\n"))


@budget(50)
@given(TEXTS)
def test_a_place_in_a_block_is_that_in_the_whole(text: str) -> None:
    text = f"long: {LONG}\nin:\n  long: {LONG}\n{text}"
    by_blocks, as_whole = f"{text}\nlast: 1\n", f"{text}\nlast: &anchor 1\n"
    if said(read_yaml, by_blocks)[0] and said(read_yaml, by_blocks) == said(read_yaml, as_whole):
        for pointer in every(read_yaml(by_blocks, "f")):
            if pointer != ("last",):
                assert locate_yaml(by_blocks, "f", pointer) == locate_yaml(as_whole, "f", pointer)
            nowhere = (*pointer, "nowhere")
            assert locate_yaml(by_blocks, "f", nowhere) == locate_yaml(by_blocks, "f", pointer)


def test_a_block_of_two_versions_is_read_once() -> None:
    parts = [f"  part{number}:\n    - {LONG}\n    - {{said: {number}}}\n" for number in range(3)]
    old, new = (
        known_yaml(f"info: {info}\nparts:\n{parts[0]}{middle}{parts[2]}", "f")
        for info, middle in (("one", parts[1]), ("another", parts[1].replace("said", "changed")))
    )

    assert isinstance(old, dict)
    assert isinstance(new, dict)
    before, after = old["parts"], new["parts"]
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert [before[name] is after[name] for name in before] == [True, False, True]
    assert (old["info"], new["info"]) == ("one", "another")
    assert after["part1"] == [LONG, {"changed": 1}]


@pytest.mark.parametrize("levels", [MOST_LEVELS - 2, MOST_LEVELS - 1])
def test_a_block_may_be_nested_as_deeply_as_where_it_stands(levels: int) -> None:
    text = f"in:\n  long: {LONG}\n  deep: {'[' * levels}{']' * levels}\n"

    assert said(known_yaml, text) == said(read_yaml, text)
    assert said(known_yaml, text)[0] is (levels == MOST_LEVELS - 2)
