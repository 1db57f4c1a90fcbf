"""What was decided, and from what? One file that can be decided again, to the byte."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contractctl import __version__, resources
from contractctl.errors import ContractctlError
from contractctl.gate import decide_case
from contractctl.gate.case import Case
from contractctl.model import canonical
from contractctl.model.decision import Condition, Decision
from contractctl.model.plan import Stage
from contractctl.writing import write_whole


@dataclass(frozen=True, slots=True)
class Replay:
    """A decision made again from the inputs of its file."""

    recorded: Decision
    decided: Decision
    case: Case
    """What it was decided from."""
    differences: tuple[str, ...]
    """What differs, one sentence each; empty where every byte is the same."""


def tree(decision: Decision) -> dict[str, Any]:
    """A decision as JSON: what `gate --format json` prints and the contract `contractctl/decision` describes."""
    found: dict[str, Any] = canonical.tree(decision)
    return found | {"retry_after": decision.retry_after}


def text(case: Case, decision: Decision) -> str:
    """The file's content: canonical JSON on one line."""
    document = {"contractctl": __version__, "decision": tree(decision), "inputs": canonical.tree(case)}
    return canonical.dumps(document) + "\n"


def path_of(migrations: Path, decision: Decision) -> Path:
    """`<migrations>/decisions/<plan>/<stage>-<digest12>.json`."""
    return migrations / "decisions" / decision.plan / f"{decision.stage}-{decision.digest[:12]}.json"


def write(migrations: Path, case: Case, decision: Decision) -> Path:
    """Keep a decision with all its inputs. The same decision is the same file."""
    path = path_of(migrations, decision)
    write_whole(path, text(case, decision))
    return path


def replay(path: Path) -> Replay:
    """Decide again. Raise ContractctlError where the file is not a decision file."""
    raw = _raw(path)
    document = _document(path, raw)
    case = canonical.value(Case, document["inputs"], f"{path}: inputs")
    recorded = dict(document["decision"])
    recorded.pop("retry_after", None)
    before = canonical.value(Decision, recorded, f"{path}: decision")
    after = decide_case(case)
    same = raw == text(case, after)
    return Replay(before, after, case, () if same else tuple(_differences(document, before, after)))


def _raw(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ContractctlError(f"{path} is not UTF-8 text", hint=_HINT) from error


_HINT = "name a file that was written by: contractctl gate PLAN STAGE --record"


def _document(path: Path, raw: str) -> dict[str, Any]:
    """The file's content, validated against its contract."""
    try:
        document: dict[str, Any] = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ContractctlError(f"{path} is not JSON", hint=_HINT) from error
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    schema = json.loads((resources.contracts() / "contractctl" / "decision" / "decision.schema.json").read_text())
    wrong = best_match(Draft202012Validator(schema).iter_errors(document))
    if wrong is not None:
        where = "".join(f".{part}" if isinstance(part, str) else f"[{part}]" for part in wrong.absolute_path)
        said = ": ".join(filter(None, (where.lstrip("."), _said(wrong.message))))
        raise ContractctlError(f"{path} is not a decision: {said}", hint=_HINT)
    if document["inputs"]["stage"] not in [stage.value for stage in Stage]:
        raise ContractctlError(f"{path}: '{document['inputs']['stage']}' is not a stage", hint=_HINT)
    return document


def _briefly(condition: Condition) -> str:
    return f"{condition.outcome}, {condition.message}"


def _said(message: str) -> str:
    return message if len(message) <= _LONG else f"{message[: _LONG - 1]}…"


_LONG = 160


def _differences(document: dict[str, Any], before: Decision, after: Decision) -> Iterator[str]:
    if document["contractctl"] != __version__:
        yield f"it was decided by contractctl {document['contractctl']}, and this is {__version__}"
    if before.digest != after.digest:
        yield f"the inputs are not those it was decided from: digest {before.digest[:12]} then, {after.digest[:12]} now"
    if before.outcome is not after.outcome:
        yield f"{before.outcome} then, {after.outcome} now"
    earlier = {condition.name: condition for condition in before.conditions}
    later = {condition.name: condition for condition in after.conditions}
    for name in [*earlier, *(name for name in later if name not in earlier)]:
        if name not in later:
            yield f"{name}: {earlier[name].outcome} then, not asked now"
        elif name not in earlier:
            yield f"{name}: not asked then, {later[name].outcome} now"
        elif earlier[name] != later[name]:
            yield f"{name}: {_briefly(earlier[name])} then; {_briefly(later[name])} now"
    if before == after:
        yield "the decision is the same, and the file was written in another form"
