"""Is an index taken apart into what it says, written again as the same one, and told from another?"""

import pytest

from contractctl.formats.sql.indexes import plain_columns, read_index, with_columns

FULL = (
    'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "By" ON ONLY shop.t USING btree'
    ' (lower(x) text_pattern_ops DESC NULLS LAST, "Y") INCLUDE (z) NULLS NOT DISTINCT WITH (fillfactor=70) WHERE x > 0'
)


def test_every_part_of_an_index_is_known() -> None:
    found = read_index(FULL, "postgresql")

    assert found is not None
    assert (found.name, found.unique, found.using, found.include, found.where) == ("By", True, "btree", "z", "x > 0")
    assert found.columns == 'lower(x) text_pattern_ops DESC NULLS LAST, "Y"'
    assert found.rest == "NULLS NOT DISTINCT WITH (fillfactor=70)"
    assert found.reads == {"x", "Y", "z"}


@pytest.mark.parametrize(
    ("dialect", "text", "again"),
    [
        (
            "postgresql",
            "CREATE INDEX a ON t USING gin (x jsonb_path_ops)",
            "CREATE INDEX a ON t USING gin (x jsonb_path_ops)",
        ),
        ("postgresql", "create index A on public.t(x, (y + z))", "CREATE INDEX a ON t (x, (y + z))"),
        ("mysql", "INDEX k (`y`(10) DESC, x) USING HASH", "CREATE INDEX k ON t (`y`(10) DESC, x) USING HASH"),
        ("mysql", "FULLTEXT KEY f (y)", "CREATE FULLTEXT INDEX f ON t (y)"),
        ("mysql", "KEY z (x) COMMENT 'fast'", "CREATE INDEX z ON t (x) COMMENT 'fast'"),
        (
            "sqlite",
            'CREATE UNIQUE INDEX "a b" ON t (x COLLATE NOCASE)',
            'CREATE UNIQUE INDEX "a b" ON t (x COLLATE NOCASE)',
        ),
    ],
)
def test_an_index_is_written_again_as_it_is(dialect: str, text: str, again: str) -> None:
    found = read_index(text, dialect)

    assert found is not None
    assert found.statement("t", dialect) == again


@pytest.mark.parametrize(
    ("dialect", "text", "columns"),
    [
        ("postgresql", "CREATE INDEX a ON t (x, lower(x), y DESC) WHERE x > 0", "x__new, lower(x__new), y DESC"),
        ("mysql", "INDEX k (x(10), y)", "x__new(10), y"),
        ("sqlite", "CREATE INDEX a ON t (X COLLATE NOCASE, y + x)", "x__new COLLATE NOCASE, y + x__new"),
    ],
)
def test_the_same_index_over_a_column_of_another_name(dialect: str, text: str, columns: str) -> None:
    found = read_index(text, dialect)
    assert found is not None
    renamed = with_columns(found, {"x": "x__new"}, dialect)

    assert renamed is not None
    assert renamed.columns == columns
    assert ("x__new > 0" if found.where else "") == renamed.where
    assert "x" not in renamed.reads


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("CREATE INDEX a ON t (x)", "create index b on t using BTREE ( X )", True),
        ("CREATE INDEX a ON t (x)", "CREATE UNIQUE INDEX a ON t (x)", False),
        ("CREATE INDEX a ON t (x)", 'CREATE INDEX a ON t ("X")', False),
        ("CREATE INDEX a ON t (x)", "CREATE INDEX a ON t (x DESC)", False),
        ("CREATE INDEX a ON t (x) WHERE y = 'A'", "CREATE INDEX a ON t (x) WHERE y = 'a'", False),
    ],
)
def test_two_indexes_are_the_same_where_they_say_the_same(one: str, other: str, same: bool) -> None:
    found = [read_index(text, "postgresql") for text in (one, other)]

    assert all(found)
    assert (found[0].says("postgresql") == found[1].says("postgresql")) is same


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ('CREATE INDEX a ON t (y, "X")', ("y", "X")),
        ("CREATE INDEX a ON t (y DESC)", ()),
        ("CREATE INDEX a ON t (lower(y))", ()),
    ],
)
def test_columns_and_nothing_else_are_told_from_the_rest(text: str, columns: tuple[str, ...]) -> None:
    found = read_index(text, "postgresql")

    assert found is not None
    assert plain_columns(found, "postgresql") == columns


@pytest.mark.parametrize(
    "text", ["CREATE TABLE t (x int)", "DROP INDEX a", "CREATE INDEX a ON t", "CREATE INDEX a ON t (x", ""]
)
def test_what_is_no_index_is_none(text: str) -> None:
    assert read_index(text, "postgresql") is None
