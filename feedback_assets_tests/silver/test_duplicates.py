import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.contracts.arrow import arrow_schema
from feedback_assets.contracts.silver import DUPLICATE_GROUPS, EVENTS
from feedback_assets.identity import event_id
from feedback_assets.silver.duplicates import NEEDED, SIMILAR, duplicate_groups, jaccard, normalised, signatures, text_hash

if TYPE_CHECKING:
    import pyarrow as pa

START = datetime(2024, 5, 1, tzinfo=UTC)
_LISTED = (
    "screen account update order parcel payment refund login password page button slow crash error video photo message list search "
    "settings window printer folder mail calendar invoice driver shop store basket coupon review device tablet laptop sound camera"
)
WORDS = _LISTED.split()


def sentence(chance: random.Random, words: int = 18) -> str:
    return " ".join(chance.choice(WORDS) + str(chance.randint(0, 99)) for _ in range(words))


def events(texts: list[str], *, customers: list[str] | None = None, hours: float = 1) -> "pa.Table":
    import pyarrow as pa

    normals = [normalised(t) for t in texts]
    rows: list[dict[str, Any]] = [
        {
            "event_id": event_id("t", str(i)), "event_time": START + timedelta(hours=i * hours), "source": "forum", "text": text,
            "customer_key": customers[i] if customers else f"c{i}", "text_hash": text_hash(n), "minhash": s,
        }
        for i, (text, n, s) in enumerate(zip(texts, normals, signatures(normals), strict=True))
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=pa.schema([arrow_schema(EVENTS).field(n) for n in NEEDED]))


def groups(texts: list[str], **more: Any) -> dict[int, tuple[int, str, bool]]:
    """Text number -> (number of its representative, kind, template)."""
    numbers = {event_id("t", str(i)): i for i in range(len(texts))}
    return {
        numbers[r["event_id"]]: (numbers[r["group_id"]], r["kind"], r["is_template"])
        for r in duplicate_groups(events(texts, **more)).to_pylist()
    }


LONG = "Since the last update the application closes every time I open the settings page"


def test_equal_and_nearly_equal_texts_share_the_earliest_as_representative() -> None:
    found = groups(
        [LONG, "something else entirely that nobody has said before today", LONG.upper() + "!!", LONG.replace("page", "pages") + " now"]
    )
    assert found == {0: (0, "exact", False), 2: (0, "exact", False), 3: (0, "near", False)}


@pytest.mark.parametrize("text", ["still broken", "does not work", "geht nicht", "App crashes", "打不开", "love it"])
def test_short_texts_of_different_customers_are_different_complaints(text: str) -> None:
    assert groups([text] * 6) == {}


def test_scripts_without_spaces_are_compared_too() -> None:
    text = "更新之后应用打不开了每次点击设置页面都会闪退已经试过重新安装还是没有用"
    assert groups([text, text + "啊"])[1][:2] == (0, "near")


def test_groups_do_not_chain() -> None:
    chance = random.Random(3)
    words = sentence(chance, 30).split()
    other = sentence(random.Random(100), 30).split()
    chain = [" ".join(other[: 2 * k] + words[2 * k :]) for k in range(15)]
    table = events(chain)
    text = dict(zip(table["event_id"].to_pylist(), chain, strict=True))
    rows = duplicate_groups(table).to_pylist()
    assert rows
    for row in rows:
        exact = jaccard(normalised(text[row["event_id"]]), normalised(text[row["group_id"]]))
        assert row["similarity"] == pytest.approx(exact, abs=1e-6)
        assert exact >= SIMILAR
    assert len({r["group_id"] for r in rows}) > 1


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(chance: random.Random) -> None:
    base = [sentence(random.Random(i)) for i in range(6)]
    texts = [t + extra for t in base for extra in ("", "", " again", " and once more")]
    table = events(texts, hours=0)
    order = list(range(len(texts)))
    chance.shuffle(order)
    assert duplicate_groups(table).equals(duplicate_groups(table.take(order)))


def test_planted_near_duplicates_are_found_and_nothing_else() -> None:
    chance = random.Random(11)
    texts, truth = [], []
    for i in range(400):
        text = sentence(chance, chance.randint(12, 30))
        texts.append(text)
        truth.append(i)
        if i % 4 == 0:
            at = chance.randrange(len(text))
            for changed in (text[:at] + "x" + text[at + 1 :], "hello " + text, text + " please help", text.replace(" ", ", ").capitalize()):
                texts.append(changed)
                truth.append(i)
    found = groups(texts, hours=0.1)
    right = sum(truth[k] == truth[r] for k, (r, _, _) in found.items())
    assert right == len(found)
    assert len(found) >= 0.98 * 500


def test_a_wording_copied_by_many_within_days_is_a_template_and_one_persons_repeats_are_not() -> None:
    copied = [f"{LONG}, bring back the old version {i % 3}" for i in range(8)]
    assert all(template for _, _, template in groups(copied).values())
    assert not any(template for _, _, template in groups(copied, customers=["one"] * 8).values())
    assert not any(template for _, _, template in groups(copied, hours=24 * 10).values())


def test_no_events_no_groups() -> None:
    empty = duplicate_groups(events([]))
    assert empty.num_rows == 0
    assert empty.schema.names == list(DUPLICATE_GROUPS.column_names)


def test_signatures_do_not_depend_on_the_batch() -> None:
    normals = [normalised(sentence(random.Random(i), 3 + i % 40)) for i in range(50)] + ["", "ab", "短い"]
    together = signatures(normals)
    assert [signatures([n])[0] for n in normals] == together
    assert together[-3:] == [[], [], []]
    assert {len(s) for s in together[:50]} <= {0, 32}
