// Steps through a counterexample or a schedule: where each client is in its code, what it has read, and the stock.
/** A listing: the line that comes next is marked, and what lines have got stands behind them. */
function codeList(code, at, over, got) {
  const list = make('ol', 'code');
  code.forEach((line, number) => {
    const item = make('li', line.inside ? 'inside' : '', line.text.trimStart());
    item.style.setProperty('--depth', line.text.length - line.text.trimStart().length);
    if (number === at && !line.inside) {
      item.classList.add(over ? 'end' : 'now');
      item.setAttribute('aria-current', 'step');
      if (!over) item.prepend(make('span', 'sr', 'next: '));
    }
    if (got.has(number)) item.append(make('span', 'got', ` → ${got.get(number)}`));
    else if (!line.inside && code[number + 1]?.inside) item.append(make('span', 'one-step', '  one step for Redis:'));
    list.append(item);
  });
  return list;
}
const replyOf = (text) => text.split(' → ').pop();

class Player {
  constructor(section, story) {
    this.section = section; this.story = story; this.step = 0;
    this.scene = section.querySelector('.scene'); this.said = section.querySelector('.said');
    this.rows = [...section.querySelectorAll('.rows tr.row')];
    const answered = story.rows.filter((row) => row.what === 'answered');
    if (answered.length && !story.rows.some((row) => row.note)) answered[answered.length - 1].note = 'no order of these explains this answer';
    const group = section.querySelector('.player');
    // Of a schedule, what happens in one step is one; the answer comes with the command.
    this.planned = story.unit === 'step';
    this.stops = [0, ...story.rows.map((_, number) => number + 1).filter((number) => !this.planned || story.rows[number]?.at !== story.rows[number - 1].at)];
    const near = (by) => this.stops[this.stops.indexOf(this.step) + by] ?? this.step;
    const go = { first: () => 0, back: () => near(-1), next: () => near(1), last: () => story.rows.length };
    for (const button of group.querySelectorAll('[data-go]')) {
      button.addEventListener('click', () => this.show(go[button.dataset.go]()));
    }
    group.addEventListener('keydown', (event) => {
      const keys = { ArrowRight: go.next, ArrowLeft: go.back, Home: go.first, End: go.last };
      if (keys[event.key]) { event.preventDefault(); this.show(keys[event.key]()); }
    });
    this.buttons = group.querySelector('.buttons');
    this.count = group.querySelector('.step');
    this.update();
  }

  show(step) {
    this.step = step;
    this.started = true;
    this.update();
  }

  /** After so many steps. */
  update() {
    const { story, step } = this;
    for (const [name, off] of [['first', step === 0], ['back', step === 0], ['next', step === story.rows.length], ['last', step === story.rows.length]]) {
      this.buttons.querySelector(`[data-go=${name}]`).setAttribute('aria-disabled', String(off));
    }
    this.count.textContent = this.started ? `step ${this.stops.indexOf(step)} of ${this.stops.length - 1}` : 'Step through it: buttons, or arrow keys on them';
    this.scene.hidden = !this.started;
    if (!this.started) return;
    const before = this.stops[this.stops.indexOf(step) - 1] ?? 0;
    this.rows.forEach((row, number) => {
      row.classList.toggle('later', number >= step);
      row.classList.toggle('now', number < step && number >= before);
    });
    const row = story.rows[step - 1];
    const level = step === 0 ? story.start : story.rows.slice(0, step).reduce((level, row) => row.level ?? level, story.start);
    this.scene.replaceChildren();
    let left = '';
    if (story.start !== null || story.rows.some((row) => row.level !== null)) {
      const counted = story.rows.some((row) => row.what === 'command') ? 'Stock in Redis' : 'Left, by the answers';
      left = `${counted}: ${level === null ? 'not known' : minus(level)}.`;
      this.scene.append(stockCard(counted, level, level < 0, level < 0 ? 'fewer than none' : ''));
    }
    story.clients.forEach((client, lane) => this.scene.append(this.client(client, lane)));
    this.said.classList.toggle('bad', Boolean(row && row.note));
    const together = story.rows.slice(before, step).filter((one, place, all) => one.what !== 'asked' || place === all.length - 1);
    this.said.textContent = !row ? 'Before the first step.'
      : `${story.clients[row.lane] ?? 'Redis'}: ${together.map((one) => (one.what === 'fault' ? '✗ ' : '') + one.text).join('; ')}${row.jump === null ? '' : ` (others had left ${minus(row.jump)})`}${row.note ? ` ← ${row.note}` : ''}`;
    this.said.append(make('span', 'sr', ` ${left}`));
  }

  client(name, lane) {
    const { story, step } = this;
    const card = make('div', 'card'); card.append(make('h3', '', name));
    const mine = story.rows.map((row, number) => ({ row, number })).filter(({ row }) => row.lane === lane);
    const done = mine.filter(({ number }) => number < step);
    const coded = this.code(mine, done);
    card.append(coded ?? this.commands(mine));
    const reads = done.filter(({ row }) => row.read);
    const told = coded ? done.filter(({ row }) => row.what === 'answered').pop() : undefined;
    const gone = done.filter(({ row }) => row.what === 'fault').pop();
    card.append(make('p', 'has-read', [reads.length && `has read: ${replyOf(reads[reads.length - 1].row.text)}`, told && `was told: ${told.row.text}`]
      .filter(Boolean).join('; ')));
    if (gone) card.append(make('p', 'gone', `✗ ${gone.row.text}`));
    if (done.some(({ row }) => row.note)) card.classList.add('bad');
    return card;
  }

  /** The code of the operation that this client is in, where it is known. */
  code(mine, done) {
    const { story, step } = this;
    if (!story.code) return null;
    const asked = mine.filter(({ row }) => row.what === 'asked');
    const begun = asked.filter(({ number }) => number < step);
    const first = (begun.pop() ?? asked[0])?.number ?? 0;
    const after = asked.find(({ number }) => number > first)?.number ?? Infinity;
    const lines = mine.filter(({ row, number }) => number >= first && number < after && row.line !== null);
    if (!lines.length) return null;
    const next = lines.find(({ number }) => number >= step);
    const got = new Map();
    for (const { row, number } of lines) if (number < step && row.what === 'command') got.set(row.line, replyOf(row.text));
    return codeList(story.code, (next ?? lines[lines.length - 1]).row.line, !next, got);
  }

  /** What this client does, where the code is not known. */
  commands(mine) {
    const { step } = this;
    const list = make('ol');
    for (const { row, number } of mine) {
      const done = number < step; const asks = row.text.split(' → ')[0];
      const item = make('li', done ? 'done' : '', done ? row.text : row.what === 'answered' ? '…' : asks);
      if (number < step && number >= (this.stops[this.stops.indexOf(step) - 1] ?? 0)) { item.classList.add('now'); item.setAttribute('aria-current', 'step'); }
      list.append(item);
    }
    return list;
  }
}

function stockCard(title, level, bad, below) {
  const card = make('div', 'card redis' + (bad ? ' bad' : ''));
  card.append(make('h3', '', title), make('div', 'stock', level === null || level === undefined ? '?' : minus(level)), make('div', 'below', below));
  return card;
}
