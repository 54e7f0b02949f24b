"""The theme registry, themes/themes: counts, evidence and names, brought up to date for the themes whose issues or state changed.

Counts come from the sums by day, people from the facts of the themes concerned, names from the first issues of each theme. Rebuilt from
nothing, the same rows come out. Not here: grouping (process.py, fold.py), facts (facts.py).
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.themes import ISSUE_FACTS, SAMPLES, STATES, THEME_DAYS, THEMES
from feedback_assets.ground.following import Following
from feedback_assets.lakehouse.frames import read_frame
from feedback_assets.lakehouse.interface import Lakehouse, WriteResult
from feedback_assets.themes import evidence
from feedback_assets.themes.naming import MOST_TEXTS, NAMING_VERSION, Counted, Subject, name_themes, recount_terms
from feedback_assets.themes.passing import Mention, passing_themes
from feedback_assets.themes.wording import BETWEEN

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

    from feedback_assets.themes.embedders.interface import Embedder

    Row = dict[str, Any]


_COUNTED = ("person", "severity", "tier", "order_cents", "version", "title")
"""What a theme's row takes from its facts beside evidence: an issue that was read anew may change these alone."""


def update_registry(lake: Lakehouse, embedder: "Embedder") -> WriteResult:
    """Brings themes/themes up to date. Nothing is read or committed when no fact and no state changed."""
    import polars as pl

    inputs = Following(lake, THEMES.name, (ISSUE_FACTS, THEME_DAYS, STATES), {"naming": NAMING_VERSION, "embedder": embedder.name})
    if inputs.unchanged:
        return WriteResult()
    states: dict[str, Row] = {r["theme_id"]: r for r in lake.read(STATES).to_pylist()}
    stored: dict[str, Row] = {r["theme_id"]: r for r in lake.read(THEMES).to_pylist()}
    changes = inputs.changes(ISSUE_FACTS, ["theme_id", *_COUNTED, *evidence.FACTS])
    if changes is None:
        touched = set(states)
        came = gone = None
    else:
        came, gone = changes.came, changes.gone
        touched = {*came["theme_id"].to_list(), *gone["theme_id"].to_list()} & states.keys()
        touched |= _beside(lake, came, gone) & states.keys()
        touched |= {t for t, state in states.items() if _state_differs(state, stored.get(t))}
    active = sorted(t for t in states if states[t]["status"] == "active")
    concerned = [t for t in active if t in touched]
    days = read_frame(lake, THEME_DAYS, THEME_DAYS.column_names, None).filter(pl.col("theme_id").is_in(concerned))
    sums = _sums(days)
    people = _people(lake, concerned)
    quotes = _evidence(lake, concerned, stored, came, gone)
    samples, remarks = _samples(lake, concerned, days, states)
    rows = {t: {**stored.get(t, {}), **_counted(states[t], sums.get(t), people.get(t), quotes[t])} for t in concerned}
    for t in remarks:
        rows[t]["status"] = "remark"
    rows |= {t: _retired(states[t], stored.get(t)) for t in states if states[t]["status"] == "retired"}
    whole = {**{t: stored[t] for t in active if t in stored}, **{t: rows[t] for t in rows}}
    named_by = _name(lake, embedder, whole, founded={t: states[t]["founded"] for t in active}, samples=samples, anew=changes is None)
    written = lake.replace(THEMES, to_arrow(THEMES, [whole[t] for t in sorted(whole)]))
    # After the names: killed in between, the next run finds the samples changed, and names anew.
    lake.replace(SAMPLES, to_arrow(SAMPLES, named_by))
    inputs.done()
    return written


def _state_differs(state: "Row", row: "Row | None") -> bool:
    if row is None:
        return True
    if (state["status"] == "retired") != (row["status"] == "retired"):
        return True
    return any(state[n] != row[n] for n in ("successor_id", "subcategory", "centroid"))


def _beside(lake: Lakehouse, came: "pl.DataFrame", gone: "pl.DataFrame") -> set[str]:
    """Themes that share an event with an issue that came or went: whether they are a remark depends on it."""
    import polars as pl

    changed = pl.concat([came.select("event_id", "event_day"), gone.select("event_id", "event_day")]).unique()
    if not changed.height:
        return set()
    facts = read_frame(lake, ISSUE_FACTS, ["event_id", "theme_id"], {"event_day": sorted(set(changed["event_day"].to_list()))})
    return set(facts.join(changed, on="event_id", how="semi")["theme_id"].to_list())


