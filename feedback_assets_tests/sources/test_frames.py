"""Frames of files with very many records stand for the same list, and say the same of what is good and what is bad."""

from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.sources.framing.file import frame_file
from feedback_assets.sources.framing.frames import Frame, FramedFile, Frames, Layout, Limits

_place = st.tuples(st.integers(0, 1 << 40), st.integers(0, 1 << 40), st.sampled_from(["", "too_large"]))


@settings(deadline=None)
@given(st.lists(_place, max_size=8))
def test_frames_are_the_list_of_what_was_added(added: list[tuple[int, int, str]]) -> None:
    frames = Frames()
    for start, end, reason in added:
        frames.add(start, end, reason, reason and "why")
    wanted = [Frame(n, start, end, reason, reason and "why") for n, (start, end, reason) in enumerate(added)]
    assert list(frames) == wanted
    assert [frames[n] for n in range(-len(wanted), 0)] == wanted
    assert frames[1:3] == wanted[1:3]
    for framed in (FramedFile(b"", frames=frames), FramedFile(b"", frames=wanted)):
        places = framed.places()
        assert list(zip(places.starts, places.ends, places.indexes, strict=True)) == [
            (f.start, f.end, f.index) for f in wanted if not f.reason
        ]
        assert list(framed.bad()) == [f for f in wanted if f.reason]


def test_a_line_that_is_too_long_is_bad_and_its_neighbours_keep_their_places() -> None:
    lines = [b'{"id":1}', b'{"id":"' + b"x" * 50 + b'"}', b'{"id":3}']
    framed = frame_file(b" \r\n".join(lines), Layout(("jsonl",)), Limits(max_record_bytes=20))
    assert [framed.payload(f) for f in framed.frames] == lines
    assert [(f.index, f.reason) for f in framed.bad()] == [(1, "too_large")]
    assert list(framed.places().indexes) == [0, 2]
