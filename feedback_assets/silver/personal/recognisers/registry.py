"""The recognisers there are, by name. A new one is its module and one line here."""

from collections.abc import Callable

from feedback_assets.ground.errors import SettingError
from feedback_assets.silver.personal.recognisers.interface import Recogniser
from feedback_assets.silver.personal.recognisers.presidio import PresidioRecogniser
from feedback_assets.silver.personal.rules import Recognition

_RECOGNISERS: dict[str, Callable[[Recognition], Recogniser]] = {
    "presidio": PresidioRecogniser,
}


def recogniser_named(wanted: Recognition) -> Recogniser:
    """The recogniser that the site names. Raises SettingError, naming those there are."""
    try:
        make = _RECOGNISERS[wanted.name]
    except KeyError:
        raise SettingError(
            f"no recogniser {wanted.name!r}", expected=", ".join(sorted(_RECOGNISERS)), mend="correct taxonomy/personal_data.yaml"
        ) from None
    return make(wanted)
