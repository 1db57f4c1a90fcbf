"""Has a version been verified, according to a Pact broker, against everybody live on the other side?"""

from collections.abc import Iterator

from contractctl.deployment.answer import Reason, Why
from contractctl.deployment.question import Question
from contractctl.model.service import Verification

_Pair = tuple[str, str, str, str]


def in_the_way(question: Question, held: list[str]) -> Iterator[Reason]:
    """Reasons for each live counterpart by pact that was refused or never tried."""
    rows = {_pair(row): row for row in question.verifications}
    yield from _providers(question, rows, held)
    yield from _consumers(question, rows, held)


def _providers(question: Question, rows: dict[_Pair, Verification], held: list[str]) -> Iterator[Reason]:
    """The version asked about is a consumer: its providers must be live."""
    asked = question.service, question.version
    others = sorted({row.provider for row in rows.values() if row.consumer == question.service})
    if others and not _is_imported(rows, asked):
        yield _unseen(asked, ", ".join(others), None)
    for provider in sorted({row.provider for row in rows.values() if (row.consumer, row.consumer_version) == asked}):
        live = question.live.get(provider)
        if live is None or not live.shares:
            yield Reason(
                Why.COUNTERPART_NOT_ON_RECORD,
                f"{'@'.join(asked)} has a pact with {provider}, but no version of it is recorded as live in"
                f" '{question.environment}'",
                f"contractctl record-deployment {provider} VERSION --env {question.environment}",
                counterpart=provider,
            )
            continue
        for version, share in live.shares.items():
            yield from _verified(rows, (*asked, provider, version), f"{provider}@{version}", share, held)


def _consumers(question: Question, rows: dict[_Pair, Verification], held: list[str]) -> Iterator[Reason]:
    """The version asked about is a provider: every live consumer that has a pact with it counts."""
    pacts = {(row.consumer, row.consumer_version) for row in rows.values() if row.provider == question.service}
    for consumer, live in question.live.items():
        for version, share in live.shares.items():
            if (consumer, version) in pacts:
                pair = (consumer, version, question.service, question.version)
                yield from _verified(rows, pair, f"{consumer}@{version}", share, held)
            elif consumer in {name for name, _ in pacts} and not _is_imported(rows, (consumer, version)):
                yield _unseen((consumer, version), question.service, share)


def _is_imported(rows: dict[_Pair, Verification], consumer: tuple[str, str]) -> bool:
    return any((row.consumer, row.consumer_version) == consumer for row in rows.values())


def _unseen(consumer: tuple[str, str], provider: str, share: float | None) -> Reason:
    """A matrix that knows other versions of a service but not this one is older than this version."""
    name = "@".join(consumer)
    return Reason(
        Why.NOT_VERIFIED,
        f"other versions of {consumer[0]} have pacts with {provider}, but the imported matrix does not know {name}",
        "import it again: contractctl service import-pacts MATRIX.json; where that version has no pacts, take the rows"
        f" of {consumer[0]} out of its pacts.json",
        counterpart=name,
        share=share,
    )


def _verified(
    rows: dict[_Pair, Verification], pair: _Pair, other: str, share: float, held: list[str]
) -> Iterator[Reason]:
    row = rows.get(pair)
    consumer, provider = f"{pair[0]}@{pair[1]}", f"{pair[2]}@{pair[3]}"
    if row is not None and row.success:
        held.append(f"the pact with {other} ({share:g} %)")
    elif row is not None and row.success is False:
        yield Reason(
            Why.VERIFICATION_FAILED,
            f"the pact of {consumer} was verified against {provider}, and it failed",
            "fix the provider, or deploy a version of it that passes; then import the matrix again",
            counterpart=other,
            share=share,
        )
    else:
        yield Reason(
            Why.NOT_VERIFIED,
            f"nobody has verified the pact of {consumer} against {provider}",
            f"verify it, then: contractctl service import-pacts MATRIX.json ({provider})",
            counterpart=other,
            share=share,
        )


def _pair(row: Verification) -> _Pair:
    return row.consumer, row.consumer_version, row.provider, row.provider_version
