// Shared by the page's HTML components: reports clicks to Python and scrolls to what changed.
element.addEventListener("click", (event) => {
  const target = event.target.closest("[data-quote], [data-document], [data-ask]");
  if (!target || event.target.closest("a, summary")) return;
  // Selecting words to copy them is no click.
  if (!event.target.closest("button") && String(window.getSelection())) return;
  trigger("click", { ...target.dataset });
});
watch("value", () => {
  const log = element.querySelector(".lq-log");
  const turns = element.querySelectorAll(".lq-turn");
  if (log && turns.length) {
    log.scrollTop += turns[turns.length - 1].getBoundingClientRect().top - log.getBoundingClientRect().top - 8;
  }
  const panel = element.querySelector(".lq-panel[tabindex]");
  if (!panel) return;
  // Where the panel lies below the chat, or its tab was hidden until now, it is not in sight yet.
  requestAnimationFrame(() => setTimeout(() => {
    const mark = panel.querySelector("mark");
    panel.scrollTop += mark
      ? mark.getBoundingClientRect().top - panel.getBoundingClientRect().top - panel.clientHeight / 3
      : -panel.scrollTop;
    const box = panel.getBoundingClientRect();
    if (box.top < 0 || box.top > window.innerHeight / 2) panel.scrollIntoView({ block: "start" });
    panel.focus({ preventScroll: true });
  }, 60));
});
