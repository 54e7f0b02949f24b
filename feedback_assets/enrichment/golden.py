"""Reads the golden set: texts that people labelled, in taxonomy/golden/*.jsonl. Not here: what is learnt from them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from feedback_assets.enrichment.taxonomy import Taxonomy
from feedback_assets.ground.errors import SettingError

Split = Literal["train", "calibration", "test"]


class Label(BaseModel):
    """One issue of a golden text."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    category: str
    subcategory: str = ""
    evidence: str
    severity: int = Field(ge=1, le=5)
    sentiment: Literal["negative", "neutral", "positive", "mixed"]


class GoldenText(BaseModel):
    """One golden text. No labels: it tells of no issue. Texts of one group are alike and lie in one split."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    id: str
    text: str
    language: str
    kind: str = ""
    group: str = ""
    split: Split
    labels: tuple[Label, ...] = ()


def read_golden(folder: Path, taxonomy: Taxonomy) -> list[GoldenText]:
    """All golden texts by id; none when the folder is empty or missing. Raises SettingError naming file and line."""
    found: dict[str, GoldenText] = {}
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
            if not line.strip():
                continue
            where = f"{path}:{number}"
            try:
                golden = GoldenText.model_validate(json.loads(line))
            except json.JSONDecodeError:
                raise SettingError(f"{where} is not JSON", expected="one JSON object a line") from None
            except ValidationError as e:
                first = e.errors()[0]
                raise SettingError(f"{where}: {'.'.join(str(p) for p in first['loc'])}: {first['msg']}") from None
            _check(where, golden, taxonomy)
            if golden.id in found:
                raise SettingError(f"{where}: id {golden.id!r} is given twice", mend="give each text its own id")
            found[golden.id] = golden
    return [found[k] for k in sorted(found)]


def _check(where: str, golden: GoldenText, taxonomy: Taxonomy) -> None:
    for label in golden.labels:
        category = taxonomy.by_id.get(label.category)
        if category is None or (label.subcategory and category.subcategory(label.subcategory) is None):
            raise SettingError(
                f"{where}: label {label.category}/{label.subcategory}", expected="a category and subcategory of the taxonomy"
            )
        if label.evidence not in golden.text:
            raise SettingError(f"{where}: the evidence of {label.category} does not stand in the text", expected="an exact part of it")


def of_split(texts: Iterable[GoldenText], split: Split) -> list[GoldenText]:
    """The texts of one split, in order."""
    return [t for t in texts if t.split == split]
