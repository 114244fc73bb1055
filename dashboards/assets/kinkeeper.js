// The few things the browser decides by itself.
window.dash_clientside = Object.assign({}, window.dash_clientside, {
    kinkeeper: {
        toggleNavigation: (isOpen, navbar) => ({...navbar, collapsed: {mobile: !isOpen}}),
        // On arrival at a screen: mark its link for screen readers and fold the navigation away.
        arrive: (pathname) => {
            for (const link of document.querySelectorAll("nav[aria-label] a")) {
                if (link.pathname === pathname) link.setAttribute("aria-current", "page");
                else link.removeAttribute("aria-current");
            }
            return false;
        },
    },
});

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
