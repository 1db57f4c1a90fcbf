"""Which words does sqlglot take for something else, or for nothing? The tokens of a statement as it should see them."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from sqlglot import Token, TokenType

from contractctl.formats.sql.parsing.partitions import apart

_OPTIONS = re.compile(r"(?:(?:strict|without rowid)(?:, |$))+", re.IGNORECASE)
_TYPES = {
    "postgresql": {},
    "sqlite": {},
    "mysql": {
        "INET4": TokenType.IPV4,
        "INET6": TokenType.IPV6,
        "LINESTRING": TokenType.LINESTRING,
        "MULTILINESTRING": TokenType.MULTILINESTRING,
        "MULTIPOLYGON": TokenType.MULTIPOLYGON,
        "POINT": TokenType.POINT,
        "POLYGON": TokenType.POLYGON,
    },
}
"""Types that a dialect has, and sqlglot knows from others only."""
_MYSQL_TYPES = {
    "INT1": TokenType.TINYINT,
    "INT2": TokenType.SMALLINT,
    "INT3": TokenType.MEDIUMINT,
    "INT4": TokenType.INT,
    "INT8": TokenType.BIGINT,
    "MIDDLEINT": TokenType.MEDIUMINT,
    "REAL": TokenType.DOUBLE,
}
"""Words that sqlglot takes for types of other sizes: https://dev.mysql.com/doc/refman/8.4/en/other-vendor-data-types.html."""
_NO_POSTGRESQL_TYPES = """
    bigdecimal bignum bignumeric binary blob byte clob datetime decfloat decimal32 decimal64 decimal128 decimal256
    double fixed geography geometry hugeint int1 int16 int32 int64 int128 int256 list long longblob longtext
    longvarchar map mediumblob mediumint mediumtext nullable number nvarchar nvarchar2 object range ref short str
    string struct timestampltz timestampntz timestamp_ltz timestamp_ntz time_ns tinyblob tinyint tinytext uhugeint
    uint uint128 uint256 varbinary varchar2 variant vector
"""
"""Words that sqlglot takes for types there, and PostgreSQL does not."""
_NO_COLUMNS = "ADD COLUMN EXISTS DROP ALTER RENAME TO AND OR NOT WHEN THEN ELSE CASE IN IS LIKE BY"
"""Words before a column's name."""
_BEFORE_OPERANDS = frozenset({"(", "=", "<>", "!=", "<", "<=", ">", ">=", "<=>", "AND", "OR", "NOT", "LIKE", "WHERE"})
"""What stands before a value in an expression, and before no type."""
_NO_NAMES = frozenset({"EXCLUDE"})
"""Words that begin a constraint, where sqlglot does not see that they are a column's name."""


_BEFORE_IGNORED = frozenset({")", "BTREE", "HASH", "RTREE"})
_OPTION_VALUES = frozenset({TokenType.STRING, TokenType.NUMBER})
"""What stands before `IGNORED` at an index: its columns or another of its options."""
_ENDS = (
    ("VIEW", re.compile(r" WITH(?: (CASCADED|LOCAL))? CHECK OPTION$")),
    ("MATERIALIZED", re.compile(r" WITH (?:NO )?DATA$")),
)
"""What may stand at the end of a statement of the kind."""
_ALIKE = ("NULLS", "NOT", "DISTINCT")


def mended(tokens: tuple[Token, ...], dialect: str, own: frozenset[str]) -> tuple[tuple[Token, ...], str]:
    """The tokens, and what stands apart from them: options of SQLite's tables, of views and indexes, in small letters;
    how a table of MySQL is partitioned.

    own: names of types that were made before.
    """
    if dialect == "postgresql" and own:
        tokens = tuple(_own_types(tokens, own))
    if dialect != "mysql":
        return _mended(tokens, dialect)
    tokens, partitioning = apart(tokens)
    tokens = tuple(
        _cast_to_bytes([*_unsigned_floats([_as_mysql_has_it(token) for token in _bare_keys(_used(tokens))])])
    )
    kept, options = _mended(tokens, dialect)
    return kept, options or partitioning


def _mended(tokens: tuple[Token, ...], dialect: str) -> tuple[tuple[Token, ...], str]:
    heads = [token.text.upper() for token in tokens[:4]]
    if heads[:2] == ["ALTER", "TABLE"]:
        return tuple(_named_checks(tokens)), ""
    if heads[0] != "CREATE":
        return tokens, ""
    if "TABLE" in heads[:3]:
        tokens = tuple(_virtual(tokens))
        if dialect == "sqlite":
            return _without_options(tuple(_any_is_a_type(tokens)))
        return tuple(_elements(tokens, dialect)), ""
    if "INDEX" in heads and dialect == "postgresql":
        return _nulls_alike(tokens)
    if "INDEX" in heads and dialect == "mysql":
        return _mysql_index(tokens, heads)
    return _without_end(tokens, heads)


