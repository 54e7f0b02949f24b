"""Failed runs and checks are told once, and once more when they are well again. Plain Python: where outcomes come from is wiring's.

An incident begins with a failure. While it goes on, nothing more is said of it; when the same job or check passes on the same partitions,
an all-clear ends it. All of that stands in the outbox: the intents of one incident form a chain, so whoever reads an old outcome once more
(a lost cursor, a second reader) finds that it is known and sends nothing.
What fails and is well again between two readings is not told, nor is a range that was tried again day by day since.

This is not a publication of feedback: it is sent whatever the purpose of the run was.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from feedback_assets.alerts.channels.interface import AlertChannel
from feedback_assets.alerts.operations import ALL_CLEAR, FAILED, OperationsMessage, message_from
from feedback_assets.effects.outbox import OPEN, Intent, newest, read_intents, settle, write_intents
from feedback_assets.effects.purpose import OPERATIONS
from feedback_assets.ground.identity import intent_id, sha256_hex
from feedback_assets.lakehouse.interface import Lakehouse

RUN, CHECK = "run", "check"
NO_DAY = ("",)
"""The partition of what has none."""
_SHOWN = 5


@dataclass(frozen=True)
class Facts:
    """What an on-call engineer needs of a failure. Names and counts, no feedback text."""

    what: str = ""
    rule: str = ""
    number: float | None = None
    threshold: str = ""
    sample: str = ""
    owner: str = "data-platform"
    next_command: str = ""
    runbook: str = ""
    run_id: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a run or a check ended.

    days: the partitions that it covered. assets: those that a run was for; none: all of its job.
    continues: the process died, and the next `feedback run` continues its work: over when its days, or gold, have nothing to do.
    """

    kind: str
    subject: str
    passed: bool
    at: datetime
    days: tuple[str, ...] = NO_DAY
    assets: tuple[str, ...] = ()
    facts: Facts = field(default=Facts())
    continues: bool = False


@dataclass
class Incident:
    """One failure from its beginning on. days: where it began; open: where it is failing still; until: the last outcome that counted."""

    kind: str
    subject: str
    days: frozenset[str]
    open: set[str]
    assets: frozenset[str]
    began: datetime
    until: datetime
    facts: Facts
    continues: bool = False
    last: Intent | None = None

    @property
    def chain(self) -> str:
        """The incident's own name: the same failure has the same one, whoever reads it."""
        text = "\0".join([self.kind, self.subject, *sorted(self.assets), *sorted(self.days), self.began.isoformat()])
        return sha256_hex(text.encode())[:32]


@dataclass(frozen=True)
class FailuresReport:
    """What was told. failing: one line for each incident that goes on."""

    failing: tuple[str, ...] = ()
    intents_written: int = 0
    applied: int = 0
    waiting: int = 0
    errors: tuple[str, ...] = ()


def tell(
    lake: Lakehouse,
    channel: AlertChannel,
    outcomes: Iterable[Outcome],
    *,
    now: datetime,
    idle: Callable[[Collection[str]], Collection[str]] = lambda _: (),
) -> FailuresReport:
    """Sends what is new about failures, through the outbox. The same outcomes again: no commit, nothing sent.

    idle: of these days, the ones that have nothing to do; "" stands for the work that has no day.
    """
    destination = f"operations:{channel.name}"
    stored = read_intents(lake, destination)
    known = [_incident(i) for i in newest(stored, _chain).values()]
    incidents = fold(known, outcomes)
    for incident in incidents:
        if end_idle(incident, idle):
            incident.until = now
    intents = [made for i in incidents if (made := _intent(destination, i, now)) is not None]
    written = write_intents(lake, intents)
    failing = tuple(sorted(line_of(i) for i in incidents if i.open))
    if not intents and not any(i.status in OPEN for i in stored):
        return FailuresReport(failing)
    settled = settle(
        lake,
        destination,
        now=now,
        chain_of=_chain,
        deliver=lambda intent: channel.send_operations(intent.intent_id, message_from(intent.content)),
        flush=lambda: None,
        batch=channel.batch,
    )
    return FailuresReport(failing, written.inserted, settled.applied, settled.waiting + settled.refused, settled.errors)


def fold(known: Sequence[Incident], outcomes: Iterable[Outcome]) -> list[Incident]:
    """The incidents after these outcomes, in the order of time: the known ones, changed where they are, and the new ones."""
    fresh: list[Incident] = []
    for outcome in sorted(outcomes, key=lambda o: (o.at, o.subject, o.days)):
        if outcome.passed:
            for incident in [*known, *fresh]:
                if incident.began < outcome.at and _clears(outcome, incident):
                    _take(incident, outcome)
            continue
        days = set(outcome.days)
        for incident in known:
            if _is_about(incident, outcome):
                days -= incident.open if incident.until < outcome.at else incident.days
        if not days:
            continue
        for incident in fresh:  # of one reading, the last failure of a day counts: a range that was tried again day by day is not told
            if incident.subject == outcome.subject and _overlap(incident.assets, outcome.assets):
                incident.open -= days
        fresh.append(_begun(outcome, days))
    return [*known, *_together([i for i in fresh if i.open])]


def line_of(incident: Incident) -> str:
    """One line for a person: what fails, where, why."""
    days = sorted(incident.open or incident.days)
    where = "" if days == list(NO_DAY) else f" on {_some(days)}"
    what = f"the check {incident.subject}" if incident.kind == CHECK else f"a run of {incident.subject}"
    if not incident.open:
        return f"{what} is well again{where}"
    return f"{what} failed{where}: {incident.facts.what}"


