// From the columns in the page to arrays that can be drawn.
const histories = JSON.parse($('data').textContent);

const NO_CASE = -1;

/** Everything about the operations of one key, or of all keys of a history, in order of their invocations. */
function load(history, keys) {
  const count = keys.reduce((sum, key) => sum + key.at.length, 0);
  const view = {
    history, keys, count,
    key: new Int32Array(count), local: new Int32Array(count),
    from: new Float64Array(count), to: new Float64Array(count),
    who: new Array(count), kind: new Uint8Array(count), lane: new Int32Array(count),
    inCase: new Int16Array(count).fill(NO_CASE), point: new Float64Array(count).fill(NaN),
    start: 0, end: 1, lanes: [], offset: 0,
  };
  view.offset = keys.reduce((least, key) => Math.min(least, key.base), Infinity);
  if (!Number.isFinite(view.offset)) view.offset = 0;
  // Keys are merged by time; each has its own operations in order already.
  let at = 0;
  const order = new Float64Array(count);
  keys.forEach((key, number) => {
    let time = key.base - view.offset;
    key.places = new Int32Array(key.at.length);
    for (let index = 0; index < key.at.length; index++) {
      time += key.at[index];
      view.key[at] = number; view.local[at] = index; view.from[at] = time;
      order[at] = at++;
    }
  });
  if (keys.length > 1) sortByTime(view, order);
  let end = 0;
  for (let place = 0; place < count; place++) {
    const key = keys[view.key[place]];
    const index = view.local[place];
    key.places[index] = place;
    const took = key.took[index];
    view.to[place] = took < 0 ? Infinity : view.from[place] + took;
    view.who[place] = key.who[index];
    view.kind[place] = key.class[index];
    end = Math.max(end, took < 0 ? view.from[place] : view.to[place]);
  }
  view.end = Math.max(end, 1);
  keys.forEach((key) => prepare(view, key));
  lanes(view);
  view.cases = markCases(view);
  const laneOf = new Map(view.lanes.flatMap((lane, number) => lane.names.map((name) => [name, number])));
  view.faults = history.faults.map((fault) => ({
    what: fault.what, from: fault.from - view.offset, to: fault.to - view.offset,
    lane: fault.process === undefined ? -1 : laneOf.get(fault.process),
  })).filter((fault) => fault.lane !== undefined && fault.to >= view.start - 1 && fault.from <= view.end + 1);
  return view;
}

function sortByTime(view, order) {
  order.sort((a, b) => view.from[a] - view.from[b] || a - b);
  for (const name of ['key', 'local', 'from']) {
    const old = view[name];
    view[name] = old.map((_, place) => old[order[place]]);
  }
}

/** Instants of the order, the stock after each, and the reasons of answers that are missing. */
function prepare(view, key) {
  if (!key.starts) {
    key.whyOf = new Map(key.why.map(([index, at, text]) => [index, { at, text }]));
    key.starts = [];
    let next = 0;
    for (const count of key.commands.count) { key.starts.push(next); next += count; }
  }
  key.steps = null;
  const base = key.base - view.offset;
  if (key.order) {
    const times = new Float64Array(key.order.length);
    const levels = key.stock === null ? null : new Float64Array(key.order.length);
    let time = 0; let level = key.stock;
    key.order.forEach((index, number) => {
      const place = key.places[index];
      time = Math.max(time, view.from[place]);
      view.point[place] = time;
      times[number] = time;
      if (levels) { level -= effect(key, index, level); levels[number] = level; }
    });
    key.steps = { times, levels };
  }
  key.sold = key.stock === null ? null : soldOverTime(view, key);
  key.untilTime = key.until === null ? Infinity : key.until + base;
}

/** What an operation of the order takes; of one without an answer, what it asked for, if that was there. */
function effect(key, index, level) {
  if (key.took[index] >= 0) return key.taken[index];
  const [what, number] = key.texts[key.asked[index]].split(' ');
  const units = number === undefined ? 1 : Number(number.replaceAll(',', ''));
  if (what === 'buy') return level >= units ? units : 0;
  return what === 'restock' ? -units : 0;
}

