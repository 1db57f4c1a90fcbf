"""Which document lies between two, so that clients of both are served? Which operations lead to the other?"""

from collections.abc import Mapping

from contractctl.errors import ContractctlError
from contractctl.formats.layout import bundles, unbundled
from contractctl.formats.openapi.document import Document, parse
from contractctl.formats.openapi.document.swagger import SWAGGER
from contractctl.formats.openapi.merging import Merging
from contractctl.formats.retirement import operations_of
from contractctl.model.contract import Policy, Source
from contractctl.model.plan import Operation

__all__ = ["expanded", "operations"]


def operations(  # noqa: PLR0913, PLR0917 - as Staging has it, and the day
    old: Source, new: Source, renames: Mapping[str, str], contract: str, sunset: str, policy: Policy = Policy()
) -> tuple[Operation, ...]:
    """What of the old version goes, what clients will have to send, and what they will be answered.

    renames: `customer=buyer` or `Order.customer=buyer` for properties, `GET /orders=GET /purchases` for operations.
    sunset: the day, as 2027-03-31, until which the old parts are served. Raise ContractctlError for a rename that does
    not fit.
    """
    before, after = bundles(*_staged(old, new, policy))
    return operations_of(Merging(before, after, sunset).steps, renames, contract, sunset)


def expanded(old: Source, new: Source, sunset: str, policy: Policy = Policy()) -> Source:
    """The new version's document with the old one's parts beside, deprecated until that day.

    A provider of it serves clients of both. Everything else in it stays as its author wrote it, in the files that have
    it. Raise ContractctlError where its text leaves no room for that.
    """
    before, after = bundles(*_staged(old, new, policy))
    return unbundled(before, after, Merging(before, after, sunset).made)


def _staged(old: Source, new: Source, policy: Policy) -> tuple[Document, Document]:
    """Both versions. Raise ContractctlError for one of 2.0: parts of 3.0 cannot be written into its text."""
    documents = parse(old, policy), parse(new, policy)
    for one in documents:
        if one.version == SWAGGER:
            raise ContractctlError(
                f"{one.source.every[one.root.file].name}: Swagger 2.0 is checked, but not staged",
                hint="convert the document to OpenAPI 3, with swagger2openapi for example, and release that first",
            )
    return documents
