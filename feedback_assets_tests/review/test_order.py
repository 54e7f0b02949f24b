"""The order of the queue is worth having: it corrects most of what is wrong with fewer decisions than random order does."""

from pathlib import Path

from benchmarks.review import decide_all, large_groups, world


def test_order_by_value_corrects_wrong_labels_with_fewer_decisions_than_random_order(tmp_path: Path) -> None:
    items = world(160, seed=4)
    large = large_groups(items)
    value = decide_all(tmp_path / "value", items, by_value=True, step=10)
    others = [decide_all(tmp_path / f"random{n}", items, by_value=False, seed=n) for n in range(2)]
    wrong = sum(t.is_wrong for t in items)
    assert sum(map(len, value.corrected)) == wrong
    for share in (0.5, 0.8):
        for group in (None, large):
            at_random = [o.needed(share, large=group) for o in others]
            by_value = value.needed(share, large=group)
            print(f"{share:.0%} of {'all' if group is None else 'large groups'}: {by_value} decisions by value, {at_random} at random")  # noqa: T201
            assert by_value < sum(at_random) / len(at_random)
