// Puts the page together.
document.querySelectorAll('.history').forEach((article, number) => {
  article.querySelectorAll('.case').forEach((section, place) => {
    const story = histories[number].cases[place];
    new Player(section, story);
    const button = section.querySelector('.to-timeline');
    if (!$('canvas') || !histories[number].keys.length) { button.hidden = true; return; }
    button.addEventListener('click', () => {
      pick(number, story.index);
      timeline.violation(timeline.state.view.cases.find((found) => found.number === place));
      $('canvas').focus();
      $('timeline').scrollIntoView();
    });
  });
  article.querySelectorAll('.jump').forEach((button) => button.addEventListener('click', () => {
    pick(number, Number(button.dataset.key));
    const view = timeline.state.view;
    const at = Number(button.dataset.time) - view.offset;
    if (view.cases.length) timeline.violation();
    else timeline.range(at, at, 1e9);
    $('canvas').focus();
    $('timeline').scrollIntoView();
  }));
});

let timeline = null;
const views = new Map();

/** Shows a key of a history, or all of them (-1). */
function pick(number, index) {
  const history = histories[number];
  const name = `${number}:${index}`;
  if (!views.has(name)) views.clear();
  const keys = index < 0 ? history.keys : history.keys.filter((key) => key.index === index);
  if (!keys.length) return;
  if (!views.has(name)) views.set(name, load(history, keys));
  $('which').value = name;
  kinds(history);
  timeline.show(views.get(name));
}

function kinds(history) {
  const box = $('filters');
  if (box.dataset.of === history.name) return;
  box.dataset.of = history.name;
  timeline.hiddenKinds.clear();
  box.querySelectorAll('label').forEach((label) => label.remove());
  for (const kind of history.classes) {
    const label = make('label', 'check'); const input = make('input'); const swatch = make('span', `swatch area c-${kind.replace(' ', '-')}`);
    input.type = 'checkbox'; input.checked = true;
    input.addEventListener('change', () => {
      if (input.checked) timeline.hiddenKinds.delete(kind); else timeline.hiddenKinds.add(kind);
      timeline.filter();
    });
    label.append(input, swatch, document.createTextNode(kind));
    box.append(label);
  }
}

if ($('canvas')) {
  timeline = new Timeline($('canvas'));
  const which = $('which');
  histories.forEach((history, number) => {
    if (!history.keys.length) return;
    let group = which;
    if (histories.filter((one) => one.keys.length).length > 1) { group = make('optgroup'); group.label = history.name; which.append(group); }
    const option = (index, text) => { const one = make('option', '', text); one.value = `${number}:${index}`; group.append(one); };
    if (history.keys.length > 1) option(-1, `all ${history.keys.length} keys`);
    const marks = { bad: '✗ violation', undecided: '? not decided', ok: '✓' };
    for (const key of history.keys) {
      const part = key.at.length < key.of ? `, ${key.at.length} of ${key.of} operations` : '';
      option(key.index, `${key.name || 'the only key'} ${marks[key.state]}${part}`);
    }
  });
  which.addEventListener('change', () => { const [number, index] = which.value.split(':').map(Number); pick(number, index); });
  $('search').addEventListener('input', () => { timeline.text = $('search').value; timeline.filter(); });
  $('search').addEventListener('keydown', (event) => { if (event.key === 'Enter') { event.preventDefault(); timeline.step(event.shiftKey ? -1 : 1); } });
  $('next-found').addEventListener('click', () => timeline.step(1));
  $('previous-found').addEventListener('click', () => timeline.step(-1));
  $('zoom-in').addEventListener('click', () => timeline.zoom(0.6));
  $('zoom-out').addEventListener('click', () => timeline.zoom(1 / 0.6));
  $('left').addEventListener('click', () => timeline.move(-timeline.plot / 3));
  $('right').addEventListener('click', () => timeline.move(timeline.plot / 3));
  $('fit').addEventListener('click', () => timeline.fit());
  $('violation').addEventListener('click', () => timeline.violation());
  $('show-order').addEventListener('change', () => { timeline.state.showOrder = $('show-order').checked; timeline.redraw(); });
  const first = histories.findIndex((history) => history.keys.length);
  if (first >= 0) {
    const history = histories[first];
    pick(first, history.cases.length ? history.cases[0].index : history.keys.length > 1 ? -1 : history.keys[0].index);
  }
}
