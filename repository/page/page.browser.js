'use strict';

const KINDS = ['model', 'transformation', 'inferencer', 'service'];
const PAGE_SIZE = 200;
const element = (id) => document.getElementById(id);

const state = { kind: 'model', search: '', next: null, selected: null, loading: 0 };
let token = sessionStorage.getItem('token') ?? '';

/* ---- what the service says ---- */

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const authorization = () => (token === '' ? {} : { authorization: `Bearer ${token}` });

function detailOf(text, status) {
  try {
    const { detail } = JSON.parse(text);
    if (typeof detail === 'string') return detail;
    return detail.map(({ loc, msg }) => `${loc.slice(1).join('.')}: ${msg}`).join('; ');
  } catch {
    return `The service answered ${status}.`;
  }
}

async function call(path, options = {}) {
  const response = await fetch(path, { ...options, headers: { ...authorization(), ...options.headers } });
  if (response.ok) return response;
  if (response.status === 401) element('token-dialog').showModal();
  throw new Refusal(response.status, detailOf(await response.text(), response.status));
}

const sendJson = (path, method, body) =>
  call(path, { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

/* ---- words for what a component is ---- */

const nameOf = (component) => component.model_name ?? component.id;
const versionOf = (component) => component.model_version ?? component.package_version ?? '';
const descriptionOf = (component) =>
  (component.meta ? component.meta.description : component.description) ?? '';
const titleOf = (component) => [nameOf(component), versionOf(component)].filter(Boolean).join(' ');

function pathOf(component) {
  const parts = state.kind === 'model' ? [component.model_name, component.model_version] : [component.id];
  return `/${state.kind}/${parts.map(encodeURIComponent).join('/')}`;
}

function sizeText(bytes) {
  if (bytes === null) return '';
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

const tensorText = ({ dtype, shape }) => `${dtype} [${shape.join(', ')}]`;

function flowText(tensors) {
  return Object.entries(tensors)
    .map(([name, format]) => `${name} ${tensorText(format)}`)
    .join(', ');
}

/* ---- building what is shown; texts of others never become markup ---- */

function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

const tag = (text, title) => make('span', { className: 'tag faint', textContent: text, title });

function formatsCell(component) {
  if (component.sha256 === null)
    return tag('no package', 'Metadata is there, a package was not uploaded yet');
  if (component.opaque) return tag('opaque', 'Of another runtime: stored and served, not understood or run');
  if (!component.formats) return make('span', { className: 'faint', textContent: 'code' });
  return make(
    'span',
    {},
    make('code', { textContent: flowText(component.formats.inputs) }),
    ' → ',
    make('code', { textContent: flowText(component.formats.outputs) }),
  );
}

function digestCell({ sha256 }) {
  return sha256 === null ? '' : make('code', { textContent: sha256.slice(0, 12), title: `sha256:${sha256}` });
}

function signerCell({ sha256, signer }) {
  if (sha256 === null) return '';
  if (signer === null) return make('span', { className: 'faint', textContent: 'not signed' });
  return make('code', { className: 'good', textContent: signer.slice(8, 20), title: signer });
}

function row(component) {
  const name = make('button', { type: 'button', className: 'name', textContent: nameOf(component) });
  name.addEventListener('click', () => showDetails(component));
  const actions = make('div', { className: 'actions' });
  if (component.sha256 !== null) actions.append(downloadLink(component));
  const remove = make('button', { type: 'button', className: 'danger', textContent: 'Delete' });
  remove.setAttribute('aria-label', `Delete ${titleOf(component)}`);
  remove.addEventListener('click', () => askToDelete(component));
  actions.append(remove);
  const made = make(
    'tr',
    {},
    make('td', {}, name),
    make('td', { textContent: versionOf(component) }),
    make('td', { textContent: descriptionOf(component) }),
    make('td', {}, formatsCell(component)),
    make('td', { className: 'number', textContent: sizeText(component.size) }),
    make('td', {}, digestCell(component)),
    make('td', {}, signerCell(component)),
    make('td', {}, actions),
  );
  made.dataset.path = pathOf(component);
  return made;
}

function downloadLink(component) {
  const path = pathOf(component);
  if (token === '') return make('a', { href: path, textContent: 'Download', download: '' });
  // a link cannot carry a token
  const button = make('button', { type: 'button', textContent: 'Download' });
  button.addEventListener('click', () =>
    guard(async () => {
      const url = URL.createObjectURL(await (await call(path)).blob());
      make('a', { href: url, download: component.file_name ?? titleOf(component) }).click();
      URL.revokeObjectURL(url);
    }),
  );
  return button;
}

function showDetails(component) {
  state.selected = pathOf(component);
  const facts = [
    ['Kind', state.kind],
    ['Version', versionOf(component)],
    ['Description', descriptionOf(component)],
    ['Library', component.meta?.library ?? component.library ?? ''],
    ['File', component.file_name ?? ''],
    ['Size', component.size === null ? '' : `${component.size} bytes`],
    ['Digest', component.sha256 === null ? '' : `sha256:${component.sha256}`],
    ['Signer', component.signer ?? (component.sha256 === null ? '' : 'not signed')],
    ['Stored', component.stored_at === null ? '' : new Date(component.stored_at).toLocaleString()],
    ...Object.entries(component.formats?.inputs ?? {}).map(([name, format]) => [
      `Input ${name}`,
      tensorText(format),
    ]),
    ...Object.entries(component.formats?.outputs ?? {}).map(([name, format]) => [
      `Output ${name}`,
      tensorText(format),
    ]),
    ['Manifest', component.manifest === null ? '' : JSON.stringify(component.manifest, null, 1)],
  ];
  element('details-title').textContent = titleOf(component);
  element('facts').replaceChildren(
    ...facts
      .filter(([, text]) => text !== '')
      .flatMap(([label, text]) => [
        make('dt', { textContent: label }),
        make(
          'dd',
          {},
          make(/Digest|Signer|put |Manifest/.test(label) ? 'code' : 'span', { textContent: text }),
        ),
      ]),
  );
  element('details').hidden = false;
  markSelected();
}

function markSelected() {
  for (const line of element('rows').children) {
    line.setAttribute('aria-selected', String(line.dataset.path === state.selected));
  }
}

/* ---- the list ---- */

async function load({ more = false } = {}) {
  const turn = ++state.loading;
  const query = new URLSearchParams({ limit: PAGE_SIZE });
  if (state.search !== '') query.set('q', state.search);
  const response = await call(more && state.next ? state.next : `/${state.kind}?${query}`);
  const components = await response.json();
  // somebody asked for something else meanwhile
  if (turn !== state.loading) return;
  state.next = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1] ?? null;
  const rows = components.map(row);
  if (more) element('rows').append(...rows);
  else element('rows').replaceChildren(...rows);
  const total = Number(response.headers.get('x-total-count'));
  element('status').className = '';
  element('status').textContent =
    total === 0
      ? `No ${state.kind} ${state.search === '' ? 'is here yet.' : `matches “${state.search}”.`}`
      : `${element('rows').children.length} of ${total}`;
  element('more').hidden = state.next === null;
  markSelected();
}

async function guard(task, place = element('status')) {
  try {
    await task();
  } catch (error) {
    place.className = 'bad';
    place.textContent = error instanceof Refusal ? error.message : 'The service cannot be reached.';
  }
}

const refresh = (options) => guard(() => load(options));

function showKind(kind) {
  state.kind = kind;
  state.selected = null;
  element('details').hidden = true;
  element('list-title').textContent = `${kind[0].toUpperCase()}${kind.slice(1)}s`;
  for (const button of element('kinds').children) {
    button.setAttribute('aria-pressed', String(button.dataset.kind === kind));
  }
  void refresh();
}

/* ---- delete ---- */

function askToDelete(component) {
  const dialog = element('delete-dialog');
  const path = pathOf(component);
  element('delete-question').textContent =
    `Delete ${state.kind} ${titleOf(component)}, its metadata and its package? Pipelines that name it will not find it any more.`;
  dialog.returnValue = 'cancel';
  dialog.addEventListener(
    'close',
    () => {
      if (dialog.returnValue !== 'delete') return;
      void guard(async () => {
        await call(path, { method: 'DELETE' });
        if (state.selected === path) element('details').hidden = true;
        await load();
      });
    },
    { once: true },
  );
  dialog.showModal();
}

/* ---- upload ---- */

/** What a file's name says of its component: `fall-detection-1.0.0.onnx`. */
function guessFrom(fileName) {
  const stem = fileName.replace(/\.[A-Za-z]+$/, '');
  const match = /^(.*?)[-_ ]v?(\d+(?:\.\d+)*(?:[-+.][\w.+-]*)?)$/.exec(stem);
  const clean = (text) => text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[._-]+/, '');
  return match ? { name: clean(match[1]), version: match[2] } : { name: clean(stem), version: '' };
}

function fileChosen() {
  const file = element('file').files[0];
  element('drop-text').textContent = file
    ? `${file.name}, ${sizeText(file.size)}`
    : 'Drop a file here, or choose one';
  if (!file) return;
  const guess = guessFrom(file.name);
  if (element('name').value === '') element('name').value = guess.name;
  if (element('version').value === '') element('version').value = guess.version;
}

function kindChosen() {
  const isModel = element('kind').value === 'model';
  element('version-label').hidden = !isModel;
  element('version').required = isModel;
}

/** `fetch` does not tell how much was sent. */
function sendFile(path, file, onProgress) {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    form.set('file', file);
    const request = new XMLHttpRequest();
    request.open('PUT', path);
    for (const [name, value] of Object.entries(authorization())) request.setRequestHeader(name, value);
    request.upload.addEventListener('progress', (event) => onProgress(event.loaded / event.total));
    request.addEventListener('load', () =>
      request.status === 204
        ? resolve()
        : reject(new Refusal(request.status, detailOf(request.responseText, request.status))),
    );
    request.addEventListener('error', () => reject(new Error('the connection broke')));
    request.send(form);
  });
}

