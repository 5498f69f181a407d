import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type Page } from 'playwright-core';
import { createToken } from '../../../contracts/program/token-file';
import { SCOPE_RIGHTS } from '../../../repository/access/tokens';
import { openBrowser } from '../../fixtures/browser';
import { doublingModel } from '../../fixtures/onnx-models';
import { packageForm, send, startRepository, type TestRepository } from '../../fixtures/repository';
import { temporaryFolder } from '../../fixtures/temporary-folder';
import { describeWith } from '../../fixtures/tools';

const folder = temporaryFolder();
const SIGNER = `ed25519:${'5e'.repeat(32)}`;

describeWith('Chromium', 'the page', (chromium) => {
  let browser: Browser;
  let page: Page;
  let repository: TestRepository;
  let complaints: string[];
  beforeAll(async () => {
    browser = await openBrowser(chromium);
  }, 60_000);
  afterAll(() => browser.close());
  beforeEach(async () => {
    repository = await startRepository();
    page = await browser.newPage({ viewport: { width: 1440, height: 800 } });
    complaints = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  });
  afterEach(async () => {
    await page.close();
    await repository.stop();
  });

  const digest = createHash('sha256').update(doublingModel()).digest('hex');
  const rows = () => page.locator('#rows tr');
  const drop = (name: string, bytes: Uint8Array) =>
    page.evaluate(
      ([name, base64]) => {
        const view = globalThis as unknown as Record<string, new (...args: unknown[]) => never>;
        const transfer = new view.DataTransfer() as { items: { add(file: unknown): void } };
        transfer.items.add(new view.File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
        const { document } = globalThis as unknown as {
          document: { getElementById(id: string): EventTarget };
        };
        const event = new view.DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true });
        document.getElementById('drop').dispatchEvent(event);
      },
      [name, Buffer.from(bytes).toString('base64')] as const,
    );

  it('uploads by drop, shows what it is, and deletes with a question', async () => {
    await page.goto(repository.url);
    await page.getByText('No model is here yet.').waitFor();
    await drop('double-1.2.0.onnx', doublingModel());
    expect(await page.inputValue('#name')).toBe('double');
    expect(await page.inputValue('#version')).toBe('1.2.0');
    await page.fill('#description', 'Doubles <b>everything</b>');
    await page.click('text=Upload >> nth=-1');
    await page.getByText('Uploaded double 1.2.0.').waitFor();

    await rows().first().waitFor();
    const text = await rows().first().innerText();
    expect(text).toContain('1.2.0');
    expect(text).toContain('Doubles <b>everything</b>');
    expect(text).toContain('x float32 [batch, 3] → y float32 [batch, 3]');
    expect(text).toContain(digest.slice(0, 12));
    expect(text).toContain('not signed');
    const signature = { sha256: digest, signature: `${'A'.repeat(86)}==`, signer: SIGNER };
    await send(`${repository.url}/model/signature/double/1.2.0`, 'PUT', signature);
    // what others change is shown without being asked for
    await page.getByText('5e5e5e5e5e5e').waitFor();

    await page.getByRole('button', { name: 'double', exact: true }).click();
    const details = await page.locator('#details').innerText();
    expect(details).toContain(`sha256:${digest}`);
    expect(details).toContain(SIGNER);
    expect(details).toContain('Input x');
    await page.screenshot({ path: process.env.MIS_SCREENSHOT ?? join(folder, 'page.png') });

    const [download] = await Promise.all([page.waitForEvent('download'), page.click('text=Download')]);
    expect(readFileSync(await download.path()).equals(doublingModel())).toBe(true);

    await page.getByRole('button', { name: 'Delete double 1.2.0' }).click();
    expect(await page.locator('#delete-question').innerText()).toContain(
      'Delete model double 1.2.0, its metadata',
    );
    await page.click('text=Keep it');
    expect((await fetch(`${repository.url}/model/double/1.2.0`)).status).toBe(200);
    await page.getByRole('button', { name: 'Delete double 1.2.0' }).click();
    await page.locator('#delete-dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No model is here yet.').waitFor();
    expect((await fetch(`${repository.url}/model/double/1.2.0`)).status).toBe(404);
    expect(complaints).toEqual([]);
  });

  it('says what was wrong with an upload, and leaves nothing of it', async () => {
    await page.goto(repository.url);
    await drop('broken-1.onnx', Buffer.from('this is no model'));
    await page.click('text=Upload >> nth=-1');
    await page.getByText('the package is no ONNX model that can be opened').waitFor();
    expect(await (await fetch(`${repository.url}/model`)).json()).toEqual([]);
  });

  it('shows every kind, searches, and goes on to what is further down', async () => {
    for (let index = 0; index < 205; index++) {
      const body = { id: `step-${index}`, description: index === 7 ? 'The seventh' : null };
      await send(`${repository.url}/transformation`, 'POST', body);
    }
    await send(`${repository.url}/service`, 'POST', { id: 'a-service' });
    await fetch(`${repository.url}/service/a-service`, { method: 'PUT', body: packageForm('pickle') });
    await page.goto(repository.url);
    await page.getByRole('button', { name: 'transformations' }).click();
    await page.getByText('200 of 205').waitFor();
    await page.click('text=Show more');
    await page.getByText('205 of 205').waitFor();
    expect(await rows().count()).toBe(205);
    await page.fill('#search', 'seventh');
    await page.getByText('1 of 1').waitFor();
    expect(await rows().first().innerText()).toContain('step-7');
    await page.fill('#search', '');
    await page.getByRole('button', { name: 'services' }).click();
    await page.getByText('opaque').waitFor();
    expect(complaints).toEqual([]);
  });

  it('asks for a token where one is needed', async () => {
    const { token, line } = createToken('person', 'write', SCOPE_RIGHTS);
    writeFileSync(join(folder, 'tokens'), line);
    const closed = await startRepository({ tokens: join(folder, 'tokens') });
    await send(`${closed.url}/model`, 'POST', {});
    await page.goto(closed.url);
    await page.locator('#token-dialog').waitFor();
    await page.fill('#token', token);
    await page.click('text=Use it');
    await page.getByText('No model is here yet.').waitFor();
    await drop('double-1.onnx', doublingModel());
    await page.click('text=Upload >> nth=-1');
    await page.getByText('Uploaded double 1.').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      rows().getByRole('button', { name: 'Download' }).click(),
    ]);
    expect(readFileSync(await download.path()).equals(doublingModel())).toBe(true);
    await closed.stop();
  });

  it('shows the documentation of the interface', async () => {
    await page.goto(`${repository.url}/docs/`);
    await page.getByText('/model/{name}/{version}').first().waitFor();
    expect(await page.locator('.opblock').count()).toBeGreaterThan(30);
    expect(complaints).toEqual([]);
  });
});
