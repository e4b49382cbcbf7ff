const blocks = BLOCKS, notes = NOTES, columns = COLUMNS, numbered = NUMBERED;
let page, cols, at, line = 0, pages = 0;
function column() { at++; if (at >= columns) newPage(); return cols[at]; }
function newPage() {
  pages++;
  page = document.createElement('div'); page.className = 'page'; document.body.append(page);
  page.innerHTML = `<div class=head>RUNNING</div><div class=foot>Page ${pages} of 9</div>`;
  if (pages == 1) page.innerHTML += FRONT;
  const area = document.createElement('div'); area.className = 'area'; page.append(area);
  const note = notes[pages - 1];
  if (note) page.innerHTML += `<div class=fn><sup>${pages}</sup> ${note}</div>`;
  const inner = page.querySelector('.area');
  const top = inner.offsetTop, bottom = note ? page.querySelector('.fn').offsetTop - 8 : 1030;
  inner.style.height = (bottom - top) + 'px';
  cols = [];
  for (let n = 0; n < columns; n++) { const c = document.createElement('div'); c.className = 'col'; inner.append(c); cols.push(c); }
  at = 0;
}
newPage();
function over(c) { return c.scrollHeight > c.clientHeight + 1; }
for (const block of blocks) {
  let rest = block, first = true;
  while (rest) {
    let c = cols[at];
    const holder = document.createElement('div'); holder.innerHTML = rest;
    const element = holder.firstChild; c.append(element);
    if (!over(c)) break;
    element.remove();
    if (!rest.startsWith('<p') || rest.startsWith('<p class=ref')) { column(); continue; }
    const open = rest.match(/^<p[^>]*>/)[0], words = rest.slice(open.length, -4).split(' ');
    let low = 0, high = words.length;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      element.innerHTML = words.slice(0, mid).join(' '); c.append(element);
      if (over(c)) high = mid - 1; else low = mid;
    }
    if (low < 12 || words.length - low < 8) { element.remove(); if (low < words.length) { column(); continue; } }
    element.innerHTML = words.slice(0, low).join(' '); element.classList.add('cut');
    rest = `<p class="more">` + words.slice(low).join(' ') + '</p>';
    column();
  }
}
if (numbered) for (const p of document.querySelectorAll('.page')) {
  const area = p.querySelector('.area'), height = 22;
  for (let y = 0; y + height < area.clientHeight; y += height) {
    const n = document.createElement('div'); n.className = 'ln'; n.textContent = ++line;
    n.style.top = (area.offsetTop + y) + 'px'; p.append(n);
  }
}
