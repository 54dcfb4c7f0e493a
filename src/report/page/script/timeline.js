// The timeline: what is seen of it, and how one moves about.
class Timeline {
  constructor(canvas) {
    this.canvas = canvas; this.painter = new Painter(canvas);
    this.state = null; this.pending = false;
    this.text = ''; this.hiddenKinds = new Set();
    new ResizeObserver(() => { if (this.state) this.resized(); }).observe(canvas);
    onTheme.push(() => { if (this.state) { this.painter.prepare(this.state.view); this.redraw(); } });
    window.addEventListener('beforeprint', () => this.paintFor('light'));
    window.addEventListener('afterprint', () => this.paintFor(theme));
    this.listen();
  }

  paintFor(name) {
    if (!this.state) return;
    applyTheme(name); this.painter.prepare(this.state.view); this.painter.draw(this.state);
  }

  show(view) {
    this.state = { view, from: 0, perPixel: 1, scroll: 0, chosen: -1, match: null, found: [], showOrder: $('show-order').checked };
    const room = Math.max(window.innerHeight * 0.62, 260);
    const wanted = AXIS + (view.keys.some((key) => key.stock !== null) ? STRIP : 0) + view.lanes.length * LANE + 6;
    this.canvas.style.height = Math.round(Math.min(wanted, room)) + 'px';
    this.size(); this.fit(); this.filter();
    $('violation').disabled = !view.cases.length;
    $('details').replaceChildren(make('p', '', view.count ? 'Choose an operation: click it, or press N.' : 'No operations.'));
    this.legend();
  }

  /** The same stretch of time in another width. */
  resized() {
    const span = this.plot * this.state.perPixel;
    this.painter.prepare(this.state.view);
    this.state.perPixel = span / this.plot;
    this.limit(); this.painter.draw(this.state);
  }

  size() { this.painter.prepare(this.state.view); this.limit(); }
  get plot() { return Math.max(this.painter.width - this.painter.gutter, 10); }

