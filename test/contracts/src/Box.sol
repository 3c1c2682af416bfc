// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

/// Keeps a number behind a proxy; its keeper may put other code there.
contract Box is UUPSUpgradeable {
    address public keeper;
    uint256 public value;

    error NotTheKeeper(address who);
    event Stored(address indexed by, uint256 value);

    function open() external {
        require(keeper == address(0), "open already");
        keeper = msg.sender;
    }

    function store(uint256 next) external {
        value = next;
        emit Stored(msg.sender, next);
    }

    function version() external pure virtual returns (uint256) {
        return 1;
    }

    function _authorizeUpgrade(address) internal view override {
        if (msg.sender != keeper) revert NotTheKeeper(msg.sender);
    }
}

contract SecondBox is Box {
    function version() external pure override returns (uint256) {
        return 2;
    }
}

contract BoxProxy is ERC1967Proxy {
    constructor(address box, bytes memory call) ERC1967Proxy(box, call) {}
}
