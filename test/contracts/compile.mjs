// Compiles src/*.sol with solc from npm: contracts by name with `abi` and `bytecode`.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const folder = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(folder, '../../node_modules');

export function compile() {
  const solc = require('solc');
  const sources = {};
  for (const file of fs.readdirSync(path.join(folder, 'src'))) {
    sources[`src/${file}`] = { content: fs.readFileSync(path.join(folder, 'src', file), 'utf8') };
  }
  const input = {
    language: 'Solidity',
    sources,
    settings: {
      evmVersion: 'prague',
      optimizer: { enabled: true, runs: 200 },
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
    },
  };
  const read = (name) => ({ contents: fs.readFileSync(path.join(modules, name), 'utf8') });
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read }));
  const errors = (output.errors ?? []).filter((e) => e.severity === 'error');
  if (errors.length !== 0) throw new Error(errors.map((e) => e.formattedMessage).join('\n'));
  const contracts = {};
  for (const [file, found] of Object.entries(output.contracts)) {
    if (!file.startsWith('src/')) continue;
    for (const [name, made] of Object.entries(found)) {
      contracts[name] = { abi: made.abi, bytecode: '0x' + made.evm.bytecode.object };
    }
  }
  return contracts;
}
