"""What is answered over HTTP? The same as on the command line, and silence is never a yes.

A question comes in by `application`, behind a token and within limits. It is answered by one of the `workers`,
processes of our own that are ended when they take too long: what they run is given, this package decides nothing.
"""

from contractctl.serving.answers import Answer, ProblemError, Verdict
from contractctl.serving.questions import Deployability, Gate, Question, Readiness

__all__ = ("Answer", "Deployability", "Gate", "ProblemError", "Question", "Readiness", "Verdict")
