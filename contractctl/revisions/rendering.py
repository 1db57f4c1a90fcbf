"""How is a revision written? Steps as Alembic renders them, in a file where the environment keeps such files."""

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent

from alembic.autogenerate import render_python_code
from alembic.config import MessagingOptions
from alembic.operations.ops import UpgradeOps
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionMap
from alembic.util import CommandError, coerce_resource_to_filename

from contractctl import operations
from contractctl.errors import ContractctlError
from contractctl.model.plan import Plan, Stage
from contractctl.operations.steps import Step
from contractctl.operations.steps.step import parts_of
from contractctl.revisions.drafts import Draft, anchors, drafts, heads_of_others
from contractctl.revisions.environment import Environment, template
from contractctl.revisions.identifiers import ANCHORS

_MAKO = "script.py.mako"
_SIGNATURE = re.compile(r"^def upgrade\(([^)]*)\)", re.MULTILINE)
_ENGINE = "engine_name"
"""What an environment of several databases passes to each revision."""
_HOME = "CONTRACTCTL_HOME"
"""A placeholder for the path to the plans until the file's place is known."""
_BY_ID = "%(rev)s"
_PLAIN = (_BY_ID, "%(rev)s_%(slug)s")
"""Alembic's default file names; the id of a plan's revision says everything."""
_LINE = 88
"""The line length of black, which fits every longer limit, too."""
_QUIET: MessagingOptions = {"quiet": True}


def render(plan: Plan, environment: Environment, *, after: Sequence[str] = ()) -> Mapping[Path, str]:
    """The files to write, by path, including the environment's own if missing; nothing is written.

    `after` are contract revisions of earlier plans whose result this plan starts from.
    """
    if not environment.is_there():
        return {**environment.missing(), **_revisions(plan, environment, None, after)}
    with environment.entered() as directory:
        return {**environment.missing(), **_revisions(plan, environment, directory, after)}


def write(plan: Plan, environment: Environment, *, after: Sequence[str] = ()) -> tuple[Path, ...]:
    """Write those files. Their paths."""
    files = render(plan, environment, after=after)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tuple(files)


def _revisions(
    plan: Plan, environment: Environment, directory: ScriptDirectory | None, after: Sequence[str]
) -> Mapping[Path, str]:
    """Each revision's file, rendered in a scratch folder for its place in the environment."""
    with tempfile.TemporaryDirectory(prefix="contractctl-") as folder:
        (Path(folder) / _MAKO).write_text(template("plan.py.mako"), encoding="utf-8")
        scratch = _scratch(Path(folder), directory, own=frozenset(plan.revisions.values()))
        places = _Places.of(environment, directory)
        theirs = heads_of_others(scratch)
        try:
            return dict(
                _written(scratch, plan, draft, places)
                for draft in (*anchors(scratch), *drafts(plan, (*theirs, *after)))
            )
        except CommandError as error:
            raise ContractctlError(
                f"Alembic cannot add a revision to the history: {error}",
                hint="to look at it: alembic history --verbose",
            ) from error


def _scratch(folder: Path, directory: ScriptDirectory | None, own: frozenset[str]) -> ScriptDirectory:
    """The history in a scratch folder, without revisions of this very plan.

    A run that was cut short left those.
    """
    if directory is None:
        return ScriptDirectory(str(folder), file_template=_BY_ID, messaging_opts=_QUIET)
    given = directory.file_template
    scratch = ScriptDirectory(
        str(folder),
        file_template=_BY_ID if given in _PLAIN else given,
        truncate_slug_length=directory.truncate_slug_length,
        timezone=directory.timezone,
        messaging_opts=_QUIET,
    )
    others = [
        Script(script.module, script.revision, script.path)  # again: loaded ones remember which revisions follow them
        for script in directory.walk_revisions()
        if script.revision not in own
    ]
    scratch.revision_map = RevisionMap(lambda: others)
    return scratch


@dataclass(frozen=True, slots=True)
class _Places:
    """Where revisions are stored, and what they are passed when they run."""

    environment: Environment
    folder: Path
    known: Mapping[str, Path]
    """Existing files, by revision."""
    signature: str
    """The parameters of upgrade(), as in the environment's script.py.mako."""

    @classmethod
    def of(cls, environment: Environment, directory: ScriptDirectory | None) -> "_Places":
        if directory is None:
            return cls(environment, environment.own / "versions", {}, "")
        known = {script.revision: Path(script.path) for script in directory.walk_revisions()}
        return cls(environment, _version_location(directory, known), known, _signature(Path(directory.dir) / _MAKO))

    def guard(self) -> str:
        """The start of a revision that is also run for databases it is not meant for."""
        if _ENGINE not in self.signature:
            return ""
        known = re.split(r",\s*", self.environment.config().get_main_option("databases", ""))
        if self.environment.called.engine not in known:
            name = self.environment.called.engine
            meant = "none of them is meant" if name is None else f"'{name}' is none of them"
            raise ContractctlError(
                f"{self.environment.settings}: its databases are {', '.join(known)}, and {meant}",
                hint='map them in contractctl.toml: [databases.NAME] with engine = "…"',
            )
        return f'if {_ENGINE} != "{self.environment.called.engine}":\n    return\n'

    def home_from(self, file: Path) -> str:
        """The path to the plans from a revision's file, as Python."""
        steps = Path(os.path.relpath(self.environment.home, file.parent)).parts
        ups = steps.count(os.pardir)
        return " / ".join([f"Path(__file__).parents[{ups}]", *(f'"{step}"' for step in steps[ups:])])


