"""The state of themes as a fold over issues, day by day. Pure: the same issues give the same state, however they arrived.

Here: assigning issues to themes, discovering new themes among the waiting rest, joining themes that became alike. No tables, no names.

How it works. Issues of one feed date are taken together, in the order (event_time, issue_id), within a group of one category and one
language. Vectors are compared through the lens of their language (lens.py). At the start of a day themes whose centres became alike are
joined; then each issue goes to its nearest theme if it is near enough; then the rest, together with what waited over the last days, is
searched for dense groups. A group counts only when its members are near its centre, never by chains of neighbours, and when they come
from enough different events. Everything that a day needs of the days before is in State, rounded to what a checkpoint stores.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from feedback_assets.ground.identity import theme_id
from feedback_assets.themes.lens import LENS_VERSION, Language, unit

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Parameters:
    """Cosines are between vectors seen through their language's lens.

    assign: an issue this near to a centre belongs to the theme.
    other_subcategory: taken off when issue and theme have different subcategories.
    seed: neighbours of a possible founder. core: members of a new theme, to its centre.
    smallest: fewest different events of a new theme.
    same: a new group this near to a theme is that theme. join: themes this near are one.
    wait_days: how long an issue waits for company.
    """

    assign: float = 0.42
    other_subcategory: float = 0.05
    seed: float = 0.44
    core: float = 0.52
    smallest: int = 4
    same: float = 0.75
    join: float = 0.85
    wait_days: int = 42

    @property
    def version(self) -> str:
        """Names the rules and their parameters: states of different versions are never mixed."""
        return f"fold-1,{LENS_VERSION}:" + ",".join(f"{k}={v}" for k, v in sorted(vars(self).items()))


class Issue(NamedTuple):
    """What the fold needs of one issue. `vector` has unit length, or is zero when the text says nothing."""

    feed_date: date
    event_time: datetime
    issue_id: str
    event_id: str
    category: str
    subcategory: str
    language: str
    vector: "Floats"


class Place(NamedTuple):
    """Where an issue belongs: theme id ("" while it waits) and its cosine to the centre when it was assigned."""

    theme_id: str
    similarity: float


NOWHERE = Place("", 0.0)


@dataclass
class Theme:
    """One theme. `total` is the sum of its members' vectors."""

    theme_id: str
    founder_issue_id: str
    founded: datetime
    category: str
    language: str
    subcategories: dict[str, int]
    size: int
    total: "Floats"

    @property
    def subcategory(self) -> str:
        """The most frequent one; the first by name among equals."""
        return min(self.subcategories, key=lambda s: (-self.subcategories[s], s))


@dataclass
class State:
    """What the days so far leave for the next one."""

    through: date | None = None
    themes: dict[str, Theme] = field(default_factory=dict)
    waiting: list[Issue] = field(default_factory=list)
    languages: dict[str, Language] = field(default_factory=dict)

    def copy(self) -> "State":
        """Independent of this one."""
        return State(
            self.through,
            {k: Theme(**{**vars(t), "subcategories": dict(t.subcategories), "total": t.total.copy()}) for k, t in self.themes.items()},
            list(self.waiting),
            {k: seen.copy() for k, seen in self.languages.items()},
        )


@dataclass
class Folded:
    """What a fold decided: the state at its end and before its last day, places of issues, and who followed whom."""

    state: State
    before_last: State
    places: dict[str, Place]
    successors: dict[str, str]

    def last_successor(self, theme: str) -> str:
        """The theme that stands now for one that was joined to another."""
        while theme in self.successors:
            theme = self.successors[theme]
        return theme


