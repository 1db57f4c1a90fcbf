"""Why has a column that MariaDB counts up one name alone? What sql/staging/unstaged.py says of the server is so."""

import pymysql
import pytest

from tests.databases.shops import Shop

TABLE = "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, n INT)"


def test_no_trigger_knows_the_number_in_time_to_give_it_to_another_column(shop: Shop) -> None:
    """Hazard 5, 41."""
    shop.run(TABLE)
    shop.run("CREATE TRIGGER early BEFORE INSERT ON t FOR EACH ROW SET @early = NEW.id")
    shop.run("CREATE TRIGGER late AFTER INSERT ON t FOR EACH ROW UPDATE t SET n = NEW.id WHERE id = NEW.id")
    with pytest.raises(pymysql.err.OperationalError, match="Can't update table 't' in stored function/trigger"):
        shop.run("INSERT INTO t (n) VALUES (1)")

    assert shop.rows("SELECT @early") == [(0,)]


def test_a_column_that_is_generated_from_it_has_no_index_and_passes_over_what_it_is_given(shop: Shop) -> None:
    """Hazard 5, 10, 44: whoever writes by the new name, in a session that is not strict, would lose the number."""
    shop.run(TABLE)
    shop.run("ALTER TABLE t ADD COLUMN ticket INT AS (id) VIRTUAL, ALGORITHM=INSTANT, LOCK=NONE")
    with pytest.raises(pymysql.err.OperationalError, match="'AUTO_INCREMENT' cannot be used"):
        shop.run("ALTER TABLE t ADD INDEX by_ticket (ticket)")
    shop.run("SET sql_mode = ''")
    shop.run("INSERT INTO t (ticket, n) VALUES (70, 1)")

    assert shop.rows("SELECT id, ticket, n FROM t") == [(1, 1, 1)]