def _version_location(directory: ScriptDirectory, known: Mapping[str, Path]) -> Path:
    """The folder for new revisions: where contractctl's are already, else the usual one, else the first."""
    named = [coerce_resource_to_filename(str(place)).absolute() for place in directory.version_locations]
    usual = Path(directory.dir, "versions").absolute()
    places = named or [usual]
    ours = [known[anchor] for anchor in ANCHORS.values() if anchor in known]
    holding = [place for place in places if any(file.is_relative_to(place) for file in ours)]
    return next(iter(holding), usual if usual in places else places[0])


def _signature(mako: Path) -> str:
    found = _SIGNATURE.search(mako.read_text(encoding="utf-8")) if mako.is_file() else None
    return found[1] if found else ""


def _written(scratch: ScriptDirectory, plan: Plan, draft: Draft, places: _Places) -> tuple[Path, str]:
    title = draft.title if draft.label else f"{plan.name}, {draft.title}"
    script = scratch.generate_revision(
        draft.id,
        draft.title.partition(": ")[2] or draft.title,  # which may be part of the file's name
        head=draft.head,
        splice=True,
        branch_labels=draft.label,
        depends_on=list(draft.depends_on) or None,
        story=f"{title}.{_story(plan) if draft.steps else ''}".replace("\\", "\\\\").replace('"', '\\"'),
        signature=places.signature,
        upgrades=_upgrade(plan, draft, places.guard()),
        downgrades=_downgrade(plan, draft, places.guard()),
        imports=_imports(draft),
    )
    if script is None:
        raise ContractctlError(f"revision '{draft.id}' is not a Python module", hint="report this, with the plan")
    file = Path(script.path)
    final = places.known.get(draft.id) or places.folder / file.relative_to(scratch.versions)
    return final, file.read_text(encoding="utf-8").replace(_HOME, places.home_from(final))


def _story(plan: Plan) -> str:
    lines = []
    for operation in operations.of_tables(plan):
        names = " → ".join(dict.fromkeys(name for name in (operation.old, operation.new) if name))
        lines.append(f"- {operation.kind} {operation.subject}: {names}")
    return "\n\n" + "\n".join(lines) + "\n"


def _upgrade(plan: Plan, draft: Draft, guard: str) -> str:
    if draft.tables:
        return _body(f"{guard}journal.provide(op.get_context())")
    if draft.gate is None:
        code = _code(draft.steps)
        return _body(f"{guard}{code}" if code else "")
    demand = f'demand_decision(op.get_bind(), plan="{plan.name}", stage="{draft.gate}", migrations={_HOME}'
    early = tuple(step for step in draft.steps if step.first)
    parts = [f"{demand}, use=False)", _code(early)] if early else []
    parts += [f"{demand})", _code(tuple(step for step in draft.steps if not step.first))]
    return _body(guard + "\n".join(parts))


def _downgrade(plan: Plan, draft: Draft, guard: str) -> str:
    if draft.gate is not Stage.CONTRACT:
        code = _code(operations.rollback(draft.steps))
        return _body(f"{guard}{code}" if code else "")
    return _body(
        f"{guard}raise RefusedByHandError(\n"
        f"    \"plan '{plan.name}' is contracted: the old columns are gone\",\n"
        '    hint="bring the data back from the plan\'s restore point",\n'
        ")"
    )


def _code(steps: tuple[Step, ...]) -> str:
    """The steps as Alembic renders them, without its advice to adjust generated commands: these stay."""
    rendered = render_python_code(UpgradeOps(ops=list(steps)))
    lines = [line for line in rendered.splitlines() if not line.strip().startswith("# ###")]
    code = dedent("\n".join(lines)).strip()
    return "" if code == "pass" else code


def _body(code: str) -> str:
    return indent(code, "    ").strip()


def _imports(draft: Draft) -> str:
    """The imports that the file's code needs, as isort would order them."""
    back = () if draft.gate is Stage.CONTRACT else operations.rollback(draft.steps)
    steps = (*draft.steps, *back)
    found: dict[str, set[str]] = {}
    if steps or draft.gate is not None or draft.tables:
        found["alembic"] = {"op"}
    if draft.tables:
        found["contractctl"] = {"journal"}
    if draft.gate is Stage.CONTRACT:
        found["contractctl.operations.by_hand"] = {"RefusedByHandError"}
    if draft.gate is not None:
        found["contractctl.migration"] = {"demand_decision"}
    for step in steps:
        found.setdefault("contractctl.operations.steps", set()).add(type(step).__name__)
        for part, module in parts_of(step).items():
            found.setdefault(module, set()).add(part)
    lines = [_import(module, sorted(found[module])) for module in sorted(found)]
    return "\n".join(["from pathlib import Path", "", *lines] if draft.gate is not None else lines)


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= _LINE:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"
