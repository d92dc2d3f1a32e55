import {chromium} from 'playwright';

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
});
const page = await browser.newPage();
await page.addScriptTag({path: 'node_modules/@tensorflow/tfjs/dist/tf.min.js'});
const printed = await page.evaluate(async () => {
  await tf.setBackend('webgl');
  const terms = Array.from({length: 28}, () => tf.ones([2]));
  const before = tf.backend().numDataIds();
  tf.addN(terms).dispose();
  return `webgl: after a sum of 28 tensors, disposed of, ${tf.backend().numDataIds() - before} buffers are left`;
});
console.log(printed);
await browser.close();
