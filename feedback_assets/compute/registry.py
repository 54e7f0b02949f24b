"""The engines there are, by name. A new one is its module and one line here."""

from feedback_assets.compute.interface import Compute
from feedback_assets.compute.sail import SailCompute
from feedback_assets.ground.errors import SettingError

_ENGINES = {
    "sail": SailCompute,
}


def compute_named(name: str) -> Compute:
    """The engine of that name. Raises SettingError, naming the engines there are."""
    try:
        engine = _ENGINES[name]
    except KeyError:
        raise SettingError(
            f"no compute engine {name!r}", expected=", ".join(sorted(_ENGINES)), mend="set FEEDBACK_COMPUTE to one of them"
        ) from None
    return engine()
