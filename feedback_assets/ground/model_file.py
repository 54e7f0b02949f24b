"""Reading a YAML file that a person edits into a pydantic model. Not here: what any of these files may say, which belongs to its room."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from feedback_assets.ground.errors import SettingError

_Model = TypeVar("_Model", bound=BaseModel)
_SHOWN = 5
"""Mistakes that one message names."""


def read_model(path: Path, model: type[_Model]) -> _Model:
    """The file as the model. Raises SettingError, naming the file and the line or the keys. What the file says is not repeated."""
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingError(f"{path} is missing", expected="the files of taxonomy/", mend=f"restore {path.name}") from None
    except (OSError, UnicodeDecodeError) as e:
        raise SettingError(f"{path} cannot be read: {type(e).__name__}", expected="a readable file in UTF-8") from e
    try:
        # The C loader is safe as well and ten times as fast.
        data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise SettingError(f"{path} is not YAML{where}", expected="a YAML mapping", mend="correct that line") from None
    try:
        return model.model_validate({} if data is None else data)  # a file of comments alone says nothing
    except ValidationError as e:
        mistakes = e.errors(include_input=False, include_url=False)
        found = [f"{'.'.join(str(part) for part in m['loc']) or 'the file'}: {m['msg']}" for m in mistakes[:_SHOWN]]
        more = f" and {len(mistakes) - _SHOWN} more" if len(mistakes) > _SHOWN else ""
        raise SettingError(
            f"{path}: {'; '.join(found)}{more}", expected="the keys that the shipped file has", mend=f"correct {path.name}"
        ) from None
