"""Which document lies between two, so that clients of both are served? Which operations lead to the other?"""

from collections.abc import Mapping
from dataclasses import replace

from contractctl.formats.description import rewritten
from contractctl.formats.openapi.document import parse
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
    return operations_of(Merging(parse(old, policy), parse(new, policy), sunset).steps, renames, contract, sunset)


def expanded(old: Source, new: Source, sunset: str, policy: Policy = Policy()) -> Source:
    """The new version's document with the old one's parts beside, deprecated until that day.

    A provider of it serves clients of both. Everything else in it stays as its author wrote it. Raise ContractctlError
    where its text leaves no room for that.
    """
    before, after = parse(old, policy), parse(new, policy)
    made, number = Merging(before, after, sunset).made, after.root.file
    text = rewritten(new.files[number], after.root.value, made)
    return replace(new, files=(*new.files[:number], replace(new.files[number], text=text), *new.files[number + 1 :]))
