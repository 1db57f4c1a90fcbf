"""Which lines of a Python file name a field? Comments and docstrings do not count; names and strings do."""

import ast
import warnings
from collections.abc import Iterator

from contractctl.evidence.naming import Name


def lines(text: str, name: Name) -> Iterator[int]:
    """By attribute, key, argument, name, string, or SQL in a string. Raise SyntaxError, ValueError where it is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what another's code does is not ours to warn of
        tree = ast.parse(text)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        words = _string(node) if id(node) not in told else ""
        if any(name.stands_in(word) for word in (*_names(node), words)) or (words and name.read_by_sql(words)):
            yield getattr(node, "lineno", 1)


def _names(node: ast.AST) -> Iterator[str]:
    """Whatever the node mentions by name: each such name is a text field of the node."""
    for key, value in ast.iter_fields(node):
        if isinstance(value, str) and key not in ("value", "type_comment", "kind"):
            yield value
        elif isinstance(value, list):
            yield from (one for one in value if isinstance(one, str))


def _string(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bytes):
            return node.value.decode("latin-1")
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_string(part) or "x" for part in node.values)
    return ""
