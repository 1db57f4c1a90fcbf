"""How is the answer to "may this version be deployed there" given, to a person and to a pipeline?"""

import json
from collections.abc import Iterator

from contractctl.deployment import Answer, Outcome

_WORDS = {
    Outcome.YES: "yes: {asked} may go to '{where}'",
    Outcome.NO: "no: {asked} may not go to '{where}'",
    Outcome.UNKNOWN: "unknown: it is not known whether {asked} may go to '{where}'",
    Outcome.WAIT: "wait: {asked} may not go to '{where}' yet",
}


def text(answer: Answer) -> str:
    """The answer in a line, then what is in the way, then what holds."""
    first = _WORDS[answer.outcome].format(asked=f"{answer.service}@{answer.version}", where=answer.environment)
    return "\n".join([first, *_lines(answer)])


def tree(answer: Answer, retry_after: float) -> str:
    """One JSON object: `contracts/contractctl/deployability` describes it."""
    found = {
        "outcome": answer.outcome.value,
        "service": answer.service,
        "version": answer.version,
        "environment": answer.environment,
        "at": answer.at,
        "retry_after": retry_after if answer.outcome is Outcome.WAIT else None,
        "reasons": [
            {
                "why": reason.why.value,
                "outcome": reason.why.outcome.value,
                "message": reason.message,
                "remedy": reason.remedy,
                "contract": reason.contract,
                "counterpart": reason.counterpart,
                "share": reason.share,
            }
            for reason in answer.reasons
        ],
        "held": list(answer.held),
    }
    return json.dumps(found, indent=2, ensure_ascii=False)


def _lines(answer: Answer) -> Iterator[str]:
    for reason in answer.reasons:
        share = "" if reason.share is None else f", {reason.share:g} % there"
        yield f"  {reason.why.outcome:<8} {reason.message} ({reason.why}{share})"
        yield f"           {reason.remedy}"
    if answer.held:
        yield f"  holds    {'; '.join(answer.held)}"
