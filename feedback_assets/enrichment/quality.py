"""How right the labels are, measured on golden texts. Used by tests and benchmarks. Not here: the texts (taxonomy/golden/)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from feedback_assets.enrichment.golden import GoldenText
from feedback_assets.enrichment.reader import Reader
from feedback_assets.enrichment.tiers.interface import EventText


@dataclass(frozen=True)
class Score:
    """Counts of one category among accepted issues."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Accepted issues that are right; 1 when nothing was accepted."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """True issues that were accepted; 1 when there are none."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


@dataclass(frozen=True)
class Quality:
    """accuracy: texts whose accepted categories are exactly the true ones. decided: texts that did not go to review.

    accuracy_decided: the same share among those. overlooked: texts with an issue that were held to have none.
    evidence: right issues whose evidence meets the true evidence.
    """

    texts: int
    accuracy: float
    decided: float
    accuracy_decided: float
    overall: Score
    by_category: dict[str, Score]
    subcategory_accuracy: float
    evidence: float
    severity_within_one: float
    sentiment_accuracy: float
    false_alarms: float
    overlooked: float


def measure(reader: Reader, texts: Sequence[GoldenText]) -> Quality:
    """Quality on these texts; at least one is needed. Take the test split: the others were learnt from."""
    decisions = reader.read([EventText(t.id, "", t.text, language=t.language) for t in texts])
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for text, decision in zip(texts, decisions, strict=True):
        truth = {label.category for label in text.labels}
        said = {issue.category for issue in decision.issues}
        right.update(truth & said)
        wrong.update(said - truth)
        missed.update(truth - said)
        counts["exact"] += truth == said
        counts["overlooked"] += bool(truth) and decision.outcome == "no_issue"
        decided = not decision.review
        counts["decided"] += decided
        counts["decided_exact"] += decided and truth == said
        counts["silent"] += not truth
        counts["false_alarm"] += not truth and bool(said)
        for label in text.labels:
            issue = next((i for i in decision.issues if i.category == label.category), None)
            if issue is None:
                continue
            start = text.text.find(label.evidence)
            counts["matched"] += 1
            counts["sub"] += any(i.subcategory == label.subcategory for i in decision.issues if i.category == label.category)
            counts["evidence"] += any(s.start < start + len(label.evidence) and start < s.end for s in issue.evidence)
            counts["severity"] += abs(issue.severity - label.severity) <= 1
            counts["sentiment"] += issue.sentiment == label.sentiment
    names = [c.id for c in reader.taxonomy.categories]
    matched = max(counts["matched"], 1)
    return Quality(
        texts=len(texts),
        accuracy=counts["exact"] / len(texts),
        decided=counts["decided"] / len(texts),
        accuracy_decided=counts["decided_exact"] / max(counts["decided"], 1),
        overall=Score(right.total(), wrong.total(), missed.total()),
        by_category={n: Score(right[n], wrong[n], missed[n]) for n in names},
        subcategory_accuracy=counts["sub"] / matched,
        evidence=counts["evidence"] / matched,
        severity_within_one=counts["severity"] / matched,
        sentiment_accuracy=counts["sentiment"] / matched,
        false_alarms=counts["false_alarm"] / max(counts["silent"], 1),
        overlooked=counts["overlooked"] / max(len(texts) - counts["silent"], 1),
    )
