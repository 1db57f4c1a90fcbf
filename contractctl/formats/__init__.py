"""Which formats can be judged? The registry, written out; a format's libraries load when it is used."""

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn, cast

from contractctl.errors import ContractctlError
from contractctl.formats.rooms import (
    Declaring,
    Events,
    Format,
    Laboratory,
    Narrowed,
    Noted,
    Retiring,
    RoundTrip,
    Selective,
    Staging,
    Strict,
)
from contractctl.model.contract import File, Policy, Source

__all__ = [
    "BINARY",
    "FORMATS",
    "INTERFACES",
    "SERVED",
    "Declaring",
    "Events",
    "Format",
    "Laboratory",
    "Narrowed",
    "Noted",
    "Retiring",
    "RoundTrip",
    "Selective",
    "Staging",
    "events",
    "load",
    "parse",
    "parse_sound",
    "plan_command",
    "refuse_binary",
    "retiring",
    "staging",
]

if TYPE_CHECKING:
    from contractctl.formats import asyncapi, avro, graphql, json_schema, openapi, protobuf, sql
    from contractctl.formats.asyncapi import staging as asyncapi_staging
    from contractctl.formats.avro import events as avro_events
    from contractctl.formats.avro import staging as avro_staging
    from contractctl.formats.graphql import staging as graphql_staging
    from contractctl.formats.json_schema import events as json_schema_events
    from contractctl.formats.json_schema import staging as json_schema_staging
    from contractctl.formats.openapi import staging as openapi_staging
    from contractctl.formats.protobuf import events as protobuf_events
    from contractctl.formats.protobuf import staging as protobuf_staging

FORMATS: Mapping[str, str] = {
    "asyncapi": "asyncapi",
    "avro": "avro",
    "graphql": "graphql",
    "json-schema": "json_schema",
    "openapi": "openapi",
    "protobuf": "protobuf",
    "sql": "sql",
}
"""The formats, by name, and the packages in this folder that judge them."""
BINARY = frozenset({"protobuf"})
"""Formats that read files which are not text, too."""
INTERFACES = frozenset({"asyncapi", "graphql", "openapi", "sql"})
"""Formats in which clients call a provider: one version's provider is there before the first of its clients."""
SERVED = frozenset({"asyncapi", "graphql", "openapi"})
"""Interface formats whose old parts are served beside the new ones until an announced day."""

if TYPE_CHECKING:
    _OFFERED: tuple[tuple[Format, ...], tuple[Staging, ...], tuple[Retiring, ...], tuple[Events, ...]] = (
        (asyncapi, avro, graphql, json_schema, openapi, protobuf, sql),
        (avro_staging, json_schema_staging, protobuf_staging),
        (asyncapi_staging, graphql_staging, openapi_staging),
        (avro_events, json_schema_events, protobuf_events),
    )


def plan_command(name: str, contract: str, day: str = "YYYY-MM-DD") -> str:
    """The command that stages a change of a contract; day: until when old parts of an interface are served."""
    return f"contractctl plan {contract}{f' --sunset {day}' if name in SERVED else ''}"


def load(name: str) -> Format:
    """The format of that name. Raise ContractctlError for a name that is not in the registry."""
    return cast("Format", import_module(f"{__name__}.{_package(name)}"))


def parse(name: str, source: Source, policy: Policy = Policy()) -> Any:
    """Read a version with the format of that name, once in a process. Raise ContractctlError as the format does."""
    return _parsed(name, source, policy)


def parse_sound(name: str, source: Source, policy: Policy = Policy()) -> Any:
    """As parse(), what every library reads, as a release must be. Raise ContractctlError where some refuse it."""
    judge, schema = load(name), parse(name, source, policy)
    if isinstance(judge, Strict):
        judge.demand_sound(schema)
    return schema


@lru_cache(maxsize=128)
def _parsed(name: str, source: Source, policy: Policy) -> Any:
    for file in source.every:
        if file.in_lfs:
            raise ContractctlError(f"{file.name}: only its pointer in Git LFS is here", hint="git lfs pull")
        if file.data is not None and name not in BINARY:
            refuse_binary(file)
    return load(name).parse(source, policy)


def refuse_binary(file: File) -> NoReturn:
    """Say where a file that is not text stops being one."""
    try:
        file.content.decode()
    except UnicodeDecodeError as error:
        raise ContractctlError(
            f"{file.name}: byte {error.start} is not UTF-8", hint="save the file as UTF-8 and try again"
        ) from None
    raise AssertionError(file.name)  # what is UTF-8 is not data


def staging(name: str) -> Staging:
    """How versions of a message format are staged."""
    return cast("Staging", import_module(f"{__name__}.{_package(name)}.staging"))


def retiring(name: str) -> Retiring:
    """How versions of an interface format are staged whose old parts are served beside the new ones."""
    return cast("Retiring", import_module(f"{__name__}.{_package(name)}.staging"))


def events(name: str) -> Events:
    """How events of a message format are converted."""
    return cast("Events", import_module(f"{__name__}.{_package(name)}.events"))


def _package(name: str) -> str:
    if name not in FORMATS:
        hint = f"known formats: {', '.join(FORMATS)}"
        raise ContractctlError(f"'{name}' is not a format that contractctl supports", hint=hint)
    return FORMATS[name]
