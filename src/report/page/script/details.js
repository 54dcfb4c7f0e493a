// What is known of one operation, in words.
function describe(state, place, to) {
  const { view } = state; const { key, index, asked, answered, why, commands } = words(view, place);
  to.replaceChildren();
  const title = make('h3', '', `client ${view.who[place]}: ${asked} → ${answered ?? 'no answer'}`);
  to.append(title);
  if (view.inCase[place] !== NO_CASE) to.append(make('p', 'in-case', '✗ part of the counterexample'));
  if (key.name) to.append(make('p', '', `key ${key.name}, operation ${index + key.first + 1} of ${key.of}`));
  if (view.to[place] === Infinity) {
    to.append(make('p', '', `asked at ${instant(view, view.from[place])}; ${why || 'no answer'}: it may have taken effect at any time after that, or never`));
  } else {
    to.append(make('p', '', `${instant(view, view.from[place])} to ${instant(view, view.to[place])} (${lasted(view, view.to[place] - view.from[place])})`));
  }
  if (!Number.isNaN(view.point[place])) {
    const number = key.order.indexOf(index);
    const level = key.steps.levels ? `, which leaves ${minus(key.steps.levels[number])}` : '';
    to.append(make('p', '', `takes effect at ${instant(view, view.point[place])} in the order chosen, as number ${number + 1}${level}`));
  }
  for (const fault of view.faults) {
    if (fault.from > view.to[place] || fault.to < view.from[place] || (fault.lane >= 0 && fault.lane !== view.lane[place])) continue;
    to.append(make('p', 'fault', `✗ meanwhile: ${fault.what}, ${instant(view, fault.from)} to ${instant(view, fault.to)}`));
  }
  if (commands.length) {
    const list = make('ol');
    for (const command of commands) {
      const took = command.took < 0 ? '' : ` (${lasted(view, command.took)})`;
      list.append(make('li', '', `${command.text} → ${command.reply ?? '?'}${took}`));
    }
    to.append(list);
  }
}
