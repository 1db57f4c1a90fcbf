"""How does the matrix look in a browser?"""

from collections.abc import Iterator
from html import escape
from itertools import groupby

from contractctl.formats import FORMATS, load
from contractctl.matrix import Cell, Match, Matrix
from contractctl.model.amounts import agreeing
from contractctl.model.verdict import Answer, Finding, Place, Seats, Status
from contractctl.report.matrix_words import MARKS, MEANING, Row, answer, grid, judged, letters, sentence, standing
from contractctl.report.page import page, tiles
from contractctl.store import Unreadable, parted

_KINDS = {Status.COMPATIBLE: "yes", Status.INCOMPATIBLE: "no", Status.UNKNOWN: "unknown"}


def matrix(rows: tuple[Row, ...]) -> str:
    """A whole page. All text from contracts is escaped: the page runs nothing."""
    sections = "".join(line for number, one in enumerate(rows, 1) for line in _section(one, f"c{number}"))
    header = f"""<h1>Compatibility matrix</h1>
<p class="lead">{escape(answer(rows))}</p>
{_tiles(rows)}
<p class="legend"><b>B</b> backward, <b>F</b> forward; <span class="yes">✓ compatible</span>,
<span class="no">✗ incompatible</span>, <span class="unknown">? unknown</span>.
Underlined cells lead to what was found.</p>
{_contents(rows) if len(rows) > 1 else ""}"""
    skip = "c1", "To the first contract"
    return page("Compatibility matrix", skip, header, sections, "Written by contractctl matrix.")


def _contents(rows: tuple[Row, ...]) -> str:
    """Links to all contracts, by domain, each with the status of its newest change and of those who use it."""
    numbered = enumerate(rows, 1)
    groups = "".join(
        f"<li><b>{escape(domain)}</b>\n<ul>{''.join(_entry(number, one) for number, one in those)}</ul></li>\n"
        for domain, those in groupby(numbered, lambda pair: _name(pair[1]).rpartition("/")[0])
    )
    said = "The mark sums up the newest version at its level, and the consumers with their producers."
    listed = f'<ul class="domains">{groups}</ul>\n<p class="hint">{said}</p>'
    return f'<nav class="contents" aria-label="Contracts">\n{listed}</nav>'


def _name(one: Row) -> str:
    return one.name if isinstance(one, Unreadable) else one.contract


def _entry(number: int, one: Row) -> str:
    status = Status.UNKNOWN if isinstance(one, Unreadable) else standing(one)
    name = escape(_name(one).rpartition("/")[2])
    said = f'<span class="{_KINDS[status]}" role="img" aria-label="{status}">{MARKS[status]}</span>'
    return f'<li><a href="#c{number}">{said} {name}</a></li>'


def _tiles(rows: tuple[Row, ...]) -> str:
    matrices, broken = parted(rows)
    pairs = [letters(cell.comparison) for one in matrices for cell in one.cells]
    unknown = sum("?" in pair for pair in pairs)
    both = pairs.count("BF")
    return tiles(
        (
            ("", len(rows), agreeing(len(rows), "contract")),
            *([("no", len(broken), "unreadable")] if broken else ()),
            ("", len(pairs), agreeing(len(pairs), "pair of versions", "pairs of versions")),
            ("yes", both, "compatible both ways"),
            ("no", len(pairs) - both - unknown, "incompatible"),
            ("unknown", unknown, "unknown"),
        )
    )


def _section(one: Row, at: str) -> Iterator[str]:
    yield f'<section class="contract" id="{at}" aria-labelledby="{at}-name">\n'
    yield f'<h2 id="{at}-name">{escape(_name(one))}</h2>\n'
    if isinstance(one, Unreadable):
        said = f"<p>{escape(one.message)}</p><p>→ {escape(one.remedy)}</p>"
        yield f'<div class="finding no"><p class="what">unreadable</p>{said}</div>\n'
    else:
        yield from _compared(one, at)
    yield "</section>\n"


