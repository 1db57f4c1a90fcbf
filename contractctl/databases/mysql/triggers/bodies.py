"""How is a trigger's body written? Statements in, a statement out, each without its semicolon."""

from collections.abc import Iterable
from textwrap import indent

_STEP = "  "


def begin(statements: Iterable[str]) -> str:
    """BEGIN … END."""
    return f"BEGIN\n{_lines(statements)}END"


def when(condition: str, then: Iterable[str], otherwise: Iterable[str] = ()) -> str:
    """IF … THEN … ELSE … END IF; what is then to do may be nothing."""
    done, rest = _lines(then), _lines(otherwise)
    if not done and not rest:
        return ""
    if not done:
        return f"IF NOT {condition} THEN\n{rest}END IF"
    return f"IF {condition} THEN\n{done}{f'ELSE{chr(10)}{rest}' if rest else ''}END IF"


def caught(action: str, statements: Iterable[str]) -> str:
    """The statements until one of them raises; then the action."""
    return begin([handler(action), *statements])


def handler(action: str) -> str:
    """What is done as soon as something raises. 1265 ("data truncated") does, under the SQLSTATE of a warning."""
    return f"DECLARE EXIT HANDLER FOR SQLEXCEPTION, 1265 {action}"


def _lines(statements: Iterable[str]) -> str:
    return "".join(f"{indent(statement, _STEP)};\n" for statement in statements if statement)
