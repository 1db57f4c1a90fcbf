"""What does each reason for "unknown" mean to a reader who has not met it before?"""

from contractctl.model.decision import Unknown

REASONS = {
    Unknown.MISSING_SOURCE: "nothing and nobody has answered this yet, and silence is no evidence",
    Unknown.STALE: "the evidence is older than allowed, or from a clock that is ahead; what happened since is unknown",
    Unknown.WINDOW_NOT_COVERED: "it was not observed for as long as required",
    Unknown.CALENDAR_NOT_COVERED: "the observed time does not include the end of a month or quarter, when more may run",
    Unknown.TOO_FEW_SAMPLES: "too little was counted to decide either way",
    Unknown.BAKING: "the current state has not lasted as long as required",
    Unknown.DARK_CONSUMER: "nothing proves that its reads would have been seen, so seeing none proves nothing",
    Unknown.UNATTRIBUTED_READS: "somebody reads it, but it is unknown who",
    Unknown.UNPARSEABLE: "the answer could not be understood, and may mean anything",
    Unknown.TRUNCATED: "the answer is incomplete, and the rest may hold anything",
    Unknown.SAMPLED: "only a part was counted: that can prove a read, but never its absence",
    Unknown.COUNTER_RESET: "a counter restarted, and what it had counted is lost",
    Unknown.ENVIRONMENT_STALE: "what is live may have changed since",
    Unknown.SHARE_MISMATCH: "the new path gets a different share of the requests than was asked for",
    Unknown.CONFLICTING_EVIDENCE: "two sources contradict each other",
    Unknown.NO_KNOWN_CONSUMERS: "no reader is known, which is not the same as no reader",
    Unknown.SOURCE_ERROR: "the source could not answer",
}
