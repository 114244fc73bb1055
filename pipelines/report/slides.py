"""The report as six slides with native charts, which a reader can edit in their own program.

Charts are drawn by the presentation program from numbers that lie in the file; each has an alternative text.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

from pipelines.report.fixed import fixed
from pipelines.report.model import Actions, Figure, Numbers, Paragraph, Report, Section, Table, spoken
from pipelines.report.say import percent
from warehouse.charts import Bars, Chart, Dots, Steps
from warehouse.looks import ACCENT, GREY, GROUND, INK, MUTED

WIDE, HIGH = 13.333, 7.5
"""Inches."""
LEFT, RIGHT = 0.7, 0.7
FONT = "Calibri"
LONG_TITLE = 48
SHARE_LABEL = '[<0.04]"";0%'
"""A segment narrower than this has no room for its label; the chart's data has it."""


def pptx(report: Report) -> bytes:
    """The report as PPTX; the same report is the same bytes."""
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDE), Inches(HIGH)
    deck.core_properties.title = report.title
    deck.core_properties.author = report.program_name
    deck.core_properties.language = "en"
    for number, draw in enumerate(SLIDES, 1):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        draw(_Slide(slide, report, number))
    made = io.BytesIO()
    deck.save(made)
    return fixed(made.getvalue(), report.as_of)


class _Slide:
    """One slide and what is put on it, in inches from the upper left."""

    def __init__(self, slide: Any, report: Report, number: int) -> None:
        self.slide = slide
        self.report = report
        self._footer(number)

    def title(self, words: str, size: int = 28) -> None:
        from pptx.util import Inches, Pt

        shape = self.slide.shapes.title
        shape.left, shape.top, shape.width, shape.height = map(Inches, (LEFT, 0.45, WIDE - LEFT - RIGHT, 0.9))
        shape.text_frame.word_wrap = True
        shape.text_frame.text = words
        paragraph = shape.text_frame.paragraphs[0]
        paragraph.alignment = None
        self._font(paragraph.runs[0].font, Pt(size), INK, is_bold=True)
        self._left(shape.text_frame)

    def text(
        self,
        words: str | Sequence[str],
        box: tuple[float, float, float, float],
        size: int = 16,
        colour: str = INK,
    ) -> Any:
        """A box of paragraphs (left, top, width, height)."""
        from pptx.util import Inches, Pt

        frame = self.slide.shapes.add_textbox(*map(Inches, box)).text_frame
        frame.word_wrap = True
        for place, line in enumerate([words] if isinstance(words, str) else words):
            paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
            paragraph.space_after = Pt(8)
            run = paragraph.add_run()
            run.text = line
            self._font(run.font, Pt(size), colour)
        return frame

    def card(self, box: tuple[float, float, float, float]) -> None:
        """A pale panel behind a number."""
        from pptx.dml.color import RGBColor
        from pptx.enum.shapes import MSO_SHAPE
        from pptx.util import Inches

        shape = self.slide.shapes.add_shape(MSO_SHAPE.ROUNDED_RECTANGLE, *map(Inches, box))
        shape.adjustments[0] = 0.06
        shape.fill.solid()
        shape.fill.fore_color.rgb = RGBColor.from_string(GROUND[1:])
        shape.line.fill.background()
        shape.shadow.inherit = False

    def figure(self, figure: Figure, box: tuple[float, float, float, float]) -> None:
        """A native chart with its caption below."""
        from pptx.util import Inches

        kind, data, finish = _native(figure.chart)
        left, top, width, height = box
        frame = self.slide.shapes.add_chart(kind, *map(Inches, (left, top, width, height - 0.6)), data)
        frame.name = figure.title
        frame._element.nvGraphicFramePr.cNvPr.set("descr", figure.alt)
        finish(frame.chart)
        self.text(_caption(figure), (left, top + height - 0.55, width, 0.55), 12, MUTED)

    def _footer(self, number: int) -> None:
        report = self.report
        audience = "for sponsors" if report.audience == "sponsor" else "internal"
        words = (
            f"{report.program_name} · {spoken(report.quarter)}, edition {report.edition}, {audience} · as of "
        )
        words += f"{report.as_of[:10]}" + (f" · {report.label}" if report.label else "")
        self.text(words, (LEFT, HIGH - 0.5, WIDE - 2.4, 0.35), 10, MUTED)
        self.text(f"{number}", (WIDE - 1.2, HIGH - 0.5, 0.5, 0.35), 10, MUTED)

    @staticmethod
    def _font(font: Any, size: Any, colour: str, *, is_bold: bool = False) -> None:
        from pptx.dml.color import RGBColor

        font.size, font.bold, font.name = size, is_bold, FONT
        font.color.rgb = RGBColor.from_string(colour[1:])

    @staticmethod
    def _left(frame: Any) -> None:
        from pptx.enum.text import MSO_ANCHOR, PP_ALIGN

        frame.vertical_anchor = MSO_ANCHOR.TOP
        for paragraph in frame.paragraphs:
            paragraph.alignment = PP_ALIGN.LEFT