async function upload() {
  const [kind, name, version] = ['kind', 'name', 'version'].map((id) => element(id).value.trim());
  const description = element('description').value.trim() || null;
  const file = element('file').files[0];
  const library = file.name.toLowerCase().endsWith('.onnx') ? 'onnx' : null;
  const isModel = kind === 'model';
  const body = isModel
    ? { model_name: name, model_version: version, meta: { library, description } }
    : { id: name, description };
  const path = `/${kind}/${(isModel ? [name, version] : [name]).map(encodeURIComponent).join('/')}`;

  let created = true;
  try {
    await sendJson(`/${kind}`, 'POST', body);
  } catch (error) {
    // it is there: its package is replaced, if the service allows that
    if (error.status !== 400) throw error;
    created = false;
  }
  try {
    await sendFile(path, file, (part) => (element('progress').value = part));
  } catch (error) {
    // what was refused leaves no empty entry behind
    if (created) await call(path, { method: 'DELETE' }).catch(() => undefined);
    throw error;
  }
  element('upload-form').reset();
  fileChosen();
  kindChosen();
  element('upload-status').className = 'good';
  element('upload-status').textContent =
    `${created ? 'Uploaded' : 'Replaced'} ${[name, isModel && version].filter(Boolean).join(' ')}.`;
  showKind(kind);
}

