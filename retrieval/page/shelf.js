// A visitor's own documents: files are read in the browser and sent as one event; the server checks them again.

const one = selector => document.querySelector(selector);
const input = () => one('#shelf input');
const whole = file => new Promise(done => {
  const reader = new FileReader(), {name, size} = file;
  reader.onload = () => done({name, size, data: reader.result.split(',')[1] || ''});
  reader.onerror = () => done({name, size: 0});
  reader.readAsDataURL(file);
});
const send = async files => {
  if (!files.length) return;
  const most = input().dataset, endings = input().accept.split(',');
  one('#shelf [role=status]').textContent = `Sending ${files.length} file${files.length > 1 ? 's' : ''}…`;
  let total = 0;
  const fits = (file, i) => i < most.files && file.size <= most.file && total + file.size <= most.sent
    && endings.some(ending => file.name.toLowerCase().endsWith(ending)) && ((total += file.size), true);
  trigger('add_files', {files: await Promise.all(files.map((file, i) =>
    fits(file, i) ? whole(file) : {name: file.name, size: file.size}))});
};
document.addEventListener('click', event => {
  const button = event.target.closest('[data-shelf]');
  if (!button) return;
  const {shelf, document: id} = button.dataset;
  if (shelf === 'pick') input().click();
  else if (shelf === 'stop') trigger('stop_reading');
  else trigger('remove_file', {document: id ?? null});
});
document.addEventListener('change', event => {
  if (event.target !== input()) return;
  send([...event.target.files]);
  event.target.value = '';
});
const files = event => event.dataTransfer?.types.includes('Files');
const dropping = on => document.body.classList.toggle('dropping', on);
document.addEventListener('dragover', event => { if (files(event)) { event.preventDefault(); dropping(true); } }, true);
document.addEventListener('dragleave', event => { if (!event.relatedTarget) dropping(false); }, true);
document.addEventListener('drop', event => {
  if (!files(event)) return;
  event.preventDefault();
  dropping(false);
  if (one('[data-shelf=pick]')) send([...event.dataTransfer.files]);
}, true);
let last = null;                         // the button used last; where it is gone, the focus goes to the one that stays
document.addEventListener('focusin', event => { last = event.target.closest('[data-shelf]'); });
watch('value', () => setTimeout(() => { if (last && !last.isConnected) one('#shelf .foot button').focus(); }));
