"""Which files carry a plan's stages out? Alembic revisions, rendered by Alembic, and the environment they run in.

Every plan has four: expand and dual-write in the branch labelled expand; quiesce and contract in the branch labelled
contract, which depends on dual-write. A label may stand once in a history, so the two branches begin with an empty
revision each, and every plan's revisions grow from these side by side: one plan can be rolled back or contracted
while others stand where they are. `alembic upgrade expand@heads` carries out every plan's first half;
`alembic downgrade ID@contractctl_expand` takes back that of the plan whose dual-write revision is ID.
"""

import hashlib
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent

from alembic.autogenerate import render_python_code
from alembic.operations.ops import UpgradeOps
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from contractctl import operations
from contractctl.errors import ContractctlError
from contractctl.model.plan import Plan, Stage
from contractctl.operations.steps import Step
from contractctl.operations.steps.step import parts_of

EXPAND, CONTRACT = "expand", "contract"
_ANCHORS = {EXPAND: "contractctl_expand", CONTRACT: "contractctl_contract"}
_STAGES = {Stage.EXPAND: "expand", Stage.DUAL_WRITE: "dual", Stage.QUIESCE: "quiesce", Stage.CONTRACT: "contract"}
_LONGEST = 20
"""Of a plan's name in an id: with its stage it fits the 32 characters of Alembic's version table."""


def identifiers(name: str) -> Mapping[Stage, str]:
    """The ids of the revisions of the plan with this name."""
    stem = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()
    if len(stem) > _LONGEST or stem != name.replace("-", "_"):
        stem = f"{stem[: _LONGEST - 7]}_{hashlib.sha256(name.encode()).hexdigest()[:6]}".strip("_")
    return {stage: f"{stem}_{suffix}" for stage, suffix in _STAGES.items()}


def render(plan: Plan, migrations: Path, *, after: Sequence[str] = ()) -> Mapping[Path, str]:
    """The files to write, by their path below `migrations`, the environment's where absent; nothing is written.

    `after` are contract revisions of earlier plans whose result this plan starts from.
    """
    with tempfile.TemporaryDirectory(prefix="contractctl-") as folder:
        copy = Path(folder) / "migrations"
        before = _copy(migrations, copy, set(plan.revisions.values()))
        ensure_environment(copy)
        _generate(plan, copy, after)
        return {
            path.relative_to(copy): path.read_text(encoding="utf-8")
            for path in sorted(copy.rglob("*"))
            if path.is_file() and path.relative_to(copy) not in before and "__pycache__" not in path.parts
        }


def write(plan: Plan, migrations: Path, *, after: Sequence[str] = ()) -> tuple[Path, ...]:
    """Write those files. Their paths."""
    written = []
    for relative, text in render(plan, migrations, after=after).items():
        path = migrations / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return tuple(written)


def ensure_environment(migrations: Path) -> tuple[Path, ...]:
    """Write Alembic's env.py, script.py.mako and alembic.ini where there are none. What was written."""
    (migrations / "versions").mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in (("env.py", _ENV), ("script.py.mako", _MAKO), ("alembic.ini", _INI)):
        path = migrations / name
        if not path.exists():
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return tuple(written)


@dataclass(frozen=True, slots=True)
class _Draft:
    """What one revision file says."""

    id: str
    title: str
    head: str
    label: str | None = None
    depends_on: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    gate: Stage | None = None
    """The stage for which it demands a decision before it does anything."""


def _generate(plan: Plan, migrations: Path, after: Sequence[str]) -> None:
    script = _history(migrations)
    theirs = _heads_of_others(script)
    try:
        for draft in (*_anchors(script), *_drafts(plan, (*theirs, *after))):
            _write_revision(script, plan, draft)
    except CommandError as error:
        raise ContractctlError(
            f"Alembic cannot add a revision to the history: {error}", hint="look at it with: alembic history --verbose"
        ) from error


