"""How does a gate's decision look in a browser? First what is open, then every number that it rests on, in words."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from contractctl import canary
from contractctl.gate import comparing, requests
from contractctl.gate.case import Case
from contractctl.gate.words import moment, number, percent, span, where
from contractctl.model.decision import Condition, Decision, Outcome
from contractctl.model.evidence import Record
from contractctl.report import decision_charts as charts
from contractctl.report.decision import answer, open_conditions
from contractctl.report.decision_words import REASONS
from contractctl.report.page import page, tiles

_KINDS = {Outcome.PASS: "yes", Outcome.FAIL: "no", Outcome.UNKNOWN: "unknown"}
_MARKS = {Outcome.PASS: "✓", Outcome.FAIL: "✗", Outcome.UNKNOWN: "?"}
_CANARY = ("canary ", "share set by ")
_READS = (
    "reads of ",
    "code of ",
    "consumers of ",
    "instruments on ",
    "statements of ",
    "unattributed reads of ",
    "evidence of reads ",
)


def decision(made: Decision, case: Case) -> str:
    """A whole page. All text from evidence, plans and people is escaped: the page runs nothing."""
    numbered = {record.digest: place for place, record in enumerate(case.records, 1)}
    main = "".join((*_open(made), *_canary(made, case), *_reads(made), *_all(made, numbered), *_records(case)))
    footer = f"Written by contractctl gate. Decided from the inputs with the sha256 {made.digest}."
    title = f"{made.outcome}: {made.stage} of {made.plan}"
    return page(title, ("all", "To all conditions"), "".join(_header(made, case)), main, footer)


def _header(made: Decision, case: Case) -> Iterator[str]:
    still = [one.outcome for one in made.conditions if one.is_open]
    waived = sum(bool(one.waiver) and not one.holds for one in made.conditions)
    standing, since = escape(where(case.standing)), escape(moment(case.standing.since))
    yield f"<h1>{escape(made.stage)} of {escape(made.plan)}</h1>\n"
    word, _, rest = answer(made, case.percent).partition(": ")
    yield f'<p class="lead">{_badge(made.outcome, word)} {escape(rest)}</p>\n'
    yield tiles(
        (
            ("yes", sum(one.holds for one in made.conditions), "hold"),
            ("no", still.count(Outcome.FAIL), "do not hold"),
            ("unknown", still.count(Outcome.UNKNOWN), "unknown"),
            ("", waived, "waived"),
            ("", len(case.records), "records of evidence"),
        )
    )
    yield f'<p class="legend">Decided as of {escape(moment(made.at))}; the plan is {standing} since {since}. '
    yield "A fail beats an unknown, and an unknown beats a pass.</p>"


def _open(made: Decision) -> Iterator[str]:
    """What keeps the stage from beginning, and what was waived, each with its remedy."""
    waived = [one for one in made.conditions if one.waiver and not one.holds]
    found = [*open_conditions(made), *waived]
    if not found:
        return
    yield from _section("open", "What does not hold", "Each of these alone keeps the stage from beginning.")
    for one in found:
        kind = _KINDS[one.outcome]
        yield f'<div class="finding {kind}"><p class="what">{_badge(one.outcome)} {escape(one.name)}'
        yield f"{' · waived' if one.waiver else ''}</p><p>{escape(one.message)}</p>"
        if one.reason:
            yield f"<p>{escape(one.reason)}: {escape(REASONS[one.reason])}.</p>"
        yield f"<dl><dt>seen</dt><dd>{escape(one.observed)}</dd><dt>needed</dt><dd>{escape(one.threshold)}</dd>"
        if one.retry_after is not None:
            yield f"<dt>ask again</dt><dd>in {span(one.retry_after)}, {moment(made.at + one.retry_after)}</dd>"
        yield f"</dl>{f'<p>→ {escape(one.remedy)}</p>' if one.remedy else ''}</div>\n"
    yield "</section>\n"


def _canary(made: Decision, case: Case) -> Iterator[str]:
    own = _of(made, _CANARY)
    if not own:
        return
    yield from _section("canary", "The canary", f"{case.standing.percent:g} % of the requests go to the new path.")
    yield from _table(own, "What was observed")
    if any(one.name in ("canary errors", "canary latency") for one in own):
        for compared in requests.comparisons(case):
            yield from _compared(own, case, compared)
    yield "</section>\n"


def _compared(own: Sequence[Condition], case: Case, it: comparing.Compared) -> Iterator[str]:
    """Both questions about one measure of one source, drawn and in words."""
    records = tuple(sorted(set(it.records)))
    worse = next((one for one in own if (one.name, one.records) == (f"canary {it.name}", records)), None)
    shown = next((one for one in own if (one.name, one.records) == (f"canary {it.sample}", records)), None)
    if worse:
        yield f"<h3>Does the new path have more {escape(it.nouns)}?</h3>\n<p>{escape(worse.message)}.</p>\n<figure>"
        yield charts.course(it)
        yield (
            "<figcaption>E says how strongly what was counted so far speaks for "
            f"“the new path has more {escape(it.nouns)}”: 1 is not evidence, below 1 it speaks against it. "
            f"At {canary.ALARM:g} the canary has failed; if both paths are alike, E ever gets there in at most one "
            "canary of twenty, however often it is asked. "
            f"Now: {escape(worse.observed)}.</figcaption></figure>\n"
        )
        yield from charts.table(it)
    if shown and shown.interval:
        yield f"<h3>Is it shown not to have more {escape(it.nouns)}?</h3>\n<p>{escape(shown.message)}.</p>\n<figure>"
        yield charts.difference(shown.interval, comparing.margin(case, it), it.nouns)
        yield f"<figcaption>{escape(_between(shown.interval, it.nouns))} Needed: {escape(shown.threshold)}; "
        yield f"{number(shown.sample or 0.0)} were counted.</figcaption></figure>\n"


def _between(interval: tuple[float, float], nouns: str) -> str:
    low, high = (percent(bound) for bound in interval)
    return (
        f"Of its requests the new path has between {low} and {high} more {nouns} than the old one; each of the two "
        "bounds is wrong one time in twenty."
    )


def _reads(made: Decision) -> Iterator[str]:
    own = _of(made, _READS)
    if not own:
        return
    about = "Zero reads count only where an instrument was alive throughout the window: absent is not zero."
    yield from _section("reads", "Who still reads what will be removed", about)
    yield from _table(own, "Each consumer and field")
    yield "</section>\n"


def _all(made: Decision, numbered: dict[str, int]) -> Iterator[str]:
    yield from _section("all", "Every condition", "What was seen, what is needed, and which records it rests on.")
    yield from _head("All conditions, in their order", ("condition", "answer", "seen", "needed", "counted", "records"))
    for one in made.conditions:
        counted = "" if one.sample is None else number(one.sample)
        links = ", ".join(
            f'<a href="#r{numbered[digest]}">{numbered[digest]}</a>' for digest in one.records if digest in numbered
        )
        cells = (_badge(one.outcome), escape(one.observed), escape(one.threshold), counted, links)
        yield f'<tr><th scope="row">{escape(one.name)}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>\n'
    yield "</tbody></table></div>\n</section>\n"


def _records(case: Case) -> Iterator[str]:
    yield from _section(
        "records", "The evidence", "Which source was asked what, over which window, and how complete the answer is."
    )
    if not case.records:
        yield '<p class="empty">There is none.</p>\n</section>\n'
        return
    yield from _head("Records", ("number", "source", "what it is about", "window", "age", "completeness", "asked"))
    for place, record in enumerate(case.records, 1):
        cells = (
            escape(record.source),
            escape(record.kind),
            escape(_window(record)),
            f'<span class="count">{span(max(0.0, case.now - record.collected_at))}</span>',
            escape("; ".join(_completeness(record))),
            f"<code>{escape(record.query)}</code>",
        )
        row = "".join(f"<td>{cell}</td>" for cell in cells)
        yield f'<tr id="r{place}"><th scope="row">{place}</th>{row}</tr>\n'
    yield "</tbody></table></div>\n</section>\n"


def _window(record: Record) -> str:
    seconds = record.window_to - record.window_from
    if seconds < 1:
        return moment(record.window_to)
    return f"{moment(record.window_from)} to {moment(record.window_to)}, {span(seconds)}"


def _completeness(record: Record) -> Iterator[str]:
    if record.problem:
        yield record.problem
    if record.expected_heartbeats:
        alive = min(1.0, (record.observed_heartbeats or 0.0) / record.expected_heartbeats)
        yield f"alive for {percent(alive)} of it"
    yield "everything counted" if record.sampling_ratio == 1 else f"{percent(record.sampling_ratio)} sampled"


def _of(made: Decision, starts: tuple[str, ...]) -> list[Condition]:
    return [one for one in made.conditions if one.name.startswith(starts)]


def _table(own: Iterable[Condition], caption: str) -> Iterator[str]:
    yield from _head(caption, ("condition", "answer", "in words", "needed"))
    for one in own:
        why = f" ({escape(one.reason)})" if one.reason else ""
        cells = (
            f"<td>{_badge(one.outcome)}</td>",
            f'<td class="wide">{escape(one.message or one.observed)}{why}</td>',
            f"<td>{escape(one.threshold)}</td>",
        )
        yield f'<tr><th scope="row">{escape(one.name)}</th>{"".join(cells)}</tr>\n'
    yield "</tbody></table></div>\n"


def _head(caption: str, heads: Sequence[str]) -> Iterator[str]:
    named = "".join(f'<th scope="col">{head}</th>' for head in heads)
    yield f'<div class="scroll"><table class="numbers">\n<caption>{caption}</caption>\n'
    yield f"<thead><tr>{named}</tr></thead>\n<tbody>\n"


def _section(at: str, name: str, about: str) -> Iterator[str]:
    yield f'<section class="contract" id="{at}" aria-labelledby="{at}-name">\n<h2 id="{at}-name">{name}</h2>\n'
    yield f'<p class="about">{escape(about)}</p>\n'


def _badge(outcome: Outcome, word: str = "") -> str:
    return f'<span class="badge {_KINDS[outcome]}">{_MARKS[outcome]} {word or outcome}</span>'
