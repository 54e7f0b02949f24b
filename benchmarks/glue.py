"""What a user would glue together for the text stage: BeautifulSoup, Presidio's patterns, lingua, datasketch. Needs the extra `bench`.

Used as their documentation shows, one record after the other. Presidio runs its pattern recognisers of structured personal data, without
an NLP model. Nothing here is tuned against: the thresholds are those of the libraries or of their documentation.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

SHINGLE = 5
PERMUTATIONS = 128
SIMILAR = 0.7
_TAG = re.compile(r"<[a-zA-Z/!]")


@dataclass(frozen=True)
class GluedRecord:
    """What the glue says of one text."""

    text: str
    language: str
    found: tuple[tuple[int, int, str], ...]
    signature: Any


class Glue:
    """The glued stage of one process. Loading lingua's models takes seconds; it is done by `warm`."""

    def __init__(self, languages: Sequence[str]) -> None:
        self.languages = languages

    def warm(self) -> None:
        """Loads every model."""
        self.process(["Warm up: write to ann@example.com, in any language."])

    def process(self, texts: Iterable[str]) -> list[GluedRecord]:
        """Cleaned, masked texts with language and signature."""
        out = []
        for raw in texts:
            cleaned = self.clean(raw)
            found = self.personal_data(cleaned)
            masked = self.masked(cleaned, found)
            out.append(GluedRecord(masked, self.language(masked), tuple(found), self.signature(masked)))
        return out

    def clean(self, raw: str) -> str:
        """Text without markup and with plain spaces."""
        from bs4 import BeautifulSoup

        text = BeautifulSoup(raw, "html.parser").get_text(" ") if _TAG.search(raw) or "&" in raw else raw
        return " ".join(text.split())

    def personal_data(self, text: str) -> list[tuple[int, int, str]]:
        """Spans that Presidio's recognisers find, those of the highest score where they overlap."""
        from presidio_analyzer import EntityRecognizer

        results = []
        for recognizer in self._recognizers:
            results += recognizer.analyze(text, recognizer.supported_entities, None) or []
        kept = EntityRecognizer.remove_duplicates(results)
        chosen: list[Any] = []
        for r in sorted(kept, key=lambda r: (-r.score, r.start - r.end, r.start)):
            if all(r.end <= c.start or c.end <= r.start for c in chosen):
                chosen.append(r)
        return sorted((r.start, r.end, r.entity_type) for r in chosen)

    def masked(self, text: str, found: Sequence[tuple[int, int, str]]) -> str:
        """The text with a placeholder for each span."""
        parts, at = [], 0
        for start, end, kind in found:
            parts += [text[at:start], f"<{kind}>"]
            at = end
        return "".join([*parts, text[at:]])

    def language(self, text: str) -> str:
        """ISO 639-1 code, or und."""
        told = self._detector.detect_language_of(text)
        return told.iso_code_639_1.name.lower() if told is not None else "und"

    def signature(self, text: str) -> Any:
        """datasketch's MinHash of the text's shingles."""
        from datasketch import MinHash

        normal = " ".join(re.sub(r"[\W_]+", " ", text.lower()).split())
        sketch = MinHash(num_perm=PERMUTATIONS)
        sketch.update_batch({normal[i : i + SHINGLE].encode() for i in range(max(1, len(normal) - SHINGLE + 1))})
        return sketch

    def duplicates(self, signatures: Sequence[Any]) -> list[tuple[int, int]]:
        """Pairs that datasketch's index holds for near-duplicates: (later, earlier)."""
        from datasketch import MinHashLSH

        index = MinHashLSH(threshold=SIMILAR, num_perm=PERMUTATIONS)
        pairs = []
        for i, signature in enumerate(signatures):
            pairs += [(i, int(j)) for j in index.query(signature)]
            index.insert(str(i), signature)
        return pairs

    @cached_property
    def _detector(self) -> Any:
        from lingua import IsoCode639_1, LanguageDetectorBuilder

        known = {code.name.lower(): code for code in IsoCode639_1.__dict__.values() if isinstance(code, IsoCode639_1)}
        codes = [known[c] for c in self.languages if c in known]
        return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).with_preloaded_language_models().build()

    @cached_property
    def _recognizers(self) -> list[Any]:
        import presidio_analyzer.predefined_recognizers as known
        import tldextract
        import tldextract.tldextract as defaults

        # The e-mail recogniser asks for a list of domains on the network at its first text; the list inside the package will do.
        offline = tldextract.TLDExtract(suffix_list_urls=())
        defaults.TLD_EXTRACTOR = offline
        tldextract.extract = offline
        names = ("CreditCard", "Email", "Iban", "Ip", "Phone", "UsSsn", "UsLicense")
        return [getattr(known, f"{name}Recognizer")() for name in names]