def _history(migrations: Path) -> ScriptDirectory:
    """The application's revisions and those of earlier plans, loaded."""
    script = ScriptDirectory(str(migrations), file_template="%(rev)s", messaging_opts={"quiet": True})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # as which Alembic reports a revision that is missing
            list(script.walk_revisions())
    except Exception as error:
        # loading runs the application's own revision files, which may raise anything
        raise ContractctlError(
            f"Alembic cannot read the history: {error}", hint="mend it first; look at it with: alembic history"
        ) from error
    return script


def _drafts(plan: Plan, needs: tuple[str, ...]) -> Iterator[_Draft]:
    ids = plan.revisions
    yield _Draft(
        ids[Stage.EXPAND],
        "expand: what is new stands beside what is old",
        _ANCHORS[EXPAND],
        depends_on=needs,
        steps=operations.expand(plan),
    )
    yield _Draft(
        ids[Stage.DUAL_WRITE],
        "dual-write: triggers keep both sides in step",
        ids[Stage.EXPAND],
        steps=operations.dual_write(plan),
    )
    yield _Draft(
        ids[Stage.QUIESCE],
        "quiesce: what is old cannot be reached for a while",
        _ANCHORS[CONTRACT],
        depends_on=(ids[Stage.DUAL_WRITE],),
        steps=operations.quiesce(plan),
        gate=Stage.QUIESCE,
    )
    yield _Draft(
        ids[Stage.CONTRACT],
        "contract: what is old goes for good",
        ids[Stage.QUIESCE],
        steps=operations.contract(plan),
        gate=Stage.CONTRACT,
    )


def _anchors(script: ScriptDirectory) -> Iterator[_Draft]:
    """The empty first revision of each branch, where it is not there yet."""
    there = {revision.revision for revision in script.walk_revisions()}
    for label, id_ in _ANCHORS.items():
        if id_ not in there:
            yield _Draft(id_, f"the branch '{label}' of every plan begins here", "base", label=label)


def _write_revision(script: ScriptDirectory, plan: Plan, draft: _Draft) -> None:
    title = draft.title if draft.label else f"{plan.name}, {draft.title}"
    story = _story(plan).replace("\\", "\\\\").replace('"', '\\"') if draft.steps else ""
    script.generate_revision(
        draft.id,
        f"{title}.{story}",
        head=draft.head,
        splice=True,
        branch_labels=draft.label,
        depends_on=list(draft.depends_on) or None,
        upgrades=_upgrade(plan, draft),
        downgrades=_downgrade(plan, draft),
        imports="\n".join(_imports(draft)),
    )


def _story(plan: Plan) -> str:
    lines = []
    for operation in operations.of_tables(plan):
        names = " → ".join(dict.fromkeys(name for name in (operation.old, operation.new) if name))
        lines.append(f"- {operation.kind} {operation.subject}: {names}")
    return "\n\n" + "\n".join(lines) + "\n"


def _upgrade(plan: Plan, draft: _Draft) -> str:
    code = _code(draft.steps)
    if draft.gate is None:
        return _body(code)
    demand = (
        f'demand_decision(op.get_bind(), plan="{plan.name}", stage="{draft.gate}",'
        " migrations=Path(__file__).parents[1])"
    )
    return _body(f"{demand}\n{code}" if draft.steps else demand)


def _downgrade(plan: Plan, draft: _Draft) -> str:
    if draft.gate is not Stage.CONTRACT:
        return _body(_code(operations.rollback(draft.steps)))
    return _body(
        "raise ContractctlError(\n"
        f"    \"plan '{plan.name}' is contracted: the old columns are gone\",\n"
        '    hint="bring the data back from the plan\'s restore point",\n'
        ")"
    )


def _code(steps: tuple[Step, ...]) -> str:
    """The steps as Alembic renders them, without its remarks on generated commands: these are not to be adjusted."""
    rendered = render_python_code(UpgradeOps(ops=list(steps)))
    lines = [line for line in rendered.splitlines() if not line.strip().startswith("# ###")]
    return dedent("\n".join(lines)).strip()


def _body(code: str) -> str:
    return indent(code, "    ").strip()