def _compared(one: Matrix, at: str) -> Iterator[str]:
    about = f"{one.format} · {judged(one)}{f' · {one.owner}' if one.owner else ''}"
    yield f'<p class="about">{escape(about)}</p>\n'
    shown = {(cell.old, cell.new): f"{at}-p{n}" for n, cell in enumerate(one.cells, 1) if _has_more(cell)}
    meaning = MEANING[load(one.format).SEATS if one.format in FORMATS else Seats.MESSAGE]
    yield f'<p class="hint">Backward: {meaning["backward"]}. Forward: {meaning["forward"]}.</p>\n<div class="tables">'
    if len(one.entries) > 1:
        yield from _versions(one, shown)
    else:
        only = f"One version: {one.entries[0].name}" if one.entries else "No version yet"
        yield f'<p class="empty">{escape(only)}.</p>\n'
    met = {(match.consumer, match.producer): f"{at}-m{n}" for n, match in enumerate(one.matches, 1)}
    if one.matches:
        yield from _parties(one, met)
    yield "</div>\n"
    if shown or met:
        everything = f'<a href="#{at}-all">show everything that was found</a>'
        yield f'<p class="hint">Choose a cell, or {everything}.</p>\n<div class="details" id="{at}-all">\n'
        for cell in one.cells:
            if (cell.old, cell.new) in shown:
                yield from _pair(cell, shown[cell.old, cell.new], at)
        for match in one.matches:
            yield from _match(match, met[match.consumer, match.producer], at)
        yield "</div>\n"


def _has_more(cell: Cell) -> bool:
    return bool(cell.comparison.findings) or "?" in letters(cell.comparison)


def _versions(one: Matrix, shown: dict[tuple[str, str], str]) -> Iterator[str]:
    cells = grid(one)
    names = [entry.name for entry in one.entries]
    yield '<div class="scroll"><table>\n<caption>Versions</caption>\n'
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in names[1:])
    yield f'<thead><tr><th scope="col">older ╲ newer</th>{heads}</tr></thead>\n<tbody>\n'
    for old in names[:-1]:
        row = "".join(_cell(cells.get((old, new)), shown.get((old, new))) for new in names[1:])
        yield f'<tr><th scope="row">{escape(old)}</th>{row}</tr>\n'
    yield "</tbody></table></div>\n"


def _cell(cell: Cell | None, target: str | None) -> str:
    if cell is None:
        return '<td class="void"></td>'
    both = (("B", cell.comparison.backward.status), ("F", cell.comparison.forward.status))
    inner = "".join(f'<span class="{_KINDS[status]}">{letter} {MARKS[status]}</span>' for letter, status in both)
    return f"<td>{_linked(inner, target, _tooltip(cell))}</td>"


def _linked(inner: str, target: str | None, title: str) -> str:
    said = f'class="pair" title="{escape(title)}"'
    if target is None:
        return f'<div {said} role="img" aria-label="{escape(title)}">{inner}</div>'
    return f'<a {said} href="#{target}" aria-label="{escape(title)}">{inner}</a>'


def _tooltip(cell: Cell) -> str:
    findings = cell.comparison.findings
    if not findings:
        return sentence(cell)
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"{sentence(cell)}. {findings[0].message}{more}"


def _parties(one: Matrix, met: dict[tuple[str, str], str]) -> Iterator[str]:
    verdicts = {(match.consumer, match.producer): match for match in one.matches}
    producers = list(dict.fromkeys(match.producer for match in one.matches))
    yield '<div class="scroll"><table>\n<caption>Consumers and producers</caption>\n'
    heads = "".join(f'<th scope="col">{escape(producer)}</th>' for producer in producers)
    yield f'<thead><tr><th scope="col">consumer ╲ producer</th>{heads}</tr></thead>\n<tbody>\n'
    for consumer in dict.fromkeys(match.consumer for match in one.matches):
        row = "".join(_party_cell(verdicts[consumer, p], met[consumer, p]) for p in producers)
        yield f'<tr><th scope="row">{escape(consumer)}</th>{row}</tr>\n'
    yield "</tbody></table></div>\n"