function soldOverTime(view, key) {
  const done = [];
  for (let index = 0; index < key.at.length; index++) {
    if (key.taken[index] !== 0) done.push([view.to[key.places[index]], key.taken[index]]);
  }
  done.sort((a, b) => a[0] - b[0]);
  const times = new Float64Array(done.length); const levels = new Float64Array(done.length);
  let level = key.stock;
  done.forEach(([time, taken], number) => { level -= taken; times[number] = time; levels[number] = level; });
  return { times, levels };
}

/** One lane a client. A client that got no answer went on under another number: that takes over its lane. */
function lanes(view) {
  const laneOf = new Map(); const given = [];
  for (let place = 0; place < view.count; place++) {
    const who = view.who[place];
    let lane = laneOf.get(who);
    if (lane === undefined) {
      const free = given.findIndex((until) => until <= view.from[place]);
      if (free >= 0) { lane = free; given[free] = Infinity; view.lanes[lane].names.push(who); }
      else { lane = view.lanes.length; given.push(Infinity); view.lanes.push({ names: [who], places: [] }); }
      laneOf.set(who, lane);
    }
    view.lane[place] = lane;
    view.lanes[lane].places.push(place);
    if (view.to[place] === Infinity) {
      const key = view.keys[view.key[place]];
      const why = key.whyOf.get(view.local[place]);
      if (why) given[lane] = why.at + key.base - view.offset;
    }
  }
  const by = [...view.lanes.keys()].sort((a, b) => String(view.lanes[a].names[0]).localeCompare(view.lanes[b].names[0], 'en', { numeric: true }));
  const rank = new Int32Array(by.length);
  by.forEach((lane, number) => { rank[lane] = number; });
  view.lanes = by.map((lane) => view.lanes[lane]);
  for (let place = 0; place < view.count; place++) view.lane[place] = rank[view.lane[place]];
  for (const lane of view.lanes) {
    lane.places = Int32Array.from(lane.places);
    lane.from = Float64Array.from(lane.places, (place) => view.from[place]);
  }
}

function markCases(view) {
  const cases = [];
  view.history.cases.forEach((story, number) => {
    const key = view.keys.find((key) => key.index === story.index);
    if (!key) return;
    const places = story.operations.filter((bar) => !bar.beside)
      .map((bar) => key.places[bar.index - key.first]).filter((place) => place !== undefined);
    if (!places.length) return;
    places.forEach((place) => { view.inCase[place] = number; });
    const ends = places.map((place) => (view.to[place] === Infinity ? view.from[place] : view.to[place]));
    cases.push({ number, places, from: Math.min(...places.map((place) => view.from[place])), to: Math.max(...ends) });
  });
  return cases.sort((a, b) => a.to - b.to);
}
histories.forEach((history) => history.keys.forEach((key) => { key.texts = history.texts; }));

/** The texts of one operation. */
function words(view, place) {
  const key = view.keys[view.key[place]]; const index = view.local[place]; const texts = key.texts;
  const why = key.whyOf.get(index);
  const commands = []; let last = view.from[place];
  if (key.commands.count.length) {
    for (let number = key.starts[index]; number < key.starts[index] + key.commands.count[index]; number++) {
      const sent = last + key.commands.sent[number];
      last = sent + Math.max(key.commands.took[number], 0);
      commands.push({
        sent, took: key.commands.took[number],
        text: texts[key.commands.text[number]],
        reply: key.commands.reply[number] < 0 ? null : texts[key.commands.reply[number]],
      });
    }
  }
  return {
    key, index, commands, asked: texts[key.asked[index]],
    answered: key.answered[index] < 0 ? null : texts[key.answered[index]].replace('\u0001', minus(key.told[index] ?? 0)),
    why: why ? texts[why.text] : null,
  };
}