def _as(token: Token, kind: TokenType, text: str | None = None) -> Token:
    return Token(kind, token.text if text is None else text, token.line, token.col, token.start, token.end, [])


def _own_types(tokens: Sequence[Token], own: frozenset[str]) -> Iterator[Token]:
    """A type of another database is written out, `public.short`, where somebody made a type of that name."""
    for before, token in pairwise((None, *tokens)):
        assert token is not None  # noqa: S101 - only the one before the first is None
        word = token.text.lower()
        if word in own and word in _NO_POSTGRESQL_TYPES.split() and before is not None and _may_have_a_type(before):
            yield _as(token, TokenType.VAR, "public")
            yield _as(token, TokenType.DOT, ".")
            yield _as(token, TokenType.VAR)
        else:
            yield token


def _may_have_a_type(before: Token) -> bool:
    """Whether a type may follow: behind a column's name, a cast, TYPE."""
    word = before.text.upper()
    return word in {"::", "TYPE"} or (word[-1:].isalnum() and word not in _NO_COLUMNS.split())


def _named_checks(tokens: Sequence[Token]) -> Iterator[Token]:
    """`ADD CHECK (…)` is `ADD CONSTRAINT "" CHECK (…)`: sqlglot knows no constraint without a name there."""
    for token, before in zip(tokens, (None, *tokens), strict=False):
        if before is not None and (before.text.upper(), token.text.upper()) == ("ADD", "CHECK"):
            yield _as(token, TokenType.CONSTRAINT, "CONSTRAINT")
            yield _as(token, TokenType.IDENTIFIER, "")
        yield token


def _without_end(tokens: tuple[Token, ...], heads: list[str]) -> tuple[tuple[Token, ...], str]:
    """A statement without what may stand at its end; of a view, what that says of writing through it."""
    words = "".join(f" {token.text.upper()}" for token in tokens)
    for kind, pattern in _ENDS:
        if kind in heads and (match := pattern.search(words)):
            kept = tokens[: -match[0].count(" ")]
            return kept, f"check_option={(match[1] or 'cascaded').lower()}" if kind == "VIEW" else ""
    return tokens, ""


def _mysql_index(tokens: tuple[Token, ...], heads: list[str]) -> tuple[tuple[Token, ...], str]:
    """FULLTEXT and SPATIAL stand apart. `USING BTREE`, before ON or at the end, and a COMMENT say nothing new."""
    kind = heads[1].lower() if heads[1] in {"FULLTEXT", "SPATIAL"} else ""
    words = [token.text.upper() for token in tokens]
    at = words.index("USING") if "USING" in words else len(words)
    kept = tokens[:at] + tokens[at + 2 :]
    pairs = enumerate(pairwise(kept))
    comments = (
        at for at, (word, text) in pairs if word.text.upper() == "COMMENT" and text.token_type is TokenType.STRING
    )
    at = next(comments, len(kept))
    kept = kept[:at] + kept[at + 2 :]
    return (kept[0], *kept[2:]) if kind else kept, kind


def _nulls_alike(tokens: tuple[Token, ...]) -> tuple[tuple[Token, ...], str]:
    """NULLS NOT DISTINCT stands behind the parentheses of a unique index."""
    words = tuple(token.text.upper() for token in tokens)
    for at in range(len(tokens) - 2):
        if words[at : at + 3] == _ALIKE:
            return tokens[:at] + tokens[at + 3 :], " ".join(_ALIKE).lower()
    return tokens, ""


def _without_options(tokens: tuple[Token, ...]) -> tuple[tuple[Token, ...], str]:
    last = max((i for i, token in enumerate(tokens) if token.text == ")"), default=len(tokens) - 1)
    options = " ".join(token.text for token in tokens[last + 1 :]).replace(" ,", ",")
    if _OPTIONS.fullmatch(options):
        return tokens[: last + 1], options
    return tokens, ""


