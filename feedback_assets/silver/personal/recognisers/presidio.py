"""Names, places and organisations by Presidio with a spaCy model of the site's own (extra `presidio`). No structured kinds here."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from feedback_assets.ground.errors import SettingError
from feedback_assets.silver.personal.finds import Find
from feedback_assets.silver.personal.rules import Recognition

_KINDS = {"PERSON": "name", "LOCATION": "place", "ADDRESS": "address", "ORGANIZATION": "organisation", "NRP": "organisation"}
_LABELS = {
    "PER": "PERSON",
    "PERSON": "PERSON",
    "GPE": "LOCATION",
    "LOC": "LOCATION",
    "FAC": "LOCATION",
    "ADDRESS": "ADDRESS",
    "ORG": "ORGANIZATION",
}
"""The labels of spaCy's models -> Presidio's."""


class PresidioRecogniser:
    """Presidio's analyzer with its spaCy recogniser alone. The model is loaded once, and never from the network."""

    def __init__(self, wanted: Recognition) -> None:
        self._language = wanted.language
        self._analyzer = _analyzer(wanted)

    def find(self, texts: Sequence[str]) -> list[list[Find]]:
        """The finds of each text."""
        out: list[list[Find]] = []
        for text in texts:
            results = self._analyzer.analyze(text=text, language=self._language, entities=list(_KINDS)) if text else ()
            out.append(sorted((r.start, r.end, _KINDS[r.entity_type]) for r in results if r.entity_type in _KINDS))
        return out


def _analyzer(wanted: Recognition) -> Any:
    try:
        spacy = import_module("spacy")
        presidio = import_module("presidio_analyzer")
        engines = import_module("presidio_analyzer.nlp_engine")
        recognizers = import_module("presidio_analyzer.predefined_recognizers")
    except ImportError as e:
        raise SettingError(
            f"the recogniser presidio cannot be loaded: {e.name or e} is missing",
            expected="presidio-analyzer and spaCy",
            mend="pip install 'feedback-assets[presidio]', or name no recogniser in taxonomy/personal_data.yaml",
        ) from None
    if not wanted.model or not (spacy.util.is_package(wanted.model) or _is_folder(wanted.model)):
        raise SettingError(
            f"the recogniser presidio has no spaCy model {wanted.model!r}",
            expected="the name of an installed model, or its folder",
            mend="install the model, or correct recogniser.model in taxonomy/personal_data.yaml",
        )
    configuration = engines.NerModelConfiguration(model_to_presidio_entity_mapping=_LABELS)
    engine = engines.SpacyNlpEngine(
        models=[{"lang_code": wanted.language, "model_name": wanted.model}], ner_model_configuration=configuration
    )
    engine.nlp = {wanted.language: spacy.load(wanted.model)}
    registry = presidio.RecognizerRegistry(supported_languages=[wanted.language])
    registry.add_recognizer(
        recognizers.SpacyRecognizer(supported_language=wanted.language, supported_entities=sorted(set(_LABELS.values())))
    )
    return presidio.AnalyzerEngine(nlp_engine=engine, registry=registry, supported_languages=[wanted.language])


def _is_folder(model: str) -> bool:
    return Path(model, "config.cfg").is_file()
