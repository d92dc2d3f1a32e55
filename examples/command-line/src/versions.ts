import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {version_core} from '@tensorflow/tfjs-core';

/** Of Node, tfjs and some of our packages, `lstm` for one. */
export function versions(packages: readonly string[]): Record<string, string> {
  const names = packages.map((name) => `@gatefold/${name}`);
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    '@tensorflow/tfjs-core': version_core,
    ...Object.fromEntries(names.map((name) => [name, versionOf(name)])),
  };
}

/** From the manifest, which is not among a package's exports but lies above its entry's folder. */
function versionOf(name: string): string {
  const entry = createRequire(import.meta.url).resolve(name);
  const manifest = readFileSync(path.join(path.dirname(entry), '..', 'package.json'), 'utf8');
  return (JSON.parse(manifest) as {version: string}).version;
}
