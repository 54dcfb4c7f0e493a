// Steps through a counterexample: what each client has done and read, and the stock in Redis.
class Player {
  constructor(section, story) {
    this.section = section; this.story = story; this.step = 0;
    this.scene = section.querySelector('.scene'); this.said = section.querySelector('.said');
    this.rows = [...section.querySelectorAll('.rows tr.row')];
    const group = section.querySelector('.player');
    const go = { first: () => 0, back: () => this.step - 1, next: () => this.step + 1, last: () => story.rows.length };
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
    this.step = Math.max(0, Math.min(step, this.story.rows.length));
    this.started = true;
    this.update();
  }

  /** After so many steps. */
  update() {
    const { story, step } = this;
    for (const [name, off] of [['first', step === 0], ['back', step === 0], ['next', step === story.rows.length], ['last', step === story.rows.length]]) {
      this.buttons.querySelector(`[data-go=${name}]`).setAttribute('aria-disabled', String(off));
    }
    this.count.textContent = this.started ? `step ${step} of ${story.rows.length}` : 'Step through it: buttons, or arrow keys on them';
    this.scene.hidden = !this.started;
    if (!this.started) return;
    this.rows.forEach((row, number) => {
      row.classList.toggle('later', number >= step);
      row.classList.toggle('now', number === step - 1);
    });
    const row = story.rows[step - 1];
    const level = step === 0 ? story.start : story.rows.slice(0, step).reduce((level, row) => row.level ?? level, story.start);
    this.scene.replaceChildren();
    story.clients.forEach((client, lane) => this.scene.append(this.client(client, lane)));
    if (story.start !== null || story.rows.some((row) => row.level !== null)) {
      const card = make('div', 'card redis' + (level < 0 ? ' bad' : ''));
      card.append(make('h3', '', story.rows.some((row) => row.what === 'command') ? 'Stock in Redis' : 'Left, by the answers'), make('div', 'stock', level === null ? '?' : minus(level)));
      if (level < 0) card.append(make('div', '', 'fewer than none'));
      this.scene.append(card);
    }
    this.said.classList.toggle('bad', Boolean(row && row.note));
    this.said.textContent = !row ? 'Before the first step.'
      : `${story.clients[row.lane]}: ${row.text}${row.jump === null ? '' : ` (others had left ${minus(row.jump)})`}${row.note ? ` ← ${row.note}` : ''}`;
  }

  client(name, lane) {
    const { story, step } = this;
    const card = make('div', 'card'); card.append(make('h3', '', name));
    const list = make('ol'); let read = null;
    story.rows.forEach((row, number) => {
      if (row.lane !== lane) return;
      const done = number < step;
      const item = make('li', done ? 'done' : '', done ? row.text : row.text.split(' → ')[0] === row.text && row.what === 'answered' ? '…' : row.text.split(' → ')[0]);
      if (number === step - 1) { item.classList.add('now'); item.setAttribute('aria-current', 'step'); }
      list.append(item);
      if (done && row.read) read = row.text.split(' → ').pop();
    });
    card.append(list, make('p', 'has-read', read === null ? '' : `has read: ${read}`));
    const wrong = story.rows.some((row, number) => number < step && row.lane === lane && row.note);
    if (wrong) card.classList.add('bad');
    return card;
  }
}
