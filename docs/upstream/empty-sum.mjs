import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import {chromium} from 'playwright';

await tf.setBackend('wasm');
tf.fill([4], 7).dispose(); // so that it lies in the memory
console.log(`wasm: the sum of nothing is ${tf.sum(tf.zeros([0, 2])).dataSync()[0]}`);

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
});
const page = await browser.newPage();
await page.addScriptTag({path: 'node_modules/@tensorflow/tfjs/dist/tf.min.js'});
const printed = await page.evaluate(async () => {
  await tf.setBackend('webgl');
  try {
    return `webgl: the sum of nothing is ${tf.sum(tf.zeros([0, 2])).dataSync()[0]}`;
  } catch (error) {
    return `webgl: ${error.message}`;
  }
});
console.log(printed);
await browser.close();
