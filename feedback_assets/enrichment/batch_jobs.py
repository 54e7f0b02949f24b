"""The ledger of batch jobs: which are out, which questions are on them, what they may cost. Not here: the service (batch_asking.py).

A job's states, each written before the next step is taken:

    planned     its questions are noted; nothing of it is with the service
    uploaded    the service has its file; a job for the file may be there already
    out         the service works on it
    collected   it ended, its answers are in enrichment/answers, the accounts of its days may not say so yet
    closed      nothing is left to do, its questions are forgotten
    dropped     it came to nothing before the service had its file, or the service knows nothing of it: its questions are free again
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.enrichment import BATCH_JOBS, BATCH_QUESTIONS
from feedback_assets.lakehouse.frames import read_frame

if TYPE_CHECKING:
    from feedback_assets.lakehouse.interface import Lakehouse

PENDING = ("planned", "uploaded", "out")
"""A question of such a job is not sent anew."""
OPEN = (*PENDING, "collected")


def open_jobs(lake: "Lakehouse") -> list[dict[str, Any]]:
    """The jobs that something is still to be done for, oldest first."""
    rows: list[dict[str, Any]] = lake.read(BATCH_JOBS, where={"state": OPEN}).to_pylist()
    return sorted(rows, key=lambda r: (r["submitted_at"], r["job"]))


def write_job(lake: "Lakehouse", job: Mapping[str, Any]) -> None:
    """Writes a job as it is now."""
    lake.upsert(BATCH_JOBS, to_arrow(BATCH_JOBS, [job]))


def note_questions(lake: "Lakehouse", job: str, rows: Sequence[tuple[Mapping[str, Any], str]]) -> None:
    """Notes which questions a job holds: (question_row(), the text that is asked about)."""
    noted = [
        {"job": job, "request_key": q["request_key"], "feed_date": q["feed_date"], "question": json.dumps(q, default=str), "text": text}
        for q, text in rows
    ]
    lake.append_new(BATCH_QUESTIONS, to_arrow(BATCH_QUESTIONS, noted))


def questions_of(lake: "Lakehouse", job: str) -> dict[str, tuple[dict[str, Any], str]]:
    """Request key -> the question_row() and the text of a job's questions."""
    found = {}
    for row in lake.read(BATCH_QUESTIONS, where={"job": [job]}).to_pylist():
        found[row["request_key"]] = ({**json.loads(row["question"]), "feed_date": row["feed_date"]}, row["text"])
    return found


def forget_questions(lake: "Lakehouse", job: str) -> None:
    """Takes away the questions of a job that is done with."""
    lake.replace(BATCH_QUESTIONS, to_arrow(BATCH_QUESTIONS, []), where={"job": [job]})


def keys_of(lake: "Lakehouse", jobs: Collection[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Request key -> the job that holds it."""
    by_id = {j["job"]: dict(j) for j in jobs}
    if not by_id:
        return {}
    rows = read_frame(lake, BATCH_QUESTIONS, ["job", "request_key"], {"job": sorted(by_id)})
    return {key: by_id[job] for job, key in rows.iter_rows()}


def keys_out(lake: "Lakehouse") -> dict[str, dict[str, Any]]:
    """Request key -> the job that is out with it."""
    return keys_of(lake, [j for j in open_jobs(lake) if j["state"] in PENDING])


def reserved_usd(lake: "Lakehouse") -> float:
    """What the jobs that are out may cost at most, in US dollars: as good as spent."""
    return float(sum(j["reserved_usd"] for j in open_jobs(lake) if j["state"] in PENDING))


def job_days(lake: "Lakehouse") -> list[date]:
    """The days of jobs that something is still to be done for, ascending: a run over them looks at the jobs and takes what came."""
    return sorted({date.fromisoformat(day) for job in open_jobs(lake) for day in job["days"]})
