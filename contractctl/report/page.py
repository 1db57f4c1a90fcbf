"""What surrounds a report in a browser? One file that needs no network and no script; it prints, too."""

from html import escape

from contractctl.report.page_style import STYLE


def page(title: str, skip: tuple[str, str], header: str, main: str, footer: str) -> str:
    """A whole page; `skip` is an id and the text of the link that jumps there past the header.

    `title` and `footer` are text, `header` and `main` are HTML. The page may fetch nothing and run nothing.
    """
    target, words = skip
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<div class="page">
<a class="skip" href="#{target}">{words}</a>
<header>
{header}
</header>
<main>
{main}</main>
<footer>{escape(footer)}</footer>
</div>
</body>
</html>"""


def tiles(told: tuple[tuple[str, int, str], ...]) -> str:
    """(kind, number, words) each; kind is yes, no, unknown or empty."""
    items = "".join(
        f'<li class="{kind}"><b>{number:,}</b><span>{escape(words)}</span></li>' for kind, number, words in told
    )
    return f'<ul class="tiles">{items}</ul>'