def fold(start: State, issues: Iterable[Issue], parameters: Parameters) -> Folded:
    """Folds the issues, all of days after `start.through`, into a copy of the state.

    `places` holds every issue given and every one that waited at the start, with themes joined later already followed.
    """
    state = start.copy()
    folded = Folded(state, start, {i.issue_id: NOWHERE for i in start.waiting}, {})
    ordered = sorted(issues, key=lambda i: (i.feed_date, i.event_time, i.issue_id))
    last = ordered[-1].feed_date if ordered else None
    for day, of_day in groupby(ordered, key=lambda i: i.feed_date):
        if day == last:
            folded.before_last = state.copy()
        _fold_day(folded, day, list(of_day), parameters)
    folded.places = {i: Place(folded.last_successor(p.theme_id), p.similarity) if p.theme_id else p for i, p in folded.places.items()}
    return folded


def _fold_day(folded: Folded, day: date, issues: Sequence[Issue], parameters: Parameters) -> None:
    state = folded.state
    _join_alike(folded, parameters)
    spoken = _by_language(issues)
    vectors = {language: _stacked(i.vector for i in members) for language, members in spoken.items()}
    # Languages learn what their texts have in common from all issues of the day, before any is compared.
    for language, rows in vectors.items():
        known = state.languages.get(language) or Language.empty(rows.shape[1])
        state.languages[language] = known
        known.add(rows)
    folded.places.update(dict.fromkeys([i.issue_id for i in issues], NOWHERE))
    first_waiting = day - timedelta(days=parameters.wait_days)
    waited: dict[tuple[str, str], list[Issue]] = {}
    for issue in state.waiting:
        if issue.feed_date > first_waiting:
            waited.setdefault((issue.category, issue.language), []).append(issue)
    themes = _by_language(state.themes.values())
    for language in sorted(spoken):
        lens = state.languages[language]
        groups = _grouped(spoken[language], vectors[language], lens)
        known_themes = _grouped_themes(themes.get(language, ()), lens)
        for category in sorted(groups):
            key = (category, language)
            known_here, centres = known_themes.get(category, ([], None))
            group = _Group(key, known_here, centres, lens, parameters)
            waited[key] = group.take(waited.get(key, []), *groups[category])
            folded.places.update(group.places)
            state.themes.update({t.theme_id: t for t in group.founded})
    state.waiting = sorted((i for listed in waited.values() for i in listed), key=lambda i: (i.feed_date, i.event_time, i.issue_id))
    state.through = day


_Spoken = TypeVar("_Spoken", Issue, Theme)


def _by_language(members: Iterable[_Spoken]) -> dict[str, list[_Spoken]]:
    found: dict[str, list[_Spoken]] = {}
    for member in members:
        found.setdefault(member.language, []).append(member)
    return found


def _stacked(vectors: "Iterable[Floats]") -> "Floats":
    import numpy as np

    return np.stack(list(vectors))


def _grouped(issues: Sequence[Issue], vectors: "Floats", lens: Language) -> "dict[str, tuple[list[Issue], Doubles]]":
    """Category -> its issues that say something, and their views."""
    import numpy as np

    seen = lens.view(vectors)
    rows: dict[str, list[int]] = {}
    for k in np.flatnonzero(vectors.any(axis=1)).tolist():
        rows.setdefault(issues[k].category, []).append(k)
    return {category: ([issues[k] for k in ks], seen[ks]) for category, ks in rows.items()}


def _centres(themes: Sequence[Theme], lens: Language) -> "Doubles":
    """Centres of themes, as views."""
    import numpy as np

    return lens.view(_stacked(t.total for t in themes).astype(np.float64) / np.array([t.size for t in themes])[:, None])


def _grouped_themes(themes: Sequence[Theme], lens: Language) -> "dict[str, tuple[list[Theme], Doubles]]":
    """Category -> its themes, the one founded first before others, and their centres."""
    if not themes:
        return {}
    ordered = sorted(themes, key=lambda t: (t.founded, t.theme_id))
    centres = _centres(ordered, lens)
    rows: dict[str, list[int]] = {}
    for k, theme in enumerate(ordered):
        rows.setdefault(theme.category, []).append(k)
    return {category: ([ordered[k] for k in ks], centres[ks]) for category, ks in rows.items()}