def _sums(days: "pl.DataFrame") -> "dict[str, Row]":
    """Theme -> its sums over all days, with the first and the last."""
    import polars as pl

    totals = days.group_by("theme_id").agg(
        pl.col("issues", "events", "severity_sum", "confidence_sum").sum(),
        first_day=pl.col("event_day").min(),
        last_day=pl.col("event_day").max(),
    )
    return {r["theme_id"]: r for r in totals.iter_rows(named=True)}


def _people(lake: Lakehouse, themes: Sequence[str]) -> "dict[str, Row]":
    """Theme -> customers, tiers, order value, versions. A person counts once: with the dearest order, and the first known tier by name."""
    import polars as pl

    if not themes:
        return {}
    facts = read_frame(lake, ISSUE_FACTS, ["theme_id", "person", "tier", "order_cents", "version"], {"theme_id": themes})
    facts = facts.with_columns(pl.col("theme_id", "tier", "version").cast(pl.Categorical), person=pl.col("person").hash(seed=0))
    persons = facts.group_by("theme_id", "person").agg(
        tier=pl.col("tier").cast(pl.String).replace("", None).min(),
        cents=pl.col("order_cents").fill_null(0).max(),
    )
    found: dict[str, Row] = {}
    for theme, customers, cents in persons.group_by("theme_id").agg(n=pl.len(), cents=pl.col("cents").sum()).iter_rows():
        found[theme] = {"customers": customers, "order_value": cents / 100, "tiers": {}, "versions": {}}
    for theme, tier, n in persons.drop_nulls("tier").group_by("theme_id", "tier").agg(n=pl.len()).iter_rows():
        found[theme]["tiers"][tier] = n
    for theme, version, n in facts.filter(pl.col("version") != "").group_by("theme_id", "version").agg(n=pl.len()).iter_rows():
        found[theme]["versions"][version] = n
    return found


def _evidence(
    lake: Lakehouse, themes: Sequence[str], stored: "Mapping[str, Row]", came: "pl.DataFrame | None", gone: "pl.DataFrame | None"
) -> dict[str, list[evidence.Quotable]]:
    """Theme -> its evidence: what it was and what came; from all facts where one of the theme's own went."""
    import polars as pl

    found: dict[str, list[evidence.Quotable]] = {}
    anew = list(themes)
    if came is not None and gone is not None:
        lost = set(gone["issue_id"].to_list())
        before = {t: evidence.read(stored[t]["evidence"]) for t in themes if t in stored}
        anew = [t for t in themes if t not in before or any(q["issue_id"] in lost for q in before[t])]
        fresh = _by_theme(came.filter(pl.col("theme_id").is_in([t for t in themes if t not in set(anew)])))
        found = {t: evidence.best([*before[t], *fresh.get(t, ())]) for t in themes if t not in set(anew)}
    if anew:
        facts = read_frame(lake, ISSUE_FACTS, ["theme_id", *evidence.FACTS], {"theme_id": anew})
        fresh = _by_theme(facts)
        found |= {t: evidence.best(fresh.get(t, ())) for t in anew}
    return found


def _by_theme(facts: "pl.DataFrame") -> dict[str, list[evidence.Quotable]]:
    """Theme -> candidates: of each source more than enough of the nearest, and of readable length."""
    import polars as pl

    if not facts.height:
        return {}
    length = pl.col("quote").str.len_chars()
    readable = length.is_between(evidence.QUOTE_FROM, evidence.QUOTE_TO)
    text = pl.col("quote").str.to_lowercase().str.replace_all(r"\s+", " ")
    order = ["similarity", "confidence", "event_time", "issue_id"]
    ordered = facts.with_columns(readable=readable, text=text).sort(order, descending=[True, True, False, False])
    different = ordered.unique(["theme_id", "source", "text"], keep="first", maintain_order=True)
    near = different.group_by("theme_id", "source", maintain_order=True).head(2 * evidence.EACH_SOURCE)
    quoted = ordered.sort(["similarity", "event_time", "issue_id"], descending=[True, False, False])
    best = quoted.filter("readable").group_by("theme_id", maintain_order=True).head(1)
    spoken = quoted.filter(pl.col("quote").str.strip_chars() != "").group_by("theme_id", maintain_order=True).head(1)
    names = ["theme_id", *evidence.FACTS]
    found: dict[str, list[evidence.Quotable]] = {}
    for row in pl.concat([near.select(names), best.select(names), spoken.select(names)]).unique("issue_id").iter_rows(named=True):
        found.setdefault(row["theme_id"], []).append(evidence.quotable(row))
    return found


