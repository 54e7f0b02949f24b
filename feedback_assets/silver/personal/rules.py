"""What a site says about its own numbers, source by source: what is never masked, and what its order and account numbers look like.

The file is taxonomy/personal_data.yaml. Unknown keys are refused, so that a typing error is not a silent default. Rules apply to what is
masked from then on; days that are there are masked anew by a backfill of them.
"""

import hashlib
import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from feedback_assets.ground.model_file import read_model
from feedback_assets.silver.personal.finds import Find

EVERY = "every"
"""The name under which rules for all sources stand."""
LONGEST_PATTERN = 200


def _pattern(value: str) -> str:
    if len(value) > LONGEST_PATTERN:
        raise ValueError(f"a pattern of at most {LONGEST_PATTERN} characters expected, {len(value)} found")
    try:
        compiled = re.compile(value)
    except re.error as e:
        raise ValueError(f"{value!r} is no regular expression: {e}") from None
    if compiled.search("") is not None:
        raise ValueError(f"{value!r} matches nothing at all, and so everywhere")
    return value


Pattern = Annotated[str, AfterValidator(_pattern)]
Phrase = Annotated[str, Field(min_length=2, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceRules(_Strict):
    """Rules of one source.

    keep: words and numbers that are no personal data wherever they stand (a product, the site's own hotline).
    keep_patterns: the same as regular expressions (error codes, build numbers).
    order, account: regular expressions of the site's order and account numbers; a group named `id` says which part is masked.
    """

    keep: tuple[Phrase, ...] = ()
    keep_patterns: tuple[Pattern, ...] = ()
    order: tuple[Pattern, ...] = ()
    account: tuple[Pattern, ...] = ()

    def joined(self, other: "SourceRules") -> "SourceRules":
        """Both rules together."""
        return SourceRules(
            keep=self.keep + other.keep,
            keep_patterns=self.keep_patterns + other.keep_patterns,
            order=self.order + other.order,
            account=self.account + other.account,
        )

    @cached_property
    def _kept(self) -> re.Pattern[str] | None:
        words = [rf"(?<!\w){re.escape(k)}(?!\w)" for k in sorted(self.keep, key=lambda k: (-len(k), k))]
        patterns = [*words, *(f"(?:{p})" for p in self.keep_patterns)]
        return re.compile("|".join(patterns)) if patterns else None

    @cached_property
    def _wanted(self) -> tuple[tuple[re.Pattern[str], str], ...]:
        return (*((re.compile(p), "order") for p in self.order), *((re.compile(p), "account") for p in self.account))

    @property
    def looks(self) -> bool:
        """Whether there are patterns that every text must be held against."""
        return bool(self.order or self.account)

    def finds(self, s: str) -> list[Find]:
        """What the site's own patterns find."""
        out: list[Find] = []
        for pattern, kind in self._wanted:
            group: Any = "id" if "id" in pattern.groupindex else 0
            out.extend((*m.span(group), kind) for m in pattern.finditer(s) if m.end(group) > m.start(group))
        return out

    def without_kept(self, s: str, finds: list[Find]) -> list[Find]:
        """The finds that do not lie wholly in something that is kept."""
        if self._kept is None:
            return finds
        kept = [m.span() for m in self._kept.finditer(s)]
        return [f for f in finds if not any(a <= f[0] and f[1] <= b for a, b in kept)]


NO_RULES = SourceRules()


class Recognition(_Strict):
    """A recogniser of names and addresses. name: empty for none. model: what it is to load. language: of that model."""

    name: str = ""
    model: str = ""
    language: str = "en"


class PersonalData(_Strict):
    """The file. version: change it with every change."""

    version: str = "1"
    recogniser: Recognition = Recognition()
    sources: dict[str, SourceRules] = {}

    def of(self, source: str) -> SourceRules:
        """The rules of a source, those for every source among them."""
        own, every = self.sources.get(source, NO_RULES), self.sources.get(EVERY, NO_RULES)
        if own is NO_RULES or every is NO_RULES:
            return own if every is NO_RULES else every
        return every.joined(own)

    @cached_property
    def digest(self) -> str:
        """Changes with every rule, whether or not `version` was changed with it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:8]

    def __hash__(self) -> int:
        return hash(self.model_dump_json())


def load_personal_data(path: Path) -> PersonalData:
    """The site's rules; none when there is no file. Raises SettingError, naming the file and the key."""
    return read_model(path, PersonalData) if path.exists() else PersonalData()
