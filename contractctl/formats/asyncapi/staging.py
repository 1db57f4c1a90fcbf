"""Which document lies between two, so that clients of both are served? Which operations lead to the other?"""

from collections.abc import Mapping

from contractctl.errors import ContractctlError
from contractctl.formats.asyncapi.document import Document, parse
from contractctl.formats.asyncapi.making import Making
from contractctl.formats.asyncapi.merging import merged
from contractctl.formats.asyncapi.parting import parted
from contractctl.formats.asyncapi.parts import Unresolved
from contractctl.formats.asyncapi.resolution import incompatibilities
from contractctl.formats.asyncapi.schemas_merged import chosen_of
from contractctl.formats.asyncapi.translating import translated
from contractctl.formats.asyncapi.whole import Whole, rewritten, wholes
from contractctl.formats.retirement import operations_of
from contractctl.model.contract import Policy, Source
from contractctl.model.plan import Operation
from contractctl.model.verdict import Effect, Incompatibility

__all__ = ["expanded", "operations"]


def operations(  # noqa: PLR0913, PLR0917 - as Staging has it, and the day
    old: Source, new: Source, renames: Mapping[str, str], contract: str, sunset: str, policy: Policy = Policy()
) -> tuple[Operation, ...]:
    """What of the old version goes, what clients will have to send, and what they will be sent.

    renames: `customer=buyer` or `Placed.customer=buyer` for properties and headers, `send orders=send purchases` for
    operations. sunset: the day, as 2027-03-31, until which the old parts are served. Raise ContractctlError for a
    rename that does not fit.
    """
    making, _, _ = _merged(parse(old, policy), parse(new, policy), sunset)
    return operations_of(making.parts.steps, renames, contract, sunset)


def expanded(old: Source, new: Source, sunset: str, policy: Policy = Policy()) -> Source:
    """The new version's document with the old one's parts beside, dated.

    An application of it works with clients of both. Everything else in it stays as its author wrote it, in the
    files that have it. Raise ContractctlError where its text leaves no room for that.
    """
    making, before, after = _merged(parse(old, policy), parse(new, policy), sunset)
    return rewritten(before, after, making.made)


def _merged(old: Document, new: Document, sunset: str) -> tuple[Making, Whole, Whole]:
    before, after = wholes(old, new)
    try:
        if old.major < new.major:
            before = translated(before) or before
        return _in_one_piece(before, after, sunset), before, after
    except Unresolved as error:
        raise ContractctlError(
            f"one of the two versions cannot be read completely: {error.reason}",
            hint="add the files that they refer to",
        ) from None


def _in_one_piece(before: Whole, after: Whole, sunset: str) -> Making:
    """With the messages that the draft has; with more only where these cannot serve both ways."""
    in_two = parted(before, after, sunset)
    try:
        making = _made(before, after, sunset)
    except ContractctlError:
        if in_two is None:
            raise
        return _made(before, in_two, sunset)
    if in_two is None or _is_served(before, after, making):
        return making
    try:
        other = _made(before, in_two, sunset)
    except ContractctlError:
        return making
    return other if _is_served(before, after, other) else making


def _made(before: Whole, after: Whole, sunset: str) -> Making:
    making = merged(before, after, sunset, {})
    chosen = chosen_of(before.document, after.document, after.again(making.made), making.parts.pairs)
    return merged(before, after, sunset, chosen) if chosen else making


def _is_served(before: Whole, after: Whole, making: Making) -> bool:
    between = after.again(making.made)
    found = (one for end in (before, after) for one in incompatibilities(end.document, between))
    return all(isinstance(one, Incompatibility) and one.effect is Effect.LOSES for one in found)
