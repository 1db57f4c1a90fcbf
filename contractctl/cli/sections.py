"""Where does an option appear in a long help? Under a heading that says when it is needed."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import click


class Sectioned(click.Command):
    """A command whose help shows the options of each section under its heading, below the common ones.

    `sections`: a heading, and its options by their first spelling: {"Two files": ("--as", "--dialect")}.
    """

    sections: ClassVar[Mapping[str, Sequence[str]]]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Every option once."""
        heading_of = {option: heading for heading, options in self.sections.items() for option in options}
        rows: dict[str, list[tuple[str, str]]] = {heading: [] for heading in ("Options", *self.sections)}
        for one in self.get_params(ctx):
            row = one.get_help_record(ctx) if isinstance(one, click.Option) else None
            if row is not None:
                rows[heading_of.get(one.opts[0], "Options")].append(row)
        for heading, shown in rows.items():
            with formatter.section(heading):
                formatter.write_dl(shown)
