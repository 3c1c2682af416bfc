export { scaled, sealCommitment, typedData, ZERO_ADDRESS } from './actions.js';
export { ExchangeClient, ExchangeError, loadCatalog } from './client.js';
export { bookCrc, crc32c } from './crc.js';
export { Feed } from './feed.js';
