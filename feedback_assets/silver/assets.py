"""The steps of silver: canonical events and their restricted raw text by day; revisions and duplicate groups across days. Thin."""

from collections.abc import Mapping
from datetime import date, timedelta

from feedback_assets.contracts.bronze import MANIFEST, SOURCES, STAGE_BATCHES, bronze_table
from feedback_assets.contracts.silver import (
    COMPARED_BATCHES,
    DUPLICATE_COUNTS,
    DUPLICATE_GROUPS,
    DUPLICATE_INDEX,
    EVENT_DAYS,
    EVENTS,
    RAW_TEXT,
    REVISED_BATCHES,
    REVISIONS,
)
from feedback_assets.graph.steps import Judged, Rule, Step, StepRun
from feedback_assets.ground.verdict import Verdict

FRESH = timedelta(days=2)


def _events(at: StepRun) -> object:
    from feedback_assets.silver.process import process_days
    from feedback_assets.silver.restating import restate_days

    compute, masker = at.services.compute, at.services.masker
    making = at.making(personal_data=masker.policy.rules.digest)
    reports = process_days(at.lake, compute, at.days, masker=masker, now=at.now, making=making)
    restate_days(at.lake, compute, at.days, reports, masker=masker, now=at.now, making=making)
    return reports


def _revisions(at: StepRun) -> object:
    from feedback_assets.silver.revisions import update_revisions

    return update_revisions(at.lake, at.services.compute)


def _duplicates(at: StepRun) -> object:
    from feedback_assets.silver.duplicates.update import update_duplicates

    return update_duplicates(at.lake, at.services.compute.kernel_workers)


def _account(judged: Judged) -> Mapping[date, Verdict]:
    from feedback_assets.ground.accounts import batch_verdicts

    return batch_verdicts(judged.lake, "silver", judged.offered, before=[bronze_table(s) for s in SOURCES], after=[EVENTS])


def _readable(judged: Judged) -> Mapping[date, Verdict]:
    from feedback_assets.ground.accounts import by_day
    from feedback_assets.ground.readable import readable_verdict

    return by_day(judged.lake, judged.days, lambda lake, day: readable_verdict(lake, SOURCES, [day]))


def _leaks(judged: Judged) -> Mapping[date, Verdict]:
    from feedback_assets.silver.personal.leaks import second_look_verdicts

    return second_look_verdicts(judged.offered)


def _finished(judged: Judged) -> Verdict:
    from feedback_assets.ground.accounts import unfinished_verdict

    return unfinished_verdict(judged.lake)


def _standing_account(judged: Judged) -> Verdict:
    from feedback_assets.ground.accounts import rows_by_batch, stage_verdict

    rows_in = rows_by_batch(judged.lake, [bronze_table(s) for s in SOURCES], judged.days)
    return stage_verdict(judged.lake, "silver", judged.days, rows_in=rows_in, rows_out=rows_by_batch(judged.lake, [EVENTS], judged.days))


def _standing_leaks(judged: Judged) -> Verdict:
    from feedback_assets.silver.personal.leaks import leak_verdict

    return leak_verdict(judged.lake, judged.days, judged.services.personal_data, seed=judged.now.toordinal())


STEPS = (
    Step(
        name="silver_events",
        room="silver",
        description="Cleans and masks the new records of a day, tells their language and whether they say anything.",
        run=_events,
        writes=(EVENTS, RAW_TEXT),
        reads=(*(bronze_table(s) for s in SOURCES), MANIFEST),
        keeps=(STAGE_BATCHES,),
        rules=(
            Rule(
                "row_account",
                EVENTS,
                "For each batch: bronze rows = events + redelivered + unreadable.",
                _account,
                before=(STAGE_BATCHES,),
            ),
            Rule("readable", EVENTS, "No source of the day is broken as a whole. Here no run can go around it.", _readable),
            Rule("leaks", EVENTS, "Masking leaves nothing to the second look, which masks what it finds.", _leaks, before=(EVENTS,)),
        ),
        standing=(
            Rule("row_account", EVENTS, "The same of the days as they stand.", _standing_account),
            Rule("leaks", EVENTS, "The same of some rows of each day.", _standing_leaks),
        ),
        daily=True,
        pool="silver_events",
        code=("silver", "sources"),
        versions=("personal data",),
        left_out="reasons",
        fresh=FRESH,
    ),
    Step(
        name="silver_revisions",
        room="silver",
        description="Numbers the edits and deletions of each event across days and says which is in force.",
        run=_revisions,
        writes=(REVISIONS,),
        reads=(EVENTS, STAGE_BATCHES),
        keeps=(EVENT_DAYS, REVISED_BATCHES),
        rules=(Rule("days_finished", REVISIONS, "Which days are unfinished right now, across all partitions.", _finished, stops=False),),
        standing=(Rule("days_finished", REVISIONS, "Which days are unfinished right now.", _finished),),
        kinds=("pyspark",),
        code=("silver/revisions", "silver/transform", "lakehouse/frames"),
    ),
    Step(
        name="silver_duplicate_groups",
        room="silver",
        description="Finds the same complaint sent or posted several times, and who said it first.",
        run=_duplicates,
        writes=(DUPLICATE_GROUPS, DUPLICATE_COUNTS),
        reads=(EVENTS, REVISIONS, REVISED_BATCHES, EVENT_DAYS),
        keeps=(DUPLICATE_INDEX, COMPARED_BATCHES),
        code=("silver/duplicates", "lakehouse/frames"),
    ),
)
