"""How does an application's env.py live with plans in flight? It calls configure() instead of context.configure().

    from contractctl.alembic import configure
    …
        configure(connection=connection, target_metadata=target_metadata)

Then `alembic revision --autogenerate` and `alembic check` ignore what plans do, whichever version the models are, and
revisions of plans that are not due yet do not block them. A new revision follows the application's own head, and
`alembic upgrade head` goes there. Nothing else changes, and all options are Alembic's own.
"""

from collections.abc import Callable
from typing import Any

from alembic import context
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext

from contractctl.alembic.autogenerate import Autogenerate
from contractctl.alembic.commands import beside_plans
from contractctl.alembic.in_flight import is_ours

__all__ = ("configure",)


def configure(
    *,
    include_object: Callable[..., bool] | None = None,
    include_name: Callable[..., bool] | None = None,
    process_revision_directives: Callable[..., None] | None = None,
    **options: Any,  # noqa: ANN401 - Alembic's own, passed on
) -> None:
    """Call context.configure() with these options, and with what plans in flight need in addition.

    `include_object`, `include_name` and `process_revision_directives` are the application's own: they are called for
    everything that does not belong to a plan.
    """
    autogenerate = Autogenerate()

    def objects(thing: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
        includes = autogenerate.in_flight.includes(thing, name, kind, other)
        return includes and (include_object is None or include_object(thing, name, kind, reflected, other))

    def names(name: str | None, kind: str, parents: object) -> bool:
        return not is_ours(name) and (include_name is None or include_name(name, kind, parents))

    def directives(found: MigrationContext, revision: object, scripts: list[MigrationScript]) -> None:
        autogenerate.attend(scripts)
        if process_revision_directives is not None:
            process_revision_directives(found, revision, scripts)

    given = {
        **options,
        "include_object": objects,
        "include_name": names,
        "process_revision_directives": directives,
    }
    context.configure(**given)
    work = beside_plans(context.get_context().opts)
    if work is not None:
        context.configure(**{**given, "fn": work})
