"""May this version of a service be deployed to that environment? Pure: the record in, an answer out.

Everything that the version provides or consumes is compared with every live counterpart, canaries included, in the
direction that applies; then against the plans in flight. What is not on record is unknown, never a yes.
"""

from collections.abc import Iterator

from contractctl.deployment import pacts, parties, plans
from contractctl.deployment.answer import Answer, Outcome, Reason, Why, worst_first
from contractctl.deployment.question import InFlight, Question, Unfiled, live_versions
from contractctl.matrix import Judge

__all__ = ("Answer", "InFlight", "Outcome", "Question", "Reason", "Unfiled", "Why", "can_i_deploy", "live_versions")


def can_i_deploy(question: Question, judge: Judge) -> Answer:
    """The answer, with everything that is in the way, and what was checked and holds."""
    held: list[str] = []
    reasons = worst_first(_reasons(question, judge, held))
    return Answer(question.service, question.version, question.environment, question.now, reasons, tuple(held))


def _reasons(question: Question, judge: Judge, held: list[str]) -> Iterator[Reason]:
    asked, where = f"{question.service}@{question.version}", question.environment
    if not question.live:
        yield Reason(
            Why.NOTHING_ON_RECORD,
            f"nobody has recorded what is live in '{where}'",
            f"record it, service by service: contractctl record-deployment SERVICE VERSION --env {where}",
        )
    if question.declaration is None:
        yield Reason(
            Why.NOT_DECLARED,
            f"nobody has declared what {asked} provides and consumes",
            f"import it from its repository: contractctl service import CHECKOUT --version {question.version}",
        )
        return
    if question.declaration.provides or question.declaration.consumes:
        yield from parties.known(question)
    for use in question.declaration.provides:
        yield from parties.meet(question, use, judge, held, consumers=True)
    for use in question.declaration.consumes:
        yield from parties.meet(question, use, judge, held, consumers=False)
    yield from plans.in_the_way(question, held)
    yield from pacts.in_the_way(question, held)
