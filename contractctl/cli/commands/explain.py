"""contractctl explain: what does a rule mean, and what is the way out? What does an operation cost on each database?"""

import click

from contractctl.cli import Exit
from contractctl.formats import pages

_OPERATIONS = "operations"


@click.command
@click.argument("rule", required=False)
def command(rule: str | None) -> int:
    """Show a rule's page: what breaks for whom, and how to resolve it.

    Without RULE, list all rules, each with its effect and its title. `contractctl explain operations` shows what each
    operation of a plan does to a table's rows, on each database.
    """
    if rule == _OPERATIONS:
        from contractctl.report import efforts

        click.echo(efforts.text())
        return Exit.YES
    if rule is not None:
        page = pages.page(rule)
        click.echo(f"# {page.rule}: {page.title}\n\neffect: {page.effect}\n\n{page.text}")
        return Exit.YES
    listed = [pages.page(name) for name in pages.rules()]
    width = max(len(page.rule) for page in listed)
    for page in listed:
        click.echo(f"{page.rule:<{width}}  {page.effect:<8}  {page.title}")
    return Exit.YES
