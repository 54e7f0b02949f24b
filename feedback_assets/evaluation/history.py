"""What was evaluated before: rows of evaluation/results. An evaluation that says what the last of its kind said is not noted again.

Not here: measuring (reading.py), showing (cli/).
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.evaluation import RESULTS
from feedback_assets.evaluation.reading import ALL, Figures

if TYPE_CHECKING:
    from feedback_assets.lakehouse.interface import Lakehouse

Row = dict[str, Any]


@dataclass(frozen=True)
class Identity:
    """What was evaluated: this content of a prompt, by this model, on this taxonomy and split."""

    task: str
    version: str
    content_hash: str
    model: str
    taxonomy_version: str
    split: str


def result_rows(identity: Identity, figures: Figures, at: datetime) -> list[Row]:
    """Rows of evaluation/results."""
    return [
        {
            "evaluated_at": at,
            **asdict(identity),
            "slice_kind": s.kind,
            "slice": s.name,
            "n": s.n,
            "precision": s.precision.value,
            "recall": s.recall.value,
            "f1": s.f1.value,
            "lower": s.f1.lower,
            "upper": s.f1.upper,
            "ece": s.ece,
            "evidence_validity": s.evidence_validity,
        }
        for s in figures.slices
    ]


def note(lake: "Lakehouse", identity: Identity, figures: Figures, at: datetime) -> bool:
    """Appends the figures; False when the last of the same identity are equal, and nothing was written."""
    rows = result_rows(identity, figures, at)
    if _without_time(last_rows(lake, identity)) == _without_time(rows):
        return False
    return lake.append_new(RESULTS, to_arrow(RESULTS, rows)).committed


def last_rows(lake: "Lakehouse", identity: Identity) -> list[Row]:
    """The slices of the last evaluation of that identity; of the version's name only the content counts. None: an empty list."""
    of = {k: [v] for k, v in asdict(identity).items() if k != "version"}
    rows = lake.read(RESULTS, where=of).to_pylist()
    newest = max((r["evaluated_at"] for r in rows), default=None)
    return [r for r in rows if r["evaluated_at"] == newest]


def last_whole(lake: "Lakehouse", identity: Identity) -> Row | None:
    """The whole of the last evaluation of that identity."""
    return next((r for r in last_rows(lake, identity) if r["slice_kind"] == ALL), None)


def history(lake: "Lakehouse", *, task: str = "", slice_kind: str = ALL) -> list[Row]:
    """All evaluations, oldest first; of each the slices of that kind."""
    where = {"slice_kind": [slice_kind], **({"task": [task]} if task else {})}
    rows: list[Row] = lake.read(RESULTS, where=where).to_pylist()
    return sorted(rows, key=lambda r: (r["evaluated_at"], *(str(r[name]) for name in RESULTS.key[1:])))


def _without_time(rows: list[Row]) -> list[Row]:
    kept = [{k: v for k, v in r.items() if k not in ("evaluated_at", "version")} for r in rows]
    return sorted(kept, key=lambda r: (r["slice_kind"], r["slice"]))
