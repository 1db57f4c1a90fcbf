"""Which document lies between two, so that clients of both are served? Which operations lead to the other?"""

from collections.abc import Mapping
from dataclasses import replace

from contractctl.errors import ContractctlError
from contractctl.formats.description import rewritten
from contractctl.formats.openapi.document import Document, parse
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
    before, after = parse(old, policy), parse(new, policy)
    _demand_one_file(before, after)
    return operations_of(Merging(before, after, sunset).steps, renames, contract, sunset)


def expanded(old: Source, new: Source, sunset: str, policy: Policy = Policy()) -> Source:
    """The new version's document with the old one's parts beside, deprecated until that day.

    A provider of it serves clients of both. Everything else in it stays as its author wrote it. Raise ContractctlError
    where its text leaves no room for that.
    """
    before, after = parse(old, policy), parse(new, policy)
    _demand_one_file(before, after)
    made, number = Merging(before, after, sunset).made, after.root.file
    text = rewritten(new.files[number], after.root.value, made)
    return replace(new, files=(*new.files[:number], replace(new.files[number], text=text), *new.files[number + 1 :]))


def _demand_one_file(before: Document, after: Document) -> None:
    """The document between is written into the main file. Raise ContractctlError where other files changed."""
    parts, earlier = _parts(after), _parts(before)
    changed = sorted(path for path in parts.keys() | earlier.keys() if parts.get(path) != earlier.get(path))
    if changed:
        raise ContractctlError(
            f"{after.source.every[after.root.file].name}: '{changed[0]}' changed, and only what changes in the main"
            " file can be staged",
            hint="bundle the document into one file (redocly bundle, for example), release that as it is, "
            "and change it then",
        )


def _parts(document: Document) -> Mapping[str, str]:
    """Every file but the main one, by its place in the version."""
    source = document.source
    return {source.path(file): file.text for number, file in enumerate(source.files) if number != document.root.file}
