"""The documents say what is there: runbooks and checks, commands and options, links; and no tracked file names a private place."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from feedback_assets.cli.main import COMMANDS, cli
from feedback_assets.ground.settings import Settings, project_root
from feedback_assets.wiring.build import build_defs

ROOT = project_root()
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
SOURCES = sorted((ROOT / "feedback_assets").rglob("*.py"))
OPTION = re.compile(r"(?<!\S)\[?(--?[a-z][a-z-]*)")
# Where a command is written: in backticks, as a line of an indented block, in a comment of an example, in a check's next command.
IN_BACKTICKS = re.compile(r"`(?:\.venv/bin/)?feedback( [^`]*)`")
IN_BLOCK = re.compile(r"^(?: {4}|# )(?:\.venv/bin/|@\$\(BIN\)/)?feedback( [^#\n]*)", re.MULTILINE)
NEXT_COMMAND = re.compile(r"next_command=f?\"(?:[^\"]*; (?:then )?)?feedback( [^;\"]*)")


def checks(tmp_path: Path) -> dict[str, set[str]]:
    """Check name -> the assets that it is on."""
    graph = build_defs(Settings(home=tmp_path)).resolve_asset_graph()
    found: dict[str, set[str]] = {}
    for key in graph.asset_check_keys:
        found.setdefault(key.name, set()).add(key.asset_key.to_user_string())
    return found


def test_every_check_has_a_runbook_and_every_runbook_a_check(tmp_path: Path) -> None:
    pages = {p.stem for p in (ROOT / "docs" / "runbooks").glob("*.md")} - {"README"}
    assert pages == set(checks(tmp_path))


def test_the_list_of_runbooks_names_every_check_once_and_links_to_its_page(tmp_path: Path) -> None:
    listed = re.findall(r"^\| \[(\w+)\]\((\w+)\.md\)", (ROOT / "docs" / "runbooks" / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted((name, name) for name in set(checks(tmp_path)))


def test_blocking_in_the_list_of_runbooks_is_blocking_in_the_graph(tmp_path: Path) -> None:
    graph = build_defs(Settings(home=tmp_path)).resolve_asset_graph()
    blocking = {k.name for k in graph.asset_check_keys if graph.get_check_spec(k).blocking}
    rows = re.findall(r"^\| \[(\w+)\].*\|([^|]*)\|$", (ROOT / "docs" / "runbooks" / "README.md").read_text(), re.MULTILINE)
    assert {name for name, what in rows if "the run is red" in what} == blocking


def test_every_table_that_an_asset_writes_has_a_schema_check(tmp_path: Path) -> None:
    graph = build_defs(Settings(home=tmp_path)).resolve_asset_graph()
    written = {k.to_user_string() for k in graph.materializable_asset_keys if "deltalake" in graph.get(k).kinds}
    assert written - checks(tmp_path)["schema"] == set()


def written_commands() -> Iterator[tuple[str, str]]:
    """(where, arguments) of every `feedback ...` in the documents, the Makefile and the next commands of checks."""
    for path in [*PAGES, ROOT / "Makefile", *sorted((ROOT / "docs").rglob("*.yaml"))]:
        text = path.read_text()
        for pattern in (IN_BACKTICKS, IN_BLOCK):
            yield from ((str(path.relative_to(ROOT)), m) for m in pattern.findall(text))
    for path in SOURCES:
        text = path.read_text()
        for pattern in (IN_BACKTICKS, NEXT_COMMAND):
            yield from ((str(path.relative_to(ROOT)), m) for m in pattern.findall(text))


def test_every_command_that_is_written_somewhere_exists_with_its_options() -> None:
    wrong, seen = [], 0
    for where, text in written_commands():
        seen += 1
        words = text.split()
        if not words or words[0] in ("--help", "--version"):
            continue
        command = cli.get_command(click.Context(cli), words[0].rstrip(".,;:"))
        if command is None:
            wrong.append(f"{where}: feedback {words[0]}")
            continue
        below = getattr(command, "commands", {}).get(words[1] if len(words) > 1 else "", command)
        known = {"--help", "-h"} | {o for p in below.params for o in p.opts}
        wrong += [f"{where}: feedback {words[0]} {o}" for o in OPTION.findall(text) if o not in known]
    assert wrong == []
    assert seen > 30


def test_every_command_is_written_about_in_the_documents() -> None:
    text = "\n".join(p.read_text() for p in [*PAGES, ROOT / "Makefile"])
    assert [name for name in COMMANDS if not re.search(rf"feedback {name}\b", text)] == []


def test_every_setting_is_written_about_in_the_documents_or_the_settings() -> None:
    settings = [ROOT / "feedback_assets" / room / "settings.py" for room in ("ground", "model_client")]
    named = {name for path in settings for name in re.findall(r"FEEDBACK_[A-Z_]+", path.read_text())}
    in_pages = {name for p in PAGES for name in re.findall(r"FEEDBACK_[A-Z_]+", p.read_text())}
    assert in_pages - named - {"FEEDBACK_TEST_KILLS"} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    links = re.findall(r"(?<!\\)\]\(([^)\s]+)\)", text)
    broken = []
    for link in links:
        if link.startswith(("http://", "https://")):
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        there = path.exists() and path.is_relative_to(ROOT)
        if not there or (anchor and anchor not in _anchors(path)):
            broken.append(link)
    assert broken == []


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", h).strip().lower().replace(" ", "-") for h in heads}


# --- private places ---------------------------------------------------------------------------------------------------------------------

# Written in pieces, so that this file does not hold what it looks for.
PRIVATE = re.compile(r"(?<![\w.$}<~*-])/(?:" + "|".join(("ro" + "ot", "ho" + "me", "wo" + "rk", "tm" + "p", "Us" + "ers")) + r")(?:/|\b)")
REGISTRY = re.compile(
    r"https?://\S*(?:" + "|".join(("py" + "pi", "python" + "hosted", "arti" + "factory", "nex" + "us", "npm" + "js")) + r")\S*",
    re.IGNORECASE,
)
INDEX = re.compile("--(?:extra-)?index" + "-url|--find" + "-links [^\\s]")


def tracked() -> list[Path]:
    """The files under version control."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a checkout: which files are tracked cannot be told")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_no_tracked_file_names_a_private_path_or_a_package_registry() -> None:
    found = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", "replace")
        for pattern in (PRIVATE, REGISTRY, INDEX):
            found += [f"{path.relative_to(ROOT)}: {m.group()}" for m in pattern.finditer(text)]
    assert found == []


def test_what_is_looked_for_would_be_found() -> None:
    places = [f"/{'ro'}ot/x", f"in /{'ho'}me/someone", f"/{'tm'}p", f"/{'wo'}rk/main"]
    assert all(PRIVATE.search(p) for p in places)
    assert not PRIVATE.search("https://example.org/" + "home/")
    assert REGISTRY.search("https://" + "py" + "pi.org/simple")


def test_the_graph_of_the_readme_names_rooms_that_exist() -> None:
    picture = re.findall(r"\[(\w+)(?:<br/>|\])", re.findall(r"```mermaid(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[0])
    rooms = {p.name for p in (ROOT / "feedback_assets").iterdir() if p.is_dir()}
    assert {n for n in picture if n not in rooms} <= {"landing", "dead", "review"}
    assert {"bronze", "silver", "enrichment", "themes", "signals", "priority", "tickets", "alerts"} <= set(picture)
