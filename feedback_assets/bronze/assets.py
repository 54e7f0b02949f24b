"""The steps of bronze: one a source. Thin: the work is in ingest.py."""

from collections.abc import Mapping
from datetime import date

from feedback_assets.contracts.bronze import DEAD_LETTERS, MANIFEST, SOURCES, bronze_table
from feedback_assets.graph.steps import Judged, Rule, Step, StepRun
from feedback_assets.ground.verdict import Verdict


def _step(source: str) -> Step:
    table = bronze_table(source)

    def run(at: StepRun) -> object:
        from feedback_assets.bronze.ingest import BACKFILL, ingest_days

        return ingest_days(
            at.lake,
            at.services.landing,
            source,
            at.days,
            now=at.now,
            purpose=at.purpose or BACKFILL,
            workers=at.services.compute.kernel_workers,
        )

    def account(judged: Judged) -> Verdict | Mapping[date, Verdict]:
        from feedback_assets.bronze.accounts import files_verdicts

        return files_verdicts(judged.lake, source, judged.offered)

    def readable(judged: Judged) -> Mapping[date, Verdict]:
        from feedback_assets.ground.accounts import by_day
        from feedback_assets.ground.readable import readable_verdict

        return by_day(judged.lake, judged.days, lambda lake, day: readable_verdict(lake, [source], [day]))

    def files_read(judged: Judged) -> Mapping[date, Verdict]:
        from feedback_assets.ground.accounts import by_day
        from feedback_assets.ground.readable import files_verdict

        return by_day(judged.lake, judged.days, lambda lake, day: files_verdict(lake, [source], [day]))

    def dead_letters(judged: Judged) -> Mapping[date, Verdict]:
        from feedback_assets.bronze.accounts import day_dead_letters

        return day_dead_letters(judged.lake, source, judged.days)

    def standing_account(judged: Judged) -> Verdict:
        from feedback_assets.bronze.accounts import bronze_verdict

        return bronze_verdict(judged.lake, source, judged.days)

    return Step(
        name=f"bronze_{source}",
        room="bronze",
        description=f"Reads what landed from {source}: every record byte for byte, or a dead letter with its place and reason.",
        run=run,
        writes=(table,),
        keeps=(MANIFEST, DEAD_LETTERS),
        rules=(
            Rule("row_account", table, "Records in = bronze rows + dead letters, as the tables count.", account, before=(MANIFEST,)),
            Rule("readable", table, "At most half of a day's records are unreadable: else the source is broken.", readable),
            Rule("files_read", table, "Every file is whole, of a known shape, and yields a record.", files_read, stops=False),
            Rule("dead_letters", table, "How many records of the day could not be read, and why.", dead_letters, stops=False),
        ),
        standing=(Rule("row_account", table, "The same of the days as they stand.", standing_account),),
        daily=True,
        pool=f"bronze_{source}",
        code=("bronze", "sources"),
        landing=source,
        left_out="by_reason",
    )


STEPS = tuple(_step(source) for source in SOURCES)
