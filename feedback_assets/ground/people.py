"""How many people told something: the one definition of a customer, for every figure that counts people.

A known customer is one person, however often he writes. Whoever is unknown is one person with all others of his group of duplicates: the
same text sent twice is one sender until something says otherwise. Else an event is a person.

Here: naming the person of an event, for rows of Python and for frames. Not here: counting, and how duplicates are found (silver/).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def person(customer_key: str, duplicate_group: str, event_id: str) -> str:
    """Who told an event: the same name for the same person. Empty: no known customer, no group of duplicates."""
    if customer_key:
        return f"customer {customer_key}"
    return f"duplicates {duplicate_group}" if duplicate_group else f"event {event_id}"


def person_column(customer_key: str = "customer_key", duplicate_group: str = "group_id", event_id: str = "event_id") -> "pl.Expr":
    """The same of a frame's columns, named here; nulls, as a left join leaves them, are empty."""
    import polars as pl

    customer, group = pl.col(customer_key).fill_null(""), pl.col(duplicate_group).fill_null("")
    return (
        pl.when(customer != "")
        .then(pl.lit("customer ") + customer)
        .when(group != "")
        .then(pl.lit("duplicates ") + group)
        .otherwise(pl.lit("event ") + pl.col(event_id))
    )
