// Acting on a pair: buttons open the one form, keys move through the list, focus comes back to its row.
const tell = (store, data) => window.dash_clientside.set_props(store, {data});
const token = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
const isShown = (element) => element.getClientRects().length > 0;
const openers = () => [...document.querySelectorAll(".act-open")].filter(isShown);
const dialog = () => document.querySelector("#act-modal [role=dialog], [role=dialog]#act-modal, .mantine-Modal-content");

// Where focus goes when the form closes: its own button, or whatever stands in its place by then. The list is
// drawn anew a moment later, so for three seconds, or until somebody does something else, it comes back.
const KEEP = 3000;
let back = null;
const openForm = (button, kind) => {
    back = {pair: button.dataset.pair, kind: button.dataset.kind, at: openers().indexOf(button), until: 0};
    button.focus();
    tell("act-ask", {pair_id: button.dataset.pair, kind: kind || button.dataset.kind, token: token()});
};
const comeBack = () => {
    const all = openers();
    const own = all.find((button) => button.dataset.pair === back.pair && button.dataset.kind === back.kind);
    (own ?? all[Math.min(back.at, all.length - 1)])?.focus();
};
new MutationObserver(() => {
    if (back === null) return;
    if (dialog() !== null) back.until = Date.now() + KEEP;
    else if (Date.now() < back.until && document.activeElement === document.body) comeBack();
}).observe(document.documentElement, {childList: true, subtree: true});
for (const does of ["keydown", "pointerdown"])
    document.addEventListener(does, () => { if (dialog() === null) back = null; }, true);

// Pairs that are selected to be decided about at once. Grid rows are drawn anew as one turns pages: the set,
// and not a box, remembers. It is empty again once something was saved, or on another screen.
const picked = (window.kinkeeperPicked = new Set());
const showPicked = () => {
    for (const box of document.querySelectorAll(".act-pick"))
        box.setAttribute("aria-checked", String(picked.has(box.dataset.pair)));
    const bar = document.getElementById("act-bar");
    if (bar === null) return;
    bar.hidden = picked.size === 0;
    document.getElementById("act-picked").textContent = picked.size ? `${picked.size} selected` : "";
};
const pick = (pair) => {
    if (!picked.delete(pair)) picked.add(pair);
    showPicked();
};
const clearPicked = (window.kinkeeperClearPicked = () => { picked.clear(); showPicked(); });
const openMany = (kind) => {
    back = null;
    tell("act-ask", {pairs: [...picked], kind, token: token()});
};

const copyText = async (text) => {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = Object.assign(document.createElement("textarea"), {value: text});
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
};

document.addEventListener("click", async ({target}) => {
    const button = target.closest?.("button");
    if (!button) return;
    const {pair, which, action} = button.dataset;
    if (button.matches(".act-open")) openForm(button);
    if (button.matches(".act-pick")) pick(pair);
    if (button.matches(".act-many")) openMany(button.dataset.kind);
    if (button.matches(".act-clear")) clearPicked();
    if (button.matches(".act-undo")) tell("act-back", {action_id: action, at: Date.now()});
    if (button.matches(".act-step")) tell("act-quick", {pair_id: pair, kind: "step", which, token: token()});
    if (button.matches(".act-copy")) {
        await copyText(document.getElementById(`draft-${which}`).textContent).catch(() => null);
        button.textContent = button.dataset.copied;
        tell("act-quick", {pair_id: pair, kind: "draft", which, token: token()});
    }
    if (button.matches(".keys-switch")) {
        const keys = areKeysOn() ? "off" : "on";
        askView({keys});
        document.getElementById("keys-state").textContent = button.dataset[keys];
    }
});

const areKeysOn = () => view().get("keys") !== "off";
const KINDS = {l: "contact", s: "snooze", d: "dismiss"};
document.addEventListener("keydown", (event) => {
    const {key, target} = event;
    const isTyping = target.closest?.("input, textarea, select, [contenteditable], [role=dialog]");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || dialog() !== null) return;
    if (document.getElementById("act-form") === null && document.getElementById("act-said") === null) return;
    if (key === "?") { tell("act-ask", {kind: "keys", token: token()}); event.preventDefault(); return; }
    if (!areKeysOn()) return;
    const all = openers();
    const row = document.activeElement.closest?.(".ag-row, .pair-item");
    const mine = all.findIndex((button) => button === document.activeElement || (row && row.contains(button)));
    const step = {j: 1, k: -1}[key];
    if (step && all.length) {
        const next = mine < 0 ? 0 : Math.min(Math.max(mine + step, 0), all.length - 1);
        all[next].focus();
        all[next].scrollIntoView({block: "nearest"});
        event.preventDefault();
    }
    if (key === "/") { document.getElementById("filter-search")?.focus(); event.preventDefault(); }
    const button = all[mine] ?? (location.pathname.startsWith("/pairs/") ? all[0] : undefined);
    if (!button) return;
    if (KINDS[key]) { openForm(button, KINDS[key]); event.preventDefault(); }
    if (key === "a") tell("act-quick", {pair_id: button.dataset.pair, kind: "acknowledge", token: token()});
    if (key === "x" && button.closest(".ag-row, .pair-item")) pick(button.dataset.pair);
    if (key === "o") button.closest(".ag-row, .pair-item")?.querySelector("a[href^='/pairs/']")?.click();
});