  redraw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      const begin = performance.now();
      this.painter.draw(this.state);
      this.cost = performance.now() - begin;
    });
  }

  /** Keeps the view within the history. */
  limit() {
    const state = this.state; const { view } = state;
    const most = (view.end - view.start) * 1.04 / Math.max(this.plot - 40, 10);
    state.perPixel = Math.min(Math.max(state.perPixel, 0.01), Math.max(most, 0.01));
    const margin = 0.02 * (view.end - view.start) + 20 * state.perPixel;
    state.from = Math.max(view.start - margin, Math.min(state.from, view.end + margin - this.plot * state.perPixel));
    const lanes = view.lanes.length * LANE; const room = this.painter.height - AXIS - (view.keys.some((key) => key.stock !== null) ? STRIP : 0);
    state.scroll = Math.max(0, Math.min(state.scroll, lanes - room + 6));
  }

  fit() { const { view } = this.state; this.range(view.start, view.end, 1.03); }

  range(from, to, share) {
    const state = this.state; const span = Math.max(to - from, 1e-9) * share;
    state.perPixel = span / this.plot;
    state.from = (from + to) / 2 - span / 2;
    this.limit(); this.redraw();
  }

  zoom(factor, x = this.painter.gutter + this.plot / 2) {
    const state = this.state; const at = state.from + (x - this.painter.gutter) * state.perPixel;
    state.perPixel *= factor; this.limit();
    state.from = at - (x - this.painter.gutter) * state.perPixel;
    this.limit(); this.redraw();
  }

  move(pixels, down = 0) {
    const state = this.state;
    state.from += pixels * state.perPixel; state.scroll += down;
    this.limit(); this.redraw();
  }

  /** Brings an operation into view, and says what is known of it. */
  choose(place, bring = true) {
    const state = this.state; const { view } = state;
    state.chosen = place;
    if (bring) {
      const end = view.to[place] === Infinity ? view.from[place] : view.to[place];
      const span = this.plot * state.perPixel; const length = end - view.from[place];
      if (length > span || length < span / 200) this.range(view.from[place], end + length, 12);
      else if (view.from[place] < state.from || end > state.from + span) state.from = view.from[place] - span / 3;
      this.bringLane(view.lane[place]);
      this.limit();
    }
    describe(state, place, $('details'));
    this.redraw();
  }

  bringLane(lane) {
    const state = this.state; const room = this.painter.height - this.painter.top;
    if (lane * LANE < state.scroll) state.scroll = lane * LANE;
    if ((lane + 1) * LANE > state.scroll + room) state.scroll = (lane + 1) * LANE - room + 6;
  }

  violation(found = this.state.view.cases[0]) {
    if (!found) return;
    this.painter.top; this.range(found.from, found.to, 1.6);
    const lanes = found.places.map((place) => this.state.view.lane[place]);
    this.bringLane(Math.max(...lanes)); this.bringLane(Math.min(...lanes));
    this.choose(found.places[found.places.length - 1], false);
  }

  /** The operation at a point of the canvas, or -1. */
  hit(x, y) {
    const state = this.state; const { view } = state;
    if (y < this.painter.top || x < this.painter.gutter) return -1;
    const lane = view.lanes[Math.floor((y - this.painter.top + state.scroll) / LANE)];
    if (!lane) return -1;
    const at = state.from + (x - this.painter.gutter) * state.perPixel; const near = 4 * state.perPixel;
    for (let number = upper(lane.from, at + near) - 1; number >= 0 && number > upper(lane.from, at) - 3; number--) {
      if (view.to[lane.places[number]] >= at - near) return lane.places[number];
    }
    return -1;
  }

  /** Which operations are meant by the search and the kinds shown; null: all. */
  filter() {
    const state = this.state; const { view } = state; const text = this.text.trim().toLowerCase();
    state.found = [];
    if (!text && !this.hiddenKinds.size) { state.match = null; }
    else {
      const hits = view.history.texts.map((candidate) => candidate.toLowerCase().includes(text));
      const client = /^(?:client|buyer|reader|process)?\s*(-?\d+)$/.exec(text);
      const number = /^[−\d,]+$/.test(text);
      state.match = new Uint8Array(view.count);
      for (let place = 0; place < view.count; place++) {
        if (this.hiddenKinds.has(view.history.classes[view.kind[place]])) continue;
        if (text && !this.matches(place, text, hits, client, number)) continue;
        state.match[place] = 1; state.found.push(place);
      }
    }
    $('found').textContent = state.match ? `${state.found.length.toLocaleString('en-US')} of ${view.count.toLocaleString('en-US')}` : '';
    $('next-found').disabled = $('previous-found').disabled = !state.found.length;
    this.redraw();
  }

  matches(place, text, hits, client, number) {
    const { view } = this.state; const key = view.keys[view.key[place]]; const index = view.local[place];
    if (client && view.who[place] === Number(client[1])) return true;
    if (String(view.who[place]).toLowerCase() === text) return true;
    if (client && text.match(/[a-z]/)) return false;
    if (hits[key.asked[index]] || (key.answered[index] >= 0 && hits[key.answered[index]])) return true;
    if (number && key.told[index] !== null && minus(key.told[index]).includes(text)) return true;
    if (key.name.toLowerCase() === text) return true;
    if (key.took[index] < 0 && 'no answer'.includes(text)) return true;
    const { count, text: texts, reply } = key.commands;
    if (!count.length) return false;
    for (let number = key.starts[index]; number < key.starts[index] + count[index]; number++) {
      if (hits[texts[number]] || (reply[number] >= 0 && hits[reply[number]])) return true;
    }
    return false;
  }

  /** The next of the operations that are shown or found, in order of time. */
  step(by) {
    const state = this.state; const { view } = state;
    if (!view.count) return;
    if (!state.match) {
      let place = state.chosen < 0 ? Math.min(lower(view.from, state.from), view.count - 1) : state.chosen + by;
      place = Math.max(0, Math.min(place, view.count - 1));
      this.choose(place); return;
    }
    if (!state.found.length) return;
    let number = by > 0 ? upper(state.found, state.chosen) : lower(state.found, state.chosen) - 1;
    number = Math.max(0, Math.min(number, state.found.length - 1));
    this.choose(state.found[number]);
  }

  legend() {
    const { view } = this.state; const parts = [];
    if (view.keys.some((key) => key.stock !== null)) parts.push('line: units left by what was sold; dots: stock that clients were told');
    if (view.history.classes.includes('no answer')) parts.push('dashed, without an end: no answer');
    if (view.faults.length) parts.push('bands between two lines: what went wrong meanwhile');
    if (view.cases.length) parts.push('framed: the counterexample');
    const ordered = view.keys.filter((key) => key.order);
    if (ordered.length) {
      const beginning = ordered.find((key) => key.until !== null);
      parts.push('rings, joined: an order that explains the answers' + (beginning && ordered.length === 1
        ? ` up to ${instant(view, beginning.untilTime)}, where no order does any more` : '') + ' (when few enough are in view)');
    }
    $('legend').textContent = parts.join(' · ');
  }

  listen() {
    const canvas = this.canvas; const pointers = new Map(); let moved = 0; let pinch = 0;
    const at = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
    canvas.addEventListener('wheel', (event) => {
      const focused = document.activeElement === canvas;
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault(); this.move(event.shiftKey ? event.deltaY || event.deltaX : event.deltaX);
      } else if (event.ctrlKey || event.metaKey || focused) {
        event.preventDefault(); this.zoom(Math.exp(Math.max(-120, Math.min(event.deltaY, 120)) / 300), at(event)[0]);
      }
    }, { passive: false });
    canvas.addEventListener('pointerdown', (event) => {
      pointers.set(event.pointerId, at(event)); moved = 0; pinch = 0;
      canvas.setPointerCapture(event.pointerId); canvas.classList.add('dragging');
    });
    canvas.addEventListener('pointermove', (event) => {
      const old = pointers.get(event.pointerId);
      if (!old) return;
      const [x, y] = at(event);
      pointers.set(event.pointerId, [x, y]);
      if (pointers.size === 2) {
        const [[ax], [bx]] = [...pointers.values()]; const distance = Math.max(Math.abs(ax - bx), 8);
        if (pinch) this.zoom(pinch / distance, (ax + bx) / 2);
        pinch = distance; moved = 99; return;
      }
      moved += Math.abs(x - old[0]) + Math.abs(y - old[1]);
      if (moved > 4) this.move(old[0] - x, old[1] - y);
    });
    const up = (event) => {
      if (pointers.delete(event.pointerId) && moved <= 4 && event.type === 'pointerup') {
        const place = this.hit(...at(event));
        if (place >= 0) this.choose(place, false);
      }
      if (!pointers.size) canvas.classList.remove('dragging');
    };
    canvas.addEventListener('pointerup', up); canvas.addEventListener('pointercancel', up);
    canvas.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const keys = {
        ArrowLeft: () => this.move(-this.plot / 8), ArrowRight: () => this.move(this.plot / 8),
        ArrowUp: () => this.move(0, -LANE), ArrowDown: () => this.move(0, LANE),
        '+': () => this.zoom(0.6), '=': () => this.zoom(0.6), '-': () => this.zoom(1 / 0.6), 0: () => this.fit(),
        Home: () => { this.state.from = -Infinity; this.limit(); this.redraw(); },
        End: () => { this.state.from = Infinity; this.limit(); this.redraw(); },
        n: () => this.step(1), p: () => this.step(-1), v: () => this.violation(), '/': () => $('search').focus(),
      };
      const act = keys[event.key] || keys[event.key.toLowerCase()];
      if (act) { event.preventDefault(); act(); }
    });
  }
}