def _samples(
    lake: Lakehouse, themes: Sequence[str], days: "pl.DataFrame", states: "Mapping[str, Row]"
) -> "tuple[dict[str, Row], frozenset[str]]":
    """Theme -> the row of themes/samples: its first issues, from the days on which there were enough of them. And which are remarks,
    judged by the same issues and what else their events tell."""
    import polars as pl

    rows: dict[str, Row] = {t: {"theme_id": t, "issues": [], "wordings": []} for t in themes}
    if not days.height:
        return rows, frozenset()
    before = days.sort("event_day").with_columns(before=pl.col("issues").cum_sum().over("theme_id") - pl.col("issues"))
    early = before.filter(pl.col("before") < MOST_TEXTS).select("event_day", "theme_id")
    columns = ["event_day", "theme_id", "issue_id", "event_id", "event_time", "title", "quote"]
    facts = read_frame(lake, ISSUE_FACTS, columns, {"event_day": sorted(set(early["event_day"].to_list()))})
    of_themes = facts.join(early, on=["event_day", "theme_id"], how="semi")
    first = of_themes.sort("event_time", "issue_id").group_by("theme_id", maintain_order=True).head(MOST_TEXTS)
    for theme, issue, title, quote in first.select("theme_id", "issue_id", "title", "quote").iter_rows():
        rows[theme]["issues"].append(issue)
        rows[theme]["wordings"].append(title + BETWEEN + quote)
    return rows, _remarks(first, facts, states)


def _remarks(first: "pl.DataFrame", facts: "pl.DataFrame", states: "Mapping[str, Row]") -> frozenset[str]:
    """Themes whose first issues are a remark in passing. facts: all issues of the days of `first`."""
    import polars as pl

    told = facts.filter(pl.col("theme_id") != "").select("theme_id", "event_id", "quote")
    company = first.select("event_id", of="theme_id").unique().join(told, on="event_id").filter(pl.col("theme_id") != pl.col("of"))
    found = set()
    beside: dict[str, list[Mention]] = {}
    for of, theme, event, quote in company.select("of", "theme_id", "event_id", "quote").iter_rows():
        beside.setdefault(of, []).append(Mention(theme, states[theme]["category"], event, quote))
    for (theme,), own in first.select("theme_id", "event_id", "quote").group_by("theme_id"):
        if str(theme) in beside:
            mentions = [Mention(str(theme), states[str(theme)]["category"], event, quote) for _, event, quote in own.iter_rows()]
            if theme in passing_themes([*mentions, *beside[str(theme)]]):
                found.add(str(theme))
    return frozenset(found)


def _counted(state: "Row", sums: "Row | None", people: "Row | None", quotes: Sequence[evidence.Quotable]) -> "Row":
    """A row of an active theme but for its name. A theme none of whose issues is in force stays, with no issues and no quote."""
    founded = state["founded"].date()
    sums = sums or {"issues": 0, "events": 0, "severity_sum": 0, "confidence_sum": 0, "first_day": founded, "last_day": founded}
    people = people or {"customers": 0, "order_value": 0.0, "tiers": {}, "versions": {}}
    quoted = evidence.quoted_of(quotes)
    issues = sums["issues"]
    return {
        **{n: state[n] for n in ("theme_id", "category", "subcategory", "language", "founder_issue_id", "status", "successor_id")},
        **{n: state[n] for n in ("embedder", "centroid")},
        "owner": quoted["owner"] if quoted else "",
        "quote": quoted["quote"] if quoted else "",
        "quote_issue_id": quoted["issue_id"] if quoted else state["founder_issue_id"],
        "first_day": sums["first_day"],
        "last_day": sums["last_day"],
        "issues": issues,
        "events": sums["events"],
        "customers": people["customers"],
        "tiers": json.dumps(people["tiers"], sort_keys=True),
        "versions": json.dumps(people["versions"], sort_keys=True, ensure_ascii=False),
        "order_value": people["order_value"],
        "severity": round(sums["severity_sum"] / issues, 6) if issues else None,
        "confidence": round(sums["confidence_sum"] / issues / 1_000_000, 6) if issues else None,
        "evidence": evidence.written(quotes),
    }


def _retired(state: "Row", stored: "Row | None") -> "Row":
    """A theme that ended keeps the name that people know it by."""
    bare = _counted(state, None, None, ())
    kept = {} if stored is None else {n: stored[n] for n in ("name", "terms", "owner", "first_day", "last_day")}
    return {"name": "", "terms": [], **bare, **kept}


