"""The tasks that a prompt can be written for, and which values each puts in its texts. Not here: the prompts (prompts/), the answers."""

from dataclasses import dataclass

from feedback_assets.ground.errors import SettingError


@dataclass(frozen=True)
class Task:
    """One thing that is asked.

    name: folder below prompts/.
    settled: values that are the same for every record; they stand in `system`, so that a vendor can cache it.
    fenced: values that hold words of customers or were made of them; they stand in `template` alone, each in its own fence.
    free: values of a record that are ours (a language code, a number).
    optional: names among these that a text may leave out.
    """

    name: str
    settled: frozenset[str] = frozenset()
    fenced: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()

    @property
    def in_template(self) -> frozenset[str]:
        return self.fenced | self.free


CLASSIFY_ISSUES = Task("classify_issues", frozenset({"categories"}), frozenset({"context", "text"}), optional=frozenset({"context"}))
SUGGEST_OWNER = Task("suggest_owner", frozenset({"owners"}), frozenset({"context", "claims"}), optional=frozenset({"context"}))
SUMMARISE_THEME = Task("summarise_theme", frozenset(), frozenset({"quotes"}), frozenset({"category"}), frozenset({"category"}))
TRANSLATE_QUOTES = Task("translate_quotes", frozenset(), frozenset({"quotes"}), frozenset({"target_language"}))
EXECUTIVE_SUMMARY = Task("executive_summary", frozenset(), frozenset({"themes"}), frozenset({"period"}))

TASKS = {t.name: t for t in (CLASSIFY_ISSUES, SUMMARISE_THEME, SUGGEST_OWNER, TRANSLATE_QUOTES, EXECUTIVE_SUMMARY)}


def task_named(name: str) -> Task:
    """Raises SettingError that lists the tasks."""
    if name not in TASKS:
        raise SettingError(f"there is no task {name!r}", expected=f"one of {', '.join(TASKS)}", mend="`feedback prompts list` shows them")
    return TASKS[name]
