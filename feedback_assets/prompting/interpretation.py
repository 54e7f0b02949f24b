"""The second pass: claims as the numbered lines that a prompt shows, and from the answer to notes that rest on them.

It is shown what the first pass found and no other word of the text, so it can cite nothing else. A cause is a guess, and its text says so.
Not here: who owns a theme in the end, which our rules decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from feedback_assets.prompting.answers import InterpretationAnswer
from feedback_assets.prompting.claims import LONGEST_SENTENCE, Claim, Refused
from feedback_assets.prompting.free_text import is_refused, one_line

HYPOTHESIS = "Hypothesis: "
"""Every cause begins with this, whatever the model wrote."""


@dataclass(frozen=True)
class Note:
    """What may be behind some claims. claims: their numbers, ascending, never empty. cause: empty, or a text that begins with HYPOTHESIS.

    cause_confidence: 0 to 1, not calibrated; 0 when it cannot be told. owner: a suggestion, one of the given teams, or empty.
    """

    claims: tuple[int, ...]
    cause: str
    cause_confidence: float
    next_action: str
    owner: str


@dataclass(frozen=True)
class Notes:
    """What became of an answer. refused: `issue` is the place of the note in it."""

    notes: tuple[Note, ...]
    refused: tuple[Refused, ...]


def claim_lines(claims: Sequence[Claim]) -> str:
    """The value of `claims`: a line a claim, by its number. It holds words of the customer: show it in a fence."""
    return "\n".join(_line(c) for c in claims)


def notes_of(answer: InterpretationAnswer, claims: Sequence[Claim], owners: Mapping[str, str] | Sequence[str]) -> Notes:
    """The notes of an answer about these claims. A note that rests on a number that no claim has is refused, as is an unknown team."""
    numbers = {c.number for c in claims}
    found: list[Note] = []
    refused: list[Refused] = []
    for place, note in enumerate(answer.notes, 1):
        if not note.claims or not numbers.issuperset(note.claims):
            refused.append(Refused(place, "claims", "no_evidence"))
            continue
        owner = note.owner or ""
        if owner and owner not in owners:
            refused.append(Refused(place, "owner", "not_in_taxonomy"))
            owner = ""
        cause = _sentence(note.cause, place, "cause", refused)
        action = _sentence(note.next_action, place, "next_action", refused)
        confidence = (note.cause_confidence or 0.0) if cause else 0.0
        if cause or action or owner:
            found.append(Note(tuple(sorted(set(note.claims))), HYPOTHESIS + cause if cause else "", confidence, action, owner))
    return Notes(tuple(found), tuple(refused))


def _line(claim: Claim) -> str:
    said = [f"kind {claim.category}{'/' if claim.subcategory else ''}{claim.subcategory}"]
    said += [f"{m.type} {_flat(m.text)}" for m in ((claim.component,) if claim.component else ()) + claim.entities]
    said += [f"symptom {claim.symptom}"] if claim.symptom else []
    return f'{claim.number}. {"; ".join(said)}; quote "{_flat(claim.quote)}"'


def _flat(text: str) -> str:
    return " ".join(text.split())


def _sentence(said: str | None, place: int, part: str, refused: list[Refused]) -> str:
    """One line of words, without a HYPOTHESIS of its own; empty when it carries more than words."""
    if said is None:
        return ""
    if is_refused(said):
        refused.append(Refused(place, part, "not_words"))
        return ""
    line = one_line(said, LONGEST_SENTENCE)
    return line[len(HYPOTHESIS) :].lstrip() if line.casefold().startswith(HYPOTHESIS.casefold()) else line