async function submitUpload(event) {
  event.preventDefault();
  const [button, progress, status] = [event.submitter, element('progress'), element('upload-status')];
  button.disabled = true;
  progress.value = 0;
  progress.hidden = false;
  status.textContent = '';
  await guard(upload, status);
  progress.hidden = true;
  button.disabled = false;
}

function prepareDrop() {
  const drop = element('drop');
  const over = (event) => {
    event.preventDefault();
    drop.classList.add('over');
  };
  for (const type of ['dragenter', 'dragover']) drop.addEventListener(type, over);
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    if (event.dataTransfer.files.length !== 1) return;
    element('file').files = event.dataTransfer.files;
    fileChosen();
  });
}

/* ---- all together ---- */

function prepareToken() {
  const dialog = element('token-dialog');
  element('token-button').addEventListener('click', () => dialog.showModal());
  dialog.addEventListener('close', () => {
    if (dialog.returnValue !== 'save') return;
    token = element('token').value.trim();
    element('token').value = '';
    sessionStorage.setItem('token', token);
    void refresh();
  });
}

/** What others change is shown as well. An event source cannot carry a token: with one, the page asks when it is looked at. */
function watchChanges() {
  if (token !== '')
    return document.addEventListener('visibilitychange', () => void (document.hidden || refresh()));
  let timer;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void refresh(), 200);
  };
  const source = new EventSource('/events');
  source.addEventListener('component', soon);
  source.addEventListener('reset', soon);
  return source;
}

for (const kind of KINDS) {
  const button = make('button', { type: 'button', textContent: `${kind}s` });
  button.dataset.kind = kind;
  button.addEventListener('click', () => showKind(kind));
  element('kinds').append(button);
  element('kind').append(make('option', { value: kind, textContent: kind }));
}
let typing;
element('search').addEventListener('input', (event) => {
  clearTimeout(typing);
  state.search = event.target.value.trim();
  typing = setTimeout(() => void refresh(), 150);
});
element('more').addEventListener('click', () => void refresh({ more: true }));
element('file').addEventListener('change', fileChosen);
element('kind').addEventListener('change', kindChosen);
element('upload-form').addEventListener('submit', (event) => void submitUpload(event));
prepareDrop();
prepareToken();
showKind('model');
watchChanges();
