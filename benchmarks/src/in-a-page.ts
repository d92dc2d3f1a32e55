import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {Line, MeasureOptions} from './measure-lines';
import type {MeasureInPage} from './page';
import type {Row} from './row';

/** Measures in a page of Chromium, where WebGL is; the driver is a software one, as every machine has it. */
export async function* measureInAPage(lines: Line[], {seconds, seed}: MeasureOptions): AsyncGenerator<Row> {
  const {chromium} = await import('playwright');
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
  });
  try {
    const page = await browser.newPage();
    await page.addScriptTag({type: 'module', path: path.join(path.dirname(fileURLToPath(import.meta.url)), 'page.js')});
    await page.waitForFunction(() => 'measureInPage' in globalThis); // a module runs some time after it was put there
    const names = lines.map(({workload}) => workload.name);
    yield* await page.evaluate(
      ([names, backend, options]) =>
        (globalThis as unknown as {measureInPage: MeasureInPage}).measureInPage(names, backend, options),
      [names, lines[0]!.backend, {seconds, seed}] as const,
    );
  } finally {
    await browser.close();
  }
}
