"""Does a schema of the reader's take all that one of the writer's allows? In requests, in responses, and as XML.

What a schema asserts depends on who reads it: `readOnly`, `writeOnly`, discriminators, texts that stand for numbers.
"""

from contractctl.formats.openapi.schemas.comparison import SchemaComparison
from contractctl.formats.openapi.schemas.discriminators import meant
from contractctl.formats.openapi.schemas.pairs import Question
from contractctl.formats.openapi.schemas.views import Role
from contractctl.formats.openapi.schemas.xml import unlike

__all__ = ["Question", "Role", "SchemaComparison", "meant", "unlike"]
