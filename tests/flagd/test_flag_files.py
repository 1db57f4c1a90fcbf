"""Does a flag's file give the share that was asked for, to flagd's own evaluation, and is the rest of it as it was?"""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext

from contractctl import flagd
from contractctl.errors import ContractctlError
from contractctl.flagd import Flag

JSON = """\
{
    "$schema": "https://flagd.dev/schema/v0/flags.json",
    "flags": {
        "other": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"},
        "buyer": {
            "state": "ENABLED",
            "variants": {"old": "old", "new": "new"},
            "defaultVariant": "old",
            "targeting": {
                "fractional": [
                    {"cat": [{"var": "$flagd.flagKey"}, {"var": "targetingKey"}]},
                    ["old", 99], ["new", 1]
                ]
            }
        }
    }
}
"""
YAML = """\
# who reads what
flags:
  buyer:
    state: ENABLED   # never off
    variants: {old: false, new: true}
    defaultVariant: old
    targeting:
      fractional:
        - [new, 1]    # this moves
        - - old
          - 99        # and so does this
  other:
    state: DISABLED
    variants: {on: true}
    defaultVariant: on
"""
BARE = YAML.partition("    targeting:\n")[0]
KEYS = 10_000


def flag(folder: Path, text: str, name: str = "flags.json") -> Flag:
    path = folder / name
    path.write_bytes(text.encode())
    return Flag("buyer", path, name, "buyer")


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[FlagdProvider]:
    path = tmp_path / "flags.json"
    flagd.write_share(flag(tmp_path, JSON), 10)
    provider = FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=str(path), deadline_ms=5000)
    provider.initialize(EvaluationContext())
    yield provider
    provider.shutdown()


def test_flagd_sends_the_written_share_of_requests_to_the_new_path(asked: FlagdProvider) -> None:
    context = [EvaluationContext(targeting_key=f"customer-{n}") for n in range(KEYS)]

    taken = [asked.resolve_string_details("buyer", "?", one).value for one in context]

    assert set(taken) == {"new", "old"}
    assert abs(taken.count("new") / KEYS - 0.10) < 0.012  # four standard deviations
    assert asked.resolve_string_details("buyer", "?", EvaluationContext()).value == "old"


@pytest.mark.parametrize(("percent", "weights"), [(0, (0, 100)), (50, (50, 50)), (100, (100, 0)), (0.5, (5, 995))])
def test_only_the_weights_change(tmp_path: Path, percent: float, weights: tuple[int, int]) -> None:
    new, old = weights
    of_json, of_yaml = flag(tmp_path, JSON), flag(tmp_path, YAML.replace("\n", "\r\n"), "flags.yaml")

    for one in (of_json, of_yaml):
        flagd.write_share(one, percent)
        assert flagd.share(one) == percent

    assert of_json.path.read_text() == JSON.replace('["old", 99], ["new", 1]', f'["old", {old}], ["new", {new}]')
    wanted = YAML.replace("[new, 1]", f"[new, {new}]").replace("- 99 ", f"- {old} ")
    assert of_yaml.path.read_bytes() == wanted.replace("\n", "\r\n").encode()


def test_a_share_that_stands_there_is_not_written_again(tmp_path: Path) -> None:
    it = flag(tmp_path, JSON.replace('["old", 99], ["new", 1]', '["old", 297], ["new", 3]'))
    before = it.path.stat().st_ino

    flagd.write_share(it, 1)

    assert it.path.stat().st_ino == before


@pytest.mark.parametrize("text", [BARE, BARE + "    targeting: {}\n", BARE + "  # the end\n"])
def test_a_flag_without_targeting_sends_nobody_and_gets_its_first(tmp_path: Path, text: str) -> None:
    it = flag(tmp_path, text, "flags.yml")
    assert flagd.share(it) == 0

    flagd.write_share(it, 5)

    assert flagd.share(it) == 5
    assert it.path.read_text().startswith(BARE.rstrip())


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ('"fractional": [', '"if": [true, "new"], "fractional": [', "9:26", "more than one 'fractional'"),
        ('"fractional": [', '"if": [', "9:26", "more than one 'fractional'"),
        ('["new", 1]', '["third", 1]', "12:34", "not a pair of a weight and 'new' or 'old'"),
        ('["new", 1]', '["new"]', "12:34", "not a pair"),
        ('["new", 1]', '["new", 1.5]', "12:42", "not a whole number"),
        ('["new", 1]', '["new", -1]', "12:42", "not a whole number"),
        ('["new", 1]', '["new", true]', "12:42", "not a whole number"),
        ('["new", 1]', '["new", {"var": "weight"}]', "12:42", "not a whole number"),
        ('["new", 1]', '["new", 1], ["new", 1]', "12:46", "appears twice"),
        (', ["new", 1]', "", "10:31", "no weight for 'new'"),
        ('["old", 99], ["new", 1]', '["old", 0], ["new", 0]', "10:31", "all weights are 0"),
        ('"defaultVariant": "old"', '"defaultVariant": "new"', "8:31", "requests without a targeting key"),
        ('"defaultVariant": "old"', '"defaultVariant": null', "8:31", "requests without a targeting key"),
        ('"new": "new"', '"next": "new"', "7:25", "no variant 'new'"),
        (
            '"buyer": {\n            "state": "ENABLED"',
            '"buyer": {\n            "state": "DISABLED"',
            "6:22",
            "DISABLED",
        ),
        ('"buyer"', '"seller"', "", "there is no flag 'buyer'"),
        ('"flags": {', '"flags": [], "more": {', "", "there is no flag 'buyer'"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_place(
    tmp_path: Path, old: str, new: str, place: str, words: str
) -> None:
    it = flag(tmp_path, JSON.replace(old, new, 1))
    before = it.path.read_text()
    assert before != JSON

    with pytest.raises(ContractctlError, match=words) as refused:
        flagd.write_share(it, 10)

    assert refused.value.message.startswith(f"flags.json:{place}: " if place else "flags.json: ")
    assert it.path.read_text() == before
    with pytest.raises(ContractctlError, match=words):
        flagd.share(it)


def test_a_number_that_stands_elsewhere_too_is_refused(tmp_path: Path) -> None:
    shared = YAML.replace("[new, 1]", "[new, *one]").replace("# who", "few: &one 1\n# who")

    with pytest.raises(ContractctlError, match="without changing the rest"):
        flagd.write_share(flag(tmp_path, shared, "flags.yaml"), 10)


def test_a_flag_that_is_off_goes_back_to_nothing(tmp_path: Path) -> None:
    it = flag(tmp_path, YAML.replace("ENABLED", "DISABLED"), "flags.yaml")

    flagd.write_share(it, 0)

    assert "[new, 0]" in it.path.read_text()
    with pytest.raises(ContractctlError, match="applications then use their default"):
        flagd.write_share(it, 1)


def test_a_share_finer_than_buckets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractctlError, match="finer than flagd supports"):
        flagd.write_share(flag(tmp_path, JSON), 0.0001)


def test_a_reader_finds_the_file_whole_while_it_is_written(tmp_path: Path) -> None:
    it, until = flag(tmp_path, JSON), time.monotonic() + 0.3
    shares = set()

    while time.monotonic() < until:
        flagd.write_share(it, 7 if flagd.share(it) == 1 else 1)
        shares.add(json.loads(it.path.read_text())["flags"]["buyer"]["targeting"]["fractional"][2][1])

    assert shares == {1, 7}
    assert [one.name for one in tmp_path.iterdir()] == ["flags.json"]
