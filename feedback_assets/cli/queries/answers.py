"""The answers of the language model that issues were derived from: which request it was, and what it cost. Never what was asked or said.

The question is made again from the event and the version of the prompt, and found in the ledger by its key; so a version that is no longer
in prompts/, or whose file was changed, leads to none, and that is said.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedback_assets.cli.queries.reader import Reader, Row, rows_by
from feedback_assets.contracts.enrichment import ANSWERS
from feedback_assets.ground.errors import FeedbackError

if TYPE_CHECKING:
    from feedback_assets.prompting.prompt import Prompt

TASK = "classify_issues"
_SHOWN = (
    *("request_key", "attempt", "model_returned", "prompt_tokens", "cached_tokens", "completion_tokens", "cost_usd", "asked_at"),
    *("purpose", "taxonomy_version"),
)
Wanted = tuple[str, str, Row]
"""(the issue's model version, its taxonomy version, the event as it stands in silver/events)"""


def answers_behind(reader: Reader, prompts: Path, wanted: Sequence[Wanted]) -> list[dict[str, Any]]:
    """For each the answer, newest first of the same taxonomy, as one JSON object. Without one, request_key is empty and `why` says why."""
    if not wanted:
        return []
    loaded: dict[str, Prompt | str] = {}
    keys: list[tuple[dict[str, Any], str]] = []
    for version, _, event in wanted:
        model, _, prompt_version = version.rpartition("/")
        asked = {"model": model, "prompt_version": prompt_version, "prompt_sha256": "", "request_key": "", "why": ""}
        if prompt_version not in loaded:
            loaded[prompt_version] = _load(prompts, prompt_version)
        prompt = loaded[prompt_version]
        if isinstance(prompt, str):
            keys.append(({**asked, "why": prompt}, ""))
        else:
            keys.append(({**asked, "prompt_sha256": prompt.content_hash}, _key(model, prompt, event)))
    rows = _rows(reader, {key for _, key in keys if key})
    return [_found(asked, rows.get(key, []), taxonomy) for (asked, key), (_, taxonomy, _) in zip(keys, wanted, strict=True)]


def _key(model: str, prompt: "Prompt", event: Row) -> str:
    from feedback_assets.enrichment.language_model import text_key_of

    return text_key_of(model, prompt, event)


def _load(prompts: Path, prompt_version: str) -> "Prompt | str":
    """The prompt of "v1+0a1b2c3d", or why there is none."""
    from feedback_assets.prompting.prompt import load_prompt

    version, _, digest = prompt_version.rpartition("+")
    try:
        prompt = load_prompt(prompts, TASK, version)
    except FeedbackError:
        return "its file is not in prompts/, or cannot be read"
    return prompt if prompt.content_hash.startswith(digest) else "its file in prompts/ was changed since"


def _rows(reader: Reader, keys: set[str]) -> dict[str, list[Row]]:
    """Text key -> its usable answers, newest first. The keys alone are read first: of the rest only the days that have them."""
    if not keys:
        return {}
    days = reader.frame(ANSWERS, ["feed_date"], where={"text_key": sorted(keys)})["feed_date"].unique().to_list()
    if not days:
        return {}
    where = {"feed_date": days, "text_key": sorted(keys), "outcome": ["ok"]}
    found = reader.frame(ANSWERS, ["text_key", *_SHOWN], where=where)
    return rows_by(found.sort("asked_at", "attempt", "request_key", descending=[True, True, False]), "text_key")


def _found(asked: dict[str, Any], rows: Sequence[Mapping[str, Any]], taxonomy: str) -> dict[str, Any]:
    same = [r for r in rows if r["taxonomy_version"] == taxonomy]
    row = next(iter([*same, *rows]), None)
    if row is None:
        return {**asked, "why": asked["why"] or "no answer in the ledger belongs to this text and prompt"}
    return {**asked, **{name: row[name] for name in _SHOWN}}
