"""${story}"""
<%
    import json

    def written(value):
        """None, one id, or several."""
        if isinstance(value, (tuple, list, set)):
            items = ", ".join(json.dumps(item) for item in value)
            return f"({items},)" if len(value) == 1 else f"({items})"
        return json.dumps(value) if value is not None else "None"
%>\
% if imports:

${imports}
% endif

revision = ${written(up_revision)}
down_revision = ${written(down_revision)}
branch_labels = ${written(branch_labels)}
depends_on = ${written(depends_on)}


def upgrade(${signature}) -> None:
    ${upgrades if upgrades else "pass"}


def downgrade(${signature}) -> None:
    ${downgrades if downgrades else "pass"}
