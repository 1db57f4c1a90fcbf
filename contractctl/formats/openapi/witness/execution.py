"""What does openapi-core say to a request or a response?"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jsonschema_path import SchemaPath
from openapi_core import Config, OpenAPI, __version__
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from werkzeug.datastructures import ImmutableMultiDict

from contractctl.documents import Json
from contractctl.formats.openapi.witness.excerpts import SERVER
from contractctl.formats.openapi.witness.messages import Request, Response

EXECUTED_BY = f"openapi-core {__version__}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What is made of a parameter, a field of a form or a header."""

    value: Json
    """None where nothing is found under its name, too."""
    refused: str | None


def refusal(document: dict[str, Json], request: Request, response: Response | None, keyword: str) -> str | None:
    """Its reason for refusing a request, or a response to it, in its own words; None where it takes it.

    Where it has several, one for the sake of the keyword, if there is any.
    """
    judge, asked = _judge(document), _asked(request)
    try:
        with warnings.catch_warnings(action="ignore"):  # what it thinks of a document
            if response is None:
                judge.validate_request(asked)
            else:
                judge.validate_response(asked, _answered(response))
    except OpenAPIError as error:
        return _said(error, keyword)
    return None


def reading(document: dict[str, Json], request: Request, where: str, name: str) -> Reading:
    """What it reads under a name in that part of a request: a parameter, or a field of its body."""
    with warnings.catch_warnings(action="ignore"):
        result = _judge(document).unmarshal_request(_asked(request))
    if where == "body":
        return _read(result.body, name, (_said(error, "") for error in result.errors))
    refused = (f"{type(error).__name__}: {error}" for error in result.errors if getattr(error, "name", None) == name)
    return _read(getattr(result.parameters, where), name, refused)


def header(document: dict[str, Json], request: Request, response: Response, name: str) -> Reading:
    """What it reads under the name of a header of a response."""
    with warnings.catch_warnings(action="ignore"):
        result = _judge(document).unmarshal_response(_asked(request), _answered(response))
    refused = (_said(error, "") for error in result.errors if getattr(error, "name", None) == name)
    return _read(result.headers, name, refused)


def _read(values: Any, name: str, refused: Iterator[str]) -> Reading:  # noqa: ANN401 - any value
    value = values.get(name) if isinstance(values, dict) else None
    return Reading(value.decode() if isinstance(value, bytes) else value, next(refused, None))


def _judge(document: dict[str, Json]) -> OpenAPI:
    spec: Any = SchemaPath.from_dict(document)
    # None: without its look at the whole document, which is not what is asked
    return OpenAPI(spec, config=Config(spec_validator_cls=None))  # type: ignore[arg-type] # openapi-core takes None


def _asked(request: Request) -> MockRequest:
    asked = MockRequest(
        request.server or SERVER,
        request.method,
        request.path,
        headers=dict(request.headers),
        cookies=dict(request.cookies),
        data=request.body.encode(),
        content_type=request.media,
    )
    asked.parameters.query = ImmutableMultiDict(list(request.query))
    return asked


def _answered(response: Response) -> MockResponse:
    return MockResponse(response.body.encode(), int(response.status), dict(response.headers), response.media)


def _said(error: Exception, keyword: str) -> str:
    """The error, and the innermost reason for it: those between cannot all be put in words."""
    inner: BaseException = error
    while inner.__cause__ is not None:
        inner = inner.__cause__
    details: list[Any] = list(getattr(inner, "schema_errors", ()))
    first = next((one for one in details if one.validator == keyword), details[0]) if details else inner
    return f"{type(error).__name__}: {getattr(first, 'message', first)}"
