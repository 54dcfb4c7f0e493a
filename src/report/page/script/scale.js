// Times, and where they stand.
/** The number of elements that are below the value, or not above it. */
function lower(array, value) {
  let low = 0; let high = array.length;
  while (low < high) { const middle = (low + high) >> 1; if (array[middle] < value) low = middle + 1; else high = middle; }
  return low;
}
function upper(array, value) {
  let low = 0; let high = array.length;
  while (low < high) { const middle = (low + high) >> 1; if (array[middle] <= value) low = middle + 1; else high = middle; }
  return low;
}

/** A time in the unit that suits a step of this size. */
function time(view, at, step = 0) {
  const whole = at + view.offset;
  if (!view.history.clock) return 'event ' + Math.round(whole);
  const size = step || Math.abs(whole);
  const [divisor, unit] = size >= 1e9 ? [1e9, 's'] : size >= 1e6 ? [1e6, 'ms'] : size >= 1e3 ? [1e3, 'µs'] : [1, 'ns'];
  const digits = step ? Math.max(0, Math.ceil(-Math.log10(step / divisor) - 1e-9)) : divisor === 1 ? 0 : 3;
  return (whole / divisor).toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }) + ' ' + unit;
}
/** As the rows of a counterexample give it: milliseconds. */
function instant(view, at) {
  if (!view.history.clock) return 'event ' + Math.round(at + view.offset);
  const whole = at + view.offset;
  return whole < 100000 ? whole.toLocaleString('en-US') + ' ns'
    : (Math.floor(whole / 1e3) / 1e3).toLocaleString('en-US', { minimumFractionDigits: 3, maximumFractionDigits: 3 }) + ' ms';
}
function lasted(view, span) {
  if (!view.history.clock) return span + ' events';
  return span < 1000 ? span + ' ns' : span < 1e6 ? (span / 1e3).toFixed(1) + ' µs' : span < 1e9 ? (span / 1e6).toFixed(2) + ' ms' : (span / 1e9).toFixed(2) + ' s';
}
/** Round steps of which about so many fit. */
function niceStep(span, count) {
  const rough = span / Math.max(count, 1); const power = 10 ** Math.floor(Math.log10(rough));
  const share = rough / power;
  return Math.max(power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10), 1);
}
