"""File names that are safe in the landing zone. Only names: no file is touched here."""

import re
import unicodedata

MAX_STEM_BYTES = 80
_KNOWN = re.compile(r"(?:\.(?:json|jsonl|ndjson|csv|tsv|txt|xml|xlsx|zip|pdf))?(?:\.(?:gz|zst))?$", re.IGNORECASE)
_UNSAFE = re.compile(r"[^\w.-]+")


def safe_parts(name: str) -> tuple[str, str]:
    """(stem, extension with its dot) of a file name from outside.

    Letters and digits of any script, `_`, `-` and `.` stay; everything else, control characters and path separators too, becomes `_`.
    The stem never starts with a dot or an underscore and has at most MAX_STEM_BYTES bytes.
    """
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8")).replace("\\", "/").rsplit("/", 1)[-1]
    found = _KNOWN.search(name)
    extension = found.group().lower() if found else ""
    stem = name[: len(name) - len(extension)] if extension else name
    stem = re.sub(r"\.{2,}", ".", _UNSAFE.sub("_", stem)).strip("._-")
    stem = stem.encode()[:MAX_STEM_BYTES].decode("utf-8", "ignore").rstrip("._-")
    return stem or "feedback", extension
