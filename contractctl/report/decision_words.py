"""What does each reason for "unknown" mean to somebody who has not met it before?"""

from contractctl.model.decision import Unknown

REASONS = {
    Unknown.MISSING_SOURCE: "nobody has looked, or nobody has answered; what was not asked for is not zero",
    Unknown.STALE: "the evidence is older than may be, or from a clock that is ahead; what happened since is not known",
    Unknown.WINDOW_NOT_COVERED: "it was not observed for as long as it must have been",
    Unknown.CALENDAR_NOT_COVERED: "the time observed has no such month's or quarter's end, at which more may run",
    Unknown.TOO_FEW_SAMPLES: "too little was counted to tell either way",
    Unknown.BAKING: "what stands now has not stood for as long as it must",
    Unknown.DARK_CONSUMER: "nothing proves that its reads would have been seen, so that none proves nothing",
    Unknown.UNATTRIBUTED_READS: "somebody reads it, and nobody knows who",
    Unknown.UNPARSEABLE: "what was answered could not be understood, and may hold anything",
    Unknown.TRUNCATED: "the answer is not whole, and the rest may hold anything",
    Unknown.SAMPLED: "only a part was counted: that can show a read, and never that there was none",
    Unknown.COUNTER_RESET: "a counter began again, and what it had counted is lost",
    Unknown.ENVIRONMENT_STALE: "what is live may be something else by now",
    Unknown.SHARE_MISMATCH: "the new path gets another share of the requests than was asked for",
    Unknown.CONFLICTING_EVIDENCE: "two that should know say different things",
    Unknown.NO_KNOWN_CONSUMERS: "nobody is known to read it, which is not the same as nobody",
    Unknown.SOURCE_ERROR: "whoever was asked could not answer",
}
