"""What must hold of themes at any time. Verdicts for the checks; no Dagster."""

from feedback_assets.contracts.themes import EMBEDDINGS, STATES
from feedback_assets.ground.verdict import Verdict
from feedback_assets.lakehouse.interface import Lakehouse


def one_embedder_verdict(lake: Lakehouse, setting: str, embedder: str) -> Verdict:
    """Themes are made by the embedder of today. While issues of older days have vectors of another one alone, themes stand still."""
    made_by = set(lake.read(STATES, columns=["embedder"], where={"status": ["active"]})["embedder"].to_pylist())
    others = made_by - {embedder}
    waiting = 0
    if others or not made_by:
        embedded = lake.read(EMBEDDINGS, columns=["issue_id", "embedder"]).to_pylist()
        ready = {r["issue_id"] for r in embedded if r["embedder"] == embedder}
        waiting = len({r["issue_id"] for r in embedded} - ready)
    return Verdict(
        passed=not waiting,
        rule=f"Every issue has a vector of the embedder that themes go by, {embedder}.",
        number=waiting,
        threshold="0 issues that wait for one; until then themes stay as they are",
        owner="feedback-ml",
        next_command=f"feedback run makes the vectors that are missing, or set FEEDBACK_EMBEDDER back from {setting} to what was there",
        sample=[{"themes made by": name} for name in sorted(others)],
    )
