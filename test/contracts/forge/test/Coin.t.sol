// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Coin} from "../src/Tokens.sol";

/// Run by `forge test` on a fork of the devnet.
contract CoinTest {
    Coin private coin;

    function setUp() external {
        coin = new Coin("Coin", "COIN", 1000);
    }

    function test_transfer_moves_coins() external {
        coin.transfer(address(0xaa), 7);
        require(coin.balanceOf(address(0xaa)) == 7, "received");
        require(coin.balanceOf(address(this)) == 993, "sent");
    }

    function test_the_fork_has_the_chain() external view {
        require(block.number > 0, "no block yet");
        require(address(0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266).balance > 0, "genesis");
    }
}
