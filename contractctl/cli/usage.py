"""What is wrong with a command line? One sentence, and a line that would be right, with names that exist here."""

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from contractctl.errors import ContractctlError
from contractctl.model.plan import Stage

_MOST_NAMES = 8
_EXAMPLES = {
    "service": "web",
    "version": "2.4.1",
    "environment": "production",
    "percent": "5",
    "reason": "rehearsed on staging",
    "word": "https://hooks.example/contracts",
    "input_": "events.jsonl",
    "files": "cluster.json",
    "cluster": "default",
    "checkout": ".",
    "file": "matrix.json",
    "recorded": "migrations/decisions/rename/contract-0123456789ab.json",
}
"""Examples of what an argument or option may be, by its name, where nothing here lists its values."""
_PLAINER = {
    " is not a valid float range": " is not a number",
    " is not a valid integer range": " is not a whole number",
}


def told(error: click.UsageError) -> tuple[str, str]:
    """What is wrong, and a line that would be right."""
    context = error.ctx
    path = context.command_path if context is not None else "contractctl"
    if isinstance(error, click.MissingParameter) and error.param is not None and context is not None:
        missing = [_called(one) for one in _missing(context, error.param)]
        return f"{path} needs {' and '.join(missing)}", "; ".join((_example(context), *_choices(context)))
    said = error.format_message().removesuffix(".")
    for word, plainer in _PLAINER.items():
        said = said.replace(word, plainer)
    return said[:1].lower() + said[1:], f"{path} --help"


def _missing(context: click.Context, first: click.Parameter) -> list[click.Parameter]:
    """All missing parameters: click itself stops at the first one, after having parsed those that were given."""
    needed = [one for one in context.command.params if one.required]
    return [one for one in needed if one is first or one.name not in context.params]


def _called(parameter: click.Parameter) -> str:
    name = parameter.metavar or (parameter.name or "").upper()
    return f"{parameter.opts[0]} {name}" if isinstance(parameter, click.Option) else name


def _example(context: click.Context) -> str:
    words = [context.command_path]
    for one in context.command.params:
        if one.required and one.name is not None:
            value = _given(context.params.get(one.name)) or _likely(one.name)
            words += [*(one.opts[:1] if isinstance(one, click.Option) else ()), shlex.quote(value)]
    return " ".join(words)


def _given(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else "" if value is None else str(value)


def _likely(name: str) -> str:
    known = _KNOWN.get(name)
    names = known[1]() if known is not None else ()
    return names[0] if names else _EXAMPLES.get(name, name.upper())


def _choices(context: click.Context) -> Iterator[str]:
    """Names that an argument may have here, or how the first one is made."""
    for one in context.command.params:
        known = _KNOWN.get(one.name or "") if one.required else None
        if known is not None:
            what, names, otherwise = known
            listed = names()
            more = ", …" if len(listed) > _MOST_NAMES else ""
            yield f"{what}: {', '.join(listed[:_MOST_NAMES])}{more}" if listed else otherwise


def _plans() -> tuple[str, ...]:
    from contractctl import planner, settings

    try:
        return planner.plan_names(settings.load(Path.cwd()).migrations)
    except (ContractctlError, OSError):
        return ()  # an error in contractctl.toml is reported when the file is needed


def _contracts() -> tuple[str, ...]:
    from contractctl import settings, store

    try:
        return store.names(settings.load(Path.cwd()).contracts)
    except (ContractctlError, OSError):
        return ()


def _stages() -> tuple[str, ...]:
    return tuple(Stage)


_Names = tuple[str, Callable[[], tuple[str, ...]], str]
_OF_CONTRACTS: _Names = ("contracts here", _contracts, "there is no contract here yet: contractctl init")
_KNOWN: dict[str, _Names] = {
    "plan": ("plans here", _plans, "there is no plan here yet: contractctl plan CONTRACT writes one"),
    "stage": ("stages", _stages, ""),
    "what": _OF_CONTRACTS,
    "name": _OF_CONTRACTS,
    "contracts": _OF_CONTRACTS,
}
"""By the name of the argument: what its values are, those that exist, and what to do where none does."""
