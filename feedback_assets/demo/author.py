"""People who write: makes the drafts of one day and source, with everything that is planted in them.

Here: who says what, when, how often, and what becomes of it later (edits, deletions, echoes). Not here: formats and files.
"""

import random
from bisect import bisect
from collections import deque
from collections.abc import Callable, Iterator
from html import escape
from itertools import accumulate

from feedback_assets.demo import causes as c
from feedback_assets.demo import compose, personal
from feedback_assets.demo.draft import Draft
from feedback_assets.demo.schedule import (
    MACRO_SOURCES,
    OUTAGE_SHARE,
    OUTAGE_SOURCES,
    SOURCES,
    SPAM_SOURCES,
    SPAM_WAVE,
    Schedule,
)

DAY = 86400
# Deliveries are fetched at 23:00; nothing is said after this second of the day.
LAST_SECOND = 22 * 3600 + 45 * 60

# Share of the app (the rest is the shop) in what each source hears.
APP_SHARE = {"zendesk": 0.75, "intercom": 0.7, "app_store": 1.0, "google_play": 1.0, "survey": 0.6, "forum": 0.92, "generic": 0.6}
# praise, question, neutral
TONES = {
    "zendesk": (0.02, 0.10, 0.01),
    "intercom": (0.03, 0.16, 0.02),
    "app_store": (0.33, 0.02, 0.05),
    "google_play": (0.30, 0.02, 0.06),
    "shop_reviews": (0.42, 0.02, 0.05),
    "returns": (0.0, 0.0, 0.04),
    "survey": (0.28, 0.03, 0.14),
    "forum": (0.08, 0.24, 0.03),
    "generic": (0.15, 0.12, 0.06),
}
SHORT_SHARE = {"google_play": 0.06, "app_store": 0.03, "returns": 0.10, "survey": 0.05, "shop_reviews": 0.03}
EMPTY_SHARE = {"returns": 0.05, "survey": 0.04, "shop_reviews": 0.02, "google_play": 0.006, "zendesk": 0.002, "intercom": 0.002}
EMOJI_SHARE = {"google_play": 0.012, "app_store": 0.006, "shop_reviews": 0.006, "survey": 0.006, "intercom": 0.004}
RETURN_CAUSES = {"defective_item", "wrong_size", "wrong_item", "cheap_material", "late_parcel"}
CSV_SOURCES = {"shop_reviews", "returns", "survey"}
ECHO_TARGETS = {"app": ("intercom", "app_store", "google_play", "survey", "forum"), "shop": ("intercom", "shop_reviews", "survey")}
TITLED = {"zendesk", "intercom", "app_store", "google_play", "shop_reviews", "forum"}

_HOURS = list(accumulate((2, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 10, 10, 10, 10, 9, 8, 8, 8, 7, 6, 4)))
_LANGUAGES = list(accumulate(compose.LANGUAGE_SHARES))

SIGNATURES = (
    "\n\n-- \n{name}\nOperations, Example Ltd",
    "\n\nKind regards\n{name}\nOffice Manager | Example GmbH | Musterstr. 1",
    "\n\nSent from my iPhone",
    "\n\n--\n{name}",
    "\n\n{name}\nThis message and any attachment are confidential.",
)
QUOTES = (
    "\n\nOn {day}, Larkspur Support wrote:\n> Hello {name},\n> have you tried a restart?\n> Your Larkspur team",
    "\n\nAm {day} schrieb Larkspur Support:\n> Hallo {name},\n> wir haben Ihre Anfrage erhalten.",
    "\n\n-----Original Message-----\nFrom: Larkspur Support\nSubject: Re: your request\n\nWe have received your request.",
)

Rng = Callable[[], float]
Maker = Callable[[int, str, Rng], Draft]
Due = tuple[str, Draft]


