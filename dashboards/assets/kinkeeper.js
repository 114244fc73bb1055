// How this browser shows the screens: kept in one cookie, which the server reads before it draws (viewer.py). What
// somebody chooses is told to the server first, which keeps it with their account (viewing.py).
const VIEW = "kinkeeper-view";
const view = () => {
    const held = document.cookie.split("; ").find((cookie) => cookie.startsWith(`${VIEW}=`));
    return new URLSearchParams(held?.slice(VIEW.length + 1) ?? "");
};
const system = window.matchMedia("(prefers-color-scheme: dark)");
const keepView = (changes) => {
    const said = view();
    for (const [name, value] of Object.entries(changes)) said.set(name, value);
    const theme = said.get("theme") ?? "auto";
    said.set("scheme", theme === "auto" ? (system.matches ? "dark" : "light") : theme);
    const secure = window.location.protocol === "https:" ? "; secure" : "";
    document.cookie = `${VIEW}=${said}; path=/; max-age=31536000; samesite=strict${secure}`;
    return said;
};
let isRedrawn = false;
const askView = (changes) => {
    isRedrawn = Object.keys(changes).some((name) => name !== "keys");
    window.dash_clientside.set_props("view-asked", {data: {...changes, at: Date.now()}});
};
document.documentElement.dataset.mantineColorScheme = keepView({}).get("scheme");
const isBusy = () => document.querySelector("[role=dialog]") !== null;
system.addEventListener("change", () => {
    const before = view().get("scheme");
    if (keepView({}).get("scheme") !== before && !isBusy()) window.location.reload();
});
document.addEventListener("click", ({target}) => {
    const button = target.closest?.(".look-switch");
    if (!button) return;
    askView({theme: button.dataset.theme});
});

// A pair on a phone: the same rows as the grid's, as cards. Text goes in as children and is never read as HTML.
const part = (type, props, ...children) => ({type, namespace: "dash_html_components", props: {...props, children}});
const card = (row) => ({
    type: "Link",
    namespace: "dash_core_components",
    props: {href: row.href, className: "pair-card", children: [
        part("Div", {className: "pair-card-head"},
            part("Strong", {}, row.pair),
            part("Span", {className: "badge", style: {color: row.ink, backgroundColor: row.fill}},
                part("Span", {className: "mark", "aria-hidden": "true"}, row.mark), row.band)),
        part("Span", {className: "pair-card-state"}, row.state),
        part("P", row.missing ? {className: "struck", title: row.missing} : {}, row.reason),
        ...(row.missing ? [part("P", {className: "note"}, row.missing)] : []),
        part("P", {className: "pair-card-next"}, row.card_next),
        part("Span", {className: "note"}, row.card_note),
    ]},
});
const cardToActOn = (row) => part("Div", {className: "pair-item"}, card(row), part("Div", {className: "pair-acts"},
    part("Button", {className: "act-pick", role: "checkbox", "data-pair": row.pair_id,
        "aria-checked": String(window.kinkeeperPicked?.has(row.pair_id) ?? false), "aria-label": row.pick_label}),
    part("Button", {className: "act-open", "data-pair": row.pair_id, "data-kind": "",
        "aria-haspopup": "dialog", "aria-label": row.act_label}, row.act),
    part("Span", {className: "quiet"}, row.handled)));

