"""Which document is being made of two? The new one, with old parts on their way in, and what clients follow."""

from collections.abc import Iterator

from contractctl.documents import Json, Pointer
from contractctl.errors import ContractctlError
from contractctl.formats.asyncapi.schemas_merged import Parts
from contractctl.formats.asyncapi.whole import Whole
from contractctl.formats.description import as_object, at, reference
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.retirement import Step
from contractctl.formats.retirement.places import Object, Places, dated, own


class Making:
    """The document that is made, until it is finished."""

    def __init__(self, before: Whole, after: Whole, sunset: str) -> None:
        self.before, self.after, self._sunset = before.document, after.document, sunset
        self.made = as_object(own(after.value))
        self.places = Places(before.value, self.made)
        self.parts = Parts(self.before, self.after, self.places, sunset)
        self.channels: dict[object, str] = {}
        """The old channels that have been brought, and what they are called."""

    @property
    def is_older(self) -> bool:
        return self.after.major == 2  # noqa: PLR2004 - AsyncAPI 2

    def at(self, spot: Spot) -> Object:
        """What stands there where the new document has a part; what it refers to, where it is a reference."""
        return as_object(self.places.in_made(at(self.made, spot.pointer)))

    def group(self, name: str) -> Object:
        return as_object(self.made.setdefault(name, {}))

    def follow(self, verb: str, what: str, subject: str, name: str, beside: frozenset[str] = frozenset()) -> None:
        """Note what clients have to follow."""
        self.parts.steps.append(Step(verb, what, subject, name, beside))

    def brought(self, part: Json, what: str) -> Object:
        """A part of the old document, dated, and all that it refers to."""
        copy = dated(part, self._sunset, what)
        self.places.bring(copy)
        return copy

    def demand_one_language(self, what: str) -> None:
        """Raise ContractctlError where a part would have to be translated."""
        if self.before.major != self.after.major:
            raise ContractctlError(
                f"{what} is written in AsyncAPI {self.before.major}, and the draft in {self.after.major}",
                hint=f"first release the old document in AsyncAPI {self.after.major}, and plan from there",
            )

    def free(self, name: str, known: Object) -> str:
        """A name for an old part where the draft may have given it to another."""
        called, number = name, 1
        while called in known:
            called, number = f"{name}-until-{self._sunset}{'' if number == 1 else f'-{number}'}", number + 1
        return called

    def listing_all(self, channel: str) -> Iterator[Object]:
        """The operations and replies that are about all of a channel's messages."""
        for one in as_object(self.made.get("operations")).values():
            operation = as_object(self.places.in_made(one))
            for holder in (operation, as_object(self.places.in_made(operation.get("reply")))):
                if as_object(holder.get("channel")).get("$ref") == channel and "messages" not in holder:
                    yield holder


def listed(value: Json) -> list[Json]:
    """The items of an array; of anything else none."""
    return value if isinstance(value, list) else []


def messages_at(channel: Pointer, known: Object) -> list[Json]:
    """All of a channel's messages, as an operation names them."""
    return [{"$ref": reference(*channel, "messages", name)} for name in known]
