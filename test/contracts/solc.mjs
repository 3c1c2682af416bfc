#!/usr/bin/env node
// solc's command line as forge uses it, on solc from npm: --version and --standard-json.
import { createRequire } from 'node:module';
import fs from 'node:fs';

const solc = createRequire(import.meta.url)('solc');
if (process.argv.includes('--version')) {
  console.log('solc, the solidity compiler commandline interface');
  console.log(`Version: ${solc.version().replace('Emscripten.clang', 'Linux.g++')}`);
} else {
  process.stdout.write(solc.compile(fs.readFileSync(0, 'utf8')));
}
