"""The demo's delivery files: which files there are on which day, what is in them, and the truth about them.

Counting rule: `records` is the number of readable records delivered, exactly, over all days and sources. Every delivery of a record
counts: first states, edits, deletions, redeliveries, copies and echoes. Broken records and broken files come on top.
"""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TextIO

from feedback_assets.demo import broken, files, generic_exports, payloads
from feedback_assets.demo.author import GENERIC_MAPPINGS, Author
from feedback_assets.demo.draft import Draft
from feedback_assets.demo.schedule import SOURCES, Schedule, plan
from feedback_assets.demo.truth import FILE_NAME
from feedback_assets.ground.errors import FeedbackError

FIRST_DAY = date(2025, 6, 2)
# A delivery file holds at most so many records: what memory holds at a time.
PART = 5000
FETCHED = 23 * 3600

STEMS = {
    "zendesk": "tickets",
    "intercom": "conversations",
    "app_store": "customer-reviews",
    "google_play": "reviews",
    "shop_reviews": "shop-reviews",
    "returns": "returns",
    "survey": "nps-responses",
    "forum": "posts",
}
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass
class DemoReport:
    """What one run of `generate` did. records, broken: what is delivered now; written, unchanged: files; bytes: of all files."""

    records: int = 0
    broken: int = 0
    files: int = 0
    written: int = 0
    unchanged: int = 0
    bytes: int = 0
    truth: Path = Path()
    by_source: dict[str, int] = field(default_factory=dict)
    by_kind: dict[str, int] = field(default_factory=dict)


def generate(out: Path, *, records: int, days: int, seed: int, first_day: date = FIRST_DAY) -> DemoReport:
    """Write demo deliveries into the landing zone `out`, and the truth about them beside it.

    The same arguments give the same bytes; files that are there already with the same bytes are left alone. File names and record ids hold
    a tag of the arguments, so that two demos never overwrite each other's deliveries (the truth file is that of the last one). Every
    file's time of modification is 23:00 UTC of its day. Raises FeedbackError when records, days or first_day make no sense.
    """
    if records < 1 or days < 1:
        raise FeedbackError(f"{records} records over {days} days", expected="at least 1 record and 1 day")
    if not date(1990, 2, 1) <= first_day <= date(2099, 1, 1) or days > 20_000:
        raise FeedbackError(f"{days} days from {first_day}", expected="at most 20,000 days, between 1990 and 2099")
    return _Run(out, plan(first_day, days, records), seed).run()


def delivered_from(out: Path, *, records: int, days: int, seed: int) -> date | None:
    """The first day of a demo with these arguments that was delivered to the landing zone before, the latest if there are several."""
    folders = sorted((f for f in out.glob("*/????-??-??") if f.is_dir()), key=lambda f: f.name, reverse=True)
    for name, of_day in groupby(folders, key=lambda f: f.name):
        try:
            day = date.fromisoformat(name)
        except ValueError:
            continue
        tag = _tag(seed, records, days, day)
        if any(tag in file.name for folder in of_day for file in folder.iterdir()):
            return day
    return None


def _tag(seed: int, records: int, days: int, first_day: date) -> str:
    return hashlib.sha256(f"{seed}|{records}|{days}|{first_day}".encode()).hexdigest()[:6]


