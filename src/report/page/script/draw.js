// Draws the timeline. What is too small to be seen alone is drawn as one, so that a frame costs what the canvas holds, not
// what the history holds.
const AXIS = 22; const STRIP = 74; const LANE = 30; const BAR = 14;
const MOST_POINTS = 1500;

class Painter {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d', { alpha: false });
    this.colours = {};
  }

  /** Fits the canvas to its place, and reads the colours of the theme. */
  prepare(view) {
    const box = this.canvas.getBoundingClientRect();
    const scale = window.devicePixelRatio || 1;
    this.width = Math.max(box.width, 10); this.height = Math.max(box.height, 10);
    const [wide, high] = [Math.round(this.width * scale), Math.round(this.height * scale)];
    if (this.canvas.width !== wide || this.canvas.height !== high) { this.canvas.width = wide; this.canvas.height = high; }
    this.scale = scale;
    this.gutter = this.width < 500 ? 46 : 84;
    for (const name of ['bg', 'panel', 'text', 'soft', 'rule', 'wrong', 'wrong-bg', 'accent', 'no-answer', 'restocked', 'open', 'fault']) {
      this.colours[name] = colour(name);
    }
    this.kinds = view.history.classes.map((name) => colour({ get: 'read', put: 'write', append: 'cas' }[name] || name.replace(' ', '-')));
  }

  get top() { return AXIS + (this.strip ? STRIP : 0); }
  x(state, time) { return this.gutter + (time - state.from) / state.perPixel; }

  draw(state) {
    const { context: c } = this; const view = state.view;
    this.strip = view.keys.some((key) => key.stock !== null);
    c.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    c.fillStyle = this.colours.panel; c.fillRect(0, 0, this.width, this.height);
    c.save();
    c.beginPath(); c.rect(0, this.top, this.width, this.height - this.top); c.clip();
    const first = Math.max(0, Math.floor(state.scroll / LANE));
    const last = Math.min(view.lanes.length - 1, Math.floor((state.scroll + this.height - this.top) / LANE));
    this.bands(state);
    this.faults(state);
    for (let lane = first; lane <= last; lane++) this.lane(state, lane);
    if (state.showOrder) this.order(state, first, last);
    this.focus(state);
    this.names(state, first, last);
    c.restore();
    if (this.strip) this.stock(state);
    this.axis(state);
    this.scrollbar(state);
  }

  y(state, lane) { return this.top + lane * LANE - state.scroll + 13; }

  /** What went wrong while this was recorded: bands across all lanes, or on that of whom it concerned. */
  faults(state) {
    const { context: c } = this; const { view } = state; let named = -Infinity;
    c.font = '11px system-ui, sans-serif';
    for (const fault of view.faults) {
      const from = Math.max(this.x(state, fault.from), this.gutter); const to = Math.min(this.x(state, fault.to), this.width);
      if (to < this.gutter || from > this.width) continue;
      const top = fault.lane < 0 ? this.top : this.y(state, fault.lane) - 13; const high = fault.lane < 0 ? this.height : LANE;
      if (top > this.height || top + high < this.top) continue;
      c.fillStyle = this.colours.fault; c.fillRect(from, top, Math.max(to - from, 2), high);
      c.fillStyle = this.colours.open; c.fillRect(from, top, 1, high);
      if (to - from > 1) c.fillRect(to - 1, top, 1, high);
      const text = `✗ ${fault.what}`; const low = fault.lane < 0 ? this.height - 5 : top + LANE - 3;
      // On a lane, commands may stand there: a band has its name where it is wide enough for both.
      if (fault.lane < 0 ? from > named : to - from > 8 * text.length) {
        c.fillText(text, fault.lane < 0 ? from + 3 : to - 3 - c.measureText(text).width, low);
        if (fault.lane < 0) named = from + c.measureText(text).width + 6;
      }
    }
  }

  /** The counterexamples as bands, and what has no order behind a line. */
  bands(state) {
    const { context: c } = this;
    for (const found of state.view.cases) {
      const from = Math.max(this.x(state, found.from), this.gutter); const to = Math.min(this.x(state, found.to), this.width);
      if (to < this.gutter || from > this.width) continue;
      c.fillStyle = this.colours['wrong-bg'];
      c.fillRect(from - 1, this.top, Math.max(to - from, 1) + 2, this.height);
    }
  }

  lane(state, lane) {
    const { context: c } = this; const { view } = state; const { places, from } = view.lanes[lane];
    const y = this.y(state, lane);
    c.strokeStyle = this.colours.rule; c.lineWidth = 1;
    c.beginPath(); c.moveTo(this.gutter, y + 0.5); c.lineTo(this.width, y + 0.5); c.stroke();
    const end = state.from + (this.width - this.gutter) * state.perPixel;
    let number = Math.max(upper(from, state.from) - 1, 0);
    const special = [];
    const dimmed = state.match !== null;
    while (number < places.length && from[number] <= end) {
      const place = places[number];
      const left = this.x(state, from[number]);
      const wide = (view.to[place] - from[number]) / state.perPixel;
      if (view.inCase[place] !== NO_CASE) special.push(place);
      if (wide < 1.5 && number + 1 < places.length && from[number + 1] < from[number] + 2 * state.perPixel) {
        // Several in two pixels: one mark for all of them.
        const next = lower(from, from[number] + 2 * state.perPixel);
        let shown = place;
        if (dimmed) for (let at = number; at < next; at++) if (state.match[places[at]]) { shown = places[at]; break; }
        for (let at = number; at < next; at++) if (view.inCase[places[at]] !== NO_CASE) special.push(places[at]);
        c.globalAlpha = dimmed && !state.match[shown] ? 0.15 : 1;
        c.fillStyle = this.kinds[view.kind[shown]];
        if (left + 2 > this.gutter) c.fillRect(left, y - BAR / 2, 2, BAR);
        number = next;
        continue;
      }
      c.globalAlpha = dimmed && !state.match[place] ? 0.15 : 1;
      this.bar(state, place, y, number + 1 < places.length ? this.x(state, from[number + 1]) : this.width);
      number++;
    }
    c.globalAlpha = 1;
    c.strokeStyle = this.colours.wrong; c.lineWidth = 2.5;
    for (const place of special) {
      const left = Math.max(this.x(state, view.from[place]), this.gutter - 4);
      const right = Math.min(this.x(state, view.to[place]), this.width + 4);
      if (right >= this.gutter) c.strokeRect(left - 1, y - BAR / 2 - 2, Math.max(right - left, 2) + 2, BAR + 4);
    }
  }

  /** One operation; `next` is where the lane's next begins. */
  bar(state, place, y, next) {
    const { context: c } = this; const { view } = state;
    const left = Math.max(this.x(state, view.from[place]), this.gutter - 3);
    const open = view.to[place] === Infinity;
    const right = open ? Math.min(Math.max(next - 2, left + 3), this.width + 3) : Math.min(this.x(state, view.to[place]), this.width + 3);
    if (right < this.gutter) return;
    c.fillStyle = this.kinds[view.kind[place]];
    if (open) {
      // No answer: it has a beginning, and no end.
      c.fillRect(left, y - BAR / 2, 3, BAR);
      c.strokeStyle = this.kinds[view.kind[place]]; c.lineWidth = 2; c.setLineDash([5, 4]);
      c.beginPath(); c.moveTo(left, y - BAR / 2 + 1); c.lineTo(right, y - BAR / 2 + 1);
      c.moveTo(left, y + BAR / 2 - 1); c.lineTo(right, y + BAR / 2 - 1); c.stroke(); c.setLineDash([]);
    } else {
      c.fillRect(left, y - BAR / 2, Math.max(right - left, 1), BAR);
    }
    if (right - left > 46) this.inside(state, place, left, right, y);
  }

  /** What an operation asked and was told, and its commands, where there is room. */
  inside(state, place, left, right, y) {
    const { context: c } = this; const { view } = state;
    const { asked, answered, why, commands } = words(view, place);
    const text = answered === null ? `${asked}: ${why || 'no answer'}` : `${asked}: ${answered}`;
    c.font = '11px ui-monospace, Menlo, Consolas, monospace';
    c.fillStyle = this.colours.text;
    const end = c.fillStyle; c.fillStyle = view.to[place] === Infinity ? end : this.colours.panel;
    c.fillText(fitting(text, right - left - 8), left + 4, y + 4);
    if (right - left < 90 || !commands.length) return;
    c.fillStyle = this.colours.text;
    commands.forEach((command, number) => {
      const from = this.x(state, command.sent);
      const to = command.took < 0 ? from + 6 : this.x(state, command.sent + command.took);
      const limit = number + 1 < commands.length ? this.x(state, commands[number + 1].sent) : Math.max(right, to);
      const start = Math.max(from, this.gutter);
      c.fillRect(start, y + BAR / 2 + 1, Math.max(Math.min(to, this.width) - start, 1), 2);
      const room = Math.min(limit, this.width) - start - 4;
      if (room > 24) c.fillText(fitting(`${shortCommand(command.text, view, place)} → ${command.reply ?? '?'}`, room), start, y + BAR / 2 + 12);
    });
  }

  /** The chosen instants, joined in order: one line for each key. */
  order(state, first, last) {
    const { context: c } = this; const { view } = state;
    const end = state.from + (this.width - this.gutter) * state.perPixel;
    const spans = view.keys.filter((key) => key.steps)
      .map((key) => [key, lower(key.steps.times, state.from), upper(key.steps.times, end)]);
    state.points = spans.reduce((sum, [, from, to]) => sum + to - from, 0);
    if (state.points > MOST_POINTS) return;
    for (const [key, from, to] of spans) {
      c.strokeStyle = this.colours.text; c.globalAlpha = 0.55; c.lineWidth = 1;
      c.beginPath();
      for (let number = Math.max(from - 1, 0); number < Math.min(to + 1, key.order.length); number++) {
        const place = key.places[key.order[number]];
        const [x, y] = [this.x(state, key.steps.times[number]), this.y(state, view.lane[place])];
        if (number === Math.max(from - 1, 0)) c.moveTo(x, y); else c.lineTo(x, y);
      }
      c.stroke(); c.globalAlpha = 1;
      for (let number = from; number < to; number++) {
        const place = key.places[key.order[number]]; const lane = view.lane[place];
        if (lane < first || lane > last) continue;
        c.fillStyle = this.colours.panel; c.strokeStyle = this.colours.text; c.lineWidth = 1.5;
        c.beginPath(); c.arc(this.x(state, key.steps.times[number]), this.y(state, lane), 3.2, 0, 7); c.fill(); c.stroke();
      }
    }
  }

  focus(state) {
    if (state.chosen < 0) return;
    const { context: c } = this; const { view } = state; const place = state.chosen;
    const left = Math.max(this.x(state, view.from[place]), this.gutter - 4);
    const right = Math.min(this.x(state, view.to[place]), this.width + 4);
    if (right < this.gutter) return;
    c.strokeStyle = this.colours.accent; c.lineWidth = 3;
    c.strokeRect(left - 3, this.y(state, view.lane[place]) - BAR / 2 - 4, Math.max(right - left, 2) + 6, BAR + 8);
  }

  names(state, first, last) {
    const { context: c } = this; const { view } = state;
    c.fillStyle = this.colours.panel; c.fillRect(0, this.top, this.gutter, this.height);
    c.fillStyle = this.colours.soft; c.font = '12px system-ui, sans-serif';
    for (let lane = first; lane <= last; lane++) {
      const names = view.lanes[lane].names;
      const number = names.length > 1 ? `${names[0]} …` : `${names[0]}`;
      c.fillText(fitting(this.gutter < 60 ? number : `client ${number}`, this.gutter - 8), 4, this.y(state, lane) + 4);
    }
    c.fillStyle = this.colours.rule; c.fillRect(this.gutter - 1, this.top, 1, this.height);
  }

  /** The stock: what is left by what was sold, what the order makes of it, what clients were told. */
  stock(state) {
    const { context: c } = this; const { view } = state;
    const end = state.from + (this.width - this.gutter) * state.perPixel;
    const keys = view.keys.filter((key) => key.sold);
    let low = 0; let high = 1; const curves = [];
    for (const key of keys) {
      const points = sample(key.sold, key.stock, state, end, this.width - this.gutter);
      for (const [, least, most] of points) { low = Math.min(low, least); high = Math.max(high, most); }
      curves.push(points);
    }
    const told = this.told(state, end);
    for (const [, level] of told) { low = Math.min(low, level); high = Math.max(high, level); }
    const y = (level) => AXIS + 8 + (STRIP - 18) * (high - level) / (high - low);
    c.fillStyle = this.colours.panel; c.fillRect(0, AXIS, this.width, STRIP);
    if (low < 0) {
      c.fillStyle = this.colours['wrong-bg']; c.fillRect(this.gutter, y(0), this.width, AXIS + STRIP - 4 - y(0));
    }
    c.strokeStyle = this.colours.rule; c.beginPath(); c.moveTo(this.gutter, y(0) + 0.5); c.lineTo(this.width, y(0) + 0.5); c.stroke();
    c.strokeStyle = this.colours.accent; c.lineWidth = 1.75;
    for (const points of keys.length > 40 ? [] : curves) {
      c.beginPath();
      points.forEach(([x, least, most, after], number) => {
        if (number === 0) c.moveTo(this.gutter + x, y(after));
        else { c.lineTo(this.gutter + x, c.lastY); if (most !== least) { c.lineTo(this.gutter + x, y(most)); c.lineTo(this.gutter + x, y(least)); } c.lineTo(this.gutter + x, y(after)); }
        c.lastY = y(after);
      });
      c.stroke();
    }
    c.fillStyle = this.colours.restocked;
    for (const [x, level] of told) c.fillRect(x - 1.5, y(level) - 1.5, 3, 3);
    c.fillStyle = this.colours.panel; c.fillRect(0, AXIS, this.gutter, STRIP);
    c.fillStyle = this.colours.soft; c.font = '11px system-ui, sans-serif';
    c.fillText('stock', 4, AXIS + STRIP / 2 + 4);
    c.textAlign = 'right';
    c.fillText(minus(high), this.gutter - 4, AXIS + 13); c.fillText(minus(low), this.gutter - 4, AXIS + STRIP - 6);
    c.textAlign = 'left';
    c.fillStyle = this.colours.rule; c.fillRect(0, AXIS + STRIP - 1, this.width, 1);
  }

  /** Levels that clients were told, where they are few enough to be told apart. */
  told(state, end) {
    const { view } = state;
    const from = upper(view.from, state.from); const to = upper(view.from, end);
    if (to - from > 4 * this.width) return [];
    const points = [];
    for (let place = Math.max(0, from - 64); place < to; place++) {
      const level = view.keys[view.key[place]].told[view.local[place]];
      const x = this.x(state, view.to[place]);
      if (level !== null && x >= this.gutter && x <= this.width) points.push([x, level]);
    }
    return points;
  }

  axis(state) {
    const { context: c } = this; const { view } = state;
    const span = (this.width - this.gutter) * state.perPixel;
    const step = niceStep(span, (this.width - this.gutter) / 110);
    c.fillStyle = this.colours.bg; c.fillRect(0, 0, this.width, AXIS);
    c.font = '11px system-ui, sans-serif';
    const first = Math.ceil((state.from + view.offset) / step) * step - view.offset;
    for (let at = first; at <= state.from + span; at += step) {
      const x = this.x(state, at);
      c.fillStyle = this.colours.rule; c.fillRect(x, AXIS - 5, 1, 5);
      c.fillStyle = this.colours.soft;
      if (x + 3 + c.measureText(time(view, at, step)).width < this.width) c.fillText(time(view, at, step), x + 3, AXIS - 8);
    }
  }

  scrollbar(state) {
    const room = this.height - this.top; const all = state.view.lanes.length * LANE;
    if (all <= room) return;
    const { context: c } = this;
    c.fillStyle = this.colours.soft; c.globalAlpha = 0.6;
    c.fillRect(this.width - 5, this.top + state.scroll / all * room, 4, room / all * room); c.globalAlpha = 1;
  }
}