// The few things the browser decides by itself.
window.dash_clientside = Object.assign({}, window.dash_clientside, {
    kinkeeper: {
        toggleNavigation: (isOpen, navbar) => ({...navbar, collapsed: {mobile: !isOpen}}),
        // The viewer's own settings: what is another choice now is asked for, and once it is kept, shown.
        choose: (language, zone, theme, density, keys) => {
            const before = view();
            const chosen = {language, zone: zone === "program" ? "" : zone, theme, density, keys};
            const changes = Object.entries(chosen).filter(([name, value]) => before.get(name) !== value);
            if (changes.length) askView(Object.fromEntries(changes));
            return window.dash_clientside.no_update;
        },
        // What the list shows beside who and why; "none" where nothing else is wanted.
        chooseColumns: (shown) => {
            const columns = shown.length ? shown.join(".") : "none";
            if (view().get("columns") !== columns) askView({columns});
            return window.dash_clientside.no_update;
        },
        see: (kept) => {
            keepView(kept);
            if (isRedrawn) window.location.reload();
            return window.dash_clientside.no_update;
        },
        // On arrival at a screen: mark its link for screen readers and fold the navigation away.
        arrive: (pathname) => {
            for (const link of document.querySelectorAll("nav[aria-label] a")) {
                if (link.pathname === pathname) link.setAttribute("aria-current", "page");
                else link.removeAttribute("aria-current");
            }
            if (pathname !== "/") window.dash_clientside.set_props("listed-said", {children: ""});
            return false;
        },
        // Something was done, or another list is looked at: nothing is selected any more.
        forgetPicked: () => {
            window.kinkeeperClearPicked?.();
            return "act-bar";
        },
        // How many pairs are listed now, for who hears the screen; the frame stays when the list is drawn anew.
        tellListed: (words) => words ?? "",
        // On a phone the list is cards, of the rows that carry the words of one.
        cards: (rows, kind) => {
            const told = (rows ?? []).filter((row) => row.card_note !== undefined);
            return told.map(kind.includes("can-act") ? cardToActOn : card);
        },
        // A mark of the timeline that was clicked leads to its row among all events.
        showEvent: (clicked) => {
            const place = clicked?.points[0].customdata;
            const api = window.dash_ag_grid.getApi("events");
            const row = place && api?.getRowNode(place);
            if (!row) return;
            api.paginationGoToPage(Math.floor(row.rowIndex / api.paginationGetPageSize()));
            api.setFocusedCell(row.rowIndex, "summary");
            document.querySelector(`#events [row-id="${place}"]`)?.scrollIntoView({block: "center"});
        },
        // A form that was left by one of its links.
        close: () => false,
        // A past day that was asked for is built: draw the screen anew, now with that day.
        openPast: (done) => {
            if (done === true) window.location.reload();
            return done === true;
        },
    },
});

// A link to what is shown. What somebody typed to find a pair may be a person's name: only an id goes along.
const isId = (text) => /^[\w.-]*\d[\w.-]*$/.test(text);
const linkToShare = () => {
    const link = new URL(window.location.href);
    if (!isId(link.searchParams.get("q") ?? "")) link.searchParams.delete("q");
    return link.href;
};
document.addEventListener("click", async ({target}) => {
    if (!target.closest?.("#copy-link")) return;
    await copyText(linkToShare()).catch(() => null);
    const said = document.getElementById("copy-said");
    said.textContent = said.dataset.copied;
    window.setTimeout(() => { said.textContent = ""; }, 3000);
});

// What is stored of an event of a pair.
document.addEventListener("click", ({target}) => {
    const position = target.closest?.(".record-open")?.dataset.position;
    if (position) window.dash_clientside.set_props("record-asked", {data: {position, at: Date.now()}});
});

// Who comes back to a page after a while is told of a newer build; the page itself stays as it is (newest.py).
const A_WHILE = 60000;
let looked = Date.now();
const lookForNewer = () => {
    if (document.visibilityState !== "visible" || Date.now() - looked < A_WHILE) return;
    looked = Date.now();
    if (document.getElementById("newest")) window.dash_clientside.set_props("newest-asked", {data: looked});
};
for (const does of ["visibilitychange", "pointerdown", "keydown"]) document.addEventListener(does, lookForNewer);

// A callback that was not answered says so, instead of nothing happening.
const ask = window.fetch;
window.fetch = async (...asked) => {
    const answer = await ask(...asked);
    const place = document.getElementById("not-done");
    if (place && answer.status >= 500) place.textContent = place.dataset.failed;
    if (place && answer.status === 401) place.textContent = place.dataset.ended;
    return answer;
};

// A link to a place on a screen that is drawn a moment later: wait for it, unfold what holds it, go there.
let goal = null;
const seek = () => {
    if (window.location.href !== goal?.href) goal = {href: window.location.href, isMet: false};
    const place = window.location.hash && document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
    if (goal.isMet || !place || place.id === "content") return;
    goal.isMet = true;
    for (let fold = place.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    document.querySelector(".arrived")?.classList.remove("arrived");
    place.classList.add("arrived");
    place.scrollIntoView({block: "center"});
};
new MutationObserver(seek).observe(document.documentElement, {childList: true, subtree: true});
window.addEventListener("hashchange", seek);

// A changed filter draws the screen anew; who works by keyboard stays on the control they changed.
let control = null;
const controlOf = (target) => target.closest?.(".filters [id^='filter-']")?.id ?? null;
document.addEventListener("focusin", ({target}) => { control = controlOf(target); });
document.addEventListener("pointerdown", ({target}) => { control = controlOf(target); });
new MutationObserver(() => {
    if (control === null || document.activeElement !== document.body) return;
    const found = document.getElementById(control);
    (found?.matches("input") ? found : found?.querySelector("input:checked"))?.focus();
}).observe(document.documentElement, {childList: true, subtree: true});
