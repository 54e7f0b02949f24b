"""What the taxonomy files may say, and loading them. Unknown keys are refused; every reference is checked.

Files: taxonomy/taxonomy.yaml (version, bars, macros, guards, severity cues, texts without an issue) and one file a category under
taxonomy/categories/. Not here: what rules do with a text (tiers/rules.py).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from feedback_assets.enrichment.phrases import Phrase, PhraseError, compile_phrase
from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.model_file import read_model

Strength = Literal["sure", "likely", "hint"]
Urgency = Literal["now", "soon", "normal", "low"]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
Severity = Annotated[int, Field(ge=1, le=5)]


def _lines(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(line.strip() for line in value.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    return value


Lines = Annotated[tuple[str, ...], BeforeValidator(_lines)]
"""One phrase a line, in the language of phrases.py."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Phrases(_Strict):
    """Phrases of one language by how surely each shows the category when it occurs."""

    sure: Lines = ()
    likely: Lines = ()
    hint: Lines = ()


class Rules(_Strict):
    """include: phrases that show it. exclude: phrases that forbid it in their sentence. Both by language."""

    include: dict[Language, Phrases] = {}
    exclude: dict[Language, Lines] = {}


class Subcategory(Rules):
    """A kind of issue within a category."""

    id: Identifier
    title: str
    description: str
    default_severity: Severity


class Example(_Strict):
    """A text that belongs to the category."""

    text: str = Field(min_length=2)
    language: Language
    subcategory: str = ""


class CounterExample(_Strict):
    """A text that looks like the category and is not. category: the right one, empty when it tells of no issue."""

    text: str = Field(min_length=2)
    language: Language
    category: str


class Category(Rules):
    """One category: what it means, who owns it, how bad it is, and how it is recognised.

    doubt: phrases that, anywhere in a text, make the category unlikely in all of it: the text is about another world.
    """

    id: Identifier
    title: str
    description: str
    owner: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    default_severity: Severity
    urgency: Urgency
    included: tuple[str, ...] = Field(min_length=1)
    excluded: tuple[str, ...] = Field(min_length=1)
    severity: dict[Severity, str]
    doubt: dict[Language, Lines] = {}
    subcategories: tuple[Subcategory, ...] = Field(min_length=1)
    examples: tuple[Example, ...] = Field(min_length=12)
    counter_examples: tuple[CounterExample, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _checked(self) -> "Category":
        if sorted(self.severity) != [1, 2, 3, 4, 5]:
            raise ValueError("severity: the rubric must describe each of 1, 2, 3, 4, 5")
        ids = [s.id for s in self.subcategories]
        if len(set(ids)) != len(ids):
            raise ValueError("subcategories: an id is given twice")
        for i, example in enumerate(self.examples):
            if example.subcategory and example.subcategory not in ids:
                raise ValueError(f"examples.{i}.subcategory: {example.subcategory!r} is not one of {', '.join(ids)}")
        return self

    def rules(self) -> "list[tuple[str, Rules]]":
        """The category's own rules under an empty name, then each subcategory's."""
        return [("", self), *((s.id, s) for s in self.subcategories)]

    def subcategory(self, name: str) -> Subcategory | None:
        """The subcategory of that id, or None."""
        return next((s for s in self.subcategories if s.id == name), None)


class Bars(_Strict):
    """accept: from here a decision stands; further: the same for a further issue of a text. review: from here people look at it.

    model_alone: from here the model's decision stands where no rule speaks. beside: from here a second issue is worth a review.
    """

    accept: float = Field(gt=0, lt=1)
    further: float = Field(gt=0, lt=1)
    model_alone: float = Field(gt=0, lt=1)
    beside: float = Field(gt=0, lt=1)
    review: float = Field(gt=0, lt=1)

    @model_validator(mode="after")
    def _ordered(self) -> "Bars":
        if not self.review <= self.beside <= self.accept <= self.further:
            raise ValueError("bars must rise: review, beside, accept, further")
        return self


class SeverityCue(_Strict):
    """Words that set a severity of at least `at_least`, or change it by `add`."""

    at_least: Severity | None = None
    add: int = Field(default=0, ge=-2, le=2)
    phrases: dict[Language, Lines]


class Guards(_Strict):
    """Phrases that take the weight off what a sentence says, by language.

    resolved: it is over or did not happen. hypothetical: it may happen. attempt: what the customer tried.
    negators: directly before a phrase they deny it. sarcasm: praise that means the opposite.
    question: asks how to do something.
    """

    resolved: dict[Language, Lines]
    hypothetical: dict[Language, Lines]
    attempt: dict[Language, Lines]
    negators: dict[Language, Lines]
    sarcasm: dict[Language, Lines]
    question: dict[Language, Lines]


class NoIssue(_Strict):
    """A text that tells of no issue."""

    text: str = Field(min_length=2)
    language: Language


_Model = TypeVar("_Model", bound=BaseModel)


class _Head(_Strict):
    version: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}\.\d+$")
    bars: Bars
    strengths: dict[Strength, Annotated[float, Field(gt=0, lt=1)]]
    categories: tuple[Identifier, ...] = Field(min_length=1)
    macros: dict[str, str]
    guards: Guards
    problem: dict[Language, Lines]
    severity_cues: tuple[SeverityCue, ...]
    no_issue: tuple[NoIssue, ...]

    @model_validator(mode="after")
    def _checked(self) -> "_Head":
        if set(self.strengths) != {"sure", "likely", "hint"}:
            raise ValueError("strengths: sure, likely and hint must each have a probability")
        if len(set(self.categories)) != len(self.categories):
            raise ValueError("categories: an id is given twice")
        return self


