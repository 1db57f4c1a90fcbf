"""What does a piece of SQL say, which columns does it name, and may it stand in a plan? No database is asked.

A plan's expressions are computed by triggers and by the backfill, at different moments and in different sessions: they
must come to the same for the same row, always. What gives it away by its name is refused here; the database itself is
asked about the rest when the plan is carried out.
"""

from collections.abc import Collection, Iterator, Mapping

from sqlglot import Token, TokenType, exp
from sqlglot.errors import SqlglotError

from contractctl.errors import ContractctlError
from contractctl.formats.sql.expressions import fold
from contractctl.formats.sql.statements import parse_tree, sqlglot_dialect

VOLATILE_FUNCTIONS = {
    dialect: frozenset(words.split())
    for dialect, words in {
        "postgresql": """
            random random_normal setseed now clock_timestamp statement_timestamp transaction_timestamp timeofday
            gen_random_uuid gen_random_bytes uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 uuidv4 uuidv7
            nextval currval lastval setval txid_current txid_current_if_assigned txid_current_snapshot
            pg_current_xact_id pg_current_xact_id_if_assigned pg_current_snapshot pg_backend_pid pg_sleep pg_sleep_for
            pg_sleep_until current_schema current_schemas current_database current_query current_setting set_config
            inet_client_addr inet_client_port inet_server_addr inet_server_port pg_notify pg_advisory_lock
            pg_advisory_xact_lock pg_try_advisory_lock pg_try_advisory_xact_lock version
        """,
        "mysql": """
            rand now current_timestamp localtime localtimestamp sysdate curdate current_date curtime current_time
            utc_date utc_time utc_timestamp uuid uuid_short sys_guid last_insert_id nextval lastval setval row_count
            found_rows connection_id user current_user session_user system_user current_role database schema version
            sleep benchmark get_lock release_lock release_all_locks is_free_lock is_used_lock master_pos_wait
            master_gtid_wait load_file random_bytes encrypt
        """,
    }.items()
}
"""Functions that do not always give the same for the same row, or do something else besides."""
VOLATILE_WORDS = {
    dialect: frozenset(words.split())
    for dialect, words in {
        "postgresql": """
            current_date current_time current_timestamp localtime localtimestamp current_user current_role session_user
            user current_catalog current_schema
        """,
        "mysql": """
            current_date current_time current_timestamp localtime localtimestamp utc_date utc_time utc_timestamp
            current_user current_role
        """,
    }.items()
}
"""What is called without parentheses."""
_NOTHING_GIVEN = {"mysql": frozenset({"unix_timestamp"})}
"""Functions that are volatile where they are given nothing."""
_MOMENTS = frozenset({"now", "today", "tomorrow", "yesterday"})
"""Texts that PostgreSQL reads as a moment which is another one tomorrow."""
_ZONES = frozenset({"time_zone", "session.time_zone"})
"""MariaDB stores a TIMESTAMP by the session's zone, so that naming it is how to be independent of it."""


def read(text: str, dialect: str) -> exp.Expr | None:
    """The tree of one expression; None where the text is none, or more than one."""
    written = f"SELECT {text}"
    try:
        tokens = tuple(sqlglot_dialect(dialect).tokenize(written))
        if any(token.comments or token.token_type is TokenType.SEMICOLON for token in tokens):
            return None  # what follows it in a statement would be lost
        tree = parse_tree(tokens, written, dialect)
    except (SqlglotError, RecursionError, AttributeError, IndexError, KeyError):
        return None
    if not isinstance(tree, exp.Select) or len(tree.expressions) != 1:
        return None
    others = {key for key, value in tree.args.items() if value and key != "expressions"}
    alone = not others and not isinstance(tree.expressions[0], exp.Alias | exp.Star)
    return tree.expressions[0] if alone else None


