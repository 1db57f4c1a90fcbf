"""Which document shows it? Valid for the client's schema, and refused, or answered otherwise, by the provider's."""

from collections.abc import Iterator
from itertools import islice

from contractctl.formats.graphql import engine
from contractctl.formats.graphql.schema import Schema
from contractctl.formats.graphql.single import alone
from contractctl.formats.graphql.slices import part
from contractctl.formats.graphql.trials import TRIALS
from contractctl.formats.graphql.trials.cases import Case, Trial
from contractctl.model.verdict import Incompatibility, Witness

_LINE = 240
_MOST_TRIALS = 24


def witness(client: Schema, provider: Schema, found: Incompatibility) -> Witness | None:
    """The first trial that shows it, executed by graphql-core; None where none of them does."""
    build = TRIALS.get(found.rule)
    if build is None:
        return None
    for case, note in _cases(Case(client, provider, found)):
        for trial in islice(build(case), _MOST_TRIALS):
            shown = _shown(case, trial)
            if shown is not None:
                sent, answer = shown
                return Witness(_one_line(sent), _one_line(answer), engine.name() + note)
    return None


def _cases(case: Case) -> Iterator[tuple[Case, str]]:
    """The two schemas; then the client's, and it with this change alone, where others get in the way."""
    yield case, ""
    provider = alone(case.client, case.provider, case.found)
    if provider is not None:
        yield Case(case.client, provider, case.found), ", this change alone"


def _shown(case: Case, trial: Trial) -> tuple[str, str] | None:
    """What is sent and what comes of it, where that is another thing than the client may expect."""
    document = trial.document
    answered = "" if trial.answers is None else engine.shown(trial.answers)
    mine, theirs = part(case.client, document, answered), part(case.provider, document, answered)
    if engine.refusals(mine, document):
        return None
    refused = engine.refusals(theirs, document)
    if trial.answers is not None:
        return None if refused else _misunderstood(trial, document, mine, theirs)
    if trial.echoes:
        return None if refused else _called(trial, document, mine, theirs)
    if not refused and not engine.answer(mine, document).errors:
        refused = engine.answer(theirs, document).errors
    said = next((one for one in refused if trial.mention in one), None)
    return (document, said) if said else None


def _misunderstood(trial: Trial, document: str, mine: str, theirs: str) -> tuple[str, str] | None:
    """An answer that the provider's schema allows, and the client's does not."""
    answered = engine.answer(theirs, document, answers=trial.answers or {})
    if answered.errors:
        return None
    read = engine.read(mine, document, answered.data)
    said = next((one for one in read.errors if trial.mention in one), None)
    return (f"{document}, answered with {engine.shown(answered.data)}", said) if said else None


def _called(trial: Trial, document: str, mine: str, theirs: str) -> tuple[str, str] | None:
    """What the field is called with, on either side."""
    expected, got = (engine.arguments(text, document, trial.echoes) for text in (mine, theirs))
    if expected == got or expected is None or got is None:
        return None
    return document, f"'{trial.echoes}' is called with {got}, where {expected} was promised"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LINE else f"{line[:_LINE]}…"
