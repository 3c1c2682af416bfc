// Deploys and uses the ERC-20 as a Hardhat user does. Two accounts that no other check uses.
const assert = require('node:assert/strict');
const { ethers, network } = require('hardhat');

/// Sends `contract.method(args)`; what was estimated is what is used.
async function send(contract, method, ...args) {
  const estimate = await contract[method].estimateGas(...args);
  const sent = await contract[method](...args, { gasLimit: estimate });
  const receipt = await sent.wait();
  assert.equal(receipt.status, 1);
  assert.equal(receipt.gasUsed, estimate, `${method}: the estimate is exact`);
  return receipt;
}

describe('Coin', () => {
  let coin, owner, other;

  before(async () => {
    [owner, other] = await ethers.getSigners();
    coin = await ethers.deployContract('Coin', ['Coin', 'COIN', 1000n]);
    await coin.waitForDeployment();
  });

  it('is deployed with the gas that was estimated', async () => {
    const request = await (await ethers.getContractFactory('Coin')).getDeployTransaction('Coin', 'COIN', 1000n);
    const estimate = await ethers.provider.estimateGas({ ...request, from: owner.address });
    const receipt = await coin.deploymentTransaction().wait();
    assert.equal(receipt.gasUsed, estimate);
    assert.equal(await coin.balanceOf(owner), 1000n);
  });

  it('moves coins and says so', async () => {
    const receipt = await send(coin, 'transfer', other.address, 5n);
    const [event] = await coin.queryFilter('Transfer', receipt.blockNumber);
    assert.deepEqual([...event.args], [owner.address, other.address, 5n]);
    assert.equal(await coin.balanceOf(other), 5n);
  });

  it('fails with its own error', async () => {
    await assert.rejects(coin.connect(other).transfer(owner.address, 100n), (error) => {
      const told = coin.interface.parseError(error.data?.data ?? error.data);
      return told.name === 'ERC20InsufficientBalance' && told.args[2] === 100n;
    });
  });

  it('answers what Hardhat asks of a network', async () => {
    assert.match(await network.provider.send('web3_clientVersion'), /^openliquid/);
    assert.equal(await network.provider.send('eth_chainId'), ethers.toQuantity((await ethers.provider.getNetwork()).chainId));
  });
});
