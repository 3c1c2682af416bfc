// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Coin} from "../src/Tokens.sol";
import {Pair} from "../src/Pair.sol";

interface Broadcaster {
    function startBroadcast() external;
    function stopBroadcast() external;
}

/// Two currencies and a pair of them, deployed and used by what `forge script --broadcast` sends.
contract Deploy {
    Broadcaster private constant vm = Broadcaster(address(uint160(uint256(keccak256("hevm cheat code")))));

    function run() external {
        vm.startBroadcast();
        Coin one = new Coin("One", "ONE", 1000);
        Coin two = new Coin("Two", "TWO", 4000);
        Pair pair = new Pair(one, two);
        one.transfer(address(pair), 100);
        two.transfer(address(pair), 400);
        vm.stopBroadcast();
    }
}
