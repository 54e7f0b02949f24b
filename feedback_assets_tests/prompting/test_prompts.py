"""Prompts as files: what is wrong with one is named, and its content alone is its identity."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.evaluation.leakage import leaks
from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.settings import project_root
from feedback_assets.prompting.answers import (
    executive_summary_model,
    interpretation_model,
    response_model,
    theme_summary_model,
    translations_model,
)
from feedback_assets.prompting.claims import claims_of
from feedback_assets.prompting.prompt import Prompt, load_prompt, versions_of
from feedback_assets.prompting.tasks import TASKS
from feedback_assets.prompting.template import TemplateError, filled, names_of
from feedback_assets_tests.prompting.values import CATEGORIES, PROMPTS, taxonomy

SHIPPED = [(task, version) for task in TASKS for version in versions_of(PROMPTS, task)]
SMALL: dict[str, Any] = {
    "system": "Read it.\n{{ categories }}\n",
    "template": "{{ context }}\n{{ text }}\n",
    "parameters": {"max_output_tokens": 100, "temperature": 0},
    "changelog": [{"day": "2031-01-01", "what": "First."}],
}


def written(folder: Path, content: object, version: str = "v1") -> Path:
    (folder / "classify_issues").mkdir(exist_ok=True, parents=True)
    file = folder / "classify_issues" / f"{version}.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return file


def loaded(folder: Path, **changes: Any) -> Prompt:
    written(folder, {**SMALL, **changes})
    return load_prompt(folder, "classify_issues", "v1")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"temperature": 1}, "temperature"),
        ({"parameters": {"max_output_tokens": 100, "max_tokens": 5}}, "parameters.max_tokens"),
        ({"parameters": {"temperature": 0}}, "parameters.max_output_tokens"),
        ({"parameters": {"max_output_tokens": 100, "temperature": 3}}, "parameters.temperature"),
        ({"changelog": []}, "changelog"),
        ({"system": "Read.\n{{ categories }} {{ owners }}"}, "system: unknown variable owners"),
        ({"system": "Read."}, "system: the variable categories is missing"),
        ({"template": "{{ context }} {{ txt }}"}, "template: unknown variable txt"),
        ({"template": "{{ context }}"}, "template: the variable text is missing"),
        ({"template": "{{ text }} {{ text.upper() }}"}, "template: Value error, '{{'"),
        ({"template": "{{ text }} {% if x %}"}, ""),
        ({"examples": [{"input": {"txt": "x"}, "answer": {}}]}, "examples.0.input: unknown variable txt; no value for text"),
        ({"variants": {"german": {"languages": ["de"]}}}, "variants.german"),
        ({"variants": {"german": {"system": "{{ categories }}"}}}, "variants.german"),
        ({"variants": {"chats": {"channels": ["chats"], "system": "{{ categories }}"}}}, "variants.chats.channels"),
        (
            {"variants": {"german": {"languages": ["de"], "template": "{{ nothing }}"}}},
            "variants.german.template: unknown variable nothing",
        ),
    ],
)
def test_what_is_wrong_with_a_prompt_is_named(tmp_path: Path, changes: dict[str, Any], named: str) -> None:
    if not named:  # nothing but placeholders is read: other marks are text
        assert loaded(tmp_path, **changes).file.template == changes["template"]
        return
    with pytest.raises(SettingError) as e:
        loaded(tmp_path, **changes)
    assert named in str(e.value)
    assert "v1.yaml" in str(e.value)


def test_a_missing_task_or_version_says_which_there_are(tmp_path: Path) -> None:
    written(tmp_path, SMALL, "v1")
    written(tmp_path, SMALL, "v2")
    with pytest.raises(SettingError, match="v1, v2"):
        load_prompt(tmp_path, "classify_issues", "v3")
    with pytest.raises(SettingError, match="summarise_theme"):
        load_prompt(tmp_path, "classify", "v1")
    with pytest.raises(SettingError, match="v1, v2"):
        load_prompt(tmp_path, "classify_issues", "../classify_issues/v1")


def test_the_identity_is_the_content_and_not_its_writing(tmp_path: Path) -> None:
    one = loaded(tmp_path).content_hash
    file = written(tmp_path, dict(reversed(SMALL.items())))
    file.write_text("# a comment\n" + file.read_text(), encoding="utf-8")
    assert load_prompt(tmp_path, "classify_issues", "v1").content_hash == one
    assert loaded(tmp_path, changelog=[{"day": "2031-01-01", "what": "Corrected."}]).content_hash == one
    written(tmp_path, SMALL, "v2")
    assert load_prompt(tmp_path, "classify_issues", "v2").content_hash == one
    changed = [
        loaded(tmp_path, system="Read it well.\n{{ categories }}\n"),
        loaded(tmp_path, template="{{ text }}\n{{ context }}\n"),
        loaded(tmp_path, parameters={"max_output_tokens": 101, "temperature": 0}),
        loaded(tmp_path, examples=[{"input": {"text": "x"}, "answer": {}}]),
        loaded(tmp_path, variants={"german": {"languages": ["de"], "system": "Lies.\n{{ categories }}"}}),
    ]
    assert len({one, *(p.content_hash for p in changed)}) == 6


def test_an_order_that_changes_what_is_asked_is_another_identity_and_any_other_is_not(tmp_path: Path) -> None:
    def content_hash(first: str, **example: Any) -> str:
        named = {n: {"languages": ["de"], "system": f"{n} {{{{ categories }}}}"} for n in sorted(("one", "two"), reverse=first == "two")}
        return loaded(tmp_path, variants=named, examples=[example]).content_hash

    shown, answer = {"text": "x", "context": "y"}, {"kind": "a", "quotes": ["x"]}
    hashes = [
        content_hash("one", input=shown, answer=answer),
        content_hash("one", input=dict(reversed(shown.items())), answer=answer),
        content_hash("one", input=shown, answer=dict(reversed(answer.items()))),
        content_hash("two", input=shown, answer=answer),
    ]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


def test_the_first_variant_that_fits_speaks_and_leaves_the_rest(tmp_path: Path) -> None:
    german, chat = "Lies.\n{{ categories }}", "Chat:\n{{ text }}"
    variants = {
        "german_chat": {"languages": ["de"], "channels": ["chat"], "system": german, "template": chat},
        "german": {"languages": ["de", "nds"], "system": german},
        "bare": {"channels": ["survey"], "examples": []},
    }
    prompt = loaded(tmp_path, variants=variants, examples=[{"input": {"text": "x"}, "answer": {}}])
    assert prompt.wording("chat", "de").template == chat
    assert (prompt.wording("survey", "de").system, prompt.wording("survey", "de").template) == (german, SMALL["template"])
    assert prompt.wording("survey", "en").examples == ()
    assert prompt.wording("chat", "en") == prompt.wording()


@given(st.dictionaries(st.sampled_from(["text", "context"]), st.text(), min_size=2))
def test_a_value_is_put_in_once_and_never_read_again(values: dict[str, str]) -> None:
    values["text"] += "{{ context }}{{ nothing }}"
    assert filled("A{{ text }}B{{context}}C", values) == f"A{values['text']}B{values['context']}C"


def test_every_missing_value_is_named() -> None:
    with pytest.raises(TemplateError, match="no value for a, c"):
        filled("{{ c }}{{ a }}{{ b }}", {"b": "x"})
    for wrong in ("{{ }}", "{{ A }}", "{{ a | upper }}", "}}", "{{ a.b }}"):
        with pytest.raises(TemplateError):
            names_of(wrong)


# --- the shipped ones ---------------------------------------------------------------------------------------------------------------------


def examples() -> list[tuple[str, str, int, dict[str, str], dict[str, Any]]]:
    found = []
    for task, version in SHIPPED:
        file = load_prompt(PROMPTS, task, version).file
        of_file = [*file.examples, *(e for v in file.variants.values() for e in v.examples or ())]
        found += [(task, version, i, e.input, e.answer) for i, e in enumerate(of_file)]
    return found


def test_every_task_has_a_prompt_with_two_to_four_examples() -> None:
    counts = {task: [len(load_prompt(PROMPTS, task, v).file.examples) for t, v in SHIPPED if t == task] for task in TASKS}
    assert all(counts.values())
    assert all(2 <= n <= 4 for many in counts.values() for n in many), counts


@pytest.mark.parametrize(
    ("task", "version", "number", "shown", "answer"), examples(), ids=lambda v: str(v) if isinstance(v, str | int) else ""
)
def test_an_example_is_an_answer_that_would_be_taken(
    task: str, version: str, number: int, shown: dict[str, str], answer: dict[str, Any]
) -> None:
    raw = json.dumps(answer)
    where = f"{task} {version} example {number}"
    if task == "classify_issues":
        parsed = response_model(CATEGORIES).model_validate_json(raw)
        made = claims_of(parsed, shown["text"], CATEGORIES)
        assert len(made.claims) == len(parsed.issues), where
        assert not made.refused, (where, made.refused)
        assert json.dumps(parsed.model_dump()) == raw, f"{where}: the keys of an answer stand in the order of the schema"
    elif task == "suggest_owner":
        owners = sorted({c.owner for c in taxonomy().categories})
        interpretation_model(len(shown["claims"].splitlines()), owners).model_validate_json(raw)
    elif task == "summarise_theme":
        theme_summary_model(len(shown["quotes"].splitlines())).model_validate_json(raw)
    elif task == "translate_quotes":
        translations_model(len(shown["quotes"].splitlines())).model_validate_json(raw)
    else:
        executive_summary_model(len(shown["themes"].splitlines())).model_validate_json(raw)


def labelled_texts() -> list[str]:
    golden = [
        json.loads(line)["text"]
        for file in sorted((project_root() / "taxonomy" / "golden").glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    found = taxonomy()
    taught = [e.text for c in found.categories for e in c.examples]
    taught += [e.text for c in found.categories for e in c.counter_examples]
    return [*golden, *taught, *(n.text for n in found.head.no_issue)]


def test_no_example_is_or_holds_a_text_of_the_golden_set_or_of_what_the_model_learns_from() -> None:
    known = {str(i): text for i, text in enumerate(labelled_texts())}
    assert len(known) > 1200
    shown = [(value, value) for _, _, _, values, _ in examples() for value in values.values()]
    assert shown
    assert leaks(known, shown) == []
    assert [leak.golden_id for leak in leaks(known, [("here", f"Hello. {known['0'].upper()}  Bye.")])] == ["0"]