class Author:
    """Makes drafts. Holds what later days still have to deliver; everything else is a function of seed, day and source."""

    def __init__(self, schedule: Schedule, seed: int, tag: str) -> None:
        self.schedule = schedule
        self.seed = seed
        self.tag = tag
        self.number = int(tag, 16)
        self.voices = compose.load_voices()
        self.voice_list = [self.voices[code] for code in compose.LANGUAGES]
        self.serials = dict.fromkeys(SOURCES, 0)
        self.due: dict[tuple[int, str], deque[Due]] = {}
        self.recent: dict[str, deque[Draft]] = {"app": deque(maxlen=60), "shop": deque(maxlen=60)}
        self.releases: dict[int, tuple[str, str]] = {}
        self.people = max(50, int(schedule.records * 0.7))
        self.macro = (compose.compile_plain(compose.MACRO_TEXT),)
        self.spam = tuple(compose.compile_plain(t) for t in compose.SPAM_TEXTS)
        self.choices = {
            (code, side, restricted): self._weighted(voice, side, restricted=restricted)
            for code, voice in self.voices.items()
            for side, restricted in (("app", False), ("shop", False), ("shop", True))
        }

    @staticmethod
    def _weighted(voice: compose.Voice, side: str, *, restricted: bool) -> tuple[list[c.Cause], list[float]]:
        fit = [x for x in c.ISSUES if x.side == side and x.id in voice.problems and (not restricted or x.id in RETURN_CAUSES)]
        return fit, list(accumulate(x.weight for x in fit))

    def drafts(self, day: int, source: str, count: int, part: int, *, last: bool) -> Iterator[Draft]:
        """`count` drafts that the source delivers on the day (an index), due ones first. What does not fit in waits for the next file."""
        r = random.Random(f"{self.seed}|{self.tag}|{day}|{source}|{part}").random
        waiting = self.due.pop((day, source), deque())
        again: deque[Due] = deque()
        bounds, makers = self._table(day, source)
        for _ in range(count):
            if waiting:
                kind, origin = waiting.popleft()
                yield self._follow(kind, origin, day, r)
                continue
            if again and r() < 0.4:
                kind, origin = again.popleft()
                yield self._follow(kind, origin, day, r)
                continue
            d = makers[bisect(bounds, r())](day, source, r)
            self._plan_later(d, day, source, again, r)
            yield d
        waiting.extend(again)
        if waiting:
            self._postpone(day if not last else day + (3 if source == "generic" else 1), source, waiting)

    def late(self, day: int, source: str, count: int) -> Iterator[Draft]:
        """Drafts that the source delivers on the day although they were said three to five days earlier."""
        r = random.Random(f"{self.seed}|{self.tag}|{day}|{source}|late").random
        for _ in range(count):
            d = self._issue(day - 3 - int(r() * 3), source, r)
            d.kinds.append("late")
            yield d

    def spare(self, day: int, source: str, salt: int) -> Draft:
        """A draft to be damaged: never delivered whole, so nobody may copy it."""
        d = self._issue(day, source, random.Random(f"{self.seed}|{self.tag}|{day}|{source}|broken|{salt}").random)
        pool = self.recent[d.side]
        if pool and pool[-1] is d:
            pool.pop()
        return d

    def _postpone(self, day: int, source: str, items: deque[Due]) -> None:
        if day < self.schedule.days:
            self.due.setdefault((day, source), deque()).extend(items)

    def _table(self, day: int, source: str) -> tuple[list[float], list[Maker]]:
        """Upper bounds of the shares of the day's makers; one more maker than bounds, for the rest."""
        s = self.schedule
        rows: list[tuple[float, Maker]] = []
        if day == s.outage_day:
            rows.append((OUTAGE_SHARE * OUTAGE_SOURCES[source], self._outage))
        if day == s.macro_day:
            rows.append((MACRO_SOURCES.get(source, 0.0), self._macro))
        rows.append((s.regression_share("export", day, source), self._export_pdf))
        rows.append((s.regression_share("login", day, source), self._login_loop))
        rows.append((SPAM_SOURCES.get(source, 0.0) * (SPAM_WAVE if day == s.spam_day else 1.0), self._spam))
        praise, question, neutral = TONES[source]
        rows += [
            (SHORT_SHARE.get(source, 0.02), self._short),
            (0.012, self._sarcasm),
            (EMOJI_SHARE.get(source, 0.0), self._emoji),
            (EMPTY_SHARE.get(source, 0.0), self._empty),
            (0.003, self._injection),
            (0.02, self._near_duplicate),
            (praise, self._praise),
            (question, self._question),
            (neutral, self._neutral),
        ]
        rows = [row for row in rows if row[0] > 0]
        return list(accumulate(share for share, _ in rows)), [*(maker for _, maker in rows), self._issue]

    # --- one draft

    def _draft(self, day: int, source: str, r: Rng, voice: compose.Voice, *, cause: c.Cause, version: str | None = None) -> Draft:
        """A draft without words."""
        serial = self.serials[source]
        self.serials[source] = serial + 1
        if version is None:
            version = self._version(day, r) if cause.side == "app" and source in APP_SHARE else ""
        at = (self.schedule.first_day.toordinal() - 719163 + day) * DAY
        at += min(LAST_SECOND, bisect(_HOURS, r() * _HOURS[-1]) * 3600 + int(r() * 3600))
        places = voice.phrases.places
        locales = voice.phrases.locales
        angry = cause.category is not None
        return Draft(
            source=source,
            record_id=self._record_id(source, serial, day),
            serial=serial,
            created=at,
            updated=at,
            language=voice.code,
            cause=cause.id,
            labels=(cause.category,) if cause.category else (),
            severity=cause.severity,
            side=cause.side,
            area=cause.area if cause.side == "app" and r() < 0.7 else "",
            title="",
            body="",
            rating=1 + int(r() * (2 if cause.severity[0] > 2 else 3)) if angry else 3 + int(r() * 2),
            person=int(r() * self.people),
            version=version,
            android=source == "google_play" or (source != "app_store" and (r() < 0.4 or cause is c.LOGIN_LOOP)),
            country=places[int(r() * len(places))],
            locale=locales[int(r() * len(locales))],
            item=compose.goods(voice, cause, r),
            noise=int(r() * 2**40),
        )

    def _record_id(self, source: str, serial: int, day: int) -> str:
        if source in {"zendesk", "forum", "intercom"}:
            return str(self.number * 10_000_000 + serial)
        if source == "app_store":
            return f"{serial:08x}-{self.tag[:4]}-4{self.tag[4:]}0-8000-{serial * 2654435761 % 2**48:012x}"
        if source == "google_play":
            return f"gp:AOqpTO{self.tag}{serial:08d}"
        if source == "generic":
            return f"{GENERIC_MAPPINGS[day % 3]}:{self.tag}-{serial}"
        return f"{ {'shop_reviews': 'R', 'returns': 'RMA', 'survey': 'S'}[source] }-{self.tag}-{serial}"

    def _version(self, day: int, r: Rng) -> str:
        if day not in self.releases:
            self.releases[day] = self.schedule.version_on(day)
        new, old = self.releases[day]
        roll = r()
        return new if roll < 0.65 else old if roll < 0.85 else "4.1.2" if roll < 0.94 else "4.0.6"

    def _voice(self, r: Rng) -> compose.Voice:
        return self.voice_list[min(bisect(_LANGUAGES, r()), len(self.voice_list) - 1)]

    def _side(self, source: str, r: Rng) -> str:
        return "app" if r() < APP_SHARE.get(source, 0.0) else "shop"

    def _speak(self, d: Draft, voice: compose.Voice, cause: c.Cause, r: Rng, *, plain: bool = False) -> Draft:
        """Words for the draft."""
        heart = self._core(d, voice, cause, r)
        d.core = heart.text
        style = compose.HURRIED if cause is c.OUTAGE else compose.STYLES[d.source]
        text = compose.around(voice, cause, heart, style, r, plain=plain)
        happy = cause.id.startswith("praise")
        if d.source in TITLED and r() < (1.0 if d.source in {"zendesk", "app_store", "forum"} else 0.6):
            d.title = compose.title(voice, cause, heart, r, praise=happy)
        d.body = compose.habits(text, r, happy=happy)
        return d

    @staticmethod
    def _core(d: Draft, voice: compose.Voice, cause: c.Cause, r: Rng) -> compose.Core:
        platform = "ios" if d.source == "app_store" else "android" if d.android else "desk"
        return compose.core(voice, cause, item=d.item, version=d.version or "4.2", platform=platform, r=r)

    def _issue(self, day: int, source: str, r: Rng) -> Draft:
        voice = self._voice(r)
        fit, weights = self.choices[voice.code, self._side(source, r), source == "returns"]
        cause = fit[bisect(weights, r() * weights[-1])]
        return self._complaint(day, source, r, voice, cause=cause)

    def _complaint(self, day: int, source: str, r: Rng, voice: compose.Voice, *, cause: c.Cause, version: str | None = None) -> Draft:
        d = self._speak(self._draft(day, source, r, voice, cause=cause, version=version), voice, cause, r)
        roll = r()
        if roll < 0.06 and not version:
            self._second_issue(d, voice, r)
        elif roll < 0.10:
            kind, value, sentence = personal.plant(r, voice.code)
            d.body = f"{d.body}{voice.joiner or ' '}{sentence}"
            d.personal.append((kind, value))
            d.kinds.append("personal_data")
        self._dress(d, r)
        if not d.personal and len(d.body) >= 50 and not d.html:
            self.recent[cause.side].append(d)
        return d

    def _second_issue(self, d: Draft, voice: compose.Voice, r: Rng) -> None:
        fit, weights = self.choices[voice.code, d.side, d.source == "returns" and d.side == "shop"]
        other = fit[bisect(weights, r() * weights[-1])]
        if other.category is None or other.category in d.labels:
            return
        second = self._core(d, voice, other, r).text
        also = voice.phrases.also
        d.body = voice.joiner.join((d.body, also[int(r() * len(also))], second))
        d.labels = (*d.labels, other.category)
        d.severity = (min(d.severity[0], other.severity[0]), max(d.severity[1], other.severity[1]))
        d.kinds.append("several_issues")

    def _dress(self, d: Draft, r: Rng) -> None:
        """Signature, quoted reply, HTML, a formula: whatever the channel puts around words."""
        roll = r()
        if d.source == "zendesk" or (d.source == "intercom" and roll < 0.05):
            name = personal.name_of(d.person)
            if roll < 0.12:
                d.body += SIGNATURES[int(r() * len(SIGNATURES))].replace("{name}", name)
                d.kinds.append("signature")
            if 0.08 < roll < 0.16:
                day = f"{1 + d.created // DAY % 28}.6.2025"
                d.body += QUOTES[int(r() * len(QUOTES))].replace("{name}", name).replace("{day}", day)
                d.kinds.append("quoted_reply")
        if d.source in CSV_SOURCES and roll < 0.006:
            d.body = f"{compose.FORMULAS[int(r() * len(compose.FORMULAS))]} {d.body}"
            d.kinds.append("formula")
        elif (d.source in {"zendesk", "forum", "intercom"} and roll > 0.93) or roll > 0.996:
            lines = [escape(line, quote=False) for line in d.body.split("\n")]
            first, rest = lines[0], "<br>".join(lines[1:])
            d.body = (
                f'<div class="msg"><p>{first}</p>{rest}<p><b>&nbsp;</b></p><img src="https://cdn.larkspur.example/p.gif?x=1&amp;y=2"></div>'
            )
            d.html = True
            d.kinds.append("html")

    def _tone(self, day: int, source: str, r: Rng, kind: str, of: dict[str, c.Cause]) -> Draft:
        side = self._side(source, r)
        voice = self._voice(r)
        d = self._speak(self._draft(day, source, r, voice, cause=of[side]), voice, of[side], r, plain=True)
        d.kinds.append(kind)
        return d

    def _praise(self, day: int, source: str, r: Rng) -> Draft:
        d = self._tone(day, source, r, "praise", c.PRAISE)
        d.rating = 4 + int(r() * 1.7)
        if r() < 0.35:
            voice = self.voices[d.language]
            more = self._core(d, voice, c.PRAISE[d.side], r).text
            if more not in d.body:
                d.body = voice.joiner.join((d.body, more))
        return d

    def _question(self, day: int, source: str, r: Rng) -> Draft:
        return self._tone(day, source, r, "question", c.QUESTION)

    def _neutral(self, day: int, source: str, r: Rng) -> Draft:
        d = self._tone(day, source, r, "neutral", c.NEUTRAL)
        d.rating = 3
        return d

    def _incident(self, day: int, source: str, r: Rng, cause: c.Cause, version: str | None) -> Draft:
        d = self._complaint(day, source, r, self._voice(r), cause=cause, version=version)
        d.area = cause.area if cause.side == "app" else ""
        d.incident = cause.id
        d.rating = 1 + int(r() * 1.4)
        return d

    def _export_pdf(self, day: int, source: str, r: Rng) -> Draft:
        return self._incident(day, source, r, c.EXPORT_PDF, self.schedule.export_version)

    def _login_loop(self, day: int, source: str, r: Rng) -> Draft:
        return self._incident(day, source, r, c.LOGIN_LOOP, self.schedule.login_version)

    def _outage(self, day: int, source: str, r: Rng) -> Draft:
        d = self._incident(day, source, r, c.OUTAGE, None)
        first, last = self.schedule.outage_hours
        d.created = d.updated = d.created // DAY * DAY + first * 3600 + int(r() * (last - first) * 3600)
        return d

    def _fixed(self, day: int, source: str, r: Rng, cause: c.Cause, *, text: str, voice: compose.Voice | None = None) -> Draft:
        """A draft with given words."""
        voice = voice or self.voices["en"]
        d = self._draft(day, source, r, voice, cause=cause)
        d.body = text
        d.area = ""
        d.kinds.append(cause.id)
        if source in {"zendesk", "forum"}:
            titles = voice.phrases.titles_app
            d.title = titles[int(r() * len(titles))].replace("{area}", "Larkspur").replace("{version}", d.version)
        return d

    def _macro(self, day: int, source: str, r: Rng) -> Draft:
        text = compose.say_plain(self.macro, r)
        d = self._fixed(day, source, r, c.MACRO, text=text)
        if r() < 0.5:
            d.body = f"{text}\n{personal.name_of(d.person)}"
        d.title = "Bring back the lifetime licence"
        d.kinds = ["macro"]
        d.incident = d.group = c.MACRO.id
        return d

    def _spam(self, day: int, source: str, r: Rng) -> Draft:
        d = self._fixed(day, source, r, c.SPAM, text=compose.say_plain(self.spam, r))
        d.rating = 5
        return d

    def _short(self, day: int, source: str, r: Rng) -> Draft:
        voice = self._voice(r)
        words = voice.phrases.short
        return self._fixed(day, source, r, c.SHORT, text=words[int(r() * len(words))], voice=voice)

    def _sarcasm(self, day: int, source: str, r: Rng) -> Draft:
        voice = self._voice(r)
        text, category = compose.sarcasm(voice, r)
        d = self._fixed(day, source, r, c.SARCASM, text=text, voice=voice)
        d.labels = (category,)
        d.rating = 1 + 4 * int(r() < 0.2)
        return d

    def _emoji(self, day: int, source: str, r: Rng) -> Draft:
        d = self._fixed(day, source, r, c.EMOJI, text=compose.EMOJI_ONLY[int(r() * len(compose.EMOJI_ONLY))])
        d.language = "und"
        return d

    def _empty(self, day: int, source: str, r: Rng) -> Draft:
        d = self._fixed(day, source, r, c.EMPTY, text="  " if r() < 0.2 else "", voice=self._voice(r))
        d.title = ""
        d.language = "und"
        return d

    def _injection(self, day: int, source: str, r: Rng) -> Draft:
        order = compose.INJECTIONS[int(r() * len(compose.INJECTIONS))]
        if r() < 0.5:
            return self._fixed(day, source, r, c.INJECTION, text=order)
        d = self._issue(day, source, r)
        d.body = f"{d.body}\n{escape(order, quote=False) if d.html else order}"
        d.kinds.append("prompt_injection")
        return d

    def _near_duplicate(self, day: int, source: str, r: Rng) -> Draft:
        """Somebody else with almost the same words: typos, other case, a signature."""
        side = self._side(source, r)
        pool = self.recent[side]
        if not pool:
            return self._issue(day, source, r)
        origin = pool[int(r() * len(pool))]
        if source == "returns" and origin.cause not in RETURN_CAUSES:
            return self._issue(day, source, r)
        voice = self.voices[origin.language]
        d = self._draft(day, source, r, voice, cause=c.ALL[origin.cause], version=origin.version)
        d.created = d.updated = max(d.created, min(origin.created + 60 + int(r() * 900), d.created // DAY * DAY + LAST_SECOND))
        d.item = origin.item
        d.title = origin.title if source in TITLED else ""
        roll = r()
        if roll < 0.6:
            d.body = compose.typos(origin.body, r, 1 + int(r() * 2))
        elif roll < 0.8:
            d.body = origin.body + SIGNATURES[int(r() * len(SIGNATURES))].replace("{name}", personal.name_of(d.person))
        else:
            d.body = f"{origin.body} {compose.EMOJI[int(r() * len(compose.EMOJI))]}"
        d.labels, d.severity, d.incident = origin.labels, origin.severity, origin.incident
        d.duplicate_of = f"{origin.source}:{origin.record_id}"
        d.kinds.append("near_duplicate")
        return d

    # --- what becomes of it

    def _plan_later(self, d: Draft, day: int, source: str, again: deque[Due], r: Rng) -> None:
        roll = r()
        if roll < 0.027:
            if d.cause in {"empty", "emoji_only"}:
                return
            kind = "edit"
        elif roll < 0.035:
            kind = "deletion"
        elif roll < 0.039:
            kind = "redelivery"
        elif roll < 0.047 and d.core and d.labels and not d.duplicate_of:
            self._plan_echo(d, day, source, r)
            return
        else:
            return
        self._plan(kind, d, day, again, r)

    def _plan(self, kind: str, d: Draft, day: int, again: deque[Due], r: Rng) -> None:
        if kind == "edit" and r() < 0.4:
            again.append((kind, d))
            return
        # A mapping of `generic` comes back every third day, and a record keeps its mapping.
        later = day + (3 if d.source == "generic" else 1 + int(r() * 2.5))
        self._postpone(later, d.source, deque([(kind, d)]))

    def _plan_echo(self, d: Draft, day: int, source: str, r: Rng) -> None:
        targets = [
            t for t in ECHO_TARGETS[d.side] if t != source and (t != "app_store" or not d.android) and (t != "google_play" or d.android)
        ]
        d.group = f"echo-{source}-{d.record_id}"
        d.kinds.append("echo")
        for _ in range(1 + int(r() * 2.4)):
            if targets:
                target = targets.pop(int(r() * len(targets)))
                same_day = SOURCES.index(target) > SOURCES.index(source) and r() < 0.6
                self._postpone(day if same_day else day + 1, target, deque([(f"echo:{target}", d)]))

    def _follow(self, kind: str, origin: Draft, day: int, r: Rng) -> Draft:
        """What a record became by the day: its next revision, the same again, or the same person elsewhere."""
        if kind.startswith("echo:"):
            return self._echo(origin, kind[5:], day, r)
        if kind == "redelivery":
            copy = origin.later(title=origin.title, body=origin.body, rating=origin.rating, updated=origin.updated, kind="redelivery")
            copy.revision = origin.revision
            return copy
        day_start = (self.schedule.first_day.toordinal() - 719163 + day) * DAY
        earliest = max(day_start, origin.updated + 60)
        updated = earliest + int(r() * max(1, day_start + LAST_SECOND + 900 - earliest))
        if kind == "deletion":
            gone = origin.later(title="", body="", rating=origin.rating, updated=updated, kind="deletion")
            gone.deleted, gone.labels, gone.personal = True, (), []
            gone.kinds = ["deletion"]
            return gone
        voice = self.voices.get(origin.language, self.voices["en"])
        words = voice.phrases.edits
        edited = origin.later(
            title=origin.title,
            body=f"{origin.body}{voice.joiner if origin.body else ''}{words[int(r() * len(words))]}",
            rating=max(1, min(5, origin.rating + (1 if r() < 0.6 else -1))) if r() < 0.5 else origin.rating,
            updated=updated,
            kind="edit",
        )
        edited.kinds = [k for k in edited.kinds if k != "very_short"]
        if r() < 0.12:
            self._postpone(day + (3 if edited.source == "generic" else 1), edited.source, deque([("edit", edited)]))
        return edited

    def _echo(self, origin: Draft, source: str, day: int, r: Rng) -> Draft:
        """The same person, the same complaint, another channel, slightly other words."""
        voice = self.voices[origin.language]
        cause = c.ALL[origin.cause]
        d = self._draft(day, source, r, voice, cause=cause, version=origin.version)
        d.person, d.country, d.locale, d.area = origin.person, origin.country, origin.locale, origin.area
        d.android = origin.android
        said = compose.typos(origin.core, r, 1) if r() < 0.5 else origin.core
        devices = compose.DEVICES["android" if d.android else "ios" if source == "app_store" else "desk"]
        d.item = origin.item
        heart = compose.Core(said, compose.item_name(voice, d.item), origin.version or "4.2", devices[d.noise % len(devices)])
        d.body = compose.around(voice, cause, heart, compose.STYLES[source], r, plain=False)
        if source in TITLED:
            d.title = compose.title(voice, cause, heart, r, praise=False)
        d.created = d.updated = max(d.created, min(origin.created + 300 + int(r() * 5400), d.created // DAY * DAY + LAST_SECOND))
        d.labels, d.incident, d.group = (origin.labels[0],), origin.incident, origin.group
        d.kinds.append("echo")
        return d


GENERIC_MAPPINGS = ("sales_calls", "kiosk", "community_chat")
