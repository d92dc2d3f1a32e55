// Opens the Vite page in Chromium, once for each backend, and waits until it has trained its model there; on wasm a
// page must at no time wait for more than 50 ms. With a folder as argument it leaves a screenshot of each in it.
import path from 'node:path';
import {chromium} from 'playwright';
import {createServer} from 'vite';

const [folder] = process.argv.slice(2);
const server = await createServer({
  root: path.join(import.meta.dirname, 'vite-page'),
  configFile: false,
  logLevel: 'error',
  optimizeDeps: {include: ['@tensorflow/tfjs-backend-webgl', '@tensorflow/tfjs-backend-webgpu']}, // loaded on demand
  server: {headers: {'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp'}},
});
await server.listen();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
  ],
});
try {
  for (const backend of ['wasm', 'webgl', 'webgpu']) {
    const page = await browser.newPage();
    const messages = [];
    page.on('pageerror', (error) => messages.push(String(error)));
    page.on('console', (message) => messages.push(message.text()));
    const start = performance.now();
    await page.goto(`${server.resolvedUrls.local[0]}?backend=${backend}`);
    const finished = () => /done|failed/.test(document.querySelector('#output').textContent);
    await page.waitForFunction(finished, undefined, {timeout: 300_000});
    const lines = (await page.textContent('#output')).split('\n');
    if (folder) await page.screenshot({path: path.join(folder, `${backend}.png`)});
    const losses = lines.filter((line) => line.startsWith('step')).map((line) => Number(line.split(' ').at(-1)));
    if (lines[0] !== `backend ${backend}` || lines.at(-1) !== 'done' || !(losses.at(-1) < 0.5 * losses[0])) {
      throw new Error(`The page on ${backend} says:\n${[...lines, ...messages].join('\n')}`);
    }
    const waits = lines.find((line) => line.startsWith('longest waits')) ?? '';
    const longest = Math.max(0, ...(waits.match(/\d+/g) ?? []).map(Number));
    if (longest > 50) throw new Error(`A page has to wait more than 50 ms, whatever it tries: ${waits}`);
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(
      `ok  the page on ${backend}: loss ${losses[0]} at first, ${losses.at(-1)} in the end, ${seconds} s${waits && `; ${waits}`}`,
    );
    await page.close();
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await browser.close();
  await server.close();
}
