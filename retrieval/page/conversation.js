// The conversation and the document pane; whatever needs the server goes through trigger, and the server checks it.

const one = (selector, inside = document) => inside.querySelector(selector);
const spans = text => text.split(' ').filter(Boolean).map(span => span.split('-').map(Number));
let opened = null;                       // the citation link whose passage is the active one

// Marking. Blocks hold nothing but text, so a block is repainted from its own text; offsets count code points.
const paint = (block, ranges) => {
  const points = Array.from(block.textContent), from = Number(block.dataset.start);
  const inside = n => Math.min(Math.max(n - from, 0), points.length);
  const edges = ranges.flatMap(r => [inside(r.start), inside(r.end)]);
  const cuts = [...new Set([0, points.length, ...edges])].sort((a, b) => a - b);
  const nodes = [];
  cuts.slice(1).forEach((to, i) => {
    const names = ranges.filter(r => r.start - from <= cuts[i] && r.end - from >= to).map(r => r.name);
    const kind = [...new Set(names)].filter(name => name !== 'words').join(' ');
    const text = document.createTextNode(points.slice(cuts[i], to).join(''));
    if (!kind) return nodes.push(text);
    if (nodes.at(-1)?.className !== kind) nodes.push(Object.assign(document.createElement('mark'), {className: kind}));
    if (!names.includes('words')) return nodes.at(-1).append(text);
    nodes.at(-1).append(Object.assign(document.createElement('strong'), {textContent: text.textContent}));
  });
  block.replaceChildren(...nodes);
};
const rangesOf = link => {
  const start = Number(link.dataset.start), end = Number(link.dataset.end);
  const active = link.dataset.number === opened.dataset.number;
  const inside = name => spans(link.dataset[name] ?? '').map(([start, end]) => ({start, end, name}));
  return [{start, end, name: active ? 'active' : 'cited'}, ...(active ? [...inside('lit'), ...inside('words')] : [])];
};
const articles = () => [...document.querySelectorAll('#sheet article')];
const show = async id => {               // a document is fetched when it is first shown, and never again
  for (const article of articles()) article.hidden = article.dataset.document !== id;
  const choice = one('#switch'), article = articles().find(a => !a.hidden);
  if (choice) choice.value = id;
  if (article && !article.firstChild) article.innerHTML = await server.document([one('#sheet').dataset.room, id]);
};
const unmark = () => {
  opened = null;
  document.querySelectorAll('.cite[aria-current]').forEach(link => link.removeAttribute('aria-current'));
  for (const block of document.querySelectorAll('#sheet [data-start]')) if (block.firstElementChild) paint(block, []);
};
const mark = async link => {             // the passages of one answer, the given one stronger
  opened = link;
  const links = [...link.closest('.turn').querySelectorAll('.cite')];
  document.querySelectorAll('.cite[aria-current]').forEach(other => other.removeAttribute('aria-current'));
  links.filter(l => l.dataset.number === link.dataset.number).forEach(l => l.setAttribute('aria-current', 'true'));
  await show(link.dataset.document);
  for (const article of articles()) {
    const ranges = links.filter(l => l.dataset.document === article.dataset.document).flatMap(rangesOf);
    for (const block of article.querySelectorAll('[data-start]')) {
      const start = Number(block.dataset.start), end = Number(block.dataset.end);
      const here = ranges.filter(r => r.start < end && r.end > start);
      if (here.length || block.firstElementChild) paint(block, here);
    }
  }
};
const scrollToActive = () => {
  const target = one('#sheet mark.active.lit') || one('#sheet mark.active');
  if (!target) return null;
  const far = Math.abs(target.getBoundingClientRect().top) > 2 * innerHeight;
  const calm = far || matchMedia('(prefers-reduced-motion: reduce)').matches;
  target.scrollIntoView({block: 'nearest', behavior: calm ? 'instant' : 'smooth'});
  return target;
};
const phone = matchMedia('(max-width: 50rem)');
const read = on => {                     // on a phone the document covers the conversation
  document.body.classList.toggle('reading', on);
  one('#talk').inert = on && phone.matches;
};
const open = async link => {
  await mark(link);
  read(true);
  const target = scrollToActive();
  if (!target) return;
  target.tabIndex = -1;
  target.focus({preventScroll: true});
};
const back = () => { read(false); if (opened) opened.focus(); };

