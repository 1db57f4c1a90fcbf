"""What is a Prometheus server asked for? Counters, their windows, and the signs of life that go with them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from contractctl.evidence.metrics import CANARY, DURATION, READS, SHADOW_READS
from contractctl.evidence.questions import Question, needed_window
from contractctl.evidence.targets import NEAR

_METRICS = {
    "reads": "contract_field_reads_total",
    "heartbeat": "contract_instrumentation_info",
    "canary": "contract_canary_requests_total",
    "duration": "contract_canary_duration_seconds_bucket",
    "shadow": "contract_shadow_reads_total",
    "started": "contract_instrumentation_started_seconds",
}


@dataclass(frozen=True, slots=True)
class Query:
    """One counter over one window, and how often its process shows that it is alive."""

    metric: str
    counter: str
    """A selector, as all of them are."""
    sign: str
    """Empty for a canary: it is alive as long as it counts."""
    started: str
    begin: float
    end: float
    beat: float

    @property
    def near(self) -> float:
        """Seconds within which one sample follows another."""
        return NEAR * self.beat


def queries(question: Question, options: Mapping[str, str]) -> Iterator[Query]:
    """Reads and signs of life over the longest window that any consumer needs, then the requests of the share.

    Not as far back as files count: where a server has forgotten what was before, every counter looks as if it were born
    with all that it holds.
    """
    rules = question.plan.reads
    names = {key: options.get(key, default) for key, default in _METRICS.items()}
    contracts = sorted({field.contract for field in question.fields})
    beat = max(1.0, rules.heartbeat_seconds)
    if contracts:
        parties = [party for contract in contracts for party in question.consumers.get(contract, ())]
        longest = max(needed_window(rules, party, None) for party in (None, *parties))
        begin = question.now - longest - 2 * beat
        selector = f'{{contract_name=~"{one_of(contracts)}|"}}'
        counter, sign = names["reads"] + selector, names["heartbeat"] + selector
        yield Query(READS, counter, sign, names["started"], begin, question.now, beat)
    if question.since is not None:
        begin = question.since - question.plan.canary.bake_seconds
        selector = f'{{contract_plan="{_quoted(question.plan.name)}"}}'
        asked = [(CANARY, "canary"), (SHADOW_READS, "shadow")]
        if question.plan.canary.slow_seconds is not None:
            asked.append((DURATION, "duration"))
        for metric, name in asked:
            yield Query(metric, names[name] + selector, "", names["started"], begin, question.now, beat)


def one_of(texts: Iterable[str]) -> str:
    """As literals inside a regular expression inside a quoted string."""
    escaped = ("".join(f"\\{letter}" if letter in r"\.+*?()[]{}|^$" else letter for letter in text) for text in texts)
    return _quoted("|".join(escaped))


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
