// The reader chooses what comes next; everything that can happen is in the page already.
class Board {
  constructor(play) {
    this.play = play; play.title = play.title.replaceAll('`', ''); this.path = [{ node: 0, move: null }];
    this.element = make('div', 'board'); this.element.setAttribute('role', 'group');
    this.element.setAttribute('aria-label', play.title);
    this.buyers = make('div', 'scene');
    this.said = make('p', 'said'); this.said.setAttribute('aria-live', 'polite');
    const turns = make('div', 'buttons'); this.faults = make('div', 'buttons faults');
    const button = (name, text, act) => {
      const made = make('button', name, text); made.type = 'button';
      made.addEventListener('click', act);
      return made;
    };
    this.buttons = play.clients.map((name, client) => button('turn', `${name} ▶`, () => this.take(this.plain(client))));
    this.undo = button('undo', '◀ Undo', () => { if (this.path.length > 1) { this.path.pop(); this.update(); } });
    this.again = button('again', 'Again', () => { this.path = [this.path[0]]; this.update(); });
    this.hint = button('hint', 'Hint', () => this.take(this.towards()));
    this.hint.hidden = play.safe;
    turns.append(...this.buttons, this.undo, this.again, this.hint);
    this.wrongs = new Map();
    for (const move of play.nodes.flatMap((node) => node.m)) {
      const text = this.named(move);
      if (!text || this.wrongs.has(text)) continue;
      const made = button('fault', `✗ ${text}`, () => this.take(this.moves.find((move) => this.named(move) === text)));
      this.wrongs.set(text, made); this.faults.append(made);
    }
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Backspace') { event.preventDefault(); this.undo.click(); }
      const client = Number(event.key) - 1;
      if (client >= 0 && client < play.clients.length) { event.preventDefault(); this.take(this.plain(client)); }
    });
    this.element.append(make('h3', '', play.title), make('p', 'wanted', play.wanted), turns, this.faults, this.buyers, this.said);
    this.faults.hidden = !this.wrongs.size;
    this.update();
  }

  get place() { return this.path[this.path.length - 1]; }
  get node() { return this.play.nodes[this.place.node]; }
  get moves() { return this.node.m; }
  plain(client) { return this.moves.find((move) => move.c === client && !move.f); }
  /** What goes wrong with a move, if anything does. */
  named(move) { return move.f ? (move.c === undefined ? move.f : `${this.play.clients[move.c]}: ${move.f}`) : ''; }

  take(move) {
    if (!move) return;
    this.path.push({ node: move.to, move }); this.update();
  }

  /** The first move of a shortest way to where it is wrong. */
  towards() {
    const { nodes } = this.play; const from = this.place.node;
    if (nodes[from].w) return null;
    const first = new Map([[from, null]]); const waiting = [from];
    for (const at of waiting) {
      for (const move of nodes[at].m) {
        if (first.has(move.to)) continue;
        first.set(move.to, first.get(at) ?? move);
        if (nodes[move.to].w) return first.get(move.to);
        waiting.push(move.to);
      }
    }
    return null;
  }

  update() {
    const { play, node } = this;
    this.buttons.forEach((button, client) => button.setAttribute('aria-disabled', String(!this.plain(client))));
    this.undo.setAttribute('aria-disabled', String(this.path.length === 1));
    this.hint.setAttribute('aria-disabled', String(!play.safe && !this.towards()));
    const open = new Set(node.m.map((move) => this.named(move)));
    for (const [text, button] of this.wrongs) button.setAttribute('aria-disabled', String(!open.has(text)));
    const wrong = Boolean(node.w);
    this.buyers.replaceChildren(stockCard('Stock in Redis', node.s, wrong || node.s < 0, `${node.t} of ${node.h} sold`),
      ...play.clients.map((name, client) => this.client(name, client)));
    this.said.classList.toggle('bad', wrong);
    this.said.classList.toggle('good', !node.m.length && !wrong);
    this.said.textContent = this.verdict();
    this.said.append(make('span', 'sr', ` Stock in Redis: ${node.s === undefined ? 'not known' : minus(node.s)}.`));
  }

  verdict() {
    const { play, node } = this; const { move } = this.place;
    const broken = {
      'never-oversold': `✗ Oversold: ${node.t} sold, and there ${node.h === 1 ? 'was' : 'were'} ${node.h}.`,
      'sold-out-is-true': '✗ Somebody was told “sold out”, and enough was left.',
      linearizable: '✗ No counter gives these answers.',
      'no-unit-leaked': '✗ All is over, and the stock does not add up.',
    };
    if (node.w) return broken[node.w] ?? '✗ A promise is broken.';
    if (!node.m.length) {
      return play.safe ? '✓ Over, and every answer was true. Whatever you choose, it stays so.' : '✓ Over, and this time it went well. Another order does not.';
    }
    if (!move) return play.safe ? `Nothing was sent yet. ${play.nodes.length} situations can come about; none is wrong. Try.` : 'Nothing was sent yet. Can you sell more than there is?';
    const who = move.c === undefined ? 'Redis' : play.clients[move.c];
    const sent = move.q ? `${move.q[0]} → ${move.q[1]}` : '';
    return `${who}: ${[sent, move.f && `✗ ${move.f}`, move.r && 'in vain, again from the start', move.a].filter(Boolean).join('; ')}`;
  }

  /** Where one client is, what came back, and what it was told. */
  client(name, client) {
    const { play, node } = this;
    const card = make('div', 'card'); card.append(make('h4', '', name));
    const got = new Map(); const log = make('ul', 'log'); let answer = ''; let fresh = true; let gone = '';
    for (const { move } of this.path) {
      if (!move || move.c !== client) continue;
      if (!fresh) { got.clear(); answer = ''; }
      fresh = !(move.a || move.r);
      if (move.q && move.l !== undefined) got.set(move.l, move.q[1]);
      if (move.q) log.append(make('li', '', `${move.q[0]} → ${move.q[1]}${move.r ? ' ↺' : ''}`));
      if (move.f) { gone = `✗ ${move.f}`; log.append(make('li', '', gone)); }
      if (move.a) answer = move.a;
    }
    card.append(play.code ? codeList(play.code, node.at[client], !this.plain(client), got) : log);
    card.append(make('p', 'has-told', answer ? `was told: ${answer}` : ''));
    if (gone && play.code) card.append(make('p', 'gone', gone));
    return card;
  }
}

if ($('boards')) JSON.parse($('plays').textContent).forEach((play) => $('boards').append(new Board(play).element));