def _sum(total: "Floats", vectors: Sequence["Floats"]) -> "Floats":
    """Added in double precision, then rounded to single: what a checkpoint stores is exactly what the fold goes on with."""
    import numpy as np

    result: Floats = (total.astype(np.float64) + np.asarray(vectors, np.float64).sum(axis=0)).astype(np.float32)
    return result


def _cosines(a: "npt.NDArray[np.float64]", b: "npt.NDArray[np.float64]") -> "npt.NDArray[np.float64]":
    """Rounded, so that the last bits of a product never decide."""
    import numpy as np

    return np.asarray(np.round(a @ b.T, 6), np.float64)


def _join_alike(folded: Folded, parameters: Parameters) -> None:
    """Joins themes of one group whose centres are alike: into the larger, then the one founded first.

    Done at the start of a day, it depends on the state before that day alone: a day that is folded again joins the same themes.
    """
    import numpy as np

    state = folded.state
    for language, spoken in _by_language(state.themes.values()).items():
        for themes, centres in _grouped_themes(spoken, state.languages[language]).values():
            alike = _cosines(centres, centres) >= parameters.join
            if np.count_nonzero(alike) > len(themes):
                _join(folded, themes, alike)


def _join(folded: Folded, themes: Sequence[Theme], alike: "npt.NDArray[np.bool_]") -> None:
    """Joins those of one group that are alike: alike[i, j]."""
    state = folded.state
    order = sorted(range(len(themes)), key=lambda k: (-themes[k].size, themes[k].founded, themes[k].theme_id))
    for place, j in enumerate(order):
        into = next((i for i in order[:place] if themes[i].theme_id in state.themes and alike[i, j]), None)
        if into is not None:
            kept, gone = themes[into], themes[j]
            kept.total = _sum(kept.total, [gone.total])
            kept.size += gone.size
            for name, n in gone.subcategories.items():
                kept.subcategories[name] = kept.subcategories.get(name, 0) + n
            del state.themes[gone.theme_id]
            folded.successors[gone.theme_id] = kept.theme_id