def demand_fragment(text: str, dialect: str, columns: Collection[str], what: str) -> None:
    """Raise ContractctlError for what is not an expression over these columns, or not always the same.

    columns: names as the dialect compares them. what: names the expression in messages.
    """
    tree = read(text, dialect)
    for reason in (*_spoken_reasons(text, dialect), *(_reasons(tree, dialect) if tree is not None else ())):
        raise ContractctlError(
            f"{what} does not always give the same value: {reason} in {text}",
            hint="write an expression that depends on the row alone",
        )
    if tree is None:
        raise ContractctlError(f"{what} is not an SQL expression over one row: {text}", hint=_one_row(columns))
    for word, kind in ((exp.Subquery, "a query"), (exp.Query, "a query"), (exp.AggFunc, "an aggregate")):
        if tree.find(word) is not None:
            raise ContractctlError(f"{what} is {kind}, and no expression over one row: {text}", hint=_one_row(columns))
    if tree.find(exp.Window) is not None:
        raise ContractctlError(f"{what} depends on other rows: {text}", hint=_one_row(columns))
    for column in tree.find_all(exp.Column):
        if column.table or isinstance(column.this, exp.Star):
            raise ContractctlError(f"{what} names '{column.sql()}': {text}", hint="write columns without their table")
        if fold(column.this, dialect) not in columns:
            raise ContractctlError(
                f"{what} is not an SQL expression over one row: it names '{column.name}', which is not on its side",
                hint=_one_row(columns),
            )


def renamed(text: str, dialect: str, names: Mapping[str, str]) -> str:
    """An expression with columns under other names, everything else as it is. names: folded → SQL of the new one."""
    tree = read(text, dialect)
    return text if tree is None else spliced(f"SELECT {text}", tree, dialect, names).removeprefix("SELECT ")


def spliced(text: str, tree: exp.Expr, dialect: str, names: Mapping[str, str]) -> str:
    """The same for any statement, where its tree is known."""
    at, written = 0, []
    for start, end, name in sorted(set(_places(tree, dialect, names))):
        written += [text[at:start], name]
        at = end
    return "".join([*written, text[at:]])


def _places(tree: exp.Expr, dialect: str, names: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    for identifier in column_names(tree):
        start, end = identifier.meta.get("start"), identifier.meta.get("end")
        name = names.get(fold(identifier, dialect))
        if name is not None and start is not None and end is not None:
            yield int(start), int(end) + 1, name


def column_names(tree: exp.Expr) -> Iterator[exp.Identifier]:
    """The identifiers that name columns."""
    for column in tree.find_all(exp.Column):
        if isinstance(column.this, exp.Identifier):
            yield column.this
    for prefix in tree.find_all(exp.ColumnPrefix):
        if isinstance(prefix.this, exp.Identifier):
            yield prefix.this


def _spoken_reasons(text: str, dialect: str) -> Iterator[str]:
    """What its words give away."""
    try:
        tokens = sqlglot_dialect(dialect).tokenize(text)
    except SqlglotError:
        return
    words = [token.text for token in tokens]
    for index, token in enumerate(tokens):
        word, then = token.text.lower(), words[index + 1 : index + 3]
        after_dot = index > 0 and words[index - 1] == "."
        given_nothing = then == ["(", ")"] and word in _NOTHING_GIVEN.get(dialect, ())
        if given_nothing or _is_volatile(token, dialect, called=then[:1] == ["("], after_dot=after_dot):
            yield f"'{word}'"


def _reasons(tree: exp.Expr, dialect: str) -> Iterator[str]:
    """What its parts give away."""
    for node in tree.walk():
        if isinstance(node, exp.Placeholder | exp.Parameter):
            yield f"'{node.sql()}' is given from outside"
        elif isinstance(node, exp.SessionParameter):
            scope = f"{node.args.get('kind')}." if node.args.get("kind") else ""
            if f"{scope}{node.this.name}".lower() not in _ZONES:
                yield f"'@@{node.this.name}' differs between sessions"
        elif isinstance(node, exp.Cast) and dialect == "postgresql" and _is_moment(node.this):
            yield f"'{node.this.name}'"


def _is_moment(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_string and node.name.strip().lower() in _MOMENTS


def _is_volatile(token: Token, dialect: str, *, called: bool, after_dot: bool) -> bool:
    if token.token_type is TokenType.STRING:
        return False
    word = token.text.lower()
    if called and word in VOLATILE_FUNCTIONS.get(dialect, ()):
        return True
    named = token.token_type is TokenType.IDENTIFIER or after_dot
    return not named and word in VOLATILE_WORDS.get(dialect, ())


def _one_row(columns: Collection[str]) -> str:
    return f"write one expression over: {', '.join(columns) or 'no column'}"
