"""Schemas at random, two of which differ a little, and documents at random that are valid for one of them."""

from random import Random
from typing import Any

LEAVES = ("Int", "Float", "String", "ID", "E", "F")
INPUTS = ("Int", "Float", "String", "ID", "E", "In")
OBJECTS = ("A", "B", "C")
COMPOSITE = (*OBJECTS, "I", "U")
Parts = dict[str, Any]
"""What a schema is made of: some part of it by name."""


def parts(rng: Random) -> Parts:
    """A schema with three objects, an interface, a union, two enums, an input object and a directive."""
    found: Parts = {"E": _some(rng, "RED", "GREEN", "BLUE"), "F": _some(rng, "RED", "GREEN", "BLUE")}
    found["I"] = {name: _field(rng) for name in _some(rng, "x", "y")}
    for name in OBJECTS:
        found[name] = {one: _field(rng) for one in _some(rng, "x", "y", "z", "w")}
        found[f"{name} is I"] = rng.random() < 0.6
    found["U"] = _some(rng, *OBJECTS)
    found["In"] = {name: _input(rng) for name in _some(rng, "p", "q")}
    found["one of"] = rng.random() < 0.2
    found["Q"] = {"a": "A", "b": "B", "i": "I", "u": "U", "n": "Int"} | {
        name: _field(rng) for name in _some(rng, "v", "t")
    }
    found["d"] = {name: _input(rng) for name in _some(rng, "k")} if rng.random() < 0.7 else None
    return found


def changed(rng: Random, old: Parts) -> Parts:
    """The same with a part or two made anew; of fields and inputs, only some."""
    other, new = parts(rng), dict(old)
    for name in rng.sample(sorted(old), rng.choice((1, 1, 2, 3))):
        if isinstance(old[name], dict) and isinstance(other[name], dict):
            one = rng.choice(sorted({*old[name], *other[name]}))
            new[name] = {key: value for key, value in old[name].items() if key != one}
            if one in other[name]:
                new[name][one] = _near(rng, old[name].get(one), other[name][one])
            new[name] = new[name] or old[name]
        else:
            new[name] = other[name]
    return new


def _near(rng: Random, old: Any, new: Any) -> Any:
    """Often only null is what changes."""
    if not isinstance(old, str) or "(" in old or "=" in old or rng.random() < 0.4:
        return new
    return old.removesuffix("!") if old.endswith("!") else f"{old}!"


def text(made: Parts) -> str:
    """As SDL. An object that implements the interface has its fields."""
    lines = [f"enum {name} {{ {' '.join(made[name])} }}" for name in ("E", "F")]
    lines.append(f"interface I {{ {_fields(made['I'])} }}")
    for name in OBJECTS:
        implements = made[f"{name} is I"]
        fields = made["I"] | {} if implements else {}
        for one, type_ in made[name].items():
            if one not in fields:
                fields[one] = type_
            elif "(" not in fields[one] and not fields[one].endswith("!") and type_.endswith("!"):
                fields[one] += "!"
        lines.append(f"type {name}{' implements I' if implements else ''} {{ {_fields(fields)} }}")
    lines.append(f"union U = {' | '.join(made['U'])}")
    mark = made["one of"]
    inputs = {k: v.split(" ")[0].removesuffix("!") if mark else v for k, v in made["In"].items()}
    lines.append(f"input In{' @oneOf' if mark else ''} {{ {_fields(inputs)} }}")
    lines.append(f"type Query {{ {_fields(made['Q'])} }}")
    if made["d"] is not None:
        arguments = f"({_fields(made['d'])})" if made["d"] else ""
        lines.append(f"directive @d{arguments} on FIELD")
    return "\n".join(lines)


def _fields(fields: dict[str, str]) -> str:
    return " ".join(f"{name}: {type_}" if "(" not in type_ else name + type_ for name, type_ in fields.items())


def _some(rng: Random, *names: str) -> list[str]:
    return rng.sample(names, rng.randint(1, len(names)))


def _field(rng: Random) -> str:
    type_ = _wrapped(rng, rng.choice((*LEAVES, *LEAVES, *COMPOSITE)))
    return f"(k: {_input(rng)}): {type_}" if rng.random() < 0.3 else type_


def _input(rng: Random) -> str:
    name = rng.choice(INPUTS)
    type_ = _wrapped(rng, name) if name != "In" else "In"
    default = {"Int": "1", "Float": "1.5", "String": '"s"', "ID": '"i"'}.get(type_.strip("[]!"))
    return f"{type_} = {default}" if default and rng.random() < 0.4 else type_


def _wrapped(rng: Random, name: str) -> str:
    inner = f"{name}!" if rng.random() < 0.3 else name
    whole = f"[{inner}]" if rng.random() < 0.2 else inner
    return f"{whole.removesuffix('!')}!" if rng.random() < 0.2 else whole