class _Group:
    """One day of one category and language."""

    def __init__(
        self, key: tuple[str, str], themes: list[Theme], centres: "Doubles | None", language: Language, parameters: Parameters
    ) -> None:
        """themes: in the order of their founding. centres: of them; needed where there are themes."""
        self.key = key
        self.themes = themes
        self.centres = centres
        self.language = language
        self.parameters = parameters
        self.places: dict[str, Place] = {}
        self.founded: list[Theme] = []

    def take(self, waited: list[Issue], new: list[Issue], seen: "Doubles") -> list[Issue]:
        """Assigns, discovers; returns what waits on. seen: the views of the new issues."""
        import numpy as np

        placed = self._assign(new, seen)
        rest = [k for k in range(len(new)) if k not in placed]
        if not rest:
            return waited
        pool = waited + [new[k] for k in rest]
        if len(pool) < self.parameters.smallest:
            return pool
        old = self.language.view(_stacked(i.vector for i in waited)) if waited else np.empty((0, seen.shape[1]))
        matrix = np.concatenate([old, seen[rest]])
        taken = self._discover(pool, matrix, first_new=len(waited))
        return [issue for k, issue in enumerate(pool) if k not in taken]

    def _centres(self) -> "Doubles":
        """The centres of the group's themes as they are now."""
        if self.centres is None:
            self.centres = _centres(self.themes, self.language)
        return self.centres

    def _assign(self, issues: Sequence[Issue], seen: "Doubles") -> set[int]:
        """Puts each issue into its nearest theme if that is near enough; centres move after all have been placed."""
        import numpy as np

        if not self.themes or not issues:
            return set()
        p = self.parameters
        cosines = _cosines(seen, self._centres())
        numbers = {"": 0}
        usual = np.array([numbers.setdefault(t.subcategory, len(numbers)) for t in self.themes])[None, :]
        own = np.array([numbers.setdefault(i.subcategory, len(numbers)) for i in issues])[:, None]
        differs = (own != usual) & (own > 0) & (usual > 0)
        margin = np.round(cosines - p.assign - differs * p.other_subcategory, 6)
        nearest = margin.argmax(axis=1)
        placed = {k for k in range(len(issues)) if margin[k, nearest[k]] >= 0}
        members: dict[int, list[int]] = {}
        for k in sorted(placed):
            members.setdefault(int(nearest[k]), []).append(k)
        for t, ks in members.items():
            self._enter(self.themes[t], [issues[k] for k in ks], [float(cosines[k, t]) for k in ks])
        return placed

    def _enter(self, theme: Theme, issues: Sequence[Issue], cosines: Sequence[float]) -> None:
        theme.total = _sum(theme.total, [i.vector for i in issues])
        theme.size += len(issues)
        self.centres = None
        for issue, cosine in zip(issues, cosines, strict=True):
            theme.subcategories[issue.subcategory] = theme.subcategories.get(issue.subcategory, 0) + 1
            self.places[issue.issue_id] = Place(theme.theme_id, cosine)

    def _discover(self, pool: Sequence[Issue], matrix: "npt.NDArray[np.float64]", first_new: int) -> set[int]:
        """Founds themes about the new issues of the pool, the one with most neighbours first. Returns the positions that were taken."""
        import numpy as np

        p = self.parameters
        if len(pool) < p.smallest:
            return set()
        near = _cosines(matrix[first_new:], matrix)
        near = np.where(near >= p.seed, near, 0.0)
        free = np.ones(len(pool), bool)
        tried = np.zeros(len(pool) - first_new, bool)
        taken: set[int] = set()
        weights = near.sum(axis=1)
        while True:
            weight = np.where(free[first_new:] & ~tried, np.round(weights, 6), -1.0)
            seed = int(weight.argmax())
            if weight[seed] < p.seed * p.smallest:
                return taken
            tried[seed] = True
            members = self._gather(matrix, free, np.flatnonzero(near[seed] * free))
            if len({pool[k].event_id for k in members}) < p.smallest:
                continue
            self._found(pool, matrix, members)
            free[members] = False
            late = np.flatnonzero(free)
            more = late[sorted(self._assign([pool[int(k)] for k in late], matrix[late]))]
            free[more] = False
            gone = np.concatenate([members, more])
            weights -= near[:, gone].sum(axis=1)
            taken.update(int(k) for k in gone)

    def _gather(
        self, matrix: "npt.NDArray[np.float64]", free: "npt.NDArray[np.bool_]", members: "npt.NDArray[np.int64]"
    ) -> "npt.NDArray[np.int64]":
        """Moves from a seed's neighbours to what lies about their centre, a few steps; all members are near the last centre."""
        import numpy as np

        for _ in range(4):
            if len(members) == 0:
                break
            centre = unit(matrix[members].mean(axis=0, keepdims=True))
            now = np.flatnonzero((_cosines(matrix, centre)[:, 0] >= self.parameters.core) & free)
            if np.array_equal(now, members):
                break
            members = now
        return members

    def _found(self, pool: Sequence[Issue], matrix: "npt.NDArray[np.float64]", members: "npt.NDArray[np.int64]") -> None:
        """Makes a theme of the members, or adds them to a theme that is the same."""
        import numpy as np

        issues = [pool[k] for k in members]
        centre = unit(matrix[members].mean(axis=0, keepdims=True))
        cosines = [float(c) for c in _cosines(matrix[members], centre)[:, 0]]
        if self.themes:
            alike = _cosines(centre, self._centres())[0]
            nearest = int(alike.argmax())
            if alike[nearest] >= self.parameters.same:
                self._enter(self.themes[nearest], issues, cosines)
                return
        founder = min(issues, key=lambda i: (i.event_time, i.issue_id))
        theme = Theme(
            theme_id(founder.issue_id), founder.issue_id, founder.event_time, *self.key, {}, 0, np.zeros(matrix.shape[1], np.float32)
        )
        self._enter(theme, issues, cosines)
        self.themes.append(theme)
        self.founded.append(theme)
