// Shows only what contains all the words.
const box = document.querySelector("nav input");
const entries = [...document.querySelectorAll(".entry")];
const texts = entries.map((entry) => entry.textContent.toLowerCase());
function search() {
    const words = box.value.toLowerCase().split(/\s+/);
    entries.forEach((entry, i) => (entry.hidden = !words.every((word) => texts[i].includes(word))));
    for (const section of document.querySelectorAll("section")) {
        section.hidden = box.value !== "" && !section.querySelector(".entry:not([hidden])");
    }
}
box.addEventListener("input", search);
addEventListener("hashchange", () => {
    if (box.value === "") return;
    box.value = "";
    search();
    document.querySelector(decodeURIComponent(location.hash))?.scrollIntoView();
});
addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== box) {
        event.preventDefault();
        box.focus();
    }
});
