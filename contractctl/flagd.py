"""Which share does a flag of flagd give to the new path, and how does it get another?

Flag by flag: https://flagd.dev/reference/flag-definitions/, its `fractional` operation:
https://flagd.dev/reference/custom-operations/fractional-operation/. A flag is understood where its targeting is one
`fractional` over two variants and nothing else: what a rule around it would do with a request is nobody's to guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from contractctl import documents
from contractctl.documents import Json, Pointer
from contractctl.errors import ContractctlError
from contractctl.writing import write_whole

_WHOLE = 100
_FINEST = 1000
"""flagd's buckets distinguish a thousandth of a percent."""
_NONE: Mapping[str, Json] = {}


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag that an application asks which path a request takes."""

    plan: str
    path: Path
    shown: str
    """The file's name as in the settings."""
    name: str
    new: str = "new"
    """The variant that is the new path."""
    old: str = "old"


@dataclass(frozen=True, slots=True)
class _Split:
    """What a definition says: the weights and their place; a flag without targeting has none."""

    new: int = 0
    old: int = 1
    places: Mapping[str, Pointer] | None = None

    @property
    def percent(self) -> float:
        return self.new * _WHOLE / (self.new + self.old)


def share(flag: Flag) -> float:
    """The percent of requests that the flag's file sends to the new path.

    Raise ContractctlError, with the place, if the file does not say.
    """
    text = _text(flag)
    definition = _definition(flag, text)
    if (state := definition.get("state", "ENABLED")) != "ENABLED":
        raise _wrong(flag, text, ("state",), f"the flag is {state}: applications then use their default", "enable it")
    return _split(flag, text, definition).percent


def is_at(flag: Flag, percent: float) -> bool:
    """Whether the file has exactly this share; a file that is not understood has none."""
    try:
        return share(flag) == percent
    except ContractctlError:
        return False


def with_share(flag: Flag, percent: float) -> str:
    """The file's text with another share, and everything else as its author wrote it.

    Raise ContractctlError, with the place, where the file cannot be understood.
    """
    text = _text(flag)
    if percent > 0:
        share(flag)
    definition = _definition(flag, text)
    split = _split(flag, text, definition)
    new, old = _weights(percent)
    if split.places is None:
        return _with_targeting(flag, text, definition, new, old)
    if split.percent == percent:
        return text
    for variant, weight in ((flag.new, new), (flag.old, old)):
        text = _with_weight(flag, text, split.places[variant], weight)
    return text


def write_share(flag: Flag, percent: float) -> None:
    """Let the flag give this share to the new path. The file is replaced atomically."""
    wanted = with_share(flag, percent)
    if wanted == _text(flag):
        return
    try:
        write_whole(flag.path, wanted)
    except OSError as error:
        raise ContractctlError(
            f"{flag.shown} cannot be written: {error.strerror}",
            hint="check its permissions and the free space on the disk",
        ) from None


def _text(flag: Flag) -> str:
    try:
        return flag.path.read_bytes().decode()
    except OSError as error:
        raise ContractctlError(
            f"{flag.shown}: {error.strerror}", hint="restore the file, or remove its [[flags]] from contractctl.toml"
        ) from None
    except UnicodeDecodeError as error:
        raise ContractctlError(f"{flag.shown}: byte {error.start} is not UTF-8", hint="save it as UTF-8") from None


def _definition(flag: Flag, text: str) -> Mapping[str, Json]:
    """The flag's own part of the file; it has both variants, and falls back on the old path."""
    tree = documents.read(text, flag.shown)
    flags = tree.get("flags") if isinstance(tree, dict) else None
    found = flags.get(flag.name) if isinstance(flags, dict) else None
    if not isinstance(found, dict):
        raise ContractctlError(
            f"{flag.shown}: there is no flag '{flag.name}' in its 'flags'",
            hint=f'define it with variants "{flag.old}" and "{flag.new}", or name another: [[flags]] flag = "…"',
        )
    variants = found.get("variants")
    for name in (flag.old, flag.new):
        if not isinstance(variants, dict) or name not in variants:
            hint = 'write it there, or set in [[flags]] which variants are meant: old = "…", new = "…"'
            raise _wrong(flag, text, ("variants",), f"the flag has no variant '{name}'", hint)
    if found.get("defaultVariant") != flag.old:
        words = f"'defaultVariant' is not '{flag.old}': requests without a targeting key would all take that path"
        raise _wrong(flag, text, ("defaultVariant",), words, f'write "defaultVariant": "{flag.old}"')
    return found


