"""Placeholders `{{ name }}` in a prompt's texts: nothing else is replaced, nothing is computed, and a value is never read again.

Not here: which names a task has (tasks.py).
"""

import re
from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"\{\{ ?([a-z][a-z0-9_]*) ?\}\}")
_BRACES = re.compile(r"\{\{|\}\}")


class TemplateError(ValueError):
    """A text whose placeholders cannot be used. It is a ValueError so that pydantic names the key in the file."""


def names_of(text: str) -> frozenset[str]:
    """The names that stand in the text. Raises TemplateError for double braces that are no placeholder."""
    stray = _BRACES.search(_PLACEHOLDER.sub("", text))
    if stray:
        raise TemplateError(f"{stray.group()!r} that is no placeholder: a placeholder is written {{{{ name }}}}, in lower-case letters")
    return frozenset(_PLACEHOLDER.findall(text))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with each placeholder replaced by its value. Raises TemplateError that names every value that is missing.

    >>> filled("Read {{ text }}", {"text": "{{ text }}"})
    'Read {{ text }}'
    """
    missing = sorted(names_of(text) - values.keys())
    if missing:
        raise TemplateError(f"no value for {', '.join(missing)}")
    return _PLACEHOLDER.sub(lambda m: values[m.group(1)], text)
