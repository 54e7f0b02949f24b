"""The state of the fold as rows of themes/checkpoints, and back. Exactly: a fold that goes on from here equals one from the start.

A checkpoint holds the state at the end of the day before the latest one, so that the latest day can be folded again when more of it
arrives. Its meta row says by which rules and which embedder it was made; where any of them differs it is not used.
"""

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.themes import CHECKPOINTS
from feedback_assets.themes.fold import Issue, State, Theme
from feedback_assets.themes.lens import Language

if TYPE_CHECKING:
    import pyarrow as pa

META = "meta"
_LANGUAGE = "language:"
_FIGURES = ("total", "moments", "mean", "axes")


def rows_of(state: State, *, rules: str, embedder: str) -> "pa.Table":
    """The rows of a state. No rows for the state before the first day."""
    if state.through is None:
        return to_arrow(CHECKPOINTS, [])
    rows: list[dict[str, Any]] = [_row(META, "meta", {"rules": rules, "embedder": embedder}, [])]
    for theme in state.themes.values():
        facts = {k: v for k, v in vars(theme).items() if k not in {"total", "theme_id", "founded"}}
        rows.append(_row(theme.theme_id, "theme", facts | {"founded": _written(theme.founded)}, theme.total))
    for issue in state.waiting:
        facts = {k: v for k, v in issue._asdict().items() if k not in {"vector", "issue_id"}}
        facts |= {"feed_date": issue.feed_date.isoformat(), "event_time": _written(issue.event_time)}
        rows.append(_row(issue.issue_id, "waiting", facts, issue.vector))
    for name, language in state.languages.items():
        for figure in _FIGURES:
            facts = {"size": language.size, "viewed": language.viewed}
            rows.append(_row(f"{_LANGUAGE}{name}:{figure}", "meta", facts, getattr(language, figure).reshape(-1)))
    return to_arrow(CHECKPOINTS, ({"through": state.through, **row} for row in rows))


def _row(entry: str, kind: str, facts: dict[str, Any], vector: Any) -> dict[str, Any]:
    return {"entry": entry, "kind": kind, "state": json.dumps(facts, sort_keys=True, ensure_ascii=False), "vector": vector}


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def meta_of(rows: "pa.Table") -> tuple[date, dict[str, str]] | None:
    """Last day contained and the meta row; nothing when the rows are no whole checkpoint."""
    metas = [r for r in rows.select(["through", "entry", "state"]).to_pylist() if r["entry"] == META]
    return (metas[0]["through"], json.loads(metas[0]["state"])) if metas else None


def state_of(rows: "pa.Table") -> State:
    """The state that the rows hold."""
    import numpy as np

    state = State()
    figures: dict[str, dict[str, Any]] = {}
    for row in sorted(rows.to_pylist(), key=lambda r: str(r["entry"])):
        facts = json.loads(row["state"])
        state.through = row["through"]
        vector = np.array(row["vector"], np.float32)
        if row["kind"] == "theme":
            facts["founded"] = datetime.fromisoformat(facts["founded"])
            state.themes[row["entry"]] = Theme(theme_id=row["entry"], total=vector, **facts)
        elif row["kind"] == "waiting":
            facts |= {"feed_date": date.fromisoformat(facts["feed_date"]), "event_time": datetime.fromisoformat(facts["event_time"])}
            state.waiting.append(Issue(issue_id=row["entry"], vector=vector, **facts))
        elif row["entry"].startswith(_LANGUAGE):
            name, figure = row["entry"][len(_LANGUAGE) :].rsplit(":", 1)
            figures.setdefault(name, {}).update({figure: vector, **facts})
    for name, f in figures.items():
        width = len(f["total"])
        language = Language(f["size"], f["total"], f["moments"].reshape(width, width), f["viewed"], f["mean"], f["axes"].reshape(-1, width))
        state.languages[name] = language
    state.waiting.sort(key=lambda i: (i.feed_date, i.event_time, i.issue_id))
    return state
