// A Hardhat project on the devnet whose URL is in OL_RPC_URL. The compiler is solc from npm, so
// nothing is downloaded.
require('@nomicfoundation/hardhat-ethers');
const { subtask } = require('hardhat/config');
const { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } = require('hardhat/builtin-tasks/task-names');
const { version } = require('solc/package.json');

subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async () => ({
  version,
  longVersion: require('solc').version(),
  compilerPath: require.resolve('solc/soljson.js'),
  isSolcJs: true,
}));

module.exports = {
  solidity: { version, settings: { evmVersion: 'prague', optimizer: { enabled: true, runs: 200 } } },
  paths: { sources: './src' },
  defaultNetwork: 'devnet',
  networks: {
    devnet: {
      url: process.env.OL_RPC_URL,
      accounts: { mnemonic: 'test test test test test test test test test test test junk', initialIndex: 4, count: 2 },
    },
  },
  mocha: { timeout: 120000 },
};