class Taxonomy:
    """The loaded taxonomy. `version` is the number that people give it; `digest` is the hash of all its content."""

    def __init__(self, head: _Head, categories: tuple[Category, ...]) -> None:
        self.head = head
        self.categories = categories
        self._compiled: dict[tuple[str, str], Phrase] = {}
        content = {"head": head.model_dump(mode="json"), "categories": [c.model_dump(mode="json") for c in categories]}
        self.digest = hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).hexdigest()

    @property
    def version(self) -> str:
        return f"{self.head.version}+{self.digest[:8]}"

    @cached_property
    def by_id(self) -> dict[str, Category]:
        return {c.id: c for c in self.categories}

    @cached_property
    def languages(self) -> frozenset[str]:
        """Languages that have phrases."""
        return frozenset(language for c in self.categories for s in c.subcategories for language in s.include)

    @property
    def bars(self) -> Bars:
        return self.head.bars

    def default_severity(self, category: str, subcategory: str) -> int:
        """By the subcategory, else the category."""
        found = self.by_id[category]
        sub = found.subcategory(subcategory)
        return sub.default_severity if sub else found.default_severity

    def phrases(self, lines: Mapping[str, Sequence[str]]) -> list[Phrase]:
        """Compiled phrases of all languages, in order. Each is compiled once: loading looks at all of them."""
        return [self._phrase(line, language) for language, group in lines.items() for line in group]

    def _phrase(self, line: str, language: str) -> Phrase:
        found = self._compiled.get((line, language))
        if found is None:
            found = self._compiled[line, language] = compile_phrase(line, self.head.macros, language)
        return found


def load_taxonomy(folder: Path) -> Taxonomy:
    """The taxonomy in `folder`. Raises SettingError that names the file and the key."""
    path = folder / "taxonomy.yaml"
    head = read_model(path, _Head)
    categories = []
    for name in head.categories:
        file = folder / "categories" / f"{name}.yaml"
        category = read_model(file, Category)
        if category.id != name:
            raise SettingError(f"{file}: id: {category.id!r}", expected=f"{name!r}, as the file is named", mend="rename the file or the id")
        categories.append(category)
    spare = {p.stem for p in (folder / "categories").glob("*.yaml")} - set(head.categories)
    if spare:
        raise SettingError(f"{path}: categories: files for {', '.join(sorted(spare))} are not listed", mend="list them or remove the files")
    taxonomy = Taxonomy(head, tuple(categories))
    _check_references(folder, taxonomy)
    return taxonomy


def _check_references(folder: Path, taxonomy: Taxonomy) -> None:
    for category in taxonomy.categories:
        file = folder / "categories" / f"{category.id}.yaml"
        for i, counter in enumerate(category.counter_examples):
            if counter.category == category.id or (counter.category and counter.category not in taxonomy.by_id):
                raise SettingError(
                    f"{file}: counter_examples.{i}.category: {counter.category!r}", expected="another category's id, or empty for no issue"
                )
    for path, language, lines in _all_lines(folder, taxonomy):
        try:
            taxonomy.phrases({language: lines})
        except PhraseError as e:
            raise SettingError(f"{path}: {e}", expected="a phrase as feedback_assets/enrichment/phrases.py describes") from None


def _all_lines(folder: Path, taxonomy: Taxonomy) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(file and key, language, its phrases)."""
    head = folder / "taxonomy.yaml"
    for name in type(taxonomy.head.guards).model_fields:
        for language, lines in getattr(taxonomy.head.guards, name).items():
            yield f"{head}: guards.{name}.{language}", language, lines
    for language, lines in taxonomy.head.problem.items():
        yield f"{head}: problem.{language}", language, lines
    for i, cue in enumerate(taxonomy.head.severity_cues):
        for language, lines in cue.phrases.items():
            yield f"{head}: severity_cues.{i}.{language}", language, lines
    for category in taxonomy.categories:
        file = folder / "categories" / f"{category.id}.yaml"
        for language, lines in category.doubt.items():
            yield f"{file}: doubt.{language}", language, lines
        for name, rules in category.rules():
            where = f"subcategories.{name}." if name else ""
            for language, phrases in rules.include.items():
                for strength in ("sure", "likely", "hint"):
                    yield f"{file}: {where}include.{language}.{strength}", language, getattr(phrases, strength)
            for language, lines in rules.exclude.items():
                yield f"{file}: {where}exclude.{language}", language, lines