def _name(
    lake: Lakehouse,
    embedder: "Embedder",
    rows: "dict[str, Row]",
    *,
    founded: "Mapping[str, datetime]",
    samples: "Mapping[str, Row]",
    anew: bool,
) -> "list[Row]":
    """Names all active themes anew when what one of them is named by changed: a name tells a theme from the others.

    founded: theme -> when, of the active themes. Returns the rows of themes/samples that the names follow from.
    """
    active = sorted(founded)
    known: dict[str, Row] = {r["theme_id"]: r for r in lake.read(SAMPLES).to_pylist()}
    nothing: Row = {"issues": [], "wordings": []}
    usual = _usual_versions([json.loads(rows[t]["versions"]) for t in active])
    wanted: dict[str, Row] = {}
    for t in active:
        version = _version_of(json.loads(rows[t]["versions"]), rows[t]["issues"], usual)
        fallback = (rows[t]["subcategory"] or rows[t]["category"]).replace("_", " ")
        wanted[t] = {**(samples.get(t) or known.get(t) or nothing), "theme_id": t, "version": version, "fallback": fallback}
    same = not anew and wanted.keys() == known.keys() and all(_same_sample(known[t], wanted[t]) for t in active)
    if same and all(rows[t].get("name") for t in active):
        return list(known.values())
    languages = {t: rows[t]["language"] for t in active}
    counted = _count(wanted, {} if anew else known, languages)
    _centre(embedder, wanted, {} if anew else known)
    subjects = [
        Subject(
            theme_id=t,
            language=languages[t],
            texts=wanted[t]["wordings"],
            centroid=wanted[t]["centre"],
            fallback=wanted[t]["fallback"],
            version=wanted[t]["version"],
            category=rows[t]["category"].replace("_", " "),
            founded=founded[t].isoformat(),
            counted=counted[t],
        )
        for t in active
    ]
    names = name_themes(subjects, embedder)
    for t in active:
        rows[t]["name"], rows[t]["terms"] = names[t].name, list(names[t].terms)
    return list(wanted.values())


def _same_sample(known: "Row", wanted: "Row") -> bool:
    return all(known[n] == wanted[n] for n in ("issues", "wordings", "version", "fallback"))


def _count(wanted: "Mapping[str, Row]", known: "Mapping[str, Row]", languages: Mapping[str, str]) -> dict[str, Counted]:
    """The terms of each sample, counted from what is known of it: only wordings that came or went are read."""
    counted: dict[str, Counted] = {}
    for t, row in wanted.items():
        before = known.get(t) or {"wordings": [], "terms": "{}"}
        counted[t] = json.loads(before["terms"])
        row["terms"] = before["terms"]
        if before["wordings"] != row["wordings"]:
            counted[t] = recount_terms(counted[t], before["wordings"], row["wordings"], languages[t])
            row["terms"] = json.dumps(counted[t], sort_keys=True, ensure_ascii=False)
    return counted


def _centre(embedder: "Embedder", wanted: "Mapping[str, Row]", known: "Mapping[str, Row]") -> None:
    """Gives each sample the middle of the vectors of its first wordings, at unit length; one whose wordings are known keeps its own."""
    import numpy as np

    from feedback_assets.themes.wording import plain

    changed = []
    for t, row in wanted.items():
        if t in known and known[t]["wordings"][:_EMBEDDED] == row["wordings"][:_EMBEDDED]:
            row["centre"] = np.array(known[t]["centre"], np.float32)
        else:
            changed.append(row)
    flat = [plain(text) for row in changed for text in row["wordings"][:_EMBEDDED]]
    # A wording that has no vector now (interface.py) adds nothing to the middle.
    vectors = np.nan_to_num(embedder.embed(flat)) if flat else np.zeros((0, embedder.dimensions), np.float32)
    at = 0
    for row in changed:
        n = len(row["wordings"][:_EMBEDDED])
        middle = vectors[at : at + n].sum(axis=0) if n else np.zeros(embedder.dimensions, np.float32)
        row["centre"] = (middle / (float(np.linalg.norm(middle)) or 1.0)).astype(np.float32)
        at += n


_EMBEDDED = 30
"""Texts of a theme whose vectors make the centre that its terms are compared with."""


def _usual_versions(counted: Collection[Mapping[str, int]]) -> dict[str, float]:
    total: dict[str, int] = {}
    for versions in counted:
        for version, n in versions.items():
            total[version] = total.get(version, 0) + n
    everything = sum(total.values())
    return {version: n / everything for version, n in total.items()}


def _version_of(versions: Mapping[str, int], issues: int, usual: Mapping[str, float]) -> str:
    """The version that a theme is about: most of its issues name it, and far more of them than elsewhere."""
    named = sum(versions.values())
    if named < 4 or named * 2 < issues:
        return ""
    version = min(versions, key=lambda v: (-versions[v], v))
    share = versions[version] / named
    return version if share >= 0.6 and share >= 1.5 * usual.get(version, 0.0) and len(version) <= 20 else ""