def _imports(draft: _Draft) -> Iterator[str]:
    if draft.gate is not None:
        yield "from pathlib import Path\n"
    if draft.steps or draft.gate is not None:
        yield "from alembic import op\n"
    if draft.gate is Stage.CONTRACT:
        yield "from contractctl.errors import ContractctlError"
    if draft.gate is not None:
        yield "from contractctl.migration import demand_decision"
    back = () if draft.gate is Stage.CONTRACT else operations.rollback(draft.steps)
    names = sorted({type(step).__name__ for step in (*draft.steps, *back)})
    parts = {part: module for step in (*draft.steps, *back) for part, module in parts_of(step).items()}
    for module in sorted(set(parts.values())):
        yield f"from {module} import {', '.join(sorted(part for part, place in parts.items() if place == module))}"
    if names:
        yield f"from contractctl.operations.steps import {', '.join(names)}"


def _heads_of_others(script: ScriptDirectory) -> tuple[str, ...]:
    """Where the application's own history stands: it makes the tables that a plan changes."""
    ours = set(_ANCHORS)
    heads = (script.get_revision(head) for head in script.get_heads())
    return tuple(head.revision for head in heads if not ours & set(head.branch_labels))


def _copy(migrations: Path, copy: Path, own: set[str]) -> frozenset[Path]:
    """Copy the environment, but for revisions of this very plan: a run that was cut short left them. What was there."""
    if not migrations.is_dir():
        return frozenset()
    copy.mkdir()
    for name in ("env.py", "script.py.mako", "alembic.ini"):
        if (migrations / name).is_file():
            shutil.copy2(migrations / name, copy)
    for path in sorted((migrations / "versions").glob("*.py")):
        (copy / "versions").mkdir(exist_ok=True)
        if path.stem not in own:
            shutil.copy2(path, copy / "versions")
    return frozenset(path.relative_to(copy) for path in copy.rglob("*") if path.is_file())


_ENV = '''"""Where do this repository's revisions run? Written by contractctl; yours to change."""

from pathlib import Path

from alembic import context
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from contractctl import databases, settings
from contractctl.errors import ContractctlError


def include_name(name: str | None, type_: str, _parent_names: object) -> bool:
    """Alembic's autogenerate leaves contractctl's own tables alone."""
    return not (type_ == "table" and name is not None and name.startswith("contractctl_"))


def run(connection: Connection) -> None:
    """One revision is one transaction, rows and DDL together."""
    context.configure(
        connection=connection,
        target_metadata=None,
        include_name=include_name,
        transactional_ddl=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """On the connection that contractctl hands over, else on the database that contractctl.toml names."""
    given = context.config.attributes.get("connection")
    if given is not None:
        run(given)
        return
    url = settings.load(Path(__file__).resolve().parent).database_url
    if url is None:
        raise ContractctlError("no database is named", hint="write [database] url = \\"env:NAME\\" in contractctl.toml")
    engine = databases.create_engine(url)
    with engine.connect() as connection:
        run(connection)
    engine.dispose()


def run_offline() -> None:
    """As a script (--sql): whatever of the history can be written without reading the database."""
    context.configure(dialect_name="sqlite", literal_binds=True, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


try:
    if context.is_offline_mode():
        run_offline()
    else:
        run_online()
except ContractctlError as error:
    if context.config.attributes.get("connection") is not None:
        raise
    raise CommandError(f"{error.message} ({error.hint})" if error.hint else error.message) from error
'''

_MAKO = '''"""${message}"""
<%
    import json

    def written(value):
        """None, one id, or several."""
        if isinstance(value, (tuple, list, set)):
            items = ", ".join(json.dumps(item) for item in value)
            return f"({items},)" if len(value) == 1 else f"({items})"
        return json.dumps(value) if value is not None else "None"
%>\\
% if imports:

${imports}
% endif

revision = ${written(up_revision)}
down_revision = ${written(down_revision)}
branch_labels = ${written(branch_labels)}
depends_on = ${written(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
'''

_INI = """# Alembic's settings; the database is the one that contractctl.toml names.
[alembic]
script_location = %(here)s
file_template = %%(rev)s_%%(slug)s
path_separator = os
"""
