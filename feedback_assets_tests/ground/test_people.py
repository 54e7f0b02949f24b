"""One definition of a customer: the same for rows and for frames, and what each case counts as."""

from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.ground.people import person, person_column

ids = st.sampled_from(["", "a", "b"])


@given(st.lists(st.tuples(st.none() | ids, st.none() | ids, st.sampled_from(["a", "b", "c"])), max_size=20))
def test_frames_and_rows_name_the_same_people(rows: list[tuple[str | None, str | None, str]]) -> None:
    import polars as pl

    schema = {"customer_key": pl.String, "group_id": pl.String, "event_id": pl.String}
    named = pl.DataFrame(rows, schema=schema, orient="row").select(person=person_column())["person"].to_list()
    assert named == [person(customer or "", group or "", event) for customer, group, event in rows]


def test_a_known_customer_counts_once_and_an_unknown_sender_once_a_group_of_duplicates() -> None:
    told = [("anna", "", "1"), ("anna", "g", "2"), ("", "g", "3"), ("", "g", "4"), ("", "", "5"), ("", "", "6")]
    assert len({person(*t) for t in told}) == 4


def test_ids_of_different_kinds_never_meet() -> None:
    assert len({person("x", "", ""), person("", "x", ""), person("", "", "x")}) == 3
