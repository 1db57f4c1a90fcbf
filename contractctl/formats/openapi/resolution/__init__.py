"""Do clients written against one document work with a provider of the other?

Operation by operation, in the order of https://spec.openapis.org/oas/v3.1.0#schema. A request is written by the client
and read by the provider, a response the other way round, a callback or a webhook inverted again.
"""

from collections.abc import Iterator
from functools import lru_cache

from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.shared import Shared, shared
from contractctl.formats.openapi.resolution.operations import paths, webhooks
from contractctl.formats.openapi.resolution.shadows import REMOVED, landed, shadowed
from contractctl.formats.openapi.resolution.ways import Way
from contractctl.model.verdict import Found, Incompatibility, Undecided


def incompatibilities(client: Document, provider: Document) -> Iterator[Found]:
    """Every reason why a client of the one version fails, misreads or loses against a provider of the other."""
    for doubt in dict.fromkeys((*client.doubts, *provider.doubts)):
        yield Undecided("", doubt)
    way = Way(client, provider, _shared(frozenset({client, provider})))
    for found in paths(way):
        yield landed(way, found) if isinstance(found, Incompatibility) and found.rule in REMOVED else found
    yield from webhooks(way)
    yield from way.left()
    yield from shadowed(way)


@lru_cache(maxsize=2)
def way_between(client: Document, provider: Document) -> Way:
    """A way between two documents to look for witnesses on: one for all of their findings."""
    return Way(client, provider, _shared(frozenset({client, provider})))


@lru_cache(maxsize=1)
def _shared(documents: frozenset[Document]) -> Shared:
    """The same whoever of the two is the client."""
    one, *others = documents
    return shared(one, others[0] if others else one)
