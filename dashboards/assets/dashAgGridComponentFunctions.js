// Cells of the grids. Text goes in as children, so that stored text is never read as HTML.
const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
const make = (...of) => window.React.createElement(...of);

const Badge = ({ink, fill, mark, band}) =>
    make("span", {className: "badge", style: {color: ink, backgroundColor: fill}},
        make("span", {className: "mark", "aria-hidden": "true"}, mark), band);

cells.PairLink = ({data}) =>
    make("div", {className: "cell-pair"},
        make(window.dash_core_components.Link, {href: data.href, children: data.pair}),
        make("span", null, data.cohort), make(Badge, data));

cells.WhyNow = ({data}) =>
    make("div", {className: "cell-why"}, make("strong", null, data.state),
        make("span", {className: data.missing ? "struck" : "", title: data.missing || undefined}, data.reason),
        data.missing ? make("span", {className: "late-words"}, data.missing) : null);

cells.Prose = ({value}) => make("div", {className: "cell-prose"}, value);

// Twelve weekly bars of events, the newest at the right; an empty week keeps a base line.
const activity = (weeks, words) => {
    const top = Math.max(...weeks, 4);
    const bars = weeks.map((n, at) => {
        const height = n === 0 ? 1.5 : Math.max(4, (20 * n) / top);
        const fill = n === 0 ? "var(--edge-strong)" : "var(--blue)";
        return make("rect", {key: at, x: at * 8, y: 20 - height, width: 6, height, rx: 1, style: {fill}});
    });
    return make("svg", {width: 94, height: 20, viewBox: "0 0 94 20", role: "img", "aria-label": words},
        make("title", null, words), ...bars);
};

cells.Silence = ({data}) =>
    make("div", {className: "cell-silence"},
        make("div", null, make("strong", {className: data.missing ? "struck" : "", title: data.missing || undefined}, data.silent), " ", make("span", null, data.usual)),
        activity(data.activity, data.activity_words));

cells.Risk = ({data}) =>
    make("div", {className: "cell-risk"},
        make("span", {className: data.tier === "High" ? "high" : ""}, data.tier),
        data.percent ? make("span", {className: "quiet"}, data.percent) : null);

cells.Health = ({value}) =>
    value === null || value === undefined
        ? make("span", {className: "quiet"}, "–")
        : make("div", {className: "cell-health"},
            make("span", null, Math.round(value)),
            make("div", {className: "meter", "aria-hidden": "true"},
                make("div", {style: {width: `${Math.round(value)}%`}})));

// What can be done about a pair, and what was decided about it; actions.js listens to the button.
cells.Act = ({data}) =>
    make("div", {className: "cell-act"},
        make("button", {className: "act-open", "data-pair": data.pair_id, "data-kind": "",
            "aria-haspopup": "dialog", "aria-label": data.act_label}, data.act),
        data.handled ? make("span", null, data.handled) : null);

// What happened, leading to what is stored of it; kinkeeper.js listens to the button.
cells.Record = ({data}) =>
    make("button", {className: "record-open", "data-position": data.position, "aria-haspopup": "dialog"}, data.summary);

// The rank, and the box that takes a pair into what is done about several at once; actions.js remembers it.
cells.Pick = ({data}) =>
    make("div", {className: "cell-pick"},
        make("button", {className: "act-pick", role: "checkbox", "data-pair": data.pair_id,
            "aria-checked": String(window.kinkeeperPicked?.has(data.pair_id) ?? false),
            "aria-label": `Select: ${data.pair}`}),
        make("span", {className: "quiet"}, data.rank));

// How a grid is sorted and which page it shows stands in the address: a reload, a copied link and the way back
// show it again. The address is only replaced, so that the screen is not drawn anew.
const places = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
const placed = new WeakSet();
const placing = new WeakSet();
const SIZES = [20, 50, 100];

places.takePlace = (api, grid) => {
    if (placing.has(api) || api.getDisplayedRowCount() === 0) return;
    placing.add(api);
    const said = new URLSearchParams(window.location.search);
    const [field, way] = (said.get(`${grid}-sort`) ?? "").split(".");
    if (["asc", "desc"].includes(way) && api.getColumn(field)?.isSortable())
        api.applyColumnState({state: [{colId: field, sort: way}], defaultState: {sort: null}});
    const size = Number(said.get(`${grid}-rows`));
    if (SIZES.includes(size)) api.setGridOption("paginationPageSize", size);
    const page = Number(said.get(`${grid}-page`));
    if (page > 1) api.paginationGoToPage(page - 1);
    placed.add(api);
};

places.notePlace = (api, grid) => {
    if (!placed.has(api) || api.isDestroyed()) return;
    const {href, search} = window.location;
    const said = new URLSearchParams(search);
    const note = (key, value) => (value ? said.set(`${grid}-${key}`, value) : said.delete(`${grid}-${key}`));
    const sorted = api.getColumnState().find((column) => column.sort);
    const [size, page] = [api.paginationGetPageSize(), api.paginationGetCurrentPage() + 1];
    note("sort", sorted && `${sorted.colId}.${sorted.sort}`);
    note("rows", size !== SIZES[0] && SIZES.includes(size) && size);
    note("page", page > 1 && page);
    const now = new URL(href);
    now.search = said;
    if (now.href !== href) window.history.replaceState(window.history.state, "", now);
};

// Where the columns find no room together, some give way, so that nobody has to scroll to what is left.
const least = (column) => column.getColDef().width ?? column.getMinWidth();

places.giveWay = (api, width, yielding) => {
    if (api.isDestroyed()) return; // its screen was left before its size was told
    let needed = api.getColumns().reduce((sum, column) => sum + least(column), 0);
    for (const column of yielding.split(" ").map((field) => api.getColumn(field)).filter(Boolean)) {
        const isTooMuch = needed > width;
        api.setColumnsVisible([column], !isTooMuch);
        if (isTooMuch) needed -= least(column);
    }
};
