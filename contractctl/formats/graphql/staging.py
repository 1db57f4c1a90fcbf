"""Which schema lies between two, so that clients of both are served? Which operations lead to the other?"""

from collections.abc import Mapping

from contractctl.errors import ContractctlError
from contractctl.formats.graphql.engine import demand_sound
from contractctl.formats.graphql.merging import merged
from contractctl.formats.graphql.schema import Schema, parse
from contractctl.formats.retirement import operations_of
from contractctl.model.contract import Policy, Source
from contractctl.model.plan import Operation

__all__ = ["expanded", "operations"]


def operations(  # noqa: PLR0913, PLR0917 - as Staging has it, and the day
    old: Source, new: Source, renames: Mapping[str, str], contract: str, sunset: str, policy: Policy = Policy()
) -> tuple[Operation, ...]:
    """What of the old version goes, what clients will have to give, and what may be null from now on.

    renames: `email=mail` or `User.email=mail`. sunset: the day, as 2027-03-31, until which the old parts are served.
    Raise ContractctlError for a rename that does not fit.
    """
    return operations_of(merged(parse(old, policy), parse(new, policy), sunset).steps, renames, contract, sunset)


def expanded(old: Source, new: Source, sunset: str, policy: Policy = Policy()) -> Source:
    """The new version's text with the old one's parts beside, deprecated until that day.

    A provider of it serves clients of both. Raise ContractctlError where that is not a schema.
    """
    after = parse(new, policy)
    made = merged(parse(old, policy), after, sunset).source
    why = None if _refusal(after) else _refusal(parse(made, policy))  # a part of what lies elsewhere is none by itself
    if why is not None:
        raise ContractctlError(
            f"old and new parts cannot exist side by side: {why}",
            hint="leave the conflicting part as it is, add the new one under another name, and plan the rest later",
        )
    return made


def _refusal(schema: Schema) -> str | None:
    """Why graphql-core makes no schema of it, without the place: the text is nobody's file."""
    try:
        demand_sound(schema)
    except ContractctlError as error:
        return str(error).rpartition(": ")[2]
    return None
