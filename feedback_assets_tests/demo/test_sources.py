"""What the demo calls readable reads through the sources, and what it calls broken does not."""

from collections import Counter, defaultdict

from feedback_assets.demo.truth import TruthRecord
from feedback_assets.sources.event import RecordError
from feedback_assets.sources.framing.file import frame_file
from feedback_assets.sources.registry import source_named
from feedback_assets_tests.demo.conftest import Demo


def test_readable_records_read_as_the_truth_says_and_broken_ones_do_not(demo: Demo) -> None:
    told: dict[str, list[TruthRecord]] = defaultdict(list)
    for r in demo.truth.records:
        told[r.file].append(r)
    broken = {(b.file, b.index) for b in demo.truth.broken}
    refused: Counter[str] = Counter()
    read = 0
    for path in demo.files():
        name = path.relative_to(demo.landing).as_posix()
        source = source_named(name.partition("/")[0])
        mapping = source.read_mapping(demo.landing / "generic" / "_mappings" / f"{path.parent.name}.yaml") if source.needs_mapping else ""
        framed = frame_file(path.read_bytes(), source.layout(mapping))
        assert bool(framed.reason) == ((name, -1) in broken), name
        good = iter(told[name])
        for frame in framed.frames:
            reason = frame.reason
            if not reason:
                try:
                    event = source.parse(framed.payload(frame), {**framed.context, "mapping": mapping})
                except RecordError as e:
                    reason = e.reason
            if reason:
                assert (name, frame.index) in broken
                refused[reason] += 1
                continue
            assert (name, frame.index) not in broken
            r = next(good)
            assert (event.record_id, int(event.event_time.timestamp()), event.is_deletion) == (r.record_id, r.event_time, r.deleted)
            for _, value in r.personal:
                assert value in event.text
            read += 1
        assert next(good, None) is None, name
    assert read == 5000
    assert len(refused) >= 6
    failed = sum(index == -1 for _, index in broken)
    assert sum(refused.values()) + failed == len(demo.truth.broken) == len(broken)
