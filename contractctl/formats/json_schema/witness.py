"""Which value shows it? The one that was found, confirmed by jsonschema on both sides."""

import json
import posixpath
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from contractctl.documents import Json
from contractctl.formats.json_schema import formats
from contractctl.formats.json_schema.dialects import Dialect
from contractctl.formats.json_schema.library_errors import LibraryError, executing
from contractctl.formats.json_schema.spots import Schema
from contractctl.formats.json_schema.uris import RETRIEVED, joined
from contractctl.model.verdict import Incompatibility, Witness

if TYPE_CHECKING:
    from jsonschema.protocols import Validator
    from referencing import Registry, Resource, Specification

_MOST_SHOWN = 400
_MOST_SAID = 200
_MOST_ERRORS = 20


def witness(taker: Schema, giver: Schema, found: Incompatibility) -> Witness | None:
    """The value that the writer's schema allows and the reader's refuses; None where jsonschema sees it otherwise."""
    document = found.facts.get("document")
    if document is None:
        return None
    value = json.loads(document)
    try:
        with executing():
            sent, refusal = _refusal(giver, value, ""), _refusal(taker, value, found.facts["keyword"])
    except LibraryError:  # a schema that jsonschema cannot execute shows nothing
        return None
    if sent is not None or refusal is None:
        return None
    return Witness(_short(document, _MOST_SHOWN), f"refused: {_said(refusal)}", _executed_by(taker))


def _refusal(schema: Schema, value: Json, keyword: str) -> str | None:
    """What jsonschema says against a value, for the sake of a keyword if it does; None where the value is valid.

    Where references lead to what is not there, it is asked twice: as if that allowed everything, and nothing at all.
    """
    from referencing.exceptions import Unresolvable

    try:
        return _said_of(validator(schema), value, keyword)
    except Unresolvable:
        most, least = (_said_of(validator(schema, stand_in=allows), value, keyword) for allows in (True, False))
        if (most is None) != (least is None):
            raise
        return most


def _said_of(judge: "Validator", value: Json, keyword: str) -> str | None:
    errors = list(islice(judge.iter_errors(value), _MOST_ERRORS))
    error = next((one for one in errors if one.validator == keyword), errors[0] if errors else None)
    return None if error is None else error.message


@lru_cache(maxsize=8)
def validator(schema: Schema, *, stand_in: bool | None = None) -> "Validator":
    """jsonschema, ready to judge values by a schema. Nothing is fetched.

    stand_in: the schema that stands for what a reference names and is not there; without, such a reference raises.
    """
    import jsonschema.validators as known

    classes: dict[Dialect, Any] = {
        Dialect.DRAFT4: known.Draft4Validator,
        Dialect.DRAFT6: known.Draft6Validator,
        Dialect.DRAFT7: known.Draft7Validator,
        Dialect.DRAFT2019: known.Draft201909Validator,
        Dialect.DRAFT2020: known.Draft202012Validator,
    }
    alone = len(schema.source.every) == 1
    entrance = schema.root.value if alone else {"$ref": _address(schema.root.base)}
    checker = formats.checker() if schema.policy.formats == "assertion" else None
    judge: Validator = classes[schema.root.dialect](
        entrance, registry=_registry(schema, stand_in), format_checker=checker
    )
    return judge


def _registry(schema: Schema, stand_in: bool | None) -> "Registry[Any]":
    """The version's own files, under the URIs of their paths and under their own."""
    import referencing
    from referencing import jsonschema as drafts
    from referencing.exceptions import NoSuchResource

    known: dict[Dialect, Specification[Any]] = {
        Dialect.DRAFT4: drafts.DRAFT4,
        Dialect.DRAFT6: drafts.DRAFT6,
        Dialect.DRAFT7: drafts.DRAFT7,
        Dialect.DRAFT2019: drafts.DRAFT201909,
        Dialect.DRAFT2020: drafts.DRAFT202012,
    }

    def missing(uri: str) -> "Resource[Any]":
        if stand_in is None:
            raise NoSuchResource(uri)
        return known[schema.root.dialect].create_resource(stand_in)

    roots = {number: one for (number, pointer), one in schema.starts.items() if not pointer}
    found = {
        _address(schema.paths[number]): known[one.dialect].create_resource(one.value) for number, one in roots.items()
    }
    for number, one in roots.items():  # a relative reference that no identifier answers to means the file beside
        here = posixpath.dirname(schema.paths[number].removeprefix(RETRIEVED)) or "."
        for other, its in roots.items():
            beside = joined(one.base, posixpath.relpath(schema.paths[other].removeprefix(RETRIEVED), here))
            if beside not in schema.resources:
                found.setdefault(_address(beside), known[its.dialect].create_resource(its.value))
    empty: Registry[Any] = referencing.Registry(retrieve=missing)  # type: ignore[call-arg]  # attrs renames the field
    return empty.with_resources(found.items()).crawl()


def _address(uri: str) -> str:
    """The URI of a file in a scheme whose relative references every library resolves. Nothing listens there."""
    return f"http://files.invalid/{quote(uri.removeprefix(RETRIEVED))}" if uri.startswith(RETRIEVED) else uri


def _executed_by(schema: Schema) -> str:
    from importlib.metadata import version

    return f"jsonschema {version('jsonschema')}, {schema.root.dialect}"


def _said(message: str) -> str:
    return _short(" ".join(message.split()), _MOST_SAID)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
