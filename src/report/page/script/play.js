// The reader chooses whose command goes next; what then happens is in the page already.
class Board {
  constructor(play, number) {
    this.play = play; this.path = [0]; this.number = number;
    this.element = make('div', 'board'); this.element.setAttribute('role', 'group');
    this.element.setAttribute('aria-label', play.title);
    this.heading = make('h3', '', play.title);
    this.buyers = make('div', 'scene');
    this.said = make('p', 'said'); this.said.setAttribute('aria-live', 'polite');
    this.turns = make('div', 'buttons');
    this.buttons = Array.from({ length: play.clients }, (_, client) => {
      const button = make('button', 'turn', `Buyer ${client + 1} ▶`); button.type = 'button';
      button.addEventListener('click', () => this.take(client));
      return button;
    });
    this.undo = make('button', 'undo', '◀ Undo'); this.undo.type = 'button';
    this.undo.addEventListener('click', () => { if (this.path.length > 1) { this.path.pop(); this.update(); } });
    this.again = make('button', 'again', 'Again'); this.again.type = 'button';
    this.again.addEventListener('click', () => { this.path = [0]; this.update(); });
    this.turns.append(...this.buttons, this.undo, this.again);
    this.element.addEventListener('keydown', (event) => {
      const keys = { Backspace: () => this.undo.click() };
      for (let client = 0; client < play.clients; client++) keys[client + 1] = () => this.take(client);
      if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
    });
    this.element.append(this.heading, this.turns, this.buyers, this.said);
    this.update();
  }

  get moment() { return this.play.nodes[this.path[this.path.length - 1]]; }

  take(client) {
    const next = this.moment.next[client];
    if (next === null || next === undefined) return;
    this.path.push(next); this.update();
  }

  update() {
    const { play, moment } = this;
    const over = moment.next.every((next) => next === null);
    const broken = moment.told > play.stock;
    this.buttons.forEach((button, client) => button.setAttribute('aria-disabled', String(moment.next[client] === null)));
    this.undo.setAttribute('aria-disabled', String(this.path.length === 1));
    this.buyers.replaceChildren();
    for (let client = 0; client < play.clients; client++) this.buyers.append(this.buyer(client));
    const stock = make('div', 'card redis' + (broken || moment.stock < 0 ? ' bad' : ''));
    stock.append(make('h3', '', 'Stock in Redis'), make('div', 'stock', moment.stock === null ? '?' : minus(moment.stock)),
      make('div', '', `${moment.told} of ${play.stock} sold`));
    this.buyers.append(stock);
    this.said.classList.toggle('bad', broken);
    this.said.classList.toggle('good', over && !broken);
    if (broken) this.said.textContent = `✗ Oversold: ${moment.told} buyers were told that the one unit is theirs.`;
    else if (over) this.said.textContent = play.safe ? '✓ Over: one unit, one buyer. Whatever you choose, it stays so.' : '✓ Over, and this time it went well. Another order does not.';
    else this.said.textContent = this.path.length === 1 ? 'Nothing was sent yet.' : `Buyer ${moment.client + 1}: ${moment.command} → ${moment.reply}${moment.again ? ': in vain, again from the start' : ''}`;
  }

  /** The code of one buyer, with the line that comes next, what was sent so far, and what came back. */
  buyer(client) {
    const { play, moment } = this;
    const card = make('div', 'card'); card.append(make('h4', '', `Buyer ${client + 1}`));
    const mine = this.path.slice(1).map((place) => play.nodes[place]).filter((one) => one.client === client);
    const next = moment.next[client] === null ? null : play.nodes[moment.next[client]];
    const sends = next === null ? null : next.command.split(/[ ;]/)[0];
    const code = make('ol', 'code'); let marked = false;
    for (const [line, command] of play.code) {
      const item = make('li', '', line);
      if (!marked && sends !== null && command !== null && sends.startsWith(command)) { marked = true; item.classList.add('now'); item.setAttribute('aria-current', 'step'); }
      code.append(item);
    }
    card.append(code);
    const log = make('ul', 'log');
    for (const one of mine) {
      log.append(make('li', '', `${one.command} → ${one.reply}${one.again ? ' ↺' : ''}`));
      if (one.answer) log.append(make('li', 'answer', one.answer));
    }
    card.append(log);
    return card;
  }
}

if ($('boards')) JSON.parse($('plays').textContent).forEach((play, number) => $('boards').append(new Board(play, number).element));
