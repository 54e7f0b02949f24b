"""A range in slices: nothing is lost or torn. That stages give the same tables so: enrichment/test_stream.py."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.ground import slices
from feedback_assets.ground.slices import in_slices


@given(st.lists(st.integers(0, 3 * slices.ROWS), max_size=30))
def test_batches_stay_whole_in_order_and_small_together(sizes: list[int]) -> None:
    batches: list[dict[str, Any]] = [{"n": n, "rows": rows} for n, rows in enumerate(sizes)]
    cut = list(in_slices(batches, lambda b: int(b["rows"])))
    assert [b for part in cut for b in part] == batches
    assert all(len(part) == 1 or sum(b["rows"] for b in part) <= slices.ROWS for part in cut)
