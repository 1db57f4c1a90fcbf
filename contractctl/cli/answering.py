"""What does `contractctl serve` answer? The same as the commands gate and can-i-deploy, in a process that it can end.

`python -m contractctl.cli.answering` reads questions from stdin and writes an answer to each, until stdin ends.
"""

import json
import time
from importlib import import_module
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.model import decision
from contractctl.serving import Answer, Deployability, Gate, ProblemError, Question, Readiness, Verdict

_COME_AGAIN = 1.0
"""How long to wait for another process's lock on what is to be read, in seconds."""


def answer(question: Question) -> Answer:
    """The answer as of now. Raise ProblemError where nothing can be found out."""
    from contractctl import journal

    try:
        return _found(question)
    except ContractctlError as error:
        if journal.busy(error):
            raise ProblemError(503, error.message, error.hint, retry_after=_COME_AGAIN) from error
        raise ProblemError(500, error.message, error.hint) from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise ProblemError(500, f"{where}{error.strerror or error}", "check the file, folder or disk") from error
    except ProblemError:
        raise
    except Exception as error:  # the last resort: a client never sees a traceback
        from contractctl.cli import written_down

        title = "this is a bug in contractctl"
        raise ProblemError(500, title, f"please send {written_down()}, where it runs") from error


def _found(question: Question) -> Answer:
    match question:
        case Gate():
            return _gate(question)
        case Deployability():
            return _deployability(question)
        case Readiness():
            return _readiness()


def _gate(question: Gate) -> Answer:
    from contractctl import planner, settings
    from contractctl.cli.commands.gate import case_of
    from contractctl.gate import decide_case, decision_file
    from contractctl.report import decision as words

    names = planner.plan_names(settings.load(Path.cwd()).migrations)
    if question.plan not in names:
        raise ProblemError(404, f"there is no plan '{question.plan}'", f"known plans: {', '.join(names) or 'none'}")
    case = case_of(question.plan, question.stage, question.percent, None, time.time())
    decided = decide_case(case)
    verdicts = {
        decision.Outcome.PASS: Verdict.PASS,
        decision.Outcome.FAIL: Verdict.FAIL,
        decision.Outcome.UNKNOWN: Verdict.UNKNOWN,
    }
    first = words.text(decided, case.percent).splitlines()[0]
    message = "; ".join([first, *(condition.message for condition in words.open_conditions(decided)[:1])])
    retry = decided.retry_after if decided.outcome is decision.Outcome.UNKNOWN else None
    return Answer(verdicts[decided.outcome], message, retry, "decision", decision_file.tree(decided))


def _deployability(question: Deployability) -> Answer:
    from contractctl.cli import asking
    from contractctl.cli.commands.can_i_deploy import ASK_AGAIN
    from contractctl.deployment import Outcome
    from contractctl.report import deployability

    found = asking.answer(Path.cwd(), question.service, question.version, question.environment, time.time())
    verdicts = {
        Outcome.YES: Verdict.PASS,
        Outcome.NO: Verdict.FAIL,
        Outcome.UNKNOWN: Verdict.UNKNOWN,
        Outcome.WAIT: Verdict.UNKNOWN,
    }
    first = deployability.text(found).splitlines()[0]
    message = "; ".join([first, *(reason.message for reason in found.reasons[:1])])
    tree = json.loads(deployability.tree(found, ASK_AGAIN))
    return Answer(verdicts[found.outcome], message, tree["retry_after"], "deployability", tree)


def _readiness() -> Answer:
    """Whether settings, contracts, plans and the journals that they need can be read."""
    from contractctl import planner, settings, store
    from contractctl.cli.case import journal_of

    found = settings.load(Path.cwd())
    store.names(found.contracts)
    for name in sorted({plan.database for plan in planner.read_plans(found.migrations)}):
        with journal_of(found, name):  # the only question is whether it opens
            pass
    return Answer(Verdict.UNKNOWN, "the repository can be read", None, "readiness", {})


def _warm() -> None:
    """Load what the first answer would wait for."""
    for name in (
        "cli.asking",
        "cli.commands.gate",
        "gate.decision_file",
        "migration",
        "planner",
        "report.deployability",
    ):
        import_module(f"contractctl.{name}")


if __name__ == "__main__":
    from contractctl.serving.worker import answer_all

    _warm()
    answer_all(answer)
