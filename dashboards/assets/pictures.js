// A chart as a picture to take along: its name, its legend, and whence and when it is stand above it.
const MIN_WIDTH = 900;
const SHARPNESS = 2;
const LINE = 20;
const plain = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const coloured = (mark) => `<span style="color:${getComputedStyle(mark).color}">${plain(mark.textContent)}</span>`;
const legendOf = (figure) => [...figure.querySelectorAll(".key li")]
    .map((part) => `${coloured(part.firstElementChild)} ${plain(part.lastChild.textContent)}`).join("   ");
const small = (text) => `<span style="font-size:13px">${text}</span>`;

const drawing = (figure, foot) => {
    const chart = figure.querySelector(".js-plotly-plot");
    const screen = `${window.location.host}${window.location.pathname}${window.location.search}`;
    const lines = [legendOf(figure), plain(foot), plain(screen)].filter(Boolean).map(small);
    const [width, above] = [Math.max(chart.clientWidth, MIN_WIDTH), (lines.length + 2) * LINE];
    const layout = {
        ...chart.layout,
        width,
        height: chart.clientHeight + above,
        paper_bgcolor: getComputedStyle(figure.closest(".card") ?? document.body).backgroundColor,
        margin: {...chart.layout.margin, t: chart.layout.margin.t + above},
        title: {text: [`<b>${plain(figure.dataset.title)}</b>`, ...lines].join("<br>"), font: {size: 16}, x: 0,
            xanchor: "left", xref: "container", y: 1, yanchor: "top", yref: "container", pad: {l: 12, t: 26}},
    };
    return {data: chart.data, layout};
};

const pixels = async (svg, {width, height}) => {
    const image = Object.assign(new Image(), {src: svg});
    await image.decode();
    const size = {width: width * SHARPNESS, height: height * SHARPNESS};
    const canvas = Object.assign(document.createElement("canvas"), size);
    canvas.getContext("2d").drawImage(image, 0, 0, size.width, size.height);
    return canvas.toDataURL("image/png");
};

document.addEventListener("click", async ({target}) => {
    const button = target.closest?.(".take-picture");
    if (!button) return;
    const figure = button.closest("figure");
    const drawn = drawing(figure, button.parentElement.dataset.foot);
    const {width, height} = drawn.layout;
    const svg = await window.Plotly.toImage(drawn, {format: "svg", width, height});
    const href = button.dataset.form === "svg" ? svg : await pixels(svg, drawn.layout);
    const name = figure.dataset.title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-");
    Object.assign(document.createElement("a"), {href, download: `${name}.${button.dataset.form}`}).click();
});
