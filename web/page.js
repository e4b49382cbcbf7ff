// Shared by the page's HTML components: reports clicks to Python and scrolls to what changed.
// An element with data-event reports that event with data-value; with data-form it adds what is ticked
// ("numbers") and written (by name) in the nearest such ancestor.
const closest = (event) => event.target.closest("[data-event], [data-goto], [data-copy], [data-tick]");

const announce = (words) => {
  let region = document.getElementById("lq-announcer");
  if (!region) {
    region = document.createElement("div");
    region.id = "lq-announcer";
    region.className = "lq-hidden";
    region.setAttribute("role", "status");
    region.setAttribute("aria-live", "polite");
    document.body.append(region);
  }
  if (region.textContent !== words) region.textContent = words;
};

const copy = async (words) => {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    // Over plain HTTP from another machine there is no clipboard API.
    const box = document.createElement("textarea");
    box.value = words;
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
  announce("Copied.");
};

const handOver = ({ download: name, content }) => {
  const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  announce(`Saved as ${name}.`);
};

const reported = (target) => {
  const value = JSON.parse(target.dataset.value || "{}");
  const form = target.dataset.form && target.closest(target.dataset.form);
  if (form) {
    value.numbers = [...form.querySelectorAll("input[type=checkbox]:checked")].map((box) => Number(box.value));
    for (const box of form.querySelectorAll("input[name], select[name]")) value[box.name] = box.value;
  }
  return value;
};

element.addEventListener("click", (event) => {
  const target = closest(event);
  if (!target || event.target.closest("a, summary")) return;
  // Selecting words to copy them is no click.
  if (!event.target.closest("button") && String(window.getSelection())) return;
  const { goto, copy: words, tick } = target.dataset;
  if (goto) {
    const place = element.querySelector(`#${CSS.escape(goto)}`);
    place.scrollIntoView({ block: "start" });
    place.tabIndex = -1;
    place.focus({ preventScroll: true });
  } else if (words !== undefined) {
    copy(words);
    const said = target.textContent;
    target.textContent = "Copied";
    setTimeout(() => (target.textContent = said), 1200);
  } else if (tick) {
    for (const box of target.parentElement.querySelectorAll("input[type=checkbox]")) box.checked = true;
  } else {
    trigger(target.dataset.event, reported(target));
  }
});

// What the user unfolded stays unfolded when the component is drawn again.
const unfolded = new Set();
element.addEventListener("toggle", (event) => {
  const key = event.target.dataset && event.target.dataset.key;
  if (key && event.target.isConnected) event.target.open ? unfolded.add(key) : unfolded.delete(key);
}, true);

watch("value", () => {
  for (const part of element.querySelectorAll("details[data-key]")) {
    if (unfolded.has(part.dataset.key)) part.open = true;
  }
  const spoken = [...element.querySelectorAll("[data-announce]")].pop();
  if (spoken) announce(spoken.dataset.announce);
  const address = element.querySelector("[data-address]");
  if (address) {
    const kept = new URLSearchParams(location.search);
    const own = ["library", "q", "years", "design", "type", "journal", "author", "section", "document", "retracted"];
    for (const name of own) kept.delete(name);
    const query = [address.dataset.address.replace(/^\?/, ""), kept.toString()].filter(Boolean).join("&");
    history.replaceState(null, "", location.pathname + (query ? `?${query}` : ""));
  }
  const file = element.querySelector("[data-download]");
  if (file) handOver(file.dataset);
  const log = element.querySelector(".lq-log");
  const turns = element.querySelectorAll(".lq-turn");
  if (log && turns.length) {
    const last = (log.dataset.at && document.getElementById(log.dataset.at)) || turns[turns.length - 1];
    if (log.scrollHeight > log.clientHeight) {
      log.scrollTop += last.getBoundingClientRect().top - log.getBoundingClientRect().top - 8;
    }
  }
  const panel = element.querySelector(".lq-panel[tabindex]");
  if (!panel) return;
  // Where the panel lies below the chat, or its tab was hidden until now, it is not in sight yet.
  requestAnimationFrame(() => setTimeout(() => {
    const aims = [".lq-aside", ".lq-box-focus", ".lq-page", "mark"];
    const aim = aims.map((name) => panel.querySelector(name)).find(Boolean);
    panel.scrollTop += aim
      ? aim.getBoundingClientRect().top - panel.getBoundingClientRect().top - panel.clientHeight / 3
      : -panel.scrollTop;
    const box = panel.getBoundingClientRect();
    if (box.top < 0 || box.top > window.innerHeight / 2) panel.scrollIntoView({ block: "start" });
    panel.focus({ preventScroll: true });
  }, 60));
});