def _answer(slide: _Slide) -> None:
    report = slide.report
    slide.title(report.title, 30 if len(report.title) < LONG_TITLE else 24)
    words = [text for text in (report.headline, report.grounds) if text]
    frame = slide.text(words, (LEFT, 1.4, WIDE - LEFT - RIGHT, 1.9), 16)
    slide._font(frame.paragraphs[0].runs[0].font, _points(20), INK, is_bold=True)
    numbers = next((block for block in report.front if isinstance(block, Numbers)), None)
    if numbers is None:
        return
    step = (WIDE - LEFT - RIGHT + 0.25) / len(numbers.items)
    for place, item in enumerate(numbers.items):
        left = LEFT + place * step
        slide.card((left, 3.45, step - 0.25, 2.75))
        inside = (left + 0.25, 3.6, step - 0.75, 2.4)
        frame = slide.text([item.value, item.label, item.detail, item.change], inside, 14)
        slide._font(frame.paragraphs[0].runs[0].font, _points(40), ACCENT, is_bold=True)
        slide._font(frame.paragraphs[1].runs[0].font, _points(16), INK, is_bold=True)


def _asks(slide: _Slide) -> None:
    slide.title("What we ask for")
    asks = next((block for block in slide.report.front if isinstance(block, Actions)), None)
    if asks is None:
        slide.text("Too few relationships ran to ask for anything.", (LEFT, 1.6, 11, 1), 18, MUTED)
        return
    for place, (what, why) in enumerate(asks.items):
        top = 1.6 + 1.75 * place
        frame = slide.text(f"{place + 1}", (LEFT, top, 0.7, 0.9), 34, ACCENT)
        slide._font(frame.paragraphs[0].runs[0].font, _points(34), ACCENT, is_bold=True)
        frame = slide.text([what, why], (LEFT + 0.8, top + 0.05, WIDE - LEFT - RIGHT - 0.8, 1.5), 16, MUTED)
        slide._font(frame.paragraphs[0].runs[0].font, _points(20), INK, is_bold=True)


def _leading(slide: _Slide) -> None:
    slide.title("The leading measures")
    figure = next((each for each in slide.report.figures if each.figure_id == "leading"), None)
    if figure is None:
        slide.text("Too few relationships ran to tell of them.", (LEFT, 1.6, 11, 1), 18, MUTED)
    else:
        slide.figure(figure, (LEFT, 1.4, WIDE - LEFT - RIGHT, 5.5))


def _of_section(keys: Sequence[str], figure_ids: Sequence[str], title: str) -> Callable[[_Slide], None]:
    """A slide of one section: its figure, or what it says instead.

    The second key and figure are those of a report of several programs.
    """

    def draw(slide: _Slide) -> None:
        slide.title(title)
        section = next(section for section in slide.report.sections if section.key in keys)
        figure = next((each for each in slide.report.figures if each.figure_id in figure_ids), None)
        words = [figure.title] if figure and section.key == keys[-1] else _words(section)[:1]
        slide.text(words, (LEFT, 1.3, WIDE - LEFT - RIGHT, 0.9), 16)
        if figure is not None:
            slide.figure(figure, (LEFT, 2.2, WIDE - LEFT - RIGHT, 4.7))

    return draw


def _honest(slide: _Slide) -> None:
    slide.title("What did not work, and what comes next")
    by_key = {section.key: section for section in slide.report.sections}
    half = (WIDE - LEFT - RIGHT - 0.5) / 2
    for place, key in enumerate(("did_not_work", "plan")):
        left = LEFT + place * (half + 0.5)
        slide.text(by_key[key].title, (left, 1.5, half, 0.5), 18, ACCENT)
        slide.text(_words(by_key[key]), (left, 2.1, half, 4.6), 15)


def _words(section: Section) -> list[str]:
    found = [block.text for block in section.blocks if isinstance(block, Paragraph)]
    if not found:
        found = [block.title for block in section.blocks if isinstance(block, Table)]
    return found


