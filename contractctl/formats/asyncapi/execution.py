"""What does jsonschema say about a part of a message? It uses the document's schema, and fetches nothing."""

from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from contractctl.documents import Json
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.languages import Written
from contractctl.formats.asyncapi.meaning import RANGES
from contractctl.formats.json_schema import formats
from contractctl.formats.json_schema.dialects import Dialect
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.json_schema.uris import RETRIEVED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema import FormatChecker
    from jsonschema.protocols import Validator
    from referencing import Registry

_MOST_ERRORS = 20
_HOST = "http://files.invalid/"
"""Files are named in a scheme whose relative references every library resolves. Nothing listens there."""


def refusal(document: Document, schema: Written, value: Json, keyword: str = "") -> str | None:
    """The objection that jsonschema has to a value, preferably by one keyword; None where the value is valid."""
    return _said(_validator(document, schema), value, keyword)


def refusal_by(schema: "bool | Mapping[str, Any]", value: Json) -> str | None:
    """The same by a schema that stands in no document."""
    from jsonschema import Draft7Validator

    return _said(Draft7Validator(schema), value, "")


def executed_by() -> str:
    """What has executed a witness, with its version."""
    from importlib.metadata import version

    return f"jsonschema {version('jsonschema')}"


def _said(judge: "Validator", value: Json, keyword: str) -> str | None:
    errors = list(islice(judge.iter_errors(value), _MOST_ERRORS))
    error = next((one for one in errors if one.validator == keyword), errors[0] if errors else None)
    return None if error is None else str(error.message)


@lru_cache(maxsize=64)
def _validator(document: Document, schema: Written) -> "Validator":
    import jsonschema.validators as known

    classes: dict[Dialect, Any] = {
        Dialect.DRAFT4: known.Draft4Validator,
        Dialect.DRAFT6: known.Draft6Validator,
        Dialect.DRAFT7: known.Draft7Validator,
        Dialect.DRAFT2019: known.Draft201909Validator,
        Dialect.DRAFT2020: known.Draft202012Validator,
    }
    judge: Validator = classes[schema.dialect](
        _entrance(document, schema.spot), registry=_registry(document, schema.dialect), format_checker=_checker()
    )
    return judge


def _entrance(document: Document, spot: Spot) -> Json:
    """A reference to a schema's place; the schema itself where it has no place in the document."""
    value: Json = document.schemas.starts[spot.file, ()].value
    for step in spot.pointer:
        if isinstance(value, dict) and step in value:
            value = value[str(step)]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return spot.value
    if value is not spot.value:
        return spot.value
    steps = "/".join(quote(str(step).replace("~", "~0").replace("/", "~1"), safe="~") for step in spot.pointer)
    return {"$ref": f"{_address(document.schemas.paths[spot.file])}#{'/' if steps else ''}{steps}"}


@lru_cache(maxsize=16)
def _registry(document: Document, dialect: Dialect) -> "Registry[Any]":
    import referencing
    from referencing import jsonschema as drafts

    specifications = {
        Dialect.DRAFT4: drafts.DRAFT4,
        Dialect.DRAFT6: drafts.DRAFT6,
        Dialect.DRAFT7: drafts.DRAFT7,
        Dialect.DRAFT2019: drafts.DRAFT201909,
        Dialect.DRAFT2020: drafts.DRAFT202012,
    }
    schema = document.in_dialect(dialect)
    found = [
        (_address(schema.paths[number]), specifications[one.dialect].create_resource(_plain(one.value)))
        for (number, _), one in schema.starts.items()
        if isinstance(one.value, dict)
    ]
    empty: Registry[Any] = referencing.Registry()
    return empty.with_resources(found)


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A document in which references lead where AsyncAPI says, whatever a schema in it calls itself."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if not (key == "$id" and isinstance(inner, str))}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _address(path: str) -> str:
    return _HOST + quote(path.removeprefix(RETRIEVED))


def _checker() -> "FormatChecker":
    checker = formats.checker()
    for name, bits in RANGES.items():
        checker.checks(name)(_within(bits))
    return checker


def _within(bits: int) -> Any:  # noqa: ANN401 - a function of jsonschema's
    def holds(value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return True
        return float(value).is_integer() and -(1 << bits) <= value < 1 << bits

    return holds