def _used(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """An index without `IGNORED`: that keeps queries from using it, and a unique one refuses the same rows as before.

    In a query it may be a column's new name. https://mariadb.com/kb/en/ignored-indexes/
    """
    words = [*(token.text.upper() for token in tokens), ")"]
    said = set[int]()
    for at, token in enumerate(tokens):
        if words[at] == "IGNORED" and token.token_type is TokenType.VAR and words[at + 1] in {",", ")"}:
            first = at - 1 if words[at - 1] == "NOT" else at
            before = tokens[first - 1]
            if before.token_type in _OPTION_VALUES or before.text.upper() in _BEFORE_IGNORED:
                said.update(range(first, at + 1))
    return tokens if "SELECT" in words else tuple(token for at, token in enumerate(tokens) if at not in said)


def _bare_keys(tokens: Sequence[Token]) -> Iterator[Token]:
    """`PRIMARY KEY USING BTREE (…)` without its USING, which sqlglot knows only behind the parentheses."""
    skipped = 0
    for before, token in pairwise((None, *tokens)):
        assert token is not None  # noqa: S101 - only the one before the first is None
        if before is not None and before.token_type is TokenType.PRIMARY_KEY and token.text.upper() == "USING":
            skipped = 2
        if skipped:
            skipped -= 1
        else:
            yield token


def _as_mysql_has_it(token: Token) -> Token:
    """The same type words mean other types in other databases."""
    if token.token_type in {TokenType.STRING, TokenType.IDENTIFIER}:
        return token
    if token.text.upper() == "PERSISTENT":  # https://mariadb.com/kb/en/generated-columns/
        return _as(token, TokenType.VAR, "STORED")
    kind = _MYSQL_TYPES.get(token.text.upper())
    if kind is None:
        return token
    return _as(token, kind, kind.name.lower())


def _virtual(tokens: Sequence[Token]) -> Iterator[Token]:
    """`AS (…) NOT NULL` is `AS (…) VIRTUAL NOT NULL`: sqlglot reads the first as `(…) IS NOT NULL`."""
    opened: list[bool] = []
    for before, token, after in zip((None, *tokens), tokens, (*tokens[1:], None), strict=False):
        yield token
        if token.text == "(":
            opened.append(before is not None and before.text.upper() == "AS")
        elif token.text == ")" and opened and opened.pop() and after is not None and after.text.upper() == "NOT":
            yield _as(token, TokenType.VAR, "VIRTUAL")


def _any_is_a_type(tokens: Sequence[Token]) -> Iterator[Token]:
    """ANY is a type of strict tables, which sqlglot takes for the start of `ANY (…)`."""
    for token, after in pairwise((*tokens, None)):
        assert token is not None  # noqa: S101 - only the last of all is None
        if token.token_type is TokenType.ANY and (after is None or after.text != "("):
            yield _as(token, TokenType.BLOB, "blob")
        else:
            yield token


def _unsigned_floats(tokens: Sequence[Token]) -> Iterator[Token]:
    """`float unsigned`, of which sqlglot knows nothing, becomes `float zerofill`, and that says ZEROFILL twice."""
    float_ = within = False
    for token in tokens:
        word = token.text.upper()
        if float_ and not within and word in {"UNSIGNED", "ZEROFILL"}:
            yield from [_as(token, TokenType.VAR, "zerofill")] * (1 if word == "UNSIGNED" else 2)
            continue
        within = float_ and word != ")" and (within or word == "(")
        float_ = word == "FLOAT" or (float_ and (within or word == ")"))
        yield token


def _cast_to_bytes(tokens: Sequence[Token]) -> Iterator[Token]:
    """`BINARY a` is `CAST(a AS BINARY)`: sqlglot knows it of texts alone, and takes it for a type."""
    left = iter(zip((None, *tokens), tokens, (*tokens[1:], None), (*tokens[2:], None, None), strict=False))
    for before, token, after, behind in left:
        starts = before is not None and before.text.upper() in _BEFORE_OPERANDS
        named = after is not None and after.token_type in {TokenType.VAR, TokenType.IDENTIFIER}
        if not (starts and named and token.text.upper() == "BINARY") or (
            behind is not None and behind.text in {"(", "."}
        ):
            yield token
            continue
        yield from (_as(token, TokenType.VAR, "CAST"), _as(token, TokenType.L_PAREN, "("), next(left)[1])
        yield from (_as(token, TokenType.ALIAS, "AS"), token, _as(token, TokenType.R_PAREN, ")"))


def _elements(tokens: Sequence[Token], dialect: str) -> Iterator[Token]:
    """Each column's name as a name, and its type as a type."""
    types, depth, place, skipped = _TYPES[dialect], 0, 0, False
    for token, after in pairwise((*tokens, None)):
        assert token is not None  # noqa: S101 - only the last of all is None
        word, following = token.text.upper(), after.text.upper() if after is not None else ""
        depth += (word == "(") - (word == ")")
        place = 0 if depth == 1 and word in {"(", ","} else place + 1
        if skipped:
            skipped = False
        elif depth == 1 and place == 1 and word in _NO_NAMES and following not in {"(", "USING"}:
            yield _as(token, TokenType.IDENTIFIER, token.text.lower())
        elif depth == 1 and place == 2 and word in types:  # noqa: PLR2004 - behind the name
            yield _as(token, types[word])
        elif dialect == "postgresql" and (word, following) == ("BIT", "VARYING"):
            yield _as(token, TokenType.VAR, "varbit")
            skipped = True
        else:
            yield token