// Previews: the whole passage beside a citation that is hovered or focused.
const card = document.createElement('div');
card.id = 'preview';
card.hidden = true;
card.setAttribute('aria-hidden', 'true');    // a screen reader has the same text in the link itself
document.body.append(card);
let previewed = null;
const preview = link => {
  previewed = link;
  const passage = one(`.cite[data-number="${CSS.escape(link.dataset.number)}"]`, link.closest('.turn'));
  card.replaceChildren(...[...passage.querySelectorAll('.place, .passage')].map(part => part.cloneNode(true)));
  card.hidden = false;
  const at = link.getBoundingClientRect(), room = innerHeight - at.bottom;
  card.style.left = Math.max(8, Math.min(at.left, innerWidth - card.offsetWidth - 8)) + 'px';
  card.style.top = (room > card.offsetHeight + 8 ? at.bottom + 4 : Math.max(8, at.top - card.offsetHeight - 4)) + 'px';
};
const cut = link => link.matches('.pin, li + li > *');   // shows less than its passage
const hide = () => { previewed = null; card.hidden = true; };
const citation = event => event.target.closest ? event.target.closest('.cite, .pin') : null;
if (matchMedia('(hover: hover)').matches) document.addEventListener('mouseover', event => {
  const link = citation(event);
  if (link && cut(link)) preview(link); else hide();
});
const suggest = link => {
  if (link.matches(':is(.cite, .pin):focus-visible') && cut(link)) preview(link); else hide();
};
document.addEventListener('focusin', event => suggest(event.target));
document.addEventListener('scroll', () => { if (previewed) preview(previewed); }, true);

// Buttons and links. What needs the server goes through trigger; the server checks it again.
const copy = async (text, button) => {
  try { await navigator.clipboard.writeText(text); }
  catch {                                  // no permission, or not a secure page: the old way
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  const label = button.dataset.label ||= button.textContent;
  button.textContent = 'Copied';
  setTimeout(() => { button.textContent = label; }, 1500);
};
const act = button => {
  const {action, question, text, vote} = button.dataset;
  if (action === 'back') back();
  else if (action === 'read') { read(true); one('#sheet')?.focus(); }
  else if (action === 'copy') copy(text, button);
  else if (action === 'link') copy(`${location.origin}${location.pathname}?q=${encodeURIComponent(question)}`, button);
  else if (action === 'stop') trigger('stop');
  else if (action === 'clear') trigger('clear');
  else {
    one('[role=log]').setAttribute('aria-busy', 'true');
    trigger('request', {action, question, vote});
  }
  if (['stop', 'clear', 'edit'].includes(action)) one('#box textarea').focus();
};
document.addEventListener('click', event => {
  const link = citation(event), button = event.target.closest('[data-action]');
  const jump = event.target.closest('.outline a');
  if (link || jump) event.preventDefault();
  if (link) open(link);
  else if (button) act(button);
  else if (jump) jump.closest('article').querySelectorAll('section')[jump.dataset.jump].scrollIntoView();
});
document.addEventListener('change', event => { if (event.target.id === 'switch') show(event.target.value); });
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return;
  hide();
  if (one('#sheet')?.contains(document.activeElement) || document.body.classList.contains('reading')) back();
});

// A new turn: its question at the top, its first passage in the pane.
const settled = () => {                  // another room than the session's is shown: documents went, or came just now
  const shown = one('#sheet')?.dataset.room, spoken = one('[role=log]', element).dataset.room;
  if (shown !== undefined && shown !== spoken) trigger('refresh');
};
let room = '';
watch('value', () => {
  hide();
  setTimeout(settled, 500);
  const entered = one('[role=log]', element).dataset.room;
  if (entered !== room && one('#sheet')) one('#sheet').scrollTop = 0;
  room = entered;
  const turn = [...element.querySelectorAll('.turn')].pop();
  if (!turn) return;
  if (turn.matches('.pending') && !one('[data-shelf=stop]'))   // who asks has read what became of the uploads
    for (const news of document.querySelectorAll('.shelf > [role]')) news.replaceChildren();
  turn.scrollIntoView({block: 'start'});
  const first = one('.quote ~ .citations .cite', turn);
  if (first) mark(first).then(scrollToActive); else unmark();
});
