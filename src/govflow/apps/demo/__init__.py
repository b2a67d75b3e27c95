"""`govflow demo`: one application handled to its end on a simulated clock, told as a timeline, with everything it leaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from govflow import compiler
from govflow.apps.demo.simulation import Simulation, story_from
from govflow.apps.demo.story import Presentation
from govflow.catalog.files import mapping_from
from govflow.compiler import svg
from govflow.engine.api import Engine
from govflow.language.lookup import find_theme
from govflow.language.model import Catalog
from govflow.products import guide
from govflow.text import Lang

Say = Callable[[str], None]


def shipped() -> Path:
    """The folder whose `definitions` and `examples` come with the library: beside this module in an installed one, at
    the root of a checkout."""
    beside = Path(__file__).resolve().parent / "shipped"
    return beside if beside.is_dir() else Path(__file__).resolve().parents[4]


def run(
    theme: str,
    catalog: Catalog,
    examples: Path,
    answers: Mapping[str, Any],
    drop: Sequence[str],
    output: Path,
    lang: Lang,
    say: Say,
) -> None:
    """Run the example application of a theme, with some answers changed and some items dropped, and tell it."""
    slug = find_theme(catalog, theme).slug
    application = mapping_from(examples / slug / "application.yaml")
    story = story_from(application.get("story", {}))
    facts = {**application.get("answers", {}), **answers}
    output.mkdir(parents=True, exist_ok=True)
    database = output / "cases.db"
    for old in output.glob("cases.db*"):
        old.unlink()
    simulation: Simulation | None = None
    engine = Engine(f"sqlite:///{database}", catalog, clock=lambda: simulation.now if simulation else story.start)
    simulation = Simulation(engine, catalog, story, application, story.start, lang)
    presentation = Presentation(catalog, catalog.themes[theme], engine, lang, say)
    engine.required(theme, facts, drop)
    presentation.opening(application, facts, drop)
    engine.subscribe(presentation.hear)
    try:
        view = simulation.run(facts, drop)
    finally:
        presentation.flush()
    _leave(engine, catalog, slug, view.id, output, lang)
    presentation.closing(view, output)
    engine.close()


def _leave(engine: Engine, catalog: Catalog, slug: str, case: str, output: Path, lang: Lang) -> None:
    """Write what the case leaves: BPMN, picture, guide, history."""
    progress = engine.progress(case)
    picture = svg.draw(slug, catalog, progress.element_states, lang=lang)
    (output / f"{slug}.bpmn").write_bytes(compiler.to_bpmn(slug, catalog))
    (output / "process.svg").write_text(picture, encoding="utf-8")
    page = guide.service_guide(catalog.themes[slug], catalog, "html", lang, picture=svg.draw(slug, catalog, lang=lang))
    (output / "guide.html").write_text(page, encoding="utf-8")
    history = {"version": 1, "case": engine.case(case).as_data(), "events": [e.as_data() for e in engine.history(case)]}
    (output / "history.json").write_text(json.dumps(history, ensure_ascii=False, indent=1), encoding="utf-8")