def _split(flag: Flag, text: str, definition: Mapping[str, Json]) -> _Split:
    """The two weights. `fractional` may begin with what the bucket is chosen by, which is left alone."""
    targeting = definition.get("targeting", _NONE)
    if targeting == _NONE:
        return _Split()
    parts = targeting.get("fractional") if isinstance(targeting, dict) and len(targeting) == 1 else None
    if not isinstance(parts, list):
        words = "the flag's targeting is more than one 'fractional': its share cannot be determined"
        raise _wrong(flag, text, ("targeting",), words, "make it one 'fractional' over the two variants")
    first = 0 if parts and isinstance(parts[0], list) else 1
    weights: dict[str, int] = {}
    places: dict[str, Pointer] = {}
    for at, part in enumerate(parts[first:], first):
        variant, weight = _part(flag, text, at, part)
        if variant in weights:
            raise _wrong(flag, text, _at(at), f"the variant '{variant}' appears twice", "write it once")
        weights[variant], places[variant] = weight, ("flags", flag.name, *_at(at), 1)
    if missing := {flag.new, flag.old} - set(weights):
        words = f"'fractional' has no weight for '{min(missing)}'"
        raise _wrong(flag, text, _at(), words, "give both variants a weight, 0 where it gets nothing")
    if sum(weights.values()) == 0:
        raise _wrong(flag, text, _at(), "all weights are 0", "make them add up to 100")
    return _Split(weights[flag.new], weights[flag.old], places)


def _part(flag: Flag, text: str, at: int, part: Json) -> tuple[str, int]:
    pair = part if isinstance(part, list) and len(part) == 2 else (None, None)  # noqa: PLR2004 - variant, weight
    variant, weight = pair
    if variant not in (flag.new, flag.old):
        words = f"this is not a pair of a weight and '{flag.new}' or '{flag.old}'"
        raise _wrong(flag, text, _at(at), words, f'write ["{flag.new}", 0] and ["{flag.old}", 100]')
    if isinstance(weight, bool) or not isinstance(weight, int) or weight < 0:
        words = f"the weight of '{variant}' is not a whole number of 0 or more"
        raise _wrong(flag, text, (*_at(at), 1), words, "write the weight out as a number")
    return str(variant), weight


def _at(*more: int) -> tuple[str | int, ...]:
    return ("targeting", "fractional", *more)


def _weights(percent: float) -> tuple[int, int]:
    """Whole numbers, as flagd accepts no others; they add up to 100 if that is fine enough."""
    exact = Decimal(str(percent))
    scale = next((one for one in (1, 10, 100, _FINEST) if exact * one == int(exact * one)), None)
    if scale is None:
        raise ContractctlError(
            f"a share of {percent:g} % is finer than flagd supports", hint="write at most three decimals"
        )
    return int(exact * scale), _WHOLE * scale - int(exact * scale)


def _with_targeting(flag: Flag, text: str, definition: Mapping[str, Json], new: int, old: int) -> str:
    """A flag that has no targeting, or an empty one, gets its first."""
    split: Json = [[flag.new, new], [flag.old, old]]
    at: Pointer = ("flags", flag.name)
    member: tuple[str, Json] = ("targeting", {"fractional": split})
    if "targeting" in definition:
        at, member = (*at, "targeting"), ("fractional", split)
    if documents.is_yaml(flag.shown):
        from contractctl.documents.yaml_edit import with_yaml_member

        return with_yaml_member(text, at, member)
    import json

    from contractctl.documents.json_edit import with_member

    return with_member(text, at, (member[0], json.dumps(member[1])))


def _with_weight(flag: Flag, text: str, at: Pointer, weight: int) -> str:
    if documents.is_yaml(flag.shown):
        from contractctl.documents.yaml_edit import with_yaml_number

        return with_yaml_number(text, at, weight)
    from contractctl.documents.json_edit import with_number

    return with_number(text, at, weight)


def _wrong(flag: Flag, text: str, at: Pointer, words: str, hint: str) -> ContractctlError:
    line, column = documents.locate(text, flag.shown, ("flags", flag.name, *at))
    return ContractctlError(f"{flag.shown}:{line}:{column}: {words}", hint=hint)
