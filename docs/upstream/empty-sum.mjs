import {chromium} from 'playwright';

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