def _some(days: Sequence[str]) -> str:
    return ", ".join(days[:_SHOWN]) + (f" and {len(days) - _SHOWN} more days" if len(days) > _SHOWN else "")


def _begun(outcome: Outcome, days: set[str]) -> Incident:
    return Incident(
        kind=outcome.kind,
        subject=outcome.subject,
        days=frozenset(days),
        open=set(days),
        assets=frozenset(outcome.assets),
        began=outcome.at,
        until=outcome.at,
        facts=outcome.facts,
        continues=outcome.continues,
    )


def _together(fresh: Sequence[Incident]) -> list[Incident]:
    """One incident for all days of one reading on which the same thing failed: one message, not thirty."""
    groups: dict[tuple[str, str, frozenset[str], bool], Incident] = {}
    for i in fresh:
        group = (i.kind, i.subject, i.assets, i.continues)
        first = groups.get(group)
        groups[group] = replace(
            i, days=frozenset(i.open | (first.open if first else set())), open=i.open | (first.open if first else set())
        )
    return list(groups.values())


def _take(incident: Incident, outcome: Outcome) -> None:
    """The outcome's days are well again."""
    if incident.open & set(outcome.days):
        incident.open = incident.open - set(outcome.days)
        incident.until = max(incident.until, outcome.at)
        if not incident.open:
            incident.facts = replace(incident.facts, run_id=outcome.facts.run_id)


def end_idle(incident: Incident, idle: Callable[[Collection[str]], Collection[str]]) -> bool:
    """Ends what has nothing left to do: a run whose process died and whose work another run did; the empty days of a range.

    True when that changed the incident.
    """
    partly = bool(incident.open) and incident.open != set(incident.days)
    if incident.kind != RUN or not incident.open or not (incident.continues or partly):
        return False
    ended = incident.open & set(idle(sorted(incident.open)))
    incident.open = incident.open - ended
    return bool(ended)


def _clears(outcome: Outcome, incident: Incident) -> bool:
    """Whether a pass says something of the incident: the same check; a run of the same job, or of any, that was for no fewer assets."""
    if outcome.kind != incident.kind:
        return False
    if outcome.kind == CHECK:
        return outcome.subject == incident.subject
    if not outcome.assets:
        return outcome.subject == incident.subject
    return bool(incident.assets) and incident.assets <= set(outcome.assets)


def _is_about(incident: Incident, outcome: Outcome) -> bool:
    """Whether a failure is the incident going on."""
    if (incident.kind, incident.subject) != (outcome.kind, outcome.subject):
        return False
    return not incident.assets or (bool(outcome.assets) and set(outcome.assets) <= incident.assets)


def _overlap(some: Collection[str], others: Collection[str]) -> bool:
    return not some or not others or bool(set(some) & set(others))


def _intent(destination: str, incident: Incident, now: datetime) -> Intent | None:
    """What is to be written of an incident, None when the outbox says it already. A state that nobody needs to hear is never sent."""
    last = incident.last
    before = message_from(last.content) if last else None
    if before is not None and set(before.open_days) == incident.open:
        return None
    if last is None and not incident.open:
        return None
    content = _message(incident)
    untold = last is not None and last.status in OPEN
    is_heard = (last is None or untold) if incident.open else not untold
    text = content.to_json()
    said = sha256_hex(f"{content.state}:{','.join(content.open_days)}".encode())
    return Intent(
        intent_id=intent_id(destination, incident.chain, "tell", said),
        destination=destination,
        action="tell",
        ticket_id="",
        theme_id="",
        sequence=last.sequence + 1 if last else 1,
        content=text,
        content_sha256=sha256_hex(text.encode()),
        written_at=now,
        purpose=OPERATIONS,
        status="pending" if is_heard else "superseded",
    )


def _message(incident: Incident) -> OperationsMessage:
    facts = incident.facts
    return OperationsMessage(
        kind=incident.kind,
        subject=incident.subject,
        state=FAILED if incident.open else ALL_CLEAR,
        message=line_of(incident),
        days=tuple(sorted(incident.days)),
        open_days=tuple(sorted(incident.open)),
        assets=tuple(sorted(incident.assets)),
        began=incident.began.isoformat(),
        at=incident.until.isoformat(),
        what=facts.what,
        rule=facts.rule,
        number=facts.number,
        threshold=facts.threshold,
        sample=facts.sample,
        owner=facts.owner,
        next_command=facts.next_command,
        runbook=facts.runbook,
        run_id=facts.run_id,
        run_path=f"/runs/{facts.run_id}" if facts.run_id else "",
        continues=incident.continues,
    )


def _incident(intent: Intent) -> Incident:
    m = message_from(intent.content)
    facts = Facts(m.what, m.rule, m.number, m.threshold, m.sample, m.owner, m.next_command, m.runbook, m.run_id)
    return Incident(
        kind=m.kind,
        subject=m.subject,
        days=frozenset(m.days),
        open=set(m.open_days),
        assets=frozenset(m.assets),
        began=datetime.fromisoformat(m.began),
        until=datetime.fromisoformat(m.at),
        facts=facts,
        continues=m.continues,
        last=intent,
    )


def _chain(intent: Intent) -> str:
    return _incident(intent).chain
