"""Which documents of clients does an incompatibility let down? Asked where they are given: --operations."""

from collections.abc import Iterable, Iterator, Sequence

from contractctl.errors import ContractctlError
from contractctl.formats.graphql.documents import Document, documents, refusals
from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.types import BUILT_IN, named
from contractctl.formats.graphql.uses import Input_, Uses, uses
from contractctl.model.contract import File
from contractctl.model.verdict import Effect, Incompatibility, Undecided

_SAID_BY_DOCUMENTS = frozenset(
    {
        "graphql-directive-location-removed",
        "graphql-directive-once",
        "graphql-directive-removed",
        "graphql-field-removed",
        "graphql-fields-conflict",
        "graphql-fragment-impossible",
        "graphql-operation-removed",
        "graphql-type-removed",
    }
)
"""What a document lets see without its variables and its answers."""


class Clients:
    """Documents, read against the client's schema and the provider's, and which of them a finding has named."""

    def __init__(self, client: Schema, provider: Schema, operations: Sequence[File]) -> None:
        self.provider = provider
        self.read: list[tuple[Document, Uses, tuple[str, ...]]] = []
        self.blamed: set[str] = set()
        self.foreign: dict[str, str] = {}
        """Files of documents that are valid for the provider alone, and why the client's schema refuses them."""
        for document in documents(operations):
            theirs = refusals(provider, client, document)
            mine = refusals(client, provider, document)
            if not mine:
                self.read.append((document, uses(client, document), theirs))
            elif theirs:
                raise ContractctlError(
                    f"{document.file} is not valid against either version: {mine[0]}",
                    hint="fix it, or leave it out of --operations",
                )
            else:
                self.foreign[document.file] = mine[0].rstrip(".")

    def meet(
        self, found: Iterable[Incompatibility | Undecided]
    ) -> Iterator[tuple[Incompatibility | Undecided, tuple[str, ...]]]:
        """Each with the files that it lets down, or may; then documents that are refused and were named by none.

        Whose document is not one of the client's version sends something else that is not known: where a finding meets
        no other document, it may meet that. A loss is told of it; the rest is undecided.
        """
        unmet = False
        for one in found:
            users = self._users(one)
            if isinstance(one, Incompatibility) and one.effect is Effect.LOSES:
                users = users or tuple(self.foreign)
            unmet |= not users
            yield one, users
            untold = self._untold(one) if isinstance(one, Incompatibility) and not users else None
            if untold is not None:
                yield untold
        for file, why in self.foreign.items() if unmet else ():
            reason = f"it is not valid for the version that clients have ({why}): what its client sends is not known"
            yield Undecided(file, reason), (file,)
        for document, _, refused in self.read:
            if refused and document.file not in self.blamed:
                facts = {"file": document.file, "why": refused[0].rstrip(".")}
                other = Incompatibility("graphql-operation-refused", Effect.FAILS, document.file, facts)
                yield other, (document.file,)

    def _untold(self, found: Incompatibility) -> tuple[Undecided, tuple[str, ...]] | None:
        """What is written where the provider takes a scalar of its own: any value is valid there in a document."""
        facts = found.facts
        match found.rule:
            case "graphql-input-type-changed":
                name = named(facts["after"])
            case "graphql-type-kind-changed":
                name = facts["type"]
            case _:
                return None
        if self.provider.kind(name) != "scalar" or name in BUILT_IN:
            return None
        files = tuple(document.file for document, used, refused in self.read if not refused and _meets(found, used))
        reason = f"the schema does not say which values '{name}' accepts"
        return (Undecided(found.path, reason, found.taker_at, found.giver_at), files) if files else None

    def _users(self, found: Incompatibility | Undecided) -> tuple[str, ...]:
        files = []
        for document, used, refused in self.read:
            if isinstance(found, Undecided):
                if not _meets_place(found.path, used):
                    continue
            elif not _meets(found, used) or (not refused and _shows_in_document(found, used)):
                continue
            elif found.effect is not Effect.LOSES:
                self.blamed.add(document.file)
            files.append(document.file)
        return tuple(files)


def _meets(found: Incompatibility, used: Uses) -> bool:
    """Whether a document uses what a finding is about."""
    facts = found.facts
    match found.rule:
        case "graphql-operation-removed":
            return facts["operation"] in used.operations
        case "graphql-type-removed" | "graphql-type-kind-changed":
            return facts["type"] in used.conditions | used.answered | used.variables | used.objects | used.implied
        case "graphql-fragment-impossible":
            return {facts["object"], facts["type"]} <= used.conditions | used.answered
        case "graphql-type-unknown":
            return facts["type"] in used.answered
        case "graphql-enum-value-unknown":
            return facts["enum"] in used.answered
        case "graphql-enum-value-removed":
            return facts["enum"] in used.variables or (facts["enum"], facts["value"]) in used.symbols
        case "graphql-one-of-added":
            return facts["type"] in used.variables | used.objects | used.implied
        case rule if rule.startswith("graphql-directive-"):
            return facts["directive"] in used.directives
        case rule if rule.startswith("graphql-input-"):
            return _gives(found.rule, facts["holder"], facts["input"], used)
        case _:
            return (facts["type"], facts["field"]) in used.fields


def _shows_in_document(found: Incompatibility, used: Uses) -> bool:
    """Whether a provider that takes the document takes it with all variables, and its answers are understood."""
    facts = found.facts
    if found.rule == "graphql-type-kind-changed":
        return facts["type"] not in used.variables
    if found.rule == "graphql-field-type-changed":
        return facts.get("shows") == "in documents"
    if found.rule.startswith("graphql-input-"):
        if found.rule == "graphql-input-default-changed" or facts["holder"] in used.variables:
            return False
        return not used.may_be_null(_place(facts["holder"], facts["input"]), facts.get("after", ""))
    if found.rule == "graphql-enum-value-removed":
        return facts["enum"] not in used.variables
    if found.rule == "graphql-one-of-added":
        return facts["type"] not in used.variables
    return found.rule in _SAID_BY_DOCUMENTS


def _meets_place(path: str, used: Uses) -> bool:
    """Of what could not be decided: whether the type, or its field, is used at all. What has no place meets all."""
    type_, _, field = path.partition(".")
    if field:
        return (type_, field) in used.fields
    return (
        not path
        or type_ in used.answered | used.variables | used.conditions | used.objects | used.implied
        or "(" in path
    )


def _gives(rule: str, holder: str, name: str, used: Uses) -> bool:
    """Whether an argument or input field is given, or left out where that matters."""
    place = _place(holder, name)
    if holder in used.variables or (rule == "graphql-input-default-changed" and holder in used.implied):
        return True
    if rule == "graphql-input-default-changed":
        return place in used.lacking
    if rule != "graphql-input-required":
        return place in used.given
    *type_, field = place[:-1]
    if not type_:
        return holder in used.objects | used.implied
    return field in used.directives if type_ == ["@"] else (*type_, field) in used.fields


def _place(holder: str, name: str) -> Input_:
    """Where an argument or input field is given: of `Query.user`, `@cached` or `CreateUser`."""
    if holder.startswith("@"):
        return "@", holder[1:], name
    return (*holder.split("."), name)
