"""What must hold of tickets and the outbox at any time. Verdicts for the checks; no Dagster, no effects."""

from collections import Counter
from datetime import datetime, timedelta

from feedback_assets.contracts.tickets import OUTBOX, TICKETS
from feedback_assets.ground.verdict import SAMPLE, Verdict
from feedback_assets.lakehouse.interface import Lakehouse

AGE_LIMIT = timedelta(hours=24)
"""An intent that waits longer than this is an outage of the tracker or the channel, not a hiccup."""


def one_ticket_verdict(lake: Lakehouse) -> Verdict:
    """No theme has two open tickets."""
    rows = lake.read(TICKETS, columns=["ticket_id", "theme_id", "status"], where={"status": ["open"]}).to_pylist()
    several = {theme for theme, n in Counter(r["theme_id"] for r in rows).items() if n > 1}
    sample = sorted(
        ({"theme": r["theme_id"], "ticket": r["ticket_id"]} for r in rows if r["theme_id"] in several),
        key=lambda r: (r["theme"], r["ticket"]),
    )
    return Verdict(
        passed=not several,
        rule="A theme has at most one open ticket.",
        number=len(several),
        threshold=f"0 of {len(rows)} open tickets",
        owner="data-platform",
        next_command="feedback trace <theme of the sample>; close the younger ticket by hand",
        sample=sample[:SAMPLE],
    )


def outbox_verdict(lake: Lakehouse, now: datetime) -> Verdict:
    """No intent waits, or is refused, for longer than the age limit."""
    rows = lake.read(
        OUTBOX,
        columns=["intent_id", "destination", "action", "status", "attempts", "error", "written_at"],
        where={"status": ["pending", "refused"]},
    ).to_pylist()
    old = sorted((r for r in rows if now - r["written_at"] > AGE_LIMIT), key=lambda r: (r["written_at"], r["intent_id"]))
    return Verdict(
        passed=not old,
        rule=f"No intent waits in the outbox for more than {AGE_LIMIT.total_seconds() / 3600:.0f} hours ({len(rows)} wait now).",
        number=len(old),
        threshold="0 intents over the age limit",
        owner="data-platform",
        next_command="see the error of the sample, mend the tracker or channel, then feedback run: the outbox is applied again",
        sample=[{k: r[k] for k in ("intent_id", "destination", "action", "attempts", "error")} for r in old[:SAMPLE]],
    )
