"""Which words does a text of GraphQL consist of? As https://spec.graphql.org/October2021/#sec-Language.Source-Text.

graphql-core reads the same, twenty times slower: it words what is wrong, and the tests hold the two against each other.
"""

import re
from itertools import islice

_TOKEN = re.compile(
    r'[ \t\r\n,\ufeff]+|#[^\r\n]*|([_A-Za-z][_0-9A-Za-z]*|[!$&():=@\[\]{|}]|\.\.\.|"""(?:[^"\\]|\\"""|\\|""?(?!"))*+"""'
    r'|"(?!"")(?:[^"\\\r\n]|\\["\\/bfnrt])*+"|-?[0-9](?:[_0-9A-Za-z.]|(?<=[eE])[+-])*|.)',
    re.DOTALL,
)
"""What is ignored, or one token; a last alternative takes what is none, and no rule of the grammar expects it."""
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_ESCAPED_BLOCK = '\\"""'
_UNICODE_ESCAPE = re.compile(r"\\u|[\ud800-\udfff]")


def tokens(text: str) -> list[str]:
    """Every token of a text, in its order; what is ignored is left out."""
    return [token for token in _TOKEN.findall(text) if token]


def start_of(text: str, index: int) -> int:
    """Where the token of that index begins."""
    found = (match for match in _TOKEN.finditer(text) if match[1])
    match = next(islice(found, index, None), None)
    return match.start(1) if match else len(text)


def line_and_column(text: str, at: int) -> tuple[int, int]:
    """Both from 1, as an editor counts them."""
    lines = re.split(r"\r\n|\r|\n", text[:at])
    return len(lines), len(lines[-1]) + 1


def is_beyond(text: str) -> bool:
    """Whether a text has escapes of code points, whose rules are left to graphql-core."""
    return _UNICODE_ESCAPE.search(text) is not None


def is_number(token: str) -> bool:
    """Whether a token is an integer or a number with a fraction or an exponent."""
    return _NUMBER.fullmatch(token) is not None


def string_value(token: str) -> str:
    """What a string says; of a block string without the indentation that its lines share."""
    if not token.startswith('"""'):
        return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), token[1:-1])
    lines = re.split(r"\r\n|\r|\n", token[3:-3].replace(_ESCAPED_BLOCK, '"""'))
    indents = [len(line) - len(line.lstrip(" \t")) for line in lines[1:] if line.strip(" \t")]
    lines = [lines[0], *(line[min(indents, default=0) :] for line in lines[1:])]
    while lines and not lines[0].strip(" \t"):
        del lines[0]
    while lines and not lines[-1].strip(" \t"):
        del lines[-1]
    return "\n".join(lines)


_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