def _party_cell(match: Match, target: str) -> str:
    inner = f'<span class="{_KINDS[match.status]}">{MARKS[match.status]} {match.status}</span>'
    title = f"{match.consumer} and {match.producer}: {match.status}{f'. {match.reason}' if match.reason else ''}"
    return f"<td>{_linked(inner, target, title)}</td>"


def _pair(cell: Cell, target: str, back: str) -> Iterator[str]:
    yield f'<article class="detail" id="{target}">\n<h3>{escape(cell.old)} → {escape(cell.new)}</h3>\n'
    for word, said in (("backward", cell.comparison.backward), ("forward", cell.comparison.forward)):
        yield f"<p>{word} {_badge(said.status)}</p>\n"
        yield from _said(said)
    yield f'<p class="back"><a href="#{back}">back to the table</a></p>\n</article>\n'


def _said(said: Answer) -> Iterator[str]:
    yield from (_finding(finding) for finding in said.findings)
    for reason in said.reasons:
        yield f'<div class="finding unknown"><p class="what">not decided</p><p>{escape(reason)}</p></div>\n'


def _finding(finding: Finding) -> str:
    kind = "no" if finding.breaks else "unknown"
    places = " · ".join(_place(word, place) for word, place in (("old", finding.old), ("new", finding.new)) if place)
    return (
        f'<div class="finding {kind}"><p class="what"><span class="badge {kind}">{finding.effect}</span> '
        f"<code>{escape(finding.path)}</code> {escape(finding.rule)}{f' · {places}' if places else ''}</p>"
        f"<p>{escape(finding.message)}</p>{_witness(finding)}<p>→ {escape(finding.remedy)}</p></div>\n"
    )


def _place(word: str, place: Place) -> str:
    at = "".join(f":{number}" for number in (place.line, place.column) if number is not None)
    return f"{word} {escape(place.file)}{at}"


def _witness(finding: Finding) -> str:
    witness = finding.witness
    if witness is None:
        return "<dl><dt>witness</dt><dd>none found</dd></dl>"
    others = "".join(
        f"<dt>but</dt><dd><code>{escape(reply.answer)}</code> ({escape(reply.executed_by)})</dd>"
        for reply in witness.also
    )
    return (
        f"<dl><dt>sent</dt><dd><code>{escape(witness.sent)}</code></dd>"
        f"<dt>answer</dt><dd><code>{escape(witness.answer)}</code> ({escape(witness.executed_by)})</dd>{others}</dl>"
    )


def _match(match: Match, target: str, back: str) -> Iterator[str]:
    yield f'<article class="detail" id="{target}">\n'
    yield f"<h3>{escape(match.consumer)} and {escape(match.producer)} {_badge(match.status)}</h3>\n"
    if match.reason:
        yield f"<p>{escape(match.reason)}</p>\n"
    if match.meetings:
        yield '<div class="scroll"><table class="meetings"><thead><tr>'
        heads = (f"{match.consumer} on", f"{match.producer} on", "verdict", "why")
        yield "".join(f'<th scope="col">{escape(head)}</th>' for head in heads) + "</tr></thead>\n<tbody>\n"
        for meeting in match.meetings:
            why = [finding.message for finding in meeting.findings] + list(meeting.reasons)
            cells = (escape(meeting.consumer), escape(meeting.producer), _badge(meeting.status), escape("; ".join(why)))
            yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>\n"
        yield "</tbody></table></div>\n"
    yield f'<p class="back"><a href="#{back}">back to the table</a></p>\n</article>\n'


def _badge(status: Status) -> str:
    return f'<span class="badge {_KINDS[status]}">{MARKS[status]} {status}</span>'
