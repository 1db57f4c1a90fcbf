"""contractctl explain: what does a rule mean, and what is the way out?"""

import click

from contractctl.cli import Exit
from contractctl.formats import pages


@click.command
@click.argument("rule", required=False)
def command(rule: str | None) -> int:
    """Show a rule's page: what happens to whom, and the way out.

    Without RULE, list all rules, each with its effect and its title.
    """
    if rule is not None:
        click.echo(pages.page(rule).text.rstrip())
        return Exit.YES
    listed = [pages.page(name) for name in pages.rules()]
    width = max(len(page.rule) for page in listed)
    for page in listed:
        click.echo(f"{page.rule:<{width}}  {page.effect:<8}  {page.title}")
    return Exit.YES