SLIDES: tuple[Callable[[_Slide], None], ...] = (
    _answer,
    _asks,
    _of_section(("health", "overview"), ("bands", "programs"), "How relationships stand"),
    _leading,
    _of_section(("endings", "overview"), ("reasons", "ends"), "How relationships end"),
    _honest,
)


def _caption(figure: Figure) -> str:
    """What stands below a chart; dots and rings are bars here, with their intervals beside the names."""
    if isinstance(figure.chart, Dots):
        return "In brackets: the 95% interval of now."
    return figure.caption


def _native(chart: Chart) -> tuple[Any, Any, Callable[[Any], None]]:
    """The kind of a native chart, its data and what is set on it once it is there."""
    match chart:
        case Bars():
            return _native_bars(chart)
        case Dots():
            return _native_dots(chart)
        case Steps():
            return _native_steps(chart)


def _native_bars(chart: Bars) -> tuple[Any, Any, Callable[[Any], None]]:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    data = CategoryChartData(number_format="0%" if chart.is_share else "0")
    data.categories = list(chart.categories)
    for bar in chart.series:
        data.add_series(bar.name, [value or None for value in bar.values])
    kind = XL_CHART_TYPE.BAR_STACKED

    def finish(made: Any) -> None:
        _calm(made, has_legend=len(chart.series) > 1)
        made.category_axis.reverse_order = True
        made.plots[0].gap_width = 60
        made.plots[0].overlap = 100
        _label(
            made.plots[0],
            SHARE_LABEL if chart.is_share else "0",
            is_white=chart.is_share or len(chart.series) > 1,
        )
        made.value_axis.visible = False
        if chart.is_share:
            made.value_axis.maximum_scale = 1.0
        _colour(made, [bar.colour for bar in chart.series])

    return kind, data, finish


def _native_dots(chart: Dots) -> tuple[Any, Any, Callable[[Any], None]]:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    data = CategoryChartData(number_format="0%")
    data.categories = [f"{dot.name} ({_interval(dot.low, dot.high)})" for dot in chart.dots]
    data.add_series("Now", [dot.value for dot in chart.dots])
    data.add_series("A quarter ago", [dot.before for dot in chart.dots])

    def finish(made: Any) -> None:
        _calm(made, has_legend=True)
        made.category_axis.reverse_order = True
        made.plots[0].gap_width = 50
        _label(made.plots[0], "0%")
        made.value_axis.visible = False
        made.value_axis.minimum_scale, made.value_axis.maximum_scale = 0.0, 1.0
        _colour(made, [ACCENT, GREY])

    return XL_CHART_TYPE.BAR_CLUSTERED, data, finish


def _native_steps(chart: Steps) -> tuple[Any, Any, Callable[[Any], None]]:
    from pptx.chart.data import XyChartData
    from pptx.enum.chart import XL_CHART_TYPE

    data = XyChartData(number_format="0%")
    for curve in chart.curves:
        series = data.add_series(curve.name)
        for day, rate in zip(curve.days, curve.rates, strict=True):
            series.add_data_point(day, rate)

    def finish(made: Any) -> None:
        _calm(made, has_legend=True)
        _colour(made, [curve.colour for curve in chart.curves], is_line=True)

    return XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, data, finish


def _calm(made: Any, *, has_legend: bool) -> None:
    from pptx.enum.chart import XL_LEGEND_POSITION

    made.font.size, made.font.name = _points(13), FONT
    made.has_title = False
    made.has_legend = has_legend
    if has_legend:
        made.legend.position = XL_LEGEND_POSITION.TOP
        made.legend.include_in_layout = False
    made.value_axis.has_major_gridlines = False
    made.category_axis.has_major_gridlines = False


def _label(plot: Any, number_format: str, *, is_white: bool = False) -> None:
    from pptx.dml.color import RGBColor

    plot.has_data_labels = True
    labels = plot.data_labels
    labels.number_format, labels.number_format_is_linked = number_format, False
    labels.font.size = _points(12)
    if is_white:
        labels.font.color.rgb = RGBColor(255, 255, 255)


def _colour(made: Any, colours: Sequence[str], *, is_line: bool = False) -> None:
    from pptx.dml.color import RGBColor

    for series, colour in zip(made.plots[0].series, colours, strict=True):
        if is_line:
            series.format.line.color.rgb = RGBColor.from_string(colour[1:])
            series.smooth = False
        else:
            series.format.fill.solid()
            series.format.fill.fore_color.rgb = RGBColor.from_string(colour[1:])


def _interval(low: float | None, high: float | None) -> str:
    return "no interval" if low is None or high is None else f"{percent(low)} to {percent(high)}"


def _points(size: int) -> Any:
    from pptx.util import Pt

    return Pt(size)
