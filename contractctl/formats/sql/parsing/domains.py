"""What does a column promise whose type is a domain? What its base type does, and what the domain adds.

https://www.postgresql.org/docs/current/sql-createdomain.html
"""

import re
from dataclasses import replace

from sqlglot import exp

from contractctl.formats.sql.parsing.defined import Defined, Domain, NotUnderstoodError, name_of
from contractctl.formats.sql.parsing.definitions import create_table
from contractctl.formats.sql.statements import Words, parse_tree, split
from contractctl.model.contract import File

_DOMAIN = re.compile(
    r'CREATE\s+DOMAIN\s+((?:"(?:[^"]|"")*"|[\w$]+)(?:\s*\.\s*(?:"(?:[^"]|"")*"|[\w$]+))?)\s+(?:AS\s+)?', re.IGNORECASE
)


def create_domain(defined: Defined, words: Words) -> str:
    """Take in one CREATE DOMAIN, read as the definition of a column. Gives back the domain's name."""
    match = _DOMAIN.match(words.written)
    if match is None:
        raise NotUnderstoodError("the domain has no name that can be read")
    (column,) = split(File("", f"CREATE TABLE {match[1]} (value {words.written[match.end() :]})"), defined.dialect)
    tree = parse_tree(column.tokens, column.text, defined.dialect)
    if not isinstance(tree, exp.Create) or len(tree.this.expressions) != 1:
        raise NotUnderstoodError("the domain is not understood")
    own = Defined(defined.dialect, enums=defined.enums, domains=defined.domains)
    name = create_table(own, tree, "")
    table = own.tables[name]
    if table.unjudged or table.uniques or table.foreign_keys:
        raise NotUnderstoodError("the domain has more clauses than are understood")
    defined.domains[name] = Domain(replace(table.columns[0], name=""), table.checks)
    return name_of(tree.this.this, defined.dialect)