/** A curve at each pixel: its least, its most and its last value there. */
function sample(curve, start, state, end, width) {
  const { times, levels } = curve; const points = [];
  let number = upper(times, state.from);
  let level = number > 0 ? levels[number - 1] : start;
  points.push([0, level, level, level]);
  const last = upper(times, end);
  while (number < last) {
    const x = Math.floor((times[number] - state.from) / state.perPixel);
    const next = Math.min(Math.max(lower(times, state.from + (x + 1) * state.perPixel), number + 1), last);
    let least = level; let most = level;
    // A pixel of very many is looked at here and there: the line is no higher than a pixel then anyway.
    const stride = Math.max(1, Math.floor((next - number) / 64));
    for (let at = number; at < next; at += stride) { least = Math.min(least, levels[at]); most = Math.max(most, levels[at]); }
    level = levels[next - 1];
    points.push([x, Math.min(least, level), Math.max(most, level), level]);
    number = next;
  }
  points.push([width, level, level, level]);
  return points;
}

/** The beginning of a text that fits into so many pixels of eleven-pixel letters. */
function fitting(text, pixels) {
  const letters = Math.floor(pixels / 6.7);
  return text.length <= letters ? text : letters < 3 ? '' : text.slice(0, letters - 1) + '…';
}

function shortCommand(text, view, place) {
  const name = view.keys[view.key[place]].name;
  return name ? text.split(' ').filter((word) => word !== name).join(' ') : text;
}