class _Run:
    def __init__(self, out: Path, schedule: Schedule, seed: int) -> None:
        self.out = out
        self.schedule = schedule
        self.seed = seed
        self.tag = _tag(seed, schedule.records, schedule.days, schedule.first_day)
        self.author = Author(schedule, seed, self.tag)
        self.report = DemoReport(truth=out.parent / FILE_NAME)
        self.kinds: Counter[str] = Counter()
        self.sources: Counter[str] = Counter(dict.fromkeys(SOURCES, 0))
        self.languages: Counter[str] = Counter()
        self.incidents: Counter[str] = Counter()
        self.defects: Counter[str] = Counter()
        self.salt = 0
        self.truth: TextIO = io.StringIO()

    def run(self) -> DemoReport:
        self.out.mkdir(parents=True, exist_ok=True)
        # Written aside and put in place at the end, so that a truth file is always whole.
        part = self.report.truth.with_name(f".{FILE_NAME}.part")
        with part.open("w", encoding="utf-8", newline="\n") as self.truth:
            self._line(self._header())
            self._mappings()
            for day in range(self.schedule.days):
                for source in SOURCES:
                    self._deliver(day, source)
                self._oddities(day)
            self._line(self._totals())
        if self.report.truth.is_file() and _same(part, self.report.truth):
            part.unlink()
        else:
            part.replace(self.report.truth)
        self.report.by_source = dict(self.sources)
        self.report.by_kind = dict(sorted(self.kinds.items()))
        return self.report

    # --- files

    def _deliver(self, day: int, source: str) -> None:
        """The regular files of a day and source, and its late file."""
        quota = self.schedule.quotas[day][source]
        late = self.schedule.late_records if (day, source) == (self.schedule.late_day, "app_store") else 0
        bad = self.schedule.broken[day][source]
        sizes = _sizes(quota - late, source)
        for number, size in enumerate(sizes):
            drafts = list(self.author.drafts(day, source, size, number, last=number == len(sizes) - 1))
            drafts.sort(key=lambda d: (d.updated, d.record_id, d.revision))
            # Broken records are spread over the parts.
            share = bad * (number + 1) // len(sizes) - bad * number // len(sizes)
            self._file(day, source, number, drafts, bad=share)
        if late:
            drafts = sorted(self.author.late(day, source, late), key=lambda d: (d.updated, d.record_id))
            self._file(day, source, len(sizes), drafts, bad=0, extra="-late")

    def _file(self, day: int, source: str, number: int, drafts: Sequence[Draft], *, bad: int, extra: str = "") -> None:
        place = SOURCES.index(source)
        kind = GENERIC_MAPPINGS[day % 3] if source == "generic" else source
        if source == "generic":
            name = generic_exports.SUFFIX[kind]
        elif source in payloads.COLUMNS:
            name = "csv"
        else:
            name = "jsonl" if (day + place) % 3 == 1 else "json"
        packing = ("", ".gz", "", ".zst", "")[(day * 3 + place + number) % 5]
        path = self._path(day, source, f"{number:02d}{extra}", f"{name}{packing}")
        write = generic_exports.record if source == "generic" else payloads.WRITERS[source]
        raw = [write(d).encode() for d in drafts]
        damaged = self._damaged(day, source, kind, name, bad)
        slots = [self.salt * 7919 * (i + 1) % (len(raw) + 1) for i in range(len(damaged))]
        order: list[Draft | str] = list(drafts)
        for slot, (defect, data) in sorted(zip(slots, damaged, strict=True), reverse=True):
            raw.insert(slot, data)
            order.insert(slot, defect)
        fetched = self._fetched(day) + number
        if source == "generic":
            data = generic_exports.document(kind, raw)
        elif name == "csv":
            end = payloads.ROW_END.get(source, "\n").encode()
            data = payloads.csv_row(payloads.COLUMNS[source]).encode() + end + b"".join([r + end for r in raw])
        elif name == "jsonl":
            data = b"".join([r + b"\n" for r in raw])
        else:
            data = payloads.in_envelope(source, raw, fetched)
        self._write(path, files.packed(data, packing), fetched)
        relative = path.relative_to(self.out).as_posix()
        feed_date = str(self.schedule.day(day))
        lines = [
            self._record_line(entry, relative, feed_date)
            if isinstance(entry, Draft)
            else self._broken_line(source, relative, feed_date, i, entry)
            for i, entry in enumerate(order)
        ]
        self.truth.write("".join(lines))

    def _damaged(self, day: int, source: str, kind: str, file_format: str, count: int) -> list[tuple[str, bytes]]:
        found = []
        for _ in range(count):
            self.salt += 1
            defect = broken.DEFECTS[file_format][self.salt % len(broken.DEFECTS[file_format])]
            spare = self.author.spare(day, source, self.salt)
            spare.body = " ".join(spare.body.split())
            payload = generic_exports.record(spare) if source == "generic" else payloads.WRITERS[source](spare)
            row = next(csv.reader([payload.replace(";", ",") if kind == "sales_calls" else payload])) if file_format == "csv" else None
            if row is not None:
                row = [" ".join(cell.replace('"', "'").replace(",", " ").split()) for cell in row]
            found.append((defect, broken.damage(payload, kind, file_format, defect, row)))
        return found

    def _oddities(self, day: int) -> None:
        """The day's files that are damaged or empty as a whole. What was cut was fetched again ten minutes later: the day's own files."""
        last = self.schedule.days - 1
        if day == round(last * 0.15):
            record = payloads.zendesk(self.author.spare(day, "zendesk", -1)).encode() + b"\n"
            whole = files.packed(record, ".gz")
            self._odd(day, "zendesk", "90-cut", "jsonl.gz", data=whole[: len(whole) // 2], index=-1, defect="truncated_archive", early=600)
        if day == round(last * 0.31):
            record = payloads.google_play(self.author.spare(day, "google_play", -2)).encode()
            self._odd(
                day,
                "google_play",
                "90-cut",
                "json",
                data=b'{"reviews":[\n' + record[: len(record) // 2],
                index=0,
                defect="cut_document",
                early=600,
            )
        if day == round(last * 0.08):
            self._odd(day, "survey", "90-empty", "csv", data=b"", index=-1, defect="empty_file")
        if day == round(last * 0.23):
            # Only a header: a day without returns in that warehouse. Nothing is wrong with it.
            path = self._path(day, "returns", "91-none", "csv")
            self._write(path, payloads.csv_row(payloads.COLUMNS["returns"]).encode() + b"\n", self._fetched(day))

    def _odd(self, day: int, source: str, stem: str, suffix: str, *, data: bytes, index: int, defect: str, early: int = 0) -> None:
        """early: seconds before the day's other files that it landed."""
        path = self._path(day, source, stem, suffix)
        self._write(path, data, self._fetched(day) - early)
        relative = path.relative_to(self.out).as_posix()
        self.truth.write(self._broken_line(source, relative, str(self.schedule.day(day)), index, defect))

    def _path(self, day: int, source: str, part: str, suffix: str) -> Path:
        folder = self.out / source / str(self.schedule.day(day))
        if source == "generic":
            mapping = GENERIC_MAPPINGS[day % 3]
            return folder / _mapping_stem(mapping) / f"{mapping}-{self.tag}-{part}.{suffix}"
        return folder / f"{STEMS[source]}-{self.tag}-{part}.{suffix}"

    def _mappings(self) -> None:
        for mapping, text in generic_exports.MAPPINGS.items():
            path = self.out / "generic" / "_mappings" / f"{_mapping_stem(mapping)}.yaml"
            self._write(path, text.encode(), self._fetched(0) - 3600)

    def _fetched(self, day: int) -> int:
        return (self.schedule.day(day).toordinal() - date(1970, 1, 1).toordinal()) * 86400 + FETCHED

    def _write(self, path: Path, data: bytes, modified: int) -> None:
        changed = files.write(path, data, modified)
        self.report.files += 1
        self.report.bytes += len(data)
        self.report.written += changed
        self.report.unchanged += not changed

    # --- truth

    def _line(self, line: dict[str, object]) -> None:
        self.truth.write(_encode(line) + "\n")

    def _record_line(self, d: Draft, file: str, feed_date: str) -> str:
        moves = d.source in {"app_store", "google_play"} or (d.source == "intercom" and d.deleted)
        line: dict[str, object] = {
            "line": "record",
            "source": d.source,
            "record_id": d.record_id,
            "file": file,
            "feed_date": feed_date,
            "event_time": d.updated if moves else d.created,
            "revision": d.revision,
            "language": d.language,
            "cause": d.cause,
            "categories": d.labels,
            "severity": d.severity,
        }
        if d.kinds:
            line["kinds"] = list(dict.fromkeys(d.kinds))
            self.kinds.update(set(d.kinds))
        if d.incident:
            line["incident"] = d.incident
            self.incidents[d.incident] += 1
        if d.personal:
            line["personal"] = d.personal
        if d.duplicate_of:
            line["duplicate_of"] = d.duplicate_of
        if d.group:
            line["group"] = d.group
        if d.deleted:
            line["deleted"] = True
        if d.version:
            line["version"] = d.version
        self.report.records += 1
        self.sources[d.source] += 1
        self.languages[d.language] += 1
        return _encode(line) + "\n"

    def _broken_line(self, source: str, file: str, feed_date: str, index: int, defect: str) -> str:
        self.report.broken += 1
        self.defects[defect] += 1
        return _encode({"line": "broken", "source": source, "file": file, "feed_date": feed_date, "index": index, "defect": defect}) + "\n"

    def _header(self) -> dict[str, object]:
        s = self.schedule
        first, last = s.outage_hours
        incidents: dict[str, object] = {
            "regression_export_pdf": {"version": s.export_version, "day": str(s.day(s.export_day)), "fixed": str(s.day(s.export_fix_day))},
            "regression_login_loop": {
                "version": s.login_version,
                "day": str(s.day(s.login_day)),
                "fixed": str(s.day(s.login_fix_day)),
                "platform": "android",
            },
            "outage": {"day": str(s.day(s.outage_day)), "from_hour_utc": first, "to_hour_utc": last},
            "macro_lifetime_licence": {"day": str(s.day(s.macro_day))},
            "spam_wave": {"day": str(s.day(s.spam_day))},
            "late_file": {"source": "app_store", "day": str(s.day(s.late_day)), "records": s.late_records, "days_late": [3, 5]},
        }
        return {
            "line": "header",
            "records": s.records,
            "days": s.days,
            "seed": self.seed,
            "first_day": str(s.first_day),
            "tag": self.tag,
            "releases": [{"version": version, "day": str(s.day(day))} for day, version in s.releases],
            "incidents": incidents,
            "records_by_source": {x: sum(q[x] for q in s.quotas) for x in SOURCES},
            "broken_records_by_source": {x: sum(b[x] for b in s.broken) for x in SOURCES},
        }

    def _totals(self) -> dict[str, object]:
        return {
            "line": "totals",
            "records": self.report.records,
            "broken": self.report.broken,
            "files": self.report.files,
            "by_source": dict(self.sources),
            "by_kind": dict(sorted(self.kinds.items())),
            "by_language": dict(sorted(self.languages.items())),
            "by_incident": dict(sorted(self.incidents.items())),
            "by_defect": dict(sorted(self.defects.items())),
        }


def _sizes(count: int, source: str) -> list[int]:
    """Records of each regular file: the help desk is fetched twice a day, others once; none is larger than PART."""
    if count <= 0:
        return []
    parts = max(-(-count // PART), 2 if source == "zendesk" and count >= 40 else 1)
    return [count * (i + 1) // parts - count * i // parts for i in range(parts)]


def _mapping_stem(mapping: str) -> str:
    return f"{mapping}-{hashlib.sha256(generic_exports.MAPPINGS[mapping].encode()).hexdigest()[:12]}"


def _same(a: Path, b: Path) -> bool:
    import filecmp

    return filecmp.cmp(a, b, shallow=False)
